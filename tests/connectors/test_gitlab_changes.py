"""Reading on in GitLab: what changed since, what moved, what is called otherwise now, and what is not shown."""

from __future__ import annotations

import datetime as dt

import pytest

from harvester.model.periods import Period
from harvester.sdk.connector import Request
from tests.connectors import gitlabs
from tests.connectors.gitlabs import QUARTER, on, read, wanted
from tests.servers.gitlab import NOW

world, server = gitlabs.world, gitlabs.server
LATER = NOW + dt.timedelta(days=3)
"""When something changes after a first fetch at `NOW`."""
YEAR = Period(on(1, 1, 0), on(12, 31, 0))
WAYS = pytest.mark.parametrize("settings", [{}, {"groups": ("acme",)}], ids=["anywhere", "in a group"])


def twice(server, settings, change, *people, period=QUARTER):
    """A first fetch of people, a change, and the next fetch, three days later."""
    people = people or ("alice",)
    first = read(server, wanted(*people, period=period), **settings)
    assert first.gaps == []
    change()
    server.world.now = LATER
    return first, read(server, wanted(*people, period=period, after=first), now=LATER, **settings)


def stored(first, again):
    """The ids of the rows that a ledger has after both fetches."""
    if any(each.whole for each in again.done):
        return {row.id for row in again.rows}
    gone = {(each.work_item, each.kind) for each in again.retracted}
    kept = [row for row in first.rows if not {(row.work_item, row.kind), (row.work_item, None)} & gone]
    ids = {each.id for each in again.retracted}
    return {row.id for row in (*kept, *again.rows)} - ids


@WAYS
def test_nothing_new_costs_five_requests_at_most(world, server, settings):
    for number in range(40):
        made = world.merge_request("acme/pay", "alice", on(7, 1), merged=on(8, 1 + number % 20))
        other = world.merge_request("acme/web", "bob", on(7, 1))
        world.approve(other, "alice", on(8, 1 + number % 20))
        world.issue("acme/pay", "bob", on(7, 1), closed=on(8, 1), by="bob", assignees=("alice",))
        assert made
    first, again = twice(server, settings, lambda: None)
    assert len(first.rows) == 120
    assert (again.rows, again.gaps, again.retracted) == ([], [], [])
    assert [each.whole for each in again.done] == [False]
    assert again.requests <= 5


@WAYS
def test_an_edit_comes_again_under_the_same_id(world, server, settings):
    made = world.merge_request("acme/pay", "alice", on(7, 1), merged=on(8, 1), title="Before")
    first, again = twice(server, settings, lambda: made.update(title="After", updatedAt=LATER))
    (row,) = again.rows
    assert (row.id, row.title) == (first.rows[0].id, "After")


@WAYS
def test_what_is_merged_after_the_first_fetch_comes(world, server, settings):
    made = world.merge_request("acme/pay", "alice", on(7, 1))
    _, again = twice(server, settings, lambda: world.merge(made, "alice", LATER), period=YEAR)
    assert [row.occurred_at for row in again.rows] == [LATER]


@WAYS
def test_a_late_review_comes(world, server, settings):
    """On a merge request that was merged long ago and by a person who was not its reviewer."""
    world.user("alice")
    made = world.merge_request("acme/pay", "bob", on(7, 1), merged=on(8, 1))
    _, again = twice(server, settings, lambda: world.line_comment(made, "alice", LATER), period=YEAR)
    assert [(row.kind, row.occurred_at) for row in again.rows] == [("review", LATER)]


@WAYS
def test_an_approval_withdrawn_later_says_so(world, server, settings):
    """Withdrawing leaves no event: the merge request is watched."""
    made = world.merge_request("acme/pay", "bob", on(7, 1))
    world.approve(made, "alice", on(7, 2))
    first, again = twice(server, settings, lambda: world.unapprove(made, "alice", LATER))
    (row,) = again.rows
    assert (row.id, row.state) == (first.rows[0].id, "withdrawn")


@WAYS
def test_a_reopened_issue_is_retracted(world, server, settings):
    issue = world.issue("acme/pay", "bob", on(7, 1), closed=on(8, 1), by="bob", assignees=("alice",))
    first, again = twice(server, settings, lambda: world.reopen(issue, "bob", LATER))
    assert again.rows == []
    assert stored(first, again) == set()


@WAYS
def test_an_issue_only_closed_by_a_person_is_watched(world, server, settings):
    """No list of the person finds it again when it is opened again."""
    issue = world.issue("acme/pay", "bob", on(7, 1), closed=on(8, 1), by="alice")
    first, again = twice(server, settings, lambda: world.reopen(issue, "bob", LATER))
    assert [row.role for row in first.rows] == ["resolver"]
    assert stored(first, again) == set()


@WAYS
def test_an_issue_closed_again_moves_to_its_new_time(world, server, settings):
    issue = world.issue("acme/pay", "bob", on(7, 1), closed=on(7, 2), by="bob", assignees=("alice",))

    def change():
        world.reopen(issue, "bob", on(9, 1))
        world.close(issue, on(9, 20), "bob")
        issue["updatedAt"] = LATER

    first, again = twice(server, settings, change)
    assert [(row.id, row.occurred_at) for row in again.rows] == [(first.rows[0].id, on(9, 20))]


@WAYS
def test_a_reassigned_issue_is_retracted(world, server, settings):
    """The person it was taken from loses the row."""
    issue = world.issue("acme/pay", "erin", on(7, 1), closed=on(7, 2), by="erin", assignees=("alice",))
    world.user("carol")
    change = {"assignees": [world.user("carol")], "updatedAt": LATER}
    first, again = twice(server, settings, lambda: issue.update(change), "alice", "carol")
    assert [row.account for row in again.rows] == ["carol"]
    assert stored(first, again) == {row.id for row in again.rows}


@WAYS
def test_what_was_deleted_is_retracted(world, server, settings):
    """Something of a project that still shows others."""
    made = [world.merge_request("acme/pay", "alice", on(7, 1), merged=on(8, day)) for day in (1, 2, 3)]
    issues = [
        world.issue("acme/pay", "bob", on(7, 1), closed=on(8, day), by="bob", assignees=("alice",)) for day in (1, 2)
    ]

    def change():
        world.delete(made[1])
        world.delete(issues[0])

    first, again = twice(server, settings, change)
    assert again.gaps == []
    assert len(first.rows) == 5
    assert len(stored(first, again)) == 3


@WAYS
def test_a_moved_issue_leaves_its_rows_as_moved(world, server, settings):
    """The old one is closed where it was, and the new one is open elsewhere."""
    issue = world.issue("acme/pay", "bob", on(7, 1), closed=on(8, 1), by="bob", assignees=("alice",))
    first, again = twice(server, settings, lambda: world.move(issue, "acme/web", "bob", LATER), period=YEAR)
    assert [(row.id, row.state) for row in again.rows] == [(first.rows[0].id, "moved")]


@WAYS
@pytest.mark.parametrize("what", ["project", "group"])
def test_a_rename_keeps_the_row_ids(world, server, settings, what):
    """Everything is read again under its new path: git's remote has that."""
    made = world.merge_request("acme/sub/pay", "alice", on(7, 1), merged=on(8, 1))
    world.issue("acme/sub/pay", "bob", on(7, 1), closed=on(8, 1), by="bob", assignees=("alice",))
    world.approve(world.merge_request("acme/sub/pay", "bob", on(7, 1)), "alice", on(7, 2))

    def change():
        if what == "project":
            world.rename("acme/sub/pay", "acme/sub/payments")
        else:
            world.rename_group("acme/sub", "acme/team")

    first, again = twice(server, settings, change)
    place = "acme/sub/payments" if what == "project" else "acme/team/pay"
    assert {row.id for row in again.rows} == {row.id for row in first.rows}
    assert {row.project for row in again.rows} == {place}
    assert f"localhost/{place}!{made['iid']}" in {row.work_item for row in again.rows}
    assert again.done[0].whole


def test_a_project_is_found_by_its_old_path(world, server):
    """REST leads from it to the project; GraphQL does not."""
    world.merge_request("acme/old", "alice", on(7, 1), merged=on(8, 1))
    world.rename("acme/old", "acme/new")
    found = read(server, wanted("alice"), projects=("acme/old",))
    assert [row.project for row in found.rows] == ["acme/new"]
    assert found.gaps == []


@WAYS
def test_a_renamed_person_keeps_the_configured_name(world, server, settings):
    world.merge_request("acme/pay", "alice", on(7, 1), merged=on(8, 1))
    other = world.merge_request("acme/pay", "bob", on(7, 1))
    world.approve(other, "alice", on(7, 2))

    def change():
        world.rename_user("alice", "ann")
        world.merge_request("acme/pay", "ann", on(7, 1), merged=LATER)

    _, again = twice(server, settings, change, period=YEAR)
    assert {row.account for row in again.rows} == {"alice"}
    assert max(row.occurred_at for row in again.rows) == LATER
    assert again.gaps == []


def test_a_user_name_may_be_taken_over(world, server):
    """Somebody else who has it now is not the person."""
    world.merge_request("acme/pay", "alice", on(7, 1), merged=on(8, 1))

    def change():
        world.rename_user("alice", "ann")
        world.merge_request("acme/pay", "alice", on(7, 1), merged=LATER)

    _, again = twice(server, {}, change, period=YEAR)
    assert [row.occurred_at for row in again.rows if row.occurred_at == LATER] == []


def test_a_new_period_is_read_in_full(world, server):
    """What was read of the one before is not asked for again."""
    world.merge_request("acme/pay", "alice", on(5, 1), merged=on(5, 3))
    world.merge_request("acme/pay", "alice", on(7, 1), merged=on(8, 1))
    first = read(server, wanted("alice"))
    spring = Period(on(4, 1, 0), on(7, 1, 0))
    request = Request(spring, frozenset({"alice"}), (QUARTER,), first.cursors)
    assert [row.occurred_at for row in read(server, request).rows] == [on(5, 3)]


@pytest.mark.parametrize(
    "settings", [{"exclude": ("acme/*",)}, {"also": ("comments",)}, {"groups": ("acme",)}, {"projects": ("acme/pay",)}]
)
def test_other_settings_are_read_from_the_beginning(world, server, settings):
    world.merge_request("acme/pay", "alice", on(7, 1), merged=on(8, 1))
    first = read(server, wanted("alice"))
    again = read(server, wanted("alice", after=first), **settings)
    assert again.done[0].whole


def test_somebody_new_is_read_from_the_beginning(world, server):
    world.merge_request("acme/pay", "alice", on(7, 1), merged=on(8, 1))
    world.merge_request("acme/pay", "bob", on(7, 1), merged=on(8, 1))
    first = read(server, wanted("alice"))
    again = read(server, wanted("alice", "bob", after=first))
    assert sorted(row.account for row in again.rows) == ["alice", "bob"]


def test_a_cursor_names_nobody(world, server):
    world.merge_request("acme/pay", "alice", on(7, 1), merged=on(8, 1))
    found = read(server, wanted("alice"))
    assert "alice" not in str(found.cursors)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"version": 99}'])
def test_a_cursor_that_cannot_be_read_is_no_cursor(world, server, text):
    world.merge_request("acme/pay", "alice", on(7, 1), merged=on(8, 1))
    request = Request(QUARTER, frozenset({"alice"}), (QUARTER,), {"localhost": text})
    assert len(read(server, request).rows) == 1


def test_a_new_edition_is_asked_for_everything(world, server):
    """What an older server did not know is asked for once it is upgraded."""
    world.version, world.enterprise = "16.0.0", False
    world.issue("acme/pay", "bob", on(7, 1), closed=on(8, 1), by="bob", assignees=("alice",), weight=5)
    first = read(server, wanted("alice"))
    assert [row.story_points for row in first.rows] == [None]
    world.version, world.enterprise = "18.5.0-ee", True
    world.issues[0]["updatedAt"] = LATER
    assert [row.story_points for row in read(server, wanted("alice", after=first)).rows] == [5]


@WAYS
def test_somebody_unknown_is_a_gap_each_time(world, server, settings):
    """Others are not read again for that."""
    world.merge_request("acme/pay", "alice", on(7, 1), merged=on(8, 1))
    first = read(server, wanted("alice", "nobody"), **settings)
    assert [row.account for row in first.rows] == ["alice"]
    assert ["'nobody'" in gap.reason for gap in first.gaps] == [True]
    again = read(server, wanted("alice", "nobody", after=first), **settings)
    assert ["'nobody'" in gap.reason for gap in again.gaps] == [True]
    world.merge_request("acme/pay", "nobody", on(7, 1), merged=on(8, 2))
    third = read(server, wanted("alice", "nobody", after=again), **settings)
    assert "nobody" in {row.account for row in third.rows}
    assert third.gaps == []


@pytest.mark.parametrize("settings", [{"groups": ("acme", "secret")}, {"projects": ("acme/pay", "secret/x")}])
def test_a_place_that_is_not_shown_is_a_gap(world, server, settings):
    """No access never looks like no work; once it is shown, everything in it is read."""
    world.merge_request("acme/pay", "alice", on(7, 1), merged=on(8, 1))
    world.merge_request("secret/x", "alice", on(7, 1), merged=on(8, 1))
    world.hidden.add("secret")
    first = read(server, wanted("alice"), **settings)
    assert [row.project for row in first.rows] == ["acme/pay"]
    assert ["secret" in gap.reason for gap in first.gaps] == [True]
    world.hidden.clear()
    again = read(server, wanted("alice", after=first), **settings)
    assert "secret/x" in {row.project for row in again.rows}
    assert again.gaps == []


@WAYS
def test_a_project_that_is_hidden_later_is_a_gap(world, server, settings):
    """Its rows stay."""
    world.merge_request("acme/pay", "alice", on(7, 1), merged=on(8, 1))
    world.merge_request("acme/web", "alice", on(7, 1), merged=on(8, 2))
    first, again = twice(server, settings, lambda: world.hidden.add("acme/web"))
    assert ["acme/web" in gap.reason for gap in again.gaps] == [True]
    assert again.retracted == []
    assert not again.done or not again.done[0].whole
    assert len(first.rows) == 2


def test_a_wrong_clock_loses_nothing(world, server):
    """Ours is an hour ahead of GitLab's: what happens in between is read the next time."""
    read_at = NOW + dt.timedelta(hours=1)
    first = read(server, wanted("alice", period=YEAR), now=read_at)
    world.merge_request("acme/pay", "alice", on(7, 1), merged=NOW + dt.timedelta(minutes=10))
    world.now = LATER
    assert len(read(server, wanted("alice", period=YEAR, after=first), now=LATER).rows) == 1
