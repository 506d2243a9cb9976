"""Pull requests with commits of several people: each person's own commits and lines."""

import pytest

from tests.connectors.test_git import SHOP, cursors, fetch, merged, only, rows
from tests.gitrepo import ANN, BOB, CLEO, WEB_FLOW, Repo


@pytest.fixture
def repo(tmp_path):
    return Repo.init(tmp_path / "shop")


def shares(events):
    return {
        (row.role, row.account): (dict(row.extra), row.additions, row.deletions) for row in rows(events, "pull_request")
    }


def test_each_author_has_their_own_commits(repo):
    """Each has the lines of their commits, at most those of the whole; who merged it has the whole and no share."""
    merged(repo)
    assert shares(fetch(repo)) == {
        ("author", ANN): ({"own_commits": "2/3"}, 1, 0),
        ("co-author", CLEO): ({"own_commits": "1/3", "begun_by": ANN}, 2, 0),
        ("merger", BOB): ({}, 3, 0),
    }
    assert only(fetch(repo), "pull_request").paths == ("c", "d")


@pytest.mark.parametrize("person", ["ann@example.org", "bob@example.org", "cleo@example.org"])
def test_a_share_is_the_same_for_one_person(repo, person):
    """A row says the same for any selection of people: shares come from the whole history."""
    merged(repo)
    one = shares(fetch(repo, accounts=[person]))
    assert one.items() <= shares(fetch(repo)).items()
    assert one


def test_a_share_counts_by_person(repo):
    """Commits by a person's other address are the person's own, though that address was not asked for."""
    repo.remote(SHOP)
    repo.commit("Begin")
    repo.branch("x")
    repo.commit("One", {"a": "1\n"}, by=BOB)
    repo.commit("Two", {"b": "1\n2\n"}, by=ANN)
    repo.commit("Three", {"c": "1\n"}, by="Ann Doe <ann@home.example>")
    repo.checkout("main")
    repo.merge("x", "Merge pull request #1 from Acme/x", by=CLEO)
    both = ("ann@example.org", "ann@home.example")
    events = fetch(repo, accounts=["ann@example.org"], same_person=both)
    assert shares(events)[("author", ANN)] == ({"own_commits": "2/3", "begun_by": BOB}, 3, 0)
    assert [row.title for row in rows(events, "commit")] == ["Two", "Begin"]


def test_commits_written_together_are_everybodys(repo):
    """A commit with a co-author counts for both; where both wrote all, nothing is divided."""
    repo.remote(SHOP)
    repo.commit("Begin")
    repo.branch("x")
    repo.commit(f"One\n\nCo-authored-by: {BOB}", {"a": "1\n"})
    repo.commit("Two", {"b": "1\n2\n"})
    repo.checkout("main")
    repo.merge("x", "Merge pull request #1 from Acme/x", by=CLEO)
    assert shares(fetch(repo))[("author", ANN)] == ({}, 3, 0)
    assert shares(fetch(repo))[("co-author", BOB)] == ({"own_commits": "1/2", "begun_by": ANN}, 1, 0)


def test_a_squash_says_who_began_it(repo):
    """A squashed pull request is one commit: it cannot be divided, and its author began it."""
    repo.remote(SHOP)
    repo.commit(f"fix: round (#12)\n\nCo-authored-by: {BOB}", {"a": "1\n"}, committer=WEB_FLOW)
    assert shares(fetch(repo)) == {("author", ANN): ({}, 1, 0), ("co-author", BOB): ({"begun_by": ANN}, 1, 0)}


def test_one_persons_pull_request_is_not_divided(repo):
    """Where one person wrote all commits, the row says nothing of shares."""
    repo.remote(SHOP)
    repo.commit("Begin")
    repo.branch("x")
    repo.commit("One", {"a": "1\n"})
    repo.commit("Two", {"a": "2\n"})
    repo.checkout("main")
    repo.merge("x", "Merge pull request #1 from Acme/x", by=BOB)
    assert shares(fetch(repo))[("author", ANN)] == ({}, 1, 0)


def test_a_share_of_commits_known_before(repo):
    """A pull request whose commits were known before its merge is divided as when all is read at once."""
    repo.remote(SHOP)
    repo.commit("Begin")
    repo.commit("One", {"a": "1\n"})
    repo.branch("x")
    repo.commit("Two", {"b": "1\n2\n"}, by=CLEO)
    first = fetch(repo, branches="local")
    repo.checkout("main")
    repo.merge("x", "Merge pull request #1 from Acme/x", by=BOB)
    second = fetch(repo, branches="local", cursors=cursors(first))
    assert shares(second) == shares(fetch(repo, branches="local"))
