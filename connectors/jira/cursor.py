"""What a fetch leaves for the next one: how far it came, what the site is, who people are, and what has a row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain

from harvester.sdk import cursor
from harvester.sdk.slices import merged

from .fields import Site

FORMAT = 3
"""Part of the settings; raised when the same answers make other rows."""

REMEMBERED = 5000
"""How many tickets are remembered to see that they are gone; those updated last are kept."""


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

    @classmethod
    def joined(cls, texts: Sequence[str]) -> str | None:
        """The cursor of a fetch, as text, of those that its slices left, in their order.

        All slices have the same site, people and projects, which were looked up before. A ticket that two of them read
        is remembered as the one that had rows read it.
        """
        slices = [each for text in texts if (each := cls.loads(text))]
        if len({(each.settings, each.accounts, each.asked) for each in slices}) != 1:
            return None
        tickets = [each.tickets for each in slices]
        empty = [{number: each for number, each in some.items() if not each[2]} for some in tickets]
        full = [{number: each for number, each in some.items() if each[2]} for some in tickets]
        return replace(
            slices[0],
            at=min(each.at for each in slices),
            rechecked_at=min(each.rechecked_at for each in slices),
            unreadable=sorted({one for each in slices for one in each.unreadable}),
            tickets=newest(merged(chain(full, empty))),
            hidden=merged(each.hidden for each in slices),
        ).dumps()


def newest(tickets: Mapping[str, Sequence[str]]) -> dict[str, Sequence[str]]:
    """Of tickets, as `Cursor.tickets` has them, those that were updated last."""
    return dict(sorted(tickets.items(), key=lambda pair: pair[1][0])[-REMEMBERED:])
