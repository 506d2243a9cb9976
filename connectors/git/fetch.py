"""Reading one repository for one request: its rows, and what could not be read."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from itertools import chain
from typing import Literal

from harvester.model.contribution import Contribution
from harvester.model.periods import Period
from harvester.sdk.connector import ConnectorContext, Gap, Remark, Request
from harvester.sdk.not_work import configured
from harvester.text import count_noun

from . import help_rows, log, messages, rows
from .authors import MAX_TRAILERS, Author, Helper
from .branches import BranchHeads
from .changes import Changes
from .cherry_picks import first_of
from .cursor import Heads
from .detail import DetailReader
from .diffs import CommitDiff
from .facts import FactsFinder
from .help_rows import HelpFacts
from .log import History
from .merges import MergedPullRequest, MergeFinder, ProjectNames
from .repository import Repository, is_partial, last_fetched
from .rows import CommitFacts, Credit, RowContext, credit_for
from .selection import Selection, select
from .shares import Lines
from .subprocess import text
from .work_files import WorkFiles, linguist_lines, work_files

FETCH_ALL = "`git fetch --refetch --filter=blob:limit=1g` brings them"


@dataclass(frozen=True, slots=True)
class ReadResult:
    """What is known of a repository once its rows were yielded."""

    whole: bool
    """Whether these are all rows of the period."""
    complete: bool
    """Whether nothing is missing in them."""
    unmoved: frozenset[Heads]
    """The earlier heads by which everything landed when it does now."""


@dataclass(frozen=True)
class RepositoryReader:
    """Reads what the branch heads reach for a request; `only` narrows it to these commits."""

    repository: Repository
    heads: BranchHeads
    request: Request
    context: ConnectorContext
    unpushed: frozenset[bytes]
    boundary: frozenset[bytes]
    """The commits at which a shallow clone was cut off."""
    only: frozenset[bytes] | None = None
    not_work: tuple[str, ...] = ()
    """Globs, as in `.gitignore`, of further files that are not work."""

    @cached_property
    def linguist_lines(self) -> bytes:
        """What the `.gitattributes` of the first head say, where they say what is generated or vendored."""
        return linguist_lines(self.repository.git, next(iter(self.heads.shas), None))

    def shallow_gap(self) -> Iterator[Gap]:
        """What a shallow clone lacks of the period: all before its newest boundary commit."""
        newest = max(log.committer_times(self.repository.git, sorted(self.boundary)), default=None)
        since, until = self.request.period.since, self.request.period.until
        if newest is not None and (boundary := log.to_datetime(newest)) >= since:
            reason = f"shallow: history before {boundary:%Y-%m-%d} is not here (`git fetch --unshallow` brings it)"
            yield Gap(self._scope, reason, Period(since, min(until, boundary + dt.timedelta(seconds=1))))

    def not_fetched_gap(self, now: dt.datetime) -> Gap | None:
        """What the remote may have got since this clone last fetched; None where the period is not over yet.

        Of a period that is not over, nobody expects the end.
        """
        period = self.request.period
        fetched = last_fetched(self.repository) if self.heads.tracking else None
        if fetched is None or fetched >= period.until or period.until > now:
            return None
        reason = f"not fetched since {fetched:%Y-%m-%d}: what the remote got after that is not here (`git fetch`)"
        return Gap(self._scope, reason, Period(max(period.since, fetched), period.until))

    def rows(
        self, known_heads: Sequence[Heads], earlier_heads: Collection[Heads]
    ) -> Generator[Contribution | Gap | Remark, None, ReadResult]:
        """Yield the rows: by `known_heads`, heads of earlier harvests of the same, only what is not known already.

        `earlier_heads` are those of all earlier harvests of this repository.
        """
        git, boundary = self.repository.git, self.boundary
        history = log.read_history(git, self.heads.shas, self._github_hosts)
        finder = FactsFinder(MergeFinder(history, self._names, boundary, git))
        facts = finder.facts(self.heads.shas)
        person_of = self.context.person_of
        selection = select(git, finder, facts, self.request, known_heads, self.only, person_of)
        undated = facts.landed_at.count(None)
        yield from self._gaps(selection, undated)
        head, attributes = next(iter(self.heads.shas), None), self.linguist_lines
        with work_files(git, head, attributes, configured(self.not_work)) as files:
            complete = yield from self._selected_rows(selection, files)
        complete = complete and not undated and not selection.incomplete
        unmoved = (each for each in earlier_heads if finder.same_landing_times(each, self.heads.shas, facts))
        return ReadResult(complete and selection.is_complete and not boundary, complete, frozenset(unmoved))

    @property
    def _scope(self) -> str:
        return self.repository.scope

    @property
    def _github_hosts(self) -> tuple[str, ...]:
        remote = self.repository.remote
        return (remote.host,) if remote and self.repository.forge == "github" else ()

    @property
    def _names(self) -> ProjectNames:
        repository = self.repository
        project = repository.remote.project if repository.remote else ""
        return ProjectNames(project, repository.other_remotes, repository.forge, repository.scope)

    @cached_property
    def _context(self) -> RowContext:
        repository = self.repository
        return RowContext(
            self.context.source, repository.scope, repository.project, repository.remote, self.unpushed,
            self.context.person_of,
        )  # fmt: skip

    def _gaps(self, selection: Selection, undated: int) -> Iterator[Gap]:
        if undated:
            yield Gap(self._scope, f"no date can be read in {undated} of the commits, so they are in no period")
        if count := len(selection.incomplete):
            reason = f"shallow: the commits of {count} merged pull requests are not all here, so they are left out"
            yield Gap(self._scope, reason)
        if count := selection.authors.crowded_commits:
            reason = (
                f"more than {MAX_TRAILERS} people in the trailers of {count} of the commits: those beyond are left out"
            )
            yield Gap(self._scope, reason)

    def _selected_rows(self, selection: Selection, files: WorkFiles) -> Generator[Contribution | Remark, None, bool]:
        """Yield the rows of the selection; return whether all paths and counts could be read.

        Boundary commits are read without a diff: git would show all of the tree as added.
        What a partial clone lacks costs no row, so it is a remark and no gap.
        """
        shas = selection.shas()
        reader = DetailReader(self.repository.git, is_partial(self.repository))
        undiffed = DetailReader(self.repository.git, is_partial=False)
        closed = dict(self._closed_by_commits(selection))
        lines: dict[int, Lines] = {}
        shared: list[CommitDiff] = []
        messages_only = [*(sha for sha in shas if sha in self.boundary), *selection.without_diffs()]
        for batch in chain(
            undiffed.read_as("none", [text(sha) for sha in messages_only]),
            reader.read([text(sha) for sha in shas if sha not in self.boundary]),
        ):
            for diff in files.sized(_placed(batch, selection)):
                sha = diff.sha.encode()
                if sha in selection.parts:
                    lines[selection.history.index[sha]] = Lines.of(diff)
                if sha in selection.shares:
                    shared.append(diff)
                else:
                    yield from self._rows_of(diff, selection, closed, lines)
        for diff in shared:  # now that the lines of all their commits are known
            yield from self._rows_of(diff, selection, closed, lines)
        if not reader.lacking:
            return True
        lacking = " and the ".join(f"{what} of {count_noun(n, 'commit')}" for what, n in sorted(reader.lacking.items()))
        yield Remark(self._scope, f"this is a partial clone, and the {lacking} are not here ({FETCH_ALL})")
        return False

    def _rows_of(
        self,
        diff: CommitDiff,
        selection: Selection,
        closed: Mapping[bytes, tuple[str, ...]],
        lines: Mapping[int, Lines],
    ) -> Iterator[Contribution]:
        """The rows of one commit, and of the pull request that it merged, that belong to a requested person."""
        sha, history = diff.sha.encode(), selection.history
        position = history.index[sha]
        author, co_authors = selection.authors.author(position), selection.authors.co_authors(position)
        people = [author, *co_authors]
        made: list[Contribution] = []
        if sha in selection.commits:
            facts = _facts_of_commit(position, selection, author, co_authors)
            made += rows.commit_rows(diff, facts, author, co_authors, self._context)
        if sha in selection.pull_requests:
            merged, credited = selection.pull_requests[sha]
            diff = replace(diff, author=author.account)
            people += credited
            facts = _facts_of_pull_request(position, selection, credited)
            shares = selection.shares.get(sha, {})
            credit = Credit(credited, _closed_by(merged, history, closed), shares, lines)
            made += rows.pull_request_rows(diff, facts, merged, credit, history.is_merge(position), self._context)
        accounts = {each.account for each in people if selection.includes(each)}
        yield from (row for row in made if row.account in accounts)
        yield from self._rows_for_others(diff, position, selection)

    def _rows_for_others(self, diff: CommitDiff, position: int, selection: Selection) -> Iterator[Contribution]:
        """The rows of the requested people who reviewed a commit, helped with it, applied it, or merged a topic."""
        sha, changes = selection.history.shas[position], selection.changes
        helpers, applied, merger = selection.help.get(sha, ()), selection.applied.get(sha), selection.topics.get(sha)
        if not (helpers or applied or merger):
            return
        landed_at, owners = selection.facts.landed_at[position] or 0, changes.owners(position)
        facts = HelpFacts(landed_at, changes.of(position), changes.title(position, diff.message), owners)
        for each in helpers:
            picked_from = _first_with(position, selection, partial(_has_helper, changes=changes, helper=each))
            yield from help_rows.help_rows(diff, facts, each, picked_from, self._context)
        if applied:
            picked_from = _first_with(position, selection, partial(_was_applied, selection=selection, by=applied))
            author = selection.authors.author(position)
            yield from help_rows.applied_rows(diff, facts, author, applied, picked_from, self._context)
        if merger:
            yield from help_rows.topic_rows(diff, facts, merger, self._context)

    def _closed_by_commits(self, selection: Selection) -> Iterator[tuple[bytes, tuple[str, ...]]]:
        """What the commits of merged pull requests say they close, by hash."""
        shas = [
            text(selection.history.shas[position])
            for merged, _ in selection.pull_requests.values()
            for position in merged.commits
            if position != merged.merge_commit
        ]
        for sha, message in log.commit_messages(self.repository.git, shas):
            if closed := messages.closes(message):
                yield sha.encode(), closed


def _placed(diffs: list[CommitDiff], selection: Selection) -> list[CommitDiff]:
    """The same commits with the paths of imported history below the folder where it lies."""
    folders, index = selection.facts.folders, selection.history.index
    if not folders:
        return diffs
    placed = ((each, folders.get(index[each.sha.encode()])) for each in diffs)
    return [replace(each, changes=each.changes.below(folder)) if folder else each for each, folder in placed]


def _closed_by(merged: MergedPullRequest, history: History, closed: Mapping[bytes, tuple[str, ...]]) -> tuple[str, ...]:
    return tuple(item for position in merged.commits for item in closed.get(history.shas[position], ()))


def _facts_of_commit(position: int, selection: Selection, author: Author, co_authors: Sequence[Author]) -> CommitFacts:
    """What the whole history says of a commit.

    An author's original is one that the person wrote, for only those count; a co-author's is any that names them.
    """
    picked_from = {each.person: _original(position, selection, each.person, "any") for each in co_authors}
    picked_from[author.person] = _original(position, selection, author.person, "author")
    facts = selection.facts
    return CommitFacts(
        facts.landed_at[position] or 0,
        facts.merge_map.part_of.get(position),
        _reverts(position, selection),
        picked_from,
        {} if position in facts.merge_map.part_of else facts.topics.as_extra(position),
        _helped_by([position], selection),
        position in facts.folders,
    )


def _helped_by(positions: Iterable[int], selection: Selection) -> tuple[str, ...]:
    """The accounts of those who reviewed or helped with commits, one of each person."""
    helpers = (each.who for position in positions for each in selection.changes.helpers(position))
    return tuple({each.person: each.account for each in helpers}.values())


def _facts_of_pull_request(position: int, selection: Selection, credited: Sequence[Author]) -> CommitFacts:
    """What the whole history says of the pull request that a commit merged."""
    picked_from = {each.person: _original(position, selection, each.person, "any") for each in credited}
    landed_at = selection.facts.landed_at[position] or 0
    commits = selection.facts.merge_map.by_merge_commit[position].commits
    helped_by = _helped_by(dict.fromkeys((*commits, position)), selection)
    return CommitFacts(landed_at, None, _reverts(position, selection), picked_from, helped_by=helped_by)


def _original(position: int, selection: Selection, person: str, role: Literal["author", "any"]) -> tuple[str, ...]:
    """The original of the same change by the same person, or else the merge of a pull request of theirs."""
    merge_map = selection.facts.merge_map
    found = first_of(position, selection.picks, partial(_is_by, selection=selection, person=person, role=role))
    repeated = merge_map.repeated(position) if found is None else None
    if repeated and _is_by(repeated.merge_commit, selection=selection, person=person, role=role):
        found = repeated.merge_commit
    return () if found is None else (f"commit/{text(selection.history.shas[found])}",)


def _is_by(position: int, *, selection: Selection, person: str, role: Literal["author", "any"]) -> bool:
    """Whether a person wrote a commit, or the pull request that it merged."""
    authors, merged = selection.authors, selection.facts.merge_map.by_merge_commit.get(position)
    if merged:
        writers: Sequence[Author] = credit_for(merged, authors)
    else:
        writers = () if selection.history.is_merge(position) else authors.all_of([position])
    return any(each.person == person for each in (writers[:1] if role == "author" else writers))


def _first_with(position: int, selection: Selection, is_theirs: Callable[[int], bool]) -> tuple[str, ...]:
    """The original of the same change for which the same can be said of a person."""
    found = first_of(position, selection.picks, is_theirs)
    return () if found is None else (f"commit/{text(selection.history.shas[found])}",)


def _has_helper(position: int, *, changes: Changes, helper: Helper) -> bool:
    named = changes.helpers(position)
    return any(each.who.person == helper.who.person and each.part == helper.part for each in named)


def _was_applied(position: int, *, selection: Selection, by: Author) -> bool:
    found = selection.authors.applied_by(position)
    return found is not None and found.person == by.person


def _reverts(position: int, selection: Selection) -> tuple[str, ...]:
    shas = selection.history.shas
    return tuple(f"commit/{text(shas[each])}" for each in selection.facts.reverted_by.get(position, ()))
