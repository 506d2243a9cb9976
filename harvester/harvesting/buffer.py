"""The rows of one fetch: Arrow batches in memory, and a temporary file once they are many."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from harvester.errors import LedgerError
from harvester.model.contribution import Contribution, arrow_schema, to_table

if TYPE_CHECKING:
    import pyarrow as pa

BATCH_ROWS = 2_000
SPILL_BYTES = 64 * 1024 * 1024
"""Above this many bytes rows move to a temporary file, which is read back by mapping it."""


@dataclass
class RowBuffer:
    """Rows in the order they came: a few as objects, more as Arrow batches, many in a file that vanishes by itself."""

    batch_rows: int = BATCH_ROWS
    spill_bytes: int = SPILL_BYTES
    folder: Path | None = None
    """Where the temporary file goes; None for the system's own folder for such files."""
    count: int = 0
    _pending: list[Contribution] = field(default_factory=list)
    _in_memory: list[pa.Table] = field(default_factory=list)
    _spilled: list[pa.Table] = field(default_factory=list)

    def add(self, row: Contribution) -> None:
        """Add a row; raises ValueError, at the latest when the batch is full, where Arrow cannot hold it."""
        self._pending.append(row)
        self.count += 1
        if len(self._pending) >= self.batch_rows:
            self.flush()

    def add_table(self, table: pa.Table) -> None:
        """Add rows that are Arrow already, in the columns of `arrow_schema()`."""
        self.flush()
        self.count += len(table)
        self._store(table)

    def flush(self) -> None:
        """Turn objects into Arrow; raises ValueError for a row that Arrow cannot hold, after storing the others."""
        rows, self._pending = self._pending, []
        try:
            self._store(to_table(rows))
        except ValueError:
            self._store(to_table([row for row in rows if _storable(row)]))
            raise

    def table(self) -> pa.Table:
        """All rows in the order they came, also those whose key came twice."""
        import pyarrow as pa

        self.flush()
        return pa.concat_tables([arrow_schema().empty_table(), *self._spilled, *self._in_memory])

    def reordered(self, ranges: Sequence[range]) -> RowBuffer:
        """The same rows, those in these ranges of their numbers one after another; nothing is copied."""
        table = self.table()
        parts = [table.slice(each.start, len(each)) for each in ranges]
        return RowBuffer(self.batch_rows, self.spill_bytes, self.folder, sum(map(len, parts)), _in_memory=parts)

    def _store(self, table: pa.Table) -> None:
        if len(table):
            self._in_memory.append(table)
        if sum(each.nbytes for each in self._in_memory) > self.spill_bytes:
            self._spilled.append(_mapped(self._in_memory, self.folder))
            self._in_memory = []


def _storable(row: Contribution) -> bool:
    try:
        to_table([row])
    except ValueError:
        return False
    return True


def _mapped(tables: list[pa.Table], folder: Path | None) -> pa.Table:
    """The tables as one that is mapped from a file; raises LedgerError where there is no room for it."""
    import pyarrow as pa

    try:
        handle, name = tempfile.mkstemp(prefix="harvester-", suffix=".arrow", dir=folder)
        os.close(handle)
        try:
            with pa.OSFile(name, "wb") as sink, pa.ipc.new_file(sink, arrow_schema()) as writer:
                for table in tables:
                    writer.write_table(table)
            return pa.ipc.open_file(pa.memory_map(name)).read_all()
        finally:
            # The mapping outlives the name, so that not even a killed run leaves what people wrote behind. Windows
            # does not delete a mapped file; there it remains until the folder for temporary files is emptied.
            with suppress(PermissionError):
                Path(name).unlink()
    except OSError as error:
        place = str(folder or tempfile.gettempdir())
        raise LedgerError(
            f"There is no room for what is read in {place!r}: {error.strerror or error}.",
            hint="Make room, or set TMPDIR to another folder.",
        ) from error
