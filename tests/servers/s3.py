"""A store that speaks S3 (moto, as a process of its own), and a way to it on which requests can go wrong."""

from __future__ import annotations

import http.client
import re
import subprocess
import sys
import threading
import time
import urllib.request
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.managers import BaseManager
from pathlib import Path
from urllib.parse import urlsplit

from tests.servers.faults import Fault, FaultyHandler, FaultyServer

BUCKET = "bucket"
KEYS = {"AWS_ACCESS_KEY_ID": "AKIANOBODY", "AWS_SECRET_ACCESS_KEY": "secret-of-nobody", "AWS_REGION": "us-east-1"}
_OF_ONE_CONNECTION = {"connection", "transfer-encoding", "keep-alive", "content-length", "date", "server"}


@contextmanager
def moto(folder: Path) -> Iterator[str]:
    """The address of a store. A process, since deltalake holds the interpreter's lock while it waits for an answer."""
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", "0"]
    log = folder / "moto.log"
    with log.open("w") as stream, subprocess.Popen(command, stdout=stream, stderr=stream) as process:
        end = time.monotonic() + 60
        while not (found := re.search(r"http://127\.0\.0\.1:\d+", log.read_text())):
            assert time.monotonic() < end, log.read_text()
            time.sleep(0.02)
        try:
            yield found[0]
        finally:
            process.terminate()


def post(url: str, method: str = "POST", content: bytes = b"") -> bytes:
    """Ask the store something that no client of S3 does."""
    headers = {"content-type": "text/plain"}
    with urllib.request.urlopen(urllib.request.Request(url, content or None, headers, method=method)) as answer:
        return bytes(answer.read())


def empty(store: str) -> None:
    """Leave the store with one empty bucket, and everyone allowed in."""
    post(f"{store}/moto-api/reset")
    post(f"{store}/{BUCKET}", "PUT")


def copy(store: str, origin: str, target: str) -> None:
    """Copy what is in one folder of the bucket to another."""
    for name in listed(store, f"{origin}/"):
        url = f"{store}/{BUCKET}/{target}{name.removeprefix(origin)}"
        headers = {"x-amz-copy-source": f"/{BUCKET}/{name}"}
        urllib.request.urlopen(urllib.request.Request(url, method="PUT", headers=headers)).close()


def options(endpoint: str) -> dict[str, str]:
    """What deltalake needs to find a store, and to lose no time where it fails on purpose."""
    return KEYS | {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ALLOW_HTTP": "true",
        "backoff_config.init_backoff": "1ms",
        "max_retries": "1",
    }


def listed(store: str, prefix: str = "") -> list[str]:
    """The names of what is in the bucket."""
    names = ET.fromstring(post(f"{store}/{BUCKET}?list-type=2&prefix={prefix}", "GET"))
    return [each.text or "" for each in names.iter("{http://s3.amazonaws.com/doc/2006-03-01/}Key")]


@dataclass(frozen=True)
class Asked:
    """A request that came to the store; `text` is its method and path."""

    text: str
    is_conditional: bool = False
    """Whether it may only succeed where there is nothing of this name."""


class S3Proxy(FaultyServer[Asked]):
    """Hands every request on to a store and its answer back, but for the faults.

    What S3 does in one step, the check of a condition and the write, moto does in two; here no other comes in between.
    """

    def __init__(self, store: str) -> None:
        super().__init__(_handler(self))
        self.store = urlsplit(store)
        self.ignores_conditions = False
        self.writing = threading.Lock()
        self.__enter__()

    def address(self) -> str:
        """Its own address."""
        return self.url

    def requests(self) -> list[Asked]:
        """What came since `clear`."""
        return self.asked

    def go_wrong(self, fault: Fault, path: str = "", first: int = 1, times: int = 1_000_000) -> None:
        """A fault for some requests in place of an answer: from the `first` on of those whose text has the pattern."""
        number = 0

        def rule(asked: Asked) -> Fault | None:
            nonlocal number
            number += bool(re.search(path, asked.text))
            return fault if re.search(path, asked.text) and first <= number < first + times else None

        self.rule = rule

    def clear(self, *, ignores_conditions: bool = False) -> None:
        """Forget requests and faults. Stores did ignore conditions before S3 knew any: who comes last overwrites."""
        self.asked.clear()
        self.rule = lambda asked: None
        self.ignores_conditions = ignores_conditions

    def turn(self, asked: Asked) -> AbstractContextManager[object]:
        """What a request has to wait for."""
        return self.writing if asked.is_conditional else nullcontext()


class _Manager(BaseManager):
    """A process for the proxy, since the tests' own stands still while deltalake waits for some of the answers."""


_Manager.register("S3Proxy", S3Proxy)


@contextmanager
def proxy_of(store: str) -> Iterator[S3Proxy]:
    """A proxy in front of a store."""
    with _Manager(ctx=get_context("spawn")) as manager:
        yield manager.S3Proxy(store)  # type: ignore[attr-defined] # registered above


def slow_down() -> Fault:
    """The store asks to come back later."""
    return Fault(503, f"<Error><Code>SlowDown</Code><Message>{'x' * 9}</Message></Error>", _XML)


def refused(status: int, code: str, words: str = "No.") -> Fault:
    """The store refuses, as S3 does it."""
    return Fault(status, f"<Error><Code>{code}</Code><Message>{words}</Message></Error>", _XML)


_XML = {"content-type": "application/xml"}


def _handler(server: S3Proxy) -> type[FaultyHandler]:
    class Handler(FaultyHandler):
        def answer(self) -> None:
            headers = {name.lower(): value for name, value in self.headers.items()}
            content = self.rfile.read(int(headers.get("content-length", 0)))
            asked = Asked(f"{self.command} {self.path}", headers.get("if-none-match") == "*")
            fault = server.take(asked)
            if fault is not None and not fault.after:
                self.play(fault)
                return
            with server.turn(asked):
                status, answered, body = self.hand_on(headers, content)
            if fault is not None and fault.act != "cut":
                self.play(fault)
                return
            self.close_connection = fault is not None
            self.send_response_only(status)
            for name, value in answered.items():
                self.send_header(name, value)
            # Deltalake often hangs up before it has read all: it needs no more of that file.
            with suppress(ConnectionError):
                self.end_headers()
                self.wfile.write(b"" if self.command == "HEAD" else body[: len(body) // 2] if fault else body)

        def hand_on(self, headers: dict[str, str], content: bytes) -> tuple[int, dict[str, str], bytes]:
            left_out = {"connection", *(("if-none-match",) if server.ignores_conditions else ())}
            given = {name: value for name, value in headers.items() if name not in left_out}
            connection = http.client.HTTPConnection(server.store.hostname or "", server.store.port)
            try:
                connection.request(self.command, self.path, content, given)
                answer = connection.getresponse()
                body = answer.read()
            finally:
                connection.close()
            kept = {name: value for name, value in answer.getheaders() if name.lower() not in _OF_ONE_CONNECTION}
            length = answer.getheader("content-length") if self.command == "HEAD" else str(len(body))
            return answer.status, kept | {"content-length": length or "0"}, body

        do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = answer  # noqa: N815 - the names that http.server calls

    return Handler
