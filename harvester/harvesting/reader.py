"""Reading one source: what its connector yields for a request, and what that does to the ledger."""

from __future__ import annotations

import dataclasses
import datetime as dt
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from harvester.errors import HarvesterError
from harvester.files import Cancelled
from harvester.harvesting.buffer import RowBuffer
from harvester.ledger.changeset import Changeset, ReplacedRange, surviving_rows
from harvester.ledger.coverage import WHOLE, Coverage
from harvester.model.contribution import Contribution, from_table
from harvester.model.periods import Period
from harvester.sdk.connector import Connector, Event, Gap, Remark, Request, Retraction, ScopeCompleted

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass
class SourceReader:
    """What one fetch of one source brought: rows, retractions, finished scopes, gaps, remarks."""

    source: str
    request: Request
    buffer: RowBuffer = field(default_factory=RowBuffer)
    retracted: list[tuple[int, Retraction]] = field(default_factory=list)
    """Each with the number of rows that came before it: it removes those, not what comes after."""
    done: list[ScopeCompleted] = field(default_factory=list)
    reported: list[Gap] = field(default_factory=list)
    """The gaps that the connector reported."""
    broken: list[Gap] = field(default_factory=list)
    """That the fetch broke off, or of several parts which did: no gaps of a scope that was finished before."""
    remarks: list[Remark] = field(default_factory=list)
    failed: Exception | None = None

    @property
    def gaps(self) -> list[Gap]:
        """All gaps, those that broke it off last."""
        return [*self.reported, *self.broken]

    def take(self, event: Event) -> None:
        """Add an event; raises TypeError for what is none, and ValueError for a row of another source."""
        match event:
            case Contribution():
                if event.source != self.source:
                    raise ValueError(f"a row of source {event.source!r} came from {self.source!r}")
                self.buffer.add(event)
            case Gap():
                self.reported.append(event)
            case Remark():
                self.remarks.append(event)
            case ScopeCompleted():
                # A scope is finished only if all of its rows can be stored.
                self.buffer.flush()
                self.done.append(event)
            case Retraction():
                self.retracted.append((self.buffer.count, event))
            case _:
                raise TypeError(
                    f"a connector yields contributions, gaps, remarks, retractions and completed scopes, not {event!r}"
                )

    @property
    def rows(self) -> dict[tuple[str, str], Contribution]:
        """The rows of `table`, by scope and id; for few rows, since each becomes an object again."""
        return {(row.scope, row.id): row for row in from_table(self.table())}

    def coverage(self, read_at: dt.datetime) -> list[Coverage]:
        """The coverage that results: of each finished scope, and of the source as a whole with its gaps."""
        accounts, period = self.request.accounts, self.request.period
        scopes = [
            Coverage(self.source, done.scope, accounts, period, read_at, done.cursor, self.gaps_of(done.scope))
            for done in self.done
        ]
        gaps, remarks = tuple(self.gaps), tuple(self.remarks)
        return [*scopes, Coverage(self.source, WHOLE, accounts, period, read_at, None, gaps, remarks)]

    def gaps_of(self, scope: str) -> tuple[Gap, ...]:
        """The gaps in a scope: its own, and those of the source as a whole, which may be anywhere.

        That the fetch broke off is none of a finished scope, which is complete.
        """
        finished = any(each.scope == scope for each in self.done)
        return tuple(gap for gap in (self.reported if finished else self.gaps) if gap.scope in (WHOLE, scope))

    def is_doubtful(self, scope: str) -> bool:
        """Whether the fetch broke off before this scope was finished."""
        finished = any(each.scope == scope for each in self.done)
        return not finished and any(each.scope in (WHOLE, scope) for each in self.broken)

    def table(self) -> pa.Table:
        """The last row of each key, but for those that were retracted after they came."""
        return surviving_rows(self.buffer.table(), self.retracted)


def rows_of(readers: Sequence[SourceReader]) -> list[Contribution]:
    """The rows of several fetches."""
    return [row for reader in readers for row in from_table(reader.table())]


def read_source(
    source: str,
    connector: Connector,
    request: Request,
    progress: Callable[[int], None] | None = None,
    stop: threading.Event | None = None,
    redact: Callable[[str], str] = str,
) -> SourceReader:
    """Everything a connector yields for a request; an error becomes a gap, and what came before it remains.

    The reason of an error or a gap, and a remark, goes through `redact` first. `progress` is called with the number of
    rows so far. When `stop` is set, reading ends after the next event with a gap. A KeyboardInterrupt passes through.
    """
    reader = SourceReader(source, request)
    take_all(reader, lambda: connector.fetch(request), progress, stop, redact)
    return reader


def take_all(
    reader: SourceReader,
    fetch: Callable[[], Iterator[Event]],
    progress: Callable[[int], None] | None = None,
    stop: threading.Event | None = None,
    redact: Callable[[str], str] = str,
    scope: str = WHOLE,
) -> None:
    """Add to a reader what a fetch yields, as `read_source` does; that it broke off is a gap of `scope`."""
    try:
        _take_each(reader, fetch(), progress or (lambda _: None), stop or threading.Event())
    except Cancelled as error:
        _break_off(reader, error, Gap(WHOLE, INTERRUPTED))
    except HarvesterError as error:
        _break_off(reader, error, Gap(scope, str(error).replace("\n", " ")))
    except Exception as error:  # noqa: BLE001 - a plugin's bug must not cost the other sources; it becomes a gap
        _break_off(reader, error, Gap(scope, bug(error)))
    # The reason of a gap may quote a server, which may quote what it was sent.
    for gaps in (reader.reported, reader.broken):
        gaps[:] = [dataclasses.replace(gap, reason=redact(gap.reason)) for gap in gaps]
    reader.remarks = [dataclasses.replace(each, text=redact(each.text)) for each in reader.remarks]


INTERRUPTED = "reading was interrupted"


def bug(error: Exception) -> str:
    """The reason of the gap that an error of a connector's own makes."""
    return f"the connector broke off with {type(error).__name__} (a bug; see --debug)"


def _take_each(
    reader: SourceReader, events: Iterator[Event], progress: Callable[[int], None], stop: threading.Event
) -> None:
    try:
        for event in events:
            reader.take(event)
            progress(reader.buffer.count)
            if stop.is_set():
                raise Cancelled
        reader.buffer.flush()
    finally:
        # A generator cleans up (a child process, a connection) when it is closed, and not when it is collected.
        if close := getattr(events, "close", None):
            close()


def _break_off(reader: SourceReader, error: Exception, gap: Gap) -> None:
    try:
        reader.buffer.flush()
    except ValueError as worse:
        reason = f"a row could not be stored (a bug of the connector): {worse}"
        reader.reported.append(dataclasses.replace(gap, reason=reason))
    reader.failed = error
    reader.broken.append(gap)


def changeset_of(reader: SourceReader, read_at: dt.datetime) -> Changeset:
    """What a fetch that began at `read_at` does to the ledger.

    Rows replace those of the same key. Retractions count, but where the fetch broke off only those of finished scopes.
    Rows that had to be yielded again and were not are removed: in the parts of the period that no earlier harvest
    finished; in all of it for scopes that were finished as a whole, or where the connector finishes no scopes; never
    in a gap.
    """
    return Changeset(
        reader.source,
        reader.table(),
        reader.request.accounts,
        reader.request.period,
        tuple(each for _, each in reader.retracted if not reader.is_doubtful(each.scope)),
        tuple(_replaced_ranges(reader)),
        tuple(reader.coverage(read_at)),
    )


def _replaced_ranges(reader: SourceReader) -> Iterable[ReplacedRange]:
    """What was read in full: by scope, and all other scopes where the fetch came to its end without a gap.

    With a gap a scope from which nothing came may be the one that could not be read, under any name.
    """
    request = reader.request
    single = {each.scope for each in reader.done}
    finishes_scopes = bool(reader.done or reader.broken)
    if not any(each.scope == WHOLE for each in reader.broken):
        single |= {*request.cursors, *(each.scope for each in reader.gaps)} - {WHOLE}
        if not reader.gaps:
            periods = request.missing if reader.done else [request.period]
            yield from _without_gaps(reader, periods, ReplacedRange(request.period, None, frozenset(single)))
        elif not finishes_scopes:
            single |= set(reader.buffer.table()["scope"].unique().to_pylist())
    whole = {each.scope for each in reader.done if each.whole}
    for scope in sorted(single):
        in_full = [request.period] if scope in whole or not finishes_scopes else request.missing_of(scope)
        yield from _without_gaps(reader, in_full, ReplacedRange(request.period, scope))


def _without_gaps(reader: SourceReader, periods: Iterable[Period], kind: ReplacedRange) -> Iterable[ReplacedRange]:
    """A range like this one in each of the periods, without the gaps."""
    gaps = [gap.period or reader.request.period for gap in reader.gaps_of(kind.scope or WHOLE)]
    for period in periods:
        for part in period.minus(gaps):
            yield ReplacedRange(part, kind.scope, kind.but_scopes)
