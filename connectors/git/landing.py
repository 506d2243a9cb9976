"""Which pull request each commit came with, decided once from the whole history and never from a window.

Definitions. The line of a branch is its tip and the first parents below it. A merge *brings* what it reaches by its
other parents and what had not landed before it. A commit is part of the pull request whose merge brought it, the
innermost where merges are nested, or of the one that its own subject names (squashed). A pull request lands once, with
the first merge or squash that names it; later ones are picks and backports of the same work. Merges and squashes that
came with another repository's history name that repository's pull requests, not ours, and are not read.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from .messages import Forge, PullRequest, brings_own_branch, merged_pull_request, same_as, squashed_pull_request
from .walk import SIGNS, History

Graph = list[tuple[int, ...]]
Candidates = Mapping[int, PullRequest]


@dataclass(frozen=True, slots=True)
class Pull:
    """A pull request: its subject, the commit that landed it, and the commits that are its own, oldest first."""

    subject: str
    named: PullRequest
    landing: int
    commits: tuple[int, ...]


@dataclass(slots=True)
class Landings:
    """Every pull request by its subject, the subject each commit is part of, and merges that cannot be told."""

    pulls: dict[str, Pull] = field(default_factory=dict)
    part_of: dict[int, str] = field(default_factory=dict)
    unknown: list[int] = field(default_factory=list)
    """Merges of pull requests whose commits run over the edge of a shallow clone."""


@dataclass(frozen=True, slots=True)
class Naming:
    """How pull requests are called here: our project, the remote's local name, the forge, how subjects start."""

    project: str
    remote: str
    forge: Forge | None
    prefix: str
    """`github.com/org/repo`; the scope where no remote is known."""

    def subject(self, named: PullRequest) -> str:
        """The subject of a pull request: ours, or the project's that the message names."""
        if named.project and self.project and named.project.casefold() != self.project.casefold():
            return f"{self.prefix.removesuffix(self.project)}{named.project}{named.reference}"
        return f"{self.prefix}{named.reference}"


def graph(history: History) -> Graph:
    """The parents of each commit by position, without those that are not here."""
    known = history.index.get
    parents: Graph = []
    for line in history.parents:
        only = known(line)
        many = () if only is not None else tuple(at for each in line.split() if (at := known(each)) is not None)
        parents.append(many if only is None else (only,))
    return parents


def reach(parents: Graph, tips: Iterable[int]) -> bytearray:
    """A mark for each commit that the tips reach, themselves included."""
    seen, todo = bytearray(len(parents)), list(tips)
    while todo:
        at = todo.pop()
        if not seen[at]:
            seen[at] = 1
            todo.extend(parents[at])
    return seen


def landings(
    history: History, parents: Graph, tips: Sequence[int], naming: Naming, candidates: Candidates, edge: frozenset[int]
) -> Landings:
    """What landed how, on the branches with these tips; `edge` are the boundary commits of a shallow clone."""
    if not candidates:
        return Landings()
    owner, own, order = _land(parents, tips, _Reader(history, naming, candidates))
    named = {at: each for at, each in candidates.items() if own[at] or _is_ours(each, naming)}
    return _collect(history, naming, named, owner, order, edge)


def candidates(history: History, naming: Naming, edge: frozenset[bytes]) -> Candidates:
    """The commits whose messages name a pull request as landed, boundary commits of a shallow clone left out."""
    found = {}
    for at, message in history.messages.items():
        if history.shas[at] in edge:
            continue
        read = merged_pull_request if b" " in history.parents[at] else squashed_pull_request
        if any(sign in message for sign in SIGNS) and (named := read(message.decode("utf-8", "replace"), naming.forge)):
            found[at] = named
    return found


@dataclass(frozen=True, slots=True)
class _Reader:
    history: History
    naming: Naming
    candidates: Candidates

    def names(self, at: int, ours: int) -> bool:
        """Whether a commit, on a line of ours or not, names a pull request of ours."""
        named = self.candidates.get(at)
        return named is not None and (bool(ours) or _is_ours(named, self.naming))

    def own(self, at: int) -> bool:
        """Whether a merge brings a branch of our own project."""
        message = self.history.messages[at].decode("utf-8", "replace")
        return brings_own_branch(message, self.naming.project, self.naming.remote)


def _land(parents: Graph, tips: Sequence[int], reader: _Reader) -> tuple[list[int], bytearray, list[int]]:
    """Let every commit land in order: the merge it came with (-1: none), whether on a line of ours, and the order.

    Each line is worked off from its oldest commit; the lines that a merge brings come right before the merge.
    """
    owner, own, landed, order = [-1] * len(parents), bytearray(len(parents)), bytearray(len(parents)), []
    for tip in tips:
        lines = [(_line(parents, tip, landed), -1, 1)]
        while lines:
            line, merge, ours = lines[-1]
            if not line:
                lines.pop()
                continue
            at = line[-1]
            brought = (
                [] if len(parents[at]) < 2 or landed[at] else [each for each in parents[at][1:] if not landed[each]]
            )
            if brought:
                inner = at if reader.names(at, ours) else merge
                lines.append((_line(parents, brought[0], landed), inner, int(ours and reader.own(at))))
                continue
            line.pop()
            if not landed[at]:
                landed[at], owner[at], own[at] = 1, merge, ours
                order.append(at)
    return owner, own, order


def _line(parents: Graph, tip: int, landed: bytearray) -> list[int]:
    line: list[int] = []
    at = tip
    while not landed[at]:
        line.append(at)
        if not parents[at]:
            break
        at = parents[at][0]
    return line


def _is_ours(named: PullRequest, naming: Naming) -> bool:
    return bool(named.project) and named.project.casefold() == naming.project.casefold()


def _collect(
    history: History,
    naming: Naming,
    named: dict[int, PullRequest],
    owner: list[int],
    order: list[int],
    edge: frozenset[int],
) -> Landings:
    brought: dict[int, list[int]] = {at: [] for at in named}
    for at in order:
        if owner[at] in brought:
            brought[owner[at]].append(at)
    found = Landings()
    for at, each in sorted(named.items(), key=lambda item: _when(history, item[0])):
        if edge and not edge.isdisjoint(brought[at]):
            found.unknown.append(at)
            continue
        merge = b" " in history.parents[at]
        commits = tuple(each for each in brought[at] if each not in named and b" " not in history.parents[each])
        subject = naming.subject(each)
        found.pulls.setdefault(subject, Pull(subject, each, at, commits if merge else (at,)))
        found.part_of |= dict.fromkeys(commits if merge else (at,), subject)
    return found


def _when(history: History, at: int) -> tuple[bool, int, bytes]:
    """Picks last, then by the time of landing."""
    picked = bool(same_as(history.messages[at].decode("utf-8", "replace")))
    return picked, history.times[at] or 0, history.shas[at]


def unchanged(before: Landings, after: Landings, old: bytearray) -> bool:
    """Whether what was told of old commits still holds now that more has landed."""
    return (
        before.part_of == {at: subject for at, subject in after.part_of.items() if old[at]}
        and all(after.pulls.get(subject) == pull for subject, pull in before.pulls.items())
        and set(before.unknown) == {at for at in after.unknown if old[at]}
    )
