"""Reports: the same input gives the same bytes, and a person's edits are never lost."""

import dataclasses
import datetime as dt
import json
import os

import pytest

from harvester.errors import ReportError
from harvester.goals.assessment import GoalsAndDecisions, assess
from harvester.ledger.coverage import SourceStatus
from harvester.model.periods import Period, calendar
from harvester.reporting.evidence import digests, dump, evidence
from harvester.reporting.evidence_diff import changes
from harvester.reporting.markdown import label
from harvester.reporting.report import render, write
from harvester.reporting.report_input import ReportInput
from harvester.reports.sections.items import reference_to
from harvester.sdk import plugins
from harvester.sdk.connector import Gap
from tests.rows import PEOPLE, at, commit, framed, review, row

NOTHING = GoalsAndDecisions()
QUARTER = Period(at("2026-07-01"), at("2026-10-01"), "Q3 2026")
REPORT = plugins.load(plugins.REPORTS, "accomplishments")
ROWS = [
    row(title="Carry the order's key", url="https://github.com/org/app/pull/1", additions=340, deletions=120),
    row(work_item="github.com/org/app#9", occurred_at=at("2026-10-01"), title="Next quarter's"),
    commit("a" * 40, part_of=("github.com/org/app#1",), title="One of its commits"),
    commit("b" * 40, title="A commit of its own"),
    review(3, state="approved", title="Grace's work"),
    row(kind="issue", role="assignee", work_item="acme.atlassian.net/PAY-7", story_points=5.0, title="Charged twice"),
    row(account="dependabot[bot]", work_item="github.com/org/app#4", title="Bump"),
    row(account="grace", work_item="github.com/org/app#3", title="Grace's work"),
]


def report_input(rows=ROWS, gaps=(), read_at="2026-10-02", agreed=NOTHING, **values):
    known = SourceStatus("hub", QUARTER, gaps=gaps, read_at=at(read_at))
    given = {
        "period": QUARTER, "persons": ("ada",), "statuses": [known],
        "calendar": calendar("Europe/Berlin"), "people": PEOPLE,
    }  # fmt: skip
    given |= values
    shared = {name: given[name] for name in ("persons", "period", "calendar", "people")}
    return ReportInput(assessment=assess(framed(rows), agreed, now=at(read_at), **shared), **given)


def test_counts_list_and_links_come_from_the_rows():
    text = render(REPORT, report_input())
    assert "Merged 1 pull request, landed 1 further commit and resolved 1 ticket (5 points)" in text
    assert "reviewed 1 pull request by 1 person." in text
    assert "| [app#1](https://github.com/org/app/pull/1) | Carry the order's key | merged 1 Aug | +340 −120 |" in text
    assert "Reviewed 1 pull request by 1 person: Grace Hopper 1." in text
    assert "Next quarter's" not in text
    assert "One of its commits" not in text
    assert "1 commit is part of a pull request above and is not counted again." in text
    assert "Bump" not in text


def test_the_order_of_rows_does_not_change_the_bytes():
    assert render(REPORT, report_input(ROWS)) == render(REPORT, report_input(ROWS[::-1]))


def test_gaps_come_first_and_once():
    gaps = (Gap("org", "401: the token has expired"), Gap("org", "401: the token has expired"))
    lines = render(REPORT, report_input(gaps=gaps)).splitlines()
    assert lines[5].startswith("> **Incomplete.**")
    assert [line for line in lines if "expired" in line] == ["> - hub: org: 401: the token has expired"]
    assert any("**incomplete**" in line for line in lines)


def test_no_work_is_said_in_words():
    assert "No work was found in this period." in render(REPORT, report_input([]))


def test_a_period_that_still_ran_says_as_of_when_it_was_read():
    assert "complete, as of 3 Sep 14:30" in render(REPORT, report_input(read_at="2026-09-03T12:30"))
    assert "as of" not in render(REPORT, report_input())


def test_days_in_the_sources_table_are_the_report_s():
    year = SourceStatus("hub", Period(at("2026-01-01"), at("2027-01-01")), read_at=at("2027-01-02"))
    last = render(REPORT, report_input(statuses=[year])).split("## Sources and coverage")[1]
    assert "| GitHub (hub) | 1 July to 1 October 2026 | 3 | complete |" in last


def test_evidence_is_over_rows_and_not_their_order():
    assert digests(evidence(report_input(ROWS), "r")) == digests(evidence(report_input(ROWS[::-1]), "r"))
    assert digests(evidence(report_input(ROWS), "r")) != digests(evidence(report_input(ROWS[1:]), "r"))


def test_evidence_names_what_changed_by_row_and_source_but_not_when_it_was_read():
    before = evidence(report_input(), "r")
    edited = [dataclasses.replace(ROWS[0], title="Another title"), *ROWS[2:], row(work_item="github.com/org/app#77")]
    after = evidence(report_input(edited, gaps=(Gap("org", "401"),)), "r")
    lines = changes(before, after)
    assert "row new: github.com/org/app#77 (author, ada): Work" in lines
    assert "row changed: github.com/org/app#1 (author, ada): title 'Carry the order's key' → 'Another title'" in lines
    assert "source changed: hub: complete → org: 401" in lines
    assert changes(before, evidence(report_input(read_at="2026-10-09"), "r")) == []
    assert json.loads(dump(before)) == before


def test_a_report_is_replaced_but_not_one_that_a_person_edited(tmp_path):
    path = tmp_path / "deep" / "report.md"
    text = render(REPORT, report_input())
    write(text, path)
    write(text, path)
    path.write_text(path.read_text() + "\nMy own words.\n")
    with pytest.raises(ReportError, match="has been edited and was not overwritten"):
        write(text, path)
    assert "My own words." in path.read_text()
    write(text, path, force=True)
    assert path.read_text() == text


def test_a_file_that_is_no_report_is_left_alone(tmp_path):
    path = tmp_path / "notes.md"
    path.write_text("my notes")
    with pytest.raises(ReportError, match="is not a report that harvester wrote"):
        write("x", path)
    assert path.read_text() == "my notes"


def test_what_a_link_leads_to_is_replaced_and_the_link_stays(tmp_path):
    text = render(REPORT, report_input())
    (tmp_path / "link.md").symlink_to("report.md")
    write(text, tmp_path / "link.md")
    assert (tmp_path / "link.md").is_symlink()
    assert (tmp_path / "report.md").read_text() == text


@pytest.mark.parametrize("force", [False, True])
def test_a_device_or_a_pipe_in_the_way_is_neither_read_nor_replaced(tmp_path, force):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(ReportError, match="is not an ordinary file"):
        write("x", tmp_path / "pipe", force=force)
    assert (tmp_path / "pipe").is_fifo()


@pytest.mark.parametrize("name", ["x" * 300, "nul\0"])
def test_a_name_that_no_file_can_have_is_said_so(tmp_path, name):
    with pytest.raises(ReportError, match="cannot be written"):
        write("x", tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def test_a_long_name_that_a_file_can_have_is_written(tmp_path):
    write("x", tmp_path / ("x" * 255))
    assert [each.name for each in tmp_path.iterdir()] == ["x" * 255]


def test_nothing_is_left_behind_where_the_text_cannot_be_written(tmp_path):
    with pytest.raises(ReportError, match="cannot be written"):
        write("\ud800", tmp_path / "report.md")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_may_not_be_written_is_said_so_as_a_user(tmp_path):
    tmp_path.chmod(0o500)
    with pytest.raises(ReportError, match="cannot be written"):
        write("x", tmp_path / "report.md")


def test_a_file_where_a_folder_should_be_is_said_so(tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(ReportError, match="cannot be written") as caught:
        write("x", tmp_path / "file" / "report.md")
    assert caught.value.hint == "Name another file."  # --output names one, and so does publish --to


def test_the_head_cannot_be_broken_by_a_person_s_name():
    text = render(REPORT, report_input(persons=("<a--><script>@b.c>",)))
    assert text.splitlines()[0].endswith("-->")
    assert text.splitlines()[0].count("-->") == 1
    assert "<script" not in text.splitlines()[0]


def test_times_are_the_person_s_own():
    late = row(occurred_at=dt.datetime(2026, 7, 31, 22, 30, tzinfo=dt.UTC))
    assert "merged 1 Aug" in render(REPORT, report_input([late]))


@pytest.mark.parametrize(
    ("work_item", "expected"),
    [("local/click~a4f8b5d5#3778", "click#⁠3778"), ("github.com/org/app~2efad5683b#2", "app&#x7e;⁠2efad5⁠683b#⁠2")],
)
def test_a_folders_digest_is_not_shown(work_item, expected):
    """What tells folders of one name apart says nothing to a reader; the number of an older forge keeps its mark."""
    assert label(reference_to({"work_item": work_item, "kind": "pull_request", "url": None})) == expected
