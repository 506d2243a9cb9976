"""Each configured team by itself, from sources that are read once for all of them."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Set
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harvester.errors import PersonError, UnknownError
from harvester.model.periods import Period
from harvester.model.teams import Team
from harvester.reporting.report_input import Need, PageRequest
from harvester.workspace.assemble import NOTHING_MORE, assemble, harvest_for
from harvester.workspace.workspace import Workspace

if TYPE_CHECKING:
    from harvester.ledger import Ledger
    from harvester.reporting.report_input import ReportInput
    from harvester.workspace.collect import CollectedData


@dataclass(frozen=True, slots=True)
class NotMade:
    """A team of which nothing can be said, and why: no members in the period, or nobody who may be read."""

    team: Team
    error: PersonError

    @property
    def words(self) -> str:
        """The team by its key, and why."""
        return f"{self.team.key}: {self.error.message}"


@dataclass(frozen=True, slots=True)
class OfTeam:
    """A team with what was collected of it: the same as where it alone is asked for."""

    team: Team
    collected: CollectedData
    report_input: ReportInput


def assemble_every_team(
    workspace: Workspace,
    ledger: Ledger,
    period: Period,
    *,
    harvest: bool = True,
    request: PageRequest = NOTHING_MORE,
    needs: Set[Need] = frozenset(),
) -> Iterator[OfTeam | NotMade]:
    """The report input of each team, in the order of harvester.toml; with `harvest` the sources are read before.

    They are read of all members of any team together. A team that has no input does not stop the others.

    Raises UnknownError where no team is configured, and what `harvester.workspace.assemble.assemble` raises beside.
    """
    teams = workspace.config.teams.values()
    if not teams:
        raise UnknownError("There are no teams.", hint="Write [teams.NAME] into harvester.toml, with its members.")
    members = {each: None for team in teams for each in team.members(period, workspace.config.calendar)}
    outcome = harvest_for(workspace, ledger, period, list(members), needs) if harvest else None
    for team in teams:
        own = dataclasses.replace(request, team=team.key)
        try:
            made = assemble(workspace, ledger, period, harvest=False, request=own, needs=needs, outcome=outcome)
        except PersonError as error:
            yield NotMade(team, error)
        else:
            yield OfTeam(team, *made)
