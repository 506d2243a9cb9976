"""Linking work to a goal by the person's decision, and undoing that."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from harvester.errors import HarvesterError, UnknownError
from harvester.goals.decisions import Decision, decide, load, undo
from harvester.workspace.work_items import (
    decisions_path,
    find_goal,
    outside_goal_days,
    pull_request_of,
    read_related_rows,
    read_rows,
    require_goals,
    rows_of_work_item,
    short,
    why_nothing_counts,
)
from harvester.workspace.workspace import Workspace

if TYPE_CHECKING:
    import pandas as pd

    from harvester.goals.model import Goal


@dataclass(frozen=True, slots=True)
class Decided:
    """A stored decision, the title of its work item, and a warning where the work is not of the goal's days."""

    decision: Decision
    title: str
    warning: str


def decide_work_item(workspace: Workspace, what: str, goal: str, *, accept: bool = True, note: str = "") -> Decided:
    """Store in decisions.toml that a work item serves a goal or, without `accept`, does not.

    Raises UnknownError for a goal or a work item that does not exist or is ambiguous, ConfigError for goals.toml, and
    HarvesterError for work that counts only with its pull request, or not at all.
    """
    path = decisions_path(workspace)
    chosen = find_goal(require_goals(workspace).goals, goal)
    calendar = workspace.config.calendar
    rows = rows_of_work_item(read_rows(workspace), what, calendar)
    work_item = str(rows["work_item"].iloc[0])
    related = read_related_rows(workspace, work_item)
    if work_item.startswith("commit/"):
        _refuse_part(related, work_item, chosen, accept)
    if accept:
        _refuse_uncounted(workspace, related, work_item, chosen)
    decision = Decision(work_item, chosen.name, accept, calendar.day_of(workspace.environment.clock()), note)
    decide(path, decision)
    days = map(calendar.day_of, rows["occurred_at"])
    warning = outside_goal_days(chosen, days) if accept else ""
    return Decided(decision, str(next(iter(rows["title"].dropna()), "")), warning)


def _refuse_part(frame: pd.DataFrame, work_item: str, goal: Goal, accept: bool) -> None:
    """Raises HarvesterError with the pull request that a commit counts with: decided alone it changes nothing."""
    if pull := pull_request_of(frame, work_item):
        again = f"harvester decide {short(pull)} --goal {goal.name}{'' if accept else ' --reject'}"
        raise HarvesterError(
            f"{short(work_item)} counts with its pull request, so nothing was decided about it by itself.",
            hint=f"Decide on the whole: `{again}`.",
        )


def _refuse_uncounted(workspace: Workspace, frame: pd.DataFrame, work_item: str, goal: Goal) -> None:
    """Raises HarvesterError where nothing of a work item counts: it would serve the goal without any effect."""
    if why := why_nothing_counts(workspace, frame, work_item):
        note = f'`harvester note "…" --about {short(work_item)} --goal {goal.name}`'
        raise HarvesterError(
            f"Nothing of {short(work_item)} counts for you ({why}), so it can serve no goal; nothing was decided.",
            hint=f"What you did for it counts as a note: {note}.",
        )


def undo_decision(workspace: Workspace, what: str, goal: str) -> Decision:
    """Remove a decision from decisions.toml and return it.

    The file is searched first, since a decision may be about a work item or a goal that no longer exists. Raises
    UnknownError where there is no such decision.
    """
    path = decisions_path(workspace)
    known = load(path)
    work_item = what
    if not known.about(what):
        rows = rows_of_work_item(read_rows(workspace), what, workspace.config.calendar)
        work_item = str(rows["work_item"].iloc[0])
    removed = undo(path, work_item, goal)
    if removed is None:
        about = ", ".join(each.goal for each in known.about(work_item))
        raise UnknownError(
            f"Nothing was decided about {short(work_item)} and {goal}.",
            hint=f"There are decisions about it and {about}." if about else f"See {path.name}.",
        )
    return removed
