"""Findings of a health check that any web source may have."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from typing import TypeVar

from harvester.errors import HarvesterError
from harvester.sdk.capabilities import Finding
from harvester.sdk.http import Closable, connection, skew

C = TypeVar("C", bound=Closable)

CLOCK = 60
"""Seconds by which a clock may be off before that is a finding."""
LOW = 0.1
"""The share of a rate limit below which the rest is a warning."""


def findings_of(connect: Callable[[], C], findings: Callable[[C], Iterator[Finding]]) -> Iterator[Finding]:
    """What `findings` yields of a client that `connect` makes; whatever fails becomes a finding."""
    try:
        client = connect()
        with connection(client):
            yield from findings(client)
    except HarvesterError as error:
        yield Finding("error", error.message, error.hint)


def limit_finding(remaining: int, limit: int, unit: str, until: str) -> Finding:
    """What is left of a rate limit, in the service's unit, until a time as the service writes it ('' for unknown)."""
    state = f"{remaining:,} of {limit:,} {unit} are left{f' until {until}' if until else ''}."
    low = remaining < LOW * limit
    return Finding("warning" if low else "ok", state, "A harvest waits until then if it has to." if low else "")


def clock_findings(service: str, headers: Mapping[str, str], now: dt.datetime) -> Iterator[Finding]:
    """A warning where this machine's clock (`now`, aware) is more than a minute off the server's by its `Date`."""
    off = skew(headers, now)
    if abs(off) > CLOCK:
        side = "ahead of" if off > 0 else "behind"
        yield Finding(
            "warning",
            f"This machine's clock is {abs(off):.0f} s {side} {service}'s.",
            "Set it, or periods end too early.",
        )
