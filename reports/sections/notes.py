"""Notes as reports show them: the results they report, who took part, and the figures they give for a goal."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from harvester.analysis.frame import records
from harvester.goals.model import OUTCOME, Goal
from harvester.model.outcomes import read_outcome
from harvester.model.witnesses import witnesses
from harvester.reporting.report_input import ReportInput
from harvester.text import safe_url

from .items import LINE_COLUMNS, Reference, join_words, short_day, sort_key

if TYPE_CHECKING:
    import pandas as pd

CARD_FIELDS = ("Result", "Technical", "Takeaway")
"""The fields of a note that a card shows."""

NOTE_COLUMNS = (*LINE_COLUMNS, "source", "account", "participants", "extra")
"""The columns that a note's line is made of."""


@dataclass(frozen=True, slots=True)
class Field:
    """What a note says in one field, such as the result, with the note's name, such as `notebook, 21 Jul`."""

    name: str
    text: str
    note: str
    url: str | None


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure that a note gives for a goal, with the note's name."""

    value: float
    note: str
    url: str | None


@dataclass(frozen=True, slots=True)
class Confirmation:
    """Who confirms what a note says, all of whom agreed to be named, with the note's name."""

    names: list[str]
    note: str
    url: str | None


def confirmations(report_input: ReportInput, notes: Iterable[Mapping[str, Any]]) -> list[Confirmation]:
    """Who confirms what these notes say; without their consent nobody is named, and nothing is confirmed."""
    found = ((each, witnesses(report_input.people, each)) for each in notes)
    return [
        Confirmation(list(named.persons.values()), called(report_input, note), safe_url(note["url"]))
        for note, named in found
        if named and named.consent
    ]


def fields(report_input: ReportInput, notes: Iterable[tuple[Any, Mapping[str, Any]]]) -> list[Field]:
    """The card fields of notes (label and row), each with a link to its note; all results come first.

    A text that several notes have is listed once, from the first.
    """
    ordered = sorted((note for _, note in notes), key=sort_key)
    by_text: dict[tuple[str, str], Field] = {}
    for name in CARD_FIELDS:
        for note in ordered:
            if text := dict(note["extra"]).get(name.lower()):
                field = Field(name, text, called(report_input, note), safe_url(note["url"]))
                by_text.setdefault((name, " ".join(text.split())), field)
    return list(by_text.values())


def people(report_input: ReportInput, note: Mapping[str, Any]) -> str:
    """Who a note says took part beside its author, in words."""
    return join_words(report_input.names_of(note["collaborators"] or ()))


def figures(report_input: ReportInput, goal: Goal) -> list[Figure]:
    """The figures that notes give for an outcome, the latest first; none for what is counted."""
    if goal.measure != OUTCOME:
        return []
    frame, period = report_input.frame, goal.period(report_input.calendar)
    mine = frame["person"].isin(report_input.persons) & frame["is_primary"] & (frame["kind"] == "note")
    return [
        Figure(value, called(report_input, row), safe_url(row["url"]))
        for row in sorted(records(_slim(frame, mine)), key=sort_key, reverse=True)
        for name, value in read_outcome(dict(row["extra"]).get("outcome", "")).items()
        if name == goal.name
        and row["occurred_at"] in period
        and row["occurred_at"] <= report_input.assessment.counted_until
    ]


def called(report_input: ReportInput, note: Mapping[str, Any]) -> str:
    """What a note is called, such as `notebook, 21 Jul`."""
    return f"notebook, {short_day(report_input, note['occurred_at'])}"


def note_reference(report_input: ReportInput, note: Mapping[str, Any]) -> Reference:
    """What a note is called, and its address."""
    return Reference(called(report_input, note), safe_url(note["url"]) or None)


def _slim(frame: pd.DataFrame, rows: pd.Series) -> pd.DataFrame:
    return frame[list(NOTE_COLUMNS)][rows.to_numpy(bool)]
