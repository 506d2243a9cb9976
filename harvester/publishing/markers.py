"""The line that marks what harvester published: which page it is, which part of it, and a digest of its text.

It is the first line, and nowhere else one is looked for: what strangers write comes behind it. It names nobody.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from harvester.reporting.stamp import content_digest

_LINE = re.compile(
    r"\A<!-- published by harvester: page ([0-9a-f]{16}) part ([0-9]{1,4})/([0-9]{1,4}) text ([0-9a-f]{16}) -->"
    r"\r?(?:\n|\Z)"
)
LONGEST = 160
"""Characters that a marker needs at most, with its line end."""


@dataclass(frozen=True, slots=True)
class Marker:
    """Part `number` of `count` of the page with this key; `text` is the digest of what follows the marker."""

    key: str
    number: int
    count: int
    text: str

    def __str__(self) -> str:
        return f"<!-- published by harvester: page {self.key} part {self.number}/{self.count} text {self.text} -->"


def marked(key: str, number: int, count: int, text: str) -> str:
    """A part with its marker."""
    return f"{Marker(key, number, count, text_digest(text))}\n{text}"


def marker_of(body: str) -> Marker | None:
    """The marker that a body begins with; None without one."""
    found = _LINE.match(body)
    return Marker(found[1], int(found[2]), int(found[3]), found[4]) if found else None


def is_edited(body: str) -> bool:
    """Whether what follows a body's marker is not what was written; line ends and spaces before them are no edit."""
    found = _LINE.match(body)
    return found is None or text_digest(body[found.end() :]) != found[4]


def text_digest(text: str) -> str:
    """The digest of a part, however a service keeps its line ends."""
    return content_digest("\n".join(line.rstrip() for line in text.splitlines()).strip())
