"""What is wrong with the configured repositories, for `harvester doctor`."""

from __future__ import annotations

from collections.abc import Iterator

from harvester.errors import SourceError
from harvester.sdk.capabilities import Finding
from harvester.sdk.connector import ConnectorContext

from .branches import BranchOptions, branch_heads, newest_commit
from .repository import UPSTREAM, Repository, is_partial, shallow_boundary
from .subprocess import Git

OLDEST_VERSION = (2, 31)
"""The first git that has every option used here."""


def check_version(git: Git) -> Iterator[Finding]:
    """An error where git is too old. Raises SourceError where there is no git."""
    version = git.line("--version")
    numbers = tuple(int(each) for each in version.removeprefix("git version ").split(".")[:2] if each.isdigit())
    if numbers < OLDEST_VERSION:
        needed = ".".join(map(str, OLDEST_VERSION))
        yield Finding("error", f"{version or 'git'} is too old.", f"Install git {needed} or newer.")


def check_repository(
    repository: Repository, options: BranchOptions, context: ConnectorContext, remote: str
) -> Iterator[Finding]:
    """What would be read of a repository, and what may be missing; `remote` is the configured one."""
    scope = repository.scope
    try:
        heads = branch_heads(repository, options)
        newest = newest_commit(repository, options, context.clock())
    except SourceError as error:
        yield Finding("error", f"{scope}: {error.message}", error.hint)
        return
    nothing = "no commit that is dated before now" if heads.shas else "no commits yet"
    date = f"newest commit {context.calendar.day_of(newest).isoformat()}" if newest else nothing
    yield Finding("ok", f"{scope}: {heads.description}, {date}.")
    if heads.remark:
        yield Finding(
            "warning",
            f"{scope}: {heads.remark}.",
            f"`git remote set-head {repository.remote_name} --auto` asks the remote.",
        )
    yield from _check_remote(repository, remote)
    if shallow_boundary(repository):
        hint = "`git fetch --unshallow` brings the rest."
        yield Finding("warning", f"{scope}: a shallow clone; older history is not here.", hint)
    if is_partial(repository):
        hint = "`git fetch --refetch --filter=blob:limit=1g` brings file contents."
        yield Finding("warning", f"{scope}: a partial clone; line counts may be missing.", hint)


def _check_remote(repository: Repository, remote: str) -> Iterator[Finding]:
    scope = repository.scope
    if repository.remote is None:
        yield Finding("ok", f"{scope}: no remote names it, so there are no links.")
    elif repository.remote.forge is None:
        hint = "Set `forge` where it is GitHub, GitLab, Bitbucket, Azure DevOps or Gitea."
        yield Finding("warning", f"{scope}: the forge is unknown, so there are no links.", hint)
    elif not repository.remote.base:
        host = repository.remote.host
        hint = f"Name its host in ~/.ssh/config: `Host {host}`, and below it `HostName`."
        yield Finding("warning", f"{scope}: {host!r} looks like an alias for ssh, so there are no links.", hint)
    if repository.remote_name == "origin" == remote and UPSTREAM in repository.other_remotes:
        hint = 'Set `remote = "upstream"` where pull requests are merged there.'
        yield Finding("warning", f"{scope}: there is a remote `upstream` too; origin's is read.", hint)
