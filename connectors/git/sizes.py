"""The size of a change: its files, and the lines added and deleted in them. Pure."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass

LineCounts = tuple[int, int] | None
"""Lines added and deleted in one file; None where it is binary."""


@dataclass(frozen=True, slots=True)
class Size:
    """Files and lines added and deleted; None where they are unknown."""

    files: int | None = None
    additions: int | None = None
    deletions: int | None = None

    @staticmethod
    def of(lines: Sequence[LineCounts] | None, files: int | None) -> Size:
        """The size of so many files. Lines are of text files; where all files are binary they are unknown."""
        known = [each for each in lines or () if each]
        if lines is None or (lines and not known):
            return Size(files)
        return Size(files, sum(added for added, _ in known), sum(deleted for _, deleted in known))

    def words(self) -> str:
        """As it stands in the column `extra`: `3 +120 -4`, without lines where they are unknown."""
        lines = "" if self.additions is None else f" +{self.additions} -{self.deletions}"
        return f"{self.files}{lines}" if self.files else ""


UNKNOWN = Size()
NOTHING = Size(0, 0, 0)


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
