"""From a change to files: which of a source's files must be written anew, and with which rows.

Files are merged as a binary counter counts: a new file takes in those that are no larger than itself, so that a
thousand harvests leave about ten files a year, and each row is written again about ten times and not a thousand.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from harvester.ledger.changeset import KEY, Changeset, UpsertCounts, composite, differing, empty_mask, gone, one_of
from harvester.ledger.delta_table import DataFile

if TYPE_CHECKING:
    import pyarrow as pa

FULL = 100_000
"""Rows of a file that is never taken into another one, and at which a file is cut."""

Read = Callable[[DataFile, Sequence[str] | None], "pa.Table"]


@dataclass(frozen=True)
class YearRewrite:
    """What becomes of one year of a source: files that go, rows to be written, and what that did."""

    year: int
    removed: list[DataFile]
    rows: pa.Table
    counts: UpsertCounts


@dataclass(frozen=True)
class AffectedFile:
    """A file with rows that come again (`places` in the fresh rows, else null) or that are lost."""

    file: DataFile
    places: pa.Array
    lost: pa.Array


@dataclass
class _Year:
    removed: list[DataFile] = field(default_factory=list)
    kept: list[pa.Table] = field(default_factory=list)
    settled: list[pa.Array] = field(default_factory=list)
    counts: UpsertCounts = field(default_factory=UpsertCounts)


def parts(change: Changeset, known: Sequence[DataFile], read: Read) -> Iterator[YearRewrite]:
    """What a change does, year by year; a year in which nothing changes has neither files that go nor rows."""
    fresh = with_year(change.rows)
    touched = [each for file in known if _concerned(file, change) for each in _touch(change, fresh, file, read)]
    years = {*fresh["year"].unique().to_pylist(), *(each.file.partition["year"] for each in touched)}
    for year in sorted(years):
        here = [each for each in touched if each.file.partition["year"] == year]
        yield _part(year, here, fresh, [file for file in known if file.partition["year"] == year], read)


def with_year(rows: pa.Table) -> pa.Table:
    """The rows with the year (in UTC) that they are kept under."""
    import pyarrow as pa
    import pyarrow.compute as pc

    return rows.append_column(pa.field("year", pa.int32(), nullable=False), pc.year(rows["occurred_at"]).cast("int32"))


def cut(rows: pa.Table) -> Iterator[pa.Table]:
    """The rows in order of time, in pieces of the size of a full file."""
    ordered = rows.sort_by("occurred_at")
    for start in range(0, len(ordered), FULL):
        yield ordered.slice(start, FULL)


def _concerned(file: DataFile, change: Changeset) -> bool:
    """Whether a file can hold a row that the change speaks of: any, or else one of a slice's years."""
    year = int(file.partition["year"])
    years = ((each.period.since.year, each.period.until.year) for each in change.slices)
    return bool(len(change.rows) or change.retracted) or any(first <= year <= last for first, last in years)


def _touch(change: Changeset, fresh: pa.Table, file: DataFile, read: Read) -> Iterator[AffectedFile]:
    import pyarrow.compute as pc

    takes = bool(change.retracted or change.slices)
    old = read(file, [*KEY, *(("work_item", "kind", "occurred_at", "account") if takes else ())])
    places = _places(old, fresh)
    lost = pc.and_(gone(old, change), pc.is_null(places)) if takes else empty_mask(len(old)).combine_chunks()
    if places.null_count < len(places) or pc.any(lost).as_py():
        yield AffectedFile(file, places, lost)


def _places(old: pa.Table, fresh: pa.Table) -> pa.Array:
    """Where among the fresh rows each old row comes again; null where it does not."""
    import pyarrow as pa
    import pyarrow.compute as pc

    perhaps = one_of(old["id"], fresh["id"].to_pylist()) if len(fresh) < len(old) else pc.is_valid(old["id"])
    some = pc.indices_nonzero(perhaps.combine_chunks())
    if not len(some):
        return pa.nulls(len(old), pa.int32())
    found = pc.index_in(composite(old.take(some), KEY), composite(fresh, KEY).combine_chunks())
    return pc.replace_with_mask(
        pa.nulls(len(old), pa.int32()), perhaps.combine_chunks(), pa.chunked_array(found).combine_chunks()
    )


def _part(year: int, touched: list[AffectedFile], fresh: pa.Table, known: list[DataFile], read: Read) -> YearRewrite:
    import pyarrow as pa
    import pyarrow.compute as pc

    state = _Year()
    for each in touched:
        _sort_out(each, fresh, state, read)
    wanted = pc.equal(fresh["year"], year)
    if state.settled:
        places = pa.array(range(len(fresh)), pa.int32())
        wanted = pc.and_(wanted, pc.invert(pc.is_in(places, pa.concat_arrays(state.settled))))
    return _merged(year, fresh.filter(wanted), state, known, read)


def _sort_out(touched: AffectedFile, fresh: pa.Table, state: _Year, read: Read) -> None:
    """Tell a file's rows apart: come again as they were, come again otherwise, gone, untouched."""
    import pyarrow as pa
    import pyarrow.compute as pc

    old = read(touched.file, fresh.column_names)
    again = pc.is_valid(touched.places)
    places = touched.places.filter(again)
    changed = differing(old.filter(again), fresh.take(places)) if len(places) else pa.array([], pa.bool_())
    state.settled.append(places.filter(pc.invert(changed)))
    replaced, dropped = pc.sum(changed).as_py() or 0, pc.sum(touched.lost).as_py() or 0
    state.counts += UpsertCounts(replaced=replaced, dropped=dropped, unchanged=len(places) - replaced)
    if replaced or dropped:
        leaves = pc.or_(touched.lost, pc.replace_with_mask(again, again, changed))
        state.removed.append(touched.file)
        state.kept.append(old.filter(pc.invert(leaves)))


def _merged(year: int, new: pa.Table, state: _Year, known: list[DataFile], read: Read) -> YearRewrite:
    import pyarrow as pa

    rows = [new, *state.kept]
    total = sum(map(len, rows))
    if len(new) or state.removed:
        taken = {file.path for file in state.removed}
        for file in sorted(known, key=lambda file: file.rows):
            if file.path not in taken and file.rows <= min(total, FULL - 1):
                state.removed.append(file)
                rows.append(read(file, new.column_names))
                total += file.rows
    return YearRewrite(year, state.removed, pa.concat_tables(rows), state.counts)
