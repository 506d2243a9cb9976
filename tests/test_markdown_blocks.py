"""Blocks of Markdown are those of CommonMark, and their time grows with the text, also where none is closed."""

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from harvester.notebook.markdown_blocks import blocks


@pytest.mark.parametrize("opener", ["<!-- a", "```python", "~~~~ a"])
def test_a_missing_end_is_looked_for_once(opener):
    """However many blocks are not closed, the text is searched for their ends once."""
    read = []

    class Lines(list):
        def __getitem__(self, at):
            read.append(at)
            return super().__getitem__(at)

    lines = Lines([opener, "## 2026-08-12 A"] * 500)
    found = blocks(lines, lambda line: line.startswith("## "))
    assert len(found.open) == 500
    assert len(read) < 10 * len(lines)


def test_one_fence_is_closed_though_another_is_not():
    """That no line closes one kind of fence says nothing about another kind."""
    lines = ["~~~", "a", "## A", "````", "b", "````"]
    assert blocks(lines, lambda line: line.startswith("## ")).open == (0,)


COMMONMARK = MarkdownIt("zero", {"html": True}).enable(["fence", "html_block", "code"])
TEXT = st.lists(
    st.sampled_from([
        "", "a", " ```", "```", "```py", "````", "~~~", "~~~ a", "~~~~", "    ```", "<!--", " <!-- a -->", "<!-- b",
        "-->", "a --> b", "``", "```a`", "a <!-- b",
    ]),
    max_size=12,
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(TEXT)
def test_closed_blocks_are_those_of_commonmark(lines):
    """Where every block is closed, markdown-it-py finds the same code and the same comments."""
    found = blocks(lines, lambda line: False)
    assume(not found.open)
    expected = ["text"] * len(lines)
    for token in COMMONMARK.parse("\n".join(lines)):
        if token.type in {"fence", "html_block"}:
            first, end = token.map
            expected[first:end] = ["code" if token.type == "fence" else "comment"] * (end - first)
    assert list(found.kinds) == expected
