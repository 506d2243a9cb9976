"""Every fault in every place of a fetch: what came is right, and what is missing is a gap or an error."""

from __future__ import annotations

import functools
import json

import pytest

from harvester.harvesting.reader import read_source
from tests.connectors.faults import PASSING, REFUSALS
from tests.connectors.fetches import Read, on, wanted
from tests.connectors.githubs import GITHUB, read, source
from tests.servers.github import Fault, GitHubServer, World

SETTINGS = {"repositories": ("acme/pay", "acme/web"), "also": ("opened", "comments", "releases")}
REQUEST = wanted("alice")


def everything() -> World:
    """Something for every kind of request: pages, long lists, references, a full second, a drifting total, releases."""
    world = World()
    issue = world.issue("acme/pay", "bob", on(6, 1))
    files = tuple(f"{number}.py" for number in range(130))
    reviews = [("alice", "COMMENTED", on(7, 3, 1, number)) for number in range(55)]
    world.pull("acme/pay", "alice", on(7, 1), merged=on(7, 5), closes=[issue], paths=files)
    world.pull("acme/web", "bob", on(7, 1), merged=on(7, 5), reviews=reviews)
    world.close(issue, on(7, 6), "carol", world.items[-2])
    for number in range(45):
        world.pull("acme/pay", "alice", on(7, 1, 0, number), merged=on(8, 1))
    world.issue("acme/web", "bob", on(7, 1), closed=on(8, 1), by="alice")
    world.comment(world.issue("acme/web", "bob", on(7, 2)), "alice", on(7, 3))
    world.user("copilot-swe-agent", "Bot")
    world.pull("acme/pay", "copilot-swe-agent", on(7, 1), merged=on(7, 2), merged_by="alice")
    world.release("acme/pay", "alice", on(7, 5), "v1")
    world.items[3]["updatedAt"] = world.now
    return world


@functools.cache
def clean() -> Read:
    """What comes without a fault."""
    with GitHubServer(everything()) as server:
        return read(server, REQUEST, **SETTINGS)


def test_the_world_has_every_kind_of_request():
    """So that the faults below hit each of them."""
    with GitHubServer(everything()) as server:
        found = read(server, REQUEST, **SETTINGS)
        asked = " ".join(each.query for each in server.asked)
    assert found.gaps == []
    assert {(row.kind, row.role) for row in found.rows} == {
        ("pull_request", "author"), ("pull_request", "co-author"), ("review", "reviewer"), ("issue", "resolver"),
        ("comment", "helper"), ("release", "author"),
    }  # fmt: skip
    for words in ("c0: search", "s0: search", "m0: node", "...Releases", "...Ids"):
        assert words in asked, words


FAULTS = {**PASSING, **GITHUB.faults}


@pytest.mark.parametrize(("turn", "name"), list(enumerate(sorted(FAULTS))), ids=sorted(FAULTS))
def test_a_fault_in_any_request_passes(turn, name):
    """Once in every third request, by turns, so that each meets eight faults: everything comes, and nothing twice.

    Each fault in the first request and in the first page is tried in test_web_faults.
    """
    fault, _ = FAULTS[name]
    for number in range(turn % 3, clean().requests, 3):
        with GitHubServer(everything()) as server:
            server.script(*[None] * number, fault)
            found = read(server, REQUEST, **SETTINGS)
        assert found.gaps == [], number
        assert {row.id: row for row in found.rows} == {row.id: row for row in clean().rows}, number
        assert len(found.rows) == len(clean().rows)


LASTING = {
    **{name: fault for name, (fault, _, _) in {**REFUSALS, **GITHUB.refusals}.items()},
    "502": Fault(502),
    "a reset": Fault(act="reset"),
    "a limit": Fault(429, "", {"retry-after": "172800"}),
}


@pytest.mark.parametrize("lasts", [True, False], ids=["for ever", "once"])
@pytest.mark.parametrize("name", sorted(LASTING))
def test_a_fault_that_lasts_is_said(name, lasts):
    """From each request of the fetch on: whatever does not come has a gap, and no cursor says that it was read."""
    for number in range(clean().requests):
        with GitHubServer(everything()) as server:
            fault = LASTING[name]
            server.rule = lambda asked, server=server, number=number, fault=fault: (
                fault if len(server.asked) == number + 1 or (lasts and len(server.asked) > number) else None
            )
            found = read_source("hub", source(server, **SETTINGS), REQUEST)
        expected = {(row.scope, row.id): row for row in clean().rows}
        assert found.rows.items() <= expected.items() or found.gaps
        assert found.gaps or found.rows == expected, number
        assert found.gaps == [] or not any(each.cursor for each in found.done) or len(found.rows) == len(expected)


class Hiding(GitHubServer):
    """Forbids one thing that it would show, the `number`th: null in its place and an error beside."""

    number = 0
    what = "FORBIDDEN"

    def answer(self, asked):
        made = super().answer(asked)
        for path in _nullable(made["data"], []):
            if self.number == 0:
                _put_null(made["data"], path)
                error = {"type": self.what, "message": "no", "path": path}
                made = json.loads(json.dumps(made, default=str))
                self.number -= 1
                return made | {"errors": [*made.get("errors", ()), error]}
            self.number -= 1
        return made


def _nullable(value, path):
    """The paths of what may be null: entries of lists, actors, closing events."""
    for key, each in value.items() if isinstance(value, dict) else enumerate(value):
        if isinstance(each, (dict, list)):
            is_entry = isinstance(key, int) and path[-1] == "nodes" and isinstance(each, dict)
            if is_entry or (each and key in {"author", "actor", "mergedBy", "closer"}):
                yield [*path, key]
            yield from _nullable(each, [*path, key])


def _put_null(value, path):
    for each in path[:-1]:
        value = value[each]
    value[path[-1]] = None


@pytest.mark.parametrize("start", range(0, 1400, 700))
def test_anything_forbidden_is_said(start):
    """One thing forbidden, wherever it is: all rows are as they would be, or a gap says that something is hidden."""
    expected = {row.id: row for row in clean().rows}
    for number in range(start, start + 700, 29):
        with Hiding(everything()) as server:
            server.number = number
            found = read(server, REQUEST, **SETTINGS)
        assert found.gaps or {row.id: row for row in found.rows} == expected, number
