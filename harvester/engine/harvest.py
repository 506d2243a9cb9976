"""A harvest whose sources are read by the workers of a Dask cluster, each in parts.

This process holds the lock of a source, plans, puts the parts together and commits; nothing else writes. A worker gets
the configuration of one source, which says where secrets are, and looks them up in its own environment. A source whose
connector does not read in parts is read here: nothing is gained by sending it away, and what only this machine has
would be lost, such as the user's notebook.
"""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import os
import queue
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harvester.errors import SourceError
from harvester.files import Cancelled
from harvester.harvesting.parts import PartRead, PartsReader, divide, lost, read_part
from harvester.harvesting.reader import INTERRUPTED, read_source
from harvester.ledger.coverage import WHOLE
from harvester.sdk.capabilities import Part, ReadsInParts
from harvester.workspace.collect import import_modules
from harvester.workspace.environment import Environment
from harvester.workspace.workspace import make_connectors

if TYPE_CHECKING:
    from distributed import Client, Future

    from harvester.config.settings import Config
    from harvester.harvesting.reader import SourceReader
    from harvester.harvesting.run import ReadSource
    from harvester.sdk.connector import Connector, Request
    from harvester.workspace.workspace import Workspace

POLL_SECONDS = 0.2
PATIENCE_SECONDS = 120.0
"""How long a harvest waits for a cluster that has no worker left, or none yet."""


@contextlib.contextmanager
def on_engine(engine: str | Client | None, workspace: Workspace, *, harvest: bool = True) -> Iterator[Workspace]:
    """The workspace, whose sources an engine reads within the block; the same one without an engine or a `harvest`.

    Raises EngineError.
    """
    from harvester.engine.cluster import address_of, connect

    if isinstance(engine, str):
        address_of(engine)  # raises for other words, also where no cluster is needed
    if engine is None or not harvest:
        yield workspace
    elif isinstance(engine, str):
        with connect(engine, workspace.environment.environ) as client:
            yield on_cluster(client, workspace)
    else:
        yield on_cluster(engine, workspace)


def on_cluster(client: Client, workspace: Workspace) -> Workspace:
    """The workspace, whose sources the workers of a cluster read."""
    return dataclasses.replace(workspace, read_source=read_on_cluster(client, workspace))


def read_on_cluster(client: Client, workspace: Workspace, patience: float = PATIENCE_SECONDS) -> ReadSource:
    """Reads a source of this workspace by the workers of a cluster, as `Workspace.read_source`.

    `patience` is in seconds: where the cluster has no worker for so long, what is left is a gap.
    """

    def read(
        source: str,
        connector: Connector,
        request: Request,
        progress: Callable[[int], None],
        stop: threading.Event,
        redact: Callable[[str], str],
    ) -> SourceReader:
        if not isinstance(connector, ReadsInParts):
            return read_source(source, connector, request, progress, stop, redact)
        asked = SourceRequest.of(workspace.config, source, request)
        with _notices(client, asked, workspace.environment.notify):
            return _ClusterHarvest(client, asked, progress, stop, patience).joined(connector)

    return read


@dataclass(frozen=True)
class SourceRequest:
    """What a worker needs to read parts of a source: a configuration with this source only, and the request.

    It has references to secrets and none of their values.
    """

    config: Config
    source: str
    request: Request
    topic: str
    """Where notices of workers are heard."""

    @classmethod
    def of(cls, config: Config, source: str, request: Request) -> SourceRequest:
        """What is asked for once of a source."""
        alone = dataclasses.replace(config, sources={source: config.sources[source]})
        return cls(alone, source, request, f"harvester-{uuid.uuid4().hex}")

    def connector(self, environment: Environment) -> ReadsInParts:
        """The connector as this environment makes it, which has the secrets."""
        made = make_connectors(environment, self.config)[self.source]
        assert isinstance(made, ReadsInParts)
        with _IMPORTING:
            import_modules([made])
        return made


_IMPORTING = threading.Lock()
"""A worker may have several threads."""


@dataclass
class _WorkerEnvironment(Environment):
    """The environment of a worker; its notices are shown where the harvest was started."""

    topic: str = ""
    source: str = ""

    def notify(self, text: str) -> None:
        from distributed import get_worker

        get_worker().log_event(self.topic, {"text": f"{self.source}: {text}"})


class _TaskCancelled(threading.Event):
    """Set once the task that made it was cancelled, as the worker hears from the scheduler."""

    def __init__(self) -> None:
        from distributed import get_worker

        super().__init__()
        self._worker = get_worker()
        self._task = self._worker.get_current_task()

    def is_set(self) -> bool:
        task = self._worker.state.tasks.get(self._task)
        return task is None or task.state == "cancelled"

    def wait(self, timeout: float | None = None) -> bool:
        rest = timeout
        while not self.is_set() and (rest is None or rest > 0):
            super().wait(POLL_SECONDS if rest is None else min(POLL_SECONDS, rest))
            rest = None if rest is None else rest - POLL_SECONDS
        return self.is_set()


def _environment(asked: SourceRequest) -> _WorkerEnvironment:
    return _WorkerEnvironment(os.environ, stop=_TaskCancelled(), topic=asked.topic, source=asked.source)


def divide_source(asked: SourceRequest) -> PartRead:
    """On a worker: the parts of a source."""
    here = _environment(asked)
    make = functools.partial(asked.connector, here)
    return divide(asked.source, make, asked.request, here.redact, here.stop)


def read_part_of_source(asked: SourceRequest, part: Part) -> PartRead:
    """On a worker: what a part of a source brings."""
    here = _environment(asked)
    make = functools.partial(asked.connector, here)
    return read_part(asked.source, make, asked.request, part, here.redact, here.stop)


def _same(asked: SourceRequest) -> SourceRequest:
    """What is asked as a task, so that it travels to each worker once and can be had again where a worker was lost."""
    return asked


@contextlib.contextmanager
def _notices(client: Client, asked: SourceRequest, notify: Callable[[str], None]) -> Iterator[None]:
    client.subscribe_topic(asked.topic, lambda event: notify(event[1]["text"]))
    try:
        yield
    finally:
        client.unsubscribe_topic(asked.topic)


@dataclass(frozen=True)
class _ClusterHarvest:
    """One harvest of a source by the workers of a cluster, which ends early where `stop` is set."""

    client: Client
    asked: SourceRequest
    progress: Callable[[int], None]
    stop: threading.Event
    patience: float

    def joined(self, connector: ReadsInParts) -> SourceReader:
        """Everything that the parts gave, as one fetch gives it; `connector` only joins what they completed."""
        asked = self.client.submit(_same, self.asked, pure=False)
        whole = [Part("", WHOLE)]
        ((_, divided),) = self._results({0: self.client.submit(divide_source, asked, pure=False)}, whole)
        made, parts = PartsReader(self.asked.source, self.asked.request, divided), divided.parts
        self.progress(made.buffer.count)
        suspects = {}
        for number, read in self._results(self._submitted(asked, dict(enumerate(parts))), parts):
            if _ended_workers(read.failed):
                suspects[number] = read
            else:
                self._add(made, number, read)
        for number, read in self._cleared(asked, suspects, parts):
            self._add(made, number, read)
        return made.joined(connector.join)

    def _cleared(
        self, asked: Future[SourceRequest], suspects: Mapping[int, PartRead], parts: Sequence[Part]
    ) -> Iterator[tuple[int, PartRead]]:
        """Read one after another what ended workers: one that ends takes with it what its other threads read."""
        if len(suspects) == 1:
            yield from suspects.items()
            return
        for number in suspects:
            yield from self._results(self._submitted(asked, {number: parts[number]}), parts)

    def _add(self, made: PartsReader, number: int, read: PartRead) -> None:
        made.add(number, read)
        self.progress(made.buffer.count)

    def _submitted(self, asked: Future[SourceRequest], parts: Mapping[int, Part]) -> dict[int, Future[PartRead]]:
        return {
            number: self.client.submit(read_part_of_source, asked, part, pure=False) for number, part in parts.items()
        }

    def _results(self, futures: dict[int, Future[PartRead]], parts: Sequence[Part]) -> Iterator[tuple[int, PartRead]]:
        """Each result as it comes, with its number; what did not come back, with the reason."""
        arrived = queue.SimpleQueue[int]()
        for number, future in futures.items():
            future.add_done_callback(lambda _, number=number: arrived.put(number))
        last = time.monotonic()
        while futures and not (arrived.empty() and self.stop.is_set()):
            with contextlib.suppress(queue.Empty):
                number = arrived.get(timeout=POLL_SECONDS)
                yield number, _result(futures.pop(number), parts[number].scope)
                continue
            has_workers = bool(self.client.scheduler_info()["workers"])
            last = time.monotonic() if has_workers else last
            # Of what a scheduler forgot that was started again nobody hears any more.
            gone = not has_workers and time.monotonic() - last >= self.patience
            for number in [number for number, each in futures.items() if gone or each.status == "lost"]:
                self.client.cancel([futures.pop(number)])
                yield number, _lost(parts[number].scope, NO_WORKERS if gone else LOST)
        self.client.cancel(list(futures.values()))
        for number in futures:
            yield number, lost(WHOLE, INTERRUPTED, Cancelled())


LOST = "the connection to the cluster was lost"
NO_WORKERS = "the cluster has no workers"


def _ended_workers(error: Exception | None) -> bool:
    from distributed.scheduler import KilledWorker

    return isinstance(error and error.__cause__, KilledWorker)


def _result(future: Future[PartRead], scope: str) -> PartRead:
    """What a task returned; that it could not is a gap of its scope."""
    from distributed import CancelledError
    from distributed.scheduler import KilledWorker

    try:
        return future.result()
    except KilledWorker as error:
        reason = f"reading it ended {error.allowed_failures + 1} workers one after another, as a lack of memory does"
        return _lost(scope, reason, error)
    except CancelledError as error:
        return _lost(scope, LOST, error)
    except Exception as error:  # noqa: BLE001 - whatever a worker cannot do must not cost the other parts
        return _lost(scope, f"a worker could not begin to read it: {type(error).__name__}", error)


def _lost(scope: str, reason: str, error: Exception | None = None) -> PartRead:
    made = SourceError(f"{scope or 'The source'}: {reason}.", hint="The logs of the workers may say why.")
    made.__cause__ = error
    return lost(scope, reason, made)
