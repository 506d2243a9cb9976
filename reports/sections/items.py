"""Lines, days and sources as every report writes them."""

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

LOCAL_DIGEST = re.compile(r"~[0-9a-f]{8}(?=[#!])")
"""What tells apart folders of one name, in the work items of a repository that no remote names."""

REFERENCE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.]*(?:-[A-Za-z0-9_.]+)*(?:[#!]\d+|-\d+)")
LINE_COLUMNS = (
    "id", "work_item", "kind", "role", "state", "title", "url", "occurred_at", "story_points", "additions", "deletions",
    "is_reverted",
)  # fmt: skip
"""The columns that a line is made of; a year of work is too large to take all."""

VERBS = {
    "pull_request": "merged", "issue": "resolved", "commit": "landed", "release": "released", "note": "noted",
    "comment": "commented",
}  # fmt: skip

_REVIEWED = {"dismissed": "dismissed review of"}
"""Words for a review's state, where the state alone would say that it came about on the day of the review."""


@dataclass(frozen=True, slots=True)
class ReportLine:
    """One line: a linked label, the title, what happened when, how large it was."""

    label: Markdown
    title: str
    when: str
    size: str


@dataclass(frozen=True, slots=True)
class SourceState:
    """What was read of a source: its name, the days, the number of records in this report, a state, and the gaps.

    `remarks` are what the way of reading cannot find by its nature.
    """

    name: str
    days: str
    records: int
    state: str
    gaps: list[str]
    remarks: list[str]


def newest_first(report_input: ReportInput, rows: pd.DataFrame) -> list[ReportLine]:
    """Rows as lines, the newest first."""
    return [item(report_input, row) for row in sorted(records(rows[list(LINE_COLUMNS)]), key=sort_key, reverse=True)]


def sort_key(row: Mapping[str, Any]) -> tuple[dt.datetime, str]:
    """The order of rows: by their time, and by their id where that is the same."""
    return row["occurred_at"], row["id"]


def item(report_input: ReportInput, row: Mapping[str, Any]) -> ReportLine:
    """A row as a line."""
    verb = VERBS.get(row["kind"]) or _REVIEWED.get(row["state"]) or (row["state"] or "reviewed").replace("_", " ")
    when = f"{verb} {short_day(report_input, row['occurred_at'])}" + (", reverted later" if row["is_reverted"] else "")
    return ReportLine(label(row), row["title"] or "(no title)", when, size(row))


def label(row: Mapping[str, Any]) -> Markdown:
    """What a row is called, such as `pay#120` or a short hash, linked to the work where it has an address."""
    place, _, name = row["work_item"].rpartition("/")
    if place == "commit":
        return link(code(name[:10]), row["url"])
    if row["kind"] == "note":
        return link("notebook", row["url"])
    if place == "local":
        name = LOCAL_DIGEST.sub("", name)
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


def join_words(parts: list[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    return " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)


def counts_by(rows: pd.DataFrame, names: Iterable[str], *columns: str) -> dict[tuple[str, ...], str]:
    """The counts for each combination of values, such as of `thread`, in words: `3 pull requests and 2 tickets`.

    Measures that count nothing are left out.
    """
    parts: dict[tuple[str, ...], list[str]] = {}
    for name in names:
        for values, number in measures.count_by(rows, name, columns).items():
            if number:
                parts.setdefault(values, []).append(measures.MEASURES[name].words(number))
    return {values: join_words(each) for values, each in parts.items()}


def source_states(report_input: ReportInput, mine: pd.DataFrame) -> list[SourceState]:
    """What was read of each source, and how many of these rows it has."""
    numbers = measures.count_by(mine, "rows", ["source"])
    states = []
    for each in sorted(report_input.statuses, key=lambda one: one.source):
        gaps = list(dict.fromkeys(_gaps(report_input, each)))
        state = ("incomplete" if gaps else "complete") + _as_of(report_input, each)
        remarks = list(dict.fromkeys(one.text for one in each.remarks))
        number = int(numbers.get((each.source,), 0))
        states.append(SourceState(each.source, _days_read(report_input, each), number, state, gaps, remarks))
    return states


def _gaps(report_input: ReportInput, status: SourceStatus) -> Iterable[str]:
    for gap in status.gaps:
        part = gap.period.overlap(status.period) if gap.period else None
        when = f"{days(report_input, part)}: " if part and part != status.period else ""
        yield when + (f"{gap.scope}: " if gap.scope else "") + gap.reason
    for period in status.unread:
        yield f"{days(report_input, period)}: not read yet (run harvester harvest)"
    for gap in status.stale:
        yield "not up to date: " + (f"{gap.scope}: " if gap.scope else "") + gap.reason


def _days_read(report_input: ReportInput, status: SourceStatus) -> str:
    """The report's days that were read: those up to the day of reading, since nothing is known of later ones."""
    period, read_at = status.period.overlap(report_input.period) or report_input.period, status.read_at
    if read_at is not None and read_at in period:
        period = Period(period.since, read_at + dt.timedelta(microseconds=1))
    return days(report_input, period)


def _as_of(report_input: ReportInput, status: SourceStatus) -> str:
    """When the source was read, where the period had not ended by then; empty where it had."""
    if status.read_at is None or status.read_at >= report_input.period.until:
        return ""
    at = status.read_at.astimezone(report_input.calendar.zone)
    return f", as of {short_day(report_input, at)} {at:%H:%M}"
