"""Periods on the command line: the same words everywhere, with `--since` and `--until`, and what we write is read."""

import datetime as dt
import json
import re

import pytest

from tests.environments import TerminalStream, run, stand_in

HISTORY = """
ada 2026-07-01T00:00:00+02:00 a.py "First instant"
ada 2026-09-30T23:59:59+02:00 b.py "Last instant"
ada 2026-10-01T00:00:00+02:00 c.py "The day after"
"""
GOALS = """
[[goals]]
name = "all"
title = "All"
from = 2026-07-01
until = 2026-09-30
measure = "commits"
target = 2
match = { projects = ["*"] }
"""
COMMANDS = (
    ["report"], ["harvest"], ["harvest", "--dry-run"], ["goals", "progress"], ["explain", "First instant"], ["triage"],
)  # fmt: skip


@pytest.fixture
def environment(tmp_path):
    made = stand_in(tmp_path, HISTORY)
    run(made, "init")
    (made.cwd / "goals.toml").write_text(GOALS)
    return made


@pytest.mark.parametrize(
    "words",
    [
        ("--period", "2026-07-01..2026-09-30"), ("--period", "Q3 2026"), ("--period", "Q3"),
        ("--since", "2026-07-01", "--until", "2026-09-30"), ("--until", "30 September 2026", "--since", "1 July 2026"),
        ("--since", "July 2026", "--until", "September 2026"), ("--period", "1 July to 30 September 2026"),
    ],
)  # fmt: skip
def test_the_last_day_is_part_of_a_period(environment, words):
    status, out, err = run(environment, "report", *words)
    assert (status, err.strip()) == (0, "Q3: 1 July to 30 September 2026." if words[1] == "Q3" else "")
    assert ("First instant" in out, "Last instant" in out, "The day after" in out) == (True, True, False)
    assert "2026-07-01..2026-09-30 Europe/Berlin" in out.splitlines()[0]


@pytest.mark.parametrize("words", [("--since", "2026-07-01"), ("--period", "2026-07-01.."), ("--period", "ytd")])
def test_without_a_last_day_it_goes_until_today(environment, words):
    out = run(environment, "report", *words)[1]
    assert "The day after" in out
    assert "..2026-10-15 Europe/Berlin" in out.splitlines()[0]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("last 3 months", "last 3 months: 1 July to 30 September 2026."),
        ("Q4", "Q4: 1 October to 31 December 2026."),
        ("July", "July: 1 to 31 July 2026."), ("today", "today: 15 October 2026."), ("2026Q3", ""),
    ],
)  # fmt: skip
def test_words_without_a_year_are_said_in_full(environment, words, said):
    """On standard error, so that what is read or decided on is known."""
    assert run(environment, "harvest", "--period", words)[2].strip() == said


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_every_command_takes_since_and_until(environment, command):
    """The range goes to the same parser, whose error names it."""
    if command == ["triage"]:
        environment.stdin = TerminalStream()
    days = ("--since", "2026-09-30", "--until", "2026-07-01")
    status, _, err = run(environment, *command, *days)
    assert (status, "'2026-09-30..2026-07-01' ends before it begins" in err) == (1, True)
    assert "Did you mean 2026-07-01..2026-09-30?" in err
    status, _, err = run(environment, *command, "--period", "2027Q1")
    assert (status, "'2027Q1' has not begun: its first day is 1 January 2027." in err) == (1, True)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--period", "2026", "--since", "2026-07-01"), "Give either --period, or --since and --until."),
        (("--period", "2026", "--until", "2026-07-01"), "Give either --period, or --since and --until."),
        (("--until", "2026-07-01"), "give its first day with --since"),
        (("--since", "2026-07-01..2026-09-30"), "several with .. are a --period"),
        (("--since", ""), "it is empty"),
    ],
)
def test_options_that_contradict_are_wrong_usage(tmp_path, options, said):
    environment = stand_in(tmp_path, None)
    for command in COMMANDS:
        status, out, err = run(environment, *command, *options)
        assert (status, out, said in " ".join(err.split())) == (2, "", True)


def test_a_goal_counts_its_last_day(environment):
    run(environment, "harvest", "--period", "2026")
    out = run(environment, "goals", "progress", "--period", "Q3", "--json")[1]
    (goal,) = json.loads(out)["goals"]
    assert (goal["done"], goal["state"]) == (2, "met")
    assert "1 July to 30 September 2026" in run(environment, "goals", "list")[1]


def test_a_goal_is_not_over_before_its_last_day_is(environment):
    environment.clock = lambda: dt.datetime(2026, 9, 30, 21, 59, tzinfo=dt.UTC)
    (environment.cwd / "goals.toml").write_text(GOALS.replace("target = 2", "target = 9"))
    progress = ("goals", "progress", "--period", "Q3", "--json")
    assert json.loads(run(environment, *progress)[1])["goals"][0]["state"] == "off track"
    environment.clock = lambda: dt.datetime(2026, 9, 30, 22, tzinfo=dt.UTC)
    assert json.loads(run(environment, *progress)[1])["goals"][0]["state"] == "not met"


def test_the_example_of_init_means_whole_quarters(environment):
    """Its lines, without their marks, are valid and get no warning about the last day."""
    (environment.cwd / "goals.toml").unlink()
    run(environment, "init")
    text = (environment.cwd / "goals.toml").read_text()
    (environment.cwd / "goals.toml").write_text(
        re.sub(r"^# (?=\[|\w+ = )|^# ?(?=  \{|\])", "", text, flags=re.MULTILINE)
    )
    status, out, err = run(environment, "goals", "check")
    assert (status, "last day" in out + err) == (0, False)
    assert "1 July to 30 September 2026" in run(environment, "goals", "list")[1]


def test_what_a_report_says_is_a_period(environment):
    """The days in its head and in its evidence can be typed, and give the same report."""
    run(environment, "report", "--period", "Q3", "--output", "first.md")
    first = (environment.cwd / "first.md").read_text()
    days = re.search(r"· (\S+\.\.\S+) Europe/Berlin", first)[1]
    kept = json.loads((environment.cwd / "first.md.evidence.json").read_text())["period"]
    assert kept == {"days": days, "zone": "Europe/Berlin", "name": "Q3 2026"}
    again = run(environment, "report", "--period", days)[1]
    assert again.splitlines()[4:] == first.splitlines()[4:]


def test_a_report_is_verified_in_another_zone(environment):
    """Its days are those of its author; a goal's days are the reader's, so there is none here."""
    (environment.cwd / "goals.toml").write_text("")
    run(environment, "report", "--period", "Q3", "--output", "mine.md")
    settings = environment.cwd / "harvester.toml"
    settings.write_text(re.sub(r'#? ?timezone = ".*?"', 'timezone = "Pacific/Auckland"', settings.read_text()))
    assert "Pacific/Auckland" in settings.read_text()
    _, out, err = run(environment, "verify", "mine.md")
    assert err == ""
    assert "row " not in out


def test_sources_say_which_days_were_read(environment):
    run(environment, "harvest", "--period", "2026Q3")
    listed = json.loads(run(environment, "sources", "--json")[1])["sources"]
    (read,) = next(each["read"] for each in listed if each["connector"] == "git")
    assert read["days"] == "2026-07-01..2026-09-30"
