"""From options to what a command works with: the configuration, found or made up, and its connectors."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from harvester.accounts import email_of
from harvester.cli.world import World
from harvester.connector import Aliasing, Connector, Tools
from harvester.errors import SourceError, UnknownError
from harvester.people import People
from harvester.secrets import Vault

if TYPE_CHECKING:
    from harvester.agreed.assess import Agreed
    from harvester.config import Config

ME = "me"
HERE = "here"


@dataclass(frozen=True)
class Setup:
    """A configuration with its connectors, ready to be asked."""

    config: Config
    connectors: dict[str, Connector]
    configured: bool
    """Whether a harvester.toml was read; otherwise everything was found in the repository itself."""
    keeps: bool
    """Whether what is read is kept in the ledger; not where somebody's repository is only looked at."""

    @property
    def me(self) -> str | None:
        """The person whose report it is; None where neither a configuration nor git says who that is."""
        return next((each.key for each in self.config.people.persons if each.key == self.config.me), None)


def open_setup(world: World, config_path: Path | None, repo: Path | None, *, aliases: bool = True) -> Setup:
    """The setup for these options: a named or found harvester.toml, or the git repository one stands in.

    With `aliases` the sources are asked under which other addresses they show people, which a command that reads none
    does without. A configuration that names nobody is that of whom git says stands there.
    """
    from harvester import config

    if repo is not None:
        found = _found(world, world.cwd / repo)
    elif path := (world.cwd / config_path if config_path else config.find(world.cwd)):
        found = _with_me(world, config.load(path, world.zone()))
    else:
        found = _found(world, world.cwd)
    connectors = _connectors(world, found)
    people = _with_aliases(found.people, connectors) if aliases else found.people
    return Setup(dataclasses.replace(found, people=people), connectors, found.path is not None, keeps=repo is None)


def agreed(setup: Setup) -> Agreed:
    """What was agreed: goals.toml and decisions.toml beside harvester.toml; nothing where there is none of them."""
    from harvester import measures
    from harvester.agreed import decisions, goals
    from harvester.agreed.assess import Agreed

    config = setup.config
    path = config.root / goals.FILE
    if not setup.configured or not path.is_file():
        return Agreed(tickets=config.tickets)
    known = goals.Known(
        measures=[each.name for each in measures.MEASURES.values() if each.goal],
        people=[person.key for person in config.people.persons],
        tickets=list(config.tickets) or None,
    )
    return Agreed(goals.load(path, known), decisions.load(config.root / decisions.FILE), config.tickets)


def pick_sources(setup: Setup, names: Iterable[str]) -> dict[str, Connector]:
    """The connectors of these sources, or all where none is named; raises UnknownError with the nearest name."""
    from harvester.words import nearest

    chosen = list(names) or list(setup.connectors)
    for name in chosen:
        if name not in setup.connectors:
            raise UnknownError(
                f"There is no source {name!r}{nearest(name, setup.connectors, '.')}",
                hint=f"There are: {', '.join(setup.connectors) or 'none'}.",
            )
    return {name: setup.connectors[name] for name in chosen}


def shown_address(setup: Setup, address: str) -> str:
    """The address under which sources show whoever has this one: a mailmap may write an old one otherwise."""
    for connector in setup.connectors.values():
        if isinstance(connector, Aliasing):
            for account in _aliases(connector, [f"<{address}>"]):
                return email_of(account) or address
    return address


def _with_aliases(people: People, connectors: Mapping[str, Connector]) -> People:
    """The people with the addresses that sources show them under, so that a mailmap hides nobody's work."""
    persons = []
    for person in people.persons:
        known = [each for mail in person.emails for each in (f"<{mail}>", f"{person.name} <{mail}>")]
        shown = {
            email_of(account)
            for connector in connectors.values()
            if isinstance(connector, Aliasing) and known
            for account in _aliases(connector, known)
        }
        more = sorted(each for each in shown - {mail.casefold() for mail in person.emails} if each)
        persons.append(dataclasses.replace(person, emails=(*person.emails, *more)))
    return dataclasses.replace(people, persons=tuple(persons))


def _aliases(connector: Aliasing, accounts: list[str]) -> Iterable[str]:
    """What a source says; one that cannot be read says so when it is read."""
    try:
        return connector.aliases(accounts).values()
    except SourceError:
        return ()


def _with_me(world: World, found: Config) -> Config:
    """The configuration, with git's user as `me` where it names nobody at all."""
    from harvester.identity import identity
    from harvester.people import Person

    if found.people.persons:
        return found
    try:
        who = identity(found.root, world.environ)
    except SourceError:
        return found
    persons = (Person(found.me, who.name or who.email, (who.email,)),) if who.email else ()
    return dataclasses.replace(found, people=dataclasses.replace(found.people, persons=persons))


def _found(world: World, folder: Path) -> Config:
    from harvester import config
    from harvester.identity import identity, repository

    top = repository(folder, world.environ)
    who = identity(top, world.environ)
    people = {ME: {"name": who.name or who.email, "emails": [who.email]}} if who.email else {}
    data = {"people": people, "sources": {HERE: {"connector": "git", "repositories": [_literal(top)]}}}
    return config.from_file(config.check(config.File, data, top), top, world.zone())


def _literal(path: Path) -> str:
    """A path that is not read as a glob."""
    import glob

    return glob.escape(str(path))


def _connectors(world: World, config: Config) -> dict[str, Connector]:
    from harvester import plugins

    vault = Vault(world.environ, config.root)
    world.vaults.append(vault)
    made = {}
    for name, source in config.sources.items():
        tools = Tools(name, config.root, config.calendar, world.clock, world.wait, vault.reveal, config.me)
        made[name] = plugins.make_connector(source.connector, source.settings, tools)
    return made
