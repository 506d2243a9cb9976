"""What one commit changes: its files, and the lines added and deleted in them. Pure."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass

from harvester.sdk.sizes import LineCounts, Size


@dataclass(frozen=True, slots=True)
class Changes:
    """What one commit changed; None where it is unknown."""

    paths: tuple[str, ...] | None = None
    lines: tuple[LineCounts, ...] | None = None
    """Of each path."""

    @property
    def size(self) -> Size:
        """The size of all of it."""
        return Size.of(self.lines, None if self.paths is None else len(self.paths))

    def below(self, folder: str) -> Changes:
        """The same in a folder."""
        paths = None if self.paths is None else tuple(f"{folder}/{path}" for path in self.paths)
        return dataclasses.replace(self, paths=paths)

    def only(self, chosen: Sequence[bool]) -> Changes:
        """The changes of the files that are marked."""
        paths = tuple(path for path, each in zip(self.paths or (), chosen, strict=True) if each)
        lines = None if self.lines is None else tuple(
            line for line, each in zip(self.lines, chosen, strict=True) if each
        )  # fmt: skip
        return dataclasses.replace(self, paths=paths, lines=lines)
