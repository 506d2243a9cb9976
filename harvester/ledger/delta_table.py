"""A Delta table of ours: Parquet files that we write, and one commit that adds some and removes others.

The files are written here and not by deltalake, so that one commit can replace exactly the rows it must, rows stream
in, and the log holds nothing that a person wrote: only how many rows a file has and the span of their times.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import errno
import json
import re
import time
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harvester.errors import LedgerError

if TYPE_CHECKING:
    import deltalake
    import pyarrow as pa
    from pyarrow.fs import FileSystem

VERSION_KEY = "harvester.schema"
"""The key in the first field's metadata that holds the schema's version."""

CONFIGURATION = {
    "delta.enableExpiredLogCleanup": "false",
    "delta.checkpointInterval": "20",
    "delta.deletedFileRetentionDuration": "interval 1 days",
}
ROW_GROUP = 16_384
"""Rows are sorted by time in a file; a reader of one quarter skips the groups that hold none of it."""


KEEP_HOURS = 24
"""How long a file that no commit holds any more remains, for processes that still read or write it."""


class CommitConflict(Exception):  # noqa: N818 - nothing is wrong: another process was faster
    """Another process committed to the same source first, so that what was planned no longer fits: plan again."""


@dataclass(frozen=True, slots=True)
class DataFile:
    """One live Parquet file: where, how many rows, how many bytes, and the partition it belongs to."""

    path: str
    rows: int
    size: int
    partition: Mapping[str, str | int]

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

    @cached_property
    def filesystem(self) -> FileSystem:
        """The table's folder as a file system, for whole files."""
        import pyarrow.fs

        if self.folder is not None:
            return pyarrow.fs.SubTreeFileSystem(str(self.folder), pyarrow.fs.LocalFileSystem())
        from deltalake.fs import DeltaStorageHandler

        return pyarrow.fs.PyFileSystem(DeltaStorageHandler(self.uri, dict(self.options or {})))

    @property
    def configuration(self) -> dict[str, str]:
        """The table's Delta properties; statistics of texts would put what people wrote into the log."""
        timed = {"delta.dataSkippingStatsColumns": "occurred_at"} if "occurred_at" in self.schema.names else {}
        return CONFIGURATION | timed

    def exists(self) -> bool:
        """Whether there is a table."""
        from deltalake import DeltaTable

        return bool(DeltaTable.is_deltatable(self.uri, dict(self.options or {})))

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
                storage_options=dict(self.options or {}),
            )
        except DeltaError:
            if not self.exists():
                raise

    def load(self) -> deltalake.DeltaTable:
        """The newest state."""
        from deltalake import DeltaTable

        return DeltaTable(self.uri, storage_options=dict(self.options or {}))

    def write(self, rows: pa.Table, partition: Mapping[str, str | int]) -> DataFile:
        """Write rows of one partition to a new file that no commit knows yet."""
        import pyarrow.parquet as pq

        plain = rows.select([name for name in self.schema.names if name not in self.partition_by])
        name = "-".join([*(re.sub(r"[^A-Za-z0-9_.]", "_", str(each)) for each in partition.values()), uuid.uuid4().hex])
        path = f"{name}.parquet"
        pq.write_table(plain, path, filesystem=self.filesystem, compression="zstd", row_group_size=ROW_GROUP)
        return DataFile(path, len(plain), self.filesystem.get_file_info(path).size, partition)

    def read(self, file: DataFile, columns: Sequence[str] | None = None) -> pa.Table:
        """A file's rows with these columns of the table (all where None), partition columns included."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        names = list(columns or self.schema.names)
        plain = [name for name in names if name not in self.partition_by]
        with self.filesystem.open_input_file(file.path) as handle:
            try:
                table = pq.ParquetFile(handle).read(columns=plain)
            except pa.ArrowInvalid as error:
                raise OSError(f"{file.path} is damaged ({error})") from error
        for name in set(names) & set(self.partition_by):
            kind = self.schema.field(name).type
            table = table.append_column(name, pa.repeat(pa.scalar(file.partition[name], kind), len(table)))
        return table.select(names).cast(pa.schema([self.schema.field(name) for name in names]))

    def commit(
        self,
        state: deltalake.DeltaTable,
        added: Sequence[tuple[DataFile, Mapping[str, Any]]],
        removed: Iterable[DataFile],
        counters: Mapping[str, int],
    ) -> None:
        """Add and remove files in one commit on top of `state`; `added` come with their statistics.

        `counters` are the table's counters with their values after the commit.
        Raises CommitConflict where another process counted one of them up since `state`; then, as after any error,
        nothing has changed.
        """
        from deltalake import CommitProperties, Transaction
        from deltalake.exceptions import CommitFailedError

        properties = CommitProperties(app_transactions=[Transaction(key, count) for key, count in counters.items()])
        actions = [*(_add(file, stats) for file, stats in added), *map(_remove, removed)]
        try:
            state.create_write_transaction(
                actions, "append", self.schema, list(self.partition_by), commit_properties=properties
            )
        except Exception as error:
            # What comes after a commit, such as a checkpoint on a full disk, may fail though the commit succeeded.
            if self._was_committed(added, counters):
                return
            self.delete_staged(file for file, _ in added)
            if isinstance(error, CommitFailedError):
                raise CommitConflict(str(error)) from error
            raise

    def _was_committed(self, added: Sequence[tuple[DataFile, Mapping[str, Any]]], counters: Mapping[str, int]) -> bool:
        state = self.load()
        paths = {file.path for file in files(state)}
        counted = all(state.transaction_version(key) == count for key, count in counters.items())
        return counted and all(file.path in paths for file, _ in added)

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
        data = [
            each.path for each in found if each.path.endswith(".parquet") and not each.path.startswith("_delta_log")
        ]
        unreferenced = [path for path in data if path not in live]
        for path in unreferenced:
            self.filesystem.delete_file(path)
        return len(unreferenced)


def files(state: deltalake.DeltaTable) -> list[DataFile]:
    """The live files of a state."""
    import pyarrow as pa

    listed = pa.table(state.get_add_actions())
    columns = (listed[name].to_pylist() for name in ("path", "num_records", "size_bytes", "partition"))
    return [DataFile(*values) for values in zip(*columns, strict=True)]


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


def time_statistics(at: pa.ChunkedArray) -> dict[str, Any]:
    """The statistics of a file by its times.

    The Delta protocol has whole milliseconds. The earliest is rounded down and the latest up, so that no reader skips a
    file for a row in the milliseconds around them.
    """
    import pyarrow.compute as pc

    least, most = (pc.min_max(at)[name].as_py() for name in ("min", "max"))
    most += dt.timedelta(microseconds=-most.microsecond % 1000)
    texts = [each.isoformat(timespec="milliseconds").replace("+00:00", "Z") for each in (least, most)]
    return {
        "minValues": {"occurred_at": texts[0]},
        "maxValues": {"occurred_at": texts[1]},
        "nullCount": {"occurred_at": 0},
    }


@contextlib.contextmanager
def storage_errors(location: str, what: str) -> Iterator[None]:
    """Turn what the disk, the object store or Delta refuses into a LedgerError: `what` was tried, and why it failed."""
    import pyarrow as pa
    from deltalake.exceptions import DeltaError

    try:
        yield
    except pa.ArrowInvalid as error:
        raise LedgerError(
            f"The ledger in {location} cannot be {what}: a file is damaged ({error}).", hint=_DAMAGED
        ) from error
    except (OSError, DeltaError) as error:
        why, hint = _reason(error)
        raise LedgerError(f"The ledger in {location} cannot be {what}: {why}.", hint=hint) from error


_DAMAGED = "Move that folder away and harvest again, or restore it from a backup."
_REASONS = (
    (None, ("damaged",), "a file is damaged", _DAMAGED),
    (errno.ENOSPC, ("No space left", "StorageFull"), "the disk is full", "Make room and run it again."),
    (errno.EDQUOT, ("quota exceeded",), "the quota is used up", "Make room and run it again."),
    (errno.EFBIG, ("File too large",), "a file may not become that large", "Raise the limit (ulimit -f)."),
    (errno.EROFS, ("Read-only file system",), "the disk is read-only", "Choose another folder in [ledger] location."),
    (errno.EACCES, ("Permission denied",), "this user may not", "Whose folder is it?"),
    (errno.ENOENT, ("No such file", "Not found"), "a file is missing", "Is the disk there? Run it again."),
)  # fmt: skip


def _reason(error: Exception) -> tuple[str, str]:
    number, text = getattr(error, "errno", None), str(error)
    for code, words, why, hint in _REASONS:
        if number == code or any(word in text for word in words):
            return why, hint
    first = text.strip().split("\n", 1)[0]
    return first or type(error).__name__, "The last good state is intact; run it again, or see --debug."


def _add(file: DataFile, stats: Mapping[str, Any]) -> Any:
    from deltalake.transaction import AddAction

    values = {name: str(value) for name, value in file.partition.items()}
    statistics = json.dumps({"numRecords": file.rows, **stats})
    return AddAction(file.path, file.size, values, _now(), True, statistics)


def _remove(file: DataFile) -> Any:
    from deltalake.transaction import RemoveAction

    values: dict[str, str | None] = {name: str(value) for name, value in file.partition.items()}
    return RemoveAction(file.path, True, _now(), file.size, values)


def _now() -> int:
    return int(time.time() * 1000)
