"""A small REST service over HTTP: a list of events in pages that name the next one, as GitLab's do."""

from __future__ import annotations

import json
from collections.abc import Sequence
from urllib.parse import parse_qs, urlsplit

from tests.servers.faults import Fault, FaultyHandler, FaultyServer


class ForgeServer(FaultyServer[str]):
    """Serves these pages; a request that came is its path."""

    def __init__(self, pages: Sequence[Sequence[object]]) -> None:
        super().__init__(_handler(self), "/api/v4")
        self.pages = pages

    def page(self, number: int) -> Fault:
        """A page, by its number from 1, with the address of the next one."""
        following = f'<{self.url}/events?page={number + 1}>; rel="next"'
        return Fault(200, json.dumps(self.pages[number - 1]), {"link": following} if number < len(self.pages) else {})


def _handler(server: ForgeServer) -> type[FaultyHandler]:
    class Handler(FaultyHandler):
        def do_GET(self) -> None:  # noqa: N802 - the name that http.server calls
            number = int(parse_qs(urlsplit(self.path).query).get("page", ["1"])[0])
            self.play(server.take(self.path) or server.page(number))

    return Handler
