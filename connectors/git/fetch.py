"""One reading of one repository: what landed in a period, for whom, and what could not be read."""

from __future__ import annotations

import datetime as dt
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field

from harvester.model.accounts import account_key
from harvester.model.contribution import Contribution
from harvester.model.periods import Period
from harvester.sdk.connector import Gap, Request

from . import log, merges, messages, rows
from .log import CommitDiff, Diff, History
from .merges import MergeMap, ProjectNames, Pull
from .repository import BranchHeads, Repository, asked_at, partial
from .rows import Author, Credit, Place, address_key
from .subprocess import GitError, text

Rows = Iterator[Contribution]
MOST_CO_AUTHORS = 200
"""So many co-authors of one commit are read: each has a row that names all the others."""


@dataclass(frozen=True)
class RepositoryReader:
    """What is read: a repository from its tips for a request; `only` narrows it to these commits."""

    repository: Repository
    tips: BranchHeads
    request: Request
    source: str
    unpushed: frozenset[bytes]
    edge: frozenset[bytes]
    only: frozenset[bytes] | None = None

    def cut_off(self) -> Iterator[Gap]:
        """The hole that a shallow clone leaves in the period: what is older than its newest boundary commit."""
        newest = max(log.landed(self.repository.git, sorted(self.edge)), default=None)
        since = self.request.period.since
        if newest is not None and (time := rows.moment(newest)) >= since:
            hole = Period(since, min(self.request.period.until, time + dt.timedelta(seconds=1)))
            day = f"{time:%Y-%m-%d}"
            yield Gap(
                self._scope, f"shallow: history before {day} is not here (`git fetch --unshallow` brings it)", hole
            )

    def behind(self, now: dt.datetime) -> Gap | None:
        """What the remote may have got since this clone last asked it, in a period that is over; else None.

        Of a period that still runs nobody expects the end.
        """
        period, asked = self.request.period, asked_at(self.repository) if self.tips.tracking else None
        if asked is None or asked >= period.until or period.until > now:
            return None
        words = f"not fetched since {asked:%Y-%m-%d}: what landed on the remote after that is not here (`git fetch`)"
        return Gap(self._scope, words, Period(max(period.since, asked), period.until))

    def rows(self, known: Sequence[tuple[str, ...]]) -> Generator[Contribution | Gap, None, tuple[bool, bool]]:
        """Yield the rows; give back whether everything in the period came again, and whether nothing is missing.

        `known` are tips, all reached from the present ones, up to which the same was read before: where what was told
        of one's commits still holds, only what landed since is yielded.
        """
        history = log.history(self.repository.git, self.tips.shas)
        selected = self._select(history, known)
        gaps = list(self._undated(history))
        yield from gaps
        yield from self._unknown(selected)
        yield from self._crowded(selected)
        complete = yield from self._changes(selected)
        complete = complete and not gaps and not selected.missing
        return complete and selected.all_anew and not self.edge, complete

    @property
    def _scope(self) -> str:
        return self.repository.scope

    @property
    def _naming(self) -> ProjectNames:
        here, remote = self.repository, self.repository.remote
        return ProjectNames(remote.project if remote else "", here.others, here.forge, here.scope)

    def _select(self, history: History, known: Sequence[tuple[str, ...]]) -> _Selected:
        old = bytearray(len(history))
        candidates = merges.candidates(history, self._naming, self.edge)
        if not candidates and not known:
            return self._selected(history, MergeMap(), old)
        parents, index = merges.graph(history), history.index
        edge = frozenset(at for sha in self.edge if (at := index.get(sha)) is not None)

        def told(tips: Sequence[str]) -> MergeMap:
            starts = [index[tip.encode()] for tip in tips]
            return merges.merge_map(history, parents, starts, self._naming, candidates, edge)

        now = told(self.tips.shas)
        for tips in known:
            reached = merges.reach(parents, [index[tip.encode()] for tip in tips])
            if merges.unchanged(told(tips), now, reached):
                old = reached
                break
        return self._selected(history, now, old)

    def _selected(self, history: History, landings: MergeMap, old: bytearray) -> _Selected:
        cut = log.merges(self.repository.git, sorted(self.edge))
        inside = [at for at in _inside(history, self.request.period) if not old[at] and history.shas[at] not in cut]
        if self.only is not None:
            inside = [at for at in inside if history.shas[at] in self.only]
        here = set(inside)
        pulls = [pull for pull in landings.pulls.values() if pull.landing in here]
        more = _CoAuthors(history)
        more.load(self.repository, [*inside, *(at for pull in pulls for at in pull.commits)])
        selected = _Selected(history, landings, more, self._wanted, all_anew=not any(old))
        selected.missing = [at for at in landings.unknown if at in here]
        self._choose(selected, inside, pulls)
        return selected

    def _choose(self, selected: _Selected, inside: list[int], pulls: list[Pull]) -> None:
        """Keep the commits and pull requests that have a row of somebody wanted."""
        history, wanted = selected.history, selected.wanted
        for at in inside:
            if b" " not in history.parents[at] and (wanted is None or selected.more.wanted(at, wanted)):
                selected.commits.add(history.shas[at])
        for pull in pulls:
            authors = rows.credit([each for at in pull.commits for each in selected.more.of(at)])
            lead = rows.credit([selected.more.author(at) for at in pull.commits])
            everyone = (*lead, *(each for each in authors if each.key not in {one.key for one in lead}))
            involved = (*everyone, selected.more.author(pull.landing))
            if wanted is None or any(_is_wanted(each, wanted) for each in involved):
                selected.pulls[history.shas[pull.landing]] = (pull, everyone)

    @property
    def _wanted(self) -> frozenset[str] | None:
        if self.request.accounts is None:
            return None
        return frozenset(account_key(each) for each in self.request.accounts)

    def _undated(self, history: History) -> Iterator[Gap]:
        count = history.times.count(None)
        if count:
            yield Gap(self._scope, f"no date can be read in {count} of the commits, so they fall into no period")

    def _unknown(self, selected: _Selected) -> Iterator[Gap]:
        if selected.missing:
            count = len(selected.missing)
            yield Gap(
                self._scope,
                f"shallow: the commits of {count} merged pull requests are not all here, so they are left out",
            )

    def _crowded(self, selected: _Selected) -> Iterator[Gap]:
        if count := selected.more.crowded:
            words = f"more than {MOST_CO_AUTHORS} co-authors in {count} of the commits: those beyond are left out"
            yield Gap(self._scope, words)

    def _changes(self, selected: _Selected) -> Generator[Contribution | Gap, None, bool]:
        """Read the second pass and yield its rows; give back whether all paths and counts could be read."""
        git, place = self.repository.git, self._place
        selected.closes = dict(self._closed_by(selected))
        todo = {text(sha): sha for sha in selected.in_order()}
        whole = [name for name, sha in todo.items() if sha not in self.edge]
        with closing(log.changes(git, [name for name, sha in todo.items() if sha in self.edge], "none")) as cut:
            for change in cut:
                yield from self._of(change, selected, place)
        done: set[str] = set()
        try:
            yield from self._stream(whole, "counts", selected, place, done)
        except GitError as error:
            if not partial(self.repository):
                raise
            rest = [name for name in whole if name not in done]
            yield from self._stream(rest, "names", selected, place, done)
            yield Gap(
                self._scope, f"a partial clone: line counts of {len(rest)} commits are not here ({error.message})"
            )
            return False
        return True

    def _stream(self, shas: list[str], diff: Diff, selected: _Selected, place: Place, done: set[str]) -> Rows:
        with closing(log.changes(self.repository.git, shas, diff)) as coming:
            for change in coming:
                done.add(change.sha)
                yield from self._of(change, selected, place)

    def _of(self, change: CommitDiff, selected: _Selected, place: Place) -> Rows:
        """The rows of one commit, and of the pull request it landed, that belong to somebody wanted."""
        sha = change.sha.encode()
        history, at = selected.history, selected.history.index[sha]
        landed = history.times[at] or 0
        author, *more = selected.more.of(at)
        wanted = selected.wanted
        people = [author, *more]
        made: list[Contribution] = []
        if sha in selected.commits:
            made += rows.of_commit(change, landed, author, more, selected.landings.part_of.get(at), place)
        if sha in selected.pulls:
            pull, authors = selected.pulls[sha]
            people += authors
            closes = tuple(ref for each in pull.commits for ref in selected.closes.get(history.shas[each], ()))
            merged = b" " in history.parents[at]
            made += rows.of_pull(change, landed, pull, Credit(authors, closes), merged, place)
        if wanted is None:
            yield from made
        else:
            accounts = {each.account for each in people if _is_wanted(each, wanted)}
            yield from (row for row in made if row.account in accounts)

    def _closed_by(self, selected: _Selected) -> Iterator[tuple[bytes, tuple[str, ...]]]:
        """What the own commits of merged pull requests say they close."""
        history = selected.history
        own = [
            text(history.shas[at])
            for pull, _ in selected.pulls.values()
            for at in pull.commits
            if at != pull.landing
        ]  # fmt: skip
        for sha, message in log.messages(self.repository.git, own):
            if closed := messages.closes(message):
                yield sha.encode(), closed

    @property
    def _place(self) -> Place:
        here = self.repository
        return Place(self.source, here.scope, here.project, here.remote, self.unpushed)


@dataclass
class _Selected:
    """What of a history gets rows."""

    history: History
    landings: MergeMap
    more: _CoAuthors
    wanted: frozenset[str] | None
    """Addresses without case; None: everyone's."""
    all_anew: bool
    commits: set[bytes] = field(default_factory=set)
    pulls: dict[bytes, tuple[Pull, tuple[Author, ...]]] = field(default_factory=dict)
    missing: list[int] = field(default_factory=list)
    closes: dict[bytes, tuple[str, ...]] = field(default_factory=dict)

    def in_order(self) -> list[bytes]:
        """The commits to look at, newest first as git walked them, for neighbours share what is unpacked."""
        return [sha for sha in self.history.shas if sha in self.commits or sha in self.pulls]


class _CoAuthors:
    """Who wrote each commit: its author, and the co-authors that its message names, by the mailmap."""

    def __init__(self, history: History) -> None:
        self._history = history
        self._named: dict[int, tuple[Author, ...]] = {}
        self.crowded = 0
        """How many commits name more co-authors than are read."""

    def load(self, repository: Repository, positions: Sequence[int]) -> None:
        """Read the co-authors of these commits."""
        found = {}
        for at in dict.fromkeys(positions):
            message = self._history.messages.get(at, b"")
            if b"co-authored-by:" in message.lower() and (named := messages.co_authors(text(message))):
                found[at] = named[:MOST_CO_AUTHORS]
                self.crowded += len(named) > MOST_CO_AUTHORS
        contacts = list(dict.fromkeys(each for named in found.values() for each in named))
        accounts = log.mailmapped(repository.git, contacts)
        self._named = {at: tuple(Author(accounts[each], each[1]) for each in named) for at, named in found.items()}

    def author(self, at: int) -> Author:
        """The author of a commit."""
        history = self._history
        return Author(log.identity(history.names[at], history.addresses[at]), text(history.written_as[at]))

    def of(self, at: int) -> tuple[Author, ...]:
        """The author of a commit, then its co-authors."""
        return (self.author(at), *self._named.get(at, ()))

    def wanted(self, at: int, wanted: frozenset[str]) -> bool:
        """Whether the author or a co-author of a commit is wanted."""
        history = self._history
        addresses = (history.addresses[at], history.written_as[at])
        if any(address_key(text(each)) in wanted for each in addresses):
            return True
        return any(_is_wanted(each, wanted) for each in self._named.get(at, ()))


def _is_wanted(author: Author, wanted: frozenset[str]) -> bool:
    return address_key(author.key) in wanted or address_key(author.written_as) in wanted


def _inside(history: History, period: Period) -> list[int]:
    """The positions of the commits that landed in the period, half-open."""
    since, until = _first_second(period.since), _first_second(period.until)
    return [at for at, value in enumerate(history.times) if value is not None and since <= value < until]


def _first_second(at: dt.datetime) -> int:
    """The first whole second that is not before an instant."""
    epoch = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
    return -((epoch - at) // dt.timedelta(seconds=1))
