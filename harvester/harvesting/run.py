"""A harvest: plans what to ask each source, reads them side by side, and commits what each brought.

Each source fails alone. What a fetch brought is committed, rows first and then coverage, and only what it finished is
covered.
"""

from __future__ import annotations

import datetime as dt
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial

from harvester.errors import HarvesterError, LedgerError
from harvester.files import Cancelled
from harvester.harvesting.plan import NO_ACCOUNT, plan
from harvester.harvesting.reader import SourceReader, changeset_of, read_source
from harvester.ledger.changeset import UpsertCounts
from harvester.ledger.coverage import WHOLE
from harvester.ledger.delta_table import CommitConflict
from harvester.ledger.ledger import Ledger
from harvester.model.periods import Period
from harvester.sdk.connector import Connector, Gap, Request

GRACE_SECONDS = 10.0
"""How long an interrupted harvest waits for a connector that hangs in a call before it goes on without it."""

TRIES = 3
"""How often a source is read again because another machine committed to it meanwhile."""


ReadSource = Callable[
    [str, Connector, Request, Callable[[int], None], threading.Event, Callable[[str], str]], SourceReader
]
"""Reads one source: as `read_source`, or as an engine does it."""


@dataclass(frozen=True)
class SourceOutcome:
    """How the harvest of one source went: what was asked, what that did to the ledger, what is missing, why it failed.

    `failed` is the error that broke it off; `committed` says whether what came before it is in the ledger.
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
        """Whether all of the request was read and stored."""
        return self.committed and not self.gaps and self.failed is None


@dataclass(frozen=True)
class Outcome:
    """How a harvest went, source by source in the order they were given."""

    sources: tuple[SourceOutcome, ...]
    interrupted: bool = False

    @property
    def complete(self) -> bool:
        """Whether every source that had to be asked was read completely; otherwise exit status 3."""
        return not self.interrupted and all(each.complete or each.skipped for each in self.sources)


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
    read: ReadSource = read_source,
) -> Outcome:
    """Read sources side by side into the ledger, each failing alone.

    `connectors` make each source's connector; one that cannot be made is that source's failure. `progress` (source,
    rows so far) and `finished` are called from the threads that read. A KeyboardInterrupt sets `stop`, commits
    what came so far and ends with an outcome that says so; `stop` is also for the connectors' `wait`. `read` reads
    one source; what it brings is committed here, by this process alone.
    """
    stop, progress = stop or threading.Event(), progress or (lambda *_: None)
    run = _Run(ledger, wanted, period, clock, refresh, progress, stop, redact, read)
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

    # Daemons, so that one that hangs in a call does not keep the process alive.
    threads = [
        threading.Thread(target=work, args=each, name=f"harvest {each[0]}", daemon=True) for each in connectors.items()
    ]
    interrupted = _waited(threads, list(ends.values()), run, grace)
    return Outcome(tuple(results.get(source) or _hanging(source) for source in connectors), interrupted)


def _waited(threads: list[threading.Thread], ends: list[threading.Event], run: _Run, grace: float) -> bool:
    """Run threads to their end; returns whether that was early.

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
    reason = "reading was interrupted; the connector did not stop in time, and nothing of it was stored"
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
    read: ReadSource
    closed: threading.Event = field(default_factory=threading.Event)

    def source(self, source: str, make: Callable[[], Connector]) -> SourceOutcome:
        """Read one source and commit what it brought; whatever fails is in the outcome."""
        accounts = self.wanted.get(source, frozenset())
        if accounts is not None and not accounts:
            return SourceOutcome(source, skipped=NO_ACCOUNT)
        try:
            with self.ledger.source_lock(source, self.stop):
                return self._tried(source, make())
        except Cancelled as error:
            return _failed(source, error, "reading was interrupted before it began")
        except HarvesterError as error:
            return _failed(source, error, self.redact(str(error).replace("\n", " ")))
        except Exception as error:  # noqa: BLE001 - a plugin's bug must not cost the other sources; it becomes a gap
            return _failed(source, error, f"it broke off with {type(error).__name__} (a bug; see --debug)")

    def _tried(self, source: str, connector: Connector) -> SourceOutcome:
        for _ in range(TRIES):
            try:
                return self._once(source, connector)
            except CommitConflict:
                continue
        raise LedgerError(
            f"Another process is writing to the ledger and changed {source!r} while it was read; "
            "nothing of this harvest was stored.",
            hint="Run it again, or harvest from one machine at a time.",
        )

    def _once(self, source: str, connector: Connector) -> SourceOutcome:
        version, read_at = self.ledger.source_version(source), self.clock()
        (planned,) = plan([source], self.wanted, self.period, self.ledger.coverage(), refresh=self.refresh)
        request = planned.request
        assert request is not None
        progress = partial(self.progress, source)
        reader = self.read(source, connector, request, progress, self.stop, self.redact)
        if self.closed.is_set():
            raise Cancelled
        counts = self.ledger.commit(changeset_of(reader, read_at), version)
        return SourceOutcome(
            source, request, counts, reader.buffer.count, tuple(reader.gaps), reader.failed, committed=True
        )


def _failed(source: str, error: Exception, reason: str) -> SourceOutcome:
    return SourceOutcome(source, gaps=(Gap(WHOLE, reason),), failed=error)
