"""`harvester doctor`: check the configuration and the sources."""

from __future__ import annotations

import textwrap
from pathlib import Path

import click

from harvester.cli import options
from harvester.cli.terminal import Terminal
from harvester.text import printable


@click.command()
@click.argument("sources", nargs=-1)
@options.as_json
@options.config
@options.repo
@click.pass_obj
def command(
    terminal: Terminal, sources: tuple[str, ...], as_json: bool, config_path: Path | None, repos: tuple[Path, ...]
) -> int:
    """Check the configuration and the sources (all, or those named). Exits with 1 if there is an error to fix.

    \b
    Examples:
      harvester doctor
      harvester doctor github
    """
    from harvester.cli.main import OK, USER_ERROR
    from harvester.workspace.health import check_workspace
    from harvester.workspace.workspace import open_workspace

    findings = check_workspace(open_workspace(terminal, config_path, repos), sources)
    if as_json:
        terminal.echo_json(
            [
                {"about": about, "state": each.state, "message": each.message, "hint": each.hint}
                for about, each in findings
            ]
        )
    else:
        for about, each in findings:
            terminal.echo(printable(f"{each.state:7}  {about}: {each.message}"))
            if each.hint:
                terminal.echo(printable(textwrap.indent(each.hint, " " * 9)))
    return USER_ERROR if any(each.state == "error" for _, each in findings) else OK
