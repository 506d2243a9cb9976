"""Which commits revert which, in one history.

A revert names commits, by their whole hash or its beginning, or a pull request by its number. Whatever reverts a merge
reverts all that the merge brought. Whatever reverts every commit of a pull request, such as its only one, reverts the
merge of the pull request.

Reverts are looked at in the order in which they landed, the latest first. All that could revert one was looked at
before it, so one pass decides: what is reverted itself reverts nothing, and what it reverted is there again.
Only what landed before a revert can be reverted by it. Clocks do not matter.
Test: test_a_reverted_revert_reverts_nothing.
"""

from __future__ import annotations

import bisect
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from . import messages
from .log import REVERT_MARKERS, History
from .merges import NO_MERGE, Ancestry, MergeMap, ProjectNames
from .messages import PullRequest

COMMIT = "commit/"

RevertedBy = dict[int, list[int]]
"""By the position of a commit that is reverted: the positions of those that revert it, the latest first."""


@dataclass(frozen=True)
class RevertFinder:
    """Finds what is reverted in a history."""

    history: History
    names: ProjectNames

    @cached_property
    def reverting(self) -> Mapping[int, tuple[str, ...]]:
        """What the messages of commits say they revert, by position."""
        return {
            position: named
            for position, message in self.history.messages.items()
            if any(each in message for each in REVERT_MARKERS)
            and (named := messages.reverts(self.history.message(position)))
        }

    @cached_property
    def _sorted_shas(self) -> list[bytes]:
        return sorted(self.history.shas)

    def find(self, ancestry: Ancestry, place: Sequence[int], merge_map: MergeMap) -> RevertedBy:
        """What is reverted in the history of some branches; `place` is each position's index in their order."""
        search = _Search(ancestry, place, merge_map)
        reached = (position for position in self.reverting if ancestry.reached[position])
        for revert in sorted(reached, key=place.__getitem__, reverse=True):
            if revert not in search.reverted_by:
                for named in self.reverting[revert]:
                    target = self._position(named, ancestry, merge_map)
                    if target is not None and place[target] < place[revert]:
                        search.mark(target, revert)
        return search.reverted_by

    def _position(self, named: str, ancestry: Ancestry, merge_map: MergeMap) -> int | None:
        """The commit that is named, or the one that merged the pull request; None where it is not in the history."""
        if not named.startswith(COMMIT):
            mark = max(named.rfind("#"), named.rfind("!"))
            pull_request = PullRequest(named[mark:], "", project=named[:mark])
            merged = merge_map.pull_requests.get(self.names.work_item(pull_request))
            return merged.merge_commit if merged else None
        found = [each for each in self._beginning_with(named.removeprefix(COMMIT).encode()) if ancestry.reached[each]]
        return found[0] if len(found) == 1 else None

    def _beginning_with(self, start: bytes) -> Iterator[int]:
        index = self.history.index
        if start in index:
            yield index[start]
            return
        if len(start) in (40, 64):
            return
        shas = self._sorted_shas
        for number in range(bisect.bisect_left(shas, start), len(shas)):
            if not shas[number].startswith(start):
                return
            yield index[shas[number]]


@dataclass(frozen=True)
class _Search:
    """What was found to be reverted so far."""

    ancestry: Ancestry
    place: Sequence[int]
    merge_map: MergeMap
    reverted_by: RevertedBy = field(default_factory=dict)

    def mark(self, target: int, revert: int) -> None:
        """Note that a commit is reverted, with all that it brought, and with a pull request that has no more."""
        for each in self._brought(target):
            self._add(each, revert)
        merged = self.merge_map.pull_requests.get(self.merge_map.part_of.get(target, ""))
        if merged and target in merged.commits and all(each in self.reverted_by for each in merged.commits):
            self._add(merged.merge_commit, revert)

    def _add(self, target: int, revert: int) -> None:
        reverts = self.reverted_by.setdefault(target, [])
        if revert not in reverts:
            reverts.append(revert)

    def _brought(self, target: int) -> Iterator[int]:
        """A commit and all that it brought: a run in the order that ends with the commit itself."""
        yield target
        order, inside = self.ancestry.order, {target}
        for number in range(self.place[target] - 1, -1, -1):
            merge = self.ancestry.brought_by[order[number]]
            if merge == NO_MERGE or merge not in inside:
                return
            inside.add(order[number])
            yield order[number]
