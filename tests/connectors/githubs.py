"""What the tests of the GitHub connector share: a source on a local server, and fetches from it."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from harvester.connectors.github import GitHub
from harvester.errors import AccessError, SourceError
from harvester.sdk.connector import Request
from harvester.sdk.secrets import Secret
from harvester.sdk.testing import connector_context
from tests.connectors.faults import WebConnector
from tests.connectors.fetches import Read, gather, on, wanted
from tests.servers.faults import Fault
from tests.servers.github import NOW, TOKEN, GitHubServer, World, limited


def source(
    server: GitHubServer,
    waited: list[tuple[float, str]] | None = None,
    now: dt.datetime = NOW,
    environ: Mapping[str, str] | None = None,
    **settings: Any,
) -> GitHub:
    """A source that reads the local server."""
    made = {"token": Secret("env:TOKEN"), "url": server.url, "timeout": 10} | settings
    handed = connector_context(Path(), "hub", now=now, environ=environ or {"TOKEN": TOKEN}, waited=waited)
    return GitHub(**made, context=handed)


def read(server: GitHubServer, request: Request, hub: GitHub | None = None, **settings: Any) -> Read:
    """Read a request from the local server."""
    before = len(server.asked)
    found = gather((hub or source(server, **settings)).fetch(request))
    found.requests = len(server.asked) - before
    return found


def sixty() -> World:
    """Sixty merged pull requests: two pages."""
    made = World()
    for number in range(60):
        made.pull("acme/pay", "alice", on(7, 1 + number % 28), merged=on(8, 1 + number % 28))
    return made


def _made(server: GitHubServer, token: str = TOKEN, **settings: Any) -> GitHub:
    return source(server, environ={"TOKEN": token}, **settings)


MESSAGE = json.dumps({"message": "You have exceeded a secondary rate limit. Please wait a few minutes."})
SECONDARY = json.dumps({"data": None, "errors": [{"message": "You have exceeded a secondary rate limit."}]})
PARTIAL = json.dumps({"data": {"rateLimit": None}, "errors": [{"message": "Something went wrong while executing."}]})
GITHUB = WebConnector(
    name="GitHub",
    serve=lambda: GitHubServer(sixty()),
    make=_made,
    request=wanted("alice"),
    token=TOKEN,
    rows=60,
    page=25,
    lookups=1,
    down=["25 of 60 merged pull requests of alice came, then: GitHub answers with error 503"],
    no_tokens=("ghp_abc…def", "ghp_abc\ndef", "ghp_é", "ghp_a b"),
    faults={
        "RATE_LIMITED": (limited("RATE_LIMITED", NOW.replace(minute=10)), 601),
        "RATE_LIMIT": (limited("RATE_LIMIT", NOW.replace(minute=10)), 601),
        "secondary 403 with Retry-After": (Fault(403, MESSAGE, {"retry-after": "30"}), 30),
        "secondary 403": (Fault(403, MESSAGE), 60),
        "secondary 429 with Retry-After": (Fault(429, MESSAGE, {"retry-after": "30"}), 30),
        "secondary 429": (Fault(429, MESSAGE), 60),
        "secondary 200 with Retry-After": (Fault(200, SECONDARY, {"retry-after": "30"}), 30),
        "secondary 200": (Fault(200, SECONDARY), 60),
        "secondary 200 with a message only": (Fault(200, MESSAGE, {"retry-after": "30"}), 30),
        "200 with data and errors": (Fault(200, PARTIAL), 1),
        "200 without data": (Fault(200, '{"data": null, "errors": [{"message": "Timeout"}]}'), 1),
        "200 with errors that are none": (Fault(200, '{"errors": 5}'), 1),
        "200 with another JSON": (Fault(200, "[]"), 1),
        "200 with empty data": (Fault(200, '{"data": {}}'), 1),
        "200 without a page": (Fault(200, '{"data": {"rateLimit": {}, "s0": null, "c0": null}}'), 1),
        "200 with half a page": (Fault(200, '{"data": {"s0": {"issueCount": 60}, "c0": []}}'), 1),
    },
    refusals={
        "403": (
            Fault(403, '{"message": "Resource not accessible by integration"}'),
            AccessError,
            "not accessible by integr",
        ),
        "missing scopes": (
            Fault(200, '{"data": null, "errors": [{"type": "INSUFFICIENT_SCOPES", "message": "needs read:org"}]}'),
            AccessError,
            "needs read:org",
        ),
        "an unknown field": (
            Fault(200, '{"errors": [{"message": "no field", "extensions": {"code": "undefinedField"}}]}'),
            SourceError,
            "does not understand",
        ),
    },
)
"""GitHub in the suite of faults."""
