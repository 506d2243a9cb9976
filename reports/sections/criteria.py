"""Criteria: how strong the proof is that a report's work has for each of them, and where it is."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from harvester.analysis import measures
from harvester.goals.model import Criterion
from harvester.text import one_line

from .items import Reference, counted
from .notes import Confirmation, note_reference
from .pieces import PROOFS, STRONG, Piece, Pieces, Proof

BRIEF = 70

_CLAUSE = re.compile(r"(.{20,})(?:(?<!e\.g)(?<!i\.e)[;:.]\s| [(–—])")
_NUMBER = re.compile(r"^\d{1,2}[.)] ")
_PHRASE = re.compile(r"(.{20,}),\s")

State = Literal["strong", "thin", "evidence needed"]
"""What is there for a criterion: a figure or a witness; words with a link; activity alone, or nothing."""


@dataclass(frozen=True, slots=True)
class BestProof:
    """The piece of work that proves most for a criterion: what it is called and where it is, and who confirms it."""

    key: str
    """The piece of work: its thread, as the frame names it, or the project and the topic."""
    title: str
    references: list[Reference]
    """Its work items, those that say most first; the notes of one that is nothing else."""
    confirmations: list[Confirmation]

    @property
    def confirmed_by(self) -> list[str]:
        """The names of who confirms it."""
        return list(dict.fromkeys(name for each in self.confirmations for name in each.names))


@dataclass(frozen=True, slots=True)
class CriterionRow:
    """A criterion, and what the work of the report shows of it."""

    number: int
    """Its place in goals.toml, from 1: what other parts of a page call it."""
    name: str
    level: str
    """Empty where none is given."""
    text: str
    brief: str
    """The beginning of the text, for where it is named again."""
    state: State
    proof: Proof | None
    """The strongest kind of proof among its work; null where there is none."""
    goals: list[str]
    """The titles of the goals that serve it and have days in the period."""
    counted: str
    """What its goals, rules, notes and decisions claim for it, in words; empty for nothing."""
    best: BestProof | None
    """Null where there is no work for it."""


def criteria(pieces: Pieces) -> list[CriterionRow]:
    """A row for each criterion, in the order of goals.toml.

    Work is claimed for a criterion through a goal that serves it, by a rule of its own, by a note that names it, or by
    a decision. One without any of these is judged by hand: nothing says that it is not met.
    """
    return [_row(pieces, each, number) for number, each in enumerate(pieces.criteria, 1)]


def shown_by(pieces: Pieces, criterion: str) -> list[Piece]:
    """The pieces of work that are claimed for a criterion: by kind of proof, strongest first, and then by weight."""
    own = [each for each in pieces if each.rows_for(criterion)]
    return sorted(own, key=lambda each: PROOFS.index(each.proof))


def state_of(proofs: Sequence[Proof]) -> State:
    """How strong the proof is that these pieces of work have together: as strong as the strongest."""
    if any(each in STRONG for each in proofs):
        return "strong"
    return "thin" if "observed" in proofs else "evidence needed"


def brief(text: str) -> str:
    """The beginning of a text, at most `BRIEF` characters: up to a colon, else … after a comma or a word."""
    line = _NUMBER.sub("", one_line(text)).rstrip(".")
    if len(line) <= BRIEF:
        return line
    cut = line[: BRIEF + 1]
    if clause := _CLAUSE.match(cut):
        return clause[1]
    phrase = _PHRASE.match(cut)
    return f"{phrase[1] if phrase else cut.rpartition(' ')[0] or cut[:BRIEF]}…"


def called(criterion: Criterion, criteria: Sequence[Criterion]) -> str:
    """What a page calls a criterion in short: its theme, where that is its own at its level, else its text."""
    alike = [each for each in criteria if (each.theme, each.level) == (criterion.theme, criterion.level)]
    return criterion.theme if criterion.theme and len(alike) == 1 else criterion.text


def _row(pieces: Pieces, criterion: Criterion, number: int) -> CriterionRow:
    own = shown_by(pieces, criterion.name)
    rows = pieces.rows[pieces.rows.index.isin(list(pieces.shown[criterion.name]))]
    return CriterionRow(
        number, criterion.name, criterion.level, criterion.text, brief(criterion.text),
        state_of([each.proof for each in own]), own[0].proof if own else None,
        [goal.title for goal in pieces.goals if goal.criterion == criterion.name],
        counted(rows, measures.COUNTED), _best(pieces, own[0]) if own else None,
    )  # fmt: skip


def _best(pieces: Pieces, piece: Piece) -> BestProof:
    notes = [note_reference(pieces.report_input, note) for _, note in piece.notes]
    references = piece.references[:1] if piece.topic else piece.references  # no commit says more than the next
    return BestProof(piece.key, piece.title, references or notes, piece.confirmations)
