"""Charts: what each shows as plain data, and the same data as SVG with its table, or as a Mermaid block for Markdown.

A chart is drawn by a template of ours as SVG within the page: no library, no script, no request. Lengths across are per
cent and those upwards are pixels, so that it fits a phone and its words stay as large as those around it. Colours are
classes that the page defines. No chart is read by colour alone: kinds of work differ by their pattern too, and every
chart has a title, a description and its table.
"""

from __future__ import annotations

import datetime as dt
import itertools
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from harvester.model.periods import MONTHS, day
from harvester.reporting.markdown import visible
from harvester.reporting.templates import html_template
from harvester.text import count_noun

PLACE = re.compile(r"^<!-- chart ([A-Za-z0-9_.-]+) -->$", re.MULTILINE)
"""The line of a page's Markdown where a chart may be. No source can write one: its `<` is escaped."""

MOST_KINDS = 5
"""Kinds of work that are told apart in a drawing; where there are more, the smallest are drawn as one."""

MOST_BARS = 12
MOST_LABELS = 7
SHORTEST = 1.5
"""Pixels of what is counted at all, however small it is beside the rest."""

Cells = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of work in a strip: its name in the plural, and its number in each step."""

    name: str
    numbers: tuple[float, ...]

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
        parts = [f"{', '.join(f'{each.total:,g} {each.name}' for each in self.kinds if each.total)} in {steps}"]
        top = max(self.totals)
        if len(self.days) > 1:
            parts.append(f"most ({top:,g}) in {self.name_of(self.totals.index(top))}")
        if away := sum(1 for each in self.away if each):
            parts.append(f"days away in {count_noun(away, self.step)}")
        return "; ".join(parts) + "."

    @property
    def table(self) -> tuple[Cells, list[Cells]]:
        """The head and the rows of the table, with a last row of sums."""
        away = any(self.away)
        head = (f"{self.step.title()} from", *(_capital(each.name) for each in self.kinds), *(["Days away"] * away))
        rows = [
            (day(first), *(f"{each.numbers[at]:,g}" for each in self.kinds), *([f"{self.away[at]}"] * away))
            for at, first in enumerate(self.days)
        ]
        sums = ("All", *(f"{each.total:,g}" for each in self.kinds), *([f"{sum(self.away)}"] * away))
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
            parts = [f"{self.now.done:,g} by {day(self.now.day)}"]
            if self.now.expected is not None:
                parts.append(f"{_rounded(self.now.expected)} expected by then")
        if self.target is not None:
            parts.append(f"the target is {self.target:,g}")
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
        figures = [(day(each.day), _number(each.done), _rounded(each.expected)) for each in self.weekly]
        return head, [each if expected else each[:2] for each in figures]


@dataclass(frozen=True, slots=True)
class Bars:
    """Numbers by name, such as work by theme, in the order in which they are shown."""

    title: str
    what: str
    """What the names are, in the singular: `theme`."""
    unit: str
    """What is counted, in the plural."""
    bars: tuple[tuple[str, float], ...]

    @property
    def description(self) -> str:
        """What the drawing shows, in words."""
        if not self.bars:
            return "Nothing is counted."
        total = sum(number for _, number in self.bars)
        name, most = max(self.bars, key=lambda each: each[1])
        sentence = f"{total:,g} {self.unit} in {count_noun(len(self.bars), self.what)}"
        return f"{sentence}; most ({most:,g}) in {name}." if len(self.bars) > 1 else f"{sentence}."

    @property
    def table(self) -> tuple[Cells, list[Cells]]:
        """The head and the rows of the table."""
        return (_capital(self.what), _capital(self.unit)), [(name, f"{each:,g}") for name, each in self.bars]


Chart = Strip | Pace | Bars


def to_svg(chart: Chart, name: str = "chart") -> str:
    """A chart as an HTML `figure`: title, inline SVG with its description, what its parts mean, and its table.

    `name` makes its ids unique on the page; they have a colon, which no heading's anchor has.
    """
    drawn: dict[str, Any]
    match chart:
        case Strip():
            drawn = _strip(chart)
        case Pace():
            drawn = _pace(chart)
        case Bars():
            drawn = _bars(chart)
    head, rows = chart.table
    return html_template("charts.html.j2").render(
        id=f"chart:{name}", chart=chart, title=chart.title, head=head, rows=rows, **drawn
    )


def in_markdown(text: str, charts: Mapping[str, Chart], *, mermaid: bool) -> str:
    """A page's Markdown with its charts as Mermaid blocks, or without them and their lines."""

    def block(found: re.Match[str]) -> str:
        chart = charts.get(found[1])
        return f"```mermaid\n{to_mermaid(chart)}\n```" if mermaid and chart is not None else ""

    return re.sub(r"\n{3,}", "\n\n", PLACE.sub(block, text))


# Drawing: every function returns what the template needs, lengths across as per cent and upwards as pixels.


@dataclass(frozen=True, slots=True)
class _Text:
    """A label: where it is, which of its ends is there, and whether a narrow screen leaves it out."""

    x: float
    y: float
    text: str
    anchor: str = "start"
    wide: bool = False


_STRIP_TOP, _STRIP_HEIGHT = 32, 72


def _strip(chart: Strip) -> dict[str, Any]:
    slot = 100 / max(len(chart.days), 1)
    kinds = _drawn_kinds(chart.kinds)
    scale = _STRIP_HEIGHT / (max(chart.totals, default=0) or 1)
    floor = _STRIP_TOP + _STRIP_HEIGHT
    tops = [float(floor)] * len(chart.days)
    layers = []
    for number, kind in enumerate(kinds, 1):
        rects = []
        for at, value in enumerate(kind.numbers):
            if value:
                height = max(value * scale, SHORTEST)
                tops[at] -= height
                rects.append((at * slot + slot * 0.11, tops[at], slot * 0.78, height - (0.8 if height > 4 else 0)))
        layers.append((number, kind, rects))
    away = list(_runs(chart.mostly_away))
    return {
        "kind": "strip", "height": floor + 22, "floor": floor, "top": _STRIP_TOP, "layers": layers,
        "away": [(first * slot, (end - first) * slot) for first, end in away],
        "texts": [
            *_day_labels(chart, slot, floor + 16),
            *_totals(chart, slot, tops),
            *_labels_above(chart, away, slot),
        ],
        "today": None if chart.today is None else (chart.today + 1) * slot,
    }  # fmt: skip


def _drawn_kinds(kinds: Sequence[Kind]) -> list[Kind]:
    """The kinds that are drawn, each as itself; where there are too many, the smallest are summed as `other work`."""
    used = [each for each in kinds if each.total]
    if len(used) <= MOST_KINDS:
        return used
    largest = sorted(used, key=lambda each: -each.total)[: MOST_KINDS - 1]
    rest = [each.numbers for each in used if each not in largest]
    other = Kind("other work", tuple(sum(each) for each in zip(*rest, strict=True)))
    return [*(each for each in used if each in largest), other]


def _day_labels(chart: Strip, slot: float, y: float) -> Iterable[_Text]:
    every = math.ceil(len(chart.days) / MOST_LABELS) or 1
    for number, at in enumerate(range(0, len(chart.days), every)):
        center = (at + 0.5) * slot
        anchor, x = ("start", at * slot) if center < 4 else ("end", 100.0) if center > 96 else ("middle", center)
        yield _Text(x, y, _short_day(chart.days[at], chart.step), anchor, wide=number % 2 == 1)


def _totals(chart: Strip, slot: float, tops: Sequence[float]) -> Iterable[_Text]:
    """The number of each step above its column; where there are many columns, only the largest number."""
    totals = chart.totals
    largest = max(totals, default=0)
    for at, total in enumerate(totals):
        is_first_largest = total == largest and at == totals.index(largest)
        if total and (len(totals) <= 26 or is_first_largest):
            yield _Text((at + 0.5) * slot, tops[at] - 4, f"{total:,g}", "middle", wide=not is_first_largest)


def _labels_above(chart: Strip, away: Iterable[tuple[int, int]], slot: float) -> Iterable[_Text]:
    """`today` and `away`, in a row above the columns; of two that would be written over each other only `today`."""
    today = None if chart.today is None else (chart.today + 1) * slot
    if today is not None:
        yield _Text(today, 11, "today", "middle" if 4 < today < 96 else "end" if today > 50 else "start")
    for first, end in away:
        center = min(max((first + end) / 2 * slot, 3), 97)
        if today is None or abs(center - today) > 10:
            yield _Text(center, 11, "away", "middle", wide=(end - first) * slot < 8)


_PACE_TOP, _PACE_HEIGHT = 26, 92


def _pace(chart: Pace) -> dict[str, Any]:
    """Lines are drawn in a box of 1,000 across, which is stretched to the page's width, and of true height."""
    number = max(len(chart.points), 1)
    y = _y_scale(chart)
    floor = _PACE_TOP + _PACE_HEIGHT
    away = [(first / number * 100, (end - first) / number * 100) for first, end in _runs(chart.away)]
    now = chart.now
    dot = None
    if now is not None and now.done is not None and chart.today is not None:
        dot = ((chart.today + 1) / number * 100, y(now.done))
    return {
        "kind": "pace", "height": floor + 22, "floor": floor, "top": _PACE_TOP, "away": away,
        "target": None if chart.target is None else y(chart.target),
        "done": " ".join(f"{x:.1f},{y(figure) - _PACE_TOP:.1f}" for x, figure in _steps(chart, number)),
        "expected": " ".join(f"{x:.1f},{y(figure) - _PACE_TOP:.1f}" for x, figure in _corners(chart, number)),
        "dot": dot, "box": (1000, _PACE_HEIGHT),
        "texts": list(_pace_labels(chart, number, y, dot, floor + 16)),
        "today": dot[0] if dot and dot[0] < 99.5 else None,
    }  # fmt: skip


def _y_scale(chart: Pace) -> Any:
    """From a figure to its height on the page; the lowest figure lies on the floor, the highest at the top."""
    figures = [value for each in chart.points for value in (each.done, each.expected) if value is not None]
    figures += [chart.start, *([] if chart.target is None else [chart.target])]
    low, high = min(figures), max(figures)
    spread = (high - low) or 1

    def y(figure: float) -> float:
        return _PACE_TOP + _PACE_HEIGHT * (1 - (figure - low) / spread)

    return y


def _steps(chart: Pace, number: int) -> Iterable[tuple[float, float]]:
    """The corners of the line of figures: level, and up or down in the middle of a day on which the figure changed."""
    last = -1 if chart.today is None else chart.today
    figure = chart.start
    yield 0, figure
    for at, each in enumerate(chart.points[: last + 1]):
        if each.done is not None and each.done != figure:
            x = (at + 0.5) / number * 1000
            yield x, figure
            figure = each.done
            yield x, figure
    yield (last + 1) / number * 1000, figure


def _corners(chart: Pace, number: int) -> Iterable[tuple[float, float]]:
    """The line of an even pace without the points that lie on a straight line between their neighbours."""
    if not chart.points or any(each.expected is None for each in chart.points):
        return
    line = [chart.start, *(each.expected or 0.0 for each in chart.points)]
    tolerance = (max(line) - min(line)) / 1000
    yield 0, line[0]
    for at in range(1, len(line) - 1):
        if abs(line[at] * 2 - line[at - 1] - line[at + 1]) > tolerance:
            yield at / number * 1000, line[at]
    yield 1000, line[-1]


def _pace_labels(chart: Pace, number: int, y: Any, dot: tuple[float, float] | None, below: float) -> Iterable[_Text]:
    if chart.points:
        yield _Text(0, below, _short_day(chart.points[0].day))
        if len(chart.points) > 1:
            yield _Text(100, below, _short_day(chart.points[-1].day), "end")
    if chart.target is not None:
        yield _Text(0, y(chart.target) - 6, f"target {chart.target:,g}")
    if chart.start:
        yield _Text(0, y(chart.start) - 6 if chart.start != chart.target else y(chart.start) + 14, f"{chart.start:,g}")
    today = dot[0] if dot is not None and 12 < dot[0] < 88 else None
    for first, end in _runs(chart.away):
        center = min(max((first + end) / 2 / number * 100, 3), 97)
        if 8 < center < 92 and (today is None or abs(center - today) > 10):
            yield _Text(center, below, "away", "middle", wide=(end - first) / number < 0.08)
    if dot is not None and chart.now is not None:
        near_target = chart.target is not None and abs(dot[1] - y(chart.target)) < 14 and dot[0] < 30
        at = dot[1] + 18 if near_target else dot[1] - 9
        yield _Text(dot[0], max(at, 10), _number(chart.now.done), "end" if dot[0] > 50 else "start")
    if today is not None:
        yield _Text(today, below, "today", "middle")


_BAR_ROW = 38


def _bars(chart: Bars) -> dict[str, Any]:
    bars = _largest(chart)
    most = max((number for _, number in bars), default=0) or 1
    return {
        "kind": "bars", "height": max(_BAR_ROW * len(bars), 24),
        "bars": [
            (at * _BAR_ROW, _cut(name), f"{number:,g}", max(number / most * 88, 0.3) if number else 0.0)
            for at, (name, number) in enumerate(bars)
        ],
    }  # fmt: skip


def _largest(chart: Bars) -> list[tuple[str, float]]:
    """The bars that are drawn; where there are too many, the last are one."""
    if len(chart.bars) <= MOST_BARS:
        return list(chart.bars)
    rest = chart.bars[MOST_BARS - 1 :]
    return [*chart.bars[: MOST_BARS - 1], (f"{len(rest)} others", sum(number for _, number in rest))]


def _cut(name: str) -> str:
    """A name as short as a phone can show it; the table has it in full."""
    line = visible(name) or "(no name)"
    return line if len(line) <= 44 else f"{line[:43].rstrip()}…"


def _runs(marked: Iterable[bool]) -> Iterable[tuple[int, int]]:
    """The first and the end (not included) of each run of what is marked."""
    for value, group in itertools.groupby(enumerate(marked), key=lambda pair: pair[1]):
        places = [at for at, _ in group]
        if value:
            yield places[0], places[-1] + 1


def _short_day(date: dt.date, step: str = "") -> str:
    month = MONTHS[date.month - 1][:3]
    return f"{month} {date.year}" if step == "month" else f"{date.day} {month}"


def _capital(words: str) -> str:
    line = visible(words)
    return line[:1].upper() + line[1:]


def _number(figure: float | None) -> str:
    return "" if figure is None else f"{figure:,g}"


def _rounded(figure: float | None) -> str:
    """What is expected, as the page writes it."""
    return "" if figure is None else f"{figure:,.1f}".removesuffix(".0")


# Mermaid.


MERMAID_COLOURS = '%%{init: {"themeVariables": {"xyChart": {"plotColorPalette": "#2f6fde, #8a94a3"}}}}%%'
"""Mermaid's own first colour is so pale that a line is hardly seen."""

MOST_NAMES = 16
"""Names along an axis across; of more each would be written over the next, so the steps are numbered."""


def to_mermaid(chart: Chart) -> str:
    """A chart as Mermaid's `xychart-beta`, for Markdown on a forge; names are reduced to what has no meaning in it."""
    title, unit, direction, step = chart.title, "work items", "", "week"
    match chart:
        case Strip():
            names = [_short_day(each, chart.step) for each in chart.days]
            lines = [("bar", chart.totals)]
            step = chart.step
        case Pace():
            points = chart.weekly
            names, unit = [_short_day(each.day) for each in points], chart.unit
            lines = [("line", _without_gaps([each.done for each in points], chart.start))]
            if points and all(each.expected is not None for each in points):
                lines.append(("line", [each.expected or 0.0 for each in points]))
                title = f"{title}, beside an even pace (grey)"
        case Bars():
            bars = _largest(chart)
            names, unit, direction = [name for name, _ in bars], chart.unit, " horizontal"
            lines = [("bar", [number for _, number in bars])]
    if not names:  # an axis without a name is an error
        names, lines = ["nothing"], [(how, [0.0]) for how, _ in lines]
    numbers = [each for _, values in lines for each in values]
    if isinstance(chart, Pace) and chart.target is not None:
        numbers.append(chart.target)
    low, high = min([0, *numbers]), max([0, *numbers])
    numbered = not direction and len(names) > MOST_NAMES
    if numbered:  # columns over numbers are drawn as wide as those numbers are apart
        lines = [("line", values) for _, values in lines]
    return "\n".join([
        MERMAID_COLOURS,
        f"xychart-beta{direction}",
        f"    accTitle: {_plain(title)}",
        f"    accDescr: {_plain(chart.description)}",
        f'    title "{_plain(title)}"',
        f'    x-axis "{step}" 1 --> {len(names)}' if numbered else f"    x-axis [{', '.join(_names(names))}]",
        f'    y-axis "{_plain(unit)}" {low:g} --> {high if high > low else low + 1:g}',
        *(f"    {how} [{', '.join(f'{each:g}' for each in values)}]" for how, values in lines),
    ])  # fmt: skip


def _without_gaps(figures: Iterable[float | None], start: float) -> list[float]:
    line = []
    for each in figures:
        start = start if each is None else each
        line.append(start)
    return line


def _names(names: Iterable[str]) -> Iterable[str]:
    """Names for an axis, in quotes; a repeated one would be taken for the same place, so it is numbered."""
    seen: dict[str, int] = {}
    for name in (_plain(each)[:40] or "no name" for each in names):
        seen[name] = seen.get(name, 0) + 1
        yield f'"{name}"' if seen[name] == 1 else f'"{name} ({seen[name]})"'


def _plain(text: str) -> str:
    """Letters, digits and the signs of a sentence: nothing else keeps its meaning in every version of Mermaid."""
    return " ".join(re.sub(r"[^\w .,()/+−–-]|%%+", " ", visible(text)).split())
