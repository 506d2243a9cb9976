"""Between the sources, the ledger and a command: harvest with progress, and read back what a report needs."""

from __future__ import annotations

import contextlib
import dataclasses
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from urllib.request import url2pathname

from harvester.errors import LedgerError
from harvester.ledger.coverage import Coverage, SourceStatus, source_status
from harvester.model.periods import Period
from harvester.text import count_noun
from harvester.workspace.environment import Environment
from harvester.workspace.workspace import Workspace

if TYPE_CHECKING:
    import pandas as pd

    from harvester.harvesting.run import Outcome
    from harvester.ledger import Ledger
    from harvester.sdk.connector import Connector

Accounts = Mapping[str, frozenset[str] | None]
"""By source, whose acts are wanted; None means everyone's, nobody means that the source is not asked."""


@dataclass(frozen=True)
class CollectedData:
    """What the ledger knows of a period and people: everything linked to it, and how each source stands."""

    frame: pd.DataFrame
    standings: tuple[SourceStatus, ...]
    remarks: tuple[str, ...]

    @property
    def complete(self) -> bool:
        """Whether every source gave all that was asked of it."""
        return all(each.complete for each in self.standings)


def accounts_of(workspace: Workspace, persons: list[str] | None) -> Accounts:
    """The accounts of these people on every source; of everyone where None."""
    people = workspace.config.people
    if persons is None:
        return dict.fromkeys(workspace.connectors)
    return {
        source: frozenset(account for person in persons for account in people.accounts_of(person, source))
        for source in workspace.connectors
    }


def is_there(workspace: Workspace) -> bool:
    """Whether there may be a ledger to open: what a URL leads to is known only by asking."""
    location = _location(workspace)
    try:
        return isinstance(location, str) or location.exists()
    except OSError as error:
        raise LedgerError(
            f"The ledger in {location} cannot be looked up: {error.strerror}.", hint="Is it yours?"
        ) from error


def _location(workspace: Workspace) -> Path | str:
    """The folder of the ledger, or its URL as it stands."""
    place = workspace.config.ledger
    if place.startswith("file://"):
        return Path(url2pathname(urlsplit(place).path))
    return place if "://" in place else workspace.config.root / Path(place).expanduser()


def known(environment: Environment, workspace: Workspace) -> list[Coverage]:
    """What the ledger knows of what was read; nothing where there is none yet, and none is made."""
    if not is_there(workspace):
        return []
    with open_ledger(environment, workspace, create=False) as ledger:
        return ledger.coverage()


@contextlib.contextmanager
def open_ledger(environment: Environment, workspace: Workspace, *, create: bool = True) -> Iterator[Ledger]:
    """The configured ledger; where a repository is read in passing (`--repo`), one that is gone afterwards."""
    from harvester.ledger import Ledger

    if workspace.keeps:
        options = {name: value for name, value in environment.environ.items() if name.startswith("AWS_")}
        yield Ledger.open(str(_location(workspace)), create=create, options=options or None)
    else:
        with passing_ledger() as ledger:
            yield ledger


@contextlib.contextmanager
def passing_ledger() -> Iterator[Ledger]:
    """A ledger for what is only looked at: it is gone afterwards."""
    from harvester.ledger import Ledger

    with tempfile.TemporaryDirectory(prefix="harvester-") as folder:
        yield Ledger.open(Path(folder) / "ledger")


def harvest_sources(
    environment: Environment,
    workspace: Workspace,
    ledger: Ledger,
    period: Period,
    accounts: Accounts,
    *,
    sources: Mapping[str, Connector] | None = None,
    refresh: bool = False,
) -> Outcome:
    """Read sources (all where None) into the ledger side by side; raises KeyboardInterrupt, after what came is kept."""
    from harvester.harvesting.run import harvest

    chosen = workspace.connectors if sources is None else sources
    with _progress(environment) as tell:
        outcome = harvest(
            ledger,
            {name: lambda connector=connector: connector for name, connector in chosen.items()},  # type: ignore[misc]  # a lambda that binds the loop variable
            accounts,
            period,
            clock=environment.clock,
            refresh=refresh,
            progress=tell,
            stop=environment.stop,
            redact=environment.redact,
        )
    if outcome.interrupted:
        raise KeyboardInterrupt
    if environment.debug:
        for each in outcome.sources:
            if each.failed:
                raise each.failed
    return outcome


def read_back(
    workspace: Workspace, ledger: Ledger, period: Period, accounts: Accounts, outcome: Outcome | None = None
) -> CollectedData:
    """What a report of these accounts and this period needs: their rows, what is linked to them, how sources stand.

    A source on which none of the people has an account is not asked, and a remark says so. What a harvest (`outcome`)
    could not keep is a hole like any other. Rows of sources that are no longer configured are left out.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    from harvester.analysis.frame import prepare
    from harvester.ledger import by_accounts

    known = ledger.coverage()
    asked = {source: names for source, names in accounts.items() if names is None or names}
    rows = ledger.related(period, by_accounts(accounts))
    rows = rows.filter(pc.is_in(rows["source"], pa.array(list(workspace.config.sources), pa.string())))
    # In one order, however the ledger came to hold them, so that the same rows give the same bytes.
    rows = rows.sort_by([(name, "ascending") for name in ("occurred_at", "source", "scope", "id")])
    lost = {each.source: each.gaps for each in outcome.sources if not each.committed} if outcome else {}
    standings = (source_status(known, source, names, period) for source, names in asked.items())
    remarks = tuple(
        f"{each} was not read: harvester.toml names no address and no account for it under [people]."
        for each in accounts
        if each not in asked
    )
    return CollectedData(
        prepare(rows, workspace.config.people, period.until),
        tuple(dataclasses.replace(each, stale=(*each.stale, *lost.get(each.source, ()))) for each in standings),
        remarks,
    )


@contextlib.contextmanager
def _progress(environment: Environment) -> Iterator[Callable[[str, int], None]]:
    """A counter of rows by source on a terminal, nothing where piped."""
    if not environment.stderr.isatty():
        yield lambda source, rows: None
        return
    counts: dict[str, int] = {}
    with environment.console(errors=True).status("Reading …") as status:

        def tell(source: str, rows: int) -> None:
            counts[source] = rows
            if rows % 50 == 1:
                status.update(so_far(counts))

        yield tell


def so_far(counts: Mapping[str, int]) -> str:
    """How many rows came from each source until now."""
    return "Reading " + ", ".join(f"{name}: {count_noun(count, 'row')}" for name, count in counts.items())
