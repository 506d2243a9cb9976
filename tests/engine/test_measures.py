"""Every team's figures on a cluster: the same as on one machine."""

import pytest

from harvester.engine.measures import make_measures
from harvester.workspace import measures
from harvester.workspace.chosen import Chosen
from harvester.workspace.workspace import open_workspace
from tests.environments import run, stand_in
from tests.test_every_team import CONFIGURATION, HISTORY, SILENT

PERIOD = "2026-08..2026-09"


@pytest.fixture(scope="module")
def environment(tmp_path_factory):
    """Teams with a member in common, and teams without figures."""
    made = stand_in(tmp_path_factory.mktemp("teams"), HISTORY)
    (made.cwd / "harvester.toml").write_text(CONFIGURATION.replace("[teams.pay]", SILENT + "[teams.pay]"))
    assert run(made, "harvest", "--everyone", "--period", PERIOD)[0] == 0
    return made


def words(table):
    """Everything of a table; errors by what they say."""
    return table.made, [each.words for each in table.not_made]


def test_the_figures_are_those_of_one_machine(client, environment):
    """In the order of harvester.toml, by month, with what is not said and who has none."""
    workspace = open_workspace(environment)
    here = measures.make_measures(workspace, PERIOD, Chosen(every_team=True), by="month", harvest=False)
    there = make_measures(client, workspace, PERIOD, "month", harvest=False)
    assert words(there) == words(here)
    assert [each.team for each in there.made] == ["pay", "search"]
    assert [each.key for each in there.not_made] == ["closed", "later", "unknown"]
    pay = [each.number for each in there.made[0].figures if each.measure == "commits"]
    assert pay == [2, 2, None]


@pytest.mark.parametrize("more", [("--person", "ada"), ("--team", "pay")])
def test_people_as_one_are_measured_here(environment, more):
    """A cluster reads their sources, and their figures are those of one machine."""
    asked = ("measures", "--period", PERIOD, "--json", "--no-harvest", *more)
    assert run(environment, *asked, "--engine", "dask")[:2] == run(environment, *asked)[:2]
