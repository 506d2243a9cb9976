"""Threads: a ticket, its pull requests, their reviews and their commits as one accomplishment, over all sources.

Rows are joined by `closes`, `part_of`, `picked_from` and `reverts`; never by mentions, epics or what a note is about.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

from harvester.analysis.frame import column, series
from harvester.analysis.references import (
    as_reported,
    bases,
    dictionary_codes,
    exploded,
    known_tickets,
    resolve,
    resolved,
)
from harvester.text import JOINER

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    import pyarrow as pa

    Ints = np.ndarray[Any, np.dtype[np.int64]]

JOINING = ("closes", "part_of", "picked_from", "reverts")
"""The columns whose references make a thread."""

A_DAY = 24 * 3600 * 1_000_000
"""In microseconds: a ticket that somebody resolves by hand may be resolved a little before its change lands."""

_ABBREVIATED = re.compile(r"\A[0-9a-f]{7,64}\Z")
"""A commit's hash as git shows it, in full or not."""

_NAMED_AFTER = {"issue": 0, "pull_request": 1, "review": 2, "commit": 3}
"""Which member names a thread: its ticket, else its pull request, else its commit."""


def threads(frame: pd.DataFrame, tickets: Mapping[str, str] | None = None) -> pd.Series[str]:
    """The thread of each row, aligned to the frame: the work item of its ticket, else pull request, else commit.

    `tickets` maps keys of configured Jira projects to their host, such as {"PAY": "acme.atlassian.net"}; projects with
    a ticket in the frame are known besides. Neither the
    order of rows and sources nor their repetition changes which rows share a thread, or its name. Never null.

    Work items are the nodes of a graph, references its edges, and a thread is a connected component. Rows of one work
    item share a node, so two sources that have the same pull request meet there without being compared. A reference to
    a work item that nobody has a row of is a node, too: two commits of a ticket that was never read belong together.
    """
    work_items = column(frame, "work_item")
    rows, refs = resolved(frame, JOINING, tickets or {})
    nodes, codes = _encode(work_items, refs)
    codes = _join_short_commits(nodes, codes)
    own, referred = codes[: len(work_items)], codes[len(work_items) :]
    labels = components(len(nodes), own[rows], referred)[own]
    names = _names(frame, work_items, labels)
    return series(names, frame.index, "thread")


def titles(frame: pd.DataFrame, names: Sequence[str]) -> dict[str, str]:
    """The title of each thread that has one: the first in the frame of the work item that names it, by any person."""
    slim = frame[["work_item", "title"]]
    titled = slim[(slim["work_item"].isin(list(names)) & slim["title"].notna()).to_numpy(bool)]
    titled = titled.drop_duplicates("work_item")
    return dict(zip(titled["work_item"], titled["title"], strict=True))


def about(frame: pd.DataFrame, tickets: Mapping[str, str] | None = None) -> list[tuple[Any, Any]]:
    """What notes are about, as index labels of the note and of a row of its work item; a note may be about several.

    What the person wrote may be short: `pay#131` or `#131` is the one work item that ends so, `1a2b3c4` the one commit
    that begins so. A reference that leads to no row, or to more than one work item, is left out.
    """
    import pyarrow.compute as pc

    rows, refs = exploded(frame, "related_to")
    refs = pc.replace_substring(refs, JOINER, "")  # it is in a reference that was copied from a page
    meant = resolve(refs, bases(frame, rows), known_tickets(frame, tickets or {})).to_pylist()
    written = [_ABBREVIATED.sub(r"commit/\g<0>", ref.strip().lower()) for ref in refs.to_pylist()]
    work_items = pc.utf8_lower(column(frame, "work_item"))
    positions = _positions(work_items, {*filter(None, meant), *filter(None, written)})
    pairs = []
    for row, *candidates in zip(rows.tolist(), meant, written, strict=True):
        position = next((positions[each] for each in candidates if each in positions), None)
        if position is not None:
            pairs.append((frame.index[row], frame.index[position]))
    return list(dict.fromkeys(pairs))


def closers(frame: pd.DataFrame, tickets: Mapping[str, str]) -> tuple[Ints, Ints]:
    """Tickets and the changes that closed them, as two arrays of positions; a ticket may have several.

    Changes are pull requests, or commits where no pull request closed the ticket. Of a change that several sources have
    there is one row for each ticket's row: the one with the most files.

    A change that landed more than a day after the ticket was closed did not close it: what is harvested later must not
    change what was counted.
    """
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    kinds, roles, counts = column(frame, "kind"), column(frame, "role"), pc.list_value_length(column(frame, "paths"))
    is_commit = pc.equal(kinds, "commit").to_numpy(zero_copy_only=False)
    is_change = pc.and_(pc.is_in(kinds, pa.array(["pull_request", "commit"])), pc.equal(roles, "author"))
    rows, refs = resolved(frame, ("closes",), tickets, is_change.to_numpy(zero_copy_only=False))
    issues = np.flatnonzero(pc.equal(kinds, "issue").to_numpy(zero_copy_only=False))
    ticket, change = _joined_on(column(frame, "work_item"), issues, rows, refs)
    at = column(frame, "occurred_at").cast("int64").to_numpy(zero_copy_only=False)
    in_time = at[change] <= at[ticket] + A_DAY
    ticket, change = ticket[in_time], change[in_time]
    # A pull request represents the commits in it.
    by_pull = np.zeros(len(frame), bool)
    by_pull[ticket[~is_commit[change]]] = True
    keep = ~(is_commit[change] & by_pull[ticket])
    return _one_row_a_change(ticket[keep], change[keep], column(frame, "work_item"), counts)


def _joined_on(work_items: pa.Array, issues: Ints, rows: Ints, refs: pa.Array) -> tuple[Ints, Ints]:
    """Each pair of an issue's position and a row's whose reference means the issue's work item.

    A join by sorting: issues are sorted by the code of their work item, and two binary searches give the run of issues
    that each reference means. Repeating each row by the length of its run gives the pairs without a loop.
    """
    import numpy as np
    import pyarrow as pa

    codes = _encode(work_items.take(pa.array(issues)), refs)[1]
    own, referred = codes[: len(issues)], codes[len(issues) :]
    order = np.argsort(own, kind="stable")
    first, end = (np.searchsorted(own[order], referred, side=side) for side in ("left", "right"))
    lengths = end - first
    return issues[order[np.repeat(first, lengths) + within_runs(lengths)]], np.repeat(rows, lengths)


def _one_row_a_change(ticket: Ints, change: Ints, work_items: pa.Array, counts: pa.Array) -> tuple[Ints, Ints]:
    """For each ticket one row of each change, the one with the most files: the first of each run when sorted so."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    code = dictionary_codes(pc.utf8_lower(work_items.take(pa.array(change))).dictionary_encode())
    files = pc.fill_null(counts.take(pa.array(change)), 0).to_numpy(zero_copy_only=False)
    order = np.lexsort((-files, code, ticket))
    ticket, change, code = ticket[order], change[order], code[order]
    is_first = np.ones(len(ticket), bool)
    is_first[1:] = (ticket[1:] != ticket[:-1]) | (code[1:] != code[:-1])
    return ticket[is_first], change[is_first]


def within_runs(lengths: Ints) -> Ints:
    """0, 1, … up to each length, for one run after the other: [2, 0, 3] gives [0, 1, 0, 1, 2]."""
    import numpy as np

    ends = np.cumsum(lengths)
    return cast("Ints", np.arange(ends[-1] if len(ends) else 0) - np.repeat(ends - lengths, lengths))


def components(count: int, left: Ints, right: Ints) -> Ints:
    """The connected components of `count` nodes and the edges left–right: the smallest node of each node's component.

    Union-find on whole arrays: each round hangs every root below the smallest root it has an edge to, if that one is
    smaller, and then flattens the trees so that each node points to its root. A parent is always smaller than its
    child, so there are no circles, and a root is the smallest node of its tree. Edges within one tree are dropped; when
    none is left, the trees are the components. While one is left its larger root disappears, so the rounds end; they
    are few, since all roots with a smaller neighbour disappear at once.
    """
    import numpy as np

    parent = np.arange(count, dtype=np.int64)
    while len(left):
        left, right = parent[left], parent[right]
        differ = left != right
        left, right = left[differ], right[differ]
        low, high = np.minimum(left, right), np.maximum(left, right)
        np.minimum.at(parent, high, low)
        while not np.array_equal(flat := parent[parent], parent):
            parent = flat
    return parent


def _encode(work_items: pa.Array, refs: pa.Array) -> tuple[pa.Array, Ints]:
    """The distinct work items, in lower case as forges compare names, and the code of each work item and reference."""
    import pyarrow as pa
    import pyarrow.compute as pc

    encoded = pa.concat_arrays([pc.utf8_lower(work_items), refs]).dictionary_encode()
    return encoded.dictionary, dictionary_codes(encoded)


def _join_short_commits(nodes: pa.Array, codes: Ints) -> Ints:
    """Codes with each abbreviated commit replaced by the one commit that begins so; ambiguous ones are not replaced.

    In sorted order all commits that begin with a text are one run: from the text itself up to the text followed by `g`,
    the letter after every hexadecimal digit. A run of one is the commit that is meant.
    """
    import numpy as np
    import pyarrow.compute as pc

    def matching(form: str) -> Ints:
        return np.flatnonzero(pc.match_substring_regex(nodes, form).to_numpy(zero_copy_only=False))

    short = matching(r"^commit/[0-9a-f]{7,39}$")
    if not len(short):
        return codes
    full = matching(r"^commit/(?:[0-9a-f]{40}|[0-9a-f]{64})$")
    texts = np.array(nodes.take(full).to_pylist(), dtype="U71")
    order = np.argsort(texts, kind="stable")
    starts = np.array(nodes.take(short).to_pylist(), dtype="U71")
    first = np.searchsorted(texts, starts, sorter=order)
    end = np.searchsorted(texts, np.char.add(starts, "g"), sorter=order)
    replaced = np.arange(len(nodes), dtype=np.int64)
    single = end - first == 1
    replaced[short[single]] = full[order[first[single]]]
    return cast("Ints", replaced[codes])


def _names(frame: pd.DataFrame, work_items: pa.Array, labels: Ints) -> pa.Array:
    """The name of each row's thread: the work item of its ticket, of several tickets the earliest one's.

    Work items are ranked by their first time, then by text, so that neither the order of rows nor repetition matters.
    With the rank of the kind in front (ticket, pull request, …) as one integer, the smallest of a thread names it.
    """
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    distinct = work_items.dictionary_encode()
    codes = dictionary_codes(distinct)
    order = pc.sort_indices(distinct.dictionary).to_numpy(zero_copy_only=False)
    first = np.full(len(order), np.iinfo(np.int64).max)
    np.minimum.at(first, codes, column(frame, "occurred_at").cast("int64").to_numpy(zero_copy_only=False))
    order = order[np.argsort(first[order], kind="stable")]
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order))
    kinds = column(frame, "kind").dictionary_encode()
    kind_ranks = np.array([_NAMED_AFTER.get(kind, len(_NAMED_AFTER)) for kind in kinds.dictionary.to_pylist()] or [0])
    keys = kind_ranks[dictionary_codes(kinds)] * max(len(order), 1) + rank[codes]
    best = np.full(int(labels.max(initial=-1)) + 1, np.iinfo(np.int64).max)
    np.minimum.at(best, labels, keys)
    chosen = order[best[labels] % max(len(order), 1)] if len(order) else order
    return distinct.dictionary.take(pa.array(chosen))


def _positions(work_items: pa.Array, wanted: set[str]) -> dict[str, int]:
    """The position of each wanted work item, or else of the only one that ends (for a commit: begins) so."""
    import pyarrow as pa
    import pyarrow.compute as pc

    texts = sorted(wanted)
    exact = pc.index_in(pa.array(texts, pa.string()), value_set=work_items).to_pylist()
    reported = as_reported(work_items) if None in exact else work_items
    positions = {
        text: _only_like(work_items, reported, text) if at is None else at
        for text, at in zip(texts, exact, strict=True)
    }
    return {text: at for text, at in positions.items() if at is not None}


def _only_like(work_items: pa.Array, reported: pa.Array, text: str) -> int | None:
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    ends = text if text[:1] in ("#", "!") else "/" + text
    like = pc.or_(pc.or_(pc.ends_with(work_items, ends), pc.ends_with(reported, ends)), pc.equal(reported, text))
    if text.startswith("commit/"):
        like = pc.or_(like, pc.starts_with(work_items, text))
    at = np.flatnonzero(like.to_numpy(zero_copy_only=False))
    return int(at[0]) if len(at) and len(pc.unique(work_items.take(pa.array(at)))) == 1 else None
