"""Whom a page, or a table of measures, is to be about, as a user names them."""

from __future__ import annotations

from dataclasses import dataclass

from harvester.errors import ReportError
from harvester.reporting.report_input import Audience, PageRequest
from harvester.workspace.people import find_team
from harvester.workspace.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Chosen:
    """Whom and what a report is to be about; by default whom its kind is about where nobody is named."""

    persons: tuple[str, ...] = ()
    """Keys of [people], names or e-mail addresses."""
    team: str | None = None
    everyone: bool = False
    audience: Audience = "manager"
    """Who reads the page."""
    about: str | None = None
    """The work item that the page is about, as `explain` takes it; for a kind of report that needs one."""
    every_team: bool = False
    """Each team by itself."""

    @property
    def of_teams(self) -> bool:
        """Whether it is about people by what they belong to, and not by their names."""
        return bool(self.team or self.everyone or self.every_team)


def people_asked(workspace: Workspace, chosen: Chosen) -> tuple[list[str] | None, PageRequest]:
    """The people as `harvester.workspace.assemble.assemble` takes them: by name or key, or as what; None for oneself.

    Of every team, too, the names are None. Raises ReportError where people are named in two ways, and UnknownError for
    an unknown team.
    """
    if chosen.every_team and (chosen.persons or chosen.team or chosen.everyone):
        raise ReportError("--every-team is each of the teams.", hint="Leave out --person, --team and --everyone.")
    if chosen.everyone and (chosen.persons or chosen.team):
        raise ReportError("--everyone is everybody.", hint="Leave out --person and --team.")
    if chosen.team is not None and chosen.persons:
        raise ReportError("--team and --person are two ways to name people.", hint="Give one of them.")
    team = None if chosen.team is None else find_team(workspace, chosen.team).key
    return list(chosen.persons) or None, PageRequest(team, chosen.everyone, audience=chosen.audience)
