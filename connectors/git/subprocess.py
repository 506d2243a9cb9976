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
from harvester.sdk import programs
from harvester.sdk.git_folder import GitFolder

CHUNK_SIZE = programs.PIPE_BYTES
QUEUED_CHUNKS = 8
"""The most chunks of one process that wait to be read; memory is at most QUEUED_CHUNKS × CHUNK_SIZE a process."""

OBJECTS = "GIT_OBJECT_DIRECTORY"
_PASSED_ON = frozenset({"GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM", "GIT_CONFIG_NOSYSTEM", "GIT_EXEC_PATH"})
_SHA1 = "[core]\n\trepositoryformatversion = 0\n\tbare = true\n"
_SHA256 = "[core]\n\trepositoryformatversion = 1\n\tbare = true\n[extensions]\n\tobjectformat = sha256\n"
_HARDENED = (
    "--no-pager", "--no-replace-objects", "--no-optional-locks",
    "-c", "safe.directory=*", "-c", "safe.bareRepository=all",
    "-c", "core.fsmonitor=false", "-c", f"core.hooksPath={os.devnull}", "-c", "core.quotePath=off",
    "-c", "core.alternateRefsCommand=true", "-c", "gpg.program=false", "-c", "protocol.allow=never",
    "-c", "log.showSignature=false", "-c", "log.showRoot=true", "-c", "log.mailmap=true",
    "-c", "diff.algorithm=default", "-c", "diff.renameLimit=1000", "-c", f"diff.orderFile={os.devnull}",
    "-c", "core.bigFileThreshold=512m", "-c", f"core.attributesFile={os.devnull}",
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
        "GIT_ATTR_NOSYSTEM": "1",
    }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Git:
    """A git program, the folder it runs in, the repository it reads, and the user's environment variables."""

    folder: Path
    environ: Mapping[str, str] = field(repr=False)
    program: str = "git"
    place: GitFolder | None = None
    """The repository; None where a command needs none."""
    silent_seconds: float = programs.SILENT_SECONDS
    """How long it may print nothing."""
    objects: Path | None = None
    """The folder of objects, where it is not the repository's own."""

    def output(self, *arguments: str, stdin: bytes = b"") -> bytes:
        """All of git's output, for commands that print little. Raises GitError where git fails."""
        with self.stream(arguments, stdin) as running:
            return b"".join(running.chunks())

    def line(self, *arguments: str) -> str:
        """Git's output as text without the line end; empty where git fails."""
        try:
            return text(self.output(*arguments)).rstrip("\n")
        except GitError:
            return ""

    @contextmanager
    def stream(self, arguments: Sequence[str], stdin: bytes = b"") -> Iterator[RunningGit]:
        """Git while it runs; leaving early kills it. Raises GitError at the end where git failed."""
        running = self.start(arguments, stdin)
        try:
            yield running
            running.finish()
        finally:
            running.close()

    def start(self, arguments: Sequence[str], stdin: bytes = b"") -> RunningGit:
        """Start git with all of its input."""
        place = self.place.arguments if self.place else ()
        command = [self.program, "-C", str(self.folder), *place, *_HARDENED, *arguments]
        environ = git_environment(self.environ) | ({OBJECTS: str(self.objects)} if self.objects else {})
        errors = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the process
        try:
            process = programs.start(command, environ, stdin=stdin, stderr=errors)
        except OSError as error:
            errors.close()
            raise _start_error(self.program, error) from error
        return RunningGit(process, errors, self.folder, self.silent_seconds)

    @contextmanager
    def without_configuration(self) -> Iterator[Git]:
        """Git on the same objects, but with no configuration and no attributes of the repository's or the reader's.

        It reads a new, empty git directory with the repository's objects, because neither an option nor a variable
        leaves `.git/info/attributes` out. It knows commits by hash only, and no mailmap.
        """
        assert self.place is not None
        sha256 = self.line("rev-parse", "--show-object-format") == "sha256"
        shallow = self.place.common / "shallow"
        with tempfile.TemporaryDirectory(prefix="harvester-git-") as name:
            folder = Path(name)
            (folder / "refs").mkdir()
            (folder / "objects").mkdir()
            (folder / "HEAD").write_text("ref: refs/heads/none\n")
            (folder / "config").write_text(_SHA256 if sha256 else _SHA1)
            if shallow.is_file():
                (folder / "shallow").write_bytes(shallow.read_bytes())
            own = {
                "HOME": name, "XDG_CONFIG_HOME": name, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1",
                "GIT_CONFIG_SYSTEM": os.devnull,
            }  # fmt: skip
            place, objects = GitFolder(folder, folder, None), self.place.common / "objects"
            yield Git(folder, {**self.environ, **own}, self.program, place, self.silent_seconds, objects)


@dataclass(frozen=True, slots=True)
class RunningGit:
    """A git process; the caller that starts one closes it."""

    process: subprocess.Popen[bytes]
    errors: IO[bytes]
    """The file that its standard error goes to."""
    folder: Path
    silent_seconds: float

    def chunks(self) -> Iterator[bytes]:
        """Its output, as it comes. Raises GitError where it prints nothing for too long."""
        try:
            while chunk := programs.read(self.process, CHUNK_SIZE, self.silent_seconds):
                yield chunk
        except TimeoutError as error:
            raise self._hanging() from error

    def finish(self) -> None:
        """Wait until git ends, after its output was read. Raises GitError where it failed or does not end."""
        try:
            status = self.process.wait(self.silent_seconds)
        except subprocess.TimeoutExpired as error:
            raise self._hanging() from error
        if status:
            raise GitError(_failure(self.errors, status, self.folder), hint="`git fsck` there may say more.")

    def kill(self) -> None:
        """End the process, and all that it started, if it still runs."""
        programs.kill(self.process)

    def close(self) -> None:
        """End it, and close its pipe and its file of errors."""
        programs.end(self.process)
        self.errors.close()

    def _hanging(self) -> GitError:
        return GitError(
            f"git printed nothing for {self.silent_seconds:g} seconds and was ended",
            hint="Is the disk slow, or does `git fsck` find anything?",
        )


_Chunks = queue.Queue[tuple[int, bytes | GitError]]
"""Numbers of inputs with their output, or with the error that ended it."""


def parallel_chunks(
    git: Git, arguments: Sequence[str], inputs: Sequence[bytes]
) -> Generator[tuple[int, bytes], None, None]:
    """Run one git for each input, all at once, and yield (number of the input, chunk of output) as they come.

    An empty chunk says that this process ended without an error.
    Raises GitError when one fails; closing the generator kills all.
    """
    chunks: _Chunks = queue.Queue(QUEUED_CHUNKS * len(inputs))
    running: list[RunningGit] = []
    threads: list[threading.Thread] = []
    try:
        for number, stdin in enumerate(inputs):
            running.append(git.start(arguments, stdin))
            threads.append(threading.Thread(target=_pump, args=(running[-1], number, chunks), daemon=True))
            threads[-1].start()
        yield from _until_ended(chunks, running)
    finally:
        _stop(running, threads, chunks)


def _until_ended(chunks: _Chunks, running: list[RunningGit]) -> Generator[tuple[int, bytes], None, None]:
    ended = 0
    while ended < len(running):
        number, chunk = chunks.get()
        if isinstance(chunk, GitError):
            raise chunk
        if not chunk:
            running[number].finish()
            ended += 1
        yield number, chunk


def _pump(running: RunningGit, number: int, chunks: _Chunks) -> None:
    try:
        for chunk in running.chunks():
            chunks.put((number, chunk))
        chunks.put((number, b""))
    except GitError as error:
        chunks.put((number, error))


def _stop(running: list[RunningGit], threads: list[threading.Thread], chunks: _Chunks) -> None:
    """Kill the processes, then empty the queue until each thread could put its last chunk and ends."""
    for process in running:
        process.kill()
    for thread in threads:
        while thread.is_alive():
            _empty(chunks)
            thread.join(0.01)
    for process in running:
        process.close()


def _empty(chunks: _Chunks) -> None:
    try:
        while True:
            chunks.get_nowait()
    except queue.Empty:
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
