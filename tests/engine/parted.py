"""A connector that workers of a cluster can make, each of whose parts does what the configuration says."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated

from distributed import get_worker

from harvester.errors import SourceError
from harvester.sdk.capabilities import Part
from harvester.sdk.connector import ConnectorContext, Event, Request, ScopeCompleted
from harvester.sdk.secrets import Secret
from tests.scripted import act

TOKEN = Secret("env:PARTED_TOKEN")


@dataclass(frozen=True)
class Parted:
    """Parts that yield a row, and then perhaps end the process, wait or fail."""

    context: ConnectorContext
    does: Annotated[list[str], "what each part does after its row"]
    token: Annotated[Secret, "a secret that is quoted where it should not be"] = TOKEN

    def fetch(self, request: Request) -> Iterator[Event]:
        for part in self.parts(request):
            yield from self.fetch_part(request, part)

    def parts(self, request: Request) -> Iterator[Part]:
        for number, does in enumerate(self.does):
            yield Part(f"{number} {does}", f"scope/{number}")

    def fetch_part(self, request: Request, part: Part) -> Iterator[Event]:
        number, _, does = part.name.partition(" ")
        yield act(int(number), source=self.context.source, scope=part.scope)
        match does:
            case "end":
                self._end_worker()
            case "wait":
                self.context.wait(3600, f"{self.context.reveal(self.token)} has reached its limit")
            case "refuse":
                raise SourceError(f"The token {self.context.reveal(self.token)} is wrong.")
            case "break":
                raise KeyError(self.context.reveal(self.token))
        yield ScopeCompleted(part.scope, "cursor")

    def join(self, request: Request, completed: Sequence[ScopeCompleted]) -> Iterator[ScopeCompleted]:
        yield from completed

    def _end_worker(self) -> None:
        get_worker()  # raises outside of one
        os.kill(os.getpid(), signal.SIGKILL)
