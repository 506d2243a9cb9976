"""Work that is logged on others' tickets in Jira is help; what is logged on one's own is not a second piece of work."""

from __future__ import annotations

import datetime as dt
import json

import pytest

from harvester.model.periods import calendar, parse
from harvester.sdk.connector import Request
from tests.connectors.jiras import FLAVOURS, QUARTER, on, read, wanted
from tests.servers.faults import Fault
from tests.servers.jira import NOW, JiraServer, World, _item

ALSO = {"also": ["worklogs"]}
LATER = NOW + dt.timedelta(days=3)


@pytest.fixture(params=FLAVOURS)
def server(request):
    """An empty Jira of each flavour, on localhost, while the test runs."""
    with JiraServer(World(), request.param) as running:
        yield running


@pytest.fixture
def world(server):
    return server.world


@pytest.fixture
def cloud():
    """An empty Jira Cloud, whose lists of worklogs come in pages."""
    with JiraServer(World(), "cloud") as running:
        yield running


def hours(found) -> list[str]:
    return [row.extra["hours"] for row in found.of("help")]


def test_work_logged_on_anothers_ticket_is_help(world, server):
    ticket = world.issue("PAY", on(6, 1), reporter="carl", assignee="bob", labels=("money",), summary="Charge once")
    log = world.worklog(ticket, "ann", on(9, 2), 9000, started=on(8, 3))
    found = read(server, wanted(server, "ann"), **ALSO)
    (row,) = found.rows
    assert (row.kind, row.role, row.id) == ("help", "helper", f"help/helper/{log['id']}")
    assert (row.occurred_at, row.title, row.body) == (on(8, 3), "Charge once", "Worked.")
    assert (row.labels, row.work_item, row.project) == (("money", "Task"), "localhost/PAY-1", "PAY")
    assert (row.account, row.extra) == (world.native("ann", server.cloud), {"hours": "2.5"})
    assert world.native("bob", server.cloud) in row.owners[0]
    assert row.url == f"{server.url}/browse/PAY-1?focusedWorklogId={log['id']}"
    assert (found.gaps, read(server, wanted(server, "ann")).rows) == ([], [])


@pytest.mark.parametrize(("seconds", "shown"), [(60, "0.02"), (1200, "0.33"), (3600, "1"), (900_000, "250")])
def test_hours_as_people_write_them(cloud, seconds, shown):
    cloud.world.worklog(cloud.world.issue("PAY", on(6, 1)), "ann", on(8, 3), seconds)
    assert hours(read(cloud, wanted(cloud, "ann"), **ALSO)) == [shown]


def test_the_owner_is_the_assignee_else_the_reporter(world, server):
    """Work on one's own ticket is no help, and a row of somebody who was not asked for is none."""
    for reporter, assignee in (("ann", "bob"), ("bob", "ann"), ("ann", None), ("bob", None)):
        ticket = world.issue("PAY", on(6, 1), reporter=reporter, assignee=assignee)
        world.worklog(ticket, "ann", on(8, 3))
        world.worklog(ticket, "carl", on(8, 3))
    found = read(server, wanted(server, "ann"), **ALSO)
    assert sorted(row.work_item for row in found.rows) == ["localhost/PAY-1", "localhost/PAY-4"]
    assert all(world.native("bob", server.cloud) in row.owners[0] for row in found.rows)


def test_work_on_a_ticket_that_one_has_resolved_is_no_help(world, server):
    """It counts as a ticket, also where it was handed back to its reporter while or after it was resolved."""
    for hand_back in (on(8, 4), on(9, 1)):
        ticket = world.issue("PAY", on(6, 1), reporter="bob", assignee="ann")
        world.worklog(ticket, "ann", on(8, 3))
        world.worklog(ticket, "bob", on(8, 3))
        world.comment(ticket, "ann", on(8, 3))
        world.resolve(ticket, on(8, 4), "ann")
        if hand_back == on(8, 4):
            ticket["histories"][-1]["items"].append(_item("assignee", "ann", "bob"))
            ticket["assignee"] = "bob"
        else:
            world.assign(ticket, "bob", hand_back)
    found = read(server, wanted(server, "ann"), also=["comments", "worklogs"])
    assert [(row.kind, row.role) for row in found.rows] == [("issue", "assignee")] * 2
    helped = read(server, wanted(server, "bob"), **ALSO).of("help")
    assert len(helped) == 2
    assert all(world.native("ann", server.cloud) in row.owners[0] for row in helped)


@pytest.mark.parametrize("zone", ["America/Los_Angeles", "Pacific/Auckland", "Pacific/Kiritimati"])
def test_the_first_and_last_minute_of_a_quarter(server, world, zone):
    """Whatever the zone of the profile, whose days queries name; the end does not belong to it."""
    world.zone = zone
    quarter = parse("2026Q3", calendar("Europe/Berlin"), NOW)
    minute = dt.timedelta(minutes=1)
    wanted_at = [quarter.since, quarter.until - minute]
    for at in (quarter.since - minute, *wanted_at, quarter.until):
        world.worklog(world.issue("PAY", on(6, 1)), "ann", NOW, started=at)
    found = read(server, wanted(server, "ann", period=quarter), **ALSO)
    assert [row.occurred_at for row in found.rows] == wanted_at


def test_many_worklogs_are_read_to_their_end(world, server):
    """A ticket brings 20 along; a server may give them in smaller pages than are asked for."""
    ticket = world.issue("PAY", on(6, 1), assignee="bob")
    for number in range(230):
        world.worklog(ticket, ("ann", "carl")[number % 2], on(8, 3), 60 * (1 + number))
    found = read(server, wanted(server, "ann"), **ALSO)
    assert (len(found.rows), found.gaps) == (115, [])
    asked = [each for each in server.asked if each.path.endswith("/worklog")]
    assert [each.value("startAt") for each in asked] == (["0", "100", "200"] if server.cloud else ["0"])


def test_a_page_of_worklogs_that_is_too_large(cloud):
    """It is asked for again with less, until it comes."""
    ticket = cloud.world.issue("PAY", on(6, 1), assignee="bob")
    for _ in range(60):
        cloud.world.worklog(ticket, "ann", on(8, 3))

    def too_large(asked):
        return Fault(503, "") if asked.path.endswith("/worklog") and asked.number("maxResults", 0) > 25 else None

    cloud.rule = too_large
    waited: list[tuple[float, str]] = []
    found = read(cloud, wanted(cloud, "ann"), waited=waited, **ALSO)
    assert (len(found.rows), found.gaps, len(waited)) == (60, [], 2)


def test_a_list_of_worklogs_that_ends_early(world, server):
    """It is a gap with the ticket's name; what came of it and of others stays, and the next fetch begins anew."""
    long, short = (world.issue("PAY", on(6, 1), assignee="bob") for _ in range(2))
    for _ in range(30):
        world.worklog(long, "ann", on(8, 3))
    world.worklog(short, "ann", on(8, 3))
    world.withheld = 5
    found = read(server, wanted(server, "ann"), **ALSO)
    assert (len(found.rows), found.cursors) == (26, {})
    assert [gap.reason for gap in found.gaps] == ["Jira gave fewer worklogs than it counted: PAY-1"]


def test_a_site_that_hides_the_field_of_worklogs(world, server):
    """Where a ticket does not bring them along, they are asked for."""
    world.worklog(world.issue("PAY", on(6, 1)), "ann", on(8, 3))
    whole = server.answer
    server.answer = lambda asked: json.loads(json.dumps(whole(asked)).replace('"worklog":', '"hidden":'))
    assert hours(read(server, wanted(server, "ann"), **ALSO)) == ["1"]


def test_worklogs_of_everyone_and_of_what_is_named(server, world):
    """Projects and the user's condition narrow them as they narrow tickets."""
    for project, label in (("PAY", "a"), ("PAY", "b"), ("WEB", "a")):
        ticket = world.issue(project, on(6, 1), assignee="bob", labels=(label,))
        for name in ("ann", "carl"):
            world.worklog(ticket, name, on(8, 3))
    everyone = read(server, Request(QUARTER, None), **ALSO)
    assert len(everyone.rows) == 6
    found = read(server, wanted(server, "ann"), projects=["PAY"], jql="labels = a OR labels = c", **ALSO)
    assert [row.work_item for row in found.rows] == ["localhost/PAY-1"]


def test_a_worklog_that_was_deleted_or_edited(server, world):
    """The next fetch takes back what is gone, also the only one of a person, in one request."""
    tickets = [world.issue("PAY", on(6, 1), assignee="bob") for _ in range(3)]
    logs = [world.worklog(each, "ann", on(8, 3)) for each in tickets]
    first = read(server, wanted(server, "ann"), **ALSO)
    world.unlog(tickets[0], logs[0], LATER)
    logs[1] |= {"seconds": 7200}
    logs[2] |= {"started": on(5, 1)}
    for each in tickets[1:]:
        each["updated"] = LATER
    world.now = LATER + dt.timedelta(hours=1)
    again = read(server, wanted(server, "ann", after=first), **ALSO)
    assert [(row.work_item, row.extra["hours"]) for row in again.rows] == [("localhost/PAY-2", "2")]
    assert sorted(each.work_item for each in again.retracted) == ["localhost/PAY-1", "localhost/PAY-3"]
    assert again.requests == 1


def test_work_logged_later_on_an_old_ticket_comes(server, world):
    ticket = world.issue("PAY", on(6, 1), assignee="bob")
    first = read(server, wanted(server, "ann"), **ALSO)
    world.worklog(ticket, "ann", LATER, started=on(9, 1))
    world.now = LATER + dt.timedelta(hours=1)
    again = read(server, wanted(server, "ann", after=first), **ALSO)
    assert [row.occurred_at for row in again.rows] == [on(9, 1)]
