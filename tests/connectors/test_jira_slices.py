"""A fetch from Jira in slices: together they are one fetch, and the next harvest goes on from them."""

from __future__ import annotations

import dataclasses
import json

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from harvester.connectors.jira import Jira, slices
from harvester.errors import SourceError
from harvester.model.periods import Period
from harvester.sdk.connector import Request, ScopeCompleted
from harvester.sdk.slices import TimeSlice
from tests.connectors.divided import FirstInSlices, in_slices, steps
from tests.connectors.fetches import QUARTER, Read, gather
from tests.connectors.jiras import FLAVOURS, on, read, source, wanted
from tests.connectors.test_jira_sequences import PEOPLE, STEPS, YEAR, Story
from tests.servers.jira import JiraServer, World


def divided(server: JiraServer, request: Request, number: int, **settings: object) -> list[TimeSlice]:
    """So many slices of a request."""
    return slices.slices(source(server, **settings)._reader(request), number)


def read_divided(server: JiraServer, request: Request, number: int = 3, **settings: object) -> Read:
    """A request that is read in slices."""
    before = len(server.asked)
    made = divided(server, request, number, **settings)
    found = gather(in_slices(lambda: source(server, **settings), request, made))
    found.requests = len(server.asked) - before
    return found


class DividedStory(FirstInSlices, Story):
    """A story whose first fetch is divided."""

    def connector(self, server: JiraServer) -> Jira:
        return source(server, **self.options)

    def slices(self, server: JiraServer, request: Request) -> list[TimeSlice]:
        return divided(server, request, 5, **self.options)


@pytest.mark.parametrize(
    ("flavour", "names", "options"),
    [
        ("cloud", ("ann",), {"also": ["reported", "comments"]}),
        ("dc", ("ann",), {"also": ["reported", "worklogs"]}),
        ("dc", None, {}),
        ("cloud", PEOPLE, {"jql": "labels != l1 OR labels is EMPTY"}),
    ],
    ids=["one person", "worklogs", "everyone", "what is labelled"],
)
@settings(max_examples=5, deadline=None)
@example(
    [("ticket", 0, 1), ("ticket", 1, 1), ("resolve", 0, 0)],
    [("resolve", 1, 0), ("reopen", 0, 0), ("move", 0, 1), ("delete", 1, 0), ("resolve", 0, 1)],
    [("reopen", 0, 0)],
    [4, 3, 2, 1, 0],
)
@given(steps(STEPS), steps(STEPS), steps(STEPS), st.permutations(range(5)))
def test_what_goes_on_from_slices_is_a_full_fetch(flavour, names, options, before, between, after, order):
    """Whatever happens before, between and after slices: the next fetch leaves the rows of a full one."""
    story = DividedStory(flavour, names, **options)
    story.stored.period = Period(story.world.now, YEAR.until)
    story.between, story.order = between, order
    with JiraServer(story.world, flavour) as server:
        for step in [*before, ("read", 0, 0), *after, ("read", 0, 0)]:
            story.step(server, step)
        assert story.stored.rows == {row.id: row for row in story.fresh(server).rows}


@pytest.fixture(params=FLAVOURS)
def server(request):
    """Tickets written and resolved in different slices, in each flavour."""
    world = World()
    for number in range(9):
        ticket = world.issue("PAY", on(5 + number % 5, 1 + number), assignee="ann")
        world.resolve(ticket, on(7 + number % 3, 20 + number % 5), "bob")
    with JiraServer(world, request.param) as running:
        yield running


def test_slices_yield_the_rows_of_a_fetch(server):
    """The next harvest after them asks as little as after one fetch."""
    for names in (("ann",), ("ann", "bob"), ()):
        request = wanted(server, *names)
        one, several = read(server, request), read_divided(server, request)
        assert {row.id: row for row in several.rows} == {row.id: row for row in one.rows}
        assert (several.gaps, [each.whole for each in several.done]) == ([], [True])
        assert read(server, wanted(server, *names, after=several)).requests == 1


def test_a_slice_looks_nothing_up(server):
    """The site, people and projects were looked up when the request was divided; who is unknown is a gap of each."""
    request = Request(QUARTER, frozenset({*wanted(server, "ann").accounts, "nobody@example.com"}))
    made = divided(server, request, 3, projects=["P*", "GONE"])
    before = len(server.asked)
    found = [gather(source(server, projects=["P*", "GONE"]).fetch_part(request, each.part(""))) for each in made]
    paths = {each.path.partition("/rest/api/")[2][2:] for each in server.asked[before:]}
    assert paths <= {"search", "search/jql", "changelog/bulkfetch"}
    assert [len(set(each.gaps)) for each in found] == [2, 2, 2]


def test_what_another_slice_reads_is_not_lost(server):
    """A refresh looks for what had rows and does not come, which here is what was deleted."""
    world, request = server.world, wanted(server, "ann")
    first = read(server, request)
    ticket = next(iter(world.issues.values()))
    del world.issues[ticket["id"]]
    again = dataclasses.replace(request, previous=first.cursors)
    one, before = read(server, again), len(server.asked)
    several = read_divided(server, again)
    assert several.retracted == one.retracted
    assert [each.work_item for each in several.retracted] == [f"localhost/{ticket['key']}"]
    assert (several.gaps, several.remarks) == (one.gaps, one.remarks)
    assert {row.id for row in several.rows} == {row.id for row in one.rows}
    assert sum("/issue/" in each.path for each in server.asked[before:]) == 1


def test_what_was_hidden_comes_again_in_a_slice(server):
    """It is remembered once, with its rows, whichever slice reads it."""
    world, request = server.world, wanted(server, "ann")
    ticket = list(world.issues.values())[4]
    first = read(server, request)
    world.secret.add(ticket["id"])
    hidden = read(server, dataclasses.replace(request, previous=first.cursors))
    assert len(hidden.gaps) + len(hidden.remarks) == 1
    world.secret.clear()
    cursors = {each.scope: each.cursor for each in hidden.done}
    again = dataclasses.replace(request, previous=cursors if all(cursors.values()) else first.cursors)
    several = read_divided(server, again)
    assert (several.gaps, several.remarks) == ([], [])
    assert {row.id for row in several.rows} == {row.id for row in first.rows}
    assert read(server, wanted(server, "ann", after=several)).retracted == []


def test_a_ticket_that_a_slice_gave_up_leaves_no_cursor(server):
    made = divided(server, wanted(server, "ann"), 3)
    done = [done for each in made for done in source(server).fetch_part(wanted(server, "ann"), each.part(""))]
    done = [each for each in done if isinstance(each, ScopeCompleted)]
    blocked = dataclasses.replace(done[1], cursor=json.dumps({"number": 1, "of": 3, "cursor": None}))
    (joined,) = source(server).join(wanted(server, "ann"), [done[2], blocked, done[0]])
    assert joined.cursor is None
    assert list(source(server).join(wanted(server, "ann"), done[1:])) == []


def test_what_is_little_is_one_part(server):
    """A first fetch of little, nobody who is there, and what changed since, for which nothing is asked."""
    (part,) = source(server).parts(wanted(server, "ann"))
    assert part.name == ""
    assert len(list(source(server).parts(Request(QUARTER, frozenset({"nobody@example.com"}))))) == 1
    first = read(server, wanted(server, "ann"))
    before = len(server.asked)
    assert list(source(server).parts(wanted(server, "ann", after=first))) == [part]
    assert len(server.asked) == before


def test_a_part_has_no_secret(server):
    names = [each.part("").name for each in divided(server, wanted(server, "ann"), 2)]
    assert len(names) == 2
    assert not [each for each in names if any(one in each for one in source(server).client().secrets)]


def test_a_part_wants_the_token_it_was_made_with(server):
    made = divided(server, wanted(server, "ann"), 2)[0].part("")
    other = source(server, environ={"TOKEN": "another"})
    with pytest.raises(SourceError, match="another configuration or token"):
        list(other.fetch_part(wanted(server, "ann"), made))
