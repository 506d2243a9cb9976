"""What GitLab hides, gives twice, refuses or cannot finish: all of it comes, or a gap names it."""

from __future__ import annotations

import datetime as dt
import functools
import json
import re

import pytest

from harvester.errors import SourceError
from harvester.harvesting.reader import read_source
from tests.connectors import gitlabs
from tests.connectors.faults import REFUSALS
from tests.connectors.fetches import Read
from tests.connectors.gitlabs import COMPLEX, GITLAB, on, read, source, wanted
from tests.servers.faults import Fault
from tests.servers.gitlab import NOW, GitLabServer, World, limited
from tests.servers.gitlab_graphql import CHARACTERS, COMPLEXITY, complexity, schema_of

world, server = gitlabs.world, gitlabs.server
LATER = NOW + dt.timedelta(days=3)
WAYS = pytest.mark.parametrize("settings", [{}, {"groups": ("acme",)}], ids=["anywhere", "in a group"])


@WAYS
def test_what_is_redacted_is_a_gap(world, server, settings):
    """GitLab counts what this token may not see, and takes it from the page: the page is short, not the last."""
    made = [world.merge_request("acme/pay", "alice", on(7, 1, 0, n % 60), merged=on(8, 1)) for n in range(120)]
    world.redacted.add(made[30]["id"])
    found = read(server, wanted("alice"), **settings)
    assert len(found.rows) == 119
    assert any("119 of 120" in gap.reason for gap in found.gaps)
    assert found.cursors == {}


@WAYS
def test_what_comes_while_lists_are_read_is_read(world, server, settings):
    """It shifts no page, since GraphQL's pages go on after an entry; what is new comes now or the next time."""
    for number in range(120):
        world.merge_request("acme/pay", "alice", on(7, 2, 0, number % 60), merged=on(8, 1))

    def between(number):
        if number == 3:
            world.merge_request("acme/pay", "alice", on(7, 1), merged=on(8, 1))

    server.before = between
    first = read(server, wanted("alice"), **settings)
    world.now = LATER
    again = read(server, wanted("alice", after=first), now=LATER, **settings)
    assert first.gaps == again.gaps == []
    assert len({row.id for row in (*first.rows, *again.rows)}) == 121


@WAYS
def test_what_is_gone_before_its_page_is_no_gap(world, server, settings):
    made = [world.merge_request("acme/pay", "alice", on(7, 1, 0, number % 60), merged=on(8, 1)) for number in range(70)]
    server.before = lambda number: world.delete(made[0]) if number == 2 else None
    found = read(server, wanted("alice"), **settings)
    assert (len(found.rows), found.gaps) == (69, [])


def test_a_page_that_leads_to_itself_ends(world):
    """A server whose next page is the same one is not asked for ever."""

    class Circle(GitLabServer):
        def answer(self, asked):
            made = super().answer(asked)
            for value in (made.get("data") or {}).values():
                page = value.get("authoredMergeRequests") if isinstance(value, dict) else None
                if page and "pageInfo" in page:
                    page["pageInfo"] = {"hasNextPage": True, "endCursor": "WzFd"}
            return made

    for number in range(120):
        world.merge_request("acme/pay", "alice", on(7, 1, 0, number % 60), merged=on(8, 1))
    with Circle(world) as server:
        found = read(server, wanted("alice"))
        assert len(server.asked) < 60
    assert found.gaps
    assert found.cursors == {}


def test_a_link_that_leads_to_itself_ends(world, server):
    made = world.merge_request("acme/pay", "bob", on(6, 1))
    world.approve(made, "alice", on(7, 1))
    link = {"link": f'<{server.url}/api/v4/users/1/events?page=1>; rel="next"'}
    server.rule = lambda asked: Fault(200, "[]", link) if "/events" in asked.path else None
    found = read(server, wanted("alice"))
    assert len(server.asked) < 20
    assert found.gaps
    assert found.cursors == {}


def test_no_query_is_refused_for_its_cost(world, server):
    """Whatever is asked: many people, places and lists in one request stay below GitLab's limits."""
    people = [f"dev{number}" for number in range(24)]
    for number in range(48):
        made = world.merge_request(f"acme/r{number % 12}", people[number % 24], on(7, 1), merged=on(8, 1))
        world.approve(made, people[(number + 1) % 24], on(7, 2))
        issue = world.issue(f"acme/r{number % 12}", "erin", on(7, 1), assignees=(people[number % 24],))
        world.close(issue, on(8, 1), "erin")
        for minute in range(120 if number % 12 == 0 else 0):
            world.comment(made, "erin", on(7, 1, minute // 60, minute % 60))
    places = tuple(f"acme/r{number}" for number in range(12))
    for settings in ({}, {"projects": places, "also": ("opened", "comments", "releases")}):
        first = read(server, wanted(*people), **settings)
        again = read(server, wanted(*people, after=first), **settings)
        assert first.gaps == again.gaps == []
        assert len(first.rows) >= 144
    schema = schema_of(world.version, world.enterprise)
    for each in [each for each in server.asked if each.query]:
        assert len(each.query) <= CHARACTERS
        assert complexity(schema, each.query, each.variables) <= COMPLEXITY


def test_a_query_that_is_too_complex_is_cut(world, server):
    """A server with a lower limit, or another formula, is asked for less at once, without a wait."""
    for number in range(100):
        world.merge_request("acme/pay", "alice", on(7, 1, 0, number % 60), merged=on(8, 1))

    def refuse(asked):
        cost = complexity(schema_of(world.version, True), asked.query, asked.variables) if asked.query else 0
        return Fault(200, COMPLEX) if cost > 130 else None

    server.rule = refuse
    waited: list[tuple[float, str]] = []
    found = read(server, wanted("alice"), waited=waited)
    assert (len(found.rows), found.gaps) == (100, [])
    assert sum(seconds for seconds, _ in waited) == 0


def test_a_slow_page_shrinks(world, server):
    """A page that GitLab cannot finish in thirty seconds is asked for in smaller ones."""
    for number in range(100):
        world.merge_request("acme/pay", "alice", on(7, 1, 0, number % 60), merged=on(8, 1))
    server.rule = lambda asked: Fault(502) if "diffStats" in asked.query and asked.variables.get("n0", 0) > 12 else None
    waited: list[tuple[float, str]] = []
    found = read(server, wanted("alice"), waited=waited)
    assert (len(found.rows), found.gaps) == (100, [])
    assert sum(seconds for seconds, _ in waited) < 120


class Heavy(GitLabServer):
    """Cannot answer for one merge request: for its changed files, or (`wholly`) for anything but its id."""

    wholly = False

    def answer(self, asked):
        made = super().answer(asked)
        text = json.dumps(made, default=str)
        asks = "title" in asked.query if self.wholly else asked.variables.get("paths") and "diffStats" in asked.query
        if asks and '"iid": "7"' in text and "diffStatsSummary" in asked.query:
            raise TimeoutError
        return made


@pytest.mark.parametrize(("wholly", "rows"), [(False, 20), (True, 19)])
@WAYS
def test_a_heavy_merge_request_costs_only_itself(world, settings, wholly, rows):
    """It comes without its files, or not at all, with a gap that says so."""
    for number in range(20):
        world.merge_request("acme/pay", "alice", on(7, 1, 0, number), merged=on(8, 1))

    with Heavy(world) as server:
        server.wholly = wholly
        found = read(server, wanted("alice"), **settings)
        server.broken.clear()
    assert len(found.rows) == rows
    said = "number 7" if wholly else "files of a merge request"
    assert any(said in gap.reason for gap in found.gaps)


def test_nested_lists_that_fail_are_a_gap(world, server):
    """What came of them counts; no cursor is left."""
    made = world.merge_request("acme/pay", "alice", on(7, 1), merged=on(8, 1))
    for number in range(150):
        world.comment(made, "erin", on(7, 2, number // 60, number % 60))
    world.approve(made, "bob", on(7, 3))
    server.rule = lambda asked: Fault(502) if "m0: " in asked.query else None
    found = read(server, wanted("alice", "bob"))
    assert [row.kind for row in found.rows] == ["pull_request"]
    assert found.gaps
    assert found.cursors == {}


def test_events_that_end_early_are_a_gap(world, server):
    """Their fourth page fails for good."""
    for number in range(450):
        made = world.merge_request("acme/pay", "bob", on(6, 1))
        world.approve(made, "alice", on(7, 1 + number % 28, number % 24))
    server.rule = lambda asked: Fault(503) if ("page", "4") in asked.parameters else None
    found = read(server, wanted("alice"))
    assert 0 < len(found.rows) < 450
    assert any("events of alice" in gap.reason for gap in found.gaps)
    assert found.cursors == {}


def test_offsets_beyond_the_limit_are_a_gap(world, server):
    """GitLab refuses to page beyond 50,000."""
    refusal = Fault(405, json.dumps({"error": "Offset pagination has a maximum allowed offset of 50000"}))
    for number in range(250):
        made = world.merge_request("acme/pay", "bob", on(6, 1))
        world.approve(made, "alice", on(7, 1 + number % 28, number % 24))
    server.rule = lambda asked: refusal if ("page", "3") in asked.parameters else None
    found = read(server, wanted("alice"))
    assert len(found.rows) >= 200
    assert any("events of alice" in gap.reason for gap in found.gaps)
    assert found.cursors == {}


@WAYS
def test_lost_access_deletes_nothing(world, server, settings):
    """What is not shown is not deleted, where much of a project goes at once."""
    for _ in range(3):
        world.issue("acme/pay", "bob", on(7, 1), closed=on(8, 1), by="bob", assignees=("alice",))
    first = read(server, wanted("alice"), **settings)
    world.issues.clear()
    again = read(server, wanted("alice", after=first), **settings)
    assert again.retracted == []
    assert ["acme/pay" in gap.reason for gap in again.gaps] == [True]


@WAYS
@pytest.mark.parametrize("access", [None, 10])
@pytest.mark.parametrize("number", [1, 2])
def test_an_issue_made_confidential_keeps_its_row(world, server, settings, access, number):
    """A guest cannot tell it from one that was deleted: it stays, and that is said until somebody reads all again."""
    world.access, world.viewer = access, "carol"
    issues = [
        world.issue("acme/pay", "bob", on(7, 1), closed=on(8, 1), by="bob", assignees=("alice",)) for _ in range(number)
    ]
    first = read(server, wanted("alice"), **settings)
    issues[0] |= {"confidential": True, "updatedAt": LATER}
    again = read(server, wanted("alice", after=first), **settings)
    third = read(server, wanted("alice", after=again), **settings)
    for each in (again, third):
        assert (each.rows, each.retracted) == ([], [])
        assert ["acme/pay" in gap.reason and "confidential" in gap.reason for gap in each.gaps] == [True]
        assert each.requests <= 5


@WAYS
@pytest.mark.parametrize("access", [15, 50])
def test_who_sees_confidential_issues_knows(world, server, settings, access):
    """To a planner or above what is not shown is deleted."""
    world.access = access
    issue = world.issue("acme/pay", "bob", on(7, 1), closed=on(8, 1), by="bob", assignees=("alice",))
    first = read(server, wanted("alice"), **settings)
    world.delete(issue)
    again = read(server, wanted("alice", after=first), **settings)
    assert again.gaps == []
    assert [each.work_item for each in again.retracted] == [first.rows[0].work_item]


@WAYS
def test_the_only_merge_request_is_not_taken_for_deleted(world, server, settings):
    """Where it is the only one of its project, a guest's access may be gone as well."""
    world.access = 10
    made = world.merge_request("acme/pay", "alice", on(7, 1), merged=on(8, 1))
    first = read(server, wanted("alice"), **settings)
    world.delete(made)
    again = read(server, wanted("alice", after=first), **settings)
    assert again.retracted == []
    assert ["acme/pay" in gap.reason for gap in again.gaps] == [True]


@WAYS
def test_issues_that_are_switched_off_are_a_gap(world, server, settings):
    world.issue("acme/pay", "bob", on(7, 1), closed=on(8, 1), by="bob", assignees=("alice",))
    first = read(server, wanted("alice"), **settings)
    world.issues.clear()
    world.project("acme/pay")["issuesEnabled"] = False
    again = read(server, wanted("alice", after=first), **settings)
    assert again.retracted == []
    assert ["acme/pay" in gap.reason for gap in again.gaps] == [True]


def test_a_deleted_comment_goes_with_a_change(world, server):
    """A line comment that was deleted goes when something else happens to its merge request."""
    made = world.merge_request("acme/pay", "bob", on(7, 1))
    world.line_comment(made, "alice", on(7, 2))
    first = read(server, wanted("alice"))
    made |= {"notes": [], "updatedAt": LATER}
    world.now = LATER
    again = read(server, wanted("alice", after=first), now=LATER)
    assert again.rows == []
    assert {each.kind for each in again.retracted} >= {"review"}


def test_a_limit_that_lasts_is_raised(world, server):
    """Rack::Attack's limit of an hour is waited for, one of two days is not."""
    world.merge_request("acme/pay", "alice", on(7, 1), merged=on(8, 1))
    server.script(None, limited(172_800))
    with pytest.raises(SourceError, match="would be too long"):
        read(server, wanted("alice"))


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_of_a_query_is_not_followed(world, server, status):
    """A POST that becomes a GET would ask for something else."""
    server.script(Fault(status, headers={"location": f"{server.url}/api/graphql/"}))
    with pytest.raises(SourceError, match="redirect") as caught:
        read(server, wanted("alice"))
    assert caught.value.hint


def test_the_token_travels_as_bearer(world, server):
    """That is right for every kind of token, and no other header carries it."""
    world.merge_request("acme/pay", "alice", on(7, 1), merged=on(8, 1))
    read(server, wanted("alice"))
    for each in server.asked:
        carrying = [name for name, value in each.headers.items() if server.token in value]
        assert carrying == ["Authorization"]
        assert each.headers["Authorization"] == f"Bearer {server.token}"
        assert server.token not in each.path


def everything() -> World:
    """Something for every kind of request: pages, long lists, events, references, closings, releases."""
    world = World()
    issue = world.issue("acme/pay", "bob", on(6, 1))
    labels = tuple(f"l{number}" for number in range(110))
    world.merge_request(
        "acme/pay", "alice", on(7, 1), merged=on(7, 5), closes=[issue], description="Closes #1", labels=labels
    )
    for number in range(51):
        world.merge_request("acme/web", "alice", on(7, 1, 0, number), merged=on(8, 1))
    world.approve(world.merge_request("acme/web", "bob", on(7, 1), merged=on(7, 5)), "alice", on(7, 4))
    world.issue("acme/web", "bob", on(7, 1), closed=on(8, 1), by="alice")
    world.issue("acme/web", "bob", on(7, 1), closed=on(8, 1), by="bob", assignees=("alice",))
    world.comment(world.issue("acme/web", "bob", on(7, 2)), "alice", on(7, 3))
    world.release("acme/pay", "alice", on(7, 5), "v1")
    return world


SETTINGS = [{}, {"projects": ("acme/pay", "acme/web"), "also": ("opened", "comments", "releases")}]
REQUEST = wanted("alice")


@functools.cache
def clean(way: int) -> Read:
    """What comes without a fault."""
    with GitLabServer(everything()) as server:
        found = read(server, REQUEST, **SETTINGS[way])
    assert found.gaps == []
    return found


@pytest.mark.parametrize(("name", "way"), [("a database that timed out", 0), ("429 of Rack::Attack", 1)])
def test_a_fault_in_any_request_passes(name, way):
    """Once in each request of the fetch: everything comes, and nothing twice."""
    fault, _ = GITLAB.faults[name]
    for number in range(clean(way).requests):
        with GitLabServer(everything()) as server:
            server.script(*[None] * number, fault)
            found = read(server, REQUEST, **SETTINGS[way])
        assert found.gaps == [], number
        assert {row.id: row for row in found.rows} == {row.id: row for row in clean(way).rows}, number
        assert len(found.rows) == len(clean(way).rows)


LASTING = {
    "401": (REFUSALS["401"][0], True, 0),
    "404": (REFUSALS["404"][0], False, 1),
    "an unknown field": (GITLAB.refusals["an unknown field"][0], False, 0),
    "502": (Fault(502), True, 1),
    "too complex": (Fault(200, COMPLEX), True, 0),
}
"""Faults, whether they last for ever, and in which way of reading."""


@pytest.mark.parametrize("name", sorted(LASTING))
def test_a_fault_that_lasts_is_said(name):
    """From each request of the fetch on: whatever does not come has a gap, and no cursor says that it was read."""
    fault, lasts, way = LASTING[name]
    for number in range(clean(way).requests):
        with GitLabServer(everything()) as server:
            server.rule = lambda asked, server=server, number=number, fault=fault: (
                fault if len(server.asked) == number + 1 or (lasts and len(server.asked) > number) else None
            )
            found = read_source("hub", source(server, **SETTINGS[way]), REQUEST)
        expected = {(row.scope, row.id): row for row in clean(way).rows}
        assert found.gaps or found.rows == expected, number
        assert found.gaps == [] or not any(each.cursor for each in found.done) or len(found.rows) == len(expected)


SILENT = {"widgets", "discussions", "releases", "authoredMergeRequests", "mergeRequests", "issues", "workItems"}
"""Lists that are null where a token may not see them."""
FIELDS = {"author", "mergeUser", "diffStats", "diffStatsSummary"}
"""What may be null by itself: of somebody deleted, of a change without files. Beside an error it is missing."""


class Hiding(GitLabServer):
    """Hides one thing that it would show, the `number`th: null in its place, with an error beside it or without."""

    number = 0
    says = True

    def answer(self, asked):
        made = json.loads(json.dumps(super().answer(asked)))
        for path in _nullable(made.get("data") or {}, [], SILENT | (FIELDS if self.says else set())):
            if self.number == 0:
                _put_null(made["data"], path)
                error = {"message": "The resource that you are attempting to access does not exist", "path": path}
                made |= {"errors": [*made.get("errors", ()), error]} if self.says else {}
            self.number -= 1
            if self.number < 0:
                break
        return made


def _nullable(value, path, optional):
    """The paths of what GitLab may show as null: lists, entries of lists, and single things."""
    for key, each in list(value.items()) if isinstance(value, dict) else enumerate(value):
        if isinstance(each, (dict, list)):
            is_entry = isinstance(key, int) and path[-1] == "nodes" and isinstance(each, dict)
            if is_entry or key in optional or re.fullmatch(r"[a-z]\d+", str(key)):
                yield [*path, key]
            yield from _nullable(each, [*path, key], optional)


def _put_null(value, path):
    for each in path[:-1]:
        value = value[each]
    value[path[-1]] = None


@pytest.mark.parametrize("says", [True, False])
@pytest.mark.parametrize("way", [0, 1])
def test_anything_hidden_is_said(way, says):
    """One thing hidden, wherever it is: all rows are as they would be, or a gap says that something is hidden."""
    expected = {row.id: row for row in clean(way).rows}
    for number in range(0, 900, 47):
        with Hiding(everything()) as server:
            server.number, server.says = number, says
            found = read_source("hub", source(server, **SETTINGS[way]), REQUEST)
            hit = server.number < 0
        rows = {row.id: row for row in found.rows.values()}
        assert found.gaps or rows == expected, number
        if not hit:
            break
