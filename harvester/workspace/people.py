"""Choosing people by what a user calls them: whose work to harvest, and whose to forget."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from harvester.errors import PersonError, UnknownError
from harvester.files import remove_temporary_folders
from harvester.goals.checkins import remove_all
from harvester.model.accounts import name_of
from harvester.model.people import find_or_address
from harvester.model.periods import EVER, Period, within
from harvester.model.teams import Team
from harvester.text import did_you_mean
from harvester.workspace.collect import open_ledger
from harvester.workspace.workspace import Workspace

if TYPE_CHECKING:
    from harvester.ledger import Ledger


def choose_people(
    workspace: Workspace, persons: Iterable[str] = (), team: str | None = None, period: Period = EVER
) -> list[str]:
    """The people named and the team's members in the period, or else yourself, as keys of the frame's `person`.

    Raises PersonError or UnknownError, with the nearest name, for an unknown person or team, and PersonError for a team
    without a member in the period.
    """
    return list(dict.fromkeys(_chosen(workspace, list(persons), team, period)))


def find_team(workspace: Workspace, name: str) -> Team:
    """The team of this name; raises UnknownError, with the nearest one."""
    teams = workspace.config.teams
    if name not in teams:
        raise UnknownError(f"There is no team {name!r}{did_you_mean(name, teams, '.')}", hint="Teams are [teams.NAME].")
    return teams[name]


def members_in(workspace: Workspace, team: Team, period: Period) -> list[str]:
    """The members of a team on any day of a period; raises PersonError where it has none then."""
    members = team.members(period, workspace.config.calendar)
    if not members:
        raise PersonError(
            f"The team {team.name} has no members {within(period)}.", hint=f"See [teams.{team.key}] in harvester.toml."
        )
    return members


def _chosen(workspace: Workspace, persons: list[str], team: str | None, period: Period) -> Iterator[str]:
    if team is not None:
        yield from members_in(workspace, find_team(workspace, team), period)
    yield from (find_or_address(workspace.config.people, words) for words in persons)
    if team is None and not persons:
        if workspace.me is None:
            raise PersonError(
                "No person is configured and git has no user.", hint="Name a --person, a --team, or --everyone."
            )
        yield workspace.me


def find_in_ledger(workspace: Workspace, words: str) -> str:
    """A configured person, the person with this address, or a stranger by the name that sources have.

    Raises PersonError, with the nearest names, for an unknown person, and LedgerError where there is no ledger.
    """
    people = workspace.config.people
    with open_ledger(workspace, create=False) as ledger:
        try:
            return find_or_address(people, words)
        except PersonError:
            return people.find(words, _everyone_in(workspace, ledger))


def forget_person(workspace: Workspace, person: str) -> int:
    """Remove a person, by key, from the ledger and from disk; returns how many rows were removed.

    Temporary folders of killed runs, which may have rows of theirs, are deleted too.
    """
    remove_temporary_folders(seconds=60)
    with open_ledger(workspace, create=False) as ledger:
        return ledger.forget(lambda source, account: workspace.config.people.owns(person, source, account))


def forget_checkins(workspace: Workspace, person: str) -> int:
    """Delete the kept check-ins of the person, by key, whose harvester.toml it is; returns how many there were.

    Those of nobody else are kept; raises ConfigError and OSError as `harvester.goals.checkins.remove_all` does.
    """
    own = workspace.configured and person == workspace.me
    return remove_all(workspace.config.root) if own else 0


def _everyone_in(workspace: Workspace, ledger: Ledger) -> dict[str, str]:
    """Everybody in the ledger by key, with the name or the login that sources have."""
    import pyarrow.compute as pc

    rows = ledger.rows()
    names: dict[str, str] = {}
    for source in rows["source"].unique().to_pylist():
        own = rows.filter(pc.equal(rows["source"], source))
        accounts = {*own["account"].unique().to_pylist()}
        accounts |= {each for column in ("owners", "participants") for each in pc.list_flatten(own[column]).to_pylist()}
        names |= {workspace.config.people.person_of(source, each): name_of(each) or each for each in accounts if each}
    return names
