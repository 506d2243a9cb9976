"""The REST example of the guide as a connector in the suite of faults, so that what is copied from it passes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harvester.model.contribution import Contribution
from harvester.model.periods import parse
from harvester.sdk.connector import ConnectorContext, Event, Gap, Request
from harvester.sdk.http import WebError
from harvester.sdk.secrets import Secret
from harvester.sdk.testing import connector_context
from tests.conftest import GUIDE, blocks
from tests.connectors.faults import WebConnector
from tests.servers.faults import Fault
from tests.servers.forge import ForgeServer
from tests.servers.github import NOW

EXAMPLE: dict[str, Any] = {}
exec(blocks(GUIDE, "python")[2], EXAMPLE)
TOKEN = "glpat-aBcDeFgHiJ"
LIMIT_OF_GITLAB = {"RateLimit-Remaining": "0", "RateLimit-Reset": f"{NOW.timestamp() + 20:.0f}"}
"""What GitLab sends until 20 seconds later; a second is added to it."""


@dataclass(frozen=True)
class Forge:
    """Yields each event of the example as a note."""

    context: ConnectorContext
    url: str
    token: Secret
    timeout: int = 10

    def fetch(self, request: Request) -> Iterator[Event]:
        """What the guide says about `WebError` at the edge."""
        came = False
        try:
            for number in EXAMPLE["events"](self.context, self.url, self.token, self.timeout):
                came = True
                yield self._note(number, request)
        except WebError as failure:
            if not came or failure.kind != "busy":
                raise failure.error() from None
            yield Gap(self.url, str(failure))

    def _note(self, number: int, request: Request) -> Contribution:
        return Contribution(
            id=f"note/author/{number}", source=self.context.source, scope=self.url, kind="note",
            work_item=f"note/{number}", account="ann", role="author", occurred_at=request.period.since,
        )  # fmt: skip


def _made(
    server: ForgeServer, waited: list[tuple[float, str]] | None = None, timeout: int = 10, token: str = TOKEN
) -> Forge:
    context = connector_context(Path(), "hub", now=NOW, environ={"TOKEN": token}, waited=waited)
    return Forge(context, server.url, Secret("env:TOKEN"), timeout)


FORGE = WebConnector(
    name="Forge",
    serve=lambda: ForgeServer([[1, 2], [3]]),
    make=_made,
    request=Request(parse("2026Q3", connector_context(Path()).calendar, NOW)),
    token=TOKEN,
    rows=3,
    page=2,
    lookups=0,
    down=["Forge answers with error 503"],
    no_tokens=("glpat-abc…def", "glpat-abc\ndef", "glpat-é", "glpat-a b"),
    faults={"429 until the reset": (Fault(429, "", LIMIT_OF_GITLAB), 21)},
)
