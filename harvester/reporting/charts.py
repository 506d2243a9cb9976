"""Charts: their data, the same data as SVG or as Mermaid, and where they are in a page's Markdown."""

from __future__ import annotations

import re
from collections.abc import Mapping

from harvester.reporting.chart_data import Chart, Kind, Pace, Point, Rows, Strip
from harvester.reporting.chart_mermaid import to_mermaid
from harvester.reporting.chart_svg import to_svg

__all__ = ["CHART_LINE", "Chart", "Kind", "Pace", "Point", "Rows", "Strip", "in_markdown", "to_mermaid", "to_svg"]

CHART_LINE = re.compile(r"^<!-- chart ([A-Za-z0-9_.-]+) -->$", re.MULTILINE)
"""The line of a page's Markdown where a chart may be. No source can write one: its `<` is escaped."""


def in_markdown(text: str, charts: Mapping[str, Chart], *, mermaid: bool) -> str:
    """A page's Markdown with its charts as Mermaid blocks, or without them and their lines."""

    def block(found: re.Match[str]) -> str:
        chart = charts.get(found[1])
        return f"```mermaid\n{to_mermaid(chart)}\n```" if mermaid and chart is not None else ""

    return re.sub(r"\n{3,}", "\n\n", CHART_LINE.sub(block, text))
