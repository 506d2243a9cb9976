"""How far a goal is: its target, the figure so far, and the figure expected by now.

Pure: counts come in from the measures, `now` is an argument. The pace counts whole days of the person's calendar, so
that a reader can count them again: a day counts once it has begun, one of 23 hours as much as one of 25. Days away do
not count: nothing more is expected on them.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from harvester.analysis.measures import MEASURES
from harvester.goals.matches import note_fields
from harvester.goals.model import OUTCOME, Goal
from harvester.model.outcomes import read_outcome
from harvester.model.periods import Calendar
from harvester.text import count_noun, number_text, rounded_text

if TYPE_CHECKING:
    import pandas as pd

State = Literal["met", "on track", "at risk", "off track", "not started", "not met", "open", "unknown"]
"""`not started` and `not met` are about the goal's days: before them, and after them; `open` has no pace, since it
has no first or last day, or all its days are away; `unknown` has no figure."""

ON_TRACK, AT_RISK = 0.9, 0.7
"""From which part of what is expected by now a goal is on track, and from which at risk; below that it is off track."""

ROUNDING = 1e-9
"""What fractions of floating-point numbers may be off by."""

WHOLE = 1
"""As long as less than this is missing of what is expected of a count, nothing that can be counted is missing."""

Span = tuple[dt.date, dt.date]
"""A first and a last day, both included."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """A figure that a note gives for a goal, and its time (UTC)."""

    goal: str
    value: float
    at: dt.datetime
    id: str = ""


@dataclass(frozen=True, slots=True)
class PaceDays:
    """The days that a goal's pace counts: whole days from its first to its last, without those away."""

    passed: int
    """Those that have begun."""
    total: int
    away: int
    """Days of the goal that do not count, each once."""

    @property
    def share(self) -> float | None:
        """How much of the counted days has passed, 0 to 1; None where all days are away."""
        return self.passed / self.total if self.total else None

    @property
    def words(self) -> str:
        """`37 of 83 days`."""
        return f"{self.passed:,} of {count_noun(self.total, 'day')}"


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a goal is at one moment. None: there is no figure, no target, or no days to derive a pace from."""

    goal: str
    state: State
    target: float | None
    done: float | None
    expected: float | None
    """The figure at an even pace: as much of the way from baseline to target as of the counted days has passed."""
    share: float | None
    """How much of the way from baseline to target is done, 0 to 1 and beyond; below 0 where things got worse."""
    baseline: float | None = None
    days: PaceDays | None = None
    """The days that the pace counts; None where the goal has no first or no last day."""

    @property
    def of_pace(self) -> float | None:
        """How much is done of what is expected by now, from the baseline on; None where nothing is expected."""
        passed = self.days.share if self.days else None
        return self.share / passed if self.share is not None and passed else None


def pace_days(goal: Goal, calendar: Calendar, now: dt.datetime, away: Iterable[Span] = ()) -> PaceDays | None:
    """A goal's days at `now` (aware), of which those that have begun are passed; None where it has no first or last.

    A day is away where the goal or `away`, the person's own, says so. At the first moment of a day, the day before is
    the last one that counts.
    """
    if goal.from_ is None or goal.until is None:
        return None
    last = min(calendar.day_of(now - dt.timedelta(microseconds=1)), goal.until)
    left_out = joined([*goal.away, *away])
    total, passed = _number((goal.from_, goal.until)), _number((goal.from_, last))
    away_in_all = sum(_overlap(each, (goal.from_, goal.until)) for each in left_out)
    away_by_now = sum(_overlap(each, (goal.from_, last)) for each in left_out)
    return PaceDays(passed - away_by_now, total - away_in_all, away_in_all)


def progress(
    goal: Goal,
    calendar: Calendar,
    now: dt.datetime,
    *,
    count: float | None = None,
    outcomes: Iterable[Outcome] = (),
    away: Iterable[Span] = (),
) -> Progress:
    """How far a goal is at `now` (aware).

    `count` is what its measure counted in the goal's days up to `now`. Of an outcome the figure is that of the latest
    note in the goal's days up to and including `now`; the way may lead from baseline to target in either direction.

    `away` are the person's days away, beside the goal's own.
    """
    baseline = goal.baseline if goal.measure == OUTCOME else 0.0
    done = _latest(goal, calendar, now, outcomes) if goal.measure == OUTCOME else count
    days = pace_days(goal, calendar, now, away)
    if goal.target is None or goal.measure is None or baseline is None:
        return Progress(goal.name, _before_first_day(goal, calendar, now), goal.target, done, None, None, days=days)
    way = goal.target - baseline
    share = None if done is None else (done - baseline) / way
    expected = None if days is None or days.share is None else baseline + way * days.share
    made = Progress(goal.name, "unknown", goal.target, done, expected, share, goal.baseline, days)
    return dataclasses.replace(made, state=_state(goal, calendar, now, made))


def arithmetic(goal: Goal, at: Progress) -> str:
    """How what is expected by now follows from the target and the days; '' where nothing is expected.

    `40 reviews × 37 of 83 days = 17.8, 9 days away left out`, of an outcome `31 − 31 × 46 of 92 days = 15.5`.
    """
    if at.expected is None or at.days is None or goal.target is None or goal.measure is None:
        return ""
    start = goal.baseline or 0.0
    way = goal.target - start
    target = (
        f"{number_text(start)} {'+' if way > 0 else '−'} {number_text(abs(way))}"
        if goal.measure == OUTCOME
        else MEASURES[goal.measure].words(goal.target)
    )
    left_out = f", {count_noun(at.days.away, 'day')} away left out" if at.days.away else ""
    return f"{target} × {at.days.words} = {rounded_text(at.expected)}{left_out}"


def outcomes(frame: pd.DataFrame) -> list[Outcome]:
    """The figures that notes give, by time; a text that is not `goal = number` is left out."""
    found = []
    for row, fields in note_fields(frame):
        for goal, value in read_outcome(fields.get("outcome", "")).items():
            found.append(
                Outcome(goal, value, frame["occurred_at"].iloc[row].to_pydatetime(), str(frame["id"].iloc[row]))
            )
    return sorted(found, key=lambda each: (each.at, each.id))


def target_text(goal: Goal) -> str:
    """The target with its unit: `12 pull requests`, `from 31 to 0 double charges a month`; empty without one."""
    if goal.target is None or goal.measure is None:
        return ""
    if goal.measure == OUTCOME:
        return f"from {number_text(goal.baseline)} to {number_text(goal.target)} {goal.unit}".rstrip()
    return MEASURES[goal.measure].words(goal.target)


def bar(share: float | None, width: int = 10) -> str:
    """A bar such as `██████░░░░`; full only where the target is reached, empty where nothing is known."""
    part = 0.0 if share is None else min(max(share, 0.0), 1.0)
    full = math.floor(part * width + ROUNDING)
    return "█" * full + "░" * (width - full)


def _latest(goal: Goal, calendar: Calendar, now: dt.datetime, outcomes: Iterable[Outcome]) -> float | None:
    period = goal.period(calendar)
    own = [each for each in outcomes if each.goal == goal.name and each.at <= now and each.at in period]
    return max(own, key=lambda each: (each.at, each.id)).value if own else None


def _before_first_day(goal: Goal, calendar: Calendar, now: dt.datetime) -> State:
    return "not started" if now < goal.period(calendar).since else "unknown"


def _state(goal: Goal, calendar: Calendar, now: dt.datetime, at: Progress) -> State:
    if at.share is not None and at.share >= 1 - ROUNDING:
        return "met"
    before = _before_first_day(goal, calendar, now)
    if before == "not started" or at.share is None:
        return before
    if now >= goal.period(calendar).until:
        return "not met"
    if at.expected is None or at.done is None:
        return "open"
    of_pace = at.of_pace
    whole = goal.measure != OUTCOME and at.expected - at.done < WHOLE - ROUNDING
    if of_pace is None or whole or of_pace >= ON_TRACK - ROUNDING:
        return "on track"
    return "at risk" if of_pace >= AT_RISK - ROUNDING else "off track"


def joined(spans: Iterable[Span]) -> list[Span]:
    """The same days in as few spans as there can be, in order."""
    made: list[Span] = []
    for first, last in sorted(spans):
        if made and (first - made[-1][1]).days <= 1:
            made[-1] = made[-1][0], max(made[-1][1], last)
        else:
            made.append((first, last))
    return made


def _number(span: Span) -> int:
    """How many days a span has; 0 where it ends before it begins."""
    return max((span[1] - span[0]).days + 1, 0)


def _overlap(one: Span, other: Span) -> int:
    """How many days two spans share."""
    return _number((max(one[0], other[0]), min(one[1], other[1])))
