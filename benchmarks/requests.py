"""How many requests fetches from GitHub, GitLab and Jira take; how fast rows come from a server at once.

python benchmarks/requests.py            the table, then 100,000 rows
python benchmarks/requests.py --rows N   another number of rows; 0 leaves that out
"""

from __future__ import annotations

import argparse
import base64
import datetime as dt
import functools
import json
import re
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

# This file is called as the library `requests` is, which must not be found here.
sys.path[0] = str(Path(__file__).parent.parent)
from harvester.model.contribution import Contribution  # noqa: E402 - as above
from harvester.model.periods import Period  # noqa: E402 - as above
from harvester.sdk.connector import Request  # noqa: E402 - the path must be set first
from tests.connectors import gitlabs, jiras  # noqa: E402 - as above
from tests.connectors.fetches import QUARTER, Read, on, wanted  # noqa: E402 - as above
from tests.connectors.githubs import read, source  # noqa: E402 - as above
from tests.servers.github import GitHubServer, World  # noqa: E402 - as above
from tests.servers.gitlab import GitLabServer  # noqa: E402 - as above
from tests.servers.gitlab import World as GitLabWorld  # noqa: E402 - as above
from tests.servers.jira import JiraServer  # noqa: E402 - as above

PEOPLE = tuple(f"dev{number}" for number in range(10))
REPOSITORIES = tuple(f"acme/r{number}" for number in range(5))
DONE = re.compile(r"merged:(\S+?)\.\.(\S+)")


def one_person() -> tuple[str, int, int, Read]:
    """1,000 merged pull requests, 1,000 reviews of as many others, 500 issues."""
    world = World()
    for number in range(1000):
        at = on(7 + number % 3, 1 + number % 28, number % 24)
        world.pull("acme/pay", "alice", on(6, 1), merged=at)
        world.pull("acme/web", "bob", on(6, 1), merged=at, reviews=[("alice", "APPROVED", at)])
        if number % 2:
            world.issue("acme/pay", "bob", on(6, 1), closed=at, by="bob", assignees=("alice",))
    return "one person: 1,000 merged, 1,000 reviewed, 500 issues", 20, 30, _read(world, wanted("alice"), 2500)


def one_period() -> tuple[str, int, int, Read]:
    """More in one period than GitHub gives out."""
    world = World()
    for number in range(1743):
        world.pull("acme/pay", "alice", on(6, 1), merged=on(7 + number % 3, 1 + number % 28, number % 24))
    return "1,743 merged of one author in one period", 35, 45, _read(world, wanted("alice"), 1743)


def nothing_new() -> tuple[str, int, int, Read]:
    """Ten people, read before, and nothing happened since."""
    world = _team(40)
    with GitHubServer(world) as server:
        first = read(server, wanted(*PEOPLE))
        return "nothing new, ten people", 1, 1, read(server, wanted(*PEOPLE, after=first))


def many() -> tuple[str, int, int, Read]:
    """Ten people in five repositories."""
    found = _read(_team(2000), wanted(*PEOPLE), 7000, repositories=REPOSITORIES)
    return "10 people, 5 repositories: 2,000 merged, 5,000 reviews", 8, 60, found


def _team(pulls: int) -> World:
    world = World()
    for number in range(pulls):
        at = on(7 + number % 3, 1 + number % 28, number % 24)
        reviews = [(PEOPLE[(number + other) % 10], "APPROVED", at) for other in range(1, 3 + number % 2)]
        world.pull(REPOSITORIES[number % 5], PEOPLE[number % 10], on(6, 1), merged=at, reviews=reviews)
    return world


def _read(world: World, request: Request, rows: int, **settings: Any) -> Read:
    with GitHubServer(world) as server:
        found = read(server, request, **settings)
    _complete(found, rows)
    return found


AUGUST = Period(on(8, 1, 0), on(9, 1, 0))


def gitlab_person() -> tuple[str, int, int, Read]:
    """1,000 merged merge requests with ten paths each, 1,000 reviews of as many others, 500 issues."""
    with GitLabServer(_gitlab_person()) as server:
        found = gitlabs.read(server, wanted("alice"))
    _complete(found, 2500)
    return "GitLab, one person: 1,000 merged, 1,000 reviewed, 500 issues", 35, 60, found


def gitlab_nothing_new() -> tuple[str, int, int, Read]:
    """The same person, read before, and nothing happened since."""
    with GitLabServer(_gitlab_person()) as server:
        first = gitlabs.read(server, wanted("alice"))
        return "GitLab, nothing new, one person", 1, 5, gitlabs.read(server, wanted("alice", after=first))


def gitlab_team(again: bool) -> tuple[str, int, int, Read]:
    """Twenty people in ten projects in one month, for the first time or once more."""
    people = tuple(f"dev{number}" for number in range(20))
    projects = tuple(f"acme/r{number}" for number in range(10))
    world = GitLabWorld()
    for number in range(400):
        at = on(8, 1 + number % 28, number % 24)
        made = world.merge_request(projects[number % 10], people[number % 20], on(7, 1), merged=at)
        for other in range(1, 3 + number % 2):
            world.approve(made, people[(number + other) % 20], at)
        if number % 4 == 0:
            issue = world.issue(projects[number % 10], "erin", on(7, 1), assignees=(people[number % 20],))
            world.close(issue, at, "erin")
    with GitLabServer(world) as server:
        found = gitlabs.read(server, wanted(*people, period=AUGUST), projects=projects)
        _complete(found, 1500)
        if again:
            found = gitlabs.read(server, wanted(*people, period=AUGUST, after=found), projects=projects)
    name = f"GitLab, 20 people, 10 projects, one month, {'once more' if again else 'first'}"
    return name, 1 if again else 10, 40 if again else 120, found


def _gitlab_person() -> GitLabWorld:
    world, paths = GitLabWorld(), tuple(f"src/module_{number}.py" for number in range(10))
    for number in range(1000):
        at = on(7 + number % 3, 1 + number % 28, number % 24)
        world.merge_request(f"acme/r{number % 10}", "alice", on(6, 1), merged=at, paths=paths)
        other = world.merge_request(f"acme/r{number % 10}", "bob", on(6, 1), merged=at, paths=paths)
        world.approve(other, "alice", at)
        if number % 2:
            world.issue(f"acme/r{number % 10}", "bob", on(6, 1), closed=at, by="bob", assignees=("alice",))
    return world


def _complete(found: Read, rows: int) -> None:
    assert len({row.id for row in found.rows}) == rows, f"{len(found.rows)} rows came, not {rows}"
    assert found.gaps == []


def tickets(flavour: str) -> tuple[str, int, int, Read]:
    """500 resolved tickets with five changes each; fields and zone of the site are known from an earlier harvest."""
    with JiraServer(_five_hundred(), flavour) as server:
        first = jiras.read(server, jiras.wanted(server, "ann", period=Period(on(1, 1), on(1, 2))))
        whole = Period(on(1, 1), on(10, 1))
        request = Request(whole, jiras.wanted(server, "ann").accounts, (Period(on(1, 1), on(1, 2)),), first.cursors)
        found = jiras.read(server, request)
    assert len([row for row in found.rows if row.role == "assignee"]) == 500, f"{len(found.rows)} rows came"
    assert found.gaps == []
    return f"500 resolved tickets of one person, {flavour}", 6, 9 if flavour == "cloud" else 10, found


def no_new_tickets(flavour: str) -> tuple[str, int, int, Read]:
    """500 tickets, read before, and nothing happened since."""
    with JiraServer(_five_hundred(), flavour) as server:
        first = jiras.read(server, jiras.wanted(server, "ann"))
        found = jiras.read(server, jiras.wanted(server, "ann", after=first))
    assert (found.rows, found.gaps) == ([], [])
    return f"nothing new, {flavour}", 1, 1, found


def _five_hundred() -> jiras.World:
    world = jiras.World()
    for number in range(500):
        ticket = world.issue("PAY", on(6, 1 + number % 28), assignee="bob")
        world.assign(ticket, "ann", on(6, 29))
        world.transition(ticket, "In Progress", on(6, 30))
        world.transition(ticket, "In Review", on(7, 1, 1))
        world.change(ticket, on(7, 1, 2), "bob", {"field": "labels", "fieldId": "labels", "from": "", "to": ""})
        world.resolve(ticket, on(7 + number % 3, 2 + number % 27, number % 24), "ann")
    return world


class AtOnce(BaseHTTPRequestHandler):
    """Answers with pages made of one pull request, spread evenly over the quarter, without thinking."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    total = 0

    def do_POST(self) -> None:
        """Answer a survey or a page."""
        asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
        variables = asked["variables"]
        parts = [
            f'"c{key[1:]}": {{"issueCount": {_between(value, self.total)[1]}}}'
            for key, value in variables.items()
            if key[0] == "q"
        ]
        if "search(query: $q0, type: ISSUE, first: $n0" in asked["query"]:
            numbers = [key[1:] for key in variables if key[0] == "q"]
            parts = [f'"s{each}": {self._page(variables, each)}' for each in numbers]
        parts += [
            f'"{key}": {{"id": "U_1", "databaseId": 1, "login": "{value}"}}'
            for key, value in variables.items()
            if key[0] == "u"
        ]
        body = ('{"data": {' + ", ".join(parts) + "}}").encode()
        self.send_response_only(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _page(self, variables: dict[str, Any], number: str) -> str:
        first, count = _between(variables[f"q{number}"], self.total)
        after = variables[f"a{number}"]
        start = int(base64.b64decode(after).decode()) if after else 0
        end = min(start + variables[f"n{number}"], count)
        nodes = ", ".join(
            PULL.replace("#ID#", str(first + each)).replace("#AT#", _at(first + each, self.total))
            for each in range(start, end)
        )
        more = "true" if end < count else "false"
        cursor = base64.b64encode(str(end).encode()).decode()
        info = f'{{"hasNextPage": {more}, "endCursor": "{cursor}"}}'
        return f'{{"issueCount": {count}, "pageInfo": {info}, "nodes": [{nodes}]}}'

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def _step(total: int) -> float:
    return (QUARTER.until - QUARTER.since).total_seconds() / max(total, 1)


def _at(number: int, total: int) -> str:
    return f"{QUARTER.since + dt.timedelta(seconds=int(number * _step(total))):%Y-%m-%dT%H:%M:%SZ}"


def _between(query: str, total: int) -> tuple[int, int]:
    """The first of those merged in the range of a query, and how many; none where it asks for something else.

    Nothing is updated while it is read.
    """
    found = DONE.search(query)
    if not found or "updated:" in query:
        return 0, 0
    since, until = (dt.datetime.fromisoformat(each) for each in found.groups())
    first = _index(since, total)
    return first, max(_index(until + dt.timedelta(seconds=1), total) - first, 0)


def _index(at: dt.datetime, total: int) -> int:
    """How many lie before a time."""
    low, high = 0, total
    while low < high:
        middle = (low + high) // 2
        low, high = (middle + 1, high) if dt.datetime.fromisoformat(_at(middle, total)) < at else (low, middle)
    return low


def _connection(entries: list[Any]) -> dict[str, Any]:
    return {"totalCount": len(entries), "pageInfo": {"hasNextPage": False, "endCursor": None}, "nodes": entries}


def _file(path: str) -> dict[str, Any]:
    return {"path": path, "additions": 1, "deletions": 0}


def _pull() -> str:
    alice = {"__typename": "User", "login": "alice", "databaseId": 1}
    where = {"id": "R_1", "nameWithOwner": "acme/pay", "isPrivate": False}
    return json.dumps(
        {
            "__typename": "PullRequest", "id": "PR_#ID#", "number": 7, "headRefName": "charge-once",
            "title": "fix(pay): charge once #ID#",
            "body": "Because twice is once too often. " * 10, "url": "https://github.com/acme/pay/pull/#ID#",
            "state": "MERGED", "createdAt": "2026-06-01T00:00:00Z", "mergedAt": "#AT#", "additions": 10, "deletions": 2,
            "changedFiles": 10, "totalCommentsCount": 1, "author": alice, "mergedBy": alice,
            "mergeCommit": {"oid": "c" * 40}, "milestone": None, "repository": where,
            "labels": _connection([{"name": "bug"}]),
            "files": _connection([_file(f"src/pay/module_{number}_#ID#.py") for number in range(10)]),
            "closingIssuesReferences": _connection([]), "reviews": _connection([]),
        }
    )  # fmt: skip


PULL = _pull()


def serve(total: int) -> None:
    """Answer at once, until ended."""
    AtOnce.total = total
    server = ThreadingHTTPServer(("127.0.0.1", 0), AtOnce)
    print(server.server_address[1], flush=True)
    server.serve_forever()


class At:
    """Where a server is that runs elsewhere."""

    def __init__(self, port: str) -> None:
        self.url = f"http://localhost:{port.strip()}"


def throughput(total: int) -> None:
    """Read rows from a server in another process; once dropped, once stored."""
    with subprocess.Popen(
        [sys.executable, __file__, "--serve", str(total)], stdout=subprocess.PIPE, text=True
    ) as server:
        assert server.stdout is not None
        hub = source(At(server.stdout.readline()))  # type: ignore[arg-type]  # only its url is read
        list(hub.fetch(Request(Period(on(1, 1), on(1, 2)), frozenset({"alice"}))))
        base = _peak()
        start = time.perf_counter()
        count = sum(isinstance(each, Contribution) for each in hub.fetch(wanted("alice")))
        seconds = time.perf_counter() - start
        let_go = _peak()
        stored = [each for each in hub.fetch(wanted("alice")) if isinstance(each, Contribution)]
        server.terminate()
    assert count == len(stored) == total, f"{count} rows came, not {total}"
    print(
        f"{count:,} rows of ten paths from a server that answers at once: {count / seconds:,.0f} rows/s, "
        "the server's own time included"
    )
    print(f"peak memory: {base:.0f} MB before, {let_go:.0f} MB with rows dropped, {_peak():.0f} MB with all stored")


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    """Print the table and the throughput."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--serve", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve is not None:
        return serve(options.serve)
    tables: dict[str, list[Callable[[], tuple[str, int, int, Read]]]] = {
        "GitHub": [one_person, one_period, nothing_new, many],
        "GitLab": [gitlab_person, gitlab_nothing_new, lambda: gitlab_team(False), lambda: gitlab_team(True)],
        "Jira": [functools.partial(each, flavour) for each in (tickets, no_new_tickets) for flavour in jiras.FLAVOURS],
    }
    for service, table in tables.items():
        print(f"{service:60} {'floor':>6} {'wanted':>7} {'took':>5}")
        for each in table:
            name, floor, most, found = each()
            print(f"{name:60} {floor:>6} {'≤ ' + str(most):>7} {found.requests:>5}")
    if options.rows:
        throughput(options.rows)
    return None


if __name__ == "__main__":
    main()
