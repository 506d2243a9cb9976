"""One reading of one source: what a connector yields, kept as Arrow while it comes and on disk once it is much."""

from __future__ import annotations

import datetime as dt
import os
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from harvester.errors import LedgerError
from harvester.ledger.coverage import WHOLE, Coverage
from harvester.model.contribution import Contribution, arrow_schema, from_table, to_table
from harvester.sdk.connector import Event, Gap, Request, Retraction, ScopeCompleted

if TYPE_CHECKING:
    import pyarrow as pa

BATCH_ROWS = 2_000
SPILL_BYTES = 64 * 1024 * 1024
"""Above this many bytes of rows a reading moves to a temporary file, which is read back by mapping it."""


@dataclass
class RowBuffer:
    """Rows in the order they came: a few as objects, more as Arrow batches, many in a file that vanishes by itself."""

    batch_rows: int = BATCH_ROWS
    spill_bytes: int = SPILL_BYTES
    folder: Path | None = None
    """Where the temporary file goes; where None, where the system keeps such files."""
    count: int = 0
    _pending: list[Contribution] = field(default_factory=list)
    _held: list[pa.Table] = field(default_factory=list)
    _spilled: list[pa.Table] = field(default_factory=list)

    def add(self, row: Contribution) -> None:
        """Keep one more row; raises ValueError, at the latest when the batch is full, where Arrow cannot hold it."""
        self._pending.append(row)
        self.count += 1
        if len(self._pending) >= self.batch_rows:
            self.flush()

    def flush(self) -> None:
        """Turn objects into Arrow; raises ValueError for a row that Arrow cannot hold, and keeps the others."""
        rows, self._pending = self._pending, []
        try:
            self._hold(to_table(rows))
        except ValueError:
            self._hold(to_table([row for row in rows if _storable(row)]))
            raise

    def table(self) -> pa.Table:
        """All rows in the order they came, also those whose key came twice."""
        import pyarrow as pa

        self.flush()
        return pa.concat_tables([arrow_schema().empty_table(), *self._spilled, *self._held])

    def _hold(self, table: pa.Table) -> None:
        if len(table):
            self._held.append(table)
        if sum(each.nbytes for each in self._held) > self.spill_bytes:
            self._spilled.append(_mapped(self._held, self.folder))
            self._held = []


def _storable(row: Contribution) -> bool:
    try:
        to_table([row])
    except ValueError:
        return False
    return True


def _mapped(tables: list[pa.Table], folder: Path | None) -> pa.Table:
    """The tables as one that lies in a file; raises LedgerError where there is no room for it."""
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
            # does not let go of a mapped file; there it stays until the folder for temporary files is emptied.
            with suppress(PermissionError):
                Path(name).unlink()
    except OSError as error:
        place = str(folder or tempfile.gettempdir())
        raise LedgerError(
            f"There is no room for what is read in {place!r}: {error.strerror or error}.",
            hint="Make room, or set TMPDIR to another folder.",
        ) from error


@dataclass
class SourceReader:
    """What one fetch of one source brought: rows, retractions, finished scopes, holes."""

    source: str
    request: Request
    stage: RowBuffer = field(default_factory=RowBuffer)
    retracted: list[tuple[int, Retraction]] = field(default_factory=list)
    """Each with the number of rows that had come before it: it takes back those, not what comes after."""
    done: list[ScopeCompleted] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)
    failed: Exception | None = None

    def take(self, event: Event) -> None:
        """Keep an event; raises TypeError for what is none, and ValueError for a row of another source."""
        match event:
            case Contribution():
                if event.source != self.source:
                    raise ValueError(f"a row of source {event.source!r} came from {self.source!r}")
                self.stage.add(event)
            case Gap():
                self.gaps.append(event)
            case ScopeCompleted():
                # Only what can be kept is finished.
                self.stage.flush()
                self.done.append(event)
            case Retraction():
                self.retracted.append((self.stage.count, event))
            case _:
                raise TypeError(f"a connector yields contributions, gaps, retractions and dones, not {event!r}")

    @property
    def rows(self) -> dict[tuple[str, str], Contribution]:
        """The rows that stand at the end, by scope and id; for few rows, since each becomes an object again."""
        return {(row.scope, row.id): row for row in from_table(self.table())}

    def coverage(self, read_at: dt.datetime) -> list[Coverage]:
        """The coverage this reading earned: each finished scope, and the source as a whole with its holes."""
        accounts, period = self.request.accounts, self.request.period
        scopes = [
            Coverage(self.source, done.scope, accounts, period, read_at, done.cursor, self.holes(done.scope))
            for done in self.done
        ]
        return [*scopes, Coverage(self.source, WHOLE, accounts, period, read_at, None, tuple(self.gaps))]

    def holes(self, scope: str) -> tuple[Gap, ...]:
        """The holes in a scope: its own, and those of the source as a whole, which may lie anywhere.

        That the reading broke off is none: a scope that was finished by then is whole.
        """
        told = self.gaps if self.failed is None else self.gaps[:-1]
        return tuple(gap for gap in told if gap.scope in (WHOLE, scope))

    def table(self) -> pa.Table:
        """The rows that stand at the end: the last one of a key, and none that was taken back after it came."""
        from harvester.ledger.changeset import surviving_rows

        return surviving_rows(self.stage.table(), self.retracted)


def rows_of(readings: Sequence[SourceReader]) -> list[Contribution]:
    """The rows of several readings."""
    return [row for reading in readings for row in from_table(reading.table())]
