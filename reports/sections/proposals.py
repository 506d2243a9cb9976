"""Goals to agree on: what each asks for, until when, and which pace that takes; and what is open about them."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from harvester.analysis.measures import MEASURES
from harvester.goals.model import OUTCOME, Criterion, Goal, Rule
from harvester.goals.progress import Progress, target_text
from harvester.model.periods import ONE_DAY, day, span
from harvester.reporting.report_input import ReportInput
from harvester.text import count_noun, number_text, rounded_text

from .criteria import called
from .items import join_words

WEEK = 7
"""Days."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """A goal that is not over at the end of the page's period, as goals.toml has it."""

    name: str
    title: str
    why: str
    criterion: str
    """The theme of the criterion that it serves, where its level has no other of that theme, else its text."""
    level: str
    """The level of the criterion, where the page has several."""
    target: str
    """With its baseline and its unit, else what is counted; empty where there is no measure."""
    days: str
    """Its first and its last day in words, or the one that is given; empty for neither."""
    checkins: str
    """The days on which both look at it, in words; empty for none."""
    away: str
    pace: str
    """What the target takes from here on, worked out from its figures; empty where they do not give it."""


@dataclass(frozen=True, slots=True)
class EndedGoal:
    """A goal that ran in the period and is over at its end."""

    title: str
    target: str
    state: str


@dataclass(frozen=True, slots=True)
class OpenGoal:
    """A goal and what is not said of it: `no target`, `no last day`."""

    title: str
    missing: list[str]


@dataclass(frozen=True, slots=True)
class SameRule:
    """Two goals that count work by one and the same rule."""

    first: str
    second: str


@dataclass(frozen=True, slots=True)
class Undelivered:
    """A goal that counts what no source has, such as `tickets`."""

    title: str
    what: str


@dataclass(frozen=True, slots=True)
class OpenQuestions:
    """What is still open; facts alone."""

    without_goal: int
    """How many criteria no proposed goal serves."""
    criteria: int
    goals: list[OpenGoal]
    same_rule: list[SameRule]
    undelivered: list[Undelivered]

    def __bool__(self) -> bool:
        return bool(self.without_goal or self.goals or self.same_rule or self.undelivered)


def proposed(report_input: ReportInput) -> list[Goal]:
    """The goals that are not over when the page's figures end, in the order of goals.toml."""
    return [each for each in _goals(report_input) if not _is_over(report_input, each)]


def proposals(report_input: ReportInput) -> list[Proposal]:
    """Each of `proposed`, as a page shows it."""
    return [_proposal(report_input, each) for each in proposed(report_input)]


def ended(report_input: ReportInput) -> list[EndedGoal]:
    """The goals of the period that are over at its end, with their state."""
    progress = report_input.assessment.progress
    return [
        EndedGoal(each.title, target_text(each), progress[each.name].state)
        for each in _goals(report_input)
        if _is_over(report_input, each) and each.runs_in(report_input.period, report_input.calendar)
    ]


def open_questions(report_input: ReportInput) -> OpenQuestions:
    """What is open about the proposed goals and about criteria."""
    goals, criteria = proposed(report_input), report_input.assessment.goals_and_decisions.goals.criteria
    served = {each.criterion for each in goals}
    incomplete = [OpenGoal(each.title, missing) for each in goals if (missing := list(_missing(each, criteria)))]
    pairs = itertools.combinations(goals, 2)
    return OpenQuestions(
        sum(each.name not in served for each in criteria), len(criteria), incomplete,
        [SameRule(one.title, other.title) for one, other in pairs if _share_rule(one, other)],
        [Undelivered(each.title, what) for each in goals if (what := report_input.undelivered.get(each.name))],
    )  # fmt: skip


def _goals(report_input: ReportInput) -> tuple[Goal, ...]:
    return report_input.assessment.goals_and_decisions.goals.goals


def _is_over(report_input: ReportInput, goal: Goal) -> bool:
    return goal.period(report_input.calendar).until <= report_input.assessment.counted_until


def _proposal(report_input: ReportInput, goal: Goal) -> Proposal:
    criteria = report_input.assessment.goals_and_decisions.goals.criteria
    criterion = next((each for each in criteria if each.name == goal.criterion), None)
    several = len({each.level for each in criteria}) > 1
    return Proposal(
        goal.name, goal.title, goal.why,
        called(criterion, criteria) if criterion else "", criterion.level if criterion and several else "",
        target_text(goal) or _measured(goal), _days(goal),
        join_words(map(day, goal.checkins)), join_words(span(*each) for each in goal.away),
        pace(goal, report_input.assessment.progress[goal.name], as_of(report_input)),
    )  # fmt: skip


def _measured(goal: Goal) -> str:
    """What is counted, of a goal without a target."""
    if goal.measure == OUTCOME:
        return f"a figure from the notebook{f' ({goal.unit})' if goal.unit else ''}"
    return MEASURES[goal.measure].many if goal.measure else ""


def _days(goal: Goal) -> str:
    if goal.from_ and goal.until:
        return span(goal.from_, goal.until)
    return f"from {day(goal.from_)}" if goal.from_ else f"until {day(goal.until)}" if goal.until else ""


def as_of(report_input: ReportInput) -> dt.date:
    """The last day up to which figures of goals are counted."""
    return report_input.calendar.day_of(report_input.assessment.counted_until - dt.timedelta(microseconds=1))


def pace(goal: Goal, at: Progress, today: dt.date) -> str:
    """What a count takes after a day, at which its progress is given: `8 reviews in 175 days: about one every 22 days`.

    Days away are left out, and what is done by then is named. Empty for what is no count, without a target or days to
    reach it in, and where it is reached.
    """
    if goal.measure is None or goal.measure == OUTCOME or goal.target is None or at.done is None:
        return ""
    if at.days is None or goal.from_ is None or goal.until is None:
        return ""
    open_, days = goal.target - at.done, at.days.total - at.days.passed
    if open_ <= 0 or days <= 0:
        return ""
    begun = at.days.passed > 0
    to_come = (goal.until - max(today, goal.from_ - ONE_DAY)).days
    measure = MEASURES[goal.measure]
    takes = f"{number_text(open_)} more" if begun else measure.words(open_)
    done = f"{number_text(at.done)} of {measure.words(goal.target)} done; " if begun else ""
    away = ", days away left out" if to_come > days else ""
    rate = f": {_rate(open_, days)}" if open_ > 1 else ""
    return f"{done}{takes} in {count_noun(days, 'day')}{away}{rate}"


def _rate(number: float, days: int) -> str:
    """An even rate: how many a week, or where that is less than one, how many days for one."""
    if days / number >= WEEK:
        return f"about one every {days / number:,.0f} days"
    return f"about {rounded_text(number / days * WEEK)} a week"


def _missing(goal: Goal, criteria: Sequence[Criterion]) -> Iterator[str]:
    if not goal.why:
        yield "no reason why it matters"
    if criteria and goal.criterion is None:
        yield "no criterion"
    if goal.measure is None:
        yield "no measure"
    elif goal.target is None:
        yield "no target"
    if goal.from_ is None:
        yield "no first day"
    if goal.until is None:
        yield "no last day"
    if not goal.checkins:
        yield "no day for a check-in"


def _share_rule(one: Goal, other: Goal) -> bool:
    """Whether two goals with days in common have a rule, or a part of it that is enough by itself, in common."""
    together = (one.until is None or other.from_ is None or other.from_ <= one.until) and (
        other.until is None or one.from_ is None or one.from_ <= other.until
    )
    theirs = _alternatives(other.match)
    return together and any(each in theirs for each in _alternatives(one.match))


def _alternatives(rule: Rule | None) -> list[Rule]:
    """The rules each of which is enough for a rule to match: those of its `any` where it has nothing else."""
    if rule is None:
        return []
    if rule.keys == ("any",) and not rule.not_:
        return [each for inner in rule.any or () for each in _alternatives(inner)]
    return [rule]
