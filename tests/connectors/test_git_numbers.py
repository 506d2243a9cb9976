"""Which commits name the same pull request, where numbers are reused."""

import time

import pytest

from harvester.connectors.git.messages import PullRequest
from harvester.connectors.git.numbers import Naming, usual_forge, work_items

SHAS = [f"{position:040x}".encode() for position in range(100)]


def merge(number, title, branch, forge="github"):
    return PullRequest(f"#{number}", title, forge=forge, branch=branch)


def squash(number, title, *, certain=True, forge="github"):
    return PullRequest(f"#{number}", title, forge=forge, certain=certain)


def items(pull_requests, picks=(), by_forge=(), forge="github"):
    """What the commits name, made one second after another."""
    namings = [
        Naming(at, at, each, f"h/o/r{each.reference}", at in picks, at in by_forge)
        for at, each in enumerate(pull_requests)
    ]
    found = work_items(sorted(namings, key=lambda each: (each.is_pick, each.time)), forge, SHAS)
    return [found[at].removeprefix("h/o/r") for at in range(len(namings))]


def old_item(position, number):
    return f"~{SHAS[position][:10].decode()}#{number}"


@pytest.mark.parametrize(
    ("pull_requests", "expected"),
    [
        ([squash(1, "One"), squash(1, "One again")], ["#1", "#1"]),
        ([squash(1, "One"), squash(1, "Other")], ["#1", "#1"]),
        ([merge(1, "One", "a/x"), merge(1, "Other", "a/x")], ["#1", "#1"]),
        ([merge(1, "One", "a/x"), merge(1, "one", "b/y")], ["#1", "#1"]),
        ([merge(1, "One", "a/x"), merge(1, "Other", "b/y")], [(0, 1), (1, 1)]),
        ([merge(1, "Merge pull request #1 from a/x", "a/x"), squash(1, "Other")], ["#1", "#1"]),
        ([squash(1, "One"), squash(2, "Two"), squash(1, "New"), squash(2, "Newer")], [(0, 1), (1, 2), "#1", "#2"]),
        ([squash(1, "One"), squash(1, "Part"), squash(2, "Two"), squash(2, "Part two")], ["#1", "#1", "#2", "#2"]),
        (
            [squash(1, "One"), squash(2, "Two"), squash(9, "Nine"), squash(1, "New"), squash(2, "Newer")],
            [(0, 1), (1, 2), (2, 9), "#1", "#2"],
        ),
        ([merge(1, "One", "x", "bitbucket"), merge(1, "One", "a/x")], [(0, 1), "#1"]),
        ([squash(2, "Two", certain=False), merge(1, "One", "x", "gitea"), merge(1, "New", "a/y")],
         [(0, 2), (1, 1), "#1"]),
        ([merge(1, "One", "x", "gitea"), merge(1, "New", "a/y"), squash(2, "Two", certain=False)],
         [(0, 1), "#1", "#2"]),
    ],
)  # fmt: skip
def test_numbers_that_come_again(pull_requests, expected):
    """A number is another pull request's where the form, or title and branch, or a restart of the numbers says so."""
    assert items(pull_requests) == [each if isinstance(each, str) else old_item(*each) for each in expected]


def test_the_forges_own_commit_is_the_present_one():
    """Of two pull requests with one number the present one is the one that the forge committed, if only one is."""
    both = [merge(1, "One", "a/x"), merge(1, "Other", "b/y")]
    assert items(both, by_forge={0}) == ["#1", old_item(1, 1)]
    assert items(both, by_forge={1}) == [old_item(0, 1), "#1"]
    assert items(both, by_forge={0, 1}) == [old_item(0, 1), old_item(1, 1)]


def test_two_numbers_of_a_long_history_are_no_restart():
    """Where the numbers go on, two that are reused are slips, and all others stay the present repository's."""
    pull_requests = [squash(number, f"Title {number}") for number in range(1, 101)]
    pull_requests[60:60] = [squash(7, "A slip"), squash(8, "Another")]
    found = items(pull_requests)
    assert found == [each.reference for each in pull_requests]


def test_a_restart_of_many_numbers():
    """In a restart numbers are lower than they were, and some of those that are reused had other titles."""
    before = [squash(number, f"Old {number}") for number in range(1, 100, 2)]
    after = [squash(number, f"New {number}") for number in range(2, 60, 3)]
    found = items([*before, *after])
    assert found[len(before) :] == [each.reference for each in after]
    assert all(each.startswith("~") for each in found[: len(before)])


def test_a_pick_belongs_to_what_it_picks():
    """A pick of an old pull request stays with it after the numbers began again."""
    pull_requests = [squash(1, "One"), squash(2, "Two"), squash(1, "New"), squash(2, "Newer"), squash(1, "One")]
    first = old_item(0, 1)
    assert items(pull_requests, picks={4}) == [first, old_item(1, 2), "#1", "#2", first]
    assert items([squash(1, "One"), squash(1, "Other")], picks={1}) == ["#1", "#1"]


def test_the_usual_forge_is_the_present_one():
    """Without a remote the forge with the most forms is the present one; of equally many the first by name."""
    forms = [merge(1, "One", "x", forge) for forge in ("gitlab", "github", "gitlab")]
    assert (usual_forge(forms), usual_forge(forms[:2]), usual_forge([])) == ("gitlab", "github", None)


def test_one_number_of_every_commit_takes_linear_time():
    """A history in which all commits name #1, each with another title, takes time in proportion to its length."""
    count = 50_000
    namings = [Naming(at, at, squash(1, f"Title {at:06}"), "h/o/r#1") for at in range(count)]
    started = time.process_time()
    assert len(work_items(namings, "github", [b"0" * 40] * count)) == count
    assert time.process_time() - started < 10
