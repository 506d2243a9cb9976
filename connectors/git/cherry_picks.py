"""Which commits are the same change: cherry-picks that name their original, and backports of a pull request.

Commits that name each other, directly or through others, form a group: one change. The original is the member that
came to the branches first, by the order of the history and not by clocks, which may be wrong; so it does not matter
which one names which. For a person only members count that are theirs: a pick of somebody else's work is their first.
Test: test_of_two_picks_the_first_is_the_original.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from . import messages
from .log import PICK_MARKER, History
from .merges import Ancestry

Groups = Mapping[int, tuple[int, ...]]
"""By the position of each member, the whole group: the one that landed first comes first."""


@dataclass(frozen=True)
class PickFinder:
    """Finds the cherry-picks of a history."""

    history: History

    @cached_property
    def picking(self) -> Mapping[int, tuple[int, ...]]:
        """The commits that each commit says it was picked from, where the history has them; by position."""
        index = self.history.index
        return {
            position: found
            for position, message in self.history.messages.items()
            if PICK_MARKER in message and (found := tuple(_positions(self.history.message(position), index)))
        }

    def groups(self, ancestry: Ancestry, place: Sequence[int], squashed_into: Mapping[int, int]) -> Groups:
        """The groups in the history of some branches; `place` is each position's index in their order.

        What was squashed into one commit is in one group with it.
        """
        groups: dict[int, set[int]] = {}
        squashed = ((each, (squash,)) for each, squash in squashed_into.items())
        for pick, originals in (*self.picking.items(), *squashed):
            if not ancestry.reached[pick]:
                continue
            for original in originals:
                if ancestry.reached[original]:
                    one, other = (groups.setdefault(each, {each}) for each in (pick, original))
                    if one is not other:
                        one |= other
                        groups |= dict.fromkeys(other, one)
        ordered = {id(group): tuple(sorted(group, key=place.__getitem__)) for group in groups.values()}
        return {position: ordered[id(group)] for position, group in groups.items()}


def first_of(position: int, groups: Groups, is_theirs: Callable[[int], bool]) -> int | None:
    """The original of a commit among those of a person; None where the commit is it."""
    for each in groups.get(position, ()):
        if each == position:
            return None
        if is_theirs(each):
            return each
    return None


def _positions(message: str, index: Mapping[bytes, int]) -> Iterator[int]:
    for named in messages.picked_from(message):
        if (position := index.get(named.removeprefix("commit/").encode())) is not None:
            yield position
