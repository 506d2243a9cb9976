"""Which pull request each commit came with, decided from the whole history and so the same for every period.

A merge commit *brings* the commits that its other parents reach and that no earlier commit of the branch reached. A
pull request is *merged* by the first commit that names it: a merge, or a squashed commit. Later ones of the same number
are cherry-picks and backports of the same work, except where numbers are reused (numbers.py).

A commit is part of the pull request that its own subject line names (squashed), or else of the innermost merge of a
pull request that brought it.

Another repository's history has pull requests and numbers of its own; they are not read. A merge brings such a history
where its subject line says so, or where what it brings has a first commit of its own or follows on such a history. A
fork's branch brings our own history, and so may bring pull requests of ours, such as those of a release branch; but not
a number that was merged on our own branches too, nor a merge that brings nothing (the fork catching up with us).

A number in a commit's subject line is an issue's where the pull request that brought the commit has the same subject
line, or closes that number.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from .log import PULL_REQUEST_MARKERS, History
from .messages import Forge, PullRequest, branch_origin, closes, merged_pull_request, picked_from, squashed_pull_request
from .numbers import Naming, usual_forge, work_items
from .squashed import squashed_branches
from .subprocess import Git

Graph = list[tuple[int, ...]]
"""The parents of each commit by position, without those that a shallow clone lacks."""

OTHER, FORK, OURS = range(3)
"""Where a commit comes from; the origin of what a merge brings is at most that of the branch it is merged into."""

_ORIGINS = {"other": OTHER, "fork": FORK, "ours": OURS}
NO_MERGE = -1


@dataclass(frozen=True, slots=True)
class MergedPullRequest:
    """A pull request that was merged."""

    work_item: str
    pull_request: PullRequest
    merge_commit: int
    """The position of the commit that merged it: the merge, or the squashed commit itself."""
    commits: tuple[int, ...]
    """The positions of its own commits, oldest first."""


@dataclass
class MergeMap:
    """Which pull requests were merged, and which commit is part of which."""

    pull_requests: dict[str, MergedPullRequest] = field(default_factory=dict)
    """By work item."""
    part_of: dict[int, str] = field(default_factory=dict)
    """The work item of its pull request, by a commit's position."""
    incomplete: list[int] = field(default_factory=list)
    """Merges of pull requests with commits that a shallow clone lacks."""
    squashed_into: dict[int, int] = field(default_factory=dict)
    """By the position of a commit on a branch that is still there the squashed commit, which is no pull request's."""

    @cached_property
    def by_merge_commit(self) -> Mapping[int, MergedPullRequest]:
        """The pull requests by the position of the commit that merged them; to be asked only of a complete map."""
        return {each.merge_commit: each for each in self.pull_requests.values()}

    def repeated(self, position: int) -> MergedPullRequest | None:
        """The pull request that a commit brings again, such as a backport under the same number; None for any other."""
        merged = self.pull_requests.get(self.part_of.get(position, ""))
        return None if merged is None or position in merged.commits else merged


@dataclass(frozen=True, slots=True)
class ProjectNames:
    """How this project and its pull requests are called."""

    project: str
    """`org/repo`; empty where no remote is known."""
    other_remotes: frozenset[str]
    """The names of remotes that are other projects."""
    forge: Forge | None
    scope: str
    """`github.com/org/repo`; what the work items of its pull requests start with."""

    def work_item(self, pull_request: PullRequest) -> str:
        """The work item of a pull request: of this project, or of the one that the message names."""
        if pull_request.project and self.project and not self.is_ours(pull_request):
            return f"{self.scope.removesuffix(self.project)}{pull_request.project}{pull_request.reference}"
        return f"{self.scope}{pull_request.reference}"

    def is_ours(self, pull_request: PullRequest) -> bool:
        """Whether the message says that the pull request is of this project.

        GitLab leaves out the path below which its host has it, and a merge from before a group moved into another the
        present one.
        """
        named, ours = pull_request.project.casefold(), self.project.casefold()
        is_end = pull_request.forge == "gitlab" and "/" in named and ours.endswith(f"/{named}")
        return bool(named) and (named == ours or is_end)


@dataclass(frozen=True)
class MergeFinder:
    """Finds the merged pull requests of one history."""

    history: History
    names: ProjectNames
    boundary: frozenset[bytes]
    """The commits at which a shallow clone was cut off."""
    git: Git | None = None
    """To compare patches: local branches that were squashed are found with it."""

    @cached_property
    def candidates(self) -> Mapping[int, PullRequest]:
        """The commits whose messages name a pull request as merged, boundary commits left out."""
        found = self._naming(self.names.forge)
        if self.names.forge is None and (forge := usual_forge(found.values())):
            return self._naming(forge)
        return found

    @cached_property
    def forge(self) -> Forge | None:
        """The present forge: the remote's, else the one most of whose forms the history has."""
        return self.names.forge or usual_forge(self.candidates.values())

    def _naming(self, forge: Forge | None) -> dict[int, PullRequest]:
        found = {}
        for position, message in self.history.messages.items():
            if self.history.shas[position] in self.boundary or not any(
                each in message for each in PULL_REQUEST_MARKERS
            ):
                continue
            read = merged_pull_request if self.history.is_merge(position) else squashed_pull_request
            by_github = position in self.history.by_github
            if named := read(self.history.message(position), forge, by_github=by_github):
                found[position] = named
        return found

    @cached_property
    def parents(self) -> Graph:
        """The parents of each commit."""
        position_of = self.history.index.get
        parents: Graph = []
        for line in self.history.parents:
            only = position_of(line)
            several = () if only is not None else tuple(
                position for sha in line.split() if (position := position_of(sha)) is not None
            )  # fmt: skip
            parents.append(several if only is None else (only,))
        return parents

    @cached_property
    def _boundary_positions(self) -> frozenset[int]:
        index = self.history.index
        return frozenset(index[sha] for sha in self.boundary if sha in index)

    def merge_map(self, ancestry: Ancestry, heads: Sequence[str]) -> MergeMap:
        """Which pull requests were merged into the branches with these heads, whose ancestry is given."""
        merge_map = self._map(self._merged(ancestry), ancestry) if self.candidates else MergeMap()
        for position, squash in self._squashed_branches(heads, merge_map).items():
            if merged := merge_map.by_merge_commit.get(squash):
                merge_map.part_of.setdefault(position, merged.work_item)
            else:
                merge_map.squashed_into[position] = squash
        return merge_map

    def _squashed_branches(self, heads: Sequence[str], merge_map: MergeMap) -> dict[int, int]:
        """The commits of branches that are still there and were squashed, with the commit that they went into."""
        if self.git is None or len(heads) < 2:
            return {}
        ours = self.ancestry(heads[:1]).reached
        return squashed_branches(self.git, self.history, self.parents, heads, ours, merge_map.by_merge_commit)

    def ancestry(self, heads: Sequence[str]) -> Ancestry:
        """Visit every commit once, in the order in which they came to the branches, and note what brought it.

        A branch's first-parent line is visited from its oldest commit. At a merge, the lines of its other parents are
        visited first, one at a time and each down to what was visited before, and then the merge itself. So a commit is
        visited within the first merge that brought it, and within the innermost where merges are nested.
        The lines that are being visited are a stack, because real histories nest deeper than Python's calls may.
        Test: test_a_commit_belongs_to_the_innermost_merge.
        """
        parents = self.parents
        visited, origin = bytearray(len(parents)), bytearray(len(parents))
        brought_by, order = [NO_MERGE] * len(parents), list[int]()
        for head in heads:
            lines = [(_first_parent_line(parents, self.history.index[head.encode()], visited), NO_MERGE, OURS)]
            while lines:
                line, merge, line_origin = lines[-1]
                while line:
                    position = line[-1]
                    others = parents[position]
                    inner = _next_to_bring(others, visited) if len(others) > 1 and not visited[position] else None
                    if inner is not None:
                        inner_line = _first_parent_line(parents, inner, visited)
                        inner_origin = min(line_origin, self._origin(inner_line[-1], position, origin))
                        lines.append((inner_line, position, inner_origin))
                        break
                    line.pop()
                    if not visited[position]:
                        visited[position], brought_by[position], origin[position] = 1, merge, line_origin
                        order.append(position)
                else:
                    lines.pop()
        return Ancestry(visited, brought_by, origin, order)

    def _origin(self, oldest: int, merge: int, origin: bytearray) -> int:
        """Where the line comes from that a merge brings and whose oldest commit is given."""
        below = self.parents[oldest]
        if (origin[below[0]] == OTHER) if below else (oldest not in self._boundary_positions):
            return OTHER
        return _ORIGINS[branch_origin(self.history.subject(merge), self.names.project, self.names.other_remotes)]

    def _merged(self, ancestry: Ancestry) -> dict[int, PullRequest]:
        """The commits that merged a pull request of ours, each with the pull request.

        First those on our own branches, or of our project by name; then those that forks brought; then without the
        commits whose number is an issue's. GitHub's squashed commits and merges always name pull requests.
        """
        ours = {
            position: each
            for position, each in self.candidates.items()
            if ancestry.origin[position] == OURS or self.names.is_ours(each)
        }
        merged = ours | dict(self._brought_by_forks(ancestry, ours))
        innermost = ancestry.innermost(merged)
        return {
            position: each
            for position, each in merged.items()
            if position in self.history.by_github
            or self.history.is_merge(position)
            or not self._names_an_issue(innermost[position], each)
        }

    def _brought_by_forks(
        self, ancestry: Ancestry, ours: Mapping[int, PullRequest]
    ) -> Iterator[tuple[int, PullRequest]]:
        """What forks brought and our own branches do not have.

        A commit that GitHub squashed is the original, also where a cherry-pick of it on our branches has its number.
        """
        by_github, bringing = self.history.by_github, set(ancestry.brought_by)
        numbers = {(each.forge, each.reference) for each in ours.values()}
        numbers_by_github = {(each.forge, each.reference) for at, each in ours.items() if at in by_github}
        for position, each in self.candidates.items():
            known = (each.forge, each.reference) in (numbers_by_github if position in by_github else numbers)
            brings = position in bringing or not self.history.is_merge(position)
            if ancestry.origin[position] == FORK and brings and not known:
                yield position, each

    def _names_an_issue(self, merge: int, pull_request: PullRequest) -> bool:
        """Whether the merge that brought a commit has the commit's subject line, or closes its number."""
        if merge == NO_MERGE:
            return False
        message = self.history.message(merge)
        subject_line = f"{pull_request.title} ({pull_request.reference})"
        return subject_line in message or pull_request.reference in closes(message)

    def _map(self, merged: Mapping[int, PullRequest], ancestry: Ancestry) -> MergeMap:
        """Give each commit to its pull request; of several merges of one pull request the first counts."""
        brought: dict[int, list[int]] = {position: [] for position in merged}
        innermost = ancestry.innermost(merged)
        for position in ancestry.order:
            if innermost[position] != NO_MERGE:
                brought[innermost[position]].append(position)
        result = MergeMap()
        in_order = sorted(merged.items(), key=lambda item: self._by_time(item[0]))
        items = work_items([self._named(*each) for each in in_order], self.forge, self.history.shas)
        for merge, pull_request in in_order:
            if not self._boundary_positions.isdisjoint(brought[merge]):
                result.incomplete.append(merge)
                continue
            own: tuple[int, ...] = (merge,)
            if self.history.is_merge(merge):
                own = tuple(each for each in brought[merge] if each not in merged and not self.history.is_merge(each))
            work_item = items[merge]
            result.pull_requests.setdefault(work_item, MergedPullRequest(work_item, pull_request, merge, own))
            result.part_of |= dict.fromkeys(own, work_item)
        return result

    def _named(self, position: int, pull_request: PullRequest) -> Naming:
        is_pick, time, _ = self._by_time(position)
        by_github = position in self.history.by_github
        return Naming(position, time, pull_request, self.names.work_item(pull_request), is_pick, by_github)

    def _by_time(self, position: int) -> tuple[bool, int, bytes]:
        """Cherry-picks last, then by committer date."""
        is_pick = bool(picked_from(self.history.message(position)))
        return is_pick, self.history.times[position] or 0, self.history.shas[position]


@dataclass(frozen=True, slots=True)
class Ancestry:
    """How every commit came to the branches, one entry a commit."""

    reached: bytearray
    """A mark for each commit that the branches reach."""
    brought_by: list[int]
    """The merge that brought it; NO_MERGE for what was committed to a branch directly."""
    origin: bytearray
    """OURS, FORK or OTHER."""
    order: list[int]
    """The positions of what is reached; a commit comes after its ancestors, and before the merge that brought it.

    What a merge brought, itself and through other merges, is all that lies between its first such commit and itself.
    """

    def innermost(self, merged: Mapping[int, PullRequest]) -> list[int]:
        """For each commit the innermost of these merges that brought it, or NO_MERGE.

        Newest first, so that for the merge that brought a commit the answer is there already.
        """
        innermost = [NO_MERGE] * len(self.brought_by)
        for position in reversed(self.order):
            merge = self.brought_by[position]
            innermost[position] = merge if merge == NO_MERGE or merge in merged else innermost[merge]
        return innermost


def _next_to_bring(parents: Sequence[int], visited: bytearray) -> int | None:
    """The first other parent of a merge that was not visited; None where there is none."""
    return next((parent for parent in parents[1:] if not visited[parent]), None)


def _first_parent_line(parents: Graph, head: int, visited: bytearray) -> list[int]:
    """A head and the first parents below it, newest first, down to what was visited before."""
    line: list[int] = []
    position = head
    while not visited[position]:
        line.append(position)
        if not parents[position]:
            break
        position = parents[position][0]
    return line
