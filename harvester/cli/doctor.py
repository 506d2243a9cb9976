"""`harvester doctor`: how the sources stand, and what to mend."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from harvester.cli import options
from harvester.workspace.environment import Environment

if TYPE_CHECKING:
    from harvester.sdk.capabilities import Finding
    from harvester.sdk.connector import Connector
    from harvester.workspace.workspace import Workspace


@click.command()
@click.argument("sources", nargs=-1)
@options.as_json
@options.config
@options.repo
@click.pass_obj
def command(
    environment: Environment, sources: tuple[str, ...], as_json: bool, config_path: Path | None, repo: Path | None
) -> int:
    """Check the configuration and each source (all, or those named); exits with 1 where something is to be mended.

    \b
    Examples:
      harvester doctor
      harvester doctor github
    """
    from harvester.cli.main import OK, USER_ERROR
    from harvester.text import printable
    from harvester.workspace.workspace import open_workspace, pick_sources

    workspace = open_workspace(environment, config_path, repo)
    chosen = pick_sources(workspace, sources)
    found = [("harvester", finding) for finding in _own(workspace)]
    found += [(name, finding) for name, each in chosen.items() for finding in _check(name, each)]
    if as_json:
        told = [
            {
                "about": about,
                "state": each.state,
                "message": environment.redact(each.message),
                "hint": environment.redact(each.hint),
            }
            for about, each in found
        ]
        environment.echo(json.dumps(told, indent=2))
    else:
        for about, each in found:
            environment.echo(printable(environment.redact(f"{each.state:7}  {about}: {each.message}")))
            if each.hint:
                environment.echo(printable(environment.redact(f"         {each.hint}")))
    return USER_ERROR if any(each.state == "error" for _, each in found) else OK


def _own(workspace: Workspace) -> Iterator[Finding]:
    from harvester.sdk.capabilities import Finding

    config = workspace.config
    where = str(config.path) if config.path else "no harvester.toml; the git repository here is read"
    yield Finding("ok", f"configuration: {where}")
    yield Finding("ok", f"time zone: {config.calendar.zone.key}")
    if workspace.me is None:
        yield Finding("warning", "nobody says who you are", "git config --global user.email YOU@EXAMPLE.ORG")
    else:
        yield Finding("ok", f"you are {config.people.name(workspace.me)}")
        unknown = [name for name in workspace.connectors if not config.people.accounts_of(workspace.me, name)]
        for name in unknown:
            yield Finding(
                "warning",
                f"you have no account on {name}: nothing of yours is read there",
                "Add your addresses and accounts to [people] in harvester.toml.",
            )
    if not config.sources:
        yield Finding("error", "no source is configured", "Add a section [sources.NAME]; see docs/reference.")


def _check(name: str, connector: Connector) -> Iterator[Finding]:
    from harvester.errors import HarvesterError
    from harvester.sdk.capabilities import Finding, HasHealthCheck

    if not isinstance(connector, HasHealthCheck):
        yield Finding("ok", "this connector has nothing to check")
        return
    try:
        yield from connector.check()
    except HarvesterError as error:
        yield Finding("error", error.message, error.hint)
