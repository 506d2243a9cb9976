"""Which format is meant by a name and by a file's suffix, and what is said where that is none."""

import pytest

from harvester.cli.ledger import export
from harvester.cli.report import command as report
from harvester.errors import ReportError
from harvester.reporting.formats import EXPORT_FORMATS, MARKDOWN, REPORT_FORMATS, choose_format


@pytest.mark.parametrize(
    ("name", "file", "expected"),
    [
        (None, None, "md"),
        (None, "report", "md"),
        (None, ".md", "md"),
        (None, "a.md", "md"),
        (None, "a.MARKDOWN", "md"),
        (None, "2026.Q3/a.HTM", "html"),
        (None, "a.md.html", "html"),
        (None, "a.pq", "parquet"),
        ("csv", None, "csv"),
        ("csv", "a.csv", "csv"),
        ("html", "page", "html"),
        ("md", "notes.txt", "md"),
    ],
)
def test_the_name_or_the_suffix_decides(name, file, expected):
    assert choose_format(REPORT_FORMATS, name, file, MARKDOWN).name == expected


@pytest.mark.parametrize(
    ("name", "file", "said"),
    [
        (None, "a.pdf", "open it in a browser, and print it to PDF"),
        ("html", "a.PDF", "open it in a browser, and print it to PDF"),
        (None, "a.docx", "open it in a word processor"),
        (None, "a.xls", "Write .xlsx"),
        (None, "a.txt", "Known are .md, .markdown, .html, .htm, .json, .csv, .xlsx, .parquet, .pq"),
        (None, "a.htlm", "did you mean '.htm'?"),
        (None, "ada.lovelace", "--format md|html|json|csv|xlsx|parquet"),
        (None, "a.md ", "does not end with a known suffix"),
        (None, "a.parquet.gz", "does not end with a known suffix"),
        ("csv", "a.md", "--format csv and the name 'a.md' are two different formats"),
        ("md", "a.html", "Name a file that ends with .md"),
    ],
)
def test_another_suffix_is_refused_with_the_way_out(name, file, said):
    with pytest.raises(ReportError) as raised:
        choose_format(REPORT_FORMATS, name, file, MARKDOWN)
    assert said in str(raised.value)


@pytest.mark.parametrize("file", ["rows", None, "rows.md", "rows.html", "rows.pdf"])
def test_an_export_has_no_format_of_its_own(file):
    with pytest.raises(ReportError) as raised:
        choose_format(EXPORT_FORMATS, None, file)
    assert "Known are .parquet, .pq, .csv, .xlsx, .json, .jsonl, .ndjson" in str(raised.value)
    assert ".html" not in str(raised.value).partition("Known")[2]


def test_every_suffix_is_of_one_format():
    for formats in (REPORT_FORMATS, EXPORT_FORMATS):
        suffixes = [suffix for each in formats.values() for suffix in each.suffixes]
        assert len(suffixes) == len(set(suffixes))


def test_the_commands_offer_these_formats():
    """They are written there too, so that help imports nothing."""
    for command, formats in ((report, REPORT_FORMATS), (export, EXPORT_FORMATS)):
        (option,) = (each for each in command.params if each.name == "format_name")
        assert list(option.type.choices) == list(formats)
