"""The second pass over a repository: message, paths and line counts of the commits that were chosen."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Literal

from harvester.errors import SourceError

from . import messages
from .log import NOT_WALKED, account, parse_seconds
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
    paths: tuple[str, ...] | None
    additions: int | None
    deletions: int | None


def read_diffs(git: Git, shas: Sequence[str], mode: DiffMode = "counts") -> Generator[CommitDiff, None, None]:
    """Message, paths and line counts of these commits, in no particular order; the author as the commit has it.

    No configuration and no attributes apply, so that the same history gives the same counts everywhere.
    Many commits are divided between two processes.
    Raises GitError where git fails, after the commits that were read before.
    """
    if not shas:
        return
    shares = _divide(shas, 2 if len(shas) > 2 * BLOCK else 1)
    parsers = [DiffParser(mode) for _ in shares]
    inputs = [lines(share) for share in shares]
    with (
        git.without_configuration() as plain,
        closing(parallel_chunks(plain, diff_arguments(mode), inputs)) as chunks,
    ):
        for number, chunk in chunks:
            yield from parsers[number].feed(chunk)


def diff_arguments(mode: DiffMode) -> list[str]:
    """The arguments of the git command that prints what the parser reads."""
    return [*NOT_WALKED, f"--format={'%x00'.join(_FIELDS)}", *_OPTIONS[mode]]


def _divide(shas: Sequence[str], count: int) -> list[list[str]]:
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
    paths, additions, deletions = _PARSE_ENTRIES[mode](fields[start + len(_FIELDS) : end])
    whole = text(message)
    paths = _below_subtree_folder(paths, messages.subtree(whole))
    return CommitDiff(text(sha), parse_seconds(authored_at), account(name, address), whole, paths, additions, deletions)


def _below_subtree_folder(paths: tuple[str, ...] | None, folder: str | None) -> tuple[str, ...] | None:
    """The paths of a squashed subtree below the folder it was squashed for; any other paths as they are."""
    return tuple(f"{folder}/{path}" for path in paths) if folder and paths else paths


Counts = tuple[tuple[str, ...] | None, int | None, int | None]


def _counted(entries: list[bytes]) -> Counts:
    """Paths, added and deleted lines; a rename has its two paths in the fields that follow, a binary file a dash.

    Lines are of the text files; where all files are binary they are unknown.
    """
    paths, additions, deletions, has_lines = [], 0, 0, not entries
    fields = iter(entries)
    for entry in fields:
        added, deleted, path = entry.lstrip(b"\n").split(b"\t", 2)
        if not path:
            _, path = next(fields), next(fields)
        if added != b"-":
            additions += int(added)
            deletions += int(deleted)
            has_lines = True
        paths.append(text(path))
    return tuple(paths), additions if has_lines else None, deletions if has_lines else None


def _named(entries: list[bytes]) -> Counts:
    return tuple(text(path) for path in entries[1::2]), None, None


def _no_paths_or_counts(entries: list[bytes]) -> Counts:
    return None, None, None


_PARSE_ENTRIES: Mapping[DiffMode, Callable[[list[bytes]], Counts]] = {
    "counts": _counted,
    "names": _named,
    "none": _no_paths_or_counts,
}
