"""Which commits of a repository are read: the heads of its branches, and what of them is not pushed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from harvester.errors import SourceError
from harvester.model.bots import is_bot

from . import log
from .repository import Repository, has_commits
from .subprocess import GitError, lines, text

Branches = Literal["default", "local", "unpushed"]
MAIN = ("main", "master")
USUAL = (*MAIN, "trunk")
"""Names that default branches usually have."""


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
    remark: str = ""
    """What a reader must know of the choice, in words."""


def branch_heads(repository: Repository, options: BranchOptions) -> BranchHeads:
    """The heads to read. Raises SourceError where a configured ref does not exist, or no branch is the default.

    The default branch is the remote's HEAD, else its main or master, else the local main or master, else HEAD, else the
    only branch. The remote's HEAD is as old as the clone, so it may name a branch that was renamed since (see
    `_remote_default`). The remote comes first, because local branches may be old or hold work in progress; in a bare
    clone HEAD comes before main, because nobody checks out branches there.
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
    if found := _remote_default(repository):
        return found
    main = [f"refs/heads/{each}" for each in MAIN]
    for ref in ["HEAD", *main] if repository.bare else [*main, "HEAD"]:
        if sha := _sha(repository, ref):
            return BranchHeads((sha,), _branch_name(repository, ref))
    return BranchHeads((), "nothing, for there are no commits")


@dataclass(frozen=True, slots=True)
class _Branch:
    ref: str
    sha: str
    committed_at: int
    """When its newest commit was committed, in seconds since 1970; 0 where that cannot be read."""


def _remote_default(repository: Repository) -> BranchHeads | None:
    """The remote's default branch as far as this clone knows it; None where it has none.

    A clone remembers the remote's HEAD, and `git fetch` does not update it. Where it names one of the usual default
    branches, and another of these has all of its commits and newer ones, the branch was renamed, and the other is read.
    Where it names a branch that is gone, the other usual ones come next, then what the branch checked out here follows,
    then the only one there is. In doubt a remark names the newer branch.
    Test: test_a_stale_default_branch_is_not_believed.
    """
    mirror = repository.bare and _mirrors_remote(repository)
    if repository.remote_name is None:
        return None
    prefix = "refs/heads/" if mirror else f"refs/remotes/{repository.remote_name}/"
    head = "HEAD" if mirror else f"{prefix}HEAD"
    named = repository.git.line("symbolic-ref", "--quiet", head)
    usual = [f"{prefix}{each}" for each in USUAL]
    branches = _branches(repository, [*usual, *([named] if named else [])])
    if named in branches:
        chosen, remark = _unless_renamed(repository, branches.pop(named), branches, is_usual=named in usual)
    elif sha := _sha(repository, head):
        return BranchHeads((sha,), _branch_name(repository, head), tracking=not mirror)
    else:
        known = next((branches[ref] for ref in usual if ref in branches), None)
        found = known or (_followed(repository, prefix) if named else None)
        if found is None:
            return None
        chosen, remark = found, ""
        if named:
            gone = _branch_name(repository, named)
            remark = f"the default branch was {gone}, which is gone; {_branch_name(repository, chosen.ref)} is read"
    return BranchHeads((chosen.sha,), _branch_name(repository, chosen.ref), tracking=not mirror, remark=remark)


def _unless_renamed(
    repository: Repository, named: _Branch, others: Mapping[str, _Branch], *, is_usual: bool
) -> tuple[_Branch, str]:
    """The branch that the remote's HEAD names or the one that continues it, and a remark on that."""
    name = _branch_name(repository, named.ref)
    for other in sorted(others.values(), key=lambda each: each.committed_at, reverse=True):
        newer = _branch_name(repository, other.ref)
        if is_usual and other.sha != named.sha and _contains(repository, other.sha, named.sha):
            return other, f"{newer} is read, which has all commits of the default branch {name} and newer ones"
        if other.committed_at > named.committed_at:
            return named, f"{name} is read, the default branch when this was cloned, but {newer} has newer commits"
    return named, ""


def _contains(repository: Repository, sha: str, older: str) -> bool:
    return not repository.git.output("rev-list", "--max-count=1", older, f"^{sha}")


def _followed(repository: Repository, prefix: str) -> _Branch | None:
    """Of the remote's branches the one that the branch checked out here follows, else the only one there is."""
    branches = _branches(repository, [prefix])
    upstream = repository.git.line("rev-parse", "--symbolic-full-name", "--verify", "--quiet", "HEAD@{upstream}")
    return branches.get(upstream) or (next(iter(branches.values())) if len(branches) == 1 else None)


def _branches(repository: Repository, refs: Sequence[str]) -> dict[str, _Branch]:
    """The branches among these refs, or below them, that point to a commit, by ref."""
    columns = "%(refname) %(objectname) %(committerdate:unix)"
    listed = repository.git.line("for-each-ref", f"--format={columns}", *refs).splitlines()
    found = (_Branch(ref, sha, log.parse_seconds(date.encode()) or 0) for ref, sha, date in map(str.split, listed))
    return {each.ref: each for each in found}


def _sha(repository: Repository, ref: str) -> str:
    """The commit that a ref points to; empty where there is none."""
    return repository.git.line("rev-parse", "--verify", "--quiet", "--end-of-options", f"{ref}^{{commit}}")


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
