"""Golden reports: a folder holds a history, perhaps a configuration, a command, and the report that must come out.

A file `world` names the folder whose history and files a case has, but for those that it has itself. To add one, copy a
folder; to write what comes out, set HARVESTER_GOLDEN=write and read the difference.
"""

import contextlib
import datetime as dt
import functools
import itertools
import json
import os
import re
import shutil
import subprocess
import tomllib
from pathlib import Path
from unittest import mock
from zoneinfo import ZoneInfo

import pytest

from harvester.reporting.anchors import slug
from harvester.version import VERSION
from tests.environments import run, stand_in
from tests.servers import gitlab as gitlabs
from tests.servers import jira
from tests.servers.github import TOKEN, GitHubServer, World

CASES = Path(__file__).parent / "reports"
BESIDE = ("goals.toml", "decisions.toml", "notebook.md")
ALL = sorted(each.name for each in CASES.iterdir() if each.is_dir())
ACCOMPLISHMENTS = [each for each in ALL if (CASES / each / "command").read_text().split()[1:2] in ([], ["--period"])]


def world_of(case):
    """The folder that has the history and the files of a case."""
    named = CASES / case / "world"
    return CASES / named.read_text().strip() if named.exists() else CASES / case


@contextlib.contextmanager
def the_world_of(case, tmp_path):
    """The case's repository with its files, and services on localhost that know what its github.toml (…) says."""
    folder = world_of(case)
    environment = stand_in(tmp_path, (folder / "history.sh").read_text())
    for name in BESIDE:
        if own := next((each / name for each in (CASES / case, folder) if (each / name).exists()), None):
            (environment.cwd / name).write_bytes(own.read_bytes())
    if (CASES / case / "checkins").is_dir():
        shutil.copytree(CASES / case / "checkins", environment.cwd / "checkins")
    environment.environ |= {"GITHUB_TOKEN": TOKEN, "GITLAB_TOKEN": gitlabs.TOKEN, "JIRA_TOKEN": jira.TOKEN}
    with contextlib.ExitStack() as stack:
        filled = {}
        if (known := folder / "github.toml").exists():
            filled["{github}"] = stack.enter_context(GitHubServer(github(known))).url
        if (known := folder / "gitlab.toml").exists():
            filled["{gitlab}"] = stack.enter_context(gitlabs.GitLabServer(gitlab(known, commits_of(environment)))).url
        if (known := folder / "jira.toml").exists():
            world = tickets(known)
            proxy = stack.enter_context(jira.JiraServer(world)).url
            # Its address is in the report, so it must be the same each time: the server is a proxy on the way there.
            stack.enter_context(mock.patch.dict(os.environ, {"http_proxy": proxy, "no_proxy": "localhost"}))
            filled |= {f"{{{name}}}": world.native(name, cloud=True) for name in ("ada", "grace")}
        if (folder / "harvester.toml").exists():
            text = (folder / "harvester.toml").read_text()
            for name, value in filled.items():
                text = text.replace(name, value)
            (environment.cwd / "harvester.toml").write_text(text)
        yield environment


def tickets(path):
    """What a jira.toml says: tickets with the keys they have."""
    described = tomllib.loads(path.read_text())
    world = jira.World(zone=described["zone"])
    for each in described["tickets"]:
        project, _, number = each.pop("key").partition("-")
        world.project(project)["last"] = int(number) - 1
        resolved, by, resolution = each.pop("resolved"), each.pop("by"), each.pop("resolution", "Done")
        world.resolve(world.issue(project, **each), resolved, by, resolution)
    return world


def commits_of(environment):
    """The hashes of a repository's commits by their subject lines."""
    command = ["git", "log", "--all", "--format=%H %s"]
    done = subprocess.run(command, cwd=environment.cwd, env=environment.environ, capture_output=True, check=True)
    return {line.partition(" ")[2]: line.partition(" ")[0] for line in done.stdout.decode().splitlines()}


FORWARD = "fast-forward"
LANDED = {"merge": "mergeCommitSha", "squash": "squashCommitSha", FORWARD: "diffHeadSha"}
"""Which of GitLab's fields names the commit of each way to merge."""


def gitlab(path, commits):
    """What a gitlab.toml says: merge requests, then issues, each numbered by its project."""
    described, world = tomllib.loads(path.read_text()), gitlabs.World()
    for each in described["merge_requests"]:
        how, landed = each.pop("how", "merge"), [commits[subject] for subject in each.pop("landed", ())]
        unapprovals = each.pop("unapprovals", ())
        made = world.merge_request(
            each.pop("project"), each.pop("author"), each.pop("created"), squash=how == "squash", **each
        )
        if landed:
            made |= {"mergeCommitSha": None, LANDED[how]: landed[0], "commits": landed if how == FORWARD else ()}
        for who, at in unapprovals:
            world.unapprove(made, who, at)
    for each in described["issues"]:
        moved = each.pop("moved", None)
        made = world.issue(each.pop("project"), each.pop("author"), each.pop("created"), **each)
        if moved:
            world.move(made, *moved)
    return world


def github(path):
    """What a github.toml says: pull requests, then issues, each with a number of its own."""
    described, environment = tomllib.loads(path.read_text()), World()
    numbers = itertools.count(1)
    pulls, named = [], {}
    for each in described["pulls"]:
        closes = each.pop("closes", ())
        pulls.append(
            (environment.pull(each.pop("repository"), each.pop("author"), each.pop("created"), **each), closes)
        )
    for each in described["issues"]:
        name, reason = each.pop("name"), each.pop("reason", "COMPLETED")
        issue = environment.issue(each.pop("repository"), each.pop("author"), each.pop("created"), **each)
        issue["stateReason"] = issue["timelineItems"][0]["stateReason"] = reason
        named[name] = issue
    for item in (*(pull for pull, _ in pulls), *named.values()):
        _numbered(item, next(numbers))
    for pull, closes in pulls:
        pull["closingIssuesReferences"] = [named[name] for name in closes]
    return environment


def _numbered(item, number):
    """With this number in place of the one that the environment made up."""
    old, address = item["url"], item["url"].rpartition("/")[0] + f"/{number}"
    for each in (item, *item.get("reviews", ())):
        each["url"] = each["url"].replace(old, address)
    item["number"] = number


@pytest.fixture(scope="module")
def ran(tmp_path_factory):
    """What the command of a case says, and what it writes where that is looked through; each is run once."""

    @functools.cache
    def once(case):
        command = (CASES / case / "command").read_text().split()
        with the_world_of(case, tmp_path_factory.mktemp("case")) as environment:
            said = run(environment, *command)
            if case in ACCOMPLISHMENTS:
                # Without a configuration the ledger is gone after the first run.
                read = ["--no-harvest"] if (environment.cwd / "harvester.toml").exists() else []
                run(environment, *command, *read, "--output", "report.md")
        return said, environment.cwd / "report.md"

    return once


@pytest.mark.parametrize("case", ALL)
def test_the_report_is_as_expected(case, ran):
    folder = CASES / case
    (status, out, err), _ = ran(case)
    written = out.replace(f"harvester {VERSION} ·", "harvester VERSION ·", 1)
    if os.environ.get("HARVESTER_GOLDEN") == "write":
        (folder / "expected.md").write_text(written, encoding="utf-8")
    assert err == ""
    assert written == (folder / "expected.md").read_text(encoding="utf-8")
    assert status == (3 if "**Incomplete.**" in written else 0)


@pytest.mark.parametrize("case", ACCOMPLISHMENTS)
def test_every_number_is_recounted_and_every_link_followed(case, ran):
    """Without the measures' code: the rows of the evidence, counted by hand, and the addresses of its rows."""
    _, path = ran(case)
    text = path.read_text(encoding="utf-8")
    evidence = json.loads(path.with_name("report.md.evidence.json").read_text())
    (first, last), zone = evidence["period"]["days"].split(".."), ZoneInfo(evidence["period"]["zone"])
    days = {id(each): dt.datetime.fromisoformat(each["occurred_at"]).astimezone(zone) for each in evidence["rows"]}
    mine = [each for each in evidence["rows"] if first <= f"{days[id(each)]:%Y-%m-%d}" <= last]

    def subjects(kind, *roles):
        return {each["work_item"].lower() for each in mine if each["kind"] == kind and each["role"] in roles}

    pulls, commits = subjects("pull_request", "author"), subjects("commit", "author")
    inside = set(re.findall(r"(\d+) commits? (?:is|are) part of", text))
    summary = text.split("\n## ")[0]
    assert _number_of(summary, "pull request", "[Mm]erged ") == len(pulls)
    assert _number_of(summary, "commit") == len(commits) - sum(map(int, inside))
    assert _number_of(summary, "note") == len(subjects("note", "author", "helper", "mentor"))
    # The evidence does not have a state: a ticket closed as a duplicate and a withdrawn approval are listed nowhere.
    shown = {each.lower() for each in re.findall(r"^\| \[([^\]]*)\]\(", text, re.MULTILINE)}
    reviews = {each for each in subjects("review", "reviewer") if each.rpartition("/")[2] in shown}
    assert _number_of(summary, "pull request", "[Rr]eviewed ") == len(reviews)
    listed = {each for each in subjects("issue", "assignee", "resolver") if each.rpartition("/")[2] in shown}
    assert _number_of(summary, "ticket") == len(listed)
    rows = {each["url"] for each in evidence["rows"] if each["url"]}
    headings = {slug(_plain(each)) for each in re.findall(r"^#+ (.*)$", text, re.MULTILINE)}
    links = re.findall(r"(?<!\\)\]\(([^)]*)\)", text)
    assert [each for each in links if each.startswith("#") and each[1:] not in headings] == []
    assert [each for each in links if not each.startswith("#") and each not in rows] == []


def _number_of(text: str, what: str, before: str = "") -> int:
    found = re.search(rf"{before}([\d,]+) (?:further )?{what}s?\b", text.split("| Goal |")[0].partition("\n\n")[2])
    return int(found[1].replace(",", "")) if found else 0


def _plain(markdown: str) -> str:
    return markdown.replace("\\", "").replace("\u2060", "")


def test_the_anchor_of_a_goal_is_that_of_its_heading_as_shown():
    """A title may be longer than what is shown of it."""
    assert slug("Lead it: a\u202e b") == "lead-it-a-b"
    assert slug("T" * 1_000_000) == "t" * 279
