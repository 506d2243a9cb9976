"""`harvester sources`: the sources that are configured, what was read of them, and the connectors there are."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from harvester.cli import options
from harvester.cli.world import World

if TYPE_CHECKING:
    from harvester.cli.setup import Setup
    from harvester.coverage import Coverage


@click.command()
@options.as_json
@options.config
@click.pass_obj
def command(world: World, as_json: bool, config_path: Path | None) -> int:
    """Show the sources, what was read of each for whom and when, and which connectors are installed.

    \b
    Example:
      harvester sources
    """
    from harvester import plugins
    from harvester.cli import reading
    from harvester.cli.main import OK
    from harvester.cli.setup import open_setup
    from harvester.coverage import WHOLE
    from harvester.words import printable

    setup = open_setup(world, config_path, None, aliases=False)
    connectors = list(plugins.available(plugins.CONNECTORS))
    known = [each for each in reading.known(world, setup) if each.scope == WHOLE]
    if as_json:
        told = [_told(setup, name, known) for name in setup.config.sources]
        world.echo(json.dumps({"sources": told, "connectors": connectors}, indent=2))
        return OK
    _table(world, setup, known)
    if others := _others(setup, known):
        world.echo(printable(others))
    world.echo(f"Connectors installed: {', '.join(connectors)}.")
    return OK


def _others(setup: Setup, known: list[Coverage]) -> str:
    """A sentence about what was read of sources that are not configured any more; else empty."""
    others = sorted({each.source for each in known} - set(setup.config.sources))
    names = ", ".join(others)
    return f"The ledger also holds rows of {names}, not configured now; no report shows them." if others else ""


def _told(setup: Setup, name: str, known: list[Coverage]) -> dict[str, object]:
    source = setup.config.sources[name]
    read = [
        {
            "since": each.window.since.isoformat(),
            "until": each.window.until.isoformat(),
            "accounts": None if each.accounts is None else sorted(each.accounts),
            "read_at": each.read_at.isoformat(),
            "gaps": [{"scope": gap.scope, "reason": gap.reason} for gap in each.gaps],
        }
        for each in known
        if each.source == name
    ]
    return {"source": name, "connector": source.connector, "settings": source.settings, "read": read}


def _table(world: World, setup: Setup, known: list[Coverage]) -> None:
    rows = []
    for name, source in setup.config.sources.items():
        own = [_row(setup, each) for each in known if each.source == name]
        rows += [(name, source.connector, *row) for row in own or [("nothing yet", "", "", "")]]
    world.table(("Source", "Connector", "Read", "Whose", "When", "State"), rows)


def _row(setup: Setup, each: Coverage) -> tuple[str, str, str, str]:
    from harvester.windows import span

    calendar = setup.config.calendar
    whose = "everyone" if each.accounts is None else ", ".join(_shortened(sorted(each.accounts)))
    state = "complete" if each.complete else "; ".join(dict.fromkeys(gap.reason for gap in each.gaps))
    when = each.read_at.astimezone(calendar.zone).strftime("%Y-%m-%d %H:%M")
    return span(*calendar.dates(each.window)), whose, when, state


def _shortened(names: list[str], most: int = 3) -> Iterable[str]:
    yield from names[:most]
    if len(names) > most:
        yield f"{len(names) - most} more"
