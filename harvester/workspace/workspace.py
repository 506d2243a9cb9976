"""From options to what a command works with: the configuration, found or made up, and its connectors."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from harvester.errors import SourceError, UnknownError
from harvester.model.accounts import email_of
from harvester.model.people import People
from harvester.sdk.capabilities import ResolvesAliases
from harvester.sdk.connector import Connector, ConnectorContext
from harvester.sdk.secrets import SecretStore
from harvester.workspace.environment import Environment

if TYPE_CHECKING:
    from harvester.config.settings import Config
    from harvester.goals.assessment import GoalsAndDecisions

ME = "me"
HERE = "here"


@dataclass(frozen=True)
class Workspace:
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


def open_workspace(
    environment: Environment, config_path: Path | None, repo: Path | None, *, aliases: bool = True
) -> Workspace:
    """The workspace for these options: a named or found harvester.toml, or the git repository one stands in.

    With `aliases` the sources are asked under which other addresses they show people, which a command that reads none
    does without. A configuration that names nobody is that of whom git says stands there.
    """
    from harvester.config import settings

    if repo is not None:
        found = _found(environment, environment.cwd / repo)
    elif path := (environment.cwd / config_path if config_path else settings.find(environment.cwd)):
        found = _with_me(environment, settings.load(path, environment.zone()))
    else:
        found = _found(environment, environment.cwd)
    connectors = _connectors(environment, found)
    people = _with_aliases(found.people, connectors) if aliases else found.people
    return Workspace(dataclasses.replace(found, people=people), connectors, found.path is not None, keeps=repo is None)


def load_goals_and_decisions(workspace: Workspace) -> GoalsAndDecisions:
    """What was agreed: goals.toml and decisions.toml beside harvester.toml; nothing where there is none of them."""
    from harvester.analysis import measures
    from harvester.goals import decisions, load, model
    from harvester.goals.assessment import GoalsAndDecisions

    config = workspace.config
    path = config.root / load.FILE
    if not workspace.configured or not path.is_file():
        return GoalsAndDecisions(tickets=config.tickets)
    known = model.KnownNames(
        measures=[each.name for each in measures.MEASURES.values() if each.goal],
        people=[person.key for person in config.people.persons],
        tickets=list(config.tickets) or None,
    )
    return GoalsAndDecisions(load.load(path, known), decisions.load(config.root / decisions.FILE), config.tickets)


def pick_sources(workspace: Workspace, names: Iterable[str]) -> dict[str, Connector]:
    """The connectors of these sources, or all where none is named; raises UnknownError with the nearest name."""
    from harvester.text import did_you_mean

    chosen = list(names) or list(workspace.connectors)
    for name in chosen:
        if name not in workspace.connectors:
            raise UnknownError(
                f"There is no source {name!r}{did_you_mean(name, workspace.connectors, '.')}",
                hint=f"There are: {', '.join(workspace.connectors) or 'none'}.",
            )
    return {name: workspace.connectors[name] for name in chosen}


def shown_address(workspace: Workspace, address: str) -> str:
    """The address under which sources show whoever has this one: a mailmap may write an old one otherwise."""
    for connector in workspace.connectors.values():
        if isinstance(connector, ResolvesAliases):
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
            if isinstance(connector, ResolvesAliases) and known
            for account in _aliases(connector, known)
        }
        more = sorted(each for each in shown - {mail.casefold() for mail in person.emails} if each)
        persons.append(dataclasses.replace(person, emails=(*person.emails, *more)))
    return dataclasses.replace(people, persons=tuple(persons))


def _aliases(connector: ResolvesAliases, accounts: list[str]) -> Iterable[str]:
    """What a source says; one that cannot be read says so when it is read."""
    try:
        return connector.aliases(accounts).values()
    except SourceError:
        return ()


def _with_me(environment: Environment, found: Config) -> Config:
    """The configuration, with git's user as `me` where it names nobody at all."""
    from harvester.config.git_user import identity
    from harvester.model.people import Person

    if found.people.persons:
        return found
    try:
        who = identity(found.root, environment.environ)
    except SourceError:
        return found
    persons = (Person(found.me, who.name or who.email, (who.email,)),) if who.email else ()
    return dataclasses.replace(found, people=dataclasses.replace(found.people, persons=persons))


def _found(environment: Environment, folder: Path) -> Config:
    from harvester.config import settings, toml
    from harvester.config.git_user import identity, repository

    top = repository(folder, environment.environ)
    who = identity(top, environment.environ)
    people = {ME: {"name": who.name or who.email, "emails": [who.email]}} if who.email else {}
    data = {"people": people, "sources": {HERE: {"connector": "git", "repositories": [_literal(top)]}}}
    return settings.from_file(toml.check(settings.File, data, top), top, environment.zone())


def _literal(path: Path) -> str:
    """A path that is not read as a glob."""
    import glob

    return glob.escape(str(path))


def _connectors(environment: Environment, config: Config) -> dict[str, Connector]:
    from harvester.sdk import plugins

    vault = SecretStore(environment.environ, config.root)
    environment.vaults.append(vault)
    made = {}
    for name, source in config.sources.items():
        tools = ConnectorContext(
            name,
            config.root,
            config.calendar,
            environment.clock,
            environment.wait,
            vault.reveal,
            config.me,
            environment.environ,
        )
        made[name] = plugins.make_connector(source.connector, source.settings, tools)
    return made
