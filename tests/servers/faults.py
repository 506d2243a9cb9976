"""What a web service may do wrong, played by the small servers of the tests, on the wire."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler


@dataclass(frozen=True)
class Fault:
    """A wrong answer. `act`: answer as given, cut the body, reset the connection, or hang for `seconds`."""

    status: int = 200
    body: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    act: str = "answer"
    seconds: float = 0


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
