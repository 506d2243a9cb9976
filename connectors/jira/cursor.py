"""What a fetch leaves for the next one: how far it came, what the site is, who people are, and what has a row."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from harvester.sdk import cursor

from .fields import Site

VERSION = 2
"""Raised when the same answers make other rows: a cursor of another version is ignored, and all is read again."""


@dataclass(frozen=True)
class Cursor:
    """The cursor of a site: enough to ask only for what changed since, and to notice what is gone.

    It holds for the same settings, people, token and version only, since otherwise rows may be missing that did not
    change. Accounts are hashed, and people are remembered by the ids that the site gives them.
    """

    at: dt.datetime
    """The server's time when the fetch began."""
    looked_at: float
    """When everything with a row was last looked for, in seconds since 1970 of the server's time."""
    settings: str
    """A digest of the configuration and of the token."""
    asked: str
    """A digest of which tickets were asked for: projects, conditions, and what else than those that are resolved."""
    accounts: tuple[str, ...] | None
    """The people asked for, hashed; None means everyone."""
    cloud: bool
    version: str
    epics: Sequence[str]
    points: Sequence[str]
    users: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """All ids of each person, by hashed account."""
    unknown_accounts: Sequence[str] = ()
    """The people nobody knows, hashed."""
    projects: Sequence[str] | None = None
    """Present keys of the projects that were read; None for all."""
    unreadable: Sequence[str] = ()
    """Keys of projects that are configured and not shown."""
    tickets: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Of each ticket that was read, by id: when it was updated, its key, a digest of its rows (empty: none), and when
    the first and the last of them occurred, in seconds since 1970."""
    hidden: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Of each ticket that was read and is not shown any more, by id: its key, and `kept` where its rows stay."""
    format: int = VERSION

    @property
    def site(self) -> Site:
        """What the site is."""
        return Site(self.cloud, self.version, tuple(self.epics), tuple(self.points))

    def dumps(self) -> str:
        """As text for `ScopeCompleted.cursor`."""
        return cursor.dumps(self)

    def covers(self, settings: str, accounts: frozenset[str] | None) -> bool:
        """Whether it holds for these settings and for everybody who is asked for now."""
        return settings == self.settings and cursor.covers_accounts(self.accounts, accounts)

    def asks_for(self, asked: str, accounts: frozenset[str] | None) -> bool:
        """Whether it was left for the same people and projects, whoever the token was of."""
        same_people = cursor.covers_accounts(self.accounts, accounts) and len(self.accounts or ()) == len(
            accounts or ()
        )
        return asked == self.asked and same_people


def loads(text: str | None) -> Cursor | None:
    """The cursor in a text; None without one that this version can read, and then everything is read again."""
    found = cursor.loads(Cursor, text)
    return found if found and found.format == VERSION else None
