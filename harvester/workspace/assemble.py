"""Gathering a report's report_input: whose it is, for when, and everything that was read for it."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from typing import TYPE_CHECKING

from harvester.errors import PersonError
from harvester.goals.assessment import GoalsAndDecisions, assess
from harvester.model.accounts import email_of, mail_key
from harvester.model.people import names_of
from harvester.model.periods import Period, parse
from harvester.reporting.report_input import ReportInput
from harvester.sdk.capabilities import HasLatest, ListsAccounts
from harvester.workspace.collect import Accounts, CollectedData, accounts_of, harvest_sources, passing_ledger, read_back
from harvester.workspace.environment import Environment
from harvester.workspace.workspace import Workspace, load_goals_and_decisions, shown_address

if TYPE_CHECKING:
    import pandas as pd

    from harvester.ledger import Ledger

ACTIVE = ("pull_requests", "commits")
"""The measures whose sum tells who was most active."""


def gather(
    environment: Environment,
    workspace: Workspace,
    ledger: Ledger,
    asked: str | Period | None,
    person: str | None,
    *,
    fresh: bool = True,
    own_goals: bool = True,
) -> tuple[CollectedData, ReportInput]:
    """Read and prepare what a report of this period and person needs; without either, yourself and the last quarter.

    With `fresh` the sources are read first, else what the ledger holds must do. With `own_goals` somebody else's work
    is held against no goals, since goals.toml holds those of whoever configured it.

    Where nothing is configured and neither was named, and you did nothing in that quarter, it is the most active
    author of the latest quarter with work, and the remarks say so. Raises PersonError where nobody is meant.
    """
    words = asked or "last-quarter"
    period = words if isinstance(words, Period) else parse(words, workspace.config.calendar, environment.clock())
    gathering = _Gathering(environment, workspace, ledger, fresh, load_goals_and_decisions(workspace), own_goals)
    if person:
        return gathering.of_named(period, person)
    exactly = workspace.configured or bool(asked)
    if workspace.me is None and exactly:
        raise PersonError("Who are you? Nobody is configured.", hint="Name a person with --person E-MAIL.")
    if workspace.me is None:
        return gathering.of_most_active("Git does not say who you are (user.email is not set)")
    read, report_input = gathering.of(period, workspace.me)
    if exactly or _did_something(report_input, workspace.me):
        return read, report_input
    name = workspace.config.people.name(workspace.me)
    return gathering.of_most_active(f"{name} did nothing here in the {period.name}")


@dataclasses.dataclass(frozen=True)
class _Gathering:
    """Reading for one person or another, until it is clear whose report it is."""

    environment: Environment
    workspace: Workspace
    ledger: Ledger
    fresh: bool
    agreed: GoalsAndDecisions
    own_goals: bool

    def of(self, period: Period, person: str) -> tuple[CollectedData, ReportInput]:
        """What is known of a person in a period."""
        read = self.read(period, [person])
        return read, self._material(period, person, read)

    def of_named(self, period: Period, words: str) -> tuple[CollectedData, ReportInput]:
        """For a configured person, or for anybody who appears in a source: nobody is an error, no work is not."""
        people = self.workspace.config.people
        try:
            return self.of(period, people.find(words))
        except PersonError:
            person = self._stranger(words)
        read, report_input = self.of(period, person)
        if not _did_something(report_input, person):
            people.find(words, names_of(_everybody(self.workspace)))
        return read, report_input

    def _stranger(self, words: str) -> str:
        """Whoever has this address, as sources show it, or this name."""
        people = self.workspace.config.people
        if address := email_of(words):
            return people.person_of("", mail_key(shown_address(self.workspace, address)))
        return people.find(words, names_of(_everybody(self.workspace)))

    def of_most_active(self, why: str) -> tuple[CollectedData, ReportInput]:
        """For whoever did most in the latest quarter with work; `why` is told in the report."""
        times = [each.latest() for each in self.workspace.connectors.values() if isinstance(each, HasLatest)]
        latest = max((at for at in times if at), default=None)
        if latest is None:
            raise PersonError(
                "There is no work here yet: no source has anything.", hint="Commit, or name another --repo."
            )
        period = self.workspace.config.calendar.quarter_of(latest)
        read = self._of_everyone(period)
        person = _most_active(read.frame, period)
        report_input = self._material(period, person, read)
        name = report_input.name(person)
        remark = f"{why}, so this is about {name}, the most active author of the latest quarter with work."
        return read, dataclasses.replace(report_input, remarks=(remark, *report_input.remarks))

    def _of_everyone(self, period: Period) -> CollectedData:
        """What everyone did, to see who did most; nobody named them, so nothing of it is kept."""
        if not self.fresh:
            return self.read(period, None)
        with passing_ledger() as ledger:
            return dataclasses.replace(self, ledger=ledger).read(period, None)

    def read(self, period: Period, persons: list[str] | None) -> CollectedData:
        """Read from the first day of any goal of these days on, for progress counts from there."""
        calendar = self.workspace.config.calendar
        starts = [
            calendar.midnight(goal.from_)
            for goal in self.agreed.goals.goals
            if goal.from_ and goal.runs_in(period, calendar)
        ]
        period = dataclasses.replace(period, since=min([period.since, *starts]))
        accounts = accounts_of(self.workspace, persons)
        if persons is not None and self._nobody(accounts):
            raise PersonError(
                f"{self.workspace.config.people.name(persons[0])} has no address and no account on any source that "
                "may be read, so nothing was read.",
                hint="Name them under [people] in harvester.toml, or name a person with --person E-MAIL.",
            )
        outcome = (
            harvest_sources(self.environment, self.workspace, self.ledger, period, accounts) if self.fresh else None
        )
        return read_back(self.workspace, self.ledger, period, accounts, outcome)

    def _nobody(self, accounts: Accounts) -> bool:
        """Whether no source but one's own notebook can be asked for any of these people, where there are others."""
        sources = self.workspace.config.sources
        others = [names for source, names in accounts.items() if sources[source].connector != "notebook"]
        return bool(others) and not any(others)

    def _material(self, period: Period, person: str, read: CollectedData) -> ReportInput:
        theirs = self.own_goals and person != self.workspace.me
        return ReportInput(
            period=period,
            persons=(person,),
            statuses=read.standings,
            assessment=assess(
                read.frame,
                GoalsAndDecisions(tickets=self.agreed.tickets) if theirs else self.agreed,
                persons=[person],
                period=period,
                calendar=self.workspace.config.calendar,
                people=self.workspace.config.people,
                now=self.environment.clock(),
            ),
            calendar=self.workspace.config.calendar,
            people=self.workspace.config.people,
            remarks=read.remarks,
            names=names_of(_accounts(read.frame)),
        )


def _everybody(workspace: Workspace) -> Iterable[str]:
    for connector in workspace.connectors.values():
        if isinstance(connector, ListsAccounts):
            yield from connector.accounts()


def _most_active(frame: pd.DataFrame, period: Period) -> str:
    from harvester.analysis import measures
    from harvester.analysis.frame import select

    inside = select(frame, period)
    inside = inside[inside["is_primary"] & ~inside["is_bot"]]
    rows = inside.loc[
        sorted({index for name in ACTIVE for index in measures.of(inside, measures.MEASURES[name]).index})
    ]
    acts = rows.drop_duplicates(["person", "work_item"])["person"].value_counts()
    if acts.empty:
        raise PersonError("There is no work by a person here yet, only by bots.", hint="Name a person with --person.")
    return str(min(acts.index, key=lambda person: (-int(acts[person]), person)))


def _did_something(report_input: ReportInput, person: str) -> bool:
    from harvester.analysis.frame import select

    return bool(len(select(report_input.frame, report_input.period, [person])))


def _accounts(frame: pd.DataFrame) -> Iterable[str]:
    yield from frame["account"].unique()
    yield from frame["owners"].explode().dropna().unique()
