"""Teams: who is a member, and on which days."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from harvester.model.periods import Calendar, Period


@dataclass(frozen=True, slots=True)
class Membership:
    """One stay of a person, by key, in a team: its first and last day, both included; None where it has no end."""

    person: str
    first: dt.date | None = None
    last: dt.date | None = None

    def period(self, calendar: Calendar) -> Period:
        """Its days, half-open."""
        return calendar.open_days(self.first, self.last)


@dataclass(frozen=True, slots=True)
class Team:
    """A team: its key in `[teams]`, its name for readers, and the stays of its members in the order of the file."""

    key: str
    name: str
    memberships: tuple[Membership, ...] = ()

    def members(self, period: Period, calendar: Calendar) -> list[str]:
        """Who is a member on any day of a period, each once and in the order of the file."""
        inside = (each.person for each in self.memberships if each.period(calendar).overlap(period))
        return list(dict.fromkeys(inside))

    def has(self, person: str, at: dt.datetime, calendar: Calendar) -> bool:
        """Whether somebody is a member at an instant (aware)."""
        return any(at in each for each in self.stays(person, calendar))

    def stays(self, person: str, calendar: Calendar) -> list[Period]:
        """When a person is a member, in order; empty for everybody else."""
        own = (each.period(calendar) for each in self.memberships if each.person == person)
        return sorted(own, key=lambda each: each.since)
