"""A small web service over HTTP, and what it may do wrong, played on the wire."""

from __future__ import annotations

import socket
import ssl
import struct
import threading
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Generic, Self, TypeVar

A = TypeVar("A")


@dataclass(frozen=True)
class Fault:
    """A wrong answer. `act`: answer as given, cut the body, reset the connection, or hang for `seconds`."""

    status: int = 200
    body: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    act: str = "answer"
    seconds: float = 0
    after: bool = False
    """Whether what was asked for happens, and only its answer is this one; for requests that change something."""


class FaultyHandler(BaseHTTPRequestHandler):
    """Sends answers and plays faults; a server's own handler is below it."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # else each answer waits 40 ms for an acknowledgement

    def usual_headers(self) -> dict[str, str]:
        """The headers of every answer, unless a fault has others."""
        return {"content-type": "application/json"}

    def play(self, fault: Fault) -> None:
        """Do wrong."""
        if fault.act == "hang":
            threading.Event().wait(fault.seconds)
            self.close_connection = True
        elif fault.act == "reset":
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.close_connection = True
            self.connection.close()
        else:
            self.send(fault.status, fault.body, fault.headers, cut=fault.act == "cut")

    def send(self, status: int, body: str, headers: Mapping[str, str] | None = None, cut: bool = False) -> None:
        """Send an answer, or half of its body."""
        data = body.encode()
        self.send_response_only(status)
        for name, value in (self.usual_headers() | dict(headers or {})).items():
            self.send_header(name, value)
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data[: len(data) // 2] if cut else data)
        if cut:
            self.close_connection = True

    def log_message(self, *_: object) -> None:
        """Say nothing."""


class FaultyServer(Generic[A]):
    """A small service on a port of its own, below `prefix` (such as `/gitlab`), that can fail; use it with `with`.

    `A` is a request that came.
    """

    def __init__(self, handler: type[FaultyHandler], prefix: str = "") -> None:
        self.prefix = prefix
        self._scheme = "http"
        self.asked: list[A] = []
        self.broken: list[Exception] = []
        """What the service could not answer by a mistake of its own; raised where its `with` block ends."""
        self.faults: deque[Fault | None] = deque()
        self.rule: Callable[[A], Fault | None] = lambda asked: None
        """What a request gets in place of an answer."""
        self.before: Callable[[int], None] = lambda number: None
        """Called with each request's number before it is answered, to change the world while it is read."""
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._http.daemon_threads = True
        self._thread = threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()
        if self.broken:
            raise self.broken[0]

    @property
    def url(self) -> str:
        """Where the web pages would be."""
        return f"{self._scheme}://localhost:{self._http.server_address[1]}{self.prefix}"

    def secure(self, certificate: Path) -> None:
        """Serve over TLS, by a file with a certificate and its key."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        self._http.socket = context.wrap_socket(self._http.socket, server_side=True)
        self._scheme = "https"

    def script(self, *faults: Fault | None) -> None:
        """What the next requests get, one each; None is a proper answer."""
        self.faults.extend(faults)

    def take(self, asked: A) -> Fault | None:
        """Note a request; returns what it gets in place of an answer."""
        self.asked.append(asked)
        self.before(len(self.asked))
        return self.faults.popleft() if self.faults else self.rule(asked)
