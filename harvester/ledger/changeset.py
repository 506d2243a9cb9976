"""What a reading changes in the rows of a source: pure functions on Arrow tables.

A row's key is (source, scope, id); everything here is about one source, so (scope, id) is enough.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import reduce
from typing import TYPE_CHECKING

from harvester.ledger.coverage import Coverage
from harvester.model.accounts import account_key
from harvester.model.periods import Period
from harvester.sdk.connector import Retraction

if TYPE_CHECKING:
    import pyarrow as pa

KEY = ("scope", "id")


@dataclass(frozen=True, slots=True)
class ReplacedRange:
    """Rows that were all read anew: of a scope (None: of every one) whose `at` lies in the period."""

    period: Period
    scope: str | None = None
    but_scopes: frozenset[str] = frozenset()
    """Scopes left out because they have a hole."""


@dataclass(frozen=True)
class Changeset:
    """What one reading does to one source: rows that stand, rows that no longer hold, slices read anew, coverage.

    `rows` has the ledger's columns and each key once. `accounts` (None: everyone's) says whose rows a slice replaces
    and a retraction takes, `period` (None: all time) of which time: what another reading brought stays. An act that has
    moved to another time or person since is not taken back by whoever no longer finds it here.
    """

    source: str
    rows: pa.Table
    accounts: frozenset[str] | None = None
    period: Period | None = None
    retracted: tuple[Retraction, ...] = ()
    slices: tuple[ReplacedRange, ...] = ()
    coverage: tuple[Coverage, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class UpsertCounts:
    """What a commit did to the rows of a source."""

    new: int = 0
    replaced: int = 0
    dropped: int = 0
    unchanged: int = 0

    def __add__(self, other: UpsertCounts) -> UpsertCounts:
        return UpsertCounts(
            self.new + other.new,
            self.replaced + other.replaced,
            self.dropped + other.dropped,
            self.unchanged + other.unchanged,
        )


def composite(table: pa.Table, names: Sequence[str]) -> pa.ChunkedArray:
    """One text for several text columns (nulls as such), so that different values never give the same text."""
    import pyarrow.compute as pc

    parts = []
    for name in names:
        column = table[name]
        parts += [pc.coalesce(pc.utf8_length(column), -1).cast("string"), pc.coalesce(column, "")]
    return pc.binary_join_element_wise(*parts, ":")


def surviving_rows(rows: pa.Table, retracted: Iterable[tuple[int, Retraction]]) -> pa.Table:
    """Of rows in the order they came: the last one of each key, less those taken back after they came.

    Each retraction comes with the number of rows before it.
    """
    import pyarrow as pa

    if not len(rows):
        return rows
    kept = pa.array([True] * len(rows)) if (later := list(retracted)) else None
    for before, each in later:
        gone = pa.chunked_array([matching(rows.slice(0, before), [each]).combine_chunks()]).combine_chunks()
        kept = _and_not(kept, pa.concat_arrays([gone, pa.array([False] * (len(rows) - before), pa.bool_())]))
    keys = pa.table({"key": composite(rows, KEY), "place": pa.array(range(len(rows)), pa.int64())})
    last = keys.group_by("key").aggregate([("place", "max")])["place_max"]
    if len(last) < len(rows):
        import pyarrow.compute as pc

        kept = pc.and_(pc.is_in(keys["place"], last.combine_chunks()), True if kept is None else kept)
    return rows if kept is None else rows.filter(kept)


def matching(rows: pa.Table, retracted: Iterable[Retraction]) -> pa.ChunkedArray:
    """Which rows these retractions take back, as a mask."""
    import pyarrow as pa
    import pyarrow.compute as pc

    groups: dict[tuple[str, ...], list[dict[str, str | None]]] = {}
    for each in retracted:
        wanted = {"scope": each.scope, "id": each.id, "work_item": each.work_item, "kind": each.kind}
        names = tuple(name for name, value in wanted.items() if value is not None)
        groups.setdefault(names, []).append({name: wanted[name] for name in names})
    mask = empty_mask(len(rows))
    for names, values in groups.items():
        table = pa.table({name: pa.array([value[name] for value in values], pa.string()) for name in names})
        mask = pc.or_(mask, pc.is_in(composite(rows, names), composite(table, names).combine_chunks()))
    return mask


def inside(rows: pa.Table, slices: Iterable[ReplacedRange], accounts: frozenset[str] | None) -> pa.ChunkedArray:
    """Which rows lie in one of the slices and belong to one of the accounts (None: to anyone), as a mask."""
    import pyarrow.compute as pc

    mask = empty_mask(len(rows))
    for each in slices:
        where = within(rows["occurred_at"], each.period)
        if each.scope is not None:
            where = pc.and_(where, pc.equal(rows["scope"], each.scope))
        if each.but_scopes:
            where = pc.and_(where, pc.invert(one_of(rows["scope"], each.but_scopes)))
        mask = pc.or_(mask, where)
    return pc.and_(mask, belonging(rows, accounts)) if pc.any(mask).as_py() else mask


def gone(rows: pa.Table, change: Changeset) -> pa.Array:
    """Which rows a change takes away unless they come again: taken back, or in a slice that was read anew; a mask."""
    import pyarrow.compute as pc

    mask = inside(rows, change.slices, change.accounts)
    if change.retracted:
        reach = belonging(rows, change.accounts)
        if change.period is not None:
            reach = pc.and_(reach, within(rows["occurred_at"], change.period))
        mask = pc.or_(mask, pc.and_(matching(rows, change.retracted), reach))
    return mask.combine_chunks()


def belonging(rows: pa.Table, accounts: frozenset[str] | None) -> pa.ChunkedArray:
    """Which rows are of one of the accounts (None: of anyone), as a mask."""
    import pyarrow.compute as pc

    if accounts is None:
        return pc.is_valid(rows["account"])
    keys = {account_key(account) for account in accounts}
    return named(rows["account"], lambda account: account_key(account) in keys)


def within(at: pa.ChunkedArray, period: Period) -> pa.ChunkedArray:
    """Which times lie in a period (half-open), as a mask."""
    import pyarrow.compute as pc

    return pc.and_(pc.greater_equal(at, moment(period.since)), pc.less(at, moment(period.until)))


def moment(at: dt.datetime) -> pa.Scalar:
    """An aware time as the ledger keeps it."""
    import pyarrow as pa

    return pa.scalar(at.astimezone(dt.UTC), pa.timestamp("us", tz="UTC"))


def named(accounts: pa.ChunkedArray, wanted: Callable[[str], bool]) -> pa.ChunkedArray:
    """Which accounts are wanted, as a mask; each distinct one is asked once."""
    return one_of(accounts, [each for each in accounts.unique().to_pylist() if wanted(each)])


def one_of(column: pa.ChunkedArray, values: Iterable[str]) -> pa.ChunkedArray:
    """Which texts are among the values, as a mask."""
    import pyarrow as pa
    import pyarrow.compute as pc

    return pc.is_in(column, pa.array(list(values), pa.string()))


def empty_mask(length: int) -> pa.ChunkedArray:
    """A mask that selects no row."""
    import pyarrow as pa

    return pa.chunked_array([pa.repeat(pa.scalar(False), length)])


def differing(left: pa.Table, right: pa.Table) -> pa.Array:
    """Which rows of two tables of the same columns and length differ in any value, lists and maps included."""
    import pyarrow.compute as pc

    masks = [_differ(left[name].combine_chunks(), right[name].combine_chunks()) for name in left.column_names]
    return reduce(pc.or_, masks)


def _differ(left: pa.Array, right: pa.Array) -> pa.Array:
    import pyarrow as pa
    import pyarrow.compute as pc

    if pa.types.is_map(left.type):
        keys, values = pa.list_(left.type.key_type), pa.list_(left.type.item_type)
        return pc.or_(
            _differ(_listed(left, left.keys, keys), _listed(right, right.keys, keys)),
            _differ(_listed(left, left.items, values), _listed(right, right.items, values)),
        )
    if pa.types.is_list(left.type):
        return _lists_differ(left, right)
    different = pc.fill_null(pc.not_equal(left, right), False)
    return pc.or_(different, pc.xor(pc.is_null(left), pc.is_null(right)))


def _listed(array: pa.MapArray, values: pa.Array, kind: pa.DataType) -> pa.ListArray:
    import pyarrow as pa

    return pa.ListArray.from_arrays(
        array.offsets, values, type=kind, mask=array.is_null() if array.null_count else None
    )


def _lists_differ(left: pa.ListArray, right: pa.ListArray) -> pa.Array:
    import pyarrow as pa
    import pyarrow.compute as pc

    sizes = [pc.fill_null(pc.list_value_length(each), -1) for each in (left, right)]
    different = pc.not_equal(*sizes)
    rest = pc.indices_nonzero(pc.invert(different))
    lefts, rights = left.take(rest), right.take(rest)
    unequal = _differ(lefts.flatten(), rights.flatten())
    places = rest.take(pc.list_parent_indices(lefts).filter(unequal).cast("int64"))
    return pc.or_(different, pc.is_in(pa.array(range(len(left)), rest.type), places))


def _and_not(kept: pa.Array, gone: pa.Array) -> pa.Array:
    import pyarrow.compute as pc

    return pc.and_(kept, pc.invert(gone))
