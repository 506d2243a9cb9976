"""Which commits and pull requests get rows: those of the period and of the people requested that are new."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field

from harvester.model.accounts import keys_of
from harvester.model.periods import Period
from harvester.sdk.connector import Request

from . import log
from .authors import Author, CommitAuthors
from .log import History
from .merges import MergedPullRequest, MergeFinder, MergeMap
from .rows import credit_for
from .subprocess import Git


@dataclass
class Selection:
    """What of a history gets rows."""

    history: History
    merge_map: MergeMap
    authors: CommitAuthors
    addresses: frozenset[str] | None
    """Keys of the requested people's addresses; None: everyone's."""
    is_complete: bool
    """Whether nothing of the period was left out for being known."""
    commits: set[bytes] = field(default_factory=set)
    pull_requests: dict[bytes, tuple[MergedPullRequest, tuple[Author, ...]]] = field(default_factory=dict)
    """Pull requests and their authors, the owner first, by the hash of the commit that merged them."""
    incomplete: list[int] = field(default_factory=list)
    """Merges of pull requests in the period of which a shallow clone lacks commits."""

    def shas(self) -> list[bytes]:
        """The commits to read, newest first as git walked them, because neighbours share what git unpacks."""
        return [sha for sha in self.history.shas if sha in self.commits or sha in self.pull_requests]

    def includes(self, author: Author) -> bool:
        """Whether a person's rows were requested."""
        return self.addresses is None or author.is_among(self.addresses)


def find_merges(
    finder: MergeFinder, heads: Sequence[str], known_heads: Sequence[Sequence[str]]
) -> tuple[MergeMap, bytearray | None]:
    """The merge map of the heads, and a mark for each commit that needs no new rows; None where all do.

    `known_heads` are heads of earlier harvests. What those reach is known, but its rows are right only if newer commits
    change nothing in them: a late merge may turn out to be the first of a pull request. So the merge map is made of the
    earlier heads too, and only where both maps say the same of the known commits are these left out.
    Test: test_a_merge_can_change_known_commits.
    """
    if not finder.candidates and not known_heads:
        return MergeMap(), None
    merge_map = finder.merge_map(heads)
    for earlier in known_heads:
        reached = finder.reached(earlier)
        if finder.merge_map(earlier).agrees_with(merge_map, reached):
            return merge_map, reached
    return merge_map, None


def select(
    git: Git,
    finder: MergeFinder,
    request: Request,
    heads: Sequence[str],
    known_heads: Sequence[Sequence[str]],
    only: frozenset[bytes] | None,
) -> Selection:
    """What gets rows; `only` narrows it to these commits."""
    history = finder.history
    merge_map, known = find_merges(finder, heads, known_heads)
    cut_merges = log.merges_among(git, sorted(finder.boundary))
    positions = [
        position
        for position in _in_period(history, request.period)
        if not (known and known[position])
        and history.shas[position] not in cut_merges
        and (only is None or history.shas[position] in only)
    ]
    selection = Selection(history, merge_map, CommitAuthors(history), _addresses(request), not known or not any(known))
    _add(selection, git, positions)
    return selection


def _add(selection: Selection, git: Git, positions: list[int]) -> None:
    """Add those of the commits, and the pull requests that they merged, that have a row of a requested person."""
    history, authors, addresses = selection.history, selection.authors, selection.addresses
    chosen = set(positions)
    merged = [each for each in selection.merge_map.pull_requests.values() if each.merge_commit in chosen]
    authors.load_co_authors(git, [*positions, *(commit for each in merged for commit in each.commits)])
    selection.incomplete = [merge for merge in selection.merge_map.incomplete if merge in chosen]
    for position in positions:
        if not history.is_merge(position) and (addresses is None or authors.wrote(position, addresses)):
            selection.commits.add(history.shas[position])
    for each in merged:
        credited = credit_for(each, authors)
        if any(map(selection.includes, (*credited, authors.author(each.merge_commit)))):
            selection.pull_requests[history.shas[each.merge_commit]] = (each, credited)


def _addresses(request: Request) -> frozenset[str] | None:
    return None if request.accounts is None else keys_of(request.accounts)


def _in_period(history: History, period: Period) -> list[int]:
    """The positions of the commits whose committer date is in the period, half-open."""
    since, until = _first_second(period.since), _first_second(period.until)
    return [at for at, seconds in enumerate(history.times) if seconds is not None and since <= seconds < until]


def _first_second(at: dt.datetime) -> int:
    """The first whole second since 1970 that is not before a time."""
    return -((log.EPOCH - at) // dt.timedelta(seconds=1))
