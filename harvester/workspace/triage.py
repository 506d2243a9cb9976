"""What triage asks about, in which order, and a session that stores each answer and can undo it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from harvester.analysis import measures
from harvester.analysis.frame import select
from harvester.goals.decisions import Decision, decide, load, undo
from harvester.workspace.assemble import assemble
from harvester.workspace.collect import open_ledger
from harvester.workspace.work_items import decisions_path, find_goal, outside_goal_days, require_goals
from harvester.workspace.workspace import Workspace

if TYPE_CHECKING:
    import pandas as pd

    from harvester.goals.model import Goals
    from harvester.reporting.report_input import ReportInput

BEST = 3
"""How many goals are offered for a work item."""

FIRST = ("pull_request", "issue", "release", "commit")
"""Which kind of row stands for a thread of unplanned work, first choice first."""

Offer = tuple[str, str]
"""The name of a goal, and why it is suggested."""


@dataclass(frozen=True, slots=True)
class Item:
    """A work item to decide on, with the goals suggested for it, best first; without any it is unplanned work."""

    work_item: str
    kind: str
    title: str
    url: str
    days: tuple[dt.date, ...]
    """The days of its rows, in the person's zone."""
    offers: tuple[Offer, ...] = ()


def start_triage(workspace: Workspace, period: str | None = None, *, harvest: bool = True) -> TriageSession:
    """A session with all that is undecided in a period; raises ConfigError where no goals are defined."""
    path = decisions_path(workspace)
    goals = require_goals(workspace, at_least_one=True).goals
    with open_ledger(workspace) as ledger:
        collected, report_input = assemble(workspace, ledger, period, harvest=harvest)
    today = workspace.config.calendar.day_of(workspace.environment.clock())
    return TriageSession(path, goals, today, undecided(report_input), collected.complete)


def undecided(report_input: ReportInput) -> list[Item]:
    """Work with suggestions, by time, and after it the threads of unplanned work about which nothing was decided."""
    import pandas as pd

    rows = select(report_input.frame, report_input.period, report_input.persons)
    rows = rows[rows["is_primary"] & ~rows["is_bot"]].sort_values(["occurred_at", "work_item", "id"])
    offers = _offers(rows, report_input)
    order = rows["kind"].map({kind: place for place, kind in enumerate(FIRST)}).fillna(len(FIRST))
    offered = rows.assign(order=order)[rows["work_item"].isin(list(offers))]
    offered = offered.sort_values(["occurred_at", "order"], kind="stable").drop_duplicates("work_item")
    unplanned = _unplanned(rows, report_input)
    unplanned = unplanned[~unplanned["thread"].isin(offered["thread"])]
    days = {
        work_item: tuple(map(report_input.calendar.day_of, at))
        for work_item, at in rows.groupby("work_item")["occurred_at"]
    }
    return [
        Item(row["work_item"], row["kind"], _text(row["title"]), _text(row["url"]), days[row["work_item"]],
             offers.get(row["work_item"], ()))
        for row in pd.concat([offered, unplanned]).to_dict("records")
    ]  # fmt: skip


def _offers(rows: pd.DataFrame, report_input: ReportInput) -> dict[str, tuple[Offer, ...]]:
    """By work item the goals suggested for any of its rows, with the reasons, the `BEST` ones."""
    by_work_item: dict[str, dict[str, str]] = {}
    suggested = report_input.assessment.suggestions
    for row, target, reason in zip(*(suggested[name] for name in ("row", "target", "reason")), strict=True):
        by_work_item.setdefault(rows["work_item"][row], {}).setdefault(target, reason)
    return {work_item: tuple(goals.items())[:BEST] for work_item, goals in by_work_item.items()}


def _unplanned(rows: pd.DataFrame, report_input: ReportInput) -> pd.DataFrame:
    """A row for each thread that a report counts as unplanned and about which nothing was decided."""
    work = measures.of(rows, measures.MEASURES["unplanned"])
    decided = [each.key[0] for each in report_input.assessment.goals_and_decisions.decisions.entries]
    known = work["thread"][work["work_item"].str.lower().isin(decided)]
    work = work[~work["thread"].isin(known)]
    order = work["kind"].map({kind: place for place, kind in enumerate(FIRST)})
    first = work.assign(order=order).sort_values(["order", "occurred_at", "work_item"]).drop_duplicates("thread")
    return first.drop(columns="order").sort_values(["occurred_at", "work_item"])


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


@dataclass(frozen=True, slots=True)
class _Step:
    """A decision of a session, the index of its item, and the decision about the same that it replaced."""

    index: int
    decision: Decision
    replaced: Decision | None


@dataclass
class TriageSession:
    """The items of a session and its decisions so far; each is in decisions.toml at once."""

    path: Path
    goals: Goals
    today: dt.date
    items: Sequence[Item]
    complete: bool
    """Whether every source was complete, so that nothing is missing among the items."""
    steps: list[_Step] = field(default_factory=list)

    def offers(self, index: int) -> list[Offer]:
        """The goals offered for an item, without those that were rejected in this session."""
        item = self.items[index]
        rejected = {step.decision.key for step in self.steps if not step.decision.accept}
        return [each for each in item.offers if (item.work_item.casefold(), each[0]) not in rejected]

    def accept(self, index: int, goal: str) -> str:
        """Decide that an item serves a goal; returns a warning where it is not of the goal's days, or ''.

        Raises UnknownError, with the nearest name, for an unknown goal.
        """
        chosen = find_goal(self.goals, goal)
        self._decide(index, goal, accept=True)
        return outside_goal_days(chosen, self.items[index].days)

    def reject(self, index: int, goal: str) -> None:
        """Decide that an item does not serve a goal."""
        self._decide(index, goal, accept=False)

    def _decide(self, index: int, goal: str, *, accept: bool) -> None:
        decision = Decision(self.items[index].work_item, goal, accept, self.today)
        replaced = next((each for each in load(self.path).entries if each.key == decision.key), None)
        decide(self.path, decision)
        self.steps.append(_Step(index, decision, replaced))

    def undo(self) -> tuple[int, str] | None:
        """Undo the last decision; returns the index of its item and its goal, or None where there is none."""
        if not self.steps:
            return None
        step = self.steps.pop()
        if step.replaced is None:
            undo(self.path, step.decision.work_item, step.decision.goal)
        else:
            decide(self.path, step.replaced)
        return step.index, step.decision.goal

    def counts(self) -> tuple[int, int, int]:
        """How many decisions accepted, how many rejected, and how many items have no decision."""
        accepted = sum(step.decision.accept for step in self.steps)
        return accepted, len(self.steps) - accepted, len(self.items) - len({step.index for step in self.steps})
