"""The page to look at: a report's Markdown as one HTML file that runs nothing and requests nothing.

It has the same content in the same words. The Markdown is parsed with raw HTML off, so nothing that a source says
becomes an element. Then its tokens are given structure: a section for each heading of the second level, regions in
which wide tables scroll, notes, bars, charts, and the appendix folded. The page's Content-Security-Policy forbids it
scripts, requests, and every style but its own.
"""

from __future__ import annotations

import base64
import hashlib
import itertools
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock
from markdown_it.token import Token

from harvester.reporting.anchors import anchors
from harvester.reporting.charts import CHART_LINE, Chart, to_svg
from harvester.reporting.templates import html_template
from harvester.text import JOINER

APPENDIX = "Appendix"
"""How the heading of what is folded begins."""

LEAD = "In short."
"""How the opening paragraph begins, in bold."""

PROOF = re.compile(r"\((?:measured|confirmed|observed|activity)\b[^()]*\)")
"""The kind of proof of a claim, in italics after it."""

PROOF_AMONG = re.compile(r"(?<= · )(measured|confirmed[^·]*?|observed|activity)(?= · | ?$)")
"""The same among the counts of a highlight."""

STATES = {
    "met": "good", "on track": "fair", "at risk": "poor", "off track": "poor", "not met": "poor",
}  # fmt: skip
"""How the words beside a bar are coloured; they say the same without colour."""

PROOF_OF_CRITERION = re.compile(r"(?<=, )(measured|confirmed.*|observed|evidence needed)(?=\.$)")
"""The same at the end of the sentence that says which criterion a goal serves."""

SCOPE = "Scope:"
"""How the facts of a theme of evidence begin."""

CRITERION = "Criterion: "
"""How that sentence begins; the criterion follows in italics."""

LONGEST_UNBROKEN = 22
"""Characters of the longest cell of a column that is never broken, such as a span of days, or a bar with a state."""

STACKED = 4
"""Columns from which on a table is one block a row on a narrow screen."""

_BAR = re.compile("(█*)(░*)")
_NUMBER = re.compile("[0-9][0-9.,]*|–")
_OWN_COMMENT = re.compile(r"<!-- harvester .*-->")


@dataclass(frozen=True, slots=True)
class _Section:
    """The part of a page under a heading of the second level; `heading` and `body` are HTML of our making."""

    anchor: str
    heading: str
    body: str
    is_goal: bool
    is_folded: bool
    is_named: bool
    """Whether the section is a landmark by its heading's name; of several with one name only the first is."""


def to_html(text: str, charts: Mapping[str, Chart], *, title: str) -> str:
    """A page's Markdown, with lines for charts as `CHART_LINE` has them, as HTML; the same input gives the same bytes.

    A line that names no chart of `charts` is left out, and so is the comment that says what the page was made from.
    """
    parser = _parser()
    intro, *rest = _parts(_with_structure(parser.parse(text), charts))
    goals = _linked_from_tables(intro)
    style = html_template("page.css.j2").render()
    return html_template("page.html.j2").render(
        title=title, style=style, digest=_digest(style), intro=_html(parser, intro),
        sections=list(_sections(parser, rest, goals)),
    )  # fmt: skip


def _parser() -> MarkdownIt:
    """CommonMark with tables, without raw HTML, and without images, whose addresses a browser would request."""
    parser = MarkdownIt("commonmark", {"html": False}).enable("table").disable("image")
    parser.block.ruler.before("paragraph", "own_comment", _own_comment, {"alt": ["paragraph"]})
    return parser


def _own_comment(state: StateBlock, first: int, end: int, silent: bool) -> bool:
    """A rule of the parser: a chart's line is a block, and so is the comment that says what a page was made from."""
    line = state.src[state.bMarks[first] : state.eMarks[first]]
    chart = CHART_LINE.fullmatch(line)
    if not chart and not _OWN_COMMENT.fullmatch(line):
        return False
    if not silent:
        state.line = first + 1
        if chart:
            state.push("chart", "", 0).info = chart[1]
    return True


def _digest(style: str) -> str:
    return base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()


def _html(parser: MarkdownIt, tokens: Sequence[Token]) -> str:
    return str(parser.renderer.render(tokens, parser.options, {}))


def _parts(tokens: Iterable[Token]) -> list[list[Token]]:
    """The tokens before the first heading of the second level, and those from each of them on."""
    parts: list[list[Token]] = [[]]
    for token in tokens:
        if token.type == "heading_open" and token.tag == "h2" and token.level == 0:
            parts.append([])
        parts[-1].append(token)
    return parts


def _sections(parser: MarkdownIt, parts: Iterable[Sequence[Token]], goals: set[str]) -> Iterator[_Section]:
    names: set[str] = set()
    for opening, heading, _, *rest in parts:
        anchor, name = str(opening.attrs["id"]), " ".join(_words(heading).casefold().split())
        folded = _words(heading).startswith(APPENDIX)
        title, body = _html(parser, [heading]), _html(parser, rest)
        yield _Section(anchor, title, body, anchor in goals, folded, name not in names)
        names.add(name)


def _linked_from_tables(tokens: Iterable[Token]) -> set[str]:
    """The anchors that the tables of a page's beginning lead to: its goals."""
    found, depth = set(), 0
    for token in tokens:
        depth += token.nesting if token.tag == "table" else 0
        for each in (token.children or ()) if depth else ():
            href = str(each.attrs.get("href", ""))
            if href.startswith("#"):
                found.add(href[1:])
    return found


def _words(inline: Token) -> str:
    """The text of a block, without marks."""
    children = inline.children or ()
    return "".join(" " if each.type.endswith("break") else each.content for each in children if not each.nesting)


def _raw(markup: str) -> Token:
    """Markup of ours, which is rendered as it is."""
    return Token("html_block", "", 0, content=markup)


def _raw_inline(markup: str) -> Token:
    return Token("html_inline", "", 0, content=markup)


def _text(content: str) -> Token:
    return Token("text", "", 0, content=content)


# Structure: each function takes the tokens of one thing and gives them the elements and classes that the style knows.


def _with_structure(tokens: Sequence[Token], charts: Mapping[str, Chart]) -> Iterator[Token]:
    _mark_headings(tokens)
    _mark_quotes(tokens)
    _mark_paragraphs(tokens)
    _mark_facts(tokens)
    _mark_tables(tokens)
    undrawn = dict(charts)
    for token, list_tag, heading in _in_context(tokens):
        match token.type:
            case "chart":
                if chart := undrawn.pop(token.info, None):
                    yield _raw(to_svg(chart, token.info))
            case "table_open":
                label = escape(f"Table: {heading}")
                yield _raw(f'<div class="scroll" role="group" tabindex="0" aria-label="{label}">\n')
                yield token
            case "table_close":
                yield token
                yield _raw("</div>\n")
            case "fence":
                label = escape(f"Text to paste: {heading}")
                code = escape(token.content.removesuffix("\n"))
                yield _raw(f'<pre class="paste" role="group" tabindex="0" aria-label="{label}">{code}</pre>\n')
            case "inline":
                token.children = list(_inline(token, list_tag))
                yield token
            case _:
                yield token


def _in_context(tokens: Sequence[Token]) -> Iterator[tuple[Token, str, str]]:
    """Each token with the tag of the list that it is in (empty outside of lists), and the heading it is under."""
    lists, heading = [""], ""
    for at, token in enumerate(tokens):
        if token.tag in ("ul", "ol"):
            if token.nesting == 1:
                lists.append(token.tag)
            else:
                lists.pop()
        if token.type == "heading_open":
            heading = _words(tokens[at + 1]).replace(JOINER, "")
        yield token, lists[-1], heading


def _mark_headings(tokens: Sequence[Token]) -> None:
    places = [at for at, token in enumerate(tokens) if token.type == "heading_open"]
    for at, anchor in zip(places, anchors(_words(tokens[at + 1]) for at in places), strict=True):
        # An anchor has no colon, so no id is given twice.
        tokens[at].attrSet("id", anchor or f"heading:{at}")


def _mark_quotes(tokens: Sequence[Token]) -> None:
    for token in tokens:
        if token.tag == "blockquote":
            token.tag = "div"
            if token.nesting == 1:
                token.attrs = {"class": "note", "role": "note"}


def _mark_paragraphs(tokens: Sequence[Token]) -> None:
    for at, token in enumerate(tokens):
        if token.type == "paragraph_open" and token.level == 0:
            _mark_paragraph(token, tokens[at + 1])


def _mark_paragraph(paragraph: Token, inline: Token) -> None:
    """The opening paragraph, and a line that is all in italics, which says what the page is of."""
    kinds = [each.type for each in _marks(inline)]
    words = _words(inline)
    if kinds[:1] == ["strong_open"] and words.startswith(LEAD):
        paragraph.attrSet("class", "lead")
    elif kinds[:1] == ["em_open"] and kinds[-1:] == ["em_close"] and kinds.count("em_open") == 1:
        paragraph.attrSet("class", "meta")


def _mark_facts(tokens: Sequence[Token]) -> None:
    """Lists whose entries begin with a name in bold and a colon: the themes of a section, and the facts of a card.

    A list right under a heading of the second level has themes, whose names may be long, unless `Scope:` begins it. In
    every other one each entry is one line that begins with a short name, such as `Result:`.
    """
    heading = ""
    for at, token in enumerate(tokens):
        heading = token.tag if token.type == "heading_open" else heading
        if token.type != "bullet_list_open":
            continue
        end = next(
            place for place in range(at, len(tokens))
            if tokens[place].type == "bullet_list_close" and tokens[place].level == token.level
        )  # fmt: skip
        inside = tokens[at + 1 : end]
        entries = [each for each in inside if each.type == "inline" and each.level == token.level + 3]
        named = [each for each in entries if _begins_with_name(each)]
        if token.level == 0 and heading == "h2" and not (named and _marks(named[0])[1].content == SCOPE):
            what = "themes" if named else ""
        else:
            plain = all(each.type.startswith(("list_item", "paragraph")) or each.type == "inline" for each in inside)
            what = "facts" if plain and entries == named else ""
        if what:
            token.attrSet("class", what)
            for each in named:
                each.meta["named"] = what


def _begins_with_name(inline: Token) -> bool:
    opening, name, closing = (*_marks(inline), None, None, None)[:3]
    if opening is None or name is None or closing is None:
        return False
    return opening.type == "strong_open" and closing.type == "strong_close" and name.content.endswith(":")


def _marks(inline: Token) -> list[Token]:
    """What is in a block, without the empty texts that the parser leaves between marks."""
    return [each for each in inline.children or [] if each.type != "text" or each.content]


def _mark_tables(tokens: Sequence[Token]) -> None:
    table: list[tuple[Token, Token]] = []
    opening = Token("", "", 0)
    for at, token in enumerate(tokens):
        if token.type == "table_open":
            opening = token
        elif token.type in ("th_open", "td_open"):
            table.append((token, tokens[at + 1]))
        elif token.type == "th_close" and tokens[at - 2].tag == "td":
            token.tag = "td"
        elif token.type == "table_close":
            _mark_cells(table)
            _mark_stacked(opening, table)
            table = []
        if token.type == "th_open":
            # An empty cell is the head of nothing.
            token.tag = "th" if _words(tokens[at + 1]) else "td"


def _mark_cells(cells: Sequence[tuple[Token, Token]]) -> None:
    """Cells of a table, row by row: numbers are on the right, and only columns of long texts are broken into lines."""
    width = sum(1 for cell, _ in cells if cell.type == "th_open")
    for column in range(width):
        own = cells[column::width]
        unbroken = max(len(_words(inline)) for _, inline in own) <= LONGEST_UNBROKEN
        for cell, inline in own:
            right = "right" in str(cell.attrs.pop("style", ""))
            classes = ["n"] * right + ["u" if unbroken else "t"] + _state(inline)
            cell.attrSet("class", " ".join(classes))
            if cell.tag == "th":
                cell.attrSet("scope", "col")


def _mark_stacked(table: Token, cells: Sequence[tuple[Token, Token]]) -> None:
    """What a narrow screen needs to show a row as a block: bare numbers bear their column's head.

    So do targets, which read like numbers of what was done. A row of work needs no heads: it reads like a line.
    """
    heads = [_words(inline) for cell, inline in cells if cell.type == "th_open"]
    if len(heads) < STACKED:
        return
    goals = any("state" in str(cell.attrs["class"]).split() for cell, _ in cells)
    table.attrSet("class", "goals" if goals else "rows")
    for at, (cell, inline) in enumerate(cells):
        head, column = heads[at % len(heads)], at % len(heads)
        bare = _NUMBER.fullmatch(_words(inline)) or (goals and _words(inline))
        if cell.type == "td_open" and column > 0 and head and bare:
            cell.attrSet("data-head", head)


def _state(inline: Token) -> list[str]:
    """The classes of a cell with a bar, by the words beside it."""
    children = inline.children or []
    if not any(_is_bar(each) for each in children):
        return []
    words = "".join(each.content for each in children if each.type == "text").strip()
    return ["state", STATES.get(words, "fair")]


def _is_bar(token: Token) -> bool:
    return token.type == "code_inline" and bool(_BAR.fullmatch(token.content)) and bool(token.content)


def _inline(block: Token, list_tag: str) -> Iterator[Token]:
    """What a block says, with bars drawn, kinds of proof and sources set apart, and names apart from their texts."""
    children = _marks(block)
    last_break = max((at for at, each in enumerate(children) if each.type.endswith("break")), default=-1)
    named = block.meta.get("named")
    ends: list[str] = []
    for at, token in enumerate(children):
        # What keeps forges from reading references has no use here: the page is read by nobody but people.
        token.content = token.content.replace(JOINER, "")
        if token.type == "em_open":
            _mark_italics(token, (children[place] for place in range(at + 1, len(children))))
        elif token.type == "softbreak" and (list_tag or children[at + 1].type == "strong_open"):
            token.type, token.tag = "hardbreak", "br"
        if _begins_criterion(children, at) and not list_tag:
            before, _, _ = token.content.rpartition(CRITERION)
            ends.append("</span>")
            yield from (_text(before), _raw_inline('<span class="soft">'), _text(CRITERION))
        elif at == 3 and named == "themes" and token.type == "text":
            counts, dot, rest = token.content.partition(" · ")
            yield from (_raw_inline('<span class="soft">'), _text(counts), _raw_inline("</span>"), _text(dot + rest))
        elif ends and list_tag == "ol":
            yield from _with_proof(token, PROOF_AMONG)
        elif ends and not list_tag and token is children[-1]:
            yield from _with_proof(token, PROOF_OF_CRITERION)
        else:
            yield from _drawn(token)
        if token.type == "strong_close" and named == "facts" and not ends:
            ends.append("</span>")
            yield _raw_inline("<span>")
        elif at == last_break and list_tag and not ends:
            ends.append("</span>")
            yield _raw_inline('<span class="soft">')
    yield from map(_raw_inline, ends)


def _begins_criterion(children: Sequence[Token], at: int) -> bool:
    following = children[at + 1].type if at + 1 < len(children) else ""
    return children[at].type == "text" and children[at].content.endswith(CRITERION) and following == "em_open"


def _drawn(token: Token) -> Iterator[Token]:
    yield _raw_inline(_drawn_bar(token.content)) if _is_bar(token) else token


def _with_proof(token: Token, proof: re.Pattern[str]) -> Iterator[Token]:
    """A text with the kinds of proof in it set apart."""
    if token.type != "text":
        yield token
        return
    *parts, end = proof.split(token.content)
    for number, part in enumerate(parts):
        yield _raw_inline(f'<span class="proof">{escape(part)}</span>') if number % 2 else _text(part)
    # After a badge the full stop is only heard.
    yield _raw_inline('<span class="sr">.</span>') if parts and end == "." else _text(end)


def _mark_italics(opening: Token, following: Iterable[Token]) -> None:
    """A kind of proof, or the source of what is before it; both are in parentheses."""
    words = "".join(each.content for each in itertools.takewhile(lambda each: each.type != "em_close", following))
    if PROOF.fullmatch(words):
        opening.attrSet("class", "proof")
    elif words.startswith("(") and words.endswith(")"):
        opening.attrSet("class", "soft")


def _drawn_bar(bar: str) -> str:
    full = bar.count("█")
    drawn = f'<span class="bar" aria-hidden="true"><span class="w{round(full / len(bar) * 10)}"></span></span>'
    return f'{drawn}<span class="sr">{full} of {len(bar)} parts: </span>'
