"""Running other programs: bounded in memory, processor time and silence, and ended with us."""

from __future__ import annotations

import atexit
import contextlib
import os
import select
import signal
import subprocess
import sys
import tempfile
import weakref
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO

MEMORY_BYTES = 4 << 30
"""The most memory that a program may take, without the files it maps. Linux only."""
CPU_SECONDS = 3600
"""The most processor time that a program may take. Linux only."""
SILENT_SECONDS = 300.0
"""How long a program may print nothing while its output is awaited. Not on Windows."""
PIPE_BYTES = 1 << 18

_running: weakref.WeakSet[subprocess.Popen[bytes]] = weakref.WeakSet()


def start(
    command: Sequence[str | Path],
    environ: Mapping[str, str],
    *,
    stdin: bytes = b"",
    stderr: IO[bytes] | int = subprocess.DEVNULL,
    folder: Path | None = None,
) -> subprocess.Popen[bytes]:
    """Start a program in a session of its own, with all of its input in a file, so that nobody waits for a pipe.

    When we end, by an error or a signal too, it is killed with everything it started. Raises OSError where it cannot be
    started. The caller must call `end`.
    """
    with tempfile.TemporaryFile() if stdin else contextlib.nullcontext() as file:
        if file is not None:
            file.write(stdin)
            file.seek(0)
        process = subprocess.Popen(
            list(command), env=dict(environ), cwd=folder, bufsize=0, pipesize=PIPE_BYTES, start_new_session=True,
            stdin=subprocess.DEVNULL if file is None else file, stdout=subprocess.PIPE, stderr=stderr,
        )  # fmt: skip
    _running.add(process)
    _limit(process.pid)
    return process


def read(process: subprocess.Popen[bytes], size: int, seconds: float = SILENT_SECONDS) -> bytes:
    """At most `size` bytes of its output, as soon as there are any; empty at the end.

    Raises TimeoutError where it prints nothing for so many seconds.
    """
    assert process.stdout is not None
    if sys.platform != "win32":
        poll = select.poll()
        poll.register(process.stdout, select.POLLIN)
        if not poll.poll(seconds * 1000):
            raise TimeoutError
    return process.stdout.read(size) or b""


def end(process: subprocess.Popen[bytes]) -> None:
    """End a program that still runs and everything it started; close our end of its output."""
    kill(process)
    _running.discard(process)
    if process.stdout is not None:
        process.stdout.close()


def kill(process: subprocess.Popen[bytes]) -> None:
    """End a program that still runs, and everything it started."""
    if process.poll() is None:
        _kill(process)
        process.wait()


def _kill(process: subprocess.Popen[bytes]) -> None:
    if sys.platform == "win32":
        process.kill()
        return
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


@atexit.register
def _kill_all() -> None:
    """End what threads that do not end left running."""
    for process in list(_running):
        if process.poll() is None:
            _kill(process)


def _limit(pid: int) -> None:
    """Set the limits from outside: code between fork and exec is unsafe where there are threads.

    Not the address space, for git maps packs of any size, but what it writes to (RLIMIT_DATA).
    """
    if sys.platform == "linux":
        import resource

        for which, most in ((resource.RLIMIT_DATA, MEMORY_BYTES), (resource.RLIMIT_CPU, CPU_SECONDS)):
            with contextlib.suppress(ProcessLookupError):  # it has ended already
                present = [each for each in resource.prlimit(pid, which) if each != resource.RLIM_INFINITY]
                resource.prlimit(pid, which, (min(most, *present), min(most, *present)) if present else (most, most))
