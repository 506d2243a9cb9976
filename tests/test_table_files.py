"""Tables as files: read by other programs' libraries they say the same, and no cell of them is run."""

import csv
import datetime as dt
import io
import json
import math
import unicodedata
from zoneinfo import ZoneInfo

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from harvester.errors import ReportError
from harvester.reporting.formats import CSV, EXPORT_FORMATS, JSON_LINES, JSON_ROWS, PARQUET, XLSX
from harvester.reporting.table_files import LONGEST_CELL, MOST_ROWS, About, check_size, is_own_parquet, table_bytes

ABOUT = About(ZoneInfo("Europe/Berlin"), {"report": "r"}, {"harvester": "1"})
AT = dt.datetime(2026, 8, 1, 12, tzinfo=dt.UTC)
FORMULAS = [
    "=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", " =1", "\u200b=1", "\ufeff=1", "\u202e=1", '"=1"', "＝1",
    "＋1", "－1", "＠A", "|cmd", "%0A=1", "=HYPERLINK(\"http://evil.example\")", "\x00=1", "\x1b=1", "\xa0=1",
]  # fmt: skip


def a_table(**columns):
    return pa.table(columns)


def csv_rows(table):
    content, _ = table_bytes(table, CSV, ABOUT)
    return list(csv.reader(io.StringIO(content.decode(), newline="")))


def sheet(table, about=ABOUT):
    content, remarks = table_bytes(table, XLSX, about)
    return openpyxl.load_workbook(io.BytesIO(content)), remarks


@pytest.mark.parametrize("text", FORMULAS)
def test_no_text_begins_a_formula_in_csv(text):
    cell = csv_rows(a_table(title=[text]))[1][0]
    assert cell.startswith("'")
    assert not [each for each in cell if unicodedata.category(each) == "Cc"]


@pytest.mark.parametrize("separator", [";", "\t"])
@pytest.mark.parametrize("before", ["", " ", '"', ' "'])
def test_none_begins_after_another_separator(separator, before):
    """Where a spreadsheet takes another separator, the rest of a text is a cell of its own."""
    content, _ = table_bytes(a_table(title=[f"a{separator}{before}=1+1"], more=["b\n=2"]), CSV, ABOUT)
    lines = content.decode().splitlines()
    assert len(lines) == 2
    for cell in lines[1].replace("\t", ";").split(";"):
        assert not cell.lstrip(' "').startswith(("=", "+", "-", "@"))


def test_other_texts_and_numbers_stay_as_they_are():
    texts = ["Work", "", "a = b", "v1-2", "10:30", "50%", "ünïcode 😀", 'say "hi", twice', "a; b"]
    rows = csv_rows(a_table(title=texts, size=[-5] * len(texts), points=[-0.5] * len(texts)))
    assert rows[0] == ["title", "size", "points"]
    assert [each[0] for each in rows[1:]] == texts
    assert rows[1][1:] == ["-5", "-0.5"]


def test_csv_has_zoned_times_and_lists_in_words():
    table = a_table(
        at=pa.array([AT], pa.timestamp("us", "UTC")),
        labels=pa.array([["bug", "urgent"]]),
        extra=pa.array([[("result", "fine")]], pa.map_(pa.string(), pa.string())),
        yes=[True],
        nothing=pa.array([None], pa.string()),
    )
    assert csv_rows(table)[1] == ["2026-08-01T14:00:00+02:00", "bug, urgent", "result: fine", "true", ""]


@pytest.mark.parametrize("text", FORMULAS)
def test_no_text_is_a_formula_in_excel(text):
    """It is stored as text, and marked so that it stays one when it is edited."""
    book, _ = sheet(a_table(title=[text]))
    cell = book["Work"]["A2"]
    assert cell.data_type == "s"
    assert cell.quotePrefix or not cell.value.lstrip(' "\n\t').startswith(("=", "+", "-", "@"))


def test_excel_has_numbers_days_and_truth_as_such():
    table = a_table(
        at=pa.array([AT], pa.timestamp("us", "UTC")),
        size=[-5], points=[0.5], yes=[True], labels=pa.array([["bug", "urgent"]]), nothing=pa.array([None], pa.int64()),
    )  # fmt: skip
    work = sheet(table)[0]["Work"]
    assert [each.value for each in work[1]] == ["at (Europe/Berlin)", "size", "points", "yes", "labels", "nothing"]
    assert [each.value for each in work[2]] == [AT.replace(tzinfo=None, hour=14), -5, 0.5, True, "bug, urgent", None]
    assert work["A2"].is_date


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, 2.0**1000])
def test_odd_numbers_make_no_broken_file(value):
    for each in EXPORT_FORMATS.values():
        assert table_bytes(a_table(points=[value], size=[2**62]), each, ABOUT)[0]
    assert sheet(a_table(size=[2**62]))[0]["Work"]["A2"].value == str(2**62)


def test_days_are_days():
    """Without a time: in Excel a date, elsewhere as ISO 8601."""
    table = a_table(day=pa.array([dt.date(2026, 8, 1), None], pa.date32()))
    book, _ = sheet(table)
    cell = book["Work"]["A2"]
    assert (f"{cell.value:%Y-%m-%d %H:%M}", cell.number_format) == ("2026-08-01 00:00", "yyyy-mm-dd")
    assert csv_rows(table)[1:] == [["2026-08-01"], [""]]
    assert json.loads(table_bytes(table, JSON_ROWS, ABOUT)[0]) == [{"day": "2026-08-01"}, {"day": None}]


@pytest.mark.parametrize("year", [1, 1899, 1900, 9999])
def test_days_that_excel_does_not_know_are_text(year):
    at = dt.datetime(year, 6, 1, 12, tzinfo=dt.UTC)
    table = a_table(at=pa.array([at], pa.timestamp("us", "UTC")))
    value = sheet(table)[0]["Work"]["A2"].value
    assert str(year) in str(value)
    assert csv_rows(table)[1][0].startswith(f"{year:04}-06-01T")


def test_the_last_and_the_first_instant_are_written():
    """In the table's zone they would be in a year that no date has."""
    ends = [dt.datetime(9999, 12, 31, 23, 59, tzinfo=dt.UTC), dt.datetime(1, 1, 1, tzinfo=dt.UTC)]
    for zone in ("Pacific/Auckland", "America/New_York"):
        for each in EXPORT_FORMATS.values():
            written, _ = table_bytes(a_table(at=pa.array(ends, pa.timestamp("us", "UTC"))), each, About(ZoneInfo(zone)))
            assert written


@pytest.mark.parametrize("letter", ["x", "é", "😀"])
def test_a_megabyte_is_cut_for_a_cell_and_said(letter):
    """Excel counts UTF-16, in which an emoji is two."""
    text = letter * 1_000_000
    book, remarks = sheet(a_table(title=[text, "short"]))
    value = book["Work"]["A2"].value
    assert value.endswith("…")
    assert LONGEST_CELL - 1 <= len(value.encode("utf-16-le")) // 2 <= LONGEST_CELL
    assert remarks == [
        "1 text is cut at 32,767 characters, the most that a cell holds; the format parquet has all of it."
    ]
    assert remarks[0] in [row[1].value for row in book["About"].iter_rows()]
    content, remarks = table_bytes(a_table(title=[text]), CSV, ABOUT)
    assert len(remarks) == 1
    assert len(content) < 5 * LONGEST_CELL
    assert table_bytes(a_table(title=[text]), PARQUET, ABOUT)[1] == []


def test_more_rows_than_a_sheet_has_are_refused():
    check_size(MOST_ROWS - 1, XLSX)
    check_size(MOST_ROWS, CSV)
    table = pa.table({"a": pa.nulls(MOST_ROWS)})
    with pytest.raises(ReportError, match="Choose a shorter period"):
        table_bytes(table, XLSX, ABOUT)


def test_json_has_lists_maps_and_nulls_as_such():
    table = a_table(
        at=pa.array([AT], pa.timestamp("us", "UTC")), title=["=1\x9b\u202e<é"], labels=pa.array([["bug"]]),
        extra=pa.array([[("result", "fine")]], pa.map_(pa.string(), pa.string())), points=[math.nan],
    )  # fmt: skip
    expected = {
        "at": "2026-08-01T14:00:00+02:00", "title": "=1\x9b\u202e<é", "labels": ["bug"], "extra": {"result": "fine"},
        "points": None,
    }  # fmt: skip
    content = table_bytes(table, JSON_ROWS, ABOUT)[0].decode()
    assert json.loads(content) == [expected]
    assert "\x9b" not in content
    assert "é" in content
    assert json.loads(table_bytes(table, JSON_LINES, ABOUT)[0]) == expected


def test_no_rows_are_a_file_with_names():
    nothing = a_table(title=pa.array([], pa.string()))
    assert csv_rows(nothing) == [["title"]]
    assert sheet(nothing)[0]["Work"].max_row == 1
    assert table_bytes(nothing, JSON_ROWS, ABOUT)[0] == b"[]\n"
    assert table_bytes(nothing, JSON_LINES, ABOUT)[0] == b""


def test_parquet_has_the_table_and_says_who_wrote_it(tmp_path):
    table = a_table(title=["=1", None], at=pa.array([AT, None], pa.timestamp("us", "UTC")))
    (tmp_path / "a.parquet").write_bytes(table_bytes(table, PARQUET, ABOUT)[0])
    pq.write_table(table, tmp_path / "b.parquet")
    assert pq.read_table(tmp_path / "a.parquet").equals(table)
    assert json.loads(pq.read_schema(tmp_path / "a.parquet").metadata[b"harvester"]) == {
        "harvester": "1",
        "report": "r",
    }
    assert is_own_parquet(tmp_path / "a.parquet")
    for name in ("b.parquet", "none", "."):
        assert not is_own_parquet(tmp_path / name)


def test_the_same_table_is_the_same_bytes():
    table = a_table(title=["a", "=b"], at=pa.array([AT, None], pa.timestamp("us", "UTC")))
    for each in EXPORT_FORMATS.values():
        assert table_bytes(table, each, ABOUT) == table_bytes(table, each, ABOUT)
