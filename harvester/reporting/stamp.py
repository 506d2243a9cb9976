"""What a written page says of itself: a head comment with digests, and on request the evidence, within the file.

The head of Markdown is its first line, that of HTML the line after its doctype; JSON has it as the object `made_by`.
Digests in it are of the page's content: what is neither head nor evidence.
"""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import json
import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harvester.errors import ReportError
from harvester.files import read_bytes
from harvester.reporting.evidence import LARGEST_FILE, digests, dump, parse
from harvester.reporting.formats import HTML, JSON, MARKDOWN, Format
from harvester.reporting.report_input import ReportInput
from harvester.text import escape_json, parse_json
from harvester.version import VERSION

LARGEST = 256 << 20
"""Bytes of a report that is read again."""

LARGEST_EMBEDDED = 8 << 20
"""Bytes of compressed evidence in a page: a quarter of a million rows. More is left to the file beside it."""

DOCTYPE = "<!doctype html>\n"
"""How a page in HTML begins: a comment before it would put browsers into their quirks mode."""

_HEAD = re.compile(rf"\A({DOCTYPE})?<!-- (harvester [^\n]* text ([0-9a-f]{{16}})) -->\n", re.ASCII)
_MADE = re.compile(
    r" · (?P<report>[^·]+) · (?P<who>.*) · (?P<first>\d{4}-\d\d-\d\d)\.\.(?P<last>\d{4}-\d\d-\d\d) \S+(?: ·|\Z)",
    re.ASCII,
)
_EMBEDDED = re.compile(r"\n<!-- evidence of this page, read by harvester verify\n([A-Za-z0-9+/=\n]+)-->\n")
_BEGINS = "\n<!-- evidence of this page, read by harvester verify\n"
_WIDTH = 120


INCOMPLETE = " · incomplete"
"""What a head has where a source is not complete, or somebody could not be read."""


@dataclass(frozen=True, slots=True)
class PageOf:
    """What a page is of, as its head says it: its kind, its people (or team) and its first and last day."""

    report: str
    who: str
    first: dt.date
    last: dt.date


@dataclass(frozen=True, slots=True)
class WrittenPage:
    """A page as it was read: its content, whether that is as it was written, and the evidence within it."""

    format: Format
    content: str
    unedited: bool
    head: str
    """Its head comment, or `made_by` as words in the same form."""
    evidence: Mapping[str, Any] | None

    @property
    def first_line(self) -> int:
        """The number that the content's first line would have in the file, if all of the head were before it."""
        return 1 if self.format == JSON else 2

    @property
    def complete(self) -> bool:
        """Whether every source was complete when it was made."""
        if self.format == JSON:
            return json.loads(self.content).get("complete") is not False
        return f"{INCOMPLETE} · " not in self.head

    @property
    def of(self) -> PageOf | None:
        """What it is of; None where its head does not say it, as that of JSON."""
        found = _MADE.search(self.head)
        if found is None:
            return None
        days = (dt.date.fromisoformat(found[each]) for each in ("first", "last"))
        return PageOf(found["report"], found["who"], *days)

    def other_digests(self, evidence: Mapping[str, Any]) -> list[str]:
        """The parts of an evidence that are not those this page was made with, such as `rows`."""
        return [part for part, value in digests(evidence).items() if f" {part} {value} " not in f"{self.head} "]


def stamp(
    content: str, format_: Format, report: str, report_input: ReportInput, evidence: Mapping[str, Any], *, embed: bool
) -> str:
    """A page's content with its head and, with `embed`, its evidence.

    Raises ReportError where the evidence is too large to be embedded.
    """
    if format_ == JSON:
        document = json.loads(content)
        made_by = {"harvester": VERSION, "report": report, **digests(evidence), "content": content_digest(content)}
        document["made_by"] = made_by
        if embed:
            _compressed(evidence)
            document["evidence"] = evidence
        return dump_json(document)
    doctype = DOCTYPE if format_ == HTML else ""
    body = content.removeprefix(doctype)
    head = _head(report, report_input, evidence, f"{doctype}{body}")
    return f"{doctype}<!-- {head} -->\n{body}{_embedded(evidence) if embed else ''}"


def read_page(path: Path) -> WrittenPage | None:
    """A page that harvester wrote in Markdown, HTML or JSON; None for any other file.

    Raises ReportError for what is not a regular file, and for evidence within it that cannot be read.
    """
    try:
        text = read_bytes(path, limit=LARGEST).decode("utf-8")
    except UnicodeDecodeError:
        return None
    return parse_page(text)


def parse_page(text: str) -> WrittenPage | None:
    """As `read_page`, of a text; line ends that a mail program changed are no edit."""
    text = text.removeprefix("\ufeff").replace("\r\n", "\n")
    head = _HEAD.match(text)
    if head is None:
        return _json_page(text) if text.startswith("{") else None
    rest, evidence = _without_evidence(text[head.end() :])
    content = f"{head[1] or ''}{rest}"
    return WrittenPage(HTML if head[1] else MARKDOWN, content, content_digest(content) == head[3], head[2], evidence)


def content_digest(content: str | bytes) -> str:
    """The digest (16 hex digits) of a page's content, or of a table's file."""
    return hashlib.sha256(content.encode() if isinstance(content, str) else content).hexdigest()[:16]


def dump_json(document: Any) -> str:
    """JSON as text: characters that a terminal or an editor obeys are escaped, the others are as they are."""
    return escape_json(json.dumps(document, indent=2, ensure_ascii=False)) + "\n"


def _json_page(text: str) -> WrittenPage | None:
    try:
        document = parse_json(text)
    except (ValueError, RecursionError):
        return None
    made_by = document.pop("made_by", None)
    if not isinstance(made_by, dict) or "content" not in made_by:
        return None
    embedded = document.pop("evidence", None)
    content = dump_json(document)
    head = " ".join(f"{name} {value}" for name, value in made_by.items())
    evidence = None if embedded is None else parse(json.dumps(embedded), "The evidence in the page")
    return WrittenPage(JSON, content, made_by["content"] == content_digest(content), f" {head}", evidence)


def _head(report: str, report_input: ReportInput, evidence: Mapping[str, Any], content: str) -> str:
    first, last = report_input.calendar.dates(report_input.period)
    who = _who(report_input)
    made_from = " · ".join(f"{part} {value}" for part, value in digests(evidence).items())
    complete = all(each.complete for each in report_input.statuses) and not report_input.unread
    missing = "" if complete else INCOMPLETE
    return _comment(
        f"harvester {VERSION} · {report} · {who} · {first}..{last} {report_input.calendar.zone.key}{missing} · "
        f"{made_from} · text {content_digest(content)}"
    )


def _who(report_input: ReportInput) -> str:
    """Whom, what and whose eyes a page is for: two pages of the same kind and days that differ in it are two pages."""
    request = report_input.request
    group = f"team {request.team}" if request.team else "everyone" if request.everyone else ""
    if request.mentees:
        group = f"mentees of {report_input.persons[-1]}"
    who = group or ", ".join(report_input.persons)
    about = f", about {request.about}" if request.about else ""
    return f"{who}{about}{'' if request.audience == 'manager' else f', for {request.audience}'}"


def _comment(text: str) -> str:
    return re.sub(r"[^\w .,:;@#·/+-]|--+", "?", re.sub("[<>]", "", text))


def _embedded(evidence: Mapping[str, Any]) -> str:
    """The evidence as a comment that nothing in it can close: letters, digits, `+`, `/` and `=`."""
    text = base64.b64encode(_compressed(evidence)).decode()
    lines = "\n".join(text[at : at + _WIDTH] for at in range(0, len(text), _WIDTH))
    return f"{_BEGINS}{lines}\n-->\n"


def _compressed(evidence: Mapping[str, Any]) -> bytes:
    packed = zlib.compress(dump(evidence).encode(), 9)
    if len(packed) > LARGEST_EMBEDDED:
        raise ReportError(
            f"The evidence is too large to be embedded: {len(packed) / 1e6:,.1f} MB when compressed, and at most "
            f"{LARGEST_EMBEDDED / 1e6:,.1f} MB are.",
            hint="Leave out --embed-evidence and hand in the file beside the report.",
        )
    return packed


def _without_evidence(text: str) -> tuple[str, Mapping[str, Any] | None]:
    """A page without the evidence within it, and that evidence; raises ReportError where it cannot be read."""
    place = text.rfind(_BEGINS)
    found = _EMBEDDED.match(text, place) if place >= 0 else None
    if found is None:
        return text, None
    unpacker = zlib.decompressobj()
    try:
        content = unpacker.decompress(base64.b64decode(found[1]), LARGEST_FILE)
        complete = unpacker.eof
    except (ValueError, zlib.error):
        complete = False
    if not complete:
        raise ReportError("The evidence in the page is damaged.", hint="Ask for the page as it was written.")
    evidence = parse(content.decode("utf-8", "replace"), "The evidence in the page")
    return text[:place] + text[found.end() :], evidence
