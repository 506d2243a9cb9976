"""What GitHub's search does not find, gives twice, counts wrongly or forbids: all of it comes, or a gap names it."""

from __future__ import annotations

import datetime as dt

import pytest

from harvester.connectors.github import searches
from harvester.connectors.github.agents import people_behind
from harvester.harvesting.reader import read_source
from harvester.ledger.coverage import source_status
from harvester.sdk.connector import Request
from harvester.sdk.strategy import Job
from tests.connectors.fetches import QUARTER, on, wanted
from tests.connectors.githubs import read, source
from tests.servers.github import NOW, Fault, GitHubServer

LATER = NOW + dt.timedelta(days=3)


class Twice(GitHubServer):
    """Gives the first review of the first page again, in place of another one, where a list is read on."""

    def answer(self, asked):
        made = super().answer(asked)
        for node in made["data"].values():
            if isinstance(node, dict) and "reviews" in node:
                node["reviews"]["nodes"][0] = {**node["reviews"]["nodes"][0], "id": "PRR_again"}
                node["reviews"]["nodes"][1]["id"] = "PRR_again"
        return made


def reviewed(world, number=70):
    reviews = [("alice", "COMMENTED", on(7, 1 + each // 60, 1, each % 60)) for each in range(number)]
    return world.pull("acme/pay", "bob", on(6, 1), reviews=reviews)


def test_an_entry_that_comes_twice_hides_none(world):
    """A list is as long as its total only if its entries are distinct."""
    reviewed(world)
    with Twice(world) as server:
        found = read(server, wanted("alice"))
    (gap,) = found.gaps
    assert gap.reason.startswith("GitHub gave 69 of 70 reviews: http")
    assert (len(found.rows), found.cursors) == (69, {})


class Forbidden(GitHubServer):
    """Forbids one entry of a list of reviews: on the first page, or where it is read on; or what a list is read on."""

    where = "first"

    def answer(self, asked):
        made = super().answer(asked)
        error = {"type": "FORBIDDEN", "message": "Resource not accessible by personal access token"}
        if self.where == "list" and "m0: node" in asked.query:
            made["data"]["m0"] = None
            return made | {"errors": [error | {"path": ["m0"]}]}
        found = made["data"].get("m0") if self.where == "next" else None
        path = ["m0"]
        if self.where == "first":
            for alias, page in made["data"].items():
                if alias[0] == "s" and page["nodes"] and page["nodes"][0].get("reviews"):
                    found, path = page["nodes"][0], [alias, "nodes", 0]
        if found:
            found["reviews"]["nodes"][3] = None
            return made | {"errors": [error | {"path": [*path, "reviews", "nodes", 3]}]}
        return made


@pytest.mark.parametrize(("where", "rows"), [("first", 69), ("next", 69), ("list", 50)])
def test_a_forbidden_review_is_a_gap(world, where, rows):
    """Wherever in the list it is; no cursor is left, so the next fetch looks again."""
    reviewed(world)
    with Forbidden(world) as server:
        server.where = where
        found = read(server, wanted("alice"))
    assert len(found.rows) == rows
    assert len(found.gaps) == 1
    assert "GitHub does not let this token see it" in found.gaps[0].reason
    assert found.cursors == {}


@pytest.mark.parametrize("places", [{"repositories": ("acme/pay",)}, {"organisations": ("acme",)}])
def test_an_issue_that_a_person_only_closed(world, server, places):
    """No search finds it by person, so it is read by place, also where people are cheaper."""
    world.issue("acme/pay", "bob", on(7, 1), closed=on(8, 1), by="alice")
    for number in range(300):
        world.pull("acme/pay", "bob", on(7, 1), merged=on(7, 2, number % 24))
    assert "by person" in "\n".join(source(server, **places).plan(wanted("alice")))
    found = read(server, wanted("alice"), **places)
    assert [(row.kind, row.extra["credited"]) for row in found.rows] == [("issue", "closed it")]
    world.reopen(world.items[0], LATER)
    again = read(server, wanted("alice", after=found), **places)
    assert [each.kind for each in again.retracted] == ["issue"]


def test_what_no_search_finds_is_read_again(world, server):
    """A row that was found by place is yielded again where only people are named, so it is not removed."""
    world.issue("acme/pay", "bob", on(7, 1), closed=on(8, 1), by="alice")
    first = read(server, wanted("alice"), organisations=("acme",))
    again = read(server, wanted("alice", after=first))
    assert again.done[0].whole
    assert again.rows == first.rows
    third = read(server, Request(QUARTER, frozenset({"alice"}), previous=again.cursors))
    assert third.rows == first.rows


def test_comments_are_searched_by_type(world, server):
    """Without `is:issue` or `is:pr` GitHub's search may find nothing."""
    for kind in ("is:issue", "is:pr"):
        for each in (searches.by_person, lambda job, login, *rest: searches.by_scope(job, "org:acme", rest[-1])):
            made = [one.query for one in each(Job(QUARTER), "alice", "", ("comments",))]
            assert all("is:issue" in query or "is:pr" in query for query in made)
            assert any(kind in query and "comment" in query for query in made)


def test_an_index_that_is_hours_behind(world, server):
    """What it did not know at the last fetch is asked for again for a day."""
    late = world.pull("acme/pay", "alice", on(7, 1), merged=on(8, 1), updated=NOW - dt.timedelta(hours=20))
    world.items.remove(late)
    world.user("alice")
    first = read(server, wanted("alice"))
    world.items.append(late)
    world.now = NOW + dt.timedelta(hours=5)
    assert len(read(server, wanted("alice", after=first)).rows) == 1


class Drifting(GitHubServer):
    """Counts one too many, at every second request or always; or many too many."""

    more, always = 1, True

    def answer(self, asked):
        made = super().answer(asked)
        for page in made["data"].values():
            if isinstance(page, dict) and page.get("issueCount", 0) > 100 and (self.always or len(self.asked) % 2):
                page["issueCount"] += self.more
        return made


@pytest.mark.parametrize("always", [True, False])
def test_a_total_that_drifts_by_one(world, always):
    """Pages that end by themselves are believed, at the price of their ids."""
    for number in range(400):
        world.pull("acme/pay", "alice", on(7, 1, number % 24), merged=on(8, 1, number % 24))
    with GitHubServer(world) as server:
        usual = read(server, wanted("alice")).requests
    with Drifting(world) as server:
        server.always = always
        found = read(server, wanted("alice"))
    assert (len(found.rows), found.gaps) == (400, [])
    assert found.cursors
    assert found.requests <= usual + 6


def test_a_total_that_is_far_too_high(world):
    """More than an estimate may be off is missing."""
    for number in range(400):
        world.pull("acme/pay", "alice", on(7, 1, number % 24), merged=on(8, 1, number % 24))
    with Drifting(world) as server:
        server.more = 30
        found = read(server, wanted("alice"))
    assert [gap.reason for gap in found.gaps] == ["GitHub gave 400 of 430 merged pull requests of alice"]
    assert found.cursors == {}


def test_a_full_second_of_one_repository(world, server):
    """It is cut by when its pull requests were created."""
    for number in range(1300):
        created = on(6, 1 + number % 28, number % 24, number % 60, number % 59)
        world.pull("acme/pay", "alice", created, merged=on(8, 1))
    found = read(server, wanted("alice"), repositories=("acme/pay",))
    assert (len({row.id for row in found.rows}), found.gaps) == (1300, [])


def test_an_unknown_organisation_is_named_as_unknown(world, server):
    world.user("alice")
    (gap,) = read(server, wanted("alice"), organisations=("acmee",)).gaps
    assert gap.reason.startswith("acmee: GitHub has no organisation or user of this name: misspelt")


AGENT = "copilot-swe-agent"


def delegated(world, **more):
    world.user(AGENT, "Bot")
    return world.pull("acme/pay", AGENT, on(7, 1), merged=on(7, 2), **more)


@pytest.mark.parametrize(
    ("pull", "person", "why"),
    [
        ({"assignees": ("alice", "copilot"), "merged_by": "bob"}, "alice", "assigned to a coding agent's pull request"),
        ({"body": "Requested by: Alice (@alice)", "merged_by": "bob"}, "alice", "named as having asked a coding agent"),
        ({"merged_by": "alice"}, "alice", "merged a coding agent's pull request"),
    ],
)
def test_who_is_behind_an_agent(world, server, pull, person, why):
    """The person has a row as co-author, which is in no total, and the agent its own."""
    delegated(world, **pull)
    found = read(server, wanted(), organisations=("acme",)).of("pull_request")
    assert {(row.role, row.account) for row in found} == {("author", f"{AGENT}[bot]"), ("co-author", person)}
    (row,) = [row for row in found if row.role == "co-author"]
    assert row.owners == (f"{AGENT}[bot]",)
    assert row.participants[0] == f"{AGENT}[bot]"
    assert row.extra["credited"].startswith(why)
    assert read(server, wanted("alice"), organisations=("acme",)).rows == [row]


def test_an_agent_is_found_by_person(world, server):
    """Where no place is named, by taking part in it; who only merged it is found by place."""
    delegated(world, assignees=("alice",))
    delegated(world, body="Created by Jules, started by @alice")
    delegated(world, merged_by="alice")
    world.pull("acme/pay", "bob", on(7, 1), merged=on(7, 2), assignees=("alice",))
    found = read(server, wanted("alice"))
    assert [(row.kind, row.role) for row in found.rows] == [("pull_request", "co-author")] * 2
    assert len(read(server, wanted("alice"), organisations=("acme",)).rows) == 3


def test_nobody_asked_for_a_bot_that_is_no_agent():
    """Merging a new dependency is nobody's pull request."""
    assert people_behind({"assignees": {"nodes": []}, "body": "", "mergedBy": None}) == []


@pytest.mark.parametrize("change", ["deleted", "moved", "moved under its id", "taken off"])
def test_what_is_no_longer_mine_goes(world, server, change):
    """Everything with a row is watched by its id."""
    issue = world.issue("acme/pay", "bob", on(7, 1), closed=on(8, 1), by="bob", assignees=("alice",))
    world.pull("acme/pay", "alice", on(7, 1), merged=on(8, 1))
    world.repository("acme/web")
    first = read(server, wanted("alice"))
    assert len(first.rows) == 2
    assert read(server, wanted("alice", after=first)).requests == 1
    if change == "taken off":
        issue |= {"assignees": [], "updatedAt": LATER}
    elif change == "deleted":
        world.items.remove(issue)
    elif change == "moved":
        world.items.remove(issue)
        world.items.append(
            issue | {"id": "I_new", "number": 99, "repository": world.repository("acme/web"), "updatedAt": LATER}
        )
    else:
        issue |= {"number": 99, "repository": world.repository("acme/web")}
    again = read(server, wanted("alice", after=first))
    work_item = next(row.work_item for row in first.rows if row.kind == "issue")
    assert work_item in {each.work_item for each in again.retracted}
    assert again.gaps == []
    moved = [row.work_item for row in again.of("issue")]
    assert moved == (["localhost/acme/web#99"] if change.startswith("moved") else [])
    world.now = LATER + dt.timedelta(days=2)
    settled = read(server, wanted("alice", after=again))
    assert read(server, wanted("alice", after=settled)).retracted == []


@pytest.mark.parametrize("lost", ["issues switched off", "all of it"])
def test_lost_access_deletes_nothing(world, server, lost):
    """What is not shown is not deleted, where much of a repository goes at once."""
    for _ in range(3):
        world.issue("acme/pay", "bob", on(7, 1), closed=on(8, 1), by="bob", assignees=("alice",))
    first = read(server, wanted("alice"))
    world.items.clear()
    world.repositories["acme/pay"]["hasIssuesEnabled"] = lost == "all of it"
    again = read(server, wanted("alice", after=first))
    assert again.retracted == []
    assert [gap.reason.partition(":")[0] for gap in again.gaps] == ["acme/pay"]


def test_a_deleted_review_and_comment_go(world, server):
    """They go when something else changes in their pull request."""
    pull = world.pull("acme/pay", "bob", on(7, 1), reviews=[("alice", "COMMENTED", on(7, 2))])
    first = read(server, wanted("alice"))
    assert len(first.rows) == 1
    pull |= {"reviews": [], "updatedAt": LATER}
    again = read(server, wanted("alice", after=first))
    assert (pull["number"], "review") in [
        (int(each.work_item.partition("#")[2]), each.kind) for each in again.retracted
    ]


def test_releases_that_are_not_shown_are_a_gap(world, server):
    """A repository that goes while it is read is not one without releases."""
    world.release("acme/pay", "alice", on(7, 5), "v1")
    world.user("alice")
    server.before = lambda number: world.hidden.add("acme") if "...Releases" in server.asked[-1].query else None
    found = read(server, wanted("alice"), repositories=("acme/pay",), also=("releases",))
    assert [gap.reason.partition(":")[0] for gap in found.gaps] == ["acme/pay"]
    assert found.cursors == {}


def test_a_small_page_size_is_remembered(world, server):
    """A server that gives ten at most fails seldom."""
    for number in range(300):
        world.pull("acme/pay", "alice", on(7, 1, number % 24), merged=on(8, 1, number % 24))
    failed = []

    def too_much(request):
        if request.variables.get("n0", 0) > 10 and "...PullRequests" in request.query:
            failed.append(1)
            return Fault(502)
        return None

    server.rule = too_much
    found = read(server, wanted("alice"))
    assert (len(found.rows), found.gaps) == (300, [])
    assert len(failed) <= 8


def test_a_remark_is_no_gap(world, server):
    """What search by person cannot find is said beside the coverage, which stays complete; by place there is none."""
    world.pull("acme/pay", "alice", on(7, 1), merged=on(8, 1))
    found = read_source("hub", source(server), wanted("alice"))
    rows = found.coverage(NOW)
    assert [each.complete for each in rows] == [True, True]
    status = source_status(rows, "hub", frozenset({"alice"}), QUARTER)
    assert status.complete
    assert ["only closed" in each.text for each in status.remarks] == [True]
    assert read(server, wanted("alice"), organisations=("acme",)).remarks == []
