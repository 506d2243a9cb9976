"""Hostile text is shown as text: it opens nothing, links nowhere, mentions nobody."""

import re
import unicodedata
from html.parser import HTMLParser

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from harvester.reporting.markdown import JOINER, LONGEST, Markdown, code, escape, link, render_value
from harvester.text import safe_url

GFM = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])


class Seen(HTMLParser):
    """The text a browser would show, and the elements around it."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.text, self.tags = "", []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.text += data


def as_seen(markdown: str) -> Seen:
    return Seen(GFM.render(markdown))


def plain(text: str) -> str:
    """What a reader should see of a text: one line, no invisible characters."""
    line = " ".join(text[: 4 * LONGEST].split())
    kept = "".join(each for each in line if each in "\u200c\u200d\u2060" or unicodedata.category(each)[0] != "C")
    kept = kept.strip()
    return kept if len(kept) <= LONGEST else kept[: LONGEST - 1].rstrip() + "…"


@given(st.text())
@example("# heading")
@example("- item")
@example("1. item")
@example("| a | b |")
@example("<img src=x onerror=alert(1)>")
@example("&lt;script&gt; &#64;me")
@example("[click](javascript:alert(1))")
@example("![x](http://evil.example/pixel)")
@example("`code` **bold** _it_ ~~gone~~ ==mark== $x$")
@example("\\`not\\`")
@example("```")
@example("> quote")
@example("--> <!-- comment")
@example("***")
@example("+ plus")
@example("    indented")
@example("a\r\n\r\nb")
@example("\u202eevil\u202c")
def test_any_text_is_shown_as_itself_in_one_paragraph(text):
    seen = as_seen("x " + escape(text) + " x")
    assert [tag for tag, _ in seen.tags] == ["p"]
    assert seen.text.strip().replace(JOINER, "") == f"x {plain(text)} x".replace(JOINER, "").replace("x  x", "x  x")


@given(st.text())
@example("# heading")
@example("- item")
@example("+ item")
@example("12) item")
@example("=====")
@example("> quote")
@example("~~~")
def test_any_text_begins_a_paragraph_as_itself(text):
    seen = as_seen("y" + escape(text) if not plain(text) else escape(text))
    assert [tag for tag, _ in seen.tags] == ["p"]


@given(st.text())
@example("a | b \\| c")
@example("\n|---|\n")
def test_any_text_stays_in_its_table_cell(text):
    table = f"| a | b |\n|---|---|\n| {escape(text)} | end |\n"
    cells = [tag for tag, _ in as_seen(table).tags if tag == "td"]
    assert len(cells) == 2


@pytest.mark.parametrize(
    "text",
    ["thanks @octocat", "fixes #12", "closes org/repo#7", "see !34", "GH-12", "~label", "%milestone", "cc @org/team"],
)
def test_mentions_and_references_are_broken_by_a_joiner(text):
    assert not re.search(r"[@#!~%]\w|GH-\d", escape(text))
    assert escape(text).replace(JOINER, "").replace("\\", "") == text


@pytest.mark.parametrize("text", ["https://evil.example", "www.evil.example", "me@example.org", "http://a.b/c"])
def test_addresses_do_not_become_links(text):
    gfm = MarkdownIt("commonmark", {"linkify": False})
    assert "<a" not in gfm.render(escape(text))
    assert not re.search(r"https?://|www\.|\w@\w", escape(text))


def test_a_hash_in_a_title_does_not_become_a_link_to_a_commit():
    assert JOINER in escape("reverts 1a2b3c4d5e6f7a8b9c0d")


def test_a_long_title_ends_with_an_ellipsis():
    assert len(plain("x" * 1_000_000)) == LONGEST
    assert escape("x" * 1_000_000).endswith("…")


@pytest.mark.parametrize(
    "url",
    [None, "", "javascript:alert(1)", "data:text/html,x", "//host/path",
     "https://user:token@host/x", "https://", "file:///etc", "http://[bad"],
)  # fmt: skip
def test_only_plain_web_addresses_are_linked(url):
    assert safe_url(url) is None
    assert link("title", url) == "title"


@pytest.mark.parametrize("url", ["https://h/a)b", "https://h/a b", "https://h/<x>", 'https://h/"', "https://h/a\\"])
def test_an_address_cannot_leave_its_parentheses(url):
    seen = as_seen(link("t", url) + " after")
    assert [tag for tag, _ in seen.tags] == ["p", "a"]
    assert seen.text.strip() == "t after"


@given(st.text())
def test_a_link_text_cannot_end_the_link(text):
    seen = as_seen("x " + link(text + "y", "https://example.org/1"))
    assert [attrs for tag, attrs in seen.tags if tag == "a"] == [{"href": "https://example.org/1"}]


def test_code_holds_only_what_names_are_made_of():
    assert code("ab`c|d\n<e>") == "`abcde`"


def test_what_is_ours_is_not_escaped_again():
    assert render_value(Markdown("**a**")) == "**a**"
    assert render_value("**a**") == "\\*\\*a\\*\\*"
    assert render_value(1234567) == "1,234,567"
