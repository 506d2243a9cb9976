"""How a row, a day and a source are written in every report."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from harvester.analysis import measures
from harvester.analysis.frame import records
from harvester.model.periods import MONTHS, Period, span
from harvester.reporting.markdown import Markdown, code, link, reference
from harvester.reporting.report_input import ReportInput, SourceStatus

if TYPE_CHECKING:
    import pandas as pd

REFERENCE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.]*(?:-[A-Za-z0-9_.]+)*(?:[#!]\d+|-\d+)")
SHOWN = (
    "id", "work_item", "kind", "role", "state", "title", "url", "occurred_at", "story_points", "additions", "deletions",
    "is_reverted",
)  # fmt: skip
"""The columns that a line is made of; taking no others is what a year of work needs."""

VERBS = {
    "pull_request": "merged", "issue": "resolved", "commit": "landed", "release": "released", "note": "noted",
    "comment": "commented",
}  # fmt: skip

_REVIEWED = {"dismissed": "dismissed review of"}
"""What a reader is told where a review's state would say that it happened on the day of the review."""


@dataclass(frozen=True, slots=True)
class ReportLine:
    """One line: a linked label, the title, what happened when, how large it was."""

    label: Markdown
    title: str
    when: str
    size: str


@dataclass(frozen=True, slots=True)
class SourceState:
    """How a source stands: its name, the days that were read, the rows it gave to this report, and holes or none."""

    name: str
    days: str
    rows: int
    state: str
    holes: list[str]


def newest_first(report_input: ReportInput, rows: pd.DataFrame) -> list[ReportLine]:
    """Rows as lines, the newest first."""
    return [item(report_input, row) for row in sorted(records(rows[list(SHOWN)]), key=moment, reverse=True)]


def moment(row: Mapping[str, Any]) -> tuple[dt.datetime, str]:
    """What rows are ordered by: their time, and their id where that is the same."""
    return row["occurred_at"], row["id"]


def item(report_input: ReportInput, row: Mapping[str, Any]) -> ReportLine:
    """A row as a line."""
    verb = VERBS.get(row["kind"]) or _REVIEWED.get(row["state"]) or (row["state"] or "reviewed").replace("_", " ")
    when = f"{verb} {short_day(report_input, row['occurred_at'])}" + (
        ", taken back later" if row["is_reverted"] else ""
    )
    return ReportLine(label(row), row["title"] or "(no title)", when, size(row))


def label(row: Mapping[str, Any]) -> Markdown:
    """What a row is called, such as `pay#120` or a short hash, linked to its proof where that has an address."""
    place, _, name = row["work_item"].rpartition("/")
    if place == "commit":
        return link(code(name[:10]), row["url"])
    if row["kind"] == "note":
        return link("notebook", row["url"])
    return reference(name, row["url"]) if REFERENCE.fullmatch(name) else link(name, row["url"])


def size(row: Mapping[str, Any]) -> str:
    """Points, or else lines added and deleted; nothing where neither is known."""
    import pandas as pd

    if not pd.isna(row["story_points"]):
        return measures.MEASURES["story_points"].words(row["story_points"])
    if not pd.isna(row["additions"]) and not pd.isna(row["deletions"]):
        return Markdown(f"+{row['additions']:,} −{row['deletions']:,}")
    return ""


def short_day(report_input: ReportInput, at: dt.datetime) -> str:
    """The day of an instant in the person's zone, such as `8 Aug`."""
    day = report_input.calendar.day_of(at)
    return f"{day.day} {MONTHS[day.month - 1][:3]}"


def days(report_input: ReportInput, period: Period) -> str:
    """The days of a period, first and last."""
    return span(*report_input.calendar.dates(period))


def listed(parts: list[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    return " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)


def counted_by(rows: pd.DataFrame, names: Iterable[str], *columns: str) -> dict[tuple[str, ...], str]:
    """What these measures count for each combination of values, such as of `thread`: `3 pull requests and 2 tickets`.

    Those that count nothing are left out.
    """
    found: dict[tuple[str, ...], list[str]] = {}
    for name in names:
        for values, number in measures.count_by(rows, name, columns).items():
            if number:
                found.setdefault(values, []).append(measures.MEASURES[name].words(number))
    return {values: listed(parts) for values, parts in found.items()}


def sources(report_input: ReportInput, mine: pd.DataFrame) -> list[SourceState]:
    """How each source stands, and how many of these rows it gave."""
    rows = measures.count_by(mine, "rows", ["source"])
    found = []
    for each in sorted(report_input.standings, key=lambda one: one.source):
        holes = list(dict.fromkeys(_holes(report_input, each)))
        state = ("incomplete" if holes else "complete") + _as_of(report_input, each)
        found.append(
            SourceState(each.source, _days_read(report_input, each), int(rows.get((each.source,), 0)), state, holes)
        )
    return found


def _holes(report_input: ReportInput, standing: SourceStatus) -> Iterable[str]:
    for gap in standing.holes:
        part = gap.period.overlap(standing.period) if gap.period else None
        when = f"{days(report_input, part)}: " if part and part != standing.period else ""
        yield when + (f"{gap.scope}: " if gap.scope else "") + gap.reason
    for period in standing.unread:
        yield f"{days(report_input, period)}: not read yet (harvester harvest does it)"
    for gap in standing.stale:
        yield "not up to date: " + (f"{gap.scope}: " if gap.scope else "") + gap.reason


def _days_read(report_input: ReportInput, standing: SourceStatus) -> str:
    """The report's days that were asked for, up to the one on which they were: of later ones nobody knows."""
    period, read_at = standing.period.overlap(report_input.period) or report_input.period, standing.read_at
    if read_at is not None and read_at in period:
        period = Period(period.since, read_at + dt.timedelta(microseconds=1))
    return days(report_input, period)


def _as_of(report_input: ReportInput, standing: SourceStatus) -> str:
    """When it was read, where the period still ran then; what was read of one that had ended does not age."""
    if standing.read_at is None or standing.read_at >= report_input.period.until:
        return ""
    at = standing.read_at.astimezone(report_input.calendar.zone)
    return f", as of {short_day(report_input, at)} {at:%H:%M}"
