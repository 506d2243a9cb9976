"""Themes, routine and exclusions of harvester.toml, as the commands show them."""

import json
import subprocess

import pytest

import harvester
from tests.environments import in_environment, run, stand_in

HISTORY = """
ada 2026-07-03T09:00:00+02:00 src/pager.py "pager: scroll by lines"
ada 2026-07-04T09:00:00+02:00 src/keys.py "pager: read keys"
ada 2026-07-05T09:00:00+02:00 requirements.txt "Bump django from 5.1 to 5.2"
ada 2026-07-06T09:00:00+02:00 src/secret.py "private: try it"
ada 2026-07-07T09:00:00+02:00 docs/runbook.md "A runbook"
"""
CONFIGURATION = """
[me]
person = "ada"

[people.ada]
emails = ["ada@example.org"]

[sources.here]
connector = "git"
repositories = ["."]

[[exclude]]
name = "experiments"
scopes = ["private"]
"""
GOALS = """
[[goals]]
name = "secrets"
title = "Secrets"
from = 2026-07-01
until = 2026-10-01
measure = "commits"
target = 2
match = { paths = ["src/secret.py"] }

[[goals]]
name = "runbooks"
title = "Runbooks"
match = { paths = ["docs/"] }
"""
PERIOD = ("--period", "2026Q3")


@pytest.fixture
def environment(tmp_path):
    environment = stand_in(tmp_path, HISTORY)
    (environment.cwd / "harvester.toml").write_text(CONFIGURATION)
    return environment


def explained(environment, title):
    return json.loads(run(environment, "explain", hashes(environment)[title], *PERIOD, "--json")[1])[0]


def hashes(environment):
    """The hash of each commit by its title."""
    lines = subprocess.run(
        ["git", "log", "--format=%s%x00%H"], cwd=environment.cwd, env=environment.environ,
        capture_output=True, text=True, check=True,
    ).stdout.splitlines()  # fmt: skip
    return dict(line.split("\0") for line in lines)


def test_explain_says_the_theme_and_why(environment):
    row = explained(environment, "pager: scroll by lines")
    assert row["theme"] == "pager. Because: title scope pager, as of 2 pieces of work here"
    assert "routine" not in row


def test_explain_says_the_routine_and_why(environment):
    row = explained(environment, "Bump django from 5.1 to 5.2")
    assert row["routine"] == "dependency updates. Because of its title"
    assert "theme" not in row


def test_explain_says_which_rule_left_work_out(environment):
    row = explained(environment, "private: try it")
    assert row["excluded"] == "left out by experiments in harvester.toml. Matched: title scope private"
    assert "counted_as" not in row
    assert "excluded  " in run(environment, "explain", hashes(environment)["private: try it"], *PERIOD)[1]


def test_what_a_goal_has_is_under_no_theme(environment):
    (environment.cwd / "goals.toml").write_text(GOALS)
    row = explained(environment, "A runbook")
    assert row["claims"]
    assert {"theme", "routine"}.isdisjoint(row)


def test_what_is_left_out_serves_no_goal(environment):
    (environment.cwd / "goals.toml").write_text(GOALS)
    progress = json.loads(run(environment, "goals", "progress", *PERIOD, "--json")[1])
    secrets = next(each for each in progress["goals"] if each["title"] == "Secrets")
    assert secrets["done"] == 0
    assert "try it" not in run(environment, "report", *PERIOD)[1]
    assert "pager" in run(environment, "report", *PERIOD)[1]


def test_the_frame_and_the_export_leave_nothing_out(environment, monkeypatch):
    """`harvester.load` and `ledger export` have the rows that `[[exclude]]` takes out of reports."""
    in_environment(monkeypatch, environment)
    assert "private: try it" in harvester.load("2026Q3")["title"].tolist()


def test_a_report_with_exclusions_verifies(environment):
    assert run(environment, "report", *PERIOD, "--output", "q3.md")[0] == 0
    assert run(environment, "verify", "q3.md")[0] == 0


def test_a_json_report_counts_what_was_left_out(environment):
    """Of the rows that a report has, none was left out, however many there are."""

    def left_out():
        return json.loads(run(environment, "report", *PERIOD, "--format", "json")[1])["measures"]["left_out"]

    assert left_out() == 1
    configuration = environment.cwd / "harvester.toml"
    configuration.write_text(CONFIGURATION.partition("[[exclude]]")[0])
    assert left_out() == 0


@pytest.mark.parametrize(
    ("themes", "status", "expected"),
    [
        ('Screen = { scopes = ["pager"] }', 0, "This data words q3.md otherwise now ("),
        ('All = { titles = ["*"] }', 1, "q3.md: line "),
    ],
)
def test_verify_names_a_changed_theme(environment, themes, status, expected):
    """As the reason why words, or figures, are other ones: neither was the page edited nor did a source change."""
    run(environment, "report", *PERIOD, "--output", "q3.md")
    (environment.cwd / "harvester.toml").write_text(f"{CONFIGURATION}\n[themes]\n{themes}\n")
    found, out, _ = run(environment, "verify", "q3.md")
    assert (found, out.splitlines()[0]) == (status, "[themes] in harvester.toml is not as for this report.")
    assert out.splitlines()[1].startswith(expected)


def test_verify_names_other_highlights(environment):
    run(environment, "report", *PERIOD, "--output", "q3.md")
    run(environment, "decide", hashes(environment)["A runbook"], "--highlight")
    status, out, _ = run(environment, "verify", "q3.md")
    assert (status, out.splitlines()[0]) == (1, "decisions.toml chooses other highlights than for this report.")


def test_doctor_warns_of_rules_that_match_all(environment):
    configuration = environment.cwd / "harvester.toml"
    configuration.write_text(CONFIGURATION + '\n[themes]\nAll = { titles = ["*"] }\nNone = {}\n')
    status, out, _ = run(environment, "doctor")
    assert status == 0
    assert "themes.All: it matches everything, so all work is under this heading" in out
    assert "themes.None: it has no key that matches anything" in out
    assert explained(environment, "A runbook")["theme"] == "All. Because: [themes] in harvester.toml: its title"
