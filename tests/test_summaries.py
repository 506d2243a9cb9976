"""The summary that a person wrote for exactly the report's period is its opening; it is no work."""

import pytest

from harvester.analysis import measures
from harvester.goals.assessment import GoalsAndDecisions, assess
from harvester.goals.summaries import summary_of
from harvester.model.periods import calendar, parse
from tests.rows import PEOPLE, at, framed, row

BERLIN = calendar("Europe/Berlin")
NOW = at("2026-10-15T12:00")
Q3 = parse("2026Q3", BERLIN, NOW)


def summary(text, period="2026Q3", written="2026-09-30", **values):
    given = {
        "id": f"note:{text}", "kind": "note", "work_item": f"notebook/{text}", "state": "summary", "account": "ada",
        "occurred_at": at("2026-09-30T10:00"), "started_at": at(f"{written}T10:00"), "project": None,
        "extra": {"summary": text, "period": period},
    }  # fmt: skip
    return row(**given | values)


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([], None),
        ([summary("It went\n well")], "It went well"),
        ([summary("old"), summary("new", written="2026-10-03")], "new"),
        ([summary("new", written="2026-10-03"), summary("old")], "new"),
        ([summary("of a month", "2026-08"), summary("of the year", "2026")], None),
        ([summary("as dates", "2026-Q3"), summary("relative", "last-quarter", "2026-10-03")], "relative"),
        ([summary("this one", "this-quarter", "2026-08-03")], "this one"),
        ([summary("nonsense", "sometime"), summary("  ", "2026Q3")], None),
        ([summary("hers", account="grace")], None),
        ([row(extra={"summary": "no summary", "period": "2026Q3"})], None),
    ],
)
def test_the_newest_summary_of_the_period_is_taken(rows, expected):
    assert summary_of(framed(rows), ["ada"], Q3, BERLIN) == expected


def test_a_summary_is_counted_nowhere():
    """Not as a note, not as a piece of work, and no thread shows it."""
    rows = [row(), summary("Well", related_to=("app#1",), extra={"summary": "W", "period": "2026Q3", "goal": "g"})]
    frame = framed(rows)
    asked = {"persons": ["ada"], "period": Q3, "calendar": BERLIN, "people": PEOPLE, "now": NOW}
    assessed = assess(frame, GoalsAndDecisions(), **asked)

    of_all_rows = {"rows", "unplanned", "people", "newcomers"}
    names = [name for name, each in measures.MEASURES.items() if name not in of_all_rows and not each.not_shown]
    counts = {name: measures.count(assessed.frame, name) for name in names}
    counts = {name: number for name, number in counts.items() if number == number}  # a median of nothing is none
    assert {name: number for name, number in counts.items() if number} == {
        "pull_requests": 1, "pieces": 1, "projects": 1,
    }  # fmt: skip
    assert [list(each) for each in frame["counted"]] == [["pull_requests"], []]
    assert (assessed.notes_by_thread, assessed.related_rows) == ({}, {})
