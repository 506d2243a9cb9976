"""A fetch from GitHub in slices: together they are one fetch, and the next harvest goes on from them."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from harvester.connectors.github import GitHub, slices
from harvester.errors import SourceError
from harvester.model.periods import Period
from harvester.sdk.capabilities import Part
from harvester.sdk.connector import Request, ScopeCompleted
from harvester.sdk.slices import TimeSlice
from tests.connectors.divided import FirstInSlices, in_slices, steps
from tests.connectors.fetches import Read, gather, on, wanted
from tests.connectors.githubs import MESSAGE, read, source
from tests.connectors.test_github_sequences import PEOPLE, STEPS, YEAR, Story
from tests.servers.faults import Fault
from tests.servers.github import GitHubServer

ACME = {"organisations": ("acme",)}


def divided(server: GitHubServer, request: Request, number: int, **settings: object) -> list[TimeSlice]:
    """So many slices of a request."""
    return slices.slices(source(server, now=server.world.now, **settings)._reader(request), number)


def read_divided(server: GitHubServer, request: Request, number: int = 3, **settings: object) -> Read:
    """A request that is read in slices."""
    made = divided(server, request, number, **settings)
    return gather(in_slices(lambda: source(server, now=server.world.now, **settings), request, made))


class DividedStory(FirstInSlices, Story):
    """A story whose first fetch is divided."""

    def connector(self, server: GitHubServer) -> GitHub:
        return source(server, now=self.world.now, **self.scopes)

    def slices(self, server: GitHubServer, request: Request) -> list[TimeSlice]:
        return divided(server, request, 3, **self.scopes)


@pytest.mark.parametrize(
    ("accounts", "scopes"),
    [(frozenset({"alice"}), {}), (frozenset(PEOPLE), ACME), (None, ACME)],
    ids=["one person", "some people in an organisation", "everyone in an organisation"],
)
@settings(max_examples=5, deadline=None)
@example(
    [("pull", 0, 0), ("issue", 0, 0), ("close", 0, 0)],
    [("merge", 0, 0), ("reopen", 0, 0), ("review", 0, 1), ("close", 0, 1), ("dismiss", 0, 0), ("rename", 0, 0)],
    [("review", 0, 1)],
    [2, 1, 0],
)
@given(steps(STEPS), steps(STEPS), steps(STEPS), st.permutations([0, 1, 2]))
def test_what_goes_on_from_slices_is_a_full_fetch(accounts, scopes, before, between, after, order):
    """Whatever happens before, between and after slices: the next fetch leaves the rows of a full one."""
    story = DividedStory(accounts, scopes)
    story.stored.period = Period(story.world.now, YEAR.until)
    story.between, story.order = between, order
    with GitHubServer(story.world) as server:
        for step in [*before, ("read", 0, 0), *after, ("read", 0, 0)]:
            story.step(server, step)
        assert story.stored.rows == {row.id: row for row in story.fresh(server).rows}


def test_slices_yield_the_rows_of_a_fetch(world, server):
    """Also of what was created, merged and reviewed in different slices, and releases and remarks once."""
    pull = world.pull("acme/pay", "alice", on(6, 20), merged=on(8, 20), reviews=[("bob", "APPROVED", on(7, 10))])
    world.issue("acme/pay", "bob", on(7, 3), closed=on(9, 20), by="bob", closer=pull, assignees=("alice",))
    world.release("acme/pay", "alice", on(9, 9), "v1")
    for request, some in (
        (wanted("alice", "bob"), {}),
        (wanted("alice", "bob"), {"repositories": ("acme/pay",), "also": ("releases", "opened", "comments")}),
        (wanted(), {"repositories": ("acme/pay",), "also": ("releases",)}),
    ):
        one, several = read(server, request, **some), read_divided(server, request, **some)
        assert {row.id: row for row in several.rows} == {row.id: row for row in one.rows}
        assert (several.gaps, several.remarks) == ([], one.remarks)
        assert [each.whole for each in several.done] == [True]


def test_all_slices_are_read_the_same_way(world, server):
    """What is merged in one slice and was created in another is in the list of one by person, of the other by scope."""
    world.pull("acme/pay", "alice", on(7, 10), merged=on(9, 20))
    for number in range(300):
        world.pull("acme/pay", f"stranger{number}", on(7, 2, number % 24), merged=on(7, 3))
    found = read_divided(server, wanted("alice"), **ACME)
    assert [row.kind for row in found.rows] == ["pull_request"]


def test_what_is_hidden_is_a_gap_of_each_slice(world, server):
    """The gap is the same, so that it counts once, and the next fetch asks for what was hidden."""
    world.pull("acme/pay", "alice", on(7, 10), merged=on(8, 20))
    world.hidden.add("closed")
    scopes = {"organisations": ("acme", "closed")}
    one, several = read(server, wanted(), **scopes), read_divided(server, wanted(), **scopes)
    assert set(several.gaps) == set(one.gaps)
    assert [each.whole for each in several.done] == [False]
    world.hidden.clear()
    world.pull("closed/web", "bob", on(7, 10), merged=on(8, 20))
    later = read(server, wanted(after=several), **scopes)
    assert [row.work_item.partition("/")[2] for row in later.rows] == ["closed/web#4"]


def test_a_missing_slice_completes_nothing(world, server):
    world.pull("acme/pay", "alice", on(7, 10), merged=on(8, 20))
    request = wanted("alice")
    made = divided(server, request, 3)
    assert gather(in_slices(lambda: source(server), request, made[1:])).done == []


def test_a_slice_that_must_be_read_again_leaves_no_cursor(world, server):
    pull = world.pull("acme/pay", "alice", on(7, 10), merged=on(8, 20))
    world.silent.add(pull["id"])
    done = read_divided(server, wanted("alice")).done
    assert done == [ScopeCompleted(source(server).host, None, whole=False)]


def test_what_changed_since_is_one_part_and_asks_nothing(world, server):
    first = read(server, wanted("alice"))
    before = len(server.asked)
    assert list(source(server).parts(wanted("alice", after=first))) == [Part("", source(server).host)]
    assert len(server.asked) == before


def test_little_is_one_part(world, server):
    world.pull("acme/pay", "alice", on(7, 10), merged=on(8, 20))
    assert list(source(server).parts(wanted("alice"))) == [Part("", source(server).host)]


def test_a_part_has_no_secret_and_nobodys_name(world, server):
    names = [each.part("").name for each in divided(server, wanted("alice"), 2)]
    assert not [each for each in names if "ghp_" in each or "alice" in each]


def test_a_part_wants_the_token_it_was_made_with(world, server):
    made = divided(server, wanted("alice"), 2)[0].part("")
    other = source(server, environ={"TOKEN": "ghp_" + "y" * 36})
    with pytest.raises(SourceError, match="another configuration or token"):
        list(other.fetch_part(wanted("alice"), made))


def test_what_is_no_part_is_refused(server):
    for name in ("2026-03", "{}", "[1]", '{"number": 0}', '{"edges": 5}'):
        with pytest.raises(SourceError):
            list(source(server).fetch_part(wanted("alice"), Part(name)))


def test_a_slice_waits_as_long_as_github_says(world, server):
    """Several processes share the budget of one token, so that each must obey."""
    world.pull("acme/pay", "alice", on(7, 10), merged=on(8, 20))
    made, waited = divided(server, wanted("alice"), 2)[1], []
    server.faults += [Fault(403, MESSAGE, {"retry-after": "30"})]
    list(source(server, waited=waited).fetch_part(wanted("alice"), made.part("")))
    assert [seconds for seconds, _ in waited] == [30]


def test_a_refresh_in_slices_keeps_what_no_search_finds(world, server):
    """An issue that only a pull request of the person leads to, which the last fetch noted."""
    issue = world.issue("acme/pay", "bob", on(7, 1))
    pull = world.pull("acme/pay", "alice", on(7, 10), merged=on(7, 20), closes=[issue])
    world.close(issue, on(7, 20), "bob", pull)
    first = read(server, wanted("alice"))
    again = dataclasses.replace(wanted("alice"), previous=first.cursors)
    pull["closingIssuesReferences"].clear()
    assert {row.id for row in read_divided(server, again).rows} == {row.id for row in read(server, again).rows}
