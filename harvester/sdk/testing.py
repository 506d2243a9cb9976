"""Tests of the contract of a connector, for ours and for any other."""

from __future__ import annotations

import dataclasses
import datetime as dt
import pickle
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

from harvester.model import periods
from harvester.model.contribution import Contribution, Kind, Role, from_table, to_table
from harvester.model.periods import Calendar, Period
from harvester.sdk.capabilities import Part, ReadsInParts
from harvester.sdk.connector import (
    Connector,
    ConnectorContext,
    Event,
    Gap,
    Remark,
    Request,
    Retraction,
    ScopeCompleted,
)
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
    - a fetch that goes on from the first one's cursors yields a row that the first one did not;
    - the parts of a connector that reads in parts differ together from a fetch, in the first and in the next harvest.
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
    if isinstance(make(), ReadsInParts):
        breaches += _errors_in_parts(make, request, first)
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
    known = {(event.scope, event.id): event for event in first if isinstance(event, Contribution)}
    again = _keyed(make(), _following(request, first))
    for key in again.keys() - known.keys():
        yield f"a fetch that goes on from the cursors yields {key}, which the first one did not"


def _following(request: Request, first: Iterable[object]) -> Request:
    """The request of the next harvest, after one that yielded these events."""
    done = [event for event in first if isinstance(event, ScopeCompleted)]
    cursors = {each.scope: each.cursor for each in done if each.cursor is not None}
    return dataclasses.replace(
        request, cursors=cursors, covered=(request.period,), newest={each.scope: each.cursor for each in done}
    )


def _keyed(connector: Connector, request: Request) -> dict[tuple[str, str], Contribution]:
    return _rows_by_key(connector.fetch(request))


def _rows_by_key(events: Iterable[object]) -> dict[tuple[str, str], Contribution]:
    return {(event.scope, event.id): event for event in events if isinstance(event, Contribution)}


def _errors_in_parts(make: Callable[[], Connector], request: Request, first: Sequence[object]) -> Iterable[str]:
    """How reading in parts differs from one fetch, in a first harvest and in the one that goes on from it."""
    yield from _parts_differ(make, request, first)
    following = _following(request, first)
    yield from _parts_differ(make, following, list(make().fetch(following)))
    yield from _not_resumable(make, request, [*_rows_by_key(first).values(), *_read_in_parts(make, request).joined])


def _parts_differ(make: Callable[[], Connector], request: Request, fetched: Sequence[object]) -> Iterable[str]:
    read = _read_in_parts(make, request)
    for name, count in Counter(part.name for part, _ in read.by_part).items():
        if count > 1:
            yield f"{count} parts are called {name!r}"
    for part, events in read.by_part:
        for scope in {each.scope for each in events if isinstance(each, Contribution | ScopeCompleted)} - {part.scope}:
            if part.scope:
                yield f"the part {part.name!r} of {part.scope!r} yields {scope!r}"
    if _rows_by_key(read.events) != _rows_by_key(fetched):
        yield "the parts together yield other rows than a fetch"
    summed, whole = (Counter(_traits(some)) for some in ([*read.events, *read.joined], fetched))
    for trait in sorted((summed - whole) | (whole - summed)):
        yield f"the parts together and a fetch differ in {trait}"


@dataclass(frozen=True)
class _InParts:
    """What a connector yields when it is read in parts, the completed scopes joined."""

    by_part: Sequence[tuple[Part, Sequence[Event]]]
    events: Sequence[object]
    joined: Sequence[ScopeCompleted]


def _read_in_parts(make: Callable[[], Connector], request: Request) -> _InParts:
    """Each part as another process reads it: the last one first, by a connector of its own, handed over by pickle."""

    def fetched(part: Part) -> list[Event]:
        connector = make()
        assert isinstance(connector, ReadsInParts)
        return list(connector.fetch_part(*pickle.loads(pickle.dumps((request, part)))))  # noqa: S301 - our own bytes

    connector = make()
    assert isinstance(connector, ReadsInParts)
    found = list(connector.parts(request))
    parts = [each for each in found if isinstance(each, Part)]
    by_part = [(part, fetched(part)) for part in reversed(parts)][::-1]
    events: list[object] = [each for each in found if not isinstance(each, Part)]
    events += [each for _, some in by_part for each in some]
    completed = [each for each in events if isinstance(each, ScopeCompleted)]
    rest = [each for each in events if not isinstance(each, ScopeCompleted)]
    return _InParts(by_part, rest, list(connector.join(request, completed)))


def _traits(events: Iterable[object]) -> Iterable[str]:
    """What the ledger does besides storing rows, each once, but for completed scopes, of which one is enough."""
    yield from {f"a gap of {each.scope!r}" for each in events if isinstance(each, Gap)}
    yield from {str(each) for each in events if isinstance(each, Remark | Retraction)}
    for each in events:
        if isinstance(each, ScopeCompleted):
            yield f"the completed {each.scope!r}, whole: {each.whole}, with a cursor: {each.cursor is not None}"
