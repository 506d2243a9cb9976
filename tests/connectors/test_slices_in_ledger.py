"""What the ledger has after a harvest in slices: what it has after one fetch, also where one slice failed."""

from __future__ import annotations

import pytest

from harvester.connectors.github.slices import slices as github_slices
from harvester.connectors.gitlab.slices import slices as gitlab_slices
from harvester.connectors.jira.slices import slices as jira_slices
from harvester.harvesting.run import Outcome, harvest
from harvester.ledger import Ledger
from harvester.model.contribution import from_table
from harvester.sdk.capabilities import ReadsInParts
from harvester.sdk.connector import Request
from harvester.sdk.testing import check_connector
from tests.connectors import githubs, gitlabs, jiras
from tests.connectors.divided import Divided, read_parts
from tests.connectors.fetches import QUARTER, on
from tests.servers import github, gitlab, jira
from tests.servers.faults import FaultyServer


def github_server() -> FaultyServer:
    world = github.World()
    for month in (7, 8, 9):
        world.pull("acme/pay", "alice", on(month, 3), merged=on(month, 9))
    return github.GitHubServer(world)


def gitlab_server() -> FaultyServer:
    world = gitlab.World()
    for month in (7, 8, 9):
        world.merge_request("acme/pay", "alice", on(month, 3), merged=on(month, 9))
    return gitlab.GitLabServer(world)


def jira_server() -> FaultyServer:
    world = jira.World()
    for month in (7, 8, 9):
        world.resolve(world.issue("PAY", on(month, 3), assignee="ann"), on(month, 9), "ann")
    return jira.JiraServer(world, "cloud")


def delete_one(server: FaultyServer) -> None:
    """Take the first of what is there away; a project with several others is shown all the same."""
    world = server.world
    if isinstance(world, jira.World):
        del world.issues[next(iter(world.issues))]
    elif isinstance(world, gitlab.World):
        world.delete(world.merge_requests[0])
    else:
        del world.items[0]


SERVICES = pytest.mark.parametrize(
    ("serve", "source", "slices"),
    [
        (github_server, lambda server: githubs.source(server, organisations=("acme",)), github_slices),
        (gitlab_server, lambda server: gitlabs.source(server, groups=("acme",)), gitlab_slices),
        (jira_server, jiras.source, jira_slices),
    ],
    ids=["GitHub", "GitLab", "Jira"],
)


@SERVICES
def test_a_divided_source_keeps_the_contract(serve, source, slices):
    """In a first harvest, and in the next one, which is not divided."""
    with serve() as server:
        assert len(check_connector(lambda: Divided(source(server), slices, 3), Request(QUARTER))) == 3


@SERVICES
def test_a_lost_slice_costs_no_rows_and_claims_none(serve, source, slices, tmp_path):
    """A refresh of which one slice fails leaves what was stored, and a gap; the next one is as if nothing had been."""
    with serve() as server:
        ledger, connector = Ledger.open(tmp_path / "ledger"), source(server)
        name = connector.context.source

        def read(made: ReadsInParts, **more: object) -> Outcome:
            clock = connector.context.clock
            return harvest(ledger, {name: lambda: made}, {name: None}, QUARTER, clock=clock, **more)

        def divided(*failing: int) -> Divided:
            return Divided(source(server), slices, 4, failing)

        def held() -> set[str]:
            return {row.id for row in from_table(ledger.rows())}

        assert read(divided(), read=read_parts).complete
        assert len(held()) == 3
        broken = read(divided(1, 2), read=read_parts, refresh=True).sources[0]
        assert (len(held()), len(broken.gaps), broken.complete) == (3, 1, False)
        delete_one(server)
        assert read(connector).complete
        assert len(held()) == 2
