"""The Python API: what it returns, what it warns of, and what it raises."""

import json
import warnings

import pandas as pd
import pytest

import harvester
from harvester.analysis import measures
from harvester.analysis.frame import PREPARED
from harvester.errors import ConfigError, PersonError, SourceError, UnknownError
from harvester.goals.model import Goal, Goals
from harvester.model.contribution import COLUMNS
from tests.environments import in_environment, run, stand_in

HISTORY = """
ada 2026-07-03T09:00:00+02:00 services/pay/key.py "Carry the key"
ada 2026-08-02T10:00:00+02:00 docs/runbook.md "A runbook"
grace 2026-08-03T10:00:00+02:00 services/pay/queue.py "A queue"
ada 2026-10-02T10:00:00+02:00 tools/invoice.py "Late"
"""
CONFIGURATION = """
[me]
person = "ada"

[people.ada]
name = "Ada Lovelace"
emails = ["ada@example.org"]

[people.grace]
name = "Grace Hopper"
emails = ["grace@example.org"]

[teams]
pay = { members = ["ada", "grace"] }

[sources.here]
connector = "git"
repositories = ["."]
"""
GOALS = """
[[goals]]
name = "payments"
title = "Payments"
match = { paths = ["services/pay/"] }
"""


@pytest.fixture
def environment(tmp_path, monkeypatch):
    """The current folder is a git repository with a harvester.toml."""
    environment = stand_in(tmp_path, HISTORY)
    (environment.cwd / "harvester.toml").write_text(CONFIGURATION)
    in_environment(monkeypatch, environment)
    return environment


def test_load_returns_the_rows_of_me_in_the_period(environment):
    """With every column of the ledger and of `prepare`, all Arrow-typed, by time and indexed from 0."""
    frame = harvester.load("2026Q3")
    assert frame["title"].tolist() == ["Carry the key", "A runbook"]
    assert set(frame["person"]) == {"ada"}
    assert {*COLUMNS, *(each.name for each in PREPARED)} <= set(frame.columns)
    assert all(isinstance(each, pd.ArrowDtype) for each in frame.dtypes)
    assert frame.index.tolist() == [0, 1]
    assert frame.attrs == {"persons": ["ada"], "period": "third quarter of 2026", "incomplete": []}


def test_claims_are_those_of_the_report(environment):
    """The frame has all rows that a report is made from, so both say the same for the same reasons."""
    (environment.cwd / "goals.toml").write_text(GOALS)
    (environment.cwd / "notebook.md").write_text(
        "# Notebook\n\n## 2026-08-04 A talk\n\ngoal: payments\n\nIt went well.\n"
    )
    (environment.cwd / "harvester.toml").write_text(CONFIGURATION + '\n[sources.notes]\nconnector = "notebook"\n')
    frame = harvester.load("2026Q3")
    assert run(environment, "decide", frame["work_item"][1], "--goal", "payments")[0] == 0
    assert run(environment, "report", "--period", "2026Q3", "--output", "a.md")[0] == 0
    evidence = json.loads((environment.cwd / "a.md.evidence.json").read_text())
    columns = ["target_kind", "target", "status", "reason"]
    found = harvester.claims(frame)
    claims = found[columns].assign(work_item=frame["work_item"].reindex(found["row"]).tolist())
    reported = pd.DataFrame(evidence["claims"])[[*columns, "work_item"]]
    order = ["work_item", "target"]
    assert claims.sort_values(order).to_dict("records") == reported.sort_values(order).to_dict("records")
    assert len(claims) == 3


def test_counted_agrees_with_the_measures(environment):
    frame = harvester.load("2026Q3")
    assert [list(each) for each in frame["counted"]] == [["commits"], ["commits"]]
    assert frame.explode("counted")["counted"].value_counts()["commits"] == measures.count(frame, "commits")


@pytest.mark.parametrize("person", ["grace", "Grace Hopper", "grace@example.org"])
def test_load_takes_another_person(environment, person):
    assert harvester.load("2026Q3", person)["title"].tolist() == ["A queue"]


def test_load_without_harvest_takes_what_is_stored(environment):
    """It warns of what has not been read, and says so in `attrs`, so that this never looks like no work."""
    with pytest.warns(UserWarning, match="Incomplete: here: not read yet"):
        assert harvester.load("2026Q3", harvest=False).attrs["incomplete"] == ["here: not read yet"]
    harvester.harvest("2026Q3")
    with warnings.catch_warnings(action="error"):
        assert len(harvester.load("2026Q3", harvest=False)) == 2


def test_a_configuration_or_a_repository_is_named(environment, tmp_path, monkeypatch):
    """With `repo` git's user is the person, no harvester.toml is read, and nothing is stored."""
    monkeypatch.chdir(tmp_path)
    assert set(harvester.load("2026Q3", config="app/harvester.toml")["person"]) == {"ada"}
    before = sorted(environment.cwd.rglob("*"))
    (environment.cwd / "harvester.toml").write_text("[broken")
    assert set(harvester.load("2026Q3", repo="app")["person"]) == {"me"}
    assert sorted(environment.cwd.rglob("*")) == before


def test_harvest_reads_a_person_several_a_team_or_everyone(environment):
    def new(**whose):
        (source,) = harvester.harvest("2026Q3", **whose).sources
        return source.counts.new

    assert [new(), new(person="grace"), new(person=["ada", "grace"]), new(team="pay")] == [2, 1, 0, 0]
    assert harvester.harvest("2026Q4", everyone=True, sources=["here"]).complete
    assert harvester.load("2026Q4", harvest=False)["title"].tolist() == ["Late"]


def test_claims_name_the_row_the_goal_and_the_reason(environment, tmp_path):
    """goals.toml beside harvester.toml, another one, or parsed goals; without any there is no claim."""
    frame = harvester.load("2026Q3")
    assert harvester.claims(frame).empty
    expected = [{"row": 0, "target_kind": "goal", "target": "payments", "status": "claimed",
                 "reason": "1 of 1 file under services/pay"}]  # fmt: skip
    (tmp_path / "mine.toml").write_text(GOALS)
    assert harvester.claims(frame, tmp_path / "mine.toml").to_dict("records") == expected
    goal = Goal.model_validate({"name": "payments", "title": "P", "match": {"paths": ["docs/"]}})
    assert harvester.claims(frame, Goals(goals=(goal,)))["row"].tolist() == [1]
    (environment.cwd / "goals.toml").write_text(GOALS)
    assert harvester.claims(frame).to_dict("records") == expected


def test_a_decision_counts_in_claims(environment):
    (environment.cwd / "goals.toml").write_text(GOALS)
    frame = harvester.load("2026Q3")
    assert run(environment, "decide", frame["work_item"][1], "--goal", "payments")[0] == 0
    assert harvester.claims(frame)["row"].tolist() == [0, 1]


def test_report_is_what_the_command_writes(environment):
    assert (
        harvester.report("accomplishments", "2026Q3", "grace")
        == (run(environment, "report", "--period", "2026Q3", "--person", "grace")[1])
    )


@pytest.mark.parametrize(
    ("call", "error"),
    [
        (lambda: harvester.load("2026Q9"), harvester.HarvesterError),
        (lambda: harvester.load("2026Q3", "nobody"), PersonError),
        (lambda: harvester.load("2026Q3", config="missing.toml"), ConfigError),
        (lambda: harvester.load("2026Q3", repo="/"), SourceError),
        (lambda: harvester.harvest("2026Q3", sources=["heer"]), UnknownError),
        (lambda: harvester.harvest("2026Q3", team="pya"), UnknownError),
        (lambda: harvester.report("accomplishment", "2026Q3"), UnknownError),
        (lambda: harvester.claims(pd.DataFrame()), UnknownError),
    ],
)
def test_what_is_not_valid_raises_with_the_next_step(environment, call, error):
    with pytest.raises(error) as raised:
        call()
    assert raised.value.message.endswith((".", "?")) or raised.value.hint
