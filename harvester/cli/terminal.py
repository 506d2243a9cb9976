"""The terminal of a command: the environment with standard input, output and error."""

from __future__ import annotations

import contextlib
import errno
import io
import json
import os
import stat
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from harvester.errors import ReportError
from harvester.text import count_noun, escape_json, inert, printable
from harvester.workspace.environment import Environment, Progress

if TYPE_CHECKING:
    from rich.console import Console


class ClosedStream(io.StringIO):
    """Standard output that was closed before we began: writing to it is an error, which `main` shows."""

    def write(self, text: str) -> int:
        """Raise OSError."""
        raise OSError(errno.EBADF, "standard output is closed; name a file with --output where the command has it")


@dataclass
class Terminal(Environment):
    """An environment that can print and ask; tests hand in their own streams."""

    stdout: TextIO = field(default_factory=lambda: sys.stdout or ClosedStream())
    stderr: TextIO = field(default_factory=lambda: sys.stderr or io.StringIO())
    stdin: TextIO = field(default_factory=lambda: sys.stdin or io.StringIO())

    def echo(self, text: str) -> None:
        """Write a result to standard output."""
        _put(self.stdout, text)

    def check_shows(self, name: str, *, is_text: bool) -> None:
        """Raise ReportError where standard output is a terminal and what will be written is no text."""
        if not is_text and self.stdout.isatty():
            raise ReportError(
                f"{name} is not text and was not written to the terminal.",
                hint="Name a file with --output, or pipe it into a program.",
            )

    def write(self, content: bytes) -> None:
        """Write a result that may not be text to standard output, as it is where that is no log of a CI service."""
        self.stdout.flush()
        content = _inert(content) if self._is_log() else content
        buffer = None if self.stdout.isatty() else getattr(self.stdout, "buffer", None)
        if buffer is None:
            self.stdout.write(content.decode())
            self.stdout.flush()
        else:
            buffer.write(content)
            buffer.flush()

    def _is_log(self) -> bool:
        """Whether a CI service that obeys commands in its log reads standard output: it does unless that is a file."""
        if not (self.environ.get("GITHUB_ACTIONS") or self.environ.get("TF_BUILD")):
            return False
        try:
            return not stat.S_ISREG(os.fstat(self.stdout.fileno()).st_mode)
        except OSError:
            return True

    def echo_json(self, data: object) -> None:
        """Write a result to standard output as JSON."""
        self.echo(escape_json(json.dumps(data, indent=2, default=str)))

    def notify(self, text: str) -> None:
        """Write a warning, an error or a notice to standard error, without control characters.

        Where nobody reads it, since standard error is full or its reader has gone, the work goes on without.
        """
        with contextlib.suppress(OSError):
            _put(self.stderr, printable(text))

    def from_here(self, path: Path) -> str:
        """A path relative to the current folder, or in full where that is shorter."""
        try:
            return min(os.path.relpath(path, self.cwd), str(path), key=len)
        except ValueError:  # another drive
            return str(path)

    def suggest(self, commands: Sequence[str]) -> None:
        """Write commands that the user may run next to standard error, a line each; nothing for none."""
        if commands:
            self.notify("\n".join(["", "Next:", *(f"  {each}" for each in commands)]))

    def ask(self, prompt: str) -> str | None:
        """A line that the user types after this prompt, without spaces around; None at the end of the input."""
        self.stdout.write(inert(prompt))
        self.stdout.flush()
        line = self.stdin.readline()
        return line.strip() if line else None

    @contextlib.contextmanager
    def progress(self) -> Iterator[Progress]:
        """Show a counter of rows by source on a terminal; nothing where standard error is piped."""
        if not self.stderr.isatty():
            yield lambda source, rows: None
            return
        counts: dict[str, int] = {}
        with self.console(errors=True).status("Reading …") as status:

            def update(source: str, rows: int) -> None:
                counts[source] = rows
                if rows % 50 == 1:
                    status.update(progress_text(counts))

            yield update

    def console(self, *, errors: bool = False) -> Console:
        """A rich console: colours and progress on a terminal, plain where piped, whatever FORCE_COLOR says."""
        from rich.console import Console

        stream = self.stderr if errors else self.stdout
        return Console(
            file=stream, no_color="NO_COLOR" in self.environ, highlight=False, markup=False,
            force_terminal=stream.isatty(), width=None if stream.isatty() else 120,
        )  # fmt: skip

    def table(self, heads: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
        """Write rows in columns under their heads, without control characters."""
        from rich.table import Table

        table = Table(*heads, box=None, pad_edge=False)
        for row in rows:
            table.add_row(*(printable(each) for each in row))
        console = self.console()
        with console.capture() as captured:
            console.print(table)
        self.echo(captured.get())

    def close_stdout(self) -> None:
        """Discard what is still buffered, so that no error is raised at exit when the reader has gone away."""
        if self.stdout is sys.stdout:
            _discard(self.stdout)

    def close_stderr(self) -> None:
        """Discard what could not be written to standard error, likewise."""
        if self.stderr is sys.stderr:
            try:
                self.stderr.flush()
            except OSError:
                _discard(self.stderr)


def _put(stream: TextIO, text: str) -> None:
    """Write lines to a standard stream: the one place through which what commands say goes."""
    stream.write(inert(text if text.endswith("\n") else text + "\n"))
    stream.flush()


def _inert(content: bytes) -> bytes:
    """As `inert`, of a result; what is no text stays as it is."""
    try:
        return inert(content.decode()).encode()
    except UnicodeDecodeError:
        return content


def _discard(stream: TextIO) -> None:
    """Let what a stream has not written yet go nowhere."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def progress_text(counts: Mapping[str, int]) -> str:
    """How many rows have come from each source so far."""
    return "Reading " + ", ".join(f"{name}: {count_noun(count, 'row')}" for name, count in counts.items())


def model_json(models: Iterable[Any]) -> list[Any]:
    """Pydantic models as JSON data, without the keys that were left at their defaults."""
    return [each.model_dump(mode="json", by_alias=True, exclude_defaults=True) for each in models]
