"""The ledger in pieces that can be read apart: row groups of files, each piece of about as many bytes."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

from harvester.ledger.delta_table import DataFile, groups_of
from harvester.model.periods import Period

PIECE_BYTES = 8 * 2**20
"""How many bytes on disk are read at once; in memory they are about ten times as many."""


@dataclass(frozen=True, slots=True)
class RowGroups:
    """Some row groups of a file, from `first` up to `end`."""

    file: DataFile
    first: int
    end: int

    @property
    def size(self) -> int:
        """About how many bytes they are: each group of a file has as many rows, but for the last one."""
        return self.file.size * (self.end - self.first) // max(1, groups_of(self.file))


Piece = tuple[RowGroups, ...]
"""What is read at once."""


def pieces_of(
    files: Iterable[DataFile], period: Period | None, sources: Collection[str], size: int = PIECE_BYTES
) -> list[Piece]:
    """The files of these sources that may have rows of a period (None: all), in pieces of about so many bytes.

    A large file is cut between its row groups, which are in order of time; small ones are read together.
    """
    wanted = [each for each in files if each.source in sources and (period is None or _may_have(each, period))]
    wanted.sort(key=lambda each: (each.source, int(each.partition["year"]), each.path))
    return list(_filled((cut for each in wanted for cut in _cut(each, size)), size))


def _may_have(file: DataFile, period: Period) -> bool:
    if file.times is None:
        return period.since.year <= int(file.partition["year"]) <= period.until.year
    return file.times[0] < period.until and file.times[1] >= period.since


def _cut(file: DataFile, size: int) -> Iterator[RowGroups]:
    groups = groups_of(file)
    step = max(1, groups * size // max(file.size, 1))
    for first in range(0, groups, step):
        yield RowGroups(file, first, min(first + step, groups))


def _filled(cuts: Iterable[RowGroups], size: int) -> Iterator[Piece]:
    """The cuts in their order, so many together that no piece is larger than a size, where none of them is."""
    piece: list[RowGroups] = []
    for cut in cuts:
        if piece and sum(each.size for each in piece) + cut.size > size:
            yield tuple(piece)
            piece = []
        piece.append(cut)
    if piece:
        yield tuple(piece)
