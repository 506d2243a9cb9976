"""Which commits and pull requests get rows: those of the period and of the people requested that are new."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from harvester.model.accounts import keys_of
from harvester.model.bots import is_bot
from harvester.sdk.connector import Request

from . import log
from .authors import Author, CommitAuthors, Helper
from .changes import Changes
from .cherry_picks import Groups
from .facts import FactsFinder, HistoryFacts
from .log import History
from .merges import MergedPullRequest, MergeMap
from .rows import credit_for
from .shares import Share, shares
from .subprocess import Git
from .twins import TwinFinder


@dataclass
class Selection:
    """What of a history gets rows."""

    history: History
    facts: HistoryFacts
    authors: CommitAuthors
    addresses: frozenset[str] | None
    """Keys of the requested people's addresses; None: everyone's."""
    is_complete: bool
    """Whether nothing of the period was left out for being known."""
    picks: Groups
    """Which commits are the same change: picks, and twins of those that get rows."""
    commits: set[bytes] = field(default_factory=set)
    pull_requests: dict[bytes, tuple[MergedPullRequest, tuple[Author, ...]]] = field(default_factory=dict)
    """Pull requests and their authors, the owner first, by the hash of the commit that merged them."""
    shares: dict[bytes, dict[str, Share]] = field(default_factory=dict)
    """By the same hash each author's share, of the pull requests with several authors."""
    help: dict[bytes, tuple[Helper, ...]] = field(default_factory=dict)
    """By hash the requested people who reviewed a commit of others or helped with it."""
    applied: dict[bytes, Author] = field(default_factory=dict)
    """By hash the requested person who applied a commit of somebody else."""
    topics: dict[bytes, Author] = field(default_factory=dict)
    """By hash of its merge the requested person who merged a topic of others."""
    parts: set[bytes] = field(default_factory=set)
    """Commits whose lines are the share of a requested person; those of them in `commits` have rows, too."""
    incomplete: list[int] = field(default_factory=list)
    """Merges of pull requests in the period with commits that a shallow clone lacks."""

    def shas(self) -> list[bytes]:
        """The commits to read, newest first as git walked them, because neighbours share what git unpacks."""
        chosen = self.commits | self.parts | self.pull_requests.keys() | self.help.keys()
        return [sha for sha in self.history.shas if sha in chosen]

    def without_diffs(self) -> list[bytes]:
        """Further commits, newest first, that are read without their diffs: only the message is needed."""
        chosen = (self.applied.keys() | self.topics.keys()).difference(self.shas())
        return [sha for sha in self.history.shas if sha in chosen]

    @cached_property
    def changes(self) -> Changes:
        """The changes that the commits came with; to be asked once the people of the commits were loaded."""
        return Changes(self.history, self.facts, self.authors)

    def includes(self, author: Author) -> bool:
        """Whether a person's rows were requested."""
        return self.addresses is None or author.is_among(self.addresses)


def select(
    git: Git,
    finder: FactsFinder,
    facts: HistoryFacts,
    request: Request,
    known_heads: Sequence[Sequence[str]],
    only: frozenset[bytes] | None,
    person_of: Callable[[str], str],
) -> Selection:
    """What gets rows: what landed in the period and is not known; `only` narrows it to these commits.

    `known_heads` are the heads by which all rows of the request were read before. A row is known where all of them
    reach its commit and say of it what is true now. Where rows may have to be removed nothing is known.
    Tests: test_a_merge_can_change_known_commits, test_a_later_revert_changes_the_row.
    """
    history, boundary = finder.finder.history, finder.finder.boundary
    since, until = first_second(request.period.since), first_second(request.period.until)
    twins = TwinFinder(history, finder.finder.parents, boundary, person_of)
    known = _known([finder.facts(heads) for heads in known_heads], facts, since, until, twins)
    cut_merges = log.merges_among(git, sorted(boundary))
    positions = [
        position
        for position, at in enumerate(facts.landed_at)
        if at is not None
        and since <= at < until
        and not (known and known[position])
        and history.shas[position] not in cut_merges
        and (only is None or history.shas[position] in only)
    ]
    authors = CommitAuthors(history, person_of)
    selection = Selection(history, facts, authors, _addresses(request), known is None or not any(known), facts.picks)
    _add(selection, git, positions, twins)
    return selection


def _known(
    before: list[HistoryFacts], now: HistoryFacts, since: int, until: int, twins: TwinFinder
) -> bytearray | None:
    """A mark for each commit that needs no new rows; None where all do."""
    if not before or any(each.lost_rows(now, since, until) for each in before):
        return None
    marks = [each.unchanged(now) for each in before]
    known = marks[0] if len(marks) == 1 else bytearray(map(min, *marks))
    in_period = [at for at, landed in enumerate(now.landed_at) if known[at] and landed and since <= landed < until]
    for group in twins.alike(in_period, now.reached):
        for position in group:
            earlier = [_before(position, group, each) for each in (now, *before)]
            known[position] &= earlier.count(earlier[0]) == len(earlier)
    return known


def _before(position: int, group: list[int], facts: HistoryFacts) -> list[int]:
    """The commits of a group that came to the branches before one of it."""
    return [each for each in group if facts.reached[each] and facts.place[each] < facts.place[position]]


def _add(selection: Selection, git: Git, positions: list[int], twins: TwinFinder) -> None:
    """Add those of the commits, and the pull requests that they merged, that have a row of a requested person."""
    history, authors, addresses = selection.history, selection.authors, selection.addresses
    chosen = set(positions)
    merge_map = selection.facts.merge_map
    merged = [each for each in merge_map.pull_requests.values() if each.merge_commit in chosen]
    repeated = (found for position in positions if (found := merge_map.repeated(position)))
    authors.load(git, [*positions, *(commit for each in (*merged, *repeated) for commit in each.commits)])
    selection.incomplete = [merge for merge in merge_map.incomplete if merge in chosen]
    for position in positions:
        if not history.is_merge(position) and (addresses is None or authors.wrote(position, addresses)):
            selection.commits.add(history.shas[position])
        _add_help(selection, position)
    for each in merged:
        credited = credit_for(each, authors)
        if any(map(selection.includes, (*credited, authors.author(each.merge_commit)))):
            selection.pull_requests[history.shas[each.merge_commit]] = (each, credited)
            _add_shares(selection, each, credited)
    _add_twins(selection, git, positions, twins)


def _add_twins(selection: Selection, git: Git, positions: list[int], twins: TwinFinder) -> None:
    """Find the twins of what gets rows, and load the people of all that may be its original."""
    history, facts = selection.history, selection.facts
    chosen = selection.commits | selection.help.keys()
    with_rows = [position for position in positions if history.shas[position] in chosen]
    alike = twins.alike(with_rows, facts.reached)
    selection.picks = twins.join(git, facts.picks, alike, facts.place)
    related = (each for position in positions for each in _originals(position, facts.merge_map, selection.picks))
    selection.authors.load(git, related)


def _add_help(selection: Selection, position: int) -> None:
    """Add what requested people did for a commit of others: who reviewed, helped with, applied or merged it."""
    sha, changes = selection.history.shas[position], selection.changes
    if found := tuple(each for each in changes.helpers(position) if selection.includes(each.who)):
        selection.help[sha] = found
    if (by := selection.authors.applied_by(position)) and selection.includes(by):
        selection.applied[sha] = by
    if topic := changes.topic(position):
        by = selection.authors.author(position)
        if by.person != topic.owners[0].person and selection.includes(by) and not is_bot(by.account):
            selection.topics[sha] = by


def _add_shares(selection: Selection, merged: MergedPullRequest, credited: tuple[Author, ...]) -> None:
    history = selection.history
    of_person = shares(merged, credited, selection.authors)
    if of_person:
        selection.shares[history.shas[merged.merge_commit]] = of_person
    for each in credited:
        if selection.includes(each) and of_person and of_person[each.person].is_part:
            selection.parts.update(history.shas[position] for position in of_person[each.person].commits)


def _addresses(request: Request) -> frozenset[str] | None:
    return None if request.accounts is None else keys_of(request.accounts)


def _originals(position: int, merge_map: MergeMap, picks: Groups) -> Iterator[int]:
    """The commits that may be the original of a commit, or that decide whose pull request it brings again."""
    for each in picks.get(position, ()):
        yield each
        yield from merge_map.by_merge_commit[each].commits if each in merge_map.by_merge_commit else ()
    if repeated := merge_map.repeated(position):
        yield from repeated.commits


def first_second(at: dt.datetime) -> int:
    """The first whole second since 1970 that is not before a time."""
    return -((log.EPOCH - at) // dt.timedelta(seconds=1))
