"""Pages, batches, totals and gaps, without a server."""

import datetime as dt
import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harvester.model.periods import Period
from harvester.sdk.gaps import GapCollector
from harvester.sdk.http import RetryPolicy, WebError, or_busy
from harvester.sdk.paging import (
    PageCursor,
    PageSize,
    TotalCheck,
    ask_alone,
    ask_fitting,
    cut_period,
    in_batches,
    split_large,
    take_first,
    walk_pages,
)

START = dt.datetime(2026, 7, 1, tzinfo=dt.UTC)
SECOND = dt.timedelta(seconds=1)


def retry(**bounds: float) -> RetryPolicy:
    return RetryPolicy(lambda seconds, why: None, **bounds)


def test_a_page_halves_to_one_and_grows_again():
    size = PageSize(50, calm=2)
    for _ in range(7):
        size.shrink()
    assert size.size == 1
    seen = []
    for _ in range(14):
        size.worked()
        seen.append(size.size)
    assert seen[-1] == 50
    assert seen[:4] == [1, 2, 2, 4]


def test_a_page_size_that_failed_is_remembered():
    """A server that answers for 25 at most is asked for more twice, not each time the size has grown."""
    size, failures = PageSize(100, 50), 0
    for _ in range(60):
        if size.size > 25:
            failures += 1
            size.shrink()
        else:
            size.worked()
    assert failures <= 5
    assert size.size >= 12


def test_one_bad_moment_is_not_remembered():
    """The size is soon what it was."""
    size = PageSize(50)
    size.shrink()
    for _ in range(3):
        size.worked()
    assert size.size == 50


def test_a_total_is_compared_with_what_is_distinct():
    check = TotalCheck(5)
    assert check.take(["a", "b", "b"]) == ["a", "b"]
    assert check.take(["b", "c"], total=6) == ["c"]
    assert check.missing == 3
    assert check.take(["d", "e", "f", "g"]) == ["d", "e", "f", "g"]
    assert check.missing == 0


def test_pages_end_where_none_follows():
    pages = {"a": ([1], "b"), "b": ([], "c"), "c": ([2], None)}
    assert [each[0] for each in walk_pages(pages.__getitem__, "a", lambda page: page[1])] == [[1], [], [2]]


def test_a_page_that_comes_twice_is_refused():
    pages = {"a": "b", "b": "c", "c": "b"}
    with pytest.raises(WebError, match="same page twice"):
        list(walk_pages(pages.__getitem__, "a", lambda page: page))


def test_only_a_busy_failure_is_returned():
    def fail(kind):
        raise WebError(kind, "no")

    found = or_busy(lambda: fail("busy"))
    assert isinstance(found, WebError)
    with pytest.raises(WebError):
        or_busy(lambda: fail("refused"))


def test_a_batch_shrinks_until_it_is_answered():
    size, tried = PageSize(8), []

    def ask(batch):
        tried.append(len(batch))
        if len(batch) > 2:
            raise WebError("busy", "504")
        return sum(batch)

    assert ask_fitting(retry(), size, lambda number: take_first(range(1, 9), number), ask) == (range(1, 3), 3)
    assert tried == [8, 4, 2]


def unanswerable(*poison):
    """Answers batches without these items."""

    def ask(batch):
        if set(batch) & set(poison):
            raise WebError("busy", "504")
        return list(batch)

    return ask


def test_one_item_that_fails_costs_itself():
    batches = list(in_batches(retry(), PageSize(8), range(20), unanswerable(5)))
    answered = [each for _, answer in batches if not isinstance(answer, WebError) for each in answer]
    failed = [list(batch) for batch, answer in batches if isinstance(answer, WebError)]
    assert (answered, failed) == ([each for each in range(20) if each != 5], [[5]])


def test_pages_that_lead_on_for_ever_end():
    """Each is a new one, and the list has no end."""
    with pytest.raises(WebError, match="more than 10,000 pages"):
        list(walk_pages(int, 0, lambda page: page + 1))
    cursor = PageCursor()
    assert sum(cursor.advance({"hasNextPage": True, "endCursor": str(n)}) for n in range(20_000)) == 10_000
    assert cursor.cut


def test_a_server_that_is_down_is_not_asked_for_every_item():
    asked = []

    def ask(batch):
        asked.append(batch)
        raise WebError("busy", "503")

    batches = list(in_batches(retry(), PageSize(4), range(100), ask))
    assert [each for batch, _ in batches for each in batch] == list(range(100))
    assert all(isinstance(answer, WebError) for _, answer in batches)
    assert len(asked) < 15


@given(st.integers(1, 40), st.integers(1, 16), st.sets(st.integers(0, 39)))
def test_batches_hold_every_item_once(number, largest, poison):
    batches = list(in_batches(retry(), PageSize(largest), range(number), unanswerable(*poison)))
    assert [each for batch, _ in batches for each in batch] == list(range(number))


def test_what_fails_is_asked_for_alone_and_for_less():
    def whole(item):
        if item != "light":
            raise WebError("busy", "504")
        return f"{item} whole"

    def part(item):
        if item == "dead":
            raise WebError("busy", "502")
        return f"{item} part"

    found = {item: (way, str(answer)) for item, way, answer in ask_alone(["light", "heavy", "dead"], whole, part)}
    assert found == {"light": (0, "light whole"), "heavy": (1, "heavy part"), "dead": (1, "502")}


@given(st.lists(st.integers(0, 300), max_size=60), st.integers(1, 20))
def test_queries_are_split_until_none_is_too_large(times, most):
    """Every result is in one part; only what happened in one second stays too large."""

    def count(queries):
        return {(a, b): sum(a <= each < b for each in times) for a, b in queries}

    def halves(query, number):
        a, b = query
        return [(a, (a + b) // 2), ((a + b) // 2, b)] if b - a > 1 else []

    parts = dict(split_large(count([(0, 512)]), most, halves, count))
    assert all(number <= most or b - a == 1 for (a, b), number in parts.items())
    assert sum(parts.values()) == len(times)
    assert all(one[1] == other[0] for one, other in itertools.pairwise(sorted(parts)))


@given(st.integers(0, 10**6), st.integers(0, 999_999), st.integers(1, 60))
def test_a_period_is_cut_without_gaps(seconds, microseconds, number):
    until = START + SECOND * seconds + dt.timedelta(microseconds=microseconds)
    parts = cut_period(Period(START, until), number) if until > START else []
    if parts:
        assert parts[0].since == START
        assert until <= parts[-1].until < until + SECOND
        assert all(one.until == other.since for one, other in itertools.pairwise(parts))
        assert all(each.until - each.since >= SECOND for each in parts)
        assert len(parts) <= number


def test_like_gaps_are_one():
    gaps = GapCollector("here", Period(START, START + SECOND))
    assert [each.reason for reason in ("a", "a", "b") for each in gaps.once(reason)] == ["a", "b"]
    gaps.note("short", "x", "3 of 4")
    gaps.note("hidden", "x")
    gaps.note("hidden", "y")
    gaps.note("hidden", "x")
    assert [each.reason for each in gaps.grouped()] == ["3 of 4: x", "hidden: 2 results, such as x"]
    assert list(gaps.grouped()) == []
    assert (gaps.any, gaps.blocked) == (True, False)
