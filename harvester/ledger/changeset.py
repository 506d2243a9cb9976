"""What one harvest of a source changes in its rows: pure functions on Arrow tables.

A row's key is (source, scope, id); everything here is about one source, so (scope, id) is enough.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import TYPE_CHECKING

from harvester.ledger.coverage import Coverage
from harvester.model.accounts import keys_of, matches
from harvester.model.periods import Period
from harvester.sdk.connector import Retraction

if TYPE_CHECKING:
    import pyarrow as pa

KEY = ("scope", "id")


@dataclass(frozen=True, slots=True)
class ReplacedRange:
    """Rows that were all read again: those of a scope (None: of every one) that occurred in the period."""

    period: Period
    scope: str | None = None
    but_scopes: frozenset[str] = frozenset()
    """Scopes left out because they have a gap."""


@dataclass(frozen=True)
class Changeset:
    """What one harvest does to one source: rows to insert or replace, rows to remove, and what was covered.

    `rows` has the columns of `Contribution` and each key once.
    `accounts` (None: everyone's) and `period` (None: all time) limit what ranges and retractions may remove: rows that
    another harvest brought remain, and so does a row that has moved to another time or person since.
    """

    source: str
    rows: pa.Table
    accounts: frozenset[str] | None = None
    period: Period | None = None
    retracted: tuple[Retraction, ...] = ()
    replaced_ranges: tuple[ReplacedRange, ...] = ()
    coverage: tuple[Coverage, ...] = ()


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


def joined_key(table: pa.Table, names: Sequence[str]) -> pa.ChunkedArray:
    """One text for several text columns (nulls as such), so that different values never give the same text."""
    import pyarrow.compute as pc

    parts = []
    for name in names:
        column = table[name]
        parts += [pc.coalesce(pc.utf8_length(column), -1).cast("string"), pc.coalesce(column, "")]
    return pc.binary_join_element_wise(*parts, ":")


def surviving_rows(rows: pa.Table, retracted: Sequence[tuple[int, Retraction]]) -> pa.Table:
    """Of rows in the order they came: the last one of each key, less those retracted after they came.

    Each retraction comes with the number of rows before it; it removes none of those after it.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    if not len(rows):
        return rows
    keys = pa.table({"key": joined_key(rows, KEY), "place": pa.array(range(len(rows)), pa.int64())})
    last = keys.group_by("key").aggregate([("place", "max")])["place_max"]
    if len(last) == len(rows) and not retracted:
        return rows
    surviving = pc.is_in(keys["place"], last.combine_chunks())
    for before, retraction in retracted:
        removed = pc.and_(retracted_rows(rows, [retraction]), pc.less(keys["place"], before))
        surviving = pc.and_(surviving, pc.invert(removed))
    return rows.filter(surviving)


def retracted_rows(rows: pa.Table, retracted: Iterable[Retraction]) -> pa.ChunkedArray:
    """Which rows these retractions name, as a mask."""
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
        mask = pc.or_(mask, pc.is_in(joined_key(rows, names), joined_key(table, names).combine_chunks()))
    return mask


def in_replaced_ranges(
    rows: pa.Table, ranges: Iterable[ReplacedRange], accounts: frozenset[str] | None
) -> pa.ChunkedArray:
    """Which rows lie in one of the ranges and belong to one of the accounts (None: to anyone), as a mask."""
    import pyarrow.compute as pc

    mask = empty_mask(len(rows))
    for each in ranges:
        where = in_period(rows["occurred_at"], each.period)
        if each.scope is not None:
            where = pc.and_(where, pc.equal(rows["scope"], each.scope))
        if each.but_scopes:
            where = pc.and_(where, pc.invert(is_among(rows["scope"], each.but_scopes)))
        mask = pc.or_(mask, where)
    return pc.and_(mask, rows_of_accounts(rows, accounts)) if pc.any(mask).as_py() else mask


def removed_rows(rows: pa.Table, changeset: Changeset) -> pa.Array:
    """Which rows a changeset removes unless they are yielded again, as a mask: retracted, or in a replaced range."""
    import pyarrow.compute as pc

    mask = in_replaced_ranges(rows, changeset.replaced_ranges, changeset.accounts)
    if changeset.retracted:
        reach = rows_of_accounts(rows, changeset.accounts)
        if changeset.period is not None:
            reach = pc.and_(reach, in_period(rows["occurred_at"], changeset.period))
        mask = pc.or_(mask, pc.and_(retracted_rows(rows, changeset.retracted), reach))
    return mask.combine_chunks()


def rows_of_accounts(rows: pa.Table, accounts: frozenset[str] | None) -> pa.ChunkedArray:
    """Which rows belong to one of the accounts (None: to anyone), as a mask."""
    import pyarrow.compute as pc

    if accounts is None:
        return pc.is_valid(rows["account"])
    keys = keys_of(accounts)
    return accounts_matching(rows["account"], lambda account: matches(account, keys))


def in_period(at: pa.ChunkedArray, period: Period) -> pa.ChunkedArray:
    """Which times lie in a period (half-open), as a mask."""
    import pyarrow.compute as pc

    return pc.and_(pc.greater_equal(at, to_timestamp(period.since)), pc.less(at, to_timestamp(period.until)))


def to_timestamp(at: dt.datetime) -> pa.Scalar:
    """An aware time as the ledger stores it: microseconds in UTC."""
    import pyarrow as pa

    return pa.scalar(at.astimezone(dt.UTC), pa.timestamp("us", tz="UTC"))


def accounts_matching(accounts: pa.ChunkedArray, wanted: Callable[[str], bool]) -> pa.ChunkedArray:
    """Which accounts a function accepts, as a mask; it is asked once for each distinct one."""
    return is_among(accounts, [each for each in accounts.unique().to_pylist() if wanted(each)])


def is_among(column: pa.ChunkedArray, values: Iterable[str]) -> pa.ChunkedArray:
    """Which texts are among the values, as a mask."""
    import pyarrow as pa
    import pyarrow.compute as pc

    return pc.is_in(column, pa.array(list(values), pa.string()))


def empty_mask(length: int) -> pa.ChunkedArray:
    """A mask that selects no row."""
    import pyarrow as pa

    return pa.chunked_array([pa.repeat(pa.scalar(False), length)])


def rows_differ(left: pa.Table, right: pa.Table) -> pa.Array:
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
