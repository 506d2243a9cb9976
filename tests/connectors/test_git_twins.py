"""Twins: commits of one person that are the same change and do not say so."""

import random

import pytest

from tests.connectors.test_git import cursors, fetch, rows
from tests.gitrepo import ANN, BOB, Repo

WRITTEN = "2026-06-30T09:00:00+00:00"


@pytest.fixture
def repo(tmp_path):
    made = Repo.init(tmp_path / "shop")
    made.commit("Begin", {"a": "1\n", "notes": "1\n"})
    return made


def picked(events):
    """By title what each commit says it is the same change as, newest first."""
    return [(each.title, each.picked_from) for each in rows(events, "commit", "author")]


def rebased(repo, branch="round"):
    """A branch of two commits that was rebased and merged by fast-forward, and is still there."""
    repo.branch(branch)
    for number in (1, 2):
        repo.commit(f"Round {number}", {f"r{number}": "1\n"}, written=f"2026-06-0{number}T09:00:00+00:00")
    repo.checkout("main")
    repo.commit("Meanwhile", {"m": "1\n"})
    shas = []
    for number in (1, 2):
        written = f"2026-06-0{number}T09:00:00+00:00"
        shas.append(repo.commit(f"Round {number}", {f"r{number}": "1\n"}, written=written))
    return shas


def test_a_rebased_branch_counts_once(repo):
    """Of a rebased branch that is still there the commits of the default branch stay; the others name them."""
    one, two = rebased(repo)
    events = fetch(repo, branches="local", accounts=["ann@example.org"])
    named = [each for each in picked(events) if each[1]]
    assert sorted(named) == [("Round 1", (f"commit/{one}",)), ("Round 2", (f"commit/{two}",))]
    assert len(picked(events)) == 6


def test_a_release_branch_merged_back_counts_once(repo):
    """A fix that was made on both branches again, without `-x` and on another day, counts once."""
    fix = repo.commit("Fix", {"a": "2\n"})
    repo.branch("release", "HEAD~1")
    repo.commit("Fix", {"a": "2\n"})
    repo.checkout("main")
    repo.merge("release", "Merge branch 'release'")
    assert [each for each in picked(fetch(repo)) if each[1]] == [("Fix", (f"commit/{fix}",))]


def test_a_squashed_commit_of_ones_own_counts_once(repo):
    """A branch of one commit that was squashed without a pull request's number is known by its subject line."""
    repo.branch("round")
    repo.commit("Round", {"b": "1\n"})
    repo.checkout("main")
    squashed = repo.commit("Round\n\nSquashed.", {"b": "1\n"})
    assert [each for each in picked(fetch(repo, branches="local")) if each[1]] == [("Round", (f"commit/{squashed}",))]


def test_a_squash_without_a_number_counts_once(repo):
    """All commits of a branch that was squashed are the squash, for the people who wrote both."""
    repo.branch("round")
    for number, by in enumerate((ANN, ANN, BOB)):
        repo.commit(f"Step {number}", {f"s{number}": "1\n"}, by=by)
    repo.checkout("main")
    squashed = repo.commit("Round", {f"s{number}": "1\n" for number in range(3)})
    repo.commit("Other", {"s0": "2\n"}, by=BOB)
    events = fetch(repo, branches="local")
    named = (f"commit/{squashed}",)
    assert {each.title: each.picked_from for each in rows(events, "commit") if each.title.startswith("Step")} == {
        "Step 0": named, "Step 1": named, "Step 2": (),
    }  # fmt: skip
    assert not any(each.picked_from for each in rows(events, "commit") if not each.title.startswith("Step"))


def test_what_is_applied_again_is_no_twin(repo):
    """What was reverted and is applied again is done again: it comes after the first."""
    repo.commit("Round", {"b": "1\n"}, written=WRITTEN)
    repo.commit("Drop it", {"b": None})
    repo.commit("Round", {"b": "1\n"}, written=WRITTEN)
    assert [each for each in picked(fetch(repo)) if each[1]] == []


@pytest.mark.parametrize(
    ("values", "changes"),
    [
        ({"by": BOB}, {"b": "1\n"}),
        ({}, {"b": "2\n"}),
        ({}, {"c": "1\n"}),
        ({}, {}),
        ({"message": "Other", "written": None}, {"b": "1\n"}),
    ],
)
def test_what_is_no_twin(repo, values, changes):
    """Neither what another wrote, nor another patch, nor what shares neither date nor subject line."""
    repo.branch("round")
    repo.commit("Round", {"b": "1\n"}, written=WRITTEN)
    repo.checkout("main")
    repo.commit(**{"message": "Round", "files": changes, "written": WRITTEN} | values)
    repo.git("merge", "-q", "-s", "ours", "--no-edit", "round")
    assert [each for each in picked(fetch(repo)) if each[1]] == []


def test_twins_of_one_person_with_two_addresses(repo):
    """A twin by another address of the same person is one."""
    home = "Ann <ann@home.example>"
    repo.branch("round")
    repo.commit("Round", {"b": "1\n"}, by=home, written=WRITTEN)
    repo.checkout("main")
    main = repo.commit("Round", {"b": "1\n"}, written=WRITTEN)
    both = ("ann@example.org", "ann@home.example")
    assert [each for each in picked(fetch(repo, branches="local", same_person=both)) if each[1]] == [
        ("Round", (f"commit/{main}",))
    ]
    assert [each for each in picked(fetch(repo, branches="local")) if each[1]] == []


def test_a_twin_of_a_pick_joins_its_group(repo):
    """Twins and picks that say so are one group, of which the first stays."""
    first = repo.commit("Round", {"b": "1\n"}, written=WRITTEN)
    repo.branch("one", "HEAD~1")
    pick = f"Round\n\n(cherry picked from commit {first})"
    repo.commit(pick, {"b": "1\n"}, written="2026-06-20T09:00:00+00:00")
    repo.branch("two", "main~1")
    repo.commit("Round half", {"b": "1\n"}, written="2026-06-20T09:00:00+00:00")
    named = [each for each in picked(fetch(repo, branches="local")) if each[1]]
    assert sorted(named) == [("Round", (f"commit/{first}",)), ("Round half", (f"commit/{first}",))]


def test_a_later_twin_changes_what_is_known(repo):
    """When a branch is rebased onto the default branch after a harvest, its rows come again and name their twins."""
    repo.branch("round")
    repo.commit("Round", {"b": "1\n"}, written=WRITTEN)
    repo.commit("More", {"c": "1\n"})
    repo.checkout("main")
    before = fetch(repo, branches="local")
    main = repo.commit("Round", {"b": "1\n"}, written=WRITTEN)
    later = fetch(repo, branches="local", cursors=cursors(before))
    assert sorted(picked(later)) == [("Round", ()), ("Round", (f"commit/{main}",))]


def test_one_subject_line_over_and_over_says_nothing(repo):
    """Where somebody writes one subject line very often, only dates show twins."""
    lines = "".join(
        f"commit refs/heads/main\ncommitter Ann <ann@example.org> {1_790_000_000 + number} +0000\ndata 6\nUpdate\n"
        + ("from refs/heads/main^0\n" if number == 0 else "")
        + f"M 644 inline n{number}\ndata 1\nx\n"
        for number in range(60)
    )
    repo.git("fast-import", "--quiet", given=lines)
    repo.git("reset", "-q", "--hard")
    repo.branch("other", "main~60")
    repo.commit("Update", {"n0": "x"})
    repo.checkout("main")
    repo.merge("other", "Merge branch 'main' into other")
    assert [each for each in picked(fetch(repo)) if each[1]] == []


def test_any_order_of_harvests_gives_the_same_rows(repo):
    """Rows after any steps of harvests are those of one harvest at the end."""
    chance = random.Random(7)
    stored, known = {}, {}
    for step in range(6):
        branch = chance.choice(["main", "one", "two"])
        if repo.git("branch", "--list", branch):
            repo.checkout(branch)
        else:
            repo.branch(branch, "main")
        number = chance.randrange(3)
        lines = f"\n\nReviewed-by: {BOB}" if number else ""
        repo.commit(f"Change {number}{lines}", {f"f{number}": "1\n"}, written=f"2026-06-0{number + 1}T09:00:00+00:00")
        repo.commit(f"Step {step}", {f"s{step}": "1\n"})
        events = fetch(repo, branches="local", cursors=known)
        if next(iter(cursors(events).values())) is not None:
            known = cursors(events)
        stored |= {each.id: each for each in rows(events)}
    fresh = {each.id: each for each in rows(fetch(repo, branches="local"))}
    assert stored == fresh
    assert any(each.picked_from for each in fresh.values())
