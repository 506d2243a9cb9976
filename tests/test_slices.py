"""Slices of a request: every moment is in one of them, and they make one completed scope only together."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harvester.errors import SourceError
from harvester.model.periods import Period
from harvester.sdk.connector import ScopeCompleted
from harvester.sdk.slices import MOST, TimeSlice, divided, joined, worthwhile

MOMENTS = st.floats(6e8, 2e9).map(lambda seconds: dt.datetime.fromtimestamp(seconds, dt.UTC))


@given(MOMENTS, st.timedeltas(dt.timedelta(), dt.timedelta(days=700)), st.integers(1, 9), st.integers(1, 4), MOMENTS)
def test_every_moment_is_in_one_range_of_one_slice(since, length, number, together, moment):
    """Also before and after the period, whatever its length."""
    slices = divided(Period(since, since + length), number, "digest", {"by": "scope"}, together)
    assert [each.number for each in slices] == list(range(slices[0].of))
    assert 1 <= len(slices) <= number
    assert sum(moment in one for each in slices for one in each.ranges) == 1
    if len(slices) > 1:
        assert [TimeSlice.loads(each.part("").name, "digest") for each in slices] == slices


@pytest.mark.parametrize("name", ["2026-03", "[1]", "5", "null", '{"number": 0}', '{"edges": 5}', '{"edges": ["x"]}'])
def test_what_is_no_slice_is_refused(name):
    with pytest.raises(SourceError):
        TimeSlice.loads(name, "digest")


def completed(*numbers: int, of: int = 3, whole: bool = True, cursor: str | None = "c") -> list[ScopeCompleted]:
    """What some slices completed."""
    made = [TimeSlice(each, of) for each in numbers]
    return [each.completed(ScopeCompleted("host", cursor and f"{cursor}{each.number}", whole)) for each in made]


def test_a_scope_is_completed_by_all_of_its_slices():
    """In any order, and where one came twice."""
    assert list(joined(completed(2, 0, 1, 0), "+".join)) == [ScopeCompleted("host", "c0+c1+c2", whole=True)]
    assert list(joined(completed(2, 0), "+".join)) == []


def test_what_a_slice_lacks_all_of_them_lack():
    some = completed(0, 1)
    assert list(joined([*some, *completed(2, cursor=None)], "+".join)) == [ScopeCompleted("host", None, whole=True)]
    assert list(joined([*some, *completed(2, whole=False)], "+".join)) == [ScopeCompleted("host", "c0+c1+c2")]


def test_what_is_not_divided_is_completed_as_it_is():
    for cursor in (None, '{"at": 1}'):
        whole = TimeSlice().completed(ScopeCompleted("host", cursor, whole=True))
        assert list(joined([whole], "+".join)) == [ScopeCompleted("host", cursor, whole=True)]


def test_more_slices_are_worth_it_where_more_is_read():
    assert [worthwhile(requests, 7) for requests in (0, 27, 28, 100, 10**6)] == [1, 1, 2, 7, MOST]
