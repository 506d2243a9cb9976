"""Notes as reports show them: their lines, what came of work by their words, and the figures they tell of a goal."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from harvester.agreed.goals import OUTCOME, Goal
from harvester.agreed.progress import read_outcome
from harvester.frame import records
from harvester.markdown import Markdown, escape, link
from harvester.report import Material

from .lines import SHOWN, Item, item, label, listed, moment, short_day

if TYPE_CHECKING:
    import pandas as pd

TOLD = ("Result", "Technical", "Takeaway")
"""The fields of a note that a card shows."""

NOTED = (*SHOWN, "source", "others", "fields")
"""The columns that a note's line is made of."""


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a card, such as the result, and the note it stands in."""

    name: str
    text: str
    note: Markdown
    row: Any = None
    """The note's label in the frame."""


def fields(material: Material, notes: Iterable[tuple[Any, Mapping[str, Any]]]) -> list[Field]:
    """What notes (label and row) say came of work, each with a link; all results come first.

    Of two notes that say the same the first is told.
    """
    ordered = sorted(notes, key=lambda pair: moment(pair[1]))
    found: dict[tuple[str, str], Field] = {}
    for name in TOLD:
        for index, note in ordered:
            if text := dict(note["fields"]).get(name.lower()):
                told = Field(name, text, _linked(material, note), index)
                found.setdefault((name, " ".join(text.split())), told)
    return list(found.values())


def about(material: Material) -> Mapping[Any, Sequence[Markdown]]:
    """By note what it is about, each linked to its proof."""
    told = material.assessment.about
    rows = [row for each in told.values() for row in each]
    labels = dict(zip(rows, map(label, records(material.frame[list(SHOWN)].loc[rows])), strict=True))
    return {note: [labels[row] for row in each] for note, each in told.items()}


def line(material: Material, row: Mapping[str, Any], about: Sequence[Markdown] = ()) -> Item:
    """A note's line: with whom it was, and what it is about."""
    made = item(material, row)
    people = [material.name(material.people.person_of(row["source"], each)) for each in row["others"]]
    when = escape(made.when) + (f", with {escape(listed(people))}" if people else "")
    return dataclasses.replace(made, when=Markdown(when + (f", about {listed([*about])}" if about else "")))


def figures(material: Material, goal: Goal) -> str:
    """The figures that notes told of an outcome so far, oldest first, each with its note; empty where there is none."""
    if goal.measure != OUTCOME:
        return ""
    frame, window = material.frame, goal.window(material.calendar)
    mine = frame["person"].isin(material.persons) & frame["shown"] & (frame["kind"] == "note")
    told = [
        f"{value:,g} ({_linked(material, row)})"
        for row in sorted(records(_slim(frame, mine)), key=moment)
        for name, value in read_outcome(dict(row["fields"]).get("outcome", "")).items()
        if name == goal.name and row["at"] in window and row["at"] <= material.assessment.moment
    ]
    return Markdown(listed(told))


def _slim(frame: pd.DataFrame, rows: pd.Series) -> pd.DataFrame:
    return frame[list(NOTED)][rows.to_numpy(bool)]


def _linked(material: Material, note: Mapping[str, Any]) -> Markdown:
    return link(f"notebook, {short_day(material, note['at'])}", note["url"])
