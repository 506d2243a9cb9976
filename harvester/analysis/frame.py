"""From an Arrow table of contributions to the pandas frame that goals, measures and reports share."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, cast

from harvester.analysis.measures import counted_by
from harvester.model.contribution import REPEATABLE, Column
from harvester.model.people import People
from harvester.model.periods import Period

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    import pyarrow as pa

PREPARED = (
    Column(
        "person", "string", False,
        "a configured person's key, or for a stranger `<e-mail>`, or `place:account`: connector or forge's host",
    ),
    Column("work_item_key", "string", False, "the work item in lower case, as forges compare names: counts use this"),
    Column("is_bot", "bool", False, "whether the account is a bot's or an assistant's: such rows are never counted"),
    Column(
        "is_primary", "bool", False,
        "whether this row represents its contribution; false where another source has the same one with more detail",
    ),
    Column("in_pull_request", "bool", False, "a commit in a pull request that is credited to the same person"),
    Column("is_cherry_pick", "bool", False, "a commit picked from an earlier one of the same person"),
    Column("is_own_work", "bool", False, "a review or comment on the person's own work"),
    Column(
        "owner_people", "list<item: string>", True,
        "the people, without bots, whose work a review or comment is about; null for other kinds",
    ),
    Column(
        "collaborators", "list<item: string>", True,
        "the people, without bots and the person, who took part; null where nobody else is named",
    ),
    Column("bot_assisted", "bool", False, "whether a bot or an assistant is named among those who took part"),
    Column(
        "counted", "list<item: string>", False,
        "the names of the [measures](measures.md) that count the row, of a work item the first; empty where none does",
    ),
)  # fmt: skip
"""The columns that `prepare` adds to those of `harvester.model.contribution`."""

ASSESSED = (
    Column("is_reverted", "bool", False, "whether a later change reverts the work and nothing has restored it since"),
    Column(
        "thread", "string", False, "the work item that the row's thread is named after: its ticket, else pull request"
    ),
    Column("serves_goal", "bool", False, "whether a goal claims the row"),
)
"""The columns that `harvester.goals.assessment.assess` adds to a prepared frame."""


def prepare(table: pa.Table, people: People, until: dt.datetime | None = None) -> pd.DataFrame:
    """A frame of the table's columns and those of `PREPARED`, Arrow-typed: real nulls, lists as lists, times in UTC.

    Nothing of this is stored, so correcting an identity in the configuration needs no new harvest.

    Where a forge and git both have a pull request, the forge decides who wrote it: anybody else whom git names as
    author becomes co-author.

    `until` (aware) is the end of the reported period: a commit whose pull request was merged later counts by itself,
    whether or not the merge is known already.
    """
    frame = make_frame(table, people)
    frame["work_item_key"] = frame["work_item"].str.lower()
    frame["is_bot"] = _map_distinct(frame["account"], people.is_bot)
    frame["role"] = _role_by_forge(frame, people)
    frame["is_primary"] = _is_primary(frame, people)
    frame["in_pull_request"] = _in_pull_request(frame, until)
    frame["is_cherry_pick"] = _is_cherry_pick(frame)
    _add_owners(frame, people)
    _add_collaborators(frame, people)
    frame["counted"] = counted_by(frame)
    return frame


def make_frame(table: pa.Table, people: People) -> pd.DataFrame:
    """A frame of the table's columns and `person`, Arrow-typed throughout."""
    import pandas as pd
    import pyarrow as pa

    pairs = list(zip(table["source"].to_pylist(), table["account"].to_pylist(), strict=True))
    persons = {pair: people.person_of(*pair) for pair in set(pairs)}
    table = table.append_column("person", pa.array([persons[pair] for pair in pairs], pa.string()))
    return cast("pd.DataFrame", table.to_pandas(types_mapper=pd.ArrowDtype))


def select(frame: pd.DataFrame, period: Period, persons: Iterable[str] | None = None) -> pd.DataFrame:
    """The rows in a period (half-open) of these people, or of everyone, bots included.

    `counted` is that of the selected rows: of several reviews of one pull request the first in the period is named.
    """
    inside = (frame["occurred_at"] >= period.since) & (frame["occurred_at"] < period.until)
    if persons is not None:
        inside &= frame["person"].isin(list(persons))
    rows = frame[inside.to_numpy(bool)]
    return rows.assign(counted=counted_by(rows)) if "counted" in rows else rows


def records(rows: pd.DataFrame) -> list[dict[str, Any]]:
    """The rows as dicts, in their order: times as aware datetimes in UTC, None for null.

    Column by column, which takes a fifth of the time of pandas' own `to_dict`.
    """
    names = list(rows.columns)
    columns = [_python_values(rows[name]) for name in names]
    return [dict(zip(names, each, strict=True)) for each in zip(*columns, strict=True)]


def _python_values(series: pd.Series) -> list[Any]:
    import pandas as pd
    import pyarrow as pa

    if not isinstance(series.array, pd.arrays.ArrowExtensionArray):
        return [None if value is pd.NA else value for value in series.tolist()]
    values = series.array.__arrow_array__()
    if pa.types.is_timestamp(values.type):
        # Arrow would look up the zone for each of them.
        naive = values.cast(pa.timestamp("us")).to_pylist()
        return [at and at.replace(tzinfo=dt.UTC) for at in naive]
    return cast("list[Any]", values.to_pylist())


def column(frame: pd.DataFrame, name: str) -> pa.Array:
    """A column of the frame as one Arrow array, without a copy where it is in one piece."""
    import pyarrow as pa

    array = pa.chunked_array(frame[name].array.__arrow_array__())
    return array.combine_chunks() if array.num_chunks != 1 else array.chunk(0)


def _map_distinct(values: pd.Series, predicate: Callable[[str], bool]) -> pd.Series:
    """What the predicate says of each value; it is called once for each distinct one."""
    return values.map({value: predicate(value) for value in values.unique()}).astype("bool[pyarrow]")


def _role_by_forge(frame: pd.DataFrame, people: People) -> pd.Series:
    """The roles, in which an author by git of a pull request that a forge has of somebody else is a co-author."""
    written = (frame["kind"] == "pull_request") & (frame["role"] == "author")
    authors = frame[["source", "work_item_key", "person"]][written.to_numpy(bool)]
    from_git = _map_distinct(authors["source"], lambda source: _is_git(source, people)).astype(bool)
    author_by_forge = authors[~from_git].drop_duplicates("work_item_key").set_index("work_item_key")["person"]
    by_git = authors[from_git & authors["work_item_key"].isin(author_by_forge.index)]
    demoted = by_git[(by_git["work_item_key"].map(author_by_forge) != by_git["person"]).astype(bool)]
    return frame["role"].mask(frame.index.isin(demoted.index), "co-author")


def _is_primary(frame: pd.DataFrame, people: People) -> pd.Series:
    """Which row represents each contribution.

    Rows of several sources are the same contribution where person, kind, role and work item are the same (for what is
    REPEATABLE the id, too). The forge's row is taken before git's, then the one with the fewest unknown values; name
    and scope break ties, so neither the order of the rows nor of the sources matters. Then, of one git commit that two
    clones have under different work items (forks share commit ids), one row is taken.
    """
    import pandas as pd

    keys = frame[["person", "kind", "role", "work_item_key", "id"]].copy()
    keys["own_id"] = frame["id"].where(frame["kind"].isin(REPEATABLE), "")
    keys["git"] = _map_distinct(frame["source"], lambda source: _is_git(source, people))
    keys["unknown"] = (
        frame[["title", "body", "url", "state", "additions", "story_points", "milestone"]].isna().sum(axis=1)
    )
    keys["source"], keys["scope"] = frame["source"], frame["scope"]
    best = keys.sort_values(["git", "unknown", "source", "scope"], kind="stable")
    best = best[~best.duplicated(["person", "kind", "role", "work_item_key", "own_id"])]
    primary = best.index[~(best["git"] & best.duplicated(["person", "kind", "role", "git", "id"])).astype(bool)]
    return pd.Series(frame.index.isin(primary), index=frame.index, dtype="bool[pyarrow]")


def _in_pull_request(frame: pd.DataFrame, until: dt.datetime | None) -> pd.Series:
    """Which commits are part of a pull request that is credited to the same person.

    Credited are the author's commits in an own pull request, and a co-author's in one that names them in any role. A
    commit belongs to a pull request by its own `part_of`, or because a pull request names it as the commit it landed
    as (`closes`), which forges know where git does not. Comparing (person, work item) as one text keeps it to three
    set look-ups, however many rows there are.
    """
    import pandas as pd
    import pyarrow.compute as pc

    slim = frame[["person", "role", "work_item_key", "part_of", "closes"]]
    is_commit = (frame["kind"] == "commit").to_numpy(bool)
    parts = _references(slim[is_commit], "part_of")
    is_pull = (frame["kind"] == "pull_request").to_numpy(bool)
    pulls = slim[is_pull if until is None else is_pull & (frame["occurred_at"] < until).to_numpy(bool)]
    own = pulls[(pulls["role"] == "author").to_numpy(bool)]
    pairs = _person_and(parts, "part_of")
    in_own, in_any = (pc.is_in(pairs, _person_and(each, "work_item_key")) for each in (own, pulls))
    inside = pc.or_(in_own, pc.and_(pc.equal(column(parts, "role"), "co-author"), in_any))
    landed = _person_and(_references(own, "closes"), "closes")
    by_forge = pc.is_in(_person_and(slim, "work_item_key"), landed).to_numpy(zero_copy_only=False) & is_commit
    by_commit = frame.index.isin(parts.index[inside.to_numpy(zero_copy_only=False)])
    return pd.Series(by_commit | by_forge, index=frame.index, dtype="bool[pyarrow]")


def _person_and(rows: pd.DataFrame, name: str) -> pa.Array:
    """The person and a column's value as one text; different pairs never give the same."""
    import pyarrow.compute as pc

    person = column(rows, "person")
    return pc.binary_join_element_wise(pc.utf8_length(person).cast("string"), person, column(rows, name), ":")


def _is_cherry_pick(frame: pd.DataFrame) -> pd.Series:
    """Which commits were picked from one of the same person's that landed before."""
    import pandas as pd

    written = (frame["kind"] == "commit") & (frame["role"] == "author")
    commits = frame[["person", "role", "work_item_key", "occurred_at", "picked_from"]][written.to_numpy(bool)]
    picks = _references(commits, "picked_from").join(commits[["work_item_key", "occurred_at"]])
    picks["label"] = picks.index
    originals = commits[["person", "work_item_key", "occurred_at"]].drop_duplicates(["person", "work_item_key"])
    pairs = picks.merge(
        originals, left_on=["person", "picked_from"], right_on=["person", "work_item_key"], suffixes=("", "_first")
    )
    # Of two that name each other and landed in the same instant, one counts.
    is_later = (pairs["occurred_at_first"] < pairs["occurred_at"]) | (
        (pairs["occurred_at_first"] == pairs["occurred_at"]) & (pairs["work_item_key_first"] < pairs["work_item_key"])
    )
    labels = pairs.loc[is_later.astype(bool), "label"]
    return pd.Series(frame.index.isin(labels), index=frame.index, dtype="bool[pyarrow]")


def _references(rows: pd.DataFrame, name: str) -> pd.DataFrame:
    """The references in a column one by one, in lower case, with the person and role of their row."""
    each = rows[["person", "role", name]].explode(name).dropna(subset=[name])
    each[name] = each[name].str.lower()
    return each


def _add_owners(frame: pd.DataFrame, people: People) -> None:
    import pandas as pd

    rows = frame[["person", "source", "owners"]][frame["kind"].isin(REPEATABLE).to_numpy(bool)]
    owners, _ = _people_in(rows, "owners", people)
    is_own = [person in names for person, names in zip(rows["person"].tolist(), owners.to_pylist(), strict=True)]
    own_work = pd.Series(is_own, index=rows.index, dtype="bool[pyarrow]")
    frame["is_own_work"] = own_work.reindex(frame.index, fill_value=False)
    frame["owner_people"] = _column(owners, rows.index).reindex(frame.index)


def _add_collaborators(frame: pd.DataFrame, people: People) -> None:
    import pyarrow as pa
    import pyarrow.compute as pc

    names, has_bot = _people_in(frame, "participants", people)
    rows = pc.list_parent_indices(names)
    is_other = pc.not_equal(names.values, column(frame, "person").take(rows)).to_numpy(zero_copy_only=False)
    others = _as_lists(rows.to_numpy()[is_other], names.values.filter(pa.array(is_other)), len(frame))
    empty = pc.equal(pc.list_value_length(others), 0).to_numpy(zero_copy_only=False)
    others = pa.ListArray.from_arrays(others.offsets, others.values, mask=pa.array(empty))
    frame["collaborators"] = _column(others, frame.index)
    frame["bot_assisted"] = _column(pa.array(has_bot), frame.index)


def _people_in(rows: pd.DataFrame, name: str, people: People) -> tuple[pa.ListArray, np.ndarray[Any, Any]]:
    """The people, without bots, in a column of accounts, a list for each row; and which rows name a bot.

    Each distinct pair of source and account is looked up once: their codes are packed into one integer, which numpy
    makes distinct much faster than pairs of texts.
    """
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    lists = column(rows, name)
    at = pc.list_parent_indices(lists).to_numpy(zero_copy_only=False).astype(np.int64)
    sources = column(rows, "source").take(pa.array(at)).dictionary_encode()
    accounts = pc.list_flatten(lists).dictionary_encode()
    codes = sources.indices.to_numpy().astype(np.int64) << 32 | accounts.indices.to_numpy()
    distinct, place = np.unique(codes, return_inverse=True)
    pairs = [
        (sources.dictionary[code >> 32].as_py(), accounts.dictionary[code & 0xFFFFFFFF].as_py()) for code in distinct
    ]
    bot = np.array([people.is_bot(account) for _, account in pairs], bool)[place]
    persons = pa.array([people.person_of(*pair) for pair in pairs], pa.string()).take(pa.array(place[~bot]))
    has_bot = np.zeros(len(rows), bool)
    has_bot[at[bot]] = True
    return _as_lists(at[~bot], persons, len(rows)), has_bot


def _as_lists(at: np.ndarray[Any, Any], values: pa.Array, rows: int) -> pa.ListArray:
    """Values as lists, one for each of so many rows; `at` is the row of each value, ascending."""
    import numpy as np
    import pyarrow as pa

    offsets = np.cumsum(np.bincount(at.astype(np.int64) + 1, minlength=rows + 1))
    return pa.ListArray.from_arrays(pa.array(offsets, pa.int32()), values)


def _column(values: pa.Array, index: pd.Index) -> pd.Series:
    import pandas as pd

    return pd.Series(pd.arrays.ArrowExtensionArray(values), index=index)


def _is_git(source: str, people: People) -> bool:
    return people.connectors.get(source, source) == "git"
