"""Running git: in a fixed environment, without network or foreign programs, with its output read in chunks."""

from __future__ import annotations

import os
import queue
import re
import subprocess
import tempfile
import threading
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from harvester.errors import SourceError

CHUNK_SIZE = 1 << 18
QUEUED_CHUNKS = 8
"""The most chunks of one process that wait to be read; memory is at most QUEUED_CHUNKS × CHUNK_SIZE a process."""

_PASSED_ON = frozenset({"GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM", "GIT_CONFIG_NOSYSTEM", "GIT_EXEC_PATH"})
_HARDENED = (
    "--no-pager", "--no-replace-objects", "--no-optional-locks",
    "-c", "safe.directory=*", "-c", "safe.bareRepository=all",
    "-c", "core.fsmonitor=false", "-c", f"core.hooksPath={os.devnull}", "-c", "core.quotePath=off",
    "-c", "core.alternateRefsCommand=true", "-c", "gpg.program=false", "-c", "protocol.allow=never",
    "-c", "log.showSignature=false", "-c", "log.showRoot=true", "-c", "log.mailmap=true",
    "-c", "diff.algorithm=default", "-c", "diff.renameLimit=1000", "-c", f"diff.orderFile={os.devnull}",
)  # fmt: skip
"""A repository's own configuration may name programs and change what is counted; these options prevent both.

safe.directory protects from the former. It can be lifted, because reading history runs no hook, filter, external diff,
text conversion, signature check or transport.
The test is test_a_repositorys_configuration_runs_nothing.
"""

_CREDENTIALS = re.compile(r"(\w+://)[^/@\s]*@")
_UNPRINTABLE = re.compile(r"[^\x20-\x7e\u00a0-\U0010ffff]+|[\u2028\u2029\u202a-\u202e\u2066-\u2069]+")


class GitError(SourceError):
    """git failed; the message is git's own last line, made safe to print."""


def text(raw: bytes) -> str:
    """Bytes as text that can always be stored: each byte that is not UTF-8 becomes U+FFFD."""
    return raw.decode("utf-8", "replace")


def git_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """The variables that git runs with: the user's except those that redirect git; English, no locks, no network."""
    inherited = {name: value for name, value in environ.items() if not name.startswith("GIT_") or name in _PASSED_ON}
    return inherited | {
        "LC_ALL": "C", "GIT_OPTIONAL_LOCKS": "0", "GIT_NO_LAZY_FETCH": "1", "GIT_ALLOW_PROTOCOL": "none",
        "GIT_TERMINAL_PROMPT": "0", "GIT_NO_REPLACE_OBJECTS": "1", "GIT_FLUSH": "0", "GIT_GRAFT_FILE": os.devnull,
    }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Git:
    """A git program, the folder it runs in, and the user's environment variables."""

    folder: Path
    environ: Mapping[str, str] = field(repr=False)
    program: str = "git"

    def output(self, *arguments: str, stdin: bytes = b"") -> bytes:
        """All of git's output, for commands that print little. Raises GitError where git fails."""
        with self.stream(arguments, stdin) as stream:
            return stream.read()

    def line(self, *arguments: str) -> str:
        """Git's output as text without the line end; empty where git fails."""
        try:
            return text(self.output(*arguments)).rstrip("\n")
        except GitError:
            return ""

    @contextmanager
    def stream(self, arguments: Sequence[str], stdin: bytes = b"") -> Iterator[IO[bytes]]:
        """Git's output while git runs; leaving early kills git. Raises GitError at the end where git failed."""
        running = self.start(arguments, stdin)
        try:
            yield running.output
            running.finish()
        finally:
            running.kill()
            running.close()

    def start(self, arguments: Sequence[str], stdin: bytes = b"") -> RunningGit:
        """Start git and write all of its input, which git reads to the end before it prints anything."""
        command = [self.program, "-C", str(self.folder), *_HARDENED, *arguments]
        errors = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the process
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": errors}
        try:
            process = subprocess.Popen(command, env=git_environment(self.environ), pipesize=CHUNK_SIZE, **pipes)  # type: ignore[call-overload]  # a dict of pipes
        except OSError as error:
            errors.close()
            raise _start_error(self.program, error) from error
        _write_stdin(process, stdin)
        return RunningGit(process, errors, self.folder)


@dataclass(frozen=True, slots=True)
class RunningGit:
    """A git process; the caller that starts one kills and closes it."""

    process: subprocess.Popen[bytes]
    errors: IO[bytes]
    """The file that its standard error goes to."""
    folder: Path

    @property
    def output(self) -> IO[bytes]:
        """Its standard output."""
        assert self.process.stdout is not None
        return self.process.stdout

    def finish(self) -> None:
        """Wait until git ends, after its output was read. Raises GitError where it failed."""
        if status := self.process.wait():
            raise GitError(_failure(self.errors, status, self.folder), hint="`git fsck` there may say more.")

    def kill(self) -> None:
        """End the process if it still runs."""
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def close(self) -> None:
        """Close its pipe and its file of errors."""
        self.output.close()
        self.errors.close()


def parallel_chunks(
    git: Git, arguments: Sequence[str], inputs: Sequence[bytes]
) -> Generator[tuple[int, bytes], None, None]:
    """Run one git for each input, all at once, and yield (number of the input, chunk of output) as they come.

    An empty chunk says that this process ended without an error.
    Raises GitError when one fails; closing the generator kills all.
    """
    chunks: queue.Queue[tuple[int, bytes]] = queue.Queue(QUEUED_CHUNKS * len(inputs))
    running: list[RunningGit] = []
    threads: list[threading.Thread] = []
    try:
        for number, stdin in enumerate(inputs):
            running.append(git.start(arguments, stdin))
            threads.append(threading.Thread(target=_pump, args=(running[-1].output, number, chunks), daemon=True))
            threads[-1].start()
        yield from _until_ended(chunks, running)
    finally:
        _stop(running, threads, chunks)


def _until_ended(
    chunks: queue.Queue[tuple[int, bytes]], running: list[RunningGit]
) -> Generator[tuple[int, bytes], None, None]:
    ended = 0
    while ended < len(running):
        number, chunk = chunks.get()
        if not chunk:
            running[number].finish()
            ended += 1
        yield number, chunk


def _pump(output: IO[bytes], number: int, chunks: queue.Queue[tuple[int, bytes]]) -> None:
    while chunk := output.read(CHUNK_SIZE):
        chunks.put((number, chunk))
    chunks.put((number, b""))


def _stop(running: list[RunningGit], threads: list[threading.Thread], chunks: queue.Queue[tuple[int, bytes]]) -> None:
    """Kill the processes, then empty the queue until each thread could put its last chunk and ends."""
    for process in running:
        process.kill()
    for thread in threads:
        while thread.is_alive():
            _empty(chunks)
            thread.join(0.01)
    for process in running:
        process.close()


def _empty(chunks: queue.Queue[tuple[int, bytes]]) -> None:
    try:
        while True:
            chunks.get_nowait()
    except queue.Empty:
        return


def _write_stdin(process: subprocess.Popen[bytes], stdin: bytes) -> None:
    """Write git's input; a git that ended early is reported by its exit status, in `finish`."""
    assert process.stdin is not None
    try:
        with process.stdin as pipe:
            pipe.write(stdin)
    except BrokenPipeError:
        return


def _start_error(program: str, error: OSError) -> SourceError:
    if isinstance(error, FileNotFoundError):
        return SourceError(f"There is no program {program!r} here.", hint="Install git: https://git-scm.com.")
    return SourceError(f"git cannot be started: {error.strerror}.", hint="Does `git --version` work?")


def _failure(errors: IO[bytes], status: int, folder: Path) -> str:
    """The exit status and git's last error line, without the path of the folder."""
    errors.seek(0)
    printed = [line for line in text(errors.read(1 << 16)).splitlines() if line.strip()]
    fatal = [line for line in printed if line.startswith(("fatal:", "error:"))]
    last = (fatal or printed or [""])[-1].replace(str(folder), folder.name)
    return f"git ended with status {status}: {printable(last) or 'no message'}"


def printable(line: str) -> str:
    """A line of git's made safe to print: no control characters, no credentials, at most 300 characters."""
    return _CREDENTIALS.sub(r"\1", _UNPRINTABLE.sub(" ", line))[:300].strip()


def lines(items: Iterable[str | bytes]) -> bytes:
    """Items as the lines that git reads from its standard input."""
    return b"".join((item.encode() if isinstance(item, str) else item) + b"\n" for item in items)
