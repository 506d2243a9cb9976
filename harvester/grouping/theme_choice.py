"""Which headings work without a goal is shown under: at most seven, each of them shared, and every thread in one."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from harvester.grouping.routine_work import routine
from harvester.grouping.rules import GroupingRules
from harvester.grouping.theme_keys import NAMED, NOTHING, ThreadTable, heading_key, thread_table
from harvester.text import count_noun

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    Ints = np.ndarray[Any, np.dtype[np.int64]]
    Floats = np.ndarray[Any, np.dtype[np.float64]]

MOST = 7
"""Headings of a page, that of what fits under none of the others included."""

SMALLEST = 1 / 40
"""The share of all threads that a heading has at least, and two threads; fewer would say nothing of a long list."""

OTHER = "Other"
"""The heading of what remains beside other headings, or where it is of several projects or of none that is known."""

REST = "shares none of the headings with enough other work"
"""The reason of what is under `OTHER`, or under its project's name, for want of another heading."""


def themes(rows: pd.DataFrame, rules: GroupingRules, routines: pd.DataFrame | None = None) -> pd.DataFrame:
    """The heading of each row: the columns `theme` and `reason`, neither of them ever null.

    `rows` are the prepared rows of one report's people in its period, with `thread` (and `serves_goal`, where goals
    were assessed). The index is theirs. All rows of a thread have one heading, and the order of rows changes nothing.
    `routines` is what `routine` says of the rows, where that is known already.

    A heading is what at least two threads share: their epic, the scope in their titles,
    or the folder of most of their source files; what `[themes]` names comes before all of these. What is left is
    `Other`; where nothing is named, all of it has the name of its project. Threads that one topic brought count as one.

    Threads that serve a goal, are routine, or have no own work that counts are given a heading too, but do not decide
    which there are.
    """
    import numpy as np
    import pandas as pd

    routines = routine(rows, rules) if routines is None else routines
    apart = routines["routine"].notna().to_numpy(bool)
    if "serves_goal" in rows:
        apart = apart | rows["serves_goal"].to_numpy(bool)
    table = thread_table(rows, rules, apart)
    offers = _Offers(table)
    chosen = offers.choose()
    of_thread, reasons = offers.assign(chosen)
    theme, reason = (np.array(texts, object)[table.of_row] for texts in (of_thread, reasons))
    return pd.DataFrame(
        {"theme": pd.array(theme, "string[pyarrow]"), "reason": pd.array(reason, "string[pyarrow]")}, rows.index
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Heading:
    """A heading that may be chosen."""

    name: str
    place: Ints
    """Where in each thread's suggestions it is; their number where it is in none of them."""
    named: bool
    """Whether `[themes]` names it."""


class _Offers:
    """The headings that may be chosen, and the choice among them.

    The fewer threads a heading is for, the more it says about each: log2((all + 1) / its threads) bits, and one more
    for having a heading at all. The heading that adds most bits over all threads is chosen, then the one that adds most
    to it, and so on; a thread is always under its most telling sort of heading among the chosen ones (epic, scope,
    folder). So what half of the work is about comes before what all of it is about (few bits) and before what
    two commits are about (few threads), and a folder does not get a place for work that its scopes name already.
    """

    def __init__(self, table: ThreadTable) -> None:
        import numpy as np

        self.table = table
        self.size = len(table.projects)
        self.votes = np.flatnonzero(table.votes)
        self.last = len(table.suggestions)
        self.several_projects = len({table.projects[thread] for thread in self.votes.tolist()}) > 1
        places, written = self._places()
        least = max(2, math.ceil(len(self.votes) * SMALLEST))
        self.headings = []
        for key in sorted(places):
            place = places[key]
            named = bool((place[place < self.last] == 0).any())
            number = int((place[self.votes] < self.last).sum())
            if named or number >= least:
                self.headings.append(_Heading(_most_written(written[key]), place, named))
        self.least = least

    def _places(self) -> tuple[dict[str, Ints], dict[str, Counter[str]]]:
        """By heading without case and marks: where each thread has it first, and how often it is written how."""
        import numpy as np

        places: dict[str, Ints] = {}
        written: dict[str, Counter[str]] = {}
        for place in range(self.last - 1, -1, -1):
            found = self.table.suggestions[place]
            at = np.flatnonzero(found.codes != NOTHING)
            order = at[np.argsort(found.codes[at], kind="stable")]
            codes = found.codes[order]
            for threads in np.split(order, np.flatnonzero(codes[1:] != codes[:-1]) + 1) if len(order) else ():
                heading = found.headings[found.codes[threads[0]]]
                key = heading_key(heading) or heading.casefold()
                if key not in places:
                    places[key] = np.full(self.size, self.last)
                places[key][threads] = place
                written.setdefault(key, Counter())[heading] += len(threads)
        return places, written

    def choose(self) -> list[_Heading]:
        """The headings of the page; those that `[themes]` names first, and of those all that match anything."""
        chosen = [each for each in self.headings if each.named]
        left = [each for each in self.headings if not each.named]
        while len(chosen) < MOST and (best := self._best(chosen, left)):
            left.remove(best)
            chosen = self._with_enough([*chosen, best])
        # What fits under none of them needs a heading of its own, for which there must be room.
        if len(chosen) == MOST and self._remains(chosen) and not chosen[-1].named:
            chosen.pop()
        return chosen

    def _best(self, chosen: list[_Heading], left: list[_Heading]) -> _Heading | None:
        import numpy as np

        if not left or not len(self.votes):
            return None
        now = np.full(len(self.votes), self.last)
        bits = np.zeros(len(self.votes))
        for each in chosen:
            place = each.place[self.votes]
            takes = place < now
            now[takes], bits[takes] = place[takes], self._bits(each)
        places = np.stack([each.place[self.votes] for each in left])
        takes = places < now
        number = takes.sum(axis=1)
        gain = number * np.array([self._bits(each) for each in left]) - (takes * bits).sum(axis=1)
        # Of equal ones the more telling sort, then the first by name.
        order = np.lexsort(((places * takes).sum(axis=1), -np.round(gain, 6), number < self.least))
        best = int(order[0])
        return left[best] if number[best] >= self.least and gain[best] > 0 else None

    def _bits(self, heading: _Heading) -> float:
        number = int((heading.place[self.votes] < self.last).sum())
        return 1 + math.log2((len(self.votes) + 1) / max(number, 1))

    def _which(self, chosen: list[_Heading]) -> Ints:
        """The number of each thread's heading among the chosen ones, NOTHING for what remains."""
        import numpy as np

        if not chosen:
            return np.full(self.size, NOTHING)
        places = np.stack([each.place for each in chosen])
        which: Ints = np.where(places.min(axis=0) < self.last, places.argmin(axis=0), NOTHING)
        return which

    def _with_enough(self, chosen: list[_Heading]) -> list[_Heading]:
        """Without those that more telling ones have left fewer than two threads, one after the other."""
        while True:
            numbers = Counter(self._which(chosen)[self.votes].tolist())
            small = [each for number, each in enumerate(chosen) if numbers[number] < 2 and not each.named]
            if not small:
                return chosen
            chosen = [each for each in chosen if each is not small[-1]]

    def _remains(self, chosen: list[_Heading]) -> bool:
        return bool((self._which(chosen)[self.votes] == NOTHING).any())

    def assign(self, chosen: list[_Heading]) -> tuple[list[str], list[str]]:
        """The heading of each thread, and why."""
        which = self._which(chosen).tolist()
        numbers = Counter(which[thread] for thread in self.votes.tolist())
        names, reasons = [], []
        for thread, number in enumerate(which):
            if number == NOTHING:
                names.append(OTHER if chosen else self._rest(thread))
                reasons.append(REST)
            else:
                names.append(chosen[number].name)
                reasons.append(self._reason(thread, chosen[number], numbers[number]))
        return names, reasons

    def _rest(self, thread: int) -> str:
        return OTHER if self.several_projects else self.table.projects[thread] or OTHER

    def _reason(self, thread: int, heading: _Heading, number: int) -> str:
        found = self.table.suggestions[int(heading.place[thread])]
        reason = found.reason.format(found.values[int(found.codes[thread])])
        shared = (
            "" if found.reason == NAMED else f", as of {count_noun(number, 'piece of work', 'pieces of work')} here"
        )
        return reason + shared


def _most_written(written: Counter[str]) -> str:
    return min(written, key=lambda text: (-written[text], text))
