"""`goals import` as a user meets it: what it lists, what it writes into goals.toml, what it says."""

import json
import tomllib

import pytest

from tests.environments import run, stand_in

BEFORE = """\
# mine

[[criteria]] # by hand
name = "leads"
level = "Senior Engineer 1"
text = "Leads projects."

[[criteria]]
name = "Senior-1-Technical"
text = "Edited."

[[criteria]]
name = "renamed"
level = "Senior Engineer 1"
text = "Experiments with new tools, technologies and techniques as part of their professional development activities."
match = { paths = ["learning/"] }

[[goals]]
name = "a"
title = "A"
criterion = "leads"
match = { labels = ["x"] }"""
SENIOR = ("goals", "import", "ft", "--level", "senior-1")


@pytest.fixture
def environment(tmp_path):
    """A folder with a goals.toml; no repository, since nothing is read."""
    environment = stand_in(tmp_path, None)
    (environment.cwd / "harvester.toml").write_text('[people.me]\nname = "Ada"\nemails = ["ada@example.org"]\n')
    (environment.cwd / "goals.toml").write_text(BEFORE)
    return environment


def goals_file(environment):
    return (environment.cwd / "goals.toml").read_text("utf-8")


def criteria(environment):
    return tomllib.loads(goals_file(environment))["criteria"]


def test_a_level_is_written_below_what_is_there(environment):
    """With words, theme, level, source and whose it is; what has the name or the text already is left alone."""
    status, out, err = run(environment, *SENIOR)
    assert (status, err) == (0, "")
    assert out == (
        "Added 7 criteria of Senior Engineer 1 from Financial Times engineering ladder to goals.toml.\n"
        "1 criterion is there already.\n"
        "Not changed, since goals.toml has another text or level for them: senior-1-technical.\n"
        "All 7 are judged by hand until a goal names one as its `criterion`, or you give it a rule (`match`).\n"
    )
    text = goals_file(environment)
    assert text.startswith(f"{BEFORE}\n\n# Financial Times engineering ladder: MIT License, Copyright (c) 2019 ")
    added = criteria(environment)[3:]
    assert [each["name"] for each in added] == [
        "senior-1-planning-and-organising", "senior-1-independent-working", "senior-1-problem-solving-decision-making",
        "senior-1-business-impact", "senior-1-communication", "senior-1-team-work",
        "senior-1-leadership-of-self-and-others",
    ]  # fmt: skip
    assert added[4] == {
        "name": "senior-1-communication", "level": "Senior Engineer 1", "theme": "Communication",
        "text": "Presents clearly to larger internal groups, facilitates productive discussions, and ensures "
        "understanding and alignment.",
        "source": "Financial Times engineering ladder, https://github.com/Financial-Times/engineering-progression/blob/"
        "d54616e18d4c/data/job-families/engineering.yml",
    }  # fmt: skip


def test_a_second_import_changes_nothing(environment):
    run(environment, *SENIOR)
    text = goals_file(environment)
    status, out, _ = run(environment, "goals", "import", "ft", "--level", "senior engineer 1")
    assert (status, goals_file(environment)) == (0, text)
    assert out.startswith("Nothing was added to goals.toml.\n8 criteria are there already.\nNot changed, since ")


def test_a_dry_run_writes_nothing(environment):
    status, out, _ = run(environment, *SENIOR, "--dry-run")
    assert status == 0
    assert "Would add 7 criteria of Senior Engineer 1" in out
    assert "senior-1-communication" in out
    assert goals_file(environment) == BEFORE


def test_check_says_who_judges(environment):
    """How many criteria have rules, and how many have none and no goal that serves them."""
    run(environment, *SENIOR)
    out = run(environment, "goals", "check")[1]
    assert "1 goal, 10 criteria (1 with rules, 8 judged by hand), 0 decisions" in out
    data = json.loads(run(environment, "goals", "check", "--json")[1])
    assert (data["criteria"], data["criteria_with_rules"], data["criteria_judged_by_hand"]) == (10, 1, 8)
    data = json.loads(run(environment, "goals", "list", "--json")[1])
    assert data["criteria"][-1]["theme"] == "Leadership of Self and Others"


def test_both_options_are_asked_for_with_what_there_is(environment):
    status, out, err = run(environment, "goals", "import", "monzo")
    assert status == 2
    assert "Say which with --role and --level." in err
    assert [line.split() for line in out.splitlines()[2:5]] == [
        ["Level", "Title", "backend", "web", "mobile", "data", "quality"],
        ["L1", "Level", "1", "8", "13", "12", "19", "13"],
        ["L2", "Level", "2", "21", "29", "27", "18", "23"],
    ]
    assert run(environment, "goals", "import", "monzo", "--list")[:2] == (0, out)
    assert "Say which with --level." in run(environment, "goals", "import", "ft")[2]


def test_the_ladders_are_listed(environment):
    status, out, _ = run(environment, "goals", "import", "--list")
    assert status == 0
    assert "ft " in out
    assert "monzo " in out
    assert ".toml, .json, .yaml, .yml, .md, .markdown" in out
    assert "Missing argument 'LADDER'" in run(environment, "goals", "import")[2]


def test_a_span_of_levels_is_written(environment):
    out = run(environment, "goals", "import", "monzo", "--role", "backend", "--level", "4..L5")[1]
    assert out.startswith("Added 69 criteria of Level 4 and Level 5 from Monzo engineering ladder to goals.toml.\n")
    assert len(criteria(environment)) == 3 + 37 + 32


def test_a_file_is_imported(environment):
    """One role and one level need not be named; no path of the machine is written."""
    (environment.cwd / "ours.md").write_text("# Our ladder\n## Senior\n- **Design**: designs \x1b[31m*well*\n")
    status, out, err = run(environment, "goals", "import", str(environment.cwd / "ours.md"))
    assert (status, err) == (0, "")
    assert "Added 1 criterion of Senior from Our ladder to goals.toml.\nIt is judged by hand" in out
    assert criteria(environment)[-1] == {
        "name": "senior-design", "level": "Senior", "theme": "Design", "text": "designs [31mwell",
        "source": "Our ladder, ours.md",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("ftt",), "There is no ladder 'ftt'; did you mean 'ft'?"),
        (("ladder.md",), "cannot be read: No such file"),
        (("ft", "--level", "senor-1"), "did you mean 'senior-1'?"),
        (("monzo", "--role", "bakend", "--level", "L4"), "did you mean 'backend'?"),
        (("monzo", "--role", "quality", "--level", "L5"), "asks nothing of quality at Level 5"),
    ],
)
def test_what_cannot_be_imported_is_said(environment, arguments, message):
    status, _, err = run(environment, "goals", "import", *arguments)
    assert status == 1
    assert message in err
    assert goals_file(environment) == BEFORE


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("criteria = []\n", "goals.toml has a layout to which nothing can be added"),
        ("criteria = [", "goals.toml: this is not TOML"),
        ("[[criteria]]\nname = 'a'\n", "criteria[1].text: this key is missing"),
    ],
)
def test_a_file_that_cannot_be_added_to_stays(environment, text, message):
    (environment.cwd / "goals.toml").write_text(text)
    status, _, err = run(environment, *SENIOR)
    assert status == 1
    assert message in " ".join(err.split())
    assert goals_file(environment) == text


def test_without_a_goals_file_one_is_made(environment):
    (environment.cwd / "goals.toml").unlink()
    assert run(environment, *SENIOR)[0] == 0
    assert goals_file(environment).startswith("#:schema .harvester/goals.schema.json\n")
    assert len(criteria(environment)) == 9


def test_without_a_configuration_nothing_is_written(tmp_path):
    environment = stand_in(tmp_path, "")
    status, _, err = run(environment, *SENIOR)
    assert status == 1
    assert "Goals are stored beside a harvester.toml, and there is none." in err
    assert not (environment.cwd / "goals.toml").exists()
