"""Anchors of headings, as GitHub and GitLab give them to a whole page in its order."""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections.abc import Iterable

from harvester.reporting.markdown import visible


def anchors(headings: Iterable[str]) -> list[str]:
    """The anchor of each heading of a page, in order; repeated ones are numbered from the second on.

    It is empty for the first heading that has no letter or digit.
    """
    seen: set[str] = set()
    found = []
    for heading in headings:
        name = slug(heading)
        numbered = (f"{name}-{number}" for number in itertools.count(1))
        seen.add(free := name if name not in seen else next(each for each in numbered if each not in seen))
        found.append(free)
    return found


def anchors_by_name(headings: Iterable[tuple[str, str]]) -> dict[str, str]:
    """The anchors of all headings of a page, in order, by the name that each has; without a name none is returned."""
    named = list(headings)
    found = anchors(text for _, text in named)
    return {name: anchor for (name, _), anchor in zip(named, found, strict=True) if name}


def slug(title: str) -> str:
    """The anchor that GitHub and GitLab give a heading: lower case, hyphens for spaces, no punctuation."""
    letters = (each for each in visible(title).lower() if each in " -_" or unicodedata.category(each)[0] in "LN")
    return re.sub(r"\s", "-", "".join(letters).strip())
