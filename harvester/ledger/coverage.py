"""What was read: whose acts, for which period, when, with which holes, and what follows from it for the next reading.

Pure: nothing here touches a disk or a source.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from harvester.model.accounts import account_key
from harvester.model.periods import Period
from harvester.sdk.connector import Gap

WHOLE = ""
"""The scope that stands for a source as a whole."""

MOST_SLIVERS = 12
"""How many periods of one scope and the same accounts are kept apart; beyond that the oldest neighbours become one."""


@dataclass(frozen=True, slots=True)
class Coverage:
    """What was read of a scope: whose acts (None: everyone's), for which period, when, with which holes.

    Where the period reaches beyond `read_at`, what comes later is what the next harvest asks for as changed since. A
    gap without a period is a hole in all of it.
    """

    source: str
    scope: str
    accounts: frozenset[str] | None
    period: Period
    read_at: dt.datetime
    cursor: str | None = None
    gaps: tuple[Gap, ...] = ()

    @property
    def complete(self) -> bool:
        """Whether nothing is missing."""
        return not self.gaps

    @property
    def finished(self) -> list[Period]:
        """The parts of the period that have no hole."""
        return self.period.minus([gap.period or self.period for gap in self.gaps])

    @property
    def keys(self) -> frozenset[str] | None:
        """The accounts as they are compared; None for everyone."""
        return None if self.accounts is None else frozenset(map(account_key, self.accounts))


def covered(rows: Iterable[Coverage], accounts: frozenset[str] | None, period: Period) -> list[Period]:
    """The parts of a period that are finished for every one of the accounts (None: for everyone), in order.

    A reading of everyone covers anybody; one of other people covers nobody else. `rows` are of one scope.
    """
    known = [(row.keys, row.finished) for row in rows if row.period.overlap(period)]
    if accounts is None:
        done = [[each for keys, periods in known if keys is None for each in periods]]
    else:
        done = [
            [each for keys, periods in known if keys is None or key in keys for each in periods]
            for key in {account_key(account) for account in accounts}
        ]
    return period.minus([hole for periods in done for hole in period.minus(periods)])


@dataclass(frozen=True, slots=True)
class SourceStatus:
    """How a source stands for a period and the accounts wanted: what is missing, and how old what is known is."""

    source: str
    period: Period
    holes: tuple[Gap, ...] = ()
    """What could not be read, each once."""
    unread: tuple[Period, ...] = ()
    """What nobody has tried to read."""
    stale: tuple[Gap, ...] = ()
    """Why what is known could not be read again since."""
    read_at: dt.datetime | None = None
    """When the oldest part was read; None where nothing was."""

    @property
    def complete(self) -> bool:
        """Whether all of the period was read, and read again the last time it was tried."""
        return not (self.holes or self.unread or self.stale)


def source_status(
    rows: Iterable[Coverage], source: str, accounts: frozenset[str] | None, period: Period
) -> SourceStatus:
    """How a source stands, from all that is known about what was read (`accounts` None: of everyone)."""
    own = [
        row
        for row in rows
        if row.source == source and row.scope == WHOLE and row.period.overlap(period) and _concerns(row, accounts)
    ]
    missing = period.minus(covered(own, accounts, period))
    told = list(dict.fromkeys((gap, gap.period or row.period) for row in own for gap in row.gaps))
    holes = [gap for gap, where in told if any(where.overlap(each) for each in missing)]
    unread = [part for each in missing for part in each.minus([where for _, where in told])]
    stale = [gap for gap, where in told if where.overlap(period) and gap not in holes]
    read_at = min((row.read_at for row in own if row.finished), default=None)
    return SourceStatus(
        source, period, tuple(dict.fromkeys(holes)), tuple(unread), tuple(dict.fromkeys(stale)), read_at
    )


@dataclass(frozen=True, slots=True)
class ResumePoint:
    """Where the readings of a scope stopped: the oldest cursor, the periods it was read for, the other cursors."""

    cursor: str
    periods: tuple[Period, ...]
    later: tuple[str, ...] = ()


def resume_points(
    rows: Iterable[Coverage], accounts: frozenset[str] | None, period: Period, finished: Sequence[Period]
) -> dict[str, ResumePoint]:
    """By scope the cursor from last time, and what of the period it was read for, whatever holes other scopes have.

    Where several readings made that up the cursor is the oldest one's: what changed since then holds what changed since
    any later one. A scope that was not read in all that the source finished as a whole has none: it is to be read anew.
    """
    known: dict[str, list[Coverage]] = {}
    for row in rows:
        if row.scope != WHOLE and row.period.overlap(period):
            known.setdefault(row.scope, []).append(row)
    found = {}
    for scope, every in known.items():
        parts = [row for row in every if _concerns(row, accounts)]
        periods = covered(parts, accounts, period)
        cursor = min(parts, key=lambda row: row.read_at).cursor if parts else None
        if periods and cursor is not None and not any(each.minus(periods) for each in finished):
            later = (row.cursor for row in sorted(every, key=lambda row: row.read_at) if row.cursor != cursor)
            found[scope] = ResumePoint(cursor, tuple(periods), tuple(dict.fromkeys(filter(None, later))))
    return found


def updated(known: Iterable[Coverage], fresh: Sequence[Coverage]) -> list[Coverage]:
    """What is known of one source after a new reading: old rows keep only what the new ones do not tell again."""
    rows = list(known)
    for new in fresh:
        rows = [part for old in rows for part in _remaining(old, new)]
    rows += [new for new in fresh if new.period.since < new.period.until]
    return _fused(sorted(rows, key=_order))


def remove_coverage(
    rows: Iterable[Coverage], accounts: frozenset[str] | None, period: Period, but_scopes: frozenset[str]
) -> list[Coverage]:
    """The rows without what they tell of a period and these accounts (None: anyone), for all scopes but these.

    What else such a row tells of other people goes too: that costs a reading and nothing else.
    """
    kept = []
    for row in rows:
        concerned = accounts is None or row.keys is None or _concerns(row, accounts)
        if row.scope == WHOLE or row.scope in but_scopes or not concerned:
            kept.append(row)
        else:
            kept += [_narrowed(row, part) for part in row.period.minus([period])]
    return kept


def clear_cursors(rows: Iterable[Coverage]) -> list[Coverage]:
    """The rows without their cursors, so that the next harvest reads again all that they tell of."""
    return [dataclasses.replace(row, cursor=None) for row in rows]


def forget_accounts(rows: Iterable[Coverage], keys: frozenset[str]) -> list[Coverage]:
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
    rest = old.period.minus(new.finished if old.complete else [new.period])
    return [_narrowed(old, period) for period in rest] if rest != [old.period] else [old]


def _narrowed(row: Coverage, period: Period) -> Coverage:
    gaps = tuple(gap for gap in row.gaps if gap.period is None or gap.period.overlap(period))
    return dataclasses.replace(row, period=period, gaps=gaps)


def _order(row: Coverage) -> tuple[str, bool, list[str], dt.datetime, dt.datetime]:
    return (row.scope, row.accounts is None, sorted(row.accounts or ()), row.period.since, row.read_at)


def _fused(rows: list[Coverage]) -> list[Coverage]:
    """A period that moves on a little each day leaves slivers behind; the oldest neighbours become one again."""
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
        one = dataclasses.replace(older, period=Period(left.period.since, right.period.until))
        group = [one if row is left else row for row in group if row is not right]
    return group


def _joins(left: Coverage, right: Coverage) -> bool:
    return left.complete and right.complete and left.period.until == right.period.since
