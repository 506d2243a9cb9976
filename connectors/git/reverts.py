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

from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from . import messages
from .log import REVERT_MARKERS, History
from .merges import NO_MERGE, Ancestry, MergeMap, ProjectNames
from .messages import PullRequest

COMMIT = "commit/"
HASH_LENGTHS = (40, 64)

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
            if (REVERT_MARKERS[0] in message or REVERT_MARKERS[1] in message)
            and (named := messages.reverts(self.history.message(position)))
        }

    @cached_property
    def _by_beginning(self) -> Mapping[bytes, list[int]]:
        """The commits that begin as one of the abbreviated hashes does; all are looked through once for all of them."""
        named = (each for references in self.reverting.values() for each in references if each.startswith(COMMIT))
        wanted = {sha for each in named if len(sha := each.removeprefix(COMMIT).encode()) not in HASH_LENGTHS}
        found: dict[bytes, list[int]] = {each: [] for each in wanted}
        for length in {len(each) for each in wanted}:
            for position, sha in enumerate(self.history.shas):
                if (start := sha[:length]) in found:
                    found[start].append(position)
        return found

    def find(
        self, ancestry: Ancestry, place: Sequence[int], merge_map: MergeMap, imported: Container[int]
    ) -> RevertedBy:
        """What is reverted in the history of some branches; `place` is each position's index in their order.

        The numbers in `imported` commits are another repository's.
        """
        search = _Search(ancestry, place, merge_map)
        reached = (position for position in self.reverting if ancestry.reached[position])
        for revert in sorted(reached, key=place.__getitem__, reverse=True):
            if revert not in search.reverted_by:
                named_here = self.reverting[revert]
                for named in messages.without_local(named_here) if revert in imported else named_here:
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
        sha = named.removeprefix(COMMIT).encode()
        found = [self.history.index[sha]] if sha in self.history.index else self._by_beginning.get(sha, [])
        found = [each for each in found if ancestry.reached[each]]
        return found[0] if len(found) == 1 else None


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
