"""How a pull request with commits of several people is divided among them. Pure.

The history knows who wrote which commit of a merged pull request, so everybody is credited with the lines of their own
commits, and at most with those that the whole changed. A squashed pull request is one commit and cannot be divided.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from harvester.sdk.sizes import Size

from .authors import Author, CommitAuthors
from .diffs import CommitDiff
from .merges import MergedPullRequest


@dataclass(frozen=True, slots=True)
class Share:
    """One person's part in a pull request."""

    commits: tuple[int, ...]
    """The positions of the commits that the person wrote, alone or with others."""
    of: int
    """How many commits the pull request has."""
    begun_by: str | None
    """The account that wrote its first commit; None where that is the person's own."""

    @property
    def is_part(self) -> bool:
        """Whether others wrote the rest of it."""
        return 0 < len(self.commits) < self.of

    def extra(self) -> dict[str, str]:
        """The keys of the column `extra` that say it."""
        own = {"own_commits": f"{len(self.commits)}/{self.of}"} if self.is_part else {}
        return own | ({"begun_by": self.begun_by} if self.begun_by else {})


WHOLE = Share((), 0, None)
"""The share of somebody who wrote all of it."""


def shares(merged: MergedPullRequest, credited: Sequence[Author], authors: CommitAuthors) -> dict[str, Share]:
    """Each credited person's share; empty where there is one person."""
    if len(credited) < 2:
        return {}
    own: dict[str, list[int]] = {each.person: [] for each in credited}
    for position in merged.commits:
        for person in dict.fromkeys(each.person for each in authors.all_of([position])):
            own[person].append(position)
    first = authors.author(merged.commits[0])
    return {
        person: Share(tuple(commits), len(merged.commits), None if person == first.person else first.account)
        for person, commits in own.items()
    }


@dataclass(frozen=True, slots=True)
class Lines:
    """The size of one commit, and of what in it is not work."""

    work: Size
    not_work: Size

    @staticmethod
    def of(diff: CommitDiff) -> Lines:
        """The lines of one commit."""
        return Lines(diff.size, diff.not_work)


def own_lines(whole: Lines, share: Share, lines: Mapping[int, Lines]) -> Lines:
    """The lines of a person's share of a merged pull request, given those of the whole and of its commits."""
    if not share.is_part:
        return whole
    own = [lines[each] for each in share.commits if each in lines]
    return Lines(
        _own(whole.work, [each.work for each in own]),
        _own(whole.not_work, [each.not_work for each in own]),
    )


def _own(whole: Size, own: Sequence[Size]) -> Size:
    return Size(
        _sum(whole.files, (each.files for each in own)),
        _sum(whole.additions, (each.additions for each in own)),
        _sum(whole.deletions, (each.deletions for each in own)),
    )


def _sum(whole: int | None, own: Iterable[int | None]) -> int | None:
    known = [each for each in own if each is not None]
    return None if whole is None or not known else min(whole, sum(known))
