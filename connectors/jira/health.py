"""The health check of a Jira source: what site it is, whose token, what it may browse, which fields it has."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING

from harvester.sdk.capabilities import Finding
from harvester.sdk.health import clock_findings, findings_of
from harvester.text import count_noun

from .changelog import Json
from .client import Client
from .fields import Site, site_of
from .preflight import Preflight, find_projects, shown_projects

if TYPE_CHECKING:
    from . import Jira

SHOWN = 10
"""How many projects are named."""


def findings(settings: Jira) -> Iterator[Finding]:
    """Everything `doctor` reports of a Jira source; failures become findings."""
    yield from findings_of(partial(settings.client, tries=2), partial(_findings, settings))


def _findings(settings: Jira, client: Client) -> Iterator[Finding]:
    server = client.server()
    client.cloud = site_of(server, ()).cloud
    yield _site(server, client.cloud)
    yield from _sign_in(settings, client.cloud)
    yield _identity(client.get("myself"))
    site = site_of(server, client.get("field"))
    yield from _fields(site)
    yield from _projects(settings, client, site)
    yield from clock_findings("Jira", client.headers, settings.context.clock())


def _site(server: Json, cloud: bool) -> Finding:
    kind = "Cloud" if cloud else f"Data Center {server.get('version', '')}".strip()
    return Finding("ok", f"{server.get('serverTitle') or 'Jira'} is Jira {kind}.")


def _sign_in(settings: Jira, cloud: bool) -> Iterator[Finding]:
    if cloud and not settings.email:
        yield Finding("warning", "Jira Cloud wants to know whose the token is.", "Add `email` to the section.")


def _identity(user: Json) -> Finding:
    name = user.get("displayName") or user.get("name")
    zone = user.get("timeZone")
    return Finding("ok", f"The token is {name}'s{f', whose profile is in the zone {zone}' if zone else ''}.")


def _fields(site: Site) -> Iterator[Finding]:
    if site.points:
        yield Finding("ok", f"Story points are read from {', '.join(site.points)}.")
    else:
        yield Finding("ok", "The site has no field for story points.")
    if site.epics:
        yield Finding("ok", f"Epics are read from {', '.join(site.epics)} and from the parent.")


def _projects(settings: Jira, client: Client, site: Site) -> Iterator[Finding]:
    found = Preflight(site)
    find_projects(client, found, settings.projects)
    for each in found.unreadable:
        yield Finding(
            "error", f"The project {each} does not exist, or the token must not browse it.", "Is the key right?"
        )
    keys = shown_projects(client) if found.projects is None else found.projects
    names = ", ".join(keys[:SHOWN]) + (", …" if len(keys) > SHOWN else "")
    if keys:
        yield Finding("ok", f"{count_noun(len(keys), 'project')} can be read: {names}.")
    else:
        yield Finding("error", "No project can be read.", "Is it the right token? It must be allowed to browse one.")
