"""`harvester report`: write a report whose every line links to its evidence."""

from __future__ import annotations

from pathlib import Path

import click

from harvester.cli import options
from harvester.cli.terminal import Terminal


@click.command()
@click.argument("kind", default="accomplishments")
@options.period
@options.person
@click.option("--output", "-o", type=click.Path(path_type=Path, dir_okay=False), help="Write to this file.")
@options.harvest
@click.option("--force", is_flag=True, help="Replace the file even if it has been edited or is not a report.")
@options.allow_incomplete
@options.config
@options.repo
@click.pass_obj
def command(
    terminal: Terminal,
    kind: str,
    period: str | None,
    persons: tuple[str, ...],
    output: Path | None,
    harvest: bool,
    force: bool,
    allow_incomplete: bool,
    config_path: Path | None,
    repos: tuple[Path, ...],
) -> int:
    """Write a report in Markdown, to the terminal or to a file.

    Without a harvester.toml the current git repository is read, for git's user.email. If that person did nothing in
    the last quarter, the report is about the most active author of the latest quarter with work, and says so.

    \b
    Examples:
      harvester report
      harvester report --period 2026Q3 --output accomplishments.md
      harvester report --repo ../other --person grace@example.org
    """
    from harvester.cli.main import INCOMPLETE, OK
    from harvester.files import resolve_path
    from harvester.workspace.reports import load_report, make_report, write_report
    from harvester.workspace.workspace import open_workspace

    kind_of_report = load_report(kind)
    report = make_report(open_workspace(terminal, config_path, repos), kind_of_report, period, persons, harvest=harvest)
    if output is None:
        terminal.echo(report.text)
    else:
        write_report(report, resolve_path(terminal.cwd, str(output)), force=force)
        terminal.notify(f"Wrote {output}.")
    return OK if report.complete or allow_incomplete else INCOMPLETE
