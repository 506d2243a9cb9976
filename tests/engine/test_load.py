"""A Dask frame has the rows of the pandas frame, with the same columns, types and threads."""

import random

import pandas as pd
import pytest

import harvester
from harvester.engine.load import load_frame
from harvester.errors import EngineError, PersonError
from harvester.workspace.chosen import Chosen
from harvester.workspace.environment import Environment
from harvester.workspace.workspace import open_workspace
from tests.engine.organisation import ACCOUNTS, COMMITS, KINDS, NOW, PULLS, TICKETS, at_hour, fill, workspace_in
from tests.rows import row

KEY = ["source", "scope", "id"]


def linked_rows(number, seed=0):
    """Rows of all people whose links go across sources, projects and people."""
    choose = random.Random(seed)
    for each in range(number):
        source = choose.choice(sorted(KINDS))
        kind, role = choose.choice(KINDS[source])
        items = TICKETS if source == "tickets" else COMMITS if kind == "commit" else PULLS
        yield row(
            id=str(each), source=source, scope=f"scope {each % 3}", kind=kind, role=role,
            work_item=choose.choice(items), account=choose.choice(ACCOUNTS[source]),
            occurred_at=at_hour(choose.randrange(-24 * 30, 24 * 80)), labels=("a", "b, c") if each % 2 else (),
            closes=tuple(choose.sample([*PULLS, *TICKETS], choose.randrange(2))),
            paths=("src/ä.py", "x y") if each % 3 else (), extra={"topic": "t"} if each % 5 else {},
            additions=each if each % 4 else None,
        )  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    place = tmp_path_factory.mktemp("organisation")
    workspace_in(place)
    fill(place, list(linked_rows(300)))
    return place


@pytest.fixture(scope="module")
def everyone(client, folder):
    """The rows of all people, each in a partition of its own."""
    workspace = open_workspace(Environment(environ={}, cwd=folder, clock=lambda: NOW))
    chosen = Chosen(everyone=True)
    return load_frame(client, workspace, "2026Q3", chosen, harvest=False, bucket_rows=1)[0].persist()


def same(found, here):
    here.attrs = {}
    expected = here.sort_values(KEY, ignore_index=True)
    pd.testing.assert_frame_equal(found.compute().sort_values(KEY, ignore_index=True), expected)


@pytest.mark.parametrize("whose", [{"team": "two"}, {"person": ["ada", "grace"]}, {"person": "ada"}])
def test_a_dask_frame_has_the_rows_of_pandas(client, folder, whose, monkeypatch):
    """In any order, and with lists, maps and nulls as they are."""
    monkeypatch.chdir(folder)
    here = harvester.load("2026Q3", harvest=False, **whose)
    made = harvester.load("2026Q3", harvest=False, engine=client, **whose)
    assert list(made.dtypes) == list(here.dtypes)
    same(made, here)


def test_threads_reach_over_partitions(everyone, folder, monkeypatch):
    """Those of all rows together, though no partition has them."""
    monkeypatch.chdir(folder)
    here = harvester.load("2026Q3", harvest=False, everyone=True)
    assert here.groupby("thread")["person"].nunique().max() > 3
    same(everyone, here)


def test_each_person_is_in_one_partition(everyone):
    persons = everyone.map_partitions(lambda rows: rows["person"].drop_duplicates()).compute()
    assert everyone.npartitions > 3
    assert persons.is_unique


def test_lists_are_lists(everyone):
    """A reader that turned them into texts would say nothing."""
    rows = everyone[["labels", "paths"]].compute()
    assert {tuple(each) for each in rows["labels"]} == {(), ("a", "b, c")}
    assert {tuple(each) for each in rows["paths"]} == {(), ("src/ä.py", "x y")}


def test_who_may_not_be_read_has_no_rows(client, folder, monkeypatch):
    monkeypatch.chdir(folder)
    with pytest.raises(PersonError, match="no address"):
        harvester.load("2026Q3", "closed", harvest=False, engine=client)


def test_a_temporary_ledger_has_no_cluster(client, tmp_path):
    with pytest.raises(EngineError, match="there to stay"):
        harvester.load("2026Q3", repo=tmp_path, engine=client)
