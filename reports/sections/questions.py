"""What answers each question of a form: its pieces of work, the rows that count for it, and which fits it best."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from harvester.goals.model import Question, Rule

from .highlights import highlights
from .pieces import PROOFS, Piece, Pieces

if TYPE_CHECKING:
    import pandas as pd

HIGHLIGHTS = Question(title="Highlights")
"""What is answered where goals.toml has no questions."""


@dataclass(frozen=True)
class Answering:
    """What answers one question, in the order in which it is described."""

    question: Question
    pieces: list[Piece]
    """The pieces of work, those with the strongest proof first, then the weightiest."""
    rows: frozenset[Any]
    """The labels of the rows that answer it, among those that count."""

    @property
    def is_narrower_by(self) -> int:
        """How narrowly it is asked, narrowest first: by goals, by a rule, by criteria alone, or for the highlights."""
        asked = (self.question.goals, self.question.match, self.question.criteria)
        return next((place for place, each in enumerate(asked) if each is not None), len(asked))


def answering(pieces: Pieces, mine: pd.DataFrame) -> list[Answering]:
    """What answers each question of goals.toml; without questions the highlights alone."""
    questions = pieces.report_input.assessment.goals_and_decisions.goals.questions or (HIGHLIGHTS,)
    chosen = functools.cache(lambda: [each.key for each in highlights(pieces)])
    return [_answering(pieces, mine, each, chosen() if each.takes_highlights else ()) for each in questions]


def _answering(pieces: Pieces, mine: pd.DataFrame, question: Question, chosen: Sequence[str]) -> Answering:
    if question.takes_highlights:
        by_key = {each.key: each for each in pieces}
        own = [by_key[key] for key in chosen]
        rows = frozenset(index for piece in own for index, _ in piece.rows)
        return Answering(question, own, rows)
    found = {
        *_claimed(pieces, question.goals or (), "goal"),
        *_matched(pieces, mine, question),
        *_claimed(pieces, question.criteria or (), "criterion"),
    }
    own = [piece for piece in pieces if any(index in found for index, _ in piece.all_rows)]
    own.sort(key=lambda piece: PROOFS.index(piece.proof))
    return Answering(question, own, frozenset(index for index in pieces.rows.index if index in found))


def _claimed(pieces: Pieces, names: Sequence[str], kind: str) -> set[Any]:
    """The rows that goals or criteria of these names claim."""
    claimed = pieces.report_input.assessment.all_claimed(kind)
    return set(claimed["row"][claimed["target"].isin(list(names)).to_numpy(bool)])


def _matched(pieces: Pieces, mine: pd.DataFrame, question: Question) -> set[Any]:
    """The rows that a question's rule holds for."""
    if question.match is None:
        return set()
    report_input = pieces.report_input
    rows = report_input.frame.loc[mine.index]
    which, _ = report_input.grouping.first_match(rows, [(question.title, question.match)])
    return {index for index, found in zip(rows.index, which.tolist(), strict=True) if found >= 0}


def would_answer(question: Question) -> list[str]:
    """What work would answer a question, in words; empty for one that the highlights answer."""
    by_rule = [f"work that matches {rule_words(question.match)}"] if question.match is not None else []
    goals = [f"work for the goal {name}" for name in question.goals or ()]
    return [*goals, *by_rule, *(f"work for the criterion {name}" for name in question.criteria or ())]


def rule_words(rule: Rule) -> str:
    """A rule in words: `labels impact or customer, and kinds issue`."""
    parts = [f"{key} {' or '.join(getattr(rule, key))}" for key in rule.keys if key not in ("any", "all")]
    parts += [_joined(" or ", rule.any)] if rule.any else []
    parts += [_joined(" and ", rule.all)] if rule.all else []
    parts += [f"not {rule_words(each)}" for each in rule.not_ or ()]
    return ", and ".join(parts)


def _joined(word: str, rules: Iterable[Rule]) -> str:
    return word.join(f"({rule_words(each)})" for each in rules)
