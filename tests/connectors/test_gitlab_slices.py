"""A fetch from GitLab in slices: together they are one fetch, and the next harvest goes on from them."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from harvester.connectors.gitlab import GitLab, slices
from harvester.errors import SourceError
from harvester.model.periods import Period
from harvester.sdk.capabilities import Part
from harvester.sdk.connector import Request, ScopeCompleted
from harvester.sdk.slices import TimeSlice
from tests.connectors import gitlabs
from tests.connectors.divided import FirstInSlices, in_slices, steps
from tests.connectors.fetches import Read, gather
from tests.connectors.gitlabs import on, read, source, wanted
from tests.connectors.test_gitlab_sequences import PEOPLE, STEPS, YEAR, Story
from tests.servers.gitlab import TOKEN, GitLabServer, limited

world, server = gitlabs.world, gitlabs.server

ACME = {"groups": ("acme",)}


def divided(server: GitLabServer, request: Request, number: int, **settings: object) -> list[TimeSlice]:
    """So many slices of a request."""
    return slices.slices(source(server, now=server.world.now, **settings)._reader(request), number)


def read_divided(server: GitLabServer, request: Request, number: int = 3, **settings: object) -> Read:
    """A request that is read in slices."""
    made = divided(server, request, number, **settings)
    return gather(in_slices(lambda: source(server, now=server.world.now, **settings), request, made))


class DividedStory(FirstInSlices, Story):
    """A story whose first fetch is divided."""

    def connector(self, server: GitLabServer) -> GitLab:
        return source(server, now=self.world.now, **self.places)

    def slices(self, server: GitLabServer, request: Request) -> list[TimeSlice]:
        return divided(server, request, 3, **self.places)


@pytest.mark.parametrize(
    ("accounts", "places"),
    [(frozenset({"alice"}), {}), (frozenset(PEOPLE), ACME), (None, ACME | {"also": ("comments", "opened")})],
    ids=["one person", "some people in a group", "everyone in a group"],
)
@settings(max_examples=5, deadline=None)
@example(
    [("merge request", 0, 0), ("issue", 0, 0), ("close", 0, 0)],
    [("merge", 0, 0), ("reopen", 0, 0), ("approve", 0, 1), ("close", 0, 1), ("unapprove", 0, 0), ("rename", 0, 0)],
    [("approve", 0, 1)],
    [2, 1, 0],
)
@given(steps(STEPS), steps(STEPS), steps(STEPS), st.permutations([0, 1, 2]))
def test_what_goes_on_from_slices_is_a_full_fetch(accounts, places, before, between, after, order):
    """Whatever happens before, between and after slices: the next fetch leaves the rows of a full one."""
    story = DividedStory(accounts, places)
    story.stored.period = Period(story.world.now, YEAR.until)
    story.between, story.order = between, order
    with GitLabServer(story.world) as server:
        for step in [*before, ("read", 0, 0), *after, ("read", 0, 0)]:
            story.step(server, step)
        assert story.stored.rows == {row.id: row for row in story.fresh(server).rows}


def test_slices_yield_the_rows_of_a_fetch(world, server):
    """Also of what was created, merged and approved in different slices, and releases and remarks once."""
    made = world.merge_request("acme/pay", "alice", on(6, 20), merged=on(8, 20))
    world.approve(made, "bob", on(7, 10))
    world.close(world.issue("acme/pay", "bob", on(7, 3), assignees=("alice",)), on(9, 20), "bob", made)
    world.release("acme/pay", "alice", on(9, 9), "v1")
    also = ("opened", "comments", "releases")
    for request, some in (
        (wanted("alice", "bob"), {}),
        (wanted("alice", "bob"), {"projects": ("acme/pay",), "also": also}),
        (wanted(), {"projects": ("acme/pay",), "also": also}),
    ):
        one, several = read(server, request, **some), read_divided(server, request, **some)
        assert {row.id: row for row in several.rows} == {row.id: row for row in one.rows}
        assert (several.gaps, several.remarks) == ([], one.remarks)
        assert [each.whole for each in several.done] == [True]


def test_all_slices_are_read_the_same_way(world, server):
    """What is merged in one slice and was created in another is in the list of one by person, of the other by scope."""
    world.merge_request("acme/pay", "alice", on(7, 10), merged=on(9, 20))
    for number in range(220):
        world.merge_request("acme/pay", f"stranger{number}", on(7, 2, number % 24), merged=on(7, 3))
    found = read_divided(server, wanted("alice"), **ACME)
    assert [row.kind for row in found.rows] == ["pull_request"]


def test_a_private_profile_is_the_same_gap_in_slices(world, server):
    world.merge_request("acme/pay", "bob", on(7, 1), merged=on(8, 1))
    world.user("bob", private=True)
    one, several = read(server, wanted("bob")), read_divided(server, wanted("bob"))
    assert (set(several.gaps), several.rows) == (set(one.gaps), [])
    assert [each.whole for each in several.done] == [False]


def test_a_missing_slice_completes_nothing(world, server):
    made = divided(server, wanted("alice"), 3)
    assert gather(in_slices(lambda: source(server), wanted("alice"), made[:2])).done == []


def test_a_slice_that_must_be_read_again_leaves_no_cursor(world, server):
    made = world.merge_request("acme/pay", "alice", on(7, 10), merged=on(8, 20))
    world.redacted.add(made["id"])
    done = read_divided(server, wanted("alice")).done
    assert done == [ScopeCompleted(source(server).host, None, whole=False)]


def test_what_is_little_is_one_part(world, server):
    """A first fetch of little, and what changed since, for which nothing is asked."""
    assert list(source(server).parts(wanted("alice"))) == [Part("", source(server).host)]
    first = read(server, wanted("alice"))
    before = len(server.asked)
    assert list(source(server).parts(wanted("alice", after=first))) == [Part("", source(server).host)]
    assert len(server.asked) == before


def test_a_part_has_no_secret_and_nobodys_name(world, server):
    names = [each.part("").name for each in divided(server, wanted("alice"), 2)]
    assert not [each for each in names if TOKEN in each or "alice" in each]


def test_a_part_wants_the_settings_it_was_made_with(world, server):
    made = divided(server, wanted("alice"), 2)[0].part("")
    with pytest.raises(SourceError, match="another configuration or token"):
        list(source(server, **ACME).fetch_part(wanted("alice"), made))


def test_a_slice_waits_as_long_as_gitlab_says(world, server):
    made, waited = divided(server, wanted("alice"), 2)[1], []
    server.script(limited(30))
    list(source(server, waited=waited).fetch_part(wanted("alice"), made.part("")))
    assert [seconds for seconds, _ in waited] == [30]


def test_slices_ask_an_old_server_for_nothing_refused(world, server):
    """What it does not know was found out when the request was divided, or else by each slice."""
    world.version = "16.0.0"
    made = divided(server, wanted("alice"), 2)[1]
    requests = []
    for known in (made.known, {"by": "person"}):
        before, part = len(server.asked), dataclasses.replace(made, known=known).part("")
        list(source(server).fetch_part(wanted("alice"), part))
        requests.append(len(server.asked) - before)
    assert requests[0] < requests[1]


def test_a_refresh_in_slices_keeps_what_no_list_has(world, server):
    """An issue to which only the description of the person's merge request led, which the last fetch noted."""
    issue = world.issue("acme/pay", "bob", on(7, 1))
    made = world.merge_request("acme/pay", "alice", on(7, 10), description="Closes acme/pay#1")
    world.merge(made, "bob", on(7, 20), [issue])
    first = read(server, wanted("alice"))
    made["description"] = ""
    again = dataclasses.replace(wanted("alice"), previous=first.cursors)
    one = read(server, again)
    assert {row.kind for row in one.rows} == {"pull_request", "issue"}
    assert {row.id for row in read_divided(server, again).rows} == {row.id for row in one.rows}
