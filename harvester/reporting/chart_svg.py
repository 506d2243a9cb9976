"""Charts as SVG within a page, drawn by a template of ours: no library, no script, no request.

Lengths across are per cent and those upwards are pixels, so that a chart fits a phone and its words stay as large as
those around it. Colours are classes that the page defines. No chart is read by colour alone: kinds of work differ by
their pattern too, and every chart has a title, a description and its table.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from harvester.reporting.chart_data import Chart, Kind, Pace, Rows, Strip, short_day
from harvester.reporting.markdown import visible
from harvester.reporting.templates import html_template
from harvester.text import number_text

MOST_KINDS = 5
"""Kinds of work that have a pattern of their own; where there are more, the smallest are drawn as one."""

MOST_LABELS = 7
"""Days that are named below a strip."""

SHORTEST = 1.5
"""Pixels of the lowest column: what is counted at all is seen, however small it is beside the rest."""


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
        case Rows():
            drawn = _rows(chart)
    head, rows = chart.table
    return html_template("charts.html.j2").render(
        id=f"chart:{name}", chart=chart, title=chart.title, head=head, rows=rows, **drawn
    )


@dataclass(frozen=True, slots=True)
class _Text:
    """A label: where it is, which of its ends is there, and whether a narrow screen leaves it out."""

    x: float
    y: float
    text: str
    anchor: str = "start"
    wide: bool = False
    beside: int = 0
    """Pixels to the right of `x`, to the left where it is negative."""


_STRIP_TOP, _STRIP_HEIGHT = 18, 72
_ROW_ABOVE = 14
"""Pixels of the row above the columns that says what is away and where today is."""


def _strip(chart: Strip) -> dict[str, Any]:
    slot = 100 / max(len(chart.days), 1)
    kinds = _drawn_kinds(chart.kinds)
    scale = _STRIP_HEIGHT / (max(chart.totals, default=0) or 1)
    away = list(_runs(chart.mostly_away))
    top = _STRIP_TOP + (_ROW_ABOVE if away or chart.today is not None else 0)
    floor = top + _STRIP_HEIGHT
    tops = [float(floor)] * len(chart.days)
    layers = []
    for number, kind in _with_fills(kinds):
        rects = []
        for at, value in enumerate(kind.numbers):
            if value:
                height = max(value * scale, SHORTEST)
                tops[at] -= height
                rects.append((at * slot + slot * 0.11, tops[at], slot * 0.78, height - (0.8 if height > 4 else 0)))
        layers.append((number, kind, rects))
    return {
        "kind": "strip", "height": floor + 22, "floor": floor, "top": top, "layers": layers,
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


def _with_fills(kinds: Sequence[Kind]) -> Iterable[tuple[int, Kind]]:
    """Each kind with the number of its fill: its own, so that pages look alike, or one that no kind has."""
    own: dict[int, Kind] = {}
    for kind in kinds:
        own.setdefault(kind.fill, kind)
    free = iter(number for number in range(1, MOST_KINDS + 1) if number not in own)
    for kind in kinds:
        yield kind.fill if kind.fill and own[kind.fill] is kind else next(free), kind


def _day_labels(chart: Strip | Rows, slot: float, y: float, width: float = 100.0) -> Iterable[_Text]:
    every = math.ceil(len(chart.days) / MOST_LABELS) or 1
    for number, at in enumerate(range(0, len(chart.days), every)):
        center = (at + 0.5) * slot
        edge = "start" if center < 4 else "end" if center > width - 4 else ""
        x = {"start": at * slot, "end": width, "": center}[edge]
        anchor = edge or "middle"
        yield _Text(x, y, short_day(chart.days[at], chart.step), anchor, wide=number % 2 == 1)


def _totals(chart: Strip, slot: float, tops: Sequence[float]) -> Iterable[_Text]:
    """The number of each step above its column; where there are many columns, only the largest number."""
    totals = chart.totals
    largest = max(totals, default=0)
    for at, total in enumerate(totals):
        is_first_largest = total == largest and at == totals.index(largest)
        if total and (len(totals) <= 26 or is_first_largest):
            yield _Text((at + 0.5) * slot, tops[at] - 4, number_text(total), "middle", wide=not is_first_largest)


def _labels_above(chart: Strip, away: Iterable[tuple[int, int]], slot: float) -> Iterable[_Text]:
    """`today` and `away`, in a row above the columns; of two that would be written over each other only `today`."""
    today = None if chart.today is None else (chart.today + 1) * slot
    if today is not None:
        yield _Text(today, 11, "today", "middle" if 4 < today < 96 else "end" if today > 50 else "start")
    for first, end in away:
        center = min(max((first + end) / 2 * slot, 3), 97)
        wide = (end - first) * slot < 8
        if today is None or abs(center - today) > (6 if wide else 10):
            yield _Text(center, 11, "away", "middle", wide=wide)


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
        yield _Text(0, below, short_day(chart.points[0].day))
        if len(chart.points) > 1:
            yield _Text(100, below, short_day(chart.points[-1].day), "end")
    if chart.target is not None:
        yield _Text(0, y(chart.target) - 6, f"target {number_text(chart.target)}")
    if chart.start:
        yield _Text(
            0, y(chart.start) - 6 if chart.start != chart.target else y(chart.start) + 14, number_text(chart.start)
        )
    today = dot[0] if dot is not None and 12 < dot[0] < 88 else None
    for first, end in _runs(chart.away):
        center = min(max((first + end) / 2 / number * 100, 3), 97)
        wide = (end - first) / number < 0.08
        if 8 < center < 92 and (today is None or abs(center - today) > (6 if wide else 10)):
            yield _Text(center, below, "away", "middle", wide=wide)
    if dot is not None and chart.now is not None:
        near_target = chart.target is not None and abs(dot[1] - y(chart.target)) < 14 and dot[0] < 30
        at = dot[1] + 18 if near_target else dot[1] - 9
        anchor, beside = ("end", -6) if dot[0] > 50 else ("start", 6)
        yield _Text(dot[0], max(at, 10), number_text(chart.now.done), anchor, beside=beside if today else 0)
    if today is not None:
        yield _Text(today, below, "today", "middle")


_ROW, _ROW_TOP, _ROW_HEIGHT, _ROW_WIDTH = 42, 17, 20, 90
LONGEST_NAME = 44
"""Characters of a row's name."""


def _rows(chart: Rows) -> dict[str, Any]:
    """Columns by step under each name, all of one scale, and the name's total at the end of the row."""
    rows = chart.largest
    scale = _ROW_HEIGHT / (max((number for each in rows for number in each.numbers), default=0) or 1)
    slot = _ROW_WIDTH / max(len(chart.days), 1)
    floor = _ROW * len(rows)
    drawn = []
    for at, each in enumerate(rows):
        base = at * _ROW + _ROW_TOP + _ROW_HEIGHT
        columns = [
            (step * slot + slot * 0.11, base - height, slot * 0.78, height)
            for step, number in enumerate(each.numbers)
            if number
            for height in [max(number * scale, SHORTEST)]
        ]
        drawn.append((base, _cut(each.name), number_text(each.total), columns))
    return {
        "kind": "rows", "height": floor + 22, "width": _ROW_WIDTH, "rows_drawn": drawn,
        "texts": list(_day_labels(chart, slot, floor + 13, _ROW_WIDTH)),
    }  # fmt: skip


def _cut(name: str) -> str:
    """A name as short as a phone can show it; the table has it in full."""
    return visible(name, LONGEST_NAME) or "(no name)"


def _runs(marked: Iterable[bool]) -> Iterable[tuple[int, int]]:
    """The first and the end (not included) of each run of what is marked."""
    for value, group in itertools.groupby(enumerate(marked), key=lambda pair: pair[1]):
        places = [at for at, _ in group]
        if value:
            yield places[0], places[-1] + 1
