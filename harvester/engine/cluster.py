"""A Dask cluster: a local one that ends with the command, or one that runs elsewhere."""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import logging
import multiprocessing
import os
import re
import sys
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from harvester.engine import signals
from harvester.engine.signals import held_back
from harvester.errors import EngineError
from harvester.files import temporary_folder
from harvester.version import VERSION

if TYPE_CHECKING:
    from distributed import Client

LOCAL = "dask"
_ADDRESS = re.compile(r"(?:dask|tcp|tls)://(?P<place>[^/\s]+:\d+)/?")
_PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"
SECONDS = 20
"""How long to wait for a scheduler that does not answer."""

UNGUARDED = (
    'In a script, write `if __name__ == "__main__":` above what uses an engine: each worker runs the rest first.'
)

SETTINGS = {
    # A slice that has ended three workers would end the next one too.
    "distributed.scheduler.allowed-failures": 2,
    # A worker that ends takes the blame only for what it was doing, and not for what waited behind it.
    "distributed.scheduler.worker-saturation": 1.0,
    # Nobody looks at the pages of such a cluster, and their port is open to everybody on the machine.
    "distributed.scheduler.http.routes": [],
    "distributed.worker.http.routes": [],
    "dataframe.convert-string": False,
}


@contextlib.contextmanager
def connect(
    engine: str, environ: Mapping[str, str], workers: int | None = None, *, seconds: int = SECONDS
) -> Iterator[Client]:
    """A client of the engine that words name: `dask` is a cluster on this machine, which ends with the block.

    `dask://HOST:PORT` is a scheduler that runs already; `tls://HOST:PORT` one that Dask's own configuration has
    certificates for. A local cluster has a process for each core (or `workers`) with the variables in `environ`.

    Raises EngineError for other words, where Dask is not installed, where no scheduler answers, where a script starts a
    local cluster outside of `if __name__ == "__main__":`, and where a worker has another version of harvester.
    """
    address = address_of(engine)
    try:
        import dask
        import dask.dataframe
        import distributed  # noqa: F401 - so that what is missing is said here
    except ImportError as error:
        raise EngineError(
            f"The engine {engine!r} needs Dask, which is not installed.",
            hint="pip install 'contribution-harvester[dask]'",
        ) from error
    from distributed.utils import silence_logging_cmgr

    # What goes wrong on the cluster is said by who asked for it.
    with dask.config.set(SETTINGS), silence_logging_cmgr(logging.CRITICAL), contextlib.ExitStack() as stack:
        client = stack.enter_context(_elsewhere(address, seconds) if address else _local(environ, workers))
        # Nor does asyncio log what connections raise while they are closed: nobody awaits it any more.
        client.loop.asyncio_loop.set_exception_handler(lambda *_: None)  # type: ignore[union-attr]
        _require_same_version(client)
        with _in_our_words():
            yield client


_kept: dict[str, Client] = {}
_open_until_the_end = contextlib.ExitStack()
atexit.register(_open_until_the_end.close)


def kept_open(engine: str | Client, environ: Mapping[str, str]) -> Client:
    """A client as `connect` gives it, or the one handed in, that stays open until this process ends.

    Raises what `connect` raises.
    """
    if not isinstance(engine, str):
        return engine
    client = _kept.get(engine)
    if client is None or client.status != "running":
        client = _kept[engine] = _open_until_the_end.enter_context(connect(engine, environ))
    return client


def address_of(engine: str) -> str | None:
    """The address of the scheduler that words name; None for a cluster on this machine. Raises EngineError."""
    if engine == LOCAL:
        return None
    if (found := _ADDRESS.fullmatch(engine)) is None:
        raise EngineError(
            f"There is no engine {engine!r}.",
            hint="`dask` is a cluster on this machine, and `dask://HOST:PORT` one that runs already.",
        )
    return ("tls" if engine.startswith("tls") else "tcp") + f"://{found['place']}"


@contextlib.contextmanager
def _local(environ: Mapping[str, str], workers: int | None) -> Iterator[Client]:
    """A cluster of processes of this machine. Only who has its certificate, which this process made, can talk to it.

    What workers put onto disk is in a folder that is this user's alone, and is deleted when they have ended.
    """
    from distributed import Client, LocalCluster
    from distributed.security import Security

    # As multiprocessing itself asks before it would start one process from another that has not begun yet.
    if getattr(multiprocessing.current_process(), "_inheriting", False):
        raise EngineError("A worker runs the script again that starts it.", hint=UNGUARDED)
    started = contextlib.ExitStack()
    try:
        with held_back():
            folder = str(started.enter_context(temporary_folder()))
            try:
                cluster = LocalCluster(
                    n_workers=workers or os.cpu_count() or 1, threads_per_worker=1,
                    scheduler_kwargs={
                        "dashboard": False, "dashboard_address": "127.0.0.1:0", "local_directory": folder
                    },
                    security=Security.temporary(), silence_logs=50, env=dict(environ),
                    local_directory=folder, preload=[signals.__name__],
                )  # fmt: skip
            except RuntimeError as error:
                raise EngineError("The workers of a cluster on this machine did not start.", hint=UNGUARDED) from error
            client = started.enter_context(Client(started.enter_context(cluster)))
        yield client
    finally:
        with held_back():
            started.close()


@contextlib.contextmanager
def _elsewhere(address: str, seconds: int) -> Iterator[Client]:
    from distributed import Client

    try:
        with ThreadPoolExecutor(1) as apart:  # asyncio.run needs a thread without a running loop, which a notebook has
            apart.submit(asyncio.run, _greeted(address, seconds)).result()
        client = Client(address, timeout=seconds)
    # What is wrong with certificates are errors of all kinds, such as TypeError where there are none.
    except (OSError, TimeoutError, ValueError, RuntimeError, TypeError) as error:
        raise EngineError(
            f"No scheduler answers at {address}.",
            hint="Is it running, and may this machine reach it? One with certificates is `tls://HOST:PORT`.",
        ) from error
    with client:
        if not client.scheduler_info()["workers"]:
            raise EngineError(f"The scheduler at {address} has no workers.", hint="Start some with `dask worker`.")
        yield client


async def _greeted(address: str, seconds: int) -> None:
    """Raises TimeoutError or OSError where no Dask answers in time: a client would wait for ever for its greeting."""
    from distributed.comm.core import connect as connect_to
    from distributed.security import Security

    arguments = Security().get_connection_args("client")
    (await asyncio.wait_for(connect_to(address, timeout=seconds, **arguments), seconds)).abort()


@contextlib.contextmanager
def _in_our_words() -> Iterator[None]:
    """Raises EngineError where the cluster fails, and not what it was asked to do."""
    from distributed.client import FutureCancelledError
    from distributed.comm.core import CommClosedError
    from distributed.scheduler import KilledWorker

    hint = "The logs of the workers may say why."
    try:
        yield
    except KilledWorker as error:
        ended = error.allowed_failures + 1
        raise EngineError(
            f"A task ended {ended} workers one after another, as a lack of memory does.", hint=hint
        ) from error
    except (CommClosedError, FutureCancelledError) as error:
        raise EngineError("The connection to the cluster was lost.", hint=hint) from error


def _require_same_version(client: Client) -> None:
    """Raises EngineError where a worker lacks this version of harvester, which would count otherwise, or of Python."""
    versions: Any = client.get_versions()
    for worker, known in versions["workers"].items():
        python = ".".join(str(known["host"]["python"]).split(".")[:2])
        if python != _PYTHON:
            raise EngineError(
                f"The worker {worker} has Python {python}, and this is {_PYTHON}.",
                hint="Run the workers with the same Python as the command.",
            )

    def installed() -> str | None:  # within a function, so that it travels as code and not as a name of ours
        import importlib

        try:
            return str(importlib.import_module("harvester.version").VERSION)
        except ImportError:
            return None

    for worker, version in client.run(installed).items():
        if version != VERSION:
            raise EngineError(
                f"The worker {worker} has {version or 'no'} harvester, and this is {VERSION}.",
                hint="Install the same version of contribution-harvester[dask] on every worker.",
            )
