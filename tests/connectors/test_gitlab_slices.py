"""A fetch from GitLab in slices: together they are one fetch, and the next harvest goes on from them."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from harvester.connectors.gitlab import GitLab, slices
from harvester.model.periods import Period
from harvester.sdk.connector import Request
from harvester.sdk.slices import TimeSlice
from tests.connectors.divided import FirstInSlices, in_slices, steps
from tests.connectors.fetches import Read, gather
from tests.connectors.gitlabs import on, read, server, source, wanted, world  # noqa: F401 - fixtures
from tests.connectors.test_gitlab_sequences import PEOPLE, STEPS, YEAR, Story
from tests.servers.gitlab import GitLabServer

ACME = {"groups": ("acme",)}


def divided(server: GitLabServer, request: Request, number: int, **settings: object) -> list[TimeSlice]:  # noqa: F811
    """So many slices of a request."""
    return slices.slices(source(server, now=server.world.now, **settings)._reader(request), number)


def read_divided(server: GitLabServer, request: Request, number: int = 3, **settings: object) -> Read:  # noqa: F811
    """A request that is read in slices."""
    made = divided(server, request, number, **settings)
    return gather(in_slices(lambda: source(server, now=server.world.now, **settings), request, made))


class DividedStory(FirstInSlices, Story):
    """A story whose first fetch is divided."""

    def connector(self, server: GitLabServer) -> GitLab:  # noqa: F811
        return source(server, now=self.world.now, **self.places)

    def slices(self, server: GitLabServer, request: Request) -> list[TimeSlice]:  # noqa: F811
        return divided(server, request, 3, **self.places)


@pytest.mark.parametrize(
    ("accounts", "places"),
    [(frozenset({"alice"}), {}), (frozenset(PEOPLE), ACME), (None, ACME | {"also": ("comments", "opened")})],
    ids=["one person", "some people in a group", "everyone in a group"],
)
@settings(max_examples=15, deadline=None)
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
    with GitLabServer(story.world) as server:  # noqa: F811
        for step in [*before, ("read", 0, 0), *after, ("read", 0, 0)]:
            story.step(server, step)
        assert story.stored.rows == {row.id: row for row in story.fresh(server).rows}
