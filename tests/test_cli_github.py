"""GitHub and git together through the command: what both saw counts once, and no access never looks like no work."""

import subprocess

import pytest

from tests.connectors.fetches import on
from tests.environments import run, stand_in
from tests.servers.github import TOKEN, Fault, GitHubServer, World

CONFIGURATION = """
[me]
person = "me"
timezone = "Europe/Berlin"

[people.me]
name = "Ada Lovelace"
emails = ["ada@example.org"]
accounts = {{ github = "alice" }}

[people.bob]
name = "Bob"
accounts = {{ github = "bob" }}

[sources.here]
connector = "git"
repositories = ["."]
forge = "github"

[sources.hub]
connector = "github"
url = "{url}"
token = "env:GITHUB_TOKEN"
organisations = ["acme"]
timeout = 10
"""


@pytest.fixture
def github():
    with GitHubServer(World()) as running:
        yield running


@pytest.fixture
def environment(tmp_path, github):
    """A repository whose one squashed pull request GitHub knows too, with a review and a closed issue of one's own."""
    hub = github.world
    issue = hub.issue("acme/pay", "bob", on(7, 1), assignees=["alice"], closed=on(7, 5), by="bob")
    pull = hub.pull(
        "acme/pay", "alice", on(7, 2), merged=on(7, 5), title="Charge once", closes=[issue], paths=("key.py",)
    )
    hub.pull("acme/pay", "bob", on(7, 2), title="Bob's", reviews=[("alice", "APPROVED", on(7, 4))])
    hub.pull("acme/pay", "bob", on(7, 2), merged=on(7, 9), title="Somebody else's")
    environment = stand_in(
        tmp_path,
        f"git remote add origin http://localhost/acme/pay.git\n"
        f'ada 2026-07-05T12:00:00+00:00 key.py "Charge once (#{pull["number"]})"\n'
        'ada 2026-07-06T12:00:00+00:00 other.py "A commit of its own"\n',
    )
    sha = subprocess.run(["git", "rev-parse", "HEAD^"], cwd=environment.cwd, capture_output=True, text=True, check=True)
    pull["mergeCommit"]["oid"] = sha.stdout.strip()
    environment.environ["GITHUB_TOKEN"] = TOKEN
    (environment.cwd / "harvester.toml").write_text(CONFIGURATION.format(url=github.url))
    return environment


def test_what_both_sources_saw_counts_once(environment):
    """The row with more detail is shown, with the size that git knows."""
    status, out, err = run(environment, "report", "--period", "2026Q3")
    assert (status, err) == (0, "")
    assert (
        "Merged 1 pull request, landed 1 further commit and resolved 1 ticket; reviewed 1 pull request by 1 person."
        in out
    )
    assert "| merged 5 Jul | +1 −0 |" in out
    assert "+10 −2" not in out
    assert "Somebody else's" not in out
    assert "1 commit is part of a pull request above" in out


def test_a_second_harvest_costs_one_request(environment, github):
    """And the report has the same bytes."""
    first = run(environment, "report", "--period", "2026Q3")[1]
    asked = len(github.asked)
    assert run(environment, "report", "--period", "2026Q3")[1] == first
    assert len(github.asked) - asked == 1


def test_a_reopened_issue_leaves_the_report(environment, github):
    run(environment, "report", "--period", "2026Q3")
    issue = next(each for each in github.world.items if each["__typename"] == "Issue")
    github.world.reopen(issue, on(11, 5))
    github.world.now = on(11, 6)
    environment.clock = lambda: on(11, 6)
    out = run(environment, "report", "--period", "2026Q3")[1]
    assert "ticket" not in out.split("## acme/pay")[0]


def test_a_refused_token_makes_a_report_incomplete(environment, github):
    """It is named at the top, the status is 3, and the token is in no file and no output."""
    github.rule = lambda asked: Fault(401, '{"message": "Bad credentials"}')
    status, out, err = run(environment, "report", "--period", "2026Q3", "--output", "mine.md")
    text = (environment.cwd / "mine.md").read_text()
    assert status == 3
    assert text.splitlines()[5].startswith("> **Incomplete.**")
    assert "> - hub: " in text
    assert "A commit of its own" in text
    everything = text + out + err + (environment.cwd / "mine.md.evidence.json").read_text()
    everything += "".join(run(environment, name)[1] for name in ("sources", "doctor"))
    assert TOKEN not in everything
    assert all(TOKEN.encode() not in path.read_bytes() for path in environment.cwd.rglob("*") if path.is_file())


def test_a_later_refusal_keeps_earlier_rows(environment, github):
    """The report says that they are not up to date."""
    run(environment, "report", "--period", "2026Q3")
    github.rule = lambda asked: Fault(401, '{"message": "Bad credentials"}')
    status, out, _ = run(environment, "report", "--period", "2026Q3")
    assert status == 3
    assert "not up to date" in out
    assert "Merged 1 pull request" in out
    github.rule = lambda asked: None
    assert run(environment, "report", "--period", "2026Q3")[0] == 0


def test_an_owner_is_forgotten_by_login(environment, github):
    """Also where they only own what somebody else reviewed."""
    opened = on(7, 2)
    github.world.pull("acme/pay", "zebulon", opened, title="Theirs", reviews=[("alice", "APPROVED", on(7, 4))])
    assert "zebulon 1" in run(environment, "report", "--period", "2026Q3")[1]
    assert run(environment, "forget", "Zebulon", "--yes")[0] == 0
    kept = b"".join(path.read_bytes() for path in (environment.cwd / ".harvester").rglob("*") if path.is_file())
    assert b"zebulon" not in kept
    assert "(forgotten)" in run(environment, "report", "--period", "2026Q3", "--no-harvest", "--allow-incomplete")[1]


def test_comments_and_releases_are_optional(environment, github):
    """Comments are counted by whose work they are about."""
    hub = github.world
    theirs = hub.issue("acme/pay", "bob", on(7, 1))
    hub.comment(theirs, "alice", on(7, 3))
    hub.comment(theirs, "alice", on(7, 4))
    hub.release("acme/pay", "alice", on(7, 5), "v1")
    config = environment.cwd / "harvester.toml"
    config.write_text(
        CONFIGURATION.format(url=github.url).replace(
            'organisations = ["acme"]', 'repositories = ["acme/pay"]\nalso = ["comments", "releases"]'
        )
    )
    status, out, _ = run(environment, "report", "--period", "2026Q3")
    assert status == 0
    assert "published 1 release" in out
    assert "reviewed 1 pull request by 1 person; made 2 comments on the work of others." in out
    assert "Made 2 comments on work of 1 person: Bob 2." in out
    assert "commented 4 Jul" in out


def test_a_dismissed_review_has_its_own_day(environment, github):
    """It was not dismissed on the day it was given."""
    github.world.pull("acme/pay", "bob", on(7, 2), title="Bob's", reviews=[("alice", "DISMISSED", on(7, 6))])
    assert "dismissed review of 6 Jul" in run(environment, "report", "--period", "2026Q3")[1]


def test_a_dry_run_names_the_price(environment, github):
    out = run(environment, "harvest", "hub", "--period", "2026Q3", "--dry-run")[1]
    assert "hub: would read 1 July to 30 September 2026 for alice" in out
    assert "request" in out


def test_work_counts_in_its_own_period(environment, github):
    """A pull request merged after the period is not in its report."""
    pull = github.world.pull("acme/pay", "alice", on(9, 30), merged=on(10, 1), title="Next quarter's")
    out = run(environment, "report", "--period", "2026Q3")[1]
    assert "Next quarter's" not in out
    github.world.items.remove(pull)


def test_a_name_that_nobody_chose_is_found_by_login(environment):
    out = run(environment, "report", "--period", "2026Q3", "--person", "bob")[1]
    assert "Somebody else's" in out
