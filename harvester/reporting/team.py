"""A team as one person: the report input in which everything that several members did together counts once."""

from __future__ import annotations

import dataclasses
import datetime as dt

from harvester.analysis.as_one import ONE, as_one
from harvester.analysis.frame import select
from harvester.goals.assessment import GoalsAndDecisions, assess
from harvester.reporting.report_input import Need, ReportInput

TEAM_NEEDS: frozenset[Need] = frozenset({"first_contributions", "no_notebooks"})
"""What a page of a team needs: who was new, and no notebook, since that is for its owner's own pages."""


def as_team(report_input: ReportInput) -> ReportInput:
    """The same input with all its people as one, in its period alone and without goals, which are one person's."""
    rows = select(report_input.frame, report_input.period, report_input.persons)
    made = as_one(rows, report_input.persons, report_input.people.connectors)
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
