"""What the tests of the GitLab connector share: a source on a local server, fetches from it, and worlds in it."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from harvester.connectors.gitlab import GitLab
from harvester.errors import AccessError, SourceError
from harvester.sdk.connector import Request
from harvester.sdk.secrets import Secret
from harvester.sdk.testing import connector_context
from tests.connectors.faults import WebConnector
from tests.connectors.fetches import QUARTER, Read, gather, on, wanted
from tests.servers.faults import Fault
from tests.servers.gitlab import NOW, TOKEN, GitLabServer, World, limited

__all__ = ["GITLAB", "QUARTER", "on", "read", "source", "wanted"]


@pytest.fixture
def world() -> World:
    """An empty GitLab. A module of tests takes this fixture and the next in place of GitHub's."""
    return World()


@pytest.fixture
def server(world: World) -> Iterator[GitLabServer]:
    """That GitLab, on localhost, while the test runs."""
    with GitLabServer(world) as running:
        yield running


def source(
    server: GitLabServer,
    waited: list[tuple[float, str]] | None = None,
    now: dt.datetime = NOW,
    environ: Mapping[str, str] | None = None,
    **settings: Any,
) -> GitLab:
    """A source that reads the local server."""
    made = {"token": Secret("env:TOKEN"), "url": server.url, "timeout": 10} | settings
    handed = connector_context(Path(), "hub", now=now, environ=environ or {"TOKEN": TOKEN}, waited=waited)
    return GitLab(**made, context=handed)


def read(server: GitLabServer, request: Request, lab: GitLab | None = None, **settings: Any) -> Read:
    """Read a request from the local server."""
    before = len(server.asked)
    found = gather((lab or source(server, **settings)).fetch(request))
    found.requests = len(server.asked) - before
    return found


def sixty() -> World:
    """Sixty merged merge requests: two pages."""
    made = World()
    for number in range(60):
        made.merge_request("acme/pay", "alice", on(7, 1 + number % 28), merged=on(8, 1 + number % 28))
    return made


def _made(server: GitLabServer, token: str = TOKEN, **settings: Any) -> GitLab:
    return source(server, environ={"TOKEN": token}, **settings)


COMPLEX = json.dumps({"errors": [{"message": "Query has complexity of 251, which exceeds max complexity of 250"}]})
TIMEOUT = json.dumps(
    {"data": {"l0": None}, "errors": [{"message": "Timeout on MergeRequest.diffStats", "path": ["l0"]}]}
)
SLOW = json.dumps({"errors": [{"message": "Request timed out. Please try a less complex query or a smaller set."}]})
FIELD = json.dumps({"errors": [{"message": "no field", "extensions": {"code": "undefinedField"}}]})
SCOPE = json.dumps(
    {"error": "insufficient_scope", "error_description": "The request requires higher privileges", "scope": "read_api"}
)
RESET = f"{NOW.timestamp() + 20:.0f}"
GITLAB = WebConnector(
    name="GitLab",
    serve=lambda: GitLabServer(sixty()),
    make=_made,
    request=wanted("alice"),
    token=TOKEN,
    rows=60,
    page=50,
    lookups=1,
    down=[
        "50 of 60 merged merge requests of alice came, then: GitLab answers with error 503",
        "the events of alice: GitLab answers with error 503",
    ],
    no_tokens=("glpat-abc…def", "glpat-abc\ndef", "glpat-é", "glpat-a b"),
    faults={
        "429 of Rack::Attack": (limited(30), 30),
        "429 until the reset": (Fault(429, "", {"ratelimit-remaining": "0", "ratelimit-reset": RESET}), 21),
        "a query that timed out": (Fault(200, TIMEOUT), 1),
        "a database that timed out": (Fault(503, SLOW), 1),
        "an internal error": (Fault(500, json.dumps({"errors": [{"message": "Internal server error"}]})), 1),
        "200 without data": (Fault(200, '{"data": null, "errors": [{"message": "Internal server error"}]}'), 1),
        "200 with errors that are none": (Fault(200, '{"errors": 5}'), 1),
        "200 with another JSON": (Fault(200, "[]"), 1),
        "200 with empty data": (Fault(200, '{"data": {}}'), 1),
    },
    refusals={
        "403": (Fault(403, '{"message": "403 Forbidden - Your password expired"}'), AccessError, "password expired"),
        "an insufficient scope": (Fault(403, SCOPE), AccessError, "higher privileges"),
        "an unknown field": (Fault(200, FIELD), SourceError, "does not understand"),
    },
)
"""GitLab in the suite of faults."""
