"""What a fetch leaves for the next: up to which heads a repository was read, for whom, for which period. Pure.

A repository has one cursor: it lists all fetches since the last one that began without a cursor, in their order.
An entry says that all rows of its accounts in its period were read up to its heads. A later fetch of the same need not
read those again, as long as nothing that was read since has vanished: rows of commits that no branch reaches any more
must be removed, and only reading in full finds them. Every later fetch is in the list, so where the heads of all later
entries that overlap are still reached, nothing has vanished. Where some are not, everything is read in full, which
becomes the last entry. An entry that a later one replaces (no fewer people, no shorter a period) is dropped, and so are
the oldest, which at worst costs reading in full.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from harvester.model.periods import Period

VERSION = 1
ROWS = "3"
"""Which rows this connector makes of the same history; a new one reads everything again."""

MOST_ENTRIES = 24

Accounts = tuple[str, ...] | None
"""Digests of addresses, sorted, so that a cursor names nobody; None for everyone."""
Heads = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Entry:
    """One fetch: whose rows, in which state, in which period, up to which heads.

    `state` is a digest of all that shapes a row besides the commits: options, mailmap, remote, the edge of a shallow
    clone.
    """

    accounts: Accounts
    state: str
    period: Period
    heads: Heads

    def replaces(self, other: Entry) -> bool:
        """Whether all that another entry says was read again."""
        inside = self.period.since <= other.period.since and other.period.until <= self.period.until
        return inside and _within(other.accounts, self.accounts)


@dataclass(frozen=True, slots=True)
class Cursor:
    """The fetches of a repository, the oldest first."""

    entries: tuple[Entry, ...] = ()

    @property
    def heads(self) -> Heads:
        """The heads of the last fetch."""
        return self.entries[-1].heads if self.entries else ()

    def known(self, wanted: Entry, reached: Callable[[Heads], bool]) -> list[Heads]:
        """The heads up to which what is wanted was read, the last first; none from where something has vanished."""
        found = []
        for entry in reversed(self.entries):
            if entry.period.overlap(wanted.period) and not reached(entry.heads):
                break
            if entry.state == wanted.state and Entry.replaces(entry, wanted):
                found.append(entry.heads)
        return found

    def with_entry(self, new: Entry) -> Cursor:
        """The cursor after one more fetch."""
        return Cursor((*(each for each in self.entries if not new.replaces(each)), new)[-MOST_ENTRIES:])

    def dump(self) -> str:
        """As JSON, the same for the same cursor."""
        entries = [
            [each.accounts, each.state, each.period.since.isoformat(), each.period.until.isoformat(), each.heads]
            for each in self.entries
        ]
        return json.dumps({"version": VERSION, "entries": entries}, separators=(",", ":"))


def load(dumped: str | None) -> Cursor | None:
    """A cursor as it was dumped; None where there is none, or one that this version did not write."""
    try:
        stored = json.loads(dumped or "null")
        if not isinstance(stored, dict) or stored["version"] != VERSION:
            return None
        return Cursor(tuple(
            Entry(None if accounts is None else tuple(accounts), str(state), _period(since, until), tuple(heads))
            for accounts, state, since, until, heads in stored["entries"]
        ))  # fmt: skip
    except (ValueError, KeyError, TypeError):
        return None


def digests(accounts: Iterable[str] | None) -> Accounts:
    """Accounts as sorted digests, without case."""
    return None if accounts is None else tuple(sorted({digest(each.casefold()) for each in accounts}))


def digest(*parts: object) -> str:
    """A short digest of what has a `repr`, such as texts and bytes."""
    return hashlib.sha256(repr(parts).encode("utf-8", "surrogateescape")).hexdigest()[:24]


def _within(wanted: Accounts, known: Accounts) -> bool:
    return known is None or (wanted is not None and set(wanted) <= set(known))


def _period(since: str, until: str) -> Period:
    return Period(dt.datetime.fromisoformat(since), dt.datetime.fromisoformat(until))
