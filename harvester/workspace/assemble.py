"""Assembling the input of a report: choosing its people and period, and collecting the rows it is made from."""

from __future__ import annotations

import dataclasses
import datetime as dt
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence, Set
from typing import TYPE_CHECKING

from harvester.analysis.as_one import while_members
from harvester.errors import PeriodError, PersonError
from harvester.goals.assessment import GoalsAndDecisions, assess
from harvester.goals.lint_sources import undelivered
from harvester.grouping import Excluded, GroupingRules, exclude
from harvester.model.accounts import email_of, mail_key
from harvester.model.bots import may_be_bot
from harvester.model.periods import Calendar, Period, day, parse, span, within
from harvester.model.teams import Team
from harvester.reporting.audience import for_audience, not_to_be_named
from harvester.reporting.report_input import FirstContributions, Need, PageRequest, ReportInput
from harvester.sdk.capabilities import HasLatest, ListsAccounts
from harvester.text import count_noun
from harvester.workspace.collect import Accounts, CollectedData, accounts_of, collect, harvest_sources, temporary_ledger
from harvester.workspace.first_contributions import first_contributions
from harvester.workspace.look_alikes import look_alikes_in, with_remarks
from harvester.workspace.mentees import choose_mentees, left_out, only_mentoring
from harvester.workspace.people import find_team, members_in
from harvester.workspace.piece_rows import about_piece
from harvester.workspace.workspace import (
    Workspace,
    current_address,
    kinds_of_sources,
    load_goals_and_decisions,
    load_kept,
)

if TYPE_CHECKING:
    import pandas as pd

    from harvester.goals.checkins import CheckIn
    from harvester.harvesting.run import Outcome
    from harvester.ledger.held_rows import StoredRows

DEFAULT_PERIOD = "last-quarter"
ACTIVITY = ("pull_requests", "commits")
"""The measures whose sum says who was most active."""


NOTHING_MORE = PageRequest()
"""A page that is asked for by its period and people alone."""

MOST_ACTIVE = "the most active author of the latest quarter with work."
"""How the remark ends that a report is about somebody whom nobody named."""


def assemble(
    workspace: Workspace,
    ledger: StoredRows,
    period: str | Period | None = None,
    person: str | Sequence[str] | None = None,
    *,
    harvest: bool = True,
    goals_for_others: bool = False,
    all_rows: bool = False,
    request: PageRequest = NOTHING_MORE,
    needs: Set[Need] = frozenset(),
    outcome: Outcome | None = None,
    keys: Sequence[str] | None = None,
) -> tuple[CollectedData, ReportInput]:
    """Collect what a report of this period and person, or several, needs; the default is yourself and the last quarter.

    With `harvest` the sources are read first, otherwise the ledger, or rows of it, are used as they are; `outcome` is
    then that of the harvest that was before, if there was one. goals.toml is its owner's, so the
    work of other people, with the owner's or without, is matched against it only with `goals_for_others`.

    What `[[exclude]]` in harvester.toml names is left out of the frame, unless `all_rows` is set.

    `needs` are those of the report: of a `checkin` the input is as it was at the end of its last day.

    With `request.everyone` the people are all who did something in the period, with `request.team` the members of that
    team on any day of it, and `person` is not looked at; nobody is among them who has not agreed to be read. With
    `request.mentees` they are those whom one mentors, or the ones named of these, and oneself as the last. With
    `request.about` the rows are those of one piece of work, and `others` has what other people did in it.

    With `keys` it is about the people with these keys in the frame's `person`, whom no source need know.

    Without a harvester.toml, a period and a person, where git's user did nothing in that quarter, the report is about
    the most active author of the latest quarter with work, and a remark says so.

    Raises PeriodError for a period that is not valid, UnknownError for an unknown team, and PersonError for an unknown
    person or where nobody is meant.
    """
    chosen = period if isinstance(period, Period) else choose_period(workspace, period)
    known = load_goals_and_decisions(workspace)
    whole = request if request.about is None else dataclasses.replace(request, audience="manager")
    assembly = _Assembly(workspace, ledger, harvest, known, goals_for_others, all_rows, whole, needs, outcome)
    if keys is not None:
        return assembly.for_persons(chosen, keys)
    collected, report_input = _assembled(assembly, chosen, person, explicit=workspace.configured or bool(period))
    if request.about is None:
        return collected, report_input
    collected, report_input = about_piece(workspace, ledger, collected, report_input, harvest=harvest)
    return collected, as_seen(dataclasses.replace(report_input, request=request))


def _assembled(
    assembly: _Assembly, chosen: Period, person: str | Sequence[str] | None, *, explicit: bool
) -> tuple[CollectedData, ReportInput]:
    """The rows of whom it is about; `explicit` says that nobody else may be chosen."""
    workspace, me, request = assembly.workspace, assembly.workspace.me, assembly.request
    if request.mentees:
        return assembly.for_mentees(chosen, [person] if isinstance(person, str) else person or ())
    if request.everyone:
        return assembly.for_everyone(chosen)
    if request.team is not None:
        return assembly.for_team(chosen, find_team(workspace, request.team))
    if person:
        return assembly.for_named(chosen, [person] if isinstance(person, str) else person)
    if me is None and explicit:
        raise PersonError(
            "No person is configured and git has no user.",
            hint="`git config user.email ADDRESS` says who you are; a report may name a --person instead.",
        )
    if me is None:
        return assembly.for_most_active("Git does not say who you are (`user.email` is not set)")
    collected, report_input = assembly.for_persons(chosen, [me])
    if explicit or _has_rows(report_input, me):
        return collected, report_input
    return assembly.for_most_active(f"{workspace.config.people.name(me)} did nothing here {within(chosen)}")


def period_to_read(calendar: Calendar, known: GoalsAndDecisions, period: Period) -> Period:
    """A period from the first day of any goal that runs in it, since a goal's progress counts from there."""
    starts = [
        goal.period(calendar).since for goal in known.goals.goals if goal.from_ and goal.runs_in(period, calendar)
    ]
    return dataclasses.replace(period, since=min([period.since, *starts]))


def choose_period(workspace: Workspace, words: str | None) -> Period:
    """The period that words mean to the person, by default the last quarter; words without a year get a notice.

    Raises PeriodError where they are not valid, and where nothing can have been done in the period yet.
    """
    calendar, now = workspace.config.calendar, workspace.environment.clock()
    period = parse(words or DEFAULT_PERIOD, calendar, now)
    if period.since > now:
        raise PeriodError(
            f"{words!r} has not begun: its first day is {day(calendar.dates(period)[0])}.",
            hint=f"Today is {day(calendar.day_of(now))}. Name a period that has begun.",
        )
    if words and not re.search(r"\d{4}", words):
        workspace.environment.notify(f"{words}: {span(*calendar.dates(period))}.")
    return period


@dataclasses.dataclass(frozen=True)
class _Assembly:
    """How to collect rows for a person, until it is settled which person the report is about."""

    workspace: Workspace
    ledger: StoredRows
    harvest: bool
    goals: GoalsAndDecisions
    goals_for_others: bool
    all_rows: bool
    request: PageRequest
    needs: Set[Need]
    outcome: Outcome | None = None

    def for_everyone(self, period: Period) -> tuple[CollectedData, ReportInput]:
        """The rows of all who did something in the period, bots not; nobody is among them who may not be read."""
        collected = self.collect(period, None)
        return collected, self._report_input(period, people_in(self.workspace, collected.frame, period), collected)

    def for_team(self, period: Period, team: Team) -> tuple[CollectedData, ReportInput]:
        """The rows of a team's members in the period; who of them cannot be read at all is said."""
        members = [
            each
            for each in members_in(self.workspace, team, period)
            if each not in self.workspace.config.people.not_to_be_read
        ]
        if not members:
            raise PersonError(f"Nobody in the team {team.name!r} has agreed to be read.", hint="Name another --team.")
        without = [each for each in members if not self._has_account(each)]
        if len(without) == len(members):
            self._require_account(without[0])
        readable = [each for each in members if each not in without]
        collected = dataclasses.replace(self.collect(period, readable), unread=self._unknown_to_sources(without))
        return collected, self._report_input(period, members, collected)

    def _unknown_to_sources(self, persons: Iterable[str]) -> tuple[str, ...]:
        """That nothing of these people could be read, a sentence each, by name."""
        names = sorted(map(self.workspace.config.people.name, persons))
        return tuple(f"{name} is known to no source, so nothing of theirs is here." for name in names)

    def for_mentees(self, period: Period, names: Iterable[str]) -> tuple[CollectedData, ReportInput]:
        """The rows of mentees who agreed, since their first day, and what the mentor did with or for them."""
        persons = choose_mentees(self.workspace, names, period)
        collected = only_mentoring(self.workspace, persons, period, self.collect(period, persons))
        report_input = self._report_input(period, persons, collected)
        return collected, dataclasses.replace(report_input, mentees_left_out=left_out(self.workspace))

    def for_persons(self, period: Period, persons: Sequence[str]) -> tuple[CollectedData, ReportInput]:
        """The rows of people, by key."""
        collected = self.collect(period, persons)
        return collected, self._report_input(period, persons, collected)

    def for_named(self, period: Period, names: Iterable[str]) -> tuple[CollectedData, ReportInput]:
        """The rows of configured people, or of anybody a source knows; raises PersonError for an unknown name."""
        people = self.workspace.config.people
        named: dict[str, str] = {}
        strangers = []
        for words in names:
            meant = people.meant(words)  # what the nearest names are is not asked: it takes a comparison with all
            if len(meant) != 1:
                meant = [find_stranger(self.workspace, words)]
                strangers += meant
            named.setdefault(meant[0], words)
        collected, report_input = self.for_persons(period, list(named))
        for person in strangers:
            if not _has_rows(report_input, person):
                find_among_accounts(self.workspace, named[person])
        return collected, report_input

    def for_most_active(self, why: str) -> tuple[CollectedData, ReportInput]:
        """The rows of the most active author of the latest quarter with work; the remark begins with `why`."""
        times = [each.latest() for each in self.workspace.connectors.values() if isinstance(each, HasLatest)]
        latest = max((at for at in times if at), default=None)
        if latest is None:
            raise PersonError(
                "There is no work here yet: every source is empty.", hint="Commit, or name another --repo."
            )
        period = self.workspace.config.calendar.quarter_of(latest)
        collected = self._collect_everyone(period)
        person = _most_active(collected.frame, period)
        report_input = self._report_input(period, [person], collected)
        name = report_input.name(person)
        remark = f"{why}, so this is about {name}, {MOST_ACTIVE}"
        return collected, dataclasses.replace(report_input, remarks=(remark, *report_input.remarks))

    def _collect_everyone(self, period: Period) -> CollectedData:
        """Everyone's rows, to see who was most active; nobody asked for them, so none of them is stored."""
        if not self.harvest:
            return self.collect(period, None)
        with temporary_ledger() as ledger:
            return dataclasses.replace(self, ledger=ledger).collect(period, None)

    def collect(self, period: Period, persons: Sequence[str] | None) -> CollectedData:
        """Rows of what has to be read for a page of the period."""
        period = period_to_read(self.workspace.config.calendar, self._goals_of(persons), period)
        for person in () if self.request.mentees else persons or ():
            self._require_account(person)
        accounts = accounts_of(self.workspace, persons)
        if "no_notebooks" in self.needs:
            accounts = {source: names for source, names in accounts.items() if not self._is_notebook(source)}
        outcome = self._harvested(period, accounts) if self.harvest else self.outcome
        collected = collect(self.workspace, self.ledger, period, accounts, outcome)
        if "no_notebooks" not in self.needs:
            return collected
        frame = collected.frame  # a source of another kind may have notes, too
        return dataclasses.replace(collected, frame=frame[(frame["kind"] != "note").to_numpy(bool)])

    def _goals_of(self, persons: Sequence[str] | None) -> GoalsAndDecisions:
        """What a page of these people (None: of everyone) is held against: goals.toml is its owner's.

        Of a team there are the days of a member alone, which say nothing of how far the person's own goals are.
        """
        of_all = self.request.team is not None or self.request.everyone
        is_own = list(persons or ()) == [self.workspace.me] and not of_all
        return self.goals if self.goals_for_others or is_own else GoalsAndDecisions(tickets=self.goals.tickets)

    def _harvested(self, period: Period, accounts: Accounts) -> Outcome:
        from harvester.ledger import Ledger

        assert isinstance(self.ledger, Ledger)  # rows in memory are not harvested into
        return harvest_sources(self.workspace, self.ledger, period, accounts)

    def _require_account(self, person: str) -> None:
        """Raises PersonError for one who has no account on any source but notebooks, where there are other sources."""
        config = self.workspace.config
        if not self._has_account(person):
            raise PersonError(
                f"{config.people.name(person)} has no address and no account on any source that may be read, so "
                "nothing was read.",
                hint="Add addresses and accounts to [people] in harvester.toml, or name a person with --person E-MAIL.",
            )

    def _has_account(self, person: str) -> bool:
        """Whether any source but notebooks may know a person; True where there is no such source."""
        accounts = accounts_of(self.workspace, [person])
        others = [names for source, names in accounts.items() if not self._is_notebook(source)]
        return any(others) or not others

    def _is_notebook(self, source: str) -> bool:
        return self.workspace.config.sources[source].connector == "notebook"

    def _not_agreed(self, period: Period) -> Iterator[str]:
        """A remark where a team or everyone is meant, and somebody of them has not agreed to be read.

        Nobody is named: that somebody did not agree is theirs to say.
        """
        config, request = self.workspace.config, self.request
        meant = [each.key for each in config.people.persons]
        if request.team and request.team in config.teams:
            meant = config.teams[request.team].members(period, config.calendar)
        if (request.team or request.everyone) and (
            number := len(self.workspace.config.people.not_to_be_read.intersection(meant))
        ):
            verb = "is" if number == 1 else "are"
            yield f"{count_noun(number, 'person', 'people')} {verb} not on this page: nothing of theirs may be read."

    def _report_input(self, period: Period, persons: Sequence[str], collected: CollectedData) -> ReportInput:
        config = self.workspace.config
        team = config.teams.get(self.request.team or "")
        stays = {each: team.stays(each, config.calendar) for each in persons} if team else {}
        own_days = while_members(collected.frame, stays)
        goals = self._goals_of(persons)
        with_goals = goals is self.goals
        grouping = GroupingRules.of(config)
        frame, excluded = (own_days, Excluded()) if self.all_rows else exclude(own_days, grouping)
        assessment = assess(
            frame,
            goals,
            persons=persons,
            period=period,
            calendar=config.calendar,
            people=config.people,
            now=self._now(period),
        )
        # Beside everyone there is nobody.
        alone = self.request.everyone or "no_look_alikes" in self.needs
        look_alikes = {} if alone else look_alikes_in(self.workspace, period, persons)
        whole = ReportInput(
            period=period,
            persons=tuple(persons),
            statuses=with_remarks(collected.statuses, look_alikes),
            assessment=assessment,
            calendar=config.calendar,
            people=config.people,
            remarks=(*collected.remarks, *self._not_agreed(period)),
            names=config.people.names_of(_accounts_in(assessment.frame)),
            grouping=grouping,
            excluded=excluded.of(period, persons),
            request=self.request,
            unread=collected.unread,
            teams=config.teams,
            first_contributions=self._first_contributions(period, persons, stays),
            kept=self._kept(period) if with_goals else None,
            has_look_alikes=bool(look_alikes),
            undelivered=undelivered(self.goals.goals, kinds_of_sources(self.workspace)) if with_goals else {},
            public_sources={name: known for name, each in config.sources.items() if (known := each.public) is not None},
        )
        return as_seen(whole)

    def _first_contributions(
        self, period: Period, persons: Collection[str], stays: Mapping[str, Sequence[Period]]
    ) -> FirstContributions | None:
        """Of those who were members of the team on that day, where it is one."""
        if "first_contributions" not in self.needs:
            return None
        return first_contributions(self.workspace, period, {each: stays.get(each, [period]) for each in persons})

    def _now(self, period: Period) -> dt.datetime:
        """When the goals are looked at: a check-in looks at them on its day, whenever it is made again."""
        now = self.workspace.environment.clock()
        return min(now, period.until - dt.timedelta(microseconds=1)) if "checkin" in self.needs else now

    def _kept(self, period: Period) -> CheckIn | None:
        """The check-in kept before the last day of the period, for a report that needs it."""
        return load_kept(self.workspace, period) if "checkin" in self.needs else None


def find_stranger(workspace: Workspace, words: str) -> str:
    """The person with this address, as rows have it, or with this name in a source; raises PersonError for nobody."""
    if address := email_of(words):
        return workspace.config.people.person_of("", mail_key(current_address(workspace, address)))
    return find_among_accounts(workspace, words)


def find_among_accounts(workspace: Workspace, words: str) -> str:
    """The person whom a source knows so; who only helped others only where nobody has work under that name.

    Raises PersonError, with the nearest names, for nobody.
    """
    people, accounts = workspace.config.people, list(_all_accounts(workspace))
    with_work = people.names_of((source, account) for source, account, number in accounts if number)
    everybody = people.names_of((source, account) for source, account, _ in accounts)
    return people.find(words, with_work if people.meant(words, with_work) else everybody)


def as_seen(report_input: ReportInput) -> ReportInput:
    """The report input as its audience may see it; raises PersonError for a public page about who did not agree."""
    if names := not_to_be_named(report_input):
        raise PersonError(
            f"{', '.join(names)} did not agree to be named in public, and the links of the page say whose work it is.",
            hint="Ask, and write `named_in_public = true` under [people.NAME]; or make the page of a --team.",
        )
    return for_audience(report_input)


def people_in(workspace: Workspace, frame: pd.DataFrame, period: Period) -> list[str]:
    """The keys of all who did something in the period that may count, without bots and those who may not be read."""
    from harvester.analysis.frame import select

    inside = select(frame[["person", "occurred_at", "is_primary", "is_bot"]], period)
    found = inside[(inside["is_primary"] & ~inside["is_bot"]).to_numpy(bool)]["person"].unique().tolist()
    return sorted({*found} - workspace.config.people.not_to_be_read)


def _all_accounts(workspace: Workspace) -> Iterable[tuple[str, str, int]]:
    """The source, the account and the number of its contributions of everybody."""
    for source, connector in workspace.connectors.items():
        if isinstance(connector, ListsAccounts):
            yield from ((source, each, number) for each, number in connector.accounts().items())


def _most_active(frame: pd.DataFrame, period: Period) -> str:
    from harvester.analysis import measures
    from harvester.analysis.frame import select

    inside = select(frame, period)
    inside = inside[inside["is_primary"] & ~inside["is_bot"]]
    inside = inside[~inside["account"].map(may_be_bot).astype(bool)]
    counted = sorted({index for name in ACTIVITY for index in measures.of(inside, measures.MEASURES[name]).index})
    work = inside.loc[counted].drop_duplicates(["person", "work_item"])["person"].value_counts()
    if work.empty:
        raise PersonError("There is no work by a person here yet, only by bots.", hint="Name a person with --person.")
    return str(min(work.index, key=lambda person: (-int(work[person]), person)))


def _has_rows(report_input: ReportInput, person: str) -> bool:
    from harvester.analysis.frame import select

    return bool(len(select(report_input.frame, report_input.period, [person])))


def _accounts_in(frame: pd.DataFrame) -> Iterable[tuple[str, str]]:
    """Source and account of everybody who did work in the frame, owns it, or is named in a note."""
    parts = [("account", frame), ("owners", frame), ("participants", frame[(frame["kind"] == "note").to_numpy(bool)])]
    for column, rows in parts:
        pairs = rows[["source", column]].explode(column).dropna().drop_duplicates()
        yield from zip(pairs["source"], pairs[column], strict=True)
