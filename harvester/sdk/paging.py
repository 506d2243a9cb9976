"""Pages, batches and totals: page sizes that shrink, loops that ask for less, totals compared with what arrived."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, TypeVar

from harvester.model.periods import Period
from harvester.sdk.http import RetryPolicy, WebError, or_busy

A = TypeVar("A")
B = TypeVar("B")
H = TypeVar("H", bound=Hashable)
T = TypeVar("T")

MOST_PAGES = 10_000
"""How many pages a list may have: a server that leads on for ever must not be followed for ever."""
STRIKES = 2
"""After how many failures in a row, each of something asked for alone, a server counts as down."""


@dataclass
class PageSize:
    """How much to ask for at once: half as much after each failure, twice as much after `calm` good answers.

    A size that failed twice, with good answers in between, is not grown to again before `patience` good answers. So a
    server that cannot give much fails seldom, while one bad moment, or one result that fails at any size, costs little.
    """

    largest: int
    size: int = 0
    good: int = 0
    calm: int = 3
    patience: int = 24
    ceiling: int = 0
    """How large it may grow for now."""
    failed: int = 0
    """The smallest size at which the server began to fail; 0 for none."""
    failing: bool = False
    """Whether the last answer was a failure."""

    def __post_init__(self) -> None:
        self.size, self.ceiling = self.size or self.largest, self.ceiling or self.largest

    def shrink(self) -> None:
        """Halve the size, down to one."""
        smaller = max(self.size // 2, 1)
        if not self.failing:
            self.ceiling = smaller if 0 < self.failed <= self.size else self.ceiling
            self.failed = min(self.failed or self.size, self.size)
        self.size, self.good, self.failing = smaller, 0, True

    def worked(self) -> None:
        """Count a good answer, and double the size after `calm` of them, as far as it may grow."""
        self.good, self.failing = self.good + 1, False
        if self.good >= self.patience and self.ceiling < self.largest:
            self.ceiling, self.patience = self.largest, self.patience * 2
        if self.good >= self.calm and self.size < self.ceiling:
            self.size, self.good = min(self.size * 2, self.ceiling), 0


@dataclass
class TotalCheck:
    """Distinct things that arrived, compared with the total that the server names."""

    total: int = 0
    seen: set[str] = field(default_factory=set)

    def take(self, ids: Iterable[str], total: int | None = None) -> list[str]:
        """Note what arrived and the newest total; returns the ids that had not arrived before."""
        if total is not None:
            self.total = total
        fresh = [each for each in dict.fromkeys(ids) if each not in self.seen]
        self.seen.update(fresh)
        return fresh

    @property
    def missing(self) -> int:
        """How many did not arrive; 0 where more arrived than were announced."""
        return max(self.total - len(self.seen), 0)


@dataclass(kw_only=True)
class PageCursor:
    """Where a list goes on that GraphQL gives page by page.

    `after` is the cursor of the page that came last; None at the beginning. `cut` says that the pages did not end by
    themselves: one leads to a page that was asked for before, which would never end, or nowhere, or they are too many.
    """

    after: str | None = None
    cut: bool = False
    _asked: set[str] = field(default_factory=set)

    def advance(self, page_info: Mapping[str, Any]) -> bool:
        """Move to the next page by the `pageInfo` of the last one; returns False at the end."""
        following, goes_on = page_info.get("endCursor"), bool(page_info["hasNextPage"])
        self.cut = goes_on and (not following or following in self._asked or len(self._asked) >= MOST_PAGES)
        if goes_on and following and not self.cut:
            self._asked.add(following)
            self.after = following
            return True
        return False


def walk_pages(ask: Callable[[H], A], first: H, following: Callable[[A], H | None]) -> Iterator[A]:
    """Pages from the `first` on; only a missing `following` ends them, never a short or empty page.

    Raises WebError (`wrong`) where a page leads to one that was asked for before, or on and on, which would never end.
    """
    asked: set[H] = set()
    position: H | None = first
    while position is not None:
        if position in asked:
            raise WebError("wrong", "the server leads to the same page twice")
        if len(asked) >= MOST_PAGES:
            raise WebError("wrong", f"the server's list has more than {MOST_PAGES:,} pages")
        asked.add(position)
        page = ask(position)
        yield page
        position = following(page)


def ask_fitting(
    retry: RetryPolicy,
    size: PageSize,
    take: Callable[[int], B],
    ask: Callable[[B], A],
    tries: int | None = None,
) -> tuple[B, A | WebError]:
    """A batch and its answer: `take(size)` makes a new batch for each try, smaller each time the server was busy.

    The answer is a WebError where the server stayed busy; other failures are raised.
    """
    batch = take(size.size)

    def attempt() -> A:
        nonlocal batch
        batch = take(size.size)
        return ask(batch)

    answer = or_busy(lambda: retry.call(attempt, tries, less=size.shrink))
    if not isinstance(answer, WebError):
        size.worked()
    return batch, answer


def take_first(items: Sequence[T], number: int) -> Sequence[T]:
    """So many of the first items; makes the batches of `ask_fitting` where any items go together."""
    return items[:number]


def in_batches(
    retry: RetryPolicy,
    size: PageSize,
    items: Iterable[T],
    ask: Callable[[Sequence[T]], A],
    tries: int | None = None,
    take: Callable[[Sequence[T], int], Sequence[T]] | None = None,
) -> Iterator[tuple[Sequence[T], A | WebError]]:
    """All items in batches, each with its answer, or with a WebError where the server stayed busy.

    `take(items, number)` gives at most so many of the first items, and at least one; by default as many.

    A batch shrinks with each try until an item is asked for alone, so one item that cannot be answered costs itself
    and the next batch goes on after it. After `STRIKES` failures in a row the rest comes as one failed batch: the
    server is down, and asking for every item alone would only take long.
    """
    rest, strikes = list(items), 0
    while rest:
        batch, answer = ask_fitting(retry, size, functools.partial(take or take_first, rest), ask, tries)
        strikes = strikes + 1 if isinstance(answer, WebError) else 0
        batch = rest if strikes >= STRIKES else batch
        yield batch, answer
        rest = rest[len(batch) :]


def ask_alone(items: Iterable[T], *ways: Callable[[T], A]) -> Iterator[tuple[T, int, A | WebError]]:
    """Each item of a batch that failed, asked for alone: the number of the way that was answered, and its answer.

    `ways` ask for less and less of an item. Where none is answered the last WebError comes in place of an answer.
    """
    for item in items:
        yield item, *_first_answered([functools.partial(way, item) for way in ways])


def _first_answered(ways: Sequence[Callable[[], A]]) -> tuple[int, A | WebError]:
    for number, way in enumerate(ways[:-1]):
        answer = or_busy(way)
        if not isinstance(answer, WebError):
            return number, answer
    return len(ways) - 1, or_busy(ways[-1])


def split_large(
    counts: Mapping[H, int],
    most: int,
    parts_of: Callable[[H, int], Sequence[H]],
    count: Callable[[Sequence[H]], Mapping[H, int]],
) -> Iterator[tuple[H, int]]:
    """Queries with their counts, those that match more than `most` split until none does.

    Every round counts the parts of all large queries together, in as few requests as `count` needs. A query that
    `parts_of` cannot split (an empty sequence) comes as it is, so a count above `most` says that it is cut short.
    Parts must cover their query and be smaller in some way that ends, such as time; their counts need not be smaller,
    since everything may have happened in one second.
    """
    while counts:
        parts: list[H] = []
        for query, number in counts.items():
            smaller = parts_of(query, number) if number > most else ()
            parts += smaller
            if not smaller:
                yield query, number
        counts = count(parts) if parts else {}


def cut_period(period: Period, parts: int, smallest: timedelta = timedelta(seconds=1)) -> list[Period]:
    """A period in adjacent, equal parts, none shorter than `smallest`; begins and ends on whole seconds."""
    start = period.since.replace(microsecond=0)
    length = -(-(period.until - start) // smallest)  # rounded up, so that the last fraction belongs to a part
    parts = max(min(parts, length), 1)
    edges = [start + smallest * (length * number // parts) for number in range(parts + 1)]
    return [Period(since, until) for since, until in itertools.pairwise(edges)]
