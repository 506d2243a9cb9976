"""What a web service may do to a fetch, each over HTTP: the connector gets over it, or says what is missing."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509.oid import NameOID

from harvester.errors import AccessError, SourceError
from harvester.harvesting.reader import read_source as harvest
from tests.connectors.faults import WebConnector, passing, refusals
from tests.connectors.fetches import gather
from tests.connectors.forges import FORGE
from tests.connectors.githubs import GITHUB
from tests.connectors.gitlabs import GITLAB
from tests.connectors.jiras import CLOUD, DATA_CENTER
from tests.servers.faults import Fault

CONNECTORS: list[WebConnector] = [GITHUB, GITLAB, FORGE, CLOUD, DATA_CENTER]
"""A connector joins by one entry."""
EVERY = pytest.mark.parametrize("web", CONNECTORS, ids=str)


def fetch(web, server, **settings):
    return gather(web.make(server, **settings).fetch(web.request))


@pytest.mark.parametrize(("web", "fault", "pause", "number"), passing(CONNECTORS))
def test_a_fault_that_passes(web, fault, pause, number):
    """Waits are shown and as long as the server asks; then everything comes."""
    waited: list[tuple[float, str]] = []
    with web.serve() as server:
        server.script(*[None] * number, fault)
        found = fetch(web, server, waited=waited)
    assert len(found.rows) == web.rows
    assert found.gaps == []
    assert [seconds for seconds, _ in waited] == [pause]
    assert web.name in waited[0][1]


@EVERY
def test_a_server_that_does_not_answer(web):
    """It is left after the timeout and asked again."""
    waited: list[tuple[float, str]] = []
    with web.serve() as server:
        server.script(Fault(act="hang", seconds=2))
        found = fetch(web, server, waited=waited, timeout=1)
    assert len(found.rows) == web.rows
    assert waited == [(1, f"{web.name} did not answer within 1 s")]


@pytest.mark.parametrize(("web", "fault", "error", "words"), refusals(CONNECTORS))
def test_a_refusal(web, fault, error, words):
    """What waiting does not fix is raised at once, with what to do."""
    waited: list[tuple[float, str]] = []
    with web.serve() as server:
        server.script(fault)
        with pytest.raises(error, match=words) as caught:
            fetch(web, server, waited=waited)
        assert len(server.asked) == 1
    assert waited == []
    assert caught.value.hint


@EVERY
def test_a_limit_that_lasts_too_long(web):
    """It is raised, not waited for."""
    waited: list[tuple[float, str]] = []
    with web.serve() as server:
        server.script(*[None] * web.lookups, Fault(429, "", {"retry-after": "172800"}))
        with pytest.raises(SourceError, match="would be too long") as caught:
            fetch(web, server, waited=waited)
    assert waited == []
    assert "finished work is kept" in caught.value.hint


@EVERY
def test_what_came_before_a_failure_is_kept(web):
    """The rest is a gap, and no scope is complete."""
    with web.serve() as server:
        server.script(*[None] * (web.lookups + 1), *[Fault(401, '{"message": "Bad credentials"}')] * 9)
        reading = harvest("hub", web.make(server), web.request)
    assert len(reading.rows) == web.page
    (gap,) = reading.gaps
    assert gap.reason.startswith(f"{web.name} does not accept the token (Bad credentials).")
    assert reading.done == []


@EVERY
def test_a_server_that_goes_down(web):
    """Tries are bounded; what did not come is a gap, and no cursor is left."""
    waited: list[tuple[float, str]] = []
    with web.serve() as server:
        server.rule = lambda request: Fault(503) if len(server.asked) > web.lookups + 1 else None
        found = fetch(web, server, waited=waited)
    assert len(found.rows) == web.page
    assert [gap.reason for gap in found.gaps] == list(web.down)
    assert found.cursors == {}
    assert sum(seconds for seconds, _ in waited) < 120


@EVERY
def test_an_interrupt_in_a_wait_ends_the_fetch(web):
    def interrupted(seconds: float, why: str) -> None:
        raise KeyboardInterrupt

    with web.serve() as server:
        made = web.make(server)
        stopped = dataclasses.replace(made, context=dataclasses.replace(made.context, wait=interrupted))
        server.script(*[None] * web.lookups, Fault(502))
        with pytest.raises(KeyboardInterrupt):
            gather(stopped.fetch(web.request))
        assert len(server.asked) == web.lookups + 1


@pytest.fixture
def elsewhere() -> Iterator[tuple[str, list[str]]]:
    """Another host that notes every request it gets, with its token."""
    shown: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            shown.append(str(self.headers))
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


@EVERY
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_to_another_host(web, elsewhere, status):
    """The token is not taken along."""
    url, shown = elsewhere
    with web.serve() as server:
        server.script(Fault(status, headers={"location": url}))
        with pytest.raises(SourceError, match="the token was not sent there"):
            fetch(web, server)
    assert shown == []


@EVERY
@pytest.mark.parametrize(
    "location", ["http://[bad", "//[", "http://other.example:99999/", "https://a:b/", "http://℀.com/"]
)
def test_a_redirect_to_what_is_no_address(web, location):
    """It is refused as one to another host is."""
    with web.serve() as server:
        server.script(Fault(302, headers={"location": location.encode().decode("latin-1")}))
        with pytest.raises(SourceError, match="the token was not sent there"):
            fetch(web, server)


@EVERY
@pytest.mark.parametrize(
    "fault",
    [
        Fault(429, headers={"retry-after": "²"}),
        Fault(200, "<", {"content-type": "application/json; charset=undefined"}),
        Fault(200, "<", {"content-type": "application/json; charset=idna"}),
    ],
    ids=["seconds", "no charset", "a charset for names"],
)
def test_headers_that_make_no_sense(web, fault):
    """What a server says in a wrong way is passed over, and it is asked again."""
    with web.serve() as server:
        server.script(fault)
        found = fetch(web, server, waited=[])
    assert (len(found.rows), found.gaps) == (web.rows, [])


@pytest.fixture(scope="module")
def certificate(tmp_path_factory) -> Path:
    """A file with a certificate for localhost, signed by itself, and its key."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "own")])
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(7)
    made = made.not_valid_before(dt.datetime(2020, 1, 1, tzinfo=dt.UTC)).not_valid_after(
        dt.datetime(2120, 1, 1, tzinfo=dt.UTC)
    )
    made = made.add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
    made = made.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    file = tmp_path_factory.mktemp("own") / "own.pem"
    kinds = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    file.write_bytes(made.sign(key, SHA256()).public_bytes(kinds[0]) + key.private_bytes(*kinds))
    return file


@EVERY
def test_a_certificate_of_ones_own(web, certificate, monkeypatch):
    """It is taken from the variable of requests; without it that is said at once, with what to do."""
    waited: list[tuple[float, str]] = []
    with web.serve() as server:
        server.secure(certificate)
        with pytest.raises(SourceError, match="certificate") as caught:
            fetch(web, server, waited=waited)
        assert "REQUESTS_CA_BUNDLE" in caught.value.hint
        for name in ("nowhere.pem", "empty.pem"):
            (certificate.parent / "empty.pem").write_text("no certificate")
            monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate.parent / name))
            with pytest.raises(SourceError, match="certificate"):
                fetch(web, server, waited=waited)
        assert waited == []
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
        assert len(fetch(web, server).rows) == web.rows


@EVERY
def test_redirects_without_an_end(web):
    """They are not followed again after a wait."""
    waited: list[tuple[float, str]] = []
    with web.serve() as server:
        server.rule = lambda asked: Fault(302, headers={"location": "/"})
        with pytest.raises(SourceError, match="redirects"):
            fetch(web, server, waited=waited)
    assert waited == []


@pytest.mark.parametrize(("web", "token"), [(each, token) for each in CONNECTORS for token in each.no_tokens], ids=str)
def test_what_cannot_be_a_token(web, token):
    """It is refused before anything is asked, and not shown."""
    with web.serve() as server:
        with pytest.raises(AccessError, match="a character that no token has") as caught:
            fetch(web, server, token=token)
        assert server.asked == []
    everything = f"{caught.value!r} {caught.value.hint} {caught.value.__context__!r}"
    assert token not in everything
    assert token[:4] not in everything


@EVERY
def test_a_token_is_in_no_error(web):
    """A server may repeat it, with codes that a terminal would obey."""
    with web.serve() as server:
        server.script(Fault(422, json.dumps({"message": f"what is {web.token}?\x1b[2J"})))
        with pytest.raises(SourceError) as caught:
            fetch(web, server)
    assert web.token not in str(caught.value)
    assert "what is ***?" in str(caught.value)
    assert "\x1b" not in str(caught.value)
