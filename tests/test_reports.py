"""Golden reports: a folder holds a history, perhaps a configuration, a command, and the report that must come out.

To add one, copy a folder; to write what comes out, set HARVESTER_GOLDEN=write and read the difference.
"""

import json
import os
import re
from pathlib import Path

import pytest

from harvester.reports.goals import slug
from harvester.version import VERSION
from tests.worlds import run, stand_in

CASES = Path(__file__).parent / "reports"
BESIDE = ("harvester.toml", "goals.toml", "decisions.toml", "notebook.md")


@pytest.mark.parametrize("case", sorted(each.name for each in CASES.iterdir() if each.is_dir()))
def test_the_report_is_as_expected(case, tmp_path):
    folder = CASES / case
    world = stand_in(tmp_path, (folder / "history.sh").read_text())
    for name in BESIDE:
        if (folder / name).exists():
            (world.cwd / name).write_bytes((folder / name).read_bytes())
    status, out, err = run(world, *(folder / "command").read_text().split())
    written = out.replace(f"harvester {VERSION} ·", "harvester VERSION ·", 1)
    if os.environ.get("HARVESTER_GOLDEN") == "write":
        (folder / "expected.md").write_text(written, encoding="utf-8")
    assert err == ""
    assert written == (folder / "expected.md").read_text(encoding="utf-8")
    assert status == (3 if "**Incomplete.**" in written else 0)


@pytest.mark.parametrize("case", sorted(each.name for each in CASES.iterdir() if each.is_dir()))
def test_every_number_is_recounted_and_every_link_followed(case, tmp_path):
    """Without the measures' code: the rows of the evidence, counted by hand, and the addresses of its rows."""
    folder = CASES / case
    world = stand_in(tmp_path, (folder / "history.sh").read_text())
    for name in BESIDE:
        if (folder / name).exists():
            (world.cwd / name).write_bytes((folder / name).read_bytes())
    run(world, *(folder / "command").read_text().split(), "--output", "report.md")
    text = (world.cwd / "report.md").read_text(encoding="utf-8")
    told = json.loads((world.cwd / "report.md.evidence.json").read_text())
    since, until = told["window"]["since"], told["window"]["until"]
    who = re.search(r"^# (.*): accomplishments", text, re.MULTILINE)[1]
    mine = [
        each
        for each in told["rows"]
        if since <= each["at"] < until and (each["account"].startswith(f"{who} <") or each["kind"] == "note")
    ]
    pulls = {each["subject"] for each in mine if each["kind"] == "pull_request" and each["role"] == "author"}
    commits = {each["subject"] for each in mine if each["kind"] == "commit" and each["role"] == "author"}
    inside = set(re.findall(r"(\d+) commits? (?:is|are) part of", text))
    summary = text.split("\n## ")[0]
    assert _told(summary, "pull request") == len(pulls)
    assert _told(summary.replace("pull requests in", "in"), "commit") == len(commits) - sum(map(int, inside))
    assert _told(summary, "note") == len({each["subject"] for each in mine if each["kind"] == "note"})
    rows = {each["url"] for each in told["rows"] if each["url"]}
    headings = {slug(_plain(each)) for each in re.findall(r"^#+ (.*)$", text, re.MULTILINE)}
    links = re.findall(r"(?<!\\)\]\(([^)]*)\)", text)
    assert [each for each in links if each.startswith("#") and each[1:] not in headings] == []
    assert [each for each in links if not each.startswith("#") and each not in rows] == []


def _told(text: str, what: str) -> int:
    found = re.search(rf"([\d,]+) (?:more )?{what}s?\b", text.split("| Goal |")[0].partition("\n\n")[2])
    return int(found[1].replace(",", "")) if found else 0


def _plain(markdown: str) -> str:
    return markdown.replace("\\", "").replace("\u2060", "")


def test_the_anchor_of_a_goal_is_that_of_its_heading_as_shown():
    """A title may be longer than what is shown of it."""
    assert slug("Lead it: a\u202e b") == "lead-it-a-b"
    assert slug("T" * 1_000_000) == "t" * 239
