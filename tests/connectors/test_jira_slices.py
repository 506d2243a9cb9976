"""A fetch from Jira in slices: together they are one fetch, and the next harvest goes on from them."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from harvester.connectors.jira import Jira, slices
from harvester.model.periods import Period
from harvester.sdk.connector import Request
from harvester.sdk.slices import TimeSlice
from tests.connectors.divided import FirstInSlices, in_slices, steps
from tests.connectors.fetches import Read, gather
from tests.connectors.jiras import source
from tests.connectors.test_jira_sequences import PEOPLE, STEPS, YEAR, Story
from tests.servers.jira import JiraServer


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
@settings(max_examples=15, deadline=None)
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
