"""Goals as they are on a day: their state, the figure, and how what is expected of it is worked out."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from harvester.analysis import measures
from harvester.goals.model import OUTCOME, Goal
from harvester.goals.progress import ON_TRACK, Progress, State, arithmetic, bar, target_text
from harvester.model.periods import day
from harvester.reporting.report_input import ReportInput
from harvester.text import number_text

from .items import LINE_COLUMNS, Item, counted, item, once_by_kind

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = tuple(dict.fromkeys((*LINE_COLUMNS, *measures.COLUMNS_USED, "work_item_key")))
"""The columns that are needed of what a goal claims."""

ORDER: tuple[State, ...] = (
    "on track", "at risk", "off track", "met", "not met", "open", "unknown", "not started",
)  # fmt: skip
"""The order of a page: what has a pace, what is decided, and what has neither."""


@dataclass(frozen=True, slots=True)
class GoalState:
    """A goal on a day; figures are those of the goal's own days up to it."""

    name: str
    title: str
    first: dt.date | None
    last: dt.date | None
    runs: bool
    """Whether the day is one of its own."""
    target: str
    """With its unit, such as `40 reviews`; empty without one."""
    done: float | None
    expected: float | None
    """At an even pace, to one decimal."""
    bar: str
    """How much of the target is done, in ten parts; empty where that is not known."""
    state: State
    label: str
    """The state in words, or what is missing for one, such as `no measure`."""
    worked_out: str
    """How what is expected follows from the target and the days, or why nothing is."""
    counts: str
    """What it counts, in the plural: `reviews`; empty for an outcome, and where there is no measure."""
    linked: str
    """All that is linked to it, in words: `5 pull requests`; empty for nothing."""
    items: list[Item]
    """What it claims, each work item once by kind, newest first."""


def goals_on(report_input: ReportInput) -> list[tuple[Goal, Progress]]:
    """The goals of a check-in with their progress, in the order of a page.

    They are those that run on the day, and those that ended since the last check-in, where none was kept since the
    period began.
    """
    progress = report_input.assessment.progress
    first, last = report_input.calendar.dates(report_input.period)
    since = report_input.kept.day if report_input.kept else first
    chosen = [
        (each, progress[each.name])
        for each in report_input.assessment.goals_and_decisions.goals.goals
        if each.includes(last) or (each.until is not None and since <= each.until < last)
    ]
    return sorted(chosen, key=lambda pair: ORDER.index(pair[1].state))


def goal_states(report_input: ReportInput) -> list[GoalState]:
    """Each goal of a check-in."""
    return [_state(report_input, goal, at) for goal, at in goals_on(report_input)]


def figure_text(goal: Goal, number: float) -> str:
    """A figure with its unit: `19 reviews`, `4 double charges a month`."""
    if goal.measure is None or goal.measure == OUTCOME:
        return f"{number_text(number)} {goal.unit}".rstrip()
    return measures.MEASURES[goal.measure].words(number)


def claimed_rows(report_input: ReportInput, goal: Goal) -> list[dict[str, Any]]:
    """The rows that a goal claims, of each work item the last by kind, newest first."""
    return [row for _, row in once_by_kind(_claimed(report_input, goal))]


def _claimed(report_input: ReportInput, goal: Goal) -> pd.DataFrame:
    labels = report_input.assessment.claimed(goal.name)["row"].unique()
    return report_input.frame.loc[labels, list(COLUMNS)]


def _state(report_input: ReportInput, goal: Goal, at: Progress) -> GoalState:
    today = report_input.calendar.dates(report_input.period)[1]
    return GoalState(
        goal.name, goal.title, goal.from_, goal.until, goal.includes(today),
        target_text(goal), at.done, None if at.expected is None else round(at.expected, 1),
        "" if at.share is None else bar(at.share), at.state, _label(goal, at), _worked_out(report_input, goal, at),
        _counts(goal),
        counted(_claimed(report_input, goal), measures.COUNTED),
        [item(report_input, row) for row in claimed_rows(report_input, goal)],
    )  # fmt: skip


def _counts(goal: Goal) -> str:
    measure = measures.MEASURES.get(goal.measure or "")
    return measure.many if measure else ""


def _label(goal: Goal, at: Progress) -> str:
    if at.state != "unknown":
        return at.state
    return "no measure" if goal.measure is None else "no target" if goal.target is None else "no figure"


def counted_from(report_input: ReportInput, goal: Goal) -> dt.date:
    """The day from which a goal is counted: its own first one, or where it has none that of the page."""
    return goal.from_ or report_input.calendar.dates(report_input.period)[0]


def _worked_out(report_input: ReportInput, goal: Goal, at: Progress) -> str:
    today, first = report_input.calendar.dates(report_input.period)[1], counted_from(report_input, goal)
    if goal.until is not None and goal.until < today:
        return f"ended on {day(goal.until)}"
    if at.state == "open":
        missing = [word for word, of in (("first", goal.from_), ("last", goal.until)) if of is None]
        since = f"; counted from {day(first)}" if goal.from_ is None else ""
        return f"it has no {' and no '.join(missing)} day{since}" if missing else "all its days are away"
    sum_ = arithmetic(goal, at)
    return f"{sum_}{_part(goal, at)}"


def _part(goal: Goal, at: Progress) -> str:
    """How much is done of what is expected, as the state says it."""
    if at.of_pace is None or at.state == "met":
        return ""
    if at.state == "on track" and at.of_pace < ON_TRACK - 1e-9:
        return "; less than one is missing"
    if at.of_pace < 0:
        return "; further from the target than at the start"
    percent = math.floor(at.of_pace * 100 + 1e-9)
    return f"; {percent}% of that way is done" if goal.measure == OUTCOME else f"; done is {percent}% of that"
