"""Fetches from Jira played back from cassettes, without a server: we send exactly what was recorded."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from vcr.errors import CannotOverwriteExistingCassetteException

from tests.connectors.fetches import Read, gather
from tests.connectors.jiras import World, done, on, source, wanted
from tests.servers.faults import Fault
from tests.tapes import CASSETTES, tape


class Nowhere:
    """Stands for the server when there is none: nothing listens on that port."""

    url = "http://localhost:9"

    def __init__(self, flavour: str) -> None:
        self.cloud = flavour == "cloud"
        self.world = World()

    def script(self, *_: object) -> None:
        """What was scripted is in the cassette."""


def tickets() -> World:
    """The world that cassettes are recorded from."""
    world = World()
    done(world, "PAY", "ann", 7, 5, summary="Charge once", labels=("money",), points=3.0)
    done(world, "PAY", "bob", 8, 5, assignee="ann")
    again = done(world, "WEB", "ann", 7, 20)
    world.reopen(again, on(8, 1))
    world.resolve(again, on(9, 1), "ann", "Won't Do")
    world.comment(again, "bob", on(8, 2))
    return world


def one_person(server) -> Read:
    return gather(source(server).fetch(wanted(server, "ann")))


def nothing_new(server) -> Read:
    first = one_person(server)
    again = gather(source(server).fetch(wanted(server, "ann", after=first)))
    assert (again.rows, again.retracted) == ([], [])
    return first


def rate_limited(server) -> Read:
    server.script(None, Fault(429, "", {"retry-after": "30"}))
    waited: list[tuple[float, str]] = []
    found = gather(source(server, waited=waited).fetch(wanted(server, "ann")))
    assert [seconds for seconds, _ in waited] == [30]
    return found


CASES: dict[str, tuple[str, Callable[..., Read]]] = {
    "one_person": ("cloud", one_person),
    "one_person_of_data_center": ("dc", one_person),
    "nothing_new": ("cloud", nothing_new),
    "rate_limited": ("cloud", rate_limited),
}


@pytest.mark.parametrize("name", CASES)
def test_a_recorded_fetch_yields_the_same_rows(name):
    """A recorded fetch yields the same rows, which both flavours have."""
    flavour, case = CASES[name]
    with tape(f"jira/{name}"):
        found = case(Nowhere(flavour))
    assert sorted(f"{row.role} {row.state}" for row in found.rows) == [
        "assignee done", "assignee done", "assignee not_planned",
    ]  # fmt: skip
    assert found.gaps == []


def test_a_request_that_was_not_recorded_is_an_error():
    nowhere = Nowhere("cloud")
    with pytest.raises(CannotOverwriteExistingCassetteException), tape("jira/one_person"):
        gather(source(nowhere).fetch(wanted(nowhere, "bob")))


def test_every_cassette_of_ours_is_played():
    assert {path.stem for path in (CASSETTES / "jira").glob("*.yaml")} == set(CASES)
