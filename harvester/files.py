"""Writing a file whole or not at all."""

from __future__ import annotations

import os
import tempfile
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from types import ModuleType

from harvester.errors import ReportError

LONGEST = 100
"""How much of a file's name its unfinished part bears; a whole long one would be too long with more behind it."""


def write_text(path: Path, text: str) -> None:
    """Replace a file's text in one step; whoever reads it sees the old or the new one, also when we are killed.

    A link stays a link and a file keeps its permissions; a new one is its owner's alone, for it tells of people. Raises
    ReportError where the folder cannot be written, or where something that is no ordinary file is in the way.
    """
    place = path.resolve()
    if place.exists() and not place.is_file():
        raise ReportError(f"{path} is no ordinary file and is left alone.", hint="Choose another name.")
    try:
        handle, name = tempfile.mkstemp(prefix=f".{place.name[:LONGEST]}.", dir=place.parent)
    except OSError as error:
        raise ReportError(
            f"{path} cannot be written: {error.strerror}.", hint="Is the folder there and yours?"
        ) from error
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        if place.exists():
            Path(name).chmod(place.stat().st_mode & 0o7777)
        Path(name).replace(place)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


POLL_SECONDS = 0.05


class Cancelled(Exception):  # noqa: N818 - nothing went wrong: somebody asked for an end
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
                    raise Cancelled from None
        yield True
    finally:
        os.close(handle)


def lock_folder(file: Path) -> AbstractContextManager[bool]:
    """Hold the folder of a file, for whoever reads it and writes it anew: others who do the same wait."""
    folder = file.resolve().parent
    return held(folder if folder.is_dir() else None)


def _flock() -> ModuleType | None:
    try:
        import fcntl
    except ImportError:
        return None
    return fcntl
