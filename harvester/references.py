"""What references mean: `#12`, `org/repo#12`, `PAY-7`, `commit/<sha>` and links, read from where they stand.

`#12` in github.com/org/repo is github.com/org/repo#12. A bare `PAY-7` is a ticket only of a Jira project that is
configured, since UTF-8 and SHA-1 look the same.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

from harvester.frame import column

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    import pyarrow as pa

    Ints = np.ndarray[Any, np.dtype[np.int64]]
    Form = Callable[..., pa.Array]

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


def resolved(
    frame: pd.DataFrame, names: Sequence[str], tickets: Mapping[str, str], among: Any = None
) -> tuple[Ints, pa.Array]:
    """Row positions, and the subjects that their references in these columns mean; of all rows, or of those `among`."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    parts = [exploded(frame, name) for name in names]
    rows = np.concatenate([rows for rows, _ in parts])
    refs = pa.concat_arrays([refs for _, refs in parts])
    if among is not None:
        rows, refs = rows[among[rows]], refs.filter(pa.array(among[rows]))
    places = bases(frame, rows)
    # Each distinct pair of project and reference is resolved once.
    texts, projects = refs.dictionary_encode(), places.dictionary_encode()
    pairs = codes_of(texts) * (len(projects.dictionary) + 1) + codes_of(projects) + 1
    _, first, back = np.unique(pairs, return_index=True, return_inverse=True)
    known = resolve(refs.take(pa.array(first)), places.take(pa.array(first)), tickets)
    nodes = known.take(pa.array(back))
    meant = pc.is_valid(nodes)
    return rows[np.asarray(meant.to_numpy(zero_copy_only=False), bool)], nodes.filter(meant)


def exploded(frame: pd.DataFrame, name: str) -> tuple[Ints, pa.Array]:
    """The positions of rows and their references, one by one."""
    import numpy as np
    import pyarrow.compute as pc

    lists = column(frame, name)
    rows = pc.list_parent_indices(lists).to_numpy(zero_copy_only=False).astype(np.int64)
    return rows, pc.list_flatten(lists)


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


def bases(frame: pd.DataFrame, rows: Ints) -> pa.Array:
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


def codes_of(encoded: pa.DictionaryArray) -> Ints:
    """The number of each value's place in the dictionary; -1 for null."""
    import numpy as np
    import pyarrow.compute as pc

    return cast("Ints", pc.fill_null(encoded.indices, -1).to_numpy(zero_copy_only=False).astype(np.int64))


def tail(texts: pa.Array) -> pa.Array:
    """What follows the last slash."""
    import pyarrow.compute as pc

    split = pc.split_pattern(texts, "/", max_splits=1, reverse=True)
    return split.flatten().take(pc.subtract(split.offsets[1:], 1))
