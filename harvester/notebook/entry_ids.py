"""Which entry of a notebook is which: a lasting name for each, and its place among those of its day."""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from collections.abc import Sequence

from harvester.notebook.notebook import Entry, newest_first

_SLUG = 60


def places(entries: Sequence[Entry]) -> list[int]:
    """Which one of its day each entry is, from 0, so that the later of two figures for a goal holds."""
    counts: dict[dt.date, int] = {}
    found = [0] * len(entries)
    for number in _by_time(entries):
        found[number] = counts[entries[number].date] = counts.get(entries[number].date, -1) + 1
    return found


def identities(entries: Sequence[Entry]) -> list[str]:
    """A lasting name for each entry, made from its title, so that moving it to another day moves the row.

    Where a title stands again its day is part of the name, and a number where it stands twice on that day. The earliest
    keeps the plain name, so that whoever referred to it still does when another is written.
    """
    seen: dict[tuple[str, dt.date | None], int] = {}
    names = [""] * len(entries)
    for number in _by_time(entries):
        date, title = entries[number].date, _plain(entries[number].title)
        again = seen[title, None] = seen.get((title, None), 0) + 1
        that_day = seen[title, date] = seen.get((title, date), 0) + 1
        end = (f"-{date.isoformat()}" if again > 1 else "") + (f"-{that_day}" if that_day > 1 else "")
        names[number] = f"{_slug(title)}-{hashlib.sha256(title.encode()).hexdigest()[:8]}{end}"
    return names


def _by_time(entries: Sequence[Entry]) -> list[int]:
    """The numbers of the entries from the earliest to the latest."""
    numbers = range(len(entries))
    return sorted(reversed(numbers) if newest_first(entries) else numbers, key=lambda number: entries[number].date)


def _plain(title: str) -> str:
    return " ".join(title.casefold().split())


def _slug(title: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", title)[:_SLUG].strip("-") or "note"
