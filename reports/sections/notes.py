"""Notes as reports show them: their lines, what came of work by their words, and the figures they tell of a goal."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from harvester.analysis.frame import records
from harvester.goals.model import OUTCOME, Goal
from harvester.model.outcomes import read_outcome
from harvester.reporting.markdown import Markdown, escape, link
from harvester.reporting.report_input import ReportInput

from .items import SHOWN, ReportLine, item, label, listed, moment, short_day

if TYPE_CHECKING:
    import pandas as pd

TOLD = ("Result", "Technical", "Takeaway")
"""The fields of a note that a card shows."""

NOTED = (*SHOWN, "source", "participants", "extra")
"""The columns that a note's line is made of."""


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a card, such as the result, and the note it stands in."""

    name: str
    text: str
    note: Markdown
    row: Any = None
    """The note's label in the frame."""


def fields(report_input: ReportInput, notes: Iterable[tuple[Any, Mapping[str, Any]]]) -> list[Field]:
    """What notes (label and row) say came of work, each with a link; all results come first.

    Of two notes that say the same the first is told.
    """
    ordered = sorted(notes, key=lambda pair: moment(pair[1]))
    found: dict[tuple[str, str], Field] = {}
    for name in TOLD:
        for index, note in ordered:
            if text := dict(note["extra"]).get(name.lower()):
                told = Field(name, text, _linked(report_input, note), index)
                found.setdefault((name, " ".join(text.split())), told)
    return list(found.values())


def about(report_input: ReportInput) -> Mapping[Any, Sequence[Markdown]]:
    """By note what it is about, each linked to its proof."""
    told = report_input.assessment.related_rows
    rows = [row for each in told.values() for row in each]
    labels = dict(zip(rows, map(label, records(report_input.frame[list(SHOWN)].loc[rows])), strict=True))
    return {note: [labels[row] for row in each] for note, each in told.items()}


def line(report_input: ReportInput, row: Mapping[str, Any], about: Sequence[Markdown] = ()) -> ReportLine:
    """A note's line: with whom it was, and what it is about."""
    made = item(report_input, row)
    people = [report_input.name(report_input.people.person_of(row["source"], each)) for each in row["participants"]]
    when = escape(made.when) + (f", with {escape(listed(people))}" if people else "")
    return dataclasses.replace(made, when=Markdown(when + (f", about {listed([*about])}" if about else "")))


def figures(report_input: ReportInput, goal: Goal) -> str:
    """The figures that notes told of an outcome so far, oldest first, each with its note; empty where there is none."""
    if goal.measure != OUTCOME:
        return ""
    frame, period = report_input.frame, goal.period(report_input.calendar)
    mine = frame["person"].isin(report_input.persons) & frame["is_primary"] & (frame["kind"] == "note")
    told = [
        f"{value:,g} ({_linked(report_input, row)})"
        for row in sorted(records(_slim(frame, mine)), key=moment)
        for name, value in read_outcome(dict(row["extra"]).get("outcome", "")).items()
        if name == goal.name
        and row["occurred_at"] in period
        and row["occurred_at"] <= report_input.assessment.counted_until
    ]
    return Markdown(listed(told))


def _slim(frame: pd.DataFrame, rows: pd.Series) -> pd.DataFrame:
    return frame[list(NOTED)][rows.to_numpy(bool)]


def _linked(report_input: ReportInput, note: Mapping[str, Any]) -> Markdown:
    return link(f"notebook, {short_day(report_input, note['occurred_at'])}", note["url"])
