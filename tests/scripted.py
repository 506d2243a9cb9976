"""A world that tests change at will, and a connector that reads it in the ways real ones do."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Literal

from harvester.errors import SourceError
from harvester.model.contribution import Contribution
from harvester.model.periods import Period
from harvester.sdk.connector import Event, Gap, Request, Retraction, ScopeCompleted


def utc(year: int, month: int = 1, day: int = 1, hour: int = 0) -> dt.datetime:
    return dt.datetime(year, month, day, hour, tzinfo=dt.UTC)


def span(first: dt.datetime, end: dt.datetime) -> Period:
    return Period(first, end)


EVER = span(utc(2000), utc(2100))
NOW = utc(2030)


def act(number: int = 1, **changes: object) -> Contribution:
    """A row with something in every kind of column."""
    values: dict[str, object] = {
        "id": f"commit:author:{number}",
        "source": "work",
        "scope": "org",
        "kind": "commit",
        "work_item": f"commit/{number:040x}",
        "account": "ann",
        "role": "author",
        "occurred_at": utc(2026, 1, 1) + dt.timedelta(hours=number),
        "title": f"Change {number}",
        "labels": ("a", "b"),
        "extra": {"result": "faster"},
        "additions": number,
    }
    return Contribution(**(values | changes))  # type: ignore[arg-type] # tests name columns as they are


@dataclass
class World:
    """What there is to read: rows by key, and a log of what changed, in order."""

    rows: dict[tuple[str, str], Contribution] = field(default_factory=dict)
    log: list[tuple[str, str]] = field(default_factory=list)

    def put(self, *rows: Contribution) -> None:
        for row in rows:
            self.rows[row.scope, row.id] = row
            self.log.append((row.scope, row.id))

    def remove(self, scope: str, name: str) -> None:
        if self.rows.pop((scope, name), None):
            self.log.append((scope, name))

    def scopes(self) -> list[str]:
        return sorted({scope for scope, _ in self.log})

    def seen(self, period: Period = EVER, accounts: Iterable[str] | None = None) -> dict[tuple[str, str], Contribution]:
        """What one reading of the present state gives."""
        wanted = None if accounts is None else set(accounts)
        return {
            key: row
            for key, row in self.rows.items()
            if row.occurred_at in period and (wanted is None or row.account in wanted)
        }


@dataclass(frozen=True)
class Scripted:
    """Reads a world: `plain` finishes no scope, `whole` each one anew, the others ask what changed.

    `cursor` goes by what is known of each scope, `missing` by what is known of the source.
    """

    world: World
    style: Literal["plain", "whole", "cursor", "missing"] = "cursor"
    breaks_after: int | None = None
    hole: Gap | None = None
    requests: list[Request] = field(default_factory=list)

    def fetch(self, request: Request) -> Iterator[Event]:
        self.requests.append(request)
        for number, event in enumerate(self._events(request)):
            if number == self.breaks_after:
                raise SourceError("The connection broke.")
            yield event
        if self.hole:
            yield self.hole

    def _events(self, request: Request) -> Iterator[Event]:
        for scope in self.world.scopes():
            yield from self._scope(scope, request)

    def _scope(self, scope: str, request: Request) -> Iterator[Event]:
        now = str(len(self.world.log))
        known = request.cursors.get(scope)
        holed = self.hole is not None and self.hole.scope == scope and self.hole.period is None
        if self.style not in ("cursor", "missing") or known is None:
            yield from self._rows(scope, request, [request.period])
        else:
            missing = request.missing_of(scope) if self.style == "cursor" else request.missing
            yield from self._rows(scope, request, missing)
            yield from self._changes(scope, request, int(known))
        if self.style != "plain" and not holed:
            yield ScopeCompleted(
                scope,
                now if self.style in ("cursor", "missing") else None,
                whole=self.style == "whole" or known is None,
            )

    def _rows(self, scope: str, request: Request, periods: list[Period]) -> Iterator[Event]:
        holed = self.hole is not None and self.hole.scope == scope
        for row in [each for (place, _), each in sorted(self.world.rows.items()) if place == scope]:
            hidden = holed and (self.hole.period is None or row.occurred_at in self.hole.period)
            if request.wants(row.account) and any(row.occurred_at in period for period in periods) and not hidden:
                yield row

    def _changes(self, scope: str, request: Request, since: int) -> Iterator[Event]:
        for place, name in dict.fromkeys(self.world.log[since:]):
            row = self.world.rows.get((place, name))
            if place == scope and row and row.occurred_at in request.period and request.wants(row.account):
                yield row
            elif place == scope:
                yield Retraction(scope, id=name)
