"""What the tests of the GitHub connector share: times, a source on a local server, and readings of it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from harvester.connectors.github import GitHub
from harvester.model.contribution import Contribution
from harvester.model.periods import Period
from harvester.sdk.connector import Gap, Request, Retraction, ScopeCompleted
from harvester.sdk.secrets import Secret
from harvester.sdk.testing import connector_context
from tests.servers.github import NOW, TOKEN, GitHubServer


def on(month: int, day: int, hour: int = 12, minute: int = 0, second: int = 0) -> dt.datetime:
    """A time in 2026, UTC."""
    return dt.datetime(2026, month, day, hour, minute, second, tzinfo=dt.UTC)


QUARTER = Period(on(7, 1, 0), on(10, 1, 0))


@dataclass
class Read:
    """What a reading yielded, by kind, and how many requests it took."""

    rows: list[Contribution] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)
    done: list[ScopeCompleted] = field(default_factory=list)
    retracted: list[Retraction] = field(default_factory=list)
    requests: int = 0

    @property
    def cursors(self) -> dict[str, str]:
        """What the next request is given."""
        return {each.scope: each.cursor for each in self.done if each.cursor is not None}

    def of(self, kind: str) -> list[Contribution]:
        """The rows of a kind, by time."""
        return sorted((row for row in self.rows if row.kind == kind), key=lambda row: (row.occurred_at, row.id))


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


def wanted(*accounts: str, period: Period = QUARTER, after: Read | None = None) -> Request:
    """A request for some accounts (none: everyone), which may know of an earlier reading of the same period."""
    who = frozenset(accounts) or None
    if after is None:
        return Request(period, who)
    return Request(period, who, (period,), after.cursors)


def read(server: GitHubServer, request: Request, hub: GitHub | None = None, **settings: Any) -> Read:
    """Read a request from the local server."""
    before = len(server.asked)
    found = gather((hub or source(server, **settings)).fetch(request))
    found.requests = len(server.asked) - before
    return found


def gather(events: Iterable[object]) -> Read:
    """Events by kind; what came before an error is lost here."""
    found = Read()
    places = {Contribution: found.rows, Gap: found.gaps, ScopeCompleted: found.done, Retraction: found.retracted}
    for each in events:
        places[type(each)].append(each)  # type: ignore[attr-defined]  # the lists hold what their key says
    return found
