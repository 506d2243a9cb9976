"""What any source on the web needs: waits, page sizes, totals, redirects and redaction."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import requests

from harvester.errors import AccessError, SourceError
from harvester.sdk.http import (
    RetryPolicy,
    Service,
    WebError,
    no_redirects,
    pause,
    redact,
    retry_after,
    same_origin,
    same_origin_only,
    server_time,
    skew,
    until_reset,
)
from harvester.sdk.paging import PageSize

NOW = dt.datetime(2026, 11, 1, 12, tzinfo=dt.UTC)


class Script:
    """Raises what it is given, one failure a call, then answers."""

    def __init__(self, *failures: WebError) -> None:
        self.failures = list(failures)
        self.calls = 0

    def __call__(self) -> str:
        self.calls += 1
        if self.failures:
            raise self.failures.pop(0)
        return "answer"


def policy(waited: list[tuple[float, str]], **bounds: float) -> RetryPolicy:
    return RetryPolicy(lambda seconds, why: waited.append((seconds, why)), **bounds)


def test_what_answers_at_once_is_not_waited_for():
    waited: list[tuple[float, str]] = []
    assert policy(waited).call(Script()) == "answer"
    assert waited == []


def test_waits_for_a_busy_server_double():
    """A busy server is asked again after waits that double."""
    waited: list[tuple[float, str]] = []
    call = Script(*(WebError("busy", "error 502") for _ in range(3)))
    assert policy(waited).call(call) == "answer"
    assert waited == [(1, "error 502"), (2, "error 502"), (4, "error 502")]


def test_tries_are_bounded():
    """Tries are bounded and the last failure is raised."""
    call = Script(*(WebError("busy", f"error {number}") for number in range(9)))
    with pytest.raises(WebError, match="error 2"):
        policy([], tries=3).call(call)
    assert call.calls == 3


@pytest.mark.parametrize("kind", ["refused", "wrong"])
def test_what_waiting_does_not_fix_is_not_tried_again(kind):
    call = Script(WebError(kind, "no"))
    with pytest.raises(WebError, match="no"):
        policy([]).call(call)
    assert call.calls == 1


def test_less_is_asked_for_after_a_busy_answer():
    """Less is asked for only after the server was busy."""
    sizes = PageSize(40)
    policy([]).call(
        Script(WebError("busy", "504"), WebError("limit", "429"), WebError("busy", "504")), less=sizes.shrink
    )
    assert sizes.size == 10


def test_a_wait_that_is_too_long_is_refused():
    """The message says how long it would be."""
    waited: list[tuple[float, str]] = []
    with pytest.raises(WebError, match="waiting 7200 s more would be too long") as caught:
        policy(waited, longest=3700).call(Script(WebError("limit", "limit reached", after=7200)))
    assert waited == []
    assert caught.value.kind == "limit"


def test_all_waits_together_are_bounded():
    waited: list[tuple[float, str]] = []
    limited = policy(waited, total=100)
    limited.call(Script(WebError("limit", "limit", after=60)))
    with pytest.raises(WebError, match="too long"):
        limited.call(Script(WebError("limit", "limit", after=60)))
    assert [seconds for seconds, _ in waited] == [60]


def test_an_interrupt_in_a_wait_ends_it():
    def interrupted(seconds: float, why: str) -> None:
        raise KeyboardInterrupt

    call = Script(WebError("busy", "502"), WebError("busy", "502"))
    with pytest.raises(KeyboardInterrupt):
        RetryPolicy(interrupted).call(call)
    assert call.calls == 1


def test_a_limit_without_a_time_waits_a_minute():
    """A limit without a time waits a minute, then twice as long."""
    assert [pause(WebError("limit", ""), number) for number in (1, 2, 3)] == [60, 120, 240]
    assert pause(WebError("limit", "", after=5), 3) == 5


def test_a_refusal_becomes_an_access_error():
    """A refusal becomes an access error with its hint."""
    error = WebError("refused", "no entry", hint="Sign in.").error()
    assert isinstance(error, AccessError)
    assert (error.message, error.hint) == ("no entry.", "Sign in.")
    assert type(WebError("busy", "down").error()) is SourceError


@pytest.mark.parametrize(
    ("value", "expected"),
    [("30", 30.0), ("Sun, 01 Nov 2026 12:00:45 GMT", 45.0), ("Sun, 01 Nov 2026 11:00:00 GMT", 0.0), ("soon", None)],
)
def test_retry_after_is_a_number_or_a_date(value, expected):
    assert retry_after({"Retry-After": value}, NOW) == expected
    assert retry_after({}, NOW) is None


def test_a_clock_that_is_off_does_not_change_the_wait():
    headers = {"date": "Sun, 01 Nov 2026 12:00:00 GMT", "x-reset": str(int(NOW.timestamp()) + 90)}
    wrong = NOW + dt.timedelta(hours=3)
    assert until_reset(headers, "x-reset", wrong) == 91
    assert skew(headers, wrong) == 3 * 3600
    assert server_time({}, wrong) == wrong


@pytest.mark.parametrize("value", ["never", "nan", "1e99"])
def test_a_reset_that_is_no_time_is_none(value):
    assert until_reset({"x-reset": value}, "x-reset", NOW) is None


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ('"a\\ud83d"', "a?"),
        ('"\\ude00\\ud83d"', "??"),
        ('"\\ud83d\\ude00"', "😀"),
        ('"😀 \\uD83D"', "😀 ?"),
        ('"\\\\ud83d"', "\\ud83d"),
        ('"a\ud83d"', "a?"),
    ],
)
def test_half_a_character_is_a_question_mark(body, text):
    """No table and no file takes it, and one such title would cost all that comes after it."""
    assert Service("Jira", "http://localhost").parse(body) == text


def test_json_that_is_too_deep_is_broken():
    with pytest.raises(WebError, match="broken JSON"):
        Service("Jira", "http://localhost").parse("[" * 200_000)


def test_foreign_text_has_no_secrets_and_is_one_line():
    assert redact("a\ntoken\x1b[31m tok", ["tok", "token"]) == "a *** [31m ***"
    assert redact("x" * 300, []) == "x" * 199 + "…"


@pytest.mark.parametrize(
    ("target", "home"),
    [
        ("/elsewhere", True),
        ("https://a.example:443/x", True),
        ("https://b.example/x", False),
        ("http://a.example/x", False),
        ("https://a.example:8443/x", False),
        ("//a.example.evil.example/x", False),
    ],
)
def test_home_is_scheme_host_and_port(target, home):
    assert same_origin("https://a.example/api", target) is home


@pytest.fixture
def redirecting() -> Iterator[tuple[str, list[str], list[str]]]:
    """A server that redirects to `target`, and one elsewhere that notes the tokens it gets."""
    target, shown = [""], []

    class Home(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            away = self.path == "/away"
            self.send_response(302 if away else 200)
            if away:
                self.send_header("location", target[0])
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    class Elsewhere(Home):
        def do_GET(self) -> None:
            shown.append(str(self.headers.get("private-token")))
            super().do_GET()

    servers = [ThreadingHTTPServer(("127.0.0.1", 0), each) for each in (Home, Elsewhere)]
    threads = [threading.Thread(target=each.serve_forever, args=(0.01,), daemon=True) for each in servers]
    for each in threads:
        each.start()
    target[0] = f"http://127.0.0.1:{servers[1].server_address[1]}/"
    yield f"http://127.0.0.1:{servers[0].server_address[1]}", target, shown
    for each in servers:
        each.shutdown()
        each.server_close()


def test_a_redirect_to_another_host_is_refused(redirecting):
    """A redirect to another host is refused before the token leaves."""
    home, _, shown = redirecting
    with requests.Session() as session:
        session.headers["private-token"] = "s3cret"
        session.hooks["response"].append(same_origin_only(home))
        with pytest.raises(WebError, match="the token was not sent there"):
            session.get(f"{home}/away", timeout=5)
    assert shown == []


def test_a_redirect_at_home_is_followed(redirecting):
    home, target, _ = redirecting
    target[0] = "/here"
    with requests.Session() as session:
        session.hooks["response"].append(same_origin_only(home))
        assert session.get(f"{home}/away", timeout=5).status_code == 200


@pytest.mark.parametrize("where", ["/here", "elsewhere"])
def test_where_no_redirect_is_wanted_none_is_followed(redirecting, where):
    home, target, shown = redirecting
    target[0] = where if where.startswith("/") else target[0]
    with requests.Session() as session:
        session.hooks["response"].append(no_redirects(home))
        with pytest.raises(WebError, match="redirects to"):
            session.get(f"{home}/away", timeout=5)
    assert shown == []
