"""The Python API: load rows as a pandas frame, harvest, find claims, and write reports. docs/python.md shows it."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, overload

from harvester.errors import EngineError, UnknownError
from harvester.goals.model import Goals
from harvester.workspace.assemble import assemble
from harvester.workspace.chosen import Chosen, people_asked
from harvester.workspace.collect import open_ledger
from harvester.workspace.environment import Environment
from harvester.workspace.loaded import rows_of
from harvester.workspace.workspace import Workspace, load_goals, load_goals_and_decisions, open_workspace

if TYPE_CHECKING:
    import dask.dataframe as dd
    import pandas as pd
    from distributed import Client

    from harvester.harvesting.run import Outcome
    from harvester.reporting.report_input import Audience

PathLike = str | os.PathLike[str]

NEEDED = ("person", "work_item_key", "is_primary", "is_bot")
"""Prepared columns without which `claims` can do nothing."""


@overload
def load(
    period: str | None = None,
    person: str | Iterable[str] | None = None,
    config: PathLike | None = None,
    repo: PathLike | Iterable[PathLike] | None = None,
    harvest: bool = True,
    team: str | None = None,
    everyone: bool = False,
    engine: None = None,
) -> pd.DataFrame: ...


@overload
def load(
    period: str | None = None,
    person: str | Iterable[str] | None = None,
    config: PathLike | None = None,
    repo: PathLike | Iterable[PathLike] | None = None,
    harvest: bool = True,
    team: str | None = None,
    everyone: bool = False,
    *,
    engine: str | Client,
) -> dd.DataFrame: ...


def load(
    period: str | None = None,
    person: str | Iterable[str] | None = None,
    config: PathLike | None = None,
    repo: PathLike | Iterable[PathLike] | None = None,
    harvest: bool = True,
    team: str | None = None,
    everyone: bool = False,
    engine: str | Client | None = None,
) -> pd.DataFrame | dd.DataFrame:
    """The contributions of people in a period, one row each, with all prepared columns, by time.

    `period` is what the command takes (`2026Q3`, `last-quarter`, `2026-07-01..2026-09-30` with both days), in the time
    zone of harvester.toml; the default is the last quarter.

    `person` is a key of [people], a name or an e-mail address, or several of them; the default is `[me]`. `team` takes
    the members of a team of harvester.toml, of the days on which they were members, and `everyone` all who did
    something in the period.

    `config` is a harvester.toml; the default is the nearest one in the current folder or above. Without one, or with
    `repo`, git repositories are read for git's user: nothing else is asked, and with `repo` nothing is stored.

    With `harvest=False` no source is read: the rows are those of earlier harvests.

    docs/reference/columns.md lists the columns and their Arrow types; times are UTC; null means unknown. `counted` has
    the measures that count the row. `attrs` has `persons` (a list of their keys), `period` (its name) and `incomplete`:
    a text for each source that did not give everything, which is also a UserWarning.

    With `engine` it is a `dask.dataframe` with the same rows, columns and types, and without `attrs`: all rows of a
    person are in one partition, by time, with labels from 0 in each. `dask` is a cluster of this machine that ends with
    the process, `dask://HOST:PORT` one that runs already, and so is a `distributed.Client`. A ledger is needed that its
    workers can read, so not with `repo`.

    Raises PeriodError, PersonError, UnknownError for a team, ReportError for people named in two ways, ConfigError,
    SourceError, LedgerError or EngineError, all below HarvesterError.
    """
    if repo and engine is not None:
        raise EngineError("A cluster reads a ledger that is there to stay.", hint="Leave out `repo`, or the engine.")
    workspace = _open(config, repo)
    chosen = Chosen(_names(person), team, everyone)
    frame: pd.DataFrame | dd.DataFrame
    if engine is not None:
        from harvester.engine.cluster import kept_open
        from harvester.engine.load import load_frame

        client = kept_open(engine, workspace.environment.environ)
        frame, incomplete = load_frame(client, workspace, period, chosen, harvest=harvest)
    else:
        persons, request = people_asked(workspace, chosen)
        with open_ledger(workspace) as ledger:
            collected, report_input = assemble(
                workspace, ledger, period, persons, harvest=harvest, all_rows=True, request=request
            )
        frame, incomplete = rows_of(report_input), list(collected.incomplete())
        frame.attrs = {"persons": list(report_input.persons), "period": report_input.period.name}
    incomplete = [workspace.environment.redact(each) for each in incomplete]
    if engine is None:
        frame.attrs["incomplete"] = incomplete
    for each in incomplete:
        warnings.warn(f"Incomplete: {each}", stacklevel=2)
    return frame


def harvest(
    period: str | None = None,
    person: str | Iterable[str] | None = None,
    team: str | None = None,
    everyone: bool = False,
    sources: Iterable[str] = (),
    config: PathLike | None = None,
    refresh: bool = False,
    engine: str | Client | None = None,
) -> Outcome:
    """Read the sources (all, or those named) into the ledger, for a person, several, a team or everyone.

    The default is `[me]` and the last quarter. `refresh` re-reads what is known in full.

    Returns how each source went: `outcome.complete`, and for each of `outcome.sources` its `source`, `counts` (new,
    replaced, dropped), `gaps` and `complete`. A source that fails is a gap and does not raise.

    `engine` reads sources on a Dask cluster, in parts side by side: `dask` on this machine, `dask://HOST:PORT` or a
    client on one that runs already. This process alone writes to the ledger.

    Raises PeriodError, PersonError, UnknownError (a source or a team), ConfigError, SourceError, LedgerError or
    EngineError.
    """
    from harvester.engine.harvest import on_engine
    from harvester.workspace.harvest import Selection
    from harvester.workspace.harvest import harvest as harvest_selection

    selection = Selection(_names(person), team, everyone, tuple(sources))
    workspace = _open(config, None)
    with on_engine(engine, workspace) as on_cluster:
        return harvest_selection(on_cluster, period, selection, refresh=refresh)


def claims(
    frame: pd.DataFrame,
    goals: Goals | PathLike | None = None,
    config: PathLike | None = None,
    repo: PathLike | Iterable[PathLike] | None = None,
) -> pd.DataFrame:
    """Which rows of a frame from `load` serve which goal, one line for each row and goal or criterion.

    `goals` is a goals.toml or its parsed content; the default is the one beside harvester.toml. The decisions are those
    in decisions.toml beside harvester.toml.

    The columns are `row` (the label of the row in the frame), `target_kind` (`goal` or `criterion`), `target` (its
    name), `status` (`claimed` or `suggested`) and `reason`. Only rows that count appear. They are the claims of a
    report of the same rows: a ticket has the files of the person's own changes that closed it, where the frame holds
    both. A report looks for such changes from the first day of any goal that runs in its period.

    Raises ConfigError where a file is not valid, UnknownError for a frame without the prepared columns.
    """
    from harvester.analysis.measures import counting
    from harvester.goals.claims import claim

    if missing := [name for name in NEEDED if name not in frame.columns]:
        raise UnknownError(f"The frame has no column {missing[0]!r}.", hint="Use a frame of `harvester.load`.")
    workspace = _open(config, repo)
    known = load_goals_and_decisions(workspace)
    chosen = known.goals
    if isinstance(goals, Goals):
        chosen = goals
    elif goals is not None:
        chosen = load_goals(workspace, Path(goals))
    found = claim(
        frame, chosen, known.decisions,
        calendar=workspace.config.calendar, people=workspace.config.people, tickets=known.tickets,
    )  # fmt: skip
    counted = counting(frame[(frame["is_primary"] & ~frame["is_bot"]).astype(bool)])
    return found[found["row"].isin(counted)].reset_index(drop=True)


def report(
    kind: str = "accomplishments",
    period: str | None = None,
    person: str | Iterable[str] | None = None,
    config: PathLike | None = None,
    repo: PathLike | Iterable[PathLike] | None = None,
    harvest: bool = True,
    about: str | None = None,
    audience: Audience = "manager",
) -> str:
    """A report as Markdown, the same as `harvester report` writes; the other arguments are those of `load`.

    `about` is the work item that an announcement is about; `audience` is who reads it: docs/decisions/audience.md says
    what each of them sees. A source that did not give everything is named at the top of the report.

    Raises UnknownError for a kind of report that is not installed, or such a work item, and what `load` raises.
    """
    from harvester.workspace.reports import load_report, make_report

    chosen = Chosen(_names(person), audience=audience, about=about)
    return make_report(_open(config, repo), load_report(kind), period, chosen, harvest=harvest).text


def _names(person: str | Iterable[str] | None) -> tuple[str, ...]:
    return (person,) if isinstance(person, str) else tuple(person or ())


def _open(config: PathLike | None, repo: PathLike | Iterable[PathLike] | None) -> Workspace:
    repos = [repo] if isinstance(repo, (str, os.PathLike)) else list(repo or ())
    return open_workspace(Environment(), Path(config) if config else None, [Path(each) for each in repos])
