"""A Delta table of ours: Parquet files that we write, and one commit that adds some and removes others.

The files are written here and not by deltalake, so that one commit can replace exactly the rows it must, rows stream
in, and the log holds nothing that a person wrote: only how many rows a file has and the span of their times.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import errno
import json
import os
import re
import time
import uuid
import zlib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harvester.errors import LedgerError
from harvester.ledger.object_store import file_system, in_one_line, refusal, with_causes, with_defaults

if TYPE_CHECKING:
    import deltalake
    import pyarrow as pa
    import pyarrow.dataset as ds
    import pyarrow.parquet as pq
    from pyarrow.fs import FileSystem

    from harvester.model.periods import Period

VERSION_KEY = "harvester.schema"
"""The key in the first field's metadata that holds the schema's version."""

CONFIGURATION = {
    "delta.enableExpiredLogCleanup": "false",
    "delta.checkpointInterval": "20",
    "delta.deletedFileRetentionDuration": "interval 1 days",
}
ROW_GROUP = 16_384
"""Rows are sorted by time in a file; a reader of one quarter skips the groups that hold none of it."""


LOG = "_delta_log"
"""The folder of a table that holds its commits."""

FILES_OF = "files:"
"""What the name of a counter begins with that holds the checksum of what the log says of a source's files."""

_NAMED_CHECKSUM = re.compile(r"-([0-9a-f]{8})\.parquet$")

AT_ONCE = 2**20
"""Bytes of a file that is read from a store in one request: four for its parts would take longer."""

KEEP_HOURS = 24
"""How long a file that no commit holds any more remains, for processes that still read or write it."""


class CommitConflict(Exception):  # noqa: N818 - nothing is wrong: another process was faster
    """Another process committed to the same source first, so that what was planned no longer fits: plan again."""


class DamagedFile(Exception):  # noqa: N818 - what it is about comes first
    """A file of the ledger does not hold what was written to it: its path in the table, and how that shows."""

    def __init__(self, path: str, why: str) -> None:
        super().__init__(f"{path} is damaged ({why})")


@dataclass(frozen=True, slots=True)
class DataFile:
    """One live Parquet file: where, how many rows, how many bytes, and the partition it belongs to.

    `times` are the earliest and the latest time of its rows, in whole milliseconds; None where they have none.
    """

    path: str
    rows: int
    size: int
    partition: Mapping[str, str | int]
    times: tuple[dt.datetime, dt.datetime] | None = None

    @property
    def source(self) -> str:
        """The source whose rows it holds."""
        return str(self.partition["source"])


@dataclass(frozen=True)
class Table:
    """Where a table is, its columns and partitions; `options` are handed to the object store."""

    uri: str
    schema: pa.Schema
    partition_by: tuple[str, ...]
    options: Mapping[str, str] | None = None

    @property
    def folder(self) -> Path | None:
        """The table's folder on this machine; None where it is in an object store."""
        return None if "://" in self.uri else Path(self.uri)

    @property
    def storage_options(self) -> dict[str, str] | None:
        """What deltalake is handed with the address; None for a folder."""
        return None if self.folder else with_defaults(self.options)

    @cached_property
    def filesystem(self) -> FileSystem:
        """The table's folder as a file system, for whole files."""
        import pyarrow.fs

        if self.folder is not None:
            return pyarrow.fs.SubTreeFileSystem(str(self.folder), pyarrow.fs.LocalFileSystem())
        return file_system(self.uri, self.storage_options, {})

    @property
    def configuration(self) -> dict[str, str]:
        """The table's Delta properties; statistics of texts would put what people wrote into the log."""
        timed = {"delta.dataSkippingStatsColumns": "occurred_at"} if "occurred_at" in self.schema.names else {}
        return CONFIGURATION | timed

    def exists(self) -> bool:
        """Whether there is a table.

        In a store by reading it: deltalake's own question would hold the interpreter's lock until it is answered.
        """
        from deltalake import DeltaTable
        from deltalake.exceptions import TableNotFoundError

        if self.folder is not None:
            return bool(DeltaTable.is_deltatable(self.uri))
        try:
            self.load()
        except TableNotFoundError:
            return False
        return True

    def create(self, version: int) -> None:
        """Make the table, empty; where another process was faster that is as good."""
        from deltalake import DeltaTable
        from deltalake.exceptions import DeltaError

        try:
            DeltaTable.create(
                self.uri,
                with_version(self.schema, version),
                mode="ignore",
                partition_by=list(self.partition_by),
                configuration=self.configuration,
                storage_options=self.storage_options,
            )
        except DeltaError:
            if not self.exists():
                raise

    def load(self) -> deltalake.DeltaTable:
        """The newest state. Raises DamagedFile where the log cannot be read."""
        from deltalake import DeltaTable
        from deltalake.exceptions import DeltaError

        try:
            state = DeltaTable(self.uri, storage_options=self.storage_options)
        except (DeltaError, ValueError) as error:
            if self.folder is None or known_reason(error):
                raise
            raise DamagedFile(_damaged_log_file(self.folder / LOG), _first_line(error)) from error
        newest = self.folder and self.folder / LOG / f"{state.version():020}.json"
        if newest and newest.exists() and not newest.stat().st_size:
            raise DamagedFile(f"{LOG}/{newest.name}", "it is empty")
        return state

    def write(self, rows: pa.Table, partition: Mapping[str, str | int]) -> DataFile:
        """Write rows of one partition to a new file that no commit knows yet.

        Its pages have checksums, and its name ends with one of its footer, which no other checksum covers.
        """
        import pyarrow as pa
        import pyarrow.parquet as pq

        plain = rows.select([name for name in self.schema.names if name not in self.partition_by])
        made = pa.BufferOutputStream()
        pq.write_table(plain, made, compression="zstd", row_group_size=ROW_GROUP, write_page_checksum=True)
        content = made.getvalue()
        name = "-".join([*(re.sub(r"[^A-Za-z0-9_.]", "_", str(each)) for each in partition.values()), uuid.uuid4().hex])
        path = f"{name}-{_checksum(_footer(pa.BufferReader(content)))}.parquet"
        # Without a buffer an object store is handed what it cannot take: Arrow's own kind of bytes.
        with self.filesystem.open_output_stream(path, buffer_size=2**20) as stream:
            stream.write(content)
        times = span_in_milliseconds(plain["occurred_at"]) if "occurred_at" in plain.column_names else None
        return DataFile(path, len(plain), content.size, partition, times)

    def read(
        self,
        file: DataFile,
        columns: Sequence[str] | None = None,
        groups: range | None = None,
        period: Period | None = None,
    ) -> pa.Table:
        """A file's rows with these columns of the table (all where None), partition columns included.

        With `groups` only these row groups are read, and with `period` none of them that has no row of it.

        Raises DamagedFile where it does not hold what was written to it.
        """
        import pyarrow as pa
        import pyarrow.parquet as pq

        names = list(columns or self.schema.names)
        plain = [name for name in names if name not in self.partition_by]
        with self._opened(file) as handle:
            _check_footer(file, handle)
            try:
                parquet = pq.ParquetFile(handle, page_checksum_verification=True)
                if parquet.metadata.num_rows != file.rows or groups_of(file) != parquet.num_row_groups:
                    raise DamagedFile(file.path, "rows are missing")
                every = range(parquet.num_row_groups) if groups is None else groups
                chosen = [each for each in every if _may_have(parquet, each, period)]
                table = parquet.read_row_groups(
                    chosen,
                    columns=plain,
                    use_threads=self.folder is not None,  # see wait_for_open_files
                )
            except (pa.ArrowException, OSError) as error:
                if known_reason(error):
                    raise
                raise DamagedFile(file.path, _first_line(error)) from error
        expected = sum(parquet.metadata.row_group(each).num_rows for each in chosen)
        if table.column_names != plain or len(table) != expected:
            raise DamagedFile(file.path, "columns or rows are missing")
        for name in set(names) & set(self.partition_by):
            kind = self.schema.field(name).type
            table = table.append_column(name, pa.repeat(pa.scalar(file.partition[name], kind), len(table)))
        return table.select(names).cast(pa.schema([self.schema.field(name) for name in names]))

    @contextlib.contextmanager
    def _opened(self, file: DataFile) -> Iterator[pa.NativeFile]:
        import pyarrow as pa

        with self.filesystem.open_input_file(file.path) as handle:
            at_once = self.folder is None and file.size <= AT_ONCE
            yield pa.BufferReader(handle.read()) if at_once else handle

    def dataset(self) -> ds.Dataset:
        """The newest state as a dataset, which checks what it reads and skips files by source, year and times.

        Raises DamagedFile where the footer of a file on this machine is not the one that was written.
        """
        import pyarrow.dataset as ds

        live = files(self.load())
        if self.folder is None:
            filesystem = file_system(self.uri, self.storage_options, {file.path: file.size for file in live})
        else:
            filesystem = self.filesystem
            for file in live:
                with filesystem.open_input_file(file.path) as handle:
                    _check_footer(file, handle)
        options = ds.ParquetFragmentScanOptions(pre_buffer=True, page_checksum_verification=True)
        parquet = ds.ParquetFileFormat(default_fragment_scan_options=options)
        fragments = [parquet.make_fragment(file.path, filesystem, self._known_of(file)) for file in live]
        return ds.FileSystemDataset(fragments, self.schema, parquet, filesystem)

    def _known_of(self, file: DataFile) -> ds.Expression:
        """What is true of every row of a file."""
        import pyarrow as pa
        import pyarrow.dataset as ds

        known = ds.scalar(True)
        for name, value in file.partition.items():
            known &= ds.field(name) == pa.scalar(value, self.schema.field(name).type)
        if file.times:
            kind = self.schema.field("occurred_at").type
            known &= ds.field("occurred_at") >= pa.scalar(file.times[0], kind)
            known &= ds.field("occurred_at") <= pa.scalar(file.times[1], kind)
        return known

    def check(self) -> None:
        """Read every live file in full; raises DamagedFile for the first that is damaged."""
        for file in files(self.load()):
            self.read(file)

    def commit(
        self,
        state: deltalake.DeltaTable,
        added: Sequence[DataFile],
        removed: Sequence[DataFile],
        counters: Mapping[str, int],
    ) -> None:
        """Add and remove files in one commit on top of `state`.

        `counters` are the table's counters with their values after the commit.
        Raises CommitConflict where another process counted one of them up since `state`; then, as after any error,
        nothing has changed.
        """
        from deltalake import CommitProperties, Transaction
        from deltalake.exceptions import CommitFailedError

        counters = {**counters, **_listing_checksums(state, added, removed)}
        properties = CommitProperties(app_transactions=[Transaction(key, count) for key, count in counters.items()])
        actions = [*map(_add, added), *map(_remove, removed)]
        try:
            state.create_write_transaction(
                actions, "append", self.schema, list(self.partition_by), commit_properties=properties
            )
        except Exception as error:
            # What comes after a commit, such as a checkpoint on a full disk, may fail though the commit succeeded.
            if self._was_committed(added, counters):
                return
            self.delete_staged(added)
            if isinstance(error, CommitFailedError):
                raise CommitConflict(str(error)) from error
            raise

    def _was_committed(self, added: Sequence[DataFile], counters: Mapping[str, int]) -> bool:
        state = self.load()
        paths = {file.path for file in files(state)}
        counted = all(state.transaction_version(key) == count for key, count in counters.items())
        return counted and all(file.path in paths for file in added)

    def delete_staged(self, staged: Iterable[DataFile]) -> None:
        """Delete files that no commit knows."""
        for file in staged:
            with contextlib.suppress(OSError):
                self.filesystem.delete_file(file.path)

    def delete_unreferenced(self) -> int:
        """Delete every data file that the newest state does not hold; returns how many.

        Only for a folder on this machine, while its lock is held: a writer's staged file would be deleted too.
        """
        import pyarrow.fs

        live = {file.path for file in files(self.load())}
        found = self.filesystem.get_file_info(pyarrow.fs.FileSelector("", recursive=True))
        data = [each.path for each in found if each.path.endswith(".parquet") and not each.path.startswith(LOG)]
        unreferenced = [path for path in data if path not in live]
        for path in unreferenced:
            self.filesystem.delete_file(path)
        return len(unreferenced)


def groups_of(file: DataFile) -> int:
    """How many row groups a file has: every file is written with the same size of groups."""
    return -(-file.rows // ROW_GROUP)


def _may_have(parquet: pq.ParquetFile, group: int, period: Period | None) -> bool:
    """Whether a row group may have a row of a period, by the statistics in the footer."""
    if period is None:
        return True
    metadata = parquet.metadata
    columns = map(metadata.row_group(group).column, range(metadata.num_columns))
    known = next(each.statistics for each in columns if each.path_in_schema == "occurred_at")
    return known is None or not known.has_min_max or (known.min < period.until and known.max >= period.since)


def files(state: deltalake.DeltaTable, sources: Collection[str] = ()) -> list[DataFile]:
    """The live files of a state.

    The log names each file, its partition and its times, and has no checksums of its own; so every commit writes one of
    what it names for each source, as a counter (see `commit`). Raises DamagedFile where one differs, for a source that
    has files or is among `sources`.
    """
    listed = _listed(state)
    for source in {*sources, *(file.source for file in listed)}:
        checksum = state.transaction_version(f"{FILES_OF}{source}")
        if checksum is not None and checksum != _listing_checksum(listed, source):
            raise DamagedFile(LOG, f"it does not name the files of source {source!r} that were committed")
    return listed


def _listed(state: deltalake.DeltaTable) -> list[DataFile]:
    """The live files of a state as the log has them, unchecked."""
    import pyarrow as pa

    listed = pa.table(state.get_add_actions(flatten=True))
    made: list[DataFile] = []
    for row in listed.to_pylist():
        partition = {name.removeprefix("partition."): row[name] for name in row if name.startswith("partition.")}
        times = (row.get("min.occurred_at"), row.get("max.occurred_at"))
        made.append(
            DataFile(row["path"], row["num_records"], row["size_bytes"], partition, None if None in times else times)
        )
    return made


def _listing_checksums(
    state: deltalake.DeltaTable, added: Sequence[DataFile], removed: Sequence[DataFile]
) -> dict[str, int]:
    """The counters that hold a checksum of the files of each source which a commit on top of `state` concerns."""
    gone = {file.path for file in removed}
    after = [*(file for file in files(state) if file.path not in gone), *added]
    return {
        f"{FILES_OF}{name}": _listing_checksum(after, name) for name in {file.source for file in (*added, *removed)}
    }


def _listing_checksum(listed: Iterable[DataFile], source: str) -> int:
    """A checksum of what the log says of the files of a source; 0 where it has none."""
    own = sorted((file for file in listed if file.source == source), key=lambda file: file.path)
    said = [
        [file.path, file.rows, file.size, dict(sorted(file.partition.items())), [str(at) for at in file.times or ()]]
        for file in own
    ]
    return zlib.crc32(json.dumps(said).encode()) if said else 0


def counter(state: deltalake.DeltaTable, name: str) -> int:
    """A counter of the table, such as how often a source was committed to; 0 where it was never counted up."""
    return state.transaction_version(name) or 0


def shorten_log(table: Table) -> None:
    """Shorten a table's log, and delete files that no commit has held for `KEEP_HOURS`."""
    state = table.load()
    state.create_checkpoint()
    state.cleanup_metadata()
    state.vacuum(retention_hours=KEEP_HOURS, dry_run=False, full=True)


def schema_version(state: deltalake.DeltaTable) -> int | None:
    """The schema version a table was written with; None where it is not a table of ours."""
    mark = (state.schema().fields[0].metadata or {}).get(VERSION_KEY)
    return int(mark) if mark is not None and str(mark).isdigit() else None


def with_version(schema: pa.Schema, version: int) -> pa.Schema:
    """A schema that carries its version, in its first field, where Delta keeps it."""
    return schema.set(0, schema.field(0).with_metadata({VERSION_KEY: str(version)}))


def span_in_milliseconds(at: pa.ChunkedArray) -> tuple[dt.datetime, dt.datetime] | None:
    """The earliest and the latest of some times; None where there are none.

    The Delta protocol has whole milliseconds. The earliest is rounded down and the latest up, so that no reader skips a
    file for a row in the milliseconds around them.
    """
    import pyarrow.compute as pc

    least, most = (pc.min_max(at)[name].as_py() for name in ("min", "max"))
    if least is None:
        return None
    least -= dt.timedelta(microseconds=least.microsecond % 1000)
    return least.astimezone(dt.UTC), (most + dt.timedelta(microseconds=-most.microsecond % 1000)).astimezone(dt.UTC)


def _footer(handle: pa.NativeFile) -> bytes:
    """The footer of a Parquet file with its length and mark, or as much as there is of it."""
    size = handle.size()
    handle.seek(max(0, size - 8))
    length = int.from_bytes(handle.read(4), "little")
    handle.seek(max(0, size - 8 - length))
    return bytes(handle.read())


def _checksum(content: bytes) -> str:
    return f"{zlib.crc32(content):08x}"


def _check_footer(file: DataFile, handle: pa.NativeFile) -> None:
    named = _NAMED_CHECKSUM.search(file.path)
    if named and named[1] != _checksum(_footer(handle)):
        raise DamagedFile(file.path, "its footer is not the one that was written")
    handle.seek(0)


def _damaged_log_file(folder: Path) -> str:
    """The first file of a log that cannot be read, by its path in the table; the log where all can."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    for path in sorted(folder.iterdir() if folder.is_dir() else ()):
        try:
            lines = path.read_bytes().splitlines() if path.suffix == ".json" else [b"{}"]
            if not lines or not all(isinstance(json.loads(line), dict) for line in lines):
                return f"{LOG}/{path.name}"
            if path.suffix == ".parquet":
                pq.read_table(path)
        except (ValueError, RecursionError, pa.ArrowException, OSError):
            return f"{LOG}/{path.name}"
    return LOG


@contextlib.contextmanager
def storage_errors(location: str, what: str) -> Iterator[None]:
    """Turn what the disk, the object store or Delta refuses into a LedgerError: `what` was tried, and why it failed."""
    import pyarrow as pa
    from deltalake.exceptions import DeltaError

    try:
        yield
    except DamagedFile as error:
        raise LedgerError(f"The ledger in {location} cannot be {what}: {error}.", hint=_DAMAGED) from error
    except (OSError, DeltaError, pa.ArrowException) as error:
        why, hint = known_reason(error) or _unknown_reason(error, in_store="://" in location)
        raise LedgerError(f"The ledger in {location} cannot be {what}: {why}.", hint=hint) from error


_DAMAGED = "Move that folder away and harvest again, or restore it from a backup."
_AGAIN = "Run it again. If that does not help, name another place in [ledger] location and harvest again."
_MISSING = "Is the disk there? If it is, move that folder away and harvest again, or restore it from a backup."
_REASONS = (
    (errno.ENOSPC, ("No space left", "StorageFull"), "the disk is full", "Make room and run it again."),
    (errno.EDQUOT, ("quota exceeded",), "the quota is used up", "Make room and run it again."),
    (errno.EFBIG, ("File too large",), "a file may not become that large", "Raise the limit (ulimit -f)."),
    (errno.EROFS, ("Read-only file system",), "the disk is read-only", "Choose another folder in [ledger] location."),
    (errno.EACCES, ("Permission denied", "PermissionDenied"), "this user may not", "Whose folder is it?"),
    (errno.EPERM, ("Operation not permitted",), "this user may not", "Whose folder is it?"),
    (errno.EMFILE, ("Too many open files",), "too many files are open", "Raise the limit (ulimit -n)."),
    (errno.EIO, ("Input/output error",), "the disk fails (input/output error)", "Copy the folder to another disk."),
    (errno.ENOTDIR, ("Not a directory", "NotADirectory"), "its path leads through a file", "Choose another folder."),
    (errno.ENOENT, ("No such file", "Not found", "not found"), "a file is missing", _MISSING),
)  # fmt: skip


def known_reason(error: BaseException) -> tuple[str, str] | None:
    """Why the disk or the store refused, and what to do; None if unknown, or if a file is damaged.

    A disk's reason is known by an error's number or the words in it or its causes.
    """
    if found := refusal(error):
        return found
    for each in with_causes(error):
        number, text = getattr(each, "errno", None), str(each)
        for code, words, why, hint in _REASONS:
            if number == code or (number is None and any(word in text for word in words)):
                name = getattr(each, "filename", None)
                return (f"{why} ({name})" if name else why), hint
    return None


def _unknown_reason(error: Exception, *, in_store: bool) -> tuple[str, str]:
    """Deltalake's own reader of the log is its "kernel": what that refuses and no disk did is in the log.

    A store has a file whole or not at all; half of one has more likely come through a connection that was cut.
    """
    if str(error).startswith(("Kernel error", "Invalid JSON")):
        if in_store:
            return f"{LOG} came in pieces, or is damaged ({_first_line(error)})", _AGAIN
        return f"{LOG} is damaged ({_first_line(error)})", _DAMAGED
    return _first_line(error), "The last good state is intact; see --debug for more."


def _first_line(error: BaseException) -> str:
    """What an error says: of deltalake's chain of causes all, else the first line."""
    text = str(error).strip()
    said = in_one_line(text)[:300] if "↳" in text else text.split("\n", 1)[0]
    return said.rstrip(".") or type(error).__name__


_UNUSABLE = re.compile(
    r"%[0-9A-Fa-f]{2}|[\\\x00-\x1f\x7f\udc80-\udcff]" if os.sep == "/" else r"%[0-9A-Fa-f]{2}|[\x00-\x1f]"
)


def check_location(folder: Path) -> None:
    """Raise LedgerError where deltalake would take a folder for another one: it reads a path as a URL, `%2F` as `/`."""
    if found := _UNUSABLE.search(str(folder.resolve())):
        raise LedgerError(
            f"The ledger cannot be in {str(folder)!r}: Delta Lake cannot read {found[0]!r} in the name of a folder.",
            hint="Name a plain folder in [ledger] location, or rename this one.",
        )


def _add(file: DataFile) -> Any:
    from deltalake.transaction import AddAction

    values = {name: str(value) for name, value in file.partition.items()}
    return AddAction(
        file.path, file.size, values, _now(), True, json.dumps({"numRecords": file.rows, **file_statistics(file)})
    )


def file_statistics(file: DataFile) -> dict[str, Any]:
    """The statistics of a file by its times, as the Delta protocol has them."""
    if not file.times:
        return {}
    least, most = (at.isoformat(timespec="milliseconds").replace("+00:00", "Z") for at in file.times)
    return {"minValues": {"occurred_at": least}, "maxValues": {"occurred_at": most}, "nullCount": {"occurred_at": 0}}


def _remove(file: DataFile) -> Any:
    from deltalake.transaction import RemoveAction

    values: dict[str, str | None] = {name: str(value) for name, value in file.partition.items()}
    return RemoveAction(file.path, True, _now(), file.size, values)


def _now() -> int:
    return int(time.time() * 1000)
