"""The report `mentoring`: what those did whom somebody mentors and who agreed, and what the mentor did with them.

It sets two halves beside each other and names no cause. Nobody is ranked: people are in the order of their names.
"""

from __future__ import annotations

import datetime as dt
import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from harvester.analysis import measures
from harvester.analysis.frame import records
from harvester.model.periods import ONE_DAY, Period, span
from harvester.reporting.report import Report
from harvester.reporting.report_input import ReportInput
from harvester.reporting.rows import rows_by_person
from harvester.text import number_text

from .sections.common import CommonPage, common
from .sections.help_given import changes
from .sections.items import LINE_COLUMNS, Item, item, join_words, once_by_kind, sort_key
from .sections.notes import NOTE_COLUMNS, Field, fields

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    Mask = np.ndarray[Any, np.dtype[np.bool_]]

KIND = "mentoring"
COLUMNS = tuple(dict.fromkeys((
    *LINE_COLUMNS, *NOTE_COLUMNS, *measures.COLUMNS_USED, "started_at", "change_type", "is_primary", "is_bot",
)))  # fmt: skip
"""The columns that this report needs."""

COMPARED = ("pull_requests", "tickets", "releases", "commits", "reviews", "comments", "help")
"""What is counted in both halves; what is in neither is left out. A mentee's notes are their own and not read."""

FEWEST = 10
"""Below this number, both halves together, no difference is said: of so few, one more or less is most of it."""

FEWEST_MEDIAN = 5
"""Below this number of pull requests in either half no difference of medians is said."""

CHANGES = ("pull_requests", "commits")
"""What has a kind of work."""

TOO_FEW = "too few to say"
OTHER = "other"
"""The kind of work of a change whose title does not say it."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the table: what it is, each half in words, and the difference; empty where none is to be said."""

    name: str
    first: str
    second: str
    difference: str


@dataclass(frozen=True, slots=True)
class Mentee:
    """What somebody did who is mentored and agreed."""

    name: str
    since: dt.date
    """Their first day with the mentor."""
    halves: list[str]
    """The days of both halves in words; none where there is but one day."""
    figures: list[Figure]
    projects: list[str]
    items: list[Item]
    """All of it, newest first."""


@dataclass(frozen=True, slots=True)
class Note:
    """A note of the mentor's that names a mentee: its title, its day, and what it says came of it."""

    title: str
    when: str
    results: list[Field]


@dataclass(frozen=True, slots=True)
class Given:
    """What the mentor did with or for one mentee."""

    name: str
    counted: str
    """In words; empty where nothing is counted."""
    notes: list[Note]
    items: list[Item]
    """The mentor's reviews, merges, help and notes, newest first."""


@dataclass(frozen=True, slots=True)
class MentoringDraft:
    """What the mentor should know before anybody reads the page."""

    notes: int
    """Notes of the mentor's that the mentees read here."""
    not_agreed: list[str]
    """The names of those who have not agreed."""


@dataclass(frozen=True, slots=True)
class Page(CommonPage):
    """The page: what every page says, and what those did who are mentored."""

    draft: MentoringDraft | None
    """What the mentor should know; null on a finished page."""
    mentor: str
    left_out: int
    """How many people are mentored and have not agreed."""
    fewest: int
    fewest_median: int
    has_medians: bool
    has_too_few: bool
    """Whether some difference is not given since there is too little."""
    mentees: list[Mentee]
    given: list[Given]


def context(report_input: ReportInput) -> Page:
    """What the template shows; every number has its row in `harvester.analysis.measures`."""
    rows = rows_by_person(report_input, COLUMNS)
    *mentees, mentor = report_input.persons
    made = [_mentee(report_input, person, rows) for person in mentees]
    own = rows[(rows["person"] == mentor).to_numpy(bool)]
    given = [_given(report_input, person, own) for person in mentees]
    not_agreed = [each.name for each in report_input.people.mentees if not each.may_be_read]
    notes = int(measures.count(own, "notes"))
    return Page(
        **common(report_input, rows, KIND),
        draft=MentoringDraft(notes, not_agreed) if report_input.draft else None,
        mentor=report_input.name(mentor),
        left_out=report_input.mentees_left_out,
        fewest=FEWEST,
        fewest_median=FEWEST_MEDIAN,
        has_medians=any(figure.name == MEDIAN for each in made for figure in each.figures),
        has_too_few=any(figure.difference == TOO_FEW for each in made for figure in each.figures),
        mentees=made,
        given=[each for each in given if each.counted or each.notes],
    )


def _mentee(report_input: ReportInput, person: str, rows: pd.DataFrame) -> Mentee:
    rows = rows[(rows["person"] == person).to_numpy(bool)]
    counting = rows[rows.index.isin(measures.counting(rows))]
    halves = _halves(report_input, person)
    parts = [counting[_inside(counting, half)] for half in halves]
    configured = report_input.people.configured(person)
    first = report_input.calendar.dates(report_input.period)[0]
    return Mentee(
        report_input.name(person),
        configured.mentored_since if configured and configured.mentored_since else first,
        [span(*report_input.calendar.dates(each)) for each in halves],
        [*_figures(parts), *_away(report_input, person, halves)] if halves and len(counting) else [],
        sorted({*measures.of(counting, measures.MEASURES["projects"])["project"].dropna()}),
        _items(report_input, counting),
    )


def _halves(report_input: ReportInput, person: str) -> list[Period]:
    """The halves of the days that are counted since the first one with the mentor; the first may be a day longer."""
    calendar = report_input.calendar
    first, _ = calendar.dates(report_input.period)
    last = calendar.day_of(report_input.assessment.counted_until - dt.timedelta(microseconds=1))
    configured = report_input.people.configured(person)
    if configured and configured.mentored_since:
        first = max(first, configured.mentored_since)
    days = (last - first).days + 1
    if days < 2:
        return []
    middle = first + ONE_DAY * ((days - 1) // 2)
    return [calendar.days(first, middle), calendar.days(middle + ONE_DAY, last)]


def _inside(rows: pd.DataFrame, period: Period) -> Mask:
    inside: Mask = ((rows["occurred_at"] >= period.since) & (rows["occurred_at"] < period.until)).to_numpy(bool)
    return inside


MEDIAN = "Median days from opening to merge"


def _figures(halves: Sequence[pd.DataFrame]) -> Iterator[Figure]:
    """The lines of the table, without those that say nothing of either half."""
    for name in COMPARED:
        numbers = [measures.count(each, name) for each in halves]
        if any(numbers):
            yield _figure(_capital(measures.MEASURES[name].many), numbers, _difference(numbers))
    medians = [measures.count(each, "days_to_merge") for each in halves]
    if not all(map(math.isnan, medians)):
        opened = [len(measures.of(each, measures.MEASURES["days_to_merge"])) for each in halves]
        said = _signed(medians[1] - medians[0]) if min(opened) >= FEWEST_MEDIAN else TOO_FEW
        yield _figure(MEDIAN, medians, said)
    first, second = (_kinds(each) for each in halves)
    if any(each and not each.startswith(OTHER) for each in (first, second)):
        yield Figure("Kinds of work", first or "–", second or "–", "")
    for name, words in (("projects", "Projects"), ("collaborators", "Other people who took part")):
        numbers = [measures.count(each, name) for each in halves]
        if any(numbers):
            yield _figure(words, numbers)


def _figure(name: str, numbers: Sequence[float], difference: str = "") -> Figure:
    first, second = map(_number, numbers)
    return Figure(name, first, second, difference)


def _away(report_input: ReportInput, person: str, halves: Sequence[Period]) -> Iterator[Figure]:
    numbers = [report_input.people.days_away(person, each, report_input.calendar) for each in halves]
    if any(numbers):
        yield _figure("Days away", numbers)


def _kinds(rows: pd.DataFrame) -> str:
    """How many changes are of which kind, the most frequent first; `other` where their titles do not say so."""
    named = rows.assign(kind_of_work=rows["change_type"].fillna(OTHER))
    numbers = Counter[str]()
    for name in CHANGES:
        for (kind,), number in measures.count_by(named, name, ["kind_of_work"]).items():
            numbers[kind] += int(number)
    ordered = sorted(numbers.items(), key=lambda pair: (pair[0] == OTHER, -pair[1], pair[0]))
    return ", ".join(f"{kind} {number}" for kind, number in ordered)


def _difference(numbers: Sequence[float]) -> str:
    return _signed(numbers[1] - numbers[0]) if sum(numbers) >= FEWEST else TOO_FEW


def _signed(number: float) -> str:
    rounded = round(number, 1)
    return "none" if not rounded else f"{'+' if rounded > 0 else '−'}{number_text(abs(rounded))}"


def _number(number: float) -> str:
    return "–" if math.isnan(number) else f"{number_text(round(number, 1))}"


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]


def _items(report_input: ReportInput, rows: pd.DataFrame) -> list[Item]:
    """Each work item once by kind, newest first."""
    return [item(report_input, row) for _, row in once_by_kind(rows)]


def _given(report_input: ReportInput, person: str, own: pd.DataFrame) -> Given:
    """What the mentor did with or for a mentee, of the rows that are the mentor's."""
    is_note = (own["kind"] == "note").to_numpy(bool)
    notes, work = own[is_note], own[~is_note]
    for_them, with_them = work[_names(work, "owner_people", person)], notes[_names(notes, "collaborators", person)]
    parts = [
        f"{verb} {changes(for_them, name)}"
        for name, verb in (("reviews", "reviewed"), ("merged_for_others", "merged"), ("help", "helped with"))
        if measures.count(for_them, name)
    ]
    if measures.count(for_them, "comments"):
        parts.append(f"made {measures.words(for_them, 'comments')}")
    if len(with_them):
        parts.append(f"wrote {measures.words(with_them, 'notes')}")
    rows = sorted(records(with_them[list(NOTE_COLUMNS)]), key=sort_key)
    all_of_it = own.loc[[*for_them.index, *with_them.index]]
    return Given(
        report_input.name(person), join_words(parts), [_note(report_input, row) for row in rows],
        _items(report_input, all_of_it),
    )  # fmt: skip


def _names(rows: pd.DataFrame, column: str, person: str) -> Mask:
    """Which rows name a person in a column of lists."""
    import numpy as np

    return np.array([person in (row[column] or ()) for row in records(rows[[column]])], bool)


def _note(report_input: ReportInput, row: dict[str, object]) -> Note:
    said = [each for each in fields(report_input, [(None, row)]) if each.name == "Result"]
    made = item(report_input, row)
    return Note(made.title, made.when, said)


REPORT = Report(
    KIND, "harvester.reports", "mentoring.md.j2", context, page=Page, of="mentees", audiences=("manager",),
    summary="what those did whom you mentor and who agreed, first half against second, and what you did with them",
)  # fmt: skip
