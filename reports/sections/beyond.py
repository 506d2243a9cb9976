"""What a team did for people outside of it, by their teams; nothing of it by person."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harvester.analysis import measures
from harvester.analysis.frame import records
from harvester.reporting.report_input import ReportInput

from .help_given import changes
from .items import join_words

if TYPE_CHECKING:
    import pandas as pd

    from harvester.model.periods import Period

WORDS = {
    "reviews": "Reviewed {what} by {others}",
    "help": "Helped with {what} of {others}",
    "comments": "Made {what} on the work of {others}",
    "merged_for_others": "Merged {what} by {others}",
    "applied": "Applied {what}",
    "co_authored": "Wrote a part of {what} by {others}",
}
"""The measures of what is done for others, with their words; each counts what several members did once."""

NO_TEAM = ""
"""In place of a team: people whom no team in harvester.toml has."""


@dataclass(frozen=True, slots=True)
class ForTeam:
    """How much was for the people of one team; an empty name is of people in no team that is configured."""

    name: str
    number: int


@dataclass(frozen=True, slots=True)
class HelpLine:
    """One way in which the team helped others: how much in words, and for whom by team, in alphabetical order."""

    measure: str
    text: str
    number: int
    teams: list[ForTeam]
    """Empty where no other team is configured. What is of people of two teams is in both."""


def help_lines(report_input: ReportInput, mine: pd.DataFrame) -> list[HelpLine]:
    """What was done for people outside of the team; nothing where there is no outside."""
    if report_input.request.everyone:
        return []
    return [each for name in WORDS if (each := _line(report_input, mine, name))]


def _line(report_input: ReportInput, mine: pd.DataFrame, name: str) -> HelpLine | None:
    rows = measures.of(mine, measures.MEASURES[name])
    if rows.empty:
        return None
    number = int(measures.count(rows, name))
    plain = name in ("comments", "applied", "co_authored")
    what = measures.MEASURES[name].words(number) if plain else changes(rows, name)
    return HelpLine(
        name,
        WORDS[name].format(what=what, others=others(report_input)),
        number,
        list(_by_team(report_input, rows, name)),
    )


def others(report_input: ReportInput) -> str:
    """What everybody else is called."""
    return "people outside the team" if report_input.request.team else "other people"


def _by_team(report_input: ReportInput, rows: pd.DataFrame, name: str) -> Iterable[ForTeam]:
    """How much was for each team that has an owner among its members on that day."""
    import pandas as pd

    calendar = report_input.calendar
    teams = [each for key, each in report_input.teams.items() if key != report_input.request.team]
    if not teams or rows["owner_people"].isna().all():
        return
    # Of several teams of one person the smallest says most.
    teams.sort(key=lambda team: (len({each.person for each in team.memberships}), team.name))
    owners = {person for each in rows["owner_people"].dropna() for person in each}
    stays: dict[str, list[tuple[Period, str]]] = {}
    for each in teams:
        for stay in each.memberships:
            if stay.person in owners:
                stays.setdefault(stay.person, []).append((stay.period(calendar), each.name))
    names = []
    for row in records(rows[["owner_people", "occurred_at"]]):
        at, own = row["occurred_at"], row["owner_people"] or ()
        of_owner = (next((team for stay, team in stays.get(owner, ()) if at in stay), NO_TEAM) for owner in own)
        names.append(sorted(set(of_owner)) or [NO_TEAM])
    by_team = rows.assign(team=pd.Series(names, rows.index, object)).explode("team")
    counts = measures.count_by(by_team, name, ["team"])
    yield from (ForTeam(team, int(number)) for (team,), number in sorted(counts.items(), key=_named_first))


def _named_first(pair: tuple[tuple[str, ...], float]) -> tuple[bool, str]:
    return pair[0][0] == NO_TEAM, pair[0][0].casefold()


def team_words(teams: Iterable[ForTeam]) -> str:
    """`5 of Platform and 7 of people in no team`; of one team its name alone."""
    teams = list(teams)
    if len(teams) == 1:
        return teams[0].name or "people in no team"
    return join_words(f"{each.number:,} of {each.name or 'people in no team'}" for each in teams)
