"""Tests of the contract of a connector, for ours and for any other."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import get_args

from harvester.model import periods
from harvester.model.contribution import Contribution, Kind, Role, from_table, to_table
from harvester.model.periods import Calendar, Period
from harvester.sdk.connector import Connector, ConnectorContext, Gap, Remark, Request, Retraction, ScopeCompleted
from harvester.sdk.secrets import SecretStore


def connector_context(
    root: Path,
    source: str = "test",
    *,
    now: dt.datetime | None = None,
    environ: Mapping[str, str] | None = None,
    waited: list[tuple[float, str]] | None = None,
    calendar: Calendar | None = None,
    person: str | None = None,
) -> ConnectorContext:
    """A context for tests: the clock always returns `now` (None: it runs), and waits are added to `waited` at once."""
    waits = waited if waited is not None else []
    return ConnectorContext(
        source=source,
        root=root,
        calendar=calendar or periods.calendar("UTC"),
        clock=(lambda: now) if now else (lambda: dt.datetime.now(dt.UTC)),
        wait=lambda seconds, why: waits.append((seconds, why)),
        reveal=SecretStore(environ or {}, root).reveal,
        person=person,
        environ=environ or {},
    )


def check_connector(make: Callable[[], Connector], request: Request) -> list[Contribution]:
    """Test a connector against the contract with one request; returns the rows that it yielded.

    `make` returns a new connector that reads the same, unchanged source each time. Raises AssertionError, which lists
    every breach:

    - something yielded is not an event, or a gap has no reason;
    - a row is outside the period, of an account that was not wanted, of a second source, or of an unknown kind or role;
    - a ticket that somebody closed does not say whose work it is;
    - a key (scope, id) is empty, or comes twice with different contents;
    - a value changes when it is stored;
    - a second fetch differs, or two fetches of the halves of the period differ from one fetch of all of it;
    - a fetch that goes on from the first one's cursors yields a row that the first one did not.
    """
    first = list(make().fetch(request))
    breaches = [f"yielded {event!r}, which is not an event" for event in first if not isinstance(event, _EVENTS)]
    breaches += [f"a gap in {gap.scope!r} has no reason" for gap in first if isinstance(gap, Gap) and not gap.reason]
    rows = [event for event in first if isinstance(event, Contribution)]
    unstorable = list(_unstorable(rows))
    if unstorable:
        raise _contract_error(breaches + unstorable)
    breaches += _errors_in_rows(rows, request)
    breaches += _not_repeatable(make, request, rows)
    breaches += _not_divisible(make, request, rows)
    breaches += _not_resumable(make, request, first)
    if breaches:
        raise _contract_error(breaches)
    return rows


def _contract_error(breaches: Iterable[str]) -> AssertionError:
    return AssertionError("the connector breaks the contract:\n" + "\n".join(f"- {each}" for each in breaches))


def _unstorable(rows: list[Contribution]) -> Iterable[str]:
    try:
        stored = from_table(to_table(rows))
    except ValueError as error:
        yield str(error)
        return
    for before, after in zip(rows, stored, strict=True):
        if after != _in_utc(before):
            yield f"{before.id} changes on its way through Arrow"


_EVENTS = (Contribution, Gap, Remark, ScopeCompleted, Retraction)


def _errors_in_rows(rows: list[Contribution], request: Request) -> Iterable[str]:
    if len({row.source for row in rows}) > 1:
        yield f"names several sources: {sorted({row.source for row in rows})}"
    for row in rows:
        yield from _errors_in_row(row, request)
    seen: dict[tuple[str, str], Contribution] = {}
    for row in rows:
        if seen.setdefault((row.scope, row.id), row) != row:
            yield f"{row.id} came twice in {row.scope} with different contents"


def _errors_in_row(row: Contribution, request: Request) -> Iterable[str]:
    if row.occurred_at not in request.period:
        yield f"{row.id} at {row.occurred_at.isoformat()} is outside the period"
    if not request.wants(row.account):
        yield f"{row.id} is by {row.account!r}, who was not asked for"
    if row.kind not in get_args(Kind) or row.role not in get_args(Role):
        yield f"{row.id} has an unknown kind or role: {row.kind!r}, {row.role!r}"
    if row.role == "resolver" and not row.owners:
        yield f"{row.id} is of a ticket that somebody closed, and names no owners"
    for name in ("id", "source", "scope", "work_item", "account"):
        if not getattr(row, name):
            yield f"{row.id or 'a row'} has an empty {name!r}"


def _in_utc(row: Contribution) -> Contribution:
    started_at = row.started_at.astimezone(dt.UTC) if row.started_at else None
    return dataclasses.replace(
        row, occurred_at=row.occurred_at.astimezone(dt.UTC), started_at=started_at, extra=dict(row.extra)
    )


def _not_repeatable(make: Callable[[], Connector], request: Request, rows: list[Contribution]) -> Iterable[str]:
    if _keyed(make(), request) != {(row.scope, row.id): row for row in rows}:
        yield "a second fetch from the unchanged source differs from the first"


def _not_divisible(make: Callable[[], Connector], request: Request, rows: list[Contribution]) -> Iterable[str]:
    middle = request.period.since + (request.period.until - request.period.since) / 2
    halves = (Period(request.period.since, middle), Period(middle, request.period.until))
    parts = [_keyed(make(), dataclasses.replace(request, period=half)) for half in halves]
    if parts[0].keys() & parts[1].keys():
        yield "two adjacent periods share rows"
    if parts[0] | parts[1] != {(row.scope, row.id): row for row in rows}:
        yield "two fetches of adjacent periods differ from one fetch of both"


def _not_resumable(make: Callable[[], Connector], request: Request, first: Sequence[object]) -> Iterable[str]:
    cursors = {
        event.scope: event.cursor for event in first if isinstance(event, ScopeCompleted) and event.cursor is not None
    }
    known = {(event.scope, event.id): event for event in first if isinstance(event, Contribution)}
    again = _keyed(make(), dataclasses.replace(request, cursors=cursors, covered=(request.period,)))
    for key in again.keys() - known.keys():
        yield f"a fetch that goes on from the cursors yields {key}, which the first one did not"


def _keyed(connector: Connector, request: Request) -> dict[tuple[str, str], Contribution]:
    rows = [event for event in connector.fetch(request) if isinstance(event, Contribution)]
    return {(row.scope, row.id): row for row in rows}
