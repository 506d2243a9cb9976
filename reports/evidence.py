"""The report `evidence`: what a committee must know before a review: criteria, their proof, and whose work it was."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from harvester.goals.summaries import summary_of
from harvester.reporting.anchors import anchors_by_name
from harvester.reporting.charts import Chart
from harvester.reporting.markdown import Markdown, code
from harvester.reporting.report import Report
from harvester.reporting.report_input import ReportInput
from harvester.reporting.rows import own_rows
from harvester.text import count_noun, shell_word

from .accomplishments import row_columns
from .sections import charts
from .sections.common import CommonPage, common, heading
from .sections.credits import SharedWork, shared_work
from .sections.criteria import CriterionRow, criteria
from .sections.criteria_by_level import Meaning, meanings
from .sections.draft import Unasked, or_none, unasked
from .sections.evidence_themes import OUTCOME_PART, OWN_PART, PROBLEM, EvidenceTheme, Said, proof_in_words, themes
from .sections.items import Item, Reference, item, join_words, once_by_kind
from .sections.pieces import PAGE_COLUMNS, Pieces
from .sections.summary import sentences
from .sections.sustained import Sustained, sustained

if TYPE_CHECKING:
    import pandas as pd

KIND = "evidence"
PERIOD = "last 4 quarters"

OPTIONS = {PROBLEM: "--problem", OWN_PART: "--technical", OUTCOME_PART: "--result"}
"""The options of `harvester note` that say a part of a theme."""

WORDS = 120
"""Words of the opening: what a committee reads aloud in a minute."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence of the opening, or what a note says, with the note and the criteria that it proves, in brief."""

    text: str
    source: Reference | None = None
    criteria: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Gap:
    """A criterion for which evidence is needed, and what there is."""

    number: int
    brief: str
    level: str
    counted: str
    """What activity there is, in words; empty where nothing is linked to it."""


@dataclass(frozen=True, slots=True)
class CriterionToDo:
    """A criterion without strong proof, for the page's author: the best work for it, and its name for commands."""

    number: int
    brief: str
    name: str
    state: str
    counted: str
    """What is there for it, in words; empty for nothing."""
    about: Reference | None

    @property
    def command(self) -> Markdown:
        """The command that writes proof down, or links work, as code."""
        if self.about is None:
            return code(f"harvester decide ITEM --criterion {self.name}")
        return code(f'harvester note "…" --about {shell_word(self.about.label)} --result "…" --witness NAME')


@dataclass(frozen=True, slots=True)
class ThemeToDo:
    """A theme that lacks some part, and its weightiest work."""

    title: str
    unknown: list[str]
    about: Reference | None

    @property
    def command(self) -> Markdown:
        """The command that writes it down, or the fields of a note, as code."""
        if self.about is None:
            return Markdown(" and ".join(code(f"{OPTIONS[each].removeprefix('--')}:") for each in self.unknown))
        said = " ".join(f'{OPTIONS[each]} "…"' for each in self.unknown)
        return code(f'harvester note "…" --about {shell_word(self.about.label)} {said}')


@dataclass(frozen=True, slots=True)
class EvidenceDraft:
    """What the page's author should do before handing it in, gaps first."""

    criteria: list[CriterionToDo]
    by_hand: str
    """The numbers of criteria that nothing is linked to and no goal or rule is for, in words; empty for none."""
    first_by_hand: str
    """The name of the first of them."""
    no_criteria: bool
    themes: list[ThemeToDo]
    unasked: list[Unasked]
    long_summary: int
    """The words of the person's own opening, where they are more than `WORDS`; else 0."""
    warnings: list[str]


@dataclass(frozen=True, slots=True)
class EvidenceAnchors:
    """The anchors of the page's headings; of themes by their place."""

    criteria: str
    themes: list[str]
    appendix: str


@dataclass(frozen=True, slots=True)
class Page(CommonPage):
    """The page: everything that it says, as plain values; texts from sources are as the sources have them."""

    draft: EvidenceDraft | None
    """What its author should know before handing it in; null where that is nothing, and on a finished page."""
    summary: str | None
    """The person's own opening, from the notebook."""
    opening: list[Sentence]
    """The opening where the person wrote none, at most `WORDS` words."""
    criteria: list[CriterionRow]
    best_in: list[int | None]
    """For each criterion the place of the theme that has its best proof, from 0; null where none has."""
    meanings: list[Meaning]
    """The states of criteria that occur."""
    themes: list[EvidenceTheme]
    gaps: list[Gap]
    unlinked: str
    """The numbers of criteria that nothing is linked to, in words: `criteria 2 and 4 to 7`; empty for none."""
    shared: list[SharedWork]
    sustained: Sustained
    items: list[Item]
    """What is claimed for criteria, each work item once by kind, newest first; `goal` has their numbers.

    Without criteria it is the work of the themes, with their titles.
    """
    anchors: EvidenceAnchors


def context(report_input: ReportInput) -> Page:
    """What the template shows; every number has its row in `harvester.analysis.measures`."""
    mine = own_rows(report_input, PAGE_COLUMNS)
    pieces = Pieces(report_input, mine)
    rows = criteria(pieces)
    chosen = themes(pieces, rows)
    gaps = [_gap(each) for each in rows if each.state == "evidence needed"]
    unlinked = [each.number for each in gaps if not each.counted]
    shared, steps = shared_work(pieces, chosen), sustained(pieces, rows)
    summary = summary_of(report_input.frame, report_input.persons, report_input.period, report_input.calendar)
    author = _draft(pieces, mine, rows, chosen, summary) if report_input.draft else None
    title = [heading(report_input, KIND), *(["For the author"] if author else [])]
    sources_anchor, page_anchors = _anchors(title, rows, chosen, gaps, shared, steps)
    keys = {key: place for place, theme in enumerate(chosen) for key in theme.keys}
    return Page(
        **common(report_input, mine, KIND, sources_anchor),
        draft=author,
        summary=summary,
        opening=_opening(pieces, rows, chosen, steps),
        criteria=rows,
        best_in=[keys.get(each.best.key) if each.best else None for each in rows],
        meanings=meanings({each.state for each in rows}),
        themes=chosen,
        gaps=gaps,
        unlinked=numbered(unlinked),
        shared=shared,
        sustained=steps,
        items=_items(pieces, rows, chosen),
        anchors=page_anchors,
    )


def _opening(
    pieces: Pieces, rows: Sequence[CriterionRow], chosen: Sequence[EvidenceTheme], steps: Sustained
) -> list[Sentence]:
    """How strong the proof is, what it is for which criterion, as much of it as `WORDS` allows, and what is missing."""
    before, after = list(_state(rows)), [*_over_time(rows, steps), *_weak(rows)]
    if not rows:
        before = ["No criteria are given for this page.", *sentences(pieces, [])]
    room = WORDS - sum(len(each.split()) for each in (*before, *after))
    proofs = []
    for each in _proofs(pieces, rows, chosen):
        if (length := sum(len(text.split()) for text in (each.text, *each.criteria))) <= room:
            proofs.append(each)
            room -= length
    return [*map(Sentence, before), *proofs, *map(Sentence, after)]


def _state(rows: Sequence[CriterionRow]) -> Iterator[str]:
    """For how many criteria the proof is strong; of a level where all are of one."""
    if not rows:
        return
    levels = {each.level for each in rows}
    of_level = f" of {levels.pop()}" if len(levels) == 1 and rows[0].level else ""
    strong = sum(each.state == "strong" for each in rows)
    of_all = f"{strong or 'none'} of the {len(rows)} criteria" if len(rows) > 1 else "the one criterion"
    there = (
        "no strong evidence for the one criterion" if len(rows) == 1 and not strong else f"strong evidence for {of_all}"
    )
    yield f"There is {there}{of_level}."


def _proofs(pieces: Pieces, rows: Sequence[CriterionRow], chosen: Sequence[EvidenceTheme]) -> Iterator[Sentence]:
    """What proves each criterion whose proof is strong; without criteria the first result of each theme."""
    if not rows:
        yield from (Sentence(each.results[0].text, each.results[0].source) for each in chosen if each.results)
        return
    by_proof: dict[Said, list[str]] = {}
    for row in rows:
        if row.state == "strong" and (said := proof_in_words(pieces, row.name)):
            by_proof.setdefault(said, []).append(row.brief)
    yield from (Sentence(said.text, said.source, briefs) for said, briefs in by_proof.items())


def _over_time(rows: Sequence[CriterionRow], steps: Sustained) -> Iterator[str]:
    """In how many steps there is work for the criteria with strong proof."""
    strong = {each.number for each in rows if each.state == "strong"}
    cells = [each.cells for each in steps.rows if each.number in strong]
    used = [step for at, step in enumerate(steps.steps) if any(each[at].pieces for each in cells)]
    if not used or len(steps.steps) == 1:
        return
    criteria_ = "the criterion" if len(strong) == 1 else "the criteria"
    of_all = count_noun(len(steps.steps), steps.each)
    yield f"Work for {criteria_} with strong evidence was done in {len(used)} of {of_all}."


def _weak(rows: Sequence[CriterionRow]) -> Iterator[str]:
    thin = sum(each.state == "thin" for each in rows)
    needed = sum(each.state == "evidence needed" for each in rows)
    if needed == len(rows):
        yield "Evidence is needed for it." if needed == 1 else "Evidence is needed for all of them."
    elif thin:
        more = f", and for {needed} it is needed" if needed else ""
        yield f"For {count_noun(thin, 'criterion', 'criteria')} evidence is thin{more}."
    elif needed:
        yield f"For {count_noun(needed, 'criterion', 'criteria')} evidence is needed."


def numbered(numbers: Sequence[int]) -> str:
    """Criteria by their numbers, in order: `criterion 2`, `criteria 2 and 4 to 7`; empty for none."""
    if not numbers:
        return ""
    spans = [[numbers[0], numbers[0]]]
    for each in numbers[1:]:
        if each == spans[-1][1] + 1:
            spans[-1][1] = each
        else:
            spans.append([each, each])
    parts = [part for first, last in spans for part in _span(first, last)]
    return f"{'criterion' if len(numbers) == 1 else 'criteria'} {join_words(parts)}"


def _span(first: int, last: int) -> list[str]:
    return [f"{first} to {last}"] if last - first > 1 else [str(each) for each in dict.fromkeys((first, last))]


def _gap(row: CriterionRow) -> Gap:
    return Gap(row.number, row.brief, row.level, row.counted)


def _items(pieces: Pieces, rows: Sequence[CriterionRow], chosen: Sequence[EvidenceTheme]) -> list[Item]:
    """What is claimed for criteria, or else the work of the themes."""
    places: dict[Any, list[str]] = {}
    for row in rows:
        for index in pieces.shown[row.name]:
            places.setdefault(index, []).append(str(row.number))
    titles = {key: theme.title for theme in chosen for key in theme.keys}
    if not rows:
        places = {index: [titles[piece.key]] for piece in pieces if piece.key in titles for index, _ in piece.all_rows}
    listed = once_by_kind(pieces.rows[pieces.rows.index.isin(list(places))])
    return [item(pieces.report_input, each, ", ".join(places[index])) for index, each in listed]


def _draft(
    pieces: Pieces,
    mine: pd.DataFrame,
    rows: Sequence[CriterionRow],
    chosen: Sequence[EvidenceTheme],
    summary: str | None,
) -> EvidenceDraft | None:
    """What is still to do: criteria by how much they lack, then what themes lack; None for nothing."""
    weak = sorted((each for each in rows if each.state != "strong"), key=lambda each: each.state != "evidence needed")
    rules = {each.name for each in pieces.criteria if each.match} | {each.criterion for each in pieces.goals}
    by_hand = [each for each in rows if not each.counted and each.state == "evidence needed" and each.name not in rules]
    words = len(summary.split()) if summary else 0
    return or_none(EvidenceDraft(
        [
            CriterionToDo(
                each.number, each.brief, each.name, each.state, each.counted, _about(pieces, each)
            )
            for each in weak
            if each not in by_hand
        ],
        numbered([each.number for each in by_hand]),
        by_hand[0].name if by_hand else "",
        not rows,
        [
            ThemeToDo(each.title, each.unknown, each.references[0] if each.references else None)
            for each in chosen
            if each.unknown
        ],
        unasked(pieces.report_input, mine),
        words if words > WORDS else 0,
        list(pieces.report_input.assessment.warnings),
    ))  # fmt: skip


def _about(pieces: Pieces, row: CriterionRow) -> Reference | None:
    """The best work for a criterion, where it is more than a note."""
    best = next((each for each in pieces if row.best and each.key == row.best.key), None)
    return best.references[0] if best and best.references else None


def _anchors(
    title: Sequence[str],
    rows: Sequence[CriterionRow],
    chosen: Sequence[EvidenceTheme],
    gaps: Sequence[Gap],
    shared: Sequence[SharedWork],
    steps: Sustained,
) -> tuple[str, EvidenceAnchors]:
    """The anchor of the sources, and those of the page's own headings below `title`, in the order of the template."""
    headings = [("", each) for each in title]
    headings += [("criteria", "Criteria")] if rows else []
    headings += [(f"theme {place}", each.title) for place, each in enumerate(chosen)]
    headings += [("", "Where evidence is needed")] if gaps else []
    headings += [("", "What others did")] if shared else []
    headings += [("", "Sustained over time")] if steps.rows else []
    headings += [("sources", "Sources and coverage"), ("appendix", APPENDIX if rows else APPENDIX_OF_THEMES)]
    found = anchors_by_name(headings)
    of_themes = [found[f"theme {place}"] for place in range(len(chosen))]
    return found["sources"], EvidenceAnchors(found.get("criteria", ""), of_themes, found["appendix"])


APPENDIX = "Appendix: all work for the criteria"
APPENDIX_OF_THEMES = "Appendix: all work of the themes"


def page_charts(report_input: ReportInput, page: Page) -> dict[str, Chart]:
    """The chart of the page: work for the criteria by week."""
    mine, claimed = own_rows(report_input, PAGE_COLUMNS), report_input.assessment.all_claimed("criterion")["row"]
    made = charts.charts(report_input, mine[mine.index.isin(claimed)])
    return {"weeks": made["weeks"]} if "weeks" in made else {}


REPORT = Report(
    KIND, "harvester.reports", "evidence.md.j2", context, page=Page, charts=page_charts, row_columns=row_columns,
    default_period=PERIOD, audiences=("manager",), entries=("criteria",),
    summary="for a review: what a level asks, the evidence there is, and what is missing",
)  # fmt: skip
