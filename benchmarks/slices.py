"""How many requests a year of GitHub, GitLab and Jira takes in one fetch, and in as many slices as are worth it.

python benchmarks/slices.py              200 items a month
python benchmarks/slices.py --month N    another number of them
"""

from __future__ import annotations

import argparse
import datetime as dt
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

# This folder has a file with the name of the library `requests`, which must not be found here.
sys.path[0] = str(Path(__file__).parent.parent)
from harvester.connectors.github.slices import slices as github_slices  # noqa: E402 - the path must be set first
from harvester.connectors.gitlab.slices import slices as gitlab_slices  # noqa: E402 - as above
from harvester.connectors.jira.slices import slices as jira_slices  # noqa: E402 - as above
from harvester.model.periods import Period  # noqa: E402 - as above
from harvester.sdk.connector import Request  # noqa: E402 - as above
from tests.connectors import githubs, gitlabs, jiras  # noqa: E402 - as above
from tests.connectors.divided import in_slices  # noqa: E402 - as above
from tests.connectors.fetches import gather, on  # noqa: E402 - as above
from tests.servers import github, gitlab, jira  # noqa: E402 - as above

YEAR = Period(on(1, 1, 0), on(12, 31, 23))
NOW = on(12, 31)
PEOPLE = tuple(f"dev{number}" for number in range(10))
DAY = dt.timedelta(days=1)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--month", type=int, default=200)
    month = parser.parse_args().month
    print(f"{'a year':44} {'one fetch':>9} {'slices':>6} {'requests':>8} {'more':>5}")
    hub, lab = github.GitHubServer(github_world(month)), gitlab.GitLabServer(gitlab_world(month))
    team, everyone = Request(YEAR, frozenset(PEOPLE)), Request(YEAR)
    with hub:
        compare("GitHub, an organisation", hub, github_slices, githubs.source, everyone, organisations=("acme",))
        compare("GitHub, ten people anywhere", hub, github_slices, githubs.source, team)
    with lab:
        compare("GitLab, a group", lab, gitlab_slices, gitlabs.source, everyone, groups=("acme",))
        compare("GitLab, ten people anywhere", lab, gitlab_slices, gitlabs.source, team)
    for flavour in jiras.FLAVOURS:
        with jira.JiraServer(jira_world(month), flavour) as site:
            compare(f"Jira, {flavour}", site, jira_slices, lambda server, now: jiras.source(server), everyone)


def compare(
    name: str, server: Any, divide: Callable[..., Any], source: Callable[..., Any], request: Request, **settings: Any
) -> None:
    """Print how many requests one fetch and its slices take, and check that they yield the same."""

    def make() -> Any:
        return source(server, now=NOW, **settings)

    one = gather(make().fetch(request))
    alone = len(server.asked)
    slices = divide(make()._reader(request))  # noqa: SLF001 - what the connector hands over itself
    several = gather(in_slices(make, request, slices))
    together = len(server.asked) - alone
    server.asked.clear()
    assert {row.id: row for row in one.rows} == {row.id: row for row in several.rows}, "other rows came"
    assert (one.gaps, several.gaps) == ([], []), "something is missing"
    title = f"{name}, {len(one.rows):,} rows"
    print(f"{title:44} {alone:>9} {len(slices):>6} {together:>8} {together / alone - 1:>+5.0%}")


def items(month: int) -> Iterator[tuple[int, dt.datetime, dt.datetime]]:
    """Numbers of items, spread over the year, when each begins and when it ends: up to five weeks later."""
    for number in range(12 * month):
        at = on(1 + number // month, 1 + number % 28, number % 24)
        yield number, at, min(at + DAY * (1 + number % 36), NOW)


def github_world(month: int) -> github.World:
    """Each item a pull request with a review; to every other one an issue."""
    world = github.World(now=NOW)
    for number, at, end in items(month):
        author, reviewer, place = PEOPLE[number % 10], PEOPLE[(number + 1) % 10], f"acme/r{number % 5}"
        world.pull(place, author, at, merged=min(at + 2 * DAY, NOW), reviews=[(reviewer, "APPROVED", at + DAY)])
        if number % 2:
            world.issue(place, author, at, closed=end, by=author, assignees=(author,))
    return world


def gitlab_world(month: int) -> gitlab.World:
    """The same in GitLab."""
    world = gitlab.World(now=NOW)
    for number, at, end in items(month):
        author, reviewer, place = PEOPLE[number % 10], PEOPLE[(number + 1) % 10], f"acme/r{number % 5}"
        made = world.merge_request(place, author, at, merged=min(at + 2 * DAY, NOW))
        world.approve(made, reviewer, at + DAY)
        if number % 2:
            world.close(world.issue(place, author, at, assignees=(author,)), end, author)
    return world


def jira_world(month: int) -> jira.World:
    """Each item a resolved ticket."""
    world = jira.World(now=NOW)
    for number, at, end in items(month):
        world.resolve(world.issue("PAY", at, assignee=PEOPLE[number % 10]), end, PEOPLE[number % 10])
    return world


if __name__ == "__main__":
    main()
