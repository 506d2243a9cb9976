"""A small GitLab on localhost: GraphQL and REST over one `World`, with the limits and the traps of the real one.

What it does is read in GitLab's source (https://gitlab.com/gitlab-org/gitlab): queries above a complexity of 250 and
10,000 characters are refused; offset pages shift where a row is inserted, stop at 50,000 and have no totals above
10,000; events are filtered after paging; archived projects are left out by default in places; that an issue was closed
is a state event and no note; a project's old path is a redirect in REST and null in GraphQL. Faults are real: a cut
answer is cut on the wire, a reset resets the connection, a server that hangs does not answer.
"""

from __future__ import annotations

import email.utils
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from tests.servers import gitlab_graphql, gitlab_rest, gitlab_writes
from tests.servers.faults import Fault, FaultyHandler, FaultyServer
from tests.servers.gitlab_world import NOW, World

__all__ = ["NOW", "TOKEN", "Asked", "Fault", "GitLabServer", "World", "limited"]

TOKEN = "glpat-" + "x" * 20


@dataclass(frozen=True)
class Asked:
    """A request that came: by GraphQL with a query and variables, or by REST with a path and parameters."""

    method: str
    path: str
    headers: Mapping[str, str]
    query: str
    variables: Mapping[str, Any]
    parameters: tuple[tuple[str, str], ...] = ()
    body: Mapping[str, Any] = field(default_factory=dict)
    """What was sent to the REST API."""


class GitLabServer(FaultyServer[Asked]):
    """This GitLab over HTTP, on a port of its own, below `prefix` (such as `/gitlab`); use it with `with`."""

    def __init__(self, world: World | None = None, token: str = TOKEN, prefix: str = "") -> None:
        super().__init__(_handler(self), prefix)
        self.world = world or World()
        self.token = token

    def answer(self, asked: Asked) -> dict[str, Any]:
        """What GitLab would answer to a query."""
        return gitlab_graphql.answer(self.world, asked.query, asked.variables)


def limited(seconds: int = 30) -> Fault:
    """Rack::Attack's refusal: plain text (config/initializers/rack_attack.rb)."""
    shown = {
        "retry-after": str(seconds), "content-type": "text/plain", "ratelimit-limit": "2000",
        "ratelimit-remaining": "0",
        "ratelimit-observed": "2001", "ratelimit-name": "throttle_authenticated_api",
        "ratelimit-reset": str(int(NOW.timestamp()) + seconds),
    }  # fmt: skip
    return Fault(429, "Retry later\n", shown)


def _handler(server: GitLabServer) -> type[FaultyHandler]:
    class Handler(FaultyHandler):
        def do_GET(self) -> None:  # noqa: N802 - the name that http.server calls
            parts = urlsplit(self.path)
            parameters = tuple(parse_qsl(parts.query, keep_blank_values=True))
            self._take(Asked("GET", parts.path, dict(self.headers), "", {}, parameters))

        def do_POST(self) -> None:  # noqa: N802 - the name that http.server calls
            body = json.loads(self.rfile.read(int(self.headers.get("content-length") or 0)) or b"{}")
            query, variables = body.get("query", ""), body.get("variables") or {}
            self._take(Asked("POST", self.path, dict(self.headers), query, variables, body=body))

        def do_PUT(self) -> None:  # noqa: N802 - the name that http.server calls
            body = json.loads(self.rfile.read(int(self.headers.get("content-length") or 0)) or b"{}")
            self._take(Asked("PUT", self.path, dict(self.headers), "", {}, body=body))

        def do_DELETE(self) -> None:  # noqa: N802 - the name that http.server calls
            self._take(Asked("DELETE", self.path, dict(self.headers), "", {}))

        def _take(self, asked: Asked) -> None:
            fault = server.take(asked)
            if fault is not None and not fault.after:
                self.play(fault)
                return
            try:
                reply = self._answer(asked)
                self.play(fault) if fault else self.send(*reply)
            except Exception as error:  # noqa: BLE001 - raised when the server is closed, on the test's own thread
                server.broken.append(error)
                self.send(500, json.dumps({"message": "500 Internal Server Error"}))

        def _answer(self, asked: Asked) -> tuple[int, str, Mapping[str, str]]:
            path = asked.path.removeprefix(server.prefix)
            allowed = server.token in (self.headers.get("private-token"), self.headers.get("authorization", "")[7:])
            if asked.path == path and server.prefix:
                return (
                    404,
                    "<html>The page you're looking for could not be found.</html>",
                    {"content-type": "text/html"},
                )
            if path == "/api/graphql" and asked.method == "POST":
                return self._graphql(asked, allowed)
            if not allowed:
                return 401, json.dumps({"message": "401 Unauthorized"}), {}
            if asked.method != "GET":
                return gitlab_writes.answer(server.world, asked.method, path, asked.body)
            return gitlab_rest.answer(server.world, server.url, path, asked.parameters)

        def _graphql(self, asked: Asked, allowed: bool) -> tuple[int, str, Mapping[str, str]]:
            if not allowed:
                return 401, json.dumps({"errors": [{"message": "Invalid token"}]}), {}
            if len(asked.query) > gitlab_graphql.CHARACTERS:
                return 422, json.dumps({"errors": [{"message": "Query too large"}]}), {}
            return 200, json.dumps(server.answer(asked)), {}

        def usual_headers(self) -> dict[str, str]:
            shown = {"date": email.utils.format_datetime(server.world.now, usegmt=True)}
            shown |= {"content-type": "application/json"}
            if server.world.remaining is not None:
                shown |= {"ratelimit-limit": "2000", "ratelimit-remaining": str(server.world.remaining)}
                shown |= {"ratelimit-reset": str(int(server.world.now.timestamp()) + 60)}
            return shown

    return Handler
