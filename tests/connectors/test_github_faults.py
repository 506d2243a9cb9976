"""What GitHub may do to a reading, each over HTTP: it is lived through, or told."""

from __future__ import annotations

import base64
import dataclasses
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from harvester.errors import AccessError, SourceError
from harvester.harvesting.reader import read_source as harvest
from harvester.sdk.testing import connector_context
from tests.connectors.githubs import gather, on, read, source, wanted
from tests.servers.github import NOW, TOKEN, Fault, GitHubServer, World, limited


@pytest.fixture
def world():
    """Sixty merged pull requests: two pages."""
    made = World()
    for number in range(60):
        made.pull("acme/pay", "alice", on(7, 1 + number % 28), merged=on(8, 1 + number % 28))
    return made


MESSAGE = json.dumps({"message": "You have exceeded a secondary rate limit. Please wait a few minutes."})
SECONDARY = json.dumps({"data": None, "errors": [{"message": "You have exceeded a secondary rate limit."}]})
PARTIAL = json.dumps({"data": {"rateLimit": None}, "errors": [{"message": "Something went wrong while executing."}]})


@pytest.mark.parametrize(
    ("fault", "pause"),
    [
        pytest.param(Fault(502), 1, id="502"),
        pytest.param(Fault(504), 1, id="504"),
        pytest.param(Fault(503, headers={"retry-after": "7"}), 7, id="503 with Retry-After"),
        pytest.param(limited("RATE_LIMITED", NOW.replace(minute=10)), 601, id="RATE_LIMITED"),
        pytest.param(limited("RATE_LIMIT", NOW.replace(minute=10)), 601, id="RATE_LIMIT"),
        pytest.param(Fault(403, MESSAGE, {"retry-after": "30"}), 30, id="secondary 403 with Retry-After"),
        pytest.param(Fault(403, MESSAGE), 60, id="secondary 403"),
        pytest.param(Fault(429, MESSAGE, {"retry-after": "30"}), 30, id="429 with Retry-After"),
        pytest.param(Fault(429, MESSAGE), 60, id="429"),
        pytest.param(Fault(429, "", {"retry-after": "Sun, 01 Nov 2026 12:00:20 GMT"}), 20, id="429 until a date"),
        pytest.param(Fault(200, SECONDARY, {"retry-after": "30"}), 30, id="secondary 200 with Retry-After"),
        pytest.param(Fault(200, SECONDARY), 60, id="secondary 200"),
        pytest.param(Fault(200, MESSAGE, {"retry-after": "30"}), 30, id="secondary 200 with a message only"),
        pytest.param(Fault(200, PARTIAL), 1, id="200 with data and errors"),
        pytest.param(Fault(200, '{"data": null, "errors": [{"message": "Timeout"}]}'), 1, id="200 without data"),
        pytest.param(Fault(200, "<html>Sign in to the proxy</html>"), 1, id="200 with a web page"),
        pytest.param(Fault(200, "", {"content-type": "text/plain"}), 1, id="200 with nothing"),
        pytest.param(Fault(200, "[]"), 1, id="200 with another JSON"),
        pytest.param(Fault(200, '{"data": {}}'), 1, id="200 with empty data"),
        pytest.param(Fault(200, '{"data": {"rateLimit": {}, "s0": null, "c0": null}}'), 1, id="200 without a page"),
        pytest.param(Fault(200, '{"data": {"s0": {"issueCount": 60}, "c0": []}}'), 1, id="200 with half a page"),
        pytest.param(Fault(200, '{"data": {"rateLimit": {"cost"'), 1, id="JSON cut in the middle"),
        pytest.param(Fault(200, '{"data": {"rateLimit": {}}}', act="cut"), 1, id="an answer cut on the wire"),
        pytest.param(Fault(act="reset"), 1, id="connection reset"),
    ],
)
@pytest.mark.parametrize("number", [0, 1], ids=["counting", "reading"])
def test_it_lives_through(server, fault, pause, number):
    """Waits are shown and as long as the server asks; then everything comes."""
    waited: list[tuple[float, str]] = []
    server.script(*[None] * number, fault)
    found = read(server, wanted("alice"), waited=waited)
    assert len(found.rows) == 60
    assert found.gaps == []
    assert [seconds for seconds, _ in waited] == [pause]
    assert "GitHub" in waited[0][1]


def test_a_server_that_does_not_answer_is_left_after_the_timeout(server):
    waited: list[tuple[float, str]] = []
    server.script(Fault(act="hang", seconds=2))
    found = read(server, wanted("alice"), waited=waited, timeout=1)
    assert len(found.rows) == 60
    assert waited == [(1, "GitHub did not answer within 1 s")]


@pytest.mark.parametrize(
    ("fault", "error", "words"),
    [
        (Fault(401, '{"message": "Bad credentials"}'), AccessError, "does not accept the token"),
        (Fault(403, '{"message": "Resource not accessible by integration"}'), AccessError, "not accessible by integr"),
        (Fault(404, '{"message": "Not Found"}'), SourceError, "status 404"),
        (Fault(422, '{"message": "Validation Failed"}'), SourceError, "status 422"),
        (
            Fault(200, '{"data": null, "errors": [{"type": "INSUFFICIENT_SCOPES", "message": "needs read:org"}]}'),
            AccessError,
            "needs read:org",
        ),
        (
            Fault(200, '{"errors": [{"message": "no field", "extensions": {"code": "undefinedField"}}]}'),
            SourceError,
            "does not understand",
        ),
    ],
)
def test_what_waiting_does_not_mend_is_told_at_once_with_what_to_do(server, fault, error, words):
    waited: list[tuple[float, str]] = []
    server.script(fault)
    with pytest.raises(error, match=words) as caught:
        read(server, wanted("alice"), waited=waited)
    assert waited == []
    assert caught.value.hint
    assert len(server.asked) == 1


def test_an_organisation_that_wants_single_sign_on_is_told_how(server):
    server.script(Fault(403, '{"message": "no"}', {"x-github-sso": "required; url=https://github.com/orgs/acme/sso"}))
    with pytest.raises(AccessError) as caught:
        read(server, wanted("alice"))
    assert "single sign-on" in caught.value.hint


def test_a_limit_that_lasts_too_long_is_told_not_waited_for(server):
    server.script(None, limited(reset=NOW.replace(day=3)))
    waited: list[tuple[float, str]] = []
    with pytest.raises(SourceError, match="would be too long") as caught:
        read(server, wanted("alice"), waited=waited)
    assert waited == []
    assert "what was read is kept" in caught.value.hint


def test_a_last_good_answer_with_nothing_left_is_no_failure(world, server):
    world.remaining = 0
    waited: list[tuple[float, str]] = []
    assert len(read(server, wanted("alice"), waited=waited).rows) == 60
    assert waited == []


def test_a_page_that_is_too_much_halves_and_grows_again(world, server):
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
    assert sizes[:3] == [50, 25, 12]
    assert max(sizes[4:]) >= 48


def test_one_result_that_cannot_be_answered_costs_its_paths_and_nothing_else(world, server):
    """The files of one pull request time out: it is asked for alone, then without them, and that is told."""
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
def test_one_result_that_cannot_be_answered_at_all_costs_itself_and_nothing_else(world, server, alone):
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


def test_what_one_permission_costs_in_many_results_is_one_gap(world):
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
    assert gap.reason.startswith("something that 60 results of acme, such as https://github.example/acme/pay/pull/")
    assert gap.reason.endswith(", refer to: GitHub does not let this token see it")


@pytest.mark.parametrize(("most", "whole"), [(5, True), (0, False)])
def test_nested_lists_are_read_in_fewer_at_once_and_given_up_where_none_comes(world, server, most, whole):
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
        assert gap.reason.startswith("GitHub gave changed paths short of their number for 100 results, such as http")
        assert found.requests < 25


def test_one_search_that_fails_for_good_is_a_gap_and_the_others_are_read(world, server):
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


def test_what_came_before_a_failure_is_kept_and_the_rest_is_a_gap(server):
    server.script(None, None, *[Fault(401, '{"message": "Bad credentials"}')] * 9)
    reading = harvest("hub", source(server), wanted("alice"))
    assert len(reading.rows) == 50
    assert [gap.reason.partition(" Make")[0] for gap in reading.gaps] == [
        "GitHub does not accept the token (Bad credentials)."
    ]
    assert reading.done == []


def test_a_server_that_goes_down_is_told_after_bounded_tries(server):
    waited: list[tuple[float, str]] = []
    server.rule = lambda request: Fault(503) if len(server.asked) > 2 else None
    found = read(server, wanted("alice"), waited=waited)
    assert len(found.rows) == 50
    assert [gap.reason for gap in found.gaps] == [
        "50 of 60 merged pull requests of alice came, then: GitHub answers with error 503"
    ]
    assert found.cursors == {}
    assert sum(seconds for seconds, _ in waited) < 120


def test_a_server_that_fails_for_several_searches_is_not_asked_for_the_rest(world, server):
    for name in ("bob", "carol", "dave", "eve"):
        world.pull("acme/pay", name, on(7, 1), merged=on(8, 1))
    server.rule = lambda request: Fault(503) if len(server.asked) > 1 else None
    with pytest.raises(SourceError, match="error 503"):
        read(server, wanted("alice", "bob", "carol", "dave", "eve"))
    assert len(server.asked) < 20


def test_an_interrupt_in_a_wait_ends_the_reading_at_once(server):
    def interrupted(seconds: float, why: str) -> None:
        raise KeyboardInterrupt

    handed = dataclasses.replace(connector_context(Path(), "hub", now=NOW, environ={"TOKEN": TOKEN}), wait=interrupted)
    hub = dataclasses.replace(source(server), context=handed)
    server.script(None, Fault(502))
    with pytest.raises(KeyboardInterrupt):
        gather(hub.fetch(wanted("alice")))
    assert len(server.asked) == 2


@pytest.fixture
def elsewhere() -> Iterator[tuple[str, list[str]]]:
    """Another host that notes what it is shown."""
    shown: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            shown.append(str(self.headers.get("authorization")))
            self.send_error(500)

        def do_GET(self) -> None:
            self.do_POST()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    running = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=running.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{running.server_address[1]}/api/graphql", shown
    running.shutdown()
    running.server_close()


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_to_another_host_does_not_take_the_token_along(server, elsewhere, status):
    url, shown = elsewhere
    server.script(Fault(status, headers={"location": url}))
    with pytest.raises(SourceError, match="the token was not sent there"):
        read(server, wanted("alice"))
    assert shown == []


@pytest.mark.parametrize("token", ["ghp_abc…def", "ghp_abc\ndef", "ghp_é", "ghp_a b"])
def test_what_can_be_no_token_is_told_without_showing_it(server, token):
    with pytest.raises(AccessError, match="a character that no token has") as caught:
        read(server, wanted("alice"), environ={"TOKEN": token})
    assert "ghp_" not in f"{caught.value!r} {caught.value.hint} {caught.value.__context__!r}"
    assert server.asked == []


def test_a_token_shows_in_no_object(world, server):
    """What a debugger or a traceback with values would print."""
    hub = source(server)
    reading = hub._reading(wanted("alice"))
    list(reading.events())
    parts = (reading.client, reading.client.sign_in, reading.order, reading.start, reading.view, reading.lists)
    for each in (hub, reading, reading.missing, *parts):
        assert TOKEN not in repr(each)
    for each in reading.pieces:
        assert TOKEN not in repr(each)


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_redirects_at_home_are_not_followed_from_one_to_the_next(server, status):
    server.rule = lambda request: Fault(status, headers={"location": f"{server.url}/p{len(server.asked)}"})
    with pytest.raises(SourceError, match="redirects to the path '/p1'"):
        read(server, wanted("alice"))
    assert len(server.asked) == 1


def test_a_token_stands_in_no_error(server):
    echo = Fault(422, json.dumps({"message": f"what is {TOKEN} or ghs_another?\x1b[2J"}))
    server.script(echo)
    with pytest.raises(SourceError) as caught:
        read(server, wanted("alice"))
    assert TOKEN not in str(caught.value)
    assert "what is *** or ***?" in str(caught.value)
    assert "\x1b" not in str(caught.value)


def test_nested_lists_that_cannot_be_read_on_are_told(world, server):
    world.pull("acme/web", "alice", on(7, 1), merged=on(8, 1), paths=tuple(f"{number}.py" for number in range(150)))
    server.rule = lambda request: Fault(502) if "m0: node" in request.query else None
    found = read(server, wanted("alice"))
    assert len(found.rows) == 61
    assert [gap.reason.partition(" of http")[0] for gap in found.gaps] == ["GitHub gave 100 of 150 changed paths"]


def test_a_node_that_vanishes_while_its_lists_are_read_is_told(world, server):
    pull = world.pull("acme/web", "alice", on(7, 1), merged=on(8, 1), paths=tuple(f"{n}.py" for n in range(150)))
    server.before = lambda number: pull.update(id="gone") if "m0: node" in server.asked[-1].query else None
    found = read(server, wanted("alice"))
    assert len(found.rows) == 61
    assert len(found.gaps) == 1
