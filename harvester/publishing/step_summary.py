"""A page as the summary of a step of GitHub Actions, which its run shows."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

from harvester.errors import PublishError, ReportError
from harvester.files import read_text, write_text
from harvester.publishing.headings import split, without_fragments
from harvester.publishing.markers import marked, marker_of
from harvester.publishing.publisher import Page, Publication, PublisherContext, Step
from harvester.publishing.web import require_allowed, require_markdown
from harvester.reporting.stamp import LARGEST

VARIABLE = "GITHUB_STEP_SUMMARY"
LIMIT = 1 << 20
"""Bytes of a step's summary; more is not shown at all
(https://docs.github.com/actions/reference/workflow-commands-for-github-actions#step-isolation-and-limits)."""
ROOM = 400
"""Bytes for the marker, the end and the sentence that something is left out."""


@dataclass(frozen=True)
class StepSummary:
    """The file that $GITHUB_STEP_SUMMARY names; there is nothing to say about it, so the target is empty."""

    target: str
    context: PublisherContext

    def publish(self, page: Page) -> Publication:
        """Append the page to what other programs wrote, or replace it where this step has it already."""
        require_markdown(page, "a summary")
        if self.target:
            raise PublishError(f"`summary` takes no target, and got {self.target[:100]!r}.", hint="Write --to summary.")
        name = self.context.environ.get(VARIABLE, "")
        if not name:
            raise PublishError(f"${VARIABLE} is not set.", hint="`summary` is for a step of GitHub Actions.")
        require_allowed("This run", is_public=not _is_private(self.context), allowed=self.context.public)
        path = self.context.root / name
        try:
            before = read_text(path, limit=LIMIT) if path.exists() else ""
            after, remarks = with_page(before, page)
            if after != before and not self.context.dry_run:
                write_text(path, after)
        except ReportError as error:
            raise PublishError(error.message, hint=error.hint) from error
        step = Step("update" if marker_of_page(before, page) else "create", "summary of this step", str(path))
        return Publication((step,) if after != before else (), str(path), remarks)


def _is_private(context: PublisherContext) -> bool:
    """Whether only some can see the run: whether its repository is private, as the event says that started it."""
    event = context.environ.get("GITHUB_EVENT_PATH", "")
    if not event or not (context.root / event).is_file():
        return False
    try:
        return json.loads(read_text(context.root / event, limit=LARGEST))["repository"]["private"] is True
    except (ValueError, KeyError, TypeError):
        return False


def with_page(summary: str, page: Page) -> tuple[str, tuple[str, ...]]:
    """A summary with the page in it once, and what should be known; where there is little room the page is cut.

    Raises PublishError where there is none.
    """
    found = marker_of_page(summary, page)
    start, end = found.span() if found else (len(summary), len(summary))
    before, after = summary[:start], summary[end:]
    before += "" if not before or before.endswith("\n\n") else "\n" if before.endswith("\n") else "\n\n"
    room = LIMIT - ROOM - _bytes(before) - _bytes(after)
    if room < ROOM:
        raise PublishError("The summary of this step is full.", hint="Publish the page in a step of its own.")
    first, *left = split(without_fragments(page.text), _bytes, room)
    remarks = ("The page is longer than a summary may be, and was cut; an issue has room for it.",) if left else ()
    text = f"{first.rstrip()}\n\n*The page is longer than a summary may be, and is cut here.*\n" if left else first
    return f"{before}{marked(page.key, 1, 1, text)}{_end(page)}{after}", remarks


def marker_of_page(summary: str, page: Page) -> re.Match[str] | None:
    """Where a summary has this page, from its marker to its end."""
    pattern = rf"^<!-- published by harvester: page {page.key} [^\n]*\n.*?{re.escape(_end(page))}"
    found = re.search(pattern, summary, re.MULTILINE | re.DOTALL)
    return found if found and marker_of(found[0]) else None


def _end(page: Page) -> str:
    return f"\n<!-- end of page {page.key} -->\n"


def _bytes(text: str) -> int:
    return len(text.encode())
