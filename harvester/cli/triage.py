"""`harvester triage`: walk through what may serve a goal and what serves none, and decide, one piece of work a time."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import click

from harvester.cli import options
from harvester.workspace.environment import Environment

if TYPE_CHECKING:
    import pandas as pd

    from harvester.goals.decisions import Decision
    from harvester.goals.model import Goals
    from harvester.reporting.report_input import ReportInput

BEST = 3
FIRST = ("pull_request", "issue", "release", "commit")
"""Of which kind the row is that a piece of unplanned work is asked about by."""

KEYS_OF_UNPLANNED = "g GOAL give it to a goal · s skip · u undo · q quit"
KEYS = "{numbers} accept one · a the first · g GOAL another · r {numbers} reject · s skip · u undo · q quit"
KEYS_OF_ONE = "1 or a accept it · g GOAL another · r reject · s skip · u undo · q quit"
HELP = """\
  1, 2, 3    accept that goal          a         accept the first
  g GOAL     accept another goal       r, r 2    reject the first, or that one
  s          skip                      u         undo the last decision
  q          quit; all is kept"""


@click.command()
@options.period
@options.fresh
@options.config
@click.pass_obj
def command(environment: Environment, period: str | None, fresh: bool, config_path: Path | None) -> int:
    """Walk through suggestions and unplanned work on the terminal, and decide what serves which goal.

    Every decision is kept in decisions.toml at once, so you may quit at any time. Each answer is a letter or a number
    and Enter; without a terminal there is `harvester decide`.

    \b
    Example:
      harvester triage --period this-quarter
    """
    from harvester.cli.main import OK
    from harvester.workspace.assemble import gather
    from harvester.workspace.collect import open_ledger
    from harvester.workspace.work_items import decisions_path, with_goals
    from harvester.workspace.workspace import open_workspace

    if not environment.stdin.isatty():
        raise click.UsageError(
            "triage asks questions, and this is no terminal; use `harvester decide SUBJECT --goal …`."
        )
    workspace = open_workspace(environment, config_path, None)
    path = decisions_path(workspace)
    goals = with_goals(workspace, some=True).goals
    with open_ledger(environment, workspace) as ledger:
        read, report_input = gather(environment, workspace, ledger, period, None, fresh=fresh)
    if not read.complete:
        environment.say(
            "Not everything could be read, so this is not all; `harvester goals progress` says what is missing."
        )
    TriageSession(environment, path, goals, workspace.config.calendar.day_of(environment.clock())).through(
        items(report_input)
    )
    return OK


@dataclass(frozen=True, slots=True)
class Item:
    """A piece of work to be decided on: what it may serve with the reasons, best first; nothing for unplanned work."""

    work_item: str
    kind: str
    title: str
    url: str
    days: tuple[dt.date, ...]
    offers: tuple[tuple[str, str], ...] = ()


def items(report_input: ReportInput) -> list[Item]:
    """What has suggestions, by time, and after it the pieces of unplanned work that nothing was decided on."""
    import pandas as pd

    from harvester.analysis.frame import select

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


def _offers(rows: pd.DataFrame, report_input: ReportInput) -> dict[str, tuple[tuple[str, str], ...]]:
    """By work item the goals that were suggested with the reasons, the best ones of all its rows."""
    found: dict[str, dict[str, str]] = {}
    suggested = report_input.assessment.suggestions
    for row, target, reason in zip(*(suggested[name] for name in ("row", "target", "reason")), strict=True):
        found.setdefault(rows["work_item"][row], {}).setdefault(target, reason)
    return {work_item: tuple(goals.items())[:BEST] for work_item, goals in found.items()}


def _unplanned(rows: pd.DataFrame, report_input: ReportInput) -> pd.DataFrame:
    """A row for each piece of work that the report counts as unplanned and of which nothing was decided on."""
    from harvester.analysis import measures

    work = measures.of(rows, measures.MEASURES["unplanned"])
    decided = [each.key[0] for each in report_input.assessment.goals_and_decisions.decisions.entries]
    known = work["thread"][work["work_item"].str.lower().isin(decided)]
    work = work[~work["thread"].isin(known)]
    order = work["kind"].map({kind: place for place, kind in enumerate(FIRST)})
    first = work.assign(order=order).sort_values(["order", "occurred_at", "work_item"]).drop_duplicates("thread")
    return first.drop(columns="order").sort_values(["occurred_at", "work_item"])


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


@dataclass
class TriageSession:
    """One walk: where it stands, and what was decided so far, for `u`."""

    environment: Environment
    path: Path
    goals: Goals
    today: dt.date
    done: list[tuple[int, Decision, Decision | None]] = field(default_factory=list)
    """The place of each decision, the decision, and the earlier one whose place it took."""

    def through(self, items: Sequence[Item]) -> None:
        """Ask about each item in turn until the last, `q`, or the end of the input."""
        at: int | None = 0
        while at is not None:
            at = self._at(items, at) if at < len(items) else self._at_end(at)
        self._sum_up(items)

    def _at(self, items: Sequence[Item], at: int) -> int | None:
        """Show an item and take answers until one leads on or changes what is offered; where to go on, None to end."""
        self.environment.echo(_shown(items[at], at, len(items), self._open(items, at)))
        decided = len(self.done)
        place = at
        while place == at and len(self.done) == decided:
            answer = self.environment.ask("> ")
            if answer is None:
                self.environment.echo("")
            if answer is None or answer.casefold() in {"q", "quit"}:
                return None
            place = self._answered(items, at, answer)
        return place

    def _at_end(self, at: int) -> int | None:
        """After the last item its decision can be taken back too."""
        if self.done and self.environment.ask("That was the last: Enter to end, u to undo > ") == "u":
            return self._undo(at)
        return None

    def _answered(self, items: Sequence[Item], at: int, answer: str) -> int:
        """Do what was answered; the place to go on at."""
        key, _, rest = answer.partition(" ")
        key, rest = key.casefold(), rest.strip()
        if key == "s" and not rest:
            return at + 1
        if key == "u" and not rest:
            return self._undo(at)
        if key == "g":
            return self._accept(items, at, rest or self.environment.ask("goal: ") or "")
        offers = self._open(items, at)
        number = (rest or "1") if key == "r" else "1" if key == "a" else key
        if rest and key != "r":
            number = ""
        if not number.isdecimal() or not 1 <= int(number) <= len(offers):
            self.environment.echo(HELP)
            return at
        goal = offers[int(number) - 1][0]
        return self._reject(items, at, goal) if key == "r" else self._accept(items, at, goal)

    def _accept(self, items: Sequence[Item], at: int, name: str) -> int:
        from harvester.errors import UnknownError
        from harvester.workspace.work_items import find_goal, outside

        try:
            goal = find_goal(self.goals, name)
        except UnknownError as error:
            self.environment.echo(str(error))
            return at
        self._decide(at, items[at], name, accept=True)
        if why := outside(goal, items[at].days):
            self.environment.echo(f"  {why}")
        return at + 1

    def _reject(self, items: Sequence[Item], at: int, name: str) -> int:
        self._decide(at, items[at], name, accept=False)
        return at if self._open(items, at) else at + 1

    def _decide(self, at: int, item: Item, goal: str, *, accept: bool) -> None:
        from harvester.goals.decisions import Decision, decide, load

        decision = Decision(item.work_item, goal, accept, self.today)
        earlier = next((each for each in load(self.path).entries if each.key == decision.key), None)
        decide(self.path, decision)
        self.done.append((at, decision, earlier))
        self.environment.echo(f"  {'Accepted' if accept else 'Rejected'} for {goal}.")

    def _undo(self, at: int) -> int:
        from harvester.goals.decisions import decide, undo

        if not self.done:
            self.environment.echo("  Nothing was decided yet.")
            return at
        place, decision, earlier = self.done.pop()
        if earlier is None:
            undo(self.path, decision.work_item, decision.goal)
        else:
            decide(self.path, earlier)
        self.environment.echo(f"  Undone for {decision.goal}.")
        return place

    def _open(self, items: Sequence[Item], at: int) -> list[tuple[str, str]]:
        """The offers for an item that were not rejected in this walk."""
        gone = {each.key for _, each, _ in self.done if not each.accept}
        return [each for each in items[at].offers if (items[at].work_item.casefold(), each[0]) not in gone]

    def _sum_up(self, items: Sequence[Item]) -> None:
        if not items:
            self.environment.echo("Nothing is left to decide on.")
            return
        left = len(items) - len({place for place, _, _ in self.done})
        accepted = sum(each.accept for _, each, _ in self.done)
        kept = f"; kept in {self.path.name}" if self.done else ""
        self.environment.echo(f"{accepted} accepted, {len(self.done) - accepted} rejected, {left} left{kept}.")


def _shown(item: Item, at: int, of: int, offers: Sequence[tuple[str, str]]) -> str:
    from harvester.model.periods import day
    from harvester.workspace.work_items import short

    kind = item.kind.replace("_", " ")
    lines = [
        "",
        f"{at + 1} of {of} · {short(item.work_item)} · {kind}, {day(max(item.days))}",
        f"  {short(item.title)}",
    ]
    lines += [f"  {short(item.url)}"] if item.url else []
    lines += [f"  {number}  {name}: {short(reason)}" for number, (name, reason) in enumerate(offers, 1)]
    lines += [] if offers else ["  serves no goal so far"]
    keys = (KEYS_OF_UNPLANNED, KEYS_OF_ONE, KEYS.format(numbers=f"[1-{len(offers)}]"))[min(len(offers), 2)]
    return "\n".join([*lines, f"  {keys}"])
