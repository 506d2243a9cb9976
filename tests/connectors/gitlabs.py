"""What the tests of the GitLab connector share: a source on a local server, fetches from it, and worlds in it."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from harvester.connectors.gitlab import GitLab
from harvester.sdk.connector import Request
from harvester.sdk.secrets import Secret
from harvester.sdk.testing import connector_context
from tests.connectors.faults import Read, gather
from tests.connectors.githubs import QUARTER, on, wanted
from tests.servers.gitlab import NOW, TOKEN, GitLabServer, World

__all__ = ["QUARTER", "on", "read", "source", "wanted"]


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
    handed = connector_context(Path(), "lab", now=now, environ=environ or {"TOKEN": TOKEN}, waited=waited)
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
TIMEOUT = json.dumps({"data": {}, "errors": [{"message": "Timeout on MergeRequest.diffStats", "path": ["l0"]}]})
SLOW = "Request timed out. Please try a less complex query or a smaller set of records."
