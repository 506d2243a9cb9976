"""Fetches from GitLab played back from cassettes, without a server: we send exactly what was recorded."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from vcr.errors import CannotOverwriteExistingCassetteException

from tests.connectors.fetches import Read, gather
from tests.connectors.gitlabs import on, source, wanted
from tests.connectors.test_github_cassettes import Nowhere
from tests.servers.gitlab import World, limited
from tests.tapes import CASSETTES, tape


def world_of(name: str) -> World:
    """The world that a cassette is recorded from."""
    world = World()
    if name == "community_edition":
        world.version, world.enterprise = "16.0.2", False
    issue = world.issue("acme/pay", "bob", on(7, 1))
    made = world.merge_request(
        "acme/pay", "alice", on(7, 2), merged=on(7, 5), title="fix(pay): charge once", labels=("bug",), closes=[issue],
        description=f"Closes #{issue['iid']}", paths=("src/pay.py", "tests/test_pay.py"), merged_by="bob",
    )  # fmt: skip
    world.approve(made, "bob", on(7, 4))
    other = world.merge_request("acme/web", "bob", on(7, 6))
    world.line_comment(other, "alice", on(7, 7))
    world.approve(other, "alice", on(8, 7))
    long = world.merge_request("globex/x", "alice", on(7, 6), merged=on(9, 1))
    for minute in range(105 if name == "one_person" else 0):
        world.comment(long, "bob", on(7, 8, minute // 60, minute % 60))
    world.issue("acme/web", "carol", on(7, 1), closed=on(8, 1), by="carol", assignees=("alice",))
    return world


def one_person(server, lab) -> Read:
    return gather(lab().fetch(wanted("alice")))


def nothing_new(server, lab) -> Read:
    first = one_person(server, lab)
    again = gather(lab().fetch(wanted("alice", after=first)))
    assert again.rows == []
    return first


def one_group(server, lab) -> Read:
    return gather(lab(groups=("acme",)).fetch(wanted()))


def community_edition(server, lab) -> Read:
    return one_person(server, lab)


def rate_limited(server, lab) -> Read:
    server.script(None, limited(30))
    waited: list[tuple[float, str]] = []
    found = gather(lab(waited=waited).fetch(wanted("alice")))
    assert [seconds for seconds, _ in waited] == [30]
    return found


CASES: dict[str, Callable[..., Read]] = {
    each.__name__: each for each in (one_person, nothing_new, one_group, community_edition, rate_limited)
}
ALICE = [
    "issue assignee", "issue resolver", "pull_request author", "pull_request author", "review reviewer",
    "review reviewer",
]  # fmt: skip
EXPECTED = dict.fromkeys(CASES, ALICE) | {
    "one_group": [
        "issue assignee", "issue resolver", "issue resolver", "pull_request author", "pull_request merger",
        "review reviewer", "review reviewer", "review reviewer",
    ]
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_a_recorded_fetch_yields_the_same_rows(name):
    """A recorded fetch yields the same rows."""
    nowhere = Nowhere()
    with tape(f"gitlab/{name}"):
        found = CASES[name](nowhere, lambda **settings: source(nowhere, **settings))
    assert sorted(f"{row.kind} {row.role}" for row in found.rows) == EXPECTED[name]
    assert found.gaps == []


def test_a_request_that_was_not_recorded_is_an_error():
    with pytest.raises(CannotOverwriteExistingCassetteException), tape("gitlab/one_person"):
        gather(source(Nowhere()).fetch(wanted("bob")))


def test_every_cassette_of_ours_is_played():
    recorded = {path.stem for path in (CASSETTES / "gitlab").glob("*.yaml") if not path.stem.startswith("live_")}
    assert recorded == set(CASES)
