"""Git in parts: each repository is one, and what is missing or gone belongs to none."""

import os
import shutil
from pathlib import Path

import pytest

from harvester.connectors.git import Git
from harvester.errors import SourceError
from harvester.sdk.capabilities import Part
from harvester.sdk.connector import Gap, Remark, Request, ScopeCompleted
from harvester.sdk.testing import check_connector, connector_context
from tests.gitrepo import Repo
from tests.scripted import EVER


@pytest.fixture
def two(tmp_path):
    """Two repositories, the first with a remote."""
    shop, tool = Repo.init(tmp_path / "shop"), Repo.init(tmp_path / "tool")
    shop.remote("https://github.com/acme/shop.git")
    shop.commit("Sell", {"a": "1\n"})
    shop.commit("Sell more", {"a": "2\n"})
    tool.commit("Hammer", {"b": "1\n"})
    return shop, tool


def connector(folder, *repositories):
    return Git(list(repositories), connector_context(folder, environ=os.environ))


def divided(made, request):
    events = list(made.parts(request))
    return [each for each in events if isinstance(each, Part)], [each for each in events if not isinstance(each, Part)]


def test_the_parts_are_together_one_fetch(two, tmp_path):
    """Also with one that is missing and with another clone of the same project."""
    shutil.copytree(two[0].path, tmp_path / "copy")
    rows = check_connector(lambda: connector(tmp_path, "shop", "tool", "copy", "nowhere"), Request(EVER))
    assert {row.title for row in rows} == {"Sell", "Sell more", "Hammer"}


def test_one_repository_is_one_part_of_no_scope(two, tmp_path):
    """Where the only one cannot be read, nothing can."""
    (part,), others = divided(made := connector(tmp_path, "shop"), Request(EVER))
    assert (Path(part.name).name, part.scope, others) == ("shop", "", [])
    shutil.rmtree(two[0].path)
    with pytest.raises(SourceError, match="The repository 'shop' is not there"):
        list(made.fetch_part(Request(EVER), part))


def test_what_belongs_to_no_repository_is_in_no_part(two, tmp_path):
    shutil.copytree(two[0].path, tmp_path / "copy")
    parts, others = divided(connector(tmp_path, "shop", "copy", "nowhere"), Request(EVER))
    assert [each.scope for each in parts] == ["github.com/acme/shop"]
    assert [type(each) for each in others] == [Gap, Remark]
    gone = Request(EVER, cursors={"local/old": "{}"})
    assert divided(connector(tmp_path, "shop", "tool"), gone)[1] == [ScopeCompleted("local/old", whole=True)]


def test_a_repository_that_is_another_one_now_is_a_gap(two, tmp_path):
    """Its rows would be of a scope that another part may read."""
    parts, _ = divided(made := connector(tmp_path, "shop", "tool"), Request(EVER))
    two[0].git("remote", "set-url", "origin", "https://github.com/acme/store.git")
    assert list(made.fetch_part(Request(EVER), parts[0])) == [
        Gap("github.com/acme/shop", "Where github.com/acme/shop was found, github.com/acme/store is now. Run it again.")
    ]


def test_a_repository_that_vanished_is_a_gap_of_its_scope(two, tmp_path):
    """Its name is in it and its path is not."""
    parts, _ = divided(made := connector(tmp_path, "shop", "tool"), Request(EVER))
    shutil.rmtree(two[1].path)
    (gap,) = made.fetch_part(Request(EVER), parts[1])
    assert gap.scope == parts[1].scope
    assert gap.reason.startswith("The repository 'tool' is not there.")
    assert str(tmp_path) not in gap.reason
