"""Help given to others: reviews and comments by person, what notes say, and work of others that the person shared."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harvester.analysis import measures
from harvester.analysis.frame import records
from harvester.reporting.report_input import ReportInput

from .items import LINE_COLUMNS, Item, counted, item, lines, sort_key
from .notes import Field, called, people
from .pieces import Piece, Pieces

if TYPE_CHECKING:
    import pandas as pd

PEOPLE_NAMED = 5
CO_AUTHORED_NAMED = 3
HELPING_ROLES = ("helper", "mentor")


@dataclass(frozen=True, slots=True)
class HelpedPerson:
    """Somebody whose work was reviewed or discussed, and how much of it."""

    name: str
    number: int


@dataclass(frozen=True, slots=True)
class ServedGoal:
    """A goal that some of the reviews or comments serve, and how many."""

    title: str
    number: int


@dataclass(frozen=True, slots=True)
class Helped:
    """Reviews, or comments: how many in words, for whom, and which goals they serve."""

    number: int
    counted: str
    people: int
    named: list[HelpedPerson]
    rest_people: int
    rest: int
    """How many are for people who are not named."""
    serving: list[ServedGoal]


@dataclass(frozen=True, slots=True)
class NoteLine:
    """A note: its title, who took part, and what it says came of it."""

    item: Item
    note: str
    """What it is called, such as `notebook, 21 Jul`."""
    people: str
    card: list[Field]


@dataclass(frozen=True, slots=True)
class HelpGiven:
    """What was done for others."""

    reviews: Helped | None
    comments: Helped | None
    notes: list[NoteLine]
    co_authored: list[Item]
    """Work of others that names the person as co-author, the largest."""
    co_authored_counted: str
    """All of it, in words; empty where there is none."""
    co_authored_more: int
    """How much of it is not named."""


def help_given(pieces: Pieces, mine: pd.DataFrame, told: Collection[str]) -> HelpGiven | None:
    """What was done for others; None where nothing was. Notes whose piece of work is in `told` are left out."""
    report_input = pieces.report_input
    notes = [
        note_line(report_input, piece)
        for piece in pieces
        if is_note(piece) and piece.key not in told and not piece.goals and _helps(piece)
    ]
    shared = _shared(pieces, mine)
    rows = sorted(records(shared[list(LINE_COLUMNS)]), key=lambda row: (-lines(row), sort_key(row)))
    made = HelpGiven(
        _helped(pieces, "reviews"), _helped(pieces, "comments"), notes,
        [item(report_input, row) for row in rows[:CO_AUTHORED_NAMED]],
        counted(shared, ["co_authored"]), max(int(measures.count(shared, "co_authored")) - CO_AUTHORED_NAMED, 0),
    )  # fmt: skip
    return made if made.reviews or made.comments or made.notes or made.co_authored else None


def _shared(pieces: Pieces, mine: pd.DataFrame) -> pd.DataFrame:
    """Work of others that names the person as co-author, without routine and where own work is told already."""
    shared = measures.of(mine, measures.MEASURES["co_authored"])
    told = shared["thread"].isin(pieces.rows["thread"]) | shared.index.isin(list(pieces.routine))
    return shared[~told.to_numpy(bool)]


def is_note(piece: Piece) -> bool:
    """Whether a piece of work is nothing but a note."""
    return all(row["kind"] == "note" for _, row in piece.rows)


def other_notes(pieces: Pieces, told: Collection[str]) -> list[NoteLine]:
    """The notes that no goal claims, that tell of no help and that `told` does not have."""
    return [
        note_line(pieces.report_input, piece)
        for piece in pieces
        if is_note(piece) and piece.key not in told and not piece.goals and not _helps(piece)
    ]


def note_line(report_input: ReportInput, piece: Piece) -> NoteLine:
    """A note as a line."""
    _, row = piece.rows[0]
    return NoteLine(item(report_input, row), called(report_input, row), people(report_input, row), piece.card)


def _helps(piece: Piece) -> bool:
    return any(row["role"] in HELPING_ROLES or len(row["participants"]) for _, row in piece.rows)


def _helped(pieces: Pieces, name: str) -> Helped | None:
    rows = measures.of(pieces.rows, measures.MEASURES[name])
    if rows.empty:
        return None
    report_input = pieces.report_input
    pairs = rows[["owner_people"]].explode("owner_people").dropna()
    pairs = pairs[~pairs["owner_people"].isin(list(report_input.persons))]
    by_person = {
        str(person): int(measures.count(rows.loc[own.index], name)) for person, own in pairs.groupby("owner_people")
    }
    order = sorted(by_person, key=lambda person: (-by_person[person], report_input.name(person)))
    named, rest = order[:PEOPLE_NAMED], order[PEOPLE_NAMED:]
    of_rest = rows.loc[pairs.index[pairs["owner_people"].isin(rest)].unique()]
    return Helped(
        int(measures.count(rows, name)), counted(rows, [name]), len(order),
        [HelpedPerson(report_input.name(each), by_person[each]) for each in named],
        len(rest), int(measures.count(of_rest, name)),
        [
            ServedGoal(goal.title, int(measures.count(served, name)))
            for goal in pieces.goals
            if len(served := rows[rows.index.isin(list(pieces.reasons[goal.name]))])
        ],
    )  # fmt: skip
