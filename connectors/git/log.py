"""The two passes over history, as columns and as records parsed from git's NUL-separated output.

The first pass walks everything without diffs and keeps what decides which commits matter; the second reads message,
paths and line counts of those alone. Everything is split on NUL by position, for no other byte is safe in a message or
a path (https://git-scm.com/docs/git-log, -z and %x00).
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from typing import Literal

from harvester.errors import SourceError

from .subprocess import PIECE, Git, lines, pieces, text

_WALK = ("%H", "%P", "%ct", "%ae", "%aN", "%aE", "%ce", "%B")
_FULL = ("%H", "%at", "%aN", "%aE", "%B")
_LOG = ("log", "-z", "--no-color", "--no-decorate", "--no-show-signature", "--encoding=UTF-8", "--use-mailmap")
_COUNTS = (
    "--numstat",
    "-M",
    "--root",
    "--diff-merges=first-parent",
    "--no-ext-diff",
    "--no-textconv",
    "--no-relative",
    "--ignore-submodules=all",
)
_NAMES = (
    "--raw",
    "--no-renames",
    "--no-abbrev",
    "--root",
    "--diff-merges=first-parent",
    "--no-relative",
    "--ignore-submodules=all",
)
EARLIEST, LATEST = -62_135_596_800, 253_402_300_800
"""The first second of the year 1, and the first after the year 9999."""

SIGNS = (b"pull request", b"See merge request", b"(#")
"""One of these stands in every message that names a pull request as landed; looking for them first is cheap."""

PULL, REQUEST, NUMBER, AUTHORED, SHOUTED = *SIGNS, b"uthored-", b"UTHORED-"
"""What a message with a pull request or with co-authors holds; searching for bytes is faster than any pattern."""

GITHUB = b"noreply@github.com"
"""The committer of what GitHub's own buttons make, such as a squashed pull request."""

BLOCK = 512
"""So many commits in a row go to the same of two processes: neighbours share what git has unpacked."""


@dataclass
class History:
    """What the first pass keeps, one entry a commit in each column, newest first."""

    shas: list[bytes] = field(default_factory=list)
    parents: list[bytes] = field(default_factory=list)
    """Hashes with a space between."""
    times: list[int | None] = field(default_factory=list)
    """Committer date in seconds since 1970; None where the commit has none of the years 1 to 9999."""
    written_as: list[bytes] = field(default_factory=list)
    """The author's address as it stands in the commit."""
    names: list[bytes] = field(default_factory=list)
    addresses: list[bytes] = field(default_factory=list)
    """Name and address by the mailmap."""
    messages: dict[int, bytes] = field(default_factory=dict)
    """The messages that need a second look: those of merges, and those that name pull requests or co-authors."""
    by_github: set[int] = field(default_factory=set)
    """Those of the commits with a message here that GitHub committed."""

    def __len__(self) -> int:
        return len(self.shas)

    @functools.cached_property
    def index(self) -> dict[bytes, int]:
        """The position of each hash, once all of them are here."""
        return {sha: at for at, sha in enumerate(self.shas)}


@dataclass(frozen=True, slots=True)
class CommitDiff:
    """One commit as the second pass has it; paths and counts are None where they cannot be known."""

    sha: str
    began: int | None
    """Author date in seconds since 1970."""
    author: str
    message: str
    paths: tuple[str, ...] | None
    additions: int | None
    deletions: int | None


def history(git: Git, tips: Sequence[str]) -> History:
    """Walk everything that the tips reach; raises SourceError where git does."""
    found = History()
    if not tips:
        return found
    arguments = [*_LOG, f"--format={'%x00'.join(_WALK)}", "--stdin"]
    rest = b""
    with git.reading(arguments, lines(tips)) as stream:
        while piece := stream.read(PIECE):
            fields = (rest + piece).split(b"\0")
            whole = (len(fields) - 1) // len(_WALK) * len(_WALK)
            rest = b"\0".join(fields[whole:])
            _keep(found, fields, whole)
    if rest:
        raise SourceError("git's answer broke off in the middle of a commit.", hint="Does `git fsck` find anything?")
    return found


def _keep(found: History, fields: list[bytes], whole: int) -> None:
    width, start = len(_WALK), len(found.shas)
    shas, parents = fields[0:whole:width], fields[1:whole:width]
    if not {40, 64}.issuperset(map(len, shas)):
        raise SourceError("git's answer cannot be read: a commit is not where it should be.", hint="Is git very old?")
    found.shas += shas
    found.parents += parents
    found.times += _times(fields[2:whole:width])
    found.written_as += fields[3:whole:width]
    found.names += fields[4:whole:width]
    found.addresses += fields[5:whole:width]
    messages = found.messages
    committers = fields[6:whole:width]
    for at, (line, message) in enumerate(zip(parents, fields[7:whole:width], strict=True), start):
        if (
            b" " in line
            or AUTHORED in message
            or NUMBER in message
            or PULL in message
            or REQUEST in message
            or SHOUTED in message
        ):
            messages[at] = message
            if committers[at - start] == GITHUB:
                found.by_github.add(at)


Diff = Literal["counts", "names", "none"]
_DIFFS: Mapping[Diff, tuple[str, ...]] = {"counts": _COUNTS, "names": _NAMES, "none": ("--no-patch",)}


def _times(raw: list[bytes]) -> list[int | None]:
    try:
        times = [int(each) for each in raw]
    except ValueError:
        return [seconds(each) for each in raw]
    usual = min(times, default=0) >= EARLIEST and max(times, default=0) < LATEST
    return list(times) if usual else [seconds(each) for each in raw]


def seconds(raw: bytes | str) -> int | None:
    """Seconds since 1970 as git prints them, or None for what is no date of the years 1 to 9999."""
    try:
        value = int(raw)
    except ValueError:
        return None
    return value if EARLIEST <= value < LATEST else None


def changes(git: Git, shas: Sequence[str], diff: Diff = "counts") -> Generator[CommitDiff, None, None]:
    """Message, paths and line counts of these commits, as git finds them, in no particular order.

    `names` leaves the counts out, which takes no file contents; `none` the paths as well. Raises GitError where git
    stops half-way, after what came before. Many commits are shared by two processes.
    """
    if not shas:
        return
    shares = _shares(shas, 2 if len(shas) > 2 * BLOCK else 1)
    arguments = [*_LOG, f"--format={'%x00'.join(_FULL)}", *_DIFFS[diff], "--no-walk=unsorted", "--stdin"]
    parsers = [_Parser(diff) for _ in shares]
    with closing(pieces(git, arguments, [lines(share) for share in shares])) as coming:
        for number, piece in coming:
            yield from parsers[number].feed(piece)


def messages(git: Git, shas: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Hash and whole message of these commits."""
    if not shas:
        return
    answer = git.answer(*_LOG, "--format=%H%x00%B", "--no-walk=unsorted", "--stdin", given=lines(shas))
    fields = answer.split(b"\0")
    yield from ((text(sha), text(message)) for sha, message in zip(fields[0:-1:2], fields[1::2], strict=True))


def _shares(shas: Sequence[str], count: int) -> list[list[str]]:
    blocks = [shas[start : start + BLOCK] for start in range(0, len(shas), BLOCK)]
    return [list(itertools.chain.from_iterable(blocks[number::count])) for number in range(count)]


class _Parser:
    """Makes changes from pieces of output that may be cut anywhere; the last piece is empty."""

    def __init__(self, diff: Diff) -> None:
        self._diff = diff
        self._rest = b""
        self._more: list[bytes] = []
        self._size = 0

    def feed(self, piece: bytes) -> list[CommitDiff]:
        """The changes that are complete with this piece.

        What is left over is looked at again only when as much has come, so that one commit of a million paths costs
        no more than a million of one.
        """
        self._more.append(piece)
        self._size += len(piece)
        if piece and self._size < len(self._rest):
            return []
        fields = b"".join([self._rest, *self._more]).split(b"\0")
        made, at, last = [], 0, len(fields) - 1
        while end := _record_end(fields, at, last, ended=not piece, counted=self._diff == "counts"):
            made.append(_change(fields, at, end, self._diff))
            at = end
        self._rest, self._more, self._size = b"\0".join(fields[at:]), [], 0
        if self._rest and not piece:
            raise SourceError(
                "git's answer broke off in the middle of a commit.", hint="Does `git fsck` find anything?"
            )
        return made


def _record_end(fields: list[bytes], at: int, last: int, *, ended: bool, counted: bool) -> int:
    """Where the record that starts at a field ends, or 0 where not all of it is there yet.

    Entries follow the fields when the next one starts with a line feed; the first that is no entry is the next commit.
    """
    at += len(_FULL)
    if at > last:
        return 0
    if at < last and fields[at][:1] == b"\n":
        while at < last and (width := _entry(fields[at], counted)):
            at += width
    return at if at < last or (ended and at == last) else 0


def _entry(field: bytes, counted: bool) -> int:
    """How many fields an entry takes that starts with this one; 0 where none does (a hash holds no tab, no colon)."""
    if not counted:
        return 2 if field.lstrip(b"\n")[:1] == b":" else 0
    if b"\t" not in field:
        return 0
    return 3 if field[-1:] == b"\t" and field.count(b"\t") == 2 else 1


def _change(fields: list[bytes], at: int, end: int, diff: Diff) -> CommitDiff:
    sha, began, name, mail, message = fields[at : at + len(_FULL)]
    entries = fields[at + len(_FULL) : end]
    paths, additions, deletions = _READ[diff](entries)
    return CommitDiff(
        text(sha), seconds(began), identity(name, mail), text(message), paths, additions, deletions
    )  # fmt: skip


def _count(entries: list[bytes]) -> tuple[tuple[str, ...], int, int]:
    paths, additions, deletions, at = [], 0, 0, 0
    while at < len(entries):
        added, deleted, path = entries[at].split(b"\t", 2)
        if not path:
            path, at = entries[at + 2], at + 2
        if added != b"-" and added != b"\n-":
            additions += int(added)
            deletions += int(deleted)
        paths.append(text(path))
        at += 1
    return tuple(paths), additions, deletions


def landed(git: Git, shas: Sequence[bytes]) -> list[int]:
    """The committer dates of these commits that can be read, in seconds since 1970."""
    if not shas:
        return []
    dates = git.answer(*_LOG, "--format=%ct", "--no-walk=unsorted", "--stdin", given=lines(shas)).split(b"\0")
    return [value for each in dates if (value := seconds(each)) is not None]


def merges(git: Git, shas: Sequence[bytes]) -> frozenset[bytes]:
    """Those of the commits that have several parents of their own, whether or not these are here."""
    found = set()
    for sha in shas:
        head = git.answer("cat-file", "commit", text(sha)).partition(b"\n\n")[0]
        if head.count(b"\nparent ") > 1:
            found.add(sha)
    return frozenset(found)


def recent(git: Git, tips: Sequence[str], count: int = 1000) -> list[tuple[int, str]]:
    """Committer date in seconds and author's account of the newest commits that the tips reach, merges left out."""
    if not tips:
        return []
    form = "--format=%ct%x00%aN%x00%aE"
    fields = git.answer(*_LOG, form, "--no-merges", f"--max-count={count}", "--stdin", given=lines(tips)).split(b"\0")
    found = zip(*(fields[column:-1:3] for column in range(3)), strict=True)
    return [(value, identity(name, mail)) for time, name, mail in found if (value := seconds(time)) is not None]


def authors(git: Git, tips: Sequence[str]) -> set[str]:
    """The accounts of everybody who wrote a commit that the tips reach."""
    if not tips:
        return set()
    return set(text(git.answer(*_LOG, "--format=%aN <%aE>", "--stdin", given=lines(tips))).split("\0")[:-1])


def mailmapped(git: Git, contacts: Sequence[tuple[str, str]]) -> dict[tuple[str, str], str]:
    """Each name and address as the account that the mailmap makes of it."""
    if not contacts:
        return {}
    given = [f"{name} <{mail}>" for name, mail in contacts]
    answer = text(git.answer("check-mailmap", "--stdin", given=lines(given))).split("\n")[:-1]
    if len(answer) != len(contacts):
        raise SourceError("git's answer about the mailmap cannot be read.", hint="Does `git check-mailmap` work here?")
    return dict(zip(contacts, answer, strict=True))


def identity(name: bytes, mail: bytes) -> str:
    """`Name <e-mail>` as accounts are written."""
    return f"{text(name)} <{text(mail)}>"


_READ: Mapping[Diff, Callable[[list[bytes]], tuple[tuple[str, ...] | None, int | None, int | None]]] = {
    "counts": _count,
    "names": lambda entries: (tuple(text(path) for path in entries[1::2]), None, None),
    "none": lambda entries: (None, None, None),
}
