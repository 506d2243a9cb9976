"""Criteria level by level and theme by theme, each with the strongest evidence that there is, or judged by hand."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from harvester.goals.model import Criterion
from harvester.text import safe_url

from .criteria import CriterionRow, criteria, shown_by
from .items import Reference, reference_to
from .notes import Confirmation
from .pieces import Piece, Pieces, Proof

StateOrByHand = Literal["strong", "thin", "evidence needed", "judged by hand"]
"""The state of a criterion; `judged by hand` is one without a rule, a goal or a note that links work to it."""

STATES: tuple[StateOrByHand, ...] = get_args(StateOrByHand)

MEANING: Mapping[StateOrByHand, str] = {
    "strong": "measured (a figure with its baseline) or confirmed (by a witness who agreed to be named)",
    "thin": "observed (words with a link)",
    "evidence needed": "activity alone, or nothing",
    "judged by hand": "no goal and no rule links work to it",
}

MOST = 3
"""How many pieces of work a criterion shows."""

MANY = 12
"""From more criteria than these on a table of themes comes before them."""

_WITH_ADDRESS = re.compile(r"^(?P<words>.*?)[,:]?\s*\(?(?P<url>https?://\S+?)\)?$")


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a state of a criterion means."""

    state: StateOrByHand
    words: str


def meanings(found: Collection[StateOrByHand]) -> list[Meaning]:
    """What the states mean that occur on a page, the strongest first."""
    return [Meaning(each, MEANING[each]) for each in STATES if each in found]


@dataclass(frozen=True, slots=True)
class EvidencePiece:
    """A piece of work that is there for a criterion."""

    reference: Reference
    title: str
    proof: Proof
    confirmations: list[Confirmation]


@dataclass(frozen=True, slots=True)
class CriterionAtLevel:
    """A criterion, and what is there for it."""

    name: str
    theme: str
    text: str
    state: StateOrByHand
    evidence: list[EvidencePiece]
    """The strongest first, at most three."""
    more: int
    goals: list[str]
    """The titles of the proposed goals that serve it."""


@dataclass(frozen=True, slots=True)
class LevelOfCriteria:
    """The criteria of one level, those of a theme together."""

    level: str
    """Empty where none is given."""
    has_themes: bool
    rows: list[CriterionAtLevel]


@dataclass(frozen=True, slots=True)
class ThemeCount:
    """How many criteria of a theme have which state."""

    level: str
    theme: str
    criteria: int
    strong: int
    thin: int
    evidence_needed: int
    by_hand: int


@dataclass(frozen=True, slots=True)
class CriteriaSource:
    """Where criteria are from: a ladder's name, and its address where it is given."""

    words: str
    url: str | None


def levels(pieces: Pieces, served: Sequence[tuple[str | None, str]]) -> list[LevelOfCriteria]:
    """The criteria by level, both in the order of goals.toml; `served` has the criterion and the title of each goal."""
    all_of_them = pieces.report_input.assessment.goals_and_decisions.goals
    by_hand = {each.name for each in all_of_them.judged_by_hand}
    by_level: dict[str, list[CriterionAtLevel]] = {}
    for criterion, row in zip(pieces.criteria, criteria(pieces), strict=True):
        made = _row(pieces, criterion, row, by_hand, [title for name, title in served if name == criterion.name])
        by_level.setdefault(criterion.level, []).append(made)
    return [
        LevelOfCriteria(level, any(each.theme for each in rows), _by_theme(rows)) for level, rows in by_level.items()
    ]


def themes(by_level: Iterable[LevelOfCriteria]) -> list[ThemeCount]:
    """How the criteria of each theme are; none where there are few."""
    rows = [(each.level, row) for each in by_level for row in each.rows]
    if len(rows) <= MANY:
        return []
    by_theme: dict[tuple[str, str], list[CriterionAtLevel]] = {}
    for level, row in rows:
        by_theme.setdefault((level, row.theme), []).append(row)
    return [
        ThemeCount(level, theme, len(own), *(sum(row.state == each for row in own) for each in STATES))
        for (level, theme), own in by_theme.items()
    ]


def sources(all_of_them: Iterable[Criterion]) -> list[CriteriaSource]:
    """Where criteria are from, each once."""
    return [_source(each) for each in dict.fromkeys(each.source for each in all_of_them if each.source)]


def _source(text: str) -> CriteriaSource:
    found = _WITH_ADDRESS.match(text)
    url = safe_url(found["url"]) if found else None
    return CriteriaSource(found["words"] or found["url"], url) if found and url else CriteriaSource(text, None)


def _by_theme(rows: Sequence[CriterionAtLevel]) -> list[CriterionAtLevel]:
    """Those of a theme together, themes in the order in which they are first seen."""
    order = list(dict.fromkeys(each.theme for each in rows))
    return sorted(rows, key=lambda each: order.index(each.theme))


def _row(
    pieces: Pieces, criterion: Criterion, row: CriterionRow, by_hand: set[str], goals: list[str]
) -> CriterionAtLevel:
    own = shown_by(pieces, criterion.name)
    return CriterionAtLevel(
        criterion.name, criterion.theme, criterion.text,
        "judged by hand" if criterion.name in by_hand and not own else row.state,
        [_evidence(each) for each in own[:MOST]], max(len(own) - MOST, 0), goals,
    )  # fmt: skip


def _evidence(piece: Piece) -> EvidencePiece:
    references = piece.references
    reference = references[0] if references else reference_to(piece.all_rows[0][1])
    return EvidencePiece(reference, piece.title, piece.proof, piece.confirmations)
