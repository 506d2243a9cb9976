"""A team as one person: the report input in which everything that several members did together counts once."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Iterable
from typing import TYPE_CHECKING

from harvester.analysis.as_one import ONE, as_one
from harvester.analysis.frame import select
from harvester.goals.assessment import GoalsAndDecisions, assess
from harvester.model.periods import Period
from harvester.reporting.report_input import ReportInput

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd


def as_team(report_input: ReportInput) -> ReportInput:
    """The same input with all its people as one, without goals, and without what members did before or after.

    Goals are one person's. What a member of a team did on other days than those of the membership is not the team's.
    """
    rows = select(report_input.frame, report_input.period, report_input.persons)
    made = as_one(rows[_as_members(report_input, rows)], report_input.persons, report_input.people.connectors)
    assessed = report_input.assessment
    assessment = assess(
        made,
        GoalsAndDecisions(tickets=assessed.goals_and_decisions.tickets),
        persons=[ONE],
        period=report_input.period,
        calendar=report_input.calendar,
        people=report_input.people,
        now=assessed.counted_until - dt.timedelta(microseconds=1),
    )
    return dataclasses.replace(
        report_input,
        persons=(ONE,),
        members=report_input.persons,
        assessment=assessment,
        names={**report_input.names, ONE: report_input.who},
    )


def stays(report_input: ReportInput, person: str) -> list[Period]:
    """When in the period somebody is one of those whom the report is about: always, but for a team's member."""
    team = report_input.teams.get(report_input.request.team or "")
    if team is None:
        return [report_input.period]
    parts = (each.overlap(report_input.period) for each in team.stays(person, report_input.calendar))
    return [each for each in parts if each]


def _as_members(report_input: ReportInput, rows: pd.DataFrame) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Which rows are of days on which their person was a member."""
    import numpy as np

    inside = np.ones(len(rows), bool)
    for person in report_input.persons:
        periods = stays(report_input, person)
        if periods != [report_input.period]:
            own = (rows["person"] == person).to_numpy(bool)
            inside[own] = _within(rows.loc[own, "occurred_at"], periods)
    return inside


def _within(times: pd.Series, periods: Iterable[Period]) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    import numpy as np

    inside = np.zeros(len(times), bool)
    for each in periods:
        inside |= ((times >= each.since) & (times < each.until)).to_numpy(bool)
    return inside
