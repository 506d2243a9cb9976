"""Claims: which work serves which goal, by explicit structure or by the person's decision, each with its reason.

Words never claim (see `suggestions`). What rules leave open, such as files split between two goals, is suggested and
not counted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from harvester.analysis.frame import column
from harvester.goals.decisions import Decision, Decisions
from harvester.goals.matches import NO, YES, Match, RuleContext, any_of, chosen, constant, note_fields
from harvester.goals.model import OUTCOME, Goal, Goals
from harvester.goals.note_links import note_links
from harvester.goals.path_rules import PathContest, Target
from harvester.model.outcomes import read_outcome
from harvester.model.people import People
from harvester.model.periods import Calendar, day

if TYPE_CHECKING:
    import pandas as pd

    from harvester.goals.matches import Array

COLUMNS = ("row", "target_kind", "target", "status", "reason")
"""What a claim says: index label of the row, `goal` or `criterion`, its name, `claimed` or `suggested`, why."""

Matches = dict[tuple[str, str], Match]


def claim(
    frame: pd.DataFrame,
    goals: Goals,
    decisions: Decisions | None = None,
    *,
    calendar: Calendar,
    people: People | None = None,
    tickets: Mapping[str, str] | None = None,
) -> pd.DataFrame:
    """One line for each row and target that it serves or may serve, in the order of goals.toml and then of the frame.

    A row may serve several targets; one that serves a goal serves that goal's criterion, unless the person decided
    that it does not.

    A goal takes rows of its own days only (the first and the last included, the person's zone).

    A note that names a goal or a criterion, and what it is about, is the person's own word that this work serves it.
    Their decisions come before that, and before every rule. Only for such notes the frame must be a prepared one.

    `tickets` maps keys of configured Jira projects to hosts, as for `threads`: a ticket has no files and takes those of
    what closed it.
    """
    context = RuleContext(frame, people or People(), tickets or {})
    running = {each.name: _running(context, each, calendar) for each in goals.goals}
    found = _by_rules(context, "goal", [Target(each.name, each.match, running[each.name]) for each in goals.goals])
    found |= _by_rules(context, "criterion", [Target(each.name, each.match) for each in goals.criteria])
    known = decisions or Decisions()
    for goal in goals.goals:
        by_notes = any_of([_named_by_notes(context, goal), _linked_by_notes(context, "goal", goal.name, calendar)])
        own = any_of([by_notes.within(running[goal.name]), found["goal", goal.name]])
        decided = known.of(goal.name)
        found["goal", goal.name] = _decided(context, own, decided).within(running[goal.name]) if decided else own
    for each in goals.criteria:
        by_notes = any_of(
            [_naming_criterion(context, each.name), _linked_by_notes(context, "criterion", each.name, calendar)]
        )
        via_goals = [_via_goal(goal, found["goal", goal.name]) for goal in goals.serving(each.name)]
        own = any_of([by_notes, found["criterion", each.name], *via_goals])
        decided = known.of_criterion(each.name)
        found["criterion", each.name] = _decided(context, own, decided) if decided else own
    return _table(context, found)


def _by_rules(context: RuleContext, kind: str, targets: Sequence[Target]) -> Matches:
    contest = PathContest(context, targets)
    return {(kind, target.name): contest.match(target) for target in targets}


def _running(context: RuleContext, goal: Goal, calendar: Calendar) -> Array | None:
    """Which rows are of a goal's days; None where it has none and takes all."""
    if goal.from_ is None and goal.until is None:
        return None
    return context.cached(("days", goal.from_, goal.until), lambda: _within(context.frame, goal, calendar))


def _within(frame: pd.DataFrame, goal: Goal, calendar: Calendar) -> Array:
    import numpy as np

    inside: Array = np.ones(len(frame), bool)
    period = goal.period(calendar)
    if goal.from_ is not None:
        inside &= (frame["occurred_at"] >= period.since).to_numpy(bool)
    if goal.until is not None:
        inside &= (frame["occurred_at"] < period.until).to_numpy(bool)
    return inside


def _named_by_notes(context: RuleContext, goal: Goal) -> Match:
    """Notes that name a goal, in `goal:` or by an outcome of it."""
    import pyarrow as pa

    notes = context.cached("notes", lambda: note_fields(context.frame))
    found = {row: reason for row, fields in notes if (reason := _note_reason(goal, fields))}
    return context.match(list(found), YES, lambda rows: pa.array(map(found.get, rows.tolist()), pa.string()))


def _naming_criterion(context: RuleContext, criterion: str) -> Match:
    """Notes that name a criterion, in `criterion:`."""
    notes = context.cached("notes", lambda: note_fields(context.frame))
    found = [row for row, fields in notes if criterion in fields.get("criterion", "").split("\n")]
    return context.match(found, YES, constant("the note names this criterion"))


def _linked_by_notes(context: RuleContext, field: str, name: str, calendar: Calendar) -> Match:
    """The work that notes which name a goal in `goal:`, or a criterion in `criterion:`, are about."""
    import pyarrow as pa

    links = context.cached(("links", field), lambda: note_links(context.frame, context.tickets, calendar, field))
    found = links.get(name, {})
    return context.match(list(found), YES, lambda rows: pa.array(map(found.get, rows.tolist()), pa.string()))


def _note_reason(goal: Goal, fields: Mapping[str, str]) -> str | None:
    if goal.name in fields.get("goal", "").split("\n"):
        return "the note names this goal"
    has_figure = goal.measure == OUTCOME and goal.name in read_outcome(fields.get("outcome", ""))
    return "the note gives its outcome" if has_figure else None


def _decided(context: RuleContext, match: Match, decided: Mapping[str, Decision]) -> Match:
    """A match with the person's decisions about work items in place of the rules."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    work_items = context.cached("work_items", lambda: pc.utf8_lower(column(context.frame, "work_item")))
    which = pc.fill_null(pc.index_in(work_items, value_set=pa.array(list(decided), pa.string())), -1)
    which = which.to_numpy(zero_copy_only=False)
    levels = np.array([YES if each.accept else NO for each in decided.values()], np.uint8)[which]
    texts = pa.array([f"decided by hand, {day(each.date)}" for each in decided.values()])
    parts = (lambda rows: texts.take(pa.array(which[rows])), match.reasons)
    return Match(np.where(which < 0, match.level, levels), lambda rows: chosen(rows, which[rows] < 0, parts))


def _via_goal(goal: Goal, match: Match) -> Match:
    """What serves a goal serves the goal's criterion."""
    return Match(match.level, constant(f"through the goal “{goal.title}”"))


def _table(context: RuleContext, found: Matches) -> pd.DataFrame:
    import numpy as np
    import pandas as pd
    import pyarrow as pa

    hits = [np.flatnonzero(match.level) for match in found.values()]
    levels = [match.level[rows] for match, rows in zip(found.values(), hits, strict=True)]
    reasons = [match.reasons(rows) for match, rows in zip(found.values(), hits, strict=True)]
    which = np.repeat(np.arange(len(hits)), [len(rows) for rows in hits])
    rows, level = (np.concatenate([np.zeros(0, np.int64), *parts]) for parts in (hits, levels))

    def text(values: Sequence[str], codes: Array) -> pa.Array:
        return pa.array(values, pa.string()).take(pa.array(codes, pa.int64()))

    columns = (
        text([kind for kind, _ in found], which),
        text([name for _, name in found], which),
        text(["claimed", "suggested"], level != YES),
        pa.chunked_array(reasons, pa.string()),
    )
    texts = map(pd.arrays.ArrowExtensionArray, columns)
    return pd.DataFrame(dict(zip(COLUMNS, (context.frame.index[rows], *texts), strict=True)))
