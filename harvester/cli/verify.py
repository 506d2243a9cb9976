"""`harvester verify`: make a report again and list what has changed since."""

from __future__ import annotations

from pathlib import Path

import click

from harvester.cli import options
from harvester.cli.terminal import Terminal
from harvester.text import count_noun, printable


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--template", type=click.Path(), help="The template that FILE was made with, if that was one of yours.")
@options.harvest
@options.config
@options.repo
@click.pass_obj
def command(
    terminal: Terminal,
    file: Path,
    template: str | None,
    harvest: bool,
    config_path: Path | None,
    repos: tuple[Path, ...],
) -> int:
    """Read the data of the report FILE again, and list every row, claim, source and figure that differs.

    The evidence must be in the page (report --embed-evidence) or beside it. If no row differs, the report is made
    again and compared with FILE: its figures must be those of the data, its words may have been edited. Of an Excel or
    Parquet file the rows are compared, and whether the file is as it was written.

    \b
    Exits with
      0  the figures are those of the sources; the words may have been edited, which it says
      1  the figures differ from the sources
      4  the figures could not be checked, for want of the evidence, of a source, or of the version or the template
         that wrote it, or a remark has figures that this data does not give
    \b
    Example:
      harvester verify accomplishments.md
    """
    from harvester.cli.main import OK, UNCHECKED, USER_ERROR
    from harvester.files import resolve_path
    from harvester.workspace.reports import require_report, verify_report
    from harvester.workspace.workspace import open_workspace

    path = resolve_path(terminal.cwd, str(file))
    require_report(path, str(file))
    own = None if template is None else resolve_path(terminal.cwd, template)
    found = verify_report(open_workspace(terminal, config_path, repos), path, harvest=harvest, template=own)
    for line in (*found.edits, *found.differences, *(f"Not checked: {each}" for each in found.unchecked)):
        terminal.echo(printable(line, lines=False))
    if found.differences:
        return USER_ERROR
    if found.unchecked:
        return UNCHECKED
    counts = f"{count_noun(found.rows, 'row')}, {count_noun(found.claims, 'claim')}"
    terminal.echo(f"Same: {counts} and all sources are unchanged.")
    return OK
