"""`harvester triage`: walk through what may serve a goal and what serves none, and decide, one piece of work a time."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import click

from harvester.cli import options
from harvester.cli.world import World

if TYPE_CHECKING:
    import pandas as pd

    from harvester.agreed.decisions import Decision
    from harvester.agreed.goals import Goals
    from harvester.report import Material

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
def command(world: World, period: str | None, fresh: bool, config_path: Path | None) -> int:
    """Walk through suggestions and unplanned work on the terminal, and decide what serves which goal.

    Every decision is kept in decisions.toml at once, so you may quit at any time. Each answer is a letter or a number
    and Enter; without a terminal there is `harvester decide`.

    \b
    Example:
      harvester triage --period this-quarter
    """
    from harvester.cli.agreed import decisions_path, with_goals
    from harvester.cli.main import OK
    from harvester.cli.material import gather
    from harvester.cli.reading import open_ledger
    from harvester.cli.setup import open_setup

    if not world.stdin.isatty():
        raise click.UsageError(
            "triage asks questions, and this is no terminal; use `harvester decide SUBJECT --goal …`."
        )
    setup = open_setup(world, config_path, None)
    path = decisions_path(setup)
    goals = with_goals(setup, some=True).goals
    with open_ledger(world, setup) as ledger:
        read, material = gather(world, setup, ledger, period, None, fresh=fresh)
    if not read.complete:
        world.say("Not everything could be read, so this is not all; `harvester goals progress` says what is missing.")
    Walk(world, path, goals, setup.config.calendar.day_of(world.clock())).through(items(material))
    return OK


@dataclass(frozen=True, slots=True)
class Item:
    """A piece of work to be decided on: what it may serve with the reasons, best first; nothing for unplanned work."""

    subject: str
    kind: str
    title: str
    url: str
    days: tuple[dt.date, ...]
    offers: tuple[tuple[str, str], ...] = ()


def items(material: Material) -> list[Item]:
    """What has suggestions, by time, and after it the pieces of unplanned work that nothing was decided on."""
    import pandas as pd

    from harvester.frame import select

    rows = select(material.frame, material.window, material.persons)
    rows = rows[rows["shown"] & ~rows["bot"]].sort_values(["at", "subject", "id"])
    offers = _offers(rows, material)
    order = rows["kind"].map({kind: place for place, kind in enumerate(FIRST)}).fillna(len(FIRST))
    offered = rows.assign(order=order)[rows["subject"].isin(list(offers))]
    offered = offered.sort_values(["at", "order"], kind="stable").drop_duplicates("subject")
    unplanned = _unplanned(rows, material)
    unplanned = unplanned[~unplanned["thread"].isin(offered["thread"])]
    days = {subject: tuple(map(material.calendar.day_of, at)) for subject, at in rows.groupby("subject")["at"]}
    return [
        Item(row["subject"], row["kind"], _text(row["title"]), _text(row["url"]), days[row["subject"]],
             offers.get(row["subject"], ()))
        for row in pd.concat([offered, unplanned]).to_dict("records")
    ]  # fmt: skip


def _offers(rows: pd.DataFrame, material: Material) -> dict[str, tuple[tuple[str, str], ...]]:
    """By subject the goals that were suggested with the reasons, the best ones of all its rows."""
    found: dict[str, dict[str, str]] = {}
    suggested = material.assessment.suggestions
    for row, target, reason in zip(*(suggested[name] for name in ("row", "target", "reason")), strict=True):
        found.setdefault(rows["subject"][row], {}).setdefault(target, reason)
    return {subject: tuple(goals.items())[:BEST] for subject, goals in found.items()}


def _unplanned(rows: pd.DataFrame, material: Material) -> pd.DataFrame:
    """A row for each piece of work that the report counts as unplanned and of which nothing was decided on."""
    from harvester import measures

    work = measures.of(rows, measures.MEASURES["unplanned"])
    decided = [each.key[0] for each in material.assessment.agreed.decisions.entries]
    known = work["thread"][work["subject"].str.lower().isin(decided)]
    work = work[~work["thread"].isin(known)]
    order = work["kind"].map({kind: place for place, kind in enumerate(FIRST)})
    first = work.assign(order=order).sort_values(["order", "at", "subject"]).drop_duplicates("thread")
    return first.drop(columns="order").sort_values(["at", "subject"])


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


@dataclass
class Walk:
    """One walk: where it stands, and what was decided so far, for `u`."""

    world: World
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
        self.world.echo(_shown(items[at], at, len(items), self._open(items, at)))
        decided = len(self.done)
        place = at
        while place == at and len(self.done) == decided:
            answer = self.world.ask("> ")
            if answer is None:
                self.world.echo("")
            if answer is None or answer.casefold() in {"q", "quit"}:
                return None
            place = self._answered(items, at, answer)
        return place

    def _at_end(self, at: int) -> int | None:
        """After the last item its decision can be taken back too."""
        if self.done and self.world.ask("That was the last: Enter to end, u to undo > ") == "u":
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
            return self._accept(items, at, rest or self.world.ask("goal: ") or "")
        offers = self._open(items, at)
        number = (rest or "1") if key == "r" else "1" if key == "a" else key
        if rest and key != "r":
            number = ""
        if not number.isdecimal() or not 1 <= int(number) <= len(offers):
            self.world.echo(HELP)
            return at
        goal = offers[int(number) - 1][0]
        return self._reject(items, at, goal) if key == "r" else self._accept(items, at, goal)

    def _accept(self, items: Sequence[Item], at: int, name: str) -> int:
        from harvester.cli.agreed import find_goal, outside
        from harvester.errors import UnknownError

        try:
            goal = find_goal(self.goals, name)
        except UnknownError as error:
            self.world.echo(str(error))
            return at
        self._decide(at, items[at], name, accept=True)
        if why := outside(goal, items[at].days):
            self.world.echo(f"  {why}")
        return at + 1

    def _reject(self, items: Sequence[Item], at: int, name: str) -> int:
        self._decide(at, items[at], name, accept=False)
        return at if self._open(items, at) else at + 1

    def _decide(self, at: int, item: Item, goal: str, *, accept: bool) -> None:
        from harvester.agreed.decisions import Decision, decide, load

        decision = Decision(item.subject, goal, accept, self.today)
        earlier = next((each for each in load(self.path).entries if each.key == decision.key), None)
        decide(self.path, decision)
        self.done.append((at, decision, earlier))
        self.world.echo(f"  {'Accepted' if accept else 'Rejected'} for {goal}.")

    def _undo(self, at: int) -> int:
        from harvester.agreed.decisions import decide, undo

        if not self.done:
            self.world.echo("  Nothing was decided yet.")
            return at
        place, decision, earlier = self.done.pop()
        if earlier is None:
            undo(self.path, decision.subject, decision.goal)
        else:
            decide(self.path, earlier)
        self.world.echo(f"  Undone for {decision.goal}.")
        return place

    def _open(self, items: Sequence[Item], at: int) -> list[tuple[str, str]]:
        """The offers for an item that were not rejected in this walk."""
        gone = {each.key for _, each, _ in self.done if not each.accept}
        return [each for each in items[at].offers if (items[at].subject.casefold(), each[0]) not in gone]

    def _sum_up(self, items: Sequence[Item]) -> None:
        if not items:
            self.world.echo("Nothing is left to decide on.")
            return
        left = len(items) - len({place for place, _, _ in self.done})
        accepted = sum(each.accept for _, each, _ in self.done)
        kept = f"; kept in {self.path.name}" if self.done else ""
        self.world.echo(f"{accepted} accepted, {len(self.done) - accepted} rejected, {left} left{kept}.")


def _shown(item: Item, at: int, of: int, offers: Sequence[tuple[str, str]]) -> str:
    from harvester.cli.agreed import short
    from harvester.windows import day

    kind = item.kind.replace("_", " ")
    lines = ["", f"{at + 1} of {of} · {short(item.subject)} · {kind}, {day(max(item.days))}", f"  {short(item.title)}"]
    lines += [f"  {short(item.url)}"] if item.url else []
    lines += [f"  {number}  {name}: {short(reason)}" for number, (name, reason) in enumerate(offers, 1)]
    lines += [] if offers else ["  serves no goal so far"]
    keys = (KEYS_OF_UNPLANNED, KEYS_OF_ONE, KEYS.format(numbers=f"[1-{len(offers)}]"))[min(len(offers), 2)]
    return "\n".join([*lines, f"  {keys}"])
