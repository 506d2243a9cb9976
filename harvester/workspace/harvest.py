"""Harvesting by what a user names: sources, people and a period; and what that would read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from harvester.model.periods import Period
from harvester.workspace.assemble import choose_period
from harvester.workspace.collect import Accounts, accounts_of, harvest_sources, open_ledger, read_coverage
from harvester.workspace.people import choose_people
from harvester.workspace.workspace import Workspace, pick_sources

if TYPE_CHECKING:
    from harvester.harvesting.plan import Plan
    from harvester.harvesting.run import Outcome
    from harvester.sdk.connector import Connector


@dataclass(frozen=True, slots=True)
class Selection:
    """Whose work to read from which sources; by default your own from all of them."""

    persons: tuple[str, ...] = ()
    """Keys of [people], names or e-mail addresses."""
    team: str | None = None
    everyone: bool = False
    sources: tuple[str, ...] = ()


def harvest(
    workspace: Workspace, period: str | None = None, selection: Selection | None = None, *, refresh: bool = False
) -> Outcome:
    """Read sources into the ledger; the default period is the last quarter, `refresh` re-reads it in full.

    Raises PeriodError, PersonError or UnknownError for a period, person, team or source that is not valid.
    """
    sources, accounts, when = _resolve(workspace, period, selection)
    with open_ledger(workspace) as ledger:
        return harvest_sources(workspace, ledger, when, accounts, sources=sources, refresh=refresh)


def plan_harvest(
    workspace: Workspace, period: str | None = None, selection: Selection | None = None, *, refresh: bool = False
) -> list[Plan]:
    """What `harvest` would ask each source; no source is read, and no ledger is made."""
    from harvester.harvesting.plan import plan

    sources, accounts, when = _resolve(workspace, period, selection)
    return plan(sources, accounts, when, read_coverage(workspace), refresh=refresh)


def _resolve(
    workspace: Workspace, period: str | None, selection: Selection | None
) -> tuple[dict[str, Connector], Accounts, Period]:
    chosen = selection or Selection()
    sources = pick_sources(workspace, chosen.sources)
    when = choose_period(workspace, period)
    persons = None if chosen.everyone else choose_people(workspace, chosen.persons, chosen.team, when)
    return sources, accounts_of(workspace, persons), when
