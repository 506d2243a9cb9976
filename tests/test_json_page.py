"""JSON of a report: what its page says with every measure, as its JSON Schema describes it, with nothing escaped."""

import dataclasses
import datetime as dt
import io
import json
from collections.abc import Mapping

import jsonschema
import openpyxl
import pytest

from harvester.analysis.measures import MEASURES
from harvester.errors import ReportError
from harvester.ledger.coverage import SourceStatus
from harvester.reporting.evidence import as_read
from harvester.reporting.formats import CSV, HTML, JSON, XLSX, PageOptions
from harvester.reporting.json_page import json_schema
from harvester.reporting.report import Report, file_name, make, page_content, table_of
from harvester.reporting.rows import own_rows
from harvester.reporting.stamp import parse_page
from harvester.sdk.connector import Gap, Remark
from tests.rows import at, review, row
from tests.test_report import QUARTER, REPORT, ROWS, report_input

HOSTILE = "<b>`x`</b> --> [a](javascript:1) \\ & 'é'"


@dataclasses.dataclass(frozen=True)
class Line:
    """A line of the page below, with the id of its row."""

    id: str
    title: str
    url: str | None
    day: dt.date
    points: float | None = None


@dataclasses.dataclass(frozen=True)
class Page:
    """A small page."""

    heading: str
    lines: list[Line]
    """The lines, newest first."""
    counts: Mapping[str, int]


def a_page(report_input):
    rows = own_rows(report_input)
    columns = (rows[name].tolist() for name in ("id", "title", "url"))
    lines = [Line(key, title, str(url), dt.date(2026, 8, 1)) for key, title, url in zip(*columns, strict=True)]
    return Page(report_input.name("ada"), lines, {"lines": len(lines)})


SMALL = Report("small", "tests", "small.md.j2", a_page, page=Page)
OPTIONS = PageOptions(JSON)


def document(given, **options):
    made = make(SMALL, given, PageOptions(JSON, **options)).content.decode()
    read = json.loads(made)
    jsonschema.validate(read, json_schema(Page, "small"), format_checker=jsonschema.FormatChecker())
    return read


def test_a_document_has_page_people_and_sources():
    gaps = (Gap("org", "401", QUARTER), Gap("", "gone"))
    status = SourceStatus(
        "hub", QUARTER, gaps=gaps, unread=(QUARTER,), read_at=at("2026-10-02"), remarks=(Remark("", "no sizes"),)
    )
    read = document(report_input(statuses=[status], remarks=("Not you.",)))
    assert (read["schema"], read["report"], read["complete"], read["draft"]) == (1, "small", False, False)
    assert read["persons"] == [{"key": "ada", "name": "Ada Lovelace"}]
    assert read["period"] == {
        "name": QUARTER.name, "first": "2026-07-01", "last": "2026-10-01", "zone": "Europe/Berlin",
        "since": "2026-07-01T00:00:00Z", "until": "2026-10-01T00:00:00Z",
    }  # fmt: skip
    assert read["remarks"] == ["Not you."]
    (source,) = read["sources"]
    assert (source["source"], source["complete"], source["remarks"]) == ("hub", False, ["no sizes"])
    days = {"first": "2026-07-01", "last": "2026-10-01"}
    assert source["gaps"] == [
        {"scope": "org", "reason": "401"} | days,
        {"scope": "", "reason": "gone", "first": None, "last": None},
        {"scope": "", "reason": "not read"} | days,
    ]
    assert read["page"]["heading"] == "Ada Lovelace"
    assert {each["id"] for each in read["page"]["lines"]} == set(own_rows(report_input())["id"])


def test_every_measure_has_its_number():
    read = document(report_input())["measures"]
    # Nobody asked who was new, and a median of nothing is none.
    assert list(read) == [name for name, each in MEASURES.items() if name != "newcomers" and each.count != "median"]
    expected = {"pull_requests": 1, "commits": 1, "commits_in_pull_requests": 1, "reviews": 1, "story_points": 5}
    assert {name: read[name] for name in expected} == expected
    assert all(isinstance(number, int) for number in read.values())
    points = [row(kind="issue", role="assignee", work_item="a/PAY-7", story_points=0.5)]
    assert document(report_input(points))["measures"]["story_points"] == 0.5
    lines = [row(id=each, work_item=each, additions=5, deletions=1) for each in ("a/x#1", "a/x#2")]
    read = document(report_input(lines))["measures"]
    assert (read["lines_added"], read["lines_deleted"]) == (10, 2)


def test_text_is_as_the_source_has_it():
    (line,) = document(report_input([row(title=HOSTILE, url="https://x.example/?a=1&b=2#c")]))["page"]["lines"]
    assert (line["title"], line["url"]) == (HOSTILE, "https://x.example/?a=1&b=2#c")


@pytest.mark.parametrize("url", ["javascript:alert(1)", "data:text/html,x", "https://me@evil.example/", "file:///etc"])
def test_only_plain_addresses_are_given(url):
    (line,) = document(report_input([row(url=url)]))["page"]["lines"]
    assert line["url"] is None
    assert table_of(SMALL, report_input([row(url=url)]))["url"].isna().all()


def test_evidence_is_within_on_request():
    given = report_input()
    assert "evidence" not in document(given)
    read = document(given, embed_evidence=True)
    assert read["evidence"]["report"] == "small"
    page = parse_page(json.dumps(read))
    assert (page.unedited, page.content) == (True, page_content(SMALL, given, OPTIONS))


def test_a_report_without_a_page_type_has_no_json():
    with pytest.raises(ReportError, match="The report 'other' has no JSON"):
        make(dataclasses.replace(SMALL, name="other", page=None), report_input(), OPTIONS)


def test_the_schema_refuses_what_it_does_not_describe():
    read, schema = document(report_input()), json_schema(Page, "small")
    for change in ({"more": 1}, {"schema": 2}, {"page": {}}, {"measures": {"commits": "x"}}):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(read | change, schema)


def test_the_schema_says_what_fields_mean():
    schema = json_schema(Page, "small")
    assert schema["properties"]["measures"]["description"].startswith("Every measure by its name")
    assert schema["$defs"]["Page"]["properties"]["lines"]["description"] == "The lines, newest first."
    assert schema["$defs"]["Line"]["description"] == "A line of the page below, with the id of its row."
    assert schema["$defs"]["Line"]["additionalProperties"] is False
    assert "made_by" in schema["required"]


def test_a_draft_is_said_and_made_again_as_one():
    given = report_input(draft=True)
    assert document(given)["draft"] is True
    assert as_read(report_input(), make(SMALL, given, OPTIONS).evidence).draft


def test_html_is_one_file_with_the_same_words():
    text = make(REPORT, report_input(), PageOptions(HTML)).content.decode()
    assert text.startswith("<!doctype html>\n<!-- harvester ")
    assert "Carry the order" in text
    page = parse_page(text)
    assert (page.format, page.unedited) == (HTML, True)


def test_a_table_has_people_goals_and_counts_first():
    table = table_of(REPORT, report_input([*ROWS, row(work_item="github.com/org/app#8", occurred_at=at("2026-08-02"))]))
    assert list(table.columns[:3]) == ["person", "goals", "counted"]
    assert "is_bot" not in table.columns
    assert set(table["person"]) == {"Ada Lovelace"}
    assert set(table["person_key"]) == {"ada"}
    assert table["work_item"].tolist()[0] == "github.com/org/app#8"
    counted = [name for names in table["counted"] for name in names]
    assert {name: counted.count(name) for name in ("pull_requests", "commits", "reviews")} == {
        "pull_requests": 2, "commits": 1, "reviews": 1,
    }  # fmt: skip
    assert "github.com/org/app#9" not in set(table["work_item"])
    assert table_of(REPORT, report_input([])).empty


def test_a_table_names_people_and_not_accounts():
    (owners,) = table_of(REPORT, report_input([review(3)]))["owner_people"]
    assert list(owners) == ["Grace Hopper"]


def test_a_report_may_add_columns():
    def more(report_input, rows):
        return rows[["title"]].rename(columns={"title": "theme"})

    table = table_of(dataclasses.replace(SMALL, row_columns=more), report_input())
    assert list(table.columns[:4]) == ["person", "goals", "counted", "theme"]
    assert table["theme"].tolist() == table["title"].tolist()


def test_a_table_says_what_is_missing():
    made = make(REPORT, report_input(gaps=(Gap("org", "401"),)), PageOptions(XLSX))
    about = openpyxl.load_workbook(io.BytesIO(made.content))["About"]
    assert [each.value for each in about[1]] == ["incomplete: hub", "org: 401"]


@pytest.mark.parametrize(
    "options", [PageOptions(each) for each in (CSV, XLSX, HTML)], ids=lambda each: each.format.name
)
def test_the_same_input_gives_the_same_bytes(options):
    given = report_input([row(title="=1"), *ROWS[1:]])
    assert make(REPORT, given, options) == make(REPORT, report_input([row(title="=1"), *ROWS[1:]][::-1]), options)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Ada Lovelace", "small-ada-lovelace-q3-2026.json"),
        ("../../etc/passwd\0", "small-etc-passwd-q3-2026.json"),
        ("CON: <a|b>?*", "small-con-a-b-q3-2026.json"),
        ("Zoë 李", "small-zoë-李-q3-2026.json"),
        ("---", "small-q3-2026.json"),
        ("x" * 1000, f"small-{'x' * 60}-q3-2026.json"),
    ],
)
def test_a_file_s_name_has_letters_and_digits(name, expected):
    assert file_name(SMALL, report_input(names={"ada": name}), OPTIONS) == expected
