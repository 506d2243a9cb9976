"""What the tests of fetches in slices share: reading them, and a story whose first fetch is divided."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

from harvester.errors import SourceError
from harvester.harvesting.parts import PartsReader, divide, read_part
from harvester.harvesting.reader import SourceReader
from harvester.sdk.capabilities import Part, ReadsInParts
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
    """What a request yields that is read in these slices, each by a connector of its own, then `between` is called.

    It comes in the order of their numbers, whichever was read first.
    """
    read: dict[int, list[Event]] = {}
    for each in slices:
        read[each.number] = list(make().fetch_part(request, each.part("")))
        between()
    events = [event for number in sorted(read) for event in read[number]]
    yield from (each for each in events if not isinstance(each, ScopeCompleted))
    yield from make().join(request, [each for each in events if isinstance(each, ScopeCompleted)])


@dataclass(frozen=True)
class Divided:
    """A connector that is divided into so many slices whether they are worth it or not; those that are `failing` fail.

    `divide` is what the connector's own module of slices has.
    """

    of: Any
    divide: Callable[[Any, int], Sequence[TimeSlice]]
    number: int
    failing: Collection[int] = ()

    def fetch(self, request: Request) -> Iterator[Event]:
        yield from self.of.fetch(request)

    def parts(self, request: Request) -> Iterator[Part]:
        (whole,) = self.of.parts(request)
        yield from (each.part(whole.scope) for each in self.divide(self.of._reader(request), self.number))

    def fetch_part(self, request: Request, part: Part) -> Iterator[Event]:
        events = self.of.fetch_part(request, part)
        if self.failing and json.loads(part.name)["number"] in self.failing:
            yield from (each for each in events if not isinstance(each, ScopeCompleted))
            raise SourceError("The connection broke.")
        yield from events

    def join(self, request: Request, completed: Sequence[ScopeCompleted]) -> Iterator[ScopeCompleted]:
        yield from self.of.join(request, completed)


def read_parts(source: str, connector: Any, request: Request, *_: object) -> SourceReader:
    """Reads a source in parts, for `harvest`."""
    made = PartsReader(source, request, divide(source, lambda: connector, request))
    for number, part in reversed(list(enumerate(made.divided.parts))):
        made.add(number, read_part(source, lambda: connector, request, part))
    return made.joined(connector.join)


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
