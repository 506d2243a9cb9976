"""The algebra of coverage: what counts as read, for whom, how old it is, and which cursor says so."""

import dataclasses
import datetime as dt

import pyarrow as pa
import pytest

from harvester.ledger.coverage import (
    WHOLE,
    Coverage,
    covered,
    forget_accounts,
    newest_cursors,
    remove_coverage,
    source_status,
    updated,
)
from harvester.ledger.coverage_table import from_table, to_table
from harvester.ledger.delta_table import DataFile, file_statistics, span_in_milliseconds
from harvester.sdk.connector import Gap, Remark
from tests.scripted import EVER, NOW, span, utc

ANN, BOB = frozenset({"ann"}), frozenset({"bob"})
JANUARY, FEBRUARY = span(utc(2026, 1), utc(2026, 2)), span(utc(2026, 2), utc(2026, 3))
BOTH = span(utc(2026, 1), utc(2026, 3))
DAY = dt.timedelta(days=1)


def known(period=BOTH, accounts=None, scope=WHOLE, cursor=None, gaps=(), day=0):
    return Coverage("work", scope, accounts, period, NOW + day * DAY, cursor, tuple(gaps))


def test_a_gap_outlasts_a_period_that_moves_on():
    """Of two hundred daily harvests of thirty days one had a gap; it is reported until it is read again."""
    rows, gap = [], Gap("org", "no access")
    for number in range(200):
        period = span(utc(2026) + number * DAY, utc(2026) + (number + 30) * DAY)
        rows = updated(rows, [known(period, gaps=[gap] if number == 40 else (), day=number)])
    first_day = span(utc(2026) + 40 * DAY, utc(2026) + 41 * DAY)
    assert [row.gaps for row in rows if row.period.overlap(first_day) and not row.complete] == [(gap,)]
    assert source_status(rows, "work", None, first_day).stale == (gap,)


@pytest.mark.parametrize("order", [1, -1])
def test_neighbours_with_a_gap_are_not_joined(order):
    gap = Gap("org", "no access")
    rows = updated([], [known(JANUARY), known(FEBRUARY, gaps=[gap])][::order])
    assert covered(rows, None, BOTH) == [JANUARY]
    assert source_status(rows, "work", None, BOTH).gaps == (gap,)
    assert source_status(rows, "work", None, JANUARY).complete


class TestEveryone:
    def test_people_do_not_add_up_to_everyone(self):
        rows = [known(accounts=ANN), known(accounts=BOB)]
        assert covered(rows, None, BOTH) == []
        status = source_status(rows, "work", None, BOTH)
        assert (status.unread, status.read_at) == ((BOTH,), None)

    def test_everyone_covers_anybody(self):
        assert covered([known()], ANN, BOTH) == [BOTH]
        assert source_status([known()], "work", ANN, BOTH).complete

    def test_a_gap_of_others_is_not_reported(self):
        rows = [known(), known(accounts=ANN, gaps=[Gap("org", "no access")], day=1)]
        assert source_status(rows, "work", None, BOTH).complete
        assert not source_status(rows, "work", ANN, BOTH).complete

    def test_forgetting_somebody_ends_coverage_of_everyone(self):
        rows = [known(), known(accounts=ANN | BOB, cursor="c"), known(accounts=BOB)]
        assert forget_accounts(rows, BOB) == [known(accounts=ANN)]

    def test_removing_everyones_period_removes_it_of_each(self):
        rows = [known(accounts=ANN, scope="org"), known(scope="org"), known(accounts=ANN), known(scope="lab")]
        removed = remove_coverage(rows, None, JANUARY, frozenset({"lab"}))
        assert removed == [
            known(FEBRUARY, ANN, "org"), known(FEBRUARY, scope="org"), known(accounts=ANN), known(scope="lab")
        ]  # fmt: skip

    def test_removing_a_persons_period_leaves_that_of_others(self):
        rows = [known(accounts=ANN, scope="org"), known(accounts=BOB, scope="org")]
        assert remove_coverage(rows, ANN, BOTH, frozenset()) == [rows[1]]


class TestAge:
    def test_a_source_is_as_old_as_its_oldest_part(self):
        rows = [known(JANUARY, day=2), known(FEBRUARY, day=1)]
        assert source_status(rows, "work", None, BOTH).read_at == NOW + DAY
        assert source_status(rows[::-1], "work", None, BOTH).read_at == NOW + DAY

    def test_a_harvest_that_finished_nothing_has_no_age(self):
        rows = [known(gaps=[Gap("org", "no access")]), known(JANUARY, day=1)]
        assert source_status(rows, "work", None, BOTH).read_at == NOW + DAY


class TestSuperseded:
    """What an older reading of more people says of a part that was read again is out of date."""

    GAP = Gap("org", "no access")

    def test_a_newer_reading_of_one_hides_the_older_of_all(self):
        rows = updated([known()], [known(accounts=ANN, day=3)])
        assert source_status(rows, "work", ANN, BOTH).read_at == NOW + 3 * DAY
        assert source_status(rows, "work", ANN | BOB, BOTH).read_at == NOW
        assert source_status(rows, "work", None, BOTH).read_at == NOW

    def test_what_only_the_older_reading_has_is_as_old_as_it(self):
        rows = updated([known(JANUARY)], [known(FEBRUARY, ANN, day=3)])
        assert source_status(rows, "work", ANN, BOTH).read_at == NOW
        assert source_status(rows, "work", ANN, FEBRUARY).read_at == NOW + 3 * DAY

    def test_a_gap_that_was_read_again_is_none(self):
        rows = updated([known(gaps=[self.GAP])], [known(JANUARY, ANN, day=1)])
        assert source_status(rows, "work", ANN, JANUARY).complete
        assert source_status(rows, "work", ANN, BOTH).gaps == (self.GAP,)
        assert not source_status(rows, "work", BOB, JANUARY).complete

    def test_a_gap_after_a_reading_is_stale(self):
        rows = updated([known(accounts=ANN)], [known(gaps=[self.GAP], day=1)])
        status = source_status(rows, "work", ANN, BOTH)
        assert (status.gaps, status.stale, status.read_at) == ((), (self.GAP,), NOW)

    def test_what_is_unread_for_one_is_unread(self):
        rows = [known(JANUARY, ANN), known(FEBRUARY, BOB)]
        assert source_status(rows, "work", ANN | BOB, BOTH).unread == (BOTH,)


class TestNewestCursors:
    def test_the_last_harvest_counts_whoever_it_was_for(self):
        rows = [known(), known(scope="org", cursor="old"), known(day=1), known(JANUARY, ANN, "org", "new", day=1)]
        assert newest_cursors(rows) == {"org": "new"}
        assert newest_cursors(rows[::-1]) == {"org": "new"}

    def test_a_harvest_that_left_no_cursor_ends_the_chain(self):
        assert newest_cursors([known(scope="org", cursor="old"), known(JANUARY, ANN, "org", day=1)]) == {"org": None}

    def test_a_harvest_that_broke_off_ends_the_chain(self):
        """It may have stored rows of the scope that no cursor knows."""
        rows = [known(), known(scope="org", cursor="old"), known(JANUARY, ANN, gaps=[Gap("", "broke off")], day=1)]
        assert newest_cursors(rows) == {"org": None}


def test_coverage_is_stored_as_it_is():
    rows = [
        known(accounts=ANN, cursor="c", gaps=[Gap("lab", "no 'access'\n"), Gap("", "x", EVER)]),
        known(scope="org", accounts=frozenset()),
    ]
    assert from_table(to_table(rows)) == rows


def test_a_remark_leaves_a_source_complete():
    """A remark is stored and in the status, takes nothing from what is complete, and a later fetch replaces it."""
    (row,) = from_table(to_table([dataclasses.replace(known(), remarks=(Remark("r", "sizes are unknown"),))]))
    status = source_status([row], "work", None, BOTH)
    assert (status.complete, status.remarks) == (True, (Remark("r", "sizes are unknown"),))
    later = updated([row], [known(day=1)])
    assert source_status(later, "work", None, BOTH).remarks == ()


@pytest.mark.parametrize(
    ("microsecond", "earliest", "latest"),
    [(0, "000", "000"), (1, "000", "001"), (1000, "001", "001"), (1999, "001", "002")],
)
def test_statistics_are_whole_milliseconds_around_all(microsecond, earliest, latest):
    """A latest time rounded down would make other readers skip a file with a row that they look for."""
    at = utc(2026, 1, 1).replace(microsecond=microsecond)
    times = span_in_milliseconds(pa.chunked_array([pa.array([at], pa.timestamp("us", tz="UTC"))]))
    statistics = file_statistics(DataFile("a.parquet", 1, 1, {"source": "work"}, times))
    assert statistics["minValues"] == {"occurred_at": f"2026-01-01T00:00:00.{earliest}Z"}
    assert statistics["maxValues"] == {"occurred_at": f"2026-01-01T00:00:00.{latest}Z"}
    assert statistics["nullCount"] == {"occurred_at": 0}


def test_a_latest_microsecond_carries_into_the_next_second():
    times = [utc(2026, 1, 1), utc(2026, 12, 31, 23).replace(minute=59, second=59, microsecond=999_999)]
    assert span_in_milliseconds(pa.chunked_array([pa.array(times, pa.timestamp("us", tz="UTC"))])) == (
        utc(2026, 1, 1),
        utc(2027, 1, 1),
    )
