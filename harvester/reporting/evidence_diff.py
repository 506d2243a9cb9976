"""What differs between two evidence files: what came, what went, what changed to what, a line each."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from harvester.text import diff_excerpt

Told = Mapping[str, Any]
SHOWN = ("source", "scope", "id", "work_item", "kind", "role", "account", "occurred_at", "title", "url")
"""What an evidence tells of a row beside its digest."""


def changes(before: Told, after: Told) -> list[str]:
    """What is different now, a line each, in words, with what it was before; empty where all is the same."""
    return [line for part in _PARTS for line in _different(part, before, after)]


def check(told: Told) -> None:
    """Look at every part that is compared, as it is; raises KeyError, TypeError, ValueError or AttributeError."""
    for part in _PARTS:
        for _, each in sorted(part.of(told).items()):
            "".join([part.words(each), part.name(each), *part.facts(each)])


def key_of(row: Told) -> tuple[str, str, str]:
    """What tells a row from all others."""
    return row["source"], row["scope"], row["id"]


def _rows_by_key(told: Told) -> Mapping[Any, Told]:
    return {key_of(row): row for row in told["rows"]}


def _claims_by_key(told: Told) -> Mapping[Any, Told]:
    return {(*key_of(each), each["target_kind"], each["target"]): each for each in told["claims"]}


def _goals(told: Told) -> Mapping[Any, Told]:
    return {each["name"]: each for each in told["goals"]}


def _threads(told: Told) -> Mapping[Any, Told]:
    return {name: {"thread": name, "title": title} for name, title in told["threads"].items()}


def _sources(told: Told) -> Mapping[Any, Told]:
    return {each["source"]: each for each in told["coverage"]}


def _act(row: Told) -> str:
    return f"{row['work_item']} ({row['role']}, {row['account']})"


def _state(source: Told) -> Told:
    unread = [f"not read {since[:16]} to {until[:16]} UTC" for since, until in source["unread"]]
    return {"": _Plain("; ".join([*source["holes"], *unread]) or "complete")}


def _only(*names: str) -> Callable[[Told], Told]:
    return lambda each: {name: each[name] for name in names}


class _Plain(str):
    """A text of ours, which needs no marks around it."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class _Part:
    """A part of an evidence: its entries by key, and of each the words for it, its name, and what may differ."""

    what: str
    of: Callable[[Told], Mapping[Any, Told]]
    words: Callable[[Told], str]
    name: Callable[[Told], str]
    facts: Callable[[Told], Told]


_PARTS = (
    _Part(
        "row", _rows_by_key, lambda row: f"{_act(row)}: {row['title'] or 'no title'}", _act,
        _only(*(name for name in SHOWN if name not in {"source", "scope", "id"})),
    ),
    _Part(
        "claim", _claims_by_key,
        lambda claim: f"{claim['work_item']} {claim['status']} for {claim['target']}: {claim['reason']}",
        lambda claim: f"{claim['work_item']} for {claim['target']}",
        lambda claim: {"": _Plain(claim["status"]), "reason": claim["reason"]},
    ),
    _Part(
        "goal", _goals, lambda goal: f"{goal['name']}: {_quoted(goal['done'], None)} done", lambda goal: goal["name"],
        _only("title", "why", "criterion", "measure", "baseline", "target", "unit", "done"),
    ),
    _Part(
        "title", _threads, lambda each: f"{each['thread']}: {each['title']}", lambda each: each["thread"],
        lambda each: {"": each["title"]},
    ),
    _Part("source", _sources, lambda each: str(each["source"]), lambda each: str(each["source"]), _state),
)  # fmt: skip


def _different(part: _Part, told_before: Told, told_after: Told) -> Iterable[str]:
    before, after = part.of(told_before), part.of(told_after)
    for key in sorted(before.keys() - after.keys()):
        yield f"{part.what} gone: {part.words(before[key])}"
    for key in sorted(after.keys() - before.keys()):
        yield f"{part.what} new: {part.words(after[key])}"
    for key in sorted(before.keys() & after.keys()):
        if before[key] != after[key]:
            differing = list(_from_to(part.facts(before[key]), part.facts(after[key])))
            if differing:
                yield f"{part.what} changed: {part.name(after[key])}: {', '.join(differing)}"
            else:
                yield f"{part.what} changed: {part.words(after[key])} (in what is kept as a digest only)"


def _from_to(before: Told, after: Told) -> Iterable[str]:
    for name, now in after.items():
        if (then := before[name]) != now:
            yield f"{name} {_quoted(then, now)} → {_quoted(now, then)}".lstrip()


def _quoted(value: object, other: object) -> str:
    """A value in words, a text cut short around where it differs from the other."""
    if value is None:
        return "none"
    if isinstance(value, int | float):
        return str(value).removesuffix(".0")
    text = diff_excerpt(str(value), str(other or ""))[0]
    return text if isinstance(value, _Plain) else f"'{text}'"
