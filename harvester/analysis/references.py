"""What references such as `#12`, `org/repo#12`, `PAY-7`, `commit/<sha>` and links mean, by where they are written.

`#12` in github.com/org/repo is github.com/org/repo#12. A bare `PAY-7` is a ticket only of a Jira project that is
configured, since UTF-8 and SHA-1 look the same; changes that name such a ticket belong to it.
"""

from __future__ import annotations

import functools
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

from harvester.analysis.frame import column
from harvester.analysis.ticket_texts import keys_of, named_in, named_in_topic, referred_in

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    import pyarrow as pa

    Ints = np.ndarray[Any, np.dtype[np.int64]]
    Group = Callable[[str], pa.Array]
    """Gives a named group of the expression, for all texts that match."""
    Build = Callable[..., pa.Array]
    """Makes work items from the groups and the arrays themselves; null where the text means none."""
    Form = tuple[int, str, Build]
    """The place of the array that must match, the expression, and what makes work items of the matches."""

_NEEDS_BASE = r"[#!]\d+\s*$"
"""References whose meaning may depend on the project they are written in."""
_NUMBERED = r"^\s*(?P<mark>[#!])(?P<number>\d+)\s*$"
_SIBLING = r"^\s*(?P<path>[\w.-]+)(?P<mark>[#!])(?P<number>\d+)\s*$"
_PATHED = r"^\s*(?P<path>[\w.:-]+(?:/[\w.-]+)+)(?P<mark>[#!])(?P<number>\d+)\s*$"
_HOSTED = r"^\s*(?P<path>[\w-]*[.:][\w.:-]*(?:/[\w.-]+){2,}[#!]\d+)\s*$"
_PERHAPS_HOSTED = r"^\s*(?P<path>(?P<first>[\w.:-]+)(?:/[\w.-]+){2,}[#!]\d+)\s*$"
"""Begins with a host or a group; the name of a host need have no dot, and a group's may have one."""
_TICKET = r"^\s*(?P<project>[A-Z][A-Z0-9_]*)-(?P<number>\d+)\s*$"
_HOSTED_TICKET = r"^\s*(?P<path>[\w-]*[.:][\w.:-]*(?:/[\w.~-]+)*/[A-Z][A-Z0-9_]*-\d+)\s*$"
_COMMIT = r"^\s*(?:commit/(?P<short>[0-9a-fA-F]{7,64})|(?P<full>[0-9a-fA-F]{40}|[0-9a-fA-F]{64}))\s*$"
_URL_COMMIT = r"^\s*https?://[^/\s]+/\S+?/commits?/(?P<number>[0-9a-fA-F]{7,64})(?:[/?#].*)?\s*$"
_IN_PROJECT = r"^\s*https?://(?P<host>[^/:\s]+)(?::\d+)?(?P<path>/[^?#\s]+?)(?:/-)?"
"""The beginning of an address in a project; work items have no port, as in most addresses of remotes."""
_URL_NUMBER = _IN_PROJECT + r"/(?:issues|pull|work_items)/(?P<number>\d+)(?:[/?#].*)?\s*$"
_URL_MERGE = _IN_PROJECT + r"/merge_requests/(?P<number>\d+)(?:[/?#].*)?\s*$"
_URL_TICKET = (
    r"^\s*https?://(?P<host>[^/:?#\s]+)(?::\d+)?(?P<path>(?:/[^?#\s]+?)?)/browse/"
    r"(?P<number>[A-Z][A-Z0-9_]*-\d+)(?:[/?#].*)?\s*$"
)
_PORT = r"^(\s*https?://[^/:\s]+):\d+"
_OWN_PROJECT = r"^(?P<base>.+)[#!]\d+$"
_HOST_AND_PATH = r"^(?P<base>[^/\s]*[.:][^/\s]*/\S+)$"
_URL_PROJECT = r"^https?://(?P<base>[^/\s]+/[^?#\s]+?)(?:/-)?/commits?/[0-9a-fA-F]+$"


_TRACKED = r"/[A-Z][A-Z0-9_]*-\d+$"
_LOCAL = r"^(local/.*)~[0-9a-f]{8}([#!]\d+)$"


def as_reported(work_items: pa.Array) -> pa.Array:
    """Work items as reports name them: without what tells apart folders of one name that no remote names."""
    import pyarrow.compute as pc

    return pc.replace_substring_regex(work_items, _LOCAL, r"\1\2")


def resolved(
    frame: pd.DataFrame, names: Sequence[str], tickets: Mapping[str, str], among: Any = None
) -> tuple[Ints, pa.Array]:
    """The references in these columns that mean a work item: the position of each one's row, and the work item.

    `among` is a mask of the rows to look at; None means all. Where `closes` is asked for, tickets that changes name
    are among the references (`named_tickets`). `tickets` are those of configured projects; projects with a ticket in
    the frame are known besides.
    """
    return resolved_by(frame, names, known_tickets(frame, tickets), among)


def resolved_by(
    frame: pd.DataFrame, names: Sequence[str], known: Mapping[str, str], among: Any = None
) -> tuple[Ints, pa.Array]:
    """As `resolved`, but only tickets of the `known` projects are meant, wherever the frame has tickets.

    What a reference means depends on its text and, for a short one such as `#12`, on the project of its row. A million
    rows have few distinct pairs of these, so only distinct pairs are resolved; each pair is one integer, the code of
    the text times the number of projects plus the code of the project (-1 where it does not matter).
    """
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    parts = [exploded(frame, name) for name in names]
    if "closes" in names:
        parts.append(named_tickets(frame, known))
    rows = np.concatenate([rows for rows, _ in parts])
    refs = pa.concat_arrays([refs for _, refs in parts])
    if among is not None:
        rows, refs = rows[among[rows]], refs.filter(pa.array(among[rows]))
    texts = refs.dictionary_encode()
    base_codes, projects = _bases_where_needed(frame, rows, texts)
    pairs = dictionary_codes(texts) * (len(projects) + 1) + base_codes + 1
    _, first, place = np.unique(pairs, return_index=True, return_inverse=True)
    distinct = resolve(refs.take(pa.array(first)), _take(projects, base_codes[first]), known)
    work_items = distinct.take(pa.array(place))
    valid = pc.is_valid(work_items)
    return rows[np.asarray(valid.to_numpy(zero_copy_only=False), bool)], work_items.filter(valid)


def known_tickets(frame: pd.DataFrame, tickets: Mapping[str, str]) -> Mapping[str, str]:
    """The address of the tracker by project key: of what is configured, and of every project with a ticket here.

    A source that reads all projects, or those of a glob, names none. Of a key that two trackers have neither is meant.
    """
    return known_by_places(places_of_tickets(frame).to_pylist(), tickets)


def places_of_tickets(frame: pd.DataFrame) -> pa.Array:
    """The Jira projects that have a ticket here, each once: `acme.atlassian.net/PAY`."""
    import pyarrow.compute as pc

    work_items = column(frame, "work_item").filter(pc.equal(column(frame, "kind"), "issue"))
    found = work_items.filter(pc.match_substring_regex(work_items, _TRACKED))
    return pc.unique(pc.replace_substring_regex(found, r"-\d+$", ""))


def known_by_places(places: Iterable[str], tickets: Mapping[str, str]) -> dict[str, str]:
    """As `known_tickets`, of the places that have a ticket anywhere, each once."""
    pairs = [(key, place) for place, _, key in (each.rpartition("/") for each in places)]
    count = Counter(key for key, _ in pairs)
    return {key: place for key, place in pairs if count[key] == 1} | dict(tickets)


def named_tickets(frame: pd.DataFrame, tickets: Mapping[str, str]) -> tuple[Ints, pa.Array]:
    """The tickets that changes name, as written (a key or an address): the position of each one's row, and the ticket.

    People who work with Jira close nothing by words: the key in a title, a branch or a message makes the change part of
    the ticket. Only keys of configured projects, in capitals as Jira wants them, or in a branch in small letters. In a
    text a mere mention is none: it must refer to the ticket (docs/decisions/jira.md), and not list many. A review has
    the title of its pull request; what it says is no work on a ticket.

    Source: https://support.atlassian.com/jira-software-cloud/docs/reference-issues-in-your-development-work/
    """
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    if not tickets:
        return np.array([], np.int64), pa.array([], pa.string())
    keys = "|".join(re.escape(each.upper()) for each in tickets)
    named, kinds = keys_of(tickets), column(frame, "kind")
    of_change = pc.is_in(kinds, pa.array(["pull_request", "commit"]))
    of_any = pc.or_(of_change, pc.equal(kinds, "review"))
    topics = pc.map_lookup(column(frame, "extra"), "topic", "first")
    rows: list[int] = []
    found: list[str] = []
    for texts, among, read in (
        (column(frame, "title"), of_any, named_in),
        (topics, of_change, named_in_topic),
        (column(frame, "body"), of_change, referred_in),
    ):
        at = np.flatnonzero(_matches(pc.if_else(among, texts, None), rf"(?i:{keys})-\d"))
        for row, text in zip(at.tolist(), texts.take(pa.array(at)).to_pylist(), strict=True):
            some = {ticket for _, _, ticket in read(text, named)}
            rows += [row] * len(some)
            found += sorted(some)
    return np.array(rows, np.int64), pa.array(found, pa.string())


def _bases_where_needed(frame: pd.DataFrame, rows: Ints, texts: pa.DictionaryArray) -> tuple[Ints, pa.Array]:
    """The code of the project that each reference is written in, -1 where it names its own, and the projects."""
    import numpy as np

    codes = np.full(len(rows), -1, np.int64)
    needed = np.append(_matches(texts.dictionary, _NEEDS_BASE), False)[dictionary_codes(texts)]
    projects = bases(frame, rows[needed]).dictionary_encode()
    codes[needed] = dictionary_codes(projects)
    return codes, projects.dictionary


def exploded(frame: pd.DataFrame, name: str) -> tuple[Ints, pa.Array]:
    """The values in a column of lists one by one, and the position of each one's row."""
    import numpy as np
    import pyarrow.compute as pc

    lists = column(frame, name)
    rows = pc.list_parent_indices(lists).to_numpy(zero_copy_only=False).astype(np.int64)
    return rows, pc.list_flatten(lists)


def resolve(refs: pa.Array, bases: pa.Array, tickets: Mapping[str, str]) -> pa.Array:
    """References as found, each with the project it is written in, as work items in lower case; null for no reference.

    A base is `github.com/org/repo`, or the scope of a repository whose host is not known. Work items have no port, and
    so an address loses its own.
    """
    import pyarrow.compute as pc

    refs = pc.replace_substring_regex(refs, _PORT, r"\1")

    forms: tuple[Form, ...] = (
        (0, _NUMBERED, lambda group, _, base: _join(base, group("mark"), group("number"), "")),
        (0, _COMMIT, lambda group, *_: _join("commit", _non_empty(group("short"), group("full")), "/")),
        (0, _TICKET, lambda group, *_: _configured_ticket(group("project"), group("number"), tickets)),
        (0, _PERHAPS_HOSTED, _on_the_same_host),
        (0, _HOSTED, lambda group, *_: group("path")),
        (0, _PATHED, _number_in(r"^(?P<place>[^/]+)/")),
        (0, _SIBLING, _number_in(r"^(?P<place>.+)/[^/]*$")),
        (0, _HOSTED_TICKET, lambda group, *_: group("path")),
        (0, _URL_COMMIT, lambda group, *_: _join("commit", group("number"), "/")),
        (0, _URL_NUMBER, lambda group, *_: _join(_join(group("host"), group("path"), ""), group("number"), "#")),
        (0, _URL_MERGE, lambda group, *_: _join(_join(group("host"), group("path"), ""), group("number"), "!")),
        (0, _URL_TICKET, lambda group, *_: _join(_join(group("host"), group("path"), ""), group("number"), "/")),
    )
    return pc.utf8_lower(_first_matching(forms, refs, bases))


def _on_the_same_host(group: Group, _: pa.Array, bases: pa.Array) -> pa.Array:
    """A number in a project that begins with the host, or the top group, of its base; null for any other."""
    import pyarrow.compute as pc

    base = pc.extract_regex(bases, r"^(?P<host>[^/]+)/(?P<top>[^/]+)/")
    host, top = (pc.struct_field(base, name) for name in ("host", "top"))
    first = pc.utf8_lower(group("first"))
    in_group = pc.if_else(pc.equal(pc.utf8_lower(top), first), _join(host, group("path"), "/"), None)
    return pc.if_else(pc.equal(pc.utf8_lower(host), first), group("path"), in_group)


def _number_in(form: str) -> Build:
    """Makes a number in a project of the same host or group, which `form` takes from the base."""

    def build(group: Group, _: pa.Array, bases: pa.Array) -> pa.Array:
        import pyarrow.compute as pc

        place = pc.struct_field(pc.extract_regex(bases, form), "place")
        return _join(_join(place, group("path"), "/"), group("mark"), group("number"), "")

    return build


def _join(*parts: pa.Array | str) -> pa.Array:
    """Texts of several arrays joined row by row, with the last argument between them; null where one is null."""
    import pyarrow.compute as pc

    return pc.binary_join_element_wise(*parts)


def _non_empty(first: pa.Array, second: pa.Array) -> pa.Array:
    """The first text, or the second where the first is empty."""
    import pyarrow.compute as pc

    return pc.if_else(pc.equal(first, ""), second, first)


def _first_matching(forms: Sequence[Form], *arrays: pa.Array) -> pa.Array:
    """What the first matching form makes of each row of the arrays; null where none matches or none makes anything.

    Each form sees only the rows that no form before it has resolved, so their order decides, and the many rows of the
    common forms are matched once. Matching comes before extracting, since it is far cheaper and most forms match few.
    """
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    open_rows = np.arange(len(arrays[0]))
    place = np.full(len(open_rows), -1)
    made: list[pa.Array] = [pa.array([], pa.string())]
    count = 0
    for which, regex, build in forms:
        at = open_rows[_matches(arrays[which].take(pa.array(open_rows)), regex)]
        if not len(at):
            continue
        some = [array.take(pa.array(at)) for array in arrays]
        values = build(functools.partial(pc.struct_field, pc.extract_regex(some[which], regex)), *some)
        at = at[pc.is_valid(values).to_numpy(zero_copy_only=False).astype(bool)]
        made.append(values.drop_null())
        place[at] = np.arange(count, count + len(at))
        count += len(at)
        open_rows = open_rows[place[open_rows] < 0]
    return _take(pa.concat_arrays(made), place)


def bases(frame: pd.DataFrame, rows: Ints) -> pa.Array:
    """The project that a row's short references belong to: its work item's, its scope's, its link's; else its scope."""
    import pyarrow as pa
    import pyarrow.compute as pc

    at = pa.array(rows)
    arrays = [column(frame, name).take(at) for name in ("work_item", "scope", "url")]
    forms: tuple[Form, ...] = (
        (0, _OWN_PROJECT, lambda group, *_: group("base")),
        (1, _HOST_AND_PATH, lambda group, *_: group("base")),
        (2, _URL_PROJECT, lambda group, *_: group("base")),
    )
    return pc.coalesce(_first_matching(forms, *arrays), arrays[1])


def _configured_ticket(projects: pa.Array, numbers: pa.Array, tickets: Mapping[str, str]) -> pa.Array:
    """`host/PAY-7` where the project is configured, else null."""
    import pyarrow as pa
    import pyarrow.compute as pc

    hosts_by_key = {key.upper(): host for key, host in tickets.items()}
    place = pc.index_in(projects, value_set=pa.array(list(hosts_by_key), pa.string()))
    hosts = pa.array(list(hosts_by_key.values()), pa.string()).take(place)
    return _join(hosts, _join(projects, numbers, "-"), "/")


def _matches(texts: pa.Array, regex: str) -> Any:
    """Which texts match the expression somewhere, as an array of bool; False for null."""
    import pyarrow.compute as pc

    return pc.fill_null(pc.match_substring_regex(texts, regex), False).to_numpy(zero_copy_only=False).astype(bool)


def _take(values: pa.Array, places: Ints) -> pa.Array:
    """The values at these places; null where a place is below 0."""
    import pyarrow as pa

    return values.take(pa.array(places, mask=places < 0))


def dictionary_codes(encoded: pa.DictionaryArray) -> Ints:
    """The place of each value in the dictionary; -1 for null."""
    import numpy as np
    import pyarrow.compute as pc

    return cast("Ints", pc.fill_null(encoded.indices, -1).to_numpy(zero_copy_only=False).astype(np.int64))
