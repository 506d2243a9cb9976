"""What the tests of any connector share: times, requests, and what fetches yield."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field

from harvester.model.contribution import Contribution
from harvester.model.periods import Period
from harvester.sdk.connector import Event, Gap, Remark, Request, Retraction, ScopeCompleted


def on(month: int, day: int, hour: int = 12, minute: int = 0, second: int = 0) -> dt.datetime:
    """A time in 2026, UTC."""
    return dt.datetime(2026, month, day, hour, minute, second, tzinfo=dt.UTC)


QUARTER = Period(on(7, 1, 0), on(10, 1, 0))


def wanted(*accounts: str, period: Period = QUARTER, after: Read | None = None) -> Request:
    """A request for some accounts (none: everyone), which may go on from an earlier fetch of the same period."""
    who = frozenset(accounts) or None
    if after is None:
        return Request(period, who)
    return Request(period, who, (period,), after.cursors)


@dataclass
class Read:
    """What a fetch yielded, by kind, and how many requests it took."""

    rows: list[Contribution] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)
    done: list[ScopeCompleted] = field(default_factory=list)
    retracted: list[Retraction] = field(default_factory=list)
    remarks: list[Remark] = field(default_factory=list)
    requests: int = 0

    @property
    def cursors(self) -> dict[str, str]:
        """What the next request is given."""
        return {each.scope: each.cursor for each in self.done if each.cursor is not None}

    def of(self, kind: str) -> list[Contribution]:
        """The rows of a kind, by time."""
        return sorted((row for row in self.rows if row.kind == kind), key=lambda row: (row.occurred_at, row.id))


def gather(events: Iterable[object]) -> Read:
    """Events by kind; what came before an error is lost here."""
    found = Read()
    lists = {
        Contribution: found.rows,
        Gap: found.gaps,
        ScopeCompleted: found.done,
        Retraction: found.retracted,
        Remark: found.remarks,
    }
    for each in events:
        lists[type(each)].append(each)  # type: ignore[attr-defined]  # each list has what its key says
    return found


@dataclass
class Stored:
    """The rows that are stored of several fetches of one request, one after the other; no fetch may have a gap."""

    period: Period
    accounts: frozenset[str] | None
    rows: dict[str, Contribution] = field(default_factory=dict)
    last: Read | None = None

    @property
    def request(self) -> Request:
        """The next request, which goes on from the last fetch."""
        if self.last is None:
            return Request(self.period, self.accounts)
        return Request(self.period, self.accounts, (self.period,), self.last.cursors)

    def take(self, events: Iterable[Event]) -> None:
        """Store what a fetch yields."""
        listed = list(events)
        self.last = gather(listed)
        assert self.last.gaps == []
        if self.last.done[0].whole:
            self.rows.clear()
        for each in listed:
            if isinstance(each, Contribution):
                self.rows[each.id] = each
            elif isinstance(each, Retraction):
                self.rows = {key: row for key, row in self.rows.items() if not _is_retracted(row, each)}


def _is_retracted(row: Contribution, by: Retraction) -> bool:
    if by.id is not None:
        return row.id == by.id
    return row.work_item == by.work_item and by.kind in {None, row.kind}
