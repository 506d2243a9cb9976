"""`harvester triage`: ask about each work item that may serve a goal or serves none, and store the answers."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from harvester.cli import options
from harvester.cli.terminal import Terminal
from harvester.errors import HarvesterError, UnknownError
from harvester.text import count_noun, printable
from harvester.workspace.work_items import short

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harvester.workspace.triage import Item, Offer, TriageSession
    from harvester.workspace.workspace import Workspace

KEYS_OF_UNPLANNED = "g GOAL link it to a goal · s skip · i ignore · u undo · q quit"
KEYS = "{numbers} accept one · a the first · g GOAL another · r {numbers} reject · s skip · i ignore · u undo · q quit"
KEYS_OF_ONE = "1 or a accept it · g GOAL another · r reject · s skip · i ignore · u undo · q quit"
HELP = """\
  1, 2, 3    accept that goal          a         accept the first
  g GOAL     accept another goal       r, r 2    reject the first, or that one
  s          skip                      u         undo the last answer
  i          never ask again about work like it: by title, label, path or author
  q          quit; answers are stored"""
EVERYTHING = "would leave nothing to ask about"


@click.command()
@options.period
@options.harvest
@options.allow_incomplete
@click.option(
    "--ignore",
    multiple=True,
    callback=options.not_empty,
    metavar="KEY=PATTERN",
    help="Never ask about such work: title=…, label=…, path=… or author=…; * matches anything. Asks no question.",
)
@click.option("--ignored", is_flag=True, help="List what is never asked about.")
@click.option(
    "--ask-again",
    multiple=True,
    callback=options.not_empty,
    metavar="KEY=PATTERN",
    help="Remove a rule, as --ignored lists it.",
)
@options.config
@click.pass_obj
def command(
    terminal: Terminal,
    period: str | None,
    harvest: bool,
    allow_incomplete: bool,
    ignore: tuple[str, ...],
    ignored: bool,
    ask_again: tuple[str, ...],
    config_path: Path | None,
) -> int:
    """Go through suggestions and unplanned work on the terminal, and decide what serves which goal.

    What a note or a decision names comes first, then suggestions, then unplanned work. Every answer is stored in
    decisions.toml at once, so you can quit at any time. Each is a letter or a number and Enter. Without a terminal, use
    `harvester decide`.

    What is ignored is not asked about, and counts in reports as before.

    \b
    Examples:
      harvester triage --period this-quarter
      harvester triage --ignore "title=[ci] *"
      harvester triage --ask-again "title=[ci] *"
    """  # fmt: skip
    from harvester.cli.main import INCOMPLETE, OK
    from harvester.workspace.triage import start_triage
    from harvester.workspace.workspace import open_workspace

    if ignore or ignored or ask_again:
        _change_ignored(terminal, open_workspace(terminal, config_path, aliases=False), ignore, ask_again)
        return OK
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


def _change_ignored(terminal: Terminal, workspace: Workspace, ignore: Sequence[str], again: Sequence[str]) -> None:
    """Add and remove rules, and list them where none is to be changed."""
    from harvester.goals.decisions import FILE
    from harvester.goals.ignoring import ignores_everything, parse_rule
    from harvester.model.periods import day
    from harvester.workspace import triage

    today = workspace.config.calendar.day_of(workspace.environment.clock())
    rules = [parse_rule(each, today) for each in ignore]
    for rule in filter(ignores_everything, rules):
        if not (terminal.stdin.isatty() and _confirmed(terminal, f"{rule.about} {EVERYTHING}")):
            raise HarvesterError(f"{rule.about} {EVERYTHING}; nothing was stored.", hint="Name something in it.")
    removed = triage.ask_again(workspace, again) if again else []
    if rules:
        triage.add_ignore_rules(workspace, rules)
    for rule in rules:
        terminal.echo(f"Never asked about again: {short(rule.about)}. Stored in {FILE}.")
    for answer in removed:
        terminal.echo(f"Asked about again: {short(answer.about)}.")
    if not ignore and not again:
        known = triage.ignore_rules(workspace)
        lines = [
            f"{short(each.about)}  since {day(each.date)}{f' ({each.note})' if each.note else ''}" for each in known
        ]
        terminal.echo("\n".join(map(printable, lines)) or "Nothing is ignored.")


def _confirmed(terminal: Terminal, what: str) -> bool:
    return (terminal.ask(f"  {short(what)}. Store it? y for yes > ") or "").casefold() in {"y", "yes"}


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
        if self.session.is_ignored(index):
            return index + 1
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
        if key == "i":
            return self._ignore(index, rest)
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

    def _ignore(self, index: int, words: str) -> int:
        """Offer rules for work like an item, store the one that is chosen or written, and ask first if it takes all."""
        from harvester.goals.ignoring import parse_rule

        rules = self.session.rules_for(index)
        if not words:
            for number, rule in enumerate(rules, 1):
                count = count_noun(self.session.ignored_by(rule), "item")
                self.terminal.echo(f"  {number}  {short(rule.about)} ({count})")
            words = self.terminal.ask("ignore (a number, or KEY=PATTERN; * matches anything): ") or ""
        try:
            picked = words.isdecimal() and 1 <= int(words) <= len(rules)
            rule = rules[int(words) - 1] if picked else parse_rule(words, self.session.today)
        except UnknownError as error:
            self.terminal.echo(f"  Nothing is ignored. {short(error.message) if words else ''}".rstrip())
            return index
        if self.session.ignores_all(rule) and not _confirmed(self.terminal, f"{rule.about} {EVERYTHING}"):
            self.terminal.echo("  Nothing is ignored.")
            return index
        self.session.ignore(index, rule)
        count = count_noun(self.session.ignored_by(rule), "item")
        self.terminal.echo(f"  Never asked about again: {short(rule.about)} ({count}).")
        return index + self.session.is_ignored(index)

    def _undo(self, index: int) -> int:
        undone = self.session.undo()
        if undone is None:
            self.terminal.echo("  Nothing was decided yet.")
            return index
        self.terminal.echo(f"  Undone for {undone[1]}.")
        return undone[0]

    def _echo_summary(self) -> None:
        before = sum(self.session.ignored.values())
        if before:
            rules = count_noun(len(self.session.ignored), "rule")
            them = count_noun(before, "item is", "items are")
            self.terminal.echo(f"{them} ignored by {rules}; `harvester triage --ignored` lists them.")
        if not self.session.items:
            self.terminal.echo("Nothing is left to decide on.")
            return
        counts = self.session.counts()
        said = ", ".join(f"{count} {name}" for name, count in counts.items() if count or name != "ignored")
        stored = f"; stored in {self.session.path.name}" if self.session.steps else ""
        self.terminal.echo(f"{said}{stored}.")


def _text_of(session: TriageSession, index: int) -> str:
    from harvester.model.periods import day

    item: Item = session.items[index]
    offers: Sequence[Offer] = session.offers(index)
    what = f"{short(item.work_item)} · {item.kind.replace('_', ' ')}, {day(max(item.days))}"
    lines = ["", f"{index + 1} of {len(session.items)} · {what}", f"  {short(item.title)}"]
    lines += [f"  {short(item.url)}"] if item.url else []
    lines += [f"  {number}  {name}: {short(reason)}" for number, (name, reason) in enumerate(offers, 1)]
    lines += [] if offers else ["  not linked to a goal"]
    keys = (KEYS_OF_UNPLANNED, KEYS_OF_ONE, KEYS.format(numbers=f"[1-{len(offers)}]"))[min(len(offers), 2)]
    return "\n".join([*lines, f"  {keys}"])
