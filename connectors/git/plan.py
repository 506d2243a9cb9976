"""What a fetch would read of a repository: its branch heads, and what is known of them from earlier harvests."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from harvester.errors import SourceError
from harvester.model.contribution import Contribution
from harvester.sdk.connector import ConnectorContext, Gap, Request, ScopeCompleted

from .branches import BranchHeads, BranchOptions, branch_heads, heads_reach, newest_commit, unpushed_commits
from .cursor import ROWS, Cursor, digest, digests
from .cursor import load as load_cursor
from .fetch import RepositoryReader
from .repository import Repository, mailmap_digest, shallow_boundary


@dataclass(frozen=True, slots=True)
class RepositoryPlan:
    """How a repository is read, and what of it was read before."""

    reader: RepositoryReader
    not_fetched: Gap | None
    state: str
    """A digest of all that shapes the rows besides the commits."""
    accounts: tuple[str, ...] | None
    """Digests of the requested accounts; None: everyone's."""
    before: Cursor | None
    """What earlier harvests left."""
    rewritten: list[tuple[str, ...]]
    """Heads that were read and that today's do not reach."""
    known: list[tuple[str, ...]]
    """Heads up to which the same was read, the last first."""

    @property
    def is_up_to_date(self) -> bool:
        """Whether nothing is new."""
        return self.reader.heads.shas in self.known

    def describe(self) -> str:
        """What would be read, in words."""
        if self.rewritten:
            return "all of the period again, for its history was rewritten"
        if self.is_up_to_date:
            return "nothing has landed since"
        if self.known:
            return "what has landed since"
        if self.before:
            return "all of the period again, for other people, or since settings, mailmap or remote have changed"
        return "all of the period"

    def run(self) -> Iterator[Contribution | Gap | ScopeCompleted]:
        """Read the repository: gaps, rows, and the cursor for the next harvest."""
        reader, request = self.reader, self.reader.request
        scope = reader.repository.scope
        yield from reader.shallow_gap()
        if self.not_fetched:
            yield self.not_fetched
        if self.is_up_to_date:
            yield ScopeCompleted(scope, request.cursors[scope])
            return
        # Unpushed work is read in full each time: what was pushed since is to be dropped.
        whole, complete = yield from reader.rows(self.known if reader.only is None else [])
        cursor = self._kept_cursor().without(self.rewritten).with_read(request.period, reader.heads.shas)
        yield ScopeCompleted(scope, cursor.dump() if complete else None, whole=whole)

    def _kept_cursor(self) -> Cursor:
        """The earlier cursor where it is of the same people and state, else an empty one."""
        before = self.before
        if before and (before.accounts, before.state) == (self.accounts, self.state):
            return before
        return Cursor(self.accounts, self.state)


def plan_repository(
    repository: Repository, options: BranchOptions, request: Request, context: ConnectorContext
) -> RepositoryPlan:
    """What is to be read of a repository. Raises SourceError where its branches cannot be found."""
    heads = branch_heads(repository, options)
    unpushed = unpushed_commits(repository, heads, options.branches)
    boundary = shallow_boundary(repository)
    only = unpushed if options.branches == "unpushed" else None
    reader = RepositoryReader(repository, heads, request, context.source, unpushed, boundary, only)
    not_fetched = reader.not_fetched_gap(context.clock())
    # Once a gap is closed its period is read in full again, so the gap is part of the state.
    state = digest(_state(reader, options), str(not_fetched.period) if not_fetched else "")
    accounts = digests(request.accounts)
    before = load_cursor(request.cursors.get(repository.scope))
    rewritten = _rewritten(repository, heads, request)
    known = before.known(request.period, accounts, state) if before and not rewritten else []
    return RepositoryPlan(reader, not_fetched, state, accounts, before, rewritten, known)


def _rewritten(repository: Repository, heads: BranchHeads, request: Request) -> list[tuple[str, ...]]:
    """The heads up to which any of the period was read, for any people, and which today's do not reach."""
    left = [request.cursors.get(repository.scope), *request.later.get(repository.scope, ())]
    read = {each for cursor in map(load_cursor, left) if cursor for each in cursor.overlapping(request.period)}
    return [each for each in sorted(read - {heads.shas}) if not heads_reach(repository, heads, each)]


def _state(reader: RepositoryReader, options: BranchOptions) -> str:
    repository = reader.repository
    return digest(
        ROWS, options.ref or "", options.branches, mailmap_digest(repository), str(repository.remote),
        str(repository.forge), str(sorted(repository.other_remotes)), str(reader.heads.tracking),
        b" ".join(sorted(reader.unpushed)), b" ".join(sorted(reader.boundary)),
    )  # fmt: skip


def newest_clones(repositories: Iterable[Repository], options: BranchOptions, now: dt.datetime) -> list[Repository]:
    """One repository a scope: of several clones of a project the one with the newest commit, which has most history."""
    by_scope: dict[str, list[Repository]] = {}
    for each in repositories:
        by_scope.setdefault(each.scope, []).append(each)
    return [
        clones[0] if len(clones) == 1 else max(clones, key=lambda clone: _newest_or_oldest(clone, options, now))
        for clones in by_scope.values()
    ]


def _newest_or_oldest(repository: Repository, options: BranchOptions, now: dt.datetime) -> dt.datetime:
    """A clone whose branches cannot be found comes last, and so does one without commits."""
    try:
        newest = newest_commit(repository, options, now)
    except SourceError:
        newest = None
    return newest or dt.datetime.min.replace(tzinfo=dt.UTC)
