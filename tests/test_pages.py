"""What every kind of page must do, tried with each that is installed, on one world with all sources."""

import dataclasses
import datetime as dt
import functools
import json
import re
import tomllib
from pathlib import Path

import jsonschema
import pytest

from harvester.reporting.anchors import slug
from harvester.reporting.formats import REPORT_FORMATS, PageOptions
from harvester.reporting.report import make
from harvester.sdk import plugins
from harvester.workspace.chosen import Chosen
from harvester.workspace.reports import load_report, make_report
from harvester.workspace.workspace import open_workspace
from tests.environments import run, stand_in
from tests.test_reports import the_world_of

SCHEMAS = Path(__file__).parent.parent / "docs" / "reports"
KINDS = list(plugins.available(plugins.REPORTS))
MORE = {"announcement": ("--about", "PAY-7"), "digest": ("--team", "keys")}
"""What a kind must be told beside its period, by name."""
PERIOD = ("--period", "2026Q3")


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """The world `year`, everybody's work harvested once."""
    with the_world_of("year", tmp_path_factory.mktemp("year")) as environment:
        status, _, said = run(environment, "harvest", "--everyone", "--period", "2026-01..2026-10")
        assert (status, said) == (0, "")
        yield environment


def written(world, kind, name, *more):
    """A page of this kind as a file, made from the ledger."""
    arguments = ("report", kind, *PERIOD, *MORE.get(kind, ()), "--no-harvest", "--force", "-o", name, *more)
    status, _, said = run(world, *arguments)
    assert status == 0, said
    return (world.cwd / name).read_text("utf-8")


@pytest.fixture(scope="module")
def made(world):
    """Gives a page in a format; the rows of each kind are read once, since that takes most of the time."""

    @functools.cache
    def read(kind):
        chosen = {"announcement": Chosen(about="PAY-7"), "digest": Chosen(team="keys")}.get(kind)
        workspace = open_workspace(world, None)
        return make_report(workspace, load_report(kind), PERIOD[1], chosen, harvest=False).report_input

    def page(kind, name, *, draft=False):
        given = dataclasses.replace(read(kind), draft=draft)
        return make(load_report(kind), given, PageOptions(REPORT_FORMATS[name])).content.decode()

    return page


@pytest.mark.parametrize("kind", KINDS)
def test_a_page_is_verified_and_its_links_lead_somewhere(world, kind):
    """Verify says that nothing has changed, each anchor is that of a heading, and each address that of a row."""
    text = written(world, kind, f"{kind}.md")
    assert run(world, "verify", f"{kind}.md", "--no-harvest")[0] == 0
    headings = {slug(re.sub(r"[\\\u2060]", "", each)) for each in re.findall(r"^#+ (.*)$", text, re.MULTILINE)}
    links = re.findall(r"(?<!\\)\]\(([^)]*)\)", text)
    evidence = json.loads((world.cwd / f"{kind}.md.evidence.json").read_text("utf-8"))
    known = {each["url"] for each in evidence["rows"] if each["url"]}
    assert [each for each in links if each.startswith("#") and each[1:] not in headings] == []
    assert [each for each in links if not each.startswith("#") and each not in known] == []


@pytest.mark.parametrize("kind", KINDS)
def test_json_fits_the_schema_in_docs(made, kind):
    """Of the finished page and of the draft."""
    schema = json.loads((SCHEMAS / f"{kind}.schema.json").read_text("utf-8"))
    jsonschema.validate(json.loads(made(kind, "json")), schema)
    jsonschema.validate(json.loads(made(kind, "json", draft=True)), schema)


@pytest.mark.parametrize("kind", KINDS)
def test_a_page_has_html_and_a_table(made, kind):
    """HTML without a script, that asks nobody for anything; a table with the page's own rows."""
    html = made(kind, "html")
    assert "<h1" in html
    assert re.findall(r"<script|<link|<img|<iframe", html) == []
    assert made(kind, "csv").startswith("person,")


@pytest.mark.parametrize("kind", KINDS)
def test_a_finished_page_has_no_advice_to_its_author(made, kind):
    """No command and no words for the author, who has them in the draft and in the terminal."""
    text = made(kind, "md")
    assert "## For the author" not in text
    assert re.findall(r"`harvester [^`]*`", text) == []


def test_the_kinds_are_listed(world):
    """Each with what it is, in a line."""
    status, out, _ = run(world, "report", "--list")
    assert status == 0
    assert [line.split()[0] for line in out.splitlines()] == KINDS
    assert all(len(line.split()) > 3 for line in out.splitlines())


def test_a_team_and_everyone_are_people(world):
    """The page is of their work together; `--each` writes one for each of them."""
    _, team, _ = run(world, "report", *PERIOD, "--team", "payments", "--no-harvest")
    _, everyone, _ = run(world, "report", *PERIOD, "--everyone", "--no-harvest")
    assert "# payments – accomplishments, Q3 2026" in team
    assert "# Everyone – accomplishments, Q3 2026" in everyone
    assert "Merged 7 pull requests" in team
    assert "reviewed 7 pull requests by 3 people" in team  # one of them by two reviewers
    status, _, said = run(world, "report", *PERIOD, "--team", "payments", "--each", "--no-harvest", "-o", "pages/")
    assert status == 0
    assert re.findall(r"accomplishments-(.*)-q3-2026\.md", said) == ["grace-hopper", "linus-example", "ada-lovelace"]
    own = (world.cwd / "pages" / "accomplishments-ada-lovelace-q3-2026.md").read_text("utf-8")
    assert own == run(world, "report", *PERIOD, "--no-harvest")[1]


def test_two_of_one_name_have_a_file_each(tmp_path):
    """So have two whose names have no letter in them."""
    people = [("Bo", "1"), ("bo!", "2"), ("🐙", "3"), ("–", "4"), ("Cy", "5")]
    history = "\n".join(
        f"who='{name}' mail=me{number}@example.org; did 2026-07-0{number}T09:00:00Z {number} 'Part {number}'"
        for name, number in people
    )
    environment = stand_in(tmp_path, history)
    (environment.cwd / "harvester.toml").write_text('[sources.app]\nconnector = "git"\nrepositories = ["."]\n')
    assert run(environment, "report", *PERIOD, "--everyone", "--each", "-o", "pages/")[0] == 0
    files = sorted((environment.cwd / "pages").glob("*.md"))
    named = ["bo-me1-example-org", "bo-me2-example-org", "cy", "me3-example-org", "me4-example-org"]
    assert [each.name for each in files] == [f"accomplishments-{each}-q3-2026.md" for each in named]
    pages = "".join(each.read_text("utf-8") for each in files)
    assert all(f"Part {number}" in pages for _, number in people)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--team", "paymets"), "There is no team 'paymets'; did you mean 'payments'?"),
        (("--team", "payments", "--person", "me"), "two ways to name people"),
        (("--everyone", "--person", "me"), "--everyone is everybody"),
        (("--team", "payments", "--each"), "name a folder with --output"),
        (("--team", "payments", "--each", "-o", "page.md"), "name a folder with --output"),
    ],
)
def test_people_are_named_in_one_way(world, arguments, says):
    """Anything else is an error that says what to do."""
    status, _, said = run(world, "report", *PERIOD, *arguments, "--no-harvest")
    assert status in {1, 2}
    assert says in said


def test_figures_of_a_check_in_are_recounted(world):
    """From the claims in the evidence and the days in goals.toml, without the code of measures and paces."""
    status, _, said = run(
        world, "checkin", "--on", "2026-09-20", "--no-harvest", "--force", "-o", "checkin-recounted.md"
    )
    assert status == 0, said
    text = (world.cwd / "checkin-recounted.md").read_text("utf-8")
    evidence = json.loads((world.cwd / "checkin-recounted.md.evidence.json").read_text("utf-8"))
    rows = {(each["source"], each["scope"], each["id"]): each for each in evidence["rows"]}
    kinds = {"pull_requests": "pull_request", "reviews": "review", "tickets": "issue"}
    shown = {}
    for line in re.findall(r"^\| \[.* (?:on|off) track.*", text.split("\n## ")[0], re.MULTILINE):
        title, _, done, expected, state = (each.strip() for each in line.strip("|").split("|"))
        shown[title[1:].partition("]")[0]] = float(done), float(expected), state.partition("` ")[2]
    for goal in tomllib.loads((world.cwd / "goals.toml").read_text("utf-8"))["goals"]:
        if goal["measure"] not in kinds:
            continue
        claimed = [
            each for each in evidence["claims"] if each["target"] == goal["name"] and each["status"] == "claimed"
        ]
        found = [rows[each["source"], each["scope"], each["id"]] for each in claimed]
        done = len({each["work_item"] for each in found if each["kind"] == kinds[goal["measure"]]})
        days = [goal["from"] + dt.timedelta(days=each) for each in range((goal["until"] - goal["from"]).days + 1)]
        away = {each for span in goal.get("away", ()) for each in days if each.isoformat() in _days_of(span)}
        counted = [each for each in days if each not in away]
        expected = goal["target"] * sum(each <= dt.date(2026, 9, 20) for each in counted) / len(counted)
        state = (
            "on track"
            if done >= 0.9 * expected or expected - done < 1
            else ("at risk" if done >= 0.7 * expected else "off track")
        )
        assert shown[goal["title"]] == (done, pytest.approx(expected, abs=0.05), state), goal["name"]
    assert len(shown) == 3


def _days_of(span):
    """The days of words such as `2026-07-25..2026-08-02`, as texts."""
    first, last = map(dt.date.fromisoformat, span.split(".."))
    return {(first + dt.timedelta(days=each)).isoformat() for each in range((last - first).days + 1)}


def blocks_of(text):
    """The texts to paste of a page, each with what the page says of its length."""
    return re.findall(
        r"^```text\n(.*?)\n```\n\n([\d,]+)(?: of ([\d,]+))? characters?\.$", text, re.MULTILINE | re.DOTALL
    )


def test_answers_are_recounted(world):
    """By hand, from the evidence: goals, sums, reviews, addresses, and the length of each text."""
    blocks = blocks_of(written(world, "answers", "answers.md"))
    evidence = json.loads((world.cwd / "answers.md.evidence.json").read_text("utf-8"))
    claimed = {(each["target"], each["work_item"]) for each in evidence["claims"] if each["status"] == "claimed"}
    inside = [each for each in evidence["rows"] if "2026-07-01" <= each["occurred_at"][:10] <= "2026-09-30"]
    kinds = {(each["kind"], each["work_item"]) for each in inside}
    payments = {item for goal, item in claimed if goal in ("payments-rewrite", "no-double-charges")}
    counts = [len({item for kind, item in kinds if kind == name and item in payments})
              for name in ("pull_request", "issue", "commit")]  # fmt: skip
    impact, collaboration, *_ = (text for text, *_ in blocks)
    assert f"Goal “Lead the payments rewrite”: {counts[0]} of 8 pull requests so far." in impact
    assert counts == [2, 1, 1]
    assert impact.endswith("- In all 2 pull requests, 1 ticket (5 points) and 1 commit.")
    reviewed = {item for kind, item in kinds if kind == "review"}
    assert f"- Reviewed {len(reviewed)} pull requests by 2 people" in collaboration
    known = {each["url"] for each in evidence["rows"]}
    assert {address for text, *_ in blocks for address in re.findall(r"https?://\S+", text)} <= known
    for text, length, limit in blocks:
        assert len(text) == int(length.replace(",", "")) <= int((limit or "1000000").replace(",", ""))


def announcement(world, about, *more):
    status, text, said = run(world, "report", "announcement", "--about", about, "--no-harvest", *more)
    assert status == 0, said
    return text.partition("-->\n")[2]


def test_a_thread_is_one_page_by_any_of_its_names(world):
    """Its ticket, its pull requests and a note about it; its days are those from when it was opened."""
    page = announcement(world, "PAY-7")
    assert page.startswith("# Retries that cannot charge twice\n")
    assert "| 2 July to 10 August 2026 |" in page
    for name in ("pay#5", "pay#3", "Retries that cannot charge twice"):
        assert announcement(world, name) == page


def test_thanks_are_recounted(world):
    """From what the services of the world say of the two pull requests and their ticket, by hand."""
    part = announcement(world, "PAY-7").partition("## Thanks")[2].partition("##")[0]
    found = re.findall(r"^- ([^:\n]*)(?:: (.*))?$", part, re.MULTILINE)
    assert found == [
        ("Grace Hopper", "co-authored changes and reviewed"),
        ("Linus", ""),  # who reported it in Jira, where no account is configured
        ("Linus Example", "reviewed"),
    ]


def test_an_announcement_of_its_own_days_is_verified(world):
    run(world, "report", "announcement", "--about", "PAY-7", "--no-harvest", "-o", "own.md", "--force")
    status, out, _ = run(world, "verify", "own.md", "--no-harvest")
    assert (status, out) == (0, "Same: 6 rows, 8 claims and all sources are unchanged.\n")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("announcement", "--about", "PAY-17"), "in what has been read; did you mean 'PAY-7'?"),
        (("announcement", "--about", "PAY-8", "--period", "2026Q1"), "has no work item 'PAY-8' in Q1 2026"),
        (("announcement",), "harvester report announcement --about PAY-7   (Customers are charged twice on time-out)"),
        (("announcement", "--about", "PAY-7", "--each", "-o", "pages/"), "about one piece of work"),
        (("accomplishments", "--about", "PAY-7"), "'accomplishments' is not about one work item."),
    ],
)
def test_what_an_announcement_is_about_is_named(world, arguments, says):
    """Anything else is an error that says what to do."""
    status, _, said = run(world, "report", *arguments, "--no-harvest")
    assert status in {1, 2}
    assert says in said
