"""harvester.toml: its keys, and errors that name the file, the key and the nearest known word.

Secrets are references (`harvester.sdk.secrets`); nothing here looks one up.
"""

from __future__ import annotations

import datetime as dt
import itertools
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from harvester.config.days import Day, Days
from harvester.config.rule import Exclusion, Rule
from harvester.config.toml import (
    NAME,
    TICKET_KEY,
    Section,
    Word,
    Words,
    as_list,
    check,
    explain,
    first_lines,
    read_toml,
    texts,
)
from harvester.errors import ConfigError, PeriodError, UnknownError
from harvester.model.accounts import FORGE_HOSTS, account_key
from harvester.model.people import People, Person
from harvester.model.periods import MONTHS, WEEKDAYS, Calendar, calendar
from harvester.model.teams import Membership, Team
from harvester.sdk import plugins
from harvester.sdk.secrets import holds_secret
from harvester.text import address, did_you_mean

FILE = "harvester.toml"


def _address(value: str) -> str:
    if "@" not in value:
        raise ValueError("an e-mail address has an @; a login belongs under `accounts`")
    return value


def _any_case(*words: str) -> BeforeValidator:
    """Accepts one of these words in any case."""
    proper = {word.casefold(): word for word in words}
    return BeforeValidator(lambda value: proper.get(value.casefold(), value) if isinstance(value, str) else value)


Address = Annotated[Word, AfterValidator(_address)]
Addresses = Annotated[list[Address], BeforeValidator(as_list, json_schema_input_type=str | list[str])]
Month = Annotated[Literal[MONTHS], _any_case(*MONTHS)]  # type: ignore[valid-type]  # a Literal made of a tuple: right at run time, unknown to mypy
Weekday = Annotated[Literal[WEEKDAYS], _any_case(*WEEKDAYS)]  # type: ignore[valid-type]  # as above


class Me(Section):
    """Who uses this configuration, and that person's calendar."""

    person: str = Field("me", description="a key of [people]")
    timezone: str | None = Field(None, description="an IANA zone such as Europe/Berlin; by default this machine's")
    year_starts: Month = Field("January", description="the month a (fiscal) year starts with")
    week_starts: Weekday = Field("Monday", description="the first day of a week")


class Mentee(Section):
    """Since when somebody is mentored, and whether they agreed to have their work read."""

    since: dt.date = Field(description="the first day")
    consent: bool = Field(
        description="whether they agreed to have their work read; otherwise nothing of theirs is read for you, and "
        "what `harvest --everyone` stores of them is shown nowhere"
    )


class PersonSection(Section):
    """One person: a name for readers, and all their addresses and accounts."""

    name: str | None = Field(None, description="the name in reports; by default the key")
    emails: Addresses = Field(default_factory=list, description="addresses in commits; compared exactly, without case")
    accounts: dict[str, Words] = Field(
        default_factory=dict,
        description="logins or ids by connector (github = …) or by source name; in Jira the addresses are looked up "
        "where nothing is given, and an empty list says that there is no account",
    )
    mentee: Mentee | None = Field(None, description="only for a person I mentor")
    away: list[Days] = Field(
        default_factory=list,
        description="holidays and leave, on which nothing is expected: days, and in quotes months and spans whose last "
        'day is away too: `["2026-07-20..2026-08-02", 2026-09-01]`',
    )
    named_in_public: bool = Field(
        False, description="whether they agreed to be named on a page for the public; you are always named on yours"
    )


class Member(Section):
    """One stay of a person in a team: `{ person = "grace", from = 2026-07-01, until = 2026-09-15 }`."""

    person: str = Field(description="a key of [people]")
    from_: Day | None = Field(None, alias="from", description="the first day; without it there is none")
    until: Day | None = Field(None, description="the last day, on which the person is still a member")


def _as_member(value: object) -> object:
    """A key of [people] alone as a member without a first and a last day; a table as it is."""
    if not isinstance(value, str | Mapping):
        raise ValueError('write a key of [people], or { person = "grace", from = 2026-07-01 }')  # noqa: TRY004 - pydantic reports a ValueError
    return {"person": value} if isinstance(value, str) else value


class TeamSection(Section):
    """People who are reported on together; somebody who came or left has the days on which they were a member."""

    name: str | None = Field(None, description="the name in reports; by default the key")
    members: list[Annotated[Member, BeforeValidator(_as_member, json_schema_input_type=str | Member)]] = Field(
        min_length=1,
        description='keys of [people], or with days `{ person = "grace", from = 2026-07-01, until = 2026-09-15 }`; '
        "several times for several stays",
    )


_NO_SECRETS = (
    "this holds a token, or an address with a user or a password in it; write a reference such as env:NAME where a "
    "secret belongs, and addresses without one"
)


def _without_credentials(url: str) -> str:
    if "://" in url and "@" in url.partition("://")[2].partition("/")[0]:
        raise ValueError("a key or a password must not be written here; use the AWS_… environment variables")
    return url


class LedgerSection(Section):
    """Where the local data is stored."""

    location: Annotated[str, AfterValidator(_without_credentials)] = Field(
        ".harvester/ledger", description="a folder, or a URL such as s3://bucket/ledger (docs/ledger-on-s3.md)"
    )


class Source(BaseModel):
    """A source: which connector reads it; its other keys belong to the connector (docs/reference/configuration.md)."""

    model_config = ConfigDict(extra="allow", frozen=True, hide_input_in_errors=True)
    connector: str = Field(description="the connector that reads it: git, github, gitlab, …")
    public: bool | None = Field(
        None,
        description="whether everybody can see what it reads: true where the source does not say so itself, such as "
        "for clones of public repositories; false: all of it is private; by default what is unknown is private",
    )

    @property
    def settings(self) -> dict[str, Any]:
        """The keys that belong to the connector."""
        return dict(self.__pydantic_extra__ or {})

    def __repr_args__(self) -> Iterable[tuple[str | None, Any]]:
        """Keys without their values: before the connector has checked them, one might be a secret in plain text."""
        yield "connector", self.connector
        yield "settings", sorted(self.settings)


class File(Section):
    """harvester.toml as a whole."""

    me: Me = Field(default=Me(), description="who uses this configuration, and that person's calendar")
    people: dict[Annotated[str, Field(pattern=NAME)], PersonSection] = Field(
        default_factory=dict, description="who is who: one table for each person"
    )
    teams: dict[str, TeamSection] = Field(default_factory=dict, description="people who are reported on together")
    ledger: LedgerSection = Field(default=LedgerSection(), description="where the local data is stored")
    sources: dict[Annotated[str, Field(pattern=NAME)], Source] = Field(
        default_factory=dict, description="where to look: one table for each source"
    )
    tickets: dict[Annotated[str, Field(pattern=TICKET_KEY)], Word] = Field(
        default_factory=dict,
        description='ticket prefixes, such as PAY = "https://example.atlassian.net", beside the `projects` of Jira '
        "sources; no other prefix is a ticket",
    )
    bots: list[Word] = Field(default_factory=list, description="further accounts or addresses that are bots")
    themes: dict[Word, Rule] = Field(
        default_factory=dict, description="headings of your own for work without a goal, each with a rule"
    )
    routine: dict[Word, Rule] = Field(
        default_factory=dict, description="what else is routine, by a name such as formatting, each with a rule"
    )
    exclude: list[Exclusion] = Field(
        default_factory=list, description="rules for what is left out altogether, and counted as left out"
    )

    def rules(self) -> Iterator[tuple[str, Rule]]:
        """Every rule in the file and every rule in it, each with its key path."""
        for table, named in (("themes", self.themes), ("routine", self.routine)):
            for name, rule in named.items():
                yield from rule.rules(f"{table}.{name}")
        for number, rule in enumerate(self.exclude, 1):
            yield from rule.rules(f"exclude[{number}]")


@dataclass(frozen=True)
class Config:
    """A valid configuration: its folder, its calendar, its people, its sources."""

    root: Path
    calendar: Calendar
    people: People
    me: str
    sources: Mapping[str, Source]
    ledger: str
    teams: Mapping[str, Team] = field(default_factory=dict)
    tickets: Mapping[str, str] = field(default_factory=dict)
    """The host of the tracker by project key."""
    themes: Mapping[str, Rule] = field(default_factory=dict)
    routine: Mapping[str, Rule] = field(default_factory=dict)
    exclude: tuple[Exclusion, ...] = ()
    path: Path | None = None
    """The file it came from; None for one made up for a git repository."""


def find(start: Path) -> Path | None:
    """The nearest harvester.toml in a folder or above it, also where it cannot be read, which reading then says."""
    folder = start.absolute()
    return next((place / FILE for place in (folder, *folder.parents) if os.path.lexists(place / FILE)), None)


def load(path: Path, default_zone: str = "UTC") -> Config:
    """Read harvester.toml; raises ConfigError with file and key path, or the line where TOML itself is broken."""
    data = read_toml(path)
    if wrong := first_lines(_unfit_texts(data, path)):
        raise ConfigError(wrong)
    file = check(File, data, path)
    config = from_file(file, path.parent, default_zone, path)
    _check_references(file, path)
    return config


def _unfit_texts(data: object, path: Path) -> Iterator[str]:
    """Texts anywhere in the file that no part of us may use, and that no message may repeat."""
    for key, text in texts(data):
        if holds_secret(text):
            yield f"{path}: {key}: {_NO_SECRETS}"
        if "\0" in text:
            yield f"{path}: {key}: this has a NUL in it"


def from_file(file: File, root: Path, default_zone: str, path: Path | None = None) -> Config:
    """A configuration from its parsed file, or from one made up for a git repository; raises ConfigError."""
    try:
        dates = calendar(file.me.timezone or default_zone, file.me.year_starts, file.me.week_starts)
    except PeriodError as error:
        raise ConfigError(f"{path or FILE}: me.timezone: {error.message}", hint=error.hint) from error
    people = People(
        tuple(_person(key, section, file.me.person) for key, section in file.people.items()),
        {name: source.connector for name, source in file.sources.items()},
        frozenset(map(account_key, file.bots)),
        {name: host for name, source in file.sources.items() if (host := _forge_host(source))},
    )
    teams = {key: _team(key, section) for key, section in file.teams.items()}
    tickets = _projects_of_sources(file) | {key: address(url) for key, url in file.tickets.items()}
    return Config(
        root, dates, people, file.me.person, file.sources, file.ledger.location, teams, tickets,
        file.themes, file.routine, tuple(file.exclude), path,
    )  # fmt: skip


def _projects_of_sources(file: File) -> dict[str, str]:
    """The address of the tracker by project key, of the projects that the sections of trackers name without a glob.

    Which projects a section without such names reads only its rows show (`analysis.references.known_tickets`).
    """
    sections = (source.settings for source in file.sources.values() if source.connector == "jira")
    return {
        key.upper(): address(str(section.get("url", "")))
        for section in sections
        for key in section.get("projects") or ()
        if isinstance(key, str) and re.fullmatch(TICKET_KEY, key.upper())
    }


def _forge_host(source: Source) -> str | None:
    """The host of the forge that a source reads; None for a source of another kind, and where its url says none."""
    public = next((host for forge, host in FORGE_HOSTS.items() if forge == source.connector), None)
    found = re.match(r"https?://([^/:?#]+)", str(source.settings.get("url", "")), re.IGNORECASE)
    return found[1].casefold() if public and found else public


def json_schema() -> dict[str, Any]:
    """A JSON Schema of harvester.toml for editors, with the section of each installed connector."""
    schema = File.model_json_schema(mode="validation")
    definitions = schema.setdefault("$defs", {})
    choices = []
    for name in plugins.available(plugins.CONNECTORS):
        section = plugins.settings_model(plugins.load_connector(name)).model_json_schema(
            ref_template=f"#/$defs/{name}_{{model}}"
        )
        definitions |= {f"{name}_{key}": value for key, value in section.pop("$defs", {}).items()}
        connector = {"const": name, "description": "the connector that reads it"}
        public = Source.model_json_schema()["properties"]["public"]
        section["properties"] = {"connector": connector} | section.get("properties", {}) | {"public": public}
        section["required"] = ["connector", *section.get("required", [])]
        definitions[f"source_{name}"] = section
        choices.append({"$ref": f"#/$defs/source_{name}"})
    definitions["Source"] = {"anyOf": choices, "description": Source.__doc__}
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema, "title": FILE}


def _person(key: str, section: PersonSection, me: str) -> Person:
    accounts = {place: tuple(names) for place, names in section.accounts.items()}
    may_be_read = section.mentee is None or section.mentee.consent
    return Person(
        key, section.name or key, tuple(section.emails), accounts, may_be_read=may_be_read, away=tuple(section.away),
        mentored_since=section.mentee.since if section.mentee else None,
        named_in_public=section.named_in_public or key == me,
    )  # fmt: skip


def _team(key: str, section: TeamSection) -> Team:
    return Team(
        key, section.name or key, tuple(Membership(each.person, each.from_, each.until) for each in section.members)
    )


def _check_references(file: File, path: Path) -> None:
    errors = itertools.chain(
        _errors_in_people(file, path), _errors_in_rules(file, path), _errors_in_sources(file, path), _shared(file, path)
    )
    if lines := first_lines(errors):
        raise ConfigError(lines)


def _errors_in_people(file: File, path: Path) -> Iterator[str]:
    """People, teams and accounts that name what is not configured."""
    if (file.people or "person" in file.me.model_fields_set) and file.me.person not in file.people:
        yield _unknown(path, "me.person", file.me.person, "person", file.people)
    for name, team in file.teams.items():
        yield from _errors_in_team(f"teams.{name}.members", team, file, path)
    places = {*plugins.available(plugins.CONNECTORS), *file.sources}
    for key, person in file.people.items():
        for place in person.accounts:
            if place not in places:
                yield _unknown(path, f"people.{key}.accounts", place, "connector or source", places)


def _errors_in_team(where: str, team: TeamSection, file: File, path: Path) -> Iterator[str]:
    """Members whom nobody knows, stays that end before they begin, and two stays of one person on the same day."""
    last_days: dict[str, dt.date] = {}
    for number, each in enumerate(team.members, 1):
        if each.person not in file.people:
            yield _unknown(path, f"{where}[{number}]", each.person, "person", file.people)
        if each.from_ and each.until and each.until < each.from_:
            yield f"{path}: {where}[{number}]: the last day ({each.until}) is before the first ({each.from_})"
    for each in sorted(team.members, key=lambda one: one.from_ or dt.date.min):
        before = last_days.get(each.person)
        if before and (each.from_ or dt.date.min) <= before:
            yield f"{path}: {where}: {each.person!r} is a member twice on the same day"
        last_days[each.person] = max(each.until or dt.date.max, before or dt.date.min)


def _errors_in_rules(file: File, path: Path) -> Iterator[str]:
    """People whom a rule names and nobody knows."""
    for place, rule in file.rules():
        for person in rule.people or ():
            if person not in file.people:
                yield _unknown(path, f"{place}.people", person, "person", file.people)


def _errors_in_sources(file: File, path: Path) -> Iterator[str]:
    connectors = plugins.available(plugins.CONNECTORS)
    for name, source in file.sources.items():
        yield from _errors_in_source(name, source, connectors, path)


def _unknown(path: Path, key: str, word: str, what: str, known: Iterable[str]) -> str:
    return f"{path}: {key}: there is no {what} {word!r}{did_you_mean(word, known)}"


def _errors_in_source(name: str, source: Source, connectors: Iterable[str], path: Path) -> Iterable[str]:
    where = f"sources.{name}"
    if source.connector not in connectors:
        return [_unknown(path, f"{where}.connector", source.connector, "connector", connectors)]
    try:
        model = plugins.settings_model(plugins.load_connector(source.connector))
    except (UnknownError, ConfigError) as error:
        return [f"{path}: {where}.connector: {error.message} {error.hint}"]
    try:
        model.model_validate(source.settings)
    except ValidationError as error:
        return explain(error, model, path or FILE, where)
    return ()


def _shared(file: File, path: Path) -> Iterable[str]:
    """Addresses and accounts that two people have: they would credit one with the other's work."""
    connectors = {name: source.connector for name, source in file.sources.items()}
    seen: dict[tuple[str, str], str] = {}
    for key, person in file.people.items():
        claims = [("git", mail) for mail in person.emails]
        claims += [(place, name) for place, names in person.accounts.items() for name in names]
        for place, name in claims:
            where = "git" if connectors.get(place) == "git" else place
            other = seen.setdefault((where, account_key(name)), key)
            if other != key:
                yield f"{path}: people.{key}: {name!r} already belongs to people.{other}"
