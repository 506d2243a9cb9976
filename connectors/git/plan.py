"""What a fetch would read of a repository: its branch heads, and what is known of them from earlier harvests."""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from harvester.errors import SourceError
from harvester.model.contribution import Contribution
from harvester.sdk.connector import ConnectorContext, Gap, Remark, Request, ScopeCompleted

from .branches import BranchOptions, branch_heads, heads_reach, newest_commit, unpushed_commits
from .cursor import ROWS, Cursor, Entry, Heads, digest, digests
from .cursor import load as load_cursor
from .fetch import RepositoryReader
from .repository import Repository, mailmap_digest, shallow_boundary


@dataclass(frozen=True, slots=True)
class RepositoryPlan:
    """How a repository is read, and what of it was read before."""

    reader: RepositoryReader
    not_fetched: Gap | None
    entry: Entry
    """What this fetch would add to the cursor."""
    before: Cursor | None
    """What earlier fetches left."""
    is_rewritten: bool
    """Whether something that was read is not reached any more."""
    known: list[Heads]
    """Heads by which the same was read, the last first."""

    @property
    def is_up_to_date(self) -> bool:
        """Whether nothing is new."""
        return bool(self.known) and all(each == self.reader.heads.shas for each in self.known)

    def describe(self) -> str:
        """What would be read, in words."""
        if self.is_rewritten:
            return "all of the period again, for its history was rewritten"
        if self.is_up_to_date:
            return "nothing has landed since"
        if self.known:
            return "what has landed since"
        if self.before:
            return "all of the period again, for other people, or since settings, mailmap or remote have changed"
        return "all of the period"

    def run(self) -> Iterator[Contribution | Gap | Remark | ScopeCompleted]:
        """Read the repository: gaps, remarks, rows, and the cursor for the next harvest."""
        reader, before = self.reader, self.before or Cursor()
        scope = reader.repository.scope
        yield from reader.shallow_gap()
        if self.not_fetched:
            yield self.not_fetched
        if reader.heads.remark:
            yield Remark(scope, reader.heads.remark)
        if self.is_up_to_date:
            yield ScopeCompleted(scope, before.dump())
            return
        # Unpushed work is read in full each time: what was pushed since is to be dropped.
        earlier = {each.heads for each in before.entries}
        result = yield from reader.rows(self.known if reader.only is None else [], earlier)
        cursor = before.with_entry(self.entry, result.unmoved).dump() if result.complete else None
        yield ScopeCompleted(scope, cursor, whole=result.whole)


def plan_repository(
    repository: Repository,
    options: BranchOptions,
    request: Request,
    context: ConnectorContext,
    not_work: tuple[str, ...] = (),
) -> RepositoryPlan:
    """What is to be read of a repository; `not_work` are globs of files that are not work.

    Raises SourceError where its branches cannot be found.
    """
    heads = branch_heads(repository, options)
    unpushed = unpushed_commits(repository, heads, options.branches)
    boundary = shallow_boundary(repository)
    only = unpushed if options.branches == "unpushed" else None
    reader = RepositoryReader(repository, heads, request, context, unpushed, boundary, only, not_work)
    not_fetched = reader.not_fetched_gap(context.clock())
    gap = str(not_fetched.period) if not_fetched else ""
    entry = Entry(digests(request.accounts), _state(reader, options), gap, request.period, heads.shas)
    scope = repository.scope
    before = load_cursor(request.newest.get(scope, request.cursors.get(scope)))
    is_reached = functools.cache(lambda shas: shas == heads.shas or heads_reach(repository, heads, shas))
    entries = before.entries if before else ()
    is_rewritten = any(each.period.overlap(request.period) and not is_reached(each.heads) for each in entries)
    known = before.known(entry, is_reached) if before and _was_stored(scope, request, not_fetched) else []
    return RepositoryPlan(reader, not_fetched, entry, before, is_rewritten and not known, known)


def _was_stored(scope: str, request: Request, not_fetched: Gap | None) -> bool:
    """Whether the ledger has all of the period from earlier fetches, but for what the remote may have got since."""
    missing = request.missing_of(scope) if scope in request.finished else []
    gaps = [not_fetched.period] if not_fetched and not_fetched.period else []
    return scope in request.cursors and not any(each.minus(gaps) for each in missing)


def _state(reader: RepositoryReader, options: BranchOptions) -> str:
    repository = reader.repository
    return digest(
        ROWS, options.ref or "", options.branches, mailmap_digest(repository), str(repository.remote),
        str(repository.forge), str(sorted(repository.other_remotes)), str(reader.heads.tracking),
        b" ".join(sorted(reader.unpushed)), b" ".join(sorted(reader.boundary)), reader.context.people_digest,
        reader.not_work, reader.linguist_lines,
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
