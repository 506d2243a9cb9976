"""Linked rows are found by their stored keys, and are exactly those that comparing every text finds."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from harvester.ledger import links
from harvester.model.contribution import to_table

from .rows import row as contribution

SHAS = ["0123456", "0123456789abcdef0123456789abcdef01234567", "89abcdef0123456789abcdef0123456701234567", "fff", ""]
PIECES = [
    "#",
    "!",
    "/",
    "12",
    "7",
    "PAY-7",
    "pay-7",
    "repo",
    "Repo",
    "org",
    "github.com",
    "commit/",
    "é",
    "K",
    "\u212a",
    "\0",
    " ",
]
PLAIN = [
    "#12",
    "#13",
    "!12",
    "org/repo#12",
    "github.com/ORG/repo#12",
    "acme.atlassian.net/PAY-7",
    "PAY-7",
    "a/#/12",
    "#a/b",
]
texts = st.one_of(
    st.sampled_from(PLAIN),
    st.sampled_from(SHAS).map("commit/".__add__),
    st.lists(st.sampled_from(PIECES + SHAS), max_size=5).map("".join),
    st.text(max_size=10),
)
projects = st.sampled_from([None, "org/repo", "repo", "org/other", "a/b/Repo", ""])
row = st.tuples(texts, projects, st.lists(texts, max_size=2), st.lists(texts, max_size=1))


def table(rows):
    return to_table([
        contribution(id=f"{number}", work_item=subject, project=project, closes=tuple(closes), reverts=tuple(reverts))
        for number, (subject, project, closes, reverts) in enumerate(rows)
    ])  # fmt: skip


def tail(texts):
    split = pc.split_pattern(texts, "/", max_splits=1, reverse=True)
    return split.flatten().take(pc.subtract(split.offsets[1:], 1))


def linked(rows, seeds):
    return links.linked(links.with_link_keys(rows)[links.COLUMN], seeds)


def everything_compared(rows, seeds):
    """The definition, slow and plain: each row's tokens as sets, joined until nothing is added."""
    tokens = []
    for each in rows.to_pylist():
        project = (each["project"] or "").rpartition("/")[2].lower()
        mine = set()
        for text in [each["work_item"], *(ref for name in links.REFERENCES for ref in each[name])]:
            last = pc.utf8_lower(pa.scalar(text.rpartition("/")[2])).as_py()
            if text.startswith("commit/"):
                mine.add(last[:7])
            else:
                mine.add(project + last if text[:1] in ("#", "!") else last)
        tokens.append(mine)
    chosen = {place for place, seed in enumerate(seeds) if seed}
    while True:
        known = set().union(*(tokens[place] for place in chosen))
        wider = {place for place, mine in enumerate(tokens) if mine & known} | chosen
        if wider == chosen:
            return [place in chosen for place in range(len(tokens))]
        chosen = wider


@settings(max_examples=150, deadline=None)
@given(st.lists(row, min_size=1, max_size=25), st.integers(0, 24), st.data())
@example([("#a/b", "repo", [], []), ("x/repob", None, [], [])], 0, None)
@example([("x/\u212a", "repo", [], []), ("y/k", None, [], [])], 0, None)
@example([("commit/0123456/zz", "repo", [], []), ("y/0123456", None, [], []), ("zz", None, [], [])], 1, None)
def test_linked_rows_are_those_that_comparing_all_finds(rows, first, data):
    made = table(rows)
    seeds = np.zeros(len(rows), bool)
    seeds[first % len(rows)] = True
    if data is not None and data.draw(st.booleans()):
        seeds[data.draw(st.integers(0, len(rows) - 1))] = True
    wanted = everything_compared(made, seeds)
    assert linked(made, seeds).tolist() == wanted


@pytest.mark.parametrize("length", [3, 60])
def test_a_chain_is_followed_to_its_end_however_long(length):
    chain = [(f"github.com/org/repo#{at}", "org/repo", [f"#{at + 1}"], []) for at in range(length)]
    others = [(f"github.com/org/repo#{at}", "org/repo", [], []) for at in range(1000, 1400)]
    made = table(chain + others)
    seeds = np.zeros(len(made), bool)
    seeds[0] = True
    assert np.flatnonzero(linked(made, seeds)).tolist() == list(range(length))
