"""A fetch in parts: how many are worth it, and where the lists are divided."""

from __future__ import annotations

import math

from harvester.model.periods import Period
from harvester.sdk.parts import Part, divided, worthwhile

from . import preflight
from .fetch import GitHubReader

BESIDES = 6
"""Requests of a part beside its pages: who and where everything is, first pages that are small, and what moved."""
SIDE_BY_SIDE = 4
"""Into how many ranges a part's searches are cut at most: one request carries pages of several."""


def parts(reader: GitHubReader, number: int | None = None) -> list[Part]:
    """The parts of a request in which everything is read; without a `number` as many as are worth it.

    What changed since a cursor is little, and is one part.
    """
    if reader.options.host in reader.request.cursors:
        return [Part()]
    start = reader.begin()
    searches, counting = len(start.strategy.counts), math.ceil(len(start.strategy.counts) / preflight.COUNTS)
    number = number or worthwhile(start.strategy.requests, BESIDES + counting)
    period, now = reader.request.period, start.preflight.at
    past = Period(period.since, max(period.since, min(period.until, now)))
    together = max(1, min(SIDE_BY_SIDE, preflight.COUNTS // max(searches, 1)))
    return divided(past, number, reader.options.settings, {"by": start.strategy.by}, together)
