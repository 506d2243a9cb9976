"""Fetches played back from cassettes, without a server: we send exactly what was recorded."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from vcr.errors import CannotOverwriteExistingCassetteException

from tests.connectors.fetches import Read, gather, on, wanted
from tests.connectors.githubs import source
from tests.servers.github import World, limited
from tests.tapes import CASSETTES, secrets_in, tape


class Nowhere:
    """Stands for the server when there is none: nothing listens on that port."""

    url = "http://localhost:9"
    asked = ()

    def script(self, *_: object) -> None:
        """What was scripted is in the cassette."""


def world_of(name: str) -> World:
    """The world that a cassette is recorded from."""
    world = World()
    issue = world.issue("acme/pay", "bob", on(7, 1))
    pull = world.pull(
        "acme/pay", "alice", on(7, 2), merged=on(7, 5), title="fix(pay): charge once", labels=("bug",), closes=[issue],
        paths=("src/pay.py", "tests/test_pay.py"), reviews=[("bob", "APPROVED", on(7, 4))],
    )  # fmt: skip
    world.close(issue, on(7, 5), "bob", pull)
    world.pull(
        "acme/web", "bob", on(7, 6), reviews=[("alice", "CHANGES_REQUESTED", on(7, 7)), ("alice", "APPROVED", on(8, 7))]
    )
    world.pull("globex/x", "alice", on(7, 6), merged=on(9, 1), paths=tuple(f"src/{n}.py" for n in range(130)))
    if name == "single_sign_on":
        world.saml.add("globex")
    return world


def one_person(server, hub) -> Read:
    return gather(hub().fetch(wanted("alice")))


def nothing_new(server, hub) -> Read:
    first = one_person(server, hub)
    again = gather(hub().fetch(wanted("alice", after=first)))
    assert again.rows == []
    return first


def one_place(server, hub) -> Read:
    return gather(hub(organisations=("acme",)).fetch(wanted()))


def single_sign_on(server, hub) -> Read:
    return one_person(server, hub)


def rate_limited(server, hub) -> Read:
    server.script(None, limited("RATE_LIMIT"))
    waited: list[tuple[float, str]] = []
    found = gather(hub(waited=waited).fetch(wanted("alice")))
    assert waited == [(1, "GitHub's rate limit is reached")]
    return found


CASES: dict[str, Callable[..., Read]] = {
    each.__name__: each for each in (one_person, nothing_new, one_place, single_sign_on, rate_limited)
}
ALICE = ["issue resolver", "pull_request author", "pull_request author", "review reviewer", "review reviewer"]
UNNAMED = (
    "in an organisation that GitHub does not name (number 21955855): the token is not authorised for the "
    "organisation's single sign-on; once that is fixed, harvest with --refresh"
)
EXPECTED = {
    "one_person": (ALICE, []),
    "nothing_new": (ALICE, []),
    "one_place": (
        ["issue resolver", "pull_request author", "review reviewer", "review reviewer", "review reviewer"],
        [],
    ),
    "single_sign_on": (
        ["issue resolver", "pull_request author", "review reviewer", "review reviewer"],
        [UNNAMED],
    ),
    "rate_limited": (ALICE, []),
}


@pytest.mark.parametrize("name", CASES)
def test_a_recorded_fetch_yields_the_same_rows(name):
    """A recorded fetch yields the same rows."""
    nowhere = Nowhere()
    with tape(f"github/{name}"):
        found = CASES[name](nowhere, lambda **settings: source(nowhere, **settings))
    assert (sorted(f"{row.kind} {row.role}" for row in found.rows), [gap.reason for gap in found.gaps]) == EXPECTED[
        name
    ]


def test_a_request_that_was_not_recorded_is_an_error():
    with pytest.raises(CannotOverwriteExistingCassetteException), tape("github/one_person"):
        gather(source(Nowhere()).fetch(wanted("bob")))


def test_every_cassette_of_ours_is_played():
    recorded = {path.stem for path in (CASSETTES / "github").glob("*.yaml") if not path.stem.startswith("live_")}
    assert recorded == set(CASES)


@pytest.mark.parametrize("path", sorted(CASSETTES.rglob("*.yaml")), ids=lambda path: path.stem)
def test_no_cassette_holds_a_secret(path):
    assert secrets_in(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    "text",
    [
        "ghp_0123456789abcdef",
        "github_pat_11AAAA",
        "glpat-abcdef",
        "ATATTxyz123",
        "eyJhbGciOiJIUzI1.eyJzdWIiOiIxMjM0",
        "-----BEGIN RSA PRIVATE KEY-----",
        "      Authorization:\n      - token x",
        "https://me:secret@example.org/",
        "me@example.org",
    ],
)
def test_the_search_for_secrets_finds_them(text):
    assert len(secrets_in(text)) >= 1
