"""What a report is: a template, at most one pure function, and the report_input both are given; rendered to Markdown.

A report never fetches and a template never computes: everything it shows is in its report_input.
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
from harvester.files import write_text
from harvester.reporting.evidence import digests, path_beside
from harvester.reporting.evidence import evidence as make_evidence
from harvester.reporting.markdown import Markdown, render_value
from harvester.reporting.report_input import ReportInput
from harvester.version import VERSION

HEAD = re.compile(r"\A<!-- harvester .* text ([0-9a-f]{16}) -->\n", re.ASCII)
ELSEWHERE = "Name another place with --output."


@dataclass(frozen=True, slots=True)
class Report:
    """A kind of report: its name, the package and file of its template, and what makes its context."""

    name: str
    package: str
    template: str
    context: Callable[[ReportInput], Mapping[str, Any]]


def render(report: Report, report_input: ReportInput, evidence: Mapping[str, Any] | None = None) -> str:
    """The report as Markdown, head comment and all; the same report_input gives the same bytes.

    `evidence` is what `harvester.proof.evidence` makes of this report_input, where that was done already.
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
    told = make_evidence(report_input, report.name) if evidence is None else evidence
    return f"{_head(report, report_input, text, told)}\n{text}"


def tampering(path: Path, evidence: Mapping[str, Any]) -> list[str]:
    """What is no longer as it was made, the report's text or its evidence, a sentence each.

    Raises ReportError for what is no report.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ReportError(f"{str(path)!r} cannot be read.", hint="Name a report that harvester wrote.") from error
    found = HEAD.match(text)
    if not found:
        raise ReportError(f"{str(path)!r} is not a report of harvester's.", hint="Name one that harvester wrote.")
    parts = digests(evidence)
    told = []
    if found[1] != _text_digest(text[found.end() :]):
        told.append(f"{path.name} was edited since it was made.")
    if other := [part for part, value in parts.items() if f" {part} {value} " not in found[0]]:
        names = " and ".join(other)
        told.append(f"{path_beside(path).name} is not what {path.name} was made with: its {names} differ.")
    return told


def body(text: str) -> str:
    """A report without its first line."""
    return text.partition("\n")[2]


def write(text: str, path: Path, *, force: bool = False) -> None:
    """Write a report; one that a person has edited, or a file that is no report of ours, is left alone without `force`.

    The file is replaced in one step, so that a killed run leaves the old one; where it is a link, what it leads to is.
    Raises ReportError.
    """
    try:
        place = path.resolve()
        _refuse_what_is_there(place, force=force)
        place.parent.mkdir(parents=True, exist_ok=True)
        write_text(place, text)
    except (OSError, RuntimeError, ValueError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise ReportError(f"{str(path)!r} cannot be written: {why}.", hint=ELSEWHERE) from error


def _refuse_what_is_there(path: Path, *, force: bool) -> None:
    """Raises ReportError for an edited report and for what is no file: a device would be read without end."""
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        return
    if not stat.S_ISREG(mode):
        raise ReportError(f"{str(path)!r} is no ordinary file and is left alone.", hint=ELSEWHERE)
    if not force:
        _refuse_edited(path)


def _refuse_edited(path: Path) -> None:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ReportError(f"{str(path)!r} is in the way and cannot be read.", hint=ELSEWHERE) from error
    found = HEAD.match(text)
    if found and found[1] == _text_digest(text[found.end() :]):
        return
    why = "was edited since it was made" if found else "is not a report of harvester's"
    raise ReportError(
        f"{str(path)!r} {why} and is left alone.", hint="Name another --output, or --force to replace it."
    )


def _head(report: Report, report_input: ReportInput, text: str, evidence: Mapping[str, Any]) -> str:
    zone = report_input.calendar.zone.key
    first, end = (report_input.calendar.day_of(at) for at in (report_input.period.since, report_input.period.until))
    who = ", ".join(report_input.persons)
    parts = digests(evidence)
    stands_on = " · ".join(f"{part} {value}" for part, value in parts.items())
    return "<!-- " + _comment(
        f"harvester {VERSION} · {report.name} · {who} · {first}..{end} {zone} · "
        f"{stands_on} · text {_text_digest(text)}"
    ) + " -->"  # fmt: skip


def _comment(text: str) -> str:
    return re.sub(r"[^\w .,:;@·/+-]|--+", "?", re.sub("[<>]", "", text))


def _text_digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _tidy(text: str) -> str:
    return re.sub(r"\n{3,}", "\n\n", text).strip("\n") + "\n"
