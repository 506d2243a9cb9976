"""A goal is added to goals.toml and nothing else in it changes, or nothing is written."""

import datetime as dt
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harvester.config.toml import parse_toml
from harvester.errors import ConfigError
from harvester.goals.add import INTRODUCTION, with_goal
from harvester.goals.model import KnownNames
from harvester.text import name_from
from harvester.workspace.init import GOALS

PATH = Path("goals.toml")
FULL = {
    "name": "flaky", "title": 'Fewer "flaky" tests', "why": "Nobody re-runs CI.\nNobody waits.",
    "from": dt.date(2026, 7, 1), "until": dt.date(2026, 9, 30), "measure": "outcome", "baseline": 12.5, "target": 0.0,
    "unit": "a week", "words": ["flaky"], "match": {"any": [{"paths": ["tests/"]}, {"labels": ["flaky"]}]},
}  # fmt: skip
SMALL = {"name": "a", "title": "A", "match": None, "why": None, "words": [], "target": None}


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Fewer flaky tests", "fewer-flaky-tests"),
        ("Don't page: ÄRGER, größer!", "dont-page-arger-grosser"),
        ("  --  ", "goal"),
        ("测试", "goal"),
        ("x" * 60, "x" * 40),
        ("one two three four five six seven eight nine", "one-two-three-four-five-six-seven-eight"),
    ],
)
def test_a_name_is_made_from_the_title(title, name):
    assert name_from(title, otherwise="goal") == name


def test_a_goal_is_written_as_a_person_would():
    text, goals = with_goal("# mine\n", FULL, PATH, KnownNames())

    assert text == (
        '# mine\n\n[[goals]]\nname = "flaky"\ntitle = "Fewer \\"flaky\\" tests"\n'
        'why = "Nobody re-runs CI.\\nNobody waits."\n'
        'from = 2026-07-01\nuntil = 2026-09-30\nmeasure = "outcome"\nbaseline = 12.5\ntarget = 0\nunit = "a week"\n'
        'words = ["flaky"]\n\n[goals.match]\nany = [{ paths = ["tests/"] }, { labels = ["flaky"] }]\n'
    )
    assert goals.goals[0].title == FULL["title"]
    assert goals.goals[0].match.any[1].labels == ["flaky"]


def test_what_is_not_given_is_not_written():
    assert with_goal("", SMALL, PATH, KnownNames())[0] == f'{INTRODUCTION}\n[[goals]]\nname = "a"\ntitle = "A"\n'


@pytest.mark.parametrize(
    "before",
    [
        GOALS,
        '[[goals]]\nname = "b"\ntitle = "B"\n\n[goals.match] # its paths\npaths = ["x"]',
        '# one\r\n[[criteria]]\r\nname = "c"\r\ntext = "C"\r\n',
    ],
)
def test_the_text_before_it_stays(before):
    text, goals = with_goal(before, SMALL, PATH, KnownNames())

    assert text.startswith(before)
    assert goals.goals[-1].name == "a"


@pytest.mark.parametrize("other", [{"name": "A", "title": "x"}, {"name": "x", "title": "a"}])
def test_a_name_or_title_that_is_taken_is_refused(other):
    before, _ = with_goal("", SMALL, PATH, KnownNames())
    with pytest.raises(ConfigError, match=r"goals\[1\] has the (name|title) '[aA]' already; nothing was written"):
        with_goal(before, other, PATH, KnownNames())


@pytest.mark.parametrize(
    ("before", "values", "message"),
    [
        ("goals = []\n", {}, "has a layout to which nothing can be added"),
        ("goals = [{", {}, "this is not TOML"),
        ("", {"measure": "comits"}, "did you mean 'commits'"),
        ("", {"from": dt.date(2026, 7, 2), "until": dt.date(2026, 7, 1)}, "before it begins"),
        ("", {"name": "a b"}, "letters from A to Z"),
        ("", {"measure": "commits", "target": float("nan")}, "finite"),
    ],
)
def test_what_is_not_valid_is_refused(before, values, message):
    with pytest.raises(ConfigError, match=message):
        with_goal(before, SMALL | values, PATH, KnownNames(measures=["commits"]))


@settings(max_examples=60, deadline=None)
@given(st.text(min_size=1), st.lists(st.text(min_size=1)))
def test_any_text_is_read_back_as_it_was(title, words):
    """Quotes, control characters and line ends of every kind included."""
    words = [f"x{each}x" for each in words]
    text, goals = with_goal("", SMALL | {"title": title, "words": words}, PATH, KnownNames())

    assert parse_toml(text, PATH)["goals"][0]["title"] == goals.goals[0].title == title
    assert goals.goals[0].words == words
