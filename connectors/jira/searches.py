"""What is asked for, as JQL: the tickets of people in periods, and what changed of them since. Pure.

A ticket is found by what may have made it resolved in a period: its date of resolution, a change of its resolution (the
date is that of the last one), or, where it has none, a change of its status. So the same tickets are found whatever
happened to them since, and rows are made of what the changelog says.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from harvester.model.periods import Period

from .jql import among, changed, every, narrowing, quoted, since, some, until, within

ORDER = " ORDER BY created ASC, key ASC"
"""By what never changes, since a ticket that changes its place while pages are read would be missed or come twice."""
OVERLAP = dt.timedelta(days=1)
"""How far before the last fetch changes are asked for, beside the day for the zone: Cloud's search may be behind."""
LONG_AGO = quoted("1970-01-01 00:00")
PROBED = 1000
"""How many tickets a query names only so that Jira refuses it where one of them is gone."""
NO_RESOLUTION = every("resolution = Unresolved", "statusCategory = Done")


@dataclass(frozen=True)
class TicketQueries:
    """The queries for tickets: of people as queries name them, in projects by their keys (None: everybody, all)."""

    people: Sequence[str] | None = None
    projects: Sequence[str] | None = None
    jql: str = ""
    comments: bool = False
    reported: bool = False

    def tickets(self, periods: Sequence[Period]) -> str:
        """What may have a row in these periods."""
        return self._query(some(*map(self._in_period, periods)))

    def changed_since(self, at: dt.datetime, known: Sequence[str] = ()) -> str:
        """What changed since a moment, of what may have a row at any time.

        `known` are ids of tickets that must be there: a query that names one that is not is refused, and in this one
        they match nothing otherwise.
        """
        return self._query(some(every(self._involved(), since("updated", at - OVERLAP)), _probe(known)))

    def _query(self, clause: str) -> str:
        narrowed = narrowing(self.jql) if self.jql else ""
        return every(among("project", self.projects or ()), narrowed, clause) + ORDER

    def _involved(self) -> str:
        """Who has to do with a ticket at all; empty where that does not matter."""
        if self.people is None or self.comments:
            return ""
        by = f" BY ({', '.join(map(quoted, self.people))})"
        return some(
            self._assigned(),
            f"resolution CHANGED{by}",
            f"status CHANGED{by}",
            among("reporter", self.people) if self.reported else "",
        )

    def _assigned(self) -> str:
        if self.people is None:
            return ""
        return some(among("assignee", self.people), among("assignee", self.people, "WAS IN"))

    def _in_period(self, period: Period) -> str:
        moved = some(changed("status", period), within("created", period))
        finished = some(within("resolved", period), changed("resolution", period), every(NO_RESOLUTION, moved))
        by_hand = some(
            changed("resolution", period, self.people or ()),
            every(NO_RESOLUTION, changed("status", period, self.people or ())),
        )
        return some(
            every(self._assigned(), finished),
            by_hand if self.people else "",
            every(among("reporter", self.people or ()), within("created", period)) if self.reported else "",
            every(since("updated", period.since), until("created", period.until)) if self.comments else "",
        )


def _probe(known: Sequence[str]) -> str:
    ids = [each for each in known if each.isdigit()][:PROBED]
    return every(f"id in ({', '.join(ids)})", f"updated < {LONG_AGO}") if ids else ""
