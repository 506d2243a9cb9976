"""The report `announcement`: one piece of work for stakeholders: what came of it, how, and thanks to who took part."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from harvester.errors import ReportError
from harvester.goals.model import OUTCOME, Goal
from harvester.model.outcomes import read_outcome
from harvester.model.periods import span
from harvester.reporting.anchors import anchors
from harvester.reporting.audience import WHERE_PUBLIC
from harvester.reporting.markdown import Markdown, code
from harvester.reporting.report import Report
from harvester.reporting.report_input import ReportInput
from harvester.reporting.rows import own_rows
from harvester.text import number_text, safe_url, shell_word

from .sections.common import CommonPage, common
from .sections.highlights import highlights
from .sections.items import Item, item, join_words
from .sections.notes import Field, called
from .sections.pieces import PAGE_COLUMNS, Piece, Pieces, Quote
from .sections.thanks import Thanked, thanks, unnamed

KIND = "announcement"

WRITTEN = {"Result": "what came of it", "Technical": "what was hard about it", "Takeaway": "what was learned"}
"""The fields of a note that the page is made of, in its order, in words."""


@dataclass(frozen=True, slots=True)
class ServedGoal:
    """A goal that the work serves, why that matters, and the latest figure that a note about the work gives for it."""

    title: str
    why: str
    figure: str
    """Such as `from 31 to 0 double charges a month`; empty where no note has one, or the goal has no baseline."""
    note: str
    """The name of the note with the figure."""
    url: str | None


@dataclass(frozen=True, slots=True)
class AnnouncementDraft:
    """What must still be written; the page never makes it up."""

    unsaid: str
    """What no note says, in words; empty where notes say everything."""
    write: str
    """The command that writes it down."""
    thank: str
    """The command that names somebody who took part and whom no source names."""
    took_part: list[str]
    """The names of those of whom no source says what they did."""

    @property
    def commands(self) -> tuple[Markdown, Markdown]:
        """Both commands as code."""
        return code(self.write), code(self.thank)


@dataclass(frozen=True, slots=True)
class Page(CommonPage):
    """The page: everything that it says, as plain values; texts from sources are as the sources have them."""

    draft: AnnouncementDraft | None
    """What must still be written; null on a finished page."""
    about: str
    """The work item that the page was asked to be about."""
    results: list[Field]
    """What notes say came of it."""
    quote: Quote | None
    """The work's own text, where no note gives a result."""
    notes: list[Field]
    """What notes say was hard, and what was learned."""
    counted: str
    size: str
    """Lines added and deleted; empty where no source knows them."""
    credit: str
    worked: str
    """From the day on which the first change was begun to the last day on which anything landed."""
    serves: list[ServedGoal]
    thanks: list[Thanked]
    """In the order of their names."""
    unnamed: int
    """How many others took part who did not agree to be named to this audience."""
    items: list[Item]
    """The person's own work, each work item once by kind, newest first."""


def context(report_input: ReportInput) -> Page:
    """What the template shows; every number has its row in `harvester.analysis.measures`.

    Raises ReportError where the request names no work item, with those that it could name, or one that has nothing to
    show.
    """
    mine = own_rows(report_input, PAGE_COLUMNS)
    pieces = Pieces(report_input, mine)
    piece = _piece(report_input, pieces)
    results = [each for each in piece.card if each.name == "Result"]
    found = thanks(report_input, piece)
    title, hidden = _title(piece), unnamed(report_input, piece)
    shared = common(report_input, mine, KIND, _sources_anchor(report_input, title, thanked=bool(found or hidden)))
    return Page(
        **shared | {"heading": title},
        draft=_draft(report_input, piece, found) if report_input.draft else None,
        about=report_input.request.about or "",
        results=results,
        quote=None if results else piece.quote,
        notes=[each for each in piece.card if each.name != "Result"],
        counted="" if piece.is_note else piece.counted,
        size=piece.size,
        credit=piece.credit,
        worked=_worked(report_input, piece),
        serves=[_served(report_input, piece, goal) for goal in piece.goals],
        thanks=found,
        unnamed=hidden,
        items=_items(report_input, piece),
    )


def _piece(report_input: ReportInput, pieces: Pieces) -> Piece:
    """The piece of work that the page is about: of several in its threads the one with the work item."""
    about = report_input.request.about
    if about is None:
        raise ReportError("An announcement is about one piece of work.", hint=_candidates(pieces))
    if not len(pieces) and report_input.withheld:
        raise ReportError(
            f"The audience {report_input.request.audience!r} sees nothing of this work: "
            "it is private, or not known to be public.",
            hint=WHERE_PUBLIC,
        )
    if not len(pieces):
        raise ReportError(
            f"Nothing of {about} counts for {report_input.who} in the period of this page "
            f"({span(*report_input.calendar.dates(report_input.period))}).",
            hint="Name other work, or another person or period; without --period it is the days of the work.",
        )
    rows = ((piece, row["work_item"]) for piece in pieces for _, row in piece.all_rows)
    return next((piece for piece, name in rows if name.lower() == about.lower()), pieces[0])


def _title(piece: Piece) -> str:
    """The title of the first note that says what came of it, since that is the person's own; else that of the work."""
    noted = (note["title"] for _, note in piece.notes if dict(note["extra"]).get("result") and note["title"])
    return str(next(noted, piece.title))


def _candidates(pieces: Pieces) -> str:
    """A command for each of the highlights, or how to name work where there are none."""
    named = [(each.references[0].label, each.title) for each in highlights(pieces) if each.references]
    if not named:
        return "Name it with --about, such as pay#131, PAY-7 or a commit's hash; and perhaps another --period."
    lines = [f"  harvester report {KIND} --about {shell_word(label)}   ({title[:80]})" for label, title in named]
    return "\n".join(["Name it with --about, such as one of the highlights:", *lines])


def _worked(report_input: ReportInput, piece: Piece) -> str:
    changes = [row for _, row in piece.rows if row["kind"] in ("pull_request", "commit")]
    began: list[dt.datetime] = [row["started_at"] or row["occurred_at"] for row in changes]
    times: list[dt.datetime] = [row["occurred_at"] for _, row in piece.rows]
    return span(*map(report_input.calendar.day_of, (min([*began, *times]), max(times))))


def _served(report_input: ReportInput, piece: Piece, goal: Goal) -> ServedGoal:
    figures = [
        (value, note)
        for _, note in piece.notes
        for name, value in read_outcome(dict(note["extra"]).get("outcome", "")).items()
        if name == goal.name and goal.measure == OUTCOME and goal.baseline is not None
    ]
    if not figures:
        return ServedGoal(goal.title, goal.why, "", "", None)
    value, note = figures[-1]
    words = f"from {number_text(goal.baseline)} to {number_text(value)} {goal.unit}".rstrip()
    return ServedGoal(goal.title, goal.why, words, called(report_input, note), safe_url(note["url"]))


def _items(report_input: ReportInput, piece: Piece) -> list[Item]:
    """Each work item once by kind; notes are named by what they say."""
    last: dict[tuple[str, str], Mapping[str, Any]] = {}
    for _, row in piece.rows:
        if row["kind"] != "note":
            last.setdefault((row["kind"], row["work_item_key"]), row)
    return [item(report_input, row) for row in last.values()]


def _draft(report_input: ReportInput, piece: Piece, found: list[Thanked]) -> AnnouncementDraft:
    about = shell_word(piece.references[0].label if piece.references else piece.title)
    unsaid = [name for name in WRITTEN if not piece.said(name)]
    note = f'harvester note "…" --about {about}'
    return AnnouncementDraft(
        join_words(WRITTEN[name] for name in unsaid),
        " ".join([note, *(f'--{name.lower()} "…"' for name in unsaid)]),
        f"{note} --with NAME",
        [each.name for each in found if not each.did],
    )


def _sources_anchor(report_input: ReportInput, title: str, *, thanked: bool) -> str:
    headings = [title, *(["For the author"] if report_input.draft else []), "What changed"]
    return anchors([*headings, *(["Thanks"] if thanked else []), "Sources and coverage"])[-1]


REPORT = Report(
    KIND, "harvester.reports", "announcement.md.j2", context, page=Page, needs=frozenset({"about"}),
    summary="one piece of work for stakeholders: what came of it, and thanks to who took part",
)  # fmt: skip
