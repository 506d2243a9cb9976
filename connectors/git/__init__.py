"""What people did in git repositories: their commits, and the pull requests that the history shows as merged.

Needs git and no network. Only what the history proves is told: a pull request that was merged by rebasing leaves no
trace in it, and (#12) is read as a pull request only where the remote's forge writes it so by itself.
"""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated

from pydantic import AfterValidator, Field

from harvester.errors import SourceError
from harvester.model.accounts import email_of, name_of
from harvester.model.bots import is_bot
from harvester.model.contribution import Contribution
from harvester.sdk.capabilities import Finding
from harvester.sdk.connector import ConnectorContext, Event, Gap, Request, ScopeCompleted

from . import log
from . import repository as repositories
from .cursor import ROWS, Cursor, Entry, Tips, digest, digests
from .cursor import load as load_cursor
from .fetch import RepositoryReader
from .messages import Forge
from .repository import Branches, BranchHeads, BranchOptions, Repository
from .rows import moment
from .subprocess import Git as Program
from .subprocess import text

OLDEST = (2, 31)
"""The first git that has all options that are used here."""


def _folder(entry: str) -> str:
    if "://" in entry:  # which may hold a password, and stands in reports where it cannot be read
        raise ValueError("a URL is no folder; clone it, and name the folder")
    return entry


@dataclass(frozen=True, slots=True)
class RepositoryPlan:
    """What is known of a repository before its history is walked: how it is read, and what of it was read before."""

    reading: RepositoryReader
    tips: BranchHeads
    behind: Gap | None
    wanted: Entry
    """What this fetch would add to the cursor."""
    before: Cursor | None
    rewritten: bool
    """Whether something that was read is not reached any more."""
    known: list[Tips]

    @property
    def words(self) -> str:
        """What would be read, for a plan."""
        if self.rewritten:
            return "all of the period again, for its history was rewritten"
        if self.tips.shas in self.known:
            return "nothing has landed since"
        if self.known:
            return "what has landed since"
        if self.before:
            return "all of the period again, for other people, or since settings, mailmap or remote have changed"
        return "all of the period"


@dataclass(frozen=True)
class Git:
    """Commits and merged pull requests in git repositories on this machine."""

    repositories: Annotated[
        list[Annotated[str, AfterValidator(_folder)]],
        Field(min_length=1, description="folders and globs, from the folder of harvester.toml; ~ is the home folder"),
    ]
    context: ConnectorContext
    ref: Annotated[str | None, Field(description="a branch, tag or commit to read instead of the default branch")] = (
        None
    )
    branches: Annotated[
        Branches,
        Field(
            description="default: the remote's default branch (else main, master, HEAD); local: all local branches; "
            "unpushed: what is on local branches and on no remote's"
        ),
    ] = "default"
    remote: Annotated[
        str, Field(description="the remote that names the project; where it is missing, the only one, else `upstream`")
    ] = "origin"
    forge: Annotated[
        Forge | None, Field(description="where pull requests are merged, if the remote's name does not say so")
    ] = None
    git: Annotated[str, Field(description="the git program")] = "git"

    def fetch(self, request: Request) -> Iterator[Event]:
        """Yield the commits and pull requests that landed in the period, a Done for each repository.

        Accounts are e-mail addresses, compared without case with the address in the commit and the mailmapped one.
        Raises SourceError where no repository can be read; one that cannot be among others is a Gap.
        """
        found, problems = self._found()
        for entry, problem in problems:
            yield Gap(text(entry.encode("utf-8", "surrogateescape")), str(problem).replace("\n", " "))
        chosen = self._one_per_scope(found)
        for each in chosen:
            try:
                yield from self._read(each, request)
            except SourceError as error:
                if len(chosen) == 1 and not problems:
                    raise
                yield Gap(each.scope, str(error).replace("\n", " "))
        if not problems:
            yield from self._gone(chosen, request)

    def plan(self, request: Request) -> Iterator[str]:
        """Say of each repository what a fetch would read of it; asks for nothing but where its branches are."""
        found, problems = self._found()
        yield from (str(problem).replace("\n", " ") for _, problem in problems)
        for each in self._one_per_scope(found):
            yield f"{each.scope}: {self._looked_at(each, request).words}"

    def check(self) -> Iterator[Finding]:
        """Say which repositories there are, what would be read of each, and what is missing."""
        try:
            yield from self._version()
            found, problems = self._found()
        except SourceError as error:
            yield Finding("error", error.message, error.hint)
            return
        for _, problem in problems:
            yield Finding("error", problem.message, problem.hint)
        chosen = self._one_per_scope(found)
        for each in found:
            if each not in chosen:
                yield Finding("warning", f"{each.scope}: another clone, {each.folder.name!r}, is passed over.")
                continue
            yield from self._findings(each)

    def latest(self) -> dt.datetime | None:
        """When the newest commit by a person landed on what would be read; None where there is none.

        What is dated after now was committed by a clock that was wrong, and says nothing of when work was done.
        """
        found, _ = self._found()
        times = [time for each in self._one_per_scope(found) if (time := self._newest(each, persons=True))]
        return max(times, default=None)

    def accounts(self) -> Iterator[str]:
        """Everybody who wrote a commit on what would be read, as the mailmap writes them."""
        found, _ = self._found()
        for each in self._one_per_scope(found):
            yield from log.authors(each.git, repositories.tips(each, self._choice).shas)

    def aliases(self, accounts: Iterable[str]) -> Mapping[str, str]:
        """For those of these `name <e-mail>` whom a repository's mailmap writes otherwise: how it writes them."""
        contacts = [(name_of(each) if "<" in each else "", email_of(each) or "") for each in accounts]
        found, _ = self._found()
        return {
            f"{name} <{mail}>".strip(): proper
            for each in found
            for (name, mail), proper in log.mailmapped(each.git, contacts).items()
            if email_of(proper) != mail
        }

    @property
    def _choice(self) -> BranchOptions:
        if self.ref is not None and self.branches != "default":
            raise SourceError("Both `ref` and `branches` are set.", hint="Leave one of them out.")
        return BranchOptions(self.ref, self.branches, self.remote, self.forge)

    def _found(self) -> tuple[list[Repository], list[tuple[str, SourceError]]]:
        found, problems = [], []
        for each in repositories.find(self.repositories, self.context.root, self._choice, self.git):
            if isinstance(each, Repository):
                found.append(each)
            else:
                problems.append(each)
        if not found and problems:
            raise problems[0][1]
        return found, problems

    def _one_per_scope(self, found: list[Repository]) -> list[Repository]:
        """Of several clones of one project the one with the newest commit: they hold the same history."""
        scopes: dict[str, list[Repository]] = {}
        for each in found:
            scopes.setdefault(each.scope, []).append(each)
        oldest = dt.datetime.min.replace(tzinfo=dt.UTC)
        return [
            clones[0]
            if len(clones) == 1
            else max(clones, key=lambda clone: self._newest(clone, persons=False) or oldest)
            for clones in scopes.values()
        ]

    def _read(self, repository: Repository, request: Request) -> Iterator[Contribution | Gap | ScopeCompleted]:
        here = self._looked_at(repository, request)
        yield from here.reading.cut_off()
        if here.behind:
            yield here.behind
        before = here.before or Cursor()
        if here.tips.shas in here.known:
            yield ScopeCompleted(repository.scope, before.dump())
            return
        whole, complete = yield from here.reading.rows([] if self.branches == "unpushed" else here.known)
        yield ScopeCompleted(repository.scope, before.with_entry(here.wanted).dump() if complete else None, whole=whole)

    def _looked_at(self, repository: Repository, request: Request) -> RepositoryPlan:
        tips = repositories.tips(repository, self._choice)
        unpushed = repositories.unpushed(repository, tips, self.branches)
        edge = repositories.edge(repository)
        reading = RepositoryReader(
            repository, tips, request, self.context.source, unpushed, edge, only=self._only(unpushed)
        )
        behind = reading.behind(self.context.clock())
        # What was read with a gap is read in full once the gap is gone, for rows in it were uncertain.
        state = digest(self._state(repository, tips, unpushed, edge), str(behind.period) if behind else "")
        wanted = Entry(digests(request.accounts), state, request.period, tips.shas)
        scope = repository.scope
        before = load_cursor(request.newest.get(scope, request.cursors.get(scope)))
        reached = functools.cache(lambda each: each == tips.shas or repositories.reaches(repository, tips, each))
        entries = before.entries if before else ()
        rewritten = any(each.period.overlap(request.period) and not reached(each.tips) for each in entries)
        known = before.known(wanted, reached) if before and self._was_stored(scope, request, behind) else []
        return RepositoryPlan(reading, tips, behind, wanted, before, rewritten and not known, known)

    def _was_stored(self, scope: str, request: Request, behind: Gap | None) -> bool:
        """Whether the ledger has all of the period from earlier fetches, but for what the remote may have got since."""
        missing = request.missing_of(scope) if scope in request.finished else []
        gaps = [behind.period] if behind and behind.period else []
        return scope in request.cursors and not any(each.minus(gaps) for each in missing)

    def _gone(self, chosen: list[Repository], request: Request) -> Iterator[Gap | ScopeCompleted]:
        """Repositories that were read before and are not there now.

        One that goes by another name today, or that was taken out of the configuration, has nothing to tell under the
        old name. What merely matches no glob any more may only be away.
        """
        known = {each.scope for each in chosen}
        for scope in sorted(request.cursors.keys() - known):
            left = load_cursor(request.cursors[scope])
            moved = left is not None and any(repositories.hold(each, left.tips) for each in chosen)
            if moved or not any(map(repositories.is_glob, self.repositories)):
                yield ScopeCompleted(scope, whole=True)
            else:
                words = "it was read before and is not here now (`harvester harvest --refresh` drops what it told)"
                yield Gap(scope, words)

    def _only(self, unpushed: frozenset[bytes]) -> frozenset[bytes] | None:
        return unpushed if self.branches == "unpushed" else None

    def _state(
        self, repository: Repository, tips: BranchHeads, unpushed: frozenset[bytes], edge: frozenset[bytes]
    ) -> str:
        """A digest of all that shapes the rows besides the commits."""
        remote = repository.remote
        return digest(
            ROWS, self.ref or "", self.branches, repositories.mailmap(repository), str(remote),
            str(repository.forge), str(sorted(repository.others)), str(tips.tracking),
            b" ".join(sorted(unpushed)), b" ".join(sorted(edge)),
        )  # fmt: skip

    def _newest(self, repository: Repository, *, persons: bool) -> dt.datetime | None:
        try:
            shas = repositories.tips(repository, self._choice).shas
        except SourceError:
            if persons:
                raise
            return None
        now = self.context.clock()
        recent = [(landed, account) for landed, account in log.recent(repository.git, shas) if moment(landed) <= now]
        by_persons = [landed for landed, account in recent if not is_bot(account)]
        times = by_persons if persons and by_persons else [landed for landed, _ in recent]
        return moment(max(times)) if times else None

    def _version(self) -> Iterator[Finding]:
        words = Program(self.context.root, self.git).line("--version")
        numbers = tuple(int(each) for each in words.removeprefix("git version ").split(".")[:2] if each.isdigit())
        if numbers < OLDEST:
            yield Finding("error", f"{words or 'git'} is too old.", f"Install git {OLDEST[0]}.{OLDEST[1]} or newer.")

    def _findings(self, repository: Repository) -> Iterator[Finding]:
        try:
            tips = repositories.tips(repository, self._choice)
            newest = self._newest(repository, persons=False)
        except SourceError as error:
            yield Finding("error", f"{repository.scope}: {error.message}", error.hint)
            return
        none = "no commit that is dated before now" if tips.shas else "no commits yet"
        when = f"newest commit {self.context.calendar.day_of(newest).isoformat()}" if newest else none
        yield Finding("ok", f"{repository.scope}: {tips.words}, {when}.")
        if repository.remote is None:
            yield Finding("ok", f"{repository.scope}: no remote names it, so there are no links.")
        elif repository.remote.forge is None:
            hint = "Set `forge` where it is GitHub, GitLab, Bitbucket or Gitea."
            yield Finding("warning", f"{repository.scope}: the forge is unknown, so there are no links.", hint)
        if repository.remote_name == "origin" == self.remote and repositories.UPSTREAM in repository.others:
            hint = 'Set `remote = "upstream"` where pull requests are merged there.'
            yield Finding("warning", f"{repository.scope}: there is a remote `upstream` too; origin's is read.", hint)
        if repositories.edge(repository):
            hint = "`git fetch --unshallow` brings the rest."
            yield Finding("warning", f"{repository.scope}: a shallow clone; older history is not here.", hint)
        if repositories.partial(repository):
            hint = "`git fetch --refetch --filter=blob:limit=1g` brings file contents."
            yield Finding("warning", f"{repository.scope}: a partial clone; line counts may be missing.", hint)
