"""`harvester explain`: show where a row of a report comes from, and what counts it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from harvester.cli import options
from harvester.cli.terminal import Terminal
from harvester.text import printable

LONGEST = 1_000
"""Characters of a value that a terminal gets."""

SENTENCES = ("notes", "claims", "suggestions")
"""Lists whose values may contain commas, so that each gets a line of its own."""


@click.command()
@click.argument("whats", nargs=-1, required=True, metavar="WHAT…", callback=options.not_empty)
@options.period
@options.person
@click.option(
    "--harvest/--no-harvest",
    default=None,
    help="Read the sources first, or never; by default only where the ledger lacks something.",
)
@options.as_json
@options.config
@options.repo
@click.pass_obj
def command(
    terminal: Terminal,
    whats: tuple[str, ...],
    period: str | None,
    persons: tuple[str, ...],
    harvest: bool | None,
    as_json: bool,
    config_path: Path | None,
    repos: tuple[Path, ...],
) -> int:
    """Show everything about a row: its columns, what counts it, its thread and the goals it matched.

    Each WHAT is its id, its work item, its address, `repo#12` as in a report, a commit's hash, or a note's title (its
    beginning is enough) or day. They are among the rows of one person in one period, as in a report.

    \b
    Examples:
      harvester explain pay#120 pay#131
      harvester explain 1a2b3c4d5e
      harvester explain "Paired on"
    """
    from harvester.cli.main import OK
    from harvester.workspace.explain import explain
    from harvester.workspace.workspace import open_workspace

    rows = explain(open_workspace(terminal, config_path, repos), whats, period, persons, harvest=harvest)
    if as_json:
        terminal.echo_json(rows)
    else:
        terminal.echo("\n\n".join(map(_text, rows)))
    return OK


def _text(row: Mapping[str, Any]) -> str:
    width = max(map(len, row))
    shown = {name: value for name, value in row.items() if value not in ("", [])}
    return "\n".join(f"{name:{width}}  {_plain(name, value, ' ' * (width + 2))}" for name, value in shown.items())


def _plain(name: str, value: Any, indent: str) -> str:
    """A value for a terminal; sentences each on a line of its own, indented."""
    from harvester.notebook.notebook import WRAPPED

    if isinstance(value, dict):
        joint = {key: " " if key in WRAPPED else ", " for key in value}
        text = "; ".join(f"{key}: {joint[key].join(each.splitlines())}" for key, each in value.items())
    elif isinstance(value, (list, tuple)) or hasattr(value, "tolist"):
        text = (f"\n{indent}" if name in SENTENCES else ", ").join(map(str, value))
    else:
        text = str(value)
    cut = text if len(text) <= LONGEST else f"{text[:LONGEST]}… ({len(text):,} characters; --json has them all)"
    return printable(cut)
