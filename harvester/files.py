"""Reading a user's file safely, writing one whole or not at all, and taking turns at one."""

from __future__ import annotations

import errno
import glob
import hashlib
import os
import shutil
import stat
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from harvester.errors import HarvesterError, ReportError

LONGEST = 100
"""How many characters of a file's name its unfinished part bears; a long name would be too long with more behind it."""

UNFINISHED = ".unfinished"
"""How the name of an unfinished part ends, so that no file of the user's is taken for one."""

LEFT_OVER_SECONDS = 3600.0


def read_text(path: Path, *, limit: int, error: type[HarvesterError] = ReportError) -> str:
    """The text of a regular file of at most `limit` bytes, with its line ends and byte order mark as they are.

    Raises `error`, which names the file, where it cannot be read, where it is anything else (a folder, a pipe, a
    device, a link to one), where it is larger, and where it is not UTF-8 (with the line).
    """
    content = read_bytes(path, limit=limit, error=error)
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as failed:
        line = content.count(b"\n", 0, failed.start) + 1
        raise error(f"{path}: line {line} is not UTF-8 text (byte {failed.start}).", hint="Save it as UTF-8.") from None


def read_bytes(path: Path, *, limit: int, error: type[HarvesterError] = ReportError) -> bytes:
    """The content of a regular file of at most `limit` bytes; raises `error` as `read_text` does.

    The type is that of what was opened, so nobody can exchange the file in between.
    """
    try:
        with open(path, "rb", opener=_open_without_waiting) as file:
            is_regular = stat.S_ISREG(os.fstat(file.fileno()).st_mode)
            content = file.read(limit + 1) if is_regular else b""
    except IsADirectoryError as failed:
        raise error(f"{path} is not a regular file.", hint="Name a file with text in it.") from failed
    except (OSError, ValueError) as failed:  # ValueError: the path holds a NUL
        reason = failed.strerror if isinstance(failed, OSError) else failed
        raise error(f"{str(path)!r} cannot be read: {reason}.", hint="Check the path.") from failed
    if not is_regular:
        raise error(f"{path} is not a regular file.", hint="Name a file with text in it.")
    if len(content) > limit:
        raise error(f"{path} is too large: more than {limit:,} bytes.", hint="Is this the right file?")
    return content


def _open_without_waiting(path: str, flags: int) -> int:
    """Opening a pipe waits for its writer otherwise; Windows has neither such pipes nor these flags."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0))


def names_folder(path: Path, text: str) -> bool:
    """Whether a text, which names this path, means a folder: one is there, or the text ends with a slash."""
    return path.is_dir() or text.endswith(tuple(each for each in (os.sep, os.altsep) if each))


def resolve_path(root: Path, text: str, *, error: type[HarvesterError] = ReportError) -> Path:
    """The path that a text names from a folder; `~` is the home folder, and `~ann` Ann's.

    Nothing need be there. Raises `error`, which repeats the text, where there is no such user, for a path longer than
    the system takes, and for a NUL in it.
    """
    if "\0" in text:
        raise error(f"The path {text[:200]!r} has a NUL in it.", hint="Check the path.")
    try:
        path = root / Path(text).expanduser()
        path.lstat()
    except RuntimeError as failed:
        raise error(f"The path {text[:200]!r} begins with an unknown user.", hint="Check the path.") from failed
    except OSError as failed:
        if failed.errno == errno.ENAMETOOLONG:
            raise error(f"The path {text[:200] + '…'!r} is too long.", hint="Check the path.") from failed
    return path


def write_text(path: Path, text: str) -> None:
    """Replace a file's text in one step, as `replace_file` does, whose errors it raises."""
    content = text.encode()
    with replace_file(path) as file:
        file.write(content)


@contextmanager
def replace_file(path: Path) -> Iterator[BinaryIO]:
    """Yield an empty file to write, which takes the place of the one at `path` in one step when it is done.

    A reader sees the old or the new one, also when this process is killed; where the body raises, the old one stays.
    A link stays a link and a file keeps its permissions; a new one is its owner's alone, for it is about people.
    What a killed run left of it an hour ago or more is deleted.
    Raises ReportError where the folder cannot be written, or where the path is not an ordinary file.
    """
    place = path.resolve()
    if place.exists() and not place.is_file():
        raise ReportError(f"{path} is not an ordinary file and was not overwritten.", hint="Choose another name.")
    prefix = f".{place.name[:LONGEST]}."
    try:
        _remove_leftovers(place.parent, prefix)
        handle, name = tempfile.mkstemp(prefix=prefix, suffix=UNFINISHED, dir=place.parent)
    except OSError as error:
        raise ReportError(
            f"{path} cannot be written: {error.strerror}.", hint="Is the folder there and yours?"
        ) from error
    try:
        with os.fdopen(handle, "w+b") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        if place.exists():
            Path(name).chmod(place.stat().st_mode & 0o7777)
        Path(name).replace(place)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _remove_leftovers(folder: Path, prefix: str) -> None:
    """Delete what killed runs left of a file with this prefix: of an age at which no run still writes it."""
    for path in folder.glob(f"{glob.escape(prefix)}*{UNFINISHED}"):
        with suppress(FileNotFoundError):
            if path.is_file() and not path.is_symlink() and is_left_over(path):
                path.unlink()


def is_left_over(path: Path, seconds: float = LEFT_OVER_SECONDS) -> bool:
    """Whether a file or folder is this user's, and nothing was changed in it for so long."""
    status = path.lstat()
    mine = not hasattr(os, "getuid") or status.st_uid == os.getuid()
    return mine and time.time() - status.st_mtime > seconds


POLL_SECONDS = 0.05


class Cancelled(Exception):  # noqa: N818 - nothing went wrong: somebody asked for an end
    """Waiting for a lock ended because the run is to end."""


@contextmanager
def lock(path: Path | None, stop: threading.Event | None = None) -> Iterator[bool]:
    """Lock the file at `path` (made where missing, with its folder) and yield True; waits while another holds it.

    Without a path yields False and locks nothing.
    Raises Cancelled when `stop` is set while waiting, and OSError where the file cannot be written.
    """
    if path is None:
        yield False
        return
    from filelock import FileLock, Timeout

    path.parent.mkdir(exist_ok=True)
    file_lock = FileLock(path, mode=0o600, thread_local=False)
    while True:
        try:
            file_lock.acquire(timeout=POLL_SECONDS, poll_interval=POLL_SECONDS / 2)
            break
        except Timeout:
            if stop is not None and stop.is_set():
                raise Cancelled from None
    try:
        yield True
    finally:
        file_lock.release()


def lock_folder(file: Path) -> AbstractContextManager[bool]:
    """Lock the folder of a file while it is read and replaced: this user's other processes that do the same wait.

    The lock is a file in the folder for temporary files, so that none is left beside what people write.
    """
    name = hashlib.sha256(f"{Path.home()}\0{file.resolve().parent}".encode()).hexdigest()[:24]
    return lock(Path(tempfile.gettempdir()) / f"harvester-{name}.lock")


@contextmanager
def temporary_folder() -> Iterator[Path]:
    """A folder that is this user's alone, and is deleted at the end of the block; that of a killed run, later."""
    remove_temporary_folders()
    with tempfile.TemporaryDirectory(prefix=_TEMPORARY) as folder, lock(Path(folder) / "locks" / _IN_USE):
        yield Path(folder)


_TEMPORARY, _IN_USE = "harvester-", "in-use.lock"


def remove_temporary_folders(seconds: float = LEFT_OVER_SECONDS) -> None:
    """Delete this user's temporary folders of killed runs: those that no process uses, and that are older than this."""
    from filelock import FileLock, Timeout

    for folder in Path(tempfile.gettempdir()).glob(f"{_TEMPORARY}*"):
        in_use = folder / "locks" / _IN_USE
        with suppress(FileNotFoundError, Timeout):
            if folder.is_symlink() or not in_use.is_file() or not is_left_over(folder, seconds):
                continue
            with FileLock(in_use, timeout=0):
                shutil.rmtree(folder, ignore_errors=True)
