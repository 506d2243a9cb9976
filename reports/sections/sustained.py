"""What was done for each criterion, step by step: by the quarters of the person's calendar."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from harvester.analysis import measures
from harvester.analysis.frame import select
from harvester.model.periods import Period, span
from harvester.reporting.report_input import ReportInput

from .criteria import CriterionRow, shown_by
from .pieces import STRONG, Piece, Pieces

if TYPE_CHECKING:
    import pandas as pd

MOST_QUARTERS = 8
"""Quarters of a table; a longer period has years."""


@dataclass(frozen=True, slots=True)
class Step:
    """A quarter, or a year, of the period: its name, or the days of it that are in the period."""

    name: str
    days: str


@dataclass(frozen=True, slots=True)
class SustainedCell:
    """How many pieces of work for a criterion are in a step, and of how many of them the proof is strong."""

    pieces: int
    strong: int


@dataclass(frozen=True, slots=True)
class SustainedRow:
    """A criterion, and what is there for it in each step."""

    number: int
    brief: str
    cells: list[SustainedCell]


@dataclass(frozen=True, slots=True)
class Sustained:
    """The table: `each` is the length of its steps; a piece of work that reaches over several is in each of them."""

    each: Literal["quarter", "year"]
    steps: list[Step]
    rows: list[SustainedRow]
    overlaps: bool
    """Whether any piece of work is in several steps."""


def sustained(pieces: Pieces, criteria: Sequence[CriterionRow]) -> Sustained:
    """The table of a period, without criteria that no work is linked to; where it is one quarter it has one step."""
    report_input = pieces.report_input
    quarters = list(_parts(report_input, "quarter"))
    each: Literal["quarter", "year"] = "quarter" if len(quarters) <= MOST_QUARTERS else "year"
    parts = quarters if each == "quarter" else list(_parts(report_input, each))
    rows, overlaps = [], False
    for criterion in criteria:
        claimed = _claimed(pieces, criterion.name)
        cells = [_cell(select(claimed, part)) for _, part in parts]
        overlaps |= sum(one.pieces for one in cells) > measures.count(claimed, "pieces")
        if any(one.pieces for one in cells):
            rows.append(SustainedRow(criterion.number, criterion.brief, cells))
    return Sustained(each, [step for step, _ in parts], rows, overlaps)


def _parts(report_input: ReportInput, each: Literal["quarter", "year"]) -> Iterator[tuple[Step, Period]]:
    """The steps of the period with their days in it."""
    calendar, period = report_input.calendar, report_input.period
    at = period.since
    while at < period.until:
        whole = calendar.quarter_of(at)
        if each == "year":
            whole = calendar.year(calendar.year_and_quarter(calendar.day_of(at))[0])
        part = whole.overlap(period)
        assert part, "it has the instant `at`"
        days = span(*calendar.dates(part))
        yield Step(whole.name if part == whole else days, days), part
        at = whole.until


def _claimed(pieces: Pieces, criterion: str) -> pd.DataFrame:
    """The rows that are claimed for a criterion, with the piece of work as `thread`, and whether its proof is strong.

    A note about work that is claimed itself says of what was done before and is left out.
    """
    rows = {index: piece for piece in shown_by(pieces, criterion) for index in _own(piece, criterion)}
    frame = pieces.rows.loc[list(rows), [*measures.COLUMNS_USED, "occurred_at"]]
    return frame.assign(
        thread=[piece.key for piece in rows.values()], strong=[piece.proof in STRONG for piece in rows.values()]
    )


def _own(piece: Piece, criterion: str) -> list[Any]:
    claimed = [index for index, _ in piece.rows_for(criterion)]
    own = {index for index, _ in piece.rows}
    return [index for index in claimed if index in own] or claimed


def _cell(rows: pd.DataFrame) -> SustainedCell:
    strong = rows[rows["strong"].to_numpy(bool)]
    return SustainedCell(int(measures.count(rows, "pieces")), int(measures.count(strong, "pieces")))
