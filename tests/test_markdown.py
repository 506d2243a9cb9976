"""Foreign text on a page is shown as text, and as nothing else, by every common renderer of Markdown."""

import re
import time
import unicodedata
from functools import cache
from html import unescape
from html.parser import HTMLParser
from urllib.parse import unquote

import cmarkgfm
import markdown
import mistune
import pytest
from cmarkgfm.cmark import Options
from hypothesis import assume, example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from harvester.reporting.markdown import (
    JOINER,
    LONGEST,
    Markdown,
    code,
    escape,
    link,
    prose,
    reference,
    render_value,
    sentence,
    visible,
)  # fmt: skip
from harvester.reporting.stamp import _comment
from harvester.text import CODE_SPAN, safe_url

EXTRAS = ["extra", "sane_lists", "attr_list", "admonition", "nl2br", "wikilinks"]
PLUGINS = [
    "url", "table", "strikethrough", "footnotes", "task_lists", "def_list", "abbr", "math", "mark", "insert",
    "superscript", "subscript", "ruby", "spoiler",
]  # fmt: skip
COMMONMARK = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
LINKIFY = MarkdownIt("gfm-like", {"html": True})
LINKIFY.linkify.set({"fuzzy_ip": True}).tlds(["example"], True)


def gfm(page):
    """The page by GitHub's own parser, with raw HTML as it is."""
    return cmarkgfm.markdown_to_html_with_extensions(
        page,
        options=Options.CMARK_OPT_UNSAFE | Options.CMARK_OPT_FOOTNOTES,
        extensions=["table", "autolink", "strikethrough", "tasklist"],
    )


RENDERERS = {
    "markdown-it": COMMONMARK.render,
    "markdown-it with links": LINKIFY.render,
    "cmark-gfm": gfm,
    "python-markdown with tables": lambda page: markdown.markdown(page, extensions=["tables"]),
    "python-markdown with extras": lambda page: markdown.markdown(page, extensions=EXTRAS),
    "mistune": mistune.create_markdown(escape=False, plugins=["table"]),
    "mistune with plugins": mistune.create_markdown(escape=False, plugins=PLUGINS),
}

PAGE = """<!-- a head -->
# {0}

{0}

{0} and {1}, *{0}*, **{1}** ({0}). {1}

> **Incomplete.** {0}
>
> - here: {0}
> - {1}

- {0}
  - **Result** {1} (`5fe81668b4`)
- {1} ([notebook](https://example.org/n), {0})

| Work | What | When |
|---|---|---|
| [{0}](https://example.org/1) | {0} | {1} |
| [`5fe81668b4`](https://example.org/2) | {1} | {0} |
| {0} | {0} | {0} |

### {1}

{1}

1. {0}
2. {1}
"""
"""The places in which a report shows foreign text, each with neighbours that it might join with."""

ATTACKS = [
    "&#;<img src=x onerror=alert(1)//></b>", ">" * 240, "<!--", "-->", "--!>", "<![CDATA[", "<?php", "</td>", "<b>",
    "{ onmouseover=alert(1) }", "{: #id .cls onclick=x }", "{#id}", "{%", "{{", "}}", "{{< x >}}", "&lt;script&gt;",
    "&#64;me", "&amp", "&copy;", "&#;", "&", "\\", "\\\\", "\\<", "\\&", "\\(x\\)", "\\[x\\]", "root@.evil.example",
    "//evil.example", "evil.example/x", "evil.com", "www.evil.com", "https://evil.example/x?y#z", "http://1.2.3.4",
    "1.2.3.4/x", "mailto:a@b.example", "xmpp:a@b.example", "ftp://evil.com", "me@example.org", "javascript:alert(1)",
    "[x](javascript:alert(1))", "![x](//evil.example/p)", "[x]", "[x]: //evil.example", "[x][y]", "[^1]",
    "[^1]: note", "^[note]", "[[Page]]", "[TOC]", "[!NOTE]", "[ ]", "[x] done", "*[HTML]: x", "@octocat", "@org/team",
    "#12", "org/repo#7", "GH-12", "gh-12", "GL-7", "PAY-12", "!12", "&12", "$12", "%12", "~12", "~bug", "~\"a b\"",
    "%\"a b\"", ":tada:", ":+1:", ":100:", "fixes #12", "Closes PAY-12", "user/repo@5fe8166", "[vulnerability:12]",
    "*iteration:x", "GHSA-abcd-1234-abcd", "CVE-2026-1234", "/close", "/assign me", "5fe8166",
    "5fe81668b40bed5453402a22379558675065a7bc", "5fe81668b40bed5453402a22379558675065a7bc" * 2,
    "0123456789abcdef" * 4, "5fe8166...76130ee", "_5fe8166_", "5FE81668B4", "x.__b__.c", "**b**", "__b__", "_i_",
    "*i*", "***", "~~s~~", "~s~", "==m==", "^s^", "^^i^^", "++i++", "$x$", "$$x$$", ">!s!<", "||s||", "[ruby(x)]",
    "`c`", "``", "```", "~~~", "`", "# h", "## h ##", "C#", "#", "---", "===", "+ i", "- i", "* i", "1. i", "1) i",
    "a. i", "iv) i", "(1) i", "#. i", ": d", "!!! note", "??? x", "::: x", "/// x", "%%", "% x", "(x)=", "| a | b |",
    "|---|---|", "|", "> q", "a b", "\u202e", "\u200b", "\u2060", "\u200d", "é", "中", "😀", "\u2424", "\u2028", "\x02",
    "\x03", "\x02wzxhzdk:0\x03", "\x02klzzwxh:0000\x03", "\n", "\n\n", "\t", "    ",
]  # fmt: skip

FRAGMENTS = st.sampled_from([*ATTACKS, *"abcxyz019_*-+=#.:/@&<>[](){}|\\`~^!$%\"' \n"])
TEXTS = st.one_of(st.lists(FRAGMENTS, min_size=1, max_size=8).map("".join), st.text(min_size=1))

REFERENCES = re.compile(
    r"""@[\w.-] | [#!&%~$]\d | [#%~$][\w"] | \*\w+: | \b(?i:g[hl])-\d | \b[A-Z][A-Z0-9]+-\d | \bGHSA-\w | ^/\w
    | :(?!\d\d?\b)[\w+-]+: | :/ | // | (?:mailto|xmpp):\w | (?i:www)\. | [^\s\0\u2060]\.[^\W\d_]{2} | \d\.\d+\.\d+\.\d
    | \[\[ | \[[\w!^] | \{[{%<\#:] | \\[\w(\[] | (?<![0-9A-Za-z])[0-9A-Fa-f]{7,}(?![0-9A-Za-z])""",
    re.VERBOSE | re.MULTILINE,
)
"""What forges and pages look for once Markdown is rendered: names, references, keys, hashes, emoji, addresses, math."""


class Seen(HTMLParser):
    """What a browser would make of HTML: its elements with their attributes, and the text it would show."""

    def __init__(self, html):
        super().__init__()
        self.elements, self.texts, self.inside = [], [], []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, attrs))
        if tag in {"a", "code"}:
            self.inside.append(tag)

    def handle_endtag(self, tag):
        self.elements.append((f"/{tag}", []))
        if tag in {"a", "code"}:
            self.inside.pop()

    def handle_data(self, data):
        self.texts.append((bool(self.inside), data))

    def handle_comment(self, data):
        self.elements.append(("comment", data))

    def unknown_decl(self, data):
        self.elements.append(("declaration", data))

    handle_decl = handle_pi = unknown_decl

    @property
    def text(self):
        return "".join(text for _, text in self.texts)

    @property
    def line(self):
        """The text on one line, without the joiners."""
        return one_line(self.text)

    @property
    def tags(self):
        """The elements that are opened."""
        return [(tag, dict(attrs)) for tag, attrs in self.elements if not tag.startswith("/")]

    @property
    def loose(self):
        """The text that is in no link and no code, which is where forges look for references."""
        return "\0".join(text for inside, text in self.texts if not inside)


def one_line(text):
    return " ".join(text.replace(JOINER, "").split())


def page(first, second):
    return PAGE.format(first, second)


@cache
def plain_page(name):
    """How a renderer shows the page with two plain words in it."""
    return Seen(RENDERERS[name](page("firstword", "secondword")))


def expected_line(name, first, second):
    shown = plain_page(name).line.replace("firstword", visible(first)).replace("secondword", visible(second))
    return one_line(shown)


@pytest.mark.parametrize("name", RENDERERS)
@given(TEXTS, TEXTS)
@example("&#;<img src=x onerror=alert(1)//></b>", ">" * 240)
def test_every_renderer_shows_text_as_text(name, first, second):
    """A page with foreign text has the elements and addresses of one with plain words, and shows each character."""
    assume(one_line(visible(first)) and one_line(visible(second)))
    seen = Seen(RENDERERS[name](page(escape(first), escape(second))))
    assert seen.elements == plain_page(name).elements
    assert seen.line == expected_line(name, first, second)
    assert not REFERENCES.search(seen.loose)


@pytest.mark.parametrize("name", RENDERERS)
def test_each_known_attack_is_shown_as_text(name):
    """Each attack at the beginning and behind a word: no element of its own, no reference, every character."""
    for attack in filter(visible, ATTACKS):
        first = f"see {attack}"
        seen = Seen(RENDERERS[name](page(escape(first), escape(attack))))
        assert seen.elements == plain_page(name).elements, attack
        assert seen.line == expected_line(name, first, attack)
        assert not REFERENCES.search(seen.loose), attack


@pytest.mark.parametrize("name", RENDERERS)
def test_a_long_table_of_attacks_stays_a_table(name):
    """Eighteen titles of 240 `>` and a tag above them, as one table: the scanner of HTML must not lose its step."""
    titles = ["&#;<img src=x onerror=alert(1)//></b>", *[">" * 240] * 18, *ATTACKS]
    titles += [f"`{each}`" for each in titles]
    rows = "".join(f"| [`5fe81668b4`](https://example.org/1) | {prose(each)} | 1 Jul |\n" for each in titles)
    seen = Seen(RENDERERS[name](f"<!-- head -->\n# A page\n\n| Work | What | When |\n|---|---|---|\n{rows}\n"))
    tags = [tag for tag, _ in seen.elements]
    assert (tags.count("tr"), tags.count("td")) == (len(titles) + 1, 3 * len(titles))
    assert {tag for tag in tags if not tag.startswith("/")} == {
        "comment", "h1", "table", "thead", "tbody", "tr", "th", "td", "a", "code",
    }  # fmt: skip


@pytest.mark.parametrize("name", RENDERERS)
@pytest.mark.parametrize("label", ["pay#120", "x.__b__.c#1", "_x_#1", "www.evil.com#1", "evil.com!2", "PAY-12"])
def test_a_reference_is_its_links_whole_label(name, label):
    """A repository's name may look like markup or like a host; its label has no joiner, so that it can be searched."""
    seen = Seen(RENDERERS[name](f"x {reference(label, 'https://example.org/1')} y"))
    assert seen.elements == [("p", []), ("a", [("href", "https://example.org/1")]), ("/a", []), ("/p", [])]
    assert seen.text.strip() == f"x {label} y"
    assert reference(label, None) == escape(label)


@pytest.mark.parametrize("name", RENDERERS)
@given(st.text(alphabet="ab/?&;=#%~_*!$'()[]{}<>|\\`^\"@:. é", max_size=12))
@example("?a=1&copy;=2&amp;b&#65;")
@example("a_b_c*d*~~e~~$f$")
def test_an_address_is_read_as_it_is(name, tail):
    """Each renderer links to the address, the same but for quoting, and nothing of it is left over.

    Mistune decodes entities of an address twice, so that none can be written for it.
    """
    url = f"https://example.org/x{tail.replace('&', '') if 'mistune' in name else tail}"
    seen = Seen(RENDERERS[name](f"x {link('t', url)} y"))
    [(tag, [(attribute, href)])] = [each for each in seen.elements if each[1]]
    assert (tag, attribute, unquote(href)) == ("a", "href", unquote(url))
    assert seen.text.strip() == "x t y"


@given(st.lists(FRAGMENTS, max_size=8).map("".join))
@example("-->")
@example("--!><img src=x onerror=alert(1)>")
def test_a_name_in_the_head_stays_a_comment(who):
    """The first line of a page names people; no name ends the comment."""
    for name, render in RENDERERS.items():
        seen = Seen(render(f"<!-- harvester · {_comment(who)} · text -->\n# Page\n"))
        assert [tag for tag, _ in seen.elements] == ["comment", "h1", "/h1"], name


@pytest.mark.parametrize("length", [10**4, 10**6])
@pytest.mark.parametrize("part", ["a.", "@", "[", "\\", "_", "1a", "www.", "://", "&", "\u202e", "  ", "`", ">", "A-1"])
def test_the_length_of_a_text_costs_nothing(part, length):
    """A text is cut before it is looked at: a million characters cost what a thousand do."""
    text = part * (length // len(part))
    start = time.process_time()
    assert len(visible(escape(text))) <= LONGEST
    assert time.process_time() - start < 0.1


def test_three_hundred_titles_take_no_time():
    """A page of 300 titles that no cache has seen is escaped within 50 ms."""
    titles = [
        f"fix(api)!: handle `None` in get_items, see #{each}, PAY-{each} & README.md (@ada)" for each in range(300)
    ]
    start = time.process_time()
    for each in titles:
        escape(each)
    assert time.process_time() - start < 0.05


@pytest.mark.parametrize(
    "text",
    ["Fix the parser (again), at 12:30: a -> b", "docs: update the guide", "feat(api): drop v1, 50% faster", "1.2.3",
     "R & D", "don't", 'the "new" one', "don’t — naïve café", "中文 標題", "e.g. a/b", "deface the façade"],
)  # fmt: skip
def test_plain_words_stay_plain(text):
    """The source of a page is readable too: what nothing reads as more than text is left as it is."""
    assert escape(text) == text


def as_seen(markdown: str) -> Seen:
    return Seen(COMMONMARK.render(markdown))


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
    assert not re.search(r"[@#!~%]\w|GH-\d", unescape(escape(text)))
    assert unescape(escape(text)).replace(JOINER, "").replace("\\", "") == text


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


CODE = st.lists(st.one_of(FRAGMENTS, st.sampled_from(["`", "``", "`a`", "`x|y`", "` b `"])), min_size=1, max_size=9)


def without_fences(text):
    """What a reader should see of a text with code: the code without its backticks."""

    def shown(found):
        plain = found["code"].strip()
        is_code = plain and "``" not in plain and "`" not in (plain[0], plain[-1])
        in_pieces = re.search(r"\||&#|<[!?]", plain)
        return plain if is_code and not ("`" in plain and in_pieces) else found[0]

    return CODE_SPAN.sub(shown, visible(text))


def apart_from_code(elements):
    return [each for each in elements if each[0] not in {"code", "/code"}]


@pytest.mark.parametrize("name", RENDERERS)
@given(CODE.map("".join), CODE.map("".join))
@example("`a]b`", "`[c](//evil.example)`")
@example("`<b>`", "`<!--` and `-->`")
@example("`\\`", "\\`a\\`")
@example("`a|`", "`|` `||b`")
@example("``a`|b``", "``a`&#;<img src=x onerror=alert(1)//></b>``")
def test_every_renderer_shows_code_as_code(name, first, second):
    """Code between balanced backticks is code, also in a link and a cell; everything else is text as before."""
    assume(one_line(without_fences(first)) and one_line(without_fences(second)))
    seen = Seen(RENDERERS[name](page(prose(first), prose(second))))
    assert apart_from_code(seen.elements) == apart_from_code(plain_page(name).elements)
    expected = plain_page(name).line.replace("firstword", without_fences(first))
    assert seen.line == one_line(expected.replace("secondword", without_fences(second)))
    assert not REFERENCES.search(seen.loose)


@pytest.mark.parametrize("name", RENDERERS)
def test_each_known_attack_in_code_is_shown_as_code(name):
    """In backticks an attack is code, alone and beside words, and what stands beside code is text."""
    for attack in (visible(each).strip() for each in ATTACKS):
        if attack and "`" not in attack:
            first, second = f"`{attack}`{attack}", f"{attack} `{attack}` a"
            seen = Seen(RENDERERS[name](page(prose(first), prose(second))))
            assert apart_from_code(seen.elements) == apart_from_code(plain_page(name).elements), attack
            expected = plain_page(name).line.replace("firstword", without_fences(first))
            assert seen.line == one_line(expected.replace("secondword", without_fences(second))), attack
            assert not REFERENCES.search(seen.loose), attack


@pytest.mark.parametrize("name", RENDERERS)
@pytest.mark.parametrize("code_text", ["name", "a.b_c", "@ada", "#12", "<form>", "a]b", "*x*", "\\", "a`b", "5fe8166"])
def test_code_is_one_element(name, code_text):
    """Code is one element with exactly its text, in a sentence, a link and a cell."""
    fence = "``" if "`" in code_text else "`"
    text = prose(f"Use {fence}{code_text}{fence} now")
    seen = Seen(RENDERERS[name](f"{link('x', 'https://example.org')} {text}\n\n| a |\n|---|\n| {text} |\n"))
    assert [inside for inside, part in seen.texts if part == code_text] == [True, True]
    assert [tag for tag, _ in seen.tags].count("code") == 2
    linked = Seen(RENDERERS[name](f"x {link(f'{fence}{code_text}{fence}', 'https://example.org/1')} y"))
    assert [tag for tag, _ in linked.tags] == ["p", "a", "code"]


def test_a_bar_stands_between_pieces_of_code():
    """A bar ends a table's cell even in code."""
    assert prose("Return `str | None`") == "Return `str` &#x7c; `None`"
    assert prose("`||`") == "&#x7c;&#x7c;"


@pytest.mark.parametrize("text", ["a ` b", "``a`", "` `", "```a``b```", "`"])
def test_backticks_that_hold_no_code_are_text(text):
    """Backticks that are not balanced, or hold nothing that can be shown as code, are shown."""
    assert prose(text) == escape(text)


def test_code_of_ours_holds_commands():
    """A command or a file's name is code with its spaces, and whatever it holds."""
    assert code("git fetch --unshallow") == "`git fetch --unshallow`"
    assert code("a`b\n<e>") == "``a`b <e>``"
    assert code("\u202e\n") == code("") == ""


def test_a_sentence_of_ours_escapes_its_parts():
    """The words of a sentence are ours, its parts a source's, but for what is Markdown already."""
    made = sentence("{} of **{}** are not in {}.", 1200, "*x* `y` {", code("goals.toml"))
    assert made == "1,200 of **\\*x\\* `y` &#x7b;\u2060** are not in `goals.toml`."
    assert isinstance(made, Markdown)


def test_what_is_ours_is_not_escaped_again():
    assert render_value(Markdown("**a**")) == "**a**"
    assert render_value("**a**") == "\\*\\*a\\*\\*"
    assert render_value(1234567) == "1,234,567"
