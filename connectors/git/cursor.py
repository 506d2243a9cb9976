"""What a reading leaves for the next: which tips were read, for whom, for which periods, in which state. Pure."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from harvester.model.periods import Period

VERSION = 1
ROWS = "2"
"""Which rows this connector makes of the same history; a new one reads everything again, and takes no earlier count."""

KEPT = 24
"""So many periods are remembered; a forgotten one is read again."""


@dataclass(frozen=True, slots=True)
class Cursor:
    """What is known: whose acts (digests of addresses, sorted; None: everyone's), the state, the tips by period.

    `state` is a digest of all that shapes a row besides the commits: options, mailmap, remote, the edge of a shallow
    clone. Addresses are kept as digests, so that a forgotten person does not stand here.
    """

    accounts: tuple[str, ...] | None
    state: str
    read: tuple[tuple[Period, tuple[str, ...]], ...] = ()
    made: str = ROWS
    """Which rows came of it."""

    def known(self, period: Period, accounts: tuple[str, ...] | None, state: str) -> list[tuple[str, ...]]:
        """The tips up to which this period was read for these people in this state, the last first."""
        if state != self.state or not _within(accounts, self.accounts):
            return []
        return [tips for held, tips in reversed(self.read) if held.since <= period.since and period.until <= held.until]

    @property
    def tips(self) -> tuple[str, ...]:
        """The commits that were tips at any time, each once."""
        return tuple(sorted({sha for _, tips in self.read for sha in tips}))

    def overlapping(self, period: Period) -> frozenset[tuple[str, ...]]:
        """The tips up to which any of this period was read."""
        return frozenset(tips for held, tips in self.read if held.overlap(period))

    def without(self, gone: Sequence[tuple[str, ...]]) -> Cursor:
        """The cursor without what was read up to these tips."""
        return replace(self, read=tuple(each for each in self.read if each[1] not in gone))

    def with_read(self, period: Period, tips: tuple[str, ...]) -> Cursor:
        """The cursor after the period was read up to these tips."""
        others = tuple(
            (held, at) for held, at in self.read if not (period.since <= held.since and held.until <= period.until)
        )
        return replace(self, read=(*others, (period, tips))[-KEPT:])

    def dump(self) -> str:
        """As JSON, the same for the same cursor."""
        read = [[period.since.isoformat(), period.until.isoformat(), *tips] for period, tips in self.read]
        held = {"version": VERSION, "accounts": self.accounts, "state": self.state, "made": self.made, "read": read}
        return json.dumps(held, separators=(",", ":"))


def load(dumped: str | None) -> Cursor | None:
    """A cursor as it was dumped; None where there is none, or one that this version did not write."""
    try:
        held = json.loads(dumped or "null")
        if not isinstance(held, dict) or held["version"] != VERSION:
            return None
        read = tuple((_period(since, until), tuple(tips)) for since, until, *tips in held["read"])
        accounts = held["accounts"] if held["accounts"] is None else tuple(held["accounts"])
        return Cursor(accounts, str(held["state"]), read, str(held.get("made", "")))
    except (ValueError, KeyError, TypeError):
        return None


def digests(accounts: Iterable[str] | None) -> tuple[str, ...] | None:
    """Accounts as sorted digests, without case."""
    return None if accounts is None else tuple(sorted({digest(each.casefold()) for each in accounts}))


def digest(*parts: str | bytes) -> str:
    """A short digest over parts, each kept apart from the next."""
    made = hashlib.sha256()
    for part in parts:
        raw = part.encode("utf-8", "surrogateescape") if isinstance(part, str) else part
        made.update(len(raw).to_bytes(8, "big") + raw)
    return made.hexdigest()[:24]


def _within(wanted: tuple[str, ...] | None, known: tuple[str, ...] | None) -> bool:
    return known is None or (wanted is not None and set(wanted) <= set(known))


def _period(since: str, until: str) -> Period:
    return Period(dt.datetime.fromisoformat(since), dt.datetime.fromisoformat(until))
