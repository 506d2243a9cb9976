"""A team's month: what it counts, whom it names, and what it never says."""

import cProfile
import datetime as dt
import json
import re
from zoneinfo import ZoneInfo

import pytest

from harvester.goals.assessment import GoalsAndDecisions, assess
from harvester.model.people import People, Person
from harvester.model.periods import calendar
from harvester.model.teams import Membership, Team
from harvester.reporting.report import make
from harvester.reporting.report_input import PageRequest, ReportInput
from harvester.reports.digest import REPORT
from tests.environments import run, stand_in
from tests.rows import framed, row
from tests.test_reports import CASES, the_world_of

DIGESTS = ("everyones-digest", "team-digest")
STAYS = {"me": ("2026-07-01", "2026-09-30"), "grace": ("2026-07-15", "2026-08-31")}
"""The members of the team of the golden case, by what their accounts begin with, and their days."""


@pytest.fixture(scope="module", params=DIGESTS)
def written(request, tmp_path_factory):
    """The page, its evidence and its environment."""
    with the_world_of(request.param, tmp_path_factory.mktemp("digest")) as environment:
        command = (CASES / request.param / "command").read_text().split()
        run(environment, *command, "--output", "page.md")
        run(environment, *command, "--no-harvest", "--output", "page.json")
    page = json.loads((environment.cwd / "page.json").read_text())
    evidence = json.loads((environment.cwd / "page.md.evidence.json").read_text())
    return (environment.cwd / "page.md").read_text(), page, evidence


def number(text, pattern):
    found = re.search(pattern, text)
    return int(found[1]) if found else 0


def test_every_number_of_the_team_is_recounted(written):
    """Each work item once, whoever of the members has a row of it; by hand, from the evidence alone."""
    text, page, evidence = written
    zone, (first, last) = ZoneInfo(evidence["period"]["zone"]), evidence["period"]["days"].split("..")
    days = [(dt.datetime.fromisoformat(each["occurred_at"]).astimezone(zone), each) for each in evidence["rows"]]
    assert all(first <= f"{at:%Y-%m-%d}" <= last for at, _ in days)

    def items(kind, *roles):
        return {each["work_item"].lower() for _, each in days if each["kind"] == kind and each["role"] in roles}

    paragraph = text.split("**In short.**")[1].split("\n")[0]
    assert number(paragraph, r"merged (\d+) pull request") == len(items("pull_request", "author"))
    assert number(paragraph, r"resolved (\d+) ticket") == len(items("issue", "assignee", "resolver"))
    inside = number(text, r"(\d+) commits? (?:is|are) part of")
    assert number(paragraph, r"landed (\d+)") == len(items("commit", "author")) - inside
    reviewed = number(paragraph, r"reviewed (\d+) ") or number(paragraph, r"(\d+) pull requests? w\w+ reviewed")
    assert reviewed == len(items("review", "reviewer"))
    assert page["measures"]["pull_requests"] == len(items("pull_request", "author"))
    themes = sum(each["changes"] for each in page["page"]["themes"]) + page["page"]["routine_total"]
    assert themes == sum(page["measures"][name] for name in ("pull_requests", "tickets", "commits", "releases"))
    listed = re.findall(r"^\| \[", text.split("## Appendix")[1], re.MULTILINE)
    assert len(listed) == len(page["page"]["items"])


def test_no_number_is_of_one_person(written):
    """Nor is anybody named in another order than the alphabet's."""
    text, page, _ = written
    for name in page["page"]["people"]:
        assert not re.search(rf"{name} \(?\d|\d+ (?:of|by|for) {name}", text)
    lists = [page["page"]["people"], *([each["by"] for each in page["page"]["themes"]])]
    assert all(names == sorted(names, key=str.casefold) for names in lists)
    assert {each["key"] for each in page["persons"]} >= {"me"} or len(page["persons"]) > 3


def test_work_outside_of_the_days_as_a_member(written):
    """It is not the team's, neither in the page nor in the evidence."""
    text, _, evidence = written
    if evidence["request"]["team"]:
        assert "mail: try again after an hour" not in text  # Grace's, in September
        assert not [each for each in evidence["rows"] if each["work_item"].endswith("acme/pay#7")]
        assert "Reviewed 1 pull request by people outside the team: Search team." in text


CONFIGURATION = """
[people.me]
name = "Ada Lovelace"
emails = "ada@example.org"
[people.grace]
name = "Grace Hopper"
emails = "grace@example.org"
mentee = { since = 2026-07-01, consent = false }
[people.linus]
name = "Linus Example"
[teams.pay]
members = ["me", "grace", "linus"]
[sources.here]
connector = "git"
repositories = ["."]
"""
HISTORY = """
ada 2026-08-03T10:00:00+02:00 services/pay/queue.py "A queue"
grace 2026-08-04T10:00:00+02:00 services/pay/key.py "A key"
"""


@pytest.fixture
def team(tmp_path):
    environment = stand_in(tmp_path, HISTORY)
    (environment.cwd / "harvester.toml").write_text(CONFIGURATION)
    return environment


def test_who_may_not_be_read_neither_joins_nor_leaves(team):
    """The days of the others are named."""
    stay = "from = 2026-08-02, until = 2026-08-20"
    changed = CONFIGURATION.replace('"me", "grace"', f'{{ person = "me", {stay} }}, {{ person = "grace", {stay} }}')
    (team.cwd / "harvester.toml").write_text(changed)
    for form in ("md", "json", "html"):
        text = run(team, "report", "digest", "--team", "pay", "--period", "2026-08", "--format", form)[1]
        assert "Grace" not in text
        assert "Ada" in text


@pytest.mark.parametrize("whom", [("--team", "pay"), ("--everyone",), ()])
def test_who_cannot_be_read_is_said(team, whom):
    """At the head: who is known to no source makes the page incomplete; who did not agree is counted and not named."""
    arguments = ("report", "digest", *whom, "--period", "2026-08")
    status, text, _ = run(team, *arguments)
    is_team = whom != ("--everyone",)
    head = text.split("**In short.**")[0]
    assert "1 person is not on this page: nothing of theirs may be read." in head
    assert ("> - Linus Example is known to no source, so nothing of theirs is here." in head) is is_team
    assert status == (3 if is_team else 0)
    assert "A key" not in text
    assert "Grace" not in text
    assert json.loads(run(team, *arguments, "--format", "json")[1])["complete"] is not is_team


def test_a_digest_is_verified(team):
    """Also that the team is still the same; another day of a member is said."""
    run(team, "report", "digest", "--period", "2026-08", "-o", "page.md")
    assert run(team, "verify", "page.md")[0] == 0
    changed = CONFIGURATION.replace('"me", "grace"', '{ person = "me", from = 2026-08-02 }, "grace"')
    (team.cwd / "harvester.toml").write_text(changed)
    assert "[teams] or the days away" in "".join(run(team, "verify", "page.md")[1:])


def test_a_month_without_work(team):
    """It says so, of a team and of everyone, and can be verified."""
    for whom in (("--team", "pay"), ("--everyone",)):
        run(team, "report", "digest", *whom, "--period", "2026-02", "-o", "page.md", "--force")
        assert "**In short.** No work was found in this period." in (team.cwd / "page.md").read_text()
        assert run(team, "verify", "page.md")[0] == 0


def test_people_who_are_named_are_no_team(team):
    """The page does not call them one."""
    _, text, _ = run(team, "report", "digest", "--person", "me", "--period", "2026-08")
    assert "1 person landed 1 commit." in text
    assert "team" not in text


BERLIN = calendar("Europe/Berlin")


def month(size):
    """A report input of a team of as many people, with pull requests, reviews and a place in common."""
    persons = tuple(Person(f"p{n}", f"Person {n}", accounts={"github": (f"p{n}",)}) for n in range(size))
    people = People(persons, {"hub": "github"})
    rows = []
    for n in range(size * 4):
        item = f"github.com/org/app{n % 3}#{n}"
        who, other = f"p{n % size}", f"p{(n + 1) % size}"
        common = {"work_item": item, "project": f"org/app{n % 3}", "title": f"area{n % 7}: change {n}"}
        rows.append(row(**common, account=who, participants=(other,), paths=(f"src/m{n % 9}/a.py",)))
        rows.append(row(**common, kind="review", role="reviewer", account=other, owners=(who,), id=f"r{n}"))
    keys = tuple(each.key for each in persons)
    period = BERLIN.month(2026, 8)
    assessment = assess(
        framed(rows, people), GoalsAndDecisions(), persons=keys, period=period, calendar=BERLIN, people=people,
        now=period.until,
    )  # fmt: skip
    team = Team("all", "All", tuple(map(Membership, keys)))
    return ReportInput(
        period, keys, (), assessment, BERLIN, people, request=PageRequest(team="all"), teams={"all": team}
    )


def calls(size):
    """How many functions of Python's are called to make the page; the same each time, unlike seconds."""
    report_input = month(size)
    profile = cProfile.Profile(builtins=False)
    profile.runcall(make, REPORT, report_input)
    return sum(each.callcount for each in profile.getstats())


def test_a_larger_team_takes_no_more_than_its_share():
    """Most calls are those of any page; what grows with the square of the people would double them here."""
    make(REPORT, month(2))  # so that nothing is imported below
    assert calls(64) < 1.5 * calls(16)
