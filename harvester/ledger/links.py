"""Rows that belong together by work items and references, loosely: more than a thread needs, never less.

Every work item and reference becomes a key, its last part: `github.com/org/repo#12`, `org/repo#12` and `#12` in
project `org/repo` are all `repo#12`; a commit is the first seven digits of its hash, the shortest that git prints.
The keys of a row are stored beside it when it is written, so that a search compares them and parses no text.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from harvester.ledger.changeset import accounts_matching, empty_mask, in_period
from harvester.ledger.queries import Wanted
from harvester.model.contribution import COLUMNS, tail
from harvester.model.periods import Period

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    import pyarrow.dataset as ds

    Mask = np.ndarray[Any, np.dtype[np.bool_]]
    Places = np.ndarray[Any, np.dtype[np.int64]]

REFERENCES = ("closes", "part_of", "picked_from", "reverts", "related_to")
COLUMN = "links"
"""The column of the stored table that holds a row's keys; no export and no frame has it."""

COMMIT, SHORTEST = "commit/", 7

FILES_AT_ONCE = min(4, os.cpu_count() or 1)
"""How many files are read side by side; each takes its memory."""


def with_link_keys(rows: pa.Table) -> pa.Table:
    """The rows with the keys of their work items and references in one more column, a list of texts."""
    import numpy as np
    import pyarrow as pa

    places, texts = _work_items_and_references(rows)
    projects = tail(_one_array(rows["project"].fill_null("")))
    keys = link_keys(texts, projects.take(pa.array(places)))
    ends = np.cumsum(np.bincount(places, minlength=len(rows)))
    offsets = pa.array(np.concatenate(([0], ends)), pa.int32())
    lists = pa.ListArray.from_arrays(offsets, keys.take(pa.array(np.argsort(places, kind="stable"))))
    return rows.append_column(pa.field(COLUMN, pa.list_(pa.string()), nullable=False), lists)


def link_keys(texts: pa.Array, projects: pa.Array) -> pa.Array:
    """The key of each work item or reference; `projects` are the last parts of the projects they belong to."""
    import pyarrow.compute as pc

    last = pc.utf8_lower(tail(texts))
    bare = pc.or_(pc.starts_with(texts, "#"), pc.starts_with(texts, "!"))
    full = pc.if_else(bare, pc.binary_join_element_wise(pc.utf8_lower(projects), last, ""), last)
    return pc.if_else(pc.starts_with(texts, COMMIT), pc.utf8_slice_codeunits(last, 0, SHORTEST), full)


def related_rows(dataset: ds.Dataset, period: Period | None, wanted: Wanted | None) -> pa.Table:
    """The rows of a period and of the accounts wanted, and those linked to them through any number of others.

    Three passes over the files: which rows are asked for (accounts and times), which are linked to them (keys alone),
    and then the whole rows, from those row groups that hold any.
    """
    import numpy as np
    import pyarrow as pa

    fragments = list(dataset.get_fragments())
    empty = dataset.schema.empty_table().select(list(COLUMNS))
    # One file is decoded on one core; Arrow lets go of Python's lock meanwhile.
    with ThreadPoolExecutor(FILES_AT_ONCE) as pool:
        seeds = list(pool.map(lambda each: _asked_for(dataset, each, period, wanted), fragments))
        if not any(each.any() for each in seeds):
            return empty
        keys = pool.map(lambda each: each.to_table(schema=dataset.schema, columns=[COLUMN])[COLUMN], fragments)
        chosen = linked(pa.chunked_array([chunk for each in keys for chunk in each.chunks]), np.concatenate(seeds))
        masks = np.split(chosen, np.cumsum([len(each) for each in seeds])[:-1])
        found = pool.map(lambda each, mask: _rows(dataset, each, mask), fragments, masks)
        return pa.concat_tables([empty, *found])


def linked(keys: pa.ChunkedArray, seeds: Mask) -> Mask:
    """Which rows (by the keys of each) are among the seeds or linked to one, through any number of others.

    Every key becomes a small number. A round marks the keys of all chosen rows and then chooses all rows with a marked
    key. The last round chooses nothing new; it comes, since every other one chooses at least one row more. Then no
    other row shares a key with a chosen one. Work items and references are keys alike, so links work both ways.
    """
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    lists = pa.concat_arrays(keys.chunks)
    places: Places = pc.list_parent_indices(lists).to_numpy()
    encoded = lists.flatten().dictionary_encode()
    codes = encoded.indices.to_numpy()
    chosen: Mask = seeds.copy()
    marked = np.zeros(len(encoded.dictionary), dtype=bool)
    while True:
        marked[codes[chosen[places]]] = True
        reached = places[marked[codes]]
        if chosen[reached].all():
            return chosen
        chosen[reached] = True


def _asked_for(dataset: ds.Dataset, fragment: ds.Fragment, period: Period | None, wanted: Wanted | None) -> Mask:
    """Which rows of a file lie in the period and are of the accounts wanted."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.dataset as ds

    keys = ds.get_partition_keys(fragment.partition_expression)
    if period is not None and not period.since.year <= keys["year"] <= period.until.year:
        return np.zeros(fragment.metadata.num_rows, bool)
    table = fragment.to_table(schema=dataset.schema, columns=["account", "occurred_at"])
    mask = pc.invert(pa.chunked_array([empty_mask(len(table)).combine_chunks()]))
    if period is not None:
        mask = pc.and_(mask, in_period(table["occurred_at"], period))
    if wanted is not None:
        mask = pc.and_(mask, accounts_matching(table["account"], lambda account: wanted(keys["source"], account)))
    return np.asarray(mask.to_numpy(), bool)


def _rows(dataset: ds.Dataset, fragment: ds.ParquetFileFragment, chosen: Mask) -> pa.Table:
    """The chosen rows of a file, read from those of its row groups that hold any."""
    import numpy as np
    import pyarrow as pa

    sizes = [fragment.metadata.row_group(number).num_rows for number in range(fragment.metadata.num_row_groups)]
    parts = np.split(chosen, np.cumsum(sizes)[:-1])
    groups = [number for number, part in enumerate(parts) if part.any()]
    if not groups:
        return dataset.schema.empty_table().select(list(COLUMNS))
    inside = np.concatenate([parts[number] for number in groups])
    read = fragment.subset(row_group_ids=groups).to_table(schema=dataset.schema, columns=list(COLUMNS))
    return read.filter(pa.array(inside))


def _work_items_and_references(rows: pa.Table) -> tuple[Places, pa.Array]:
    """Row numbers and the work items and references of those rows, side by side."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    places, texts = [np.arange(len(rows))], [_one_array(rows["work_item"])]
    for name in REFERENCES:
        column = _one_array(rows[name])
        places.append(pc.list_parent_indices(column).to_numpy().astype(np.int64))
        texts.append(column.flatten())
    return np.concatenate(places), pa.concat_arrays(texts)


def _one_array(column: pa.ChunkedArray) -> pa.Array:
    import pyarrow as pa

    return pa.concat_arrays(column.chunks) if column.num_chunks else pa.array([], column.type)
