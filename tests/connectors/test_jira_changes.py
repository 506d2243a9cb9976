"""Reading Jira on: what changed since, what was reopened, moved or deleted, and what the search did not know yet."""

from __future__ import annotations

import datetime as dt

import pytest

from harvester.errors import SourceError
from harvester.model.periods import Period
from harvester.sdk.connector import Request
from tests.connectors.jiras import FLAVOURS, QUARTER, done, on, read, wanted
from tests.servers.faults import Fault
from tests.servers.jira import NOW, JiraServer, World

LATER = NOW + dt.timedelta(days=3)
"""When something changes after a first fetch at `NOW`."""
YEAR = Period(on(1, 1, 0), on(12, 31, 0))


@pytest.fixture(params=FLAVOURS)
def server(request):
    """An empty Jira of each flavour, on localhost, while the test runs."""
    with JiraServer(World(), request.param) as running:
        yield running


@pytest.fixture
def world(server):
    return server.world


def later(world: World) -> None:
    """Let three days pass."""
    world.now = LATER + dt.timedelta(hours=1)


def test_nothing_new_costs_one_request(server, world):
    for number in range(30):
        done(world, "PAY", ("ann", "bob", "carl")[number % 3], 8, 1 + number % 28)
    people = ("ann", "bob", "carl")
    first = read(server, wanted(server, *people))
    later(world)
    again = read(server, wanted(server, *people, after=first))
    assert (again.rows, again.gaps, again.retracted) == ([], [], [])
    assert again.requests == 1


def test_an_edit_comes_again_under_the_same_id(server, world):
    ticket = done(world, "PAY", "ann", 8, 1)
    first = read(server, wanted(server, "ann"))
    ticket |= {"summary": "After", "updated": LATER}
    later(world)
    (row,) = read(server, wanted(server, "ann", after=first)).rows
    assert (row.id, row.title) == (first.rows[0].id, "After")


def test_what_is_resolved_after_a_fetch_comes_next(server, world):
    """A ticket that was open when it was read first has its row in the next fetch."""
    ticket = world.issue("PAY", on(6, 1), assignee="ann")
    first = read(server, wanted(server, "ann", period=YEAR))
    world.resolve(ticket, LATER, "ann")
    later(world)
    again = read(server, wanted(server, "ann", period=YEAR, after=first))
    assert [row.occurred_at for row in again.rows] == [LATER]


def gone(again) -> list[tuple[str | None, str | None]]:
    return [(each.work_item, each.id) for each in again.retracted]


def test_a_reopened_ticket_is_retracted(server, world):
    ticket = done(world, "PAY", "ann", 8, 1)
    first = read(server, wanted(server, "ann"))
    world.reopen(ticket, LATER)
    later(world)
    again = read(server, wanted(server, "ann", after=first))
    assert again.rows == []
    assert {each.work_item or each.id for each in again.retracted} & {first.rows[0].work_item, first.rows[0].id}


def test_a_ticket_closed_again_moves_to_its_new_time(server, world):
    ticket = done(world, "PAY", "ann", 8, 1)
    first = read(server, wanted(server, "ann", period=YEAR))
    world.reopen(ticket, LATER - dt.timedelta(hours=1))
    world.resolve(ticket, LATER, "ann")
    later(world)
    again = read(server, wanted(server, "ann", period=YEAR, after=first))
    assert [(row.id, row.occurred_at) for row in again.rows] == [(first.rows[0].id, LATER)]


def test_a_ticket_closed_again_beyond_the_period(server, world):
    """It is no longer in the period where it was read first."""
    ticket = done(world, "PAY", "ann", 8, 1)
    first = read(server, wanted(server, "ann"))
    world.reopen(ticket, LATER - dt.timedelta(hours=1))
    world.resolve(ticket, LATER, "ann")
    later(world)
    again = read(server, wanted(server, "ann", after=first))
    assert again.rows == []
    assert {each.work_item or each.id for each in again.retracted} & {first.rows[0].work_item, first.rows[0].id}


def test_a_moved_ticket_comes_again_under_its_id(server, world):
    ticket = done(world, "PAY", "ann", 8, 1)
    first = read(server, wanted(server, "ann"))
    world.move(ticket, "WEB", LATER)
    later(world)
    again = read(server, wanted(server, "ann", after=first))
    assert [(row.id, row.work_item) for row in again.rows] == [(first.rows[0].id, "localhost/WEB-1")]
    assert first.rows[0].id not in {each.id for each in again.retracted}


def test_a_deleted_ticket_is_retracted(server, world):
    done(world, "PAY", "ann", 8, 2)
    ticket = done(world, "PAY", "ann", 8, 1)
    first = read(server, wanted(server, "ann"))
    del world.issues[ticket["id"]]
    later(world)
    again = read(server, wanted(server, "ann", after=first))
    assert [each.work_item or each.id for each in again.retracted]
    assert again.rows == []


def test_a_deleted_ticket_that_no_query_misses(server, world):
    """Where Jira takes a query that names it, it is looked for within eight days."""
    world.lenient = True
    done(world, "PAY", "ann", 8, 2)
    ticket = done(world, "PAY", "ann", 8, 1)
    first = read(server, wanted(server, "ann"))
    del world.issues[ticket["id"]]
    world.now = NOW + dt.timedelta(days=8)
    again = read(server, wanted(server, "ann", after=first))
    assert [each.work_item for each in again.retracted] == [f"localhost/{ticket['key']}"]


def test_a_ticket_that_is_no_longer_shown_stays(server, world):
    """No access is not no work: a project that is hidden now is a gap, and its rows stay."""
    done(world, "PAY", "ann", 8, 1)
    done(world, "WEB", "ann", 8, 1)
    first = read(server, wanted(server, "ann"), projects=["PAY", "WEB"])
    world.hidden.add("WEB")
    later(world)
    again = read(server, wanted(server, "ann", after=first), projects=["PAY", "WEB"])
    assert again.retracted == []
    assert any("WEB" in gap.reason for gap in again.gaps)


@pytest.mark.parametrize("lenient", [False, True])
def test_a_ticket_that_a_security_level_hides(server, world, lenient):
    """Where Jira tells it from a deleted one its row stays, with a gap at each fetch; else a remark names it."""
    """Data Center tells it from a deleted one: its row stays, and each fetch says so. Cloud does not: a remark does."""
    world.lenient = lenient
    done(world, "PAY", "ann", 8, 2)
    ticket = done(world, "PAY", "ann", 8, 1)
    found = read(server, wanted(server, "ann"))
    world.secret.add(ticket["id"])
    for days in (10, 11, 12):
        world.now = NOW + dt.timedelta(days=days)
        found = read(server, wanted(server, "ann", after=found))
        said = [each.reason for each in found.gaps] + [each.text for each in found.remarks]
        assert [ticket["key"] in each for each in said] == [True]
        assert (len(found.gaps), found.rows) == (0 if server.cloud else 1, [])
        assert len(found.retracted) == (server.cloud and days == 10)
    world.secret.clear()
    world.now = NOW + dt.timedelta(days=20)
    found = read(server, wanted(server, "ann", after=found))
    assert (found.gaps, found.remarks) == ([], [])
    assert [row.work_item for row in found.rows] == ([f"localhost/{ticket['key']}"] if server.cloud else [])


@pytest.mark.parametrize("whole_project", [False, True])
def test_a_new_token_that_shows_less(server, world, whole_project):
    """Where everything is read again, what had rows and does not come is looked for; nothing disappears silently."""
    done(world, "PAY", "ann", 8, 2)
    ticket = done(world, "WEB", "ann", 8, 1)
    done(world, "WEB", "bob", 8, 1)
    first = read(server, wanted(server, "ann"))
    if whole_project:
        world.hidden.add("WEB")
    else:
        world.secret.add(ticket["id"])
    later(world)
    request = Request(QUARTER, wanted(server, "ann").accounts, previous=first.cursors)
    again = read(server, request, not_done=["another setting"])
    assert [row.project for row in again.rows] == ["PAY"]
    told = [each.reason for each in again.gaps] + [each.text for each in again.remarks]
    assert [("WEB" if whole_project else ticket["key"]) in each for each in told] == [True]
    assert len(again.gaps) == (whole_project or not server.cloud)
    again = read(server, wanted(server, "ann", after=again), not_done=["another setting"])
    assert [each.reason for each in again.gaps] + [each.text for each in again.remarks] == told


def test_another_person_misses_nothing(server, world):
    """What the last fetch read for others, or of other projects, is not looked for."""
    ticket = done(world, "PAY", "ann", 8, 1)
    first = read(server, wanted(server, "ann"))
    done(world, "WEB", "bob", 8, 1)
    world.secret.add(ticket["id"])
    for name, projects, rows in (("bob", [], 1), ("ann", ["WEB"], 0)):
        request = Request(QUARTER, wanted(server, name).accounts, previous=first.cursors)
        again = read(server, request, projects=projects)
        assert (len(again.rows), again.gaps, again.remarks) == (rows, [], [])


def test_what_the_index_did_not_know_comes_later(server, world):
    """Resolved a minute before the reading, found at the next one."""
    world.lag()
    world.resolve(world.issue("PAY", on(6, 1), assignee="ann"), NOW - dt.timedelta(minutes=1), "ann")
    first = read(server, wanted(server, "ann", period=YEAR))
    world.catch_up()
    later(world)
    again = read(server, wanted(server, "ann", period=YEAR, after=first))
    assert {row.occurred_at for row in (*first.rows, *again.rows)} == {NOW - dt.timedelta(minutes=1)}


def test_an_assignee_after_the_resolution_is_ignored(server, world):
    """Who is assigned to a ticket after it was resolved did not do it."""
    ticket = done(world, "PAY", "ann", 8, 1)
    first = read(server, wanted(server, "ann", "bob"))
    world.assign(ticket, "bob", LATER)
    later(world)
    again = read(server, wanted(server, "ann", "bob", after=first))
    assert {(row.id, row.role) for row in again.rows} <= {(row.id, row.role) for row in first.rows}
    assert again.retracted == []


def test_a_resolution_that_becomes_another(server, world):
    """Done becomes a duplicate: the same row with another state, at the time of the last one."""
    ticket = done(world, "PAY", "ann", 8, 1)
    first = read(server, wanted(server, "ann", period=YEAR))
    world.resolve(ticket, LATER, "bob", "Duplicate")
    later(world)
    again = read(server, wanted(server, "ann", period=YEAR, after=first))
    assert [(row.id, row.state) for row in again.rows] == [(first.rows[0].id, "duplicate")]


def test_a_late_comment_on_an_old_ticket_comes(server, world):
    ticket = world.issue("PAY", on(6, 1), reporter="bob")
    world.comment(ticket, "ann", on(8, 1))
    first = read(server, wanted(server, "ann", period=YEAR), also=["comments"])
    world.comment(ticket, "ann", LATER)
    later(world)
    again = read(server, wanted(server, "ann", period=YEAR, after=first), also=["comments"])
    assert {row.occurred_at for row in (*first.of("comment"), *again.of("comment"))} == {on(8, 1), LATER}


def test_a_project_that_is_hidden_and_shown_again(server, world):
    """Where no project is named: a gap at each fetch, without a look at each of its tickets; then all of it comes."""
    done(world, "PAY", "ann", 8, 1)
    for day in (1, 2, 3):
        done(world, "WEB", "ann", 8, day)
    first = read(server, wanted(server, "ann"))
    world.hidden.add("WEB")
    later(world)
    again = read(server, wanted(server, "ann", after=first))
    third = read(server, wanted(server, "ann", after=again))
    assert [(len(each.gaps), each.retracted) for each in (again, third)] == [(1, []), (1, [])]
    assert third.requests == 2
    world.hidden.clear()
    fourth = read(server, wanted(server, "ann", after=third))
    assert (len(fourth.rows), fourth.gaps) == (4, [])


def test_a_ticket_that_leaves_what_is_read_is_gone(server, world):
    """It is noticed when everything is looked for, once a week."""
    world.project("WEB")
    done(world, "PAY", "ann", 8, 1)
    ticket = done(world, "PAY", "ann", 8, 2)
    first = read(server, wanted(server, "ann"), projects=["PAY"])
    world.move(ticket, "WEB", LATER)
    world.now = LATER + dt.timedelta(days=8)
    again = read(server, wanted(server, "ann", after=first), projects=["PAY"])
    assert ([each.work_item for each in again.retracted], again.rows) == (["localhost/PAY-2"], [])


def test_many_deleted_tickets(server, world):
    tickets = [done(world, "PAY", "ann", 8, 1 + number % 28) for number in range(20)]
    first = read(server, wanted(server, "ann"))
    for each in tickets[::2]:
        del world.issues[each["id"]]
    later(world)
    again = read(server, wanted(server, "ann", after=first))
    assert (len(again.retracted), again.gaps) == (10, [])
    assert read(server, wanted(server, "ann", after=again)).requests == 1


def test_a_site_with_a_new_field(server, world):
    """What the site is is asked for again once a week; where that changed everything is read again."""
    done(world, "PAY", "ann", 8, 1, custom={"customfield_9": 5.0})
    first = read(server, wanted(server, "ann"))
    world.fields["customfield_9"] = {
        "id": "customfield_9", "name": "Story Points", "custom": True, "clauseNames": ["cf[9]"],
        "schema": {"type": "number", "custom": "com.atlassian.jira.plugin.system.customfieldtypes:float"},
    }  # fmt: skip
    world.now = NOW + dt.timedelta(days=8)
    again = read(server, wanted(server, "ann", after=first))
    assert [row.story_points for row in (*first.rows, *again.rows)] == [None, 5.0]


def test_a_project_that_nobody_named_is_hidden(server, world):
    """Its rows stay, since no access looks like no work."""
    done(world, "PAY", "ann", 8, 1)
    done(world, "WEB", "ann", 8, 1)
    first = read(server, wanted(server, "ann"))
    world.hidden.add("WEB")
    later(world)
    again = read(server, wanted(server, "ann", after=first))
    assert again.retracted == []
    assert any("WEB" in gap.reason for gap in again.gaps)
    third = read(server, wanted(server, "ann", after=again)) if again.cursors else again
    assert third.retracted == []


def test_a_failure_while_reading_on_loses_nothing(server, world):
    """The next fetch goes on from the same cursor."""
    first = read(server, wanted(server, "ann"))
    for day in range(1, 13):
        done(world, "PAY", "ann", 8, day, updated=LATER)
    world.most = 5
    later(world)
    server.rule = lambda asked: Fault(503) if len(server.asked) > stop else None
    stop = len(server.asked) + 2
    with pytest.raises(SourceError):
        read(server, wanted(server, "ann", after=first))
    server.rule = lambda asked: None
    again = read(server, wanted(server, "ann", after=first))
    assert len({row.id for row in again.rows}) == 12


def test_who_only_closes_a_ticket_without_a_resolution(server, world):
    """Nobody is assigned, and the status alone says who has done it."""
    world.project("TM", team_managed=True)
    ticket = world.issue("TM", on(6, 1))
    first = read(server, wanted(server, "ann", period=YEAR))
    world.resolve(ticket, LATER, "ann")
    later(world)
    again = read(server, wanted(server, "ann", period=YEAR, after=first))
    assert [(row.role, row.occurred_at) for row in again.rows] == [("resolver", LATER)]


def test_a_person_who_is_known_later(server, world):
    """Everything of theirs comes then, not only what changed since."""
    done(world, "PAY", "ann", 8, 1)
    account = world.native("zoe", server.cloud)
    hidden = world.users.pop("zoe")
    request = Request(QUARTER, frozenset({*(wanted(server, "ann").accounts or ()), account}))
    first = read(server, request)
    assert (len(first.rows), len(first.gaps)) == (1, 1)
    world.users["zoe"] = hidden
    done(world, "PAY", "zoe", 8, 2)
    later(world)
    again = read(server, Request(QUARTER, request.accounts, (QUARTER,), first.cursors))
    assert (len(again.rows), again.gaps) == (2, [])
