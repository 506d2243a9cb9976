"""From a changeset to files: which of a source's files are rewritten, and with which rows.

A Parquet file cannot be changed, so a row is replaced by writing its file again without it. Each file is matched with
the fresh rows by key, and is left alone where none of its rows changes.
Files are merged as a binary counter carries: a new file takes in those that are no larger than itself. So a thousand
harvests leave about ten files a year, and each row is rewritten about ten times and not a thousand.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from harvester.ledger.changeset import (
    KEY,
    Changeset,
    UpsertCounts,
    empty_mask,
    is_among,
    joined_key,
    removed_rows,
    rows_differ,
)
from harvester.ledger.delta_table import DataFile

if TYPE_CHECKING:
    import pyarrow as pa

FULL_FILE_ROWS = 100_000
"""Rows of a file that is never taken into another one, and at which a file is split."""

ReadFile = Callable[[DataFile, Sequence[str] | None], "pa.Table"]
"""Reads these columns of a file (None: all)."""


@dataclass(frozen=True)
class YearRewrite:
    """What becomes of one year of a source: files to remove, rows to write, and what that does to the rows."""

    year: int
    removed: list[DataFile]
    rows: pa.Table
    counts: UpsertCounts


@dataclass(frozen=True)
class AffectedFile:
    """A file with rows that come again (`places` among the fresh rows, else null) or that are lost (a mask)."""

    file: DataFile
    places: pa.Array
    lost: pa.Array

    @property
    def year(self) -> int:
        """The year whose rows it holds."""
        return int(self.file.partition["year"])


@dataclass
class _Year:
    """A year's rewrite while it is worked out."""

    removed: list[DataFile] = field(default_factory=list)
    remaining: list[pa.Table] = field(default_factory=list)
    unchanged: list[pa.Array] = field(default_factory=list)
    """Places of fresh rows that are stored already, value by value."""
    counts: UpsertCounts = field(default_factory=UpsertCounts)


def year_rewrites(changeset: Changeset, files: Sequence[DataFile], read: ReadFile) -> Iterator[YearRewrite]:
    """What a changeset does, year by year; where nothing changes it has neither files to remove nor rows to write."""
    fresh = with_year(changeset.rows)
    affected = [
        each for file in files if _may_change(file, changeset) for each in _affected(changeset, fresh, file, read)
    ]
    for year in sorted({*fresh["year"].unique().to_pylist(), *(each.year for each in affected)}):
        own = [file for file in files if file.partition["year"] == year]
        yield _rewrite(year, [each for each in affected if each.year == year], fresh, own, read)


def with_year(rows: pa.Table) -> pa.Table:
    """The rows with the year (in UTC) of their partition, which is stored beside them."""
    import pyarrow as pa
    import pyarrow.compute as pc

    year = pc.year(rows["occurred_at"]).cast("int32")
    return rows.append_column(pa.field("year", pa.int32(), nullable=False), year)


def split_by_size(rows: pa.Table) -> Iterator[pa.Table]:
    """The rows in order of time, in pieces of the size of a full file."""
    ordered = rows.sort_by("occurred_at")
    for start in range(0, len(ordered), FULL_FILE_ROWS):
        yield ordered.slice(start, FULL_FILE_ROWS)


def _may_change(file: DataFile, changeset: Changeset) -> bool:
    """Whether a file can hold a row that the changeset names; a replaced range names those of its years alone."""
    year = int(file.partition["year"])
    years = ((each.period.since.year, each.period.until.year) for each in changeset.replaced_ranges)
    return bool(len(changeset.rows) or changeset.retracted) or any(first <= year <= last for first, last in years)


def _affected(changeset: Changeset, fresh: pa.Table, file: DataFile, read: ReadFile) -> Iterator[AffectedFile]:
    """The file with its rows matched, or nothing where none of them comes again or is lost."""
    import pyarrow.compute as pc

    removes = bool(changeset.retracted or changeset.replaced_ranges)
    old = read(file, [*KEY, *(("work_item", "kind", "occurred_at", "account") if removes else ())])
    places = _places(old, fresh)
    lost = empty_mask(len(old)).combine_chunks()
    if removes:
        lost = pc.and_(removed_rows(old, changeset), pc.is_null(places))
    if places.null_count < len(places) or pc.any(lost).as_py():
        yield AffectedFile(file, places, lost)


def _places(old: pa.Table, fresh: pa.Table) -> pa.Array:
    """Where among the fresh rows each old row comes again; null where it does not.

    Ids are compared first, since few of a file's rows have one that is asked for, and whole keys for those alone.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    perhaps = is_among(old["id"], fresh["id"].to_pylist()) if len(fresh) < len(old) else pc.is_valid(old["id"])
    some = pc.indices_nonzero(perhaps.combine_chunks())
    if not len(some):
        return pa.nulls(len(old), pa.int32())
    found = pc.index_in(joined_key(old.take(some), KEY), joined_key(fresh, KEY).combine_chunks())
    return pc.replace_with_mask(
        pa.nulls(len(old), pa.int32()), perhaps.combine_chunks(), pa.chunked_array(found).combine_chunks()
    )


def _rewrite(
    year: int, affected: list[AffectedFile], fresh: pa.Table, files: list[DataFile], read: ReadFile
) -> YearRewrite:
    import pyarrow as pa
    import pyarrow.compute as pc

    state = _Year()
    for each in affected:
        _sort_rows(each, fresh, state, read)
    wanted = pc.equal(fresh["year"], year)
    if state.unchanged:
        places = pa.array(range(len(fresh)), pa.int32())
        wanted = pc.and_(wanted, pc.invert(pc.is_in(places, pa.concat_arrays(state.unchanged))))
    return _with_smaller_files(year, fresh.filter(wanted), state, files, read)


def _sort_rows(affected: AffectedFile, fresh: pa.Table, state: _Year, read: ReadFile) -> None:
    """Sort a file's rows into those that come again unchanged, come again changed, are lost, or remain."""
    import pyarrow as pa
    import pyarrow.compute as pc

    old = read(affected.file, fresh.column_names)
    again = pc.is_valid(affected.places)
    places = affected.places.filter(again)
    changed = rows_differ(old.filter(again), fresh.take(places)) if len(places) else pa.array([], pa.bool_())
    state.unchanged.append(places.filter(pc.invert(changed)))
    replaced, dropped = pc.sum(changed).as_py() or 0, pc.sum(affected.lost).as_py() or 0
    state.counts += UpsertCounts(replaced=replaced, dropped=dropped, unchanged=len(places) - replaced)
    if replaced or dropped:
        leaving = pc.or_(affected.lost, pc.replace_with_mask(again, again, changed))
        state.removed.append(affected.file)
        state.remaining.append(old.filter(pc.invert(leaving)))


def _with_smaller_files(year: int, new: pa.Table, state: _Year, files: list[DataFile], read: ReadFile) -> YearRewrite:
    """The rewrite, with every file of the year taken in that is no larger than what is to be written anyway."""
    import pyarrow as pa

    rows = [new, *state.remaining]
    total = sum(map(len, rows))
    if len(new) or state.removed:
        removed = {file.path for file in state.removed}
        for file in sorted(files, key=lambda file: file.rows):
            if file.path not in removed and file.rows <= min(total, FULL_FILE_ROWS - 1):
                state.removed.append(file)
                rows.append(read(file, new.column_names))
                total += file.rows
    return YearRewrite(year, state.removed, pa.concat_tables(rows), state.counts)
