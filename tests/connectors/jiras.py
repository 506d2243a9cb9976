"""What the tests of the Jira connector share: a source on a local server, in both flavours, and fetches from it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from harvester.connectors.jira import Jira
from harvester.model.periods import Period
from harvester.sdk.connector import Request
from harvester.sdk.secrets import Secret
from harvester.sdk.testing import connector_context
from tests.connectors.faults import WebConnector
from tests.connectors.fetches import QUARTER, Read, gather, on
from tests.servers.faults import Fault
from tests.servers.jira import EMAIL, TOKEN, Issue, JiraServer, World

FLAVOURS = ("cloud", "dc")


def source(
    server: JiraServer,
    waited: list[tuple[float, str]] | None = None,
    environ: Mapping[str, str] | None = None,
    **settings: Any,
) -> Jira:
    """A source that reads the local server, signed in as its flavour wants it."""
    made = {"token": Secret("env:TOKEN"), "url": server.url, "timeout": 10} | settings
    if server.cloud:
        made.setdefault("email", EMAIL)
    handed = connector_context(Path(), "hub", now=server.world.now, environ=environ or {"TOKEN": TOKEN}, waited=waited)
    return Jira(**made, context=handed)


def wanted(server: JiraServer, *names: str, period: Period = QUARTER, after: Read | None = None) -> Request:
    """A request for some people (none: everyone), which may go on from an earlier fetch of the same period."""
    who = frozenset(server.world.native(each, server.cloud) for each in names) or None
    if after is None:
        return Request(period, who)
    return Request(period, who, (period,), after.cursors)


def read(server: JiraServer, request: Request, jira: Jira | None = None, **settings: Any) -> Read:
    """Read a request from the local server."""
    before = len(server.asked)
    found = gather((jira or source(server, **settings)).fetch(request))
    found.requests = len(server.asked) - before
    return found


def done(world: World, project: str, name: str, month: int, day: int, **more: Any) -> Issue:
    """A ticket that somebody was assigned to a day after it was written, and resolved at noon."""
    ticket = world.issue(project, on(6, 1), assignee=more.pop("assignee", name), **more)
    world.resolve(ticket, on(month, day), name)
    return ticket


def tickets(number: int) -> World:
    """So many tickets that ann resolved in the third quarter, ten on a page."""
    made = World(most=10)
    for each in range(number):
        done(made, "PAY", "ann", 7 + each % 3, 1 + each % 28)
    return made


def _made(server: JiraServer, token: str = TOKEN, **settings: Any) -> Jira:
    return source(server, environ={"TOKEN": token}, **settings)


HTML = "<!DOCTYPE html><html><title>Log in - Acme Jira</title></html>"


def _web(flavour: str) -> WebConnector:
    return WebConnector(
        name="Jira",
        flavour=flavour,
        serve=lambda: JiraServer(tickets(13), flavour),
        make=_made,
        request=Request(QUARTER, frozenset({World().native("ann", flavour == "cloud")})),
        token=TOKEN,
        rows=13,
        page=10,
        lookups=4 + (flavour == "cloud"),  # Cloud's first page has rows when its changelogs came
        down=("10 tickets came, then: Jira answers with error 503",),
        no_tokens=("ATATT…def", "ATATTabc\ndef", "ATATTé", "ATATT a b"),
        faults={
            "200 with a login page": (Fault(200, HTML, {"content-type": "text/html;charset=UTF-8"}), 1),
            "503 while an index is built": (Fault(503, json.dumps({"status": "RE_INDEXING"})), 1),
        },
    )


CLOUD = _web("cloud")
DATA_CENTER = _web("dc")
"""Jira in the suite of faults."""
