"""The report input: a period, people, assessed rows and the state of each source."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from harvester.goals.assessment import Assessment
from harvester.goals.checkins import CheckIn
from harvester.grouping import Excluded, GroupingRules
from harvester.ledger.coverage import SourceStatus as SourceStatus  # reports name its type
from harvester.model.people import People
from harvester.model.periods import Calendar, Period
from harvester.model.teams import Team

if TYPE_CHECKING:
    import pandas as pd


Audience = Literal["manager", "team", "public"]
"""Who reads a page."""

Need = Literal["about", "checkin", "first_contributions", "no_look_alikes", "no_notebooks"]
"""What a report may be made from beside rows, goals and coverage.

- `about`: one work item, with what other people did in it (`ReportInput.others`).
- `checkin`: the goals as of the last day of its period, and the check-in that was kept before (`ReportInput.kept`).
- `first_contributions`: who was new to a project (`ReportInput.first_contributions`).
- `no_look_alikes`: no look at accounts that look like the people's, for figures alone.
- `no_notebooks`: all of it without notebooks, since a notebook is for its owner's own pages.
"""


@dataclass(frozen=True, slots=True)
class PageRequest:
    """What a page was asked for beside its kind, period and people; evidence has it, so that it can be asked again."""

    team: str | None = None
    """The key of the team whose members the people are."""
    everyone: bool = False
    """Whether the people are all who did something in the period."""
    about: str | None = None
    """The work item that the page is about, such as `github.com/org/pay#12`."""
    audience: Audience = "manager"
    mentees: bool = False
    """Whether the people are mentees, followed by who mentors them, of whom only what is with or for them is read."""


@dataclass(frozen=True, slots=True)
class Newcomer:
    """Somebody, by key, whose first contribution to a project was in the period, and when that was (aware)."""

    person: str
    project: str
    occurred_at: dt.datetime


@dataclass(frozen=True, slots=True)
class FirstContributions:
    """Who of the report's people contributed to which project for the first time, by time."""

    newcomers: tuple[Newcomer, ...] = ()
    sources: tuple[str, ...] = ()
    """The sources that know it of their projects."""
    remarks: tuple[str, ...] = ()
    """What these do not know, a sentence each."""


@dataclass(frozen=True)
class ReportInput:
    """What every report is made from: a period, one or more people, the assessed rows, and the state of each source.

    `assessment` has the people's rows in the period, and before it from the first day of any goal that runs in it, with
    the claims of goals; reports select from its frame.

    `statuses` says for each source what was read of that period, and what is missing.

    `remarks` are sentences the reader must know, such as that the report is of another person or period than requested.
    """

    period: Period
    persons: tuple[str, ...]
    statuses: Sequence[SourceStatus]
    assessment: Assessment
    calendar: Calendar
    people: People
    remarks: Sequence[str] = ()
    names: Mapping[str, str] = field(default_factory=dict)
    """Names of people who are not configured, by their key in the frame."""
    grouping: GroupingRules = field(default_factory=GroupingRules)
    """The rules for themes and routine."""
    excluded: Excluded = field(default_factory=Excluded)
    """What `[[exclude]]` left out of `frame`."""
    has_look_alikes: bool = False
    """Whether an account in the period looks like one of the people's and is not listed; a remark says which."""
    others: pd.DataFrame | None = None
    """For a page about one work item: the prepared rows of other people in the same piece of work, without bots."""
    public_sources: Mapping[str, bool] = field(default_factory=dict)
    """By source whether everybody can see what it reads, of those of which harvester.toml says so."""
    mentees_left_out: int = 0
    """Of a page about mentees how many people are mentored and have not agreed to be read (the measure so named)."""
    withheld: int | None = None
    """How many items the audience of the page does not see (the measure `withheld`); None for a manager's page."""
    unnamed: frozenset[str] = frozenset()
    """The keys, which say nothing, of the people whom the page must not name."""
    request: PageRequest = field(default_factory=PageRequest)
    """What was asked for beside the period and the people."""
    members: tuple[str, ...] = ()
    """The people whom `persons` takes as one, for a report that looks at them so; empty where they are apart."""
    unread: Sequence[str] = ()
    """Whose work could not be read at all, and why, a sentence each."""
    teams: Mapping[str, Team] = field(default_factory=dict)
    """The configured teams by their keys."""
    first_contributions: FirstContributions | None = None
    """For a report that needs it."""
    kept: CheckIn | None = None
    """The latest check-in that was kept of a day before the last one of the period, for a report that needs it."""
    undelivered: Mapping[str, str] = field(default_factory=dict)
    """By goal what it counts and no configured source has, such as `tickets`."""
    draft: bool = False
    """Whether the page is for its author, with what is still to be done; otherwise it is finished."""

    @property
    def frame(self) -> pd.DataFrame:
        """The rows, as `harvester.goals.assessment.assess` returns them."""
        return self.assessment.frame

    @property
    def who(self) -> str:
        """The people in words: their names, or that of their team."""
        if self.request.team:
            found = self.teams.get(self.request.team)
            return found.name if found else self.request.team
        if self.request.everyone:
            return "Everyone"
        return ", ".join(self.names_of(self.persons[:-1] if self.request.mentees else self.persons))

    def stays(self, person: str) -> list[Period]:
        """When in the period somebody is one of those whom the report is about: always, but for a team's member."""
        team = self.teams.get(self.request.team or "")
        if team is None:
            return [self.period]
        parts = (each.overlap(self.period) for each in team.stays(person, self.calendar))
        return [each for each in parts if each]

    def name(self, person: str) -> str:
        """What a reader calls a person; `a colleague` whom the page must not name."""
        return self.names.get(person) or self.people.name(person)

    def names_of(self, persons: Iterable[str]) -> list[str]:
        """What a reader calls several people, each once; those whom the page must not name are a number, at the end."""
        distinct = list(dict.fromkeys(persons))
        named = dict.fromkeys(self.name(each) for each in distinct if each not in self.unnamed)
        others = sum(each in self.unnamed for each in distinct)
        words = "a colleague" if others == 1 else f"{others:,} colleagues"
        return [*named, words] if others else [*named]
