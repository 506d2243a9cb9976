"""The text of a ticket as plain text: Cloud sends a tree (Atlassian Document Format), Data Center wiki markup. Pure.

Both are untrusted: the depth of a tree is bounded, and every repetition in a pattern is bounded, so that a hostile text
costs time in proportion to its length.
Sources: https://developer.atlassian.com/cloud/jira/platform/apis/document/structure/,
https://jira.atlassian.com/secure/WikiRendererHelpAction.jspa?section=all
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

DEEPEST = 40
"""How deep a tree is read; Jira's own editor nests less than ten levels."""
_INLINE = frozenset(
    {"text", "hardBreak", "mention", "emoji", "inlineCard", "status", "date", "placeholder", "mediaInline"}
)
_ITEMS = frozenset({"listItem", "taskItem", "decisionItem"})
_SHORT = frozenset({"tableCell", "tableHeader", "caption"})


def plain_text(value: object) -> str | None:
    """A description or comment as plain text, paragraphs apart by an empty line; None where there is none."""
    text = from_wiki(value) if isinstance(value, str) else from_document(value) if isinstance(value, Mapping) else ""
    return text.strip() or None


def from_document(document: Mapping[str, Any]) -> str:
    """The text of a tree. Of a node that is not known, what is in it is read; pictures have none."""
    return "\n\n".join(each for each in _blocks(document, 0) if each.strip())


def _blocks(node: Mapping[str, Any], depth: int) -> Iterator[str]:
    """The paragraphs in a node, in order."""
    children, kind = _children(node), _kind(node)
    if depth > DEEPEST:
        return
    if kind in {"blockCard", "embedCard"}:
        yield _card(node)
    elif kind == "tableRow":
        yield " | ".join(" ".join(filter(None, _blocks(each, depth + 1))) for each in children)
    elif kind in {"bulletList", "orderedList", "taskList", "decisionList"}:
        yield "\n".join(_item(each, number, kind, depth) for number, each in enumerate(children, 1))
    elif kind in _SHORT or any(_kind(each) not in _INLINE for each in children):
        yield from _mixed(children, depth)
    else:
        yield "".join(map(_inline, children))


def _mixed(children: Sequence[Mapping[str, Any]], depth: int) -> Iterator[str]:
    """The paragraphs of blocks, with runs of inline nodes between them as paragraphs."""
    run: list[str] = []
    for each in children:
        if _kind(each) in _INLINE:
            run.append(_inline(each))
            continue
        yield "".join(run)
        run = []
        yield from _blocks(each, depth + 1)
    yield "".join(run)


def _item(node: Mapping[str, Any], number: int, kind: str, depth: int) -> str:
    mark = f"{number}. " if kind == "orderedList" else "- "
    if _kind(node) not in _ITEMS:  # a list in a list
        return "\n".join(f"  {line}" for text in _blocks(node, depth + 1) for line in text.splitlines())
    lines = [line for text in _blocks(node, depth + 1) if text for line in text.splitlines()]
    return "\n".join([mark + (lines[0] if lines else ""), *(f"  {line}" for line in lines[1:])])


def _inline(node: Mapping[str, Any]) -> str:
    kind, attributes = _kind(node), _mapping(node.get("attrs"))
    if kind == "text":
        return _linked(str(node.get("text", "")), node)
    if kind == "hardBreak":
        return "\n"
    if kind == "inlineCard":
        return _card(node)
    return str(attributes.get("text") or attributes.get("shortName") or "")


def _linked(text: str, node: Mapping[str, Any]) -> str:
    """A text, with the address of its link behind it where it is not that address itself."""
    marks = node.get("marks")
    for mark in marks if isinstance(marks, list) else ():
        href = str(_mapping(_mapping(mark).get("attrs")).get("href", ""))
        if href and href != text:
            return f"{text} ({href})"
    return text


def _card(node: Mapping[str, Any]) -> str:
    return str(_mapping(node.get("attrs")).get("url", ""))


def _kind(node: Mapping[str, Any]) -> str:
    return str(node.get("type"))


def _children(node: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    content = node.get("content")
    return [each for each in content if isinstance(each, dict)] if isinstance(content, list) else []


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


_LITERAL = re.compile(r"\{(?P<name>code|noformat)(?::[^{}\n]{0,200})?\}|\{\{(?P<code>[^{}\n]{1,500})\}\}")
"""What is shown as it is written, or the beginning of it: up to the name in braces."""
_MACRO = re.compile(r"\{(?:code|noformat|quote|color|panel|anchor|info|note|tip|warning|expand)(?::[^{}\n]{0,300})?\}")
_LINK = re.compile(r"\[(?P<text>[^\[\]|\n]{0,500})\|(?P<url>[^\[\]|\n\s]{1,2000})(?:\|[^\[\]\n]{0,100})?\]")
_PERSON = re.compile(r"\[~(?:accountid:)?(?P<name>[^\[\]|\n]{1,200})\]")
_ADDRESS = re.compile(r"\[(?P<url>(?:https?://|mailto:)[^\[\]|\n\s]{1,2000})\]")
_PICTURE = re.compile(r"!(?=[^\s!|])[^!|\n]{1,300}\.\w{2,5}(?:\|[^!\n]{0,200})?!")
_HEADING = re.compile(r"^[ \t]{0,20}(?:h[1-6]|bq)\.[ \t]{1,20}", re.MULTILINE)
_ITEM = re.compile(r"^[ \t]{0,20}(?P<marks>[*#-]{1,10})[ \t]{1,20}(?=\S)", re.MULTILINE)
_RULE = re.compile(r"^[ \t]{0,20}-{4,5}[ \t]{0,20}$", re.MULTILINE)
_CELLS = re.compile(r"[ \t]{0,20}\|{1,2}[ \t]{0,20}")
_ROW = re.compile(r"^[ \t]{0,20}\|.{0,5000}\|[ \t]{0,20}$", re.MULTILINE)
_MARKED = {
    mark: re.compile(
        rf"{re.escape(mark)}(?<![\w\\{re.escape(mark[0])}]{re.escape(mark)})(?=[^\s{re.escape(mark[0])}])"
        rf"(?P<text>[^\n]{{0,500}}?(?<=[^\s\\])){re.escape(mark)}(?![\w{re.escape(mark[0])}])"
    )
    for mark in ("*", "_", "+", "^", "~", "??")
}
"""Words between two marks; the mark comes first, since that is quick to look for."""
_ESCAPED = re.compile(r"\\(?P<text>[^\w\s\\])")
_BREAK = re.compile(r"[ \t]?\\\\(?=\s|$)")
_EMPTY_LINES = re.compile(r"\n[ \t]*(?:\n[ \t]*){2,20}")


def from_wiki(markup: str) -> str:
    """The text of wiki markup: what marks it up is removed, and code is left as it is written."""
    made, at = [], 0
    text = markup.replace("\r\n", "\n")
    for start, end, literal in _literals(text):
        made += [_without_marks(text[at:start]), literal.strip("\n")]
        at = end
    return _EMPTY_LINES.sub("\n\n", "".join([*made, _without_marks(text[at:])]))


def _literals(text: str) -> Iterator[tuple[int, int, str]]:
    """Where what is shown as it is written begins and ends, and what it is; a beginning without an end is none.

    Each end is looked for once: a name that does not come any more is not looked for again.
    """
    at, unclosed = 0, set[str]()
    while found := _LITERAL.search(text, at):
        at, name = found.end(), found["name"]
        if name is None:
            yield found.start(), at, found["code"]
        elif name not in unclosed:
            end = text.find(f"{{{name}}}", at)
            if end < 0:
                unclosed.add(name)
                continue
            yield found.start(), end + len(name) + 2, text[at:end]
            at = end + len(name) + 2


def _without_marks(text: str) -> str:
    for needed, pattern, by in _REPLACED:
        if needed in text:
            text = pattern.sub(by, text)
    return text


def _link(found: re.Match[str]) -> str:
    return f"{found['text']} ({found['url']})" if found["text"].strip() else found["url"]


def _mark(found: re.Match[str]) -> str:
    return "  " * (len(found["marks"]) - 1) + ("1. " if found["marks"].endswith("#") else "- ")


def _row(found: re.Match[str]) -> str:
    return _CELLS.sub(" | ", found[0]).strip(" |")


_REPLACED: Sequence[tuple[str, re.Pattern[str], str | Callable[[re.Match[str]], str]]] = (
    ("{", _MACRO, ""),
    ("!", _PICTURE, ""),
    ("[~", _PERSON, r"@\g<name>"),
    ("|", _LINK, _link),
    ("[", _ADDRESS, r"\g<url>"),
    ("----", _RULE, ""),
    (". ", _HEADING, ""),
    (" ", _ITEM, _mark),
    ("|", _ROW, _row),
    ("\\\\", _BREAK, "\n"),
    *((mark, pattern, r"\g<text>") for mark, pattern in _MARKED.items()),
    ("\\", _ESCAPED, r"\g<text>"),
)
"""What is replaced and by what, in this order; most texts lack most of the characters that each needs."""
