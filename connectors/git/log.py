"""The first pass over a repository: every commit that the branch heads reach, without diffs; and short questions.

All output is split on NUL by position, because a message, a name or a path may hold any other byte
(https://git-scm.com/docs/git-log, -z and %x00).
"""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field

from harvester.errors import SourceError
from harvester.model.accounts import is_web_committer

from .subprocess import Git, lines, text

LOG = ("log", "-z", "--no-color", "--no-decorate", "--no-show-signature", "--encoding=UTF-8", "--use-mailmap")
NOT_WALKED = (*LOG, "--no-walk=unsorted", "--stdin")
"""The commits given on standard input, and none of their ancestors."""

_COLUMNS = ("%H", "%P", "%ct", "%at", "%ae", "%aN", "%aE", "%ce", "%B")
EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
MIN_SECONDS, END_SECONDS = -62_135_596_800, 253_402_300_800
"""The first second of the year 1, and the first after the year 9999."""

PULL_REQUEST_MARKERS = (b"ull request", b"See merge request", b"(#", b" PR ")
"""Every message that names a merged pull request holds one of these; to search for them is faster than a pattern."""

REVERT_MARKERS = (b"evert", b"EVERT")
PICK_MARKER = b"cherry picked from commit "
"""As `git cherry-pick -x` writes it."""
CO_AUTHOR_MARKERS = (b"co-authored", b"co-developed")
"""Every message that names a co-author holds one of these, in any case of letters."""

_PULL, _REQUEST, _NUMBER, _PR = PULL_REQUEST_MARKERS
_REVERT, _REVERT_UPPER = REVERT_MARKERS


AT_ONCE = 4096
"""As many messages are asked for at once, so that a long history needs no more memory than a short one."""


@dataclass
class History:
    """Every commit, newest first: one entry a commit in each column; a commit's position is its index here."""

    shas: list[bytes] = field(default_factory=list)
    parents: list[bytes] = field(default_factory=list)
    """The parents' hashes, separated by spaces."""
    times: list[int | None] = field(default_factory=list)
    """Committer date in seconds since 1970; None where it is not a date of the years 1 to 9999."""
    authored: list[bytes] = field(default_factory=list)
    """Author date as git prints it; to be compared and not read."""
    subjects: list[int] = field(default_factory=list)
    """A hash of the first line of the message, of this process alone."""
    raw_addresses: list[bytes] = field(default_factory=list)
    """The author's address as the commit has it."""
    names: list[bytes] = field(default_factory=list)
    """The author's name by the mailmap."""
    addresses: list[bytes] = field(default_factory=list)
    """The author's address by the mailmap."""
    messages: dict[int, bytes] = field(default_factory=dict)
    """By position, the messages that are read later: of merges, and those that may name other work."""
    by_github: set[int] = field(default_factory=set)
    """Positions of the commits in `messages` that GitHub committed, such as squashed pull requests."""

    def __len__(self) -> int:
        return len(self.shas)

    @functools.cached_property
    def index(self) -> dict[bytes, int]:
        """The position of each hash; to be asked only when the history is complete."""
        return {sha: position for position, sha in enumerate(self.shas)}

    def is_merge(self, position: int) -> bool:
        """Whether a commit has several parents."""
        return b" " in self.parents[position]

    def subject(self, position: int) -> str:
        """The first paragraph of a stored message, for a merge may list all that it brings; empty as `message`."""
        return text(self.messages.get(position, b"").lstrip(b"\n").partition(b"\n\n")[0])

    def message(self, position: int) -> str:
        """A stored message as text; empty where it was not stored."""
        return text(self.messages.get(position, b""))


def read_history(
    git: Git, heads: Sequence[str], github_hosts: Collection[str] = (), *, co_authored: bool = False
) -> History:
    """Read every commit that the heads reach. Raises SourceError where git fails or its output is incomplete.

    `github_hosts` are hosts of GitHub besides those named after it. With `co_authored` the messages that name
    co-authors are kept, too.

    git prints one NUL after each of the nine columns, so every ninth field starts a commit. Of each chunk the
    complete commits are sliced into columns, and the fields after them wait for the next chunk.
    """
    history = History()
    if not heads:
        return history
    rest = b""
    with git.stream([*LOG, f"--format={'%x00'.join(_COLUMNS)}", "--stdin"], lines(heads)) as running:
        for chunk in running.chunks():
            fields = (rest + chunk).split(b"\0")
            complete = (len(fields) - 1) // len(_COLUMNS) * len(_COLUMNS)
            rest = b"\0".join(fields[complete:])
            columns = [fields[column : complete : len(_COLUMNS)] for column in range(len(_COLUMNS))]
            if co_authored:
                kept = enumerate(columns[-1], len(history))
                history.messages |= {position: each for position, each in kept if names_co_authors(each)}
            _append(history, columns, github_hosts)
    if rest:
        raise SourceError("git's output ended inside a commit.", hint="Does `git fsck` find anything?")
    return history


def names_co_authors(message: bytes) -> bool:
    """Whether a message may name a co-author."""
    lower = message.lower()
    return any(each in lower for each in CO_AUTHOR_MARKERS)


def _append(history: History, columns: list[list[bytes]], github_hosts: Collection[str]) -> None:
    shas, parents, times, authored, raw_addresses, names, addresses, committers, messages = columns
    if not {40, 64}.issuperset(map(len, shas)):
        raise SourceError("git's output cannot be read: a commit's hash is missing.", hint="Is git very old?")
    start = len(history)
    history.shas += shas
    history.parents += parents
    history.times += _times(times)
    history.authored += authored
    history.subjects += [hash(message.partition(b"\n")[0]) for message in messages]
    history.raw_addresses += raw_addresses
    history.names += names
    history.addresses += addresses
    for position, (parent_line, message) in enumerate(zip(parents, messages, strict=True), start):
        if (
            b" " in parent_line
            or _NUMBER in message
            or _PULL in message
            or _REQUEST in message
            or _PR in message
            or _REVERT in message
            or _REVERT_UPPER in message
            or PICK_MARKER in message
        ):
            history.messages[position] = message
            if is_web_committer(text(committers[position - start]), github_hosts):
                history.by_github.add(position)


def _times(raw: list[bytes]) -> list[int | None]:
    """As `parse_seconds` of each, fast where all are dates as usual."""
    try:
        times = [int(each) for each in raw]
    except ValueError:
        return [parse_seconds(each) for each in raw]
    usual = min(times, default=0) >= MIN_SECONDS and max(times, default=0) < END_SECONDS
    return list(times) if usual else [parse_seconds(each) for each in raw]


def parse_seconds(raw: bytes) -> int | None:
    """Seconds since 1970 as git prints them; None where it is not a date of the years 1 to 9999."""
    try:
        seconds = int(raw)
    except ValueError:
        return None
    return seconds if MIN_SECONDS <= seconds < END_SECONDS else None


def to_datetime(seconds: int) -> dt.datetime:
    """Seconds since 1970, of the years 1 to 9999, as a time in UTC."""
    return EPOCH + dt.timedelta(seconds=seconds)


def account(name: bytes, address: bytes) -> str:
    """`Name <e-mail>`, as accounts are written."""
    return f"{text(name)} <{text(address)}>"


def commit_messages(git: Git, shas: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Hash and whole message of these commits."""
    if shas:
        fields = git.output(*NOT_WALKED, "--format=%H%x00%B", stdin=lines(shas)).split(b"\0")
        yield from ((text(sha), text(message)) for sha, message in zip(fields[0:-1:2], fields[1::2], strict=True))


@dataclass(frozen=True, slots=True)
class SignedMessage:
    """A commit's message and who committed it."""

    message: bytes
    committer: str
    """The account by the mailmap."""
    committer_address: str
    """As the commit has it."""


def signed_messages(git: Git, shas: Sequence[bytes]) -> Iterator[SignedMessage]:
    """The message of each of these commits, in their order, and who committed it."""
    for start in range(0, len(shas), AT_ONCE):
        stdin = lines(shas[start : start + AT_ONCE])
        fields = git.output(*NOT_WALKED, "--format=%cN%x00%cE%x00%ce%x00%B", stdin=stdin).split(b"\0")
        columns = (fields[column:-1:4] for column in range(4))
        for name, address, raw_address, message in zip(*columns, strict=True):
            yield SignedMessage(message, account(name, address), text(raw_address))


def committer_times(git: Git, shas: Sequence[bytes]) -> list[int]:
    """The committer dates of these commits in seconds since 1970, without those that cannot be read."""
    if not shas:
        return []
    dates = git.output(*NOT_WALKED, "--format=%ct", stdin=lines(shas)).split(b"\0")
    return [seconds for date in dates if (seconds := parse_seconds(date)) is not None]


def merges_among(git: Git, shas: Sequence[bytes]) -> frozenset[bytes]:
    """Those of the commits that have several parents, also where a shallow clone lacks the parents."""
    headers = {sha: git.output("cat-file", "commit", text(sha)).partition(b"\n\n")[0] for sha in shas}
    return frozenset(sha for sha, header in headers.items() if header.count(b"\nparent ") > 1)


def recent_commits(git: Git, heads: Sequence[str], count: int = 1000) -> list[tuple[int, str]]:
    """Committer date (seconds since 1970) and author's account of the newest commits that are not merges."""
    if not heads:
        return []
    columns = "--format=%ct%x00%aN%x00%aE"
    fields = git.output(*LOG, columns, "--no-merges", f"--max-count={count}", "--stdin", stdin=lines(heads)).split(
        b"\0"
    )
    commits = zip(*(fields[column:-1:3] for column in range(3)), strict=True)
    return [(at, account(name, address)) for date, name, address in commits if (at := parse_seconds(date)) is not None]


def apply_mailmap(git: Git, contacts: Sequence[tuple[str, str]]) -> dict[tuple[str, str], str]:
    """The account that the mailmap makes of each (name, address)."""
    if not contacts:
        return {}
    given = [f"{name} <{address}>" for name, address in contacts]
    accounts = text(git.output("check-mailmap", "--stdin", stdin=lines(given))).split("\n")[:-1]
    if len(accounts) != len(contacts):
        raise SourceError("The output of `git check-mailmap` cannot be read.", hint="Does it work in the repository?")
    return dict(zip(contacts, accounts, strict=True))
