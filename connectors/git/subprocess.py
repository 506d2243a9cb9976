"""Running git: one environment, hardened and offline; output in pieces; no child outlives whoever reads it."""

from __future__ import annotations

import os
import queue
import re
import subprocess
import tempfile
import threading
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from harvester.errors import SourceError

PIECE = 1 << 18
WAITING = 8
"""How many pieces of one process may wait to be read: bounds memory at WAITING × PIECE each."""

_KEPT = frozenset({"GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM", "GIT_CONFIG_NOSYSTEM", "GIT_EXEC_PATH"})
_HARDENED = (
    "--no-pager", "--no-replace-objects", "--no-optional-locks",
    "-c", "safe.directory=*", "-c", "safe.bareRepository=all",
    "-c", "core.fsmonitor=false", "-c", f"core.hooksPath={os.devnull}", "-c", "core.quotePath=off",
    "-c", "core.alternateRefsCommand=true", "-c", "gpg.program=false", "-c", "protocol.allow=never",
    "-c", "log.showSignature=false", "-c", "log.showRoot=true", "-c", "log.mailmap=true",
    "-c", "diff.algorithm=default", "-c", "diff.renameLimit=1000", "-c", f"diff.orderFile={os.devnull}",
)  # fmt: skip
"""A repository's own configuration may name programs and change what is counted; neither happens here.

safe.directory guards against the former, which is why it can be lifted: reading history runs no hook, no filter, no
external diff, no text conversion, no signature check and no transport.
"""

_CREDENTIALS = re.compile(r"(\w+://)[^/@\s]*@")
_UNPRINTABLE = re.compile(r"[^\x20-\x7e\u00a0-\U0010ffff]+|[\u2028\u2029\u202a-\u202e\u2066-\u2069]+")


class GitError(SourceError):
    """git ended with an error; the message is git's own last words, made safe to print."""


def text(raw: bytes) -> str:
    """Bytes as text that can always be stored: what is not UTF-8 becomes U+FFFD."""
    return raw.decode("utf-8", "replace")


def environment() -> dict[str, str]:
    """What git runs in: the caller's without what redirects git, in plain English, without locks or network."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_") or name in _KEPT}
    ours = {
        "LC_ALL": "C", "GIT_OPTIONAL_LOCKS": "0", "GIT_NO_LAZY_FETCH": "1", "GIT_ALLOW_PROTOCOL": "none",
        "GIT_TERMINAL_PROMPT": "0", "GIT_NO_REPLACE_OBJECTS": "1", "GIT_FLUSH": "0", "GIT_GRAFT_FILE": os.devnull,
    }  # fmt: skip
    return kept | ours


@dataclass(frozen=True, slots=True)
class Git:
    """A git program and the folder it runs in."""

    folder: Path
    program: str = "git"

    def answer(self, *arguments: str, given: bytes = b"") -> bytes:
        """All of a short answer; raises GitError with git's words."""
        with self.reading(arguments, given) as stream:
            return stream.read()

    def line(self, *arguments: str) -> str:
        """A short answer without its line end, or an empty text where git has none to give."""
        try:
            return text(self.answer(*arguments)).rstrip("\n")
        except GitError:
            return ""

    @contextmanager
    def reading(self, arguments: Sequence[str], given: bytes = b"") -> Iterator[IO[bytes]]:
        """Git's output as it comes; git is killed on leaving early. Raises GitError at its end where it failed."""
        running = self.start(arguments, given)
        try:
            yield running.output
            running.finish()
        finally:
            running.kill()
            running.close()

    def start(self, arguments: Sequence[str], given: bytes = b"") -> Running:
        """A git process that was handed its input, which git reads to the end before it answers."""
        command = [self.program, "-C", str(self.folder), *_HARDENED, *arguments]
        words = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the process
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": words}
        try:
            process = subprocess.Popen(command, env=environment(), pipesize=PIECE, **pipes)  # type: ignore[call-overload]  # a dict of pipes
        except OSError as error:
            words.close()
            raise _cannot_start(self.program, error) from error
        _hand_over(process, given)
        return Running(process, words, self.folder)


@dataclass(frozen=True, slots=True)
class Running:
    """A git process at work; whoever starts one kills and closes it."""

    process: subprocess.Popen[bytes]
    words: IO[bytes]
    folder: Path

    @property
    def output(self) -> IO[bytes]:
        """Its standard output."""
        assert self.process.stdout is not None
        return self.process.stdout

    def finish(self) -> None:
        """Wait for its end after its output was read; raises GitError, with its last words, where it failed."""
        if status := self.process.wait():
            raise GitError(_last_words(self.words, status, self.folder), hint="`git fsck` there may say more.")

    def kill(self) -> None:
        """End it at once where it still runs."""
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def close(self) -> None:
        """Give back what it held."""
        self.output.close()
        self.words.close()


def pieces(git: Git, arguments: Sequence[str], given: Sequence[bytes]) -> Generator[tuple[int, bytes], None, None]:
    """The outputs of several git processes side by side, one for each input: (which, a piece of its output).

    An empty piece says that this one ended well. Raises GitError when one fails; closing kills them all.
    """
    came: queue.Queue[tuple[int, bytes]] = queue.Queue(WAITING * len(given))
    running: list[Running] = []
    threads: list[threading.Thread] = []
    try:
        for number, each in enumerate(given):
            running.append(git.start(arguments, each))
            threads.append(threading.Thread(target=_pump, args=(running[-1].output, number, came), daemon=True))
            threads[-1].start()
        yield from _until_ended(came, running)
    finally:
        _stop(running, threads, came)


def _until_ended(
    came: queue.Queue[tuple[int, bytes]], running: list[Running]
) -> Generator[tuple[int, bytes], None, None]:
    ended = 0
    while ended < len(running):
        number, piece = came.get()
        if not piece:
            running[number].finish()
            ended += 1
        yield number, piece


def _pump(output: IO[bytes], number: int, came: queue.Queue[tuple[int, bytes]]) -> None:
    while piece := output.read(PIECE):
        came.put((number, piece))
    came.put((number, b""))


def _stop(running: list[Running], threads: list[threading.Thread], came: queue.Queue[tuple[int, bytes]]) -> None:
    """Kill first, so that every pump sees its end, and make room until each has put its last piece."""
    for each in running:
        each.kill()
    for thread in threads:
        while thread.is_alive():
            _drain(came)
            thread.join(0.01)
    for each in running:
        each.close()


def _drain(came: queue.Queue[tuple[int, bytes]]) -> None:
    try:
        while True:
            came.get_nowait()
    except queue.Empty:
        return


def _hand_over(process: subprocess.Popen[bytes], given: bytes) -> None:
    """Give git its input, which it reads to the end before it answers; one that died early is told of later."""
    assert process.stdin is not None
    try:
        with process.stdin as pipe:
            pipe.write(given)
    except BrokenPipeError:
        return


def _cannot_start(program: str, error: OSError) -> SourceError:
    if isinstance(error, FileNotFoundError):
        return SourceError(f"There is no program {program!r} here.", hint="Install git: https://git-scm.com.")
    return SourceError(f"git cannot be started: {error.strerror}.", hint="Does `git --version` work?")


def _last_words(words: IO[bytes], status: int, folder: Path) -> str:
    words.seek(0)
    lines = [line for line in text(words.read(1 << 16)).splitlines() if line.strip()]
    said = next((line for line in reversed(lines) if line.startswith(("fatal:", "error:"))), lines[-1] if lines else "")
    return f"git ended with status {status}: {plain(said.replace(str(folder), folder.name)) or 'and said nothing'}"


def plain(said: str) -> str:
    """A line of git's made safe to print: no control characters, no credentials, of bounded length."""
    return _CREDENTIALS.sub(r"\1", _UNPRINTABLE.sub(" ", said))[:300].strip()


def lines(items: Iterable[str | bytes]) -> bytes:
    """Items as the lines that git reads from its standard input."""
    return b"".join((item.encode() if isinstance(item, str) else item) + b"\n" for item in items)
