"""A user's own template, rendered in a process of its own, which ends with it whatever the template does.

The process gets the page as plain data and gives back text. It has no environment variables, and where the system has
such limits (not on Windows) it can open neither a file nor a connection once the template begins, and needs no more
time and memory than it may.
"""

from __future__ import annotations

import contextlib
import json
import math
import os
import pickle
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO

from harvester.errors import ReportError
from harvester.reporting.page_text import PageText
from harvester.reporting.sandbox import Job, Limits, OwnTemplateError, TooSlowError, located, render, warm_up

START = (
    "import pickle,sys;f=open(0,'rb');sys.path[:]=pickle.load(f);"
    "from harvester.reporting.template_process import main;main(f)"
)
"""What the process runs; its input says first where harvester and the report's package are."""

WAIT = 6
"""How many times the seconds of a template the process is waited for, with `STARTING` seconds more: it may have to
share the processor."""

STARTING = 30.0


def render_apart(job: Job, page_text: PageText) -> str:
    """The page that a template makes, finished; raises OwnTemplateError whatever goes wrong in it.

    Raises ReportError where the page has a value that cannot be given to another process.
    """
    path = [os.path.abspath(each) for each in sys.path]  # noqa: PTH100 - "" is the folder we are in
    try:
        given = pickle.dumps(path) + pickle.dumps((job, page_text))
    except (pickle.PicklingError, AttributeError, TypeError, RecursionError) as error:
        raise ReportError(
            f"This report's page cannot be given to an own template: {error}.", hint="Leave out --template."
        ) from error
    with tempfile.TemporaryFile() as into, tempfile.TemporaryFile() as out:
        into.write(given)
        into.seek(0)
        status = _run(into, out, job.limits)
        out.seek(0)
        answer = _parsed(out.read(_most_bytes(job.limits) + 1))
    if answer is None:
        raise OwnTemplateError(_ended(status, job.limits), job.main, None)
    if "text" in answer:
        return str(answer["text"])
    raise OwnTemplateError(answer["message"], answer["name"], answer["line"])


def _run(into: BinaryIO, out: BinaryIO, limits: Limits) -> int | None:
    """Run the process to its end; its exit status, or None where it took too long and was killed."""
    needed = {name: os.environ[name] for name in ("SYSTEMROOT",) if name in os.environ}  # Windows needs it
    command = [sys.executable, "-P", "-X", "utf8", "-c", START]
    with subprocess.Popen(command, stdin=into, stdout=out, stderr=subprocess.DEVNULL, env=needed) as process:
        try:
            return process.wait(WAIT * limits.seconds + STARTING)
        except subprocess.TimeoutExpired:
            return None
        finally:
            process.kill()


def _parsed(content: bytes) -> Mapping[str, Any] | None:
    """What the process wrote; None where that is not whole."""
    try:
        answer = json.loads(content)
    except ValueError:
        return None
    if isinstance(answer, dict) and (answer.keys() == {"text"} or answer.keys() == {"message", "name", "line"}):
        return answer
    return None


def _ended(status: int | None, limits: Limits) -> str:
    """Why a process ended without an answer."""
    if status is None or (os.name == "posix" and -status in _out_of_time()):
        return f"it takes longer than {limits.seconds:g} seconds"
    return f"its process ended without a page (exit status {status}); it may need more than {limits.memory >> 20:,} MB"


def _out_of_time() -> set[int]:
    import signal

    return {signal.SIGXCPU, signal.SIGPROF}


def _most_bytes(limits: Limits) -> int:
    """Bytes that the process may write: no character has more than four, and no error is as long as the rest."""
    return 4 * limits.characters + (1 << 20)


def main(file: BinaryIO) -> None:
    """What the process does: read a job and how its page is finished, render it, write the page or what is wrong."""
    job, page_text = pickle.load(file)  # noqa: S301 - from the process that started this one
    assert isinstance(job, Job)
    answer: dict[str, Any]
    try:
        # What is imported or read only in use must be so before nothing can be opened any more.
        page_text.finish_charts()
        warm_up()
        with _limited(job.limits):
            answer = {"text": page_text.finish(render(job))}
    except OwnTemplateError as error:
        answer = {"message": error.message, "name": error.name, "line": error.line}
    except Exception as error:  # noqa: BLE001 - such as too little memory for what is made of a page
        wrong = located(error, job)
        answer = {"message": wrong.message, "name": wrong.name, "line": wrong.line}
    with os.fdopen(1, "wb", closefd=False) as out:
        out.write(json.dumps(answer, ensure_ascii=False).encode("utf-8", "replace"))


def _limited(limits: Limits) -> contextlib.AbstractContextManager[None]:
    """The limits of the system on this process from now on; what it has none for is not limited."""
    try:
        import resource
    except ImportError:  # Windows
        return contextlib.nullcontext()
    used = resource.getrusage(resource.RUSAGE_SELF)
    seconds = math.ceil(used.ru_utime + used.ru_stime + limits.seconds + 0.5)
    for kind, most in {
        "RLIMIT_AS": limits.memory, "RLIMIT_FSIZE": _most_bytes(limits), "RLIMIT_NOFILE": 0, "RLIMIT_CORE": 0,
    }.items():  # fmt: skip
        if hasattr(resource, kind):
            _lower(getattr(resource, kind), most)
    _lower(resource.RLIMIT_CPU, seconds, 1)
    return _timed(limits.seconds)


def _lower(kind: int, most: int, more: int = 0) -> None:
    """Lower a limit; the hard one, at which the system kills, is `more` above it. One that is lower already stays."""
    import resource

    _, hard = resource.getrlimit(kind)
    with contextlib.suppress(ValueError, OSError):  # macOS takes no limit on addresses
        resource.setrlimit(kind, (most, most + more) if hard < 0 or hard > most + more else (min(most, hard), hard))


@contextlib.contextmanager
def _timed(seconds: float) -> Iterator[None]:
    """Raises TooSlowError within the block once it has needed so many seconds of processor time, until it ends.

    What does not come back to Python, such as a huge power, is ended by RLIMIT_CPU.
    """
    import signal

    def too_slow(number: int, frame: object) -> None:
        raise TooSlowError

    signal.signal(signal.SIGPROF, too_slow)
    signal.setitimer(signal.ITIMER_PROF, seconds, 0.5)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, signal.SIG_IGN)
