"""Page sizes that shrink under load, and totals compared with what arrived."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field


@dataclass
class PageSize:
    """How much to ask for at once: half as much after each refusal, twice as much again after some good answers."""

    largest: int
    size: int = 0
    good: int = 0
    calm: int = 3

    def __post_init__(self) -> None:
        self.size = self.size or self.largest

    def shrink(self) -> None:
        """Ask for half as much, but for one at least."""
        self.size, self.good = max(self.size // 2, 1), 0

    def worked(self) -> None:
        """Note a good answer; after `calm` of them ask for twice as much, up to the largest."""
        self.good += 1
        if self.good >= self.calm and self.size < self.largest:
            self.size, self.good = min(self.size * 2, self.largest), 0


@dataclass
class TotalCheck:
    """Distinct things that came, held against the total that the server names."""

    total: int = 0
    seen: set[str] = field(default_factory=set)

    def take(self, ids: Iterable[str], total: int | None = None) -> list[str]:
        """Note what came and the newest total, and give back the ids that had not come before."""
        if total is not None:
            self.total = total
        fresh = [each for each in dict.fromkeys(ids) if each not in self.seen]
        self.seen.update(fresh)
        return fresh

    @property
    def missing(self) -> int:
        """How many never came; more than were announced is no hole."""
        return max(self.total - len(self.seen), 0)
