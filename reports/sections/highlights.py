"""Highlights: the few pieces of work that a reader with three minutes should see, and why each is one."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from harvester.text import count_noun

from .items import Reference, join_words
from .notes import Confirmation, Field
from .pieces import PROOFS, STRONG, Piece, Pieces, Proof, Quote

MOST = 5
A_TEXT = 2.0
"""What a text adds to a piece's weight: as much as one pull request, or four times the lines."""

RESULTS = 2
"""Results that a highlight gives."""


@dataclass(frozen=True, slots=True)
class Highlight:
    """One highlight: what it is called, what came of it or what its own text says, and its counts and references."""

    key: str
    """The piece of work: its thread, as the frame names it, or the project and the topic."""
    title: str
    topic: bool
    """Whether it is a topic of several commits, and not a thread."""
    proof: Proof
    confirmations: list[Confirmation]
    """Who confirms what its notes say."""
    results: list[Field]
    """What notes say came of it, the first `RESULTS`."""
    quote: Quote | None
    """Its own text, where no note gives a result."""
    counted: str
    size: str
    others: int
    credit: str
    references: list[Reference]
    reason: str
    """Why it is a highlight, in words."""


def highlights(pieces: Pieces) -> list[Highlight]:
    """At most `MOST` pieces of work: those that the person pinned, then by kind of proof, goal and weight.

    Work that is measured comes first, then what a witness confirms, then work of which a note gives a result, then the
    rest. Of the rest a text that
    others saw with the work adds `A_TEXT` to its weight and no more: whether the text of a pull request was filled in
    says how its author writes, and not how much it matters.

    Routine, help with the work of others that no note describes, and what the person does not want are left out.
    """
    return [_highlight(piece) for piece in itertools.islice(_ranked(pieces), MOST)]


def explained(pieces: Pieces) -> dict[Any, str]:
    """By label of a row the highlight that it is part of, and why, such as `highlight 1: measured …`."""
    by_key = {each.key: each for each in pieces}
    return {
        index: f"{number} of {MOST} at most: {each.reason}"
        for number, each in enumerate(highlights(pieces), 1)
        for index, _ in by_key[each.key].all_rows
    }


def _ranked(pieces: Pieces) -> Iterator[Piece]:
    """Candidates, best first. Of all but lone commits a text is read only where it may decide: a year has thousands."""
    candidates = [each for each in pieces if each.pinned or (each.pinned is None and _is_candidate(each))]
    yield from (each for each in candidates if each.pinned)
    rest = sorted((each for each in candidates if not each.pinned), key=lambda each: not each.goals)
    for proof in STRONG:
        yield from (each for each in rest if each.notes and each.proof == proof)
    rest = [each for each in rest if each.proof not in STRONG]
    yield from sorted((each for each in rest if each.said("Result")), key=lambda each: PROOFS.index(each.proof))
    others = [each for each in rest if not each.said("Result")]
    for _, same in itertools.groupby(others, key=lambda each: not each.goals):
        yield from _weightiest(list(same))


def _weightiest(candidates: list[Piece]) -> Iterator[Piece]:
    """The first `MOST` by weight with their texts, of candidates by weight: what is too light is not read."""
    least = candidates[min(MOST, len(candidates)) - 1].weight - A_TEXT
    near = itertools.takewhile(lambda each: each.weight >= least, candidates)
    yield from sorted(near, key=lambda each: (-each.weight - (A_TEXT if each.seen_text else 0), each.key))


def _is_candidate(piece: Piece) -> bool:
    """Whether it is the person's own work, no routine, and more than a lone commit or release without a word on it.

    A note alone needs a result: one that merely gives a figure is with its goal.
    """
    if piece.routine or not piece.is_own_work:
        return False
    if piece.is_note:
        return piece.said("Result") is not None
    alone = len(piece.rows) == 1 and piece.rows[0][1]["kind"] in ("commit", "release")
    return not alone or bool(piece.notes or piece.quote)


def _highlight(piece: Piece) -> Highlight:
    results = [each for each in piece.card if each.name == "Result"][:RESULTS]
    return Highlight(
        piece.key, piece.title, piece.topic is not None, piece.proof, piece.confirmations, results,
        None if results else piece.quote, piece.counted, piece.size, piece.people, piece.credit, piece.references,
        reason(piece),
    )  # fmt: skip


def reason(piece: Piece) -> str:
    """Why a piece of work is where it is among the highlights, in words."""
    parts = ["its author pinned it"] if piece.pinned else []
    parts.append({
        "measured": "measured by a figure with a baseline",
        "confirmed": f"confirmed by {join_words(name for each in piece.confirmations for name in each.names)}",
        "observed": "a text with a link says what it is",
        "activity": "nothing but the activity itself shows it",
    }[piece.proof])  # fmt: skip
    if piece.goals:
        parts.append("serves " + " and ".join(each.title for each in piece.goals))
    if piece.counted:
        parts.append(piece.counted)
    if piece.people:
        parts.append(f"{count_noun(piece.people, 'other')} took part")
    if piece.length:
        parts.append(f"took {count_noun(piece.length, 'day')}")
    return "; ".join(parts)
