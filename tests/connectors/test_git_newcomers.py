"""Who contributed to a project for the first time, by its whole history."""

import pytest

from harvester.connectors.git import log
from harvester.sdk.capabilities import FirstContribution, KnowsFirstContributions
from harvester.sdk.connector import Remark
from tests.connectors.test_git import ALWAYS, QUARTER, SHOP, connector, fetch, repo, rows, time, varied
from tests.gitrepo import ANN, BOB, CLEO, Repo

__all__ = ["repo"]


def firsts(repo, period=QUARTER, **settings):
    return list(connector(repo, **settings).first_contributions(period))


def test_a_newcomers_commit_counts_when_it_landed(repo):
    """Written in June and merged in July, it is July's; who was there before is nobody new."""
    repo.remote(SHOP)
    repo.commit("Begin", at="2026-05-01T00:00:00+00:00")
    repo.branch("topic")
    repo.commit("First", {"a": "1"}, by=BOB, at="2026-06-20T00:00:00+00:00")
    repo.checkout("main")
    repo.commit("Mine", {"b": "1"}, at="2026-07-01T00:00:00+00:00")
    repo.merge("topic", "Merge branch 'topic'", by=CLEO, at="2026-07-02T00:00:00+00:00")
    repo.commit("Second", {"a": "2"}, by=BOB, at="2026-07-03T00:00:00+00:00")
    assert firsts(repo) == [FirstContribution(BOB, "Acme/shop", time("2026-07-02"))]
    assert [each.account for each in firsts(repo, ALWAYS)] == [ANN, BOB]
    assert isinstance(connector(repo), KnowsFirstContributions)


def test_one_person_with_two_addresses_is_new_once(repo):
    """By the mailmap and by the configured people."""
    repo.commit("Begin", {".mailmap": "Bob Roe <bob@example.org> <old@example.org>\n"}, at="2026-05-01T00:00:00+00:00")
    repo.commit("Old", by="Bob <old@example.org>", at="2026-05-02T00:00:00+00:00")
    repo.commit("New", by=BOB, at="2026-07-02T00:00:00+00:00")
    repo.commit("Her own", by="A. Doe <ann@home.example>", at="2026-07-03T00:00:00+00:00")
    assert [each.account for each in firsts(repo)] == ["A. Doe <ann@home.example>"]
    assert firsts(repo, same_person=("ann@example.org", "ann@home.example")) == []


def test_the_same_name_with_another_address_is_not_called_new(repo):
    """It may be the same person; of two such newcomers the first is named."""
    repo.commit("Old", by="Bob Roe <bob@home.example>", at="2026-05-02T00:00:00+00:00")
    repo.commit("New address", by="bob  roe <bob@work.example>", at="2026-07-02T00:00:00+00:00")
    repo.commit("First", by="Cleo Poe <cleo@work.example>", at="2026-07-03T00:00:00+00:00")
    repo.commit("Second", by=CLEO, at="2026-07-04T00:00:00+00:00")
    assert [each.account for each in firsts(repo)] == ["Cleo Poe <cleo@work.example>"]


@pytest.mark.parametrize("word", ["Co-authored-by", "CO-AUTHORED-BY", "Co-developed-by", "Reviewed-and-co-authored-by"])
def test_who_was_a_co_author_before_is_not_new(repo, word):
    """A co-author contributed, however the trailer is written; who only reviewed did not yet."""
    repo.commit(f"Pair\n\n{word}: {BOB}\nReviewed-by: {CLEO}", at="2026-05-02T00:00:00+00:00")
    repo.commit("Alone", by=BOB, at="2026-07-02T00:00:00+00:00")
    repo.commit("First", by=CLEO, at="2026-07-03T00:00:00+00:00")
    assert [each.account for each in firsts(repo)] == [CLEO]


def test_first_contributions_are_the_first_rows(repo):
    """For any history: the first row of each person, as author or co-author, of all time."""
    varied(repo)
    first = {}
    for row in rows(fetch(repo), "commit"):
        if row.role in ("author", "co-author"):
            name = row.account.partition(" <")[0].casefold()
            first[name] = min(first.get(name, row.occurred_at), row.occurred_at)
    found = {each.account.partition(" <")[0].casefold(): each.occurred_at for each in firsts(repo, ALWAYS)}
    assert found == first
    assert len(first) > 2


def test_a_shallow_clone_does_not_know_who_is_new(repo, tmp_path):
    """It says so, for what was cut off may have their earlier work."""
    repo.commit("Old", by=BOB, at="2026-05-02T00:00:00+00:00")
    repo.commit("New", by=BOB, at="2026-07-02T00:00:00+00:00")
    clone = Repo(tmp_path / "clone")
    repo.git("clone", "--quiet", "--depth=1", f"file://{repo.path}", str(clone.path))
    (remark,) = firsts(clone)
    assert isinstance(remark, Remark)
    assert remark.text == "its clone is shallow, so nobody knows who contributed for the first time"


def test_an_empty_repository_has_no_newcomers(repo):
    assert firsts(repo, ALWAYS) == []


def test_who_has_a_commit_without_a_date_is_not_called_new(repo):
    """A commit whose date cannot be read may have been the first."""
    tree = repo.git("write-tree")
    commit = f"tree {tree}\nauthor {BOB} 1 +0000\ncommitter {BOB} 99999999999999 +0000\n\nUndated\n"
    sha = repo.git("hash-object", "-t", "commit", "-w", "--stdin", "--literally", given=commit)
    repo.git("update-ref", "refs/heads/main", sha)
    assert log.parse_seconds(b"99999999999999") is None
    repo.commit("Dated", by=BOB, at="2026-07-02T00:00:00+00:00")
    repo.commit("First", by=CLEO, at="2026-07-03T00:00:00+00:00")
    assert [each.account for each in firsts(repo)] == [CLEO]
