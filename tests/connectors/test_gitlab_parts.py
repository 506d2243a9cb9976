"""Parts of GitLab's connector on their own, and what they do where the server does not play along."""

from __future__ import annotations

import datetime as dt
import json

import pytest

from harvester.model.periods import Period
from tests.connectors import gitlabs
from tests.connectors.gitlabs import QUARTER, on, read, wanted
from tests.servers.gitlab import NOW, Asked, Fault

world, server = gitlabs.world, gitlabs.server
LATER = NOW + dt.timedelta(days=3)
DOWN = Fault(503, json.dumps({"message": "Request timed out. Please try a less complex query."}))
WAYS = pytest.mark.parametrize("settings", [{}, {"groups": ("acme",)}], ids=["anywhere", "in a group"])


def failing(words: str):
    """A rule by which each query with these words fails."""
    return lambda asked: DOWN if words in asked.query else None


@WAYS
def test_closed_issues_come_beside_comments(world, server, settings):
    """What was closed or opened since the last fetch, also where comments are asked for."""
    issue = world.issue("acme/pay", "bob", on(7, 1), assignees=("alice",))
    everything, year = settings | {"also": ["comments", "opened"]}, Period(on(1, 1), on(12, 31))
    first = read(server, wanted("alice", period=year), **everything)
    assert (first.rows, first.gaps) == ([], [])
    world.close(issue, LATER, "bob")
    world.comment(world.issue("acme/pay", "bob", on(7, 2)), "alice", LATER)
    world.issue("acme/pay", "alice", LATER)
    world.now = LATER
    again = read(server, wanted("alice", period=year, after=first), now=LATER, **everything)
    assert sorted((row.kind, row.role) for row in again.rows) == [
        ("comment", "helper"), ("issue", "assignee"), ("issue", "reporter"),
    ]  # fmt: skip


@WAYS
def test_a_closer_whom_the_activity_does_not_show(world, server, settings):
    """REST names them all the same; where nobody does, nobody is credited."""
    known = world.issue("acme/pay", "bob", on(7, 1), closed=on(8, 1), by="alice")
    unknown = world.issue("acme/pay", "bob", on(7, 1), closed=on(8, 1), by="alice")
    known["states"] = []
    unknown |= {"states": [], "closedBy": None}
    found = read(server, wanted("alice", "bob"), **settings)
    assert [(row.account, row.work_item) for row in found.rows] == [("alice", f"localhost/acme/pay#{known['iid']}")]
    assert found.gaps == []


@WAYS
def test_a_closing_that_is_not_shown_takes_no_rows(world, server, settings):
    """The rows of the last fetch stay where it cannot be known any more whose they are."""
    issue = world.issue("acme/pay", "bob", on(7, 1), closed=on(8, 1), by="alice")
    first = read(server, wanted("alice"), **settings)
    assert [row.role for row in first.rows] == ["resolver"]
    issue |= {"title": "Another", "updatedAt": LATER}
    world.now = LATER
    server.rule = lambda asked: DOWN if "workItems" in asked.query or asked.path.endswith("/issues") else None
    again = read(server, wanted("alice", after=first), now=LATER, **settings)
    assert again.gaps
    assert [each.cursor for each in again.done] == [None]
    assert (again.retracted, again.rows) == ([], [])


@WAYS
def test_a_merger_is_not_credited_instead(world, server, settings):
    """Where it is not known who wrote the merge request that closed an issue."""
    issue = world.issue("acme/pay", "bob", on(7, 1))
    closer = world.merge_request("acme/pay", "dave", on(6, 1), merged=on(6, 2))
    world.close(issue, on(7, 2), "carol", closer)
    server.rule = failing("...Author")
    found = read(server, wanted("carol", "dave"), **settings)
    assert [row for row in found.rows if row.kind == "issue"] == []
    assert found.gaps


def test_closings_are_asked_for_in_smaller_parts(world, server):
    """As far as the server can give them."""
    for _ in range(30):
        world.issue("acme/pay", "bob", on(7, 1), closed=on(8, 1), by="alice")

    def busy(asked: Asked) -> Fault | None:
        return DOWN if "workItems" in asked.query and len(asked.variables["iids0"]) > 4 else None

    server.rule = busy
    found = read(server, wanted("alice"), groups=("acme",))
    assert (len(found.rows), found.gaps) == (30, [])


def test_a_list_that_cannot_be_walked_again_is_a_gap(world, server):
    """It costs nothing else."""
    for number in range(120):
        world.merge_request("acme/pay", "alice", on(7, 1), merged=on(8, 1 + number % 20))

    def meanwhile(number: int) -> None:
        if number == 3:
            world.merge_request("acme/pay", "alice", on(7, 1), merged=on(8, 30))

    server.before, server.rule = meanwhile, failing("...MergeRequestId")
    found = read(server, wanted("alice"))
    assert len(found.rows) >= 120
    assert [each.period for each in found.gaps] == [QUARTER]


def test_closings_of_many_projects_come_together(world, server):
    """In whatever order their issues come."""
    for number in range(60):
        world.issue(
            f"acme/p{number % 10}", "bob", on(7, 1, 0) + dt.timedelta(hours=number), closed=on(8, 1), by="alice"
        )
    found = read(server, wanted("alice"), groups=("acme",))
    assert (len(found.rows), found.gaps) == (60, [])
    assert len([each for each in server.asked if "workItems" in each.query]) == 2


def test_a_description_may_name_an_earlier_path(world, server):
    """The issue is found where it is now."""
    issue = world.issue("acme/pay", "bob", on(7, 1))
    world.merge_request(
        "acme/web", "alice", on(7, 1), merged=on(7, 2), merged_by="carol", closes=[issue],
        description=f"Closes acme/pay#{issue['iid']} and acme/gone#1",
    )  # fmt: skip
    world.rename("acme/pay", "acme/payments")
    found = read(server, wanted("alice"))
    assert sorted(row.work_item for row in found.rows) == ["localhost/acme/payments#1", "localhost/acme/web!1"]
    assert found.gaps == []


@WAYS
def test_an_approval_without_a_note_has_its_time(world, server, settings):
    """As one that was imported: from 18.7 on REST tells the time."""
    made = world.merge_request("acme/pay", "bob", on(7, 1), approvals=[("alice", on(7, 3)), ("carol", on(7, 4))])
    made["notes"].clear()
    first = read(server, wanted("alice"), **settings)
    assert first.gaps == []
    assert [(row.kind, row.state, row.occurred_at, row.url) for row in first.rows] == [
        ("review", "approved", on(7, 3), made["webUrl"])
    ]
    note = world._note(made, "alice", on(7, 3), "approved this merge request", "check")
    made["updatedAt"] = world.now
    again = read(server, wanted("alice", after=first), **settings)
    assert [row.id for row in again.rows] == [f"review/reviewer/{note['number']}"]
    assert [each.kind for each in again.retracted if each.kind == "review"] == ["review"]


@WAYS
def test_an_approval_at_an_unknown_time_is_a_gap(world, server, settings):
    """On an older server, which does not tell it; every fetch says so."""
    for _ in range(4):
        made = world.merge_request("acme/pay", "bob", on(7, 1), approvals=[("alice", on(7, 3))])
        made["notes"].clear()
        made["approvedBy"][0]["approved_at"] = None
    first = read(server, wanted("alice"), **settings)
    again = read(server, wanted("alice", after=first), **settings)
    for each in (first, again):
        assert each.rows == []
        assert ["when somebody approved" in gap.reason and "and 1 more" in gap.reason for gap in each.gaps] == [True]


@WAYS
def test_an_approval_whose_note_is_on_its_way(world, server, settings):
    """It comes with its note, once."""
    at = world.now - dt.timedelta(seconds=5)
    made, year = world.merge_request("acme/pay", "bob", on(7, 1)), Period(on(1, 1), on(12, 31))
    note = world.approve(made, "alice", at)
    made["notes"].clear()
    first = read(server, wanted("alice", period=year), **settings)
    assert (first.rows, first.gaps) == ([], [])
    made["notes"].append(note)
    again = read(server, wanted("alice", period=year, after=first), **settings)
    assert [row.occurred_at for row in again.rows] == [at]


def test_few_approvals_are_asked_for_alone(world, server):
    """Each costs a request, so that where many have no note the rest is a gap."""
    for number in range(130):
        made = world.merge_request("acme/pay", "bob", on(7, 1), approvals=[("alice", on(7, 3, number % 24))])
        made["notes"].clear()
    found = read(server, wanted("alice"))
    assert (len(found.rows), len(found.gaps)) == (100, 1)
