"""Between the sources and the ledger: harvest what is asked for, and read back what a report needs."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from urllib.request import url2pathname

from harvester.errors import LedgerError
from harvester.files import resolve_path, temporary_folder
from harvester.ledger.coverage import Coverage, SourceStatus, source_status
from harvester.ledger.object_store import options_in
from harvester.model.periods import Period
from harvester.workspace.workspace import Workspace

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

    from harvester.harvesting.run import Outcome
    from harvester.ledger import Ledger
    from harvester.ledger.held_rows import StoredRows
    from harvester.sdk.connector import Connector

Accounts = Mapping[str, frozenset[str] | None]
"""By source, the accounts whose contributions are wanted; None means everyone's, an empty set skips the source."""


@dataclass(frozen=True)
class CollectedData:
    """What the ledger has of a period and people: their rows, and each source's status.

    `frame` is prepared (`harvester.analysis.frame.prepare`). `remarks` are sentences about sources that were skipped.
    """

    frame: pd.DataFrame
    statuses: tuple[SourceStatus, ...]
    remarks: tuple[str, ...]
    unread: tuple[str, ...] = ()
    """Whose work could not be read at all, and why, a sentence each."""
    outcome: Outcome | None = None
    """How the harvest went that was made for it; None where the ledger was taken as it was."""

    @property
    def complete(self) -> bool:
        """Whether every source gave all that was asked of it, and everybody could be read."""
        return all(each.complete for each in self.statuses) and not self.unread

    def incomplete(self) -> Iterator[str]:
        """A text for each source that is not complete, such as `hub: not read yet`, with every reason once."""
        for each in self.statuses:
            reasons = [gap.reason for gap in (*each.gaps, *each.stale)] + (["not read yet"] if each.unread else [])
            if reasons:
                yield f"{each.source}: {'; '.join(dict.fromkeys(reasons))}"


def accounts_of(workspace: Workspace, persons: Sequence[str] | None) -> Accounts:
    """The accounts of these people on every source; of everyone where None."""
    people = workspace.config.people
    if persons is None:
        return dict.fromkeys(workspace.connectors)
    return {
        source: frozenset(account for person in persons for account in people.accounts_of(person, source))
        for source in workspace.connectors
    }


def ledger_exists(workspace: Workspace) -> bool:
    """Whether there is a ledger, or at least its folder. Raises LedgerError where that cannot be looked up."""
    from harvester.ledger import Ledger

    location = _location(workspace)
    if isinstance(location, str):
        return Ledger.exists(location, options_in(workspace.environment.environ))
    try:
        return location.exists()
    except OSError as error:
        raise LedgerError(
            f"The ledger in {location} cannot be looked up: {error.strerror}.", hint="Check who owns the folder."
        ) from error


def _location(workspace: Workspace) -> Path | str:
    """The folder of the ledger, or its URL unchanged."""
    place = workspace.config.ledger
    if place.startswith("file://"):
        return Path(url2pathname(urlsplit(place).path))
    return place if "://" in place else resolve_path(workspace.config.root, place, error=LedgerError)


def read_coverage(workspace: Workspace) -> list[Coverage]:
    """What has been read so far, for whom and when; empty where there is no ledger, and none is made."""
    if not ledger_exists(workspace):
        return []
    with open_ledger(workspace, create=False) as ledger:
        return ledger.coverage()


@contextlib.contextmanager
def open_ledger(workspace: Workspace, *, create: bool = True) -> Iterator[Ledger]:
    """The configured ledger, or a temporary one where the workspace is not persistent (`--repo`).

    Raises LedgerError where it cannot be opened, or where there is none and `create` is False.
    """
    from harvester.ledger import Ledger

    if workspace.persistent:
        yield Ledger.open(str(_location(workspace)), create=create, options=options_in(workspace.environment.environ))
    else:
        with temporary_ledger() as ledger:
            yield ledger


@contextlib.contextmanager
def temporary_ledger() -> Iterator[Ledger]:
    """A ledger that is deleted at the end of the block."""
    from harvester.ledger import Ledger

    with temporary_folder() as folder:
        yield Ledger.open(folder / "ledger")


def harvest_sources(
    workspace: Workspace,
    ledger: Ledger,
    period: Period,
    accounts: Accounts,
    *,
    sources: Mapping[str, Connector] | None = None,
    refresh: bool = False,
) -> Outcome:
    """Read sources (all where None) into the ledger side by side; `refresh` re-reads them in full.

    Raises KeyboardInterrupt where the user interrupted, after what came until then was stored.
    """
    from harvester.harvesting.reader import read_source
    from harvester.harvesting.run import harvest

    environment = workspace.environment
    chosen = workspace.connectors if sources is None else sources
    import_modules(each for name, each in chosen.items() if accounts.get(name) is None or accounts[name])
    with environment.progress() as progress:
        outcome = harvest(
            ledger,
            {name: lambda connector=connector: connector for name, connector in chosen.items()},  # type: ignore[misc]  # a lambda that binds the loop variable
            accounts,
            period,
            clock=environment.clock,
            refresh=refresh,
            progress=progress,
            stop=environment.stop,
            redact=environment.redact,
            read=workspace.read_source or read_source,
        )
    if outcome.interrupted:
        raise KeyboardInterrupt
    if environment.debug:
        for each in outcome.sources:
            if each.failed:
                raise each.failed
    return outcome


def import_modules(connectors: Iterable[Connector]) -> None:
    """Import what connectors need, one after another; one that lacks a library says so when it is read."""
    from harvester.sdk.capabilities import ImportsModules

    for each in connectors:
        if isinstance(each, ImportsModules):
            with contextlib.suppress(ImportError):
                each.import_modules()


def collect(
    workspace: Workspace, stored: StoredRows, period: Period, accounts: Accounts, outcome: Outcome | None = None
) -> CollectedData:
    """Read back the rows of these accounts in this period, and nothing else that the ledger has.

    A source on which none of the people has an account is skipped, with a remark; sources make remarks of their own.
    What a harvest (`outcome`) could not store is a gap like any other. Rows of sources that are no longer configured
    are left out.
    """
    from harvester.analysis.frame import prepare
    from harvester.ledger import by_accounts

    coverage = stored.coverage()
    wanted = {source: names for source, names in accounts.items() if names is None or names}
    rows = with_consent(workspace, of_configured_sources(workspace, stored.rows(period, by_accounts(accounts))))
    # In one order, in whatever order the ledger has them, so that the same rows give the same bytes.
    rows = rows.sort_by([(name, "ascending") for name in ("occurred_at", "source", "scope", "id")])
    lost = {each.source: each.gaps for each in outcome.sources if not each.committed} if outcome else {}
    statuses = [source_status(coverage, source, names, period) for source, names in wanted.items()]
    remarks = tuple(
        f"{each} was not read: `harvester.toml` names no address and no account for it under `[people]`."
        for each in accounts
        if each not in wanted
    )
    return CollectedData(
        prepare(rows, workspace.config.people),
        tuple(dataclasses.replace(each, stale=(*each.stale, *lost.get(each.source, ()))) for each in statuses),
        remarks,
        outcome=outcome,
    )


def with_consent(workspace: Workspace, rows: pa.Table) -> pa.Table:
    """The rows without those of mentees who have not agreed, or no longer do: the ledger may have some from before."""
    import pyarrow as pa

    from harvester.analysis.frame import persons_of

    people = workspace.config.people
    closed = people.not_to_be_read
    if not closed:
        return rows
    persons = persons_of(rows, people)
    shown = pa.array([each not in closed for each in persons.dictionary.to_pylist()], pa.bool_())
    return rows.filter(shown.take(persons.indices))


def of_configured_sources(workspace: Workspace, rows: pa.Table) -> pa.Table:
    """The rows whose source is configured now: a source that was removed or renamed is in no report."""
    import pyarrow as pa
    import pyarrow.compute as pc

    return rows.filter(pc.is_in(rows["source"], pa.array(list(workspace.config.sources), pa.string())))
