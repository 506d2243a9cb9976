"""What a fetch of a forge has to read, and which way: what is read in full, what changed since, by person or by scope.

A scope is a group or project, or what a forge calls these. Both ways yield the same rows, and the counts decide.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, Literal, TypeVar

from harvester.model.periods import Period, union
from harvester.sdk.connector import Request
from harvester.text import count_noun

Q = TypeVar("Q")

FIRST = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)
"""Before anything on a forge was created, imports from elsewhere included."""
LAST = dt.datetime(2100, 1, 1, tzinfo=dt.UTC)
"""After anything on a forge is created: where no end is known, since our own clock may be behind."""
EVER = Period(dt.datetime.min.replace(tzinfo=dt.UTC), dt.datetime.max.replace(tzinfo=dt.UTC))


@dataclass(frozen=True)
class Job:
    """One part of a fetch: a period in full, or (`changed`) everything that changed since the period's beginning.

    A period of changes ends at `LAST`. Of each list only what is `within` a range is read, by the time that the list is
    divided by.
    """

    period: Period
    changed: bool = False
    within: Period = EVER


def jobs(request: Request, periods: Sequence[Period], since: dt.datetime | None) -> list[Job]:
    """All of `periods` in full without `since`, the time of the last fetch, else what changed since and is missing.

    What is newer than the last fetch has changed since it, too.
    """
    if since is None:
        return [Job(each) for each in union(periods)]
    earlier = [part for each in request.missing if (part := each.overlap(Period(FIRST, since)))]
    return [Job(Period(since, LAST), changed=True), *(Job(each) for each in earlier)]


@dataclass(frozen=True)
class Strategy(Generic[Q]):
    """How to read: by person or by scope, the queries with their counts, and the requests this way and the other.

    `other_requests` is None where there is no other way.
    """

    by: Literal["person", "scope"]
    counts: Mapping[Q, int]
    requests: int
    other_requests: int | None = None

    def explain(self, scopes: str) -> str:
        """The way in words, with how many requests the other takes; `scopes` such as `repository or organisation`."""
        ways = {"scope": f"by {scopes}, for everyone at once", "person": "by person"}
        if self.other_requests is None:
            return ways[self.by]
        other = next(text for by, text in ways.items() if by != self.by)
        return f"{ways[self.by]} ({count_noun(self.other_requests, 'request')} {other})"
