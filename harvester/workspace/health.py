"""Checking the configuration and the sources, and listing what has been read of each."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Mapping

from harvester.errors import HarvesterError
from harvester.grouping.lint import lint
from harvester.ledger.coverage import WHOLE, Coverage
from harvester.sdk.capabilities import Finding, HasHealthCheck
from harvester.sdk.connector import Connector
from harvester.workspace.collect import read_coverage
from harvester.workspace.workspace import Workspace, pick_sources


def check_workspace(workspace: Workspace, sources: Iterable[str] = ()) -> list[tuple[str, Finding]]:
    """Findings about the configuration (named `harvester`) and the sources, without secrets.

    `sources` are all where none is named; raises UnknownError for one that is not configured.
    """
    chosen = pick_sources(workspace, sources)
    findings = [("harvester", each) for each in _check_configuration(workspace)]
    findings += [(name, each) for name, connector in chosen.items() for each in _check_source(connector)]
    redact = workspace.environment.redact
    return [
        (name, dataclasses.replace(each, message=redact(each.message), hint=redact(each.hint)))
        for name, each in findings
    ]


def _check_configuration(workspace: Workspace) -> Iterator[Finding]:
    config = workspace.config
    where = str(config.path) if config.path else "no harvester.toml; the git repository here is read"
    yield Finding("ok", f"configuration: {where}")
    yield Finding("ok", f"time zone: {config.calendar.zone.key}")
    if workspace.me is None:
        yield Finding(
            "warning", "no person is configured and git has no user", "git config --global user.email YOU@EXAMPLE.ORG"
        )
    else:
        yield Finding("ok", f"you are {config.people.name(workspace.me)}")
        for name in workspace.connectors:
            if not config.people.accounts_of(workspace.me, name):
                yield Finding(
                    "warning",
                    f"you have no account on {name}: none of your work is read there",
                    "Add your addresses and accounts to [people] in harvester.toml.",
                )
    for warning in lint(config):
        yield Finding("warning", warning, f"Change it in {config.path}; docs/reference/grouping.md shows how.")
    if not config.sources:
        yield Finding("error", "no source is configured", "Add a section [sources.NAME]; see docs/reference.")


def _check_source(connector: Connector) -> Iterator[Finding]:
    if not isinstance(connector, HasHealthCheck):
        yield Finding("ok", "this connector has nothing to check")
        return
    try:
        yield from connector.check()
    except HarvesterError as error:
        yield Finding("error", error.message, error.hint)


def list_sources(workspace: Workspace) -> Mapping[str, list[Coverage]]:
    """What has been read of each source, in the order of harvester.toml, and after them of sources no longer there."""
    coverage = [each for each in read_coverage(workspace) if each.scope == WHOLE]
    names = [*workspace.config.sources, *sorted({each.source for each in coverage} - set(workspace.config.sources))]
    return {name: [each for each in coverage if each.source == name] for name in names}
