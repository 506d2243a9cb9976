"""Threads: a ticket, its pull requests, their reviews and their commits as one accomplishment, over all sources.

Rows are joined by `closes`, `part_of`, `same_as` and `reverts`; never by mentions, epics or what a note is about.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

from harvester.analysis.frame import column
from harvester.analysis.references import bases, codes_of, exploded, resolve, resolved

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    import pyarrow as pa

    Ints = np.ndarray[Any, np.dtype[np.int64]]
    Form = Callable[..., pa.Array]

JOINING = ("closes", "part_of", "picked_from", "reverts")
"""The columns whose references make a thread."""

A_DAY = 24 * 3600 * 1_000_000
"""In microseconds: a ticket that is resolved by hand may be so a little before its change lands."""

_NAMED_AFTER = {"issue": 0, "pull_request": 1, "review": 2, "commit": 3}
"""Which member names a thread: its ticket, else its pull request, else its commit."""


def threads(frame: pd.DataFrame, tickets: Mapping[str, str] | None = None) -> pd.Series[str]:
    """The thread of each row, aligned to the frame: the work item of its ticket, else pull request, else commit.

    `tickets` maps keys of configured Jira projects to their host, such as {"PAY": "acme.atlassian.net"}. Neither the
    order of rows and sources nor their repetition changes which rows share a thread, or its name. Never null.
    """
    import pandas as pd

    work_items = column(frame, "work_item")
    rows, refs = resolved(frame, JOINING, tickets or {})
    nodes, codes = _encode(work_items, refs)
    codes = _lengthened(nodes, codes)
    own, named = codes[: len(work_items)], codes[len(work_items) :]
    labels = components(len(nodes), own[rows], named)[own]
    names = _names(frame, work_items, labels)
    return pd.Series(pd.arrays.ArrowExtensionArray(names), index=frame.index, name="thread")


def titles(frame: pd.DataFrame, names: Sequence[str]) -> dict[str, str]:
    """By thread what it is called: the first title in the frame of what it is named after, whoever's it is."""
    slim = frame[["work_item", "title"]]
    named = slim[(slim["work_item"].isin(list(names)) & slim["title"].notna()).to_numpy(bool)].drop_duplicates(
        "work_item"
    )
    return dict(zip(named["work_item"], named["title"], strict=True))


def about(frame: pd.DataFrame, tickets: Mapping[str, str] | None = None) -> list[tuple[Any, Any]]:
    """What notes are about, as index labels of the note and of a row of its work item; a note may be about several.

    What the person wrote may be short: `pay#131` or `#131` is the one work item that ends so. A reference that leads to
    no row, or to more than one work item, is left out.
    """
    import pyarrow.compute as pc

    rows, refs = exploded(frame, "related_to")
    meant = resolve(refs, bases(frame, rows), tickets or {}).to_pylist()
    written = [ref.strip().lower() for ref in refs.to_pylist()]
    places = _places_of(pc.utf8_lower(column(frame, "work_item")), {*filter(None, meant), *filter(None, written)})
    found = []
    for row, *wanted in zip(rows.tolist(), meant, written, strict=True):
        place = next((places[each] for each in wanted if each in places), None)
        if place is not None:
            found.append((frame.index[row], frame.index[place]))
    return list(dict.fromkeys(found))


def taken_back(frame: pd.DataFrame, tickets: Mapping[str, str] | None = None) -> pd.Series[bool]:
    """Which rows tell of work that a later change takes back and nothing has put back since, aligned to the frame.

    A pull request is taken back with itself, with the commit that landed it, or with the only commit it has; by
    whoever. What is taken back takes nothing back itself.
    """
    import pandas as pd
    import pyarrow.compute as pc

    rows, refs = resolved(frame, ("reverts",), tickets or {})
    if not len(rows):
        return pd.Series(False, index=frame.index, dtype="bool[pyarrow]")
    work_items = pc.utf8_lower(column(frame, "work_item")).to_pylist()
    times = column(frame, "occurred_at").to_pylist()
    pairs = zip(rows.tolist(), refs.to_pylist(), strict=True)
    # The latest first: what it takes back takes nothing back any more.
    told = sorted(((times[row], work_items[row], ref) for row, ref in pairs), reverse=True)
    landed = _landed(frame, work_items, tickets or {})
    gone: set[str] = set()
    for _, work_item, ref in told:
        if work_item not in gone:
            commit = _in_full(ref, work_items)
            gone |= {commit, *landed.get(commit, ())} - {work_item}
    return pd.Series([work_item in gone for work_item in work_items], index=frame.index, dtype="bool[pyarrow]")


def _landed(frame: pd.DataFrame, work_items: Sequence[str], tickets: Mapping[str, str]) -> Mapping[str, set[str]]:
    """The pull requests that fall with a commit: the one that it landed, and the one of which it is all there is."""
    import pyarrow.compute as pc

    pulls = pc.equal(column(frame, "kind"), "pull_request").to_numpy(zero_copy_only=False)
    found: dict[str, set[str]] = {}
    for row, ref in zip(*_listed(resolved(frame, ("closes",), tickets, pulls)), strict=True):
        if ref.startswith("commit/"):
            found.setdefault(ref, set()).add(work_items[row])
    commits: dict[str, set[str]] = {}
    for row, ref in zip(*_listed(resolved(frame, ("part_of",), tickets, ~pulls)), strict=True):
        commits.setdefault(ref, set()).add(work_items[row])
    for pull, own in commits.items():
        if len(own) == 1:
            found.setdefault(next(iter(own)), set()).add(pull)
    return found


def _listed(pairs: tuple[Ints, pa.Array]) -> tuple[list[int], list[str]]:
    return pairs[0].tolist(), pairs[1].to_pylist()


def _in_full(ref: str, work_items: Sequence[str]) -> str:
    """An abbreviated commit as the one that begins so, where there is one only; anything else as it is."""
    if not ref.startswith("commit/") or len(ref) in (len("commit/") + 40, len("commit/") + 64):
        return ref
    longer = {each for each in work_items if each.startswith(ref)}
    return longer.pop() if len(longer) == 1 else ref


def closers(frame: pd.DataFrame, tickets: Mapping[str, str]) -> tuple[Ints, Ints]:
    """Tickets and what closed them, as two arrays of positions: pull requests, or commits where there is none.

    A change that several sources saw stands once for each ticket's row: the one with the most files. One that landed
    more than a day after the ticket was closed did not close it: what is read later must not change what was counted.
    """
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    kinds, roles, counts = column(frame, "kind"), column(frame, "role"), pc.list_value_length(column(frame, "paths"))
    commit = pc.equal(kinds, "commit").to_numpy(zero_copy_only=False)
    change = pc.and_(pc.is_in(kinds, pa.array(["pull_request", "commit"])), pc.equal(roles, "author"))
    rows, refs = resolved(frame, ("closes",), tickets, change.to_numpy(zero_copy_only=False))
    issues = np.flatnonzero(pc.equal(kinds, "issue").to_numpy(zero_copy_only=False))
    codes = _encode(column(frame, "work_item").take(pa.array(issues)), refs)[1]
    own, named = codes[: len(issues)], codes[len(issues) :]
    order = np.argsort(own, kind="stable")
    first, after = (np.searchsorted(own[order], named, side=side) for side in ("left", "right"))
    ticket = issues[order[np.repeat(first, after - first) + within_runs(after - first)]]
    lender = np.repeat(rows, after - first)
    at = column(frame, "occurred_at").cast("int64").to_numpy(zero_copy_only=False)
    in_time = at[lender] <= at[ticket] + A_DAY
    ticket, lender = ticket[in_time], lender[in_time]
    # A pull request stands for the commits in it.
    reviewed = np.zeros(len(frame), bool)
    reviewed[ticket[~commit[lender]]] = True
    keep = ~(commit[lender] & reviewed[ticket])
    return _once(ticket[keep], lender[keep], column(frame, "work_item"), counts)


def _once(ticket: Ints, lender: Ints, work_items: pa.Array, counts: pa.Array) -> tuple[Ints, Ints]:
    """For each ticket one row of each change: the one with the most files."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    change = codes_of(pc.utf8_lower(work_items.take(pa.array(lender))).dictionary_encode())
    files = pc.fill_null(counts.take(pa.array(lender)), 0).to_numpy(zero_copy_only=False)
    order = np.lexsort((-files, change, ticket))
    ticket, lender, change = ticket[order], lender[order], change[order]
    new = np.ones(len(ticket), bool)
    new[1:] = (ticket[1:] != ticket[:-1]) | (change[1:] != change[:-1])
    return ticket[new], lender[new]


def within_runs(repeats: Ints) -> Ints:
    """0, 1, … for each of several counts, one after the other."""
    import numpy as np

    ends = np.cumsum(repeats)
    return cast("Ints", np.arange(ends[-1] if len(ends) else 0) - np.repeat(ends - repeats, repeats))


def components(count: int, left: Ints, right: Ints) -> Ints:
    """The connected components of `count` nodes and the edges left–right: the smallest node of each node's component.

    Every node hangs on a smaller neighbour and the trees are flattened, until no edge joins two trees: rounds grow with
    the logarithm of the longest chain.
    """
    import numpy as np

    parent = np.arange(count, dtype=np.int64)
    while len(left):
        left, right = parent[left], parent[right]
        apart = left != right
        left, right = left[apart], right[apart]
        low, high = np.minimum(left, right), np.maximum(left, right)
        np.minimum.at(parent, high, low)
        while not np.array_equal(flat := parent[parent], parent):
            parent = flat
    return parent


def _encode(work_items: pa.Array, refs: pa.Array) -> tuple[pa.Array, Ints]:
    """The distinct work items, in lower case as hosts and repositories compare, and the number of each."""
    import pyarrow as pa
    import pyarrow.compute as pc

    encoded = pa.concat_arrays([pc.utf8_lower(work_items), refs]).dictionary_encode()
    return encoded.dictionary, codes_of(encoded)


def _lengthened(nodes: pa.Array, codes: Ints) -> Ints:
    """Codes with each abbreviated commit replaced by the one commit that begins so; ambiguous ones stay apart."""
    import numpy as np
    import pyarrow.compute as pc

    def places(form: str) -> Ints:
        fits = pc.match_substring_regex(nodes, form).to_numpy(zero_copy_only=False)
        return np.flatnonzero(fits)

    short = places(r"^commit/[0-9a-f]{7,39}$")
    if not len(short):
        return codes
    full = places(r"^commit/(?:[0-9a-f]{40}|[0-9a-f]{64})$")
    texts = np.array(nodes.take(full).to_pylist(), dtype="U71")
    order = np.argsort(texts, kind="stable")
    starts = np.array(nodes.take(short).to_pylist(), dtype="U71")
    first = np.searchsorted(texts, starts, sorter=order)
    # 'g' is the letter after every hexadecimal digit.
    after = np.searchsorted(texts, np.char.add(starts, "g"), sorter=order)
    longer = np.arange(len(nodes), dtype=np.int64)
    single = after - first == 1
    longer[short[single]] = full[order[first[single]]]
    return cast("Ints", longer[codes])


def _names(frame: pd.DataFrame, work_items: pa.Array, labels: Ints) -> pa.Array:
    """The name of each row's thread: of its members the ticket's work item first, and of several the earliest."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    distinct = work_items.dictionary_encode()
    order = pc.sort_indices(distinct.dictionary).to_numpy(zero_copy_only=False)
    first = np.full(len(order), np.iinfo(np.int64).max)
    np.minimum.at(first, codes_of(distinct), column(frame, "occurred_at").cast("int64").to_numpy(zero_copy_only=False))
    order = order[np.argsort(first[order], kind="stable")]
    place = np.empty(len(order), np.int64)
    place[order] = np.arange(len(order))
    kinds = column(frame, "kind").dictionary_encode()
    ranks = np.array([_NAMED_AFTER.get(kind, len(_NAMED_AFTER)) for kind in kinds.dictionary.to_pylist()] or [0])
    keys = ranks[codes_of(kinds)] * max(len(order), 1) + place[codes_of(distinct)]
    best = np.full(int(labels.max(initial=-1)) + 1, np.iinfo(np.int64).max)
    np.minimum.at(best, labels, keys)
    chosen = order[best[labels] % max(len(order), 1)] if len(order) else order
    return distinct.dictionary.take(pa.array(chosen))


def _places_of(work_items: pa.Array, wanted: set[str]) -> dict[str, int]:
    """Where each wanted work item stands, or else the only one that ends (for a commit: begins) so."""
    import pyarrow as pa
    import pyarrow.compute as pc

    words = sorted(wanted)
    exact = pc.index_in(pa.array(words, pa.string()), value_set=work_items).to_pylist()
    places = {word: _only(work_items, word) if at is None else at for word, at in zip(words, exact, strict=True)}
    return {word: at for word, at in places.items() if at is not None}


def _only(work_items: pa.Array, wanted: str) -> int | None:
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    ends = pc.ends_with(work_items, wanted if wanted[:1] in ("#", "!") else "/" + wanted)
    fits = pc.or_(ends, pc.starts_with(work_items, wanted)) if wanted.startswith("commit/") else ends
    at = np.flatnonzero(fits.to_numpy(zero_copy_only=False))
    return int(at[0]) if len(at) and len(pc.unique(work_items.take(pa.array(at)))) == 1 else None
