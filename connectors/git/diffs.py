"""The second pass over a repository: message, paths and line counts of the commits that were chosen."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Literal

from harvester.errors import SourceError
from harvester.sdk.sizes import UNKNOWN, LineCounts, Size

from . import messages
from .log import NOT_WALKED, account, parse_seconds
from .sizes import Changes
from .subprocess import Git, lines, parallel_chunks, text

DiffMode = Literal["counts", "names", "none"]
"""Paths and line counts; paths alone, which needs no file contents; or neither."""

_FIELDS = ("%H", "%at", "%aN", "%aE", "%B")
_AGAINST_FIRST_PARENT = ("--root", "--diff-merges=first-parent", "--no-relative", "--ignore-submodules=all")
_OPTIONS: Mapping[DiffMode, tuple[str, ...]] = {
    "counts": ("--numstat", "-M", "--no-ext-diff", "--no-textconv", *_AGAINST_FIRST_PARENT),
    "names": ("--raw", "--no-renames", "--no-abbrev", *_AGAINST_FIRST_PARENT),
    "none": ("--no-patch",),
}

BLOCK = 512
"""As many commits in a row go to the same of two processes, because neighbours share what git has unpacked."""


@dataclass(frozen=True, slots=True)
class CommitDiff:
    """One commit of the second pass; paths and counts are None where they are unknown."""

    sha: str
    authored_at: int | None
    """Author date in seconds since 1970; None where it cannot be read."""
    author: str
    message: str
    changes: Changes
    is_squashed_subtree: bool = False
    """Whether it squashes another repository's history; its paths are below the folder that it was squashed for."""
    size: Size = UNKNOWN
    """The files and lines of it that are work, once that was found out."""
    not_work: Size = UNKNOWN
    """The other files and lines."""

    @property
    def paths(self) -> tuple[str, ...] | None:
        """The files that it changed; None where they are unknown."""
        return self.changes.paths


def read_diffs(git: Git, shas: Sequence[str], mode: DiffMode = "counts") -> Generator[list[CommitDiff], None, None]:
    """Message, paths and line counts of these commits, in no particular order; the author as the commit has it.

    They come in lists, as many at a time as one read of git's output completes.

    No configuration and no attributes apply, so that the same history gives the same counts everywhere.
    Many commits are divided between two processes.
    Raises GitError where git fails, after the commits that were read before.
    """
    if not shas:
        return
    shares = divide(shas)
    parsers = [DiffParser(mode) for _ in shares]
    inputs = [lines(share) for share in shares]
    with (
        git.without_configuration() as plain,
        closing(parallel_chunks(plain, diff_arguments(mode), inputs)) as chunks,
    ):
        for number, chunk in chunks:
            yield parsers[number].feed(chunk)


def diff_arguments(mode: DiffMode) -> list[str]:
    """The arguments of the git command that prints what the parser reads."""
    return [*NOT_WALKED, f"--format={'%x00'.join(_FIELDS)}", *_OPTIONS[mode]]


def divide(shas: Sequence[str]) -> list[list[str]]:
    """The commits that each process reads, in its order."""
    count = 2 if len(shas) > 2 * BLOCK else 1
    blocks = [shas[start : start + BLOCK] for start in range(0, len(shas), BLOCK)]
    return [list(itertools.chain.from_iterable(blocks[number::count])) for number in range(count)]


class DiffParser:
    """Makes commits of output that may be cut anywhere.

    A record is five fields, then its diff entries. Whether entries follow shows in the field after the message: git
    starts the first entry with a line feed, which no hash has. Where they end shows in the first field that is no
    entry: the hash of the next record, which holds neither a tab nor a colon. So a message or a path may hold any
    bytes but NUL. Tests: test_hostile_bytes_come_through_unchanged, test_any_cut_gives_the_same_commits.
    """

    def __init__(self, mode: DiffMode) -> None:
        self._mode = mode
        self._incomplete = b""
        self._waiting: list[bytes] = []
        self._waiting_size = 0

    def feed(self, chunk: bytes) -> list[CommitDiff]:
        """The commits that are complete with this chunk; an empty chunk is the last.

        An incomplete record is parsed again only when as many bytes came as it has, so that a commit of a million
        paths takes time in proportion to its size.
        """
        self._waiting.append(chunk)
        self._waiting_size += len(chunk)
        if chunk and self._waiting_size < len(self._incomplete):
            return []
        fields = b"".join([self._incomplete, *self._waiting]).split(b"\0")
        commits, start, last = [], 0, len(fields) - 1
        while end := _record_end(fields, start, last, self._mode, ended=not chunk):
            commits.append(_commit(fields, start, end, self._mode))
            start = end
        self._incomplete, self._waiting, self._waiting_size = b"\0".join(fields[start:]), [], 0
        if self._incomplete and not chunk:
            raise SourceError("git's output ended inside a commit.", hint="Does `git fsck` find anything?")
        return commits


def _record_end(fields: list[bytes], start: int, last: int, mode: DiffMode, *, ended: bool) -> int:
    """The index after the record that starts here; 0 where the record is not complete yet."""
    end = start + len(_FIELDS)
    if end > last:
        return 0
    if end < last and fields[end][:1] == b"\n":
        width = _counted_width if mode == "counts" else _raw_width
        while end < last and (entry := width(fields[end])):
            end += entry
    return end if end < last or (ended and end == last) else 0


def _counted_width(field: bytes) -> int:
    """How many fields an entry of --numstat has that starts with this one: a rename three; 0 where none starts."""
    if b"\t" not in field:
        return 0
    return 3 if field[-1:] == b"\t" and field.count(b"\t") == 2 else 1


def _raw_width(field: bytes) -> int:
    """How many fields an entry of --raw has that starts with this one; 0 where none starts."""
    return 2 if field.lstrip(b"\n")[:1] == b":" else 0


def _commit(fields: list[bytes], start: int, end: int, mode: DiffMode) -> CommitDiff:
    sha, authored_at, name, address, message = fields[start : start + len(_FIELDS)]
    changes = _PARSE_ENTRIES[mode](fields[start + len(_FIELDS) : end])
    whole = text(message)
    folder = messages.subtree(whole)
    if folder:
        changes = changes.below(folder)
    return CommitDiff(text(sha), parse_seconds(authored_at), account(name, address), whole, changes, folder is not None)


def _counted(entries: list[bytes]) -> Changes:
    """Paths, added and deleted lines; a rename has its two paths in the fields that follow, a binary file a dash."""
    paths: list[str] = []
    counts: list[LineCounts] = []
    fields = iter(entries)
    for entry in fields:
        added, deleted, path = entry.lstrip(b"\n").split(b"\t", 2)
        if not path:
            _, path = next(fields), next(fields)
        counts.append(None if added == b"-" else (int(added), int(deleted)))
        paths.append(text(path))
    return Changes(tuple(paths), tuple(counts))


def _named(entries: list[bytes]) -> Changes:
    return Changes(tuple(text(path) for path in entries[1::2]))


def _no_paths_or_counts(entries: list[bytes]) -> Changes:
    return Changes()


_PARSE_ENTRIES: Mapping[DiffMode, Callable[[list[bytes]], Changes]] = {
    "counts": _counted,
    "names": _named,
    "none": _no_paths_or_counts,
}
