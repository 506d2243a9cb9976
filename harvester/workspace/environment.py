"""The machine around harvester: environment variables, folder, clock and secrets, in one object that tests hand in."""

from __future__ import annotations

import contextlib
import datetime as dt
import os
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from harvester.sdk.secrets import SecretStore

Progress = Callable[[str, int], None]
"""Called with a source and its number of rows so far, from any thread."""


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


def _current_folder() -> Path:
    """The current folder; where it was deleted the path that it had, so that what needs it names it."""
    try:
        return Path.cwd()
    except FileNotFoundError:
        return Path(os.environ.get("PWD") or Path(os.sep) / "deleted folder")


@dataclass
class Environment:
    """What harvester reads of the machine besides arguments and files. It writes to no terminal.

    `harvester.cli.terminal.Terminal` is the one of a command, which shows notices and progress.
    """

    environ: Mapping[str, str] = field(default_factory=lambda: os.environ, repr=False)
    cwd: Path = field(default_factory=_current_folder)
    clock: Callable[[], dt.datetime] = _now
    debug: bool = False
    """Whether an error of a source is raised with its traceback in place of being reported as a gap."""
    secret_stores: list[SecretStore] = field(default_factory=list)
    """The stores whose secrets `redact` removes."""
    stop: threading.Event = field(default_factory=threading.Event)
    """Set when the user interrupts, so that waits in other threads end at once."""

    def notify(self, text: str) -> None:
        """Show a notice, such as why a source makes us wait; shown nowhere here."""

    @contextlib.contextmanager
    def progress(self) -> Iterator[Progress]:
        """Show how many rows have come from each source; shown nowhere here."""
        yield lambda source, rows: None

    def wait(self, seconds: float, why: str) -> None:
        """Wait for a source, with a notice; raises Cancelled at once where the user interrupted."""
        from harvester.files import Cancelled

        self.notify(f"Waiting {seconds:.0f} s: {self.redact(why)}")
        if self.stop.wait(seconds):
            raise Cancelled

    def redact(self, text: str) -> str:
        """The text without any secret that was looked up."""
        for store in self.secret_stores:
            text = store.redact(text)
        return text

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
