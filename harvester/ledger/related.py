"""Rows that hang together by subjects and references, loosely: more than a thread needs, never less.

Every subject and reference becomes a token, its last part: `github.com/org/repo#12`, `org/repo#12` and `#12` in
project `org/repo` are all `repo#12`; a commit is the first seven digits of its hash, the shortest that git prints.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from harvester.ledger.changes import named, nothing, within
from harvester.ledger.choose import Wanted
from harvester.ledger.endings import COMMIT, endings
from harvester.references import tail
from harvester.schema import COLUMNS
from harvester.windows import Window

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    import pyarrow.dataset as ds

REFERENCES = ("closes", "part_of", "same_as", "reverts", "about")
SHORTEST = 7
PIECE = 16_384
"""Rows whose endings are taken at a time."""

ROUNDS = 8
"""How often a search goes on to what shares an ending before everything is compared."""


def gather(dataset: ds.Dataset, window: Window | None, wanted: Wanted | None) -> pa.Table:
    """The rows of a window and of the accounts wanted, and those linked to them through any number of others."""
    import numpy as np
    import pyarrow as pa

    names = ["subject", "project", *REFERENCES]
    fragments = list(dataset.get_fragments())
    seeds = [_seeds(dataset, each, window, wanted) for each in fragments]
    if not any(each.any() for each in seeds):
        return dataset.schema.empty_table().select(list(COLUMNS))
    links = pa.concat_tables(each.to_table(schema=dataset.schema, columns=names) for each in fragments)
    chosen = near(links, np.concatenate(seeds))
    starts = np.cumsum([0, *map(len, seeds)])
    found = [
        _rows(dataset, fragment, chosen[start : start + len(seed)])
        for fragment, start, seed in zip(fragments, starts, seeds, strict=False)
    ]
    return pa.concat_tables([dataset.schema.empty_table().select(list(COLUMNS)), *found])


def _seeds(dataset: ds.Dataset, fragment: ds.Fragment, window: Window | None, wanted: Wanted | None) -> np.ndarray:
    """Which rows of a file lie in the window and are of the accounts wanted."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.dataset as ds

    keys = ds.get_partition_keys(fragment.partition_expression)
    if window is not None and not window.since.year <= keys["year"] <= window.until.year:
        return np.zeros(fragment.metadata.num_rows, bool)
    table = fragment.to_table(schema=dataset.schema, columns=["account", "at"])
    mask = pc.invert(pa.chunked_array([nothing(len(table)).combine_chunks()]))
    if window is not None:
        mask = pc.and_(mask, within(table["at"], window))
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


def near(table: pa.Table, seeds: np.ndarray) -> np.ndarray:
    """What `linked` finds, without making a token of every text: only of those whose endings could be the same.

    From the rows that are linked to the seeds so far, go on to all rows that share an ending with them, and compare
    tokens among these alone, until no row with such an ending is left out. Where that is most of the table, or a chain
    is long, all of it is compared.
    """
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    places, numbers, odd = _all_endings(table)
    keys = pa.array(numbers)
    pool = seeds.copy()
    pool[places[odd]] = True
    for _ in range(ROUNDS):
        rows = np.flatnonzero(pool)
        if 2 * len(rows) > len(pool):
            break
        part = table.take(pa.array(rows))
        reached = rows[linked(part, seeds[rows])]
        own, _ = endings(_tokens_of(part.filter(pa.array(np.isin(rows, reached)))))
        wider = pool.copy()
        wider[places[pc.is_in(keys, pa.array(np.unique(own))).to_numpy(zero_copy_only=False)]] = True
        if (wider == pool).all():
            chosen = np.zeros(len(seeds), bool)
            chosen[reached] = True
            return chosen
        pool = wider
    return linked(table, seeds)


def _all_endings(table: pa.Table) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Row numbers, endings and oddness of all subjects and references, piece by piece as fits a processor's cache."""
    import numpy as np

    parts = []
    for start in range(0, len(table), PIECE):
        places, texts = _texts(table.slice(start, PIECE))
        parts.append((places + start, *endings(texts)))
    places, numbers, odd = (np.concatenate(each) for each in zip(*parts, strict=True))
    return places, numbers, odd


def linked(table: pa.Table, seeds: np.ndarray) -> np.ndarray:
    """Which rows of a table are among the seeds (a mask) or linked to one of them, through any number of others."""
    import numpy as np

    places, codes, count = pairs(table)
    chosen: np.ndarray = seeds.copy()
    known = np.zeros(count, dtype=bool)
    while True:
        known[codes[chosen[places]]] = True
        reached = places[known[codes]]
        if chosen[reached].all():
            return chosen
        chosen[reached] = True


def pairs(table: pa.Table) -> tuple[np.ndarray, np.ndarray, int]:
    """Row numbers and the numbers of their tokens, side by side, and how many different tokens there are."""
    import pyarrow as pa

    places, _ = _texts(table)
    if not len(places):
        return places, places, 0
    codes = pa.chunked_array([_tokens_of(table)]).combine_chunks().dictionary_encode()
    return places, codes.indices.to_numpy(), len(codes.dictionary)


def _texts(table: pa.Table) -> tuple[np.ndarray, pa.Array]:
    """Row numbers and their subjects and references, side by side."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    flat = table.combine_chunks()
    places, texts = [np.arange(len(flat))], [_whole(flat["subject"])]
    for name in REFERENCES:
        column = _whole(flat[name])
        places.append(pc.list_parent_indices(column).to_numpy().astype(np.int64))
        texts.append(column.flatten())
    return np.concatenate(places), pa.concat_arrays(texts)


def _tokens_of(table: pa.Table) -> pa.Array:
    """The tokens of a table's subjects and references, in the order of `_texts`."""
    import pyarrow as pa
    import pyarrow.compute as pc

    places, texts = _texts(table)
    if not len(places):
        return texts
    projects = _whole(table["project"]).dictionary_encode()
    tails = tail(pc.coalesce(projects.dictionary, ""))
    tails = pa.concat_arrays([tails, pa.array([""])]).take(pc.coalesce(projects.indices, len(tails)))
    return tokens(texts, tails.take(pa.array(places)))


def _whole(column: pa.ChunkedArray) -> pa.Array:
    import pyarrow as pa

    whole = column.combine_chunks()
    return pa.concat_arrays(whole.chunks) if isinstance(whole, pa.ChunkedArray) else whole


def tokens(texts: pa.Array, projects: pa.Array) -> pa.Array:
    """The token of each subject or reference; `projects` are the last parts of the projects they stand in."""
    import pyarrow.compute as pc

    last = pc.utf8_lower(tail(texts))
    bare = pc.or_(pc.starts_with(texts, "#"), pc.starts_with(texts, "!"))
    full = pc.if_else(bare, pc.binary_join_element_wise(pc.utf8_lower(projects), last, ""), last)
    return pc.if_else(pc.starts_with(texts, COMMIT), pc.utf8_slice_codeunits(last, 0, SHORTEST), full)
