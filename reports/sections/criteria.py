"""Criteria: how strong the proof is that a report's work has for each of them, and where it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from harvester.analysis import measures
from harvester.goals.model import Criterion

from .items import Reference, counted
from .notes import Confirmation
from .pieces import PROOFS, STRONG, Piece, Pieces, Proof

State = Literal["strong", "thin", "evidence needed"]
"""What is there for a criterion: a figure or a witness; words with a link; activity alone, or nothing."""


@dataclass(frozen=True, slots=True)
class BestProof:
    """The piece of work that proves most for a criterion: what it is called and where it is, and who confirms it."""

    key: str
    """The piece of work: its thread, as the frame names it, or the project and the topic."""
    title: str
    references: list[Reference]
    confirmations: list[Confirmation]


@dataclass(frozen=True, slots=True)
class CriterionRow:
    """A criterion, and what the work of the report shows of it."""

    name: str
    level: str
    """Empty where none is given."""
    text: str
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
    return [_row(pieces, each) for each in pieces.criteria]


def shown_by(pieces: Pieces, criterion: str) -> list[Piece]:
    """The pieces of work that are claimed for a criterion: by kind of proof, strongest first, and then by weight."""
    own = [each for each in pieces if each.rows_for(criterion)]
    return sorted(own, key=lambda each: PROOFS.index(each.proof))


def state_of(proofs: Sequence[Proof]) -> State:
    """How strong the proof is that these pieces of work have together: as strong as the strongest."""
    if any(each in STRONG for each in proofs):
        return "strong"
    return "thin" if "observed" in proofs else "evidence needed"


def _row(pieces: Pieces, criterion: Criterion) -> CriterionRow:
    own = shown_by(pieces, criterion.name)
    rows = pieces.rows[pieces.rows.index.isin(list(pieces.shown[criterion.name]))]
    return CriterionRow(
        criterion.name, criterion.level, criterion.text,
        state_of([each.proof for each in own]), own[0].proof if own else None,
        [goal.title for goal in pieces.goals if goal.criterion == criterion.name],
        counted(rows, measures.COUNTED), _best(own[0]) if own else None,
    )  # fmt: skip


def _best(piece: Piece) -> BestProof:
    return BestProof(piece.key, piece.title, piece.references, piece.confirmations)
