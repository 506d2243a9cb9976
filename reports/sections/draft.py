"""What the author of a page should know before handing it in; a finished page has none of it."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from harvester.analysis import measures
from harvester.analysis.frame import records
from harvester.model.witnesses import witnesses
from harvester.reporting.markdown import Markdown, code
from harvester.reporting.report_input import ReportInput
from harvester.text import safe_url, shell_word

from .goals import Section
from .items import LINE_COLUMNS, Reference, join_words, reference_to, sort_key
from .notes import NOTE_COLUMNS, called
from .pieces import Pieces

if TYPE_CHECKING:
    import pandas as pd

DraftT = TypeVar("DraftT", bound=Any)

MOST = 8
"""How many suggestions are listed; `triage` shows all."""

MIN_SCORE = 2.0
"""Suggestions below this score rest on one common word and are not listed; `triage` shows all."""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """Work that may serve a goal, which only the person can say."""

    reference: Reference
    title: str
    goal: str
    reason: str


@dataclass(frozen=True, slots=True)
class Unwritten:
    """A goal of whose work no note says what came of it, and its weightiest work."""

    goal: str
    reference: Reference

    @property
    def command(self) -> Markdown:
        """The command that writes it down, as code."""
        return code(f'harvester note "…" --about {shell_word(self.reference.label)} --result "…"')


@dataclass(frozen=True, slots=True)
class Unasked:
    """Who confirms a note and has not agreed to be named, in words, and the note."""

    who: str
    title: str
    note: str
    url: str | None


@dataclass(frozen=True, slots=True)
class Draft:
    """What is still to do: results to write, witnesses to ask, work not linked to a goal, and suggestions."""

    unwritten: list[Unwritten]
    unasked: list[Unasked]
    unplanned: str
    warnings: list[str]
    """What may be wrong with the goals and decisions."""
    suggestions: list[Suggestion]


def or_none(made: DraftT) -> DraftT | None:
    """A page's draft; None where every field is empty, so that no heading stands above nothing."""
    return made if any(getattr(made, each.name) for each in dataclasses.fields(made)) else None


def draft(pieces: Pieces, mine: pd.DataFrame, sections: Sequence[Section]) -> Draft | None:
    """What the author should know; None for nothing."""
    unwritten = [Unwritten(each.title, each.unwritten) for each in sections if each.unwritten]
    unplanned = measures.words(mine, "unplanned") if pieces.goals and measures.count(mine, "unplanned") else ""
    asked = unasked(pieces.report_input, mine)
    warnings = list(pieces.report_input.assessment.warnings)
    return or_none(Draft(unwritten, asked, unplanned, warnings, _suggestions(pieces, mine)))


def unasked(report_input: ReportInput, mine: pd.DataFrame) -> list[Unasked]:
    """The witnesses of notes who have not agreed to be named, a line for each note, oldest first."""
    notes = records(measures.of(mine, measures.MEASURES["notes"])[list(NOTE_COLUMNS)])
    found = ((note, witnesses(report_input.people, note)) for note in sorted(notes, key=sort_key))
    return [
        Unasked(
            join_words(named.persons.values()), note["title"], called(report_input, note), safe_url(note["url"]) or None
        )
        for note, named in found
        if named and not named.consent
    ]


def _suggestions(pieces: Pieces, mine: pd.DataFrame) -> list[Suggestion]:
    """The best suggestion for each of `MOST` pieces of work, newest first."""
    titles = {goal.name: goal.title for goal in pieces.goals}
    suggested = pieces.report_input.assessment.suggestions
    suggested = suggested[suggested["target"].isin(list(titles)) & (suggested["score"] >= MIN_SCORE)]
    suggested = suggested.drop_duplicates("row").sort_values("score", ascending=False, kind="stable")
    suggested = suggested[suggested["row"].isin(mine.index)].head(MOST)
    rows = (
        mine.loc[mine.index.isin(suggested["row"])]
        .sort_values("occurred_at", ascending=False, kind="stable")
        .drop_duplicates("work_item_key")
    )
    by_row = {each["row"]: each for each in records(suggested)}
    return [
        Suggestion(reference_to(row), row["title"] or "(no title)", titles[best["target"]], best["reason"])
        for index, row in zip(rows.index, records(rows[list(LINE_COLUMNS)]), strict=True)
        if (best := by_row[index])
    ]
