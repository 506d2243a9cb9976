"""Rows and their table: nothing is lost on the way, and what cannot be stored is refused by name."""

import dataclasses
import datetime as dt
import typing
from zoneinfo import ZoneInfo

import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harvester.analysis.frame import PREPARED
from harvester.model.contribution import (
    COLUMNS,
    EXTRA,
    Contribution,
    Kind,
    Role,
    arrow_schema,
    columns,
    from_table,
    to_table,
)
from harvester.notebook.notebook import FIELDS
from tests.rows import framed, row

ROW = Contribution(
    id="commit/author/1",
    source="here",
    scope="github.com/org/repo",
    kind="commit",
    work_item="commit/1",
    account="Ann <ann@example.org>",
    role="author",
    occurred_at=dt.datetime(2026, 7, 1, tzinfo=dt.UTC),
)

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
times = st.datetimes(
    dt.datetime(2, 1, 1),  # noqa: DTZ001 - hypothesis wants naive bounds and adds the zone
    dt.datetime(9998, 12, 31),  # noqa: DTZ001 - the same
    timezones=st.timezones(),
)
many = st.lists(texts, max_size=3).map(tuple)
counts = st.none() | st.integers(-(2**63), 2**63 - 1)
contributions = st.builds(
    Contribution,
    id=texts,
    source=texts,
    scope=texts,
    work_item=texts,
    account=texts,
    occurred_at=times,
    kind=st.sampled_from(typing.get_args(Kind)),
    role=st.sampled_from(typing.get_args(Role)),
    started_at=st.none() | times,
    **{
        name: st.none() | texts
        for name in ("title", "body", "url", "project", "state", "change_type", "parent", "milestone")
    },
    **dict.fromkeys(
        ("labels", "paths", "owners", "participants", "closes", "part_of", "picked_from", "reverts", "related_to"), many
    ),
    extra=st.dictionaries(texts, texts, max_size=3),
    **dict.fromkeys(("additions", "deletions", "files_changed", "comment_count"), counts),
    story_points=st.none() | st.floats(allow_nan=False),
    is_private=st.none() | st.booleans(),
)


def in_utc(row):
    """Python holds a time in a clock change's gap or repeated hour unequal to the same instant in another zone."""
    started_at = row.started_at and row.started_at.astimezone(dt.UTC)
    return dataclasses.replace(row, occurred_at=row.occurred_at.astimezone(dt.UTC), started_at=started_at)


@given(st.lists(contributions, max_size=4))
def test_rows_come_back_from_their_table_as_they_were(rows):
    back = from_table(to_table(rows))
    assert back == [in_utc(row) for row in rows]
    assert all(row.occurred_at.utcoffset() == dt.timedelta(0) for row in back)


@given(st.lists(contributions, max_size=4))
def test_rows_come_back_from_a_pandas_frame_as_they_were(rows):
    frame = to_table(rows).to_pandas(types_mapper=pd.ArrowDtype)
    assert from_table(pa.Table.from_pandas(frame, preserve_index=False)) == [in_utc(row) for row in rows]


def test_an_empty_table_has_every_column_and_its_type():
    table = to_table([])
    assert table.schema == arrow_schema()
    assert tuple(table.column_names) == COLUMNS
    assert from_table(table) == []


def test_rows_may_come_from_a_generator():
    assert from_table(to_table(row for row in (ROW, ROW))) == [ROW, ROW]


def test_columns_beyond_ours_are_left_aside():
    table = to_table([ROW]).append_column("person", pa.array(["ann"]))
    assert from_table(table) == [ROW]


def test_the_second_of_two_equal_clock_times_stays_the_second():
    """When clocks go back an hour comes twice; fold says which one is meant."""
    berlin = ZoneInfo("Europe/Berlin")
    first = dt.datetime(2026, 10, 25, 2, 30, tzinfo=berlin)
    pair = [dataclasses.replace(ROW, occurred_at=first), dataclasses.replace(ROW, occurred_at=first.replace(fold=1))]
    early, late = from_table(to_table(pair))
    assert late.occurred_at - early.occurred_at == dt.timedelta(hours=1)


@pytest.mark.parametrize(
    ("column", "value", "why"),
    [
        ("occurred_at", dt.datetime(2026, 7, 1), "2026-07-01T00:00:00 has no time zone"),  # noqa: DTZ001 - what is refused
        ("started_at", dt.datetime(2026, 7, 1), "2026-07-01T00:00:00 has no time zone"),  # noqa: DTZ001 - the same
        ("occurred_at", None, "it must not be null"),
        ("occurred_at", dt.date(2026, 7, 1), "utcoffset"),
        ("occurred_at", dt.datetime(1, 1, 1, tzinfo=dt.timezone(dt.timedelta(hours=3))), "out of range"),
        ("id", None, "it must not be null"),
        ("labels", None, "it must not be null"),
        ("title", "half of a pair: \ud83d", "surrogates not allowed"),
        ("paths", ("ok", "\udcff"), "surrogates not allowed"),
        ("extra", {"result": "\udcff"}, "surrogates not allowed"),
        ("extra", ["result"], "items"),
        ("additions", 2**63, "too large|too big"),
        ("additions", "3", "str"),
        ("is_private", 1, "boolean"),
    ],
)
def test_what_cannot_be_kept_is_refused_by_row_and_column(column, value, why):
    bad = dataclasses.replace(ROW, **{"id": "the/bad/one", column: value})
    with pytest.raises(ValueError, match=why) as caught:
        to_table([ROW, bad, ROW])
    assert str(caught.value).startswith(f"{column!r} of row {bad.id!r} from 'here' cannot be stored as ")


def test_unknown_stays_null_and_never_becomes_zero():
    table = to_table([ROW])
    unknown = (
        "additions",
        "deletions",
        "files_changed",
        "comment_count",
        "story_points",
        "is_private",
        "started_at",
        "title",
    )
    assert {name: table[name].null_count for name in unknown} == dict.fromkeys(unknown, 1)


def test_every_column_says_what_it_means():
    described = columns()
    assert tuple(each.name for each in described) == COLUMNS
    assert all(len(each.meaning) > 3 for each in described)
    assert {each.name: each.arrow for each in described}["occurred_at"] == "timestamp[us, tz=UTC]"
    assert not {each.name: each.nullable for each in described}["occurred_at"]
    assert {each.name: each.nullable for each in described}["additions"]


def test_a_row_cannot_be_changed():
    with pytest.raises(dataclasses.FrozenInstanceError):
        ROW.title = "other"


def test_a_note_s_fields_are_documented():
    """What a note has that is no column of its own is in `extra`, under a key that the reference explains."""
    columns = {"with", "about", "labels", "role", "public"}
    assert set(FIELDS) - columns <= set(EXTRA)


def test_prepared_columns_are_as_documented():
    """Each has the Arrow type of the reference, and null only where the reference says so."""
    rows = [row(), row(kind="review", role="reviewer", owners=("grace",), participants=("grace", "Claude[bot]"))]
    frame = framed(rows)
    assert list(frame.columns) == [*COLUMNS, *(each.name for each in PREPARED)]
    for each in PREPARED:
        assert str(frame[each.name].dtype.pyarrow_dtype) == each.arrow, each.name
        assert frame[each.name].isna().any() == each.nullable, each.name
