"""Checking the configuration and the sources, and listing what has been read of each."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Mapping

from harvester.config.toml import as_toml
from harvester.errors import HarvesterError
from harvester.grouping.lint import lint
from harvester.ledger.coverage import WHOLE, Coverage
from harvester.model.accounts import email_of
from harvester.model.bots import may_be_bot
from harvester.model.look_alikes import Sightings
from harvester.sdk.capabilities import Finding, HasHealthCheck
from harvester.sdk.connector import Connector
from harvester.workspace.collect import ledger_exists, open_ledger, read_coverage
from harvester.workspace.look_alikes import list_accounts, stored_accounts, unlisted
from harvester.workspace.workspace import Workspace, pick_sources

MOST_ACTIVE = 10
"""How many of the people who are not configured doctor compares: the most active."""


def check_workspace(workspace: Workspace, sources: Iterable[str] = ()) -> list[tuple[str, Finding]]:
    """Findings about the configuration (named `harvester`) and the sources, without secrets.

    `sources` are all where none is named; raises UnknownError for one that is not configured.
    """
    chosen = pick_sources(workspace, sources)
    findings = [("harvester", each) for each in _check_configuration(workspace)]
    ledger = _check_ledger(workspace)
    findings.append(("harvester", ledger))
    if ledger.state == "ok":
        findings += [("harvester", each) for each in _check_people(workspace, chosen)]
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


def _check_ledger(workspace: Workspace) -> Finding:
    """Whether the ledger can be read; none yet is no error, since the first harvest makes it."""
    if not workspace.persistent:
        return Finding("ok", "ledger: none is kept")
    try:
        if not ledger_exists(workspace):
            return Finding("ok", f"ledger: there is no ledger yet in {workspace.config.ledger}")
        with open_ledger(workspace, create=False) as ledger:
            return Finding("ok", f"ledger: {ledger.info().location}")
    except HarvesterError as error:
        return Finding("error", error.message, error.hint)


def _check_people(workspace: Workspace, connectors: Mapping[str, Connector]) -> Iterator[Finding]:
    """Accounts that look like one person's and are not listed as such, of those configured and of the most active."""
    people = workspace.config.people
    seen = Sightings(people, list_accounts(connectors) | stored_accounts(workspace, connectors))
    configured = [each.key for each in people.persons if each.may_be_read]
    most_active = [each for each in seen.persons if people.configured(each) is None][:MOST_ACTIVE]
    bots = [each for each in most_active if may_be_bot(seen.accounts(each)[0].text)]
    for each in unlisted(people, seen, configured):
        yield Finding("warning", each.words, f"What is theirs belongs into harvester.toml:\n{each.lines}")
    for each in unlisted(people, seen, [each for each in most_active if each not in bots]):
        yield Finding("ok", each.words, f"To make them one person in reports, write into harvester.toml:\n{each.lines}")
    for person in bots:
        account = seen.accounts(person)[0].text
        hint = f"If it is one, write into harvester.toml: bots = {as_toml([email_of(account) or account])}"
        yield Finding("ok", f"{account} looks like a bot, and counts as a person.", hint)


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
