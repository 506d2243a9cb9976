"""What is in a page: its dataclasses and those in their fields, with their docstrings."""

from __future__ import annotations

import ast
import dataclasses
import datetime as dt
import functools
import inspect
import itertools
import types
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

_WORDS = {
    str: "text", bool: "true or false", int: "number", float: "number", dt.date: "day", dt.datetime: "time",
    type(None): "none",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class PageField:
    """A field of a page or of a part: its name, its type in words (that of a part as it is asked for), its meaning."""

    name: str
    type: str
    meaning: str


def parts_of(page: type) -> Iterator[type]:
    """The dataclasses in the fields of one, and in theirs, each once."""
    pending: list[Any] = list(get_type_hints(page).values())
    seen = {page}
    while pending:
        each = pending.pop()
        pending += get_args(each)
        if isinstance(each, type) and dataclasses.is_dataclass(each) and each not in seen:
            seen.add(each)
            pending += get_type_hints(each).values()
            yield each


def fields_of(page: type, link: Callable[[type], str] = lambda part: part.__name__) -> list[PageField]:
    """What a template may use of a dataclass: its fields, those that it inherits included, then its properties.

    `link` gives the words for a part.
    """
    hints, texts = get_type_hints(page), docstrings(page)
    found = [
        PageField(each.name, type_words(hints[each.name], link), texts.get(each.name, ""))
        for each in dataclasses.fields(page)
    ]
    for name, each in inspect.getmembers_static(page, lambda one: isinstance(one, property)):
        words = type_words(get_type_hints(each.fget).get("return", Any), link)
        found.append(PageField(name, words, inspect.getdoc(each) or ""))
    return found


def type_words(hint: Any, link: Callable[[type], str]) -> str:
    """A type in words: `list of text`, `number or none`, and for a part what `link` gives."""
    origin, parts = get_origin(hint), [each for each in get_args(hint) if each is not Ellipsis]
    words = [each if origin is Literal else type_words(each, link) for each in parts]
    if origin in {Union, types.UnionType}:
        return " or ".join(words)
    if origin is Literal:
        return ", ".join(f'`"{each}"`' for each in words)
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return f"{words[1]} by {words[0]}"
    if isinstance(origin, type) and issubclass(origin, Sequence):
        return f"list of {' and '.join(dict.fromkeys(words))}"
    if isinstance(hint, type) and dataclasses.is_dataclass(hint):
        return link(hint)
    return next((words for known, words in _WORDS.items() if hint is known), getattr(hint, "__name__", "anything"))


@functools.cache
def docstrings(cls: type) -> dict[str, str]:
    """The texts below the fields of a class and of those it inherits from, by the field's name."""
    found: dict[str, str] = {}
    for each in reversed([one for one in cls.__mro__ if dataclasses.is_dataclass(one)]):
        found |= _own_docstrings(each)
    return found


def _own_docstrings(cls: type) -> dict[str, str]:
    """The texts below the fields that a class adds, by the field's name."""
    (defined,) = ast.parse(inspect.cleandoc(inspect.getsource(cls))).body
    assert isinstance(defined, ast.ClassDef)
    pairs = itertools.pairwise(defined.body)
    return {
        field.target.id: inspect.cleandoc(text.value.value)
        for field, text in pairs
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name)
        and isinstance(text, ast.Expr) and isinstance(text.value, ast.Constant) and isinstance(text.value.value, str)
    }  # fmt: skip
