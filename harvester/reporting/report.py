"""Reports: a template and a pure function that makes its context from the report input; rendered to Markdown.

A report never fetches and a template never computes: everything that it shows is in the report input.
"""

from __future__ import annotations

import hashlib
import re
import stat
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harvester.errors import ReportError
from harvester.files import read_text, write_text
from harvester.reporting.evidence import digests, path_beside
from harvester.reporting.evidence import evidence as make_evidence
from harvester.reporting.markdown import Markdown, render_value
from harvester.reporting.report_input import ReportInput
from harvester.version import VERSION

HEAD = re.compile(r"\A<!-- harvester .* text ([0-9a-f]{16}) -->\n", re.ASCII)
LARGEST = 256 << 20
"""Bytes of a report that is read again."""

ELSEWHERE = "Name another place with --output."


@dataclass(frozen=True, slots=True)
class Report:
    """A kind of report: its name, the package and file of its template, and what makes its context."""

    name: str
    package: str
    template: str
    context: Callable[[ReportInput], Mapping[str, Any]]


def render(report: Report, report_input: ReportInput, evidence: Mapping[str, Any] | None = None) -> str:
    """The report as Markdown, with its head comment; the same input gives the same bytes.

    `evidence` is the input's `harvester.reporting.evidence.evidence`, where the caller has made it already.
    """
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader(report.package, ""),
        autoescape=False,  # noqa: S701 - this is Markdown: `finalize` escapes every expression that is not ours
        finalize=render_value,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["ours"] = Markdown  # for what a macro made: it escaped its parts
    body = environment.get_template(report.template).render(report.context(report_input))
    text = _tidy(body)
    evidence = make_evidence(report_input, report.name) if evidence is None else evidence
    return f"{_head(report, report_input, text, evidence)}\n{text}"


def tampering(path: Path, evidence: Mapping[str, Any]) -> list[str]:
    """What was changed since the report was written, its text or its evidence, a sentence each.

    Raises ReportError for a file that is not a report.
    """
    text = read_text(path, limit=LARGEST)
    head = HEAD.match(text)
    if not head:
        raise ReportError(f"{str(path)!r} is not a report that harvester wrote.", hint="Name one that harvester wrote.")
    changes = []
    if head[1] != _text_digest(text[head.end() :]):
        changes.append(f"{path.name} has been edited.")
    if different := [part for part, value in digests(evidence).items() if f" {part} {value} " not in head[0]]:
        names = " and ".join(different)
        changes.append(f"{path_beside(path).name} is not what {path.name} was made with: its {names} differ.")
    return changes


def body(text: str) -> str:
    """A report without its first line."""
    return text.partition("\n")[2]


def write(text: str, path: Path, *, force: bool = False) -> None:
    """Write a report. Without `force` an edited report, or a file that is not a report, is not overwritten.

    The file is replaced in one step, so a killed run leaves the old one. Of a link the target is replaced, and the link
    stays. Raises ReportError.
    """
    try:
        place = path.resolve()
        _refuse_existing(place, force=force)
        place.parent.mkdir(parents=True, exist_ok=True)
        write_text(place, text)
    except (OSError, RuntimeError, ValueError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise ReportError(f"{str(path)!r} cannot be written: {why}.", hint=ELSEWHERE) from error


def _refuse_existing(path: Path, *, force: bool) -> None:
    """Raises ReportError for an edited report, and for what is not a file: reading a device would never end."""
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        return
    if not stat.S_ISREG(mode):
        raise ReportError(f"{str(path)!r} is not an ordinary file and was not overwritten.", hint=ELSEWHERE)
    if not force:
        _refuse_edited(path)


def _refuse_edited(path: Path) -> None:
    text = read_text(path, limit=LARGEST)
    head = HEAD.match(text)
    if head and head[1] == _text_digest(text[head.end() :]):
        return
    why = "has been edited" if head else "is not a report that harvester wrote"
    raise ReportError(
        f"{str(path)!r} {why} and was not overwritten.", hint="Name another --output, or use --force to replace it."
    )


def _head(report: Report, report_input: ReportInput, text: str, evidence: Mapping[str, Any]) -> str:
    zone = report_input.calendar.zone.key
    first, last = report_input.calendar.dates(report_input.period)
    who = ", ".join(report_input.persons)
    made_from = " · ".join(f"{part} {value}" for part, value in digests(evidence).items())
    return "<!-- " + _comment(
        f"harvester {VERSION} · {report.name} · {who} · {first}..{last} {zone} · "
        f"{made_from} · text {_text_digest(text)}"
    ) + " -->"  # fmt: skip


def _comment(text: str) -> str:
    return re.sub(r"[^\w .,:;@·/+-]|--+", "?", re.sub("[<>]", "", text))


def _text_digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _tidy(text: str) -> str:
    return re.sub(r"\n{3,}", "\n\n", text).strip("\n") + "\n"
