"""Gathering a report's material: whose it is, for when, and everything that was read for it."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from typing import TYPE_CHECKING

from harvester.accounts import email_of, mail_key
from harvester.agreed.assess import Agreed, assess
from harvester.cli.reading import Accounts, Read, accounts_of, harvest_sources, passing_ledger, read_back
from harvester.cli.setup import Setup, agreed, shown_address
from harvester.cli.world import World
from harvester.connector import Datable, Searchable
from harvester.errors import PersonError
from harvester.people import names_of
from harvester.report import Material
from harvester.windows import Window, parse

if TYPE_CHECKING:
    import pandas as pd

    from harvester.ledger import Ledger

ACTIVE = ("pull_requests", "commits")
"""The measures whose sum tells who was most active."""


def gather(
    world: World,
    setup: Setup,
    ledger: Ledger,
    period: str | Window | None,
    person: str | None,
    *,
    fresh: bool = True,
    own_goals: bool = True,
) -> tuple[Read, Material]:
    """Read and prepare what a report of this period and person needs; without either, yourself and the last quarter.

    With `fresh` the sources are read first, else what the ledger holds must do. With `own_goals` somebody else's work
    is held against no goals, since goals.toml holds those of whoever configured it.

    Where nothing is configured and neither was named, and you did nothing in that quarter, it is the most active
    author of the latest quarter with work, and the remarks say so. Raises PersonError where nobody is meant.
    """
    words = period or "last-quarter"
    window = words if isinstance(words, Window) else parse(words, setup.config.calendar, world.clock())
    gathering = _Gathering(world, setup, ledger, fresh, agreed(setup), own_goals)
    if person:
        return gathering.of_named(window, person)
    exactly = setup.configured or bool(period)
    if setup.me is None and exactly:
        raise PersonError("Who are you? Nobody is configured.", hint="Name a person with --person E-MAIL.")
    if setup.me is None:
        return gathering.of_most_active("Git does not say who you are (user.email is not set)")
    read, material = gathering.of(window, setup.me)
    if exactly or _did_something(material, setup.me):
        return read, material
    name = setup.config.people.name(setup.me)
    return gathering.of_most_active(f"{name} did nothing here in the {window.name}")


@dataclasses.dataclass(frozen=True)
class _Gathering:
    """Reading for one person or another, until it is clear whose report it is."""

    world: World
    setup: Setup
    ledger: Ledger
    fresh: bool
    agreed: Agreed
    own_goals: bool

    def of(self, window: Window, person: str) -> tuple[Read, Material]:
        """What is known of a person in a window."""
        read = self.read(window, [person])
        return read, self._material(window, person, read)

    def of_named(self, window: Window, words: str) -> tuple[Read, Material]:
        """For a configured person, or for anybody who appears in a source: nobody is an error, no work is not."""
        people = self.setup.config.people
        try:
            return self.of(window, people.find(words))
        except PersonError:
            person = self._stranger(words)
        read, material = self.of(window, person)
        if not _did_something(material, person):
            people.find(words, names_of(_everybody(self.setup)))
        return read, material

    def _stranger(self, words: str) -> str:
        """Whoever has this address, as sources show it, or this name."""
        people = self.setup.config.people
        if address := email_of(words):
            return people.person_of("", mail_key(shown_address(self.setup, address)))
        return people.find(words, names_of(_everybody(self.setup)))

    def of_most_active(self, why: str) -> tuple[Read, Material]:
        """For whoever did most in the latest quarter with work; `why` is told in the report."""
        times = [each.latest() for each in self.setup.connectors.values() if isinstance(each, Datable)]
        latest = max((at for at in times if at), default=None)
        if latest is None:
            raise PersonError(
                "There is no work here yet: no source has anything.", hint="Commit, or name another --repo."
            )
        window = self.setup.config.calendar.quarter_of(latest)
        read = self._of_everyone(window)
        person = _most_active(read.frame, window)
        material = self._material(window, person, read)
        remark = (
            f"{why}, so this is about {material.name(person)}, the most active author of the latest quarter with work."
        )
        return read, dataclasses.replace(material, remarks=(remark, *material.remarks))

    def _of_everyone(self, window: Window) -> Read:
        """What everyone did, to see who did most; nobody named them, so nothing of it is kept."""
        if not self.fresh:
            return self.read(window, None)
        with passing_ledger() as ledger:
            return dataclasses.replace(self, ledger=ledger).read(window, None)

    def read(self, window: Window, persons: list[str] | None) -> Read:
        """Read from the first day of any goal of these days on, for progress counts from there."""
        calendar = self.setup.config.calendar
        starts = [
            calendar.midnight(goal.from_)
            for goal in self.agreed.goals.goals
            if goal.from_ and goal.runs_in(window, calendar)
        ]
        window = dataclasses.replace(window, since=min([window.since, *starts]))
        accounts = accounts_of(self.setup, persons)
        if persons is not None and self._nobody(accounts):
            raise PersonError(
                f"{self.setup.config.people.name(persons[0])} has no address and no account on any source that may be "
                "read, so nothing was read.",
                hint="Name them under [people] in harvester.toml, or name a person with --person E-MAIL.",
            )
        outcome = harvest_sources(self.world, self.setup, self.ledger, window, accounts) if self.fresh else None
        return read_back(self.setup, self.ledger, window, accounts, outcome)

    def _nobody(self, accounts: Accounts) -> bool:
        """Whether no source but one's own notebook can be asked for any of these people, where there are others."""
        sources = self.setup.config.sources
        others = [names for source, names in accounts.items() if sources[source].connector != "notebook"]
        return bool(others) and not any(others)

    def _material(self, window: Window, person: str, read: Read) -> Material:
        theirs = self.own_goals and person != self.setup.me
        return Material(
            window=window,
            persons=(person,),
            standings=read.standings,
            assessment=assess(
                read.frame,
                Agreed(tickets=self.agreed.tickets) if theirs else self.agreed,
                persons=[person],
                window=window,
                calendar=self.setup.config.calendar,
                people=self.setup.config.people,
                now=self.world.clock(),
            ),
            calendar=self.setup.config.calendar,
            people=self.setup.config.people,
            remarks=read.remarks,
            names=names_of(_accounts(read.frame)),
        )


def _everybody(setup: Setup) -> Iterable[str]:
    for connector in setup.connectors.values():
        if isinstance(connector, Searchable):
            yield from connector.accounts()


def _most_active(frame: pd.DataFrame, window: Window) -> str:
    from harvester import measures
    from harvester.frame import select

    inside = select(frame, window)
    inside = inside[inside["shown"] & ~inside["bot"]]
    rows = inside.loc[
        sorted({index for name in ACTIVE for index in measures.of(inside, measures.MEASURES[name]).index})
    ]
    acts = rows.drop_duplicates(["person", "subject"])["person"].value_counts()
    if acts.empty:
        raise PersonError("There is no work by a person here yet, only by bots.", hint="Name a person with --person.")
    return str(min(acts.index, key=lambda person: (-int(acts[person]), person)))


def _did_something(material: Material, person: str) -> bool:
    from harvester.frame import select

    return bool(len(select(material.frame, material.window, [person])))


def _accounts(frame: pd.DataFrame) -> Iterable[str]:
    yield from frame["account"].unique()
    yield from frame["owners"].explode().dropna().unique()
