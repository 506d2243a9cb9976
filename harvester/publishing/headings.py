"""A page's heading as plain text, and a page cut into parts at its headings."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterator, Sequence

from harvester.text import JOINER, one_line

_FENCE = re.compile(r" {0,3}(```+|~~~+)")
LINE_END = "\n"
_ESCAPE = re.compile(r"\\([!-/:-@\[-`{-~])")
_FRAGMENT = re.compile(
    r"(?<![\\`])(?P<marks>`+)(?!`)[^\n]{1,2000}?(?<!`)(?P=marks)(?!`)"
    r"|(?<![\\!])\[(?P<text>(?:\\.|`[^`\n]*`|[^\[\]\\`\n])*)\]\(#[^)\s]*\)"
)
"""Code, which stays, or a link to a place in the page."""
_TABLE_RULE = re.compile(r"\|?[ :|-]*-[ :|-]*")


def title_of(content: str) -> str:
    """The first heading of a page as plain text on one line; empty where its first line is none."""
    first, _, _ = content.lstrip("\n").partition("\n")
    if not first.startswith("# "):
        return ""
    return one_line(html.unescape(_ESCAPE.sub(r"\1", first[2:])).replace(JOINER, ""))


def without_title(content: str) -> str:
    """A page without its first heading, for a place that shows the title itself."""
    return content.lstrip("\n").partition("\n")[2].lstrip("\n") if title_of(content) else content


def without_fragments(content: str) -> str:
    """A page whose links to its own headings are their text, for a place where headings cannot be linked to.

    So it is in issues and comments of GitHub (https://github.com/github/markup/issues/437) and in comments of GitLab
    (https://docs.gitlab.com/user/markdown/#heading-ids-and-links); and the heading may be in another part.
    """
    return _FRAGMENT.sub(lambda found: found[0] if found["text"] is None else found["text"], content)


def split(content: str, size: Callable[[str], int], limit: int) -> list[str]:
    """A page in parts of at most `limit` by `size`, in order, each as long as it may be.

    `size` of two texts together is the sum of theirs, as it is of characters and of bytes.
    It is cut before a heading where that is possible, those of the highest level first; else between paragraphs,
    around a block of code, between rows of a table (the next part begins with the table's head), between lines, and at
    last within a line. Code stays code: a block that is too long is a block in each part, since outside of it a
    stranger's `@name` or `Fixes #12` would do what it says.
    """
    return _packed(list(_pieces(content, size, limit, 0)), size, limit) or [""]


def _packed(pieces: Sequence[str], size: Callable[[str], int], limit: int) -> list[str]:
    """Neighbours joined for as long as they fit; each has its line ends."""
    parts: list[list[str]] = []
    filled = 0
    for piece in pieces:
        length = size(piece)
        if not parts or filled + length > limit:
            parts.append([])
            filled = 0
        parts[-1].append(piece)
        filled += length
    return ["".join(each) for each in parts]


def _pieces(text: str, size: Callable[[str], int], limit: int, depth: int) -> Iterator[str]:
    """A text in pieces that fit, cut in the first of the ways that help."""
    if size(text) <= limit:
        yield text
    elif block := _block(text):
        yield from _blocks(*block, size, limit)
    elif depth == len(_WAYS):
        yield from _characters(text, size, limit)
    else:
        head, pieces = _WAYS[depth](text)
        if len(pieces) == 1:
            yield from _pieces(text, size, limit, depth + 1)
            return
        room = limit - size(head)
        for number, part in enumerate(_packed(pieces, size, room)):
            yield from _pieces(head + part if number else part, size, limit, depth + 1)


def _block(text: str) -> tuple[str, list[str], str] | None:
    """The first line of a block of code, those in it, and what ends it; None for a text that has anything else."""
    opens, *lines = text.splitlines(keepends=True)
    mark = _FENCE.match(opens)
    if mark is None:
        return None
    end = next((at for at, line in enumerate(lines) if _ends(line, mark[1])), len(lines))
    return None if lines[end + 1 :] else (opens, lines[:end], f"{mark[1]}\n")


def _blocks(opens: str, lines: Sequence[str], closes: str, size: Callable[[str], int], limit: int) -> Iterator[str]:
    """A block of code that is too long as several, cut between its lines."""
    room = limit - size(opens) - size(closes) - 1
    pieces = [each for line in lines for each in ([line] if size(line) <= room else _characters(line, size, room))]
    for part in _packed(pieces, size, room):
        yield f"{opens}{part}{'' if part.endswith(LINE_END) else LINE_END}{closes}"


def _ends(line: str, fence: str) -> bool:
    """Whether a line ends the block of code that this fence began."""
    mark = _FENCE.match(line)
    return mark is not None and mark[1].startswith(fence) and not line.strip().strip(fence[0])


Cut = tuple[str, list[str]]
"""What each piece but the first is to begin with, and the pieces."""


def _at_headings(level: int) -> Callable[[str], Cut]:
    starts = re.compile(rf"#{{1,{level}}} ")
    return lambda text: ("", _cut_before(text, lambda line, _: bool(starts.match(line))))


def _at_paragraphs(text: str) -> Cut:
    return "", _cut_before(text, lambda line, before: bool(line.strip()) and not before.strip())


def _at_blocks(text: str) -> Cut:
    """A text before and behind each block of code."""
    return "", _cut_before(text, lambda line, before: bool(_FENCE.match(line) or _FENCE.match(before)))


def _at_rows(text: str) -> Cut:
    """A table between its rows. Its head is the first two lines, of which the second is the rule."""
    lines = text.splitlines(keepends=True)
    if len(lines) < 4 or not _TABLE_RULE.fullmatch(lines[1].strip()):
        return "", [text]
    head = "".join(lines[:2])
    return head, [head + lines[2], *lines[3:]]


def _at_lines(text: str) -> Cut:
    return "", text.splitlines(keepends=True)


def _cut_before(text: str, starts: Callable[[str, str], bool]) -> list[str]:
    """A text cut before each line that starts a piece, as its line and the one before it say; never within a fence."""
    pieces, before, fence = [list[str]()], "", ""
    for line in text.splitlines(keepends=True):
        if not fence and pieces[-1] and starts(line, before):
            pieces.append([])
        if not fence:
            fence = mark[1] if (mark := _FENCE.match(line)) else ""
        elif _ends(line, fence):
            fence = ""
        pieces[-1].append(line)
        before = line
    return ["".join(each) for each in pieces]


def _characters(text: str, size: Callable[[str], int], limit: int) -> Iterator[str]:
    """A line that is too long by itself, in pieces; each character fits."""
    yield from _packed(list(text), size, limit)


_WAYS = (
    *(_at_headings(level) for level in range(1, 7)),
    _at_paragraphs,
    _at_blocks,
    _at_rows,
    _at_lines,
)
