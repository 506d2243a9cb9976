"""TOML files: parsing and validation, with errors that name the file, the key and the nearest word."""

from __future__ import annotations

import dataclasses
import datetime as dt
import itertools
import json
import re
import sys
import tomllib
import types
import typing
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, StringConstraints, ValidationError

from harvester.errors import ConfigError
from harvester.files import read_text
from harvester.text import did_you_mean, most_like

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

LARGEST = 4 << 20
"""Bytes of a TOML file; decisions of ten years have less than one million."""

DEEPEST = 32
"""How many tables and lists may be inside each other, and how many parts a dotted key may have."""

MOST_ERRORS = 20
"""How many errors of a file are shown at once."""

_LONG_KEY = re.compile(rf"""(?<![\w-])(?:(?:[\w-]++|"[^"\n]*+"|'[^'\n]*+')[ \t]*+\.[ \t]*+){{{DEEPEST},}}""", re.ASCII)
"""A dotted key that is too long, sought before parsing: the time that tomllib takes for one grows with its square."""

_QUOTED = re.compile(r"'([^']*)'")
Model = TypeVar("Model", bound=BaseModel)

NAME = r"^[A-Za-z0-9_.-]+$"
TICKET_KEY = r"^[A-Z][A-Z0-9_]+$"
_PATTERNS = {
    NAME: "a name has letters from A to Z, digits, _ . and - only",
    TICKET_KEY: "a key has two or more capital letters, digits and _ only, and begins with a letter",
}
"""The patterns in words."""


class Section(BaseModel):
    """A table in harvester.toml; a key that is not listed is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


def as_list(value: object) -> object:
    """A text alone as a list of one text; anything else as it is."""
    return [value] if isinstance(value, str) else value


Word = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
Words = Annotated[list[Word], BeforeValidator(as_list, json_schema_input_type=str | list[str])]


def read_toml(path: Path) -> dict[str, Any]:
    """A TOML file as a dict; raises ConfigError for a file that cannot be read, and as `parse_toml` does."""
    return parse_toml(read_text(path, limit=LARGEST, error=ConfigError), path)


def parse_toml(text: str, path: Path) -> dict[str, Any]:
    """The text of a TOML file as a dict; raises ConfigError with the line of an error, or the key nested too deep."""
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    if found := _LONG_KEY.search(text):
        raise _too_deep(f"{path}: line {text.count(chr(10), 0, found.start()) + 1}")
    try:
        # Without a line break at the end, tomllib gives no number for an error in the last line.
        data = tomllib.loads(f"{text}\n")
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(
            f"{path}: this is not TOML: {error}.", hint="Fix that line; https://toml.io shows how."
        ) from None
    except RecursionError:
        raise _too_deep(f"{path}: line {_deepest_line(text)}") from None
    except ValueError:  # from int(): more digits than Python converts
        digits = re.search(rf"[0-9_]{{{sys.get_int_max_str_digits()},}}", text)
        line = text.count("\n", 0, digits.start() if digits else 0) + 1
        raise ConfigError(f"{path}: line {line}: this number has too many digits.", hint="Write fewer.") from None
    if place := _deep_place(data):
        raise _too_deep(f"{path}: {place}")
    return data


def _too_deep(place: str) -> ConfigError:
    return ConfigError(f"{place}: this is nested more than {DEEPEST} deep.", hint="Write it with fewer levels.")


def _deepest_line(text: str) -> int:
    """The first line at which more than `DEEPEST` brackets are open; brackets in texts count too."""
    is_open = 0
    for found in re.finditer(r"[\[{]|[\]}]", text):
        is_open += 1 if found[0] in "[{" else -1
        if is_open > DEEPEST:
            return text.count("\n", 0, found.start()) + 1
    return 1


def _deep_place(data: object) -> str:
    """The key of the first thing more than `DEEPEST` tables and lists deep; '' where nothing is."""
    level: list[tuple[str, object]] = [("", data)]
    for _ in range(DEEPEST + 1):
        level = [each for place, value in level for each in _inside(place, value)]
    return f"{level[0][0][1:200]}…" if level else ""


def _inside(place: str, value: object) -> Iterable[tuple[str, object]]:
    if isinstance(value, dict):
        return ((f"{place}.{key}", each) for key, each in value.items())
    return ((f"{place}[{number}]", each) for number, each in enumerate(value, 1)) if isinstance(value, list) else ()


def texts(data: object, place: str = "") -> Iterable[tuple[str, str]]:
    """Every text in parsed TOML, with its key such as `sources.here.repositories[1]`."""
    if isinstance(data, str):
        yield place.removeprefix("."), data
    for inner, value in _inside(place, data):
        yield from texts(value, inner)


def first_lines(lines: Iterable[str]) -> str:
    """The first `MOST_ERRORS` lines, with a word that there are more; no more are computed. '' for none."""
    first = list(itertools.islice(lines, MOST_ERRORS + 1))
    return "\n".join([*first[:MOST_ERRORS], *(["… and more"] if first[MOST_ERRORS:] else [])])


def as_toml(value: object) -> str:
    """A text, a number, a truth value, a day, or lists and tables of them, as TOML on one line."""
    if isinstance(value, Mapping):
        return f"{{ {', '.join(f'{key_as_toml(str(key))} = {as_toml(each)}' for key, each in value.items())} }}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(as_toml, value))}]"
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, float):
        return f"{value:.0f}" if value.is_integer() else repr(value)
    # JSON's escapes are valid in TOML, except for the character DEL.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def key_as_toml(key: str) -> str:
    """A key as TOML takes it: in quotes where it has a dot, which would begin a table within the table, or a space."""
    return key if re.fullmatch(r"[A-Za-z0-9_-]+", key) else as_toml(key)


def check(model: type[Model], data: object, path: Path, where: str = "") -> Model:
    """Data as a model; raises ConfigError with a line for each error, which names its key."""
    try:
        return model.model_validate(data)
    except ValidationError as error:
        raise ConfigError(first_lines(explain(error, model, path, where))) from None


def explain(error: ValidationError, model: type[BaseModel], path: Path | str, where: str = "") -> Iterable[str]:
    """One line for each error of pydantic's, with its key, and without the value, which may be a secret."""
    prefix = f"{where}." if where else ""
    for each in error.errors(include_url=False):
        place = [part for part in each["loc"] if part != "[key]"]
        key = prefix + ".".join(str(part) if not isinstance(part, int) else f"[{part + 1}]" for part in place)
        yield f"{path}: {key.replace('.[', '[')}: {_reason(each, place, model)}"


def _reason(error: ErrorDetails, place: list[str | int], model: type[BaseModel]) -> str:
    kind, message = error["type"], error["msg"].removeprefix("Value error, ")
    if kind in {"extra_forbidden", "unexpected_keyword_argument"}:
        return f"there is no such key{did_you_mean(str(place[-1]), _keys_at(model, place[:-1]))}"
    if kind == "missing":
        return "this key is missing"
    if kind == "string_pattern_mismatch" and (words := _PATTERNS.get(error["ctx"]["pattern"])):
        return words
    if brackets := _brackets(error, place, model):
        return brackets
    likely = _likely(str(error["input"]), error["ctx"]["expected"]) if kind == "literal_error" else ""
    return message[:1].lower() + message[1:] + likely


def _brackets(error: ErrorDetails, place: list[str | int], model: type[BaseModel]) -> str:
    """The brackets to write, where a table was written as a list of tables or the other way round; else ''."""
    kind, found = error["type"], error["input"]
    table = ".".join(part for part in place if isinstance(part, str))
    if kind == "list_type" and isinstance(found, Mapping) and _keys_at(model, [*place, 0]):
        several = f"[[{table}]], with two brackets" if len(place) == 1 else f"{place[-1]} = [{{ … }}], in brackets"
        return f"write {several}; there may be several"
    if kind in {"model_type", "dict_type"} and isinstance(found, list):
        return f"write [{table}{'.NAME' if kind == 'dict_type' else ''}], with one bracket"
    return ""


def _likely(word: str, expected: str) -> str:
    """`; did you mean 'x'?` for the nearest choice that pydantic lists, also by its first letters; else ''."""
    choices = {choice.casefold(): choice for choice in _QUOTED.findall(expected)}
    whole = most_like(word.casefold(), choices)
    begun = {choice[: len(word)]: choice for choice in choices}
    found = whole or begun.get(most_like(word.casefold(), begun) or "")
    return f"; did you mean {choices[found]!r}?" if found else ""


def _keys_at(model: type[BaseModel], place: list[str | int]) -> Iterable[str]:
    """The keys that are known at a place in a model, for the nearest one to a wrong key."""
    level: Any = model
    for part in place:
        keys = _annotations(level)
        level = _inner(keys.get(str(part))) if keys is not None else _value_type(level)
    return _annotations(_inner(level)) or ()


def _annotations(kind: Any) -> dict[str, Any] | None:
    """The type of each key of a model or a dataclass; None for any other type."""
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return {info.alias or key: info.annotation for key, info in kind.model_fields.items()}
    return typing.get_type_hints(kind) if isinstance(kind, type) and dataclasses.is_dataclass(kind) else None


def _inner(annotation: Any) -> Any:
    """Of a union the member with keys of its own, or the first, without annotations; any other type as it is."""
    if typing.get_origin(annotation) is Annotated:
        return _inner(typing.get_args(annotation)[0])
    members = typing.get_args(annotation) if typing.get_origin(annotation) in {typing.Union, types.UnionType} else ()
    members = tuple(each for each in members if each is not type(None))
    return next((each for each in members if _annotations(each) is not None), members[0] if members else annotation)


def _value_type(annotation: Any) -> Any:
    """The type of the values of a dict or a list."""
    members = [each for each in typing.get_args(annotation) if each is not Ellipsis]
    return _inner(members[-1]) if members else None
