"""What a fetch leaves for the next one: how far it came, what the site is, who people are, and what has a row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from harvester.sdk import cursor

from .fields import Site

FORMAT = 3
"""Part of the settings; raised when the same answers make other rows."""


@dataclass(frozen=True)
class Cursor(cursor.Cursor):
    """The cursor of a site: enough to ask only for what changed since, and to notice what is gone.

    People are remembered by the ids that the site gives them.
    """

    rechecked_at: float
    """When everything with a row was last looked for, in seconds since 1970 of the server's time."""
    asked: str
    """A digest of what was asked for: projects, conditions, and `also`."""
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

    @property
    def site(self) -> Site:
        """What the site is."""
        return Site(self.cloud, self.version, tuple(self.epics), tuple(self.points))

    def asks_for(self, asked: str, accounts: frozenset[str] | None) -> bool:
        """Whether it was left for the same people and projects, with any token."""
        return (asked, cursor.hashed_accounts(accounts)) == (self.asked, self.accounts)
