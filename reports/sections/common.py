"""What every page has: its heading, people, period and sources, and how complete they are."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from harvester.analysis.measures import MEASURES
from harvester.model.periods import span
from harvester.reporting.audience import OTHER_SOURCES
from harvester.reporting.report_input import ReportInput
from harvester.text import count_noun

from .sources import SourceState, not_counted, source_states

if TYPE_CHECKING:
    import pandas as pd


SOURCES_ANCHOR = "sources-and-coverage"
"""The anchor of the heading `Sources and coverage` on a page whose other headings are other words."""


@dataclass(frozen=True, slots=True)
class ExcludedWork:
    """How many work items a rule of `[[exclude]]` left out, and the name of the rule."""

    rule: str
    items: int


@dataclass(frozen=True, slots=True)
class CommonPage:
    """What every page says, as plain values; texts from sources are as the sources have them.

    The template `harvester/page.md.j2` shows all of it; a page of its own inherits the fields, and adds what its blocks
    `content` and `appendix` show.
    """

    heading: str
    """The page's own heading, such as `Ada Lovelace – accomplishments, Q3 2026`."""
    who: str
    """The people in words, or the team."""
    persons: list[str]
    """The names of the people."""
    period: str
    """The period in words, such as `Q3 2026`; its days where it has no name."""
    first: dt.date
    last: dt.date
    days: str
    """The first and the last day in words."""
    time_zone: str
    services: list[str]
    incomplete: list[SourceState]
    """The sources that could not be read in full."""
    unread: list[str]
    """Whose work could not be read at all, and why, a sentence each."""
    remarks: list[str]
    """What the reader must know before anything else, a sentence each."""
    sources: list[SourceState]
    not_counted: list[str]
    """What is not counted, or what a reader must know of what is, a sentence each."""
    excluded: list[ExcludedWork]
    sources_anchor: str
    """The anchor of the heading `Sources and coverage`."""
    audience: str
    """Whom the page is for and what that leaves out, in a sentence; empty for a manager, who sees everything."""


def common(
    report_input: ReportInput, rows: pd.DataFrame, kind: str, sources_anchor: str = SOURCES_ANCHOR
) -> dict[str, Any]:
    """The fields of `CommonPage` by name; `rows` are the report's own rows, `kind` is the word for the page."""
    states = source_states(report_input, rows)
    first, last = report_input.calendar.dates(report_input.period)
    period = period_words(report_input)
    return {
        "heading": heading(report_input, kind),
        "who": report_input.who,
        "persons": [report_input.name(person) for person in report_input.persons],
        "period": period,
        "first": first,
        "last": last,
        "days": span(first, last),
        "time_zone": report_input.calendar.zone.key.removeprefix("Etc/"),
        "services": list(dict.fromkeys(each.connector for each in states if each.name != OTHER_SOURCES)),
        "incomplete": [each for each in states if each.gaps],
        "unread": list(report_input.unread),
        "remarks": list(report_input.remarks),
        "sources": states,
        "not_counted": list(not_counted(rows)),
        "excluded": [ExcludedWork(rule, number) for rule, number in report_input.excluded.by_rule.items()],
        "sources_anchor": sources_anchor,
        "audience": audience_words(report_input),
    }


def audience_words(report_input: ReportInput) -> str:
    """Whom a page is for and what that leaves out; empty for a manager."""
    if report_input.withheld is None:
        return ""
    number = report_input.withheld
    if report_input.request.audience == "team":
        notes = f", and without {count_noun(number, 'private note')} about mentoring" if number else ""
        return f"For the team: without the figures of goals{notes}."
    words = (
        f"{MEASURES['withheld'].words(number)} that {'is' if number == 1 else 'are'} private or not known to be public"
    )
    items = f", and without {words}" if number else ""
    return f"For the public: without goals, longer texts, and names of people who did not agree to be named{items}."


def heading(report_input: ReportInput, kind: str) -> str:
    """The heading of a page: `Ada Lovelace – accomplishments, Q3 2026`."""
    return f"{report_input.who} – {kind}, {period_words(report_input)}"


def period_words(report_input: ReportInput) -> str:
    """The name of the period, else its days."""
    return report_input.period.name or span(*report_input.calendar.dates(report_input.period))
