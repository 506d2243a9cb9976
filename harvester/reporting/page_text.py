"""What is made of a page's Markdown: its charts are put in, and in HTML it is a document."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from harvester.reporting.charts import Chart


@dataclass(frozen=True, slots=True)
class PageText:
    """How a page's Markdown is finished: its charts by name, and the title of its document in HTML."""

    title: str
    charts: Mapping[str, Chart] = field(default_factory=dict)
    html: bool = False
    mermaid: bool = False

    def finish(self, text: str) -> str:
        """The page, with its charts, or without the lines where they would be."""
        if self.html:
            from harvester.reporting.html import to_html

            return to_html(tidy(text), self.charts, title=self.title)
        from harvester.reporting.charts import in_markdown

        return tidy(in_markdown(tidy(text), self.charts, mermaid=self.mermaid))

    def finish_charts(self) -> str:
        """A page of its charts alone."""
        return self.finish("\n\n".join(f"<!-- chart {name} -->" for name in self.charts))


def tidy(text: str) -> str:
    """Text with at most one empty line at a time, and one line end as its last character."""
    return re.sub(r"\n{3,}", "\n\n", text).strip("\n") + "\n"
