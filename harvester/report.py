"""What a report is: a template, at most one pure function, and the material both are given; rendered to Markdown.

A report never fetches and a template never computes: everything it shows is in its material.
"""

from __future__ import annotations

import hashlib
import re
import stat
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harvester import proof
from harvester.agreed.assess import Assessment
from harvester.atomic import write_text
from harvester.coverage import Standing
from harvester.errors import ReportError
from harvester.markdown import Markdown, shown
from harvester.people import People
from harvester.version import VERSION
from harvester.windows import Calendar, Window

if TYPE_CHECKING:
    import pandas as pd

HEAD = re.compile(r"\A<!-- harvester .* text ([0-9a-f]{16}) -->\n", re.ASCII)
ELSEWHERE = "Name another place with --output."


@dataclass(frozen=True)
class Material:
    """What every report is made from: a window, one or more people, the prepared frame, and what was read.

    `assessment` holds the people's rows in the window and everything that is linked to them, held against their goals;
    reports select from its frame. `standings` tell how each source stands for that window. `remarks` are sentences
    the reader must know, such as that another person or window was taken than asked for.
    """

    window: Window
    persons: tuple[str, ...]
    standings: Sequence[Standing]
    assessment: Assessment
    calendar: Calendar
    people: People
    remarks: Sequence[str] = ()
    names: Mapping[str, str] = field(default_factory=dict)
    """Names of people whom nobody configured, by their key in the frame."""

    @property
    def frame(self) -> pd.DataFrame:
        """The rows, as `harvester.frame.prepare` and `harvester.agreed.assess.assess` left them."""
        return self.assessment.frame

    def name(self, person: str) -> str:
        """What a reader calls a person."""
        return self.names.get(person) or self.people.name(person)


@dataclass(frozen=True, slots=True)
class Report:
    """A kind of report: its name, the package and file of its template, and what turns material into its context."""

    name: str
    package: str
    template: str
    context: Callable[[Material], Mapping[str, Any]]


def render(report: Report, material: Material, evidence: Mapping[str, Any] | None = None) -> str:
    """The report as Markdown, head comment and all; the same material gives the same bytes.

    `evidence` is what `harvester.proof.evidence` makes of this material, where that was done already.
    """
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader(report.package, ""),
        autoescape=False,  # noqa: S701 - this is Markdown: `finalize` escapes every expression that is not ours
        finalize=shown,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["ours"] = Markdown  # for what a macro made: it escaped its parts
    body = environment.get_template(report.template).render(report.context(material))
    text = _tidy(body)
    told = proof.evidence(material, report.name) if evidence is None else evidence
    return f"{_head(report, material, text, told)}\n{text}"


def doubted(path: Path, evidence: Mapping[str, Any]) -> list[str]:
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
    parts = proof.digests(evidence)
    told = []
    if found[1] != _text_digest(text[found.end() :]):
        told.append(f"{path.name} was edited since it was made.")
    if other := [part for part, value in parts.items() if f" {part} {value} " not in found[0]]:
        names = " and ".join(other)
        told.append(f"{proof.path_beside(path).name} is not what {path.name} was made with: its {names} differ.")
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


def _head(report: Report, material: Material, text: str, evidence: Mapping[str, Any]) -> str:
    zone = material.calendar.zone.key
    first, end = (material.calendar.day_of(at) for at in (material.window.since, material.window.until))
    who = ", ".join(material.persons)
    parts = proof.digests(evidence)
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


__all__ = ["Markdown", "Material", "Report", "body", "doubted", "render", "write"]
