"""The page about mentees: with consent alone, half against half, nobody ranked, and nothing said of too few."""

import datetime as dt
import json
import re
from zoneinfo import ZoneInfo

import pytest

from harvester.goals.assessment import GoalsAndDecisions, assess
from harvester.model.people import People, Person
from harvester.model.periods import Period, calendar
from harvester.reporting.report import render
from harvester.reporting.report_input import PageRequest, ReportInput
from harvester.sdk import plugins
from tests.environments import run, shown, stand_in
from tests.rows import at, framed, row
from tests.test_reports import CASES, the_world_of

REPORT = plugins.load(plugins.REPORTS, "mentoring")
MENTORING = ("report", "mentoring", "--period", "2026Q3")
HISTORY = """
linus() { who="Linus Example" mail="linus@example.org" did "$@"; }
grace 2026-07-06T10:00:00+0000 early.py "Before she was mentored"
grace 2026-07-20T10:00:00+0000 first.py "First

Reviewed-by: Ada Lovelace <ada@example.org>"
grace 2026-09-20T10:00:00+0000 second.py "fix: Second"
linus 2026-08-20T10:00:00+0000 private.py "Linus did this"
ada 2026-08-21T10:00:00+0000 own.py "Ada's own"
"""
CONFIGURATION = """
[me]
person = "me"
timezone = "UTC"
[people.me]
name = "Ada Lovelace"
emails = ["ada@example.org"]
[people.grace]
name = "Grace Hopper"
emails = ["grace@example.org"]
mentee = { since = 2026-07-16, consent = true }
[people.linus]
name = "Linus Example"
emails = ["linus@example.org"]
mentee = { since = 2026-01-01, consent = false }
[teams.two]
members = ["grace", "linus"]
[teams.linus]
members = ["linus"]
[sources.here]
connector = "git"
repositories = ["."]
[sources.notebook]
connector = "notebook"
"""
NOTES = """# Notebook

## 2026-07-21 Paired on the till
with: grace
result: The till opens.

## 2026-07-22 Talked with Linus
with: linus

## 2026-07-10 Before the first day
with: grace

## 2026-07-23 Alone
"""


@pytest.fixture
def environment(tmp_path):
    made = stand_in(tmp_path, HISTORY)
    (made.cwd / "harvester.toml").write_text(CONFIGURATION)
    (made.cwd / "notebook.md").write_text(NOTES)
    return made


def configure(environment, before, after):
    text = (environment.cwd / "harvester.toml").read_text()
    assert before in text
    (environment.cwd / "harvester.toml").write_text(text.replace(before, after))


def test_a_page_has_what_was_done_since_the_first_day(environment):
    """The mentee's work, and of the mentor's what names them; nothing of who has not agreed but their number."""
    configure(environment, "[people.linus]", 'away = ["2026-08-20..2026-09-01"]\n[people.linus]')
    status, out, _ = run(environment, *MENTORING)
    text = shown(out)
    assert status == 0
    assert "| Days away | 4 | 9 |  |" in text
    assert "# Grace Hopper – mentoring, Q3 2026" in text
    assert "Mentored since 16 July 2026." in text
    assert "| | 16 July to 23 August 2026 | 24 August to 30 September 2026 | Difference |" in text
    assert "| Commits | 1 | 1 | too few to say |" in text
    assert "| Kinds of work | other 1 | fix 1 |  |" in text
    assert "1 person who is mentored is not on this page, and nothing of theirs was read." in text
    assert "- **Grace Hopper:** reviewed 1 change and wrote 1 note." in text
    assert "  - Paired on the till: The till opens." in text
    for each in ("Before", "Linus", "Ada's own", "Alone"):
        assert each not in text, each
    _, draft, _ = run(environment, *MENTORING, "--draft")
    assert "Linus Example has not agreed and is not on this page." in draft


def test_consent_that_is_withdrawn_shows_nothing_more(environment):
    """Though the ledger has it all: in no page, table, export or answer, and `forget` removes it for good."""
    run(environment, *MENTORING, "-o", "page.md")
    run(environment, "harvest", "--everyone", "--period", "2026Q3")
    configure(environment, "since = 2026-07-16, consent = true", "since = 2026-07-16, consent = false")
    status, out, err = run(environment, *MENTORING, "--no-harvest")
    assert (status, out) == (1, "")
    assert "Nobody whom you mentor has agreed to be read." in err
    status, _, err = run(environment, "verify", "page.md", "--no-harvest")
    assert status == 1
    assert "Grace Hopper has not agreed to be read." in err
    everyone = ("report", "--everyone", "--period", "2026Q3", "--no-harvest")
    _, page, _ = run(environment, *everyone)
    _, table, _ = run(environment, *everyone, "--format", "csv")
    assert run(environment, "ledger", "export", "all.csv")[0] == 0
    export = (environment.cwd / "all.csv").read_text()
    for text in (page, table, export):
        assert "Ada's own" in shown(text)
        for each in ("Second", "Linus did this", "linus@example.org"):
            assert each not in text, each
    assert "2 people are not on this page: nothing of theirs may be read." in page
    assert run(environment, "forget", "grace", "--yes")[:2] == (0, "Removed 3 rows.\n")


def test_a_team_s_page_leaves_out_who_did_not_agree(environment):
    _, out, _ = run(environment, "report", "--team", "two", "--period", "2026Q3")
    assert "1 person is not on this page: nothing of theirs may be read." in out
    assert "Second" in out
    assert "Linus did this" not in out
    status, _, err = run(environment, "report", "--team", "linus", "--period", "2026Q3")
    assert (status, "Nobody in the team 'linus' has agreed to be read." in err) == (1, True)


@pytest.mark.parametrize(
    ("person", "says"),
    [
        ("linus", "Linus Example has not agreed to be read."),
        ("me", "Nobody"),
        ("nobody@example.org", "Unknown person"),
    ],
)
def test_only_a_mentee_who_agreed_can_be_named(environment, person, says):
    if person == "me":
        configure(environment, "consent = true", "consent = false")
    status, out, err = run(environment, *MENTORING, "--person", person, "--no-harvest")
    assert (status, out) == (1, "")
    assert says in err


def test_a_mentee_whom_no_source_knows_is_a_gap(environment):
    """So the page says that something is missing, and not that nothing was done."""
    configure(
        environment, "[teams.two]",
        '[people.kay]\nname = "Kay"\nmentee = { since = 2026-01-01, consent = true }\n[teams.two]',
    )  # fmt: skip
    status, out, _ = run(environment, *MENTORING)
    assert status == 3
    assert "> - mentees: Kay has no address and no account here" in out
    assert "The sources have nothing of theirs in these days." in out
    run(environment, *MENTORING, "--no-harvest", "-o", "page.md")
    assert run(environment, "verify", "page.md", "--no-harvest")[0] == 0
    status, out, _ = run(environment, *MENTORING, "--person", "grace", "--no-harvest")
    assert (status, "Kay" in out) == (0, False)


def test_each_mentee_gets_a_page_of_their_own(environment):
    configure(environment, "since = 2026-01-01, consent = false", "since = 2026-01-01, consent = true")
    status, _, said = run(environment, *MENTORING, "--each", "-o", "pages/")
    assert (status, said.count("Wrote")) == (0, 2)
    own = (environment.cwd / "pages" / "mentoring-grace-hopper-q3-2026.md").read_text()
    assert "Linus" not in own
    assert own == run(environment, *MENTORING, "--person", "grace", "--no-harvest")[1]


@pytest.mark.parametrize("option", [("--audience", "public"), ("--team", "two"), ("--everyone",)])
def test_the_page_is_between_mentor_and_mentee(environment, option):
    assert run(environment, *MENTORING, *option)[:2] == (1, "")


PEOPLE = People(
    (
        Person("ada", "Ada Lovelace", ("ada@example.org",), {"github": ("ada",)}),
        Person("grace", "Grace Hopper", accounts={"github": ("grace",)}, mentored_since=dt.date(2026, 1, 1)),
    ),
    {"hub": "github"},
)
JULY = Period(at("2026-07-01"), at("2026-07-31"), "30 days")


def page(first, second, days=lambda number: 2):
    """The page of one with so many pull requests in each half of July, open for so many days."""
    numbers = [*range(first), *range(100, 100 + second)]
    rows = [
        row(
            account="grace", work_item=f"github.com/org/app#{number}", occurred_at=when,
            started_at=when - dt.timedelta(days=days(number)),
        )
        for number in numbers
        if (when := at("2026-07-02T12:00") + dt.timedelta(days=20 * (number >= 100)))
    ]  # fmt: skip
    shared = {"persons": ("grace", "ada"), "period": JULY, "calendar": calendar("UTC"), "people": PEOPLE}
    assessment = assess(framed(rows, PEOPLE), GoalsAndDecisions(), now=at("2026-10-02"), **shared)
    asked = ReportInput(statuses=(), assessment=assessment, request=PageRequest(mentees=True), **shared)
    return shown(render(REPORT, asked))


@pytest.mark.parametrize(
    ("first", "second", "said"),
    [(4, 5, "too few to say"), (4, 6, "+2"), (6, 4, "−2"), (5, 5, "none"), (0, 9, "too few to say"), (0, 10, "+10")],
)
def test_nothing_is_said_of_too_few(first, second, said):
    text = page(first, second)
    assert f"| Pull requests | {first} | {second} | {said} |" in text
    assert (
        "| | 1 July to 15 July 2026 | 16 July to 30 July 2026 | Difference |".replace(" July to 15", " to 15").replace(
            " July to 30", " to 30"
        )
        in text
    )


def test_a_median_needs_five_in_each_half():
    days = lambda number: 8 if number < 100 else 2  # noqa: E731 - a table of two would be longer
    assert "| Median days from opening to merge | 8 | 2 | −6 |" in page(5, 5, days)
    assert "| Median days from opening to merge | 8 | 2 | too few to say |" in page(4, 6, days)
    assert "| Median days from opening to merge | 8 | – | too few to say |" in page(6, 0, days)


def test_the_golden_page_is_recounted(tmp_path):
    """Without the measures' code: from the rows of the evidence, by hand."""
    with the_world_of("mentoring", tmp_path) as environment:
        run(environment, *(CASES / "mentoring" / "command").read_text().split(), "--output", "page.md")
    text = shown((environment.cwd / "page.md").read_text())
    rows = json.loads((environment.cwd / "page.md.evidence.json").read_text())["rows"]
    middle = dt.datetime(2026, 8, 16, tzinfo=ZoneInfo("Europe/Berlin"))
    halves = ({}, {})
    for each in rows:
        if each["account"] not in ("alice", "me") and "ada" not in each["account"]:
            key = each["kind"], each["role"]
            half = halves[dt.datetime.fromisoformat(each["occurred_at"]) >= middle]
            half.setdefault(key, set()).add(each["work_item"].lower())
    lines = {
        "Pull requests": ("pull_request", "author"), "Tickets": ("issue", "assignee"),
        "Reviews": ("review", "reviewer"),
    }  # fmt: skip
    for name, key in lines.items():
        first, second = (len(each.get(key, ())) for each in halves)
        assert f"| {name} | {first} | {second} | too few to say |" in text
    reviewed = {each["work_item"] for each in rows if each["account"] == "alice" and each["kind"] == "review"}
    assert f"reviewed {len(reviewed)} pull requests" in text
    listed = re.findall(r"^\| \[([^\]]*)\]\(", text, re.MULTILINE)
    counted = [each for each in rows if each["kind"] not in ("note", "commit") and each["role"] != "resolver"]
    assert {each["work_item"].rpartition("/")[2] for each in counted} == {*listed} - {"notebook"}
