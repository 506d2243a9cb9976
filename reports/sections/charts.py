"""The data of a report's charts: work by week, each goal's pace, work by theme; every number is a measure's."""

from __future__ import annotations

import bisect
import datetime as dt
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Literal

from harvester.analysis import measures
from harvester.goals.model import OUTCOME, Goal
from harvester.goals.progress import elapsed, outcomes
from harvester.model.periods import Period
from harvester.reporting.charts import Bars, Chart, Kind, Pace, Point, Strip
from harvester.reporting.report_input import ReportInput

from .pieces import running

if TYPE_CHECKING:
    import pandas as pd

MOST_WEEKS = 60
"""Weeks of a strip; a longer period has a strip of months."""

LONGEST_PACE = 3660
"""Days of a goal whose pace is drawn."""

DAY = dt.timedelta(days=1)

COLUMNS = [*measures.COLUMNS_USED, "occurred_at"]
"""The columns that are needed: taking rows costs as much as there are columns."""


def charts(report_input: ReportInput, mine: pd.DataFrame) -> dict[str, Chart]:
    """The charts of a report by the name of their place, from the people's rows in the period that count.

    `weeks` is left out where nothing is counted or the period has no second week, `goal-<name>` where a goal has no
    figure or neither a target nor a second figure.
    """
    made: dict[str, Chart] = {}
    strip = _weeks(report_input, mine)
    if len(strip.days) > 1 and any(strip.totals):
        made["weeks"] = strip
    for goal in running(report_input):
        pace = _pace(report_input, goal)
        if pace is not None:
            made[f"goal-{goal.name}"] = pace
    return made


def themes_chart(counts: Iterable[tuple[str, float]], unit: str = "changes") -> Bars:
    """Work by theme: names with the number of what `unit` (plural) says, in the order in which the page has them."""
    return Bars("Work by theme", "theme", unit, tuple(counts))


def _weeks(report_input: ReportInput, mine: pd.DataFrame) -> Strip:
    """Every kind of work that has anything, in the order of `measures.COUNTED`; in each step what was first in it."""
    calendar = report_input.calendar
    first, last = calendar.dates(report_input.period)
    weeks = _steps(first, last, "week", calendar.week_starts)
    step: Literal["week", "month"] = "week" if len(weeks) <= MOST_WEEKS else "month"
    days = weeks if step == "week" else _steps(first, last, "month", calendar.week_starts)
    starts = [calendar.midnight(each) for each in days]
    kinds = []
    for name in measures.COUNTED:
        rows = measures.firsts(mine[COLUMNS], name)
        if len(rows):
            places = [bisect.bisect(starts, at) - 1 for at in rows["occurred_at"]]
            numbers = measures.count_by(rows.assign(step=places), name, ["step"])
            by_step = {int(place): number for (place,), number in numbers.items()}
            kinds.append(Kind(measures.MEASURES[name].many, tuple(by_step.get(at, 0) for at in range(len(days)))))
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
    calendar = report_input.calendar
    spans = [calendar.dates(away) for goal in goals for away in goal.away_periods(calendar)]
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
    if not figures or last < first or (last - first).days > LONGEST_PACE or (goal.target is None and len(figures) < 2):
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
    share = elapsed(goal, report_input.calendar, report_input.calendar.midnight(day + DAY))
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
