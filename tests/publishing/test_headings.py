"""Where a page is cut, and its title as plain text."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from harvester.publishing.headings import split, title_of, without_fragments
from harvester.publishing.markers import is_edited, marked, marker_of, text_digest
from harvester.publishing.testing import page
from harvester.reporting.markdown import escape

TABLE = "| a | b |\n|---|---:|\n" + "".join(f"| row {number} | {number} |\n" for number in range(40))
FENCE = "```mermaid\n## not a heading\n\nx\n```\n"


def test_a_page_that_fits_is_one_part():
    assert split("# A\n\nb\n", len, 100) == ["# A\n\nb\n"]
    assert split("", len, 100) == [""]


def test_it_is_cut_at_headings_of_the_highest_level():
    text = "intro\n\n" + "".join(f"## H{n}\n\n### a\n\n{'x' * 30}\n\n### b\n\n{'y' * 30}\n\n" for n in range(3))
    assert [each[:5] for each in split(text, len, 110)] == ["intro", "## H1", "## H2"]
    assert [each[:5] for each in split(text, len, 60)] == ["intro", "### b", "## H1", "### b", "## H2", "### b"]


def test_a_table_is_cut_between_rows():
    """Each part begins with the table's head, so that it is a table there."""
    parts = split(f"## T\n\n{TABLE}\nend\n", len, 200)
    assert all(len(each) <= 200 for each in parts)
    rows = [line for each in parts for line in each.splitlines() if line.startswith("| row")]
    assert rows == [line for line in TABLE.splitlines() if line.startswith("| row")]
    assert all("|---|---:|" in each for each in parts if "| row" in each)


def test_a_fence_is_kept_together():
    """A line in it that looks like a heading is none."""
    parts = split(f"a\n\n{FENCE}\n## B\n\n{'x' * 40}\n", len, 70)
    assert [FENCE in each for each in parts] == [True, False]


@pytest.mark.parametrize("fence", ["```", "~~~~"])
@pytest.mark.parametrize("around", [("", ""), ("a\n\n", "\nend\n"), ("a\n", "b\n")])
def test_code_is_code_in_each_part(fence, around):
    """A block that is too long is one in each part: outside of it a stranger's text would do what it says."""
    lines = [f"- {number} @everyone fixes #12 {'`' * 3}\n" for number in range(30)] + ["x" * 300 + "\n"]
    parts = split(f"{around[0]}{fence}text\n{''.join(lines)}{fence}\n{around[1]}", len, 200)
    assert len(parts) > 5
    assert all(len(each) <= 200 for each in parts)
    parser = MarkdownIt()
    tokens = [token for each in parts for token in parser.parse(each)]
    outside = "".join(token.content for token in tokens if token.type == "inline")
    assert "@" not in outside
    assert "x" not in outside
    inside = "".join(token.content for token in tokens if token.type == "fence")
    assert inside.replace("\n", "") == "".join(lines).replace("\n", "")


@given(
    st.lists(
        st.sampled_from(["# A\n", "## B\n", "text\n", "\n", "```\n", "| a |\n", "|---|\n", "😀é\n", "x" * 50])
    ).map("".join),
    st.integers(40, 90),
)
def test_parts_fit_and_lose_nothing(text, limit):
    """Every line is there in its order; only the heads of tables come again."""
    for size in (len, lambda part: len(part.encode("utf-16-le")) // 2):
        parts = split(text, size, limit)
        assert all(size(each) <= limit for each in parts)
        wanted = iter("".join(parts))
        assert all(letter in wanted for letter in text)


@pytest.mark.parametrize("name", ["Ada `x` #12", "@ada [x](y) & <b>", "Möbius *x* 1.2.3", "a\\b_c_ ::debug::", "–"])
def test_a_title_reads_as_it_was(name):
    """Without what made it safe in Markdown."""
    assert title_of(f"# {escape(name)} – digest\n\ntext\n") == f"{name} – digest"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("[a](#b) and [c `d[0]`](#e-1)", "a and c `d[0]`"),
        ("[a \\[x\\]](#b).", "a \\[x\\]."),
        ("`[a](#b)` [a](#b)", "`[a](#b)` a"),
        ("a \\` [a](#b) `c`", "a \\` a `c`"),
        ("[a](https://x.example/#b)", "[a](https://x.example/#b)"),
        ("\\[a\\](#b)", "\\[a\\](#b)"),
        ("![a](#b)", "![a](#b)"),
        ("[" + "`a` " * 70 + "](https://x.example)", "[" + "`a` " * 70 + "](https://x.example)"),
    ],
)
def test_a_link_to_a_heading_is_its_text(text, shown):
    """Elsewhere, in code and where it is escaped, it stays."""
    assert without_fragments(text) == shown


def test_a_page_without_a_heading_has_its_files_name():
    assert page("text\n", Path("a/digest.md")).title == "digest.md"
    assert title_of("") == title_of("## B\n") == ""


def test_a_marker_is_read_where_it_was_written():
    """In the first line and nowhere else; it says which part it is and whether that was edited."""
    body = marked("a" * 16, 2, 3, "text\n")
    assert str(marker_of(body)) == body.partition("\n")[0]
    assert (marker_of(body).number, marker_of(body).count, is_edited(body)) == (2, 3, False)
    assert marker_of(f"\n{body}") is marker_of(f"> {body}") is marker_of("") is None
    assert is_edited(body + "x")
    assert is_edited("x")
    assert marker_of(body.partition("\n")[0]) is not None
    assert text_digest("a \r\nb\n\n") == text_digest("a\nb")
