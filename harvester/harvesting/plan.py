"""What a harvest has to read of a source, given what the ledger already covers."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass

from harvester.ledger.coverage import WHOLE, Coverage, covered, resume_points
from harvester.model.periods import Period
from harvester.sdk.connector import Request


@dataclass(frozen=True, slots=True)
class Plan:
    """What one source is to be asked; without a request it is not asked, for the reason in `skipped`."""

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

    A source of which no account is wanted is not asked at all, since asking for nobody must not become asking for
    everyone. With `refresh` nothing counts as known.
    """
    return [
        _planned(source, wanted.get(source, frozenset()), period, () if refresh else coverage) for source in sources
    ]


def _planned(source: str, accounts: frozenset[str] | None, period: Period, coverage: Sequence[Coverage]) -> Plan:
    if accounts is not None and not accounts:
        return Plan(source, None, NOBODY)
    known = [row for row in coverage if row.source == source]
    whole = covered([row for row in known if row.scope == WHOLE], accounts, period)
    scopes = resume_points(known, accounts, period, whole)
    # Without a cursor nobody can ask what changed since, and what was covered would never be mended.
    request = Request(
        period,
        accounts,
        covered=tuple(whole) if scopes else (),
        cursors={scope: mark.cursor for scope, mark in scopes.items()},
        finished={scope: mark.periods for scope, mark in scopes.items()},
        later={scope: mark.later for scope, mark in scopes.items() if mark.later} | _others(known, period, scopes),
    )
    return Plan(source, request)


def _others(known: Sequence[Coverage], period: Period, but: Container[str]) -> dict[str, tuple[str, ...]]:
    """The cursors that readings of other people left in the period, of all but these scopes, oldest first."""
    found: dict[str, dict[str, None]] = {}
    for row in sorted(known, key=lambda row: row.read_at):
        if row.cursor is not None and row.scope not in but and row.period.overlap(period):
            found.setdefault(row.scope, {})[row.cursor] = None
    return {scope: tuple(each) for scope, each in found.items()}


NOBODY = "nobody asked for has an account there"
