"""A request in slices: which stretch of time of every list one reads, and the completed scope that they make together.

A list is divided by the time that it is filtered by and that each entry has, such as when it was created. Slices are
adjacent, and the first and the last have no end, so that every entry is in the list of exactly one slice. What is made
of an entry does not depend on the slice: its rows are those of the whole request.
"""

from __future__ import annotations

import datetime as dt
import itertools
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Self, TypeVar

from harvester.errors import SourceError
from harvester.model.periods import Period
from harvester.sdk.capabilities import Part
from harvester.sdk.connector import ScopeCompleted
from harvester.sdk.paging import cut_period
from harvester.sdk.strategy import EVER

T = TypeVar("T")

MOST = 24
"""Into how many slices a request is divided at most."""
WORTH = 2
"""How many times as many requests as a slice takes besides its pages it must have pages to be worth it."""


@dataclass(frozen=True)
class TimeSlice:
    """One slice of a request, by its `number` from 0 of `of`; by default all of it.

    `edges` are the times where its ranges begin and end. `settings` is the digest that a cursor has, and `known` what
    the connector found when it divided the request, as JSON values.
    """

    number: int = 0
    of: int = 1
    edges: tuple[dt.datetime, ...] = (EVER.since, EVER.until)
    settings: str = ""
    known: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_first(self) -> bool:
        """Whether it reads what cannot be divided."""
        return self.number == 0

    @property
    def ranges(self) -> list[Period]:
        """What it reads of each list by time, in adjacent ranges that may be read side by side."""
        return [Period(since, until) for since, until in itertools.pairwise(self.edges)]

    @property
    def span(self) -> Period:
        """All of its ranges as one."""
        return Period(self.edges[0], self.edges[-1])

    def part(self, scope: str) -> Part:
        """The part of a request that reads it, named as `loads` takes it; empty for all of a request."""
        edges = [each.isoformat() for each in self.edges]
        values = {"number": self.number, "of": self.of, "edges": edges, "settings": self.settings, "known": self.known}
        return Part(json.dumps(values) if self.of > 1 else "", scope)

    @classmethod
    def loads(cls, name: str, settings: str) -> Self:
        """The slice that a part is named after, to be read with these settings.

        Raises SourceError for another text, and where it was made with other settings, or with another token.
        """
        try:
            values = json.loads(name) if name else {"settings": settings}
            if "edges" in values:
                values["edges"] = tuple(map(dt.datetime.fromisoformat, values["edges"]))
            found = cls(**values)
        except (ValueError, TypeError) as error:
            raise SourceError(f"{name[:80]!r} is no part of a request.") from error
        if settings != found.settings:
            raise SourceError(
                "The source has another configuration or token here than where the harvest began.",
                hint="Give all workers the same harvester.toml and the same token.",
            )
        return found

    def completed(self, done: ScopeCompleted) -> ScopeCompleted:
        """What a slice completed, for `joined`."""
        if self.of == 1:
            return done
        return replace(done, cursor=json.dumps({"number": self.number, "of": self.of, "cursor": done.cursor}))


def divided(
    period: Period, number: int, settings: str, known: Mapping[str, Any] | None = None, side_by_side: int = 1
) -> list[TimeSlice]:
    """Slices that divide all time where the edges of equal parts of `period` are.

    Each has so many ranges `side_by_side`. There are fewer slices where the period has fewer seconds than ranges.
    """
    ranges = cut_period(period, number * side_by_side)
    number = len(ranges) // side_by_side
    if number < 2:
        return [TimeSlice()]
    inner = [each.since for each in ranges[1 : number * side_by_side]]
    edges = [EVER.since, *inner, EVER.until]
    return [
        TimeSlice(
            each, number, tuple(edges[each * side_by_side : (each + 1) * side_by_side + 1]), settings, known or {}
        )
        for each in range(number)
    ]


def worthwhile(requests: int, besides: int) -> int:
    """How many slices are worth it where all takes so many requests, and each slice so many besides."""
    return max(1, min(MOST, requests // (WORTH * besides)))


def joined(
    completed: Iterable[ScopeCompleted], cursor: Callable[[Sequence[str]], str | None]
) -> Iterator[ScopeCompleted]:
    """Each scope once, of what its slices completed; a scope of which a slice is missing is left out.

    `cursor` makes one cursor of those of all slices, in their order; there is none where a slice has none.
    """
    scopes: dict[str, dict[int, tuple[ScopeCompleted, int, str | None]]] = {}
    for done in completed:
        number, of, text = _slice_of(done)
        scopes.setdefault(done.scope, {})[number] = (done, of, text)
    for scope, slices in scopes.items():
        if all(len(slices) == of for _, of, _ in slices.values()):
            texts = [slices[number][2] for number in sorted(slices)]
            left = [each for each in texts if each is not None]
            one = texts[0] if len(texts) == 1 else cursor(left) if len(left) == len(texts) else None
            yield ScopeCompleted(scope, one, whole=all(done.whole for done, _, _ in slices.values()))


def _slice_of(done: ScopeCompleted) -> tuple[int, int, str | None]:
    """The number of a slice, of how many, and its cursor; what is no slice is the only one."""
    values = json.loads(done.cursor or "{}")
    return (values["number"], values["of"], values["cursor"]) if "of" in values else (0, 1, done.cursor)


def merged(mappings: Iterable[Mapping[str, T]]) -> dict[str, T]:
    """One mapping of several; where they differ the first one counts."""
    found: dict[str, T] = {}
    for each in mappings:
        for key, value in each.items():
            found.setdefault(key, value)
    return found
