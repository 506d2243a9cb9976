"""Gaps of one fetch: each reported once, and like ones grouped by their reason."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from harvester.model.periods import Period
from harvester.sdk.connector import Gap


@dataclass
class GapCollector:
    """Makes the gaps of one scope and period.

    `any` says that something is missing, so the fetch is not whole. A connector sets `blocked` where the next fetch
    could not find what is missing by itself: then it must leave no cursor.
    """

    scope: str
    period: Period
    any: bool = False
    blocked: bool = False
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

    def note(self, reason: str, example: str, alone: str = "") -> None:
        """Note something for `grouped`: `example` says where, `alone` is the reason if it stays the only one."""
        self.any = True
        self._noted.setdefault(reason, {})[example] = alone or reason

    def grouped(self) -> Iterator[Gap]:
        """What was noted, one gap for each reason: one missing permission may cost something in every result.

        Grouping needs the whole fetch, so this comes at its end, also where it ends by an error.
        """
        for reason, examples in self._noted.items():
            first, alone = next(iter(examples.items()))
            if len(examples) == 1:
                yield self.gap(f"{alone}: {first}")
            else:
                yield self.gap(f"{reason}: {len(examples)} results, such as {first}")
        self._noted.clear()
