"""What a connector receives, and what it yields.

A connector is a frozen dataclass whose fields are the keys of its section in harvester.toml, and a field `context` that
the core hands in. A simple one yields contributions and nothing else.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from harvester.model.accounts import account_key, keys_of, matches
from harvester.model.contribution import Contribution
from harvester.model.periods import Calendar, Period
from harvester.sdk.secrets import Secret, require_token


@dataclass(frozen=True, slots=True)
class Request:
    """What to read, and what is known from last time; to ignore that and read the whole period is always right.

    What lies in neither `covered` nor a scope's `finished` must be yielded in full: earlier rows that are not yielded
    again there are removed. So must a scope without a cursor.
    """

    period: Period
    """When contributions occurred that are wanted, half-open."""
    accounts: frozenset[str] | None = None
    """The source's own names for the people wanted; None for everyone."""
    covered: tuple[Period, ...] = ()
    """The parts of the period that earlier harvests of these accounts finished; none where no scope has a cursor."""
    cursors: Mapping[str, str] = field(default_factory=dict)
    """By scope the oldest cursor of what was read: what changed since includes what changed since any later one."""
    finished: Mapping[str, tuple[Period, ...]] = field(default_factory=dict)
    """By scope with a cursor what was read of it, which is more than `covered` where other scopes have gaps."""
    newest: Mapping[str, str | None] = field(default_factory=dict)
    """By scope the cursor of its last harvest, for any accounts; None if that left none.

    Needed where history can be rewritten.
    """

    previous: Mapping[str, str | None] = field(default_factory=dict)
    """As `newest`, and there in a refresh, too: only to find again what no search finds, never to read less."""

    @property
    def missing(self) -> list[Period]:
        """The parts of the period that no earlier harvest finished."""
        return self.period.minus(list(self.covered))

    def missing_of(self, scope: str) -> list[Period]:
        """The parts of the period that no earlier harvest finished for this scope."""
        return self.period.minus([*self.covered, *self.finished.get(scope, ())])

    def wants(self, account: str) -> bool:
        """Whether an account is wanted, as `harvester.model.accounts` compares."""
        return self.accounts is None or matches(account, keys_of(self.accounts))


@dataclass(frozen=True, slots=True)
class Gap:
    """What could not be read, for which period (None: the request's), and why, in words for a reader."""

    scope: str
    reason: str
    period: Period | None = None


@dataclass(frozen=True, slots=True)
class Remark:
    """What a reader must know of a scope though nothing failed, in words.

    Such as that sizes are unknown, or that this way of reading cannot find some work by its nature.

    It is true of the fetch that yields it: a later one of the same period replaces it.
    """

    scope: str
    text: str


@dataclass(frozen=True, slots=True)
class ScopeCompleted:
    """A scope was read: what was yielded for it is stored, even if something fails later.

    `cursor` is handed back in the next request. `whole` says that everything of this scope in the request was yielded
    again, so that earlier rows that were not yielded again are removed.
    """

    scope: str
    cursor: str | None = None
    whole: bool = False


@dataclass(frozen=True, slots=True)
class Retraction:
    """Rows that are no longer true, such as those of a reopened ticket: one by `id`, or all of a work item.

    It removes what came before it and lies in the request: a contribution that has moved to another time or person
    since is left to a harvest of those.
    """

    scope: str
    id: str | None = None
    work_item: str | None = None
    kind: str | None = None

    def __post_init__(self) -> None:
        if self.id is None and self.work_item is None:
            raise ValueError("a retraction names an id or a work item")


Event = Contribution | Gap | Remark | ScopeCompleted | Retraction


@dataclass(frozen=True, slots=True)
class ConnectorContext:
    """What the core hands to a connector, so that it reads no global state."""

    source: str
    """The configured name of the source."""
    root: Path
    """The folder that relative paths start from."""
    calendar: Calendar
    clock: Callable[[], dt.datetime]
    """Gives an aware time."""
    wait: Callable[[float, str], None]
    """`wait(seconds, why)` waits, says so, and ends at once when the user interrupts."""
    reveal: Callable[[Secret], str]
    """Looks a secret up."""
    person: str | None = None
    """The key of the person who configured the source, for what can only be theirs; None where it is not known."""
    environ: Mapping[str, str] = field(default_factory=dict, repr=False)
    """The user's environment variables, for the programs that a connector runs."""
    person_of: Callable[[str], str] = account_key
    """The person behind an account of this source: two accounts of one configured person give the same text."""
    people_digest: str = ""
    """Changes when `person_of` may give other answers, so that what a connector decided with it is read again."""

    def reveal_token(self, secret: Secret) -> str:
        """Looks a token up, to be sent in a header; raises AccessError for a text that cannot be a token."""
        return require_token(self.reveal(secret), f"the source {self.source!r}")


class Connector(Protocol):
    """One method: yield what was asked for.

    A fetch that ends without a Gap or an exception has covered its request.
    One without a ScopeCompleted has read all of it: earlier rows in the period that did not come again are removed.
    Raises SourceError or a subclass where nothing can be read.
    """

    def fetch(self, request: Request) -> Iterator[Event]:
        """Yield the contributions of the wanted accounts in the period, and what could not be read."""
        ...
