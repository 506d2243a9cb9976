"""What is asked for, as JQL: the tickets of people in periods, and what changed of them since. Pure.

A ticket is found by what may have made it resolved in a period: its date of resolution, a change of its resolution (the
date is that of the last one), or, where it has none, a change of its status. So the same tickets are found whatever
happened to them since, and rows are made of what the changelog says.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from harvester.model.periods import Period
from harvester.sdk.strategy import EVER

from .jql import among, changed, created, every, narrowing, on_days, quoted, since, some, until, within

ORDER = " ORDER BY created ASC, key ASC"
"""By what never changes, since a ticket that changes its place while pages are read would be missed or come twice."""
OVERLAP = dt.timedelta(days=1)
"""How far before the last fetch changes are asked for, beside the day for the zone: Cloud's search may be behind."""
NAMED = 1000
"""How many tickets a query names by id: it is refused where one of them is gone."""
WORKER = "worklogAuthor"
NO_RESOLUTION = every("resolution = Unresolved", "statusCategory = Done")


@dataclass(frozen=True)
class TicketQueries:
    """The queries for tickets: of people as queries name them, in projects by their keys (None: everybody, all)."""

    people: Sequence[str] | None = None
    projects: Sequence[str] | None = None
    jql: str = ""
    also: Collection[str] = ()
    """What else is read, as the section names it."""
    written: Period = EVER
    """When the tickets were created that are searched for by periods."""

    def tickets(self, periods: Sequence[Period]) -> str:
        """What may have a row in these periods."""
        return self._query(every(created(self.written), some(*map(self._in_period, periods))))

    def changed_since(self, at: dt.datetime, known: Sequence[str] = ()) -> str:
        """What changed since a moment, of what may have a row at any time, and of tickets known by their ids.

        A known ticket may have lost what led to it, such as its only worklog. It must be there: a query that names one
        that is not is refused.
        """
        recent = since("updated", at - OVERLAP)
        ids = ", ".join([each for each in known if each.isdigit()][:NAMED])
        return self._query(some(every(self._involved(), recent), every(f"id in ({ids})", recent) if ids else ""))

    def _query(self, clause: str) -> str:
        narrowed = narrowing(self.jql) if self.jql else ""
        return every(among("project", self.projects or ()), narrowed, clause) + ORDER

    def _involved(self) -> str:
        """Who has to do with a ticket at all; empty where that does not matter."""
        if self.people is None or "comments" in self.also:
            return ""
        by = f" BY ({', '.join(map(quoted, self.people))})"
        return some(
            self._assigned(),
            f"resolution CHANGED{by}",
            f"status CHANGED{by}",
            among("reporter", self.people) if "reported" in self.also else "",
            among(WORKER, self.people) if "worklogs" in self.also else "",
        )

    def _assigned(self) -> str:
        if self.people is None:
            return ""
        return some(among("assignee", self.people), among("assignee", self.people, "WAS IN"))

    def _in_period(self, period: Period) -> str:
        moved = some(changed("status", period), within("created", period))
        finished = some(within("resolved", period), changed("resolution", period), every(NO_RESOLUTION, moved))
        people = self.people or ()
        by_hand = some(changed("resolution", period, people), every(NO_RESOLUTION, changed("status", period, people)))
        return some(
            every(self._assigned(), finished),
            by_hand if self.people else "",
            every(among("reporter", people), within("created", period)) if "reported" in self.also else "",
            every(since("updated", period.since), until("created", period.until)) if "comments" in self.also else "",
            every(among(WORKER, people), on_days("worklogDate", period)) if "worklogs" in self.also else "",
        )
