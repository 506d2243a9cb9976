"""A ladder written in Markdown: a heading of the second level for each level, and what it asks for in a list.

    ## D3 - Developer 3                              https://github.com/jorgef/engineeringladders
    * **Designs**: designs and implements features
                                                     https://github.com/monzo/progression-framework, design
    ## Level 1
    ### Knowledge
    You are early on in your career …

A theme is the heading of the third level above a criterion or, without one, the words in bold that it begins with.
A paragraph is a criterion under a heading of the third level, and says something about the level elsewhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from harvester.errors import ConfigError
from harvester.ladders.model import Ladder, LadderCriterion, Level
from harvester.ladders.shapes import LONGEST_TEXT
from harvester.text import name_from, one_line

if TYPE_CHECKING:
    from markdown_it.token import Token

LARGEST = 128 << 10
"""Bytes of a ladder in Markdown; the worst 128 KiB that were tried took four seconds to parse."""

_SHORT = re.compile(r"^(?P<name>[A-Za-z]{1,5}[ .-]?\d{1,2})(?:\s*[-–—:]\s+\S|$)")
"""The short name that a heading begins with: `D3` of `D3 - Developer 3`."""


def markdown_ladder(text: str, path: Path) -> Ladder:
    """The ladder in a Markdown text; raises ConfigError for a text that is too long, with the line."""
    from markdown_it import MarkdownIt

    if len(text.encode()) > LARGEST:
        raise ConfigError(f"{path} is too large: more than {LARGEST:,} bytes.", hint="Is this the right file?")
    title, levels, criteria = "", dict[str, Level](), list[LadderCriterion]()
    level = theme = ""
    for kind, inline in _blocks(MarkdownIt("commonmark").parse(text)):
        words = _plain(inline.children or [])
        if kind == "h1":
            title, level, theme = title or words, "", ""
        elif kind == "h2":
            level, theme = _level_name(words), ""
            levels.setdefault(level, Level(level, words))
        elif kind == "h3":
            theme = words
        elif level and (kind == "li" or theme):
            criteria.append(_criterion(inline, level, theme, path))
    used = {each.level for each in criteria}
    return Ladder(title, tuple(each for name, each in levels.items() if name in used), tuple(criteria))


def _blocks(tokens: Sequence[Token]) -> Iterator[tuple[str, Token]]:
    """Each heading, paragraph and item with text: `h1` to `h6`, `p`, `li`; of an item its first paragraph alone."""
    lists, first_in_item = 0, False
    tag = ""
    for token in tokens:
        if token.type == "list_item_open":
            lists, first_in_item = lists + 1, True
        elif token.type == "list_item_close":
            lists -= 1
        elif token.type in {"heading_open", "paragraph_open"}:
            tag = token.tag
        elif token.type == "inline" and _plain(token.children or []):
            if tag == "p" and lists:
                tag, first_in_item = ("li" if first_in_item else ""), False
            yield tag, token


def _criterion(inline: Token, level: str, theme: str, path: Path) -> LadderCriterion:
    children = inline.children or []
    text = _plain(children)
    if not theme and children[0].content == "" and [each.type for each in children[:2]] == ["text", "strong_open"]:
        children = children[1:]
    if not theme and children[0].type == "strong_open":
        end = next((at for at, each in enumerate(children) if each.type == "strong_close"), 0)
        rest = _plain(children[end + 1 :]).lstrip(":-–—. ")
        theme, text = (_plain(children[:end]).rstrip(": "), rest) if rest else ("", text)
    if len(text) > LONGEST_TEXT:
        line = inline.map[0] + 1 if inline.map else 1
        raise ConfigError(f"{path}: line {line}: this text has more than {LONGEST_TEXT:,} characters.")
    return LadderCriterion(text, level, theme)


def _plain(children: Sequence[Token]) -> str:
    """The words of inline Markdown on one line, without marks, images and HTML."""
    breaks = {"softbreak": " ", "hardbreak": " "}
    words = (
        breaks.get(each.type) or (each.content if each.type in {"text", "text_special", "code_inline"} else "")
        for each in children
    )
    return one_line("".join(words))


def _level_name(heading: str) -> str:
    short = _SHORT.match(heading)
    return name_from(short["name"] if short else heading, "level")
