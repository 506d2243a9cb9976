"""Gaps of one fetch: each reported once, like ones grouped by their reason, and remembered for the next fetch."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from harvester.model.periods import Period
from harvester.sdk.connector import Event, Gap
from harvester.sdk.http import WebError


@dataclass(frozen=True, slots=True)
class UnreadableScope:
    """What is not shown and why; `qualifier` is what a later fetch asks for to find it, None where that is unknown.

    `known` says that the next fetch notices by itself whether it is still hidden.
    """

    scope: str | None
    reason: str
    qualifier: str | None = None
    known: bool = False

    def __str__(self) -> str:
        return f"{self.scope}: {self.reason}" if self.scope else self.reason


@dataclass
class GapCollector:
    """Makes the gaps of one scope and period; `any` says that something is missing, so the fetch is not whole.

    What is missing is one of three kinds, by what finds it later. Something hidden in a known place is asked for in
    full by every fetch until it shows (`unreadable`, qualifiers). Something hidden in an unknown place cannot be asked
    for, so every fetch reports it until a refresh (`unlocated`, reasons). For everything else the next fetch has to
    begin from the start (`blocked`): then a connector must leave no cursor. So no gap is forgotten, and most cost no
    more than one request.
    """

    scope: str
    period: Period
    any: bool = False
    blocked: bool = False
    unreadable: dict[str, None] = field(default_factory=dict)
    unlocated: dict[str, None] = field(default_factory=dict)
    _reported: set[str] = field(default_factory=set)
    _noted: dict[str, dict[str, str]] = field(default_factory=dict)

    def gap(self, reason: str) -> Gap:
        """A gap with this reason."""
        self.any = True
        return Gap(self.scope, reason, self.period)

    def once(self, reason: str) -> Iterator[Gap]:
        """A gap with this reason, unless it was reported before."""
        if reason not in self._reported:
            self._reported.add(reason)
            yield self.gap(reason)

    def scope_gap(self, hidden: UnreadableScope) -> Iterator[Gap]:
        """The gap of something that is not shown, remembered by its qualifier."""
        if hidden.qualifier is not None:
            self.unreadable[hidden.qualifier] = None
        elif not hidden.known:
            self.blocked = True
        yield from self.once(str(hidden))

    def unlocated_gap(self, reason: str) -> Iterator[Gap]:
        """The gap of something hidden in an unknown place, which every later fetch reports, too."""
        self.unlocated[reason] = None
        yield from self.once(reason)

    def note(self, reason: str, example: str, alone: str = "") -> None:
        """Note something for `grouped`: `example` says where, `alone` is the reason if it stays the only one."""
        self.any = True
        self._noted.setdefault(reason, {})[example] = alone or reason

    def around(self, events: Iterable[Event]) -> Iterator[Event]:
        """These events, and then what was noted, also where they end by a WebError: grouping needs the whole fetch."""
        try:
            yield from events
        except WebError:
            yield from self.grouped()
            raise
        yield from self.grouped()

    def grouped(self) -> Iterator[Gap]:
        """What was noted, one gap for each reason: one missing permission may cost something in every result."""
        for reason, examples in self._noted.items():
            first, alone = next(iter(examples.items()))
            if len(examples) == 1:
                yield self.gap(f"{alone}: {first}")
            else:
                yield self.gap(f"{reason}: {len(examples)} results, such as {first}")
        self._noted.clear()
