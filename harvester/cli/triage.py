"""`harvester triage`: ask about each work item that may serve a goal or serves none, and store the answers."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from harvester.cli import options
from harvester.cli.terminal import Terminal
from harvester.errors import UnknownError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harvester.workspace.triage import Item, Offer, TriageSession

KEYS_OF_UNPLANNED = "g GOAL link it to a goal · s skip · u undo · q quit"
KEYS = "{numbers} accept one · a the first · g GOAL another · r {numbers} reject · s skip · u undo · q quit"
KEYS_OF_ONE = "1 or a accept it · g GOAL another · r reject · s skip · u undo · q quit"
HELP = """\
  1, 2, 3    accept that goal          a         accept the first
  g GOAL     accept another goal       r, r 2    reject the first, or that one
  s          skip                      u         undo the last decision
  q          quit; decisions are stored"""


@click.command()
@options.period
@options.harvest
@options.allow_incomplete
@options.config
@click.pass_obj
def command(
    terminal: Terminal, period: str | None, harvest: bool, allow_incomplete: bool, config_path: Path | None
) -> int:
    """Go through suggestions and unplanned work on the terminal, and decide what serves which goal.

    Every decision is stored in decisions.toml at once, so you can quit at any time. Each answer is a letter or a
    number and Enter. Without a terminal, use `harvester decide`.

    \b
    Example:
      harvester triage --period this-quarter
    """
    from harvester.cli.main import INCOMPLETE, OK
    from harvester.workspace.triage import start_triage
    from harvester.workspace.workspace import open_workspace

    if not terminal.stdin.isatty():
        raise click.UsageError(
            "triage asks questions, and standard input is not a terminal; use `harvester decide WORK_ITEM --goal …`."
        )
    session = start_triage(open_workspace(terminal, config_path), period, harvest=harvest)
    if not session.complete:
        terminal.notify(
            "Not everything could be read, so items may be missing; `harvester goals progress` says what is incomplete."
        )
    Dialogue(terminal, session).run()
    return OK if session.complete or allow_incomplete else INCOMPLETE


@dataclass
class Dialogue:
    """The questions and answers of a triage session; an item is named by its index."""

    terminal: Terminal
    session: TriageSession

    def run(self) -> None:
        """Ask about each item in turn until the last, `q`, or the end of the input; then say how many are left."""
        index: int | None = 0
        while index is not None:
            index = self._ask(index) if index < len(self.session.items) else self._ask_at_end(index)
        self._echo_summary()

    def _ask(self, index: int) -> int | None:
        """Show an item and read answers until one leads on or changes the offers; the next index, None to end."""
        self.terminal.echo(_text_of(self.session, index))
        decided = len(self.session.steps)
        following: int | None = index
        while following == index and len(self.session.steps) == decided:
            answer = self.terminal.ask("> ")
            if answer is None:
                self.terminal.echo("")
            if answer is None or answer.casefold() in {"q", "quit"}:
                return None
            following = self._answer(index, answer)
        return following

    def _ask_at_end(self, index: int) -> int | None:
        """After the last item its decision can be undone too."""
        if self.session.steps and self.terminal.ask("That was the last: Enter to end, u to undo > ") == "u":
            return self._undo(index)
        return None

    def _answer(self, index: int, answer: str) -> int:
        """Do what was answered; returns the index of the next item to ask about."""
        key, _, rest = answer.partition(" ")
        key, rest = key.casefold(), rest.strip()
        if key == "s" and not rest:
            return index + 1
        if key == "u" and not rest:
            return self._undo(index)
        if key == "g":
            return self._accept(index, rest or self.terminal.ask("goal: ") or "")
        offers = self.session.offers(index)
        number = (rest or "1") if key == "r" else "1" if key == "a" else key
        if rest and key != "r":
            number = ""
        if not number.isdecimal() or not 1 <= int(number) <= len(offers):
            self.terminal.echo(HELP)
            return index
        goal = offers[int(number) - 1][0]
        return self._reject(index, goal) if key == "r" else self._accept(index, goal)

    def _accept(self, index: int, goal: str) -> int:
        try:
            warning = self.session.accept(index, goal)
        except UnknownError as error:
            self.terminal.echo(str(error))
            return index
        self.terminal.echo(f"  Accepted for {goal}.")
        if warning:
            self.terminal.echo(f"  {warning}")
        return index + 1

    def _reject(self, index: int, goal: str) -> int:
        self.session.reject(index, goal)
        self.terminal.echo(f"  Rejected for {goal}.")
        return index if self.session.offers(index) else index + 1

    def _undo(self, index: int) -> int:
        undone = self.session.undo()
        if undone is None:
            self.terminal.echo("  Nothing was decided yet.")
            return index
        self.terminal.echo(f"  Undone for {undone[1]}.")
        return undone[0]

    def _echo_summary(self) -> None:
        if not self.session.items:
            self.terminal.echo("Nothing is left to decide on.")
            return
        accepted, rejected, left = self.session.counts()
        stored = f"; stored in {self.session.path.name}" if self.session.steps else ""
        self.terminal.echo(f"{accepted} accepted, {rejected} rejected, {left} left{stored}.")


def _text_of(session: TriageSession, index: int) -> str:
    from harvester.model.periods import day
    from harvester.workspace.work_items import short

    item: Item = session.items[index]
    offers: Sequence[Offer] = session.offers(index)
    what = f"{short(item.work_item)} · {item.kind.replace('_', ' ')}, {day(max(item.days))}"
    lines = ["", f"{index + 1} of {len(session.items)} · {what}", f"  {short(item.title)}"]
    lines += [f"  {short(item.url)}"] if item.url else []
    lines += [f"  {number}  {name}: {short(reason)}" for number, (name, reason) in enumerate(offers, 1)]
    lines += [] if offers else ["  not linked to a goal"]
    keys = (KEYS_OF_UNPLANNED, KEYS_OF_ONE, KEYS.format(numbers=f"[1-{len(offers)}]"))[min(len(offers), 2)]
    return "\n".join([*lines, f"  {keys}"])
