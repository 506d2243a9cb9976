"""Locks on files, so that two processes on one machine take turns; the kernel lets go of them when a process dies."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from types import ModuleType

POLL_SECONDS = 0.05


class Stopped(Exception):  # noqa: N818 - nothing went wrong: somebody asked for an end
    """Waiting for a lock ended because the run is to end."""


@contextmanager
def held(path: Path | None, stop: threading.Event | None = None) -> Iterator[bool]:
    """Hold the lock at `path` (its folder is made where missing) and yield True; waits while another holds it.

    A folder is a lock too, for what is written in it.

    Yields False, and holds nothing, without a path or where the system has no such locks: there the commit's own check
    must do. Raises Stopped when `stop` is set while waiting, and OSError where the file cannot be written.
    """
    system = _flock()
    if path is None or system is None:
        yield False
        return
    path.parent.mkdir(exist_ok=True)
    handle = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR | os.O_CREAT, 0o600)
    try:
        while True:
            try:
                system.flock(handle, system.LOCK_EX | system.LOCK_NB)
                break
            except BlockingIOError:
                if (stop or threading.Event()).wait(POLL_SECONDS):
                    raise Stopped from None
        yield True
    finally:
        os.close(handle)


def alone(file: Path) -> AbstractContextManager[bool]:
    """Hold the folder of a file, for whoever reads it and writes it anew: others who do the same wait."""
    folder = file.resolve().parent
    return held(folder if folder.is_dir() else None)


def _flock() -> ModuleType | None:
    try:
        import fcntl
    except ImportError:
        return None
    return fcntl
