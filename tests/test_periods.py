"""Periods: adjacent ones share nothing and lose nothing, in every zone, year and week."""

import contextlib
import datetime as dt
import re
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harvester.errors import PeriodError
from harvester.model.periods import (
    FORMS,
    MONTHS,
    VALID_DAYS,
    WEEKDAYS,
    Calendar,
    Period,
    calendar,
    parse,
    parse_days,
    span,
    within,
)  # fmt: skip

MIDNIGHT_ZONES = (
    "America/Sao_Paulo", "America/Havana", "Asia/Beirut", "Africa/Cairo", "America/Asuncion", "Atlantic/Azores",
    "America/St_Johns", "America/Toronto", "America/Nuuk", "Asia/Tehran", "Asia/Amman", "Asia/Gaza",
    "Pacific/Apia", "Pacific/Kwajalein", "Australia/Lord_Howe", "Africa/Monrovia", "Europe/Berlin", "Asia/Pyongyang",
)  # fmt: skip
UTC = dt.UTC
NOW = dt.datetime(2026, 11, 23, 12, tzinfo=UTC)
BERLIN = calendar("Europe/Berlin")

zones = st.one_of(st.sampled_from(MIDNIGHT_ZONES).map(ZoneInfo), st.timezones())
calendars = st.builds(Calendar, zones, st.integers(1, 12), st.integers(0, 6))
instants = st.datetimes(
    dt.datetime(1900, 1, 1),  # noqa: DTZ001 - hypothesis wants naive bounds and adds the zone
    dt.datetime(2100, 1, 1),  # noqa: DTZ001 - the same
    timezones=st.just(UTC),
)
UNITS = ("day", "week", "month", "quarter", "half", "year")
units = st.sampled_from(UNITS)
STEP = dt.timedelta(microseconds=1)


@given(calendars, instants, units)
def test_this_period_holds_now(reckoning, now, unit):
    assert now in parse(f"this-{unit}", reckoning, now)


@given(calendars, instants, units)
def test_adjacent_periods_share_nothing_and_lose_nothing(reckoning, now, unit):
    this = parse(f"this-{unit}", reckoning, now)
    last = parse(f"last-{unit}", reckoning, now)
    assert last.until == this.since
    assert last.overlap(this) is None
    assert parse(f"this-{unit}", reckoning, this.until).since == this.until


@given(calendars, st.integers(1901, 2100))
def test_quarters_and_months_make_the_year_whole(reckoning, year):
    whole = parse(f"{year}", reckoning, NOW)
    quarters = [parse(f"{year}Q{number}", reckoning, NOW) for number in (1, 2, 3, 4)]
    assert (quarters[0].since, quarters[-1].until) == (whole.since, whole.until)
    assert [each.until for each in quarters[:-1]] == [each.since for each in quarters[1:]]
    first = reckoning.day_of(whole.since)
    months = [(first.year + (first.month - 1 + n) // 12, (first.month - 1 + n) % 12 + 1) for n in range(12)]
    periods = [parse(f"{y}-{m:02}", reckoning, NOW) for y, m in months]
    assert whole.minus(periods) == []
    assert [each.until for each in periods[:-1]] == [each.since for each in periods[1:]]


@given(calendars, st.integers(1901, 2099))
def test_weeks_of_a_year_join_without_a_seam(reckoning, year):
    last = dt.date(year, 12, 28).isocalendar().week
    weeks = [parse(f"{year}-W{number:02}", reckoning, NOW) for number in range(1, last + 1)]
    following = parse(f"{year + 1}-W01", reckoning, NOW)
    assert [each.until for each in weeks] == [each.since for each in [*weeks[1:], following]]


@given(calendars, st.dates(dt.date(1900, 1, 2), dt.date(2099, 1, 1)))
def test_a_day_starts_at_its_first_instant(reckoning, day):
    midnight = reckoning.midnight(day)
    assert reckoning.day_of(midnight) >= day
    assert reckoning.day_of(midnight - STEP) < day
    assert midnight.astimezone(reckoning.zone).date() >= day


@given(calendars, instants)
def test_an_instant_belongs_to_the_quarter_that_its_day_names(reckoning, at):
    year, quarter = reckoning.year_and_quarter(reckoning.day_of(at))
    assert at in reckoning.quarter(year, quarter)
    assert at in reckoning.year(year)
    assert reckoning.quarter_of(at) == reckoning.quarter(year, quarter)


@given(st.lists(st.tuples(st.integers(0, 20), st.integers(0, 20)), max_size=6), st.integers(0, 20), st.integers(0, 20))
def test_what_is_left_of_a_period_is_what_none_of_the_others_holds(pairs, one, two):
    start = dt.datetime(2026, 1, 1, tzinfo=UTC)

    def period(left, right):
        return Period(*(start + dt.timedelta(days=day) for day in sorted((left, right))))

    whole, others = period(one, two), [period(*pair) for pair in pairs]
    rest = whole.minus(others)
    for half_day in range(42):
        at = start + dt.timedelta(hours=12 * half_day)
        assert (at in whole and not any(at in each for each in others)) == any(at in each for each in rest)


@pytest.mark.parametrize(
    ("zone", "day", "since"),
    [
        ("America/Sao_Paulo", dt.date(2018, 11, 4), "2018-11-04T03:00"),  # midnight is skipped: the day starts at 01:00
        ("America/Havana", dt.date(2025, 11, 2), "2025-11-02T04:00"),  # midnight comes twice: the earlier one
        ("America/Toronto", dt.date(1919, 3, 31), "1919-03-31T04:30"),  # 23:30 to 00:30 is skipped
        ("Pacific/Apia", dt.date(2011, 12, 30), "2011-12-30T10:00"),  # there was no such day
        ("Pacific/Apia", dt.date(2011, 12, 31), "2011-12-30T10:00"),
        ("Asia/Kathmandu", dt.date(2026, 7, 1), "2026-06-30T18:15"),
    ],
)
def test_a_day_whose_midnight_a_clock_change_touches(zone, day, since):
    assert calendar(zone).midnight(day) == dt.datetime.fromisoformat(since).replace(tzinfo=UTC)


def test_an_hour_that_comes_again_before_midnight_belongs_to_the_day_that_had_begun():
    """St John's put its clocks back from 00:01 to 23:01 until 2011."""
    there = calendar("America/St_Johns")
    repeated = dt.datetime(2010, 11, 6, 23, 30, tzinfo=there.zone, fold=1)
    assert there.day_of(repeated) == dt.date(2010, 11, 7)
    assert repeated in parse("this-day", there, repeated)


@pytest.mark.parametrize(
    ("words", "since", "until", "name"),
    [
        ("2026Q3", "2026-06-30T22:00", "2026-09-30T22:00", "Q3 2026"),
        ("2026-q3", "2026-06-30T22:00", "2026-09-30T22:00", "Q3 2026"),
        ("2026Q4", "2026-09-30T22:00", "2026-12-31T23:00", "Q4 2026"),
        ("2026-10", "2026-09-30T22:00", "2026-10-31T23:00", "October 2026"),
        ("2026", "2025-12-31T23:00", "2026-12-31T23:00", "2026"),
        ("2026-W41", "2026-10-04T22:00", "2026-10-11T22:00", "week of 5 October 2026"),
        ("2026w41", "2026-10-04T22:00", "2026-10-11T22:00", "week of 5 October 2026"),
        ("last-quarter", "2026-06-30T22:00", "2026-09-30T22:00", "Q3 2026"),
        ("this-quarter", "2026-09-30T22:00", "2026-12-31T23:00", "Q4 2026"),
        ("this-month", "2026-10-31T23:00", "2026-11-30T23:00", "November 2026"),
        ("last-month", "2026-09-30T22:00", "2026-10-31T23:00", "October 2026"),
        ("last-week", "2026-11-15T23:00", "2026-11-22T23:00", "week of 16 November 2026"),
        ("Last-Day", "2026-11-21T23:00", "2026-11-22T23:00", "22 November 2026"),
        ("last-year", "2024-12-31T23:00", "2025-12-31T23:00", "2025"),
        (" 2026-07-01..2026-09-30 ", "2026-06-30T22:00", "2026-09-30T22:00", "1 July to 30 September 2026"),
        ("2026-07-01..2026-07-01", "2026-06-30T22:00", "2026-07-01T22:00", "1 July 2026"),
        ("2025-12-31..2026-01-01", "2025-12-30T23:00", "2026-01-01T23:00", "31 December 2025 to 1 January 2026"),
        ("2026-03-29", "2026-03-28T23:00", "2026-03-29T22:00", "29 March 2026"),  # 23 hours
        ("2026-10-25..2026-10-25", "2026-10-24T22:00", "2026-10-25T23:00", "25 October 2026"),  # 25 hours
        ("2024-02", "2024-01-31T23:00", "2024-02-29T23:00", "February 2024"),
    ],
)
def test_words_make_a_period_in_the_persons_zone(words, since, until, name):
    period = parse(words, BERLIN, NOW)
    assert (f"{period.since:%Y-%m-%dT%H:%M}", f"{period.until:%Y-%m-%dT%H:%M}", period.name) == (since, until, name)


@pytest.mark.parametrize(
    ("words", "days"),
    [
        ("2026", "2026-01-01..2026-12-31"), ("FY2026", "2026-01-01..2026-12-31"), ("fy 2026", "2026-01-01..2026-12-31"),
        ("2026H1", "2026-01-01..2026-06-30"), ("H2 2026", "2026-07-01..2026-12-31"),
        ("H1", "2026-01-01..2026-06-30"), ("h2", "2026-07-01..2026-12-31"), ("FY2026-H1", "2026-01-01..2026-06-30"),
        ("Q3 2026", "2026-07-01..2026-09-30"), ("Q3/2026", "2026-07-01..2026-09-30"),
        ("FY2026Q3", "2026-07-01..2026-09-30"), ("Q3 FY2026", "2026-07-01..2026-09-30"),
        ("Q3", "2026-07-01..2026-09-30"), ("q4", "2026-10-01..2026-12-31"), ("Q1", "2026-01-01..2026-03-31"),
        ("July 2026", "2026-07-01..2026-07-31"), ("jul 2026", "2026-07-01..2026-07-31"),
        ("Sept 2026", "2026-09-01..2026-09-30"), ("May 2026", "2026-05-01..2026-05-31"),
        ("November", "2026-11-01..2026-11-30"), ("December", "2025-12-01..2025-12-31"),
        ("February 2024", "2024-02-01..2024-02-29"), ("29 February 2024", "2024-02-29..2024-02-29"),
        ("2026-07-01", "2026-07-01..2026-07-01"), ("1 Jul 2026", "2026-07-01..2026-07-01"),
        ("today", "2026-11-23..2026-11-23"), ("Yesterday", "2026-11-22..2026-11-22"),
        ("last quarter", "2026-07-01..2026-09-30"), ("last  quarter", "2026-07-01..2026-09-30"),
        ("this year", "2026-01-01..2026-12-31"), ("last half", "2026-01-01..2026-06-30"),
        ("last 3 months", "2026-08-01..2026-10-31"), ("last-3-months", "2026-08-01..2026-10-31"),
        ("last 1 month", "2026-10-01..2026-10-31"), ("last 7 days", "2026-11-16..2026-11-22"),
        ("last 2 weeks", "2026-11-09..2026-11-22"), ("last 4 quarters", "2025-10-01..2026-09-30"),
        ("last 2 halves", "2025-07-01..2026-06-30"), ("last 2 years", "2024-01-01..2025-12-31"),
        ("ytd", "2026-01-01..2026-11-23"), ("qtd", "2026-10-01..2026-11-23"), ("mtd", "2026-11-01..2026-11-23"),
        ("year to date", "2026-01-01..2026-11-23"),
        ("2026-07-01..", "2026-07-01..2026-11-23"), ("2026Q3..", "2026-07-01..2026-11-23"),
        ("2026-11-23..", "2026-11-23..2026-11-23"), ("2026-07-01 .. 2026-09-30", "2026-07-01..2026-09-30"),
        ("2026-07..2026-09", "2026-07-01..2026-09-30"), ("2025Q4..2026Q1", "2025-10-01..2026-03-31"),
        ("2025Q1..Q3", "2025-01-01..2025-09-30"), ("Q1..Q2 2025", "2025-01-01..2025-06-30"),
        ("July to September 2025", "2025-07-01..2025-09-30"), ("2026-07-01..yesterday", "2026-07-01..2026-11-22"),
        ("1 July to 30 September 2026", "2026-07-01..2026-09-30"), ("2026-07-01..2027-06-30", "2026-07-01..2027-06-30"),
        ("1 July – 30 September 2026", "2026-07-01..2026-09-30"),
    ],
)  # fmt: skip
def test_days_are_included_as_people_write_them(words, days):
    assert "..".join(map(str, BERLIN.dates(parse(words, BERLIN, NOW)))) == days


@pytest.mark.parametrize(
    ("now", "words", "name"),
    [
        ("2026-09-30T21:59", "Q4", "Q4 2025"),
        ("2026-09-30T22:00", "Q4", "Q4 2026"),  # midnight in Berlin
        ("2026-12-31T22:59", "Q1", "Q1 2026"),
        ("2026-12-31T23:00", "Q1", "Q1 2027"),
        ("2026-06-30T21:59", "H2", "H2 2025"),
        ("2026-06-30T22:00", "July", "July 2026"),
        ("2026-06-30T21:59", "July", "July 2025"),
        ("2026-06-30T22:00", "2026-06-30..", "30 June to 1 July 2026"),
    ],
)
def test_a_year_left_out_is_the_latest_that_fits(now, words, name):
    """The latest in which the period has begun, by the person's clock."""
    assert parse(words, BERLIN, dt.datetime.fromisoformat(now).replace(tzinfo=UTC)).name == name


ABSOLUTE = st.one_of(
    st.builds("{}Q{}".format, st.integers(1901, 2099), st.integers(1, 4)),
    st.builds("{}H{}".format, st.integers(1901, 2099), st.integers(1, 2)),
    st.builds("FY{}".format, st.integers(1901, 2099)),
    st.builds("{}-{:02}".format, st.integers(1901, 2099), st.integers(1, 12)),
    st.builds("{}-W{:02}".format, st.integers(1901, 2099), st.integers(1, 52)),
    st.dates(dt.date(1901, 1, 2), dt.date(2099, 1, 1)).map(str),
)
RELATIVE = st.one_of(
    st.builds("{} {}".format, st.sampled_from(["this", "last"]), units),
    st.builds("last {} {}".format, st.integers(1, 30), units.map(lambda unit: f"{unit}s".replace("fs", "ves"))),
    st.sampled_from(["Q1", "Q2", "Q3", "Q4", "H1", "H2", *MONTHS, "today", "yesterday", "ytd", "qtd", "mtd"]),
)


@given(calendars, instants.filter(lambda at: at.year > 1935), st.one_of(ABSOLUTE, RELATIVE))
def test_what_we_write_we_can_read(reckoning, now, words):
    """The name that a report gives a period, and its first and last day, are words for the same period."""
    period = parse(words, reckoning, now)
    first, last = reckoning.dates(period)
    assert parse(period.name, reckoning, now) == period
    assert parse(f"{first}..{last}", reckoning, now) == period == reckoning.days(first, last)
    assert parse(span(first, last), reckoning, now) == period


@given(calendars, instants, st.sampled_from([*(f"Q{each}" for each in (1, 2, 3, 4)), "H1", "H2", *MONTHS]))
def test_a_period_without_a_year_has_begun(reckoning, now, words):
    """And no later year's has."""
    period = parse(words, reckoning, now)
    first, _ = reckoning.dates(period)
    assert period.since <= now
    assert (reckoning.day_of(now) - first).days < 366


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.examples[0])
def test_all_examples_of_a_form_mean_the_same(form):
    """And only that form reads them."""
    assert len({parse(each, BERLIN, NOW) for each in form.examples}) == 1
    reading = [
        other
        for example in form.examples
        for other in FORMS
        if any(re.fullmatch(each, example, re.IGNORECASE | re.ASCII) for each in other.patterns)
    ]
    assert set(map(id, reading)) == {id(form)}


@pytest.mark.parametrize(
    ("starts", "words", "since", "until", "name"),
    [
        ("October", "2026", "2025-10-01", "2026-10-01", "fiscal year 2026"),
        ("October", "2026Q1", "2025-10-01", "2026-01-01", "Q1 FY2026"),
        ("October", "2026Q4", "2026-07-01", "2026-10-01", "Q4 FY2026"),
        ("October", "this-quarter", "2026-10-01", "2027-01-01", "Q1 FY2027"),
        ("October", "last-quarter", "2026-07-01", "2026-10-01", "Q4 FY2026"),
        ("October", "last-year", "2025-10-01", "2026-10-01", "fiscal year 2026"),
        ("February", "2026Q4", "2025-11-01", "2026-02-01", "Q4 FY2026"),
        ("February", "this-quarter", "2026-11-01", "2027-02-01", "Q4 FY2027"),
        ("December", "2026Q1", "2025-12-01", "2026-03-01", "Q1 FY2026"),
        ("December", "this-year", "2025-12-01", "2026-12-01", "fiscal year 2026"),
        ("October", "2026-10", "2026-10-01", "2026-11-01", "October 2026"),
        ("October", "FY2026", "2025-10-01", "2026-10-01", "fiscal year 2026"),
        ("October", "2026H1", "2025-10-01", "2026-04-01", "H1 FY2026"),
        ("October", "last-half", "2026-04-01", "2026-10-01", "H2 FY2026"),
        ("October", "Q1", "2026-10-01", "2027-01-01", "Q1 FY2027"),
        ("October", "Q2", "2026-01-01", "2026-04-01", "Q2 FY2026"),
        ("October", "ytd", "2026-10-01", "2026-11-24", "1 October to 23 November 2026"),
        ("October", "2026-01..2026-12", "2026-01-01", "2027-01-01", "1 January to 31 December 2026"),
    ],
)
def test_a_fiscal_year_is_named_after_the_year_it_ends_in(starts, words, since, until, name):
    period = parse(words, calendar("UTC", starts), NOW)
    assert (f"{period.since:%Y-%m-%d}", f"{period.until:%Y-%m-%d}", period.name) == (since, until, name)


@pytest.mark.parametrize("starts", WEEKDAYS)
def test_a_numbered_week_shares_most_days_with_the_iso_week(starts):
    period = parse("2026-W41", calendar("UTC", week_starts=starts), NOW)
    iso = Period(dt.datetime(2026, 10, 5, tzinfo=UTC), dt.datetime(2026, 10, 12, tzinfo=UTC))
    shared = period.overlap(iso)
    assert WEEKDAYS[period.since.weekday()] == starts
    assert shared is not None
    assert shared.until - shared.since >= dt.timedelta(days=4)


@pytest.mark.parametrize(
    "words",
    [
        "", " ", "tomorrow", "next-quarter", "last_quarter", "last-quarters", "2026Q5", "2026Q0", "2026Q", "26Q3",
        "2026-13", "2026-00", "2026-1", "2026-W54", "2026-W00", "2025-W53", "0000", "0000Q1", "0000-01", "0000-W01",
        "9999", "9999Q4", "9999-12", "٢٠٢٦", "２０２６Q3", "2026-02-30..2026-03-01", "..2026-07-01", "2026Q3; rm", "..",
        "2026-02-29", "2026H3", "H0", "Q5", "last 0 days", "last 9999 years", "31 June 2026", "07/01/2026", "FY26",
        "2026-07-01..2026-08-01..2026-09-01", "2026-07-01..soon", "last fortnight", "to",
        "2026-07-01...2026-08-01", "2026Q3\n2026", "2026-07-01..2026-13-01", "-2026", "12026", "\ud800", "2026\x00",
    ],
)  # fmt: skip
def test_words_that_mean_nothing_are_refused_with_the_forms(words):
    with pytest.raises(PeriodError, match="is not a valid period") as caught:
        parse(words, BERLIN, NOW)
    assert "last-quarter" in caught.value.hint
    assert repr(words[:60])[:-1] in caught.value.message
    assert len(caught.value.message) < 250


@pytest.mark.parametrize(
    "words", ["x" * 1_000_000, "1" * 100_000, "Q" * 99 + "..Q1", "2026-07-01" + "." * 50_000], ids=len
)
def test_words_of_any_length_are_refused_at_once(words):
    with pytest.raises(PeriodError, match="is not a valid period") as caught:
        parse(words, BERLIN, NOW)
    assert len(str(caught.value)) < 500


@pytest.mark.parametrize(
    ("words", "near"),
    [
        ("last-quater", "last-quarter"), ("Last Quater", "last quarter"), ("last_quarter", "last-quarter"),
        ("last-quarters", "last-quarter"), ("previous quarter", "last quarter"), ("next month", "this month"),
        ("last 3 monhts", "last 3 months"), ("Juli 2026", "July 2026"), ("Oktober 2026", "October 2026"),
        ("2026-7", "2026-07"), ("2026-7-1..2026-9-30", "2026-07-01..2026-09-30"), ("2026/07/01", "2026-07-01"),
        ("1.7.2026", "2026-07-01"), ("07/2026", "2026-07"), ("26Q3", "2026Q3"), ("Q3 26", "Q3 2026"),
        ("3Q2026", "Q3 2026"), ("FY26", "FY2026"), ("2026-07-01...2026-09-30", "2026-07-01..2026-09-30"),
        ("2026-09-31", "2026-09-30"), ("2026-02-29..2026-03-31", "2026-02-28..2026-03-31"), ("W41 2026", "2026-W41"),
    ],
)  # fmt: skip
def test_words_nearly_right_get_the_right_ones(words, near):
    with pytest.raises(PeriodError) as caught:
        parse(words, BERLIN, NOW)
    assert caught.value.hint.startswith(f"Did you mean {near!r}? Write 2026Q3, ")


@pytest.mark.parametrize("words", ["2026-07-01..", "2026Q3", "ytd", "today", "2026-W41", "Q3", "July", "2026", ""])
def test_days_need_no_calendar_or_are_refused(words):
    with pytest.raises(PeriodError) as caught:
        parse_days(words)
    assert caught.value.hint == f"Write {VALID_DAYS}."


def test_days_are_read_without_a_calendar():
    assert parse_days("2026-07-20..2026-08-02") == (dt.date(2026, 7, 20), dt.date(2026, 8, 2))
    assert parse_days("August 2026") == (dt.date(2026, 8, 1), dt.date(2026, 8, 31))
    assert parse_days("30 September 2026") == (dt.date(2026, 9, 30), dt.date(2026, 9, 30))


def test_words_that_end_before_they_begin_are_turned_round_in_the_hint():
    with pytest.raises(PeriodError, match="ends before it begins") as caught:
        parse("2026-10-01..2026-07-01", BERLIN, NOW)
    assert caught.value.hint.startswith("Did you mean 2026-07-01..2026-10-01?")


def test_an_open_range_that_begins_later_is_refused():
    with pytest.raises(PeriodError, match=r"goes until today, 23 November 2026, and begins later"):
        parse("2026-11-24..", BERLIN, NOW)


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Pacific/Pago_Pago", "UTC"])
@pytest.mark.parametrize("words", ["0001", "0001Q1", "0001-01", "0001-W01", "9998", "9998Q4", "9999-11", "9999-W52"])
def test_the_ends_of_time_make_a_period_or_a_clear_error(zone, words):
    with contextlib.suppress(PeriodError):
        period = parse(words, calendar(zone), NOW)
        assert period.since < period.until


def test_a_time_without_a_zone_is_a_mistake_of_the_caller():
    naive = dt.datetime(2026, 7, 1)  # noqa: DTZ001 - what is refused
    with pytest.raises(ValueError, match="aware"):
        parse("this-day", BERLIN, naive)
    with pytest.raises(ValueError, match="aware"):
        BERLIN.day_of(naive)
    with pytest.raises(ValueError, match="aware"):
        Period(naive, naive)


def test_a_period_is_half_open_and_known_by_its_ends_alone():
    period = parse("2026Q3", BERLIN, NOW)
    assert period.since in period
    assert period.until not in period
    assert period.until - STEP in period
    assert period == Period(period.since, period.until, "another name")
    assert len({period, Period(period.since.astimezone(BERLIN.zone), period.until)}) == 1
    assert period != "2026Q3"


def test_a_period_s_last_day_is_the_one_before_its_end():
    """The end is no part of a period: at midnight its day is not, a microsecond after midnight it is."""
    quarter = parse("2026Q3", BERLIN, NOW)
    assert BERLIN.dates(quarter) == (dt.date(2026, 7, 1), dt.date(2026, 9, 30))
    longer = Period(quarter.since, quarter.until + STEP)
    assert BERLIN.dates(longer) == (dt.date(2026, 7, 1), dt.date(2026, 10, 1))
    assert BERLIN.dates(Period(quarter.until, quarter.until)) == (dt.date(2026, 10, 1), dt.date(2026, 10, 1))


def test_a_day_ends_where_the_next_begins():
    """Also for its first and its last instant."""
    day = parse("2026-07-01", BERLIN, NOW)
    assert BERLIN.end_of_day(day.since) == BERLIN.end_of_day(day.until - STEP) == day.until
    assert BERLIN.end_of_day(day.until) > day.until


def test_a_period_that_ends_before_it_begins_is_refused():
    with pytest.raises(PeriodError, match=r"ends \(2026-01-01\) before it begins \(2026-07-01\)"):
        Period(dt.datetime(2026, 7, 1, tzinfo=UTC), dt.datetime(2026, 1, 1, tzinfo=UTC))


@pytest.mark.parametrize(
    "zone", ["", "Europe", "../etc/passwd", "/etc/passwd", "Mars/Olympus", "\x00", "\ud800", "UTC+1"]
)
def test_a_zone_that_is_none_is_refused(zone):
    with pytest.raises(PeriodError, match="There is no time zone") as caught:
        calendar(zone)
    assert caught.value.hint


def test_a_zone_that_is_nearly_right_gets_the_right_one_in_the_hint():
    with pytest.raises(PeriodError) as caught:
        calendar("europe/Berln")
    assert caught.value.hint == "Did you mean 'Europe/Berlin'?"


def test_a_year_starts_with_a_month_and_a_week_with_a_day():
    assert {calendar("UTC", month).year_starts for month in MONTHS} == set(range(1, 13))
    assert {calendar("UTC", week_starts=day).week_starts for day in WEEKDAYS} == set(range(7))
    with pytest.raises(PeriodError, match="'july'"):
        calendar("UTC", "july")
    with pytest.raises(PeriodError, match="'Moonday'"):
        calendar("UTC", week_starts="Moonday")


def test_days_read_as_people_write_them():
    assert span(dt.date(2026, 7, 1), dt.date(2026, 7, 1)) == "1 July 2026"
    assert span(dt.date(2026, 7, 1), dt.date(2026, 9, 30)) == "1 July to 30 September 2026"
    assert span(dt.date(2026, 4, 1), dt.date(2026, 4, 9)) == "1 to 9 April 2026"
    assert span(dt.date(2025, 12, 1), dt.date(2026, 1, 2)) == "1 December 2025 to 2 January 2026"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("2026", "in 2026"),
        ("2026-01", "in January 2026"),
        ("2026Q3", "in Q3 2026"),
        ("2026-04-01..2026-04-09", "from 1 to 9 April 2026"),
        ("2026-04-01..2026-04-01", "on 1 April 2026"),
        ("2026H1", "in H1 2026"),
        ("2026-W02", "in the week of 5 January 2026"),
        ("last-day", "on 22 November 2026"),
    ],
)
def test_a_period_stands_in_a_sentence(words, said):
    assert within(parse(words, BERLIN, NOW)) == said


def test_a_fiscal_year_stands_in_a_sentence():
    assert within(Calendar(BERLIN.zone, 10).year(2026)) == "in fiscal year 2026"
