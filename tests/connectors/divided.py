"""What the tests of fetches in slices share: reading them, and a story whose first fetch is divided."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from hypothesis import strategies as st

from harvester.sdk.capabilities import ReadsInParts
from harvester.sdk.connector import Event, Request, ScopeCompleted
from harvester.sdk.slices import TimeSlice

Step = tuple[str, int, int]


def steps(names: Sequence[str]) -> st.SearchStrategy[list[Step]]:
    """Some of what happens in a story, but no fetch."""
    happens = [each for each in names if each != "read"]
    return st.lists(st.tuples(st.sampled_from(happens), st.integers(0, 9), st.integers(0, 9)), min_size=3, max_size=20)


def in_slices(
    make: Callable[[], ReadsInParts], request: Request, slices: Sequence[TimeSlice], between: Callable[[], None] = int
) -> Iterator[Event]:
    """What a request yields that is read in these slices, each by a connector of its own, then `between` is called."""
    completed: list[ScopeCompleted] = []
    for each in slices:
        for event in make().fetch_part(request, each.part("")):
            if isinstance(event, ScopeCompleted):
                completed.append(event)
            else:
                yield event
        between()
    yield from make().join(request, completed)


class FirstInSlices:
    """A story whose first fetch is divided into three, while more happens between the slices.

    Before a story it has `connector` and `slices`; after it comes what the story does in `read`, `step`, `stored`.
    """

    between: Sequence[Step] = ()
    order: Sequence[int] = (0, 1, 2)

    def read(self: Any, server: Any) -> None:
        """Fetch once more."""
        if self.stored.last:
            super().read(server)
            return
        made, happens = self.slices(server, self.stored.request), iter(self.between)

        def go_on() -> None:
            for step in itertools.islice(happens, 3):
                self.step(server, step)

        some = [made[each] for each in self.order if each < len(made)]
        self.stored.take(in_slices(lambda: self.connector(server), self.stored.request, some, go_on))
