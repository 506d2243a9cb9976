"""Which git directory a folder has, found before git reads it, and refused where git would hang or be led elsewhere.

A repository may come from a stranger. What is named is what is read:
- a `.git` file is followed only to a git directory that names this folder in turn, as linked worktrees and submodules
  do; `commondir` only from a linked worktree to its repository; a symbolic link only within the git directory.
- `core.worktree` is not followed: git is given both folders.
- `objects/info/alternates` and links below `objects` may lead anywhere (`git clone --shared`): they bring objects, and
  which commits are read is still decided by the references here.
Pipes, devices and other special files are refused, because git would wait for them or read them without end.
"""

from __future__ import annotations

import os
import re
import stat
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from harvester.errors import SourceError
from harvester.files import read_bytes
from harvester.sdk import programs

MAX_TEXT_BYTES = 16 << 20
"""The largest configuration, HEAD and the like that git is given."""
MAX_INCLUDED = 100
"""The most configuration files, counted each time one is included; git itself reads 10 levels of any number."""

_UNREAD = frozenset({"modules", "lfs", "annex", "hooks", "rr-cache", "worktrees"})
"""What git commands that read history do not open."""
_TEXTS = ("HEAD", "config", "config.worktree", "info/attributes", "info/grafts", "objects/info/alternates", "shallow")
_INCLUDE = re.compile(rb"\[\s*include", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class GitFolder:
    """The directories of one repository, absolute and without links."""

    git_dir: Path
    common: Path
    """The git directory that all worktrees share; `git_dir` itself but for a linked worktree."""
    work_tree: Path | None
    """The folder that holds `.git`; None where the folder itself is the git directory."""

    @property
    def arguments(self) -> tuple[str, ...]:
        """The options that make git read this repository, whatever its configuration says."""
        work_tree = (f"--work-tree={self.work_tree}",) if self.work_tree else ()
        return (f"--git-dir={self.git_dir}", *work_tree)


def find(folder: Path, environ: Mapping[str, str]) -> GitFolder | None:
    """The repository that a folder is in; None where it is in none.

    Raises SourceError, which names the file, where the repository leads elsewhere or holds a special file.
    """
    start = _real(folder)
    for each in (start, *start.parents):
        try:
            if found := _at(each, environ):
                _check(found, environ)
                return found
        except SourceError as error:
            raise SourceError(error.message.replace(str(each), each.name or str(each)), hint=error.hint) from error
        except OSError as error:
            path = Path(os.fsdecode(error.filename or each))
            raise SourceError(f"{path.name!r} in {each.name!r} cannot be read: {error.strerror}.") from error
    return None


def is_top(folder: Path) -> bool:
    """Whether a folder looks like a repository itself, or like one's top folder."""
    return any(
        all(os.path.lexists(folder / name) for name in names) for names in (("HEAD", "objects", "refs"), (".git",))
    )


def _at(folder: Path, environ: Mapping[str, str]) -> GitFolder | None:
    entry = folder / ".git"
    if entry.is_symlink():
        raise _refusal(entry, "is a link; it may lead to another repository")
    if entry.is_dir():
        return _repository(entry, folder)
    if os.path.lexists(entry):
        return _repository(_followed(entry, environ), folder)
    found = _repository(folder, None)
    if found and folder.name == ".git":
        return GitFolder(folder, folder, folder.parent)
    return found


def _repository(git_dir: Path, work_tree: Path | None) -> GitFolder | None:
    """The repository with this git directory; None where it is none (git looks further up then)."""
    common = git_dir
    if os.path.lexists(git_dir / "commondir"):
        common = _real(git_dir / _line(git_dir / "commondir"))
        if git_dir.parent != common / "worktrees":
            raise _refusal(git_dir / "commondir", "leads to another repository")
    parts = (git_dir / "HEAD", common / "objects", common / "refs")
    return GitFolder(git_dir, common, work_tree) if all(map(os.path.lexists, parts)) else None


def _followed(file: Path, environ: Mapping[str, str]) -> Path:
    """The git directory that a `.git` file names, if that names this folder too."""
    git_dir = _real(file.parent / _line(file).removeprefix("gitdir:").strip())
    back = git_dir / "gitdir"
    if back.exists():
        names_us = _real(git_dir / _line(back)) == file
    else:
        files = [each for each in (git_dir / "config.worktree", git_dir / "config") if each.is_file()]
        configured = [tree for each in files for tree in _config(each, environ, "--get", "core.worktree")]
        names_us = bool(configured) and _real(git_dir / configured[0]) == file.parent
    if not names_us:
        raise _refusal(
            file,
            "leads to a git directory that does not name this folder",
            "Is it yours? `git worktree repair`, or `git config core.worktree` with this folder, makes it do so.",
        )
    return git_dir


def _check(found: GitFolder, environ: Mapping[str, str]) -> None:
    roots = {found.git_dir, found.common}
    for root in roots:
        for entry in _entries(root, _UNREAD):
            if entry.is_symlink():
                _check_link(Path(entry.path), roots, found.common / "objects")
            else:
                _refuse_special(Path(entry.path), entry.stat(follow_symlinks=False).st_mode)
        for name in _TEXTS:
            _refuse_large(root / name)
        waiting = [root / "config", root / "config.worktree"]
        for _ in range(MAX_INCLUDED):
            if waiting:
                waiting += _included(waiting.pop(), environ)
        if waiting:
            raise _refusal(root / "config", f"includes more than {MAX_INCLUDED} files")
    _check_alternates(found.common / "objects")


def _entries(folder: Path, unread: frozenset[str] = frozenset()) -> Iterator[os.DirEntry[str]]:
    """Every entry below a folder that is neither a regular file nor a folder, but for those in its folders `unread`."""
    waiting = [str(folder)]
    while waiting:
        top = waiting.pop()
        with os.scandir(top) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    if top != str(folder) or entry.name not in unread:
                        waiting.append(entry.path)
                elif not entry.is_file(follow_symlinks=False):
                    yield entry


def _check_link(link: Path, roots: set[Path], objects: Path) -> None:
    target = _real(link)
    if not target.exists():
        return
    _refuse_special(link, target.stat().st_mode)
    if not link.is_relative_to(objects) and not any(target.is_relative_to(root) for root in roots):
        raise _refusal(link, "is a link that leads out of the repository", "Name the repository it leads to.")


def _check_alternates(objects: Path) -> None:
    """Check the folders that objects are taken from, and those that these take them from, each once."""
    seen: set[Path] = set()
    waiting = [objects]
    while waiting:
        folder = waiting.pop()
        if folder in seen or not folder.is_dir():
            continue
        seen.add(folder)
        for path in _object_files(folder):
            _refuse_special(path, _mode(path))
        alternates = folder / "info" / "alternates"
        if alternates.exists():
            waiting += [_real(folder / os.fsdecode(line.strip(b'"'))) for line in _lines(alternates)]


def _object_files(objects: Path) -> Iterator[Path]:
    """What git opens in a folder of objects, three levels deep, and nothing else, for it may be any folder."""
    for pattern in ("info/*", "info/commit-graphs/*", "pack/*", "[0-9a-f][0-9a-f]/*"):
        yield from objects.glob(pattern)


def _included(config: Path, environ: Mapping[str, str]) -> list[Path]:
    """The files that a configuration includes; git opens them before it does anything."""
    if not config.exists():
        return []
    if not _INCLUDE.search(read_bytes(config, limit=MAX_TEXT_BYTES, error=SourceError)):
        return []
    listed = _config(config, environ, "--type=path", "--get-regexp", r"^include(if\..*)?\.path$")
    return [config.parent / line.partition(" ")[2] for line in listed]


def _refuse_special(path: Path, mode: int) -> None:
    """Refuse pipes and devices; a socket cannot be opened, and git's file monitor has one."""
    if stat.S_ISFIFO(mode) or stat.S_ISCHR(mode) or stat.S_ISBLK(mode):
        raise _refusal(path, "is not a regular file")


def _refuse_large(path: Path) -> None:
    if path.is_file() and path.stat().st_size > MAX_TEXT_BYTES:
        raise _refusal(path, f"is larger than {MAX_TEXT_BYTES:,} bytes")


def _mode(path: Path) -> int:
    return path.stat().st_mode if path.exists() else path.lstat().st_mode


def _real(path: Path) -> Path:
    """The path without links, also where they form a circle."""
    return Path(os.path.realpath(path))


def _line(path: Path) -> str:
    """The path that a file of git's holds; raises SourceError where it is not such a file."""
    return os.fsdecode(b"\n".join(_lines(path)))


def _lines(path: Path) -> list[bytes]:
    """The lines of a file of git's that lists paths."""
    content = read_bytes(path, limit=1 << 16, error=SourceError)
    if b"\0" in content:
        raise _refusal(path, "holds a NUL, which no path does")
    return [line for line in content.splitlines() if line and not line.startswith(b"#")]


def _config(file: Path, environ: Mapping[str, str], *arguments: str) -> list[str]:
    """What `git config` prints of one file alone, without what that includes; empty where it has no such key."""
    command = ["git", f"--git-dir={os.devnull}", "config", "--file", str(file), "--no-includes", "-z", *arguments]
    return [os.fsdecode(each).replace("\n", " ", 1) for each in run(command, environ)[1].split(b"\0") if each]


def run(command: list[str], environ: Mapping[str, str]) -> tuple[int, bytes]:
    """Exit status and output of a command that prints little. Raises SourceError where it cannot start or hangs."""
    try:
        process = programs.start(command, environ)
    except OSError as error:
        raise SourceError("git is not installed, or not on the PATH.", hint="Install git 2.31 or newer.") from error
    chunks = []
    try:
        while chunk := programs.read(process, programs.PIPE_BYTES):
            chunks.append(chunk)
        return process.wait(programs.SILENT_SECONDS), b"".join(chunks)
    except (TimeoutError, subprocess.TimeoutExpired) as error:
        raise SourceError("git did not answer and was ended.", hint="Does `git status` work there?") from error
    finally:
        programs.end(process)


def _refusal(
    path: Path, problem: str, hint: str = "Remove it if the repository is yours; do not trust it if not."
) -> SourceError:
    return SourceError(f"{str(path)!r} {problem}.", hint=hint)
