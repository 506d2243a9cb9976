"""A fetch in slices: how many are worth it, and where tickets are divided by when they were created."""

from __future__ import annotations

import json
from dataclasses import replace

from harvester.model.periods import Period
from harvester.sdk.slices import MOST, TimeSlice, divided

from .fetch import JiraReader

TICKETS = 1000
"""How many tickets a slice has at least, on average."""


def slices(reader: JiraReader, number: int | None = None) -> list[TimeSlice]:
    """The slices of a request in which everything is read; without a `number` as many as are worth it.

    What changed since a cursor is little, and is one slice. Tickets are resolved long after they are written: so the
    time of as long before the period is divided, too. The site, people and projects are looked up once, for all slices.
    """
    if reader.options.scope in reader.request.cursors:
        return [TimeSlice()]
    reader.begin()
    if reader.nothing_to_ask():
        return [TimeSlice()]
    number = number or min(MOST, reader.client.count(reader.queries.tickets(reader.missing)) // TICKETS)
    period, now = reader.request.period, reader.client.started_at
    until = max(period.since, min(period.until, now))
    written = Period(period.since - (until - period.since), until)
    known = replace(reader.left(), tickets={}, hidden={})
    return divided(written, number, reader.options.settings, json.loads(known.dumps()))
