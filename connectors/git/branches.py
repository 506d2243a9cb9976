"""Which commits of a repository are read: the heads of its branches, and what of them is not pushed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from harvester.errors import SourceError
from harvester.model.bots import is_bot

from . import log
from .repository import Repository, has_commits
from .subprocess import GitError, lines, text

Branches = Literal["default", "local", "unpushed"]
MAIN = ("main", "master")


@dataclass(frozen=True, slots=True)
class BranchOptions:
    """What is read of each repository: a ref, or else these branches."""

    ref: str | None = None
    branches: Branches = "default"


@dataclass(frozen=True, slots=True)
class BranchHeads:
    """The commits that a history is read from."""

    shas: tuple[str, ...]
    """The default branch's first; empty in an empty repository."""
    description: str
    """Which branches these are, in words."""
    tracking: bool = False
    """Whether these are the remote's branches, so that all of them is pushed."""


def branch_heads(repository: Repository, options: BranchOptions) -> BranchHeads:
    """The heads to read. Raises SourceError where a configured ref does not exist, or no branch is the default.

    The default branch is the remote's HEAD, else its main or master, else the local main or master, else HEAD, else the
    only branch. The remote comes first, because local branches may be old or hold work in progress; in a bare clone
    HEAD comes before main, because nobody checks out branches there.
    Test: test_the_default_branch_is_the_remotes.
    """
    if options.ref is not None:
        return BranchHeads((_resolve(repository, options.ref),), options.ref)
    default = _default(repository)
    if options.branches == "default":
        return default if default.shas else _only_branch(repository, default)
    heads = repository.git.line("for-each-ref", "--format=%(objectname) %(objecttype)", "refs/heads").splitlines()
    # By name, as git lists them, so that the order, which decides when work landed, is not chance.
    local = [sha for sha, _, kind in (line.partition(" ") for line in heads) if kind == "commit"]
    first = [sha for sha in default.shas if options.branches == "local" or sha in local]
    description = "all local branches" if options.branches == "local" else "local branches without what a remote has"
    return BranchHeads(tuple(dict.fromkeys([*first, *local])) if local else (), description)


def _resolve(repository: Repository, ref: str) -> str:
    try:
        return text(repository.git.output("rev-parse", "--verify", "--end-of-options", f"{ref}^{{commit}}")).strip()
    except GitError as error:
        raise SourceError(
            f"There is no ref {ref!r} in {repository.project}.", hint="`git branch -a` lists what there is."
        ) from error


def _default(repository: Repository) -> BranchHeads:
    name = repository.remote_name
    tracking = [f"refs/remotes/{name}/{each}" for each in ("HEAD", *MAIN)] if name else []
    main = [f"refs/heads/{each}" for each in MAIN]
    local = ["HEAD", *main] if repository.bare else [*main, "HEAD"]
    for ref in (*tracking, *local):
        if sha := repository.git.line("rev-parse", "--verify", "--quiet", "--end-of-options", f"{ref}^{{commit}}"):
            return BranchHeads((sha,), _branch_name(repository, ref), ref in tracking)
    return BranchHeads((), "nothing, for there are no commits")


def _only_branch(repository: Repository, empty: BranchHeads) -> BranchHeads:
    """The only branch, the remote's if it has any; raises SourceError where there are several."""
    tracking = _refs(repository, f"refs/remotes/{repository.remote_name}/") if repository.remote_name else []
    refs = tracking or _refs(repository, "refs/heads/")
    if len(refs) > 1:
        names = ", ".join(repr(_branch_name(repository, ref)) for ref in refs[:5])
        raise SourceError(
            f"No branch of {repository.project} is the default one; there are {names}.",
            hint="Name one as `ref`, or set `branches`.",
        )
    return next(
        (
            BranchHeads((_resolve(repository, ref),), _branch_name(repository, ref), tracking=bool(tracking))
            for ref in refs
        ),
        empty,
    )


def _refs(repository: Repository, below: str) -> list[str]:
    return repository.git.line("for-each-ref", "--format=%(refname)", below).splitlines()


def _branch_name(repository: Repository, ref: str) -> str:
    full = repository.git.line("rev-parse", "--symbolic-full-name", ref) or ref
    return full.removeprefix("refs/heads/").removeprefix("refs/remotes/")


def unpushed_commits(repository: Repository, heads: BranchHeads, branches: Branches) -> frozenset[bytes]:
    """The commits that the heads reach and no remote-tracking branch does.

    Without remote-tracking branches nobody can know what was pushed. Where unpushed work is requested, all of it counts
    as unpushed, because nothing was ever fetched; otherwise nothing does, because a build server may fetch without such
    branches. In a bare clone all is pushed: its branches are the remote's own.
    Test: test_before_the_first_push_all_work_is_unpushed.
    """
    if heads.tracking or not heads.shas:
        return frozenset()
    has_tracking = bool(repository.git.line("for-each-ref", "--count=1", "--format=x", "refs/remotes"))
    if not has_tracking and (branches != "unpushed" or _mirrors_remote(repository)):
        return frozenset()
    commits = repository.git.output("rev-list", "--stdin", "--not", "--remotes", stdin=lines(heads.shas))
    return frozenset(commits.split())


def _mirrors_remote(repository: Repository) -> bool:
    """Whether local branches are the remote's own, as in a bare clone."""
    if repository.remote_name is None:
        return False
    return ":refs/remotes/" not in repository.git.line("config", "--get-all", f"remote.{repository.remote_name}.fetch")


def heads_reach(repository: Repository, heads: BranchHeads, shas: Sequence[str]) -> bool:
    """Whether the heads reach all these commits; False where one no longer exists."""
    if not has_commits(repository, shas):
        return False
    stdin = lines([*shas, *(f"^{sha}" for sha in heads.shas)])
    return not repository.git.output("rev-list", "--max-count=1", "--stdin", stdin=stdin)


def newest_commit(
    repository: Repository, options: BranchOptions, now: dt.datetime, *, by_people: bool = False
) -> dt.datetime | None:
    """When the newest commit before now was committed, by a person if `by_people` and there is one; None: no commit.

    A commit dated after now is by a wrong clock, and does not say when anything was done.
    """
    commits = log.recent_commits(repository.git, branch_heads(repository, options).shas)
    past = [(at, account) for seconds, account in commits if (at := log.to_datetime(seconds)) <= now]
    people = [at for at, account in past if not is_bot(account)]
    return max(people if by_people and people else (at for at, _ in past), default=None)
