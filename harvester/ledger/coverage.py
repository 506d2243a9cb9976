"""What was read: whose contributions, for which period, when, with which gaps, and what the next harvest can skip.

Pure: nothing here touches a disk or a source. The algebra has three rules.
A row of coverage says that everything of its accounts in its period is stored, except in its gaps.
What is covered for several people is what is covered for each of them, and a harvest of everyone covers anybody.
A later row replaces an earlier one where it says as much or more: for the same people or more of them, and where it is
finished, since a harvest that failed took nothing away. So what counts as covered was read at some time without a gap,
and what changed there since then is what changed since the oldest of the harvests that make it up.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from harvester.model.accounts import account_key, account_keys, keys_of
from harvester.model.periods import Period
from harvester.sdk.connector import Gap, Remark

Value = TypeVar("Value")

WHOLE = ""
"""The scope that stands for a source as a whole."""


@dataclass(frozen=True, slots=True)
class Coverage:
    """What was read of a scope: whose contributions (None: everyone's), for which period, when, with which gaps.

    The period may reach beyond `read_at`: what happens later is what the next harvest asks for as changed since.
    A gap without a period is a gap in all of it.
    """

    source: str
    scope: str
    accounts: frozenset[str] | None
    period: Period
    read_at: dt.datetime
    cursor: str | None = None
    gaps: tuple[Gap, ...] = ()
    remarks: tuple[Remark, ...] = ()

    @property
    def complete(self) -> bool:
        """Whether nothing is missing."""
        return not self.gaps

    @property
    def finished(self) -> list[Period]:
        """The parts of the period without a gap."""
        return self.period.minus([gap.period or self.period for gap in self.gaps])

    @property
    def keys(self) -> frozenset[str] | None:
        """The accounts as they are compared; None for everyone."""
        return None if self.accounts is None else keys_of(self.accounts)


def covered(rows: Iterable[Coverage], accounts: frozenset[str] | None, period: Period) -> list[Period]:
    """The parts of a period that are finished for every one of the accounts (None: for everyone), in order.

    `rows` are of one scope. What is missing for anybody is missing, so the gaps of all are taken from the period.
    """
    known = [(row.keys, row.finished) for row in rows if row.period.overlap(period)]
    done = [[part for periods in each for part in periods] for each in _of_each(accounts, known)]
    return period.minus([missing for periods in done for missing in period.minus(periods)])


def _of_each(
    accounts: frozenset[str] | None, known: Iterable[tuple[frozenset[str] | None, Value]]
) -> list[list[Value]]:
    """For each of the accounts (None: for everyone) what is known of it, by keys (None: everyone's), in order."""
    keys = [None] if accounts is None else sorted(keys_of(accounts))
    found: dict[str | None, list[Value]] = {key: [] for key in keys}
    wanted = frozenset(keys)
    for covers, value in known:
        for key in keys if covers is None else wanted & covers:
            found[key].append(value)
    return list(found.values())


@dataclass(frozen=True, slots=True)
class SourceStatus:
    """How complete a source is for a period and the accounts wanted: what is missing, and how old the data is."""

    source: str
    period: Period
    gaps: tuple[Gap, ...] = ()
    """What could not be read, each once."""
    unread: tuple[Period, ...] = ()
    """What no harvest has tried to read."""
    stale: tuple[Gap, ...] = ()
    """Why a part that was read before could not be read again since, each once."""
    read_at: dt.datetime | None = None
    """When the oldest part was last read (aware); None where nothing was."""
    remarks: tuple[Remark, ...] = ()
    """What a reader must know though nothing is missing, each once."""

    @property
    def complete(self) -> bool:
        """Whether all of the period was read, and read again the last time it was tried."""
        return not (self.gaps or self.unread or self.stale)


def source_status(
    rows: Iterable[Coverage], source: str, accounts: frozenset[str] | None, period: Period
) -> SourceStatus:
    """How complete a source is, from all coverage (`accounts` None: of everyone).

    Only the newest reading of each account and part counts: what an older one of more people says of the same part,
    its time and its gaps, is out of date.
    """
    known = [row for row in rows if row.source == source and row.scope == WHOLE and row.period.overlap(period)]
    known.sort(key=lambda row: (row.read_at, not row.complete), reverse=True)
    readings = [_newest_readings(each, period) for each in _of_each(accounts, ((row.keys, row) for row in known))]
    gaps = dict.fromkeys(gap for each in readings for gap in each.gaps)
    stale = dict.fromkeys(gap for each in readings for gap in each.stale if gap not in gaps)
    read_by_all = period.minus([part for each in readings for part in each.unread])
    read_at = min((each.read_at for each in readings if each.read_at), default=None)
    unread = tuple(period.minus(read_by_all))
    remarks = dict.fromkeys(remark for each in readings for remark in each.remarks)
    return SourceStatus(source, period, tuple(gaps), unread, tuple(stale), read_at, tuple(remarks))


def _newest_readings(rows: Sequence[Coverage], period: Period) -> SourceStatus:
    """The status of one account from the rows that cover it, newest first: each takes what it finished off the rest.

    A gap of a row is one of what newer rows left. It is stale where an older row finished that part.
    """
    rest, missing, remarks, read_at = [period], list[tuple[Gap, Period]](), list[Remark](), None
    for row in rows:
        reached = [part for each in rest if (part := each.overlap(row.period))]
        missing += [(gap, where) for gap in row.gaps for part in reached if (where := part.overlap(gap.period or part))]
        left = [part for each in rest for part in each.minus(row.finished)]
        if left != rest:
            read_at = row.read_at
            remarks += row.remarks
        rest = left
    gaps = [gap for gap, where in missing if any(where.overlap(part) for part in rest)]
    stale = [gap for gap, _ in missing if gap not in gaps]
    unread = [part for each in rest for part in each.minus([where for _, where in missing])]
    return SourceStatus("", period, tuple(gaps), tuple(unread), tuple(stale), read_at, tuple(remarks))


@dataclass(frozen=True, slots=True)
class ResumePoint:
    """Where the harvests of a scope left off: the oldest cursor, and the periods that were read."""

    cursor: str
    periods: tuple[Period, ...]


def resume_points(
    rows: Iterable[Coverage], accounts: frozenset[str] | None, period: Period, finished: Sequence[Period]
) -> dict[str, ResumePoint]:
    """By scope the cursor from last time, and what of the period was read, whatever gaps other scopes have.

    Where several harvests made that up the cursor is the oldest one's: what changed since then includes what changed
    since any later one. A scope has none, and is read in full, where it was not read in all that the source finished.
    """
    found = {}
    for scope, known in _by_scope(row for row in rows if row.period.overlap(period)).items():
        parts = [row for row in known if _concerns(row, accounts)]
        periods = covered(parts, accounts, period)
        cursor = min(parts, key=lambda row: row.read_at).cursor if parts else None
        if periods and cursor is not None and not any(each.minus(periods) for each in finished):
            found[scope] = ResumePoint(cursor, tuple(periods))
    return found


def newest_cursors(rows: Sequence[Coverage]) -> dict[str, str | None]:
    """By scope the cursor of its last harvest, for any accounts; None where that left none.

    A later harvest that did not finish the scope may have stored rows of it that the cursor does not know, so it counts
    as one that left none.
    """
    last = max((row.read_at for row in rows if row.scope == WHOLE), default=None)
    found: dict[str, str | None] = {}
    for scope, known in _by_scope(rows).items():
        newest = max(known, key=lambda row: row.read_at)
        found[scope] = newest.cursor if last is None or last <= newest.read_at else None
    return found


def _by_scope(rows: Iterable[Coverage]) -> dict[str, list[Coverage]]:
    """The rows of each scope, but for those of the source as a whole."""
    scopes: dict[str, list[Coverage]] = {}
    for row in rows:
        if row.scope != WHOLE:
            scopes.setdefault(row.scope, []).append(row)
    return scopes


def updated(known: Iterable[Coverage], fresh: Sequence[Coverage]) -> list[Coverage]:
    """The coverage of one source after a harvest: of old rows only what the new ones do not replace."""
    rows = list(known)
    for new in fresh:
        rows = [part for old in rows for part in _not_replaced(old, new)]
    rows += [new for new in fresh if new.period.since < new.period.until]
    return sorted(rows, key=_order)


def remove_coverage(
    rows: Iterable[Coverage], accounts: frozenset[str] | None, period: Period, but_scopes: frozenset[str]
) -> list[Coverage]:
    """The rows without a period of these accounts (None: of anyone), for all scopes but these.

    Other people in such a row lose the period too: it is read again, and nothing is lost.
    """
    rest = []
    removed = _all_keys(accounts or ())
    for row in rows:
        concerned = accounts is None or row.accounts is None or not removed.isdisjoint(_all_keys(row.accounts))
        if row.scope == WHOLE or row.scope in but_scopes or not concerned:
            rest.append(row)
        else:
            rest += [_narrowed(row, part) for part in row.period.minus([period])]
    return rest


def clear_cursors(rows: Iterable[Coverage]) -> list[Coverage]:
    """The rows without their cursors, so that the next harvest reads again all that they cover."""
    return [dataclasses.replace(row, cursor=None) for row in rows]


def forget_accounts(rows: Iterable[Coverage], keys: frozenset[str]) -> list[Coverage]:
    """The rows without these accounts (as `account_key` gives them), without cursors, and without those of everyone.

    A cursor may hold a digest of any account that was read before. A row of everyone no longer covers everyone.
    """
    remaining = []
    for row in rows:
        rest = frozenset(each for each in row.accounts or () if account_key(each) not in keys)
        if rest:
            remaining.append(dataclasses.replace(row, accounts=rest))
    return clear_cursors(remaining)


def _concerns(row: Coverage, accounts: frozenset[str] | None) -> bool:
    """Whether a row covers one of the accounts (None: everyone)."""
    if accounts is None or row.keys is None:
        return row.keys is None
    return not row.keys.isdisjoint(keys_of(accounts))


def _all_keys(accounts: Iterable[str]) -> set[str]:
    """All keys of accounts: who was asked for by a login on every host is concerned by one host, and the reverse."""
    return {key for account in accounts for key in account_keys(account)}


def _not_replaced(old: Coverage, new: Coverage) -> list[Coverage]:
    """What remains of an old row beside a new one: all of it where the new one covers fewer people or another scope.

    Else what lies outside the new one's period. Of an old row that is complete only what the new one finished is
    replaced, so that a failed harvest does not undo one that went well.
    """
    if old.scope != new.scope:
        return [old]
    covers_as_many = new.keys is None or (old.keys is not None and old.keys <= new.keys)
    if not covers_as_many:
        return [old]
    rest = old.period.minus(new.finished if old.complete else [new.period])
    return [_narrowed(old, period) for period in rest] if rest != [old.period] else [old]


def _narrowed(row: Coverage, period: Period) -> Coverage:
    gaps = tuple(gap for gap in row.gaps if gap.period is None or gap.period.overlap(period))
    return dataclasses.replace(row, period=period, gaps=gaps)


def _order(row: Coverage) -> tuple[str, bool, list[str], dt.datetime, dt.datetime]:
    return (row.scope, row.accounts is None, sorted(row.accounts or ()), row.period.since, row.read_at)
