"""`harvester note`: write down what no tracker sees."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from harvester.cli import options
from harvester.cli.terminal import Terminal

if TYPE_CHECKING:
    from harvester.workspace.notes import AddedNote, ListedNote


@click.command()
@click.argument("title", required=False)
@click.option("--with", "people", multiple=True, help="A person it was done with or for; may be given several times.")
@click.option("--goal", "goals", multiple=True, help="A goal that it serves; may be given several times.")
@click.option("--about", multiple=True, help="Work it is about, such as PAY-7 or pay#131; may be given several times.")
@click.option("--result", help="What came of it, for people who were not there.")
@click.option("--technical", help="What was hard about it.")
@click.option("--takeaway", help="What was learned.")
@click.option("--outcome", "outcomes", multiple=True, help="A figure for a goal: 'no-double-charges = 4'.")
@click.option("--link", help="Where the evidence is.")
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
    about: tuple[str, ...],
    outcomes: tuple[str, ...],
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

    With --goal and --about the work it is about is linked to the goal, as by `harvester decide`.

    \b
    Examples:
      harvester note "Paired on the first on-call shift" --with teammate --goal mentoring
      harvester note "Nobody is charged twice" --about PAY-7 --outcome "no-double-charges = 0"
      harvester note --summary "Payments are exact to the cent since August." --period 2026Q3
      harvester note --list --period 2026Q3 --goal mentoring
    """
    from harvester.workspace.notes import add_note, add_summary, list_notes
    from harvester.workspace.workspace import open_workspace

    lists = {"with": people, "goal": goals, "about": about, "labels": labels}
    texts |= {"outcome": "\n".join(outcomes), "highlight": None if highlight is None else "yes" if highlight else "no"}
    texts |= {"public": "yes" if public else None}
    given = [*(value for key, value in lists.items() if key != "goal"), *texts.values(), body]
    _refuse_mixed(title, summary, list_, date, period, as_json, any(given), bool(goals))
    workspace = open_workspace(terminal, config_path, aliases=False)
    if list_:
        return _list(terminal, list_notes(workspace, period, goals), as_json)
    day = options.read_day(workspace, date)
    if summary is not None:
        return _added(terminal, add_summary(workspace, summary, period, date=day))
    texts_given = {key: text for key, text in texts.items() if text}
    return _added(terminal, add_note(workspace, title or "", date=day, lists=lists, texts=texts_given, body=body))


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
    rows = [
        (
            f"{each.entry.date}",
            short(each.entry.title),
            ", ".join(sorted(goals_of(each.entry))) or "—",
            _place(terminal, each),
        )
        for each in notes
    ]
    if rows:
        terminal.table(("Day", "Title", "Goals", "Place"), rows)
    else:
        terminal.echo("There are no such notes.")
    return OK


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
