"""A fetch in slices: how many are worth it, and where the lists are divided."""

from __future__ import annotations

import math

from harvester.model.periods import Period
from harvester.sdk.slices import TimeSlice, divided, worthwhile

from . import preflight
from .fetch import GitHubReader

BESIDES = 6
"""Requests of a slice beside its pages: who and where everything is, first pages that are small, and what moved."""
SIDE_BY_SIDE = 4
"""Into how many ranges a slice's searches are cut at most: one request carries pages of several."""


def slices(reader: GitHubReader, number: int | None = None) -> list[TimeSlice]:
    """The slices of a request in which everything is read; without a `number` as many as are worth it.

    What changed since a cursor is little, and is one slice. All slices read the same way: an entry that is in the list
    of one by person may be in the list of another by scope.
    """
    if reader.options.host in reader.request.cursors:
        return [TimeSlice()]
    start = reader.begin()
    searches, period = len(start.strategy.counts), reader.request.period
    number = number or worthwhile(start.strategy.requests, BESIDES + math.ceil(searches / preflight.COUNTS))
    past = Period(period.since, max(period.since, min(period.until, start.preflight.at)))
    together = max(1, min(SIDE_BY_SIDE, preflight.COUNTS // max(searches, 1)))
    return divided(past, number, reader.options.settings, {"by": start.strategy.by}, together)
