"""Tables as files: CSV, Excel, Parquet and JSON, each safe to open, with a remark where a cell cannot hold a text.

A spreadsheet runs a cell that begins like a formula, and text from sources is not to be trusted. In CSV such a text
gets an apostrophe before it, also after a semicolon, at which a spreadsheet of another country ends the cell. In Excel
it is stored as a text, which stays one when somebody edits it. Parquet and JSON have every text as it is.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import math
import re
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO
from zoneinfo import ZoneInfo

from harvester.errors import ReportError
from harvester.reporting.formats import CSV, JSON_LINES, JSON_ROWS, PARQUET, XLSX, Format
from harvester.text import count_noun, escape_json

if TYPE_CHECKING:
    import pyarrow as pa

LONGEST_CELL = 32_767
"""UTF-16 code units that a cell of a spreadsheet holds."""

MOST_ROWS = 1_048_576
"""Rows of a sheet in Excel, with that of the names."""

EXACT = 2**53
"""The whole numbers of a spreadsheet are exact up to this one."""

METADATA = b"harvester"
"""The key in a Parquet file's metadata under which it says what it is, as JSON."""

_BATCH = 10_000
_BEFORE = r"[\s\u200b-\u200f\u2060-\u2064\ufeff\"]*"
_FORMULA = re.compile(rf"{_BEFORE}[=+\-@|%\uff1d\uff0b\uff0d\uff20]")
_LATER_FORMULA = re.compile(rf";(?={_BEFORE}[=+\-@\uff1d\uff0b\uff0d\uff20])")
_DIRECTIONS = "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff"
_BREAKS = re.compile(f"[\x00-\x20\x7f-\x9f\u2028\u2029{_DIRECTIONS}]+")
_CONTROLS = re.compile(f"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029{_DIRECTIONS}\ufffe\uffff]")


@dataclass(frozen=True, slots=True)
class About:
    """What a table is about, for readers who have only the file."""

    zone: ZoneInfo
    """The zone of times in CSV, JSON and Excel; in Parquet they are UTC."""
    facts: Mapping[str, str] = field(default_factory=dict)
    """What a reader must know: the report, its people and period, what is missing."""
    made_by: Mapping[str, Any] = field(default_factory=dict)
    """The same for programs."""
    created: dt.datetime = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)
    """What Excel has as the time of creation: of the data, so that the same data gives the same bytes."""
    sheet: str = "Work"
    """What Excel calls the sheet of the rows."""


@dataclass(slots=True)
class _Cells:
    """Makes cells, and counts the texts that were cut."""

    about: About
    cut: int = 0

    def text(self, text: str) -> str:
        """A text that a cell can hold, cut with an ellipsis where it is longer."""
        if len(text) * 2 <= LONGEST_CELL:
            return text
        units = text.encode("utf-16-le")
        if len(units) <= 2 * LONGEST_CELL:
            return text
        self.cut += 1
        return units[: 2 * (LONGEST_CELL - 1)].decode("utf-16-le", "ignore") + "…"

    def joined(self, value: Any) -> Any:
        """A list or a map in words; any other value as it is."""
        if not isinstance(value, list):
            return value
        return ", ".join(f"{each[0]}: {each[1]}" if isinstance(each, tuple) else str(each) for each in value)

    def time(self, at: dt.datetime) -> dt.datetime:
        """A time in the zone of the table."""
        return _local(at, self.about.zone)


def _local(at: dt.datetime, zone: ZoneInfo) -> dt.datetime:
    """A time in a zone; in its own where it would be before the year 1 or after 9999 there."""
    try:
        return at.astimezone(zone)
    except OverflowError:
        return at


def check_size(rows: int, format_: Format) -> None:
    """Raises ReportError for more rows than a sheet has, before anything is read or written."""
    if format_ == XLSX and rows >= MOST_ROWS:
        raise ReportError(
            f"Excel has {MOST_ROWS:,} rows in a sheet, one of them for the names, and these are {rows:,} rows.",
            hint="Choose a shorter period, or .parquet or .csv.",
        )


def write_table(table: pa.Table, file: BinaryIO, format_: Format, about: About) -> list[str]:
    """Write a table to an open file; returns remarks, such as how many texts were cut.

    The same table gives the same bytes. Raises ReportError, before writing, for more rows than the format holds.
    """
    check_size(len(table), format_)
    return _WRITERS[format_.name](table, file, about)


def table_bytes(table: pa.Table, format_: Format, about: About) -> tuple[bytes, list[str]]:
    """A table as the bytes of a file, with the remarks of `write_table`."""
    file = io.BytesIO()
    remarks = write_table(table, file, format_, about)
    return file.getvalue(), remarks


def is_own_parquet(path: Path) -> bool:
    """Whether there is a Parquet file that harvester wrote; False for any other file, and where there is none."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    if not path.is_file():
        return False
    try:
        return METADATA in (pq.read_schema(path).metadata or {})
    except (pa.ArrowException, OSError):
        return False


def _write_csv(table: pa.Table, file: BinaryIO, about: About) -> list[str]:
    cells = _Cells(about)
    text = io.TextIOWrapper(file, encoding="utf-8", newline="", write_through=True)
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(table.column_names)
    for rows in _rows(table):
        writer.writerows([_csv_cell(value, cells) for value in row] for row in rows)
    text.detach()
    return _remarks(cells)


def _csv_cell(value: Any, cells: _Cells) -> Any:
    """A value as CSV has it: one line, without a beginning that a spreadsheet runs; null is empty."""
    value = cells.joined(value)
    if isinstance(value, str):
        line = _LATER_FORMULA.sub(";'", _BREAKS.sub(" ", value).strip())
        return cells.text(f"'{line}" if _FORMULA.match(line) else line)
    if isinstance(value, dt.datetime):
        return cells.time(value).isoformat()
    return ("true" if value else "false") if isinstance(value, bool) else value


def _write_parquet(table: pa.Table, file: BinaryIO, about: About) -> list[str]:
    import pyarrow.parquet as pq

    made_by = json.dumps({**about.made_by, **about.facts}, sort_keys=True).encode()
    pq.write_table(table.replace_schema_metadata({METADATA: made_by}), file, compression="zstd")
    return []


def _write_json_rows(table: pa.Table, file: BinaryIO, about: About) -> list[str]:
    """An array with a row a line."""
    separator = "[\n"
    for line in _json_lines(table, about):
        file.write(f"{separator}{line}".encode())
        separator = ",\n"
    file.write(b"\n]\n" if len(table) else b"[]\n")
    return []


def _write_json_lines(table: pa.Table, file: BinaryIO, about: About) -> list[str]:
    file.writelines(f"{line}\n".encode() for line in _json_lines(table, about))
    return []


def _json_lines(table: pa.Table, about: About) -> Iterator[str]:
    maps = {name for name in table.column_names if str(table.schema.field(name).type).startswith("map<")}
    for rows in _rows(table):
        for row in rows:
            known = {
                name: dict(value) if name in maps and value is not None else _json_value(value, about)
                for name, value in zip(table.column_names, row, strict=True)
            }
            yield escape_json(json.dumps(known, ensure_ascii=False, allow_nan=False))


def _json_value(value: Any, about: About) -> Any:
    if isinstance(value, dt.datetime):
        return _local(value, about.zone).isoformat()
    if isinstance(value, dt.date):
        return value.isoformat()
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _write_xlsx(table: pa.Table, file: BinaryIO, about: About) -> list[str]:
    import xlsxwriter

    cells = _Cells(about)
    with tempfile.TemporaryDirectory(prefix="harvester-") as folder:
        options = {"constant_memory": True, "tmpdir": folder, "strings_to_formulas": False, "strings_to_urls": False}
        book = xlsxwriter.Workbook(file, options)
        book.set_properties({"created": about.created.astimezone(dt.UTC).replace(tzinfo=None)})
        _write_sheet(_Sheet(book, cells), table)
        remarks = _remarks(cells)
        _write_facts(book, {**about.facts, **{f"remark {number}": each for number, each in enumerate(remarks, 1)}})
        book.close()
    return remarks


class _Sheet:
    """The sheet of the rows, and how each kind of value is written there."""

    def __init__(self, book: Any, cells: _Cells) -> None:
        self.cells = cells
        self.sheet = book.add_worksheet(cells.about.sheet)
        self.bold = book.add_format({"bold": True})
        self.time = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
        self.day = book.add_format({"num_format": "yyyy-mm-dd"})
        self.quoted = book.add_format({"quote_prefix": True})

    def write(self, row: int, column: int, value: Any) -> None:
        """Write a value; null and an empty text leave the cell empty."""
        value = self.cells.joined(value)
        if value is None or value == "":
            return
        if isinstance(value, bool):
            self.sheet.write_boolean(row, column, value)
        elif (isinstance(value, int) and abs(value) <= EXACT) or (isinstance(value, float) and math.isfinite(value)):
            self.sheet.write_number(row, column, value)
        elif isinstance(value, dt.datetime) and self.cells.time(value).year >= FIRST_YEAR:
            self.sheet.write_datetime(row, column, self.cells.time(value).replace(tzinfo=None), self.time)
        elif isinstance(value, dt.date) and not isinstance(value, dt.datetime) and value.year >= FIRST_YEAR:
            self.sheet.write_datetime(row, column, dt.datetime.combine(value, dt.time()), self.day)
        else:
            self._write_text(row, column, value.isoformat() if isinstance(value, dt.datetime) else str(value))

    def _write_text(self, row: int, column: int, value: str) -> None:
        text = self.cells.text(_CONTROLS.sub(" ", value.replace("\r\n", "\n")))
        self.sheet.write_string(row, column, text, self.quoted if _FORMULA.match(text) else None)


FIRST_YEAR = 1901
"""Excel knows no day before 1900, and one day too many in that year; earlier times are texts."""

_WIDTHS = {"title": 60, "url": 40, "body": 40, "occurred_at": 20, "started_at": 20}


def _write_sheet(sheet: _Sheet, table: pa.Table) -> None:
    zone = sheet.cells.about.zone.key
    for column, name in enumerate(table.column_names):
        is_time = str(table.schema.field(name).type).startswith("timestamp")
        sheet.sheet.set_column(column, column, _WIDTHS.get(name, 16))
        sheet.sheet.write_string(0, column, f"{name} ({zone})" if is_time else name, sheet.bold)
    sheet.sheet.freeze_panes(1, 0)
    number = 0
    for rows in _rows(table):
        for row in rows:
            number += 1
            for column, value in enumerate(row):
                sheet.write(number, column, value)
    sheet.sheet.autofilter(0, 0, number, len(table.column_names) - 1)


def _write_facts(book: Any, facts: Mapping[str, str]) -> None:
    sheet = book.add_worksheet("About")
    sheet.set_column(0, 0, 20)
    sheet.set_column(1, 1, 100)
    for row, (name, text) in enumerate(facts.items()):
        sheet.write_string(row, 0, name)
        sheet.write_string(row, 1, _CONTROLS.sub(" ", text)[: LONGEST_CELL // 2])


def _rows(table: pa.Table) -> Iterator[Iterator[tuple[Any, ...]]]:
    """The rows in batches, as Python values; times are aware and in UTC."""
    from harvester.analysis.frame import python_values

    for start in range(0, len(table), _BATCH):
        batch = table.slice(start, _BATCH)
        yield zip(*(python_values(column.combine_chunks()) for column in batch.columns), strict=True)


def _remarks(cells: _Cells) -> list[str]:
    if not cells.cut:
        return []
    texts = count_noun(cells.cut, "text")
    verb = "is" if cells.cut == 1 else "are"
    cut = f"{texts} {verb} cut at {LONGEST_CELL:,} characters, the most that a cell holds"
    return [f"{cut}; the format parquet has all of it."]


_WRITERS: Mapping[str, Callable[[pa.Table, BinaryIO, About], list[str]]] = {
    CSV.name: _write_csv, XLSX.name: _write_xlsx, PARQUET.name: _write_parquet, JSON_ROWS.name: _write_json_rows,
    JSON_LINES.name: _write_json_lines,
}  # fmt: skip
