"""The seam: what a connector is handed, what it yields, and how it is found.

A connector is a frozen dataclass whose fields are the keys of its section in harvester.toml, and a field `context` that
the core hands in. A simple one yields contributions and nothing else.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from harvester.model.accounts import account_key
from harvester.model.contribution import Contribution
from harvester.model.periods import Calendar, Period
from harvester.sdk.secrets import Secret


def nothing_earlier(scope: str, ids: Collection[str]) -> Mapping[str, Contribution]:
    """Finds nothing, as where nothing was read before."""
    return {}


@dataclass(frozen=True, slots=True)
class Request:
    """What to read: a period, whose acts, and what is known from last time.

    `accounts` are the source's own names for the people wanted; None means everyone. `covered` are the periods that
    earlier harvests of the same accounts finished, and `cursors` what they left by scope; both are empty where
    everything is to be read anew. Ignoring them and reading all of `period` again is always right. A scope without a
    cursor is to be read anew. One with a cursor was read for its periods in `finished`, which are more than `covered`
    where other scopes have holes. Where several readings overlap the period, `cursors` has the oldest one's, since what
    changed since then holds what changed since any other, and `later` those of all the others, of other people too,
    also for scopes of which `cursors` has none: for a source whose past may be rewritten, and which must see that what
    they read is no longer there.

    `earlier(scope, ids)` gives the rows that the ledger holds of this source, by id, with key, times, paths and counts
    alone: for what never changes and is dear to read. None of a scope of which a reading in this period left no cursor,
    so that whoever asks can tell by the cursors how all of them were made.

    What lies in neither `covered` nor a scope's `finished` is to be yielded whole: earlier rows that do not come again
    there are dropped.
    """

    period: Period
    accounts: frozenset[str] | None = None
    covered: tuple[Period, ...] = ()
    cursors: Mapping[str, str] = field(default_factory=dict)
    finished: Mapping[str, tuple[Period, ...]] = field(default_factory=dict)
    later: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    earlier: Callable[[str, Collection[str]], Mapping[str, Contribution]] = field(
        default=nothing_earlier, compare=False, repr=False
    )

    @property
    def missing(self) -> list[Period]:
        """The parts of the period that no earlier harvest finished."""
        return self.period.minus(list(self.covered))

    def missing_of(self, scope: str) -> list[Period]:
        """The parts of the period that no earlier harvest finished for this scope."""
        return self.period.minus([*self.covered, *self.finished.get(scope, ())])

    def wants(self, account: str) -> bool:
        """Whether this account's acts are wanted: exactly, without case; of `name <e-mail>` the address decides."""
        return self.accounts is None or account_key(account) in {account_key(each) for each in self.accounts}


@dataclass(frozen=True, slots=True)
class Gap:
    """A hole: what could not be read, for which period (None: the request's), and why, in words for a reader."""

    scope: str
    reason: str
    period: Period | None = None


@dataclass(frozen=True, slots=True)
class ScopeCompleted:
    """A scope is read: what was yielded for it is secured, even if something fails later.

    `cursor` is handed back in the next request. `whole` says that everything of this scope in the request was yielded
    again, so that rows of an earlier reading that did not come again are gone.
    """

    scope: str
    cursor: str | None = None
    whole: bool = False


@dataclass(frozen=True, slots=True)
class Retraction:
    """Rows that no longer hold, such as those of a ticket that was opened again: one by `id`, or all of a work item.

    It takes back what came before it and lies in the request: an act that has moved to another time or person since
    is left to whoever reads those.
    """

    scope: str
    id: str | None = None
    work_item: str | None = None
    kind: str | None = None

    def __post_init__(self) -> None:
        if self.id is None and self.work_item is None:
            raise ValueError("a retraction names an id or a work item")


Event = Contribution | Gap | ScopeCompleted | Retraction


@dataclass(frozen=True, slots=True)
class ConnectorContext:
    """What the core hands to a connector, so that it reads no global state.

    `source` is its configured name, `root` the folder that relative paths start from, `clock` gives an aware time,
    `wait(seconds, why)` waits, says so, and ends at once when the user interrupts; `reveal` looks a secret up. `person`
    is the key of whoever configured it all, for what can only be theirs; None where nobody says.
    `environ` are the user's environment variables, for the programs that a connector runs.
    """

    source: str
    root: Path
    calendar: Calendar
    clock: Callable[[], dt.datetime]
    wait: Callable[[float, str], None]
    reveal: Callable[[Secret], str]
    person: str | None = None
    environ: Mapping[str, str] = field(default_factory=dict, repr=False)


class Connector(Protocol):
    """One method: yield what was asked for.

    A fetch that ends without a Gap or an exception has covered its request. One that yields no Done at all has read
    all of it anew: earlier rows in the period that did not come again are dropped. Raises SourceError or one below it
    where nothing can be read.
    """

    def fetch(self, request: Request) -> Iterator[Event]:
        """Yield the contributions of the wanted accounts in the period, and what could not be read."""
        ...
