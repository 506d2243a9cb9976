"""Deciding on work that git and its forge have under two names of a repository."""

from zoneinfo import ZoneInfo

import pytest

from harvester.model.periods import Calendar
from harvester.workspace.environment import Environment
from harvester.workspace.work_items import find_rows, pull_request_of, why_nothing_counts
from harvester.workspace.workspace import open_workspace
from tests.environments import environment
from tests.rows import commit, framed, row

OLD, NEW, SHA = "github.com/org/old#1", "github.com/org/app#1", f"commit/{'a' * 40}"
PART = commit("b" * 40, part_of=(OLD,))
FRAME = framed([
    row(source="here", scope="old", account="Ada <ada@example.org>", work_item=OLD, closes=(SHA,)),
    row(work_item=NEW, closes=(SHA,)),
    PART,
])  # fmt: skip


@pytest.fixture
def workspace(tmp_path):
    path = tmp_path / "harvester.toml"
    path.write_text('[me]\nperson = "ada"\n\n[people.ada]\nname = "Ada"\nemails = ["ada@example.org"]\n')
    return open_workspace(Environment(environment(tmp_path / "home"), tmp_path), path)


def test_the_old_name_counts_as_the_new_one(workspace):
    assert why_nothing_counts(workspace, FRAME, OLD) == f"it counts as {NEW}"
    assert why_nothing_counts(workspace, FRAME, NEW) == ""


def test_a_commit_counts_with_the_pull_request_that_counts(workspace):
    assert pull_request_of(FRAME, PART.work_item) == NEW
    assert "part of a pull request" in why_nothing_counts(workspace, FRAME, PART.work_item)


LOCAL, OTHER = "local/pay~1a2b3c4d#131", "local/pay~ffffffff#7"


@pytest.mark.parametrize("what", ["pay#131", "pay#\u2060131", "pay~1a2b3c4d#131", "local/pay#131", LOCAL, "#131"])
def test_work_is_found_as_a_report_names_it(what):
    """Without what tells folders of one name apart, and with the joiner that a page has within a reference."""
    frame = framed([row(work_item=LOCAL, scope="local/pay~1a2b3c4d"), row(work_item=OTHER, scope="local/pay~ffffffff")])
    assert find_rows(frame, what, Calendar(ZoneInfo("UTC")))["work_item"].tolist() == [LOCAL]
