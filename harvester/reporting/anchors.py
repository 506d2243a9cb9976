"""Anchors of headings, as GitHub and GitLab give them, so that a link within a page leads where it should."""

from __future__ import annotations

import itertools
import re
import unicodedata

from harvester.reporting.markdown import visible


def slug(title: str) -> str:
    """The anchor that GitHub and GitLab give a heading: lower case, hyphens for spaces, no punctuation."""
    letters = (each for each in visible(title).lower() if each in " -_" or unicodedata.category(each)[0] in "LN")
    return re.sub(r"\s", "-", "".join(letters).strip())


class Anchors:
    """The anchors of a page's headings, given out in their order: repeated ones are numbered from the second on."""

    def __init__(self) -> None:
        self._seen: set[str] = set()

    def of(self, heading: str) -> str:
        """The anchor of the next heading; empty for the first that has no letter or digit."""
        name = slug(heading)
        numbered = (f"{name}-{number}" for number in itertools.count(1))
        free = name if name not in self._seen else next(each for each in numbered if each not in self._seen)
        self._seen.add(free)
        return free
