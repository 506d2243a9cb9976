"""Finding repositories, and what is to be known of one before its history is walked."""

from __future__ import annotations

import datetime as dt
import glob
import hashlib
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from harvester.errors import SourceError

from . import remote_url
from .cursor import digest
from .messages import Forge
from .remote_url import Remote
from .subprocess import Git, GitError, lines, text

Branches = Literal["default", "local", "unpushed"]
MAIN = ("main", "master")
UPSTREAM = "upstream"
"""What the project is called in a clone of a fork (https://docs.github.com/pull-requests, "Configuring a remote")."""


@dataclass(frozen=True, slots=True)
class BranchOptions:
    """What to read of each repository: a ref, or else which branches; which remote names it; its forge if unclear."""

    ref: str | None = None
    branches: Branches = "default"
    remote: str = "origin"
    forge: Forge | None = None


@dataclass(frozen=True, slots=True)
class Repository:
    """A repository that is there: where git runs, its own folder, and how it is called."""

    git: Git
    common: Path
    """The folder that all its worktrees share."""
    folder: Path
    """Its top folder, or the bare repository itself."""
    bare: bool
    remote_name: str | None
    remote: Remote | None
    others: frozenset[str] = frozenset()
    """The names of remotes that are other projects than the one that names this."""
    configured: Forge | None = None
    """What the configuration says of the forge."""

    @property
    def forge(self) -> Forge | None:
        """What runs where pull requests are merged, as the remote or the configuration says."""
        return self.remote.forge if self.remote else self.configured

    @property
    def scope(self) -> str:
        """`host/org/repo`; where no remote names it `local/<folder>~<digest of the path>`, which shows no path."""
        if self.remote:
            return self.remote.name
        path = str(self.common).encode("utf-8", "surrogateescape")
        return f"local/{self.project}~{hashlib.sha256(path).hexdigest()[:8]}"

    @property
    def project(self) -> str:
        """`org/repo`, or the folder's name."""
        name = self.folder.name.removesuffix(".git") or "repository"
        return self.remote.project if self.remote else text(name.encode("utf-8", "surrogateescape"))


@dataclass(frozen=True, slots=True)
class BranchHeads:
    """What is to be read: commits by hash, the default branch's first, and in words which branches these are."""

    shas: tuple[str, ...]
    words: str
    tracking: bool = False
    """Whether these are what the remote has, so that all of it is known there."""


def find(
    entries: Iterable[str], root: Path, choice: BranchOptions, program: str
) -> Iterator[Repository | tuple[str, SourceError]]:
    """Each repository once, in order; for an entry that leads to none, the entry and what is wrong with it."""
    seen: set[Path] = set()
    for entry in entries:
        try:
            found = [each for each in _at(entry, root, choice, program) if each.common not in seen]
        except SourceError as error:
            yield entry, error
            continue
        seen |= {each.common for each in found}
        yield from found


def is_glob(entry: str) -> bool:
    """Whether an entry names whatever matches it."""
    return glob.has_magic(entry)


def _at(entry: str, root: Path, choice: BranchOptions, program: str) -> list[Repository]:
    path = root / Path(entry).expanduser()
    if path.exists() or not is_glob(entry):
        return [_literal(entry, path, choice, program)]
    matches = [Path(each) for each in sorted(glob.glob(str(path), recursive=True))]  # noqa: PTH207 - an absolute pattern
    found = [each for match in matches if match.is_dir() and (each := _of_its_own(match, choice, program))]
    if not found:
        raise SourceError(f"No repository matches {entry!r}.", hint="Globs start from the folder of harvester.toml.")
    return found


def _literal(entry: str, path: Path, choice: BranchOptions, program: str) -> Repository:
    if not path.is_dir():
        what = "is a file" if path.exists() else "is not there"
        raise SourceError(f"The repository {entry!r} {what}.", hint="Paths start from the folder of harvester.toml.")
    try:
        return open_repository(path, choice, program)
    except GitError as error:
        raise SourceError(
            f"{entry!r} is no git repository that can be read: {error.message}.",
            hint="Name a folder that holds a repository, or run `git init` there.",
        ) from error


def _of_its_own(path: Path, choice: BranchOptions, program: str) -> Repository | None:
    """The repository whose top a folder is; None for a folder that merely lies in one, and for any other."""
    try:
        found = open_repository(path, choice, program)
    except GitError:
        return None
    return found if found.folder == path.resolve() else None


def open_repository(path: Path, choice: BranchOptions, program: str = "git") -> Repository:
    """The repository that a folder lies in; raises GitError where it lies in none."""
    here = Git(path, program)
    bare = here.answer("rev-parse", "--is-bare-repository") == b"true\n"
    common = _path(here, "--git-common-dir")
    top = _path(here, "--git-dir" if bare else "--show-toplevel")
    folder = top.resolve()
    git = Git(folder, program)
    _refuse_endless(git, folder)
    urls = _remotes(git)
    name = _remote_name(urls, choice)
    known = {each: remote_url.parse(url, choice.forge) for each, url in urls.items()}
    ours = known[name] if name else None
    others = frozenset(each for each, there in known.items() if ours and there and there.name != ours.name)
    return Repository(git, common.resolve(), folder, bare, name, ours, others, choice.forge)


def _refuse_endless(git: Git, folder: Path) -> None:
    """Raises GitError where a mailmap is no ordinary file: git would read a pipe or a device without end."""
    named = git.line("config", "--type=path", "--get", "mailmap.file")
    for path in (folder / ".mailmap", *([folder / named] if named else [])):
        if path.exists() and not path.is_file():
            raise GitError(f"the mailmap {path.name!r} is no ordinary file", hint="Remove it.")


def _path(git: Git, which: str) -> Path:
    answer = git.answer("rev-parse", "--path-format=absolute", which)
    return Path(answer.decode("utf-8", "surrogateescape").removesuffix("\n"))


def _remotes(git: Git) -> dict[str, str]:
    """The URL that is fetched from, by the remote's name; what `url.<base>.insteadOf` says is honoured."""
    return {name: git.line("ls-remote", "--get-url", name) for name in git.line("remote").splitlines()}


def _remote_name(known: Collection[str], choice: BranchOptions) -> str | None:
    """The remote that names the project: the chosen one, else the only one, else the one that forks are made of."""
    if choice.remote in known:
        return choice.remote
    return next(iter(known)) if len(known) == 1 else UPSTREAM if UPSTREAM in known else None


def tips(repository: Repository, choice: BranchOptions) -> BranchHeads:
    """The commits to start from; none in an empty repository. Raises SourceError where a chosen ref is not there."""
    if choice.ref is not None:
        return BranchHeads((_resolve(repository, choice.ref),), choice.ref)
    default = _default(repository)
    if choice.branches == "default":
        return default if default.shas else _only_branch(repository, default)
    heads = repository.git.line("for-each-ref", "--format=%(objectname) %(objecttype)", "refs/heads").splitlines()
    local = sorted(sha for sha, _, kind in (line.partition(" ") for line in heads) if kind == "commit")
    first = [sha for sha in default.shas if choice.branches == "local" or sha in local]
    words = "all local branches" if choice.branches == "local" else "local branches without what a remote has"
    return BranchHeads(tuple(dict.fromkeys([*first, *local])) if local else (), words)


def _resolve(repository: Repository, ref: str) -> str:
    try:
        return text(repository.git.answer("rev-parse", "--verify", "--end-of-options", f"{ref}^{{commit}}")).strip()
    except GitError as error:
        raise SourceError(
            f"There is no ref {ref!r} in {repository.project}.", hint="`git branch -a` lists what there is."
        ) from error


def _default(repository: Repository) -> BranchHeads:
    """The default branch: the remote's HEAD, its main or master, the local main or master, else HEAD."""
    name = repository.remote_name
    tracking = [f"refs/remotes/{name}/{each}" for each in ("HEAD", *MAIN)] if name else []
    heads = [f"refs/heads/{each}" for each in MAIN]
    local = ["HEAD", *heads] if repository.bare else [*heads, "HEAD"]
    for ref in (*tracking, *local):
        if sha := repository.git.line("rev-parse", "--verify", "--quiet", "--end-of-options", f"{ref}^{{commit}}"):
            return BranchHeads((sha,), _words(repository, ref), ref in tracking)
    return BranchHeads((), "nothing, for there are no commits")


def _only_branch(repository: Repository, nothing: BranchHeads) -> BranchHeads:
    """The only branch that there is where none is the default; raises SourceError where there are several."""
    tracking = _refs(repository, f"refs/remotes/{repository.remote_name}/") if repository.remote_name else []
    refs = tracking or _refs(repository, "refs/heads/")
    if len(refs) > 1:
        names = ", ".join(repr(_words(repository, ref)) for ref in refs[:5])
        raise SourceError(
            f"No branch of {repository.project} is the default one; there are {names}.",
            hint="Name one as `ref`, or set `branches`.",
        )
    return (
        BranchHeads((_resolve(repository, refs[0]),), _words(repository, refs[0]), bool(tracking)) if refs else nothing
    )


def _refs(repository: Repository, below: str) -> list[str]:
    return repository.git.line("for-each-ref", "--format=%(refname)", below).splitlines()


def _words(repository: Repository, ref: str) -> str:
    full = repository.git.line("rev-parse", "--symbolic-full-name", ref) or ref
    return full.removeprefix("refs/heads/").removeprefix("refs/remotes/")


def unpushed(repository: Repository, read: BranchHeads, branches: Branches) -> frozenset[bytes]:
    """What the tips reach and no remote-tracking branch does.

    Where there is none to tell by, whoever asks for unpushed work has all of it: nothing was ever pushed. Otherwise
    nothing is taken to be unpushed, for a machine that builds may fetch without keeping such branches.
    """
    if read.tracking or not read.shas:
        return frozenset()
    told = bool(repository.git.line("for-each-ref", "--count=1", "--format=x", "refs/remotes"))
    if not told and (branches != "unpushed" or _mirrors(repository)):
        return frozenset()
    return frozenset(repository.git.answer("rev-list", "--stdin", "--not", "--remotes", given=lines(read.shas)).split())


def _mirrors(repository: Repository) -> bool:
    """Whether local branches are the remote's own, as in a bare clone, so that no others keep its state."""
    if repository.remote_name is None:
        return False
    return ":refs/remotes/" not in repository.git.line("config", "--get-all", f"remote.{repository.remote_name}.fetch")


def reaches(repository: Repository, read: BranchHeads, others: Sequence[str]) -> bool:
    """Whether the tips reach all these commits; not where one is no longer there."""
    if not hold(repository, others):
        return False
    given = lines([*others, *(f"^{sha}" for sha in read.shas)])
    return not repository.git.answer("rev-list", "--max-count=1", "--stdin", given=given)


def hold(repository: Repository, shas: Sequence[str]) -> bool:
    """Whether a repository has all these commits, of which there is at least one."""
    found = repository.git.answer("cat-file", "--batch-check=%(objecttype)", given=lines(shas)).split()
    return bool(shas) and found == [b"commit"] * len(shas)


def edge(repository: Repository) -> frozenset[bytes]:
    """The commits at which a shallow clone was cut off; their parents are not here."""
    path = repository.common / "shallow"
    return frozenset(path.read_bytes().split()) if path.is_file() else frozenset()


def mailmap(repository: Repository) -> str:
    """A digest of every mailmap that git reads here (https://git-scm.com/docs/gitmailmap)."""
    git, own = repository.git, repository.folder / ".mailmap"
    file = git.line("config", "--type=path", "--get", "mailmap.file")
    blob = git.line("config", "--get", "mailmap.blob") or ("HEAD:.mailmap" if repository.bare else "")
    return digest(
        _bytes(own) if not repository.bare and not own.is_symlink() else b"",
        _bytes(repository.folder / file) if file else b"",
        git.line("rev-parse", "--verify", "--quiet", "--end-of-options", blob) if blob else "",
    )


def asked_at(repository: Repository) -> dt.datetime | None:
    """When this clone last asked its remote what is new, or was told by a push; None where it has none to ask.

    git writes FETCH_HEAD at every fetch, also where nothing was new; before the first one there is the clone itself.
    """
    if repository.remote_name is None:
        return None
    fetched, tracking = (
        repository.common / "FETCH_HEAD",
        repository.common / "refs" / "remotes" / repository.remote_name,
    )
    traces = [fetched if fetched.exists() else repository.common / "packed-refs", tracking, *tracking.glob("*")]
    times = [each.stat().st_mtime for each in traces if each.exists()]
    return dt.datetime.fromtimestamp(max(times), dt.UTC) if times else None


def partial(repository: Repository) -> bool:
    """Whether this clone left file contents with its remote."""
    return any((repository.common / "objects" / "pack").glob("*.promisor"))


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except (FileNotFoundError, IsADirectoryError, NotADirectoryError, PermissionError):
        return b""
