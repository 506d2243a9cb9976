"""Which lines of a Markdown text are code between fences, and which are commented out.

As CommonMark has it (https://spec.commonmark.org/0.31.2/#fenced-code-blocks, #html-blocks): a fence ends with one of
the same character that is at least as long, and a comment begins at the start of a line. What nobody closes reaches to
the end of the text there; here it is told, since it would swallow whatever is written after it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

Block = Literal["text", "code", "comment"]

_FENCE = re.compile(r"^[ \t]{0,3}(?P<fence>`{3,}(?=[^`]*$)|~{3,})(?P<after>.*)$")
COMMENT_BEGINS, COMMENT_ENDS = "<!--", "-->"
_COMMENT = re.compile(rf"^ {{0,3}}{COMMENT_BEGINS}")


@dataclass(frozen=True, slots=True)
class Blocks:
    """What each line is, and the places, from 0, of those that open code or a comment which nobody closes."""

    kinds: tuple[Block, ...]
    open: tuple[int, ...] = ()


def blocks(lines: Sequence[str], ends: Callable[[str], bool]) -> Blocks:
    """What each line is; of what has no end a comment is text, and code holds up to the next line that `ends` it."""
    kinds: list[Block] = []
    left_open: list[int] = []
    hopeless: set[str] = set()  # what nobody closes from some line on nobody closes from a later one
    while (at := len(kinds)) < len(lines):
        kind, opener = opens(lines[at]), _opener(lines[at])
        last = at if kind == "text" else None if opener in hopeless else _last(lines, at)
        if last is None:
            left_open.append(at)
            hopeless.add(opener)
            kind, last = ("code", _before(lines, at, ends)) if kind == "code" else ("text", at)
        kinds += [kind] * (last - at + 1)
    return Blocks(tuple(kinds), tuple(left_open))


def opens(line: str) -> Block:
    """What begins with a line that stands in text."""
    return "code" if _FENCE.match(line) else "comment" if _COMMENT.match(line) else "text"


def _opener(line: str) -> str:
    """The fence or the comment mark that a line begins with."""
    found = _FENCE.match(line)
    return found["fence"] if found else COMMENT_BEGINS


def _last(lines: Sequence[str], first: int) -> int | None:
    """The place of the line that closes what is opened here; None where none does."""
    if fence := _FENCE.match(lines[first]):
        return next((at for at in range(first + 1, len(lines)) if _closes(lines[at], fence["fence"])), None)
    return next((at for at in range(first, len(lines)) if COMMENT_ENDS in lines[at]), None)


def _closes(line: str, fence: str) -> bool:
    found = _FENCE.match(line)
    return bool(found and found["fence"].startswith(fence) and not found["after"].strip())


def _before(lines: Sequence[str], first: int, ends: Callable[[str], bool]) -> int:
    """The place of the last line before one that ends what is opened here."""
    return next((at - 1 for at in range(first + 1, len(lines)) if ends(lines[at])), len(lines) - 1)
