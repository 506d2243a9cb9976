"""The steps of threads over an organisation, each on a part of it: no step has all rows, or all work items.

Rows are divided into parts as they are read; what they are linked to is sent to groups, one or more projects each, and
a group joins what is linked within it. Only nodes that several groups have matter outside, and of those only the ones
that a group joins with another: these pairs, which are few, are joined over all groups (`merged`, as a tree). Then each
group knows its threads but for the names of those that reach other groups, which are chosen where all of a thread is
sent to. Every division into parts and groups gives the threads of `threads.threads`.

Every function takes and returns Arrow tables. The column `to` is where a line is sent next, counted from 0.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from harvester.analysis.links import (
    NEEDED,
    abbreviated,
    bucket_of,
    components,
    graph_of,
    least_of,
    linked,
    looked_up,
    namesakes,
    one_array,
)
from harvester.analysis.references import dictionary_codes, known_by_places, places_of_tickets

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    import pyarrow as pa

    Ints = np.ndarray[Any, np.dtype[np.int64]]
    ReadColumns = Callable[[Sequence[str]], pa.Table]
    """Reads the rows of a part, of the columns with these names."""

LINKS = {"part": "int64", "work_item": "string", "other": "string", "rank": "int64", "first": "int64"}
NODES = {"node": "string", "group": "int64"}
SHARED = {"node": "string", "full": "string"}
CANDIDATES = {"label": "string", "group": "int64", "work_item": "string", "rank": "int64", "first": "int64"}
NAMES = {"label": "string", "thread": "string"}
THREADS = {"work_item": "string", "thread": "string"}
"""The columns of what is sent from step to step, with their types, none null but `other` and `full`."""


class Joined(NamedTuple):
    """What a group joined within itself."""

    items: pa.Table
    """Its work items: `work_item`, `rank`, `first`, `component`, whether it is `shared`, and the component's `label`:
    one of its nodes that other groups have, too; null where it has none, and so all of the thread is here."""
    pairs: pa.Table
    """Each shared `node` that is not its component's `label`, and that: a forest, so fewer lines than shared nodes."""


def places_in(part: ReadColumns) -> pa.Array:
    """The Jira projects with a ticket in a part, each once: `acme.atlassian.net/PAY`."""
    return places_of_tickets(_frame(part(("work_item", "kind"))))


def merged_places(places: Sequence[pa.Array]) -> pa.Array:
    """The Jira projects of several parts, each once."""
    import pyarrow as pa
    import pyarrow.compute as pc

    return pc.unique(pa.concat_arrays(places))


def known_in(places: pa.Array, tickets: Mapping[str, str]) -> dict[str, str]:
    """The address of the tracker by project key, as `references.known_tickets` of the rows of all parts has it."""
    return known_by_places(places.to_pylist(), tickets)


def links_of(part: ReadColumns, number: int, known: Mapping[str, str], groups: int) -> pa.Table:
    """The links in a part (LINKS), each sent to the group of its project: at most a line for each row and reference.

    `known` are the Jira projects by key over all parts (`known_in`).
    """
    import numpy as np
    import pyarrow as pa

    found = linked(_frame(part(NEEDED)), known, groups)
    decoded = {name: one_array(found[name]).cast(pa.string()) for name in ("work_item", "other")}
    return _table({**LINKS, "to": "int64"}, **(_columns(found) | decoded), part=np.full(len(found), number))


def nodes_of(links: pa.Table, group: int, buckets: int) -> pa.Table:
    """The nodes of a group (NODES), each sent to the bucket of its text: a line for each of its nodes.

    A commit goes to the bucket of its first seven digits, where it meets those that are abbreviated.
    """
    import numpy as np
    import pyarrow.compute as pc

    nodes = graph_of(links).nodes
    is_commit = pc.starts_with(nodes, "commit/")
    beginnings = pc.if_else(is_commit, pc.utf8_slice_codeunits(nodes, 0, len("commit/") + 7), nodes)
    return _table(
        {**NODES, "to": "int64"}, node=nodes, group=np.full(len(nodes), group), to=bucket_of(beginnings, buckets)
    )


def shared(nodes: pa.Table) -> pa.Table:
    """The nodes in a bucket that several groups have, sent to each of them (SHARED): at most a line for each that came.

    An abbreviated commit that one commit begins with is sent with that one (`full`) to its groups, which then have the
    full one, too.
    """
    import numpy as np
    import pyarrow as pa

    encoded = one_array(nodes["node"]).dictionary_encode()
    codes, groups, count = dictionary_codes(encoded), nodes["group"].to_numpy(), len(encoded.dictionary)
    short, full = abbreviated(encoded.dictionary)
    full_of = np.full(count, -1)
    full_of[short] = full
    at = np.flatnonzero(full_of[codes] >= 0)
    node, to = np.append(codes, full_of[codes[at]]), np.append(groups, groups[at])
    pairs = _distinct(node, to)
    node, to = node[pairs], to[pairs]
    several = np.bincount(node, minlength=count)[node] > 1
    both = np.append(node[several], codes[at])
    fulls = np.append(np.full(int(several.sum()), -1), full_of[codes[at]])
    return _table(
        {**SHARED, "to": "int64"},
        node=encoded.dictionary.take(pa.array(both)),
        full=encoded.dictionary.take(pa.array(fulls, mask=fulls < 0)),
        to=np.append(to[several], groups[at]),
    )


def joined(links: pa.Table, shared: pa.Table) -> Joined:
    """What is linked within a group, by its links and by what other groups have of its nodes (`shared`)."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    graph = graph_of(links)
    is_short = shared["full"].is_valid()
    short, full = (one_array(shared.filter(is_short)[name]) for name in ("node", "full"))
    encoded = pa.concat_arrays([graph.nodes, short, full]).dictionary_encode()
    nodes, codes = encoded.dictionary, dictionary_codes(encoded)[len(graph.nodes) :]
    left, right = np.append(graph.left, codes[: len(short)]), np.append(graph.right, codes[len(short) :])
    component = components(len(nodes), left, right)
    at = _places_in(nodes, shared.filter(pc.invert(is_short))["node"])
    label = least_of(component[at], at, len(nodes))[component]
    has_label = label < len(nodes)
    labels = nodes.take(pa.array(np.where(has_label, label, 0), mask=~has_label))
    is_shared = np.zeros(len(nodes), bool)
    is_shared[at] = True
    own = pa.array(graph.own)
    found = {"component": component[graph.own], "shared": is_shared[graph.own], "label": labels.take(own)}
    items = pa.table(_columns(graph.items) | found)
    others = pa.array(at[label[at] != at])
    return Joined(items, pa.table({"node": nodes.take(others), "label": labels.take(others)}))


def pairs_of(joined: Joined) -> pa.Table:
    """The pairs alone, so that no other task takes the rest of a group."""
    return joined.pairs


def merged(pairs: Sequence[pa.Table]) -> pa.Table:
    """The pairs of several groups joined: each `node` that is not its component's `label`, and that.

    Merging what was merged gives the same components, whatever the tree. There are fewer lines than nodes in the pairs,
    and so never more than nodes that two groups have and one of them joins to another such node.
    """
    import numpy as np
    import pyarrow as pa

    table = pa.concat_tables(pairs)
    count = len(table)
    encoded = pa.concat_arrays([one_array(table["node"]), one_array(table["label"])]).dictionary_encode()
    codes, nodes = dictionary_codes(encoded), encoded.dictionary
    label = components(len(nodes), codes[:count], codes[count:])
    others = np.flatnonzero(label != np.arange(len(nodes)))
    return pa.table({"node": nodes.take(pa.array(others)), "label": nodes.take(pa.array(label[others]))})


def settled(found: Joined, pairs: pa.Table) -> pa.Table:
    """The work items of a group with the `label` that their thread has in all groups, by what was merged over all."""
    items = found.items
    labels = looked_up(one_array(items["label"]), one_array(pairs["node"]), one_array(pairs["label"]))
    return items.set_column(items.schema.get_field_index("label"), "label", labels)


def candidates(items: pa.Table, group: int, buckets: int) -> pa.Table:
    """What may name the threads that reach other groups (CANDIDATES), sent to the bucket of the label.

    Of the work items that no other group has only the best of a label is one. The others are all sent, since `rank` and
    `first` of a work item are those of all its rows.
    """
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    items = items.filter(items["label"].is_valid())
    inner = items.filter(pc.invert(items["shared"]))
    labels = dictionary_codes(one_array(inner["label"]).dictionary_encode())
    sent = pa.concat_tables([items.filter(items["shared"]), inner.take(pa.array(namesakes(labels, inner)))])
    to = bucket_of(one_array(sent["label"]), buckets)
    return _table({**CANDIDATES, "to": "int64"}, **_columns(sent), group=np.full(len(sent), group), to=to)


def named(candidates: pa.Table) -> pa.Table:
    """The name of each thread of a bucket's labels (NAMES), sent to each group that has candidates of it."""
    import pyarrow as pa

    labels, items = (one_array(candidates[name]).dictionary_encode() for name in ("label", "work_item"))
    label, item, groups = dictionary_codes(labels), dictionary_codes(items), candidates["group"].to_numpy()
    least = {name: least_of(item, candidates[name].to_numpy(), len(items.dictionary)) for name in ("rank", "first")}
    label_of = least_of(item, label, len(items.dictionary))  # a work item is in one thread
    best = namesakes(label_of, pa.table({"work_item": items.dictionary, **least}))
    at = _distinct(label, groups)
    threads = items.dictionary.take(pa.array(best[label[at]]))
    return _table(
        {**NAMES, "to": "int64"}, label=labels.dictionary.take(pa.array(label[at])), thread=threads, to=groups[at]
    )


def answers(links: pa.Table, items: pa.Table, names: pa.Table) -> pa.Table:
    """The threads of the work items of a group (THREADS), sent to the parts that have them.

    Only of those whose thread has another name than theirs: the rest name their thread.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    reaching, within = (items.filter(mask) for mask in (items["label"].is_valid(), items["label"].is_null()))
    component, inner = within["component"].to_numpy(), one_array(within["work_item"])
    found = pa.concat_arrays([
        inner.take(pa.array(namesakes(component, within)[component])),
        looked_up(one_array(reaching["label"]), one_array(names["label"]), one_array(names["thread"])),
    ])  # fmt: skip
    keys = pa.concat_arrays([inner, one_array(reaching["work_item"])])
    asked = links.select(["part", "work_item"]).group_by(["part", "work_item"]).aggregate([])
    threads = looked_up(one_array(asked["work_item"]), keys, found)
    sent = _table({**THREADS, "to": "int64"}, work_item=asked["work_item"], thread=threads, to=asked["part"])
    return sent.filter(pc.not_equal(sent["work_item"], sent["thread"]))


def thread_of(work_items: pa.Array, answer: pa.Table) -> pa.Array:
    """The thread of each row of a part, by the work items of its rows and what was answered to the part (THREADS)."""
    return looked_up(work_items, one_array(answer["work_item"]), one_array(answer["thread"]))


def _frame(table: pa.Table) -> pd.DataFrame:
    import pandas as pd

    return cast("pd.DataFrame", table.to_pandas(types_mapper=pd.ArrowDtype))


def _table(columns: Mapping[str, str], **values: Any) -> pa.Table:
    """A table of these columns and types."""
    import pyarrow as pa

    return pa.table({name: values[name] for name in columns}, pa.schema([*columns.items()]))


def _columns(table: pa.Table) -> dict[str, pa.ChunkedArray]:
    return dict(zip(table.column_names, table.columns, strict=True))


def _places_in(nodes: pa.Array, texts: pa.ChunkedArray) -> Ints:
    """The places of these texts among the nodes, which have them all."""
    import numpy as np
    import pyarrow.compute as pc

    return cast("Ints", pc.index_in(one_array(texts), value_set=nodes).to_numpy(zero_copy_only=False).astype(np.int64))


def _distinct(left: Ints, right: Ints) -> Ints:
    """The place of the first of each distinct pair of numbers from 0."""
    import numpy as np

    return np.unique(left * (right.max(initial=0) + 1) + right, return_index=True)[1]
