"""A configuration, read from harvester.toml or made up for a git repository, with its connectors."""

from __future__ import annotations

import dataclasses
import functools
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from harvester.errors import ConfigError, SourceError, UnknownError
from harvester.files import resolve_path
from harvester.model.accounts import account_key, account_keys, email_of
from harvester.model.people import People, Person
from harvester.sdk.capabilities import ResolvesAliases
from harvester.sdk.connector import Connector, ConnectorContext
from harvester.sdk.secrets import SecretStore
from harvester.workspace.environment import Environment

if TYPE_CHECKING:
    from harvester.config.settings import Config
    from harvester.goals.assessment import GoalsAndDecisions
    from harvester.goals.checkins import CheckIn
    from harvester.goals.model import Goals, KnownNames
    from harvester.harvesting.run import ReadSource
    from harvester.model.look_alikes import Sightings
    from harvester.model.periods import Period

ME = "me"
HERE = "here"


@dataclass(frozen=True)
class Workspace:
    """A configuration with its connectors, in an environment: what every function in this package works on."""

    environment: Environment
    config: Config
    connectors: dict[str, Connector]
    configured: bool
    """Whether a harvester.toml was read; otherwise the git repository says everything."""
    persistent: bool
    """Whether rows are stored in the configured ledger; False with `repo`, where the ledger is temporary."""
    goals: GoalsAndDecisions | None = None
    """goals.toml and decisions.toml where they were read before; None: they are read from their files."""
    kept: tuple[CheckIn, ...] | None = None
    """The check-in kept before the last day of the one period that pages are of, or none; None: it is read."""
    read_source: ReadSource | None = None
    """Reads a source, where a cluster does it (`harvester.engine.harvest`); None: this process does."""
    sightings: Callable[[], Sightings] | None = None
    """Everybody in the sources in the one period that pages are of, where they were asked; None: they are asked."""

    @property
    def me(self) -> str | None:
        """The key of the person who uses this workspace; None where neither harvester.toml nor git says who."""
        return self.config.me if self.config.people.configured(self.config.me) else None


def open_workspace(
    environment: Environment,
    config_path: Path | None = None,
    repo: Path | Sequence[Path] | None = None,
    *,
    aliases: bool = True,
) -> Workspace:
    """Open the named harvester.toml, else the nearest one in the current folder or above, else the git repository.

    With `repo` that git repository is read, or each of several, and no harvester.toml. A harvester.toml without people
    gets git's user.

    With `aliases` the sources are asked for further addresses of the people; commands that read no source need none.

    Raises ConfigError for a harvester.toml that is not valid, and SourceError where there is no git repository either.
    """
    from harvester.config import settings

    repos = [repo] if isinstance(repo, Path) else list(repo or ())
    if repos:
        places = [resolve_path(environment.cwd, str(each), error=SourceError) for each in repos]
        config = _config_of_repositories(environment, places)
    elif path := _config_path(environment, config_path):
        config = _with_git_user(environment, settings.load(path, environment.zone()))
    else:
        config = _config_of_repositories(environment, [environment.cwd])
    connectors = make_connectors(environment, config)
    people = _with_aliases(config.people, connectors) if aliases else config.people
    config = dataclasses.replace(config, people=people)
    return Workspace(environment, config, connectors, config.path is not None, persistent=not repos)


def _config_path(environment: Environment, named: Path | None) -> Path | None:
    """The configuration file that was named, else the nearest one; None where there is none."""
    from harvester.config import settings

    return resolve_path(environment.cwd, str(named), error=ConfigError) if named else settings.find(environment.cwd)


def is_nearest_configuration(workspace: Workspace) -> bool:
    """Whether a command in the environment's folder reads the same harvester.toml without `--config`."""
    from harvester.config import settings

    nearest, path = settings.find(workspace.environment.cwd), workspace.config.path
    return nearest == path or bool(nearest and path and nearest.resolve() == path.resolve())


def load_goals_and_decisions(workspace: Workspace) -> GoalsAndDecisions:
    """goals.toml and decisions.toml beside harvester.toml; empty where a file is missing.

    Raises ConfigError for a file that is not valid.
    """
    from harvester.goals import decisions, load
    from harvester.goals.assessment import GoalsAndDecisions
    from harvester.goals.model import Goals

    config = workspace.config
    if workspace.goals is not None:
        return workspace.goals
    if not workspace.configured:
        return GoalsAndDecisions(tickets=config.tickets)
    path = config.root / load.FILE
    goals = load_goals(workspace, path) if os.path.lexists(path) else Goals()
    return GoalsAndDecisions(goals, decisions.load(config.root / decisions.FILE), config.tickets)


def load_kept(workspace: Workspace, period: Period) -> CheckIn | None:
    """The check-in kept before the last day of a period; raises ConfigError where it cannot be read."""
    from harvester.goals.checkins import load_before

    if workspace.kept is not None or not workspace.configured:
        return next(iter(workspace.kept or ()), None)
    return load_before(workspace.config.root, workspace.config.calendar.dates(period)[1])


def load_goals(workspace: Workspace, path: Path) -> Goals:
    """The goals in a file, checked against the people, measures and trackers of the workspace; raises ConfigError."""
    from harvester.goals import load

    return load.load(path, known_names(workspace))


def kinds_of_sources(workspace: Workspace) -> dict[str, set[str]] | None:
    """The kinds of work that the sources can have, each with the further columns; None where a source does not say."""
    from harvester.sdk.capabilities import NamesContents

    known = [each.contents() for each in workspace.connectors.values() if isinstance(each, NamesContents)]
    kinds: dict[str, set[str]] = {}
    for kind, columns in (pair for each in known for pair in each.items()):
        kinds.setdefault(kind, set()).update(columns)
    return kinds if len(known) == len(workspace.connectors) else None


def known_names(workspace: Workspace) -> KnownNames:
    """What goals may name: the measures, people and trackers of the workspace."""
    from harvester.analysis import measures
    from harvester.goals import model

    return model.KnownNames(
        measures=[each.name for each in measures.MEASURES.values() if each.goal],
        people=[person.key for person in workspace.config.people.persons],
        tickets=list(workspace.config.tickets) or None,
    )


def pick_sources(workspace: Workspace, names: Iterable[str]) -> dict[str, Connector]:
    """The connectors of these sources, or all where none is named; raises UnknownError with the nearest name."""
    from harvester.text import did_you_mean

    chosen = list(names) or list(workspace.connectors)
    for name in chosen:
        if name not in workspace.connectors:
            raise UnknownError(
                f"There is no source {name!r}{did_you_mean(name, workspace.connectors, '.')}",
                hint=f"Sources: {', '.join(workspace.connectors) or 'none is configured'}.",
            )
    return {name: workspace.connectors[name] for name in chosen}


def current_address(workspace: Workspace, address: str) -> str:
    """The address that rows have in place of this one, since a mailmap may replace an old address."""
    for connector in workspace.connectors.values():
        if isinstance(connector, ResolvesAliases):
            for _, account in _aliases(connector, [f"<{address}>"]):
                return email_of(account) or address
    return address


def _with_aliases(people: People, connectors: Mapping[str, Connector]) -> People:
    """The people with the addresses that rows have for them, so that a mailmap hides nobody's work.

    An address that is configured for somebody else remains theirs. A source is asked once for all people: of git each
    answer takes a few processes.
    """
    known = {person.key: list(_spellings(people, person)) for person in people.persons}
    everyone = [each for of_person in known.values() for each in of_person]
    sources = (each for each in connectors.values() if isinstance(each, ResolvesAliases) and everyone)
    shown: dict[str, set[str]] = {}
    for account, alias in (pair for each in sources for pair in _aliases(each, everyone)):
        address = email_of(alias)
        if address and people.configured(people.person_of("", f"<{address}>")) is None:
            for key in account_keys(account):
                shown.setdefault(key, set()).add(address)
    if not shown:
        return people
    persons = []
    for person in people.persons:
        addresses = set[str]().union(*(shown.get(account_key(each), ()) for each in known[person.key]))
        persons.append(dataclasses.replace(person, emails=(*person.emails, *sorted(addresses))))
    return dataclasses.replace(people, persons=tuple(persons))


def _spellings(people: People, person: Person) -> Iterator[str]:
    """A person's addresses as commits may have them: alone and with the name."""
    for address in people.addresses_of(person):
        yield from (f"<{address}>", f"{person.name} <{address}>")


def _aliases(connector: ResolvesAliases, accounts: list[str]) -> list[tuple[str, str]]:
    """Accounts and the aliases a source knows; none where it cannot be read, which the harvest then reports."""
    try:
        return list(connector.aliases(accounts).items())
    except SourceError:
        return []


def _with_git_user(environment: Environment, config: Config) -> Config:
    """The configuration, with git's user as `me` where it names nobody at all."""
    from harvester.config.git_user import identity

    if config.people.persons:
        return config
    try:
        who = identity(config.root, environment.environ)
    except SourceError:
        return config
    if not who.email:
        return config
    persons = (Person(config.me, who.name or who.email, (who.email,), named_in_public=True),)
    return dataclasses.replace(config, people=dataclasses.replace(config.people, persons=persons))


def _config_of_repositories(environment: Environment, folders: Sequence[Path]) -> Config:
    """A configuration with the git repositories as its only source and git's user in them as its only person."""
    from harvester.config import settings, toml
    from harvester.config.git_user import identity, repository

    tops = list(dict.fromkeys(repository(each, environment.environ) for each in folders))
    users = [who for top in tops if (who := identity(top, environment.environ)).email]
    people = {}
    if users:
        name = next((who.name for who in users if who.name), users[0].email)
        people = {ME: {"name": name, "emails": list(dict.fromkeys(who.email for who in users))}}
    source = {"connector": "git", "repositories": [_escape_glob(top) for top in tops]}
    data = {"people": people, "sources": {HERE: source}}
    return settings.from_file(toml.check(settings.File, data, tops[0]), tops[0], environment.zone())


def _escape_glob(path: Path) -> str:
    """The path as a glob that matches it alone."""
    import glob

    return glob.escape(str(path))


def make_connectors(environment: Environment, config: Config) -> dict[str, Connector]:
    """The connectors of a configuration, which look secrets up in this environment and read nothing yet."""
    from harvester.sdk import plugins

    secrets = SecretStore(environment.environ, config.root)
    environment.secret_stores.append(secrets)
    made = {}
    for name, source in config.sources.items():
        context = ConnectorContext(
            name,
            config.root,
            config.calendar,
            environment.clock,
            environment.wait,
            secrets.reveal,
            config.me,
            environment.environ,
            functools.partial(config.people.person_of, name),
            config.people.digest,
        )
        made[name] = plugins.make_connector(source.connector, source.settings, context)
    return made
