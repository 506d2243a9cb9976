"""Blocks of Markdown are found in a time that grows with the text, whatever nobody closes."""

import pytest

from harvester.notebook.markdown_blocks import blocks


@pytest.mark.parametrize("opener", ["<!-- a", "```python", "~~~~ a"])
def test_what_nobody_closes_is_looked_for_once(opener):
    read = []

    class Lines(list):
        def __getitem__(self, at):
            read.append(at)
            return super().__getitem__(at)

    lines = Lines([opener, "## 2026-08-12 A"] * 500)
    found = blocks(lines, lambda line: line.startswith("## "))
    assert len(found.open) == 500
    assert len(read) < 10 * len(lines)


def test_one_fence_may_be_closed_though_another_was_not():
    lines = ["~~~", "a", "## A", "````", "b", "````"]
    assert blocks(lines, lambda line: line.startswith("## ")).open == (0,)
