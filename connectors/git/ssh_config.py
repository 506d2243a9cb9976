"""The aliases of hosts in the user's ~/.ssh/config, read as text: nothing in it is run.

As in ssh the first `HostName` of a `Host` that matches counts, `*`, `?` and `!` have their meaning, and `Include` is
followed (https://man.openbsd.org/ssh_config). `Match` blocks are not read, since they may run programs.
"""

from __future__ import annotations

import fnmatch
import glob
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

MOST_BYTES = 1 << 20
"""More than anybody writes; what comes after is not read."""
MOST_FILES = 50
"""With the files that are included."""


@dataclass(frozen=True, slots=True)
class SshConfig:
    """The host names of an ssh configuration, in its order: the patterns of a `Host`, and its `HostName`."""

    entries: tuple[tuple[tuple[str, ...], str], ...] = ()

    def host_name(self, alias: str) -> str | None:
        """The host that an alias stands for, in lower case; None where the configuration does not say it."""
        for patterns, name in self.entries:
            refused = any(fnmatch.fnmatchcase(alias, each[1:]) for each in patterns if each.startswith("!"))
            if not refused and any(fnmatch.fnmatchcase(alias, each) for each in patterns):
                return name.replace("%h", alias).replace("%%", "%").lower()
        return None


def read_ssh_config(environ: Mapping[str, str]) -> SshConfig:
    """The configuration of the user whose HOME this is; an empty one where there is none that can be read."""
    home = environ.get("HOME") or environ.get("USERPROFILE")
    if not home:
        return SshConfig()
    lines = _lines(Path(home) / ".ssh" / "config", Path(home), [MOST_FILES])
    return SshConfig(tuple(_entries(lines)))


def _entries(lines: Iterator[tuple[str, list[str]]]) -> Iterator[tuple[tuple[str, ...], str]]:
    patterns: tuple[str, ...] = ("*",)
    for keyword, values in lines:
        if keyword == "host":
            patterns = tuple(each.lower() for each in values)
        elif keyword == "match":
            patterns = ()
        elif keyword == "hostname" and values and patterns:
            yield patterns, values[0]


def _lines(file: Path, home: Path, left: list[int]) -> Iterator[tuple[str, list[str]]]:
    """Keyword (lower case) and values of each line of a file and of those that it includes, at most `left` files."""
    if left[0] <= 0:
        return
    left[0] -= 1
    for line in _text(file).splitlines():
        keyword, _, rest = line.strip().replace("=", " ", 1).partition(" ")
        if not keyword or keyword.startswith("#"):
            continue
        values = _words(rest)
        if keyword.lower() != "include":
            yield keyword.lower(), values
            continue
        for value in values:
            path = home / value.removeprefix("~/") if value.startswith("~/") else home / ".ssh" / value
            for each in sorted(glob.glob(str(path))):  # noqa: PTH207 - the pattern may be absolute
                yield from _lines(Path(each), home, left)


def _text(file: Path) -> str:
    """The text of a regular file; empty for anything else, such as a pipe, and for what cannot be read."""
    try:
        if not file.is_file():
            return ""
        with file.open("rb") as opened:
            return opened.read(MOST_BYTES).decode("utf-8", "replace")
    except OSError:
        return ""


def _words(text: str) -> list[str]:
    try:
        return shlex.split(text, comments=True)
    except ValueError:  # an open quote, which ssh refuses too
        return []
