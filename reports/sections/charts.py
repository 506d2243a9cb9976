"""The data of a report's charts: work by week, each goal's pace, work by theme; every number is a measure's."""

from __future__ import annotations

import bisect
import datetime as dt
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Literal

from harvester.analysis import measures
from harvester.goals.model import OUTCOME, Goal
from harvester.goals.progress import outcomes, pace_days
from harvester.model.periods import Calendar, Period
from harvester.reporting.charts import Chart, Kind, Pace, Point, Rows, Strip
from harvester.reporting.report_input import ReportInput

from .pieces import running

if TYPE_CHECKING:
    import pandas as pd

MOST_WEEKS = 60
"""Weeks of a strip; a longer period has a strip of months."""

LONGEST_PACE = 3660
"""Days of a goal whose pace is drawn."""

FEWEST_STEPS = 2
"""Weeks with any work, and figures of a goal, from which on a drawing says more than the numbers beside it."""

FILLS = {
    "pull_requests": 1, "commits": 1, "reviews": 2, "tickets": 3, "releases": 3, "comments": 5, "help": 5, "notes": 4,
}  # fmt: skip
"""The fill of each kind of work, so that a person's pages look alike; where both are there, the first has it."""

DAY = dt.timedelta(days=1)

COLUMNS = [*measures.COLUMNS_USED, "occurred_at"]
"""The columns that are needed: taking rows costs as much as there are columns."""


def charts(report_input: ReportInput, mine: pd.DataFrame) -> dict[str, Chart]:
    """The charts of a report by the name of their place, from the people's rows in the period that count.

    A chart that would show a single step is left out: `weeks` where all work is in one week, `goal-<name>` where a
    goal's figure changed only once, or was given once and has no baseline.
    """
    made: dict[str, Chart] = {}
    strip = _weeks(report_input, mine)
    if sum(1 for each in strip.totals if each) >= FEWEST_STEPS:
        made["weeks"] = strip
    for goal in running(report_input):
        pace = _pace(report_input, goal)
        if pace is not None:
            made[f"goal-{goal.name}"] = pace
    return made


def themes_chart(
    calendar: Calendar, period: Period, themes: Iterable[tuple[str, Sequence[dt.date]]], unit: str = "changes"
) -> Rows | None:
    """When the work of each theme was done: names with the day of each thing that `unit` (plural) counts.

    None where it would say no more than the list of themes does: of a single theme, or of work in a single step.
    """
    step, days = _period_steps(calendar, period)
    rows = []
    for name, each in themes:
        places = Counter(bisect.bisect(days, one) - 1 for one in each)
        rows.append(Kind(name, tuple(places[at] for at in range(len(days)))))
    used = sum(1 for at in range(len(days)) if any(each.numbers[at] for each in rows))
    if len(rows) < FEWEST_STEPS or used < FEWEST_STEPS:
        return None
    return Rows(f"Themes by {step}", "theme", unit, step, tuple(days), tuple(rows))


def _weeks(report_input: ReportInput, mine: pd.DataFrame) -> Strip:
    """Every kind of work that has anything, in the order of `measures.COUNTED`; in each step what was first in it."""
    calendar = report_input.calendar
    first, last = calendar.dates(report_input.period)
    step, days = _period_steps(calendar, report_input.period)
    starts = [calendar.midnight(each) for each in days]
    kinds = []
    for name in measures.COUNTED:
        rows = measures.firsts(mine[COLUMNS], name)
        if len(rows):
            places = [bisect.bisect(starts, at) - 1 for at in rows["occurred_at"]]
            numbers = measures.count_by(rows.assign(step=places), name, ["step"])
            by_step = {int(place): number for (place,), number in numbers.items()}
            numbers_ = tuple(by_step.get(at, 0) for at in range(len(days)))
            kinds.append(Kind(measures.MEASURES[name].many, numbers_, FILLS[name]))
    away = Counter(
        bisect.bisect(days, each) - 1
        for each in _days_away(report_input, running(report_input))
        if first <= each <= last
    )
    today = _last_counted(report_input)
    return Strip(
        f"Work by {step}", step, tuple(days), tuple(kinds), tuple(away[at] for at in range(len(days))), last,
        bisect.bisect(days, today) - 1 if first <= today < last else None,
    )  # fmt: skip


def _period_steps(calendar: Calendar, period: Period) -> tuple[Literal["week", "month"], list[dt.date]]:
    """Whether a period is drawn by week or by month, and the first day of each."""
    first, last = calendar.dates(period)
    weeks = _steps(first, last, "week", calendar.week_starts)
    if len(weeks) <= MOST_WEEKS:
        return "week", weeks
    return "month", _steps(first, last, "month", calendar.week_starts)


def _steps(first: dt.date, last: dt.date, step: str, week_starts: int) -> list[dt.date]:
    """The first day of each week or month that a period has any day of; the first is the period's own."""
    days = [first]
    for each in range(1, (last - first).days + 1):
        day = first + DAY * each
        if day.weekday() == week_starts if step == "week" else day.day == 1:
            days.append(day)
    return days


def _last_counted(report_input: ReportInput) -> dt.date:
    return report_input.calendar.day_of(report_input.assessment.counted_until - dt.timedelta(microseconds=1))


def _days_away(report_input: ReportInput, goals: Iterable[Goal]) -> set[dt.date]:
    """The days on which some goal expects nothing."""
    spans = {away for goal in goals for away in report_input.assessment.days_away(goal)}
    return {first + DAY * each for first, last in spans for each in range((last - first).days + 1)}


def _pace(report_input: ReportInput, goal: Goal) -> Pace | None:
    """A goal's figures from its first day, or the period's where it has none, to its last, or the period's."""
    if goal.measure is None:
        return None
    calendar = report_input.calendar
    since, until = calendar.dates(report_input.period)
    period = goal.period(calendar)
    first = calendar.day_of(period.since) if goal.from_ else since
    last = calendar.day_of(period.until - dt.timedelta(microseconds=1)) if goal.until else until
    figures = _outcome(report_input, goal) if goal.measure == OUTCOME else _counted(report_input, goal, goal.measure)
    known = len(figures) + (goal.measure == OUTCOME and goal.baseline is not None)
    if not figures or known < FEWEST_STEPS or last < first or (last - first).days > LONGEST_PACE:
        return None
    start = (goal.baseline if goal.baseline is not None else figures[0][1]) if goal.measure == OUTCOME else 0.0
    counted = _last_counted(report_input)
    away = _days_away(report_input, [goal])
    days = [first + DAY * each for each in range((last - first).days + 1)]
    return Pace(
        _title(goal), _unit(goal), start, goal.target,
        tuple(Point(day, *_at(report_input, goal, figures, start, day, counted)) for day in days),
        tuple(day in away for day in days),
        (min(counted, last) - first).days if counted >= first else None,
    )  # fmt: skip


def _title(goal: Goal) -> str:
    unit = _unit(goal)
    if goal.measure == OUTCOME:
        return unit[:1].upper() + unit[1:] or goal.title
    return f"{unit[:1].upper()}{unit[1:]} for this goal"


def _unit(goal: Goal) -> str:
    return goal.unit if goal.measure in (OUTCOME, None) else measures.MEASURES[goal.measure or ""].many


Figures = list[tuple[dt.date, float]]
"""A goal's figure at the end of each day on which it changed."""


def _at(
    report_input: ReportInput, goal: Goal, figures: Figures, start: float, day: dt.date, counted: dt.date
) -> tuple[float | None, float | None]:
    """What is done and what is expected at the end of a day."""
    place = bisect.bisect(figures, day, key=lambda each: each[0])
    done = None if day > counted else figures[place - 1][1] if place else (None if goal.measure == OUTCOME else start)
    calendar, away = report_input.calendar, report_input.assessment.days_away(goal)
    days = pace_days(goal, calendar, calendar.midnight(day + DAY), away)
    share = days.share if days else None
    baseline = goal.baseline if goal.measure == OUTCOME else 0.0
    if share is None or goal.target is None or baseline is None:
        return done, None
    return done, baseline + (goal.target - baseline) * share


def _counted(report_input: ReportInput, goal: Goal, measure: str) -> Figures:
    """The running sum of what a goal's measure counts of the rows it claims, up to when progress is counted."""
    assessment = report_input.assessment
    # Only what counts can be claimed.
    rows = assessment.frame[COLUMNS].loc[assessment.claimed(goal.name)["row"].unique()]
    rows = measures.firsts(rows[(rows["occurred_at"] < assessment.counted_until).astype(bool)], measure)
    if not len(rows):
        return []
    days = rows["occurred_at"].map(report_input.calendar.day_of)
    numbers = measures.count_by(rows.assign(day=[each.isoformat() for each in days]), measure, ["day"])
    total, figures = 0.0, []
    for (day,), number in sorted(numbers.items()):
        total += number
        figures.append((dt.date.fromisoformat(day), total))
    return figures


def _outcome(report_input: ReportInput, goal: Goal) -> Figures:
    """The last figure that the people's notes give on each day of the goal."""
    assessment, calendar = report_input.assessment, report_input.calendar
    frame = assessment.frame
    notes = frame[frame["is_primary"] & ~frame["is_bot"] & (frame["kind"] == "note")]
    period: Period = goal.period(calendar)
    own: Sequence[tuple[dt.date, float]] = [
        (calendar.day_of(each.at), each.value)
        for each in outcomes(notes)
        if each.goal == goal.name and each.at in period and each.at <= assessment.counted_until
    ]
    by_day: Mapping[dt.date, float] = dict(own)
    return sorted(by_day.items())
