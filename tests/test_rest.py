"""A REST API over HTTP: every page comes once, totals are compared, and the token stays at home."""

import datetime as dt
import json
import threading
from collections.abc import Callable, Iterator
from http.server import ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from harvester.sdk.http import RetryPolicy, Service, WebError, says_limit
from harvester.sdk.rest import RestClient, by_link, by_link_here, by_offset, by_token, listed, session
from harvester.sdk.secrets import Secret
from harvester.sdk.testing import connector_context
from tests.conftest import blocks
from tests.servers.faults import Fault, FaultyHandler

NOW = dt.datetime(2026, 11, 1, 12, tzinfo=dt.UTC)


class Api:
    """A server that answers with what `answer(path, parameters, number of the request)` gives."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, dict[str, str], str | None]] = []
        self.answer: Callable[[str, dict[str, str], int], Fault] = lambda path, params, number: Fault(200, "{}")
        self.waited: list[tuple[float, str]] = []
        api = self

        class Handler(FaultyHandler):
            def do_GET(self) -> None:  # noqa: N802 - the name that http.server calls
                parts = urlsplit(self.path)
                params = {name: values[-1] for name, values in parse_qs(parts.query).items()}
                api.asked.append((parts.path, params, self.headers.get("private-token")))
                self.play(api.answer(parts.path, params, len(api.asked)))

            def do_POST(self) -> None:  # noqa: N802 - as above
                sent = json.loads(self.rfile.read(int(self.headers["content-length"])))
                api.asked.append((self.path, sent, self.headers.get("private-token")))
                self.play(api.answer(self.path, sent, len(api.asked)))

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.http.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.http.server_address[1]}/api/v4"
        threading.Thread(target=self.http.serve_forever, args=(0.01,), daemon=True).start()

    def client(self) -> RestClient:
        service = Service("Forge", self.url)
        retry = RetryPolicy(lambda seconds, why: self.waited.append((seconds, why)))
        signed = session(service, {"PRIVATE-TOKEN": "s3cret"})
        return RestClient(service, signed, retry, lambda: NOW, timeout=5, secrets=("s3cret",))


@pytest.fixture
def api() -> Iterator[Api]:
    running = Api()
    yield running
    running.http.shutdown()
    running.http.server_close()


def page(body: object, **headers: str) -> Fault:
    return Fault(200, json.dumps(body), headers)


def test_an_answer_is_asked_for_with_the_token(api):
    api.answer = lambda path, params, number: page({"id": 7}, x_seen="1")
    found = api.client().get("projects/7", {"statistics": True})
    assert (found.body, found.headers["x_seen"]) == ({"id": 7}, "1")
    assert api.asked == [("/api/v4/projects/7", {"statistics": "True"}, "s3cret")]


def test_a_password_in_netrc_does_not_replace_the_token(api, tmp_path, monkeypatch):
    """requests would send it in place of a header."""
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login me password other")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    service = Service("Forge", api.url)
    with session(service, {"Authorization": "Bearer mine"}) as signed:
        prepared = signed.get(api.url, timeout=5).request
    assert prepared.headers["Authorization"] == "Bearer mine"


def test_a_redirect_within_the_host_keeps_the_token(api, tmp_path, monkeypatch):
    """requests would take the password in netrc for the second request."""
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login me password other")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    api.answer = lambda path, params, number: Fault(302, "", {"location": "/api/v4/new"}) if number == 1 else page([])
    with session(Service("Forge", api.url), {"Authorization": "Bearer mine"}) as signed:
        prepared = signed.get(f"{api.url}/old", timeout=5).request
    assert prepared.path_url == "/api/v4/new"
    assert prepared.headers["Authorization"] == "Bearer mine"


def test_a_busy_server_is_asked_again(api):
    api.answer = lambda path, params, number: (
        Fault(503, headers={"retry-after": "7"}) if number == 1 else page([]) if number == 3 else Fault(200, "<html>")
    )
    assert api.client().get("x").body == []
    assert api.waited == [(7, "Forge answers with error 503"), (2, "Forge's answer is a web page")]


@pytest.mark.parametrize(
    ("status", "body", "kind", "words"),
    [
        (401, '{"message": "401 s3cret"}', "refused", r"Forge does not accept the token \(401 \*\*\*\)"),
        (403, '{"error": "insufficient_scope"}', "refused", r"Forge refuses \(insufficient_scope\)"),
        (410, '{"errorMessages": ["gone"]}', "wrong", r"status 410 \(gone\)"),
        (404, "<html>", "wrong", "status 404"),
    ],
)
def test_a_refusal_is_not_asked_again(api, status, body, kind, words):
    api.answer = lambda path, params, number: Fault(status, body)
    with pytest.raises(WebError, match=words) as caught:
        api.client().get("x")
    assert (caught.value.kind, len(api.asked)) == (kind, 1)


def test_a_token_is_not_sent_to_another_host(api):
    other = "http://localhost:9/x"
    api.answer = lambda path, params, number: Fault(302, headers={"location": other})
    client = api.client()
    with pytest.raises(WebError, match="the token was not sent there"):
        client.get("x")
    with pytest.raises(WebError, match="the token was not sent there"):
        client.get(other)
    assert client.asked == 1


def test_a_link_leads_to_the_next_page(api):
    """A short or empty page is no end; a missing link is."""

    def answer(path: str, params: dict[str, str], number: int) -> Fault:
        entries = {1: [1, 2], 2: [], 3: [3]}[int(params["page"])]
        following = f'<{api.url}/events?page={int(params["page"]) + 1}>; rel="next"'
        return page(entries, **({"link": following} if params["page"] != "3" else {}))

    api.answer = answer
    pages = list(api.client().pages("events", by_link, {"page": 1}))
    assert [each.body for each in pages] == [[1, 2], [], [3]]


def test_a_link_to_another_host_is_refused(api):
    api.answer = lambda path, params, number: page([], link='<http://localhost:9/x>; rel="next"')
    with pytest.raises(WebError, match="the token was not sent there"):
        list(api.client().pages("events", by_link))
    assert len(api.asked) == 1


def test_a_token_leads_to_the_next_page(api):
    tokens = {None: "a", "a": "b", "b": None}

    def answer(path: str, params: dict[str, str], number: int) -> Fault:
        return page({"issues": [number], "nextPageToken": tokens[params.get("nextPageToken")]})

    api.answer = answer
    pages = list(api.client().pages("search/jql", by_token(), {"jql": "x"}))
    assert [each.body["issues"] for each in pages] == [[1], [2], [3]]
    assert [params["jql"] for _, params, _ in api.asked] == ["x", "x", "x"]


def test_a_posted_list_goes_on_in_its_body(api):
    """A token or an offset is sent where the query is, with its type."""
    tokens = {None: "a", "a": None}
    api.answer = lambda path, sent, number: page({"nextPageToken": tokens[sent.get("nextPageToken")]})
    asked = {"jql": "x", "fields": ["a", "b"]}
    assert len(list(api.client().post_pages("search/jql", by_token(), asked))) == 2
    api.answer = lambda path, sent, number: page({"total": 3, "issues": [1, 2][: 3 - sent.get("startAt", 0)]})
    assert len(list(api.client().post_pages("search", by_offset("issues"), asked))) == 2
    assert [sent for _, sent, _ in api.asked] == [
        asked, {**asked, "nextPageToken": "a"}, asked, {**asked, "startAt": 2},
    ]  # fmt: skip
    assert {token for *_, token in api.asked} == {"s3cret"}


@pytest.mark.parametrize("paginator", [by_token(), by_link])
def test_a_page_that_comes_twice_is_refused(api, paginator):
    api.answer = lambda path, params, number: page({"nextPageToken": "a"}, link=f'<{api.url}/x?p=1>; rel="next"')
    with pytest.raises(WebError, match="leads to the same page twice") as caught:
        list(api.client().pages("x", paginator))
    assert (caught.value.kind, len(api.asked)) == ("wrong", 2)


def test_an_offset_goes_on_until_the_total(api):
    """A server may give fewer than were asked for; the total decides."""

    def answer(path: str, params: dict[str, str], number: int) -> Fault:
        start = int(params.get("startAt", 0))
        return page({"total": 250, "issues": list(range(start, min(start + 99, 250)))})

    api.answer = answer
    pages = list(api.client().pages("search", by_offset("issues"), {"maxResults": 100}))
    assert [number for each in pages for number in each.body["issues"]] == list(range(250))


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"total": 2, "issues": []}, "gave 0 of 2 and then an empty page"),
        ({"total": 2}, "lacks 'issues' or 'total'"),
        ({"issues": []}, "lacks 'issues' or 'total'"),
        ([], "not a JSON object"),
    ],
)
def test_an_offset_list_that_ends_early_is_a_failure(api, body, words):
    api.answer = lambda path, params, number: page(body)
    with pytest.raises(WebError, match=words) as caught:
        list(api.client().pages("search", by_offset("issues")))
    assert caught.value.kind == "busy"


@pytest.mark.parametrize("status", [502, 429, 403, 410])
def test_what_changes_something_is_tried_once(api, status):
    """A request that failed may have happened; who sent it decides."""
    api.answer = lambda path, params, number: Fault(status, '{"message": "no"}', {"retry-after": "7"})
    with pytest.raises(WebError) as caught:
        api.client().send("POST", "things", {"a": 1})
    assert (len(api.asked), api.waited, caught.value.status) == (1, [], status)


def test_what_was_created_is_returned(api):
    """With 201 as with 200; 204 has nothing."""
    api.answer = lambda path, params, number: Fault(201, '{"id": 7}')
    assert api.client().send("POST", "things", {"a": 1}) == {"id": 7}
    assert api.asked == [("/api/v4/things", {"a": 1}, "s3cret")]
    api.answer = lambda path, params, number: Fault(204, "")
    assert api.client().send("POST", "things", {}) is None


def test_a_post_follows_no_redirect(api):
    """Not even at home: it would become a GET."""
    api.answer = lambda path, params, number: Fault(302, "", {"location": "/api/v4/other"})
    with pytest.raises(WebError, match="redirects to the path '/api/v4/other'"):
        api.client().send("POST", "things", {})
    assert len(api.asked) == 1


def test_a_service_says_what_else_is_a_limit(api):
    """Such as GitHub, whose secondary one comes with 403."""
    client = api.client()
    client.limited = lambda status, headers, message: status == 403 and says_limit(headers, message)
    answers = [
        Fault(403, '{"message": "secondary rate limit"}'),
        Fault(403, "{}", {"x-ratelimit-remaining": "0"}),
        Fault(),
    ]
    api.answer = lambda path, params, number: answers[number - 1] if number < 3 else Fault(200, "[]")
    assert listed(client.get("things")) == []
    assert [seconds for seconds, _ in api.waited] == [60, 120]


def test_a_list_is_a_list(api):
    """Of objects; anything else is not what was asked for."""
    api.answer = lambda path, params, number: page([{"a": 1}])
    assert listed(api.client().get("things")) == [{"a": 1}]
    for body in ({"a": 1}, [{"a": 1}, 7, None]):
        api.answer = lambda path, params, number, body=body: page(body)
        with pytest.raises(WebError, match="not a list"):
            listed(api.client().get("things"))


def test_links_with_another_host_lead_on_here(api):
    """GitLab names the host that it is configured with, which need not be the one that was asked."""

    def answer(path: str, params: dict[str, str], number: int) -> Fault:
        following = {"link": '<https://inside.example/api/v4/x?page=2&a=b>; rel="next"'} if number == 1 else {}
        return Fault(200, json.dumps([{"n": number}]), following)

    api.answer = answer
    assert [each for one in api.client().pages("x", by_link_here) for each in listed(one)] == [{"n": 1}, {"n": 2}]
    assert api.asked[1][:2] == ("/api/v4/x", {"page": "2", "a": "b"})


def test_the_rest_source_in_the_guide(api, tmp_path):
    guide = Path(__file__).parent.parent / "docs" / "writing-a-connector.md"
    names: dict[str, Callable[..., Iterator[object]]] = {}
    exec(blocks(guide, "python")[2], names)
    api.answer = lambda path, params, number: page([1, 2])
    context = connector_context(tmp_path, now=NOW, environ={"TOKEN": "s3cret"})
    assert list(names["events"](context, api.url, Secret("env:TOKEN"))) == [1, 2]
    assert api.asked == [("/api/v4/events", {"per_page": "100"}, "s3cret")]
