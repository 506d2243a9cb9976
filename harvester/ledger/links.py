"""Rows that hang together by work items and references, loosely: more than a thread needs, never less.

Every work item and reference becomes a token, its last part: `github.com/org/repo#12`, `org/repo#12` and `#12` in
project `org/repo` are all `repo#12`; a commit is the first seven digits of its hash, the shortest that git prints.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from harvester.ledger.changeset import empty_mask, named, within
from harvester.ledger.endings import COMMIT, endings
from harvester.ledger.queries import Wanted
from harvester.model.contribution import COLUMNS, tail
from harvester.model.periods import Period

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    import pyarrow.dataset as ds

    Mask = np.ndarray[Any, np.dtype[np.bool_]]

REFERENCES = ("closes", "part_of", "picked_from", "reverts", "related_to")
SHORTEST = 7
PIECE = 131_072
"""Rows whose endings are taken at a time: each takes some hundred bytes meanwhile."""

AT_ONCE = min(4, os.cpu_count() or 1)
"""How many files or pieces are worked on side by side; each takes its memory."""

SIEVE, MIX = 20, 0x9E3779B97F4A7C15
"""A sieve's places as a power of two, and the odd number that spreads others over them (Fibonacci hashing)."""

ROUNDS = 8
"""How often a search goes on to what shares an ending before everything is compared."""


def gather(dataset: ds.Dataset, period: Period | None, wanted: Wanted | None) -> pa.Table:
    """The rows of a period and of the accounts wanted, and those linked to them through any number of others."""
    import numpy as np
    import pyarrow as pa

    names = ["work_item", "project", *REFERENCES]
    fragments = list(dataset.get_fragments())
    empty = dataset.schema.empty_table().select(list(COLUMNS))
    # One file is decoded on one core; Arrow and NumPy let go of Python's lock meanwhile.
    with ThreadPoolExecutor(AT_ONCE) as pool:
        seeds = list(pool.map(lambda each: _seeds(dataset, each, period, wanted), fragments))
        if not any(each.any() for each in seeds):
            return empty
        links = pool.map(lambda each: each.to_table(schema=dataset.schema, columns=names), fragments)
        chosen = near(pa.concat_tables(links), np.concatenate(seeds))
        masks = np.split(chosen, np.cumsum([len(each) for each in seeds])[:-1])
        found = pool.map(lambda each, mask: _rows(dataset, each, mask), fragments, masks)
        return pa.concat_tables([empty, *found])


def _seeds(dataset: ds.Dataset, fragment: ds.Fragment, period: Period | None, wanted: Wanted | None) -> np.ndarray:
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
        mask = pc.and_(mask, within(table["occurred_at"], period))
    if wanted is not None:
        mask = pc.and_(mask, named(table["account"], lambda account: wanted(keys["source"], account)))
    return np.asarray(mask.to_numpy(), bool)


def _rows(dataset: ds.Dataset, fragment: ds.ParquetFileFragment, chosen: np.ndarray) -> pa.Table:
    """The chosen rows of a file, read from those of its row groups that hold any."""
    import numpy as np
    import pyarrow as pa

    sizes = [fragment.metadata.row_group(number).num_rows for number in range(fragment.metadata.num_row_groups)]
    ends = np.cumsum(sizes)
    groups = [each for each, (end, size) in enumerate(zip(ends, sizes, strict=True)) if chosen[end - size : end].any()]
    if not groups:
        return dataset.schema.empty_table().select(list(COLUMNS))
    inside = np.concatenate([chosen[ends[each] - sizes[each] : ends[each]] for each in groups])
    read = fragment.subset(row_group_ids=groups).to_table(schema=dataset.schema, columns=list(COLUMNS))
    return read.filter(pa.array(inside))


def near(table: pa.Table, seeds: Mask) -> Mask:
    """What `linked` finds, without making a token of every text: only of those whose endings could be the same.

    From the rows that are linked to the seeds so far, go on to all rows that share an ending with them, and compare
    tokens among these alone, until no row with such an ending is left out. Where that is most of the table, or a chain
    is long, all of it is compared.
    """
    import numpy as np
    import pyarrow as pa

    places, numbers, odd = _all_endings(table)
    oddly = np.zeros(len(seeds), bool)
    oddly[places[odd]] = True
    pool, compared = seeds | oddly, np.zeros(len(seeds), bool)
    rows, tokens = np.zeros(0, np.int64), pa.array([], pa.string())
    slots, sieve = _slots(numbers), np.zeros(1 << SIEVE, bool)
    for _ in range(ROUNDS):
        if 2 * np.count_nonzero(pool) > len(pool):
            break
        new = np.flatnonzero(pool & ~compared)
        at, made = _tokens_of(_taken(table, new))
        rows, tokens = np.concatenate((rows, new[at])), pa.concat_arrays([tokens, made])
        compared = pool
        chosen = _reached(rows, tokens, seeds)
        own = numbers[chosen[places] & ~odd], endings(tokens.filter(pa.array(chosen[rows] & oddly[rows])))[0]
        known = np.unique(np.concatenate(own))
        pool = compared.copy()
        # Most numbers fall through a coarse sieve; the rest are compared.
        sieve[:] = False
        sieve[_slots(known)] = True
        at = np.flatnonzero(sieve[slots])
        at = at[~pool[places[at]]]
        pool[places[at[np.isin(numbers[at], known)]]] = True
        if (pool == compared).all():
            return chosen
    return linked(table, seeds)


def _slots(numbers: np.ndarray) -> np.ndarray:
    """Where in a sieve each number falls."""
    import numpy as np

    return ((numbers * np.uint64(MIX)) >> np.uint64(64 - SIEVE)).astype(np.intp)


def _taken(table: pa.Table, rows: np.ndarray) -> pa.Table:
    """The rows at these places, in order. Batch by batch: Arrow would first make one piece of all lists."""
    import numpy as np
    import pyarrow as pa

    batches = table.to_batches()
    starts = np.cumsum([0, *map(len, batches)])
    cuts = np.searchsorted(rows, starts)
    places = zip(batches, starts, cuts, cuts[1:], strict=False)
    parts = [batch.take(pa.array(rows[first:end] - start)) for batch, start, first, end in places if first < end]
    return pa.Table.from_batches(parts, table.schema)


def _all_endings(table: pa.Table) -> tuple[np.ndarray, np.ndarray, Mask]:
    """Row numbers, endings and oddness of all work items and references, piece by piece, side by side."""
    import numpy as np

    def piece(start: int) -> tuple[np.ndarray, np.ndarray, Mask]:
        places, texts = _texts(table.slice(start, PIECE))
        return (places + start, *endings(texts))

    with ThreadPoolExecutor(AT_ONCE) as pool:
        parts = list(pool.map(piece, range(0, len(table), PIECE)))
    places, numbers, odd = (np.concatenate(each) for each in zip(*parts, strict=True))
    return places, numbers, odd


def linked(table: pa.Table, seeds: Mask) -> Mask:
    """Which rows of a table are among the seeds (a mask) or linked to one of them, through any number of others."""
    return _reached(*_tokens_of(table), seeds)


def _reached(places: np.ndarray, tokens: pa.Array, seeds: Mask) -> Mask:
    """Which rows are among the seeds or linked to one, where rows at these places have these tokens, side by side."""
    import numpy as np

    encoded = tokens.dictionary_encode()
    codes = encoded.indices.to_numpy()
    chosen: Mask = seeds.copy()
    known = np.zeros(len(encoded.dictionary), dtype=bool)
    while True:
        known[codes[chosen[places]]] = True
        reached = places[known[codes]]
        if chosen[reached].all():
            return chosen
        chosen[reached] = True


def _texts(table: pa.Table) -> tuple[np.ndarray, pa.Array]:
    """Row numbers and their work items and references, side by side."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    flat = table.combine_chunks()
    places, texts = [np.arange(len(flat))], [_whole(flat["work_item"])]
    for name in REFERENCES:
        column = _whole(flat[name])
        places.append(pc.list_parent_indices(column).to_numpy().astype(np.int64))
        texts.append(column.flatten())
    return np.concatenate(places), pa.concat_arrays(texts)


def _tokens_of(table: pa.Table) -> tuple[np.ndarray, pa.Array]:
    """Row numbers and the tokens of their work items and references, side by side."""
    import pyarrow as pa
    import pyarrow.compute as pc

    places, texts = _texts(table)
    if not len(places):
        return places, texts
    projects = _whole(table["project"]).dictionary_encode()
    tails = tail(pc.coalesce(projects.dictionary, ""))
    tails = pa.concat_arrays([tails, pa.array([""])]).take(pc.coalesce(projects.indices, len(tails)))
    return places, pa.chunked_array([tokens(texts, tails.take(pa.array(places)))]).combine_chunks()


def _whole(column: pa.ChunkedArray) -> pa.Array:
    import pyarrow as pa

    whole = column.combine_chunks()
    return pa.concat_arrays(whole.chunks) if isinstance(whole, pa.ChunkedArray) else whole


def tokens(texts: pa.Array, projects: pa.Array) -> pa.Array:
    """The token of each work item or reference; `projects` are the last parts of the projects they stand in."""
    import pyarrow.compute as pc

    last = pc.utf8_lower(tail(texts))
    bare = pc.or_(pc.starts_with(texts, "#"), pc.starts_with(texts, "!"))
    full = pc.if_else(bare, pc.binary_join_element_wise(pc.utf8_lower(projects), last, ""), last)
    return pc.if_else(pc.starts_with(texts, COMMIT), pc.utf8_slice_codeunits(last, 0, SHORTEST), full)
