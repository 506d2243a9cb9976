"""What a fetch leaves for the next: up to which heads a repository was read, for whom, for which period. Pure.

A repository has one cursor: it lists the fetches since the last one that began without a cursor, in their order.
An entry says that all rows of its accounts in its period were read as they are by its heads. A later fetch of the same
need not read those again that are the same by the present heads. Two things may have happened since:

- Later fetches, of other people or in parts of the period, wrote some of these rows by other heads. So what is known
  must be the same by the heads of all later entries of the period, too.
- Something has vanished: rows of commits that no branch reaches any more must be removed, and only reading in full
  finds them. So an entry is of use only where all later heads are still reached. And where commits land at another time
  than by an entry's heads, such as after a merge in the other direction, their rows move from one period into another;
  the fetch that sees this drops the entry.

An entry that a later one replaces (no fewer people, no shorter a period) is dropped, and so are the oldest, which at
worst costs reading in full.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass

from harvester.model.accounts import account_key
from harvester.model.periods import Period

VERSION = 2
ROWS = "7"
"""Which rows this connector makes of the same history; a new one reads everything again."""

MOST_ENTRIES = 24

Accounts = tuple[str, ...] | None
"""Digests of addresses, sorted, so that a cursor names nobody; None for everyone."""
Heads = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Entry:
    """One fetch: whose rows, in which state, in which period, up to which heads."""

    accounts: Accounts
    state: str
    """A digest of all that shapes a row besides the commits: options, people, mailmap, remote, shallow boundary."""
    gap: str
    """The part of the period that was not fetched from the remote, in words; once it is, all is read again."""
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
        """The heads by which the rows that are wanted were read, the last first; none where not all of them were."""
        found = []
        for entry in reversed(self.entries):
            if not reached(entry.heads):
                break
            if entry.period.overlap(wanted.period):
                if entry.state != wanted.state:
                    break
                found.append(entry.heads)
                if entry.gap == wanted.gap and entry.replaces(wanted):
                    return found
        return []

    def with_entry(self, new: Entry, unmoved: Collection[Heads]) -> Cursor:
        """The cursor after one more fetch; `unmoved` are the heads by which everything lands as it does now."""
        kept: list[Entry] = []
        for each in reversed(self.entries):
            if each.heads not in unmoved:
                break
            if not new.replaces(each):
                kept.append(each)
        return Cursor((*reversed(kept), new)[-MOST_ENTRIES:])

    def dump(self) -> str:
        """As JSON, the same for the same cursor."""
        entries = [
            [
                each.accounts,
                each.state,
                each.gap,
                each.period.since.isoformat(),
                each.period.until.isoformat(),
                each.heads,
            ]
            for each in self.entries
        ]
        return json.dumps({"version": VERSION, "entries": entries}, separators=(",", ":"))


def load(dumped: str | None) -> Cursor | None:
    """A cursor as it was dumped; None where there is none, or one that this version did not write."""
    try:
        stored = json.loads(dumped or "null")
        if not isinstance(stored, dict) or stored["version"] != VERSION:
            return None
        return Cursor(tuple(_entry(*each) for each in stored["entries"]))
    except (ValueError, KeyError, TypeError):
        return None


def _entry(accounts: list[str] | None, state: str, gap: str, since: str, until: str, heads: list[str]) -> Entry:
    period = Period(dt.datetime.fromisoformat(since), dt.datetime.fromisoformat(until))
    return Entry(None if accounts is None else tuple(accounts), str(state), str(gap), period, tuple(heads))


def digests(accounts: Iterable[str] | None) -> Accounts:
    """Accounts as sorted digests of their keys."""
    return None if accounts is None else tuple(sorted({digest(account_key(each)) for each in accounts}))


def digest(*parts: object) -> str:
    """A short digest of what has a `repr`, such as texts and bytes."""
    return hashlib.sha256(repr(parts).encode("utf-8", "surrogateescape")).hexdigest()[:24]


def _within(wanted: Accounts, known: Accounts) -> bool:
    return known is None or (wanted is not None and set(wanted) <= set(known))
