"""The report `goals`: the page to agree on at the start of a year, with criteria, their evidence and proposed goals."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harvester.model.periods import span
from harvester.reporting.anchors import anchors
from harvester.reporting.markdown import Markdown, code
from harvester.reporting.report import Report
from harvester.reporting.report_input import ReportInput
from harvester.reporting.rows import own_rows
from harvester.text import count_noun

from .accomplishments import row_columns
from .sections.common import CommonPage, common
from .sections.criteria_by_level import (
    STATES,
    CriteriaSource,
    LevelOfCriteria,
    Meaning,
    StateOrByHand,
    ThemeCount,
    levels,
    meanings,
    sources,
    themes,
)
from .sections.draft import Unasked, or_none, unasked
from .sections.items import join_words
from .sections.pieces import PAGE_COLUMNS, Pieces
from .sections.proposals import EndedGoal, OpenQuestions, Proposal, as_of, ended, open_questions, proposals, proposed

if TYPE_CHECKING:
    import pandas as pd

KIND = "goals to agree on"

DEFAULT_PERIOD = "last 12 months"
"""Twelve whole months: in January the year that has ended, whenever a year is said to start."""

HAS: dict[StateOrByHand, tuple[str, str]] = {
    "strong": ("has strong evidence", "have strong evidence"),
    "thin": ("has thin evidence", "have thin evidence"),
    "evidence needed": ("needs evidence", "need evidence"),
    "judged by hand": ("is judged by hand", "are judged by hand"),
}
"""What is said of one criterion, and of several."""


@dataclass(frozen=True, slots=True)
class Unserved:
    """How many criteria no proposed goal serves, and the name of the first."""

    criteria: int
    first: str

    @property
    def command(self) -> Markdown:
        """The command that adds a goal for the first, as code."""
        return code(f'harvester goals add "…" --criterion {self.first}')


@dataclass(frozen=True, slots=True)
class GoalSheetDraft:
    """What the author may do before the page is agreed on."""

    unserved: Unserved | None
    """Null where each criterion has a goal."""
    unasked: list[Unasked]
    warnings: list[str]


@dataclass(frozen=True, slots=True)
class Page(CommonPage):
    """The page: everything that it says, as plain values; texts from sources are as the sources have them."""

    draft: GoalSheetDraft | None
    """What its author may do before it is agreed on; null where that is nothing, and on a finished page."""
    sentences: list[str]
    """The opening paragraph, a sentence each."""
    themes: list[ThemeCount]
    """How the criteria of each theme are; empty where there are few."""
    levels: list[LevelOfCriteria]
    """The criteria, with the evidence that there is."""
    meanings: list[Meaning]
    """The states that occur."""
    criteria_sources: list[CriteriaSource]
    proposals: list[Proposal]
    ended: list[EndedGoal]
    """The goals of the period that are over."""
    as_of: dt.date
    """The last day up to which figures of goals are counted."""
    questions: OpenQuestions | None
    """Null where nothing is open."""
    signatures: list[str]
    """The names of the people who sign, beside their manager."""


def context(report_input: ReportInput) -> Page:
    """What the template shows; every count of work has its row in `harvester.analysis.measures`."""
    mine = own_rows(report_input, PAGE_COLUMNS)
    pieces = Pieces(report_input, mine)
    served = [(each.criterion, each.title) for each in proposed(report_input)]
    by_level = levels(pieces, served)
    offered = proposals(report_input)
    questions = open_questions(report_input)
    heading = f"{report_input.who} – {KIND}"
    found = {row.state for each in by_level for row in each.rows}
    author = _for_author(pieces, report_input, served, mine) if report_input.draft else None
    headings = [heading, *(["For the author"] if author else []), *_headings(by_level, offered, questions)]
    fields = common(report_input, mine, KIND, anchors(headings)[-1])
    return Page(
        **{**fields, "heading": heading},
        draft=author,
        sentences=list(_sentences(report_input, by_level, len(offered), served)),
        themes=themes(by_level),
        levels=by_level,
        meanings=meanings(found),
        criteria_sources=sources(pieces.criteria),
        proposals=offered,
        ended=ended(report_input),
        as_of=as_of(report_input),
        questions=questions or None,
        signatures=[report_input.name(each) for each in report_input.persons],
    )


def _sentences(
    report_input: ReportInput,
    by_level: Sequence[LevelOfCriteria],
    offered: int,
    served: Sequence[tuple[str | None, str]],
) -> list[str]:
    days = span(*report_input.calendar.dates(report_input.period))
    rows = [row for each in by_level for row in each.rows]
    with_goal = {name for name, _ in served} & {row.name for row in rows}
    goals = f"{count_noun(offered, 'goal')} {'is' if offered == 1 else 'are'} proposed" if offered else ""
    if goals and rows:
        goals += f", for {len(with_goal)} of the {count_noun(len(rows), 'criterion', 'criteria')}"
    made = [f"The evidence is from the work of {days}."]
    return [*made, _states([row.state for row in rows]), f"{goals}." if goals else "No goal is proposed."]


def _states(states: Sequence[StateOrByHand]) -> str:
    """How many criteria have which state, in words."""
    numbers = Counter(states)
    if not numbers:
        return "No criteria are given."
    if len(numbers) == 1:
        (state,) = numbers
        number = numbers[state]
        if number == 1:
            return f"The criterion {HAS[state][0]}."
        return f"All {number} criteria {HAS[state][1]}."
    parts = [f"{numbers[each]} {HAS[each][numbers[each] > 1]}" for each in STATES if numbers[each]]
    return f"Of {len(states)} criteria {join_words(parts)}."


def _headings(
    by_level: Sequence[LevelOfCriteria], offered: Sequence[Proposal], questions: OpenQuestions | None
) -> Iterator[str]:
    """The headings of the page up to that of the sources, in the order of the template."""
    if by_level:
        yield from ("Criteria", *(each.level for each in by_level if each.level))
    if offered:
        yield from ("Proposed goals", *(each.title for each in offered))
    if questions:
        yield "Open questions"
    yield from ("Agreed", "Sources and coverage")


def _for_author(
    pieces: Pieces, report_input: ReportInput, served: Sequence[tuple[str | None, str]], mine: pd.DataFrame
) -> GoalSheetDraft | None:
    """What the author may do; None for nothing."""
    names = {name for name, _ in served}
    open_ = [each.name for each in pieces.criteria if each.name not in names]
    asked, warnings = unasked(report_input, mine), list(report_input.assessment.warnings)
    return or_none(GoalSheetDraft(Unserved(len(open_), open_[0]) if open_ else None, asked, warnings))


REPORT = Report(
    "goals", "harvester.reports", "goal_sheet.md.j2", context, page=Page, audiences=("manager",),
    row_columns=row_columns, default_period=DEFAULT_PERIOD, entries=("goals",),
    summary="the page to agree on at the start of a year: criteria, evidence, proposed goals",
)  # fmt: skip
