"""The page `goals`: its figures counted again from goals.toml and the evidence, and what it says of what is open."""

import datetime as dt
import json
import re
import tomllib

import pytest

from harvester.goals.model import Goal
from harvester.goals.progress import PaceDays, Progress
from harvester.reports.sections import criteria_by_level, proposals
from tests.environments import run, stand_in
from tests.test_reports import the_world_of

HISTORY = """
ada 2026-07-03T09:00:00+02:00 services/pay/key.py "Carry the order's key"
ada 2026-07-10T09:00:00+02:00 services/pay/log.py "Log the key"
ada 2026-07-11T09:00:00+02:00 services/pay/note.py "Note the key"
ada 2026-07-12T09:00:00+02:00 services/pay/more.py "More of the key"
"""
CONFIGURATION = """
[people.me]
name = "Ada Lovelace"
emails = ["ada@example.org"]

[people.grace]
name = "Grace Hopper"
emails = ["grace@example.org"]

[sources.here]
connector = "git"
repositories = ["."]
"""


@pytest.fixture(scope="module")
def sheet(tmp_path_factory):
    """The page of the case goal-sheet as JSON, its goals.toml and its evidence."""
    with the_world_of("goal-sheet", tmp_path_factory.mktemp("sheet")) as environment:
        assert run(environment, "report", "goals", "-o", "sheet.json")[0] == 0
        page = json.loads((environment.cwd / "sheet.json").read_text("utf-8"))
        evidence = json.loads((environment.cwd / "sheet.json.evidence.json").read_text("utf-8"))
        yield page["page"], tomllib.loads((environment.cwd / "goals.toml").read_text("utf-8")), evidence


@pytest.fixture(scope="module")
def january(tmp_path_factory):
    """A small git world in January 2027, read once."""
    environment = stand_in(tmp_path_factory.mktemp("january"), HISTORY, dt.datetime(2027, 1, 12, 12, tzinfo=dt.UTC))
    (environment.cwd / "harvester.toml").write_text(CONFIGURATION)
    assert run(environment, "harvest", "--everyone", "--period", "2026-01..2027-01")[0] == 0
    return environment


def page_of(environment, goals, *arguments):
    """The Markdown page with these goals."""
    (environment.cwd / "goals.toml").write_text(goals)
    status, out, err = run(environment, "report", "goals", "--no-harvest", *arguments)
    said = "" if "[[goals]]" in goals else "There are no goals yet. To write some: `harvester goals add`.\n"
    assert (status, err) == (0, said)
    return out


def test_criteria_are_counted_again(sheet):
    """Each once, at its level; those without rule and goal are judged by hand; the paragraph adds them up."""
    page, file, _ = sheet
    rows = [row for level in page["levels"] for row in level["rows"]]
    assert [row["text"] for row in rows] == [each["text"] for each in file["criteria"]]
    served = {each.get("criterion") for each in file["goals"]}
    by_hand = [each["name"] for each in file["criteria"] if "match" not in each and each["name"] not in served]
    assert [row["name"] for row in rows if row["state"] == "judged by hand"] == by_hand
    numbers = {each: sum(row["state"] == each for row in rows) for each in ("strong", "evidence needed")}
    assert page["sentences"][1] == (
        f"Of {len(rows)} criteria {numbers['strong']} have strong evidence, {numbers['evidence needed']} need evidence "
        f"and {len(by_hand)} are judged by hand."
    )


def test_evidence_is_that_of_the_criterion(sheet):
    """Each piece has a row that is claimed for it, at most three are shown, and measured ones come first."""
    page, _, evidence = sheet
    urls = {each["id"]: each["url"] for each in evidence["rows"]}
    claimed = {(each["target"], urls[each["id"]]) for each in evidence["claims"] if each["status"] == "claimed"}
    shown = [(row["name"], each) for level in page["levels"] for row in level["rows"] for each in row["evidence"]]
    assert len(shown) >= 6
    others = [(name, each["title"]) for name, each in shown if (name, each["reference"]["url"]) not in claimed]
    # A note about that ticket gives the figure of the goal which serves this criterion.
    assert others == [("senior-2-ic-problem-solving-decision-making", "Customers are charged twice on time-out")]
    assert (others[0][0], None) in claimed
    order = ["measured", "confirmed", "observed", "activity"]
    for row in (row for level in page["levels"] for row in level["rows"]):
        kinds = [order.index(each["proof"]) for each in row["evidence"]]
        assert kinds == sorted(kinds)
        assert len(kinds) <= 3
        assert (row["state"] == "strong") == (kinds[:1] in ([0], [1]))


def test_proposed_goals_are_those_that_go_on(sheet):
    """Those that end after the last day of the figures, or never; the other ones of the period are named as ended."""
    page, file, _ = sheet
    last = dt.date.fromisoformat(page["as_of"])
    going_on = [each["title"] for each in file["goals"] if each.get("until", dt.date.max) > last]
    assert [each["title"] for each in page["proposals"]] == going_on
    assert [each["title"] for each in page["ended"]] == ["Nobody is charged twice"]
    named = {each["criterion"] for each in file["goals"] if each["title"] in going_on and "criterion" in each}
    assert page["sentences"][2] == f"{len(going_on)} goals are proposed, for {len(named)} of the 9 criteria."
    assert page["questions"]["without_goal"] == 9 - len(named)


def test_the_pace_is_arithmetic(sheet):
    """The days to come are counted one by one, without those away."""
    page, file, _ = sheet
    last = dt.date.fromisoformat(page["as_of"])
    spans = [("2026-07-25", "2026-08-02"), ("2026-12-21", "2026-12-31")]
    away = [tuple(map(dt.date.fromisoformat, each)) for each in spans]
    (goal,) = (each for each in file["goals"] if each["name"] == "payments-rewrite")
    every = [last + dt.timedelta(days=number) for number in range(1, (goal["until"] - last).days + 1)]
    days = sum(not any(first <= day <= end for first, end in away) for day in every)
    (shown,) = (each for each in page["proposals"] if each["name"] == "payments-rewrite")
    assert goal["target"] == 8
    assert shown["pace"] == (
        f"2 of 8 pull requests done; 6 more in {days} days, days away left out: about one every {days / 6:.0f} days"
    )


def days(passed, total, away=0):
    return PaceDays(passed, total, away)


YEAR = {"name": "a", "title": "A", "measure": "reviews", "from": dt.date(2027, 1, 1), "until": dt.date(2027, 12, 31)}
DECEMBER = dt.date(2026, 12, 31)


@pytest.mark.parametrize(
    ("goal", "done", "counted", "today", "words"),
    [
        ({"target": 12}, 0, days(0, 365), DECEMBER, "12 reviews in 365 days: about one every 30 days"),
        ({"target": 104}, 0, days(0, 365), DECEMBER, "104 reviews in 365 days: about 2 a week"),
        ({"target": 365}, 0, days(0, 365), DECEMBER, "365 reviews in 365 days: about 7 a week"),
        ({"target": 1}, 0, days(0, 365), DECEMBER, "1 review in 365 days"),
        ({"target": 12}, 0, days(0, 345, 20), DECEMBER,
         "12 reviews in 345 days, days away left out: about one every 29 days"),
        ({"target": 12}, 9, days(265, 365), dt.date(2027, 9, 22),
         "9 of 12 reviews done; 3 more in 100 days: about one every 33 days"),
        ({"target": 12}, 0, days(265, 365), dt.date(2027, 9, 22),
         "0 of 12 reviews done; 12 more in 100 days: about one every 8 days"),
        ({"target": 12}, 11, days(165, 265, 100), dt.date(2027, 9, 22), "11 of 12 reviews done; 1 more in 100 days"),
        ({"target": 12}, 12, days(265, 365), dt.date(2027, 9, 22), ""),
        ({"target": 12}, 0, days(365, 365), dt.date(2027, 12, 31), ""),
        ({"target": 12}, 0, days(0, 0, 365), DECEMBER, ""),
        ({}, 0, days(0, 365), DECEMBER, ""),
        ({"target": 12, "until": None}, 0, None, DECEMBER, ""),
        ({"target": 0, "measure": "outcome", "baseline": 3}, 3, days(0, 365), DECEMBER, ""),
    ],
)  # fmt: skip
def test_a_pace_is_given_where_figures_give_it(goal, done, counted, today, words):
    goal = Goal.model_validate(YEAR | goal)
    at = Progress("a", "open", goal.target, done, None, None, days=counted)
    assert proposals.pace(goal, at, today) == words


START = '[[goals]]\nname = "{0}"\ntitle = "{0}"\nwhy = "w"\nfrom = {1}\nuntil = {2}\ncheckins = [{1}]\n'
COUNTS = 'measure = "commits"\ntarget = 5\n'


def goal(name, more="", first="2027-01-01", last="2027-12-31"):
    return START.format(name, first, last) + COUNTS + more


@pytest.mark.parametrize(
    ("goals", "says"),
    [
        (goal("a", 'match = { paths = ["x/"] }\n') + goal("b", 'match = { paths = ["y/"] }\n'), None),
        (goal("a", 'match = { paths = ["x/"] }\n') + goal("b", 'match = { paths = ["x/"] }\n'),
         "- “a” and “b” count work by the same rule."),
        (goal("a", 'match = { paths = ["x/"] }\n')
         + goal("b", 'match = { any = [{ titles = ["y"] }, { paths = ["x/"] }] }\n'),
         "- “a” and “b” count work by the same rule."),
        (goal("a", 'match = { paths = ["x/"] }\n', last="2027-06-30")
         + goal("b", 'match = { paths = ["x/"] }\n', first="2027-07-01"), None),
        (goal("a").replace('why = "w"\n', ""), "- “a” has no reason why it matters."),
        (goal("a").replace("target = 5\n", ""), "- “a” has no target."),
        (goal("a").replace(COUNTS, ""), "- “a” has no measure."),
        (goal("a").replace("until = 2027-12-31\n", ""), "- “a” has no last day."),
        ('[[goals]]\nname = "a"\ntitle = "a"\nwhy = "w"\n',
         "- “a” has no measure, no first day, no last day and no day for a check-in."),
        (goal("a").replace("commits", "tickets"), "- “a” counts tickets, which no source has."),
        (goal("a").replace('"commits"', '"outcome"\nbaseline = 9'), "- “a” counts notes, which no source has."),
    ],
)  # fmt: skip
def test_what_is_open_is_said(january, goals, says):
    out = page_of(january, goals)
    part = out.partition("## Open questions")[2].partition("## Agreed")[0].strip()
    assert part == (says or "")


def test_in_january_the_evidence_is_of_the_last_year(january):
    """And the goals are those of the new one."""
    file = '[[criteria]]\nname = "c"\ntext = "Leads."\nmatch = { paths = ["services/pay/"] }\n' + goal("new")
    out = page_of(january, file)
    assert "# Ada Lovelace – goals to agree on\n" in out
    assert "The evidence is from the work of 1 January to 31 December 2026." in out
    assert "The criterion needs evidence. 1 goal is proposed, for 0 of the 1 criterion." in out
    assert "; and 1 more |" in out
    assert "- **Days:** 1 January to 31 December 2027" in out
    assert "Ada Lovelace: ____" in out
    assert "Manager: ____" in out


def test_a_page_without_goals_says_so(january):
    out = page_of(january, "")
    assert "No criteria are given. No goal is proposed." in out
    assert re.findall("^## .*$", out, re.MULTILINE) == ["## Agreed", "## Sources and coverage"]


def test_the_page_of_another_person_has_no_goals_of_mine(january):
    """goals.toml is its owner's; several people sign one page."""
    file = '[[criteria]]\nname = "c"\ntext = "Leads."\n' + goal("new")
    out = page_of(january, file, "--person", "me", "--person", "grace")
    assert "No criteria are given. No goal is proposed." in out
    assert "Ada Lovelace: ____" in out
    assert "Grace Hopper: ____" in out


def test_what_is_hostile_shows_as_text(january):
    """Words of a ladder or a goal break no table and make no link."""
    file = (
        '[[criteria]]\nname = "c"\nlevel = "L | 1"\ntheme = "<b>T</b> | x"\n'
        'text = "[a](http://evil.example) | `b`\\nc"\n'
        'source = "A | [b](http://evil.example), javascript:x"\n'
        + goal("a").replace('title = "a"', 'title = "# x | y"')
    )
    out = page_of(january, file, "--draft")
    row = next(line for line in out.splitlines() if "&#x7c; x" in line and line.startswith("|"))
    assert row.count("|") == 4
    assert "](http://evil" not in out
    assert "<b>" not in out


@pytest.mark.parametrize(
    ("text", "words", "url"),
    [
        ("FT ladder, https://example.org/a", "FT ladder", "https://example.org/a"),
        ("FT ladder (https://example.org/a)", "FT ladder", "https://example.org/a"),
        ("https://example.org/a", "https://example.org/a", "https://example.org/a"),
        ("our.md", "our.md", None),
        ("a, https://user@example.org/", "a, https://user@example.org/", None),
    ],
)
def test_the_source_of_criteria_is_linked(text, words, url):
    (found,) = criteria_by_level.sources([criteria_by_level.Criterion(name="a", text="b", source=text)])
    assert (found.words, found.url) == (words, url)
