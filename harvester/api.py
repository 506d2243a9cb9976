"""The Python API: load rows as a pandas frame, harvest, find claims, and write reports. docs/python.md shows it."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from harvester.errors import UnknownError
from harvester.goals.model import Goals
from harvester.workspace.assemble import assemble
from harvester.workspace.collect import open_ledger
from harvester.workspace.environment import Environment
from harvester.workspace.workspace import Workspace, load_goals, load_goals_and_decisions, open_workspace

if TYPE_CHECKING:
    import pandas as pd

    from harvester.harvesting.run import Outcome
    from harvester.reporting.report_input import Audience

PathLike = str | os.PathLike[str]

NEEDED = ("person", "work_item_key", "is_primary", "is_bot")
"""Prepared columns without which `claims` can do nothing."""


def load(
    period: str | None = None,
    person: str | Iterable[str] | None = None,
    config: PathLike | None = None,
    repo: PathLike | Iterable[PathLike] | None = None,
    harvest: bool = True,
) -> pd.DataFrame:
    """The contributions of one person, or of several, in a period, one row each, with all prepared columns, by time.

    `period` is what the command takes (`2026Q3`, `last-quarter`, `2026-07-01..2026-09-30` with both days), in the time
    zone of harvester.toml; the default is the last quarter.

    `person` is a key of [people], a name or an e-mail address, or several of them; the default is `[me]`.

    `config` is a harvester.toml; the default is the nearest one in the current folder or above. Without one, or with
    `repo`, git repositories are read for git's user: nothing else is asked, and with `repo` nothing is stored.

    With `harvest=False` no source is read: the rows are those of earlier harvests.

    docs/reference/columns.md lists the columns and their Arrow types; times are UTC; null means unknown. `counted` has
    the measures that count the row. `attrs` has `persons` (a list of their keys), `period` (its name) and `incomplete`:
    a text for each source that did not give everything, which is also a UserWarning.

    Raises PeriodError, PersonError, ConfigError, SourceError or LedgerError, all below HarvesterError.
    """
    from harvester.analysis.frame import select
    from harvester.analysis.measures import counted_by

    workspace = _open(config, repo)
    with open_ledger(workspace) as ledger:
        collected, report_input = assemble(workspace, ledger, period, _names(person), harvest=harvest, all_rows=True)
    frame = select(report_input.frame, report_input.period, report_input.persons)
    frame = frame.assign(counted=counted_by(frame)).reset_index(drop=True)
    incomplete = [workspace.environment.redact(each) for each in collected.incomplete()]
    frame.attrs = {"persons": list(report_input.persons), "period": report_input.period.name, "incomplete": incomplete}
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
) -> Outcome:
    """Read the sources (all, or those named) into the ledger, for a person, several, a team or everyone.

    The default is `[me]` and the last quarter. `refresh` re-reads what is known in full.

    Returns how each source went: `outcome.complete`, and for each of `outcome.sources` its `source`, `counts` (new,
    replaced, dropped), `gaps` and `complete`. A source that fails is a gap and does not raise.

    Raises PeriodError, PersonError, UnknownError (a source or a team), ConfigError, SourceError or LedgerError.
    """
    from harvester.workspace.harvest import Selection
    from harvester.workspace.harvest import harvest as harvest_selection

    selection = Selection(_names(person), team, everyone, tuple(sources))
    return harvest_selection(_open(config, None), period, selection, refresh=refresh)


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
    from harvester.workspace.chosen import Chosen
    from harvester.workspace.reports import load_report, make_report

    chosen = Chosen(_names(person), audience=audience, about=about)
    return make_report(_open(config, repo), load_report(kind), period, chosen, harvest=harvest).text


def _names(person: str | Iterable[str] | None) -> tuple[str, ...]:
    return (person,) if isinstance(person, str) else tuple(person or ())


def _open(config: PathLike | None, repo: PathLike | Iterable[PathLike] | None) -> Workspace:
    repos = [repo] if isinstance(repo, (str, os.PathLike)) else list(repo or ())
    return open_workspace(Environment(), Path(config) if config else None, [Path(each) for each in repos])
