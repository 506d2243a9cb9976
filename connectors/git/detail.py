"""Commits with as much detail as there is: a partial clone may lack the contents or the folders of some of them.

git ends at the first commit that it cannot compare. That one is read with less detail, and reading goes on after it. A
clone that lacks much, as one without any contents does, would stop at almost every commit, so after a number of them
the others are read with less detail at once. No commit is lost.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field

from .diffs import CommitDiff, DiffMode, divide, read_diffs
from .subprocess import Git, GitError

MOST_UNREADABLE = 20
"""How often reading goes on with all detail."""

LACKING: dict[DiffMode, str] = {"names": "line counts", "none": "paths and line counts"}
"""What is not known of a commit that was read so."""


@dataclass
class DetailReader:
    """Reads commits of one repository, each once."""

    git: Git
    is_partial: bool
    """Whether the clone left contents with its remote; otherwise what cannot be read is an error."""
    done: set[str] = field(default_factory=set)
    lacking: Counter[str] = field(default_factory=Counter)
    """The number of commits by what is not known of them, in words."""

    def read(self, shas: Sequence[str]) -> Iterator[list[CommitDiff]]:
        """These commits, in no particular order. Raises GitError where git fails and the clone is whole."""
        for _ in range(MOST_UNREADABLE):
            rest = self._left(shas)
            try:
                yield from self.read_as("counts", rest)
            except GitError:
                if not self.is_partial:
                    raise
            else:
                return
            stopped = [left[0] for share in divide(rest) if (left := self._left(share))]
            yield from self._with_less(stopped, ("counts", "names", "none"), each_alone=True)
        yield from self._with_less(self._left(shas), ("names", "none"))

    def read_as(self, mode: DiffMode, shas: Sequence[str]) -> Iterator[list[CommitDiff]]:
        """These commits with so much detail. Raises GitError where git fails, after those that were read before."""
        with closing(read_diffs(self.git, shas, mode)) as batches:
            for batch in batches:
                self.done.update(each.sha for each in batch)
                if mode in LACKING and self.is_partial:
                    self.lacking[LACKING[mode]] += len(batch)
                yield batch

    def _with_less(
        self, shas: Sequence[str], modes: Sequence[DiffMode], *, each_alone: bool = False
    ) -> Iterator[list[CommitDiff]]:
        """These commits with the most of these details that each has, or that all that are left have."""
        for part in [[each] for each in shas] if each_alone else [shas]:
            for mode in modes:
                try:
                    yield from self.read_as(mode, self._left(part))
                    break
                except GitError:
                    if mode == modes[-1]:
                        raise

    def _left(self, shas: Sequence[str]) -> list[str]:
        return [each for each in shas if each not in self.done]
