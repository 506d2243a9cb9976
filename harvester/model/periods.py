"""Periods: half-open spans of time, made from words in a person's own zone and year; adjacent ones share nothing."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from dataclasses import dataclass
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from harvester.errors import PeriodError

MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
ORDINALS = ("first", "second", "third", "fourth")
UTC = dt.UTC
FORMS = "2026Q3, 2026-10, 2026, 2026-W41, last-quarter, this-month, last-week or 2026-07-01..2026-10-01"


@dataclass(frozen=True, slots=True)
class Period:
    """A half-open span of time, `since <= at < until`; both are aware and stored in UTC."""

    since: dt.datetime
    until: dt.datetime
    name: str = ""
    """What a reader calls it, such as `third quarter of 2026`; not part of what the period is."""

    def __post_init__(self) -> None:
        if self.since.tzinfo is None or self.until.tzinfo is None:
            raise ValueError(f"a period needs aware times, not {self.since!r} and {self.until!r}")
        if self.since > self.until:
            raise PeriodError(f"The period ends ({self.until:%Y-%m-%d}) before it begins ({self.since:%Y-%m-%d}).")
        object.__setattr__(self, "since", self.since.astimezone(UTC))
        object.__setattr__(self, "until", self.until.astimezone(UTC))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Period):
            return NotImplemented
        return (self.since, self.until) == (other.since, other.until)

    def __hash__(self) -> int:
        return hash((self.since, self.until))

    def __contains__(self, at: dt.datetime) -> bool:
        return self.since <= at < self.until

    def overlap(self, other: Period) -> Period | None:
        """What both have in common, or None where that is nothing."""
        since, until = max(self.since, other.since), min(self.until, other.until)
        return Period(since, until) if since < until else None

    def minus(self, others: list[Period]) -> list[Period]:
        """The parts of this period that are in none of the others, in order."""
        # Everything before `start` is in the rest or in one of the others, which come in the order of their start.
        rest, start = [], self.since
        for other in sorted(others, key=lambda period: period.since):
            if start < (end := min(other.since, self.until)):
                rest.append(Period(start, end))
            start = max(start, other.until)
        if start < self.until:
            rest.append(Period(start, self.until))
        return rest


EVER = Period(dt.datetime.min.replace(tzinfo=UTC), dt.datetime.max.replace(tzinfo=UTC))
"""All of time."""


@dataclass(frozen=True, slots=True)
class Calendar:
    """A person's calendar: an IANA zone, the first month of a year (1 to 12), the first day of a week (0 = Monday).

    A fiscal year is named after the calendar year it ends in, as pandas and most companies name it: with
    `year_starts=10`, 2026 runs from October 2025 to September 2026 and 2026Q1 is October to December 2025.
    """

    zone: ZoneInfo
    year_starts: int = 1
    week_starts: int = 0

    def midnight(self, day: dt.date) -> dt.datetime:
        """The first instant of a day, in UTC.

        Where a clock change skips midnight that is the first instant after the gap, which may begin before midnight
        (Toronto, 1919: 23:30 to 00:30); where midnight comes twice, the earlier one.
        """
        local = dt.datetime(day.year, day.month, day.day, tzinfo=self.zone)
        first, second = local.astimezone(UTC), local.replace(fold=1).astimezone(UTC)
        return first if first <= second else self._end_of_gap(second, first, local)

    def _end_of_gap(self, before: dt.datetime, after: dt.datetime, local: dt.datetime) -> dt.datetime:
        # The clock changes once between the two instants: in a gap fold=1 gives one before the change and fold=0 one
        # at or after it (PEP 495). Before the change the clock shows less than midnight, from then on midnight or more,
        # so halving finds the first instant that shows it. Changes are at whole seconds.
        wall = local.replace(tzinfo=None)
        while after - before > dt.timedelta(seconds=1):
            middle = before + dt.timedelta(seconds=(after - before) // dt.timedelta(seconds=2))
            if middle.astimezone(self.zone).replace(tzinfo=None) >= wall:
                after = middle
            else:
                before = middle
        return after

    def day_of(self, at: dt.datetime) -> dt.date:
        """The day that an instant (aware) belongs to, here.

        That is the date on the clock, except where a clock is put back over midnight: the hour before midnight that is
        repeated after the next day has begun belongs to that next day, so no day has two parts.
        """
        if at.tzinfo is None:
            raise ValueError(f"a day needs an aware time, not {at!r}")
        day = at.astimezone(self.zone).date()
        following = day + dt.timedelta(days=1)
        return following if self.midnight(following) <= at else day

    def days(self, first: dt.date, end: dt.date, name: str = "") -> Period:
        """The period of whole days from `first` up to but without `end`."""
        return Period(self.midnight(first), self.midnight(end), name)

    def end_of_day(self, at: dt.datetime) -> dt.datetime:
        """The first instant, in UTC, of the day after the one that an instant belongs to here."""
        return self.midnight(self.day_of(at) + dt.timedelta(days=1))

    def dates(self, period: Period) -> tuple[dt.date, dt.date]:
        """The first and the last day, here, that a period has any part of; of an empty one twice the day it is on."""
        return self.day_of(period.since), self.day_of(max(period.since, period.until - dt.timedelta(microseconds=1)))

    def year(self, year: int) -> Period:
        """The (fiscal) year named `year`."""
        name = f"{year}" if self.year_starts == 1 else f"fiscal year {year}"
        return self.days(self._quarter_start(year, 1), self._quarter_start(year + 1, 1), name)

    def quarter(self, year: int, quarter: int) -> Period:
        """A quarter, 1 to 4, of the (fiscal) year."""
        fiscal = "" if self.year_starts == 1 else "fiscal year "
        end = self._quarter_start(year + quarter // 4, quarter % 4 + 1)
        return self.days(self._quarter_start(year, quarter), end, f"{ORDINALS[quarter - 1]} quarter of {fiscal}{year}")

    def month(self, year: int, month: int) -> Period:
        """A calendar month."""
        return self.days(dt.date(year, month, 1), _add_months(year, month, 1), f"{MONTHS[month - 1]} {year}")

    def week(self, day: dt.date) -> Period:
        """The week of a day, by this calendar's first day of the week."""
        first = day - dt.timedelta(days=(day.weekday() - self.week_starts) % 7)
        return self.days(
            first, first + dt.timedelta(days=7), f"week of {first.day} {MONTHS[first.month - 1]} {first.year}"
        )

    def quarter_of(self, at: dt.datetime) -> Period:
        """The quarter that an instant belongs to here."""
        return self.quarter(*self.year_and_quarter(self.day_of(at)))

    def _quarter_start(self, year: int, quarter: int) -> dt.date:
        start = year if self.year_starts == 1 else year - 1
        return _add_months(start, self.year_starts, 3 * (quarter - 1))

    def year_and_quarter(self, day: dt.date) -> tuple[int, int]:
        """The (fiscal) year and the quarter, 1 to 4, of a day."""
        months = (day.month - self.year_starts) % 12
        started = day.year if day.month >= self.year_starts else day.year - 1
        return (started if self.year_starts == 1 else started + 1), months // 3 + 1


def _add_months(year: int, month: int, months: int) -> dt.date:
    count = year * 12 + month - 1 + months
    return dt.date(count // 12, count % 12 + 1, 1)


def calendar(zone: str, year_starts: str = "January", week_starts: str = "Monday") -> Calendar:
    """A calendar from names; raises PeriodError where there is no such zone, month or day of the week."""
    try:
        tz = ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise PeriodError(f"There is no time zone {zone!r}.", hint=_nearest_zone(zone)) from error
    if year_starts not in MONTHS or week_starts not in WEEKDAYS:
        raise PeriodError(f"A year starts with a month and a week with a day, not {year_starts!r} and {week_starts!r}.")
    return Calendar(tz, MONTHS.index(year_starts) + 1, WEEKDAYS.index(week_starts))


def _nearest_zone(zone: str) -> str:
    import difflib

    names = {name.casefold(): name for name in available_timezones()}
    near = difflib.get_close_matches(zone.casefold(), names, n=1, cutoff=0.75)
    return f"Did you mean {names[near[0]]!r}?" if near else "Use an IANA name such as Europe/Berlin."


def parse(words: str, calendar: Calendar, now: dt.datetime) -> Period:
    """The period that words such as `2026Q3` or `last-quarter` mean, as of `now` (aware).

    Each form is one expression and one function, tried in order. An expression must match all of the words, and no
    words match two of them, so the order does not matter. A function may get numbers that no calendar has (month 13,
    week 54, year 0): the date it computes is refused by `datetime`, which is the one place that knows.

    Raises PeriodError where they mean nothing, end before they begin, or leave the years 1 to 9998.
    """
    if now.tzinfo is None:
        raise ValueError(f"`now` must be aware, not {now!r}")
    for pattern, make in _PARSERS:
        if match := re.fullmatch(pattern, words.strip(), re.IGNORECASE | re.ASCII):
            try:
                return make(calendar, now, match)
            except (ValueError, OverflowError) as error:
                raise PeriodError(f"{words!r} is not a valid period: {error}.", hint=f"Write {FORMS}.") from error
    raise PeriodError(f"{words!r} is not a valid period.", hint=f"Write {FORMS}.")


def _date_range(calendar: Calendar, now: dt.datetime, match: re.Match[str]) -> Period:
    first, end = dt.date.fromisoformat(match[1]), dt.date.fromisoformat(match[2])
    if end <= first:
        later = first if end < first else first + dt.timedelta(days=1)
        raise PeriodError(
            f"{match[0]!r} {'ends before it begins' if end < first else 'has no day in it'}.",
            hint=f"Did you mean {end}..{later}? The second day is the first one that no longer counts.",
        )
    return calendar.days(first, end, span(first, end - dt.timedelta(days=1)))


def _iso_week(calendar: Calendar, now: dt.datetime, match: re.Match[str]) -> Period:
    # The Thursday identifies an ISO week; where weeks start on another day, it finds the one that shares most days.
    return calendar.week(dt.date.fromisocalendar(int(match[1]), int(match[2]), 4))


def _relative(calendar: Calendar, now: dt.datetime, match: re.Match[str]) -> Period:
    period_of = _RELATIVE[match[2].lower()]
    this = period_of(calendar, calendar.day_of(now))
    if match[1].lower() == "this":
        return this
    return period_of(calendar, calendar.day_of(this.since) - dt.timedelta(days=1))


def span(first: dt.date, last: dt.date) -> str:
    """Two days, both included, as a reader writes them: `1 July to 30 September 2026`."""
    left = f"{first.day} {MONTHS[first.month - 1]}" + (f" {first.year}" if first.year != last.year else "")
    return f"{left} to {day(last)}" if first != last else day(last)


def within(period: Period) -> str:
    """When, in a sentence: `in January 2026`, `in the third quarter of 2026`, `from 1 April to 9 April 2026`."""
    if period.name.startswith((*ORDINALS, "week")):
        return f"in the {period.name}"
    if " to " in period.name:
        return f"from {period.name}"
    return f"{'on' if re.match(r'[0-9]+ ', period.name) else 'in'} {period.name}"


def day(date: dt.date) -> str:
    """A day as a reader writes it: `1 July 2026`."""
    return f"{date.day} {MONTHS[date.month - 1]} {date.year}"


_RELATIVE: dict[str, Callable[[Calendar, dt.date], Period]] = {
    "day": lambda calendar, today: calendar.days(today, today + dt.timedelta(days=1), day(today)),
    "week": lambda calendar, today: calendar.week(today),
    "month": lambda calendar, today: calendar.month(today.year, today.month),
    "quarter": lambda calendar, today: calendar.quarter(*calendar.year_and_quarter(today)),
    "year": lambda calendar, today: calendar.year(calendar.year_and_quarter(today)[0]),
}

_PARSERS: tuple[tuple[str, Callable[[Calendar, dt.datetime, re.Match[str]], Period]], ...] = (
    (r"(\d{4})-?Q([1-4])", lambda calendar, now, match: calendar.quarter(int(match[1]), int(match[2]))),
    (r"(\d{4})-(\d{2})", lambda calendar, now, match: calendar.month(int(match[1]), int(match[2]))),
    (r"(\d{4})", lambda calendar, now, match: calendar.year(int(match[1]))),
    (r"(\d{4})-?W(\d{2})", _iso_week),
    (r"(this|last)-(day|week|month|quarter|year)", _relative),
    (r"(\d{4}-\d{2}-\d{2})\.\.(\d{4}-\d{2}-\d{2})", _date_range),
)
