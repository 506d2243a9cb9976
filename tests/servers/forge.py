"""A small REST service over HTTP: a list of events in pages that name the next one, as GitLab's do."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Sequence
from http.server import ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

from tests.servers.faults import Fault, FaultyHandler


class ForgeServer:
    """Serves these pages while its `with` block runs, and can fail."""

    def __init__(self, pages: Sequence[Sequence[object]]) -> None:
        self.pages = pages
        self.asked: list[str] = []
        self.faults: list[Fault | None] = []
        self.rule: Callable[[str], Fault | None] = lambda path: None
        self.http = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self.http.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.http.server_address[1]}/api/v4"

    def __enter__(self) -> ForgeServer:
        threading.Thread(target=self.http.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.http.shutdown()
        self.http.server_close()

    def script(self, *faults: Fault | None) -> None:
        """What the next requests get, one each; None is a proper answer."""
        self.faults.extend(faults)

    def answer(self, path: str) -> Fault:
        """What a request gets: a scripted fault, what the rule says, or its page."""
        self.asked.append(path)
        scripted = self.faults.pop(0) if self.faults else self.rule(path)
        return scripted or self.page(int(parse_qs(urlsplit(path).query).get("page", ["1"])[0]))

    def page(self, number: int) -> Fault:
        """A page, by its number from 1, with the address of the next one."""
        following = f'<{self.url}/events?page={number + 1}>; rel="next"'
        return Fault(200, json.dumps(self.pages[number - 1]), {"link": following} if number < len(self.pages) else {})


def _handler(server: ForgeServer) -> type[FaultyHandler]:
    class Handler(FaultyHandler):
        def do_GET(self) -> None:  # noqa: N802 - the name that http.server calls
            self.play(server.answer(self.path))

    return Handler
