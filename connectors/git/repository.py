"""Finding repositories, and what is known of one before its history is read."""

from __future__ import annotations

import dataclasses
import datetime as dt
import glob
import hashlib
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from harvester.errors import SourceError
from harvester.files import resolve_path
from harvester.sdk import git_folder, remote_url
from harvester.sdk.remote_url import Remote

from .cursor import digest
from .messages import Forge
from .ssh_config import read_ssh_config
from .subprocess import Git, GitError, lines, text

UPSTREAM = "upstream"
"""In a clone of a fork, the remote of the original project (https://docs.github.com/pull-requests)."""


_CONTACT = re.compile(r"([^<>#]*)<([^<>]*)>[^<>]*$")
"""The last name and address of a line in a mailmap."""


@dataclass(frozen=True, slots=True)
class RepositoryOptions:
    """How repositories are opened: the remote that names them, the forge where that is unclear, and how git runs."""

    remote: str
    forge: Forge | None
    program: str
    environ: Mapping[str, str] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Repository:
    """A repository on this machine."""

    git: Git
    common: Path
    """The git directory that all its worktrees share."""
    folder: Path
    """Its top folder, or the bare repository itself."""
    bare: bool
    remote_name: str | None
    """The remote that names the project; None where there is none."""
    remote: Remote | None
    """Its address, parsed; None where it is a local path or cannot be read."""
    other_remotes: frozenset[str] = frozenset()
    """The names of remotes that are other projects."""
    configured_forge: Forge | None = None

    @property
    def forge(self) -> Forge | None:
        """Where pull requests are merged, by the remote or the configuration; None where neither says it."""
        return self.remote.forge if self.remote else self.configured_forge

    @property
    def scope(self) -> str:
        """`host/org/repo`; where no remote names it `local/<folder>~<digest of the path>`, so that no path is shown."""
        if self.remote:
            return self.remote.name
        path = str(self.common).encode("utf-8", "surrogateescape")
        return f"local/{self.project}~{hashlib.sha256(path).hexdigest()[:8]}"

    @property
    def project(self) -> str:
        """`org/repo`, or the folder's name."""
        name = self.folder.name.removesuffix(".git") or "repository"
        return self.remote.project if self.remote else text(name.encode("utf-8", "surrogateescape"))


def find_repositories(
    entries: Iterable[str], root: Path, options: RepositoryOptions
) -> Iterator[Repository | tuple[str, SourceError]]:
    """Each repository once, in order; for an entry that names none, the entry and the error.

    An entry is a folder or a glob, relative to `root`.
    """
    seen: set[Path] = set()
    for entry in entries:
        try:
            for each in _at(entry, root, options):
                if not isinstance(each, Repository):
                    yield each
                elif each.common not in seen:
                    seen.add(each.common)
                    yield each
        except SourceError as error:
            yield entry, error


def is_glob(entry: str) -> bool:
    """Whether an entry is a glob."""
    return glob.has_magic(entry)


def _at(entry: str, root: Path, options: RepositoryOptions) -> Iterator[Repository | tuple[str, SourceError]]:
    """What an entry names; of a glob also the matches that cannot be read, so that one costs no other."""
    path = resolve_path(root, entry, error=SourceError)
    if path.exists() or not is_glob(entry):
        yield open_folder(path, options, entry)
        return
    matches = [Path(each) for each in sorted(glob.glob(str(path), recursive=True))]  # noqa: PTH207 - an absolute pattern
    found = 0
    for match in matches:
        try:
            each = _with_top(match, options) if match.is_dir() else None
        except SourceError as error:
            yield match.name, error
        else:
            if each is None:
                continue
            yield each
        found += 1
    if not found:
        raise SourceError(f"No repository matches {entry!r}.", hint="Globs start from the folder of harvester.toml.")


def open_folder(path: Path, options: RepositoryOptions, entry: str = "") -> Repository:
    """The repository that a folder is in; raises SourceError, which names it as `entry`, or without its path."""
    name = entry or text(path.name.encode("utf-8", "surrogateescape"))
    if not path.is_dir():
        problem = "is a file" if path.exists() else "is not there"
        raise SourceError(f"The repository {name!r} {problem}.", hint="Paths start from the folder of harvester.toml.")
    try:
        return open_repository(path, options)
    except GitError as error:
        raise SourceError(
            f"{name!r} is not a git repository that can be read: {error.message}.",
            hint="Name a folder that holds a repository, or run `git init` there.",
        ) from error


def _with_top(path: Path, options: RepositoryOptions) -> Repository | None:
    """The repository whose top folder this is; None for a folder inside one, and for any other folder."""
    if not git_folder.is_top(path):
        return None
    found = open_repository(path, options)
    return found if found.folder == path.resolve() else None


def open_repository(path: Path, options: RepositoryOptions) -> Repository:
    """The repository that a folder is in. Raises GitError where it is in none.

    Git is given its folders, so that nothing in it leads git to another one.
    Test: test_the_repository_that_is_named_is_read.
    """
    place = git_folder.find(path, options.environ)
    if place is None:
        raise GitError("there is no repository in it or above it")
    alone = dataclasses.replace(place, work_tree=None)
    folder = place.work_tree or place.git_dir
    git = Git(folder, options.environ, options.program, alone)
    bare = place.work_tree is None or git.output("rev-parse", "--is-bare-repository") == b"true\n"
    folder = place.git_dir if bare else folder
    git = Git(folder, options.environ, options.program, alone if bare else place)
    _refuse_endless_mailmap(git, folder)
    urls = _remote_urls(git)
    name = _remote_name(urls, options.remote)
    aliases = read_ssh_config(options.environ)
    remotes = {each: remote_url.parse(url, options.forge, aliases.host_name) for each, url in urls.items()}
    ours = remotes[name] if name else None
    others = frozenset(each for each, remote in remotes.items() if ours and remote and remote.name != ours.name)
    return Repository(git, place.common, folder, bare, name, ours, others, options.forge)


def _refuse_endless_mailmap(git: Git, folder: Path) -> None:
    """Raises SourceError where a mailmap is not a regular file: git would read a pipe or a device without end."""
    configured = git.line("config", "--type=path", "--get", "mailmap.file")
    for path in (folder / ".mailmap", *([folder / configured] if configured else [])):
        if path.exists() and not path.is_file():
            raise SourceError(f"The mailmap {path.name!r} is not a regular file.", hint="Remove it.")


def _remote_urls(git: Git) -> dict[str, str]:
    """The URL that is fetched from, by the remote's name, with `url.<base>.insteadOf` applied."""
    return {name: git.line("ls-remote", "--get-url", name) for name in git.line("remote").splitlines()}


def _remote_name(names: Collection[str], configured: str) -> str | None:
    """The remote that names the project: the configured one, else the only one, else `upstream`, else None."""
    if configured in names:
        return configured
    return next(iter(names)) if len(names) == 1 else UPSTREAM if UPSTREAM in names else None


def has_commits(repository: Repository, shas: Sequence[str]) -> bool:
    """Whether a repository has all these commits; False for no commits."""
    types = repository.git.output("cat-file", "--batch-check=%(objecttype)", stdin=lines(shas)).split()
    return bool(shas) and types == [b"commit"] * len(shas)


def shallow_boundary(repository: Repository) -> frozenset[bytes]:
    """The commits at which a shallow clone was cut off; their parents are not here."""
    path = repository.common / "shallow"
    return frozenset(path.read_bytes().split()) if path.is_file() else frozenset()


def mailmap_digest(repository: Repository) -> str:
    """A digest of every mailmap that git reads here."""
    return digest(*_mailmaps(repository))


def mailmap_contacts(repository: Repository) -> list[tuple[str, str]]:
    """The names and addresses that the mailmaps replace: of each line the last address, and the name before it."""
    found = (_CONTACT.search(text(line)) for each in _mailmaps(repository) for line in each.splitlines())
    return [(match[1].strip(), match[2].strip()) for match in found if match]


def _mailmaps(repository: Repository) -> tuple[bytes, bytes, bytes]:
    """Every mailmap that git reads here (https://git-scm.com/docs/gitmailmap), empty where there is none."""
    git, own = repository.git, repository.folder / ".mailmap"
    file = git.line("config", "--type=path", "--get", "mailmap.file")
    blob = git.line("config", "--get", "mailmap.blob") or ("HEAD:.mailmap" if repository.bare else "")
    return (
        _bytes(own) if not repository.bare and not own.is_symlink() else b"",
        _bytes(repository.folder / file) if file else b"",
        git.line("cat-file", "blob", blob).encode("utf-8", "surrogateescape") if blob else b"",
    )


def last_fetched(repository: Repository) -> dt.datetime | None:
    """When this clone last fetched from its remote or pushed to it, in UTC; None where it has no remote.

    git writes FETCH_HEAD at every fetch, also where nothing was new; before the first fetch there is packed-refs, which
    `git clone` writes. A push updates the folder of remote-tracking branches.
    """
    if repository.remote_name is None:
        return None
    fetch_head = repository.common / "FETCH_HEAD"
    tracking = repository.common / "refs" / "remotes" / repository.remote_name
    traces = [
        fetch_head if fetch_head.exists() else repository.common / "packed-refs",
        tracking,
        *tracking.glob("*"),
    ]
    times = [each.stat().st_mtime for each in traces if each.exists()]
    return dt.datetime.fromtimestamp(max(times), dt.UTC) if times else None


def is_partial(repository: Repository) -> bool:
    """Whether this clone left file contents with its remote."""
    return any((repository.common / "objects" / "pack").glob("*.promisor"))


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except (FileNotFoundError, IsADirectoryError, NotADirectoryError, PermissionError):
        return b""
