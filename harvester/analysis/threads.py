"""Threads: a ticket, its pull requests, their reviews and their commits as one accomplishment, over all sources.

Rows are joined by `closes`, `part_of`, `picked_from` and `reverts`; never by mentions, epics or what a note is about.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

from harvester.analysis.frame import column, series
from harvester.analysis.links import abbreviated, components, graph_of, linked, looked_up, namesakes, one_array
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

A_DAY = 24 * 3600 * 1_000_000
"""In microseconds: a ticket that somebody resolves by hand may be resolved a little before its change lands."""

_ABBREVIATED = re.compile(r"\A[0-9a-f]{7,64}\Z")
"""A commit's hash as git shows it, in full or not."""


def threads(frame: pd.DataFrame, tickets: Mapping[str, str] | None = None) -> pd.Series[str]:
    """The thread of each row, aligned to the frame: the work item of its ticket, else pull request, else commit.

    `tickets` maps keys of configured Jira projects to their host, such as {"PAY": "acme.atlassian.net"}; projects with
    a ticket in the frame are known besides. Neither the
    order of rows and sources nor their repetition changes which rows share a thread, or its name. Never null.

    Rows of one work item share a node of the graph, so two sources that have the same pull request meet there without
    being compared.
    """
    import numpy as np

    graph = graph_of(linked(frame, known_tickets(frame, tickets or {})))
    short, full = abbreviated(graph.nodes)
    joined = components(len(graph.nodes), np.append(graph.left, short), np.append(graph.right, full))
    labels, items = joined[graph.own], one_array(graph.items["work_item"])
    names = items.take(namesakes(labels, graph.items)[labels])
    return series(looked_up(column(frame, "work_item"), items, names), frame.index, "thread")


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


def _encode(work_items: pa.Array, refs: pa.Array) -> tuple[pa.Array, Ints]:
    """The distinct work items, in lower case as forges compare names, and the code of each work item and reference."""
    import pyarrow as pa
    import pyarrow.compute as pc

    encoded = pa.concat_arrays([pc.utf8_lower(work_items), refs]).dictionary_encode()
    return encoded.dictionary, dictionary_codes(encoded)


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
