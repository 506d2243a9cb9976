"""How a row, a day and a source are written in every report."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from harvester import measures
from harvester.coverage import Standing
from harvester.frame import records
from harvester.markdown import Markdown, code, escape, link, safe_url
from harvester.report import Material
from harvester.windows import MONTHS, Window, span

if TYPE_CHECKING:
    import pandas as pd

REFERENCE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.]*(?:-[A-Za-z0-9_.]+)*(?:[#!]\d+|-\d+)")
SHOWN = (
    "id", "subject", "kind", "role", "state", "title", "url", "at", "points", "additions", "deletions", "taken_back",
)  # fmt: skip
"""The columns that a line is made of; taking no others is what a year of work needs."""

VERBS = {
    "pull_request": "merged", "issue": "resolved", "commit": "landed", "release": "released", "note": "noted",
    "comment": "commented",
}  # fmt: skip

_REVIEWED = {"dismissed": "dismissed review of"}
"""What a reader is told where a review's state would say that it happened on the day of the review."""


@dataclass(frozen=True, slots=True)
class Item:
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


def newest_first(material: Material, rows: pd.DataFrame) -> list[Item]:
    """Rows as lines, the newest first."""
    return [item(material, row) for row in sorted(records(rows[list(SHOWN)]), key=moment, reverse=True)]


def moment(row: Mapping[str, Any]) -> tuple[dt.datetime, str]:
    """What rows are ordered by: their time, and their id where that is the same."""
    return row["at"], row["id"]


def item(material: Material, row: Mapping[str, Any]) -> Item:
    """A row as a line."""
    verb = VERBS.get(row["kind"]) or _REVIEWED.get(row["state"]) or (row["state"] or "reviewed").replace("_", " ")
    when = f"{verb} {short_day(material, row['at'])}" + (", taken back later" if row["taken_back"] else "")
    return Item(label(row), row["title"] or "(no title)", when, size(row))


def label(row: Mapping[str, Any]) -> Markdown:
    """What a row is called, such as `pay#120` or a short hash, linked to its proof where that has an address."""
    place, _, name = row["subject"].rpartition("/")
    if place == "commit":
        return _linked(code(name[:10]), row["url"])
    if row["kind"] == "note":
        return link("notebook", row["url"])
    return _linked(name, row["url"]) if REFERENCE.fullmatch(name) else link(name, row["url"])


def _linked(name: str, url: str | None) -> Markdown:
    """A link with a label that is known to be harmless inside one; without an address the label is made so."""
    target = safe_url(url)
    if target:
        return Markdown(f"[{name}]({target})")
    return name if isinstance(name, Markdown) else escape(name)


def size(row: Mapping[str, Any]) -> str:
    """Points, or else lines added and deleted; nothing where neither is known."""
    import pandas as pd

    if not pd.isna(row["points"]):
        return measures.MEASURES["points"].words(row["points"])
    if not pd.isna(row["additions"]) and not pd.isna(row["deletions"]):
        return Markdown(f"+{row['additions']:,} −{row['deletions']:,}")
    return ""


def short_day(material: Material, at: dt.datetime) -> str:
    """The day of an instant in the person's zone, such as `8 Aug`."""
    day = material.calendar.day_of(at)
    return f"{day.day} {MONTHS[day.month - 1][:3]}"


def days(material: Material, window: Window) -> str:
    """The days of a window, first and last."""
    return span(*material.calendar.dates(window))


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


def sources(material: Material, mine: pd.DataFrame) -> list[SourceState]:
    """How each source stands, and how many of these rows it gave."""
    rows = measures.count_by(mine, "rows", ["source"])
    found = []
    for each in sorted(material.standings, key=lambda one: one.source):
        holes = list(dict.fromkeys(_holes(material, each)))
        state = ("incomplete" if holes else "complete") + _as_of(material, each)
        found.append(
            SourceState(each.source, _days_read(material, each), int(rows.get((each.source,), 0)), state, holes)
        )
    return found


def _holes(material: Material, standing: Standing) -> Iterable[str]:
    for gap in standing.holes:
        part = gap.window.overlap(standing.window) if gap.window else None
        when = f"{days(material, part)}: " if part and part != standing.window else ""
        yield when + (f"{gap.scope}: " if gap.scope else "") + gap.reason
    for window in standing.unread:
        yield f"{days(material, window)}: not read yet (harvester harvest does it)"
    for gap in standing.stale:
        yield "not up to date: " + (f"{gap.scope}: " if gap.scope else "") + gap.reason


def _days_read(material: Material, standing: Standing) -> str:
    """The report's days that were asked for, up to the one on which they were: of later ones nobody knows."""
    window, read_at = standing.window.overlap(material.window) or material.window, standing.read_at
    if read_at is not None and read_at in window:
        window = Window(window.since, read_at + dt.timedelta(microseconds=1))
    return days(material, window)


def _as_of(material: Material, standing: Standing) -> str:
    """When it was read, where the window still ran then; what was read of one that had ended does not age."""
    if standing.read_at is None or standing.read_at >= material.window.until:
        return ""
    at = standing.read_at.astimezone(material.calendar.zone)
    return f", as of {short_day(material, at)} {at:%H:%M}"
