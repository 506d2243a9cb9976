"""Reading one repository for one request: its rows, and what could not be read."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import cached_property

from harvester.model.contribution import Contribution
from harvester.model.periods import Period
from harvester.sdk.connector import Gap, Remark, Request
from harvester.text import count_noun

from . import log, messages, rows
from .authors import MAX_CO_AUTHORS
from .branches import BranchHeads
from .diffs import CommitDiff, DiffMode, read_diffs
from .log import History
from .merges import MergedPullRequest, MergeFinder, ProjectNames
from .repository import Repository, is_partial, last_fetched
from .rows import Credit, RowContext
from .selection import Selection, select
from .subprocess import GitError, text

FETCH_ALL = "`git fetch --refetch --filter=blob:limit=1g` brings them"
_LESS_DETAIL: Mapping[DiffMode, str] = {"counts": "line counts", "names": "paths and line counts", "none": ""}
"""The ways to read commits, most detail first, and what the next one lacks."""


@dataclass(frozen=True)
class RepositoryReader:
    """Reads what the branch heads reach for a request; `only` narrows it to these commits."""

    repository: Repository
    heads: BranchHeads
    request: Request
    source: str
    unpushed: frozenset[bytes]
    boundary: frozenset[bytes]
    """The commits at which a shallow clone was cut off."""
    only: frozenset[bytes] | None = None

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
        self, known_heads: Sequence[tuple[str, ...]]
    ) -> Generator[Contribution | Gap | Remark, None, tuple[bool, bool]]:
        """Yield the rows; return whether these are all of the period, and whether nothing is missing in them.

        `known_heads` are heads of earlier harvests of the same, all reached from the present ones; where their rows are
        still right, only what is new is yielded.
        """
        git, boundary = self.repository.git, self.boundary
        history = log.read_history(git, self.heads.shas)
        finder = MergeFinder(history, self._names, boundary)
        selection = select(git, finder, self.request, self.heads.shas, known_heads, self.only)
        undated = history.times.count(None)
        yield from self._gaps(selection, undated)
        complete = yield from self._selected_rows(selection)
        complete = complete and not undated and not selection.incomplete
        return complete and selection.is_complete and not boundary, complete

    @property
    def _scope(self) -> str:
        return self.repository.scope

    @property
    def _names(self) -> ProjectNames:
        repository = self.repository
        project = repository.remote.project if repository.remote else ""
        return ProjectNames(project, repository.other_remotes, repository.forge, repository.scope)

    @cached_property
    def _context(self) -> RowContext:
        repository = self.repository
        return RowContext(self.source, repository.scope, repository.project, repository.remote, self.unpushed)

    def _gaps(self, selection: Selection, undated: int) -> Iterator[Gap]:
        if undated:
            yield Gap(self._scope, f"no date can be read in {undated} of the commits, so they are in no period")
        if count := len(selection.incomplete):
            reason = f"shallow: the commits of {count} merged pull requests are not all here, so they are left out"
            yield Gap(self._scope, reason)
        if count := selection.authors.crowded_commits:
            reason = f"more than {MAX_CO_AUTHORS} co-authors in {count} of the commits: those beyond are left out"
            yield Gap(self._scope, reason)

    def _selected_rows(self, selection: Selection) -> Generator[Contribution | Remark, None, bool]:
        """Yield the rows of the selection; return whether all paths and counts could be read.

        Boundary commits are read without a diff: git would show all of the tree as added.
        Where a partial clone lacks contents, git ends in the middle; the remaining commits are read without counts, and
        where it lacks folders without paths. No row is missing then, so it is a remark and no gap.
        """
        shas = selection.shas()
        whole = [text(sha) for sha in shas if sha not in self.boundary]
        closed = dict(self._closed_by_commits(selection))
        done: set[str] = set()

        def read(shas: list[str], mode: DiffMode) -> Iterator[Contribution]:
            with closing(read_diffs(self.repository.git, shas, mode)) as diffs:
                for diff in diffs:
                    done.add(diff.sha)
                    yield from self._rows_of(diff, selection, closed)

        yield from read([text(sha) for sha in shas if sha in self.boundary], "none")
        lacking: tuple[str, int] | None = None
        for mode, next_detail in _LESS_DETAIL.items():
            rest = [sha for sha in whole if sha not in done]
            try:
                yield from read(rest, mode)
                break
            except GitError:
                if not next_detail or not is_partial(self.repository):
                    raise
                lacking = next_detail, sum(sha not in done for sha in rest)
        if lacking is None:
            return True
        detail, count = lacking
        commits = count_noun(count, "commit")
        yield Remark(self._scope, f"this is a partial clone, and the {detail} of {commits} are not here ({FETCH_ALL})")
        return False

    def _rows_of(
        self, diff: CommitDiff, selection: Selection, closed: Mapping[bytes, tuple[str, ...]]
    ) -> Iterator[Contribution]:
        """The rows of one commit, and of the pull request that it merged, that belong to a requested person."""
        sha, history = diff.sha.encode(), selection.history
        position = history.index[sha]
        committed_at = history.times[position] or 0
        author, co_authors = selection.authors.author(position), selection.authors.co_authors(position)
        people = [author, *co_authors]
        made: list[Contribution] = []
        if sha in selection.commits:
            part_of = selection.merge_map.part_of.get(position)
            made += rows.commit_rows(diff, committed_at, author, co_authors, part_of, self._context)
        if sha in selection.pull_requests:
            merged, credited = selection.pull_requests[sha]
            diff = dataclasses.replace(diff, author=author.account)
            people += credited
            credit = Credit(credited, _closed_by(merged, history, closed))
            is_merge = history.is_merge(position)
            made += rows.pull_request_rows(diff, committed_at, merged, credit, is_merge, self._context)
        accounts = {each.account for each in people if selection.includes(each)}
        yield from (row for row in made if row.account in accounts)

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


def _closed_by(merged: MergedPullRequest, history: History, closed: Mapping[bytes, tuple[str, ...]]) -> tuple[str, ...]:
    return tuple(item for position in merged.commits for item in closed.get(history.shas[position], ()))
