"""`harvester note`: write down what no tracker sees."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import click

from harvester.cli import options
from harvester.cli.terminal import Terminal


@click.command()
@click.argument("title")
@click.option("--with", "people", multiple=True, help="A person it was done with or for; may be given several times.")
@click.option("--goal", "goals", multiple=True, help="A goal that it serves; may be given several times.")
@click.option("--about", multiple=True, help="Work it is about, such as PAY-7 or pay#131; may be given several times.")
@click.option("--result", help="What came of it, for people who were not there.")
@click.option("--technical", help="What was hard about it.")
@click.option("--takeaway", help="What was learned.")
@click.option("--outcome", "outcomes", multiple=True, help="A figure for a goal: 'no-double-charges = 4'.")
@click.option("--link", help="Where the evidence is.")
@click.option("--label", "labels", multiple=True, help="A word to find it by; may be given several times.")
@click.option("--role", type=click.Choice(["mentor", "helper", "author"]), help="What you were in it.")
@click.option(
    "--date", "date", type=click.DateTime(["%Y-%m-%d"]), metavar="YYYY-MM-DD", help="The day; by default today."
)
@click.option("--body", default="", help="Further text.")
@options.config
@click.pass_obj
def command(
    terminal: Terminal,
    /,
    title: str,
    people: tuple[str, ...],
    goals: tuple[str, ...],
    about: tuple[str, ...],
    outcomes: tuple[str, ...],
    labels: tuple[str, ...],
    date: dt.datetime | None,
    body: str,
    config_path: Path | None,
    **texts: str | None,
) -> int:
    """Add an entry called TITLE to the notebook, a Markdown file that you may edit by hand.

    With --goal and --about the work it is about is linked to the goal, as by `harvester decide`.

    \b
    Examples:
      harvester note "Paired on the first on-call shift" --with teammate --goal mentoring
      harvester note "Nobody is charged twice" --about PAY-7 --outcome "no-double-charges = 0"
    """
    from harvester.cli.main import OK
    from harvester.model.periods import day
    from harvester.workspace.notes import add_note
    from harvester.workspace.work_items import short
    from harvester.workspace.workspace import open_workspace

    added = add_note(
        open_workspace(terminal, config_path, aliases=False),
        title,
        date=date.date() if date else None,
        lists={"with": people, "goal": goals, "about": about, "labels": labels},
        texts={key: text for key, text in {**texts, "outcome": "\n".join(outcomes)}.items() if text},
        body=body,
    )
    path = added.path.relative_to(terminal.cwd) if added.path.is_relative_to(terminal.cwd) else added.path
    terminal.echo(f"Wrote “{short(added.entry.title)}”, {day(added.entry.date)}, to {path}.")
    for each in added.warnings:
        terminal.notify(f"Note: {each}")
    if added.next_step:
        terminal.notify(added.next_step)
    return OK
