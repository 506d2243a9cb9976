"""What only the whole history says of a commit, and what of it has changed since an earlier harvest.

When a commit landed, the pull request or topic it belongs to, what reverted it, and what it is a pick of are written
into its rows. They are decided from everything that the branches reach and never from the period, so that what a report
says does not depend on what was read besides.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from .cherry_picks import Groups, PickFinder
from .landing import Times, landing_times
from .merges import NO_MERGE, Ancestry, MergeFinder, MergeMap
from .reverts import RevertedBy, RevertFinder
from .subtrees import Folders, imported_folders
from .topics import Topics


@dataclass(frozen=True, slots=True)
class HistoryFacts:
    """What the history of some branches says of its commits, by position."""

    reached: bytearray
    """A mark for each commit that the branches reach."""
    landed_at: Times
    merge_map: MergeMap
    reverted_by: RevertedBy
    picks: Groups
    topics: Topics
    folders: Folders
    place: Sequence[int] = ()
    """The index of each position in the order in which commits came; -1 for what is not reached."""
    """Where the paths of imported history lie."""

    def lost_rows(self, later: HistoryFacts, since: int, until: int) -> bool:
        """Whether rows of a period (in seconds, half-open) that these facts gave may be gone by later ones.

        A commit may land at another time; a late merge may turn out to be the first of a pull request, or to have
        brought what came with another topic.
        """
        moved = any(
            before is not None and since <= before < until and (now is None or not since <= now < until)
            for before, now in zip(self.landed_at, later.landed_at, strict=True)
        )
        old, new = self.merge_map, later.merge_map
        return (
            moved
            or any(new.pull_requests.get(item) != merged for item, merged in old.pull_requests.items())
            or any(
                before != NO_MERGE and (before != now or (position in new.part_of) != (position in old.part_of))
                for position, (before, now) in enumerate(zip(self.topics.of_all, later.topics.of_all, strict=True))
            )
            or set(old.incomplete) != {position for position in new.incomplete if self.reached[position]}
        )

    def unchanged(self, later: HistoryFacts) -> bytearray:
        """A mark for each commit that these facts reach and about which later ones say the same."""
        marks = bytearray(
            reached and before == now
            for reached, before, now in zip(self.reached, self.landed_at, later.landed_at, strict=True)
        )
        old, new = self.merge_map.part_of, later.merge_map.part_of
        changed = {each for each in old.keys() | new.keys() if old.get(each) != new.get(each)}
        changed |= {
            each
            for each in self.reverted_by.keys() | later.reverted_by.keys()
            if self.reverted_by.get(each) != later.reverted_by.get(each)
        }
        changed |= {each for each in self.picks.keys() | later.picks.keys() if self._picks_differ(each, later)}
        topics = zip(self.topics.of_all, later.topics.of_all, strict=True)
        moved = {each: (one, other) for each, (one, other) in enumerate(topics) if one != other}
        changed |= {*moved, *(merge for merges in moved.values() for merge in merges if merge != NO_MERGE)}
        before, now = self.folders, later.folders
        changed |= {each for each in before.keys() | now.keys() if before.get(each) != now.get(each)}
        for each in changed:
            marks[each] = 0
        return marks

    def _picks_differ(self, position: int, later: HistoryFacts) -> bool:
        """Whether a commit has other members of its group before it."""
        old, new = (_up_to(position, each.picks.get(position, (position,))) for each in (self, later))
        return old != new


@dataclass(frozen=True)
class FactsFinder:
    """Finds the facts of one history, for several heads."""

    finder: MergeFinder

    def facts(self, heads: Sequence[str]) -> HistoryFacts:
        """What the history below these heads says."""
        finder, history = self.finder, self.finder.history
        ancestry = finder.ancestry(heads)
        merge_map = finder.merge_map(ancestry, heads)
        place = _places(ancestry)
        folders = imported_folders(history, ancestry)
        return HistoryFacts(
            ancestry.reached,
            landing_times(history, ancestry, finder.boundary),
            merge_map,
            self._reverts.find(ancestry, place, merge_map, folders),
            self._picks.groups(ancestry, place, merge_map.squashed_into),
            Topics(history, finder.names.project, ancestry, merge_map, place),
            folders,
            place,
        )

    def same_landing_times(self, earlier: Sequence[str], heads: Sequence[str], facts: HistoryFacts) -> bool:
        """Whether all that earlier heads reached lands at the same time by the present heads, whose facts are `facts`.

        So it does where the earlier head is on the first-parent line of the present one, for the history is visited
        along that line from its oldest commit.
        """
        index = self.finder.history.index
        if not all(each.encode() in index for each in earlier):
            return False
        if len(earlier) == len(heads) == 1 and index[earlier[0].encode()] in self._first_parents(heads[0]):
            return True
        landed = landing_times(self.finder.history, self.finder.ancestry(earlier), self.finder.boundary)
        return all(before is None or before == now for before, now in zip(landed, facts.landed_at, strict=True))

    @cached_property
    def _reverts(self) -> RevertFinder:
        return RevertFinder(self.finder.history, self.finder.names)

    @cached_property
    def _picks(self) -> PickFinder:
        return PickFinder(self.finder.history)

    def _first_parents(self, head: str) -> set[int]:
        parents, position = self.finder.parents, self.finder.history.index[head.encode()]
        line = {position}
        while parents[position]:
            position = parents[position][0]
            line.add(position)
        return line


def _places(ancestry: Ancestry) -> list[int]:
    """The index of each position in the order; -1 for what is not reached."""
    place = [-1] * len(ancestry.reached)
    for number, position in enumerate(ancestry.order):
        place[position] = number
    return place


def _up_to(position: int, group: tuple[int, ...]) -> tuple[int, ...]:
    return group[: group.index(position) + 1]
