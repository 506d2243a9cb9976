"""Reports: a template and a pure function that makes its page from the report input; rendered in every format.

A report never fetches and a template never computes: everything that it shows is in the report input.
"""

from __future__ import annotations

import dataclasses
import re
import stat
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args

from harvester.errors import ReportError
from harvester.files import read_bytes, replace_file
from harvester.model.periods import day
from harvester.reporting.evidence import digests, load, path_beside
from harvester.reporting.evidence import evidence as make_evidence
from harvester.reporting.formats import HTML, JSON, PLAIN, PageOptions
from harvester.reporting.json_page import json_page, missing_parts
from harvester.reporting.markdown import Markdown, label, link, prose, render_value
from harvester.reporting.page_text import PageText
from harvester.reporting.report_input import Audience, Need, ReportInput
from harvester.reporting.rows import rows_by_person, table
from harvester.reporting.stamp import LARGEST, content_digest, dump_json, read_page, stamp
from harvester.reporting.table_files import About, table_bytes
from harvester.reporting.templates import MARKDOWN_SYNTAX, SHARED, compiled
from harvester.version import VERSION

if TYPE_CHECKING:
    import pandas as pd

    from harvester.goals.checkins import CheckIn
    from harvester.reporting.charts import Chart
    from harvester.reporting.own_template import OwnTemplate
    from harvester.reporting.sandbox import Job

FILTERS: Mapping[str, Callable[..., Any]] = {
    "ours": Markdown,  # for what a macro made: it escaped its parts
    "linked": link,
    "label": label,
    "at_most": prose,
    "day": day,
}
"""The filters of every report's template."""

Entry = Literal["goals", "criteria", "questions"]
"""What goals.toml has."""

LAST_QUARTER = "last-quarter"

ELSEWHERE = "Name another file."


@dataclass(frozen=True, slots=True)
class Report:
    """A kind of report: its name, the package and file of its template, and what makes its page.

    The template finds those of its own package by their names, and ours as `harvester/page.md.j2`.

    `context` makes the page: a frozen dataclass with plain values, or a mapping; the template sees its names.
    """

    name: str
    package: str
    template: str
    context: Callable[[ReportInput], Any]
    summary: str = ""
    """What the page is, in a few words, for `harvester report --list`."""
    default_period: str = LAST_QUARTER
    """Words for its period where none is given."""
    of: Literal["persons", "team", "mentees"] = "persons"
    """Whom it is about where nobody is named: oneself, one's team, or those whom one mentors."""
    audiences: tuple[Audience, ...] = get_args(Audience)
    """Who it may be for; a page that is between two people is for the manager alone."""
    needs: frozenset[Need] = frozenset()
    """What it is made from beside rows, goals and coverage; what no report asks for is not looked up."""
    view: Callable[[ReportInput], ReportInput] | None = None
    """How it looks at its input, such as a team as one person: its page, charts, measures and table are of what this
    returns. The evidence is of the input itself."""
    entries: tuple[Entry, ...] = ()
    """What it shows of goals.toml; where there is none of it, `harvester report` says how to write it."""
    keeps: Callable[[ReportInput], CheckIn] | None = None
    """What `harvester checkin --keep` keeps of it, of a report that needs `checkin`."""
    page: type | None = None
    """The dataclass that `context` returns, for JSON and its schema; without it the report has no JSON."""
    charts: Callable[[ReportInput, Any], Mapping[str, Chart]] | None = None
    """The charts of a page, by the names that its template has in lines `<!-- chart NAME -->`."""
    row_columns: Callable[[ReportInput, pd.DataFrame], pd.DataFrame] | None = None
    """Further columns of its table, such as `theme`, for the rows of `harvester.reporting.rows.rows_by_person`."""
    highlights: Callable[[ReportInput], Mapping[Any, str]] | None = None
    """By label of a row which highlight it is part of and why, in words, for `harvester explain`."""
    filters: Mapping[str, Callable[..., Any]] = field(default_factory=dict)
    """What its template needs beside the filters of every report, by name."""


@dataclass(frozen=True, slots=True)
class Rendered:
    """A report as the bytes of a file, the evidence beside it, and what the format could not hold."""

    content: bytes
    evidence: Mapping[str, Any]
    remarks: tuple[str, ...] = ()


def render(report: Report, report_input: ReportInput) -> str:
    """The report as Markdown, with its head comment; the same input gives the same bytes."""
    return make(report, report_input).content.decode()


def make(report: Report, report_input: ReportInput, options: PageOptions = PLAIN) -> Rendered:
    """The report in a format, with its head, and its evidence; the same input gives the same bytes.

    Raises ReportError where the report has no such format, or where the format cannot hold it.
    """
    evidence = make_evidence(report_input, report.name)
    page: dict[str, Any] = {"format": options.format.name, "mermaid": options.mermaid}
    if options.template is not None:
        page["template"] = {"name": options.template.name, "digest": options.template.digest}
    if options.format.is_table:
        content, remarks = _table(report, report_input, options, evidence)
        return Rendered(content, evidence | {"page": page | {"digest": content_digest(content)}}, tuple(remarks))
    text = page_content(report, report_input, options)
    evidence |= {"page": page | {"digest": content_digest(text)}}
    stamped = stamp(text, options.format, report.name, report_input, evidence, embed=options.embed_evidence)
    return Rendered(stamped.encode(), evidence)


def page_content(report: Report, report_input: ReportInput, options: PageOptions = PLAIN) -> str:
    """The page without its head, in a format that is no table."""
    seen = viewed(report, report_input)
    return content_of(report, seen, report.context(seen), options)


def content_of(report: Report, report_input: ReportInput, page: Any, options: PageOptions = PLAIN) -> str:
    """A page that the report has made of what it looks at, in a format that is no table; without its head."""
    if options.format == JSON:
        return dump_json(json_page(report.name, report.page, page, report_input))
    drawn = report.charts is not None and (options.format == HTML or options.mermaid)
    charts = report.charts(report_input, page) if report.charts and drawn else {}
    text = PageText(
        _title(report, report_input), charts, html=options.format == HTML, mermaid=options.mermaid,
        missing=missing_by_source(report_input),
    )  # fmt: skip
    if options.template is not None:
        return _by_own_template(report, options.template, page, text)
    return text.finish(page_markdown(report, page))


def viewed(report: Report, report_input: ReportInput) -> ReportInput:
    """What a report looks at: its view of the input, or the input itself."""
    return report.view(report_input) if report.view else report_input


def table_of(report: Report, report_input: ReportInput) -> pd.DataFrame:
    """The report's rows with the columns of its table."""
    report_input = viewed(report, report_input)
    more = report.row_columns(report_input, rows_by_person(report_input)) if report.row_columns else None
    return table(report_input, more)


def file_name(report: Report, report_input: ReportInput, options: PageOptions, suffix: str = "") -> str:
    """What a report's file is called in a folder: `accomplishments-ada-lovelace-q3-2026.md`.

    It has letters, digits and hyphens alone, whatever is in a name, and no more than 120 characters. `suffix` stands
    behind the name of somebody whose name others have too.
    """
    words = (report.name, report_input.who, suffix, report_input.period.name)
    return "-".join(filter(None, map(file_word, words)))[:110].rstrip("-") + options.format.suffixes[0]


def file_word(text: str) -> str:
    """A text as a part of a file's name; empty where it has neither letters nor digits."""
    return re.sub(r"[^\w]+|_+", "-", text.casefold()).strip("-")[:60]


def page_markdown(report: Report, page: Any) -> str:
    """The page by its report's own template."""
    from jinja2 import ChoiceLoader, Environment, PackageLoader, PrefixLoader, StrictUndefined

    own, shared = PackageLoader(report.package, ""), PackageLoader(SHARED, "")
    environment = Environment(
        loader=ChoiceLoader([PrefixLoader({"harvester": shared}), own]),
        autoescape=False,  # noqa: S701 - this is Markdown: `finalize` escapes every expression that is not ours
        finalize=render_value,
        undefined=StrictUndefined,
        bytecode_cache=compiled(),
        **MARKDOWN_SYNTAX,
    )
    environment.filters |= {**FILTERS, **report.filters}
    return environment.get_template(report.template).render(_names(page))


def _by_own_template(report: Report, template: OwnTemplate, page: Any, text: PageText) -> str:
    """The page as a user's own template makes it; raises ReportError, with its file and line, where it does not."""
    from harvester.reporting.sandbox import OwnTemplateError
    from harvester.reporting.template_process import render_apart

    try:
        return render_apart(template_job(report, template, page), text)
    except OwnTemplateError as error:
        raise template.error(error) from error


def template_job(report: Report, template: OwnTemplate, page: Any) -> Job:
    """What is needed to render a page of a report by a user's own template: all that the report's own would see."""
    from harvester.reporting.own_template import shared_texts
    from harvester.reporting.sandbox import Job

    filters, shared = {**FILTERS, **report.filters}, shared_texts(report.package)
    return Job(template.name, template.sources, _names(page), filters, shared)


def _names(page: Any) -> Mapping[str, Any]:
    """The names that a template sees: the fields of a page, or a mapping as it is."""
    if isinstance(page, Mapping):
        return page
    return {each.name: getattr(page, each.name) for each in dataclasses.fields(page)}


def _title(report: Report, report_input: ReportInput) -> str:
    return f"{report_input.who} – {report.name}, {report_input.period.name}"


def _table(
    report: Report, report_input: ReportInput, options: PageOptions, evidence: Mapping[str, Any]
) -> tuple[bytes, list[str]]:
    import pyarrow as pa

    rows = pa.Table.from_pandas(table_of(report, report_input), preserve_index=False)
    return table_bytes(rows, options.format, _about(report, report_input, evidence))


def _about(report: Report, report_input: ReportInput, evidence: Mapping[str, Any]) -> About:
    """What a table says of itself, incompleteness first."""
    gaps = {f"incomplete: {name}": "; ".join(what) for name, what in missing_by_source(report_input).items()}
    first, last = report_input.calendar.dates(report_input.period)
    zone = report_input.calendar.zone
    facts = gaps | {
        "report": report.name, "of": ", ".join(map(report_input.name, report_input.persons)),
        "period": report_input.period.name, "days": f"{first} to {last}", "time zone": zone.key,
        **{f"remark: {number}": each for number, each in enumerate(report_input.remarks, 1)},
        "made by": f"harvester {VERSION}",
    }  # fmt: skip
    made_by = {"harvester": VERSION, "report": report.name, **digests(evidence)}
    return About(zone, facts, made_by, report_input.period.since)


def missing_by_source(report_input: ReportInput) -> dict[str, list[str]]:
    """What is missing of each source that is not complete, in words, by name; under `people` who could not be read."""
    of_people = {"people": list(report_input.unread)} if report_input.unread else {}
    return of_people | {
        each.source: list(dict.fromkeys(part.words for part in missing_parts(report_input, each)))
        for each in sorted(report_input.statuses, key=lambda one: one.source)
        if not each.complete
    }


def write(content: bytes | str, path: Path, *, force: bool = False) -> None:
    """Write a report. Without `force` an edited report, or a file that is not a report, is not overwritten.

    The file is replaced in one step, so a killed run leaves the old one. Of a link the target is replaced, and the link
    stays. Raises ReportError.
    """
    try:
        refuse_existing(path, force=force)
        place = path.resolve()
        place.parent.mkdir(parents=True, exist_ok=True)
        with replace_file(place) as file:
            file.write(content.encode() if isinstance(content, str) else content)
    except (OSError, RuntimeError, ValueError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise ReportError(f"{str(path)!r} cannot be written: {why}.", hint=ELSEWHERE) from error


def refuse_existing(path: Path, *, force: bool) -> None:
    """Raises ReportError for an edited report, and for what is not a file: reading a device would never end."""
    place = path.resolve()
    try:
        mode = place.stat().st_mode
    except FileNotFoundError:
        return
    if not stat.S_ISREG(mode):
        raise ReportError(f"{str(path)!r} is not an ordinary file and was not overwritten.", hint=ELSEWHERE)
    if not force and (why := _not_replaceable(place, path)):
        raise ReportError(
            f"{str(path)!r} {why} and was not overwritten.", hint="Name another file, or use --force to replace it."
        )


def _not_replaceable(place: Path, path: Path) -> str:
    """Why a file is not what harvester wrote; empty where it is, as its head says, or for a table its evidence."""
    if page := read_page(place):
        return "" if page.unedited else "has been edited"
    beside = path_beside(path)
    if not beside.is_file():
        return "is not a report that harvester wrote"
    digest = load(beside)["page"]["digest"]
    return "" if digest == content_digest(read_bytes(place, limit=LARGEST)) else "has been edited"
