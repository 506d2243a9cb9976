"""How a web connector joins the suite of faults: its server, how to make it, and what a full fetch yields."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any

import pytest

from harvester.errors import AccessError, SourceError
from harvester.sdk.connector import Connector, Request
from tests.servers.faults import Fault


@dataclass(frozen=True)
class WebConnector:
    """A web connector in the suite. The full fetch of `request` takes a few lookups and at least two pages."""

    name: str
    """The service's name in messages."""
    serve: Callable[[], AbstractContextManager[Any]]
    """A server with something to read in it."""
    make: Callable[..., Connector]
    """Makes the connector from the server and any of these, by name:

    `waited`, a list for `connector_context`; `timeout` in seconds and `token`, which become settings of the connector.
    """
    request: Request
    token: str
    rows: int
    """How many rows a full fetch yields."""
    page: int
    """How many rows the first page has."""
    lookups: int
    """How many requests come before the first page."""
    down: Sequence[str]
    """The reasons of the gaps where the server goes down after the first page."""
    no_tokens: Sequence[str]
    """Texts that cannot be a token."""
    faults: Mapping[str, tuple[Fault, float]] = field(default_factory=dict)
    """Its own faults that pass, with the seconds to wait."""
    refusals: Mapping[str, tuple[Fault, type[SourceError], str]] = field(default_factory=dict)
    """Its own faults that do not pass, with the error and words of its message."""

    flavour: str = ""
    """Which of several kinds of the service it is."""

    def __str__(self) -> str:
        return f"{self.name}{self.flavour}"


LIMIT = '{"message": "Too many requests."}'
PASSING: Mapping[str, tuple[Fault, float]] = {
    "502": (Fault(502), 1),
    "504": (Fault(504), 1),
    "503 with Retry-After": (Fault(503, headers={"retry-after": "7"}), 7),
    "429": (Fault(429, LIMIT), 60),
    "429 with Retry-After": (Fault(429, LIMIT, {"retry-after": "30"}), 30),
    "429 until a date": (Fault(429, "", {"retry-after": "Sun, 01 Nov 2026 12:00:20 GMT"}), 20),
    "200 with a web page": (Fault(200, "<html>Sign in to the proxy</html>"), 1),
    "200 with nothing": (Fault(200, "", {"content-type": "text/plain"}), 1),
    "JSON cut in the middle": (Fault(200, '{"data": {"rateLimit": {"cost"'), 1),
    "an answer cut on the wire": (Fault(200, '{"data": {"rateLimit": {}}}', act="cut"), 1),
    "connection reset": (Fault(act="reset"), 1),
}
"""Faults of any web service that pass, with the seconds to wait. The servers' clock stands at 12:00 on 1 Nov 2026."""
REFUSALS: Mapping[str, tuple[Fault, type[SourceError], str]] = {
    "401": (Fault(401, '{"message": "Bad credentials"}'), AccessError, "does not accept the token"),
    "404": (Fault(404, '{"message": "Not Found"}'), SourceError, "status 404"),
    "422": (Fault(422, '{"message": "Validation Failed"}'), SourceError, "status 422"),
}
"""Faults of any web service that do not pass."""


def passing(connectors: Sequence[WebConnector]) -> list[Any]:
    """Every connector with each fault that passes, before and after its lookups."""
    return [
        pytest.param(each, fault, seconds, number, id=f"{each}-{name}-{'counting' if number == 0 else 'reading'}")
        for each in connectors
        for name, (fault, seconds) in {**PASSING, **each.faults}.items()
        for number in sorted({0, each.lookups})
    ]


def refusals(connectors: Sequence[WebConnector]) -> list[Any]:
    """Every connector with each fault that does not pass."""
    return [
        pytest.param(each, *case, id=f"{each}-{name}")
        for each in connectors
        for name, case in {**REFUSALS, **each.refusals}.items()
    ]
