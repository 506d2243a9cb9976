"""Locks on files, so that two processes on one machine take turns; the kernel lets go of them when a process dies."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

POLL_SECONDS = 0.05


class Stopped(Exception):  # noqa: N818 - nothing went wrong: somebody asked for an end
    """Waiting for a lock ended because the run is to end."""


@contextmanager
def held(path: Path | None, stop: threading.Event | None = None) -> Iterator[bool]:
    """Hold the lock at `path` (its folder is made where missing) and yield True; waits while another holds it.

    Yields False, and holds nothing, without a path or where the system has no such locks: there the commit's own check
    must do. Raises Stopped when `stop` is set while waiting, and OSError where the file cannot be written.
    """
    system = _flock()
    if path is None or system is None:
        yield False
        return
    path.parent.mkdir(exist_ok=True)
    with path.open("w") as file:
        while True:
            try:
                system.flock(file, system.LOCK_EX | system.LOCK_NB)
                break
            except BlockingIOError:
                if (stop or threading.Event()).wait(POLL_SECONDS):
                    raise Stopped from None
        yield True


def _flock() -> ModuleType | None:
    try:
        import fcntl
    except ImportError:
        return None
    return fcntl
