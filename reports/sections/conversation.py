"""Questions for the conversation about goals, and what is due until the next one; each follows from a fact."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass

from harvester.goals.model import OUTCOME, Goal
from harvester.goals.progress import Progress, Span, joined, progress, target_text
from harvester.model.periods import day, span
from harvester.reporting.report_input import ReportInput
from harvester.text import number_text, rounded_text

from .goal_states import figure_text, goals_on
from .since import gone_goals, kept_target, target_changed, then_of

ONE_DAY = dt.timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Next:
    """The next check-in, and what is due until then, a sentence each without a full stop."""

    day: dt.date
    due: list[str]


def next_day(report_input: ReportInput) -> dt.date | None:
    """The first day after this one that a goal which runs now names for a check-in; None where there is none."""
    today = _today(report_input)
    return min((each for goal, _ in _running(report_input) for each in goal.checkins if each > today), default=None)


def next_checkin(report_input: ReportInput) -> Next | None:
    """What is due until the next check-in; None where no goal names a day for one."""
    until = next_day(report_input)
    if until is None:
        return None
    due = [words for goal, at in _running(report_input) for words in _due(report_input, goal, at, until)]
    return Next(until, due)


def questions(report_input: ReportInput, *, gaps: bool) -> list[str]:
    """The questions; with `gaps` also whether there is work for what nothing is linked to."""
    then = then_of(report_input)
    made: list[str] = []
    for goal, at in goals_on(report_input):
        made += _about_goal(report_input, goal, at)
        if goal.name in then and target_changed(goal, then[goal.name]):
            before, now = kept_target(then[goal.name]), target_text(goal) or "none"
            made.append(f"The target of “{goal.title}” was {before} and is {now}. Is that agreed?")
    made += [f"“{each.title}” is no goal any more. Is that agreed?" for each in gone_goals(report_input)]
    if gaps:
        made.append("Is there work for these gaps that no source has?")
    until = next_day(report_input)
    if not _running(report_input):
        made.append("No goal runs. What is agreed on next?")
    elif until is None:
        made.append("When is the next check-in? No day is set.")
    made += [f"Away {span(*each)}. Does any goal change for it?" for each in away_until(report_input, until)]
    return made


def away_until(report_input: ReportInput, until: dt.date | None) -> list[Span]:
    """Days away after this one and up to a day, or else to the last day of the goals; parts of longer ones too."""
    ends = (goal.until for goal, _ in _running(report_input) if goal.until)
    first, last = _today(report_input) + ONE_DAY, until or max(ends, default=dt.date.min)
    spans = {
        (max(each[0], first), min(each[1], last))
        for goal, _ in _running(report_input)
        for each in report_input.assessment.days_away(goal)
        if each[0] <= last and each[1] >= first
    }
    return joined(spans)


def _today(report_input: ReportInput) -> dt.date:
    return report_input.calendar.dates(report_input.period)[1]


def _running(report_input: ReportInput) -> list[tuple[Goal, Progress]]:
    today = _today(report_input)
    return [(goal, at) for goal, at in goals_on(report_input) if goal.includes(today)]


def _about_goal(report_input: ReportInput, goal: Goal, at: Progress) -> Iterator[str]:
    named, today = f"“{goal.title}”", _today(report_input)
    if at.state in ("at risk", "off track") and at.expected is not None:
        yield f"{named} is {at.state}: {compared(goal, at)}. Keep the target, or change it?"
    if at.state == "not met":
        yield f"{named} ended with {_reached(goal, at)}. Is it closed, or does it go on?"
    if goal.measure is None:
        yield f"{named} has no measure. How will both see that it is reached?"
    elif goal.target is None:
        yield f"{named} has no target. What is to be reached?"
    elif goal.measure == OUTCOME and at.done is None:
        yield f"{named} has no figure yet. Where is it now?"
    until = next_day(report_input)
    if goal.includes(today) and goal.until and at.state != "met" and until and goal.until < until:
        yield f"{named} ends on {day(goal.until)}, before the next check-in. When is its result looked at?"
    if at.state == "met" and goal.until and goal.until > today:
        yield f"{named} is met and goes on until {day(goal.until)}. Does its target stay?"


def compared(goal: Goal, at: Progress) -> str:
    """A figure beside what is expected: `12 of the 20 reviews expected by now`, of an outcome `30, where …`."""
    expected = rounded_text(at.expected)
    if goal.measure == OUTCOME:
        return f"{number_text(at.done)} {goal.unit}".rstrip() + f", where {expected} is expected by now"
    unit = figure_text(goal, at.expected or 0.0).partition(" ")[2]
    return f"{number_text(at.done)} of the {expected} {unit} expected by now"


def _reached(goal: Goal, at: Progress) -> str:
    if at.done is None:
        return "no figure"
    if goal.measure == OUTCOME:
        return f"{figure_text(goal, at.done)} (target {target_text(goal)})"
    return f"{number_text(at.done)} of {target_text(goal)}"


def _due(report_input: ReportInput, goal: Goal, at: Progress, until: dt.date) -> Iterator[str]:
    """What is expected of a goal by a day, or by its end where that is before it."""
    if at.state == "met" or goal.target is None or goal.measure is None:
        if goal.until and goal.until <= until and at.state != "met":
            yield f"“{goal.title}” ends on {day(goal.until)}"
        return
    ends = goal.until is not None and goal.until <= until
    by = goal.until if ends and goal.until else until
    expected = _expected(report_input, goal, by)
    now = "no figure yet" if at.done is None else f"{number_text(at.done)} now"
    if ends:
        yield f"“{goal.title}” ends on {day(by)}: {target_text(goal)} ({now})"
    elif expected is not None:
        unit = figure_text(goal, expected).partition(" ")[2]
        yield f"“{goal.title}”: {rounded_text(expected)} {unit}".rstrip() + f" expected by then ({now})"


def _expected(report_input: ReportInput, goal: Goal, by: dt.date) -> float | None:
    """What is expected of a goal at the end of a day."""
    calendar, away = report_input.calendar, report_input.assessment.days_away(goal)
    return progress(goal, calendar, calendar.midnight(by + ONE_DAY), away=away).expected
