"""`harvester note`: write down what no tracker sees."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from harvester.cli import options
from harvester.cli.terminal import Terminal
from harvester.text import printable

if TYPE_CHECKING:
    from harvester.notebook.notebook import Entry
    from harvester.workspace.notes import AddedNote, ListedNote
    from harvester.workspace.workspace import Workspace


@click.command()
@click.argument("title", required=False)
@click.option("--with", "people", multiple=True, help="A person it was done with or for; may be given several times.")
@click.option("--goal", "goals", multiple=True, help="A goal that it serves; may be given several times.")
@click.option("--criterion", "criteria", multiple=True, help="A criterion that it shows; may be given several times.")
@click.option("--about", multiple=True, help="Work it is about, such as PAY-7 or pay#131; may be given several times.")
@click.option("--problem", help="What was wrong or missing before.")
@click.option("--result", help="What came of it, for people who were not there.")
@click.option("--technical", help="What was hard about it.")
@click.option("--takeaway", help="What was learned.")
@click.option("--outcome", "outcomes", multiple=True, help="A figure for a goal: 'no-double-charges = 4'.")
@click.option("--link", help="Where the evidence is.")
@click.option("--witness", "witnesses", multiple=True, help="Who confirms it; may be given several times.")
@click.option(
    "--consent", metavar="[DAY]", is_flag=False, flag_value="today", callback=options.not_empty,
    help="The day on which every --witness agreed to be named in your reports; without a DAY today. "
    "A terminal asks for it.",
)  # fmt: skip
@click.option("--label", "labels", multiple=True, help="A word to find it by; may be given several times.")
@click.option("--highlight/--no-highlight", default=None, help="Whether a report has it among its highlights.")
@click.option("--public", is_flag=True, help="Everybody may read it; otherwise it is private.")
@click.option("--role", type=click.Choice(["mentor", "helper", "author"]), help="What you were in it.")
@click.option(
    "--date", metavar="DAY", callback=options.not_empty,
    help="The day, such as 2026-07-20, '20 July 2026' or yesterday; by default today.",
)  # fmt: skip
@click.option("--body", default="", help="Further text.")
@click.option("--summary", help="The opening paragraph of your report of --period, in place of a note.")
@click.option(
    "--list", "list_", is_flag=True, help="List the notes, the newest first; of --period and --goal if given."
)
@click.option("--period", "-p", callback=options.not_empty, help="For --summary (by default last-quarter) and --list.")
@options.as_json
@options.config
@click.pass_obj
def command(
    terminal: Terminal,
    /,
    title: str | None,
    people: tuple[str, ...],
    goals: tuple[str, ...],
    criteria: tuple[str, ...],
    about: tuple[str, ...],
    outcomes: tuple[str, ...],
    witnesses: tuple[str, ...],
    consent: str | None,
    labels: tuple[str, ...],
    date: str | None,
    body: str,
    highlight: bool | None,
    public: bool,
    summary: str | None,
    list_: bool,
    period: str | None,
    as_json: bool,
    config_path: Path | None,
    **texts: str | None,
) -> int:
    """Add an entry called TITLE to the notebook, a Markdown file that you may edit by hand.

    With --goal or --criterion, and --about, the work it is about is linked to it, as by `harvester decide`.

    A --witness is named in reports only if they agreed: what they confirm is then called confirmed.

    \b
    Examples:
      harvester note "Paired on the first on-call shift" --with teammate --goal mentoring
      harvester note "Nobody is charged twice" --about PAY-7 --outcome "no-double-charges = 0"
      harvester note "The second shift went without a call for help" --goal mentoring --witness teammate --consent
      harvester note --summary "Payments are exact to the cent since August." --period 2026Q3
      harvester note --list --period 2026Q3 --goal mentoring
    """
    from harvester.workspace.notes import add_note, add_summary, list_notes
    from harvester.workspace.workspace import open_workspace

    lists = {
        "with": people, "goal": goals, "criterion": criteria, "about": about, "labels": labels, "witness": witnesses,
    }  # fmt: skip
    texts |= {"outcome": "\n".join(outcomes), "highlight": None if highlight is None else "yes" if highlight else "no"}
    texts |= {"public": "yes" if public else None}
    given = [*(value for key, value in lists.items() if key != "goal"), *texts.values(), body, consent]
    _refuse_mixed(title, summary, list_, date, period, as_json, any(given), bool(goals))
    workspace = open_workspace(terminal, config_path, aliases=False)
    if list_:
        return _list(terminal, list_notes(workspace, period, goals), as_json)
    day = options.read_day(workspace, date)
    if summary is not None:
        return _added(terminal, add_summary(workspace, summary, period, date=day))
    texts["consent"] = _consent(terminal, workspace, witnesses, consent)
    texts_given = {key: text for key, text in texts.items() if text}
    return _added(terminal, add_note(workspace, title or "", date=day, lists=lists, texts=texts_given, body=body))


def _consent(terminal: Terminal, workspace: Workspace, witnesses: tuple[str, ...], words: str | None) -> str | None:
    """The day on which the witnesses agreed to be named, as given or as answered in a terminal; None for no answer.

    Raises UsageError for a consent without a witness, PeriodError for what is no day.
    """
    if words and not witnesses:
        raise click.UsageError("--consent is that of a --witness.")
    if words:
        return str(options.read_day(workspace, words))
    if not witnesses or not terminal.stdin.isatty():
        return None
    people = workspace.config.people
    meant = {each: people.meant(each) for each in witnesses}
    names = " and ".join(people.name(keys[0]) if len(keys) == 1 else each for each, keys in meant.items())
    answer = terminal.ask(printable(f"Did {names} agree to be named as a witness in your reports? y for yes > "))
    return str(options.read_day(workspace, "today")) if (answer or "").casefold() in {"y", "yes"} else None


def _refuse_mixed(
    title: str | None,
    summary: str | None,
    list_: bool,
    date: str | None,
    period: str | None,
    as_json: bool,
    has_fields: bool,
    has_goals: bool,
) -> None:
    """Raise UsageError where what is given belongs to several of a note, a summary and the list."""
    if list_ and (title or summary is not None or date or has_fields):
        raise click.UsageError("--list takes only --period, --goal, --json and --config.")
    if summary is not None and (title or has_fields or has_goals):
        raise click.UsageError("--summary takes only --period, --date and --config: it is the opening of a report.")
    if not list_ and summary is None and title is None:
        raise click.UsageError("Missing argument 'TITLE'.")
    if not list_ and (as_json or (period and summary is None)):
        raise click.UsageError(
            f"{'--json' if as_json else '--period'} is for --{'list' if as_json else 'summary or --list'}."
        )


def _added(terminal: Terminal, added: AddedNote) -> int:
    from harvester.cli.main import OK
    from harvester.model.periods import day
    from harvester.workspace.work_items import short

    title = short(added.entry.title)
    terminal.echo(f"Wrote “{title}”, {day(added.entry.date)}, to {terminal.from_here(added.path)}.")
    for each in added.warnings:
        terminal.notify(f"Note: {each}")
    if added.next_step:
        terminal.notify(added.next_step)
    return OK


def _list(terminal: Terminal, notes: list[ListedNote], as_json: bool) -> int:
    from harvester.cli.main import OK
    from harvester.workspace.notes import goals_of
    from harvester.workspace.work_items import short

    if as_json:
        terminal.echo_json([_as_json(terminal, each) for each in notes])
        return OK
    columns = {
        "Day": [f"{each.entry.date}" for each in notes],
        "Title": [short(each.entry.title) for each in notes],
        "Goals": [", ".join(sorted(goals_of(each.entry))) or "—" for each in notes],
        "Witness": [_witnesses(each.entry) for each in notes],
        "Place": [_place(terminal, each) for each in notes],
    }
    if not any(each.entry.lists.get("witness") for each in notes):
        del columns["Witness"]
    if notes:
        terminal.table(tuple(columns), zip(*columns.values(), strict=True))
    else:
        terminal.echo("There are no such notes.")
    return OK


def _witnesses(entry: Entry) -> str:
    """Who confirms an entry, and when they agreed to be named."""
    names = ", ".join(entry.lists.get("witness", ()))
    return f"{names} ({f'agreed {entry.consent}' if entry.consent else 'not agreed'})" if names else "—"


def _as_json(terminal: Terminal, note: ListedNote) -> dict[str, object]:
    entry = note.entry
    fields = {**{key: list(names) for key, names in entry.lists.items()}, **entry.texts}
    return {
        "date": entry.date,
        "title": entry.title,
        "work_item": note.work_item,
        "place": _place(terminal, note),
        "fields": fields,
        "body": entry.body,
    }


def _place(terminal: Terminal, note: ListedNote) -> str:
    """The file and the line of its heading, as editors take it: `notebook.md:12`."""
    return f"{terminal.from_here(note.path)}:{note.entry.line}"
