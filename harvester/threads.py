"""Threads: a ticket, its pull requests, their reviews and their commits as one accomplishment, over all sources.

Rows are joined by `closes`, `part_of`, `same_as` and `reverts`; never by mentions, epics or what a note is about.
References are resolved from where they stand: `#12` in github.com/org/repo is github.com/org/repo#12. A bare `PAY-7` is
a ticket only of a Jira project that is configured, since UTF-8 and SHA-1 look the same.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    import pyarrow as pa

    Ints = np.ndarray[Any, np.dtype[np.int64]]
    Form = Callable[..., pa.Array]

JOINING = ("closes", "part_of", "same_as", "reverts")
"""The columns whose references make a thread."""

A_DAY = 24 * 3600 * 1_000_000
"""In microseconds: a ticket that is resolved by hand may be so a little before its change lands."""

_NAMED_AFTER = {"issue": 0, "pull_request": 1, "review": 2, "commit": 3}
"""Which member names a thread: its ticket, else its pull request, else its commit."""

_NUMBERED = r"^\s*(?P<mark>[#!])(?P<number>\d+)\s*$"
_SIBLING = r"^\s*(?P<path>[\w.-]+)(?P<mark>[#!])(?P<number>\d+)\s*$"
_PATHED = r"^\s*(?P<path>[\w.:-]+(?:/[\w.-]+)+)(?P<mark>[#!])(?P<number>\d+)\s*$"
_HOSTED = r"^\s*(?P<path>[\w-]*[.:][\w.:-]*(?:/[\w.-]+){2,}[#!]\d+)\s*$"
_TICKET = r"^\s*(?P<project>[A-Z][A-Z0-9_]*)-(?P<number>\d+)\s*$"
_HOSTED_TICKET = r"^\s*(?P<path>[\w-]*[.:][\w.:-]*/[A-Z][A-Z0-9_]*-\d+)\s*$"
_COMMIT = r"^\s*(?:commit/(?P<short>[0-9a-fA-F]{7,64})|(?P<full>[0-9a-fA-F]{40}|[0-9a-fA-F]{64}))\s*$"
_URL_COMMIT = r"^\s*https?://[^/\s]+/\S+?/commits?/(?P<number>[0-9a-fA-F]{7,64})(?:[/?#].*)?\s*$"
_URL_NUMBER = (
    r"^\s*https?://(?P<path>[^/\s]+/[^?#\s]+?)(?:/-)?/(?:issues|pull|work_items)/(?P<number>\d+)(?:[/?#].*)?\s*$"
)
_URL_MERGE = r"^\s*https?://(?P<path>[^/\s]+/[^?#\s]+?)(?:/-)?/merge_requests/(?P<number>\d+)(?:[/?#].*)?\s*$"
_URL_TICKET = r"^\s*https?://(?P<path>[^/\s]+)(?:/[^?#\s]*)?/browse/(?P<number>[A-Z][A-Z0-9_]*-\d+)(?:[/?#].*)?\s*$"
_OWN_PROJECT = r"^(?P<base>.+)[#!]\d+$"
_HOST_AND_PATH = r"^(?P<base>[^/\s]*[.:][^/\s]*/\S+)$"
_URL_PROJECT = r"^https?://(?P<base>[^/\s]+/[^?#\s]+?)(?:/-)?/commits?/[0-9a-fA-F]+$"


def threads(frame: pd.DataFrame, tickets: Mapping[str, str] | None = None) -> pd.Series[str]:
    """The thread of each row, aligned to the frame: the subject of its ticket, else pull request, else commit.

    `tickets` maps keys of configured Jira projects to their host, such as {"PAY": "acme.atlassian.net"}. Neither the
    order of rows and sources nor their repetition changes which rows share a thread, or its name. Never null.
    """
    import pandas as pd

    subjects = column(frame, "subject")
    rows, refs = _resolved(frame, JOINING, tickets or {})
    nodes, codes = _encode(subjects, refs)
    codes = _lengthened(nodes, codes)
    own, named = codes[: len(subjects)], codes[len(subjects) :]
    labels = components(len(nodes), own[rows], named)[own]
    names = _names(frame, subjects, labels)
    return pd.Series(pd.arrays.ArrowExtensionArray(names), index=frame.index, name="thread")


def titles(frame: pd.DataFrame, names: Sequence[str]) -> dict[str, str]:
    """By thread what it is called: the first title in the frame of what it is named after, whoever's it is."""
    named = frame[(frame["subject"].isin(list(names)) & frame["title"].notna()).astype(bool)]
    named = named.drop_duplicates("subject")
    return dict(zip(named["subject"], named["title"], strict=True))


def about(
    frame: pd.DataFrame, thread: pd.Series[str], tickets: Mapping[str, str] | None = None
) -> list[tuple[Any, str]]:
    """Which thread each note is about, as (index label of the note, thread); a note may be about several.

    What the person wrote may be short: `pay#131` is the one subject that ends so. A reference that leads to no row, or
    to more than one subject, is left out.
    """
    import pyarrow.compute as pc

    rows, refs = _exploded(frame, "about")
    resolved = resolve(refs, _bases(frame, rows), tickets or {}).to_pylist()
    written = [ref.strip().lower() for ref in refs.to_pylist()]
    places = _places_of(pc.utf8_lower(column(frame, "subject")), {*filter(None, resolved), *filter(None, written)})
    found = []
    for row, *wanted in zip(rows.tolist(), resolved, written, strict=True):
        place = next((places[each] for each in wanted if each in places), None)
        if place is not None:
            found.append((frame.index[row], str(thread.iloc[place])))
    return list(dict.fromkeys(found))


def taken_back(frame: pd.DataFrame, tickets: Mapping[str, str] | None = None) -> pd.Series[bool]:
    """Which rows tell of work that a later change takes back and nothing has put back since, aligned to the frame.

    A pull request is taken back with itself, with the commit that landed it, or with the only commit it has; by
    whoever. What is taken back takes nothing back itself.
    """
    import pandas as pd
    import pyarrow.compute as pc

    subjects = pc.utf8_lower(column(frame, "subject")).to_pylist()
    times = column(frame, "at").to_pylist()
    rows, refs = _resolved(frame, ("reverts",), tickets or {})
    pairs = zip(rows.tolist(), refs.to_pylist(), strict=True)
    # The latest first: what it takes back takes nothing back any more.
    told = sorted(((times[row], subjects[row], ref) for row, ref in pairs), reverse=True)
    landed = _landed(frame, subjects, tickets or {}) if told else {}
    gone: set[str] = set()
    for _, subject, ref in told:
        if subject not in gone:
            commit = _in_full(ref, subjects)
            gone |= {commit, *landed.get(commit, ())} - {subject}
    return pd.Series([subject in gone for subject in subjects], index=frame.index, dtype="bool[pyarrow]")


def _landed(frame: pd.DataFrame, subjects: Sequence[str], tickets: Mapping[str, str]) -> Mapping[str, set[str]]:
    """The pull requests that fall with a commit: the one that it landed, and the one of which it is all there is."""
    import pyarrow.compute as pc

    pulls = pc.equal(column(frame, "kind"), "pull_request").to_numpy(zero_copy_only=False)
    found: dict[str, set[str]] = {}
    for row, ref in zip(*_listed(_resolved(frame, ("closes",), tickets, pulls)), strict=True):
        if ref.startswith("commit/"):
            found.setdefault(ref, set()).add(subjects[row])
    commits: dict[str, set[str]] = {}
    for row, ref in zip(*_listed(_resolved(frame, ("part_of",), tickets, ~pulls)), strict=True):
        commits.setdefault(ref, set()).add(subjects[row])
    for pull, own in commits.items():
        if len(own) == 1:
            found.setdefault(next(iter(own)), set()).add(pull)
    return found


def _listed(resolved: tuple[Ints, pa.Array]) -> tuple[list[int], list[str]]:
    return resolved[0].tolist(), resolved[1].to_pylist()


def _in_full(ref: str, subjects: Sequence[str]) -> str:
    """An abbreviated commit as the one that begins so, where there is one only; anything else as it is."""
    if not ref.startswith("commit/") or len(ref) in (len("commit/") + 40, len("commit/") + 64):
        return ref
    longer = {each for each in subjects if each.startswith(ref)}
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
    rows, refs = _resolved(frame, ("closes",), tickets, change.to_numpy(zero_copy_only=False))
    issues = np.flatnonzero(pc.equal(kinds, "issue").to_numpy(zero_copy_only=False))
    codes = _encode(column(frame, "subject").take(pa.array(issues)), refs)[1]
    own, named = codes[: len(issues)], codes[len(issues) :]
    order = np.argsort(own, kind="stable")
    first, after = (np.searchsorted(own[order], named, side=side) for side in ("left", "right"))
    ticket = issues[order[np.repeat(first, after - first) + _counting(after - first)]]
    lender = np.repeat(rows, after - first)
    at = column(frame, "at").cast("int64").to_numpy(zero_copy_only=False)
    in_time = at[lender] <= at[ticket] + A_DAY
    ticket, lender = ticket[in_time], lender[in_time]
    # A pull request stands for the commits in it.
    reviewed = np.zeros(len(frame), bool)
    reviewed[ticket[~commit[lender]]] = True
    keep = ~(commit[lender] & reviewed[ticket])
    return _once(ticket[keep], lender[keep], column(frame, "subject"), counts)


def _once(ticket: Ints, lender: Ints, subjects: pa.Array, counts: pa.Array) -> tuple[Ints, Ints]:
    """For each ticket one row of each change: the one with the most files."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    change = _codes(pc.utf8_lower(subjects.take(pa.array(lender))).dictionary_encode())
    files = pc.fill_null(counts.take(pa.array(lender)), 0).to_numpy(zero_copy_only=False)
    order = np.lexsort((-files, change, ticket))
    ticket, lender, change = ticket[order], lender[order], change[order]
    new = np.ones(len(ticket), bool)
    new[1:] = (ticket[1:] != ticket[:-1]) | (change[1:] != change[:-1])
    return ticket[new], lender[new]


def _counting(repeats: Ints) -> Ints:
    """0, 1, … for each of several counts, one after the other."""
    import numpy as np

    ends = np.cumsum(repeats)
    return cast("Ints", np.arange(ends[-1] if len(ends) else 0) - np.repeat(ends - repeats, repeats))


def resolve(refs: pa.Array, bases: pa.Array, tickets: Mapping[str, str]) -> pa.Array:
    """References as found, each with the project it stands in, as subjects in lower case; null where none is meant.

    A base is `github.com/org/repo`, or the scope of a repository whose host is not known.
    """
    import pyarrow.compute as pc

    forms: tuple[Form, ...] = (
        _numbered(_NUMBERED, ""),
        _commit,
        lambda refs, _: _configured(refs, tickets),
        lambda refs, _: _part(refs, _HOSTED, "path"),
        _numbered(_PATHED, r"^(?P<place>[^/]+)/"),
        _numbered(_SIBLING, r"^(?P<place>.+)/[^/]*$"),
        lambda refs, _: _part(refs, _HOSTED_TICKET, "path"),
        lambda refs, _: _joined("commit", _part(refs, _URL_COMMIT, "number"), "/"),
        _link(_URL_NUMBER, "#"),
        _link(_URL_MERGE, "!"),
        _link(_URL_TICKET, "/"),
    )
    return pc.utf8_lower(_first_of(forms, refs, bases))


def _commit(refs: pa.Array, _: pa.Array) -> pa.Array:
    import pyarrow.compute as pc

    found = pc.extract_regex(refs, _COMMIT)
    short = _field(found, "short")
    return _joined("commit", pc.if_else(pc.equal(short, ""), _field(found, "full"), short), "/")


def _numbered(form: str, beside: str) -> Form:
    """A number in the base itself, or in a project that stands beside a part of it."""

    def made(refs: pa.Array, bases: pa.Array) -> pa.Array:
        project = _joined(_part(bases, beside, "place"), _part(refs, form, "path"), "/") if beside else bases
        return _joined(project, _part(refs, form, "mark"), _part(refs, form, "number"), "")

    return made


def _link(form: str, mark: str) -> Form:
    return lambda refs, _: _joined(_part(refs, form, "path"), _part(refs, form, "number"), mark)


def _joined(*parts: pa.Array | str) -> pa.Array:
    """Texts of several arrays joined row by row, the last one standing between them; null where one is null."""
    import pyarrow.compute as pc

    return pc.binary_join_element_wise(*parts)


def _first_of(forms: Sequence[Form], *arrays: pa.Array) -> pa.Array:
    """What the first form that fits makes of each place; null where none does. Later forms see what is left."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    left = np.arange(len(arrays[0]))
    index = np.full(len(left), -1)
    made: list[pa.Array] = [pa.array([], pa.string())]
    count = 0
    for form in forms:
        values = form(*(array.take(pa.array(left)) for array in arrays)) if len(left) else made[0]
        fits = pc.is_valid(values).to_numpy(zero_copy_only=False).astype(bool)
        made.append(values.drop_null())
        index[left[fits]] = np.arange(count, count + len(made[-1]))
        count += len(made[-1])
        left = left[~fits] if len(left) else left
    return pa.concat_arrays(made).take(pa.array(index, mask=index < 0))


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


def column(frame: pd.DataFrame, name: str) -> pa.Array:
    """A column of the frame as one Arrow array, without a copy where it is in one piece."""
    import pyarrow as pa

    array = pa.chunked_array(frame[name].array.__arrow_array__())
    return array.combine_chunks() if array.num_chunks != 1 else array.chunk(0)


def _exploded(frame: pd.DataFrame, name: str) -> tuple[Ints, pa.Array]:
    """The positions of rows and their references, one by one."""
    import numpy as np
    import pyarrow.compute as pc

    lists = column(frame, name)
    rows = pc.list_parent_indices(lists).to_numpy(zero_copy_only=False).astype(np.int64)
    return rows, pc.list_flatten(lists)


def _resolved(
    frame: pd.DataFrame, names: Sequence[str], tickets: Mapping[str, str], among: Any = None
) -> tuple[Ints, pa.Array]:
    """Row positions, and the subjects that their references in these columns mean; of all rows, or of those `among`."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    parts = [_exploded(frame, name) for name in names]
    rows = np.concatenate([rows for rows, _ in parts])
    refs = pa.concat_arrays([refs for _, refs in parts])
    if among is not None:
        rows, refs = rows[among[rows]], refs.filter(pa.array(among[rows]))
    bases = _bases(frame, rows)
    # Each distinct pair of project and reference is resolved once.
    texts, places = refs.dictionary_encode(), bases.dictionary_encode()
    pairs = _codes(texts) * (len(places.dictionary) + 1) + _codes(places) + 1
    _, first, back = np.unique(pairs, return_index=True, return_inverse=True)
    known = resolve(refs.take(pa.array(first)), bases.take(pa.array(first)), tickets)
    nodes = known.take(pa.array(back))
    meant = pc.is_valid(nodes)
    return rows[np.asarray(meant.to_numpy(zero_copy_only=False), bool)], nodes.filter(meant)


def _bases(frame: pd.DataFrame, rows: Ints) -> pa.Array:
    """The project that a row's short references belong to: its subject's, its scope's, its link's; else its scope."""
    import pyarrow as pa

    at = pa.array(rows)
    subject, scope, url = (column(frame, name).take(at) for name in ("subject", "scope", "url"))
    forms: tuple[Form, ...] = (
        lambda subject, *_: _part(subject, _OWN_PROJECT, "base"),
        lambda _, scope, __: _part(scope, _HOST_AND_PATH, "base"),
        lambda _, __, url: _part(url, _URL_PROJECT, "base"),
        lambda _, scope, __: scope,
    )
    return _first_of(forms, subject, scope, url)


def _configured(refs: pa.Array, tickets: Mapping[str, str]) -> pa.Array:
    import pyarrow as pa
    import pyarrow.compute as pc

    projects = _part(refs, _TICKET, "project")
    keys = {key.upper(): host for key, host in tickets.items()}
    place = pc.index_in(projects, value_set=pa.array(list(keys), pa.string()))
    hosts = pa.array(list(keys.values()), pa.string()).take(place)
    numbered = pc.binary_join_element_wise(projects, _part(refs, _TICKET, "number"), "-")
    return pc.binary_join_element_wise(hosts, numbered, "/")


def _part(texts: pa.Array, form: str, name: str) -> pa.Array:
    """One named part of every text that has this form; null for the others."""
    import pyarrow.compute as pc

    return _field(pc.extract_regex(texts, form), name)


def _field(struct: pa.Array, name: str) -> pa.Array:
    import pyarrow.compute as pc

    return pc.struct_field(struct, name)


def _encode(subjects: pa.Array, refs: pa.Array) -> tuple[pa.Array, Ints]:
    """The distinct subjects, in lower case as hosts and repositories compare, and the number of each."""
    import pyarrow as pa
    import pyarrow.compute as pc

    encoded = pa.concat_arrays([pc.utf8_lower(subjects), refs]).dictionary_encode()
    return encoded.dictionary, _codes(encoded)


def _codes(encoded: pa.DictionaryArray) -> Ints:
    import numpy as np
    import pyarrow.compute as pc

    return cast("Ints", pc.fill_null(encoded.indices, -1).to_numpy(zero_copy_only=False).astype(np.int64))


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


def _names(frame: pd.DataFrame, subjects: pa.Array, labels: Ints) -> pa.Array:
    """The name of each row's thread: of its members the ticket's subject first, and of several the smallest."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    distinct = subjects.dictionary_encode()
    order = pc.sort_indices(distinct.dictionary).to_numpy(zero_copy_only=False)
    place = np.empty(len(order), np.int64)
    place[order] = np.arange(len(order))
    kinds = column(frame, "kind").dictionary_encode()
    ranks = np.array([_NAMED_AFTER.get(kind, len(_NAMED_AFTER)) for kind in kinds.dictionary.to_pylist()] or [0])
    keys = ranks[_codes(kinds)] * max(len(order), 1) + place[_codes(distinct)]
    best = np.full(int(labels.max(initial=-1)) + 1, np.iinfo(np.int64).max)
    np.minimum.at(best, labels, keys)
    chosen = order[best[labels] % max(len(order), 1)] if len(order) else order
    return distinct.dictionary.take(pa.array(chosen))


def _places_of(subjects: pa.Array, wanted: set[str]) -> dict[str, int]:
    """Where each wanted subject stands, or else the only one that ends (for a commit: begins) so."""
    import pyarrow as pa
    import pyarrow.compute as pc

    words = sorted(wanted)
    exact = pc.index_in(pa.array(words, pa.string()), value_set=subjects).to_pylist()
    places = {word: _only(subjects, word) if at is None else at for word, at in zip(words, exact, strict=True)}
    return {word: at for word, at in places.items() if at is not None}


def _only(subjects: pa.Array, wanted: str) -> int | None:
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    ends = pc.ends_with(subjects, "/" + wanted)
    fits = pc.or_(ends, pc.starts_with(subjects, wanted)) if wanted.startswith("commit/") else ends
    at = np.flatnonzero(fits.to_numpy(zero_copy_only=False))
    return int(at[0]) if len(at) and len(pc.unique(subjects.take(pa.array(at)))) == 1 else None
