"""The report `accomplishments`: what somebody did in a period, for a reader with three minutes, all of it linked."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any

from harvester.analysis import measures
from harvester.goals.summaries import summary_of
from harvester.grouping import place
from harvester.model.periods import MONTHS
from harvester.reporting.anchors import anchors_by_name
from harvester.reporting.charts import Chart
from harvester.reporting.report import Report
from harvester.reporting.report_input import ReportInput
from harvester.reporting.rows import own_rows

from .sections import charts, draft, goals, help_given, highlights, other_work, summary
from .sections.common import CommonPage, common, heading
from .sections.draft import Draft
from .sections.goals import GoalRow, Section
from .sections.help_given import HelpGiven, NoteLine
from .sections.highlights import Highlight
from .sections.items import Item, item, newest_first, once_by_kind
from .sections.other_work import RoutineKind, Theme
from .sections.pieces import PAGE_COLUMNS, Pieces

if TYPE_CHECKING:
    import pandas as pd

KIND = "accomplishments"


@dataclass(frozen=True, slots=True)
class Anchors:
    """The anchors of the page's own headings, and by goal that of its section."""

    highlights: str
    appendix: str
    goals: dict[str, str]


@dataclass(frozen=True, slots=True)
class MergedMonth:
    """What the person merged for others in one month, newest first."""

    month: str
    """Such as `June 2026`."""
    items: list[Item]


@dataclass(frozen=True, slots=True)
class Page(CommonPage):
    """The page: everything that it says, as plain values; texts from sources are as the sources have them."""

    draft: Draft | None
    """What its author should know before handing it in; null on a finished page."""
    summary: str | None
    """The person's own opening paragraph, from the notebook."""
    sentences: list[str]
    """The opening paragraph, a sentence each, where the person wrote none."""
    goals: list[GoalRow]
    as_of: dt.date
    """The last day up to which progress is counted."""
    highlights: list[Highlight]
    sections: list[Section]
    help: HelpGiven | None
    themes: list[Theme]
    routine: list[RoutineKind]
    routine_total: int
    notes: list[NoteLine]
    items: list[Item]
    """Everything that was counted, each work item once by kind, newest first, but for what was merged for others."""
    merges: list[MergedMonth]
    """What was merged for others, newest first."""
    anchors: Anchors


def context(report_input: ReportInput) -> Page:
    """What the template shows; every number has its row in `harvester.analysis.measures`."""
    mine = own_rows(report_input, PAGE_COLUMNS)
    pieces = Pieces(report_input, mine)
    chosen = highlights.highlights(pieces)
    highlighted = {each.key: number for number, each in enumerate(chosen, 1)}
    themes = other_work.themes(pieces, highlighted)
    sections = goals.sections(pieces, chosen)
    routine = other_work.routine(pieces)
    help_ = help_given.help_given(pieces, mine, chosen)
    notes = help_given.note_lines(pieces, chosen, helping=False)
    author = draft.draft(pieces, mine, sections) if report_input.draft else None
    sources_anchor, page_anchors = _anchors(
        heading(report_input, KIND),
        chosen,
        sections,
        help_,
        draft=author is not None,
        other=bool(themes or notes or routine),
    )
    return Page(
        **common(report_input, mine, KIND, sources_anchor),
        draft=author,
        summary=summary_of(report_input.frame, report_input.persons, report_input.period, report_input.calendar),
        sentences=summary.sentences(pieces, themes, help_),
        goals=goals.rows(pieces),
        as_of=report_input.calendar.day_of(report_input.assessment.counted_until - dt.timedelta(microseconds=1)),
        highlights=chosen,
        sections=sections,
        help=help_,
        themes=themes,
        routine=routine,
        routine_total=other_work.total(routine),
        notes=notes,
        items=_items(pieces),
        merges=_merges(report_input, mine),
        anchors=page_anchors,
    )


def _items(pieces: Pieces) -> list[Item]:
    """Each work item once by kind, of several reviews of one the last, with its goals, or else its theme."""
    places = {}
    for piece in pieces:
        noted = {index for index, _ in piece.notes}
        for index, _ in piece.all_rows:
            is_note = index in noted
            names = [goal.title for goal in piece.goals if is_note or index in pieces.reasons[goal.name]]
            places[index] = ", ".join(names) or piece.routine or (piece.theme if piece.is_own_work else "")
    return [item(pieces.report_input, row, places.get(index, "")) for index, row in once_by_kind(pieces.rows)]


def _merges(report_input: ReportInput, mine: pd.DataFrame) -> list[MergedMonth]:
    """What the person merged for others, each work item once: hundreds, whose rows would hide the person's own work."""
    merged: dict[str, Item] = {}
    for _, row in newest_first(measures.of(mine, measures.MEASURES["merged_for_others"])):
        merged.setdefault(row["work_item_key"], item(report_input, row))
    months = groupby(merged.values(), lambda each: (each.date.year, each.date.month))
    return [MergedMonth(f"{MONTHS[month - 1]} {year}", list(items)) for (year, month), items in months]


def _anchors(
    title: str,
    chosen: Sequence[Highlight],
    sections: Sequence[Section],
    help_: HelpGiven | None,
    *,
    draft: bool,
    other: bool,
) -> tuple[str, Anchors]:
    """The anchor of the sources, and those of a page with these headings, in the order of the template."""
    headings: list[tuple[str, str]] = [("", title)]
    headings += [("", "For the author")] if draft else []
    headings += [("highlights", "Highlights")] if chosen else []
    for section in sections:
        headings += [(f"goal {section.name}", section.title), *(("", each) for each in section.headings)]
    headings += [("", "Helping others")] if help_ else []
    headings += [("", "Other work" if sections else "Work by theme")] if other else []
    headings += [("sources", "Sources and coverage"), ("appendix", "Appendix: all work")]
    found = anchors_by_name(headings)
    return found["sources"], Anchors(
        found.get("highlights", ""), found["appendix"],
        {section.name: found[f"goal {section.name}"] for section in sections},
    )  # fmt: skip


def page_charts(report_input: ReportInput, page: Page) -> dict[str, Chart]:
    """The charts of the page: work by week, the pace of each goal, and when each theme was worked on."""
    made = charts.charts(report_input, own_rows(report_input, PAGE_COLUMNS))
    days = [(theme.name, theme.days) for theme in page.themes]
    if drawn := charts.themes_chart(report_input.calendar, report_input.period, days):
        made["themes"] = drawn
    return made


def explained_highlights(report_input: ReportInput) -> dict[Any, str]:
    """By label of a row the highlight that it is part of, and why."""
    return highlights.explained(Pieces(report_input, own_rows(report_input, PAGE_COLUMNS)))


def row_columns(report_input: ReportInput, rows: pd.DataFrame) -> pd.DataFrame:
    """The columns `theme` and `routine` of the rows that serve no goal."""
    return place(rows, report_input.grouping)[["theme", "routine"]]


REPORT = Report(
    KIND, "harvester.reports", "accomplishments.md.j2", context, page=Page, charts=page_charts,
    row_columns=row_columns, highlights=explained_highlights,
    summary="what somebody did in a period, and for which goals",
)  # fmt: skip
