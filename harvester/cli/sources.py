"""`harvester sources`: list the sources, what has been read of them, and the connectors that are installed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from harvester.cli import options
from harvester.cli.terminal import Terminal
from harvester.text import printable

if TYPE_CHECKING:
    from harvester.ledger.coverage import Coverage
    from harvester.workspace.workspace import Workspace


@click.command()
@options.as_json
@options.config
@click.pass_obj
def command(terminal: Terminal, as_json: bool, config_path: Path | None) -> int:
    """List the sources, what has been read of each (for whom and when), and the installed connectors.

    \b
    Example:
      harvester sources
    """
    from harvester.cli.main import OK
    from harvester.sdk import plugins
    from harvester.workspace.health import list_sources
    from harvester.workspace.workspace import open_workspace

    workspace = open_workspace(terminal, config_path, aliases=False)
    connectors = list(plugins.available(plugins.CONNECTORS))
    coverage = list_sources(workspace)
    if as_json:
        sources = [_as_json(workspace, name, coverage[name]) for name in workspace.config.sources]
        terminal.echo_json({"sources": sources, "connectors": connectors})
        return OK
    terminal.table(("Source", "Connector", "Read", "Whose", "When", "State"), _rows(workspace, coverage))
    if others := [name for name in coverage if name not in workspace.config.sources]:
        names = ", ".join(others)
        terminal.echo(printable(f"The ledger also has rows of {names}, which no report shows: not configured now."))
    terminal.echo(f"Connectors installed: {', '.join(connectors)}.")
    return OK


def _as_json(workspace: Workspace, name: str, coverage: list[Coverage]) -> dict[str, object]:
    source = workspace.config.sources[name]
    read = [
        {
            "days": "..".join(map(str, workspace.config.calendar.dates(each.period))),
            "since": each.period.since.isoformat(),
            "until": each.period.until.isoformat(),
            "accounts": None if each.accounts is None else sorted(each.accounts),
            "read_at": each.read_at.isoformat(),
            "gaps": [{"scope": gap.scope, "reason": gap.reason} for gap in each.gaps],
        }
        for each in coverage
    ]
    return {"source": name, "connector": source.connector, "settings": source.settings, "read": read}


def _rows(workspace: Workspace, coverage: Mapping[str, list[Coverage]]) -> Iterable[tuple[str, ...]]:
    for name, source in workspace.config.sources.items():
        own = [_row(workspace, each) for each in coverage[name]]
        yield from ((name, source.connector, *row) for row in own or [("nothing yet", "", "", "")])


def _row(workspace: Workspace, each: Coverage) -> tuple[str, str, str, str]:
    from harvester.model.periods import span

    calendar = workspace.config.calendar
    whose = "everyone" if each.accounts is None else ", ".join(_first(sorted(each.accounts)))
    reasons = "; ".join(dict.fromkeys(gap.reason for gap in each.gaps))
    state = reasons if not each.complete else f"complete ({reasons})" if reasons else "complete"
    when = each.read_at.astimezone(calendar.zone).strftime("%Y-%m-%d %H:%M")
    return span(*calendar.dates(each.period)), whose, when, state


def _first(names: list[str], most: int = 3) -> Iterable[str]:
    yield from names[:most]
    if len(names) > most:
        yield f"{len(names) - most} more"
