"""What only GitHub may do to a fetch; the faults of every web service are in test_web_faults.py."""

from __future__ import annotations

import base64
import json

import pytest

from harvester.errors import AccessError, SourceError
from tests.connectors.fetches import on, wanted
from tests.connectors.githubs import read, sixty, source
from tests.servers.github import NOW, TOKEN, Fault, GitHubServer, limited


@pytest.fixture
def world():
    """Sixty merged pull requests: two pages."""
    return sixty()


def test_single_sign_on_has_a_hint(server):
    """An organisation may want the token authorised for single sign-on."""
    server.script(Fault(403, '{"message": "no"}', {"x-github-sso": "required; url=https://github.com/orgs/acme/sso"}))
    with pytest.raises(AccessError) as caught:
        read(server, wanted("alice"))
    assert "single sign-on" in caught.value.hint


def test_a_last_answer_with_no_quota_left_is_good(world, server):
    """A last good answer with nothing left is no failure."""
    world.remaining = 0
    waited: list[tuple[float, str]] = []
    assert len(read(server, wanted("alice"), waited=waited).rows) == 60
    assert waited == []


def test_a_page_shrinks_and_grows_again(world, server):
    """A page that is too much halves, and grows again after good answers."""
    for number in range(300):
        world.pull("acme/web", "alice", on(7, 1 + number % 28), merged=on(9, 1 + number % 28))
    asked = []

    def too_much_at_first(request):
        size = request.variables.get("n0")
        asked.append(size)
        return Fault(502) if size and size > 12 and len(asked) < 6 else None

    server.rule = too_much_at_first
    found = read(server, wanted("alice"))
    assert (len(found.rows), found.gaps) == (360, [])
    sizes = [each for each in asked if each]
    assert sizes[:2] == [25, 12]
    assert max(sizes[4:]) >= 48


def test_a_heavy_result_costs_only_its_paths(world, server):
    """The files of one pull request time out: it is asked for alone, then without them, and that is a gap."""
    position = 30

    def poisoned(request):
        start, size, paths = _span(request)
        return Fault(502) if paths and start <= position < start + size else None

    server.rule = poisoned
    found = read(server, wanted("alice"))
    assert len(found.rows) == 60
    assert [gap.reason for gap in found.gaps] == ["GitHub could not list the files of a pull request in time"]
    assert sum(not row.paths for row in found.rows) == 1
    assert found.cursors


@pytest.mark.parametrize("alone", [True, False], ids=["merged apart", "merged in one second"])
def test_an_unreadable_result_costs_only_itself(world, server, alone):
    """Counts show when it was created, so that the search goes on after it."""
    pulls = [
        world.pull("acme/web", "alice", on(7, 1, 1, number % 60, 7), merged=on(8, 1, 1, number % 60 if alone else 0))
        for number in range(60)
    ]
    poison = pulls[17]

    def poisoned(request):
        asks = "s0: search" in request.query
        return Fault(502) if asks and poison["id"] in json.dumps(server.answer(request), default=str) else None

    server.rule = poisoned
    found = read(server, wanted("alice"))
    assert {row.url for row in found.rows} == {each["url"] for each in world.items} - {poison["url"]}
    assert [gap.reason for gap in found.gaps] == [
        "GitHub could not answer in time for 1 of the merged pull requests of alice, created at 2026-07-01 01:17:07 UTC"
    ]
    assert found.requests < 60


def test_one_missing_permission_is_one_gap(world):
    """One missing permission may hide something in many results."""

    class Closed(GitHubServer):
        def answer(self, asked):
            made = super().answer(asked)
            for alias, page in made["data"].items():
                for number, node in enumerate((page or {}).get("nodes", ()) if alias.startswith("s") else ()):
                    if "mergeCommit" in node:
                        node["mergeCommit"] = None
                        path = [alias, "nodes", number, "mergeCommit"]
                        made.setdefault("errors", []).append({"type": "FORBIDDEN", "path": path, "message": "no"})
            return made

    with Closed(world) as server:
        found = read(server, wanted("alice"))
    assert len(found.rows) == 60
    (gap,) = found.gaps
    assert gap.reason.startswith("acme: a reference is hidden (GitHub does not let this token see it): 60 results")
    assert ", such as https://github.example/acme/pay/pull/" in gap.reason


@pytest.mark.parametrize(("most", "whole"), [(5, True), (0, False)])
def test_nested_lists_shrink_or_are_given_up(world, server, most, whole):
    """Fewer are read at once; where not even one is answered, the rest is a gap."""
    for number in range(100):
        paths = tuple(f"{each}.py" for each in range(101))
        world.pull("acme/web", "alice", on(7, 1, 1, number % 60), merged=on(8, 1), paths=paths)
    server.rule = lambda asked: Fault(502) if f"m{most}: node" in asked.query else None
    found = read(server, wanted("alice"))
    assert len(found.rows) == 160
    if whole:
        assert found.gaps == []
    else:
        (gap,) = found.gaps
        assert gap.reason.startswith("GitHub gave fewer changed paths than it counted: 100 results, such as http")
        assert found.requests < 25


def test_one_failing_search_is_a_gap(world, server):
    """The other searches are read."""
    world.issue("acme/pay", "bob", on(7, 1), closed=on(8, 1), by="bob", assignees=("alice",))
    server.rule = lambda request: Fault(502) if _asks(request, "is:merged") and "PullRequest" in request.query else None
    found = read(server, wanted("alice"))
    assert [row.kind for row in found.rows] == ["issue"]
    (gap,) = found.gaps
    assert gap.reason == "0 of 60 merged pull requests of alice came, then: GitHub answers with error 502"
    assert [(each.cursor, each.whole) for each in found.done] == [(None, False)]


def _span(request) -> tuple[int, int, bool]:
    """Where a request for pull requests begins, how many it asks for, and whether with their files."""
    if "n0" not in request.variables:
        return 0, 0, False
    after = request.variables["a0"]
    start = int(base64.b64decode(after).decode().partition(":")[2]) if after else 0
    return start, request.variables["n0"], bool(request.variables.get("paths"))


def _asks(request, words: str) -> bool:
    return any(words in str(value) for key, value in request.variables.items() if key.startswith("q"))


def test_a_down_server_is_not_asked_for_the_rest(world, server):
    """A server that fails for several searches is not asked for the rest."""
    for name in ("bob", "carol", "dave", "eve"):
        world.pull("acme/pay", name, on(7, 1), merged=on(8, 1))
    server.rule = lambda request: Fault(503) if len(server.asked) > 1 else None
    with pytest.raises(SourceError, match="error 503"):
        read(server, wanted("alice", "bob", "carol", "dave", "eve"))
    assert len(server.asked) < 20


def test_a_token_shows_in_no_object(world, server):
    """What a debugger or a traceback with values would print."""
    hub = source(server)
    reader = hub._reader(wanted("alice"))
    list(reader.events())
    parts = (reader.client, reader.client.sign_in, reader.options, reader.start, reader.row_context)
    for each in (hub, reader, reader.gaps, reader.nested_lists, *parts):
        assert TOKEN not in repr(each)
    for each in reader.progress:
        assert TOKEN not in repr(each)


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_redirects_on_the_same_host_are_not_followed(server, status):
    """A chain of redirects may have no end."""
    server.rule = lambda request: Fault(status, headers={"location": f"{server.url}/p{len(server.asked)}"})
    with pytest.raises(SourceError, match="redirects to the path '/p1'"):
        read(server, wanted("alice"))
    assert len(server.asked) == 1


def test_a_token_of_any_kind_is_in_no_error(server):
    """The message may contain our token or another one."""
    echo = Fault(422, json.dumps({"message": f"what is {TOKEN} or ghs_another?\x1b[2J"}))
    server.script(echo)
    with pytest.raises(SourceError) as caught:
        read(server, wanted("alice"))
    assert TOKEN not in str(caught.value)
    assert "what is *** or ***?" in str(caught.value)
    assert "\x1b" not in str(caught.value)


def test_unfinished_nested_lists_are_a_gap(world, server):
    """Nested lists that cannot be read on are reported."""
    world.pull("acme/web", "alice", on(7, 1), merged=on(8, 1), paths=tuple(f"{number}.py" for number in range(150)))
    server.rule = lambda request: Fault(502) if "m0: node" in request.query else None
    found = read(server, wanted("alice"))
    assert len(found.rows) == 61
    assert [gap.reason.partition(": http")[0] for gap in found.gaps] == ["GitHub gave 100 of 150 changed paths"]


def test_a_node_that_vanishes_is_a_gap(world, server):
    """A node that vanishes while its lists are read is reported."""
    pull = world.pull("acme/web", "alice", on(7, 1), merged=on(8, 1), paths=tuple(f"{n}.py" for n in range(150)))
    server.before = lambda number: pull.update(id="gone") if "m0: node" in server.asked[-1].query else None
    found = read(server, wanted("alice"))
    assert len(found.rows) == 61
    assert len(found.gaps) == 1


def test_a_long_primary_limit_is_not_waited_for(server):
    """A primary limit that lasts too long is raised, not waited for."""
    server.script(None, limited(reset=NOW.replace(day=3)))
    waited: list[tuple[float, str]] = []
    with pytest.raises(SourceError, match="would be too long") as caught:
        read(server, wanted("alice"), waited=waited)
    assert waited == []
    assert "finished work is kept" in caught.value.hint
