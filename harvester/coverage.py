"""What was read: whose acts, for which window, when, with which holes, and what follows from it for the next reading.

Pure: nothing here touches a disk or a source.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from harvester.accounts import account_key
from harvester.connector import Gap
from harvester.windows import Window

WHOLE = ""
"""The scope that stands for a source as a whole."""

MOST_SLIVERS = 12
"""How many windows of one scope and the same accounts are kept apart; beyond that the oldest neighbours become one."""


@dataclass(frozen=True, slots=True)
class Coverage:
    """What was read of a scope: whose acts (None: everyone's), for which window, when, with which holes.

    Where the window reaches beyond `read_at`, what comes later is what the next harvest asks for as changed since. A
    gap without a window is a hole in all of it.
    """

    source: str
    scope: str
    accounts: frozenset[str] | None
    window: Window
    read_at: dt.datetime
    cursor: str | None = None
    gaps: tuple[Gap, ...] = ()

    @property
    def complete(self) -> bool:
        """Whether nothing is missing."""
        return not self.gaps

    @property
    def finished(self) -> list[Window]:
        """The parts of the window that have no hole."""
        return self.window.minus([gap.window or self.window for gap in self.gaps])

    @property
    def keys(self) -> frozenset[str] | None:
        """The accounts as they are compared; None for everyone."""
        return None if self.accounts is None else frozenset(map(account_key, self.accounts))


def covered(rows: Iterable[Coverage], accounts: frozenset[str] | None, window: Window) -> list[Window]:
    """The parts of a window that are finished for every one of the accounts (None: for everyone), in order.

    A reading of everyone covers anybody; one of other people covers nobody else. `rows` are of one scope.
    """
    known = [(row.keys, row.finished) for row in rows if row.window.overlap(window)]
    if accounts is None:
        done = [[each for keys, windows in known if keys is None for each in windows]]
    else:
        done = [
            [each for keys, windows in known if keys is None or key in keys for each in windows]
            for key in {account_key(account) for account in accounts}
        ]
    return window.minus([hole for windows in done for hole in window.minus(windows)])


@dataclass(frozen=True, slots=True)
class Standing:
    """How a source stands for a window and the accounts wanted: what is missing, and how old what is known is."""

    source: str
    window: Window
    holes: tuple[Gap, ...] = ()
    """What could not be read, each once."""
    unread: tuple[Window, ...] = ()
    """What nobody has tried to read."""
    stale: tuple[Gap, ...] = ()
    """Why what is known could not be read again since."""
    read_at: dt.datetime | None = None
    """When the oldest part was read; None where nothing was."""

    @property
    def complete(self) -> bool:
        """Whether all of the window was read, and read again the last time it was tried."""
        return not (self.holes or self.unread or self.stale)


def standing(rows: Iterable[Coverage], source: str, accounts: frozenset[str] | None, window: Window) -> Standing:
    """How a source stands, from all that is known about what was read (`accounts` None: of everyone)."""
    own = [
        row
        for row in rows
        if row.source == source and row.scope == WHOLE and row.window.overlap(window) and _concerns(row, accounts)
    ]
    missing = window.minus(covered(own, accounts, window))
    told = list(dict.fromkeys((gap, gap.window or row.window) for row in own for gap in row.gaps))
    holes = [gap for gap, where in told if any(where.overlap(each) for each in missing)]
    unread = [part for each in missing for part in each.minus([where for _, where in told])]
    stale = [gap for gap, where in told if where.overlap(window) and gap not in holes]
    read_at = min((row.read_at for row in own if row.finished), default=None)
    return Standing(source, window, tuple(dict.fromkeys(holes)), tuple(unread), tuple(dict.fromkeys(stale)), read_at)


@dataclass(frozen=True, slots=True)
class Mark:
    """Where the readings of a scope stopped: the oldest cursor, the windows it was read for, the other cursors."""

    cursor: str
    windows: tuple[Window, ...]
    later: tuple[str, ...] = ()


def marks(
    rows: Iterable[Coverage], accounts: frozenset[str] | None, window: Window, finished: Sequence[Window]
) -> dict[str, Mark]:
    """By scope the cursor from last time, and what of the window it was read for, whatever holes other scopes have.

    Where several readings made that up the cursor is the oldest one's: what changed since then holds what changed since
    any later one. A scope that was not read in all that the source finished as a whole has none: it is to be read anew.
    """
    known: dict[str, list[Coverage]] = {}
    for row in rows:
        if row.scope != WHOLE and row.window.overlap(window):
            known.setdefault(row.scope, []).append(row)
    found = {}
    for scope, every in known.items():
        parts = [row for row in every if _concerns(row, accounts)]
        windows = covered(parts, accounts, window)
        cursor = min(parts, key=lambda row: row.read_at).cursor if parts else None
        if windows and cursor is not None and not any(each.minus(windows) for each in finished):
            later = (row.cursor for row in sorted(every, key=lambda row: row.read_at) if row.cursor != cursor)
            found[scope] = Mark(cursor, tuple(windows), tuple(dict.fromkeys(filter(None, later))))
    return found


def updated(known: Iterable[Coverage], fresh: Sequence[Coverage]) -> list[Coverage]:
    """What is known of one source after a new reading: old rows keep only what the new ones do not tell again."""
    rows = list(known)
    for new in fresh:
        rows = [part for old in rows for part in _remaining(old, new)]
    rows += [new for new in fresh if new.window.since < new.window.until]
    return _fused(sorted(rows, key=_order))


def dropped(
    rows: Iterable[Coverage], accounts: frozenset[str] | None, window: Window, but_scopes: frozenset[str]
) -> list[Coverage]:
    """The rows without what they tell of a window and these accounts (None: anyone), for all scopes but these.

    What else such a row tells of other people goes too: that costs a reading and nothing else.
    """
    kept = []
    for row in rows:
        concerned = accounts is None or row.keys is None or _concerns(row, accounts)
        if row.scope == WHOLE or row.scope in but_scopes or not concerned:
            kept.append(row)
        else:
            kept += [_narrowed(row, part) for part in row.window.minus([window])]
    return kept


def unmarked(rows: Iterable[Coverage]) -> list[Coverage]:
    """The rows without their cursors, so that the next harvest reads again all that they tell of."""
    return [dataclasses.replace(row, cursor=None) for row in rows]


def forgotten(rows: Iterable[Coverage], keys: frozenset[str]) -> list[Coverage]:
    """The rows without these accounts (as `account_key` gives them); a reading of everyone no longer counts as one.

    A cursor of somebody who is left goes too, since it may hold a digest of those who are not.
    """
    kept = []
    for row in rows:
        if row.accounts is None:
            continue
        rest = frozenset(each for each in row.accounts if account_key(each) not in keys)
        if rest:
            kept.append(row if rest == row.accounts else dataclasses.replace(row, accounts=rest, cursor=None))
    return kept


def _concerns(row: Coverage, accounts: frozenset[str] | None) -> bool:
    if accounts is None or row.keys is None:
        return row.keys is None
    return not row.keys.isdisjoint(map(account_key, accounts))


def _remaining(old: Coverage, new: Coverage) -> list[Coverage]:
    """What of an old row a new one leaves standing; a failed reading does not undo one that went well."""
    told_again = new.keys is None or (old.keys is not None and old.keys <= new.keys)
    if old.scope != new.scope or not told_again:
        return [old]
    rest = old.window.minus(new.finished if old.complete else [new.window])
    return [_narrowed(old, window) for window in rest] if rest != [old.window] else [old]


def _narrowed(row: Coverage, window: Window) -> Coverage:
    gaps = tuple(gap for gap in row.gaps if gap.window is None or gap.window.overlap(window))
    return dataclasses.replace(row, window=window, gaps=gaps)


def _order(row: Coverage) -> tuple[str, bool, list[str], dt.datetime, dt.datetime]:
    return (row.scope, row.accounts is None, sorted(row.accounts or ()), row.window.since, row.read_at)


def _fused(rows: list[Coverage]) -> list[Coverage]:
    """A window that moves on a little each day leaves slivers behind; the oldest neighbours become one again."""
    groups: dict[tuple[str, frozenset[str] | None], list[Coverage]] = {}
    for row in rows:
        groups.setdefault((row.scope, row.accounts), []).append(row)
    return [row for group in groups.values() for row in _few(group)]


def _few(group: list[Coverage]) -> list[Coverage]:
    while len(group) > MOST_SLIVERS:
        pairs = [pair for pair in pairwise(group) if _joins(*pair)]
        if not pairs:
            return group
        left, right = min(pairs, key=lambda pair: max(each.read_at for each in pair))
        older = min(left, right, key=lambda row: row.read_at)
        one = dataclasses.replace(older, window=Window(left.window.since, right.window.until))
        group = [one if row is left else row for row in group if row is not right]
    return group


def _joins(left: Coverage, right: Coverage) -> bool:
    return left.complete and right.complete and left.window.until == right.window.since
