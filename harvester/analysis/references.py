"""What references mean: `#12`, `org/repo#12`, `PAY-7`, `commit/<sha>` and links, read from where they stand.

`#12` in github.com/org/repo is github.com/org/repo#12. A bare `PAY-7` is a ticket only of a Jira project that is
configured, since UTF-8 and SHA-1 look the same.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

from harvester.analysis.frame import column

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    import pyarrow as pa

    Ints = np.ndarray[Any, np.dtype[np.int64]]
    Part = Callable[[str], pa.Array]
    Make = Callable[..., pa.Array]
    """Of the named parts of texts that fit, and what stands beside them: what they mean, null where nothing."""
    Form = tuple[int, str, Make]
    """Which of the arrays is looked at, the expression that has to fit there, and what is made of it."""

_SHORT = r"[#!]\d+\s*$"
"""What may need a project to stand in."""
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
    """Row positions, and the work items that their references in these columns mean; of all rows or those `among`."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    parts = [exploded(frame, name) for name in names]
    rows = np.concatenate([rows for rows, _ in parts])
    refs = pa.concat_arrays([refs for _, refs in parts])
    if among is not None:
        rows, refs = rows[among[rows]], refs.filter(pa.array(among[rows]))
    # Each distinct pair of project and reference is resolved once.
    texts = refs.dictionary_encode()
    places, projects = _places(frame, rows, texts)
    pairs = codes_of(texts) * (len(projects) + 1) + places + 1
    _, first, back = np.unique(pairs, return_index=True, return_inverse=True)
    known = resolve(refs.take(pa.array(first)), _taken(projects, places[first]), tickets)
    nodes = known.take(pa.array(back))
    meant = pc.is_valid(nodes)
    return rows[np.asarray(meant.to_numpy(zero_copy_only=False), bool)], nodes.filter(meant)


def _places(frame: pd.DataFrame, rows: Ints, texts: pa.DictionaryArray) -> tuple[Ints, pa.Array]:
    """The number of the project that each reference stands in, -1 where it names its own, and the projects."""
    import numpy as np

    places = np.full(len(rows), -1, np.int64)
    short = np.append(_fits(texts.dictionary, _SHORT), False)[codes_of(texts)]
    projects = bases(frame, rows[short]).dictionary_encode()
    places[short] = codes_of(projects)
    return places, projects.dictionary


def exploded(frame: pd.DataFrame, name: str) -> tuple[Ints, pa.Array]:
    """The positions of rows and their references, one by one."""
    import numpy as np
    import pyarrow.compute as pc

    lists = column(frame, name)
    rows = pc.list_parent_indices(lists).to_numpy(zero_copy_only=False).astype(np.int64)
    return rows, pc.list_flatten(lists)


def resolve(refs: pa.Array, bases: pa.Array, tickets: Mapping[str, str]) -> pa.Array:
    """References as found, each with the project it stands in, as work items in lower case; null where none is meant.

    A base is `github.com/org/repo`, or the scope of a repository whose host is not known.
    """
    import pyarrow.compute as pc

    forms: tuple[Form, ...] = (
        (0, _NUMBERED, lambda part, _, base: _joined(base, part("mark"), part("number"), "")),
        (0, _COMMIT, lambda part, *_: _joined("commit", _either(part("short"), part("full")), "/")),
        (0, _TICKET, lambda part, *_: _configured(part("project"), part("number"), tickets)),
        (0, _HOSTED, lambda part, *_: part("path")),
        (0, _PATHED, _beside(r"^(?P<place>[^/]+)/")),
        (0, _SIBLING, _beside(r"^(?P<place>.+)/[^/]*$")),
        (0, _HOSTED_TICKET, lambda part, *_: part("path")),
        (0, _URL_COMMIT, lambda part, *_: _joined("commit", part("number"), "/")),
        (0, _URL_NUMBER, lambda part, *_: _joined(part("path"), part("number"), "#")),
        (0, _URL_MERGE, lambda part, *_: _joined(part("path"), part("number"), "!")),
        (0, _URL_TICKET, lambda part, *_: _joined(part("path"), part("number"), "/")),
    )
    return pc.utf8_lower(_first_of(forms, refs, bases))


def _beside(form: str) -> Make:
    """A number in a project that stands beside a part of the base."""

    def made(part: Part, _: pa.Array, bases: pa.Array) -> pa.Array:
        import pyarrow.compute as pc

        place = pc.struct_field(pc.extract_regex(bases, form), "place")
        return _joined(_joined(place, part("path"), "/"), part("mark"), part("number"), "")

    return made


def _joined(*parts: pa.Array | str) -> pa.Array:
    """Texts of several arrays joined row by row, the last one standing between them; null where one is null."""
    import pyarrow.compute as pc

    return pc.binary_join_element_wise(*parts)


def _either(first: pa.Array, second: pa.Array) -> pa.Array:
    """The first text, or the second where the first is empty."""
    import pyarrow.compute as pc

    return pc.if_else(pc.equal(first, ""), second, first)


def _first_of(forms: Sequence[Form], *arrays: pa.Array) -> pa.Array:
    """What the first form that fits makes of each place; null where none does. Later forms see what is left."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    left = np.arange(len(arrays[0]))
    index = np.full(len(left), -1)
    made: list[pa.Array] = [pa.array([], pa.string())]
    count = 0
    for which, regex, make in forms:
        # To match is far cheaper than to extract, and most forms fit few.
        at = left[_fits(arrays[which].take(pa.array(left)), regex)]
        if not len(at):
            continue
        some = [array.take(pa.array(at)) for array in arrays]
        values = make(functools.partial(pc.struct_field, pc.extract_regex(some[which], regex)), *some)
        at = at[pc.is_valid(values).to_numpy(zero_copy_only=False).astype(bool)]
        made.append(values.drop_null())
        index[at] = np.arange(count, count + len(at))
        count += len(at)
        left = left[index[left] < 0]
    return _taken(pa.concat_arrays(made), index)


def bases(frame: pd.DataFrame, rows: Ints) -> pa.Array:
    """The project that a row's short references belong to: its work item's, its scope's, its link's; else its scope."""
    import pyarrow as pa
    import pyarrow.compute as pc

    at = pa.array(rows)
    arrays = [column(frame, name).take(at) for name in ("work_item", "scope", "url")]
    forms: tuple[Form, ...] = (
        (0, _OWN_PROJECT, lambda part, *_: part("base")),
        (1, _HOST_AND_PATH, lambda part, *_: part("base")),
        (2, _URL_PROJECT, lambda part, *_: part("base")),
    )
    return pc.coalesce(_first_of(forms, *arrays), arrays[1])


def _configured(projects: pa.Array, numbers: pa.Array, tickets: Mapping[str, str]) -> pa.Array:
    import pyarrow as pa
    import pyarrow.compute as pc

    keys = {key.upper(): host for key, host in tickets.items()}
    place = pc.index_in(projects, value_set=pa.array(list(keys), pa.string()))
    hosts = pa.array(list(keys.values()), pa.string()).take(place)
    return _joined(hosts, _joined(projects, numbers, "-"), "/")


def _fits(texts: pa.Array, regex: str) -> Any:
    """Which texts hold what the expression describes, as an array of bool; never null."""
    import pyarrow.compute as pc

    return pc.fill_null(pc.match_substring_regex(texts, regex), False).to_numpy(zero_copy_only=False).astype(bool)


def _taken(values: pa.Array, places: Ints) -> pa.Array:
    """The values at these places; null where a place is below 0."""
    import pyarrow as pa

    return values.take(pa.array(places, mask=places < 0))


def codes_of(encoded: pa.DictionaryArray) -> Ints:
    """The number of each value's place in the dictionary; -1 for null."""
    import numpy as np
    import pyarrow.compute as pc

    return cast("Ints", pc.fill_null(encoded.indices, -1).to_numpy(zero_copy_only=False).astype(np.int64))
