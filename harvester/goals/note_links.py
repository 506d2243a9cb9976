"""What notes link to a goal or a criterion: a note that names it, and work, is its author's own decision."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from harvester.analysis.frame import column
from harvester.analysis.measures import counting
from harvester.analysis.references import resolved
from harvester.analysis.threads import about
from harvester.goals.matches import note_fields
from harvester.model.periods import Calendar, day

if TYPE_CHECKING:
    import pandas as pd


def note_links(
    frame: pd.DataFrame, tickets: Mapping[str, str], calendar: Calendar, field: str = "goal"
) -> Mapping[str, Mapping[int, str]]:
    """By the name in a field (`goal` or `criterion`) the positions of the rows that notes link to it, with the reason.

    Linked are the rows of the note's own person with the work item that the note is about. Where none of them counts,
    such as those of a commit in a pull request or of somebody else's ticket, it is what this belongs to or what closed
    it. Of several notes the earliest gives the reason.

    The frame must be prepared, unless no note names both something in the field and what it is about.
    """
    naming = {row: fields[field].split("\n") for row, fields in note_fields(frame) if fields.get(field)}
    links: dict[str, dict[int, str]] = {}
    if not naming or not any(len(each) for each in column(frame, "related_to").take(list(naming)).to_pylist()):
        return links
    places = {label: place for place, label in enumerate(frame.index)}
    work = _Work(frame, tickets)
    pairs = [(places[note], places[row]) for note, row in about(frame, tickets)]
    for note, row in sorted(pairs, key=lambda pair: (frame["occurred_at"].iloc[pair[0]], frame["id"].iloc[pair[0]])):
        reason = f"the note of {day(calendar.day_of(frame['occurred_at'].iloc[note]))} says so"
        for name in naming.get(note, ()):
            for each in work.meant(frame["person"].iloc[note], frame["work_item"].iloc[row]):
                links.setdefault(name, {}).setdefault(each, reason)
    return links


class _Work:
    """Which rows of a person count for a work item; by position."""

    def __init__(self, frame: pd.DataFrame, tickets: Mapping[str, str]) -> None:
        mine = frame[(frame["is_primary"] & ~frame["is_bot"] & (frame["kind"] != "note")).to_numpy(bool)]
        counts = frame.index.get_indexer(counting(mine)).tolist()
        self._keys = dict(zip(frame["work_item"].str.lower(), frame["work_item_key"], strict=True))
        self._rows: dict[tuple[str, str], list[int]] = {}
        for place, person, key in zip(
            counts, frame["person"].iloc[counts], frame["work_item_key"].iloc[counts], strict=True
        ):
            self._rows.setdefault((person, key), []).append(place)
        self._beside: dict[str, list[str]] = {}
        rows, refs = resolved(frame, ("closes", "part_of"), tickets)
        for own, other in zip(frame["work_item"].str.lower().iloc[rows], refs.to_pylist(), strict=True):
            self._beside.setdefault(own, []).append(other)
            self._beside.setdefault(other, []).append(own)

    def meant(self, person: str, work_item: str) -> list[int]:
        """The rows of a work item; where none of them counts, those of what it belongs to and of what closed it."""
        name = work_item.lower()
        own = self._of(person, name)
        return own or [each for other in dict.fromkeys(self._beside.get(name, ())) for each in self._of(person, other)]

    def _of(self, person: str, name: str) -> list[int]:
        return self._rows.get((person, self._keys.get(name, name)), [])
