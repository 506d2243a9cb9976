"""Which pull request each commit came with, where the history alone decides."""

import os

import pytest

from harvester.connectors.git import log
from harvester.connectors.git.merges import MergeFinder, ProjectNames
from harvester.connectors.git.subprocess import Git
from tests.gitrepo import WEB_FLOW, Repo

NAMES = ProjectNames("Acme/shop", frozenset(), "github", "github.com/Acme/shop")


@pytest.fixture
def repo(tmp_path):
    return Repo.init(tmp_path / "shop")


def merge_map(repo, *heads, boundary=()):
    """The merge map of a repository, with hashes in place of positions."""
    shas = [repo.git("rev-parse", each) for each in heads or ("main",)]
    history = log.read_history(Git(repo.path, os.environ), shas)
    finder = MergeFinder(history, NAMES, frozenset(each.encode() for each in boundary))
    found = finder.merge_map(finder.ancestry(shas), shas)

    def sha(position):
        return history.shas[position].decode()

    merged = {item.removeprefix(NAMES.scope): sha(each.merge_commit) for item, each in found.pull_requests.items()}
    part_of = {sha(position): item.removeprefix(NAMES.scope) for position, item in found.part_of.items()}
    return merged, part_of, [sha(position) for position in found.incomplete]


def test_a_cherry_pick_is_not_the_original(repo):
    """A cherry-pick never merged the pull request, even where its committer date is the earlier one."""
    pick = repo.commit(f"Round (#12)\n\n(cherry picked from commit {'1' * 40})", at="2026-07-02T00:00:00+00:00")
    original = repo.commit("Round (#12)", at="2026-07-03T00:00:00+00:00")
    merged, part_of, _ = merge_map(repo)
    assert merged == {"#12": original}
    assert part_of == {pick: "#12", original: "#12"}


def test_of_two_merges_the_earlier_counts(repo):
    """Of two commits that name a pull request the one with the earlier committer date merged it."""
    later = repo.commit("Round (#12)", at="2026-07-03T00:00:00+00:00")
    earlier = repo.commit("Round (#12)", at="2026-07-02T00:00:00+00:00")
    merged, part_of, _ = merge_map(repo)
    assert merged == {"#12": earlier}
    assert part_of == {later: "#12", earlier: "#12"}


def pull_request(repo, number, parent="main"):
    """Merge a pull request of two commits; the hashes of these and of the merge."""
    repo.branch(f"topic{number}", parent)
    commits = [repo.commit(f"One of {number}"), repo.commit(f"Two of {number}")]
    repo.checkout("main")
    return commits, repo.merge(f"topic{number}", f"Merge pull request #{number} from Acme/topic", committer=WEB_FLOW)


def test_a_pull_request_over_the_boundary_is_incomplete(repo):
    """A merge that brings a boundary commit is incomplete, and the others are not."""
    repo.commit("Begin")
    commits, merge = pull_request(repo, 1)
    others, other = pull_request(repo, 2)
    merged, part_of, incomplete = merge_map(repo, boundary=commits[:1])
    assert (merged, incomplete) == ({"#2": other}, [merge])
    assert part_of == dict.fromkeys(others, "#2")
    assert merge_map(repo) == ({"#1": merge, "#2": other}, dict.fromkeys(commits, "#1") | part_of, [])


def test_a_boundary_commit_names_no_pull_request(repo):
    """The message of a boundary commit is not read: what it merged is not here."""
    sha = repo.commit("Round (#12)")
    assert merge_map(repo, boundary=[sha]) == ({}, {}, [])
