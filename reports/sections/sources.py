"""What was read of each source, what is missing, and what is not counted."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harvester.analysis import measures
from harvester.model.periods import Period
from harvester.reporting.report_input import ReportInput, SourceStatus

from .items import days, short_day

if TYPE_CHECKING:
    import pandas as pd

SIZES = "sized_without_files"
"""The measure that only a page with sizes shows."""

NOT_COUNTED = {
    "commits_in_pull_requests": (
        "is part of a pull request above and is not counted again.",
        "are part of a pull request above and are not counted again.",
    ),
    "cherry_picks": (
        "is the same change as an earlier one (picked or rebased), which counts already, and is not counted again.",
        "are the same changes as earlier ones (picked or rebased), which count already, and are not counted again.",
    ),
    "reverted": ("above was reverted later.", "above were reverted later."),
    SIZES: (
        "above also changes vendored or generated files, lock files or snapshots, which are in no size.",
        "above also change vendored or generated files, lock files or snapshots, which are in no size.",
    ),
    "bot_assisted": (
        "above names a bot or an assistant as taking part; bots are not counted as people.",
        "above name a bot or an assistant as taking part; bots are not counted as people.",
    ),
}
"""Measures of what is not counted, or what a reader must know of what is, with the words for one and for several."""

CONNECTORS = {"git": "git", "github": "GitHub", "gitlab": "GitLab", "jira": "Jira"}
"""Services as their makers write them."""

OTHER_WORDS = {"gitlab": "its merge requests are called pull requests here"}
"""What a reader must know of our words where the service has others."""


@dataclass(frozen=True, slots=True)
class SourceState:
    """What was read of a source: its name, the days, the number of records in this report, a state, and the gaps.

    `remarks` are what the way of reading cannot find by its nature, and words of ours for what the source calls
    otherwise.
    """

    name: str
    connector: str
    days: str
    records: int
    state: str
    gaps: list[str]
    remarks: list[str]


def source_states(report_input: ReportInput, mine: pd.DataFrame) -> list[SourceState]:
    """What was read of each source, and how many of these rows it has."""
    numbers = measures.count_by(mine, "rows", ["source"])
    states = []
    for each in sorted(report_input.statuses, key=lambda one: one.source):
        gaps = list(dict.fromkeys(_gaps(report_input, each)))
        state = ("incomplete" if gaps else "complete") + _as_of(report_input, each)
        number = int(numbers.get((each.source,), 0))
        connector = report_input.people.connectors.get(each.source, each.source)
        remarks = list(dict.fromkeys(one.text for one in each.remarks))
        if number and connector in OTHER_WORDS:
            remarks.append(OTHER_WORDS[connector])
        states.append(
            SourceState(
                each.source, CONNECTORS.get(connector, connector), _days_read(report_input, each), number, state, gaps,
                remarks,
            )
        )  # fmt: skip
    return states


def not_counted(mine: pd.DataFrame, *, sizes: bool = True) -> Iterable[str]:
    """What is not counted, and what a reader should know of what is; `sizes` says whether the page has any."""
    for name, (one, many) in NOT_COUNTED.items():
        if name == SIZES and not sizes:
            continue
        if number := measures.count(mine, name):
            yield f"{measures.MEASURES[name].words(number)} {one if number == 1 else many}"


def _gaps(report_input: ReportInput, status: SourceStatus) -> Iterable[str]:
    for gap in status.gaps:
        part = gap.period.overlap(status.period) if gap.period else None
        when = f"{days(report_input, part)}: " if part and part != status.period else ""
        yield when + (f"{gap.scope}: " if gap.scope else "") + gap.reason
    for period in status.unread:
        yield f"{days(report_input, period)}: not read yet"
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
