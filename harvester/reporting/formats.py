"""The formats of reports and exports: their names, the suffixes of their files, and which one is meant."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePath
from typing import TYPE_CHECKING

from harvester.errors import ReportError
from harvester.text import did_you_mean

if TYPE_CHECKING:
    from harvester.reporting.own_template import OwnTemplate


@dataclass(frozen=True, slots=True)
class Format:
    """A way to write a report or an export; the first suffix is the one that we give."""

    name: str
    suffixes: tuple[str, ...]
    is_table: bool = False
    """Whether it is a table of rows, and no page."""
    is_text: bool = True
    """Whether it is UTF-8 text; else bytes, which no terminal shows."""


MARKDOWN = Format("md", (".md", ".markdown"))
HTML = Format("html", (".html", ".htm"))
JSON = Format("json", (".json",))
CSV = Format("csv", (".csv",), is_table=True)
XLSX = Format("xlsx", (".xlsx",), is_table=True, is_text=False)
PARQUET = Format("parquet", (".parquet", ".pq"), is_table=True, is_text=False)
JSON_ROWS = Format("json", (".json",), is_table=True)
JSON_LINES = Format("jsonl", (".jsonl", ".ndjson"), is_table=True)

REPORT_FORMATS: Mapping[str, Format] = {each.name: each for each in (MARKDOWN, HTML, JSON, CSV, XLSX, PARQUET)}
EXPORT_FORMATS: Mapping[str, Format] = {each.name: each for each in (PARQUET, CSV, XLSX, JSON_ROWS, JSON_LINES)}

_PAGE_INSTEAD = HTML, "Write .html, open it in a word processor, and save it from there."
_SHEET_INSTEAD = XLSX, "Write .xlsx, which spreadsheets open and save as this."
INSTEAD: Mapping[str, tuple[Format, str]] = {
    ".pdf": (HTML, "Write .html, open it in a browser, and print it to PDF."),
    ".doc": _PAGE_INSTEAD, ".docx": _PAGE_INSTEAD, ".odt": _PAGE_INSTEAD, ".rtf": _PAGE_INSTEAD,
    ".xls": _SHEET_INSTEAD, ".xlsm": _SHEET_INSTEAD, ".ods": _SHEET_INSTEAD,
}  # fmt: skip
"""Formats that are asked for and that nothing here writes, with a format from which one gets there, and how."""


@dataclass(frozen=True, slots=True)
class PageOptions:
    """How a report is written: its format, and what of it is there only on request."""

    format: Format = MARKDOWN
    mermaid: bool = False
    """Charts as Mermaid, in Markdown."""
    embed_evidence: bool = False
    """The evidence within the page, so that `verify` needs no file beside it."""
    template: OwnTemplate | None = None
    """A user's own template in place of the report's; in Markdown and HTML."""


PLAIN = PageOptions()
"""Markdown with nothing on request."""


def choose_format(
    formats: Mapping[str, Format], name: str | None, file: str | None, default: Format | None = None
) -> Format:
    """The format of this name, else the one that the suffix of the file says, else `default` for a file without suffix.

    Raises ReportError for a suffix that is not known (without a name, or where it is another program's), for a name and
    a suffix that are of two formats, and where neither says anything and there is no default.
    """
    suffix = PurePath(file).suffix.casefold() if file else ""
    by_suffix = next((each for each in formats.values() if suffix in each.suffixes), None)
    known = {each: one.name for one in formats.values() for each in one.suffixes}
    hint = f"Known are {', '.join(known)}; or say --format {'|'.join(formats)}."
    if suffix in INSTEAD:
        by_way_of, how = INSTEAD[suffix]
        raise ReportError(
            f"{_short(file)}: no {suffix} files are written here.", hint=how if by_way_of in formats.values() else hint
        )
    if name is not None:
        if by_suffix not in {None, formats[name]}:
            raise ReportError(
                f"--format {name} and the name {_short(file)} are two different formats.",
                hint=f"Name a file that ends with {formats[name].suffixes[0]}, or leave out --format.",
            )
        return formats[name]
    if by_suffix or (default and not suffix):
        return by_suffix or default or MARKDOWN
    raise ReportError(
        f"{_short(file)} does not end with a known suffix{did_you_mean(suffix, known, '.')}",
        hint=hint,
    )


def _short(file: str | None) -> str:
    name = PurePath(file or "").name or file or "-"
    return repr(name if len(name) <= 80 else f"{name[:60]}…{name[-15:]}")
