"""Commits of one person that are the same change and do not say so: rebased ones, and picks without `-x`.

Twins have one author, one author date or one subject line, and one patch id. Only commits that share the first two with
another one are compared at all, so that a history without twins costs a look at its dates.

Neither of two twins comes after the other: what was reverted and is applied again is done again. Of twins the one that
came to the branches first stays, by the order of the history and not by clocks; with `branches = "local"` that is the
default branch's. The others name it in `picked_from`, as picks with `-x` do.
Tests: test_a_rebased_branch_counts_once, test_what_is_applied_again_is_no_twin.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from . import log
from .cherry_picks import Groups
from .log import History
from .merges import Graph
from .patch_ids import patch_ids_of
from .subprocess import Git, text

MOST_ALIKE = 50
"""Where somebody has more commits with one subject line, such as `Update README.md`, it says nothing."""

Key = tuple[str, bytes | int]
"""A person with an author date or with a subject line."""


@dataclass(frozen=True)
class TwinFinder:
    """Finds the twins of some commits in one history."""

    history: History
    parents: Graph
    boundary: frozenset[bytes]
    """The commits at which a shallow clone was cut off: git shows all of the tree as added in them."""
    person_of: Callable[[str], str]

    def alike(self, positions: Iterable[int], reached: bytearray) -> list[list[int]]:
        """The commits that may be twins of one of these, itself among them, in groups that have none in common."""
        index = self._index({self._person(position) for position in positions})
        seen, found = set[int](), list[list[int]]()
        for position in positions:
            if position not in seen and (group := self._connected(position, index, reached)):
                found.append(group)
                seen.update(group)
        return found

    def join(self, git: Git, groups: Groups, alike: Sequence[Sequence[int]], place: Sequence[int]) -> Groups:
        """The groups of the same change, with the twins among these commits; `place` is their order."""
        shas = [text(self.history.shas[each]) for group in alike for each in group if self._has_patch(each)]
        patch_ids = patch_ids_of(git, shas)
        joined = {position: set(group) for position, group in groups.items()}
        changed = set[int]()
        for one, other in self._twins(alike, patch_ids, place):
            group = joined.get(one, {one}) | joined.get(other, {other})
            joined |= dict.fromkeys(group, group)
            changed |= group
        return {**groups, **{each: tuple(sorted(joined[each], key=place.__getitem__)) for each in changed}}

    def _twins(
        self, alike: Sequence[Sequence[int]], patch_ids: dict[str, str], place: Sequence[int]
    ) -> Iterator[tuple[int, int]]:
        for group in alike:
            by_patch: dict[str, list[int]] = {}
            for each in group:
                if patch := patch_ids.get(text(self.history.shas[each])):
                    by_patch.setdefault(patch, []).append(each)
            for same in by_patch.values():
                for other in same:
                    earlier = {each for each in same if place[each] < place[other]}
                    yield from ((each, other) for each in earlier - self._ancestors(other, earlier, place))

    def _ancestors(self, position: int, wanted: set[int], place: Sequence[int]) -> set[int]:
        """Which of these a commit comes after. What has an earlier place than all of them leads to none."""
        first = min((place[each] for each in wanted), default=0)
        found, seen, waiting = set[int](), {position}, [position]
        while waiting and len(found) < len(wanted):
            for each in self.parents[waiting.pop()]:
                if each not in seen and place[each] >= first:
                    seen.add(each)
                    waiting.append(each)
                    found |= {each} & wanted
        return found

    def _has_patch(self, position: int) -> bool:
        return bool(self.parents[position]) and self.history.shas[position] not in self.boundary

    def _connected(self, position: int, index: dict[Key, list[int]], reached: bytearray) -> list[int]:
        """All that shares a date or a subject line with a commit, directly or through others; empty without any."""
        group, waiting = {position}, [position]
        while waiting:
            for key in self._keys(waiting.pop()):
                new = [each for each in index.get(key, ()) if reached[each] and each not in group]
                group.update(new)
                waiting += new
        return sorted(group) if len(group) > 1 else []

    def _index(self, persons: set[str]) -> dict[Key, list[int]]:
        """The commits of these people by their keys."""
        addresses = {address for address, person in self._persons.items() if person in persons}
        index: dict[Key, list[int]] = {}
        for position, address in enumerate(self.history.addresses):
            if address in addresses and not self.history.is_merge(position):
                for key in self._keys(position):
                    index.setdefault(key, []).append(position)
        return {key: found for key, found in index.items() if isinstance(key[1], bytes) or len(found) <= MOST_ALIKE}

    def _keys(self, position: int) -> tuple[Key, Key]:
        person = self._person(position)
        return (person, self.history.authored[position]), (person, self.history.subjects[position])

    def _person(self, position: int) -> str:
        return self._persons[self.history.addresses[position]]

    @cached_property
    def _persons(self) -> dict[bytes, str]:
        """The person behind each address; of an address that several names have the first one's."""
        first = dict(zip(reversed(self.history.addresses), reversed(self.history.names), strict=True))
        return {address: self.person_of(log.account(name, address)) for address, name in first.items()}
