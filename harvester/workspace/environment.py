"""The environment outside: environment, folder, clock and terminal, in one object that tests hand in."""

from __future__ import annotations

import datetime as dt
import io
import os
import sys
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from harvester.text import printable

if TYPE_CHECKING:
    from rich.console import Console

    from harvester.sdk.secrets import SecretStore


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


@dataclass
class Environment:
    """What the commands read and write besides their arguments; nothing else in harvester does."""

    environ: Mapping[str, str] = field(default_factory=lambda: os.environ)
    cwd: Path = field(default_factory=Path.cwd)
    clock: Callable[[], dt.datetime] = _now
    stdout: TextIO = field(default_factory=lambda: sys.stdout)
    stderr: TextIO = field(default_factory=lambda: sys.stderr)
    stdin: TextIO = field(default_factory=lambda: sys.stdin or io.StringIO())
    debug: bool = False
    vaults: list[SecretStore] = field(default_factory=list)
    stop: threading.Event = field(default_factory=threading.Event)
    """Set when the user interrupts, so that waits in other threads end at once."""

    def echo(self, text: str) -> None:
        """Write what was asked for."""
        self.stdout.write(text if text.endswith("\n") else text + "\n")
        self.stdout.flush()

    def say(self, text: str) -> None:
        """Write what accompanies it: progress, warnings, errors; control characters are not passed on."""
        self.stderr.write(printable(text) + "\n")
        self.stderr.flush()

    def ask(self, prompt: str) -> str | None:
        """A line that the user types after this prompt, without spaces around; None where there is no more to come."""
        self.stdout.write(prompt)
        self.stdout.flush()
        line = self.stdin.readline()
        return line.strip() if line else None

    def wait(self, seconds: float, why: str) -> None:
        """Wait for a source, and say why; raises Stopped at once where the user interrupted."""
        from harvester.files import Cancelled

        self.say(f"Waiting {seconds:.0f} s: {self.redact(why)}")
        if self.stop.wait(seconds):
            raise Cancelled

    def redact(self, text: str) -> str:
        """The text without any secret that was looked up."""
        for vault in self.vaults:
            text = vault.redact(text)
        return text

    def console(self, *, errors: bool = False) -> Console:
        """A rich console: colours and progress on a terminal, plain where piped or with NO_COLOR."""
        from rich.console import Console

        stream = self.stderr if errors else self.stdout
        return Console(
            file=stream, no_color="NO_COLOR" in self.environ, highlight=False, markup=False,
            width=None if stream.isatty() else 120,
        )  # fmt: skip

    def table(self, heads: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
        """Write rows in columns under their heads; control characters are not passed on."""
        from rich.table import Table

        table = Table(*heads, box=None, pad_edge=False)
        for row in rows:
            table.add_row(*(printable(each) for each in row))
        self.console().print(table)

    def close_stdout(self) -> None:
        """Leave a reader that went away in peace: nothing more is flushed to it at exit."""
        if self.stdout is sys.stdout:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())

    def zone(self) -> str:
        """The IANA name of this machine's zone: TZ, else where /etc/localtime points, else UTC."""
        if name := self.environ.get("TZ", "").lstrip(":"):
            return name if _is_zone(name) else "UTC"
        place = str(Path("/etc/localtime").resolve())
        name = place.partition("zoneinfo/")[2]
        return name if _is_zone(name) else "UTC"


def _is_zone(name: str) -> bool:
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True
