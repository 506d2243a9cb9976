"""Periods: spans of time in a person's own zone and year, and the words for them.

People write and read days that are both included (`2026-07-01..2026-09-30` ends with 30 September); a `Period` is
half-open, so that adjacent ones share nothing. `Calendar.days` and `Calendar.dates` lead from one to the other, and
`parse` is the only reader of words: of `--period`, of goals.toml, and of what reports say.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from harvester.errors import PeriodError
from harvester.text import most_like

MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
ORDINALS = ("first", "second", "third", "fourth")
UTC = dt.UTC
ONE_DAY = dt.timedelta(days=1)
VALID = (
    "2026Q3, Q3, 2026H1, July 2026, 2026-07, 2026, FY2026, 2026-W41, last-quarter, 'last 3 months', ytd, "
    "2026-07-01..2026-09-30 or 2026-07-01.. (until today)"
)
VALID_DAYS = "a day as 2026-07-20, several as 2026-07-20..2026-08-02 (both included), or a month as August 2026"
VALID_DAY = "2026-07-20, '20 July 2026', today or yesterday"
"""Examples for messages; `FORMS` has all."""

LONGEST = 100
"""Characters of words that may mean a period."""


@dataclass(frozen=True, slots=True)
class Period:
    """A half-open span of time, `since <= at < until`; both are aware and stored in UTC."""

    since: dt.datetime
    until: dt.datetime
    name: str = ""
    """What a reader calls it, such as `Q3 2026`; not part of what the period is."""

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


def union(periods: Iterable[Period]) -> list[Period]:
    """The same time without overlaps, so that nothing is asked for twice."""
    joined: list[Period] = []
    for each in sorted(periods, key=lambda period: period.since):
        if joined and each.since <= joined[-1].until:
            joined[-1] = Period(joined[-1].since, max(joined[-1].until, each.until))
        else:
            joined.append(each)
    return joined


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
        following = day + ONE_DAY
        return following if self.midnight(following) <= at else day

    def days(self, first: dt.date, last: dt.date, name: str = "") -> Period:
        """The period of whole days from `first` to `last`, both included; the inverse of `dates`."""
        return Period(self.midnight(first), self.midnight(last + ONE_DAY), name)

    def open_days(self, first: dt.date | None, last: dt.date | None) -> Period:
        """As `days`, of days that may have no first or no last one; what no calendar has counts as open too."""
        return Period(
            self.midnight(first) if first and first.year > dt.MINYEAR else EVER.since,
            self.midnight(last + ONE_DAY) if last and last.year < dt.MAXYEAR else EVER.until,
        )

    def end_of_day(self, at: dt.datetime) -> dt.datetime:
        """The first instant, in UTC, of the day after the one that an instant belongs to here."""
        return self.midnight(self.day_of(at) + ONE_DAY)

    def dates(self, period: Period) -> tuple[dt.date, dt.date]:
        """The first and the last day, here, that a period has any part of; of an empty one twice the day it is on."""
        return self.day_of(period.since), self.day_of(max(period.since, period.until - dt.timedelta(microseconds=1)))

    def year(self, year: int) -> Period:
        """The (fiscal) year named `year`."""
        return self._quarters(year, 1, 4, self._year_name(year))

    def half(self, year: int, half: int) -> Period:
        """A half, 1 or 2, of the (fiscal) year."""
        return self._quarters(year, 2 * half - 1, 2, f"H{half} {self._short_year(year)}")

    def quarter(self, year: int, quarter: int) -> Period:
        """A quarter, 1 to 4, of the (fiscal) year."""
        return self._quarters(year, quarter, 1, f"Q{quarter} {self._short_year(year)}")

    def month(self, year: int, month: int) -> Period:
        """A calendar month."""
        first = dt.date(year, month, 1)
        return self.days(first, _add_months(first, 1) - ONE_DAY, f"{MONTHS[month - 1]} {year}")

    def week(self, date: dt.date) -> Period:
        """The week of a day, by this calendar's first day of the week."""
        first = date - dt.timedelta(days=(date.weekday() - self.week_starts) % 7)
        return self.days(first, first + dt.timedelta(days=6), f"week of {day(first)}")

    def quarter_of(self, at: dt.datetime) -> Period:
        """The quarter that an instant belongs to here."""
        return self.quarter(*self.year_and_quarter(self.day_of(at)))

    def _quarters(self, year: int, quarter: int, count: int, name: str) -> Period:
        """As many quarters from one on."""
        started = year if self.year_starts == 1 else year - 1
        first = _add_months(dt.date(started, self.year_starts, 1), 3 * (quarter - 1))
        return self.days(first, _add_months(first, 3 * count) - ONE_DAY, name)

    def _year_name(self, year: int) -> str:
        return f"{year}" if self.year_starts == 1 else f"fiscal year {year}"

    def _short_year(self, year: int) -> str:
        return f"{year}" if self.year_starts == 1 else f"FY{year}"

    def year_and_quarter(self, day: dt.date) -> tuple[int, int]:
        """The (fiscal) year and the quarter, 1 to 4, of a day."""
        months = (day.month - self.year_starts) % 12
        started = day.year if day.month >= self.year_starts else day.year - 1
        return (started if self.year_starts == 1 else started + 1), months // 3 + 1

    def half_of(self, day: dt.date) -> Period:
        """The half of the (fiscal) year that a day is in."""
        year, quarter = self.year_and_quarter(day)
        return self.half(year, (quarter + 1) // 2)


def _add_months(first: dt.date, months: int) -> dt.date:
    """The first day of the month that is so many months after that of `first`, a first day itself."""
    count = first.year * 12 + first.month - 1 + months
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


@dataclass(frozen=True, slots=True)
class Form:
    """One way to write a period, for `parse` and for the table in docs/reference/periods.md."""

    examples: tuple[str, ...]
    """All mean the same period."""
    meaning: str
    patterns: tuple[str, ...]
    read: Callable[[Calendar, dt.date, re.Match[str]], Period]
    """Makes the period in a calendar, as of a day; ValueError or OverflowError for a date that no calendar has."""
    fixed: bool = False
    """Whether it means the same days in every calendar and whenever it is read."""
    one_day: bool = False
    """Whether it means one day."""


def parse(words: str, calendar: Calendar, now: dt.datetime) -> Period:
    """The period that words such as `2026Q3`, `last 3 months` or `2026-07-01..2026-09-30` mean, as of `now` (aware).

    The words are those of one of the `FORMS`, or two of these with `..` between them: from the first day of one to the
    last day of the other, or until today where there is no other. No words match two forms, so their order does not
    matter. What a reader calls the period (its `name`) can be parsed too, to the same period.

    Raises PeriodError where they mean nothing, end before they begin, or leave the years 1 to 9998; its hint has the
    nearest words that mean something.
    """
    if now.tzinfo is None:
        raise ValueError(f"`now` must be aware, not {now!r}")
    return _Parser(calendar, calendar.day_of(now), FORMS, VALID).parse(words)


def is_period(words: str) -> bool:
    """Whether words mean a period in some calendar, on some day."""
    try:
        parse(words, Calendar(ZoneInfo("UTC")), dt.datetime(2000, 12, 31, tzinfo=UTC))
    except PeriodError:
        return False
    return True


def parse_days(words: str) -> tuple[dt.date, dt.date]:
    """The first and the last day of words that mean the same in every calendar: a day, a month, or two with `..`.

    Raises PeriodError as `parse` does, and for the words of a week, a quarter or a year.
    """
    neutral = Calendar(ZoneInfo("UTC"))
    fixed = tuple(each for each in FORMS if each.fixed)
    return neutral.dates(_Parser(neutral, None, fixed, VALID_DAYS).parse(words))


def parse_day(words: str, today: dt.date) -> dt.date:
    """The day that words mean as of `today`: `2026-07-20`, `20 July 2026`, `today` or `yesterday`.

    Raises PeriodError as `parse` does, and for words that mean several days.
    """
    calendar = Calendar(ZoneInfo("UTC"))
    one_day = tuple(each for each in FORMS if each.one_day)
    first, last = calendar.dates(_Parser(calendar, today, one_day, VALID_DAY).parse(words, "day"))
    if first != last:
        raise PeriodError(f"{words!r} is several days.", hint=f"Write {VALID_DAY}.")
    return first


def lasting_words(period: Period, calendar: Calendar) -> str:
    """The shortest words that mean this period whenever they are read, such as `2026Q3`; '' where none do."""
    first, last = calendar.dates(period)
    years = range(first.year, first.year + 2)
    likely = (
        *(f"{year}" for year in years),
        *(f"{year}{part}" for year in years for part in ("Q1", "Q2", "Q3", "Q4", "H1", "H2")),
        f"{first:%Y-%m}",
        f"{first + 3 * ONE_DAY:%G-W%V}",  # of a week, the day that is in it wherever weeks start
        f"{first}" if first == last else f"{first}..{last}",
    )

    def means_it(words: str) -> bool:
        try:
            return parse(words, calendar, period.since) == period
        except PeriodError:
            return False

    return next(filter(means_it, likely), "")


@dataclass(frozen=True, slots=True)
class _Parser:
    """Reads words in a calendar; without `today` nothing that depends on it."""

    calendar: Calendar
    today: dt.date | None
    forms: tuple[Form, ...]
    valid: str
    """Examples of what may be written, for the hint of an error."""

    def parse(self, words: str, what: str = "period") -> Period:
        """The period; raises PeriodError, which says `what` the words are not.

        The date that a form computes is refused by `datetime`, which knows all.
        """
        why = ""
        try:
            if period := self._read(words):
                return period
        except (ValueError, OverflowError) as error:
            why = f": {error}"
        shown = words if len(words) <= LONGEST else f"{words[:LONGEST]}…"
        raise PeriodError(f"{shown!r} is not a valid {what}{why}.", hint=self._hint(words))

    def _read(self, words: str) -> Period | None:
        """The period, None for unknown words; ValueError or OverflowError for a date that no calendar has."""
        text = re.sub(" +", " ", words.strip())
        if len(text) > LONGEST:
            return None
        ends = _RANGE.fullmatch(text)
        return self._read_one(text) or (self._read_range(ends[1], ends[2]) if ends else None)

    def _read_one(self, text: str) -> Period | None:
        for form in self.forms:
            for pattern in form.patterns:
                if match := re.fullmatch(pattern, text, re.IGNORECASE | re.ASCII):
                    return form.read(self.calendar, self.today or dt.date.min, match)
        return None

    def _read_range(self, left: str, right: str) -> Period | None:
        """From the first day of one period to the last day of another; what one leaves out is the other's."""
        begin = self._read_end(left, right)
        end = self._read_end(right, left) if right else self._read_one("today")
        if begin is None or end is None:
            return None
        first, last = self.calendar.dates(begin)[0], self.calendar.dates(end)[1]
        if first <= last:
            return self.calendar.days(first, last, span(first, last))
        if right:
            raise PeriodError(f"'{left}..{right}' ends before it begins.", hint=f"Did you mean {right}..{left}?")
        raise PeriodError(f"'{left}..' goes until today, {day(last)}, and begins later.", hint="Name an earlier day.")

    def _read_end(self, text: str, other: str) -> Period | None:
        if (month := _MONTH_OF_DAY.fullmatch(other)) and re.fullmatch(r"\d{1,2}", text, re.ASCII):
            text = f"{text} {month[1]}"
        year = re.search(r"(?<!\d)\d{4}(?!\d)", other, re.ASCII)
        return (self._read_one(f"{text} {year[0]}") if year else None) or self._read_one(text)

    def _hint(self, words: str) -> str:
        for near in _corrections(words[:LONGEST]):
            with contextlib.suppress(ValueError, OverflowError, PeriodError):
                if self._read(near):
                    return f"Did you mean {near!r}? Write {self.valid}."
        return f"Write {self.valid}."


def _corrections(words: str) -> tuple[str, ...]:
    """The words with mistakes corrected that are often made, and with the nearest known words."""
    text = words.strip()
    for pattern, instead in _MISTAKES:
        text = re.sub(pattern, instead, text, flags=re.IGNORECASE | re.ASCII)
    text = re.sub(r"[^\W\d_]{3,}", lambda found: _known_word(found[0]), text)
    text = re.sub(r"\d{4}-\d\d-\d\d", _clipped, text, flags=re.ASCII)
    return text, text.removesuffix("s")


def _known_word(word: str) -> str:
    known = {each.casefold(): each for each in (*MONTHS, *_OTHER_WORDS)}
    lower = _SYNONYMS.get(word.casefold(), word.casefold())
    return known.get(lower) or known.get(most_like(lower, known) or "", word)


def _clipped(found: re.Match[str]) -> str:
    """A day, or the last one of its month where the month is shorter."""
    year, month, number = map(int, found[0].split("-"))
    if not (0 < year < 9999 and 0 < month <= 12 and number > 28):
        return found[0]
    last = _add_months(dt.date(year, month, 1), 1) - ONE_DAY
    return str(last if number > last.day else found[0])


def _latest(period_of: Callable[[int], Period], calendar: Calendar, today: dt.date, year: int) -> Period:
    """The period of a year, or that of the year before where it has not begun."""
    period = period_of(year)
    return period if calendar.dates(period)[0] <= today else period_of(year - 1)


def _part_of_year(calendar: Calendar, today: dt.date, match: re.Match[str]) -> Period:
    """A quarter or a half; without a year the latest that has begun."""
    given = match.groupdict()
    number = int(given.get("number") or ORDINALS.index(given["ordinal"].lower()) + 1)
    period_of, most = (calendar.half, 2) if given["part"].lower().startswith("h") else (calendar.quarter, 4)
    if not 1 <= number <= most:
        raise ValueError(f"a year has {most} {'halves' if most == 2 else 'quarters'}")
    if given.get("year"):
        return period_of(int(given["year"]), number)
    return _latest(lambda year: period_of(year, number), calendar, today, calendar.year_and_quarter(today)[0])


def _named_month(calendar: Calendar, today: dt.date, match: re.Match[str]) -> Period:
    """A month by its name; without a year the latest that has begun."""
    month, year = _month_number(match["month"]), match.groupdict().get("year")
    if year:
        return calendar.month(int(year), month)
    return _latest(lambda year: calendar.month(year, month), calendar, today, today.year)


def _month_number(name: str) -> int:
    return [each[:3].lower() for each in MONTHS].index(name[:3].lower()) + 1


def _named_day(match: re.Match[str]) -> dt.date:
    return dt.date(int(match["year"]), _month_number(match["month"]), int(match["day"]))


def _iso_week(calendar: Calendar, today: dt.date, match: re.Match[str]) -> Period:
    # The Thursday identifies an ISO week; where weeks start on another day, it finds the one that shares most days.
    return calendar.week(dt.date.fromisocalendar(int(match[1]), int(match[2]), 4))


def _relative(calendar: Calendar, today: dt.date, match: re.Match[str]) -> Period:
    this = _UNITS[match["unit"].lower()](calendar, today)
    return this if match["which"].lower() == "this" else _before(this, match["unit"], calendar)


def _last_units(calendar: Calendar, today: dt.date, match: re.Match[str]) -> Period:
    """As many whole units as are asked for, before the present one."""
    unit = match["unit"] or "half"
    if int(match["count"]) < 1:
        raise ValueError("it has no day in it")
    last = first = _before(_UNITS[unit.lower()](calendar, today), unit, calendar)
    for _ in range(int(match["count"]) - 1):
        first = _before(first, unit, calendar)
    days = calendar.dates(first)[0], calendar.dates(last)[1]
    return last if first is last else calendar.days(*days, span(*days))


def _before(period: Period, unit: str, calendar: Calendar) -> Period:
    return _UNITS[unit.lower()](calendar, calendar.dates(period)[0] - ONE_DAY)


def _to_date(calendar: Calendar, today: dt.date, match: re.Match[str]) -> Period:
    unit = next(each for each in _UNITS if each.startswith(match["unit"].lower()))
    first = calendar.dates(_UNITS[unit](calendar, today))[0]
    return calendar.days(first, today, span(first, today))


def span(first: dt.date, last: dt.date) -> str:
    """Two days, both included, as a reader writes them: `1 July to 30 September 2026`, `1 to 9 April 2026`."""
    if first == last:
        return day(last)
    if (first.year, first.month) == (last.year, last.month):
        return f"{first.day} to {day(last)}"
    left = f"{first.day} {MONTHS[first.month - 1]}" + (f" {first.year}" if first.year != last.year else "")
    return f"{left} to {day(last)}"


def within(period: Period) -> str:
    """When, in a sentence: `in Q3 2026`, `in the week of 5 October 2026`, `from 1 to 9 April 2026`."""
    if period.name.startswith("week"):
        return f"in the {period.name}"
    if " to " in period.name:
        return f"from {period.name}"
    return f"{'on' if re.match(r'[0-9]+ ', period.name) else 'in'} {period.name}"


def day(date: dt.date) -> str:
    """A day as a reader writes it: `1 July 2026`."""
    return f"{date.day} {MONTHS[date.month - 1]} {date.year}"


def _of_day(calendar: Calendar, date: dt.date) -> Period:
    return calendar.days(date, date, day(date))


_UNITS: dict[str, Callable[[Calendar, dt.date], Period]] = {
    "day": _of_day,
    "week": lambda calendar, today: calendar.week(today),
    "month": lambda calendar, today: calendar.month(today.year, today.month),
    "quarter": lambda calendar, today: calendar.quarter(*calendar.year_and_quarter(today)),
    "half": lambda calendar, today: calendar.half_of(today),
    "year": lambda calendar, today: calendar.year(calendar.year_and_quarter(today)[0]),
}
_UNIT = rf"(?P<unit>{'|'.join(_UNITS)})"
_YEAR = r"(?:FY ?|fiscal year )?(?P<year>\d{4})"
_MONTH = rf"(?P<month>{'|'.join(f'{each[:3]}(?:{each[3:]})?' for each in MONTHS)}|sept)"
_DATE = rf"(?P<day>\d{{1,2}}) {_MONTH} (?P<year>\d{{4}})"
_MONTH_OF_DAY = re.compile(r"\d{1,2} ([A-Za-z]+ \d{4})", re.ASCII)
"""What the first day of `1 to 9 April 2026` leaves out."""
_RANGE = re.compile(r"(.+?) ?(?:\.\.|–|—| to | - ) ?(.*)", re.IGNORECASE)


def _parts(letter: str, word: str) -> tuple[str, ...]:
    """The patterns of a quarter or a half of a named year."""
    part = rf"(?P<part>{letter})(?P<number>\d)"
    named = rf"(?P<ordinal>{'|'.join(ORDINALS)}) (?P<part>{word}) of {_YEAR}"
    return rf"{_YEAR}[- ]?{part}", rf"{part}[- /]?{_YEAR}", named


FORMS: tuple[Form, ...] = (
    Form(("2026", "FY2026", "fiscal year 2026"), "a year", (_YEAR,),
         lambda calendar, today, match: calendar.year(int(match["year"]))),
    Form(("2026H1", "H1 2026", "FY2026H1", "first half of 2026"), "a half of a year", _parts("H", "half"),
         _part_of_year),
    Form(("2026Q3", "Q3 2026", "FY2026Q3", "third quarter of 2026"), "a quarter of a year", _parts("Q", "quarter"),
         _part_of_year),
    Form(("Q3",), "the latest third quarter that has begun", (r"(?P<part>Q)(?P<number>\d)",), _part_of_year),
    Form(("H2",), "the latest second half that has begun", (r"(?P<part>H)(?P<number>\d)",), _part_of_year),
    Form(("2026-07",), "a month", (r"(\d{4})-(\d{2})",),
         lambda calendar, today, match: calendar.month(int(match[1]), int(match[2])), fixed=True),
    Form(("July 2026", "Jul 2026"), "a month", (rf"{_MONTH} (?P<year>\d{{4}})",), _named_month, fixed=True),
    Form(("July",), "the latest July that has begun", (_MONTH,), _named_month),
    Form(("2026-W41",), "a week by its ISO number", (r"(\d{4})-?W(\d{2})",), _iso_week),
    Form(("week of 5 October 2026",), "the week of a day", (f"week of {_DATE}",),
         lambda calendar, today, match: calendar.week(_named_day(match))),
    Form(("2026-07-01",), "a day", (r"\d{4}-\d{2}-\d{2}",),
         lambda calendar, today, match: _of_day(calendar, dt.date.fromisoformat(match[0])), fixed=True, one_day=True),
    Form(("1 July 2026", "1 Jul 2026"), "a day", (_DATE,),
         lambda calendar, today, match: _of_day(calendar, _named_day(match)), fixed=True, one_day=True),
    Form(("today",), "today", ("today",), lambda calendar, today, match: _of_day(calendar, today), one_day=True),
    Form(("yesterday",), "the day before", ("yesterday",),
         lambda calendar, today, match: _of_day(calendar, today - ONE_DAY), one_day=True),
    Form(("last quarter", "last-quarter"),
         "the whole day, week, month, quarter, half or year before the present one", (rf"(?P<which>last)[- ]{_UNIT}",),
         _relative),
    Form(("this quarter", "this-quarter"), "the present one, with the days to come", (rf"(?P<which>this)[- ]{_UNIT}",),
         _relative),
    Form(("last 3 months", "last-3-months"), "as many whole days, weeks, months, … before the present one",
         (rf"last[- ](?P<count>\d{{1,4}})[- ](?:{_UNIT}s?|halves)",), _last_units),
    Form(("ytd", "year to date"), "from the first day of the year until today; `qtd`, `mtd` likewise",
         (r"(?P<unit>[yqm])td", r"(?P<unit>year|quarter|month)[- ]to[- ]date"), _to_date),
)  # fmt: skip
"""Every way to write a period; ranges are made of these."""

_MISTAKES = (
    (r"_", "-"),
    (r"\.{3,}|…", ".."),
    (r"(?<!\d)(\d{4})[./](\d{1,2})[./](\d{1,2})(?!\d)", r"\1-\2-\3"),
    (r"(?<!\d)(\d{1,2})\.(\d{1,2})\.(\d{4})(?!\d)", r"\3-\2-\1"),
    (r"(?<!\d)(\d{4})/(\d{1,2})(?!\d)", r"\1-\2"),
    (r"(?<![\d/])(\d{1,2})/(\d{4})(?!\d)", r"\2-\1"),
    (r"(?<=\d-)(\d)(?!\d)", r"0\1"),
    (r"(?<!\d)([1-4])([QH]) ?(?=\d|$)", r"\2\1 "),
    (r"(?<!\d)(\d\d)(?=-?[QH]\d)|(?<=FY)(\d\d)(?!\d)|(?<=[QH]\d )(\d\d)(?!\d)", r"20\1\2\3"),
    (r"\bW(\d\d)[- ](\d{4})", r"\2-W\1"),
)
"""What people write instead of what is read, to suggest it; 07/01/2026 is left out, which means two days."""

_SYNONYMS = {"previous": "last", "past": "last", "current": "this", "next": "this", "till": "to"}
_OTHER_WORDS = (
    *("this", "last", "today", "yesterday", "week", "fiscal", "year", "first", "second", "third", "fourth", "of", "to"),
    *("day", "days", "weeks", "month", "months", "quarter", "quarters", "half", "halves", "years", "ytd", "qtd", "mtd"),
)
