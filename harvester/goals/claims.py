"""Claims: which work serves which goal, by explicit structure or by the person's decision, each with its reason.

Words never claim (`suggest` is another matter). What rules leave open, such as files split between two goals, is
suggested and not counted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from harvester.analysis.frame import column
from harvester.goals.decisions import Decision, Decisions
from harvester.goals.matches import NO, YES, Match, RuleContext, note_fields
from harvester.goals.model import OUTCOME, Goal, Goals
from harvester.goals.path_rules import PathContest, Target, contested
from harvester.model.outcomes import read_outcome
from harvester.model.people import People
from harvester.model.periods import Calendar, day

if TYPE_CHECKING:
    import pandas as pd

    from harvester.goals.matches import Array

COLUMNS = ("row", "target_kind", "target", "status", "reason")
"""What a claim says: index label of the row, `goal` or `criterion`, its name, `claimed` or `suggested`, why."""

Verdicts = dict[tuple[str, str], Match]


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

    A row may serve several targets; one that serves a goal serves that goal's criterion. A goal takes rows of its own
    days only (half-open, the person's zone). The person's decisions come before every rule. `tickets` maps keys of
    configured Jira projects to hosts, as for `threads`: a ticket has no files and takes those of what closed it.
    """
    facts = RuleContext(frame, people or People(), tickets or {})
    running = {each.name: _running(facts, each, calendar) for each in goals.goals}
    found = _contested(facts, "goal", [Target(each.name, each.match, running[each.name]) for each in goals.goals])
    found |= _contested(facts, "criterion", [Target(each.name, each.match) for each in goals.criteria])
    for goal in goals.goals:
        own = facts.either([_named_by_notes(facts, goal, running[goal.name]), found["goal", goal.name]])
        chosen = (decisions or Decisions()).of(goal.name)
        found["goal", goal.name] = _decided(facts, own, chosen, running[goal.name]) if chosen else own
    for each in goals.criteria:
        through = [_through(facts, goal, found["goal", goal.name]) for goal in goals.serving(each.name)]
        found["criterion", each.name] = facts.either([found["criterion", each.name], *through])
    return _table(facts, found)


def _contested(facts: RuleContext, kind: str, targets: Sequence[Target]) -> Verdicts:
    contest = PathContest(facts, targets)
    return {(kind, target.name): contested(contest, target) for target in targets}


def _running(facts: RuleContext, goal: Goal, calendar: Calendar) -> Array | None:
    """Which rows fall into a goal's days; None where it has none and takes all."""
    if goal.from_ is None and goal.until is None:
        return None
    return facts.once(("days", goal.from_, goal.until), lambda: _within(facts.frame, goal, calendar))


def _within(frame: pd.DataFrame, goal: Goal, calendar: Calendar) -> Array:
    import numpy as np

    inside: Array = np.ones(len(frame), bool)
    if goal.from_ is not None:
        inside &= (frame["occurred_at"] >= calendar.midnight(goal.from_)).to_numpy(bool)
    if goal.until is not None:
        inside &= (frame["occurred_at"] < calendar.midnight(goal.until)).to_numpy(bool)
    return inside


def _named_by_notes(facts: RuleContext, goal: Goal, running: Array | None) -> Match:
    """Notes that name a goal, in `goal:` or by an outcome of it."""
    verdict = facts.nothing()
    for row, fields in facts.once("notes", lambda: note_fields(facts.frame)):
        reason = _named(goal, fields)
        if reason and (running is None or running[row]):
            verdict.level[row], verdict.reason[row] = YES, facts.number(reason)
    return verdict


def _named(goal: Goal, fields: Mapping[str, str]) -> str | None:
    if goal.name in fields.get("goal", "").split("\n"):
        return "the note names this goal"
    told = goal.measure == OUTCOME and goal.name in read_outcome(fields.get("outcome", ""))
    return "the note tells its outcome" if told else None


def _decided(facts: RuleContext, verdict: Match, chosen: Mapping[str, Decision], running: Array | None) -> Match:
    """A verdict with the person's decisions about work items in place of the rules."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    work_items = facts.once("work_items", lambda: pc.utf8_lower(column(facts.frame, "work_item")))
    made = list(chosen.values())
    which = pc.index_in(work_items, value_set=pa.array([each.key[0] for each in made], pa.string()))
    rows = np.flatnonzero(pc.is_valid(which).to_numpy(zero_copy_only=False))
    by = which.take(pa.array(rows)).to_numpy(zero_copy_only=False)
    level, reason = verdict.level.copy(), verdict.reason.copy()
    level[rows] = np.array([YES if each.accept else NO for each in made], np.uint8)[by]
    reason[rows] = np.array([facts.number(f"decided by hand, {day(each.date)}") for each in made], np.int32)[by]
    return Match(level if running is None else level * running, reason)


def _through(facts: RuleContext, goal: Goal, verdict: Match) -> Match:
    """What serves a goal serves the goal's criterion."""
    import numpy as np

    number = facts.number(f"through the goal “{goal.title}”")
    return Match(verdict.level, np.where(verdict.level > 0, number, 0).astype(np.int32))


def _table(facts: RuleContext, found: Verdicts) -> pd.DataFrame:
    import numpy as np
    import pandas as pd
    import pyarrow as pa

    hits = [np.flatnonzero(verdict.level != 0) for verdict in found.values()]
    counts = np.array([len(each) for each in hits], np.int64)
    rows = np.concatenate(hits) if hits else np.zeros(0, np.int64)
    level = _of_hits([verdict.level for verdict in found.values()], hits)
    reason = _of_hits([verdict.reason for verdict in found.values()], hits)
    which = np.repeat(np.arange(len(counts)), counts)

    def text(values: Sequence[str], codes: Array) -> pa.Array:
        return pa.array(values, pa.string()).take(pa.array(codes, pa.int64()))

    columns = (
        text([kind for kind, _ in found], which),
        text([name for _, name in found], which),
        text(["claimed", "suggested"], (level != YES).astype(np.int64)),
        facts.told(reason),
    )
    texts = map(pd.arrays.ArrowExtensionArray, columns)
    return pd.DataFrame(dict(zip(COLUMNS, (facts.frame.index[rows], *texts), strict=True)))


def _of_hits(values: Sequence[Array], hits: Sequence[Array]) -> Array:
    import numpy as np

    parts = [each[at] for each, at in zip(values, hits, strict=True)]
    return np.concatenate(parts) if parts else np.zeros(0, np.int64)
