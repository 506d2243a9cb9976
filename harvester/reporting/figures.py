"""The table of measures for people and days: each number as the page of the same people and days has it.

A page of people by name is `accomplishments`, one of a team or of everyone is `digest`, which takes them as one person
and knows no notebook.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from harvester.analysis.measures import MEASURES, TICKET_ROLES
from harvester.errors import PeriodError
from harvester.model.periods import Calendar, Period
from harvester.reporting.report_input import ReportInput
from harvester.reporting.rows import measured, own_rows
from harvester.reporting.team import as_team

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

By = Literal["none", "month", "quarter"]
"""How a period is divided; a quarter is one of the calendar's year."""

Kinds = Mapping[str, Collection[str]]
"""The kinds of work that the sources can have, each with the further columns that it can have."""

MOST_STEPS = 600
"""Months or quarters of one table."""

FEWEST_PEOPLE = 2
"""People behind a number in a table of several teams: with fewer the table would put people side by side."""

TOTAL = "total"

_KNOWN_BY: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "lines_added": ("additions", ("author",)),
    "lines_deleted": ("deletions", ("author",)),
    "waited": ("started_at", TICKET_ROLES),
}
"""Measures that are not known where no row has this column, and the roles of their rows."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One number of the table of measures, of people taken as one and of whole days."""

    team: str | None
    """The key of the team; None for people who are no team."""
    people: str
    """The people in words: their names, or the team's."""
    measure: str
    step: str
    """`total` for the whole period, else `month` or `quarter`."""
    first: dt.date
    last: dt.date
    """The last day, included."""
    number: float | None
    """None where it is not known, or not to be said; whole numbers are integers."""
    unit: str
    complete: bool
    """Whether every source is complete and everybody could be read; otherwise the number may be too low."""
    definition: str


def measures_of(
    report_input: ReportInput, *, step: str = TOTAL, kinds: Kinds | None = None, of_several: bool = False
) -> list[Figure]:
    """A figure for each measure, in the order of the table of measures, of a report input as `assemble` makes it.

    What sources of these `kinds` cannot have is not known; None for sources that do not say what they have. With
    `of_several` no number is said of fewer than two people who could be read.
    """
    request = report_input.request
    seen = _without_names(report_input)
    seen = as_team(seen) if request.team or request.everyone else seen
    first, last = report_input.calendar.dates(report_input.period)
    known = dict(_known(seen, kinds))
    if of_several and is_of_few(report_input):
        known = {}
    complete = all(each.complete for each in report_input.statuses) and not report_input.unread
    return [
        Figure(
            request.team, report_input.who, each.name, step, first, last, known.get(each.name), each.many, complete,
            each.definition,
        )
        for each in MEASURES.values()
    ]  # fmt: skip


def is_of_few(report_input: ReportInput) -> bool:
    """Whether a number would be of fewer than two people who could be read."""
    return len(report_input.persons) - len(report_input.unread) < FEWEST_PEOPLE


def without_numbers(figures: Iterable[Figure], calendar: Calendar, period: Period, step: str) -> list[Figure]:
    """The figures of other days of which nothing is known, such as those that are still to come."""
    first, last = calendar.dates(period)
    return [dataclasses.replace(each, step=step, first=first, last=last, number=None) for each in figures]


def periods_by(by: By, calendar: Calendar, period: Period) -> list[Period]:
    """The months or quarters of a period, in order, the first and the last one cut to it; none by `none`.

    Raises PeriodError for more of them than a table has.
    """
    found: list[Period] = []
    at = period.since
    while by != "none" and at < period.until:
        day = calendar.day_of(at)
        whole = calendar.quarter_of(at) if by == "quarter" else calendar.month(day.year, day.month)
        if len(found) == MOST_STEPS:
            raise PeriodError(f"The period has more than {MOST_STEPS} {by}s.", hint="Name a shorter --period.")
        found.append(Period(at, min(whole.until, period.until), whole.name))
        at = whole.until
    return found


def figures_table(figures: Iterable[Figure]) -> pa.Table:
    """The figures as a table, a row each: `from` and `until` are days, both included; `number` is a double or null."""
    import pyarrow as pa

    rows = [dataclasses.asdict(each) for each in figures]
    types = {
        "team": pa.string(), "people": pa.string(), "measure": pa.string(), "step": pa.string(), "first": pa.date32(),
        "last": pa.date32(), "number": pa.float64(), "unit": pa.string(), "complete": pa.bool_(),
        "definition": pa.string(),
    }  # fmt: skip
    columns = [pa.array([row[name] for row in rows], type_) for name, type_ in types.items()]
    return pa.Table.from_arrays(columns, names=[COLUMNS.get(name, name) for name in types])


COLUMNS = {"first": "from", "last": "until"}
"""What a table calls the fields of a figure, where it is another name."""


def _without_names(report_input: ReportInput) -> ReportInput:
    """The report input without the column `counted`, which names measures and costs more than all their numbers."""
    slim = report_input.frame.drop(columns="counted")
    return dataclasses.replace(report_input, assessment=dataclasses.replace(report_input.assessment, frame=slim))


def _known(seen: ReportInput, kinds: Kinds | None) -> Iterator[tuple[str, float]]:
    """The measures that are known, by name, of what a page looks at."""
    rows = own_rows(seen)
    new = seen.first_contributions
    for name, number in measured(seen).items():
        if kinds is not None and not MEASURES[name].is_delivered(kinds):
            continue
        if name == "newcomers" and new is not None and not new.sources:
            continue
        if number or name not in _KNOWN_BY or _has(rows, name):
            yield name, number


def _has(rows: pd.DataFrame, name: str) -> bool:
    """Whether any row that a measure may count has what it needs, or there is no such row: that is a zero."""
    column, roles = _KNOWN_BY[name]
    own = rows[(rows["kind"].isin(MEASURES[name].kinds) & rows["role"].isin(roles)).to_numpy(bool)]
    return own.empty or bool(own[column].notna().any())
