"""Ids of the entries of a notebook: a lasting name for each, and its place among those of its day."""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from collections.abc import Sequence

from harvester.notebook.notebook import Entry, newest_first

_SLUG = 60


def places(entries: Sequence[Entry]) -> list[int]:
    """The place of each entry among those of its day, from 0: of two figures for a goal the later counts."""
    counts: dict[dt.date, int] = {}
    places = [0] * len(entries)
    for number in _by_time(entries):
        places[number] = counts[entries[number].date] = counts.get(entries[number].date, -1) + 1
    return places


def identities(entries: Sequence[Entry]) -> list[str]:
    """A lasting name for each entry, made from its title: moved to another day, an entry is still the same row.

    An entry has no id of its own and its text changes, so its title (a hash of it, without case and spacing) names it.
    Where a title is used again its day is added, and a number for the second on one day. Names are given from the
    earliest to the latest entry and the earliest has the plain one, so that a new entry renames none before it: what
    refers to one still finds it.
    """
    seen: dict[tuple[str, dt.date | None], int] = {}
    names = [""] * len(entries)
    for number in _by_time(entries):
        date, title = entries[number].date, _plain(entries[number].title)
        uses = seen[title, None] = seen.get((title, None), 0) + 1
        uses_that_day = seen[title, date] = seen.get((title, date), 0) + 1
        end = (f"-{date.isoformat()}" if uses > 1 else "") + (f"-{uses_that_day}" if uses_that_day > 1 else "")
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
