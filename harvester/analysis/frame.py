"""From an Arrow table of contributions to the pandas frame that goals, measures and reports share."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

from harvester.analysis.measures import MERGER, counted_by
from harvester.model.contribution import REPEATABLE, Column
from harvester.model.people import People
from harvester.model.periods import Period

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    import pyarrow as pa

    Mask = np.ndarray[Any, np.dtype[np.bool_]]

WRITTEN = ("pull_request", "commit")
"""Kinds in which a person has one part: the author's row represents it where there is one."""

PREPARED = (
    Column(
        "person", "string", False,
        "a configured person's key, or for a stranger `<e-mail>`, or `place:account`: connector or forge's host",
    ),
    Column(
        "work_item_key", "string", False,
        "the work item in lower case, as forges compare names; of a pull request that git has under another name than "
        "its forge, the forge's: counts use this",
    ),
    Column("is_bot", "bool", False, "whether the account is a bot's or an assistant's: such rows are never counted"),
    Column(
        "is_primary", "bool", False,
        "whether this row represents its contribution; false where another source has the same one with more detail",
    ),
    Column("in_pull_request", "bool", False, "a commit in a pull request that is credited to the same person"),
    Column(
        "is_cherry_pick", "bool", False,
        "a commit that has the same change as an earlier one of the same person, or what the person did for such a one",
    ),
    Column("is_reverted", "bool", False, "whether a later change reverts the work and nothing has restored it since"),
    Column(
        "is_own_work", "bool", False,
        "a review, a comment or help on the person's own work, a merge of it, or a ticket that is theirs",
    ),
    Column(
        "owner_people", "list<item: string>", True,
        "the people, without bots, whose work was reviewed, commented on, helped with or merged; null for other rows",
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
    Column(
        "thread", "string", False, "the work item that the row's thread is named after: its ticket, else pull request"
    ),
    Column("serves_goal", "bool", False, "whether a goal claims the row"),
)
"""The columns that `harvester.goals.assessment.assess` adds to a prepared frame."""


def prepare(table: pa.Table, people: People) -> pd.DataFrame:
    """A frame of the table's columns and those of `PREPARED`, Arrow-typed: real nulls, lists as lists, times in UTC.

    Nothing of this is stored, so correcting an identity in the configuration needs no new harvest.
    A forge's row that represents a pull request which git has, too, has the size that git knows.

    What a row gets depends only on the rows of its own person, for any other people in the table.
    """
    frame = make_frame(table, people)
    git = from_git(frame, people.connectors)
    frame["work_item_key"] = _work_item_key(frame, git)
    frame["is_bot"] = _map_distinct(frame["account"], people.is_bot)
    frame["is_primary"] = _is_primary(frame, git)
    _size_by_git(frame, git)
    frame["in_pull_request"] = _in_pull_request(frame)
    frame["is_cherry_pick"] = _has_values(frame, "picked_from") & frame["kind"].isin(("commit", *REPEATABLE))
    frame["is_reverted"] = _is_reverted(frame)
    _add_owners(frame, people)
    _add_collaborators(frame, people)
    frame["counted"] = counted_by(frame)
    return frame


def recount(frame: pd.DataFrame, git: Mask) -> None:
    """Update in each row of a prepared frame what depends on whose the other rows are, after these have changed."""
    frame["is_primary"] = _is_primary(frame, git)
    frame["in_pull_request"] = _in_pull_request(frame)
    frame["is_reverted"] = _is_reverted(frame)


def from_git(frame: pd.DataFrame, connectors: Mapping[str, str]) -> Mask:
    """Which rows git gave, by the connector of each source."""
    return _map_distinct(frame["source"], lambda each: connectors.get(each, each) == "git").to_numpy(bool)


def make_frame(table: pa.Table, people: People) -> pd.DataFrame:
    """A frame of the table's columns and `person`, Arrow-typed throughout."""
    import pandas as pd

    table = table.append_column("person", persons_of(table, people).cast("string"))
    return cast("pd.DataFrame", table.to_pandas(types_mapper=pd.ArrowDtype))


def persons_of(table: pa.Table, people: People) -> pa.DictionaryArray:
    """The person of each row, by the columns `source` and `account`; each distinct pair of these is looked up once."""
    import pyarrow as pa

    pairs, place = _distinct_pairs(
        *(pa.concat_arrays(table[name].chunks or [pa.array([], pa.string())]) for name in ("source", "account"))
    )
    persons = pa.array([people.person_of(*pair) for pair in pairs], pa.string()).dictionary_encode()
    return pa.DictionaryArray.from_arrays(persons.indices.take(pa.array(place)), persons.dictionary)


def _distinct_pairs(sources: pa.Array, accounts: pa.Array) -> tuple[list[tuple[str, str]], np.ndarray[Any, Any]]:
    """The distinct pairs of source and account, and which of them each place has.

    Codes of both are packed into one integer, which numpy makes distinct much faster than pairs of texts.
    """
    import numpy as np

    sources, accounts = sources.dictionary_encode(), accounts.dictionary_encode()
    codes = sources.indices.to_numpy().astype(np.int64) << 32 | accounts.indices.to_numpy()
    distinct, place = np.unique(codes, return_inverse=True)
    pairs = [
        (sources.dictionary[code >> 32].as_py(), accounts.dictionary[code & 0xFFFFFFFF].as_py()) for code in distinct
    ]
    return pairs, place


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

    if not isinstance(series.array, pd.arrays.ArrowExtensionArray):
        return [None if value is pd.NA else value for value in series.tolist()]
    return python_values(series.array.__arrow_array__())


def python_values(values: pa.Array | pa.ChunkedArray) -> list[Any]:
    """The values of an Arrow array: times as aware datetimes in UTC, None for null."""
    import pyarrow as pa

    if not pa.types.is_timestamp(values.type):
        return cast("list[Any]", values.to_pylist())
    # Arrow would look up the zone for each of them.
    naive = values.cast(pa.timestamp("us")).to_pylist()
    return [at and at.replace(tzinfo=dt.UTC) for at in naive]


def column(frame: pd.DataFrame, name: str) -> pa.Array:
    """A column of the frame as one Arrow array, without a copy where it is in one piece."""
    import pyarrow as pa

    array = pa.chunked_array(frame[name].array.__arrow_array__())
    return array.combine_chunks() if array.num_chunks != 1 else array.chunk(0)


def series(values: pa.Array | pa.ChunkedArray, index: pd.Index, name: str | None = None) -> pd.Series:
    """An Arrow array as a column of a frame with these labels, of the array's type."""
    import pandas as pd

    return pd.Series(pd.arrays.ArrowExtensionArray(values), index=index, name=name)


def replaced(frame: pd.DataFrame, **columns: Sequence[Any]) -> pd.DataFrame:
    """The frame with other values in columns that it has, one for each row and of the same type; None is null."""
    import pyarrow as pa

    made = {
        name: series(pa.array(values, column(frame, name).type, from_pandas=True), frame.index)
        for name, values in columns.items()
    }
    return frame.assign(**made)


def _map_distinct(values: pd.Series, predicate: Callable[[str], bool]) -> pd.Series:
    """What the predicate says of each value; it is called once for each distinct one."""
    return values.map({value: predicate(value) for value in values.unique()}).astype("bool[pyarrow]")


def _work_item_key(frame: pd.DataFrame, from_git: Mask) -> pd.Series:
    """The work items in lower case, and those of pull requests that landed in the same commit as one.

    A clone may have a repository's old name while the forge answers with the new one. Both rows name the commit as
    which the pull request landed (`closes`), so git's gets the key of the forge's. Where several of the forge's landed
    in that commit, one with git's own key is taken, else the first by name.
    """
    keys = frame["work_item"].str.lower()
    is_pull = (frame["kind"] == "pull_request").to_numpy(bool)
    pulls = frame[["person", "role", "closes"]].assign(key=keys, git=from_git)[is_pull]
    if not pulls["git"].any() or pulls["git"].all():
        return keys
    landed = _references(pulls, "closes").join(pulls[["key", "git"]])
    landed = landed[landed["closes"].str.startswith("commit/").to_numpy(bool)]
    landed["label"] = landed.index
    by_git, by_forge = (landed[landed["git"] == git] for git in (True, False))
    pairs = by_git.merge(by_forge, on=["person", "closes"], suffixes=("", "_forge"))
    pairs["other"] = (pairs["key"] != pairs["key_forge"]).to_numpy(bool)
    chosen = pairs.sort_values(["label", "other", "key_forge"]).drop_duplicates("label").set_index("label")["key_forge"]
    keys.loc[chosen.index] = chosen
    return keys


def _is_primary(frame: pd.DataFrame, from_git: Mask) -> pd.Series:
    """Which row represents each contribution of a person.

    Rows are the same contribution where kind and work item are the same; for what is REPEATABLE the id, too, and for a
    ticket or a release the role. A row of what the person wrote is taken before one of having merged it, the forge's
    before git's, then an author's before a co-author's, then the one with the fewest unknown values; name and scope
    break ties, so neither the order of the rows nor of the sources matters.

    Then, of rows with the same id and the same beginning, one is taken: of an issue that moved to another project of
    its source, and of one git commit that two clones have under different work items, since forks share commit ids.
    """
    import numpy as np
    import pandas as pd

    keys = frame[["person", "kind", "work_item_key", "id"]].copy()
    keys["own_id"] = frame["id"].where(frame["kind"].isin(REPEATABLE), frame["role"])
    keys["own_id"] = keys["own_id"].mask(frame["kind"].isin(WRITTEN), "")
    keys["merges"] = (frame["role"] == MERGER).to_numpy(bool)
    keys["place"] = frame["source"].mask(from_git, "")
    keys["git"] = from_git
    is_author, is_co_author = ((frame["role"] == role).to_numpy(bool) for role in ("author", "co-author"))
    keys["order"] = np.select([is_author, is_co_author], [0, 1], 2)
    keys["began"] = frame["started_at"].fillna(frame["occurred_at"])
    keys["unknown"] = (
        frame[["title", "body", "url", "state", "additions", "story_points", "milestone"]].isna().sum(axis=1)
    )
    keys["source"], keys["scope"] = frame["source"], frame["scope"]
    best = keys.sort_values(["merges", "git", "order", "unknown", "source", "scope", "id"], kind="stable")
    best = best[~best.duplicated(["person", "kind", "work_item_key", "own_id"]).to_numpy(bool)]
    primary = best.index[~best.duplicated(["person", "kind", "place", "id", "began"]).to_numpy(bool)]
    is_primary = frame.index.isin(primary) & ~_merges_of_own(frame, is_author)
    return pd.Series(is_primary, index=frame.index, dtype="bool[pyarrow]")


def _merges_of_own(frame: pd.DataFrame, is_author: Mask) -> Mask:
    """Which rows say that a person merged what another source says is their own."""
    import pyarrow.compute as pc

    is_merger = (frame["role"] == MERGER).to_numpy(bool)
    if not is_merger.any():
        return is_merger
    own = pc.is_in(_person_and(frame, "work_item_key"), _person_and(frame[is_author], "work_item_key"))
    return cast("Mask", is_merger & own.to_numpy(zero_copy_only=False))


def _size_by_git(frame: pd.DataFrame, from_git: Mask) -> None:
    """Give a forge's row that represents a pull request the size that git has of the person's part in it.

    git knows the repository's attributes, what is configured as no work, and who wrote which commits; a forge has only
    the whole. The key `own_commits` comes with it. Where git's row lacks a file that the forge's has, as of a rebased
    branch whose last commit alone names the pull request, the forge's size stays.
    """
    is_pull = (frame["kind"] == "pull_request").to_numpy(bool)
    is_known = is_pull & from_git & (frame["additions"].notna() & (frame["role"] != MERGER)).to_numpy(bool)
    is_forge = is_pull & ~from_git & (frame["is_primary"] & (frame["role"] == "author")).to_numpy(bool)
    if not is_known.any() or not is_forge.any():
        return
    keys = frame[["person", "work_item_key", "role", "id", "scope"]].assign(at=range(len(frame)))
    by_git = keys[is_known].sort_values(["role", "scope", "id"]).drop_duplicates(["person", "work_item_key"])
    pairs = keys[is_forge].merge(by_git, on=["person", "work_item_key"], suffixes=("", "_git"))
    paths = [column(frame, "paths").take(pairs[name].to_numpy()).to_pylist() for name in ("at_git", "at")]
    has_all = [set(forge) <= set(git) for git, forge in zip(*paths, strict=True)]
    at, at_git = (pairs[name].to_numpy()[has_all] for name in ("at", "at_git"))
    _put(frame, "extra", at, _with_size(*(column(frame, "extra").take(each) for each in (at, at_git))))
    for name in ("additions", "deletions", "files_changed"):
        _put(frame, name, at, column(frame, name).take(at_git))


def _with_size(forge: pa.Array, by_git: pa.Array) -> pa.Array:
    """The column `extra` of a forge's rows with what git's say of a size."""
    import pyarrow as pa

    keys = ("not_work", "own_commits")
    pairs = zip(forge.to_pylist(), by_git.to_pylist(), strict=True)
    return pa.array(
        [
            [each for each in mine if each[0] not in keys] + [each for each in others if each[0] in keys]
            for mine, others in pairs
        ],
        forge.type,
    )


def _put(frame: pd.DataFrame, name: str, at: np.ndarray[Any, Any], values: pa.Array) -> None:
    """Put these values into a column, in the rows of these numbers."""
    import numpy as np
    import pyarrow as pa

    places = np.arange(len(frame))
    places[at] = len(frame) + np.arange(len(at))
    frame[name] = series(pa.concat_arrays([column(frame, name), values]).take(pa.array(places)), frame.index)


def _in_pull_request(frame: pd.DataFrame) -> pd.Series:
    """Which commits are part of a pull request that is credited to the same person.

    Credited are the author's commits in an own pull request, and a co-author's in one that names them in any role. A
    commit belongs to a pull request by its own `part_of`, or because a pull request names it as the commit it landed
    as (`closes`), which forges know where git does not. Comparing (person, work item) as one text keeps it to a few
    set look-ups, however many rows there are.
    """
    import pandas as pd
    import pyarrow.compute as pc

    slim = frame[["person", "role", "work_item", "work_item_key", "part_of", "closes", "is_primary"]]
    is_commit = (frame["kind"] == "commit").to_numpy(bool)
    parts = _references(slim[is_commit], "part_of")
    pulls = slim[(frame["kind"] == "pull_request").to_numpy(bool)]
    pulls = pulls.assign(work_item=pulls["work_item"].str.lower())
    credited = pulls[((pulls["role"] == "author") & pulls["is_primary"]).to_numpy(bool)]
    # A clone's row may have another name than the one that represents it, and commits refer to that name.
    is_own = pc.is_in(_person_and(pulls, "work_item_key"), _person_and(credited, "work_item_key"))
    own = pulls[is_own.to_numpy(zero_copy_only=False)]
    pairs = _person_and(parts, "part_of")
    in_own, in_any = (pc.is_in(pairs, _person_and(each, "work_item")) for each in (own, pulls))
    inside = pc.or_(in_own, pc.and_(pc.equal(column(parts, "role"), "co-author"), in_any))
    landed = _person_and(_references(own, "closes"), "closes")
    by_forge = pc.is_in(_person_and(slim, "work_item_key"), landed).to_numpy(zero_copy_only=False) & is_commit
    by_commit = frame.index.isin(parts.index[inside.to_numpy(zero_copy_only=False)])
    return pd.Series(by_commit | by_forge, index=frame.index, dtype="bool[pyarrow]")


def _is_reverted(frame: pd.DataFrame) -> pd.Series:
    """Which rows are of work that a source says is reverted, in any of the person's rows of it.

    A pull request is reverted with the commit as which it landed, so a forge's row is marked where git knows of it.
    """
    import pandas as pd
    import pyarrow as pa
    import pyarrow.compute as pc

    reverted = frame[["person", "work_item_key"]][_has_values(frame, "reverted_by").to_numpy(bool)]
    if reverted.empty:
        return pd.Series(False, index=frame.index, dtype="bool[pyarrow]")
    gone = _person_and(reverted, "work_item_key")
    landed = _references(frame[(frame["kind"] == "pull_request").to_numpy(bool)], "closes")
    with_commit = landed.index[pc.is_in(_person_and(landed, "closes"), gone).to_numpy(zero_copy_only=False)]
    gone = pa.concat_arrays([gone, _person_and(frame.loc[with_commit.unique()], "work_item_key")])
    return pd.Series(
        pc.is_in(_person_and(frame, "work_item_key"), gone).to_numpy(zero_copy_only=False),
        index=frame.index,
        dtype="bool[pyarrow]",
    )


def _has_values(frame: pd.DataFrame, name: str) -> pd.Series:
    """Which rows have anything in a column of lists."""
    import pyarrow.compute as pc

    return series(pc.greater(pc.list_value_length(column(frame, name)), 0), frame.index)


def _person_and(rows: pd.DataFrame, name: str) -> pa.Array:
    """The person and a column's value as one text; different pairs never give the same."""
    import pyarrow.compute as pc

    person = column(rows, "person")
    return pc.binary_join_element_wise(pc.utf8_length(person).cast("string"), person, column(rows, name), ":")


def _references(rows: pd.DataFrame, name: str) -> pd.DataFrame:
    """The references in a column one by one, in lower case, with the person and role of their row."""
    each = rows[["person", "role", name]].explode(name).dropna(subset=[name])
    each[name] = each[name].str.lower()
    return each


def _add_owners(frame: pd.DataFrame, people: People) -> None:
    import pandas as pd

    of_others = (frame["kind"].isin((*REPEATABLE, "issue")) | (frame["role"] == MERGER)).to_numpy(bool)
    rows = frame[["person", "source", "owners"]][of_others]
    owners, _ = _people_in(rows, "owners", people)
    is_own = [person in names for person, names in zip(rows["person"].tolist(), owners.to_pylist(), strict=True)]
    own_work = pd.Series(is_own, index=rows.index, dtype="bool[pyarrow]")
    frame["is_own_work"] = own_work.reindex(frame.index, fill_value=False)
    frame["owner_people"] = series(owners, rows.index).where(frame["kind"] != "issue").reindex(frame.index)


def _add_collaborators(frame: pd.DataFrame, people: People) -> None:
    import pyarrow as pa
    import pyarrow.compute as pc

    names, has_bot = _people_in(frame, "participants", people)
    rows = pc.list_parent_indices(names)
    is_other = pc.not_equal(names.values, column(frame, "person").take(rows)).to_numpy(zero_copy_only=False)
    others = _as_lists(rows.to_numpy()[is_other], names.values.filter(pa.array(is_other)), len(frame))
    empty = pc.equal(pc.list_value_length(others), 0).to_numpy(zero_copy_only=False)
    others = pa.ListArray.from_arrays(others.offsets, others.values, mask=pa.array(empty))
    frame["collaborators"] = series(others, frame.index)
    frame["bot_assisted"] = series(pa.array(has_bot), frame.index)


def _people_in(rows: pd.DataFrame, name: str, people: People) -> tuple[pa.ListArray, np.ndarray[Any, Any]]:
    """The people, without bots, in a column of accounts, a list for each row; and which rows name a bot."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    lists = column(rows, name)
    at = pc.list_parent_indices(lists).to_numpy(zero_copy_only=False).astype(np.int64)
    pairs, place = _distinct_pairs(column(rows, "source").take(pa.array(at)), pc.list_flatten(lists))
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
