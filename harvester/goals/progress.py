"""How far a goal is: its target, the figure so far, and the figure expected by now.

Pure: counts come in from the measures, `now` is an argument. Days away do not count: nothing more is expected on them.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from harvester.analysis.measures import MEASURES
from harvester.goals.matches import note_fields
from harvester.goals.model import OUTCOME, Goal
from harvester.model.outcomes import read_outcome
from harvester.model.periods import Calendar, Period

if TYPE_CHECKING:
    import pandas as pd

State = Literal["met", "on track", "behind", "not started", "not met", "open", "unknown"]
"""`not started` and `not met` are about the goal's days: before them, and after them; `open` has no pace, since it
has no first or last day; `unknown` has no figure."""

TOLERANCE = 0.1
"""A goal is on track as long as no more than this part of what is expected by now is missing."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """A figure that a note gives for a goal, and its time (UTC)."""

    goal: str
    value: float
    at: dt.datetime
    id: str = ""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a goal is at one moment. None: there is no figure, no target, or no days to derive a pace from."""

    goal: str
    state: State
    target: float | None
    done: float | None
    expected: float | None
    """The figure at an even pace: as much of the way from baseline to target as of the working time has passed."""
    share: float | None
    """How much of the way from baseline to target is done, 0 to 1 and beyond; below 0 where things got worse."""
    baseline: float | None = None


def elapsed(goal: Goal, calendar: Calendar, now: dt.datetime) -> float | None:
    """How much of a goal's days has passed at `now` (aware), 0 to 1, days away left out; None where it has no days.

    Where all its days are away, they count.
    """
    if not goal.has_end:
        return None
    period = goal.period(calendar)
    working = period.minus(goal.away_periods(calendar)) or [period]
    past = Period(period.since, min(max(now, period.since), period.until))
    passed = sum((_seconds(both) for each in working if (both := each.overlap(past))), 0.0)
    return passed / sum(map(_seconds, working))


def progress(
    goal: Goal, calendar: Calendar, now: dt.datetime, *, count: float | None = None, outcomes: Iterable[Outcome] = ()
) -> Progress:
    """How far a goal is at `now` (aware).

    `count` is what its measure counted in the goal's days up to `now`. Of an outcome the figure is that of the latest
    note in the goal's days up to and including `now`; the way may lead from baseline to target in either direction.
    """
    baseline = goal.baseline if goal.measure == OUTCOME else 0.0
    done = _latest(goal, calendar, now, outcomes) if goal.measure == OUTCOME else count
    if goal.target is None or goal.measure is None or baseline is None:
        return Progress(goal.name, _before_first_day(goal, calendar, now), goal.target, done, None, None)
    passed = elapsed(goal, calendar, now)
    way = goal.target - baseline
    share = None if done is None else (done - baseline) / way
    expected = None if passed is None else baseline + way * passed
    state = _state(goal, calendar, now, share, passed)
    return Progress(goal.name, state, goal.target, done, expected, share, goal.baseline)


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
        return f"from {goal.baseline:,g} to {goal.target:,g} {goal.unit}".rstrip()
    return MEASURES[goal.measure].words(goal.target)


def bar(share: float | None, width: int = 10) -> str:
    """A bar such as `██████░░░░`; full only where the target is reached, empty where nothing is known."""
    part = 0.0 if share is None else min(max(share, 0.0), 1.0)
    full = math.floor(part * width + 1e-9)
    return "█" * full + "░" * (width - full)


def _latest(goal: Goal, calendar: Calendar, now: dt.datetime, outcomes: Iterable[Outcome]) -> float | None:
    period = goal.period(calendar)
    own = [each for each in outcomes if each.goal == goal.name and each.at <= now and each.at in period]
    return max(own, key=lambda each: (each.at, each.id)).value if own else None


def _before_first_day(goal: Goal, calendar: Calendar, now: dt.datetime) -> State:
    return "not started" if now < goal.period(calendar).since else "unknown"


def _state(goal: Goal, calendar: Calendar, now: dt.datetime, share: float | None, passed: float | None) -> State:
    if share is not None and share >= 1 - 1e-9:
        return "met"
    before = _before_first_day(goal, calendar, now)
    if before == "not started" or share is None:
        return before
    if now >= goal.period(calendar).until:
        return "not met"
    if passed is None:
        return "open"
    return "on track" if share >= passed * (1 - TOLERANCE) - 1e-9 else "behind"


def _seconds(period: Period) -> float:
    return (period.until - period.since).total_seconds()
