"""Notes as reports show them: their lines, the results they report, and the figures they give for a goal."""

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

from .items import LINE_COLUMNS, ReportLine, item, join_words, label, short_day, sort_key

if TYPE_CHECKING:
    import pandas as pd

CARD_FIELDS = ("Result", "Technical", "Takeaway")
"""The fields of a note that a card shows."""

NOTE_COLUMNS = (*LINE_COLUMNS, "source", "participants", "extra")
"""The columns that a note's line is made of."""


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a card, such as the result, and the note it is from."""

    name: str
    text: str
    note: Markdown
    row: Any = None
    """The note's label in the frame."""


def fields(report_input: ReportInput, notes: Iterable[tuple[Any, Mapping[str, Any]]]) -> list[Field]:
    """The card fields of notes (label and row), each with a link to its note; all results come first.

    A text that several notes have is listed once, from the first.
    """
    ordered = sorted(notes, key=lambda pair: sort_key(pair[1]))
    by_text: dict[tuple[str, str], Field] = {}
    for name in CARD_FIELDS:
        for index, note in ordered:
            if text := dict(note["extra"]).get(name.lower()):
                field = Field(name, text, _linked(report_input, note), index)
                by_text.setdefault((name, " ".join(text.split())), field)
    return list(by_text.values())


def about(report_input: ReportInput) -> Mapping[Any, Sequence[Markdown]]:
    """By note what it is about, as links."""
    related = report_input.assessment.related_rows
    rows = [row for each in related.values() for row in each]
    labels = dict(zip(rows, map(label, records(report_input.frame[list(LINE_COLUMNS)].loc[rows])), strict=True))
    return {note: [labels[row] for row in each] for note, each in related.items()}


def line(report_input: ReportInput, row: Mapping[str, Any], about: Sequence[Markdown] = ()) -> ReportLine:
    """A note's line: with whom it was, and what it is about."""
    made = item(report_input, row)
    people = [report_input.name(report_input.people.person_of(row["source"], each)) for each in row["participants"]]
    when = escape(made.when) + (f", with {escape(join_words(people))}" if people else "")
    return dataclasses.replace(made, when=Markdown(when + (f", about {join_words([*about])}" if about else "")))


def figures(report_input: ReportInput, goal: Goal) -> str:
    """The latest figure that a note gives for an outcome, and those before it; empty where there is none."""
    if goal.measure != OUTCOME:
        return ""
    frame, period = report_input.frame, goal.period(report_input.calendar)
    mine = frame["person"].isin(report_input.persons) & frame["is_primary"] & (frame["kind"] == "note")
    given = [
        f"{value:,g} ({_linked(report_input, row)})"
        for row in sorted(records(_slim(frame, mine)), key=sort_key)
        for name, value in read_outcome(dict(row["extra"]).get("outcome", "")).items()
        if name == goal.name
        and row["occurred_at"] in period
        and row["occurred_at"] <= report_input.assessment.counted_until
    ]
    if not given:
        return ""
    earlier = f"; earlier: {join_words(given[:-1])}" if given[1:] else ""
    return Markdown(f"Latest figure: {given[-1]}{earlier}")


def _slim(frame: pd.DataFrame, rows: pd.Series) -> pd.DataFrame:
    return frame[list(NOTE_COLUMNS)][rows.to_numpy(bool)]


def _linked(report_input: ReportInput, note: Mapping[str, Any]) -> Markdown:
    return link(f"notebook, {short_day(report_input, note['occurred_at'])}", note["url"])
