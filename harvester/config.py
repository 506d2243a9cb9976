"""harvester.toml: what may stand in it, and every error with the file, the key and the nearest word.

Secrets are references (`harvester.secrets`); nothing here looks one up.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import re
import tomllib
import types
import typing
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, ValidationError

from harvester import plugins
from harvester.accounts import account_key
from harvester.errors import ConfigError, UnknownError, WindowError
from harvester.people import People, Person
from harvester.windows import MONTHS, WEEKDAYS, Calendar, calendar
from harvester.words import most_like, nearest

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

FILE = "harvester.toml"
_QUOTED = re.compile(r"'([^']*)'")
Model = TypeVar("Model", bound=BaseModel)
NAME = r"^[A-Za-z0-9_.-]+$"
_TICKET_KEY = r"^[A-Z][A-Z0-9_]+$"
_PATTERNS = {
    NAME: "a name has letters from A to Z, digits, _ . and - only",
    _TICKET_KEY: "a key has two or more capital letters, digits and _ only, and begins with a letter",
}
"""What the patterns ask for, in words."""


class Section(BaseModel):
    """A table in harvester.toml; a key that is not listed is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


def _listed(value: object) -> object:
    return [value] if isinstance(value, str) else value


def _address(value: str) -> str:
    if "@" not in value:
        raise ValueError("an e-mail address has an @; a login belongs under `accounts`")
    return value


def _any_case(*words: str) -> BeforeValidator:
    """Takes a word of fixed ones in any case."""
    proper = {word.casefold(): word for word in words}
    return BeforeValidator(lambda value: proper.get(value.casefold(), value) if isinstance(value, str) else value)


Word = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
Words = Annotated[list[Word], BeforeValidator(_listed, json_schema_input_type=str | list[str])]
Address = Annotated[Word, AfterValidator(_address)]
Addresses = Annotated[list[Address], BeforeValidator(_listed, json_schema_input_type=str | list[str])]
Month = Annotated[Literal[MONTHS], _any_case(*MONTHS)]  # type: ignore[valid-type]  # a Literal made of a tuple: right at run time, unknown to mypy
Weekday = Annotated[Literal[WEEKDAYS], _any_case(*WEEKDAYS)]  # type: ignore[valid-type]  # as above


class Me(Section):
    """Whose report it is and how that person reckons time."""

    person: str = Field("me", description="a key of [people]")
    timezone: str | None = Field(None, description="an IANA zone such as Europe/Berlin; this machine's where missing")
    year_starts: Month = Field("January", description="the month a (fiscal) year starts with")
    week_starts: Weekday = Field("Monday", description="the first day of a week")


class Mentee(Section):
    """Since when somebody is mentored, and that they agreed to be read."""

    since: dt.date = Field(description="the first day")
    consent: bool = Field(
        description="whether they agreed to have their work read; without it, naming them reads nothing"
    )


class PersonSection(Section):
    """One person: a name for readers, and every address and account that is theirs."""

    name: str | None = Field(None, description="what a reader calls them; the key where missing")
    emails: Addresses = Field(default_factory=list, description="addresses in commits; compared exactly, without case")
    accounts: dict[str, Words] = Field(
        default_factory=dict, description="logins or ids by connector (github = …) or by source name"
    )
    mentee: Mentee | None = Field(None, description="where this person is mentored by me")


class Team(Section):
    """People who are reported on together."""

    members: list[str] = Field(description="keys of [people]")


def _without_credentials(url: str) -> str:
    if "://" in url and "@" in url.partition("://")[2].partition("/")[0]:
        raise ValueError("a key or a password must not stand here; the AWS_… variables of the environment are read")
    return url


class LedgerSection(Section):
    """Where what was read is kept."""

    location: Annotated[str, AfterValidator(_without_credentials)] = Field(
        ".harvester/ledger", description="a folder, or a URL such as s3://bucket/ledger"
    )


class Source(BaseModel):
    """A source: which connector reads it; its other keys are that connector's own (docs/reference/configuration.md)."""

    model_config = ConfigDict(extra="allow", frozen=True, hide_input_in_errors=True)
    connector: str = Field(description="the connector that reads it: git, github, …")

    @property
    def settings(self) -> dict[str, Any]:
        """The keys that belong to the connector."""
        return dict(self.__pydantic_extra__ or {})

    def __repr_args__(self) -> Iterable[tuple[str | None, Any]]:
        """Keys without their values: until the connector has checked them, one might be a secret written out."""
        yield "connector", self.connector
        yield "settings", sorted(self.settings)


class File(Section):
    """harvester.toml as a whole."""

    me: Me = Field(default=Me(), description="whose report it is and how that person reckons time")
    people: dict[Annotated[str, Field(pattern=NAME)], PersonSection] = Field(
        default_factory=dict, description="who is who: one table for each person"
    )
    teams: dict[str, Team] = Field(default_factory=dict, description="people who are reported on together")
    ledger: LedgerSection = Field(default=LedgerSection(), description="where what was read is kept")
    sources: dict[Annotated[str, Field(pattern=NAME)], Source] = Field(
        default_factory=dict, description="where to look: one table for each source"
    )
    tickets: dict[Annotated[str, Field(pattern=_TICKET_KEY)], Word] = Field(
        default_factory=dict,
        description='keys that stand for tickets, such as PAY = "https://example.atlassian.net"; no other key does',
    )
    bots: list[Word] = Field(default_factory=list, description="further accounts or addresses that are no colleagues")


@dataclass(frozen=True)
class Config:
    """A configuration that holds together: its folder, its calendar, its people, its sources."""

    root: Path
    calendar: Calendar
    people: People
    me: str
    sources: Mapping[str, Source]
    ledger: str
    teams: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    tickets: Mapping[str, str] = field(default_factory=dict)
    """The host of the tracker by project key."""
    path: Path | None = None
    """The file it came from; None where there is none and everything was found."""


def find(start: Path) -> Path | None:
    """The nearest harvester.toml in a folder or above it."""
    here = start.absolute()
    return next((place / FILE for place in (here, *here.parents) if (place / FILE).is_file()), None)


def load(path: Path, default_zone: str = "UTC") -> Config:
    """Read harvester.toml; raises ConfigError with file and key path, or the line where TOML itself is broken."""
    file = check(File, read_toml(path), path)
    config = from_file(file, path.parent, default_zone, path)
    _check_references(file, path)
    return config


def from_file(file: File, root: Path, default_zone: str, path: Path | None = None) -> Config:
    """A configuration from its parsed file, which may have been made up where there is none."""
    try:
        reckoning = calendar(file.me.timezone or default_zone, file.me.year_starts, file.me.week_starts)
    except WindowError as error:
        raise ConfigError(f"{path or FILE}: me.timezone: {error.message}", hint=error.hint) from error
    people = People(
        tuple(_person(key, section) for key, section in file.people.items()),
        {name: source.connector for name, source in file.sources.items()},
        frozenset(each.casefold() for each in file.bots),
        frozenset(name for name, source in file.sources.items() if _is_github_com(source)),
    )
    teams = {name: tuple(team.members) for name, team in file.teams.items()}
    tickets = {key: address.partition("://")[2].strip("/") or address for key, address in file.tickets.items()}
    return Config(root, reckoning, people, file.me.person, file.sources, file.ledger.location, teams, tickets, path)


def _is_github_com(source: Source) -> bool:
    url = str(source.settings.get("url", "https://github.com")).casefold().rstrip("/")
    return source.connector == "github" and url.partition("://")[2] == "github.com"


def read_toml(path: Path) -> dict[str, Any]:
    """A TOML file as a dict; raises ConfigError with the line where it is broken."""
    try:
        # With a line's end at the end, an error in the last line is told with its number too.
        return tomllib.loads(path.read_text(encoding="utf-8-sig") + "\n")
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(
            f"{path}: this is not TOML: {error}.", hint="Mend that line; https://toml.io shows how."
        ) from None
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: this is not UTF-8 text (byte {error.start}).", hint="Save it as UTF-8.") from None
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}.", hint="Is the path right?") from error


def as_toml(value: str | list[str]) -> str:
    """A text or a list of texts as TOML; JSON's escapes are TOML's too, but for the character DEL."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def check(model: type[Model], data: object, path: Path, where: str = "") -> Model:
    """Data as a model; raises ConfigError with one line for each thing wrong, each naming its key."""
    try:
        return model.model_validate(data)
    except ValidationError as error:
        raise ConfigError("\n".join(explain(error, model, path, where))) from None


def explain(error: ValidationError, model: type[BaseModel], path: Path | None, where: str = "") -> Iterable[str]:
    """One line for each thing that pydantic found, in our words, without the value that was written there."""
    prefix = f"{where}." if where else ""
    for each in error.errors(include_url=False):
        place = [part for part in each["loc"] if part != "[key]"]
        key = prefix + ".".join(str(part) if not isinstance(part, int) else f"[{part + 1}]" for part in place)
        yield f"{path or FILE}: {key.replace('.[', '[')}: {_reason(each, place, model)}"


def json_schema() -> dict[str, Any]:
    """A JSON Schema of harvester.toml for editors, with the sections of every connector that is installed."""
    schema = File.model_json_schema(mode="validation")
    definitions = schema.setdefault("$defs", {})
    choices = []
    for name in plugins.available(plugins.CONNECTORS):
        section = plugins.settings_model(plugins.load_connector(name)).model_json_schema(
            ref_template=f"#/$defs/{name}_{{model}}"
        )
        definitions |= {f"{name}_{key}": value for key, value in section.pop("$defs", {}).items()}
        connector = {"const": name, "description": "the connector that reads it"}
        section["properties"] = {"connector": connector} | section.get("properties", {})
        section["required"] = ["connector", *section.get("required", [])]
        definitions[f"source_{name}"] = section
        choices.append({"$ref": f"#/$defs/source_{name}"})
    definitions["Source"] = {"anyOf": choices, "description": Source.__doc__}
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema, "title": FILE}


def _reason(error: ErrorDetails, place: list[str | int], model: type[BaseModel]) -> str:
    kind, message = error["type"], error["msg"].removeprefix("Value error, ")
    if kind in {"extra_forbidden", "unexpected_keyword_argument"}:
        return f"there is no such key{nearest(str(place[-1]), _keys_at(model, place[:-1]))}"
    if kind == "missing":
        return "this key is missing"
    if kind == "string_pattern_mismatch" and (words := _PATTERNS.get(error["ctx"]["pattern"])):
        return words
    if brackets := _brackets(error, place, model):
        return brackets
    likely = _likely(str(error["input"]), error["ctx"]["expected"]) if kind == "literal_error" else ""
    return message[:1].lower() + message[1:] + likely


def _brackets(error: ErrorDetails, place: list[str | int], model: type[BaseModel]) -> str:
    """How to write tables, where several, one, or one a name may stand and they were written as another of these."""
    kind, found = error["type"], error["input"]
    table = ".".join(part for part in place if isinstance(part, str))
    if kind == "list_type" and isinstance(found, Mapping) and _keys_at(model, [*place, 0]):
        several = f"[[{table}]], with two brackets" if len(place) == 1 else f"{place[-1]} = [{{ … }}], in brackets"
        return f"write {several}; there may be several"
    if kind in {"model_type", "dict_type"} and isinstance(found, list):
        return f"write [{table}{'.NAME' if kind == 'dict_type' else ''}], with one bracket"
    return ""


def _likely(word: str, expected: str) -> str:
    """The nearest of fixed choices, as pydantic lists them, which may be meant by its first letters."""
    choices = {choice.casefold(): choice for choice in _QUOTED.findall(expected)}
    whole = most_like(word.casefold(), choices)
    begun = {choice[: len(word)]: choice for choice in choices}
    found = whole or begun.get(most_like(word.casefold(), begun) or "")
    return f"; did you mean {choices[found]!r}?" if found else ""


def _keys_at(model: type[BaseModel], place: list[str | int]) -> Iterable[str]:
    here: Any = model
    for part in place:
        keys = _annotations(here)
        here = _inner(keys.get(str(part))) if keys is not None else _value_type(here)
    return _annotations(_inner(here)) or ()


def _annotations(here: Any) -> dict[str, Any] | None:
    if isinstance(here, type) and issubclass(here, BaseModel):
        return {info.alias or key: info.annotation for key, info in here.model_fields.items()}
    return typing.get_type_hints(here) if isinstance(here, type) and dataclasses.is_dataclass(here) else None


def _inner(annotation: Any) -> Any:
    members = typing.get_args(annotation) if typing.get_origin(annotation) in {typing.Union, types.UnionType} else ()
    members = tuple(each for each in members if each is not type(None))
    return next((each for each in members if _annotations(each) is not None), members[0] if members else annotation)


def _value_type(annotation: Any) -> Any:
    members = [each for each in typing.get_args(annotation) if each is not Ellipsis]
    return members[-1] if members else None


def _person(key: str, section: PersonSection) -> Person:
    accounts = {place: tuple(names) for place, names in section.accounts.items()}
    agreed = section.mentee is None or section.mentee.consent
    return Person(key, section.name or key, tuple(section.emails), accounts, may_be_read=agreed)


def _check_references(file: File, path: Path) -> None:
    wrong = []
    if (file.people or "person" in file.me.model_fields_set) and file.me.person not in file.people:
        wrong.append(_unknown(path, "me.person", file.me.person, "person", file.people))
    for name, team in file.teams.items():
        wrong += [
            _unknown(path, f"teams.{name}.members", member, "person", file.people)
            for member in team.members
            if member not in file.people
        ]
    connectors = plugins.available(plugins.CONNECTORS)
    places = {*connectors, *file.sources}
    for key, person in file.people.items():
        wrong += [
            _unknown(path, f"people.{key}.accounts", place, "connector or source", places)
            for place in person.accounts
            if place not in places
        ]
    for name, source in file.sources.items():
        wrong += _wrong_in_source(name, source, connectors, path)
    wrong += _shared(file, path)
    if wrong:
        raise ConfigError("\n".join(wrong))


def _unknown(path: Path, key: str, word: str, what: str, known: Iterable[str]) -> str:
    return f"{path}: {key}: there is no {what} {word!r}{nearest(word, known)}"


def _wrong_in_source(name: str, source: Source, connectors: Iterable[str], path: Path) -> Iterable[str]:
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
        return explain(error, model, path, where)
    return ()


def _shared(file: File, path: Path) -> Iterable[str]:
    """An address or account that two people claim would credit one with the other's work."""
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
