"""Charts as Mermaid blocks, which forges draw in Markdown."""

from __future__ import annotations

import re
from collections.abc import Iterable

from harvester.reporting.chart_data import Chart, Pace, Rows, Strip, short_day
from harvester.reporting.markdown import visible

MERMAID_COLOURS = '%%{init: {"themeVariables": {"xyChart": {"plotColorPalette": "#2f6fde, #8a94a3"}}}}%%'
"""Mermaid's own first colour is so pale that a line is hardly seen."""

MOST_NAMES = 16
"""Names along an axis across; of more each would be written over the next, so the steps are numbered."""


def to_mermaid(chart: Chart) -> str:
    """A chart as Mermaid's `xychart-beta`, for Markdown on a forge; names are reduced to what has no meaning in it."""
    title, unit, direction, step = chart.title, "work items", "", "week"
    match chart:
        case Strip():
            names = [short_day(each, chart.step) for each in chart.days]
            lines = [("bar", chart.totals)]
            step = chart.step
        case Pace():
            points = chart.weekly
            names, unit = [short_day(each.day) for each in points], chart.unit
            lines = [("line", _without_gaps([each.done for each in points], chart.start))]
            if points and all(each.expected is not None for each in points):
                lines.append(("line", [each.expected or 0.0 for each in points]))
                title = f"{title}, beside an even pace (grey)"
        case Rows():
            rows = chart.largest
            names, unit, direction = [each.name for each in rows], chart.unit, " horizontal"
            lines = [("bar", [each.total for each in rows])]
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
