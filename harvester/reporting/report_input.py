"""What every report is made from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from harvester.goals.assessment import Assessment
from harvester.ledger.coverage import SourceStatus as SourceStatus  # reports name its type
from harvester.model.people import People
from harvester.model.periods import Calendar, Period

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class ReportInput:
    """What every report is made from: a period, one or more people, the prepared frame, and what was read.

    `assessment` holds the people's rows in the period and everything that is linked to them, held against their goals;
    reports select from its frame. `standings` tell how each source stands for that period. `remarks` are sentences
    the reader must know, such as that another person or period was taken than asked for.
    """

    period: Period
    persons: tuple[str, ...]
    standings: Sequence[SourceStatus]
    assessment: Assessment
    calendar: Calendar
    people: People
    remarks: Sequence[str] = ()
    names: Mapping[str, str] = field(default_factory=dict)
    """Names of people whom nobody configured, by their key in the frame."""

    @property
    def frame(self) -> pd.DataFrame:
        """The rows, as `harvester.analysis.frame.prepare` and `harvester.goals.assessment.assess` left them."""
        return self.assessment.frame

    def name(self, person: str) -> str:
        """What a reader calls a person."""
        return self.names.get(person) or self.people.name(person)
