"""A clone and GitLab together count each merge request once, however it was merged and whatever the clone calls it."""

from __future__ import annotations

import os

import pytest

from harvester.analysis import measures
from harvester.analysis.frame import prepare
from harvester.connectors.git import Git
from harvester.model.contribution import Contribution, to_table
from harvester.model.people import People, Person
from harvester.sdk.connector import Request
from harvester.sdk.testing import connector_context
from tests.connectors.gitlabs import QUARTER, on, source
from tests.gitrepo import BOB, Repo
from tests.servers.gitlab import GitLabServer, World

PEOPLE = People(
    (
        Person("ann", "Ann Doe", ("ann@example.org",), {"gitlab": ("ann",)}),
        Person("bob", "Bob Roe", ("bob@example.org",), {"gitlab": ("bob",)}),
    ),
    {"here": "git", "hub": "gitlab"},
)
PROJECT = "acme/web.io/my-shop"


def two_commits(repo):
    repo.branch("round")
    shas = [repo.commit(f"Round {part}", {part: "1\n"}) for part in ("b", "c")]
    repo.checkout("main")
    return shas[::-1]


def merge_commit(repo, named):
    two_commits(repo)
    return {"mergeCommitSha": repo.merge("round", f"Merge branch 'round' into 'main'\n\nRound{named}", by=BOB)}


def merged_in_other_words(repo, named):
    commits = two_commits(repo)
    return {"mergeCommitSha": repo.merge("round", "Round", by=BOB), "commits": commits, "template": "%{title}"}


def squashed_and_merged(repo, named):
    repo.branch("round")
    squashed = repo.commit("Round", {"b": "1\n", "c": "1\n"}, committer=BOB)
    repo.checkout("main")
    merge = repo.merge("round", f"Merge branch 'round' into 'main'\n\nRound{named}", by=BOB)
    return {"squash": True, "squashCommitSha": squashed, "mergeCommitSha": merge}


def squashed(repo, named):
    return {"squash": True, "squashCommitSha": repo.commit("Round", {"b": "1\n"}, committer=BOB)}


def squashed_with_its_name(repo, named):
    return {"squash": True, "squashCommitSha": repo.commit(f"Round{named}", {"b": "1\n"}, committer=BOB)}


def fast_forwarded(repo, named):
    shas = two_commits(repo)
    repo.git("merge", "--quiet", "--ff-only", "round")
    return {"diffHeadSha": shas[0], "commits": shas}


WAYS = (merge_commit, merged_in_other_words, squashed_and_merged, squashed, squashed_with_its_name, fast_forwarded)


def counted(tmp_path, way, remote, prefix="", named=PROJECT):
    """What counts for Ann and for Bob of one merge request of Ann's that Bob approved and merged."""
    repo = Repo.init(tmp_path / "shop")
    repo.remote(remote)
    repo.commit("Begin", {"a": "1\n"}, by=BOB, at="2026-06-01T12:00:00+00:00")
    repo.now = on(7, 2)
    world = World()
    made = world.merge_request(
        PROJECT, "ann", on(7, 1), merged=on(7, 3), merged_by="bob", title="Round", approvals=[("bob", on(7, 3))]
    )
    made |= {"mergeCommitSha": None} | way(repo, f"\n\nSee merge request {named}!1")
    made["project"]["mergeCommitTemplate"] = made.pop("template", None)
    context = connector_context(repo.path, "here", environ=os.environ)
    git = Git(repositories=["."], forge="gitlab", context=context)
    with GitLabServer(world, prefix=prefix) as server:
        events = [
            *git.fetch(Request(QUARTER, frozenset({"ann@example.org", "bob@example.org"}))),
            *source(server).fetch(Request(QUARTER, frozenset({"ann", "bob"}))),
        ]
    rows = [each for each in events if isinstance(each, Contribution)]
    frame = prepare(to_table(rows), PEOPLE)
    frame = frame[frame["is_primary"].to_numpy(bool)]
    names = ("pull_requests", "commits", "reviews", "co_authored")
    return [[int(measures.count(frame[frame["person"] == who], name)) for name in names] for who in ("ann", "bob")]


ONCE = [[1, 0, 0, 0], [0, 0, 1, 0]]
"""Ann's merge request and Bob's review; nothing for having pressed Merge."""


@pytest.mark.parametrize("way", WAYS)
def test_a_merge_request_counts_once(tmp_path, way):
    assert counted(tmp_path, way, f"http://localhost/{PROJECT}.git") == ONCE


@pytest.mark.parametrize("way", [merge_commit, squashed])
@pytest.mark.parametrize("remote", [f"http://localhost/gitlab/{PROJECT}.git", f"git@localhost:{PROJECT}.git"])
def test_below_a_path_of_its_host_it_counts_once(tmp_path, way, remote):
    """A remote over HTTP has the path, one over SSH has not."""
    assert counted(tmp_path, way, remote, prefix="/gitlab") == ONCE


@pytest.mark.parametrize("way", [squashed_with_its_name, fast_forwarded])
def test_under_the_old_name_of_a_clone_it_counts_once(tmp_path, way):
    assert counted(tmp_path, way, "http://localhost/acme/store.git", named="acme/store") == ONCE


def test_all_sources_tell_one_size(tmp_path):
    """A clone, GitLab and both leave out the same file, and together they say what the clone's attributes say."""
    repo = Repo.init(tmp_path / "shop")
    repo.remote(f"http://localhost/{PROJECT}.git")
    names = ("a.py", "made.py", "uv.lock")
    repo.commit("Begin", dict.fromkeys(names, "1\n2\n"), by=BOB, at="2026-06-01T12:00:00+00:00")
    repo.now = on(7, 2)
    message = f"Round\n\nSee merge request {PROJECT}!1"
    merged = repo.commit(message, dict.fromkeys(names, "".join(f"new {n}\n" for n in range(10))), committer=BOB)
    world = World()
    made = world.merge_request(PROJECT, "ann", on(7, 1), merged=on(7, 3), paths=names)
    made |= {"squash": True, "squashCommitSha": merged}
    git = Git(repositories=["."], forge="gitlab", context=connector_context(repo.path, "here", environ=os.environ))

    def sizes(*events):
        frame = prepare(to_table([each for each in events if isinstance(each, Contribution)]), PEOPLE)
        rows = frame[
            (frame["is_primary"] & (frame["kind"] == "pull_request") & (frame["person"] == "ann")).to_numpy(bool)
        ]
        columns = ["additions", "deletions", "files_changed", "extra"]
        return [(*map(int, each[:3]), dict(each[3])["not_work"]) for each in rows[columns].values.tolist()]

    with GitLabServer(world) as server:
        by_forge = list(source(server).fetch(Request(QUARTER, frozenset({"ann"}))))
    asked = Request(QUARTER, frozenset({"ann@example.org"}))
    by_git = list(git.fetch(asked))
    assert sizes(*by_forge) == sizes(*by_git) == sizes(*by_forge, *by_git) == [(20, 4, 2, "1 +10 -2")]
    repo.commit("Attributes", {".gitattributes": "made.py linguist-generated\n"}, by=BOB)
    assert sizes(*by_forge, *git.fetch(asked)) == [(10, 2, 1, "2 +20 -4")]
