"""What triage asks about, in which order, and a session that stores each answer and can undo it."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from harvester.analysis import measures
from harvester.analysis.frame import records, select
from harvester.errors import UnknownError
from harvester.goals.decisions import Answer, Decision, IgnoreRule, decide, load, remove, subject_of
from harvester.goals.ignoring import ignores, ignores_everything, ignoring_rule, rules_for
from harvester.model.contribution import REPEATABLE
from harvester.text import did_you_mean
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
    labels: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()
    authors: tuple[str, ...] = ()
    """Whose work it is, where it is not the person's own."""
    named: bool = False
    """Whether a note or a decision names its thread."""
    score: float = 0
    """The score of the best suggestion for it; infinite where a rule or a note suggests a goal."""


def start_triage(workspace: Workspace, period: str | None = None, *, harvest: bool = True) -> TriageSession:
    """A session with all that is undecided in a period; raises ConfigError where no goals are defined."""
    path = decisions_path(workspace)
    goals = require_goals(workspace, at_least_one=True).goals
    with open_ledger(workspace) as ledger:
        collected, report_input = assemble(workspace, ledger, period, harvest=harvest)
    today = workspace.config.calendar.day_of(workspace.environment.clock())
    items, ignored = undecided(report_input)
    return TriageSession(path, goals, today, items, collected.complete, ignored)


def undecided(report_input: ReportInput) -> tuple[list[Item], Mapping[str, int]]:
    """What triage asks about, in its order, and how many items each rule of decisions.toml ignores.

    First comes what a note or a decision names, then work with suggestions, by score, then the threads of unplanned
    work about which nothing was decided; all else by time.
    """
    import pandas as pd

    rows = select(report_input.frame, report_input.period, report_input.persons)
    rows = rows[rows["is_primary"] & ~rows["is_bot"]].sort_values(["occurred_at", "work_item", "id"])
    offers = _offers(rows, report_input)
    order = rows["kind"].map({kind: place for place, kind in enumerate(FIRST)}).fillna(len(FIRST))
    offered = rows.assign(order=order)[rows["work_item"].isin(list(offers))]
    offered = offered.sort_values(["occurred_at", "order"], kind="stable").drop_duplicates("work_item")
    unplanned = _unplanned(rows, report_input)
    unplanned = unplanned[~unplanned["thread"].isin(offered["thread"])]
    items = list(_items(pd.concat([offered, unplanned]), rows, offers, report_input))
    items.sort(key=lambda each: (not each.named, -each.score))
    rules = report_input.assessment.goals_and_decisions.decisions.ignored
    by_rule = [(each, ignoring_rule(rules, each)) for each in items]
    return [each for each, rule in by_rule if rule is None], Counter(rule.about for _, rule in by_rule if rule)


def _items(
    chosen: pd.DataFrame, rows: pd.DataFrame, offers: Mapping[str, tuple[Offer, ...]], report_input: ReportInput
) -> Iterable[Item]:
    """An item for each of the chosen rows."""
    assessment, calendar = report_input.assessment, report_input.calendar
    decided = {each.casefold() for each in assessment.goals_and_decisions.decisions.work_items}
    by_decision = set(rows["thread"][rows["work_item"].str.lower().isin(list(decided))])
    named = by_decision | set(assessment.notes_by_thread)
    suggested = assessment.suggestions
    scores = suggested.assign(work_item=rows["work_item"].reindex(suggested["row"]).to_numpy())
    best = scores.groupby("work_item")["score"].max().to_dict()
    days = {work_item: tuple(map(calendar.day_of, at)) for work_item, at in rows.groupby("work_item")["occurred_at"]}
    for row in records(chosen):
        work_item = row["work_item"]
        yield Item(
            work_item,
            row["kind"],
            row["title"] or "",
            row["url"] or "",
            days[work_item],
            offers.get(work_item, ()),
            tuple(row["labels"] or ()),
            tuple(row["paths"] or ()),
            tuple(row["owners"] or ()) if row["kind"] in REPEATABLE else (),
            row["thread"] in named,
            float(best.get(work_item, 0)),
        )


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


@dataclass(frozen=True, slots=True)
class _Step:
    """An answer of a session, the index of its item, and the answer about the same that it replaced."""

    index: int
    answer: Answer
    replaced: Answer | None


@dataclass
class TriageSession:
    """The items of a session and its answers so far; each is in decisions.toml at once."""

    path: Path
    goals: Goals
    today: dt.date
    items: Sequence[Item]
    complete: bool
    """Whether every source was complete, so that nothing is missing among the items."""
    ignored: Mapping[str, int] = field(default_factory=dict)
    """How many items each rule ignored before the session began."""
    steps: list[_Step] = field(default_factory=list)

    def offers(self, index: int) -> list[Offer]:
        """The goals offered for an item, without those that were rejected in this session."""
        item = self.items[index]
        rejected = {each.key for each in self._decisions() if not each.accept}
        return [each for each in item.offers if (item.work_item.casefold(), each[0]) not in rejected]

    def accept(self, index: int, goal: str) -> str:
        """Decide that an item serves a goal; returns a warning where it is not of the goal's days, or ''.

        Raises UnknownError, with the nearest name, for an unknown goal.
        """
        chosen = find_goal(self.goals, goal)
        self._store(index, Decision(self.items[index].work_item, goal, accept=True, date=self.today))
        return outside_goal_days(chosen, self.items[index].days)

    def reject(self, index: int, goal: str) -> None:
        """Decide that an item does not serve a goal."""
        self._store(index, Decision(self.items[index].work_item, goal, accept=False, date=self.today))

    def rules_for(self, index: int) -> list[IgnoreRule]:
        """Rules that ignore an item and others like it."""
        return rules_for(self.items[index], self.today)

    def ignored_by(self, rule: IgnoreRule) -> int:
        """How many of the session's items a rule ignores."""
        return sum(ignores(rule, each) for each in self.items)

    def ignores_all(self, rule: IgnoreRule) -> bool:
        """Whether a rule leaves nothing to ask about."""
        return ignores_everything(rule) or (len(self.items) > 1 and self.ignored_by(rule) == len(self.items))

    def ignore(self, index: int, rule: IgnoreRule) -> None:
        """Never ask again about what a rule ignores, in this session and later ones."""
        self._store(index, rule)

    def is_ignored(self, index: int) -> bool:
        """Whether a rule of this session ignores an item."""
        rules = [step.answer for step in self.steps if isinstance(step.answer, IgnoreRule)]
        return ignoring_rule(rules, self.items[index]) is not None

    def _decisions(self) -> list[Decision]:
        return [step.answer for step in self.steps if isinstance(step.answer, Decision)]

    def _store(self, index: int, answer: Answer) -> None:
        known = load(self.path).answers
        replaced = next((each for each in known if subject_of(each) == subject_of(answer)), None)
        decide(self.path, answer)
        self.steps.append(_Step(index, answer, replaced))

    def undo(self) -> tuple[int, str] | None:
        """Undo the last answer; returns the index of its item and its goal or rule, or None where there is none."""
        if not self.steps:
            return None
        step = self.steps.pop()
        if step.replaced is None:
            remove(self.path, subject_of(step.answer))
        else:
            decide(self.path, step.replaced)
        return step.index, step.answer.goal if isinstance(step.answer, Decision) else step.answer.about

    def counts(self) -> dict[str, int]:
        """How many answers `accepted` and `rejected`, and how many items are `ignored` and `left` without an answer."""
        accepted = sum(each.accept for each in self._decisions())
        answered = {step.index for step in self.steps if isinstance(step.answer, Decision)}
        ignored = {index for index in range(len(self.items)) if self.is_ignored(index)} - answered
        left = len(self.items) - len(answered | ignored)
        rejected = len(self._decisions()) - accepted
        return {"accepted": accepted, "rejected": rejected, "ignored": len(ignored), "left": left}


def ignore_rules(workspace: Workspace) -> tuple[IgnoreRule, ...]:
    """The rules for what triage does not ask about; raises ConfigError for a file that is not valid."""
    return load(decisions_path(workspace)).ignored


def add_ignore_rules(workspace: Workspace, rules: Sequence[IgnoreRule]) -> None:
    """Store rules for what triage does not ask about."""
    decide(decisions_path(workspace), *rules)


def ask_again(workspace: Workspace, words: Sequence[str]) -> list[Answer]:
    """Remove the rules that these words name, as `IgnoreRule.about` writes them; returns those that were removed.

    Raises UnknownError, with nothing removed, where one is not there.
    """
    path = decisions_path(workspace)
    known = {each.about.casefold(): each for each in load(path).ignored}
    named = {each: " ".join(each.casefold().split()) for each in words}
    for each, name in named.items():
        if name not in known:
            raise UnknownError(
                f"No rule ignores {each!r}{did_you_mean(each.casefold(), known, '.')}",
                hint="`harvester triage --ignored` lists the rules.",
            )
    return remove(path, *(subject_of(known[name]) for name in named.values()))
