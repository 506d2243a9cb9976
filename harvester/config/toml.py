"""TOML files: parsing and validation, with errors that name the file, the key and the nearest word."""

from __future__ import annotations

import dataclasses
import json
import re
import tomllib
import types
import typing
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, StringConstraints, ValidationError

from harvester.errors import ConfigError
from harvester.text import did_you_mean, most_like

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

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
    """A TOML file as a dict; raises ConfigError, with the line of a syntax error."""
    try:
        # Without a line break at the end, tomllib gives no number for an error in the last line.
        return tomllib.loads(path.read_text(encoding="utf-8-sig") + "\n")
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(
            f"{path}: this is not TOML: {error}.", hint="Fix that line; https://toml.io shows how."
        ) from None
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: this is not UTF-8 text (byte {error.start}).", hint="Save it as UTF-8.") from None
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}.", hint="Check the path.") from error


def as_toml(value: str | list[str]) -> str:
    """A text or a list of texts as TOML; JSON's escapes are valid in TOML, except for the character DEL."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def check(model: type[Model], data: object, path: Path, where: str = "") -> Model:
    """Data as a model; raises ConfigError with a line for each error, which names its key."""
    try:
        return model.model_validate(data)
    except ValidationError as error:
        raise ConfigError("\n".join(explain(error, model, path, where))) from None


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
    """Of a union the member with keys of its own, or the first; any other type as it is."""
    members = typing.get_args(annotation) if typing.get_origin(annotation) in {typing.Union, types.UnionType} else ()
    members = tuple(each for each in members if each is not type(None))
    return next((each for each in members if _annotations(each) is not None), members[0] if members else annotation)


def _value_type(annotation: Any) -> Any:
    """The type of the values of a dict or a list."""
    members = [each for each in typing.get_args(annotation) if each is not Ellipsis]
    return members[-1] if members else None
