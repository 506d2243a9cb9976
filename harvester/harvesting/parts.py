"""Reading a source in parts: what one process reads of a part, how that travels, and how the parts become one again.

The parts of a request, one after another in the order in which the connector names them, are one fetch. So the rows of
each follow those of the one before, in whatever order they arrive, and the ledger after is the same as after one fetch.
What one fetch does not know is that something in the middle is missing. A part that failed is a gap of its scope. What
other parts completed of that scope does not count, for the cursor would have the next harvest skip what was never read;
their rows are kept.
"""

from __future__ import annotations

import dataclasses
import threading
import traceback
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from harvester import errors
from harvester.errors import HarvesterError, SourceError
from harvester.files import Cancelled
from harvester.harvesting.buffer import RowBuffer
from harvester.harvesting.reader import SourceReader, bug, take_all
from harvester.ledger.coverage import WHOLE
from harvester.model.arrow_bytes import to_bytes
from harvester.model.contribution import arrow_schema
from harvester.sdk.capabilities import Part, ReadsInParts
from harvester.sdk.connector import Event, Gap, Remark, Request, Retraction, ScopeCompleted

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True, slots=True)
class PartRead:
    """What reading a part gave, as it travels between processes: as in `SourceReader`, with the rows as bytes.

    `rows` is a compressed Arrow stream, empty without any. Texts are without secrets, and `failed` can be pickled.
    """

    rows: bytes = b""
    count: int = 0
    retracted: tuple[tuple[int, Retraction], ...] = ()
    done: tuple[ScopeCompleted, ...] = ()
    reported: tuple[Gap, ...] = ()
    broken: tuple[Gap, ...] = ()
    remarks: tuple[Remark, ...] = ()
    failed: Exception | None = None
    parts: tuple[Part, ...] = ()
    """What a request is divided into, where that was asked."""


def divide(
    source: str,
    make: Callable[[], ReadsInParts],
    request: Request,
    redact: Callable[[str], str] = str,
    stop: threading.Event | None = None,
) -> PartRead:
    """The parts of a request, and what belongs to none; no parts where they could not all be named.

    `make` makes the connector; that it cannot be made is a gap like any other error.
    """
    parts = list[Part]()
    reader = SourceReader(source, request)
    take_all(reader, lambda: _events(make().parts(request), parts), None, stop, redact)
    return _as_read(reader, redact, () if reader.failed else parts)


def read_part(
    source: str,
    make: Callable[[], ReadsInParts],
    request: Request,
    part: Part,
    redact: Callable[[str], str] = str,
    stop: threading.Event | None = None,
) -> PartRead:
    """What a connector yields for a part; an error becomes a gap of its scope, and what came before it remains."""
    reader = SourceReader(source, request)
    take_all(reader, lambda: make().fetch_part(request, part), None, stop, redact, part.scope)
    return _as_read(reader, redact)


def lost(scope: str, reason: str, error: Exception) -> PartRead:
    """The result of a part that never came back."""
    return PartRead(broken=(Gap(scope, reason),), failed=error)


def _events(divided: Iterator[Part | Event], parts: list[Part]) -> Iterator[Event]:
    for each in divided:
        if isinstance(each, Part):
            parts.append(each)
        else:
            yield each


def _as_read(reader: SourceReader, redact: Callable[[str], str], parts: Sequence[Part] = ()) -> PartRead:
    failed = reader.failed and _portable(reader.failed, redact)
    count = reader.buffer.count
    return PartRead(
        to_bytes(reader.buffer.table()) if count else b"", count, tuple(reader.retracted), tuple(reader.done),
        tuple(reader.reported), tuple(reader.broken), tuple(reader.remarks), failed, tuple(parts),
    )  # fmt: skip


def _portable(error: Exception, redact: Callable[[str], str]) -> Exception:
    """An error that any process can take from a pickle: of our own kind, without secrets, its traceback as a note."""
    if isinstance(error, Cancelled):
        return Cancelled()
    kind, message, hint = SourceError, bug(error), ""
    if isinstance(error, HarvesterError):
        kind, message, hint = getattr(errors, type(error).__name__, SourceError), error.message, error.hint
    made = kind(redact(message), hint=redact(hint))
    made.add_note(redact("".join(traceback.format_exception(error))))
    return made


def _tables(rows: bytes) -> Iterator[pa.Table]:
    """The rows of a part, some at a time."""
    import pyarrow as pa

    if rows:
        yield from (pa.Table.from_batches([each], arrow_schema()) for each in pa.ipc.open_stream(rows))


@dataclass
class PartsReader:
    """Puts together what was read of the parts of a request; few rows at a time are in memory, as in `RowBuffer`."""

    source: str
    request: Request
    divided: PartRead
    """The parts, and what belongs to none of them."""
    buffer: RowBuffer = field(default_factory=RowBuffer)
    read: dict[int, PartRead] = field(default_factory=dict)
    """By the number of the part, without the rows; -1 is what belongs to none."""
    _rows: dict[int, range] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.add(-1, self.divided)

    def add(self, number: int, read: PartRead) -> None:
        """Add what was read of a part, in any order of the parts."""
        start = self.buffer.count
        for table in _tables(read.rows):
            self.buffer.add_table(table)
        self._rows[number] = range(start, self.buffer.count)
        self.read[number] = dataclasses.replace(read, rows=b"")

    def joined(self, join: Callable[[Request, Sequence[ScopeCompleted]], Iterable[ScopeCompleted]]) -> SourceReader:
        """All of it as one fetch brings it; `join` is the connector's, and an error in it completes no scope."""
        numbers = sorted(self.read)
        reads = [self.read[each] for each in numbers]
        reader = SourceReader(self.source, self.request, self.buffer.reordered([self._rows[each] for each in numbers]))
        before = 0
        for each in reads:
            reader.retracted += [(before + count, retraction) for count, retraction in each.retracted]
            before += each.count
        # Parts look up the same, so what several of them report alike is one thing.
        reader.reported = list(dict.fromkeys(gap for each in reads for gap in each.reported))
        reader.broken = list(dict.fromkeys(gap for each in reads for gap in each.broken))
        reader.remarks = list(dict.fromkeys(remark for each in reads for remark in each.remarks))
        reader.failed = next((each.failed for each in reads if each.failed), None)
        self._join(reader, list(_completed(reads)), join)
        return reader

    def _join(
        self,
        reader: SourceReader,
        completed: Sequence[ScopeCompleted],
        join: Callable[[Request, Sequence[ScopeCompleted]], Iterable[ScopeCompleted]],
    ) -> None:
        made = SourceReader(self.source, self.request)
        take_all(made, lambda: iter(join(self.request, completed)))
        reader.broken += made.broken
        reader.failed = reader.failed or made.failed
        reader.done = [] if made.failed else made.done


def _completed(reads: Sequence[PartRead]) -> Iterator[ScopeCompleted]:
    """What the parts completed, but for scopes that a failed part may concern and did not complete before it failed."""
    failed = [({gap.scope for gap in each.broken}, {done.scope for done in each.done}) for each in reads if each.broken]
    for done in (done for each in reads for done in each.done):
        if all(done.scope in own or places.isdisjoint((WHOLE, done.scope)) for places, own in failed):
            yield done
