"""`harvester doctor`: how the sources stand, and what to mend."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from harvester.cli import options
from harvester.cli.world import World

if TYPE_CHECKING:
    from harvester.cli.setup import Setup
    from harvester.connector import Connector, Finding


@click.command()
@click.argument("sources", nargs=-1)
@options.as_json
@options.config
@options.repo
@click.pass_obj
def command(world: World, sources: tuple[str, ...], as_json: bool, config_path: Path | None, repo: Path | None) -> int:
    """Check the configuration and each source (all, or those named); exits with 1 where something is to be mended.

    \b
    Examples:
      harvester doctor
      harvester doctor github
    """
    from harvester.cli.main import MENDABLE, OK
    from harvester.cli.setup import open_setup, pick_sources
    from harvester.words import printable

    setup = open_setup(world, config_path, repo)
    chosen = pick_sources(setup, sources)
    found = [("harvester", finding) for finding in _own(setup)]
    found += [(name, finding) for name, each in chosen.items() for finding in _check(name, each)]
    if as_json:
        told = [
            {
                "about": about,
                "state": each.state,
                "message": world.redact(each.message),
                "hint": world.redact(each.hint),
            }
            for about, each in found
        ]
        world.echo(json.dumps(told, indent=2))
    else:
        for about, each in found:
            world.echo(printable(world.redact(f"{each.state:7}  {about}: {each.message}")))
            if each.hint:
                world.echo(printable(world.redact(f"         {each.hint}")))
    return MENDABLE if any(each.state == "error" for _, each in found) else OK


def _own(setup: Setup) -> Iterator[Finding]:
    from harvester.connector import Finding

    config = setup.config
    where = str(config.path) if config.path else "no harvester.toml; the git repository here is read"
    yield Finding("ok", f"configuration: {where}")
    yield Finding("ok", f"time zone: {config.calendar.zone.key}")
    if setup.me is None:
        yield Finding("warning", "nobody says who you are", "git config --global user.email YOU@EXAMPLE.ORG")
    else:
        yield Finding("ok", f"you are {config.people.name(setup.me)}")
        unknown = [name for name in setup.connectors if not config.people.accounts_of(setup.me, name)]
        for name in unknown:
            yield Finding(
                "warning",
                f"you have no account on {name}: nothing of yours is read there",
                "Add your addresses and accounts to [people] in harvester.toml.",
            )
    if not config.sources:
        yield Finding("error", "no source is configured", "Add a section [sources.NAME]; see docs/reference.")


def _check(name: str, connector: Connector) -> Iterator[Finding]:
    from harvester.connector import Checkable, Finding
    from harvester.errors import HarvesterError

    if not isinstance(connector, Checkable):
        yield Finding("ok", "this connector has nothing to check")
        return
    try:
        yield from connector.check()
    except HarvesterError as error:
        yield Finding("error", error.message, error.hint)
