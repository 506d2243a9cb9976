"""`harvester sources`: the sources that are configured, what was read of them, and the connectors there are."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from harvester.cli import options
from harvester.workspace.environment import Environment

if TYPE_CHECKING:
    from harvester.ledger.coverage import Coverage
    from harvester.workspace.workspace import Workspace


@click.command()
@options.as_json
@options.config
@click.pass_obj
def command(environment: Environment, as_json: bool, config_path: Path | None) -> int:
    """Show the sources, what was read of each for whom and when, and which connectors are installed.

    \b
    Example:
      harvester sources
    """
    from harvester.cli.main import OK
    from harvester.ledger.coverage import WHOLE
    from harvester.sdk import plugins
    from harvester.text import printable
    from harvester.workspace import collect
    from harvester.workspace.workspace import open_workspace

    workspace = open_workspace(environment, config_path, None, aliases=False)
    connectors = list(plugins.available(plugins.CONNECTORS))
    known = [each for each in collect.known(environment, workspace) if each.scope == WHOLE]
    if as_json:
        told = [_told(workspace, name, known) for name in workspace.config.sources]
        environment.echo(json.dumps({"sources": told, "connectors": connectors}, indent=2))
        return OK
    _table(environment, workspace, known)
    if others := _others(workspace, known):
        environment.echo(printable(others))
    environment.echo(f"Connectors installed: {', '.join(connectors)}.")
    return OK


def _others(workspace: Workspace, known: list[Coverage]) -> str:
    """A sentence about what was read of sources that are not configured any more; else empty."""
    others = sorted({each.source for each in known} - set(workspace.config.sources))
    names = ", ".join(others)
    return f"The ledger also holds rows of {names}, not configured now; no report shows them." if others else ""


def _told(workspace: Workspace, name: str, known: list[Coverage]) -> dict[str, object]:
    source = workspace.config.sources[name]
    read = [
        {
            "since": each.period.since.isoformat(),
            "until": each.period.until.isoformat(),
            "accounts": None if each.accounts is None else sorted(each.accounts),
            "read_at": each.read_at.isoformat(),
            "gaps": [{"scope": gap.scope, "reason": gap.reason} for gap in each.gaps],
        }
        for each in known
        if each.source == name
    ]
    return {"source": name, "connector": source.connector, "settings": source.settings, "read": read}


def _table(environment: Environment, workspace: Workspace, known: list[Coverage]) -> None:
    rows = []
    for name, source in workspace.config.sources.items():
        own = [_row(workspace, each) for each in known if each.source == name]
        rows += [(name, source.connector, *row) for row in own or [("nothing yet", "", "", "")]]
    environment.table(("Source", "Connector", "Read", "Whose", "When", "State"), rows)


def _row(workspace: Workspace, each: Coverage) -> tuple[str, str, str, str]:
    from harvester.model.periods import span

    calendar = workspace.config.calendar
    whose = "everyone" if each.accounts is None else ", ".join(_shortened(sorted(each.accounts)))
    state = "complete" if each.complete else "; ".join(dict.fromkeys(gap.reason for gap in each.gaps))
    when = each.read_at.astimezone(calendar.zone).strftime("%Y-%m-%d %H:%M")
    return span(*calendar.dates(each.period)), whose, when, state


def _shortened(names: list[str], most: int = 3) -> Iterable[str]:
    yield from names[:most]
    if len(names) > most:
        yield f"{len(names) - most} more"
