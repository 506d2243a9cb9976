"""A report as JSON: the content of its page with every measure, and the JSON Schema of that.

The document around a page is the same for every report, so a program finds people, period, sources and measures in one
place; the page has of them what its template shows, in its own words.

Text is as the source has it, and not escaped for any format: a program that shows it must do so.
"""

from __future__ import annotations

import datetime as dt
import inspect
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, Literal, TypeVar, cast

from harvester.errors import ReportError
from harvester.reporting.page_fields import docstrings, parts_of
from harvester.reporting.report_input import ReportInput, SourceStatus
from harvester.reporting.rows import measured
from harvester.text import safe_url

if TYPE_CHECKING:
    from pydantic import TypeAdapter

SCHEMA: Literal[1] = 1
"""The version of the document around the page; it rises where a field changes its meaning or goes away."""

PageT = TypeVar("PageT")


@dataclass(frozen=True, slots=True)
class ReportedPerson:
    """Somebody whom the report is about: their key in the configuration or the sources, and their name."""

    key: str
    name: str


@dataclass(frozen=True, slots=True)
class ReportedPeriod:
    """The period: its first and last day in a time zone, and its instants, from `since` up to but without `until`."""

    name: str
    first: dt.date
    last: dt.date
    zone: str
    since: dt.datetime
    until: dt.datetime


@dataclass(frozen=True, slots=True)
class MissingPart:
    """What could not be read of a source, and why; `first` and `last` are its days where it is not all of them."""

    scope: str
    reason: str
    first: dt.date | None = None
    last: dt.date | None = None

    @property
    def words(self) -> str:
        """Where, or when, and why: `org/pay: not found`, `2026-08-01 to 2026-08-31: not read`."""
        where = self.scope or (f"{self.first} to {self.last}" if self.first else "")
        return f"{where}: {self.reason}" if where else self.reason


@dataclass(frozen=True, slots=True)
class ReportedSource:
    """What was read of a source: `gaps` is empty where it is complete; `read_at` is when its oldest part was read."""

    source: str
    complete: bool
    read_at: dt.datetime | None
    gaps: list[MissingPart]
    remarks: list[str]


@dataclass(frozen=True, slots=True)
class MadeBy:
    """What wrote the file, with the digests of what it was made from and of the content, for `harvester verify`."""

    harvester: str
    report: str
    rows: str
    claims: str
    goals: str
    coverage: str
    content: str


@dataclass(frozen=True, slots=True)
class Document(Generic[PageT]):
    """A report as JSON. Text is untrusted and not escaped; addresses are http or https, times ISO 8601."""

    schema: Literal[1]
    report: str
    persons: list[ReportedPerson]
    period: ReportedPeriod
    complete: bool
    """Whether every source is complete and everybody could be read; otherwise the numbers may be too low."""
    draft: bool
    remarks: list[str]
    sources: list[ReportedSource]
    measures: dict[str, float]
    """Every measure by its name, as docs/reference/measures.md defines it, of these people in this period."""
    page: PageT
    made_by: MadeBy | None = None
    evidence: dict[str, Any] | None = None
    """What the report was made from, where it was asked for."""


def json_page(report: str, page_type: type | None, page: Any, report_input: ReportInput) -> dict[str, Any]:
    """The document of a page, without `made_by` and `evidence`; raises ReportError for a report without a page type."""
    if page_type is None:
        raise ReportError(f"The report {report!r} has no JSON.", hint="Choose another format, such as csv.")
    period, calendar = report_input.period, report_input.calendar
    first, last = calendar.dates(period)
    document = Document(
        schema=SCHEMA,
        report=report,
        persons=[
            ReportedPerson(each, report_input.name(each)) for each in report_input.members or report_input.persons
        ],
        period=ReportedPeriod(period.name, first, last, calendar.zone.key, period.since, period.until),
        complete=all(each.complete for each in report_input.statuses) and not report_input.unread,
        draft=report_input.draft,
        remarks=list(report_input.remarks),
        sources=[_source(report_input, each) for each in sorted(report_input.statuses, key=lambda one: one.source)],
        measures=measured(report_input),
        page=page,
    )
    made = _adapter(page_type).dump_python(document, mode="json", exclude={"made_by", "evidence"})
    made["measures"] = document.measures  # whole numbers stay whole
    made["page"] = _with_safe_addresses(made["page"])
    return dict(made)


def check_json(page_type: type, text: str) -> None:
    """Raises ValueError where a report as JSON is not what the schema of its page says."""
    _adapter(page_type).validate_json(text, strict=True)


def json_schema(page_type: type, report: str) -> dict[str, Any]:
    """The JSON Schema of a report with this page: no other key is allowed, and fields have their docstrings."""
    described = _adapter(page_type).json_schema(mode="serialization")
    described |= {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": f"harvester report {report}"}
    described["required"].append("made_by")
    described["properties"]["made_by"] = {"$ref": "#/$defs/MadeBy"}
    sections = described["$defs"] | {Document.__name__: described}
    for section in sections.values():
        section["additionalProperties"] = False
    for each in dict.fromkeys((Document, *parts_of(Document), page_type, *parts_of(page_type))):
        section = sections.get(each.__name__, {})  # two of one name have longer names there
        section["description"] = inspect.getdoc(each) or ""
        for name, text in docstrings(each).items() if "properties" in section else ():
            section["properties"][name]["description"] = text
    return dict(described)


def _adapter(page_type: type) -> TypeAdapter[Any]:
    from pydantic import TypeAdapter

    return TypeAdapter(cast("Any", Document)[page_type])


def missing_parts(report_input: ReportInput, status: SourceStatus) -> list[MissingPart]:
    """What is missing of a source; days are those of the report's calendar. Empty where it is complete."""
    parts = []
    for gap in dict.fromkeys((*status.gaps, *status.stale)):
        days = report_input.calendar.dates(gap.period) if gap.period else (None, None)
        parts.append(MissingPart(gap.scope, gap.reason, *days))
    return parts + [MissingPart("", "not read", *report_input.calendar.dates(each)) for each in status.unread]


def _source(report_input: ReportInput, status: SourceStatus) -> ReportedSource:
    remarks = list(dict.fromkeys(each.text for each in status.remarks))
    gaps = missing_parts(report_input, status)
    return ReportedSource(status.source, status.complete, status.read_at, gaps, remarks)


def _with_safe_addresses(value: Any, name: str = "") -> Any:
    """The same data, with null for each address that is not http or https, in fields whose names end with `url`."""
    if isinstance(value, Mapping):
        return {key: _with_safe_addresses(each, key) for key, each in value.items()}
    if isinstance(value, list):
        return [_with_safe_addresses(each, name) for each in value]
    if isinstance(value, str) and name.endswith("url"):
        return value if safe_url(value) else None
    return value
