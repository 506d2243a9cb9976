"""What charts show, as plain data, with the same in words and as a table."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass
from typing import Literal

from harvester.model.periods import MONTHS, day
from harvester.reporting.markdown import visible
from harvester.text import count_noun, number_text, rounded_text

MOST_ROWS = 12
"""Rows that are drawn; of more, the last are drawn as one."""

Cells = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of work in a strip: its name in the plural, and its number in each step."""

    name: str
    numbers: tuple[float, ...]
    fill: int = 0
    """The fill that it is drawn with where no kind before it has it; 0 if any will do."""

    @property
    def total(self) -> float:
        """The sum of all steps: the page's own number."""
        return sum(self.numbers)


@dataclass(frozen=True, slots=True)
class Strip:
    """Work by week or month: the first day of each that is in the period, the kinds of work, and the days away."""

    title: str
    step: Literal["week", "month"]
    days: tuple[dt.date, ...]
    kinds: tuple[Kind, ...]
    away: tuple[int, ...]
    """The number of days away in each step."""
    last: dt.date
    """The last day of the period."""
    today: int | None = None
    """The step of the last day that is counted, where the period goes on after it."""

    @property
    def mostly_away(self) -> list[bool]:
        """Of each step whether at least half of its days are away."""
        ends = [*self.days[1:], self.last + dt.timedelta(days=1)]
        lengths = [(end - first).days for first, end in zip(self.days, ends, strict=True)] if self.days else []
        return [away > 0 and away * 2 >= length for away, length in zip(self.away, lengths, strict=True)]

    @property
    def totals(self) -> list[float]:
        """The sum of all kinds in each step."""
        return [sum(each.numbers[at] for each in self.kinds) for at in range(len(self.days))]

    @property
    def description(self) -> str:
        """What the drawing shows, in words."""
        steps = count_noun(len(self.days), self.step)
        if not any(self.totals):
            return f"Nothing is counted in {steps}."
        parts = [
            f"{', '.join(f'{number_text(each.total)} {each.name}' for each in self.kinds if each.total)} in {steps}"
        ]
        top = max(self.totals)
        if len(self.days) > 1:
            parts.append(f"most ({number_text(top)}) in {self.name_of(self.totals.index(top))}")
        if away := sum(1 for each in self.away if each):
            parts.append(f"days away in {count_noun(away, self.step)}")
        return "; ".join(parts) + "."

    @property
    def table(self) -> tuple[Cells, list[Cells]]:
        """The head and the rows of the table, with a last row of sums."""
        away = any(self.away)
        head = (f"{self.step.title()} from", *(_capital(each.name) for each in self.kinds), *(["Days away"] * away))
        rows = [
            (day(first), *(number_text(each.numbers[at]) for each in self.kinds), *([f"{self.away[at]}"] * away))
            for at, first in enumerate(self.days)
        ]
        sums = ("All", *(number_text(each.total) for each in self.kinds), *([f"{sum(self.away)}"] * away))
        return head, [*rows, sums]

    def name_of(self, at: int) -> str:
        """A step in words: `the week from 10 August 2026`."""
        return f"the {self.step} from {day(self.days[at])}"


@dataclass(frozen=True, slots=True)
class Point:
    """A goal at the end of a day: its figure and what is expected at an even pace; None where that is not known."""

    day: dt.date
    done: float | None
    expected: float | None


@dataclass(frozen=True, slots=True)
class Pace:
    """A goal's figure day by day, against its target and an even pace.

    `unit` is the plural of what is counted. `points` has every day from the first to the last. `start` is the figure
    before the first day: the baseline of an outcome, which may be above its target. `away` says of each day whether it
    is one on which nothing is expected.
    """

    title: str
    unit: str
    start: float
    target: float | None
    points: tuple[Point, ...]
    away: tuple[bool, ...]
    today: int | None
    """The position of the last day that is counted; None where none is yet."""

    @property
    def now(self) -> Point | None:
        """The goal at the end of the last day that is counted."""
        return None if self.today is None else self.points[self.today]

    @property
    def description(self) -> str:
        """What the drawing shows, in words."""
        if self.now is None or self.now.done is None:
            parts = ["There is no figure yet"]
        else:
            parts = [f"{number_text(self.now.done)} by {day(self.now.day)}"]
            if self.now.expected is not None:
                parts.append(f"{rounded_text(self.now.expected)} expected by then")
        if self.target is not None:
            parts.append(f"the target is {number_text(self.target)}")
        if any(self.away):
            parts.append(f"nothing is expected on {count_noun(sum(self.away), 'day')} away")
        return "; ".join(parts) + "."

    @property
    def weekly(self) -> list[Point]:
        """The goal at the end of every seventh day and of the last one counted; a long goal has fewer of them."""
        apart = 7 * math.ceil(len(self.points) / 7 / 60)
        last = self.today if self.today is not None else len(self.points) - 1
        places = {*range(apart - 1, last, apart), last} if self.points else set()
        return [self.points[at] for at in sorted(places)]

    @property
    def table(self) -> tuple[Cells, list[Cells]]:
        """The head and the rows of the table."""
        expected = any(each.expected is not None for each in self.points)
        head = ("By the end of", _capital(self.unit) or "Figure", *(["Expected"] * expected))
        figures = [(day(each.day), number_text(each.done), rounded_text(each.expected)) for each in self.weekly]
        return head, [each if expected else each[:2] for each in figures]


@dataclass(frozen=True, slots=True)
class Rows:
    """Work by name, such as by theme, in each week or month: a row for each name, in the order they are shown in."""

    title: str
    what: str
    """What the names are, in the singular: `theme`."""
    unit: str
    """What is counted, in the plural."""
    step: Literal["week", "month"]
    days: tuple[dt.date, ...]
    """The first day of each step that is in the period."""
    rows: tuple[Kind, ...]

    @property
    def description(self) -> str:
        """What the drawing shows, in words."""
        if not self.rows:
            return "Nothing is counted."
        most = max(self.rows, key=lambda each: each.total)
        total = sum(each.total for each in self.rows)
        steps = count_noun(len(self.days), self.step)
        sentence = f"{number_text(total)} {self.unit} in {count_noun(len(self.rows), self.what)} and {steps}"
        return f"{sentence}; most ({number_text(most.total)}) in {most.name}." if len(self.rows) > 1 else f"{sentence}."

    @property
    def table(self) -> tuple[Cells, list[Cells]]:
        """The head and the rows of the table, with a last row of sums."""
        rows = [
            (day(first), *(number_text(each.numbers[at]) for each in self.rows)) for at, first in enumerate(self.days)
        ]
        sums = ("All", *(number_text(each.total) for each in self.rows))
        return (f"{self.step.title()} from", *(visible(each.name) for each in self.rows)), [*rows, sums]

    @property
    def largest(self) -> list[Kind]:
        """The rows that are drawn; where there are too many, the last are one."""
        if len(self.rows) <= MOST_ROWS:
            return list(self.rows)
        rest = self.rows[MOST_ROWS - 1 :]
        sums = tuple(float(sum(each)) for each in zip(*(each.numbers for each in rest), strict=True))
        return [*self.rows[: MOST_ROWS - 1], Kind(f"{len(rest)} others", sums)]


Chart = Strip | Pace | Rows


def short_day(date: dt.date, step: str = "") -> str:
    """A day as an axis has it: `8 Aug`; of a step of months `Aug 2026`."""
    month = MONTHS[date.month - 1][:3]
    return f"{month} {date.year}" if step == "month" else f"{date.day} {month}"


def _capital(words: str) -> str:
    line = visible(words)
    return line[:1].upper() + line[1:]
