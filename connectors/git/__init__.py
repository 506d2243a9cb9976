"""What people did in git repositories: their commits, and the pull requests whose merge the history shows.

It needs git and no network. It reports only what the history proves: a pull request that was merged by rebasing leaves
no trace in it, and `(#12)` is read as a pull request only where the remote's forge writes it so.
"""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field

from harvester.errors import SourceError
from harvester.model.accounts import account_key, email_of, keys_of, matches, name_of
from harvester.model.contribution import Kind
from harvester.model.periods import Period
from harvester.sdk.capabilities import Finding, FirstContribution, Part
from harvester.sdk.connector import ConnectorContext, Event, Gap, Remark, Request, ScopeCompleted
from harvester.sdk.not_work import configured

from . import log, subprocess
from .accounts import account_counts
from .branches import Branches, BranchOptions, branch_heads, newest_commit
from .cursor import load as load_cursor
from .health import check_repository, check_version
from .messages import Forge
from .newcomers import UNDATED, first_landings
from .plan import RepositoryPlan, newest_clones, plan_repository
from .repository import (
    Repository,
    RepositoryOptions,
    find_repositories,
    has_commits,
    is_glob,
    mailmap_contacts,
    open_folder,
    shallow_boundary,
)

ADDRESS = re.compile(r"[^/\s@]+@[^/\s@]+:")
"""`user@host:path`, as git clones from it over ssh."""


def _folder(entry: str) -> str:
    if "://" in entry or ADDRESS.match(entry):  # it may hold a password, and reports name what cannot be read
        raise ValueError("a URL is not a folder; clone it, and name the folder of the clone")
    return entry


def _glob(line: str) -> str:
    configured([line])
    return line


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
    not_work: Annotated[
        list[Annotated[str, AfterValidator(_glob)]],
        Field(
            description="globs as in .gitignore of further files that are not work, such as generated ones, so that "
            "their lines are counted apart; what a line with ! selects is work"
        ),
    ] = field(default_factory=list)
    git: Annotated[str, Field(description="the git program")] = "git"

    def contents(self) -> Mapping[Kind, Collection[str]]:
        """Commits and pull requests, reviews and help as trailers name them; none of them has labels in git."""
        return {"commit": (), "pull_request": (), "review": (), "help": ()}

    def fetch(self, request: Request) -> Iterator[Event]:
        """Yield the commits and pull requests of the period, and a ScopeCompleted for each repository.

        A commit or pull request counts when it reached the branch that is read: by the committer date of the commit
        on the branch's first-parent line that brought it.
        Accounts are e-mail addresses, compared without case with the address in the commit and the mailmapped one.
        Raises SourceError where no repository can be read; one of several that cannot is a Gap. Of several clones of
        one project the newest is read, and a Remark names each other one.
        """
        for each in self._divided(request):
            yield from self._read(*each, request) if isinstance(each, tuple) else [each]

    def parts(self, request: Request) -> Iterator[Part | Event]:
        """A part for each repository, and what could not be found, or was read before and is not there now."""
        for each in self._divided(request):
            yield each[1] if isinstance(each, tuple) else each

    def fetch_part(self, request: Request, part: Part) -> Iterator[Event]:
        """Read one repository; raises SourceError where it is the only one and cannot be read, else that is a Gap."""
        yield from self._read(None, part, request)

    def join(self, request: Request, completed: Sequence[ScopeCompleted]) -> Iterator[ScopeCompleted]:
        """The completed scopes as they are, for each is one part."""
        yield from completed

    def plan(self, request: Request) -> Iterator[str]:
        """Say of each repository what a fetch would read, without reading its history."""
        repositories, problems = self._find()
        yield from (_one_line(problem) for _, problem in problems)
        for each in self._one_per_scope(repositories):
            yield f"{each.scope}: {self._plan_repository(each, request).describe()}"

    def check(self) -> Iterator[Finding]:
        """Say which repositories there are, what would be read of each, and what is missing."""
        try:
            yield from check_version(subprocess.Git(self.context.root, self.context.environ, self.git))
            repositories, problems = self._find()
        except SourceError as error:
            yield Finding("error", error.message, error.hint)
            return
        for _, problem in problems:
            yield Finding("error", problem.message, problem.hint)
        chosen = self._one_per_scope(repositories)
        for each in repositories:
            if each in chosen:
                yield from check_repository(each, self._branch_options, self.context, self.remote)
            else:
                yield Finding("warning", f"{each.scope}: another clone is read, not the one in {each.folder.name!r}.")

    def latest(self) -> dt.datetime | None:
        """When the newest commit by a person was committed; None where there is no commit."""
        repositories, _ = self._find()
        options, now = self._branch_options, self.context.clock()
        times = [newest_commit(each, options, now, by_people=True) for each in self._one_per_scope(repositories)]
        return max((time for time in times if time), default=None)

    def accounts(self, period: Period | None = None) -> Mapping[str, int]:
        """Everybody who wrote a commit that would be read, as the mailmap writes them, with the number of commits."""
        repositories, _ = self._find()
        options, counts = self._branch_options, Counter[str]()
        for each in self._one_per_scope(repositories):
            heads = branch_heads(each, options).shas
            counts.update(account_counts(each.git, heads, period, unpushed=options.branches == "unpushed"))
        return counts

    def first_contributions(self, period: Period) -> Iterator[FirstContribution | Remark]:
        """The first commit that somebody wrote or co-wrote in each project, where it landed in the period.

        A shallow clone does not know it, and says so; see `newcomers.py` for who is left out.
        """
        for each in self._one_per_scope(self._find()[0]):
            boundary = shallow_boundary(each)
            if boundary:
                yield Remark(each.scope, "its clone is shallow, so nobody knows who contributed for the first time")
                continue
            heads = branch_heads(each, self._branch_options).shas
            first = first_landings(each.git, heads, boundary, self.context.person_of)
            for seconds, account in first:
                if seconds != UNDATED and (at := log.to_datetime(seconds)) in period:
                    yield FirstContribution(account, each.project, at)

    def aliases(self, accounts: Collection[str]) -> Mapping[str, str]:
        """The mailmap's account for each spelling of these `name <e-mail>` that a repository's mailmap changes."""
        keys = keys_of(frozenset(accounts))
        given = [(name_of(each) if "<" in each else "", email_of(each) or "") for each in accounts]
        found = {}
        for each in self._find()[0]:
            known = [contact for contact in mailmap_contacts(each) if matches("{} <{}>".format(*contact), keys)]
            for (name, address), proper in log.apply_mailmap(each.git, [*given, *known]).items():
                if account_key(proper) != account_key(f"{name} <{address}>"):
                    found[f"{name} <{address}>".strip()] = proper
        return found

    def _divided(self, request: Request) -> Iterator[tuple[Repository, Part] | Event]:
        """The repositories that are read, each with its part, and what belongs to none of them."""
        repositories, problems = self._find()
        for entry, problem in problems:
            yield Gap(subprocess.text(entry.encode("utf-8", "surrogateescape")), _one_line(problem))
        chosen = self._one_per_scope(repositories)
        alone = len(chosen) == 1 and not problems
        for each in chosen:
            yield each, Part(str(each.folder), "" if alone else each.scope)
        for each in repositories:
            if each not in chosen:
                yield Remark(each.scope, f"another clone of {each.scope} is read, not the one in {each.folder.name!r}")
        if not problems:
            yield from self._missing(chosen, request)

    def _read(self, repository: Repository | None, part: Part, request: Request) -> Iterator[Event]:
        """Read the repository of a part, looked up again without one; with others an error is a Gap of its scope."""
        try:
            yield from self._plan_repository(repository or self._repository_of(part), request).run()
        except SourceError as error:
            if not part.scope:
                raise
            yield Gap(part.scope, _one_line(error))

    def _repository_of(self, part: Part) -> Repository:
        found = open_folder(Path(part.name), self._repository_options)
        if part.scope not in ("", found.scope):
            raise SourceError(f"Where {part.scope} was found, {found.scope} is now.", hint="Run it again.")
        return found

    def _plan_repository(self, repository: Repository, request: Request) -> RepositoryPlan:
        return plan_repository(repository, self._branch_options, request, self.context, tuple(self.not_work))

    @property
    def _branch_options(self) -> BranchOptions:
        if self.ref is not None and self.branches != "default":
            raise SourceError("Both `ref` and `branches` are set.", hint="Leave one of them out.")
        return BranchOptions(self.ref, self.branches)

    @property
    def _repository_options(self) -> RepositoryOptions:
        return RepositoryOptions(self.remote, self.forge, self.git, self.context.environ)

    def _find(self) -> tuple[list[Repository], list[tuple[str, SourceError]]]:
        """The repositories, and the entries that name none, each with its error. Raises it where all do."""
        found, problems = [], []
        for each in find_repositories(self.repositories, self.context.root, self._repository_options):
            if isinstance(each, Repository):
                found.append(each)
            else:
                problems.append(each)
        if not found and problems:
            raise problems[0][1]
        return found, problems

    def _one_per_scope(self, repositories: list[Repository]) -> list[Repository]:
        return newest_clones(repositories, self._branch_options, self.context.clock())

    def _missing(self, chosen: list[Repository], request: Request) -> Iterator[Gap | ScopeCompleted]:
        """Repositories that were read before and are not among those chosen now.

        One that has another name now, or that was removed from the configuration, has no rows under the old name. One
        that a glob no longer matches may only be on a disk that is not mounted, so its rows stay.
        """
        for scope in sorted(request.cursors.keys() - {each.scope for each in chosen}):
            cursor = load_cursor(request.cursors[scope])
            renamed = cursor is not None and any(has_commits(each, cursor.heads) for each in chosen)
            if renamed or not any(map(is_glob, self.repositories)):
                yield ScopeCompleted(scope, whole=True)
            else:
                yield Gap(scope, "read before, but not found now (`harvester harvest --refresh` removes its rows)")


def _one_line(error: SourceError) -> str:
    return str(error).replace("\n", " ")
