"""What changed since a kept check-in: figures, states, targets, goals that came and went, and work."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from harvester.analysis.measures import MEASURES
from harvester.goals.checkins import CheckIn, KeptCriterion, KeptGoal, KeptWork
from harvester.goals.model import OUTCOME, Goal
from harvester.goals.progress import Progress, target_text
from harvester.model.periods import day
from harvester.reporting.report_input import ReportInput
from harvester.text import number_text

from .goal_states import claimed_rows, counted_from, figure_text, goals_on
from .items import Item, Reference, item, reference_to

LISTED = 5
"""How many new work items of a goal are named; the rest is in the appendix."""


@dataclass(frozen=True, slots=True)
class LostWork:
    """Work that counted for a goal then and does not now: its title then, and what it is called."""

    reference: Reference
    title: str


@dataclass(frozen=True, slots=True)
class GoalChange:
    """What is different about a goal: sentences without a full stop, the new work, and the work that is gone."""

    name: str
    title: str
    words: list[str]
    new: list[Item]
    """The newest; `more` is how many others there are."""
    more: int
    lost: list[LostWork]


@dataclass(frozen=True, slots=True)
class Since:
    """What changed since the check-in of a day."""

    day: dt.date
    changes: list[GoalChange]
    unchanged: list[str]
    """The titles of the goals that are unchanged."""
    criteria: list[str]
    """A sentence for each criterion whose evidence is of another kind."""
    incomplete: list[str]
    """The sources that could not be read in full then."""


def since(report_input: ReportInput, criteria: Sequence[tuple[KeptCriterion, str]]) -> Since | None:
    """What changed since the kept check-in; None where none was kept. `criteria` are those of now, with their texts."""
    kept = report_input.kept
    if kept is None:
        return None
    pairs = _paired(kept, goals_on(report_input), report_input)
    found = [_change(report_input, goal, at, then) for goal, at, then in pairs]
    gone = [_gone(each) for each in _without(kept, pairs, report_input)]
    different = [each for each in found if each.words or each.new or each.lost]
    same = [each.title for each in found if each not in different]
    return Since(kept.day, [*different, *gone], same, list(_criteria(kept, criteria)), kept.incomplete)


def then_of(report_input: ReportInput) -> Mapping[str, KeptGoal]:
    """By the name of a goal of now what was kept of it."""
    kept = report_input.kept
    pairs = _paired(kept, goals_on(report_input), report_input) if kept else ()
    return {goal.name: then for goal, _, then in pairs if then is not None}


def gone_goals(report_input: ReportInput) -> list[KeptGoal]:
    """The goals that were kept and are none any more."""
    kept = report_input.kept
    return _without(kept, _paired(kept, goals_on(report_input), report_input), report_input) if kept else []


Pair = tuple[Goal, Progress, KeptGoal | None]


def _paired(kept: CheckIn, goals: Sequence[tuple[Goal, Progress]], report_input: ReportInput) -> list[Pair]:
    """Each goal with what was kept of it: by its name, or else by its title, since a name may be another one now."""
    names = {each.name for each in report_input.assessment.goals_and_decisions.goals.goals}
    by_title = {each.title: each for each in kept.goals if each.name not in names}
    return [(goal, at, kept.goal(goal.name) or by_title.get(goal.title)) for goal, at in goals]


def _without(kept: CheckIn, pairs: Sequence[Pair], report_input: ReportInput) -> list[KeptGoal]:
    names = {each.name for each in report_input.assessment.goals_and_decisions.goals.goals}
    found = {then.name for _, _, then in pairs if then is not None}
    return [each for each in kept.goals if each.name not in found | names]


def _change(report_input: ReportInput, goal: Goal, at: Progress, then: KeptGoal | None) -> GoalChange:
    rows = claimed_rows(report_input, goal)
    known = {each.work_item for each in then.work} if then else set()
    new = [row for row in rows if row["work_item"] not in known]
    now = {row["work_item"] for row in rows}
    today, first = report_input.calendar.dates(report_input.period)[1], counted_from(report_input, goal)
    # From another day on other work counts: what is before it is not lost.
    same = then is not None and then.first == first
    lost = [_lost(each) for each in then.work if each.work_item not in now] if then and same else []
    words = list(_words(goal, at, then, today)) if then else ["new goal"]
    if then and not same:
        words.append(f"counted from {day(then.first)} then, and from {day(first)} now")
    listed = [item(report_input, row) for row in new[:LISTED]]
    return GoalChange(goal.name, goal.title, words, listed, max(len(new) - LISTED, 0), lost)


def _words(goal: Goal, at: Progress, then: KeptGoal, today: dt.date) -> Iterator[str]:
    if then.title != goal.title:
        yield f"called “{then.title}” then"
    if (then.measure, then.unit) != (goal.measure, goal.unit):
        yield f"measured by {_measure(then.measure, then.unit)} then, and by {_measure(goal.measure, goal.unit)} now"
    elif then.done != at.done:
        yield f"{_number(then.done)} → {_figure(goal, at.done)}"
    if target_changed(goal, then):
        yield f"target {kept_target(then)} → {target_text(goal) or 'none'}"
    if then.state != at.state and "unknown" not in (then.state, at.state):
        yield f"{then.state} → {at.state}"
    if goal.until and goal.until < today:
        yield f"ended on {day(goal.until)}"


def target_changed(goal: Goal, then: KeptGoal) -> bool:
    """Whether another target was agreed on then, in the same unit."""
    same = (then.measure, then.unit) == (goal.measure, goal.unit)
    return same and (then.target, then.baseline) != (goal.target, goal.baseline)


def kept_target(then: KeptGoal) -> str:
    """The target of a kept goal; `none` without one."""
    if then.target is None:
        return "none"
    if then.measure == OUTCOME and then.baseline is not None:
        return f"from {number_text(then.baseline)} to {number_text(then.target)}"
    return number_text(then.target)


def _measure(measure: str | None, unit: str) -> str:
    if measure == OUTCOME:
        return f"a figure ({unit})" if unit else "a figure"
    known = MEASURES.get(measure or "")
    return known.many if known else measure or "nothing"


def _number(figure: float | None) -> str:
    return "no figure" if figure is None else number_text(figure)


def _figure(goal: Goal, figure: float | None) -> str:
    return "no figure" if figure is None else figure_text(goal, figure)


def _gone(then: KeptGoal) -> GoalChange:
    figure = "" if then.done is None else f"; {number_text(then.done)} done then"
    state = "" if then.state == "unknown" else f", {then.state}"
    return GoalChange(then.name, then.title, [f"no goal any more{figure}{state}"], [], 0, [])


def _lost(work: KeptWork) -> LostWork:
    kind = "note" if work.work_item.startswith("notebook/") else ""
    return LostWork(reference_to({"work_item": work.work_item, "kind": kind, "url": None}), work.title)


def _criteria(kept: CheckIn, criteria: Sequence[tuple[KeptCriterion, str]]) -> Iterator[str]:
    before = {each.name: each.state for each in kept.criteria}
    for each, text in criteria:
        if each.name not in before:
            yield f"“{text}”: new, {_evidence(each.state)}"
        elif before[each.name] != each.state:
            yield f"“{text}”: {_evidence(before[each.name])} → {_evidence(each.state)}"


def _evidence(state: str) -> str:
    """A criterion's state in words: `thin evidence`, `evidence needed`."""
    return state if "evidence" in state else f"{state} evidence"
