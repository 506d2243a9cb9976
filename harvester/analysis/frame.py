"""From an Arrow table of contributions to the pandas frame that goals, measures and reports share."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, cast

from harvester.model.people import People
from harvester.model.periods import Period

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    import pyarrow as pa

ONE_ACT_EACH = ("review", "comment")
"""Kinds of which one person may do several on one work item, each an act of its own."""

PREPARED = {
    "work_item_key": "the work item without case, since forges and hosts compare names so: counts are distinct on this",
    "person": "a configured person's key, or for a stranger `<e-mail>` or `connector:account`; never null",
    "is_bot": "whether the account is a bot's or an assistant's: counted as left out, and nowhere else",
    "is_primary": "whether this row stands for its act; false where another source's row tells the same and knows more",
    "in_pull_request": "a commit that is part of a pull request credited to the same person (see `measures`)",
    "is_cherry_pick": "a commit picked from an earlier one of the same person, which counts already",
    "is_own_work": "a review or comment on the person's own work",
    "owner_people": "the people, without bots, whose work a review or comment is about; null for other kinds",
    "collaborators": "the people, without bots and its own person, who took part; null where nobody else is named",
    "bot_assisted": "whether a bot or an assistant is named among those who took part",
}
"""The columns that `prepare` adds to those of `harvester.model.contribution`, and what they mean."""


def prepare(table: pa.Table, people: People, until: dt.datetime | None = None) -> pd.DataFrame:
    """A frame of the table's columns and those of `PREPARED`, Arrow-typed: real nulls, lists as lists, times in UTC.

    Nothing of this is stored, so that mending an identity needs no new reading. Where a forge and git both tell of a
    pull request, the forge says who wrote it: somebody else whom git names as author becomes co-author.

    `until` (aware) is the end of what is told: a commit whose pull request was merged later counts by itself, whether
    or not that is known already.
    """
    frame = make_frame(table, people)
    frame["work_item_key"] = frame["work_item"].str.lower()
    frame["is_bot"] = _each(frame["account"], people.is_bot)
    frame["role"] = _forge_says_who_wrote(frame, people)
    frame["is_primary"] = _shown(frame, people)
    frame["in_pull_request"] = _in_pull_request(frame, until)
    frame["is_cherry_pick"] = _picked(frame)
    _add_owners(frame, people)
    _add_others(frame, people)
    return frame


def make_frame(table: pa.Table, people: People) -> pd.DataFrame:
    """A frame of the table's columns and `person`, Arrow-typed throughout."""
    import pandas as pd
    import pyarrow as pa

    pairs = list(zip(table["source"].to_pylist(), table["account"].to_pylist(), strict=True))
    known = {pair: people.person_of(*pair) for pair in set(pairs)}
    table = table.append_column("person", pa.array([known[pair] for pair in pairs], pa.string()))
    return cast("pd.DataFrame", table.to_pandas(types_mapper=pd.ArrowDtype))


def select(frame: pd.DataFrame, period: Period, persons: Iterable[str] | None = None) -> pd.DataFrame:
    """The rows in a period (half-open), of these people or of everyone; bots' rows only where they are asked for."""
    inside = (frame["occurred_at"] >= period.since) & (frame["occurred_at"] < period.until)
    if persons is not None:
        inside &= frame["person"].isin(list(persons))
    return frame[inside.astype(bool)]


def records(rows: pd.DataFrame) -> list[dict[str, Any]]:
    """The rows as dicts, in their order: times as aware datetimes in UTC, None for null.

    Column by column, which takes a fifth of the time of pandas' own `to_dict`.
    """
    names = list(rows.columns)
    columns = [_plain(rows[name]) for name in names]
    return [dict(zip(names, each, strict=True)) for each in zip(*columns, strict=True)]


def _plain(series: pd.Series) -> list[Any]:
    import pandas as pd
    import pyarrow as pa

    if not isinstance(series.array, pd.arrays.ArrowExtensionArray):
        return [None if value is pd.NA else value for value in series.tolist()]
    values = series.array.__arrow_array__()
    if pa.types.is_timestamp(values.type):
        # Arrow would look up the zone for each of them.
        plain = values.cast(pa.timestamp("us")).to_pylist()
        return [at and at.replace(tzinfo=dt.UTC) for at in plain]
    return cast("list[Any]", values.to_pylist())


def column(frame: pd.DataFrame, name: str) -> pa.Array:
    """A column of the frame as one Arrow array, without a copy where it is in one piece."""
    import pyarrow as pa

    array = pa.chunked_array(frame[name].array.__arrow_array__())
    return array.combine_chunks() if array.num_chunks != 1 else array.chunk(0)


def _each(column: pd.Series, judge: Callable[[str], bool]) -> pd.Series:
    return column.map({value: judge(value) for value in column.unique()}).astype("bool[pyarrow]")


def _forge_says_who_wrote(frame: pd.DataFrame, people: People) -> pd.Series:
    written = (frame["kind"] == "pull_request") & (frame["role"] == "author")
    authors = frame[["source", "work_item_key", "person"]][written.to_numpy(bool)]
    by_git = _each(authors["source"], lambda source: _is_git(source, people)).astype(bool)
    said = authors[~by_git].drop_duplicates("work_item_key").set_index("work_item_key")["person"]
    git = authors[by_git & authors["work_item_key"].isin(said.index)]
    others = git[(git["work_item_key"].map(said) != git["person"]).astype(bool)]
    return frame["role"].mask(frame.index.isin(others.index), "co-author")


def _shown(frame: pd.DataFrame, people: People) -> pd.Series:
    """One row for each act: of several sources' rows, and of one git commit that two clones give different names."""
    import pandas as pd

    keys = frame[["person", "kind", "role", "work_item_key", "id"]].copy()
    keys["act"] = frame["id"].where(frame["kind"].isin(ONE_ACT_EACH), "")
    keys["git"] = _each(frame["source"], lambda source: _is_git(source, people))
    keys["unknown"] = (
        frame[["title", "body", "url", "state", "additions", "story_points", "milestone"]].isna().sum(axis=1)
    )
    keys["source"], keys["scope"] = frame["source"], frame["scope"]
    best = keys.sort_values(["git", "unknown", "source", "scope"], kind="stable")
    best = best[~best.duplicated(["person", "kind", "role", "work_item_key", "act"])]
    shown = best.index[~(best["git"] & best.duplicated(["person", "kind", "role", "git", "id"])).astype(bool)]
    return pd.Series(frame.index.isin(shown), index=frame.index, dtype="bool[pyarrow]")


def _in_pull_request(frame: pd.DataFrame, until: dt.datetime | None) -> pd.Series:
    import pandas as pd
    import pyarrow.compute as pc

    slim = frame[["person", "role", "work_item_key", "part_of", "closes"]]
    commit = (frame["kind"] == "commit").to_numpy(bool)
    parts = _exploded(slim[commit], "part_of")
    merged = (frame["kind"] == "pull_request").to_numpy(bool)
    pulls = slim[merged if until is None else merged & (frame["occurred_at"] < until).to_numpy(bool)]
    own = pulls[(pulls["role"] == "author").to_numpy(bool)]
    pairs = _whose(parts, "part_of")
    credited, took_part = (pc.is_in(pairs, _whose(each, "work_item_key")) for each in (own, pulls))
    inside = pc.or_(credited, pc.and_(pc.equal(column(parts, "role"), "co-author"), took_part))
    landed = _whose(_exploded(own, "closes"), "closes")
    by_forge = pc.is_in(_whose(slim, "work_item_key"), landed).to_numpy(zero_copy_only=False) & commit
    within = frame.index.isin(parts.index[inside.to_numpy(zero_copy_only=False)])
    return pd.Series(within | by_forge, index=frame.index, dtype="bool[pyarrow]")


def _whose(rows: pd.DataFrame, name: str) -> pa.Array:
    """A person and a piece of work as one text; different pairs never give the same."""
    import pyarrow.compute as pc

    person = column(rows, "person")
    return pc.binary_join_element_wise(pc.utf8_length(person).cast("string"), person, column(rows, name), ":")


def _picked(frame: pd.DataFrame) -> pd.Series:
    """Which commits were picked from one of the same person's that landed before."""
    import pandas as pd

    written = (frame["kind"] == "commit") & (frame["role"] == "author")
    commits = frame[["person", "work_item_key", "occurred_at", "picked_from"]][written.to_numpy(bool)]
    picks = commits.explode("picked_from").dropna(subset=["picked_from"])
    picks["place"] = picks.index
    picks["picked_from"] = picks["picked_from"].str.lower()
    first = commits[["person", "work_item_key", "occurred_at"]].drop_duplicates(["person", "work_item_key"])
    both = picks.merge(
        first, left_on=["person", "picked_from"], right_on=["person", "work_item_key"], suffixes=("", "_first")
    )
    # Of two that name each other, or landed in the same second, one counts.
    earlier = (both["occurred_at_first"] < both["occurred_at"]) | (
        (both["occurred_at_first"] == both["occurred_at"]) & (both["work_item_key_first"] < both["work_item_key"])
    )
    found = both.loc[earlier.astype(bool), "place"]
    return pd.Series(frame.index.isin(found), index=frame.index, dtype="bool[pyarrow]")


def _exploded(rows: pd.DataFrame, column: str) -> pd.DataFrame:
    """The references in a column one by one, without case."""
    found = rows[["person", "role", column]].explode(column).dropna(subset=[column])
    found[column] = found[column].str.lower()
    return found


def _add_owners(frame: pd.DataFrame, people: People) -> None:
    import pandas as pd

    acts = frame[["person", "source", "owners"]][frame["kind"].isin(ONE_ACT_EACH).to_numpy(bool)]
    names, _ = _persons_in(acts, "owners", people)
    own = [person in owners for person, owners in zip(acts["person"].tolist(), names.to_pylist(), strict=True)]
    frame["is_own_work"] = pd.Series(own, index=acts.index, dtype="bool[pyarrow]").reindex(
        frame.index, fill_value=False
    )
    frame["owner_people"] = _column(names, acts.index).reindex(frame.index)


def _add_others(frame: pd.DataFrame, people: People) -> None:
    import pyarrow as pa
    import pyarrow.compute as pc

    names, bots = _persons_in(frame, "participants", people)
    at = pc.list_parent_indices(names)
    other = pc.not_equal(names.values, column(frame, "person").take(at)).to_numpy(zero_copy_only=False)
    names = _grouped(at.to_numpy()[other], names.values.filter(pa.array(other)), len(frame))
    empty = pc.equal(pc.list_value_length(names), 0).to_numpy(zero_copy_only=False)
    names = pa.ListArray.from_arrays(names.offsets, names.values, mask=pa.array(empty))
    frame["collaborators"] = _column(names, frame.index)
    frame["bot_assisted"] = _column(pa.array(bots), frame.index)


def _persons_in(rows: pd.DataFrame, name: str, people: People) -> tuple[pa.ListArray, np.ndarray[Any, Any]]:
    """The people, without bots, in a column of accounts, a list for each row; and which rows name a bot."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    lists = column(rows, name)
    at = pc.list_parent_indices(lists).to_numpy(zero_copy_only=False).astype(np.int64)
    sources = column(rows, "source").take(pa.array(at)).dictionary_encode()
    accounts = pc.list_flatten(lists).dictionary_encode()
    codes = sources.indices.to_numpy().astype(np.int64) << 32 | accounts.indices.to_numpy()
    pairs, back = np.unique(codes, return_inverse=True)
    asked = [(sources.dictionary[pair >> 32].as_py(), accounts.dictionary[pair & 0xFFFFFFFF].as_py()) for pair in pairs]
    bot = np.array([people.is_bot(account) for _, account in asked], bool)[back]
    known = pa.array([people.person_of(*pair) for pair in asked], pa.string()).take(pa.array(back[~bot]))
    named = np.zeros(len(rows), bool)
    named[at[bot]] = True
    return _grouped(at[~bot], known, len(rows)), named


def _grouped(at: np.ndarray[Any, Any], values: pa.Array, rows: int) -> pa.ListArray:
    """Values as lists, one for each row, of those that stand at it (in order)."""
    import numpy as np
    import pyarrow as pa

    offsets = np.cumsum(np.bincount(at.astype(np.int64) + 1, minlength=rows + 1))
    return pa.ListArray.from_arrays(pa.array(offsets, pa.int32()), values)


def _column(values: pa.Array, index: pd.Index) -> pd.Series:
    import pandas as pd

    return pd.Series(pd.arrays.ArrowExtensionArray(values), index=index)


def _is_git(source: str, people: People) -> bool:
    return people.connectors.get(source, source) == "git"
