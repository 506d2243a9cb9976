"""Which pull request each commit came with, decided once from the whole history and never from a period.

Definitions. The line of a branch is its tip and the first parents below it. A merge *brings* what it reaches by its
other parents and what had not landed before it. A commit is part of the pull request whose merge brought it, the
innermost where merges are nested, or of the one that its own subject names (squashed). A pull request lands once, with
the first merge or squash that names it; later ones are picks and backports of the same work.

Merges and squashes that came with another repository's history name that repository's pull requests, not ours, and are
not read. A merge tells of another repository by its subject, or by what it brings: a first commit of its own, or what
follows on history that came so before. A fork's branch brings our own history, and with it pull requests of ours, such
as those on a release branch; but a number that landed on our own branches, and a merge that brings nothing (the fork
following us), say nothing of ours. A number in a commit's subject is its pull request's issue where that one bears the
same subject, or closes it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from .log import SIGNS, History
from .messages import Forge, PullRequest, closes, merged_pull_request, same_as, squashed_pull_request, whose_branch

Graph = list[tuple[int, ...]]
Candidates = Mapping[int, PullRequest]
OTHER, FORK, OURS = range(3)
"""Whose line a commit landed on; what a line brings is at most what the line is."""

_WHOSE = {"other": OTHER, "fork": FORK, "ours": OURS}


@dataclass(frozen=True, slots=True)
class Pull:
    """A pull request: its subject, the commit that landed it, and the commits that are its own, oldest first."""

    subject: str
    named: PullRequest
    landing: int
    commits: tuple[int, ...]


@dataclass(slots=True)
class MergeMap:
    """Every pull request by its subject, the subject each commit is part of, and merges that cannot be told."""

    pulls: dict[str, Pull] = field(default_factory=dict)
    part_of: dict[int, str] = field(default_factory=dict)
    unknown: list[int] = field(default_factory=list)
    """Merges of pull requests whose commits run over the edge of a shallow clone."""


@dataclass(frozen=True, slots=True)
class ProjectNames:
    """How pull requests are called here: our project, remotes of other projects, the forge, how subjects start."""

    project: str
    others: frozenset[str]
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


def merge_map(
    history: History,
    parents: Graph,
    tips: Sequence[int],
    naming: ProjectNames,
    candidates: Candidates,
    edge: frozenset[int],
) -> MergeMap:
    """What landed how, on the branches with these tips; `edge` are the boundary commits of a shallow clone."""
    if not candidates:
        return MergeMap()
    story = _land(history, parents, tips, naming, edge)
    return _collect(history, naming, _named(history, candidates, naming, story), story, edge)


def candidates(history: History, naming: ProjectNames, edge: frozenset[bytes]) -> Candidates:
    """The commits whose messages name a pull request as landed, boundary commits of a shallow clone left out."""
    found = {}
    for at, message in history.messages.items():
        if history.shas[at] in edge:
            continue
        read = merged_pull_request if _is_merge(history, at) else squashed_pull_request
        if any(sign in message for sign in SIGNS):
            words, by_github = message.decode("utf-8", "replace"), at in history.by_github
            if named := read(words, naming.forge, by_github=by_github):
                found[at] = named
    return found


@dataclass(frozen=True, slots=True)
class LandingOrder:
    """How every commit landed: with which merge (-1: none), on whose line, and in which order."""

    owner: list[int]
    whose: bytearray
    order: list[int]


def _land(
    history: History, parents: Graph, tips: Sequence[int], naming: ProjectNames, edge: frozenset[int]
) -> LandingOrder:
    """Let every commit land in order.

    Each line is worked off from its oldest commit; the lines that a merge brings come right before the merge.
    """
    owner, whose, landed, order = [-1] * len(parents), bytearray(len(parents)), bytearray(len(parents)), list[int]()
    for tip in tips:
        lines = [(_line(parents, tip, landed), -1, OURS)]
        while lines:
            line, merge, kind = lines[-1]
            if not line:
                lines.pop()
                continue
            at = line[-1]
            brought = (
                [] if len(parents[at]) < 2 or landed[at] else [each for each in parents[at][1:] if not landed[each]]
            )
            if brought:
                inner = _line(parents, brought[0], landed)
                alien = kind == OTHER or _begins_elsewhere(inner[-1], parents, whose, edge)
                lines.append((inner, at, OTHER if alien else min(kind, _said(history, at, naming))))
                continue
            line.pop()
            if not landed[at]:
                landed[at], owner[at], whose[at] = 1, merge, kind
                order.append(at)
    return LandingOrder(owner, whose, order)


def _begins_elsewhere(oldest: int, parents: Graph, whose: bytearray, edge: frozenset[int]) -> bool:
    """Whether a line that a merge brings has a first commit of its own, or follows on another repository's."""
    below = parents[oldest]
    return whose[below[0]] == OTHER if below else oldest not in edge


def _said(history: History, at: int, naming: ProjectNames) -> int:
    """Whose branch a merge says that it brings."""
    return _WHOSE[whose_branch(history.messages[at].decode("utf-8", "replace"), naming.project, naming.others)]


def _line(parents: Graph, tip: int, landed: bytearray) -> list[int]:
    line: list[int] = []
    at = tip
    while not landed[at]:
        line.append(at)
        if not parents[at]:
            break
        at = parents[at][0]
    return line


def _is_ours(named: PullRequest, naming: ProjectNames) -> bool:
    return bool(named.project) and named.project.casefold() == naming.project.casefold()


def _named(
    history: History, candidates: Candidates, naming: ProjectNames, story: LandingOrder
) -> dict[int, PullRequest]:
    """The commits that name a pull request of ours as landed."""
    ours = {at: each for at, each in candidates.items() if story.whose[at] == OURS or _is_ours(each, naming)}
    named = ours | dict(_brought_by_forks(history, candidates, story, ours))
    above = _above(story, named)
    return {
        at: each
        for at, each in named.items()
        if at in history.by_github or _is_merge(history, at) or not _speaks_of(history, above[at], each)
    }


def _brought_by_forks(
    history: History, candidates: Candidates, story: LandingOrder, ours: Candidates
) -> Iterator[tuple[int, PullRequest]]:
    """What forks brought and did not land on our own branches; what GitHub squashed is no copy of a pick."""
    by_github, bringing = history.by_github, set(story.owner)
    copies = {each.reference for each in ours.values()}
    originals = {each.reference for at, each in ours.items() if at in by_github}
    for at, each in candidates.items():
        landed = each.reference in (originals if at in by_github else copies)
        if story.whose[at] == FORK and not landed and (at in bringing or not _is_merge(history, at)):
            yield at, each


def _is_merge(history: History, at: int) -> bool:
    return b" " in history.parents[at]


def _speaks_of(history: History, merge: int, named: PullRequest) -> bool:
    """Whether a pull request bears a commit's subject, as one made of a single commit does, or closes its number."""
    if merge < 0:
        return False
    words = history.messages[merge].decode("utf-8", "replace")
    return f"{named.title} ({named.reference})" in words or named.reference in closes(words)


def _above(story: LandingOrder, named: Candidates) -> list[int]:
    """For each commit the innermost merge that brought it and names a pull request; -1 where there is none."""
    above = [-1] * len(story.owner)
    for at in reversed(story.order):
        merge = story.owner[at]
        above[at] = merge if merge < 0 or merge in named else above[merge]
    return above


def _collect(
    history: History, naming: ProjectNames, named: dict[int, PullRequest], story: LandingOrder, edge: frozenset[int]
) -> MergeMap:
    brought: dict[int, list[int]] = {at: [] for at in named}
    above = _above(story, named)
    for at in story.order:
        if above[at] >= 0:
            brought[above[at]].append(at)
    found = MergeMap()
    for at, each in sorted(named.items(), key=lambda item: _when(history, item[0])):
        if edge and not edge.isdisjoint(brought[at]):
            found.unknown.append(at)
            continue
        merge = _is_merge(history, at)
        commits = tuple(each for each in brought[at] if each not in named and not _is_merge(history, each))
        subject = naming.subject(each)
        found.pulls.setdefault(subject, Pull(subject, each, at, commits if merge else (at,)))
        found.part_of |= dict.fromkeys(commits if merge else (at,), subject)
    return found


def _when(history: History, at: int) -> tuple[bool, int, bytes]:
    """Picks last, then by the time of landing."""
    picked = bool(same_as(history.messages[at].decode("utf-8", "replace")))
    return picked, history.times[at] or 0, history.shas[at]


def unchanged(before: MergeMap, after: MergeMap, old: bytearray) -> bool:
    """Whether what was told of old commits still holds now that more has landed."""
    return (
        before.part_of == {at: subject for at, subject in after.part_of.items() if old[at]}
        and all(after.pulls.get(subject) == pull for subject, pull in before.pulls.items())
        and set(before.unknown) == {at for at in after.unknown if old[at]}
    )
