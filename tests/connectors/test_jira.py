"""What is read from Jira, Cloud and Data Center, and that it is all there is."""

from __future__ import annotations

import base64
import dataclasses
import datetime as dt
import json
import subprocess
import sys

import pytest

from harvester.errors import AccessError, SourceError
from harvester.model.accounts import account_key
from harvester.model.periods import calendar, parse
from harvester.sdk.connector import Request
from harvester.sdk.testing import check_connector
from tests.connectors.jiras import FLAVOURS, QUARTER, done, on, read, source, wanted
from tests.servers.faults import Fault
from tests.servers.jira import EMAIL, NOW, TOKEN, JiraServer, World, _item


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
    """An empty Jira Cloud."""
    with JiraServer(World(), "cloud") as running:
        yield running


@pytest.fixture
def data_center():
    """An empty Jira Data Center below a path."""
    with JiraServer(World(), "dc", prefix="/jira") as running:
        yield running


def roles(server, found) -> list[tuple[str, str]]:
    """The role of each ticket's row and the user's name."""
    names = {account_key(server.world.native(each, server.cloud)): each for each in list(server.world.users)}
    return sorted((row.role, names[account_key(row.account)]) for row in found.of("issue"))


def test_a_resolved_ticket_is_a_row_of_its_assignee(world, server):
    epic = world.issue("PAY", on(5, 1), type="Epic", summary="Payments")
    ticket = world.issue(
        "PAY", on(6, 1), type="Bug", assignee="ann", summary="Charge once", description="Because *twice* is too often.",
        labels=("money", "urgent"), components=("backend",), fix_versions=("2.1",), points=3.0, epic=epic,
        reporter="carl",
    )  # fmt: skip
    world.resolve(ticket, on(8, 3), "ann")
    world.comment(ticket, "dora", on(8, 2))
    found = read(server, wanted(server, "ann"))
    (row,) = found.rows
    assert (row.id, row.source, row.kind, row.role) == (
        f"issue/assignee/{ticket['id']}/{row.id.rpartition('/')[2]}", "hub", "issue", "assignee",
    )  # fmt: skip
    assert (row.work_item, row.url) == (f"localhost/{ticket['key']}", f"{server.url}/browse/{ticket['key']}")
    assert roles(server, found) == [("assignee", "ann")]
    assert row.owners == (row.account,)
    assert (row.occurred_at, row.started_at) == (on(8, 3), on(6, 1))
    assert (row.title, row.state, row.milestone, row.project) == ("Charge once", "done", "2.1", "PAY")
    assert row.body == ("Because *twice* is too often." if server.cloud else "Because twice is too often.")
    assert row.labels == ("money", "urgent", "backend", "Bug")
    assert (row.change_type, row.story_points) == ("fix", 3.0)
    assert row.parent == f"localhost/{epic['key']}"
    assert found.gaps == []


def test_the_assignee_at_resolution_counts(world, server):
    """Not who has it now; earlier assignees and who only closed it have rows of their own that count nothing."""
    ticket = world.issue("PAY", on(6, 1), assignee="eve")
    world.assign(ticket, "ann", on(6, 5))
    world.resolve(ticket, on(8, 3), "carl")
    world.assign(ticket, "dora", on(8, 20))
    found = read(server, wanted(server, "ann", "carl", "dora", "eve"))
    assert roles(server, found) == [("assignee", "ann"), ("helper", "eve"), ("resolver", "carl")]
    (counted,) = [row for row in found.rows if row.role == "assignee"]
    assert {row.owners for row in found.rows} == {(counted.account,)}
    assert {row.occurred_at for row in found.rows} == {on(8, 3)}


def test_nobody_assigned_counts_for_the_resolver(world, server):
    ticket = world.issue("PAY", on(6, 1))
    world.resolve(ticket, on(8, 3), "ann")
    (row,) = read(server, wanted(server, "ann")).rows
    assert (row.role, row.owners) == ("resolver", (row.account,))


def test_an_automation_that_resolves_is_nobody(world, server):
    """The entry has no author, and the assignee's row is as always."""
    ticket = world.issue("PAY", on(6, 1), assignee="ann")
    world.resolve(ticket, on(8, 3), by=None)
    found = read(server, wanted(server, "ann"))
    assert [(row.role, row.occurred_at) for row in found.rows] == [("assignee", on(8, 3))]
    assert found.gaps == []


@pytest.mark.parametrize(
    ("resolution", "state"),
    [
        ("Done", "done"), ("Fixed", "fixed"), ("Won't Do", "not_planned"), ("Won't Fix", "not_planned"),
        ("Declined", "not_planned"), ("Cannot Reproduce", "not_planned"), ("Duplicate", "duplicate"),
    ],
)  # fmt: skip
def test_what_was_not_done_says_so(resolution, state):
    with JiraServer(World()) as server:
        ticket = server.world.issue("PAY", on(6, 1), assignee="ann")
        server.world.resolve(ticket, on(8, 3), "ann", resolution)
        assert [row.state for row in read(server, wanted(server, "ann")).rows] == [state]


def test_a_team_managed_project_has_no_resolution(world, server):
    """The status category Done counts, and when it began."""
    world.project("TM", team_managed=True)
    ticket = world.issue("TM", on(6, 1), assignee="ann", points=2.0)
    world.transition(ticket, "In Progress", on(7, 2))
    world.resolve(ticket, on(8, 3), "ann")
    (row,) = read(server, wanted(server, "ann")).rows
    assert (row.occurred_at, row.state, row.story_points) == (on(8, 3), "done", 2.0)
    world.transition(ticket, "Closed", on(10, 20))
    assert [row.occurred_at for row in read(server, wanted(server, "ann")).rows] == [on(8, 3)]


def test_closed_again_counts_once(world, server):
    """At its last resolution."""
    ticket = done(world, "PAY", "ann", 7, 5)
    world.reopen(ticket, on(8, 1))
    world.resolve(ticket, on(9, 1), "ann")
    assert [row.occurred_at for row in read(server, wanted(server, "ann")).rows] == [on(9, 1)]


def test_reopened_and_not_closed_counts_nothing(world, server):
    ticket = done(world, "PAY", "ann", 7, 5)
    world.reopen(ticket, on(8, 1))
    found = read(server, wanted(server, "ann"))
    assert (found.rows, found.gaps) == ([], [])


def test_a_moved_ticket_keeps_its_row(world, server):
    ticket = done(world, "PAY", "ann", 7, 5)
    before = read(server, wanted(server, "ann")).rows[0]
    world.move(ticket, "WEB", on(8, 1))
    after = read(server, wanted(server, "ann")).rows[0]
    assert after.id == before.id
    assert (before.work_item, after.work_item) == ("localhost/PAY-1", "localhost/WEB-1")


def test_a_subtask_is_a_ticket_with_a_parent(world, server):
    story = world.issue("PAY", on(6, 1), type="Story")
    sub = world.issue("PAY", on(6, 2), type="Sub-task", parent=story, assignee="ann")
    world.resolve(sub, on(8, 3), "ann")
    (row,) = read(server, wanted(server, "ann")).rows
    assert row.parent == f"localhost/{story['key']}"


def test_an_epic_may_be_the_parent(cloud):
    """The new hierarchy has no epic link."""
    epic = cloud.world.issue("PAY", on(6, 1), type="Epic")
    done(cloud.world, "PAY", "ann", 8, 3, parent=epic)
    (row,) = read(cloud, wanted(cloud, "ann")).rows
    assert (row.parent, row.extra["parent_title"]) == (f"localhost/{epic['key']}", epic["summary"])


def test_two_fields_named_story_points(world, server):
    """A text of that name is none; of two numbers the one that has a value counts."""
    ids = [each["id"] for each in world.all_fields(server.cloud) if each["name"] == "Story Points"]
    done(world, "PAY", "ann", 8, 3, custom={ids[0]: "many"}, points=5.0)
    done(world, "PAY", "ann", 8, 4, custom={ids[0]: "8"})
    rows = read(server, wanted(server, "ann")).of("issue")
    assert [row.story_points for row in rows] == [5.0, None]


def test_links_that_say_closes(world, server):
    """Links that say closes or implements; others are none."""
    story, blocked = world.issue("PAY", on(6, 1)), world.issue("PAY", on(6, 1))
    ticket = done(world, "PAY", "ann", 8, 3)
    world.link(ticket, story, "Implements", ("implements", "is implemented by"))
    world.link(ticket, blocked)
    (row,) = read(server, wanted(server, "ann")).rows
    assert [each.rpartition("/")[2] for each in row.closes] == [story["key"]]


ADF = {
    "type": "doc", "version": 1,
    "content": [
        {"type": "heading", "attrs": {"level": 2}, "content": [{"type": "text", "text": "Why"}]},
        {
            "type": "paragraph",
            "content": [
                {"type": "text", "text": "Twice is ", "marks": [{"type": "strong"}]},
                {"type": "mention", "attrs": {"id": "1", "text": "@Ann"}},
                {"type": "hardBreak"},
                {"type": "inlineCard", "attrs": {"url": "https://acme.example/x"}},
                {"type": "unheardOf", "content": [{"type": "text", "text": "too much"}]},
            ],
        },
        {
            "type": "bulletList",
            "content": [
                {"type": "listItem", "content": [{"type": "paragraph", "content": [{"type": "text", "text": each}]}]}
                for each in ("one", "two")
            ],
        },
        {"type": "codeBlock", "content": [{"type": "text", "text": "charge()"}]},
    ],
}  # fmt: skip


def test_a_document_becomes_plain_text(cloud):
    """Whatever is in it; what nobody knows keeps its text."""
    done(cloud.world, "PAY", "ann", 8, 3, adf=ADF)
    (row,) = read(cloud, wanted(cloud, "ann")).rows
    for each in ("Why", "Twice is @Ann", "https://acme.example/x", "too much", "one", "two", "charge()"):
        assert each in row.body
    assert row.body.index("one") < row.body.index("two")


@pytest.mark.parametrize("adf", [{"type": "doc"}, {"type": "doc", "content": None}, {"type": "doc", "content": [{}]}])
def test_an_odd_document_is_no_error(cloud, adf):
    done(cloud.world, "PAY", "ann", 8, 3, adf=adf)
    assert len(read(cloud, wanted(cloud, "ann")).rows) == 1


def test_wiki_markup_becomes_plain_text(data_center):
    text = "h2. Why\n*Twice* is {{too}} [often|https://acme.example/x]\n{code:java}\ncharge();\n{code}\n* one\n* two"
    done(data_center.world, "PAY", "ann", 8, 3, description=text)
    (row,) = read(data_center, wanted(data_center, "ann")).rows
    for each in ("Why", "Twice is too often", "https://acme.example/x", "charge();", "one", "two"):
        assert each in row.body
    assert "{code" not in row.body
    assert "h2." not in row.body


def test_a_path_prefix(data_center):
    done(data_center.world, "PAY", "ann", 8, 3)
    (row,) = read(data_center, wanted(data_center, "ann")).rows
    assert (row.work_item, row.scope) == ("localhost/jira/PAY-1", row.scope)
    assert row.url == f"{data_center.url}/browse/PAY-1"


WEST, EAST = "America/Los_Angeles", "Pacific/Auckland"


@pytest.mark.parametrize(("zone", "home"), [(WEST, EAST), (EAST, WEST), ("UTC", "Europe/Berlin"), (EAST, EAST)])
def test_the_last_minute_of_a_quarter(server, world, zone, home):
    """It belongs to the quarter of the person's zone, whatever the zone of the caller's profile."""
    third, fourth = (parse(each, calendar(home), NOW) for each in ("2026Q3", "2026Q4"))
    world.zone = zone
    for moment in (third.since, third.until - dt.timedelta(seconds=30), third.until):
        world.resolve(world.issue("PAY", on(6, 1), assignee="ann"), moment.astimezone(dt.UTC), "ann")
    assert len(read(server, wanted(server, "ann", period=third)).rows) == 2
    assert len(read(server, wanted(server, "ann", period=fourth)).rows) == 1


def test_nothing_beyond_the_period_or_the_people(world, server):
    for at in (QUARTER.since - dt.timedelta(seconds=1), QUARTER.since, QUARTER.until):
        world.resolve(world.issue("PAY", on(6, 1), assignee="ann"), at, "ann")
    done(world, "PAY", "bob", 8, 3)
    assert [row.occurred_at for row in read(server, wanted(server, "ann")).rows] == [QUARTER.since]


def test_everyone_is_read_by_project(world, server):
    for name in ("ann", "bob"):
        done(world, "PAY", name, 8, 3)
        done(world, "WEB", name, 8, 3)
    found = read(server, wanted(server), projects=["PAY"])
    assert len(found.rows) == 2
    assert len({row.account for row in found.rows}) == 2


def test_projects_may_be_globs(world, server):
    for project in ("PAY", "PAYX", "WEB"):
        done(world, project, "ann", 8, 3)
    rows = read(server, wanted(server, "ann"), projects=["PAY*"]).rows
    assert sorted(row.project for row in rows) == ["PAY", "PAYX"]


@pytest.mark.parametrize(
    ("jql", "projects"),
    [
        ("labels = money", ["PAY"]),
        ("labels = money OR labels = other", ["PAY"]),
        ("project = WEB OR project = PAY", ["PAY"]),
        ("labels = money ORDER BY updated DESC", ["PAY"]),
    ],
)
def test_jql_narrows_and_never_widens(server, world, jql, projects):
    done(world, "PAY", "ann", 8, 3, labels=("money",))
    done(world, "PAY", "bob", 8, 3, labels=("money",))
    done(world, "WEB", "ann", 8, 4, labels=("money",))
    rows = read(server, wanted(server, "ann"), jql=jql, projects=["PAY"]).rows
    assert [row.project for row in rows] == projects


@pytest.mark.parametrize("jql", ["labels = money) OR (project = WEB", 'labels = "open', "labels = x AND", "nope = 1"])
def test_jql_that_is_wrong_is_an_error(server, world, jql):
    """Jira's words are in it; nothing is read with another meaning."""
    done(world, "PAY", "ann", 8, 3)
    done(world, "WEB", "ann", 8, 3)
    with pytest.raises(SourceError, match=r"(?i)jql|query"):
        read(server, wanted(server, "ann"), jql=jql)


@pytest.mark.parametrize(
    "name", ['o"neil', "o'neil", "back\\slash", "or", "EMPTY", "名前", "a) OR (assignee is not EMPTY", "x@y.example"]
)
def test_a_name_cannot_break_out_of_a_query(data_center, name):
    done(data_center.world, "PAY", name, 8, 3)
    done(data_center.world, "PAY", "bob", 8, 3)
    rows = read(data_center, wanted(data_center, name)).rows
    assert [account_key(row.account) for row in rows] == [account_key(name)]


def test_a_key_of_data_center_is_shown_as_a_name(data_center):
    """Its changelog names assignees by key."""
    ticket = data_center.world.issue("PAY", on(6, 1), assignee="bob")
    data_center.world.assign(ticket, "ann", on(6, 5))
    data_center.world.resolve(ticket, on(8, 3), "ann")
    data_center.world.assign(ticket, "bob", on(8, 5))
    found = read(data_center, wanted(data_center, "ann", "bob"))
    assert roles(data_center, found) == [("assignee", "ann"), ("helper", "bob")]


def test_a_long_changelog_is_read_whole(world, server):
    """Cloud's search gives 40 entries, Data Center's may be cut, too: the resolution is beyond them."""
    world.cut = 30
    ticket = world.issue("PAY", on(6, 1), assignee="ann")
    for minute in range(45):
        world.change(ticket, on(6, 2, 12, minute), "bob", world._moved(ticket, "In Progress", on(6, 2, 12, minute)))
    world.resolve(ticket, on(8, 3), "carl")
    for minute in range(45):
        world.assign(ticket, ("bob", "dora")[minute % 2], on(8, 4, 12, minute))
    found = read(server, wanted(server, "ann"))
    assert [(row.role, row.occurred_at) for row in found.rows] == [("assignee", on(8, 3))]
    assert found.gaps == []


@pytest.mark.parametrize("short", [(3, 0, 0, 2), (1,) * 12, (0,)])
def test_a_short_page_is_not_the_end(server, world, short):
    for day in range(1, 13):
        done(world, "PAY", "ann", 8, day)
    world.short = short if server.cloud else tuple(each or 1 for each in short)
    found = read(server, wanted(server, "ann"))
    assert len({row.id for row in found.rows}) == len(found.rows) == 12
    assert found.gaps == []


def test_a_changelog_in_pages(cloud):
    for day in range(1, 13):
        done(cloud.world, "PAY", "ann", 8, day)
    cloud.world.changes = 5
    found = read(cloud, wanted(cloud, "ann"))
    assert (len(found.rows), found.gaps) == (12, [])


def test_rows_that_repeat_under_ties(data_center):
    """All resolved and written at the same moment, on three pages."""
    for _ in range(12):
        done(data_center.world, "PAY", "ann", 8, 3)
    data_center.world.most = 5
    found = read(data_center, wanted(data_center, "ann"))
    assert len({row.id for row in found.rows}) == len(found.rows) == 12


def test_a_page_that_leads_back_ends(server, world):
    """The reading ends, and says that it is not whole."""
    for day in range(1, 13):
        done(world, "PAY", "ann", 8, day)
    world.most, world.loops = 5, True
    found = read(server, wanted(server, "ann"))
    assert found.gaps
    assert found.cursors == {}


def test_an_end_that_is_none_is_not_believed(cloud):
    """Where Cloud says that a page is not the last one and names no other, something is missing."""
    done(cloud.world, "PAY", "ann", 8, 1)
    cloud.rule = lambda asked: Fault(200, '{"issues": [], "isLast": false}') if "search/jql" in asked.path else None
    with pytest.raises(SourceError, match="not the last"):
        read(cloud, wanted(cloud, "ann"))


def test_also_comments_and_reported(world, server):
    """On others' tickets; each comment is a row of its own, however many there are."""
    ticket = world.issue("PAY", on(7, 1), reporter="ann", assignee="bob")
    for minute in range(130):
        world.comment(ticket, ("ann", "bob")[minute % 2], on(8, 2, 12 + minute // 60, minute % 60))
    world.resolve(ticket, on(8, 3), "bob")
    found = read(server, wanted(server, "ann"), also=["comments", "reported"])
    assert len(found.of("comment")) == 65
    assert {(row.kind, row.role) for row in found.rows} == {("comment", "helper"), ("issue", "reporter")}
    assert read(server, wanted(server, "ann")).rows == []


def test_a_hidden_email_is_no_error(cloud):
    """An account is found by its e-mail once, though answers do not show it."""
    done(cloud.world, "PAY", "ann", 8, 3)
    found = read(cloud, Request(QUARTER, frozenset({"ann@example.org"})))
    assert [row.role for row in found.rows] == ["assignee"]
    assert found.gaps == []


def test_a_person_nobody_knows_is_a_gap(server, world):
    """The others are read."""
    done(world, "PAY", "ann", 8, 3)
    accounts = frozenset({world.native("ann", server.cloud), "712020:00000000-nobody"})
    found = read(server, Request(QUARTER, accounts))
    assert len(found.rows) == 1
    assert any("nobody" in gap.reason for gap in found.gaps)


def test_a_hidden_project_is_a_gap(server, world):
    """A project that is named and not shown is never taken for one without work."""
    done(world, "PAY", "ann", 8, 3)
    done(world, "WEB", "ann", 8, 3)
    world.hidden.add("WEB")
    found = read(server, wanted(server, "ann"), projects=["PAY", "WEB"])
    assert [row.project for row in found.rows] == ["PAY"]
    assert any("WEB" in gap.reason for gap in found.gaps)


def test_a_token_that_is_nobodys_is_an_error(server, world):
    """Jira may answer as for anybody, with nothing, where a token is not accepted."""
    done(world, "PAY", "ann", 8, 3)
    world.anonymous = True
    with pytest.raises(AccessError):
        read(server, wanted(server, "ann"), environ={"TOKEN": "expired"})


def test_the_contract(server, world):
    """Tickets of all kinds, with one that was closed in both halves of the period."""
    for number in range(12):
        done(world, "PAY", ("ann", "bob")[number % 2], 7 + number % 3, 1 + number)
    twice = done(world, "WEB", "ann", 7, 5)
    world.reopen(twice, on(7, 20))
    world.resolve(twice, on(9, 20), "carl")
    world.move(done(world, "WEB", "ann", 8, 5), "PAY", on(8, 6))
    world.issue("PAY", on(7, 1), reporter="ann")
    world.worklog(twice, "bob", on(9, 29))
    also = ["comments", "reported", "worklogs"]
    rows = check_connector(lambda: source(server, also=also), wanted(server, "ann", "bob"))
    assert len([row for row in rows if row.role == "assignee"]) == 14


def test_the_library_is_not_loaded_before_it_is_needed():
    code = "import sys, harvester.connectors.jira; sys.exit('requests' in sys.modules or 'jira' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_pages_have_one_unique_order(server, world):
    """By what never changes, and with something unique."""
    done(world, "PAY", "ann", 8, 3)
    read(server, wanted(server, "ann"))
    orders = [each for asked in server.asked if (each := str(asked.body.get("jql") or asked.value("jql")))]
    for jql in orders:
        last = jql.upper().rpartition("ORDER BY")[2]
        assert "UPDATED" not in last
        assert "KEY" in last or "ID" in last


def test_an_account_may_be_a_user_key(data_center):
    """Rows have the account that was asked for."""
    done(data_center.world, "PAY", "ann", 8, 3)
    key = data_center.world.users["ann"]["key"]
    (row,) = read(data_center, Request(QUARTER, frozenset({key}))).rows
    assert account_key(row.account) == account_key(key)


def test_who_is_gone_is_still_named(world, server):
    """A user who was switched off has done what they did."""
    done(world, "PAY", "ann", 8, 3)
    world.user("ann", active=False)
    assert [row.role for row in read(server, wanted(server, "ann")).rows] == ["assignee"]


def test_handed_back_while_it_is_resolved(world, server):
    """Who closes a ticket may give it to its reporter in the same step, to have it tested."""
    ticket = world.issue("PAY", on(6, 1), assignee="ann", reporter="rita")
    world.resolve(ticket, on(8, 3), "ann")
    (entry,) = ticket["histories"]
    entry["items"].append(_item("assignee", "ann", "rita"))
    ticket["assignee"] = "rita"
    found = read(server, wanted(server, "ann", "rita"))
    assert ("assignee", "ann") in roles(server, found)


def test_what_slips_past_a_page_is_found(world, server):
    """A ticket is reopened while pages are read, so that the next page begins one later."""
    for number in range(30):
        done(world, "PAY", "ann", 8, 1 + number % 28, summary=f"Ticket {number}")
    world.most = 10
    first = min(world.issues.values(), key=lambda each: int(each["id"]))

    def reopen(number):
        searches = [each for each in server.asked if "search" in each.path]
        if len(searches) == 2 and first["resolution"]:
            world.reopen(first, NOW)

    server.before = reopen
    found = read(server, wanted(server, "ann"))
    assert len({row.work_item for row in found.rows} - {f"localhost/{first['key']}"}) == 29


def test_a_long_list_of_people_is_posted(server, world):
    """No address is longer than servers take."""
    names = [f"dev{number:02}" for number in range(60)]
    for name in names:
        done(world, "PAY", name, 8, 3)
    found = read(server, wanted(server, *names))
    assert len(found.rows) == 60
    assert found.gaps == []


def test_text_from_jira_is_never_obeyed(world, server):
    """Hostile names, keys and texts come as they are, and break nothing."""
    ticket = world.issue(
        "PAY", on(6, 1), assignee="ann", summary="\x1b[2J<script>alert(1)</script> | `x` @everyone",
        labels=('" OR project = WEB', "\u202e"), description="{code}" * 500 + "[" * 5000 + "*" * 5000,
    )  # fmt: skip
    world.user("ann", display="Ann <root@example.org>\n[bot]")
    world.resolve(ticket, on(8, 3), "ann")
    (row,) = read(server, wanted(server, "ann")).rows
    assert row.title == ticket["summary"]
    assert account_key(row.account) == account_key(world.native("ann", server.cloud))


def test_a_token_that_is_sent_back_is_not_shown(server):
    """Neither as it is nor as it was encoded for the header."""
    sent = base64.b64encode(f"{EMAIL}:{TOKEN}".encode()).decode()
    server.rule = lambda asked: Fault(403, json.dumps({"errorMessages": [f"Not for Basic {sent} nor Bearer {TOKEN}"]}))
    with pytest.raises(AccessError) as raised:
        read(server, wanted(server, "ann"))
    assert "Not for Basic" in f"{raised.value}"
    assert TOKEN not in f"{raised.value}"
    assert not server.cloud or sent not in f"{raised.value}"


def test_a_password_in_netrc_is_not_sent(server, world, tmp_path, monkeypatch):
    """requests would prefer it to a header; the token is what is configured."""
    (tmp_path / "netrc").write_text("machine localhost login root password secret\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    done(world, "PAY", "ann", 8, 3)
    assert len(read(server, wanted(server, "ann")).rows) == 1
    assert all(server.signed(asked) for asked in server.asked)


def test_whoever_may_not_browse_people_may_search(server, world):
    """An account is taken as it is then; an address leads to nobody."""
    done(world, "PAY", "ann", 8, 3)
    server.rule = lambda asked: Fault(403, '{"errorMessages": ["No"]}') if "/user" in asked.path else None
    assert len(read(server, wanted(server, "ann")).rows) == 1
    found = read(server, Request(QUARTER, frozenset({"ann@example.org"})))
    assert (found.rows, len(found.gaps)) == ([], 1)


def test_doctor_says_what_it_found(server, world):
    world.project("PAY")
    found = list(source(server, projects=["PAY", "NOPE"]).check())
    kind = "Cloud" if server.cloud else "Data Center 9.12.5"
    assert [each.message for each in found if each.state == "ok"][:2] == [
        f"Jira is Jira {kind}.", "The token is Ada's, whose profile is in the zone America/Los_Angeles.",
    ]  # fmt: skip
    assert found[-1].message == "1 project can be read: PAY."
    assert [each.message for each in found if each.state == "error"] == [
        "The project NOPE does not exist, or the token must not browse it."
    ]


def test_doctor_tells_a_failure(server):
    """In two tries, not in six."""
    waited: list[tuple[float, str]] = []
    server.rule = lambda asked: Fault(503)
    found = list(source(server, waited=waited).check())
    assert [(each.state, each.message) for each in found] == [("error", "Jira answers with error 503.")]
    assert len(waited) == 1


def test_a_dry_run_counts(server, world):
    for day in range(1, 8):
        done(world, "PAY", "ann", 8, day)
    lines = list(source(server, also=["worklogs"]).plan(wanted(server, "ann")))
    assert lines[:2] == ["localhost: the whole period", "  about 7 tickets to look through"]
    assert lines[2] == "  with their worklogs: for each ticket with more than 20, one request for every 100 besides"
    assert all("changelog" not in asked.path for asked in server.asked)


def test_a_resolution_that_was_replaced_later_is_found(server, world):
    """The date of resolution is that of the last one, after the period; the work was done in it."""
    ticket = world.issue("PAY", on(6, 1), assignee="ann")
    world.resolve(ticket, on(8, 1), "carl")
    world.resolve(ticket, on(10, 15), "bob", "Fixed")
    assert [(row.occurred_at, row.state) for row in read(server, wanted(server, "ann")).rows] == [(on(8, 1), "fixed")]


def test_a_ticket_that_was_created_as_done(server, world):
    """It has no resolution and no change, such as one that was imported into a team-managed project."""
    world.project("TM", team_managed=True)
    world.issue("TM", on(8, 1), assignee="ann", status="Done")
    assert [row.occurred_at for row in read(server, wanted(server, "ann")).rows] == [on(8, 1)]


def test_no_project_that_is_shown_is_not_every_project(server, world):
    done(world, "PAY", "ann", 8, 3)
    for request in (wanted(server, "ann"), wanted(server)):
        found = read(server, request, projects=["NOPE"])
        assert (found.rows, [gap.reason.partition(":")[0] for gap in found.gaps]) == ([], ["NOPE"])


def test_nobody_known_is_not_everybody(server, world):
    done(world, "PAY", "ann", 8, 3)
    found = read(server, Request(QUARTER, frozenset({"nobody"})))
    assert (found.rows, len(found.gaps)) == ([], 1)


def test_a_token_that_is_known_in_the_end(server, world):
    """Jira may try several ways to sign in, and says so of each."""
    done(world, "PAY", "ann", 8, 3)
    info = Fault(200, '{"deploymentType": "CLOUD"}', {"x-seraph-loginreason": "AUTHENTICATED_FAILED, OK"})
    server.script(info if server.cloud else Fault(200, "{}", {"x-seraph-loginreason": "OUT, OK"}))
    assert len(read(server, wanted(server, "ann")).rows) == 1


def test_an_empty_page_before_the_total(data_center):
    for day in range(1, 13):
        done(data_center.world, "PAY", "ann", 8, day)
    data_center.world.short = (3, 0)
    found = read(data_center, wanted(data_center, "ann"))
    assert [gap.reason for gap in found.gaps] == [
        "3 tickets came, then: Jira gave 3 of 12 tickets and then an empty page"
    ]
    assert (len(found.rows), found.cursors) == (3, {})


def test_an_address_of_two_people_is_nobodys(cloud):
    """One of them would be credited with the other's work; who shows the address is meant."""
    done(cloud.world, "PAY", "ann", 8, 3)
    cloud.world.user("dora", email="ann@example.org")
    request = Request(QUARTER, frozenset({"ann@example.org"}))
    found = read(cloud, request)
    assert (found.rows, len(found.gaps)) == ([], 1)
    assert "`jira = []`" in found.gaps[0].reason
    cloud.world.user("ann", shown=True)
    assert len(read(cloud, request).rows) == 1


def test_one_address_of_a_person_is_enough(server, world):
    done(world, "PAY", "ann", 8, 3)
    jira = source(server)
    context = dataclasses.replace(jira.context, person_of=lambda account: "ann" if "ann" in account else account)
    jira = dataclasses.replace(jira, context=context)
    request = Request(QUARTER, frozenset({"ann@example.org", "ann@old.example"}))
    found = read(server, request, jira)
    assert (len(found.rows), found.gaps) == (1, [])
