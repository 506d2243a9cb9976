"""`harvester measures`: each number is that of the page of the same people and days; files, and what is not said."""

import csv
import datetime as dt
import json

import pyarrow.parquet as pq
import pytest

from harvester.analysis.measures import MEASURES
from harvester.errors import PeriodError
from harvester.model.periods import Period, calendar
from harvester.reporting.figures import periods_by
from harvester.reporting.formats import JSON, PageOptions
from harvester.workspace.chosen import Chosen
from harvester.workspace.measures import make_measures
from harvester.workspace.reports import load_report, make_report
from harvester.workspace.workspace import open_workspace
from tests.environments import run, stand_in
from tests.test_reports import the_world_of

BERLIN = calendar("Europe/Berlin")
QUARTER = "2026Q3"
MONTHS = "2026-08..2026-09"


@pytest.fixture(scope="module")
def workspace(tmp_path_factory):
    """The world `year` with all sources, everybody's work of the quarter harvested once."""
    with the_world_of("year", tmp_path_factory.mktemp("year")) as environment:
        assert run(environment, "harvest", "--everyone", "--period", "2026-01..2026-09")[0] == 0
        yield open_workspace(environment)


def numbers(figures, step="total", first=None):
    """The known numbers by measure, of one step."""
    chosen = [each for each in figures if each.step == step and first in (None, f"{each.first:%Y-%m}")]
    assert [each.measure for each in chosen] == list(MEASURES)
    return {each.measure: each.number for each in chosen if each.number is not None}


def on_the_page(workspace, chosen, period):
    """The measures in the JSON of the page of the same people and days, in the kind for them."""
    kind = "digest" if chosen.of_teams else "accomplishments"
    page = make_report(workspace, load_report(kind), period, chosen, harvest=False, options=PageOptions(JSON))
    known = json.loads(page.text)["measures"]
    # No source is asked for the former, and no notebook is read for a team: a zero of the page, and not known.
    unknown = {"comments", "releases"} | ({"notes"} if chosen.of_teams else set())
    assert {known.pop(name) for name in unknown} == {0}
    return known


@pytest.mark.parametrize(
    "chosen",
    [
        Chosen(), Chosen(("grace",)), Chosen(("me", "grace")), Chosen(team="keys"), Chosen(team="search"),
        Chosen(everyone=True),
    ],
    ids=["oneself", "another", "two as one", "a team", "a team of one", "everyone"],
)  # fmt: skip
def test_each_number_is_that_of_the_page(workspace, chosen):
    """In total and in a month, of the page of that month alone."""
    made = make_measures(workspace, MONTHS, chosen, by="month", harvest=False)
    assert made.complete
    assert numbers(made.figures) == on_the_page(workspace, chosen, MONTHS)
    assert numbers(made.figures, "month", "2026-08") == on_the_page(workspace, chosen, "2026-08")


def test_every_team_has_its_own_numbers(workspace):
    """Those of its page; of a team, or a month, of one person no number is said."""
    made = make_measures(workspace, MONTHS, Chosen(every_team=True), by="month", harvest=False)
    by_team = {key: [each for each in made.figures if each.team == key] for key in ("payments", "keys", "search")}
    own = numbers(by_team["payments"], "month", "2026-08")
    assert own == on_the_page(workspace, Chosen(team="payments"), "2026-08")
    assert numbers(by_team["search"]) == {}
    assert numbers(by_team["keys"], "month", "2026-08")
    assert numbers(by_team["keys"], "month", "2026-09") == {}
    assert {each.partition(":")[0] for each in made.remarks if "one person alone" in each} == {"keys", "search"}
    assert made.complete


CONFIGURATION = """
[me]
person = "ada"
[people.ada]
name = "=Ada"
emails = "ada@example.org"
[people.grace]
emails = "grace@example.org"
[people.linus]
mentee = { since = 2026-07-01, consent = false }
[teams.pay]
members = ["ada", { person = "grace", from = 2026-08-01 }]
[teams.closed]
members = ["linus"]
[sources.here]
connector = "git"
repositories = ["."]
"""
SECOND = """[teams.two]
name = "Both"
members = ["ada", "grace"]
[teams.closed]"""
HISTORY = """
ada 2026-08-03T10:00:00+02:00 queue.py "A queue"
grace 2026-09-03T11:00:00+02:00 key.py "A key"
"""


@pytest.fixture
def team(tmp_path):
    environment = stand_in(tmp_path, HISTORY)
    (environment.cwd / "harvester.toml").write_text(CONFIGURATION)
    return environment


def test_a_table_in_the_terminal(team):
    """A block for each team, and one for people who are named together."""
    (team.cwd / "harvester.toml").write_text(CONFIGURATION.replace("[teams.closed]", SECOND))
    status, out, _ = run(team, "measures", "--period", QUARTER, "--every-team", "--by", "quarter")
    assert status == 3
    assert [line for line in out.splitlines() if line.endswith("2026")] == [
        f"{name}, 1 July to 30 September 2026" for name in ("pay", "Both")
    ]
    _, out, _ = run(team, "measures", "--period", QUARTER, "--person", "ada", "--person", "grace", "--no-harvest")
    assert out.splitlines()[0] == "=Ada, grace, 1 July to 30 September 2026"
    assert out.splitlines()[1].split() == ["measure", "total", "unit"]
    assert [line.split() for line in out.splitlines() if line.startswith("commits ")] == [["commits", "2", "commits"]]


def test_many_months_are_below_one_another(team):
    """Six side by side, the whole period at the end; a number is never cut."""
    _, out, _ = run(team, "measures", "--period", "2026-01..2026-09", "--by", "month")
    heads = [line.split() for line in out.splitlines() if line.startswith("measure ")]
    months = [f"2026-0{number}" for number in range(1, 10)]
    assert heads == [["measure", *months[:6], "unit"], ["measure", *months[6:], "total", "unit"]]
    assert "…" not in out


def test_json_has_what_is_missing(team):
    """A team without figures is named, and the exit status is that of an incomplete source."""
    status, out, said = run(team, "measures", "--every-team", "--period", QUARTER, "--json")
    document = json.loads(out)
    assert (status, document["complete"], document["incomplete"]) == (3, False, [])
    assert document["not_made"] == {"closed": "Nobody in the team 'closed' has agreed to be read."}
    assert "No figures: closed: Nobody in the team" in said
    assert document["measures"][0] == {
        "team": "pay", "people": "pay", "measure": "pull_requests", "step": "total", "from": "2026-07-01",
        "until": "2026-09-30", "number": 0, "unit": "pull requests", "complete": True,
        "definition": MEASURES["pull_requests"].definition,
    }  # fmt: skip
    assert run(team, "measures", "--every-team", "--period", QUARTER, "--allow-incomplete")[0] == 0


def test_an_incomplete_source_is_in_every_row(team):
    """It is said, the exit status says it, and so does each figure: the number may be too low."""
    (team.cwd / "harvester.toml").write_text(CONFIGURATION.replace('["."]', '[".", "../gone"]'))
    status, out, said = run(team, "measures", "--period", QUARTER, "--by", "month", "--format", "csv")
    assert status == 3
    assert "Incomplete: here: " in said
    assert {each["complete"] for each in csv.DictReader(out.splitlines())} == {"false"}


def test_what_is_not_known_is_null(team):
    """No tracker, nobody who asked who was new, days to come: none of them is a zero; without reviews zero is true."""
    _, out, _ = run(team, "measures", "--period", "2026-08..2026-12", "--by", "month", "--json")
    found = {(each["measure"], each["from"]): each["number"] for each in json.loads(out)["measures"]}
    assert found["tickets", "2026-08-01"] is None
    assert found["story_points", "2026-08-01"] is None
    assert found["newcomers", "2026-08-01"] is None
    assert found["commits", "2026-09-01"] == 0
    assert found["commits", "2026-10-01"] == 0  # it is running
    assert found["commits", "2026-11-01"] is None
    assert found["reviews", "2026-08-01"] == 0


def test_months_without_a_member(team):
    """They have no number, and the others have theirs; of one member alone, too, of a team that is named."""
    changed = CONFIGURATION.replace('["ada", {', '[{ person = "ada", from = 2026-08-02, until = 2026-08-31 }, {')
    (team.cwd / "harvester.toml").write_text(changed.replace("from = 2026-08-01 }", "from = 2026-08-20 }"))
    status, out, _ = run(team, "measures", "--team", "pay", "--period", QUARTER, "--by", "month", "--json")
    figures = [each for each in json.loads(out)["measures"] if each["measure"] == "commits"]
    assert (status, [each["number"] for each in figures]) == (0, [2, None, 1, 1])


def test_months_of_the_most_active_author(tmp_path):
    """Of whom nothing is stored, since nobody asked for them: their months have their numbers all the same."""
    environment = stand_in(tmp_path, HISTORY + "git config user.email nobody@example.org\n")
    status, out, said = run(environment, "measures", "--by", "month", "--json")
    figures = [each for each in json.loads(out)["measures"] if each["measure"] == "commits"]
    assert "the most active author" in said
    assert (status, [each["number"] for each in figures]) == (0, [1, 0, 1, 0])
    assert not [each for each in json.loads(out)["measures"] if not each["complete"]]


def test_files_hold_the_same(team):
    """In each format a row for each figure, null for what is not known; nothing in it is run as a formula."""
    arguments = ("measures", "--period", QUARTER, "--by", "quarter", "--no-harvest", "-o")
    run(team, "harvest", "--period", QUARTER)
    for name in ("out.csv", "out.json", "out.parquet", "out.xlsx"):
        assert run(team, *arguments, name)[0] == 0
    rows = pq.read_table(team.cwd / "out.parquet").to_pylist()
    assert len(rows) == 2 * len(MEASURES)
    assert rows == [
        each | {"from": dt.date.fromisoformat(each["from"]), "until": dt.date.fromisoformat(each["until"])}
        for each in json.loads((team.cwd / "out.json").read_text())
    ]
    commits = [each for each in rows if each["measure"] == "commits"]
    assert [(each["step"], each["number"], each["people"]) for each in commits] == [
        ("total", 1.0, "=Ada"), ("quarter", 1.0, "=Ada")
    ]  # fmt: skip
    lines = list(csv.DictReader((team.cwd / "out.csv").read_text().splitlines()))
    assert {each["people"] for each in lines} == {"'=Ada"}
    assert {each["number"] for each in lines if each["measure"] == "tickets"} == {""}
    assert (team.cwd / "out.csv").stat().st_mode & 0o077 == 0


def test_a_file_is_not_replaced(team):
    """But for an earlier table in Parquet, or with --force; that is said before anything is read."""
    (team.cwd / "own.csv").write_text("mine")
    status, _, said = run(team, "measures", "-o", "own.csv")
    assert (status, "exists and was not overwritten" in said) == (1, True)
    assert not (team.cwd / ".harvester").exists()
    assert run(team, "measures", "-o", "own.csv", "--force", "--period", QUARTER)[0] == 0


@pytest.mark.parametrize(
    ("arguments", "status", "says"),
    [
        (("--json", "--output", "x.csv"), 2, "--json writes to the terminal"),
        (("--output", "x.pdf"), 1, "no .pdf files are written here"),
        (("--every-team", "--team", "pay"), 1, "--every-team is each of the teams."),
        (("--team", "pay", "--person", "ada"), 1, "two ways to name people"),
        (("--team", "pey"), 1, "did you mean 'pay'?"),
        (("--period", "1900-01-01..2026-01-01", "--by", "month"), 1, "more than 600 months"),
    ],
)
def test_what_is_refused(team, arguments, status, says):
    """Each with what to do."""
    found, _, said = run(team, "measures", *arguments)
    assert (found, says in said) == (status, True), said


@pytest.mark.parametrize(
    ("by", "first", "last", "days"),
    [
        ("none", (2026, 7, 1), (2026, 9, 30), []),
        ("month", (2026, 1, 15), (2026, 3, 10), ["01-15..01-31", "02-01..02-28", "03-01..03-10"]),
        ("month", (2026, 3, 29), (2026, 3, 29), ["03-29..03-29"]),
        ("quarter", (2026, 3, 31), (2026, 7, 1), ["03-31..03-31", "04-01..06-30", "07-01..07-01"]),
    ],
)
def test_parts_of_a_period(by, first, last, days):
    """Whole months and quarters, the first and the last one cut to the period; together they are the period."""
    period = BERLIN.days(dt.date(*first), dt.date(*last))
    parts = periods_by(by, BERLIN, period)
    assert ["..".join(f"{day:%m-%d}" for day in BERLIN.dates(each)) for each in parts] == days
    assert period.minus(parts) == ([] if days else [period])


def test_quarters_are_those_of_the_year():
    """Of a year that starts in February, too."""
    fiscal = calendar("Europe/Berlin", "February")
    parts = periods_by("quarter", fiscal, fiscal.days(dt.date(2026, 1, 1), dt.date(2026, 5, 31)))
    assert [fiscal.dates(each)[0] for each in parts] == [dt.date(2026, 1, 1), dt.date(2026, 2, 1), dt.date(2026, 5, 1)]


def test_a_period_without_end():
    """It is refused, since no table has so many months."""
    ever = Period(dt.datetime(1901, 1, 1, tzinfo=dt.UTC), dt.datetime(9999, 1, 1, tzinfo=dt.UTC))
    with pytest.raises(PeriodError, match="more than 600 months"):
        periods_by("month", BERLIN, ever)
