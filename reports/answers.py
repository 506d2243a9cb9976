"""The report `answers`: the questions of a company's form, and below each the evidence as text to paste into it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from harvester.analysis import measures
from harvester.goals.model import Goal
from harvester.reporting.anchors import anchors
from harvester.reporting.markdown import fenced
from harvester.reporting.report import Report
from harvester.reporting.report_input import ReportInput
from harvester.reporting.rows import own_rows
from harvester.text import count_noun

from .sections import paste, questions, summary
from .sections.common import CommonPage, common, heading
from .sections.draft import Unwritten, or_none
from .sections.help_given import Helped, helped
from .sections.items import Item, Reference, item, join_words, once_by_kind
from .sections.paste import Wordings
from .sections.pieces import PAGE_COLUMNS, Piece, Pieces
from .sections.questions import Answering

if TYPE_CHECKING:
    import pandas as pd

KIND = "answers"

LEFT_OUT_NAMED = 10
"""Pieces of work that did not fit and are named; the appendix has all."""

OWN = ("pull_requests", "tickets", "releases", "commits")
"""The measures of the person's own work that the last line of an answer sums up, tickets with their points."""

FOR_OTHERS = {"reviews": ("Reviewed", "by"), "help": ("Helped with", "of"), "comments": ("Made", "on work of")}
"""The measures of what was done for others, a line each, with the words before the number and before the people."""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A piece of work that answers a question and did not fit into its text."""

    title: str
    reference: Reference | None


@dataclass(frozen=True, slots=True)
class Answer:
    """A question of the form, and what answers it."""

    title: str
    asked: str
    """The words that the form asks; empty where the title is all."""
    text: str
    """Exactly what is to be pasted: an item a line, with a line feed between; empty where nothing answers it."""
    characters: int
    """How long the text is: Unicode code points, a line end as one."""
    limit: int | None
    """How many characters the form takes; null where that is not known."""
    left_out: list[LeftOut]
    """What answers it and did not fit, the first `LEFT_OUT_NAMED`."""
    more: int
    """How much more did not fit."""


@dataclass(frozen=True, slots=True)
class Unanswered:
    """A question that nothing answers, and what would."""

    title: str
    would: list[str]
    names_goals: bool
    """Whether linking work to a goal answers it."""


@dataclass(frozen=True, slots=True)
class AnswersDraft:
    """What its author should know before pasting."""

    unanswered: list[Unanswered]
    unwritten: list[Unwritten]
    """Questions in whose answer no note says what came of the work, with the weightiest work."""
    warnings: list[str]
    """What may be wrong with the goals and decisions."""


@dataclass(frozen=True, slots=True)
class Page(CommonPage):
    """The page: everything that it says, as plain values; texts from sources are as the sources have them."""

    draft: AnswersDraft | None
    """What its author should know before pasting; null where that is nothing, and on a finished page."""
    answers: list[Answer]
    """In the order of goals.toml."""
    items: list[Item]
    """Everything that answers a question, each work item once by kind, newest first, with the questions' titles."""


def context(report_input: ReportInput) -> Page:
    """What the template shows; every number has its row in `harvester.analysis.measures`."""
    mine = own_rows(report_input, PAGE_COLUMNS)
    pieces = Pieces(report_input, mine)
    found = questions.answering(pieces, mine)
    answers = _answers(pieces, found)
    author = _draft(report_input, found) if report_input.draft else None
    return Page(
        **common(report_input, mine, KIND, _sources_anchor(report_input, answers, draft=author is not None)),
        draft=author,
        answers=answers,
        items=_items(pieces, found),
    )


def _answers(pieces: Pieces, found: Sequence[Answering]) -> list[Answer]:
    """The answers in the order of the questions.

    Work is described once: under the question that asks most narrowly, of several the first, where it fits. Another
    answer says shortly where that is.
    """
    made: dict[int, tuple[str, list[Piece]]] = {}
    described: dict[str, str] = {}
    for place in sorted(range(len(found)), key=lambda place: found[place].is_narrower_by):
        made[place] = _answer(pieces, found[place], described)
    answers = []
    for place, each in enumerate(found):
        text, missing = made[place]
        left_out = [piece for piece in missing if piece.key not in described]
        named = [LeftOut(piece.title, next(iter(piece.references), None)) for piece in left_out[:LEFT_OUT_NAMED]]
        question = each.question
        answers.append(
            Answer(
                paste.plain(question.title), question.text, text, paste.characters(text), question.limit,
                named, len(left_out) - len(named),
            )
        )  # fmt: skip
    return answers


def _answer(pieces: Pieces, own: Answering, described: dict[str, str]) -> tuple[str, list[Piece]]:
    """One answer's text, and the work that did not fit into it.

    `described` has the question under which each piece of work and each goal is described, and gets those of here.
    """
    listed = [each for each in own.pieces if not each.routine and (each.is_own_work or each.card)]
    goals = [
        goal for goal in pieces.goals if goal.name in (own.question.goals or ()) and _goal_key(goal) not in described
    ]
    progress = pieces.report_input.assessment.progress
    goals.sort(key=lambda goal: progress[goal.name].state != "met")
    figures = {goal.name: line for goal in goals if (line := _figure(pieces, goal))}
    work = [
        paste.again(each, described[each.key]) if each.key in described else paste.of_piece(pieces.report_input, each)
        for each in listed
    ]
    sums = list(_sums(pieces, own, len(work)))
    lines = [*figures.values(), *work, *sums]
    # Sums are of all of the work, so they are lost last; what another answer says is lost first.
    new = [at for at, each in enumerate(listed, len(figures)) if each.key not in described]
    first = [*range(len(figures)), *new[:1], *range(len(lines) - len(sums), len(lines)), *new]
    text, left_out = paste.fit(lines, own.question.limit, first)
    missing = [each for at, each in enumerate(listed, len(figures)) if at in left_out and each.key not in described]
    title = paste.plain(own.question.title)
    described |= {_goal_key(goal): title for goal in goals if goal.name in figures}
    described |= {each.key: title for each in listed if each.key not in described and each not in missing}
    return text, missing


def _goal_key(goal: Goal) -> str:
    return f"goal {goal.name}"


def _figure(pieces: Pieces, goal: Goal) -> Wordings | None:
    """What was reached of what was agreed; None where nothing was agreed, or nothing is known."""
    at = pieces.report_input.assessment.progress[goal.name]
    if goal.target is None or at.done is None:
        return None
    words = f"Goal “{paste.plain(goal.title)}”: {summary.figure(goal, at)}"
    state = f", {at.state}" if at.state in ("met", "not met") else " so far"
    return Wordings.of([paste.ended(f"{words}{state}")])


def _sums(pieces: Pieces, own: Answering, lines: int) -> Iterable[Wordings]:
    """What was done for others, a sentence each kind, and what all of the person's own work is together."""
    rows = pieces.rows[pieces.rows.index.isin(list(own.rows))]
    for name, (what, whose) in FOR_OTHERS.items():
        if done := helped(pieces, name, rows):
            words = f"{what} {done.counted if name == 'comments' else done.changes}"
            yield Wordings.of([paste.ended(f"{words}{_people(done, whose)}")], [paste.ended(words)])
    if lines > 1 and not own.question.takes_highlights and (words := _counted(rows)):
        yield Wordings.of([f"In all {words}."])


def _counted(rows: pd.DataFrame) -> str:
    """The person's own work in words: `2 pull requests, 1 ticket (5 points) and 1 commit`."""
    words = {name: measures.words(rows, name) for name in OWN if measures.count(rows, name)}
    if "tickets" in words and measures.count(rows, "story_points"):
        words["tickets"] += f" ({measures.words(rows, 'story_points')})"
    return join_words(words.values())


def _people(done: Helped, whose: str) -> str:
    """For whom it was: ` by 7 people: Grace Hopper 19, Linus Example 9 and 5 others 13`."""
    if not done.people:
        return ""
    named = [f"{paste.plain(each.name)} {each.number}" for each in done.named]
    if done.rest_people:
        named.append(f"{count_noun(done.rest_people, 'other')} {done.rest}")
    return f" {whose} {count_noun(done.people, 'person', 'people')}: {join_words(named)}"


def _items(pieces: Pieces, found: Sequence[Answering]) -> list[Item]:
    """Each work item once by kind, of several reviews of one the last, with the questions that it answers."""
    titles: dict[Any, list[str]] = {}
    for each in found:
        for index in each.rows:
            titles.setdefault(index, []).append(paste.plain(each.question.title))
    listed = once_by_kind(pieces.rows[pieces.rows.index.isin(list(titles))])
    return [item(pieces.report_input, row, ", ".join(titles[index])) for index, row in listed]


def _draft(report_input: ReportInput, found: Sequence[Answering]) -> AnswersDraft | None:
    """What the author should know; None for nothing."""
    unanswered = [
        Unanswered(each.question.title, questions.would_answer(each.question), bool(each.question.goals))
        for each in found
        if not each.rows
    ]
    unwritten = [
        Unwritten(each.question.title, reference)
        for each in found
        if each.rows and (reference := _unwritten(each.pieces))
    ]
    return or_none(AnswersDraft(unanswered, unwritten, list(report_input.assessment.warnings)))


def _unwritten(own: Sequence[Piece]) -> Reference | None:
    """The weightiest work of an answer, where no note says what came of any of it."""
    if any(each.said("Result") for each in own):
        return None
    return next((each.references[0] for each in own if each.is_own_work and each.references), None)


def _sources_anchor(report_input: ReportInput, answers: Sequence[Answer], *, draft: bool) -> str:
    headings = [heading(report_input, KIND), *(["For the author"] if draft else [])]
    headings += [*(each.title for each in answers), "Sources and coverage"]
    return anchors(headings)[-1]


def row_columns(report_input: ReportInput, rows: pd.DataFrame) -> pd.DataFrame:
    """The column `questions`: the titles of the questions that a row answers, joined by a comma; null for none."""
    import pandas as pd

    mine = own_rows(report_input, PAGE_COLUMNS)
    titles: dict[Any, list[str]] = {}
    for each in questions.answering(Pieces(report_input, mine), mine):
        for index in each.rows:
            titles.setdefault(index, []).append(each.question.title)
    named = [", ".join(titles[index]) if index in titles else None for index in rows.index]
    return pd.DataFrame({"questions": pd.array(named, "string[pyarrow]")}, index=rows.index)


REPORT = Report(
    KIND, "harvester.reports", "answers.md.j2", context, page=Page, row_columns=row_columns,
    summary="the questions of your company's form, each with the evidence as text to paste",
    filters={"fenced": fenced}, entries=("questions",),
)  # fmt: skip
