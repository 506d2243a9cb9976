"""What is made of a page's Markdown: what is missing heads it, its charts are put in, and in HTML it is a document."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from harvester.reporting.markdown import prose

if TYPE_CHECKING:
    from harvester.reporting.charts import Chart

INCOMPLETE = "**Incomplete.** Some sources could not be read in full; work may be missing below."
_SAID = re.compile(r"^> \*\*Incomplete\.\*\*", re.MULTILINE)
"""How a page says itself that something is missing, as `harvester/page.md.j2` does."""

_HEADING = re.compile(r"\A# .*\n")


@dataclass(frozen=True, slots=True)
class PageText:
    """How a page's Markdown is finished: the title of its document in HTML, its charts by name, and what is missing."""

    title: str
    charts: Mapping[str, Chart] = field(default_factory=dict)
    html: bool = False
    mermaid: bool = False
    missing: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """By source what is missing of it, in words: no template can leave that out."""

    def finish(self, text: str) -> str:
        """The page, with its charts, or without the lines where they would be."""
        page = _headed(tidy(text), self.missing)
        if self.html:
            from harvester.reporting.html import to_html

            return to_html(page, self.charts, title=self.title)
        from harvester.reporting.charts import in_markdown

        return tidy(in_markdown(page, self.charts, mermaid=self.mermaid))

    def finish_charts(self) -> str:
        """A page of its charts alone."""
        return self.finish("\n\n".join(f"<!-- chart {name} -->" for name in self.charts))


def tidy(text: str) -> str:
    """Text with at most one empty line at a time, and one line end as its last character."""
    return re.sub(r"\n{3,}", "\n\n", text).strip("\n") + "\n"


def _headed(page: str, missing: Mapping[str, Sequence[str]]) -> str:
    """A page that says what is missing: below its heading, where it does not say so itself."""
    if not missing or _SAID.search(page):
        return page
    lines = [
        f"> {INCOMPLETE}",
        ">",
        *(f"> - {prose(name)}: {prose(each)}" for name in missing for each in missing[name]),
    ]
    place = found.end() if (found := _HEADING.match(page)) else 0
    return tidy("\n".join([page[:place], *lines, "", page[place:]]))
