"""The page to look at says what its Markdown says, in elements of ours only, and needs nothing else."""

import base64
import datetime as dt
import hashlib
import html
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from harvester.reporting.charts import Kind, Pace, Point, Strip
from harvester.reporting.html import to_html
from harvester.reporting.markdown import JOINER, code, escape, link, reference

REPORTS = sorted((Path(__file__).parent / "reports").glob("*/expected.md"))
WEEKS = Strip(
    "Work by week", "week", (dt.date(2026, 7, 1), dt.date(2026, 7, 6)), (Kind("reviews", (1.0, 2.0)),), (0, 0),
    dt.date(2026, 7, 12),
)  # fmt: skip
VOID = {"meta", "br", "hr"}
ELEMENTS = {
    "html", "head", "title", "style", "body", "main", "header", "section", "h1", "h2", "h3", "h4", "h5", "h6", "p", "a",
    "em", "strong", "code", "pre", "ul", "ol", "li", "table", "thead", "tbody", "tr", "th", "td", "div", "span",
    "details", "summary", "figure", "figcaption", "b", "svg", "desc", "defs", "pattern", "rect", "circle", "line", "g",
    "polyline", "text",
} | VOID  # fmt: skip
ATTRIBUTES = {
    "id", "class", "href", "role", "tabindex", "scope", "lang", "charset", "name", "content", "http-equiv", "start",
    "aria-label", "aria-labelledby", "aria-hidden", "data-head",
}  # fmt: skip
PAGE = """<!-- harvester 0.2 · accomplishments · text 0123456789abcdef -->
# Ada Lovelace: accomplishments

*1 July to 30 September 2026 · git, GitHub · [sources](#sources)*

> **Incomplete.** Some sources could not be read in full.
> - hub: refused

**In short.** Led it to its target.

<!-- chart weeks -->

<!-- chart unknown -->

| Goal | Target | Done | |
|---|---|---:|---|
| [Pay](#pay) | 12 pull requests | 13 | `██████████` met |
| [Pay](#pay-1) | 40 reviews | 1,019 | `█████░░░░░` off track |

## Pay

### Retries that cannot charge twice

- **Result:** No double charge. *(measured)*
- **Takeaway:** The key belongs to the order. *(notebook, 21 Jul)*

| Work | | When |
|---|---|---|
| [pay#120](https://github.com/example/pay/pull/120) | Carry the order's key through the queue of all | merged 8 Aug |

## Pay

1. **First.** It was done.
   2 pull requests · measured
2. **Second.** It was measured. *([notebook, 21 Jul](https://example.org/note))*\x20\x20
   1 note, with 2 others · confirmed by Grace Hopper · [pay#7](https://example.org/7), so measured

- **Theme** · 4 pull requests
- **Other** · 2 commits

**Search** · 4 pull requests
**Build** · 2 pull requests

## Sources

git

## Appendix: all work

| Work | When |
|---|---|
| pay#120 | merged 8 Aug |
"""


class Elements(HTMLParser):
    """Every element with its attributes, and whether each was closed in its turn."""

    def __init__(self, page):
        super().__init__()
        self.found, self.open, self.crossed, self.words = [], [], [], []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.crossed.append(tag)

    def handle_data(self, data):
        if "style" not in self.open[-1:]:
            self.words.append(data)

    def all(self, tag):
        return [attributes for each, attributes in self.found if each == tag]


def page(text=PAGE, **charts):
    return to_html(text, charts, title="Ada Lovelace: accomplishments")


def words(text):
    return " ".join(text.split())


def read_out(bar):
    return f"{bar[0].count('█')} of {len(bar[0])} parts: "


SOURCES = {"page": PAGE, **{path.parent.name: path.read_text(encoding="utf-8") for path in REPORTS}}


@pytest.mark.parametrize("name", SOURCES)
def test_the_page_has_the_words_of_its_markdown(name):
    """Every word, in its order, that another renderer of Markdown shows; bars, which are drawn, are read out."""
    text = re.sub(r"(?m)^<!--.*-->$", "", SOURCES[name]).replace(JOINER, "")
    plain = Elements(MarkdownIt("commonmark").enable("table").render(text))
    shown = Elements(page(SOURCES[name]).partition("<main>")[2].partition("</main>")[0])
    assert words("".join(shown.words)) == words(re.sub("[█░]{2,}", read_out, "".join(plain.words)))


@pytest.mark.parametrize("path", REPORTS, ids=lambda path: path.parent.name)
def test_every_report_becomes_a_page_of_ours(path):
    """Only elements and attributes of ours, each closed in its turn; every link within the page leads somewhere."""
    text = path.read_text(encoding="utf-8")
    read = Elements(page(text))
    assert (read.crossed, read.open) == ([], [])
    assert {tag for tag, _ in read.found} <= ELEMENTS
    assert {name for _, attributes in read.found for name in attributes} <= ATTRIBUTES
    ids = [attributes["id"] for _, attributes in read.found if "id" in attributes]
    assert len(ids) == len(set(ids))
    links = [attributes["href"] for attributes in read.all("a")]
    assert sorted(links) == sorted(html.unescape(each) for each in re.findall(r"(?<!\\)\]\(([^)]*)\)", text))
    assert [each for each in links if each.startswith("#") and each[1:] not in ids] == []
    assert JOINER not in page(text)


def test_a_page_runs_nothing_and_requests_nothing():
    text = page(weeks=WEEKS)
    read = Elements(text)
    (style,) = re.findall(r"<style>(.*?)</style>", text, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    (policy,) = (each["content"] for each in read.all("meta") if "http-equiv" in each)
    assert policy == f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    assert not re.search(r"url\(|@import|@font-face", style)
    assert {name for _, attributes in read.found for name in attributes} & {
        "src",
        "style",
        "srcset",
        "onclick",
    } == set()
    assert read.all("html") == [{"lang": "en"}]


def test_a_page_has_the_structure_that_readers_need():
    read = Elements(page(weeks=WEEKS))
    assert [each["id"] for each in read.all("h2")] == ["pay", "pay-1", "sources", "heading:appendix-all-work"]
    assert [each.get("class") for each in read.all("section")] == ["goal", "goal", None, None]
    named = [each.get("aria-labelledby") for each in read.all("section")]
    assert named == ["pay", None, "sources", "heading:appendix-all-work"]
    assert [each.get("class") for each in read.all("details")] == [None, "appendix"]
    assert ("div", {"id": "appendix-all-work"}) in read.found
    assert ("div", {"class": "note", "role": "note"}) in read.found
    assert [each.get("class") for each in read.all("p")][:3] == ["meta", None, "lead"]
    assert ("em", {"class": "proof"}) in read.found
    assert len(read.all("svg")) == 2
    assert "chart" not in "".join(read.words)
    heads = [attributes for tag, attributes in read.found if tag == "th" and attributes.get("scope") != "row"]
    assert {each["scope"] for each in heads} == {"col"}
    regions = [each for each in read.all("div") if each.get("class") == "scroll"]
    assert all((each["tabindex"], each["role"]) == ("0", "group") and each["aria-label"] for each in regions)


def test_numbers_are_right_and_states_coloured():
    """Numbers are on the right of their cells, and each state has the class of its colour."""
    text = page()
    assert '<td class="n u" data-head="Done">1,019</td>' in text
    assert '<th class="n u" scope="col">Done</th>' in text
    assert re.search(r'<td class="u state good"><span class="bar" aria-hidden="true">.* met</td>', text)
    assert re.search(r'<td class="u state poor">.*class="w5".*5 of 10 parts: </span> off track</td>', text)


def test_a_row_on_a_phone_says_what_its_numbers_are():
    """The goals' table says it of all but the goal and its state; rows of work read like a line."""
    text = page(PAGE + "\n| Source | Read | Records | |\n|---|---|---:|---|\n| git | 1 July | 132 | complete |\n")
    assert '<table class="goals">' in text
    assert text.count('<table class="rows">') == 1
    assert re.findall(r'data-head="([^"]*)">([^<]*)<', text) == [
        ("Target", "12 pull requests"), ("Done", "13"), ("Target", "40 reviews"), ("Done", "1,019"), ("Records", "132")
    ]  # fmt: skip


def test_lines_of_a_list_stay_lines():
    text = page()
    assert re.search(r"It was done\.<br />\n<span class=\"soft\">2 pull requests · ", text)
    assert re.search(r"4 pull requests<br />\n<strong>Build", text)


def test_kinds_of_proof_are_badges():
    """Only by themselves: in italics, or among the counts of a highlight."""
    found = re.findall(r'<(?:em|span) class="proof">([^<]*)<', page())
    assert found == ["(measured)", "measured", "confirmed by Grace Hopper"]
    assert '<em class="soft">(<a href="https://example.org/note">notebook, 21 Jul</a>)</em>' in page()


def test_the_proof_of_a_criterion_is_a_badge():
    """Its full stop is only heard; the sentence is set apart from why the goal matters."""
    text = page("# A\n\nNobody waits. Criterion: *Leads, measured.* (Senior engineer), evidence needed.")
    assert '<p>Nobody waits. <span class="soft">Criterion: <em>Leads, measured.</em>' in text
    assert re.findall(r'<span class="proof">([^<]*)</span><span class="sr">\.</span></span></p>', text) == [
        "evidence needed"
    ]


def test_a_theme_of_evidence_has_facts():
    """It begins with its scope, right under a heading of the second level."""
    text = page(
        "# A\n\n## Pay\n\n- **Scope:** 2 pull requests\n- **Problem:** Twice.\n\n## B\n\n- **Pay:** 2 commits\n"
    )
    assert [each.get("class") for each in Elements(text).all("ul")] == ["facts", "themes"]


def test_themes_are_no_facts():
    """A theme's name may be long, so it stands in its line; of its numbers only those before the dot are counts."""
    card = "\n### A\n\n- **Result:** Done.\n\n## Other work\n\n"
    theme = "- **odb generic name:** 2 commits, +1 \u22120 · a · b  \n  Why.\n"
    text = page(PAGE + card + theme + "- [A note](https://example.org)\n  - **Takeaway:** Ask.\n")
    assert [each.get("class") for each in Elements(text).all("ul")][-3:] == ["facts", "themes", "facts"]
    assert '<strong>odb generic name:</strong><span class="soft"> 2 commits, +1 \u22120</span> · a · b<br' in text


def test_only_names_with_a_colon_stand_apart():
    """A theme's name in bold is no name of a field."""
    read = Elements(page())
    assert [each.get("class") for each in read.all("ul")] == [None, "facts", None]


ADDRESSES = ("javascript:alert(1)", "data:text/html,x", "vbscript:x", "file:///etc/passwd", "JaVaScRiPt:alert(1)")


@pytest.mark.parametrize("address", ADDRESSES)
def test_an_address_that_runs_is_no_link(address):
    """Also where a template of somebody else's wrote it."""
    assert Elements(page(f"# A\n\n[x]({address}) ![y](https://example.org/y.png)")).all("a") == [
        {"href": "https://example.org/y.png"}
    ]


TEXT = st.one_of(
    st.text(max_size=80),
    st.sampled_from([
        "<script>alert(1)</script>", "<!-- chart weeks -->", "<img src=x onerror=alert(1)>", "</style><b>", "`a` | b",
        "--> <!--", "![](https://example.org/x.png)", "**In short.** x", "# Appendix", "&lt;b&gt;", "\u202egnp.exe",
        "x" * 5000, "```", "[a]: https://example.org", "| a | b |\n|---|---|", "{% raw %}{{ 7 * 7 }}",
    ]),
)  # fmt: skip


@given(TEXT)
def test_hostile_text_is_text_in_every_place(text):
    """In a heading, a cell, a list, a quotation and a link, and as the page's title."""
    said = escape(text)
    source = (
        f"# A {said}\n\n> **Incomplete.** {said}\n\n{said} b\n\n"
        f"| A | B |\n|---|---:|\n| {said} | {link(text, 'https://a.example/')} |\n\n"
        f"## {said}\n\n- **Result** {said} *({said})*\n- {code(text)}\n\n1. {said}\n   {said}\n\n"
        f"## {said}\n\n{reference('pay#1', 'https://a.example/' + text)}\n"
    )
    made = to_html(source, {"weeks": WEEKS}, title=text)
    read = Elements(made)
    assert (read.crossed, read.open) == ([], [])
    assert {tag for tag, _ in read.found} <= ELEMENTS
    assert {name for _, attributes in read.found for name in attributes} <= ATTRIBUTES
    assert len(read.all("section")) == 2
    assert all(each["href"].startswith("https://a.example/") for each in read.all("a"))
    assert not read.all("svg")


def test_the_size_of_a_page_is_bounded():
    """At most 150 KB and half a KB an item, with an item in its section and in the appendix."""
    items = 300
    lines = [
        f"| [some-repository#{number}](https://github.com/organisation/some-repository/pull/{number}) | "
        f"{escape('Carry the idempotency key of an order through the queue and its workers (#12)')} | merged 8 Aug | "
        f"+{number} −{number} |"
        for number in range(1000, 1000 + items)
    ]
    head = "| Work | | When | Size |\n|---|---|---|---:|\n"
    sections = "\n".join(
        f"## Goal {at}\n\n<!-- chart goal-{at} -->\n\n{head}" + "\n".join(lines[at * 30 : at * 30 + 30])
        for at in range(10)
    )
    days = [dt.date(2026, 1, 1) + dt.timedelta(days=each) for each in range(365)]
    kinds = tuple(Kind(f"kind {each}", (3.0,) * 53) for each in range(5))
    year = Strip("Work by week", "week", tuple(days[::7]), kinds, (0,) * 53, days[-1])
    points = tuple(Point(day, at // 5, at / 5) for at, day in enumerate(days))
    pace = Pace("Pull requests for this goal", "pull requests", 0, 73, points, (False,) * 365, 364)
    charts = {"weeks": year, **{f"goal-{at}": pace for at in range(10)}}
    text = f"# A\n\n<!-- chart weeks -->\n\n{sections}\n\n## Appendix: all work\n\n{head}" + "\n".join(lines)
    made = to_html(text, charts, title="A")
    assert made.count("<figure") == 11
    assert len(made.encode()) <= 150_000 + 500 * items
