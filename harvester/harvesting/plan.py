"""What a harvest has to read of a source, given what the ledger already covers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from harvester.ledger.coverage import WHOLE, Coverage, covered, newest_cursors, resume_points
from harvester.model.periods import Period
from harvester.sdk.connector import Request


@dataclass(frozen=True, slots=True)
class Plan:
    """What to ask one source; without a request it is not asked, for the reason in `skipped`."""

    source: str
    request: Request | None
    skipped: str = ""


def plan(
    sources: Iterable[str],
    wanted: Mapping[str, frozenset[str] | None],
    period: Period,
    coverage: Sequence[Coverage],
    *,
    refresh: bool = False,
) -> list[Plan]:
    """What to ask each source for the accounts wanted of it (None: everyone) in a period, given what is known.

    A source without an account that is wanted is not asked at all, since asking for nobody must not become asking for
    everyone. With `refresh` nothing counts as known.
    """
    return [_planned(source, wanted.get(source, frozenset()), period, coverage, refresh) for source in sources]


def _planned(
    source: str, accounts: frozenset[str] | None, period: Period, coverage: Sequence[Coverage], refresh: bool
) -> Plan:
    if accounts is not None and not accounts:
        return Plan(source, None, NO_ACCOUNT)
    stored = [row for row in coverage if row.source == source]
    known = [] if refresh else stored
    whole = covered([row for row in known if row.scope == WHOLE], accounts, period)
    scopes = resume_points(known, accounts, period, whole)
    # Without a cursor no connector can ask what changed since, and what was covered would never be corrected.
    request = Request(
        period,
        accounts,
        covered=tuple(whole) if scopes else (),
        cursors={scope: point.cursor for scope, point in scopes.items()},
        finished={scope: point.periods for scope, point in scopes.items()},
        newest=newest_cursors(known),
        previous=newest_cursors(stored),
    )
    return Plan(source, request)


NO_ACCOUNT = "none of the people requested has an account there"
