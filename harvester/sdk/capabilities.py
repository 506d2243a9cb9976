"""What a connector may offer beside `fetch`: optional protocols that the core looks for."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol, runtime_checkable

from harvester.model.contribution import Kind
from harvester.model.periods import Period
from harvester.sdk.connector import Event, Remark, Request, ScopeCompleted


@dataclass(frozen=True, slots=True)
class Finding:
    """One result of a health check: a state, a sentence about it, and what the user can do."""

    state: Literal["ok", "warning", "error"]
    message: str
    hint: str = ""


@runtime_checkable
class HasHealthCheck(Protocol):
    """A connector that can check its configuration and its source, for `harvester doctor`."""

    def check(self) -> Iterator[Finding]:
        """Yield findings; a failure becomes a finding and is not raised."""
        ...


@runtime_checkable
class HasLatest(Protocol):
    """A connector that knows, at little cost, when the newest contribution was made."""

    def latest(self) -> dt.datetime | None:
        """The time of the newest contribution (aware); None without any."""
        ...


@runtime_checkable
class ListsAccounts(Protocol):
    """A connector that can list its accounts, to look up a name and to find accounts that look like one person's.

    It costs little, so that every report may ask.
    """

    def accounts(self, period: Period | None = None) -> Mapping[str, int]:
        """Every account, written as in rows, with the number of its contributions in the period, or ever without one.

        It does not depend on the accounts of any request. Raises SourceError where the source cannot be read.
        """
        ...


@dataclass(frozen=True, slots=True)
class FirstContribution:
    """The first contribution of somebody to a project, by the whole history of that project."""

    account: str
    """Written as in rows."""
    project: str
    occurred_at: dt.datetime
    """As the row of that contribution has it (aware)."""


@runtime_checkable
class KnowsFirstContributions(Protocol):
    """A connector that knows, at little cost, when somebody contributed to a project for the first time.

    What a ledger holds cannot tell, for it may hold any part of the history.
    """

    def first_contributions(self, period: Period) -> Iterator[FirstContribution | Remark]:
        """Yield the first contribution of each person to each project, where it was in the period.

        A person is who the context's `person_of` says. A `Remark` names a scope of which the whole history is not
        there, so that nobody knows who was new. Raises SourceError where the source cannot be read.
        """
        ...


@runtime_checkable
class ResolvesAliases(Protocol):
    """A connector that knows which accounts are the same person's, such as git with its mailmap."""

    def aliases(self, accounts: Collection[str]) -> Mapping[str, str]:
        """The account that rows have, for each of these accounts that rows have under another name."""
        ...


@runtime_checkable
class ImportsModules(Protocol):
    """A connector whose `fetch` imports a library that is slow to import."""

    def import_modules(self) -> None:
        """Import what `fetch` needs.

        Called before sources are read side by side: threads that import parts of one package at the same time can fail
        with a deadlock in Python's own locks (https://github.com/python/cpython/issues/83065).
        """
        ...


@runtime_checkable
class NamesContents(Protocol):
    """A connector that knows what its rows can be, so that `goals check` can say that a goal asks for something else.

    Kinds are those of the column `kind`. Of other columns only labels and story points are asked for.
    """

    def contents(self) -> Mapping[Kind, Collection[str]]:
        """The kinds of its rows, as configured; of each kind which of `labels` and `story_points` it can have."""
        ...


@runtime_checkable
class ExplainsPlan(Protocol):
    """A connector that can explain what a fetch would ask for, for `harvest --dry-run`."""

    def plan(self, request: Request) -> Iterator[str]:
        """Yield lines of text: what a fetch would ask for and how many requests that takes. Reads counts only."""
        ...


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a request, which any process can read by itself that has the source's configuration."""

    name: str
    """What `fetch_part` finds it by, in words of the connector's own, each once; no secret."""
    scope: str = ""
    """The scope that it lies in: where it fails, that one is not complete. Empty where it may be any scope."""


@runtime_checkable
class ReadsInParts(Protocol):
    """A connector whose source can be read in parts, by several processes side by side (`--engine dask`).

    What `parts` yields, then what `fetch_part` yields for each part in their order, with what `join` makes of the
    completed scopes in place of those, means the same to the ledger as what `fetch` yields. Parts are read at any time
    and in any order, so a part retracts rows of its own only. What several parts report alike is reported once.
    """

    def parts(self, request: Request) -> Iterator[Part | Event]:
        """Yield the parts of a request, at little cost, and what belongs to none, such as a gap for what is not there.

        What cannot be divided is one part. Raises SourceError where nothing can be read.
        """
        ...

    def fetch_part(self, request: Request, part: Part) -> Iterator[Event]:
        """As `fetch`, of one part alone, by a connector that may be in another process than the one that named it.

        Its rows and completed scopes lie in the part's scope, if that has one. An exception is a gap of that scope.
        """
        ...

    def join(self, request: Request, completed: Sequence[ScopeCompleted]) -> Iterator[ScopeCompleted]:
        """Yield the completed scopes of the request, each once, of those that `parts` and the parts completed.

        These come in the order of the parts. What a failed part may concern, and did not complete, is not among them.
        Asks the source for nothing, for it may be out of reach here.
        """
        ...
