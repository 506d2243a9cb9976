"""A request in parts: what share of everything each of them reads, and the completed scope that they make together.

A list is divided by the time that it is filtered by and that each entry has, such as when it was created. Shares are
adjacent, and the first and the last have no end, so that every entry is in the list of exactly one part. What is made
of an entry does not depend on the part: its rows are those of the whole request.
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
from harvester.sdk.connector import ScopeCompleted
from harvester.sdk.paging import cut_period

T = TypeVar("T")

FROM_EVER = dt.datetime.min.replace(tzinfo=dt.UTC)
FOR_EVER = dt.datetime.max.replace(tzinfo=dt.UTC)
MOST = 24
"""Into how many parts a request is divided at most: each asks who and where everything is."""
WORTH = 2
"""How many times as many requests as it costs a part must save the others to be worth it."""


@dataclass(frozen=True)
class Part:
    """One of the parts of a request, by its `number` from 0 of `of`; by default all of it.

    `edges` are the times where its shares begin and end. `settings` is the digest that a cursor has, and `known` what
    the connector found when it made the parts, as JSON values.
    """

    number: int = 0
    of: int = 1
    edges: tuple[dt.datetime, ...] = (FROM_EVER, FOR_EVER)
    settings: str = ""
    known: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_first(self) -> bool:
        """Whether it reads what cannot be divided."""
        return self.number == 0

    @property
    def shares(self) -> list[Period]:
        """What it reads of each list by time, in adjacent ranges that may be read side by side."""
        return [Period(since, until) for since, until in itertools.pairwise(self.edges)]

    @property
    def share(self) -> Period:
        """All of its shares as one."""
        return Period(self.edges[0], self.edges[-1])

    def dumps(self) -> str:
        """As text for another process; empty for all of a request."""
        if self.of == 1:
            return ""
        edges = [each.isoformat() for each in self.edges]
        values = {"number": self.number, "of": self.of, "edges": edges, "settings": self.settings, "known": self.known}
        return json.dumps(values, sort_keys=True)

    @classmethod
    def loads(cls, text: str) -> Self:
        """The part that `dumps` wrote; raises SourceError for another text."""
        try:
            values = json.loads(text) if text else {}
            if "edges" in values:
                values["edges"] = tuple(map(dt.datetime.fromisoformat, values["edges"]))
            return cls(**values)
        except (ValueError, TypeError, KeyError) as error:
            raise SourceError(f"{text[:80]!r} is no part of a request.") from error

    def check(self, settings: str) -> None:
        """Raise SourceError where it was made with other settings, or with the token of somebody else."""
        if self.of > 1 and settings != self.settings:
            raise SourceError(
                "The source has another configuration or token here than where the harvest was begun.",
                hint="Give all workers the same harvester.toml and the same token.",
            )

    def completed(self, done: ScopeCompleted) -> ScopeCompleted:
        """What a part completed, for `joined`."""
        if self.of == 1:
            return done
        return replace(done, cursor=json.dumps({"number": self.number, "of": self.of, "cursor": done.cursor}))


def divided(
    period: Period, number: int, settings: str, known: Mapping[str, Any] | None = None, side_by_side: int = 1
) -> list[Part]:
    """Parts whose shares divide all time where the edges of equal parts of `period` are.

    Each has so many shares `side_by_side`. There are fewer parts where the period has fewer seconds than shares.
    """
    shares = cut_period(period, number * side_by_side)
    number = len(shares) // side_by_side
    if number < 2:
        return [Part()]
    inner = [each.since for each in shares[1 : number * side_by_side]]
    edges = [FROM_EVER, *inner, FOR_EVER]
    return [
        Part(each, number, tuple(edges[each * side_by_side : (each + 1) * side_by_side + 1]), settings, known or {})
        for each in range(number)
    ]


def worthwhile(requests: int, besides: int) -> int:
    """How many parts are worth it where all takes so many requests, and each part so many besides."""
    return max(1, min(MOST, requests // (WORTH * besides)))


def joined(
    completed: Iterable[ScopeCompleted], cursor: Callable[[Sequence[str]], str | None]
) -> Iterator[ScopeCompleted]:
    """Each scope once, of what its parts completed; a scope of which a part is missing is left out.

    `cursor` makes one cursor of those of all parts, in their order; there is none where a part has none.
    """
    scopes: dict[str, dict[int, tuple[ScopeCompleted, int, str | None]]] = {}
    for done in completed:
        number, of, text = _part_of(done)
        scopes.setdefault(done.scope, {})[number] = (done, of, text)
    for scope, parts in scopes.items():
        if all(len(parts) == of for _, of, _ in parts.values()):
            texts = [parts[number][2] for number in sorted(parts)]
            left = [each for each in texts if each is not None]
            one = texts[0] if len(texts) == 1 else cursor(left) if len(left) == len(texts) else None
            yield ScopeCompleted(scope, one, whole=all(done.whole for done, _, _ in parts.values()))


def _part_of(done: ScopeCompleted) -> tuple[int, int, str | None]:
    """The number of a part, of how many, and its cursor; what is no part is the only one."""
    values = json.loads(done.cursor or "{}")
    return (values["number"], values["of"], values["cursor"]) if "of" in values else (0, 1, done.cursor)


def merged(mappings: Iterable[Mapping[str, T]]) -> dict[str, T]:
    """One mapping of several, whose order its keys have; where they differ the first one counts."""
    found: dict[str, T] = {}
    for each in mappings:
        for key, value in each.items():
            found.setdefault(key, value)
    return found
