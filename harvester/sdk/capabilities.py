"""What a connector may offer beside `fetch`: optional protocols that the core looks for."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, Protocol, runtime_checkable

from harvester.sdk.connector import Request


@dataclass(frozen=True, slots=True)
class Finding:
    """What `doctor` tells of a source: how it stands, in words, and what to do about it."""

    state: Literal["ok", "warning", "error"]
    message: str
    hint: str = ""


@runtime_checkable
class HasHealthCheck(Protocol):
    """A connector that can say how it stands, for `harvester doctor`."""

    def check(self) -> Iterator[Finding]:
        """Yield findings; raises nothing for what it can say in one."""
        ...


@runtime_checkable
class HasLatest(Protocol):
    """A connector that knows, cheaply, when the newest thing in it happened."""

    def latest(self) -> dt.datetime | None:
        """The time of the newest act (aware), or None where there is none."""
        ...


@runtime_checkable
class ListsAccounts(Protocol):
    """A connector that can tell whom it knows, so that a name on the command line can be looked up."""

    def accounts(self) -> Iterator[str]:
        """Every account that appears, as rows have it; an account may come more than once."""
        ...


@runtime_checkable
class ResolvesAliases(Protocol):
    """A source that knows which of a person's accounts are one and the same, such as git with its mailmap."""

    def aliases(self, accounts: Iterable[str]) -> Mapping[str, str]:
        """For those of these accounts that rows show under another one: the account that rows show."""
        ...


@runtime_checkable
class ExplainsPlan(Protocol):
    """A connector that can say what a request would cost, for `harvest --dry-run`."""

    def plan(self, request: Request) -> Iterator[str]:
        """What it would ask, in words and with its price, without reading anything of weight."""
        ...
