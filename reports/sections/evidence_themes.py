"""The themes of the page `evidence`: a goal's work, or a piece without one, as scope, problem, own part and outcome.

Nothing is inferred: each part is what a note, a ticket or a pull request says, in its words and with its name, or a
number of the table of measures. What nothing says is named in `unknown` and left out of a finished page.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harvester.analysis import measures
from harvester.analysis.excerpts import excerpt
from harvester.goals.model import OUTCOME, Goal
from harvester.model.periods import span

from .criteria import CriterionRow, shown_by
from .items import Reference, counted, join_words, lines_changed, once, reference_to
from .notes import Confirmation, figures, note_reference
from .pieces import PROOFS, STRONG, Piece, Pieces, Proof
from .summary import figure

if TYPE_CHECKING:
    import pandas as pd

MOST = 4
LEAST = 2
"""Themes of a page; those that activity alone shows only where there are no others up to `LEAST`."""

PARTS = 3
"""Texts that a theme gives of its problem, own part and outcome each."""

PROBLEM, OWN_PART, OUTCOME_PART = "the problem", "your own part", "what came of it"
"""Parts of a theme that may be unknown, as the page for its author names them."""


@dataclass(frozen=True, slots=True)
class Said:
    """What a source says, and where; `quoted` where it is the text of the work, and not of a note."""

    text: str
    source: Reference
    quoted: bool = False


@dataclass(frozen=True, slots=True)
class ShownCriterion:
    """A criterion that a theme is evidence for, with the strongest kind of proof that the theme has for it."""

    number: int
    brief: str
    level: str
    proof: Proof


@dataclass(frozen=True, slots=True)
class Share:
    """How many commits of a change of several people are the person's own, where git knows it."""

    own: int
    commits: int
    reference: Reference


@dataclass(frozen=True, slots=True)
class EvidenceTheme:
    """One theme, for a reader who did not watch the work."""

    title: str
    why: str
    """Why the goal matters; empty without a goal."""
    counted: str
    projects: int
    size: str
    """Lines added and deleted; empty where no source knows them."""
    days: str
    others: int
    """How many others took part."""
    problem: list[Said]
    own_part: list[Said]
    shares: list[Share]
    results: list[Said]
    figures: list[Said]
    """What was reached of outcomes, from the baseline to the latest figure."""
    proof: Proof
    confirmations: list[Confirmation]
    shows: list[ShownCriterion]
    references: list[Reference]
    """Its work items; where these are many, the one of each piece of work that says most."""
    keys: list[str]
    """Its pieces of work: their threads, or project and topic."""
    unknown: list[str]
    """Parts that nothing says anything about."""

    @property
    def is_confirmed_above(self) -> bool:
        """Whether what is confirmed is the one result that is given, with its note."""
        notes = [each.note for each in self.confirmations]
        return notes == [each.source.label for each in self.results]


def themes(pieces: Pieces, rows: Sequence[CriterionRow]) -> list[EvidenceTheme]:
    """At most `MOST` themes: first those with the strongest proof for a criterion that none before them shows.

    Where there are no criteria, all of the person's own work that is no routine makes them.
    """
    left = sorted(_candidates(pieces, rows), key=lambda each: each.rank)
    chosen: list[_Candidate] = []
    while len(chosen) < MOST:
        proved = [each for each in left if each.proof != "activity"] or (left if len(chosen) < LEAST else [])
        seen = {name for each in chosen for name in each.shows}
        best = next((each for each in proved if set(each.shows) - seen), next(iter(proved), None))
        if best is None:
            break
        left.remove(best)
        chosen.append(best)
    return [_theme(pieces, each, rows) for each in sorted(chosen, key=lambda each: each.rank)]


@dataclass(frozen=True, slots=True)
class _Candidate:
    goal: Goal | None
    pieces: Sequence[Piece]
    shows: Sequence[str]

    @property
    def title(self) -> str:
        return self.goal.title if self.goal else self.pieces[0].title

    @property
    def proof(self) -> Proof:
        return min((each.proof for each in self.pieces), key=PROOFS.index)

    @property
    def rank(self) -> tuple[int, int, float, str]:
        return PROOFS.index(self.proof), -len(self.shows), -max(each.weight for each in self.pieces), self.title


def _candidates(pieces: Pieces, rows: Sequence[CriterionRow]) -> Iterator[_Candidate]:
    """The pieces that show any criterion, those of one goal (the first that claims them) together."""
    groups: dict[str, list[Piece]] = {}
    for piece in pieces:
        if any(piece.rows_for(each.name) for each in rows) or (not rows and piece.is_own_work and not piece.routine):
            groups.setdefault(f"goal {piece.goals[0].name}" if piece.goals else piece.key, []).append(piece)
    for own in groups.values():
        own.sort(key=lambda piece: PROOFS.index(piece.proof))
        shown = {each.name: [piece.proof for piece in own if piece.rows_for(each.name)] for each in rows}
        proved = [name for name, proofs in shown.items() if {*proofs} - {"activity"}]
        shows = proved or [name for name, proofs in shown.items() if proofs]
        yield _Candidate(own[0].goals[0] if own[0].goals else None, own, shows)


def _theme(pieces: Pieces, candidate: _Candidate, rows: Sequence[CriterionRow]) -> EvidenceTheme:
    own, keys = candidate.pieces, [each.key for each in candidate.pieces]
    counts = _claimed(pieces, pieces.rows[pieces.rows["piece"].isin(keys).to_numpy(bool)], rows)
    with_notes = pieces.with_notes[pieces.with_notes["piece"].isin(keys).to_numpy(bool)]
    lines = [measures.count(counts, name) for name in ("lines_added", "lines_deleted")]
    days = [pieces.report_input.calendar.day_of(at) for at in counts["occurred_at"]]
    problem, part = _problem(pieces, candidate), _own_part(pieces, candidate)
    results, reached = list(_results(own))[:PARTS], list(_figures(pieces, own))
    there = {PROBLEM: problem, OWN_PART: part, OUTCOME_PART: [*results, *reached]}
    return EvidenceTheme(
        candidate.title, candidate.goal.why if candidate.goal else "",
        counted(counts, measures.COUNTED), int(measures.count(counts, "projects")),
        lines_changed(*lines) if any(lines) else "", span(min(days), max(days)),
        int(measures.count(with_notes, "collaborators")),
        [each for each in problem if each.text != candidate.title],
        [each for each in part if each.text != candidate.title],
        list(_shares(own))[:PARTS], results, reached, candidate.proof,
        list({(*each.names, each.note): each for piece in own for each in piece.confirmations}.values()),
        [_shown(each, own) for each in rows if each.name in candidate.shows],
        _references(own), keys,
        [name for name, said in there.items() if not said],
    )  # fmt: skip


def _claimed(pieces: Pieces, whole: pd.DataFrame, rows: Sequence[CriterionRow]) -> pd.DataFrame:
    """What is claimed for criteria, as the appendix lists it: of a topic of many commits perhaps a few."""
    claimed = {index for each in rows for index in pieces.shown[each.name]}
    found = whole[whole.index.isin(list(claimed))]
    return whole if found.empty else found


def _shown(row: CriterionRow, own: Iterable[Piece]) -> ShownCriterion:
    proofs = [piece.proof for piece in own if piece.rows_for(row.name)]
    return ShownCriterion(row.number, row.brief, row.level, min(proofs, key=PROOFS.index))


def _problem(pieces: Pieces, candidate: _Candidate) -> list[Said]:
    """What notes say was wrong; else what tickets say, or what they are called."""
    noted = list(_noted(pieces, candidate.pieces, "problem"))
    tickets = [row for piece in candidate.pieces for _, row in piece.rows if row["kind"] == "issue"]
    from_texts = (
        Said(text, reference_to(row), quoted=True)
        for row in tickets
        if (text := excerpt(row["body"], title=row["title"]) or row["title"])
    )
    return _once(noted or from_texts)


def _own_part(pieces: Pieces, candidate: _Candidate) -> list[Said]:
    """What notes call hard about it; else what the texts of the changes say; else what a note alone is called."""
    noted = list(_noted(pieces, candidate.pieces, "technical"))
    tickets = {reference_to(row) for piece in candidate.pieces for _, row in piece.rows if row["kind"] == "issue"}
    quotes = (piece.quote for piece in candidate.pieces)
    from_texts = (Said(each.text, each.source, quoted=True) for each in quotes if each and each.source not in tickets)
    titles = (
        Said(note["title"], note_reference(pieces.report_input, note))
        for piece in candidate.pieces
        for _, note in piece.notes
        if piece.is_note
    )
    results = {each.text for each in _results(candidate.pieces)}
    return _once(noted or itertools.chain(from_texts, (each for each in titles if each.text not in results)))


def _references(own: Sequence[Piece]) -> list[Reference]:
    """The work items; of more than `MOST` the one of each piece that says most."""
    every = once(each for piece in own for each in piece.references)
    return every if len(every) <= MOST else once(each for piece in own for each in piece.references[:1])


def _shares(own: Iterable[Piece]) -> Iterator[Share]:
    """The changes of several people, once each."""
    for piece in own:
        for _, row in piece.rows:
            mine, _, all_of_them = dict(row["extra"]).get("own_commits", "").partition("/")
            if mine and row["kind"] == "pull_request":
                yield Share(int(mine), int(all_of_them), reference_to(row))


def _results(own: Iterable[Piece]) -> Iterator[Said]:
    """What notes say came of it, of the strongest proof first."""
    for piece in own:
        for each in piece.card:
            if each.name == "Result":
                yield Said(each.text, Reference(each.note, each.url or None))


def _figures(pieces: Pieces, own: Iterable[Piece]) -> Iterator[Said]:
    """What was reached of each outcome that claims any of the work, from the latest note that gives a figure."""
    goals = {goal.name: goal for piece in own for goal in piece.goals if goal.measure == OUTCOME}
    for name, goal in goals.items():
        if found := figures(pieces.report_input, goal):
            text = figure(goal, pieces.report_input.assessment.progress[name])
            yield Said(text, Reference(found[0].note, found[0].url or None))


def proof_in_words(pieces: Pieces, criterion: str) -> Said | None:
    """The strong proof for a criterion: what a note says came of it, else a figure, else who confirms it; else None."""
    own = [each for each in shown_by(pieces, criterion) if each.proof in STRONG]
    confirmed = (
        Said(f"Confirmed by {join_words(each.names)}.", Reference(each.note, each.url or None))
        for piece in own
        for each in piece.confirmations
    )
    return next(itertools.chain(_results(own), _figures(pieces, own), confirmed), None)


def _noted(pieces: Pieces, own: Iterable[Piece], field: str) -> Iterator[Said]:
    """What notes say in a field, each note once, with the piece that has it."""
    for piece in own:
        for index, note in piece.notes:
            text = dict(note["extra"]).get(field)
            if text and pieces.piece_of_note[index] == piece.key:
                yield Said(text, note_reference(pieces.report_input, note))


def _once(said: Iterable[Said]) -> list[Said]:
    """The first `PARTS` texts, each once; no more are read: a goal has thousands of changes."""
    by_text: dict[str, Said] = {}
    for each in said:
        by_text.setdefault(" ".join(each.text.split()), each)
        if len(by_text) == PARTS:
            break
    return list(by_text.values())
