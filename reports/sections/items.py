"""Items, days and words as every report writes them."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from harvester.analysis import measures
from harvester.analysis.frame import records
from harvester.model.periods import MONTHS, Period, span
from harvester.reporting.report_input import ReportInput
from harvester.text import safe_url

if TYPE_CHECKING:
    import pandas as pd

A_YEAR = dt.timedelta(days=367)

LOCAL_DIGEST = re.compile(r"~[0-9a-f]{8}(?=[#!])")
"""What tells apart folders of one name, in the work items of a repository that no remote names."""

LINE_COLUMNS = (
    "id", "work_item", "kind", "role", "state", "title", "url", "occurred_at", "story_points", "additions", "deletions",
    "is_reverted",
)  # fmt: skip
"""The columns that an item is made of; a year of work is too large to take all."""

OWN_WORK = ("pull_request", "commit", "release", "issue")
"""Kinds whose text says what was done; a review's or a comment's is about the work of somebody else."""

VERBS = {
    "pull_request": "merged", "issue": "resolved", "commit": "landed", "release": "released", "note": "noted",
    "comment": "commented",
}  # fmt: skip

_REVIEWED = {"dismissed": "dismissed review of", measures.TRAILER: "reviewed"}
"""Words for a review's state, where the state alone would say that it came about on the day of the review."""

_HELPED = {"tester": "tested", "reporter": "reported", "mentor": "mentored", "helper": "helped", "merger": "merged"}
"""Words for what was done for the work of others, by role."""


@dataclass(frozen=True, slots=True)
class Reference:
    """What a work item is called, such as `pay#120` or a short hash, and where it is (http or https, or null)."""

    label: str
    url: str | None


@dataclass(frozen=True, slots=True)
class Item:
    """One record: the row's id, what it is called and where it is, its title, what happened when, how large it was."""

    id: str
    label: str
    url: str | None
    title: str
    when: str
    date: dt.date
    """The day it counts on, in the person's zone."""
    size: str
    """Lines added and deleted, or points; empty where neither is known."""
    goal: str = ""
    """The titles of the goals that claim it, else its theme or the kind of routine it is."""


def item(report_input: ReportInput, row: Mapping[str, Any], goal: str = "") -> Item:
    """A row as an item."""
    when = f"{_verb(row)} {short_day(report_input, row['occurred_at'])}" + (
        ", reverted later" if row["is_reverted"] else ""
    )
    called = reference_to(row)
    day = report_input.calendar.day_of(row["occurred_at"])
    return Item(row["id"], called.label, called.url, row["title"] or "(no title)", when, day, size(row), goal)


def _verb(row: Mapping[str, Any]) -> str:
    if row["kind"] == "help" or row["role"] == measures.MERGER:
        return _HELPED[row["role"]]
    return VERBS.get(row["kind"]) or _REVIEWED.get(row["state"]) or str(row["state"] or "reviewed").replace("_", " ")


def is_own_work(row: Mapping[str, Any]) -> bool:
    """Whether a row that counts is the person's own work, and not what they did for the work of others."""
    return row["kind"] in OWN_WORK


def reference_to(row: Mapping[str, Any]) -> Reference:
    """What a row's work item is called, and its address."""
    place, _, name = row["work_item"].rpartition("/")
    url = safe_url(row["url"]) or None
    if place == "commit":
        return Reference(name[:10], url)
    if row["kind"] == "note":
        return Reference("notebook", url)
    return Reference(LOCAL_DIGEST.sub("", name) if place == "local" else name, url)


def newest_first(rows: pd.DataFrame) -> list[tuple[Any, dict[str, Any]]]:
    """Rows with their labels; they have `LINE_COLUMNS` and `work_item_key`."""
    listed = rows[[*LINE_COLUMNS, "work_item_key"]]
    return sorted(zip(listed.index, records(listed), strict=True), key=lambda pair: sort_key(pair[1]), reverse=True)


def once_by_kind(rows: pd.DataFrame) -> list[tuple[Any, dict[str, Any]]]:
    """Each work item once by kind, newest first: of several reviews of one pull request the last, with its label."""
    last: dict[tuple[str, str], tuple[Any, dict[str, Any]]] = {}
    for label, row in newest_first(rows):
        last.setdefault((row["kind"], row["work_item_key"]), (label, row))
    return list(last.values())


def once(references: Iterable[Reference]) -> list[Reference]:
    """Each label once, with its first address: several reviews of one pull request are one work item."""
    by_label: dict[str, Reference] = {}
    for each in references:
        by_label.setdefault(each.label, each)
    return list(by_label.values())


def sort_key(row: Mapping[str, Any]) -> tuple[dt.datetime, str]:
    """The order of rows: by their time, and by their id where that is the same."""
    return row["occurred_at"], row["id"]


def size(row: Mapping[str, Any]) -> str:
    """Points, or else lines added and deleted; nothing where neither is known, and for what others wrote."""
    import pandas as pd

    if row["role"] == measures.MERGER:
        return ""

    if pd.notna(row["story_points"]):
        return measures.MEASURES["story_points"].words(row["story_points"])
    if pd.notna(row["additions"]) and pd.notna(row["deletions"]):
        return lines_changed(row["additions"], row["deletions"])
    return ""


def lines(row: Mapping[str, Any]) -> float:
    """Lines added and deleted together; 0 where neither is known."""
    known = (row[name] for name in ("additions", "deletions"))
    return sum(float(each) for each in known if each is not None and each == each)


def lines_changed(additions: float, deletions: float) -> str:
    """Lines added and deleted, such as `+340 −120`."""
    return f"+{additions:,.0f} −{deletions:,.0f}"


def short_day(report_input: ReportInput, at: dt.datetime) -> str:
    """The day of an instant in the person's zone, such as `8 Aug`; with its year where the period is over a year."""
    day, period = report_input.calendar.day_of(at), report_input.period
    year = f" {day.year}" if period.until - period.since > A_YEAR else ""
    return f"{day.day} {MONTHS[day.month - 1][:3]}{year}"


def days(report_input: ReportInput, period: Period) -> str:
    """The days of a period, first and last."""
    return span(*report_input.calendar.dates(period))


def join_words(parts: Iterable[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    parts = list(parts)
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


def counted(rows: pd.DataFrame, names: Iterable[str]) -> str:
    """What these measures count, in words, without those that count nothing."""
    counts = ((measures.MEASURES[name], measures.count(rows, name)) for name in names)
    return join_words(each.words(number) for each, number in counts if number)
