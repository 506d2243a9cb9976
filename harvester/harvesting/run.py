"""Harvesting: what to ask each source, reading them side by side, and committing what each brought.

A source fails alone. What a reading found is committed, rows first and coverage after them, and only what it finished
is covered.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import threading
import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from harvester.errors import HarvesterError, LedgerError
from harvester.files import Cancelled
from harvester.harvesting.buffer import SourceReader
from harvester.harvesting.plan import NOBODY, plan
from harvester.ledger.changeset import Changeset, ReplacedRange, UpsertCounts
from harvester.ledger.coverage import WHOLE, Coverage
from harvester.ledger.delta_table import CommitConflict
from harvester.ledger.ledger import Ledger
from harvester.model.contribution import Contribution
from harvester.model.periods import Period
from harvester.sdk.connector import Connector, Gap, Request

__all__ = ["Outcome", "SourceOutcome", "change_of", "harvest", "read"]

GRACE_SECONDS = 10.0
"""How long an interrupted harvest waits for a connector that hangs in a call before it goes on without it."""

TRIES = 3
"""How often a source is read again because another machine committed to it meanwhile."""


@dataclass(frozen=True)
class SourceOutcome:
    """How one source went: what was asked, what that did to the ledger, what is missing, why it failed.

    `failed` is what broke it off; `committed` says whether what came before is in the ledger.
    """

    source: str
    request: Request | None = None
    counts: UpsertCounts = field(default_factory=UpsertCounts)
    rows: int = 0
    gaps: tuple[Gap, ...] = ()
    failed: Exception | None = None
    skipped: str = ""
    committed: bool = False

    @property
    def complete(self) -> bool:
        """Whether all of the request was read and kept."""
        return self.committed and not self.gaps and self.failed is None


@dataclass(frozen=True)
class Outcome:
    """How a harvest went, source by source in the order they were named."""

    sources: tuple[SourceOutcome, ...]
    interrupted: bool = False

    @property
    def complete(self) -> bool:
        """Whether every source that was to be asked was read whole; otherwise exit status 3."""
        return not self.interrupted and all(each.complete or each.skipped for each in self.sources)


def read(
    source: str,
    connector: Connector,
    request: Request,
    progress: Callable[[int], None] | None = None,
    stop: threading.Event | None = None,
    redact: Callable[[str], str] = str,
) -> SourceReader:
    """Everything a connector yields for a request; an error becomes a gap, and what came before it is kept.

    What an error or a gap says goes through `redact` before it is kept. `progress` is told the number of rows so far.
    When `stop` is set, reading ends after the next event with a gap. A KeyboardInterrupt passes through.
    """
    reading = SourceReader(source, request)
    try:
        _read(reading, connector, progress or (lambda _: None), stop or threading.Event())
    except Cancelled as error:
        _break_off(reading, error, "reading was interrupted")
    except HarvesterError as error:
        _break_off(reading, error, str(error).replace("\n", " "))
    except Exception as error:  # noqa: BLE001 - a plugin's bug must not cost the other sources; it is told as a gap
        _break_off(reading, error, f"the connector broke off with {type(error).__name__} (a bug; see --debug)")
    # What a connector yields as a gap may quote a server, which may quote what it was sent.
    reading.gaps = [dataclasses.replace(gap, reason=redact(gap.reason)) for gap in reading.gaps]
    return reading


def _read(reading: SourceReader, connector: Connector, progress: Callable[[int], None], stop: threading.Event) -> None:
    events = connector.fetch(reading.request)
    try:
        for event in events:
            reading.take(event)
            progress(reading.stage.count)
            if stop.is_set():
                raise Cancelled
        reading.stage.flush()
    finally:
        # A generator cleans up (a child process, a connection) when it is closed, and not when it is collected.
        if close := getattr(events, "close", None):
            close()


def _break_off(reading: SourceReader, error: Exception, reason: str) -> None:
    try:
        reading.stage.flush()
    except ValueError as worse:
        reading.gaps.append(Gap(WHOLE, f"a row could not be kept (a bug of the connector): {worse}"))
    reading.failed = error
    reading.gaps.append(Gap(WHOLE, reason))


def change_of(reading: SourceReader, read_at: dt.datetime) -> Changeset:
    """What a reading that began at `read_at` does to the ledger.

    Rows replace those of the same key. Retractions hold, but of a reading that failed only those of scopes it finished.
    Rows that were to come again and did not are dropped: in the parts of the period that no earlier harvest finished;
    in all of it for scopes that were finished as a whole, or where the connector finishes no scopes; never in a hole.
    """
    done = {each.scope for each in reading.done}
    retracted = [each for each in reading.retracted if reading.failed is None or each[1].scope in done]
    return Changeset(
        reading.source,
        reading.table(),
        reading.request.accounts,
        reading.request.period,
        tuple(each for _, each in retracted),
        tuple(_slices(reading)),
        tuple(reading.coverage(read_at)),
    )


def _slices(reading: SourceReader) -> Iterable[ReplacedRange]:
    """What was read anew: by scope, and all other scopes where the reading came to its end without a hole.

    With a hole a scope of which nothing came may be the one that could not be read, by whatever name the hole goes.
    """
    request = reading.request
    apart = {each.scope for each in reading.done}
    if reading.failed is None:
        apart |= {*request.cursors, *(each.scope for each in reading.gaps)} - {WHOLE}
        if not reading.gaps:
            periods = request.missing if reading.done else [request.period]
            yield from _unbroken(reading, periods, ReplacedRange(request.period, None, frozenset(apart)))
        elif not reading.done:
            apart |= set(reading.stage.table()["scope"].unique().to_pylist())
    whole = {each.scope for each in reading.done if each.whole}
    for scope in sorted(apart):
        anew = [request.period] if scope in whole or not reading.done else request.missing_of(scope)
        yield from _unbroken(reading, anew, ReplacedRange(request.period, scope))


def _unbroken(reading: SourceReader, periods: Iterable[Period], kind: ReplacedRange) -> Iterable[ReplacedRange]:
    """Slices like this one, less the holes."""
    holes = [gap.period or reading.request.period for gap in reading.holes(kind.scope or WHOLE)]
    for period in periods:
        for part in period.minus(holes):
            yield ReplacedRange(part, kind.scope, kind.but_scopes)


def harvest(
    ledger: Ledger,
    connectors: Mapping[str, Callable[[], Connector]],
    wanted: Mapping[str, frozenset[str] | None],
    period: Period,
    *,
    clock: Callable[[], dt.datetime],
    refresh: bool = False,
    progress: Callable[[str, int], None] | None = None,
    finished: Callable[[SourceOutcome], None] | None = None,
    stop: threading.Event | None = None,
    grace: float = GRACE_SECONDS,
    redact: Callable[[str], str] = str,
) -> Outcome:
    """Read sources side by side into the ledger, each failing alone.

    `connectors` make each source's connector; one that cannot be made is that source's failure. `progress` (source,
    rows so far) and `finished` are called from the threads that read. A KeyboardInterrupt sets `stop`, commits what is
    at hand and ends with an outcome that says so; `stop` is also for the connectors' `wait`.
    """
    run = _Run(ledger, wanted, period, clock, refresh, progress or (lambda *_: None), stop or threading.Event(), redact)
    results: dict[str, SourceOutcome] = {}
    ends = {source: threading.Event() for source in connectors}

    def work(source: str, make: Callable[[], Connector]) -> None:
        try:
            outcome = run.source(source, make)
            if not run.closed.is_set():
                results[source] = outcome
                if finished:
                    finished(outcome)
        finally:
            ends[source].set()

    # Daemons, so that one that hangs in a call holds nobody up at the end.
    threads = [
        threading.Thread(target=work, args=each, name=f"harvest {each[0]}", daemon=True) for each in connectors.items()
    ]
    interrupted = _waited(threads, list(ends.values()), run, grace)
    return Outcome(tuple(results.get(source) or _hanging(source) for source in connectors), interrupted)


def _waited(threads: list[threading.Thread], ends: list[threading.Event], run: _Run, grace: float) -> bool:
    """Run threads to their end and say whether that was early.

    Not by joining them: an interrupted join takes a running thread for one that ended
    (https://github.com/python/cpython/issues/90882).
    """
    try:
        for thread in threads:
            thread.start()
        for end in ends:
            while not end.wait(0.2):
                # Short waits, since on Windows a long one cannot be interrupted.
                pass
    except KeyboardInterrupt:
        run.stop.set()
        last = time.monotonic() + grace
        started = sum(thread.ident is not None for thread in threads)
        for end in ends[:started]:
            end.wait(max(0.0, last - time.monotonic()))
        run.closed.set()
    return run.stop.is_set()


def _hanging(source: str) -> SourceOutcome:
    reason = "reading was interrupted; the connector did not stop in time, and nothing of it was kept"
    return SourceOutcome(source, gaps=(Gap(WHOLE, reason),))


@dataclass(frozen=True)
class _Run:
    """One harvest: what its threads share."""

    ledger: Ledger
    wanted: Mapping[str, frozenset[str] | None]
    period: Period
    clock: Callable[[], dt.datetime]
    refresh: bool
    progress: Callable[[str, int], None]
    stop: threading.Event
    redact: Callable[[str], str]
    closed: threading.Event = field(default_factory=threading.Event)

    def source(self, source: str, make: Callable[[], Connector]) -> SourceOutcome:
        """Read one source and commit what it brought; whatever fails is told in the outcome."""
        accounts = self.wanted.get(source, frozenset())
        if accounts is not None and not accounts:
            return SourceOutcome(source, skipped=NOBODY)
        try:
            with self.ledger.reading(source, self.stop):
                return self._tried(source, make())
        except Cancelled as error:
            return _failed(source, error, "reading was interrupted before it began")
        except HarvesterError as error:
            return _failed(source, error, self.redact(str(error).replace("\n", " ")))
        except Exception as error:  # noqa: BLE001 - a plugin's bug must not cost the other sources; it is told as a gap
            return _failed(source, error, f"it broke off with {type(error).__name__} (a bug; see --debug)")

    def _tried(self, source: str, connector: Connector) -> SourceOutcome:
        for _ in range(TRIES):
            try:
                return self._once(source, connector)
            except CommitConflict:
                continue
        raise LedgerError(
            f"Others kept committing to {source!r} while it was read; nothing of this reading was kept.",
            hint="Run it again, or harvest from one machine at a time.",
        )

    def _once(self, source: str, connector: Connector) -> SourceOutcome:
        turn, read_at = self.ledger.turn(source), self.clock()
        coverage = self.ledger.coverage()
        (planned,) = plan([source], self.wanted, self.period, coverage, refresh=self.refresh)
        assert planned.request is not None
        request = planned.request
        if not self.refresh:
            request = dataclasses.replace(request, earlier=self._earlier(source, coverage))
        reading = read(source, connector, request, lambda rows: self.progress(source, rows), self.stop, self.redact)
        if self.closed.is_set():
            raise Cancelled
        counts = self.ledger.commit(change_of(reading, read_at), turn)
        return SourceOutcome(
            source, planned.request, counts, reading.stage.count, tuple(reading.gaps), reading.failed, committed=True
        )

    def _earlier(
        self, source: str, coverage: Sequence[Coverage]
    ) -> Callable[[str, Collection[str]], Mapping[str, Contribution]]:
        """The source's rows in the ledger, for a connector to ask for; none of a scope that a cursor does not tell of.

        Rows of a reading that died before its coverage was kept have none, but neither has the source then.
        """
        blind = {
            row.scope
            for row in coverage
            if row.source == source and row.cursor is None and row.period.overlap(self.period)
        }

        def earlier(scope: str, ids: Collection[str]) -> Mapping[str, Contribution]:
            return {} if scope in blind else self.ledger.earlier(source, scope, ids)

        return earlier


def _failed(source: str, error: Exception, reason: str) -> SourceOutcome:
    return SourceOutcome(source, gaps=(Gap(WHOLE, reason),), failed=error)
