"""What threads are made of: work items, the links between them, and which work item a thread is named after.

Work items are the nodes of a graph, references its edges, and a thread is a connected component. The same steps make
the threads of a frame (`threads`) and those of an organisation in parts (`threads_in_parts`).
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from harvester.analysis.frame import column
from harvester.analysis.references import dictionary_codes, resolved_by

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    import pyarrow as pa

    Ints = np.ndarray[Any, np.dtype[np.int64]]

JOINING = ("closes", "part_of", "picked_from", "reverts")
"""The columns whose references make a thread."""

NEEDED = ("work_item", "kind", "occurred_at", "scope", "url", "title", "body", "extra", *JOINING)
"""The columns of a contribution that say what it is linked to, and what its thread is named after."""

_NAMED_AFTER = {"issue": 0, "pull_request": 1, "review": 2, "commit": 3}
"""Which member names a thread: its ticket, else its pull request, else its commit."""


class Graph(NamedTuple):
    """Work items and what they are linked to. A node is a work item in lower case, as forges compare names."""

    nodes: pa.Array
    """The distinct nodes, those that nobody has a row of as well: two commits of a ticket that was never read belong
    together."""
    items: pa.Table
    """The distinct work items as the sources write them, and what decides whether one names its thread: `work_item`,
    `rank` of its kinds, `first` time in microseconds."""
    own: Ints
    """The node of each of the items."""
    left: Ints
    right: Ints
    """The nodes that each link joins."""


def linked(frame: pd.DataFrame, known: Mapping[str, str], groups: int = 1) -> pa.Table:
    """The work items of these rows and what they are linked to, each pair once, with the group it goes to (`to`).

    Columns: `to`, `work_item` as written (encoded), `other` (the node it is linked to, encoded; null for none),
    `rank` and `first` of the work item among these rows. At most a line for each reference and each row.
    """
    import numpy as np
    import pyarrow as pa

    items = column(frame, "work_item").dictionary_encode()
    own = dictionary_codes(items)
    rows, refs = resolved_by(frame, JOINING, known)
    to = _groups(frame, items, rows, refs, groups)
    others = refs.dictionary_encode()
    # A pair, or a work item alone, is one integer; alone comes before the pairs of the same work item.
    every, base = np.arange(len(frame)), len(others.dictionary) + 1
    rows, other = np.append(rows, every), np.append(dictionary_codes(others) + 1, np.zeros(len(frame), np.int64))
    pairs = np.sort((own[rows] * groups + to[rows]) * base + other)
    pairs = pairs[np.append(True, pairs[1:] != pairs[:-1])[: len(pairs)]]
    item_in_group, other = np.divmod(pairs, base)
    has_pair = np.append(item_in_group[1:] == item_in_group[:-1], np.zeros(min(len(pairs), 1), bool))
    keep = (other > 0) | ~has_pair
    at, to = np.divmod(item_in_group[keep], groups)
    other = other[keep]
    rank, first = _ranks(frame, own, len(items.dictionary))
    return pa.table({
        "to": to,
        "work_item": pa.DictionaryArray.from_arrays(pa.array(at), items.dictionary),
        "other": pa.DictionaryArray.from_arrays(pa.array(other - 1, mask=other == 0), others.dictionary),
        "rank": rank[at],
        "first": first[at],
    })  # fmt: skip


def graph_of(links: pa.Table) -> Graph:
    """The graph of tables that `linked` made, one or several together."""
    import pyarrow as pa
    import pyarrow.compute as pc

    items, others = (one_array(links[name]).dictionary_encode() for name in ("work_item", "other"))
    at, other, count = dictionary_codes(items), dictionary_codes(others), len(items.dictionary)
    encoded = pa.concat_arrays([pc.utf8_lower(items.dictionary), others.dictionary]).dictionary_encode()
    codes = dictionary_codes(encoded)
    least = {name: least_of(at, links[name].to_numpy(), count) for name in ("rank", "first")}
    table = pa.table({"work_item": items.dictionary, **least})
    left, right = codes[at[other >= 0]], codes[count + other[other >= 0]]
    return Graph(encoded.dictionary, table, codes[:count], left, right)


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


def abbreviated(nodes: pa.Array) -> tuple[Ints, Ints]:
    """The abbreviated commits that only one commit of these nodes begins with, and that commit, as places of nodes.

    In sorted order all commits that begin with a text are one run: from the text itself up to the text followed by `g`,
    the letter after every hexadecimal digit. A run of one is the commit that is meant.
    """
    import numpy as np
    import pyarrow.compute as pc

    def matching(form: str) -> Ints:
        return np.flatnonzero(pc.match_substring_regex(nodes, form).to_numpy(zero_copy_only=False))

    short = matching(r"^commit/[0-9a-f]{7,39}$")
    if not len(short):
        return short, short
    full = matching(r"^commit/(?:[0-9a-f]{40}|[0-9a-f]{64})$")
    texts = np.array(nodes.take(full).to_pylist(), dtype="S71")
    order = np.argsort(texts, kind="stable")
    starts = np.array(nodes.take(short).to_pylist(), dtype="S71")
    first = np.searchsorted(texts, starts, sorter=order)
    end = np.searchsorted(texts, np.char.add(starts, b"g"), sorter=order)
    single = end - first == 1
    return short[single], full[order[first[single]]]


def namesakes(labels: Ints, items: pa.Table) -> Ints:
    """The place of the item that names the thread of each label; -1 for a label that no item has.

    It is the first by `rank` (ticket, pull request, …), then by `first` time, then by text, so that neither the order
    of rows nor repetition matters.
    """
    import numpy as np
    import pyarrow.compute as pc

    keys = [(name, "ascending") for name in ("rank", "first", "work_item")]
    order = pc.sort_indices(items, sort_keys=keys).to_numpy().astype(np.int64)
    best = least_of(labels[order], np.arange(len(order)), int(labels.max(initial=-1)) + 1)
    return np.append(order, -1)[np.minimum(best, len(order))]


def bucket_of(texts: pa.Array, count: int) -> Ints:
    """One of so many buckets for each text, the same in every process and on every machine."""
    import numpy as np
    import pandas as pd

    hashes = pd.util.hash_array(texts.to_numpy(zero_copy_only=False), categorize=False)
    return cast("Ints", (hashes % np.uint64(count)).astype(np.int64))


def looked_up(texts: pa.Array, keys: pa.Array, values: pa.Array) -> pa.Array:
    """The value of each text whose key there is; the text itself where there is none."""
    import pyarrow.compute as pc

    return pc.coalesce(values.take(pc.index_in(texts, value_set=keys)), texts)


def one_array(values: pa.ChunkedArray) -> pa.Array:
    """A column of a table as one array."""
    return values.chunk(0) if values.num_chunks == 1 else values.combine_chunks()


def least_of(places: Ints, values: Ints, count: int) -> Ints:
    """The least value of each of `count` places; the largest integer where there is none."""
    import numpy as np

    least = np.full(count, np.iinfo(np.int64).max)
    np.minimum.at(least, places, values)
    return least


def _ranks(frame: pd.DataFrame, own: Ints, count: int) -> tuple[Ints, Ints]:
    """The rank of the best kind of each work item, and its first time in microseconds."""
    import numpy as np

    kinds = column(frame, "kind").dictionary_encode()
    ranks = np.array([_NAMED_AFTER.get(kind, len(_NAMED_AFTER)) for kind in kinds.dictionary.to_pylist()], np.int64)
    at = column(frame, "occurred_at").cast("int64").to_numpy(zero_copy_only=False)
    return least_of(own, ranks[dictionary_codes(kinds)], count), least_of(own, at, count)


def _groups(frame: pd.DataFrame, items: pa.DictionaryArray, rows: Ints, refs: pa.Array, count: int) -> Ints:
    """The group of each row: that of its work item's project, else of a forge's project it refers to, else its scope's.

    So nearly all rows that are linked to each other are in one group. What is not costs a little more, and changes
    nothing: any division into groups gives the same threads.
    """
    import numpy as np
    import pyarrow.compute as pc

    if count == 1:
        return np.zeros(len(frame), np.int64)
    own = _group_by_project(pc.utf8_lower(items.dictionary), "#!-", count)
    groups = own[dictionary_codes(items)]
    referred = refs.dictionary_encode()
    by_reference = _group_by_project(referred.dictionary, "#!", count)[dictionary_codes(referred)]
    some = (by_reference >= 0) & (groups[rows] < 0)
    groups[rows[some]] = by_reference[some]
    scopes = column(frame, "scope").dictionary_encode()
    by_scope = bucket_of(pc.utf8_lower(scopes.dictionary), count)[dictionary_codes(scopes)]
    return np.where(groups < 0, by_scope, groups)


def _group_by_project(nodes: pa.Array, marks: str, count: int) -> Ints:
    """The group of each node's project, which is before one of the marks and a number; -1 for a node such as a commit.

    All ends that look like a number are taken off, which is as good a name of the project and quickly done.
    """
    import numpy as np
    import pyarrow.compute as pc

    numberless = pc.ascii_rtrim(nodes, "0123456789")
    has_number = functools.reduce(pc.or_, [pc.ends_with(numberless, mark) for mark in marks])
    projects = pc.if_else(has_number, pc.ascii_rtrim(numberless, marks), None).dictionary_encode()
    groups = np.append(bucket_of(projects.dictionary, count), -1)
    return groups[dictionary_codes(projects)]
