"""The rows that a report is about, and the same as a table with what the report says of each."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import TYPE_CHECKING

from harvester.analysis import measures
from harvester.analysis.as_one import as_one
from harvester.analysis.frame import column, replaced, select, series
from harvester.model.contribution import Column
from harvester.reporting.report_input import ReportInput
from harvester.text import safe_url

if TYPE_CHECKING:
    import pandas as pd

ADDED = (
    Column("person", "string", False, "the person's name, as the report has it"),
    Column("goals", "list<item: string>", False, "the names of the goals that claim the row"),
    Column("collaborators", "list<item: string>", True, "the names of the other people who took part, without bots"),
    Column("owner_people", "list<item: string>", True, "the names of the people whose work a review or comment is of"),
    Column("url", "string", True, "where the evidence is: only http and https"),
    Column("person_key", "string", False, "what a prepared frame has as `person`"),
)
"""The columns of a report's table that a frame does not have, or has otherwise."""

FIRST = (
    "person", "goals", "counted", "theme", "routine", "kind", "role", "work_item", "title", "occurred_at", "project",
    "state", "change_type", "additions", "deletions", "files_changed", "story_points", "comment_count",
    "collaborators", "url",
)  # fmt: skip
"""The columns that a table begins with, where it has them; all others follow in their order."""

LEFT_OUT = ("is_primary", "is_bot", measures.MEMBER, measures.MEMBERS_OWN)
"""Columns that are the same in every row of a report, or that say whose row it is where several people are one."""


FOR_OTHERS = ("review", "comment", "help")
"""Kinds of what one does for others, who may be other people of the same page."""


def own_rows(report_input: ReportInput, columns: Iterable[str] | None = None) -> pd.DataFrame:
    """As `rows_by_person`, with several people as one (`as_one`), so that what two of them did counts once.

    A review of the work of another of them is one all the same: the page is about people by name.
    """
    if len(report_input.persons) < 2:
        return rows_by_person(report_input, columns)
    inside = select(report_input.frame, report_input.period, report_input.persons)
    rows = as_one(inside, report_input.persons, report_input.people.connectors)
    for_others = rows["kind"].isin(FOR_OTHERS)
    for name in ("is_own_work", "owner_people"):
        rows[name] = rows[name].mask(for_others, inside.loc[rows.index, name])
    rows = rows[(rows["is_primary"] & ~rows["is_bot"]).to_numpy(bool)]
    return rows if columns is None else rows[list(columns)]


def rows_by_person(report_input: ReportInput, columns: Iterable[str] | None = None) -> pd.DataFrame:
    """The rows of the report's people in its period that may count: of several sources the best, and no bots.

    `counted` is that of these rows. Taking rows costs as much as there are columns, so a report that takes many names
    those that it needs, `person`, `occurred_at`, `is_primary` and `is_bot` among them.
    """
    frame = report_input.frame if columns is None else report_input.frame[list(columns)]
    rows = select(frame, report_input.period, report_input.persons)
    return rows[(rows["is_primary"] & ~rows["is_bot"]).to_numpy(bool)]


def measured(report_input: ReportInput) -> dict[str, float]:
    """Every measure of a report's own rows, by name, in the order of the table of measures; whole ones are integers.

    `left_out` and `withheld` are of rows that are not in the report, `mentees_left_out` of people who are not in it,
    `people` of all rows, and `newcomers` of no rows; it is left out where nobody asked who was new, as is a median of
    nothing. `days_away` is as harvester.toml says, of a team's member in their days as one. What several of the people
    did together counts once.
    """
    rows = own_rows(report_input)
    others = {
        "left_out": report_input.excluded.total,
        "withheld": report_input.withheld or 0,
        "mentees_left_out": report_input.mentees_left_out,
        "days_away": _days_away(report_input),
        "people": people_counted(report_input),
        "newcomers": newcomers_counted(report_input),
    }
    numbers = {
        name: number
        for name in measures.MEASURES
        if (number := others[name] if name in others else measures.count(rows, name)) is not None
    }
    known = {name: number for name, number in numbers.items() if not math.isnan(number)}
    return {name: int(number) if number == int(number) else number for name, number in known.items()}


def people_counted(report_input: ReportInput) -> int:
    """How many people took part (the measure `people`); people who are not configured have one name each."""
    rows = measures.of(
        select(report_input.frame, report_input.period, report_input.persons), measures.MEASURES["people"]
    )
    keys = rows[measures.MEMBER if measures.MEMBER in rows else "person"].unique().tolist()
    return len({each if each in report_input.unnamed else report_input.name(each) for each in keys})


def newcomers_counted(report_input: ReportInput) -> int | None:
    """How many people contributed to some project for the first time; None where nobody asked."""
    known = report_input.first_contributions
    return None if known is None else len({each.person for each in known.newcomers})


def _days_away(report_input: ReportInput) -> int:
    people, calendar = report_input.people, report_input.calendar
    persons = report_input.members or report_input.persons
    return sum(people.days_away(each, stay, calendar) for each in persons for stay in report_input.stays(each))


def table(report_input: ReportInput, more: pd.DataFrame | None = None) -> pd.DataFrame:
    """A report's own rows, newest first, with the columns of `ADDED`; times in UTC.

    Of notes whose witnesses have not agreed to be named, `extra` has none.

    `more` has further columns, such as `theme`, for the labels of `rows_by_person`.
    """
    import pyarrow as pa

    rows = rows_by_person(report_input)
    rows = rows if more is None else rows.join(more)
    rows = rows.sort_values(["source", "scope", "id"]).sort_values("occurred_at", ascending=False, kind="stable")
    goals = series(pa.array(_goals(report_input, rows), pa.list_(pa.string())), rows.index)
    rows = replaced(
        rows.assign(person_key=rows["person"], goals=goals),
        person=[report_input.name(each) for each in rows["person"].tolist()],
        extra=_named_witnesses(rows),
        url=[each if safe_url(each) else None for each in column(rows, "url").to_pylist()],
        collaborators=_names(report_input, rows, "collaborators"),
        owner_people=_names(report_input, rows, "owner_people"),
    ).drop(columns=list(LEFT_OUT), errors="ignore")
    first = [name for name in FIRST if name in rows.columns]
    return rows[[*first, *(name for name in rows.columns if name not in first)]].reset_index(drop=True)


def _names(report_input: ReportInput, rows: pd.DataFrame, name: str) -> list[list[str] | None]:
    """What a reader calls the people in a column of lists."""
    return [each and [report_input.name(one) for one in each] for each in column(rows, name).to_pylist()]


def _named_witnesses(rows: pd.DataFrame) -> list[list[tuple[str, str]]]:
    """What is in `extra`, without the witnesses who have not agreed to be named."""
    extras = (dict(each or ()) for each in column(rows, "extra").to_pylist())
    return [[pair for pair in each.items() if pair[0] != "witness" or "consent" in each] for each in extras]


def _goals(report_input: ReportInput, rows: pd.DataFrame) -> list[list[str]]:
    """The goals that claim each row, in the order of goals.toml."""
    by_row = report_input.assessment.all_claimed().groupby("row")["target"].agg(set).to_dict()
    order = [each.name for each in report_input.assessment.goals_and_decisions.goals.goals]
    return [[name for name in order if name in by_row.get(label, ())] for label in rows.index]
