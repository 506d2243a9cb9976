"""The size of a change: its files, and the lines added and deleted in them. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .not_work import configured, is_work

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

    def as_left_out(self) -> dict[str, str]:
        """The key of the column `extra` for a size of what is not work; none where nothing is."""
        said = self.words()
        return {"not_work": said} if said else {}


UNKNOWN = Size()
NOTHING = Size(0, 0, 0)

_BY_NAME = configured(())


def without_others(whole: Size, files: Sequence[tuple[str, int, int]]) -> tuple[Size, Size]:
    """The size of the work in a change, and of the rest, given all that a forge says of it and of its files.

    `files` have their path and the lines added and deleted. A forge does not show what a repository's attributes say,
    so names decide. Where not all files of the change are known it is `whole`, and nothing is left out. A forge says no
    lines of a binary file, so a file without any may be one.
    """
    others = [(added, deleted) for path, added, deleted in files if not is_work(path, {}, _BY_NAME)]
    if not others or len(files) != whole.files:
        return whole, NOTHING
    lines = [(added, deleted) for path, added, deleted in files if is_work(path, {}, _BY_NAME)]
    known = [each if any(each) else None for each in others]
    return Size.of(lines, len(lines)), Size.of(known, len(known))
