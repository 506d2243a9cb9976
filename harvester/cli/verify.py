"""`harvester verify`: make a report again and list what has changed since."""

from __future__ import annotations

from pathlib import Path

import click

from harvester.cli import options
from harvester.cli.terminal import Terminal
from harvester.text import printable


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@options.harvest
@options.config
@options.repo
@click.pass_obj
def command(terminal: Terminal, file: Path, harvest: bool, config_path: Path | None, repos: tuple[Path, ...]) -> int:
    """Read the data of the report FILE again, and list every row, claim and source that has changed.

    Exits with 0 if nothing has changed, and with 1 if something has. The evidence file must be beside the report. If
    no row has changed, the report is made again and compared with FILE word by word.

    \b
    Example:
      harvester verify accomplishments.md
    """
    from harvester.cli.main import OK, USER_ERROR
    from harvester.files import resolve_path
    from harvester.workspace.reports import require_report, verify_report
    from harvester.workspace.workspace import open_workspace

    path = resolve_path(terminal.cwd, str(file))
    require_report(path, str(file))
    verification = verify_report(open_workspace(terminal, config_path, repos), path, harvest=harvest)
    for line in verification.differences:
        terminal.echo(printable(line, lines=False))
    if verification.differences:
        return USER_ERROR
    terminal.echo(f"Same: {verification.rows:,} rows, {verification.claims:,} claims and all sources are unchanged.")
    return OK
