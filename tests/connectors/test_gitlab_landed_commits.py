"""As which commits merge requests landed: one is counted once, however it was merged and whatever a clone has of it."""

from __future__ import annotations

import pytest

from tests.connectors.gitlabs import on, read, server, wanted, world
from tests.servers.gitlab import Fault

__all__ = ["server", "world"]

MERGE, SQUASH, HEAD, FIRST = ("a" * 40, "b" * 40, "c" * 40, "d" * 40)


def merged(world, project="acme/pay", **values):
    """A merge request that landed without a merge commit, unless it says otherwise."""
    made = world.merge_request(
        project, "alice", on(7, 1), merged=on(7, 2), description="Closes PAY-7", diffHeadSha=HEAD
    )
    made |= {"mergeCommitSha": None} | values
    made["project"]["mergeCommitTemplate"] = made.pop("template", None)
    return made


ONLY_TITLE = "%{title}"
USUAL = "%{title}\n\nSee merge request %{reference}"


def is_look_up(asked):
    return "Landed" in asked.query or asked.path.endswith("/merge_requests")


def commits(found):
    return [[each for each in row.closes if each.startswith("commit/")] for row in found.of("pull_request")]


@pytest.mark.parametrize(
    ("values", "landed", "requests"),
    [
        ({"mergeCommitSha": MERGE, "squash": True, "squashCommitSha": SQUASH}, [MERGE], 0),
        ({"mergeCommitSha": MERGE, "template": USUAL, "commits": [HEAD, FIRST]}, [MERGE], 0),
        ({"mergeCommitSha": MERGE, "template": ONLY_TITLE, "commits": [HEAD, FIRST]}, [MERGE, HEAD, FIRST], 1),
        (
            {"mergeCommitSha": MERGE, "template": ONLY_TITLE, "squash": True, "squashCommitSha": SQUASH},
            [MERGE, SQUASH],
            2,
        ),
        ({"squash": True, "squashCommitSha": SQUASH, "commits": [HEAD, FIRST]}, [SQUASH], 2),
        ({"squash": True, "squashCommitSha": None}, [HEAD], 2),
        ({"commits": [HEAD, FIRST]}, [HEAD, FIRST], 1),
        ({}, [HEAD], 1),
    ],
    ids=[
        "merge commit",
        "in the usual words",
        "in other words",
        "squashed, in other words",
        "squashed",
        "squashed one commit",
        "fast-forward",
        "fast-forward of one commit",
    ],
)
def test_each_way_to_merge_names_its_commits(server, world, values, landed, requests):
    """GitLab squashes no single commit; what it does without a merge commit costs a request or two."""
    merged(world, **values)
    found = read(server, wanted("alice"))
    assert found.of("pull_request")[0].closes[0] == "PAY-7"
    assert commits(found) == [[f"commit/{each}" for each in landed]]
    assert len([each for each in server.asked if is_look_up(each)]) == requests


def test_many_are_looked_up_together(server, world):
    """One query for all of a page, and one list of each project with squashed ones."""
    for number in range(30):
        merged(world, f"acme/{('pay', 'shop')[number % 2]}", squash=True, squashCommitSha=f"{number:040x}")
    found = read(server, wanted("alice"))
    assert sorted(commits(found)) == [[f"commit/{number:040x}"] for number in range(30)]
    asked = [each.path.rpartition("/projects/")[2] for each in server.asked if each.path.endswith("/merge_requests")]
    assert sorted(asked) == ["1/merge_requests", "2/merge_requests"]


def test_those_of_others_are_not_looked_up(server, world):
    made = world.merge_request("acme/pay", "bob", on(7, 1), merged=on(7, 2), approvals=[("alice", on(7, 2))])
    made["mergeCommitSha"] = None
    read(server, wanted("alice"))
    assert not any(map(is_look_up, server.asked))


@pytest.mark.parametrize("what", ["Landed", "squash"])
def test_what_cannot_be_looked_up_is_a_gap(server, world, what):
    """The rows come all the same, and the next fetch looks again."""
    merged(world, squash=True, squashCommitSha=SQUASH)

    def busy(asked):
        is_list = asked.method == "GET" and asked.path.endswith("/merge_requests")
        return Fault(503) if ("Landed" in asked.query if what == "Landed" else is_list) else None

    server.rule = busy
    found = read(server, wanted("alice"))
    assert commits(found) == [[f"commit/{HEAD}"]]
    assert [each.reason for each in found.gaps] == [
        "GitLab did not show as which commits merge requests landed: 1 of them: GitLab answers with error 503"
    ]
    assert found.cursors == {}


def test_commits_beyond_the_first_hundred_land_too(world, server):
    """Those left out would count beside the merge request in a clone; without the list that is a gap."""
    shas = [f"{number:040x}" for number in range(250)]
    merged(world, commits=shas)
    found = read(server, wanted("alice"))
    assert (commits(found), found.gaps) == ([[f"commit/{each}" for each in shas]], [])
    server.rule = lambda asked: Fault(403) if asked.path.endswith("/commits") else None
    found = read(server, wanted("alice"))
    assert [len(each) for each in commits(found)] == [100]
    assert ["as which commits merge requests landed" in gap.reason for gap in found.gaps] == [True]
    assert found.cursors == {}
