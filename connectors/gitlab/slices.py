"""A fetch in slices: how many are worth it, and where the lists are divided."""

from __future__ import annotations

from harvester.model.periods import Period
from harvester.sdk.slices import TimeSlice, divided, worthwhile

from .fetch import GitLabReader

BESIDES = 5
"""Requests of a slice beside its pages: who and where everything is, first pages that are small, and what landed."""


def slices(reader: GitLabReader, number: int | None = None) -> list[TimeSlice]:
    """The slices of a request in which everything is read; without a `number` as many as are worth it.

    What changed since a cursor is little, and is one slice. All slices read the same way: an entry that is in the list
    of one by person may be in the list of another by scope. By person each asks for the events of everybody.
    """
    if reader.options.host in reader.request.cursors:
        return [TimeSlice()]
    start = reader.begin()
    strategy, found = start.strategy, start.preflight
    besides = BESIDES + (len(found.usernames) if strategy.by == "person" else 0)
    number = number or worthwhile(strategy.requests, besides)
    period = reader.request.period
    past = Period(period.since, max(period.since, min(period.until, found.at)))
    known = {"by": strategy.by, "unsupported": sorted(reader.client.unsupported)}
    return divided(past, number, reader.options.settings, known)
