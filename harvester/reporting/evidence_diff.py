"""The differences between two evidence files: what is new, gone or changed, and from what to what, a line each."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from harvester.text import diff_excerpt

Record = Mapping[str, Any]
"""An evidence, or an entry in one."""

ROW_FIELDS = ("source", "scope", "id", "work_item", "kind", "role", "account", "occurred_at", "title", "url")
"""What an evidence has of a row besides its digest."""


def changes(before: Record, after: Record) -> list[str]:
    """What is different in `after`, a line each, with what it was before; empty where nothing is."""
    return [line for part in _PARTS for line in _different(part, before, after)]


def check(evidence: Record) -> None:
    """Use every part as a comparison does; raises KeyError, TypeError, ValueError or AttributeError."""
    for part in _PARTS:
        for _, each in sorted(part.of(evidence).items()):
            "".join([part.words(each), part.name(each), *part.facts(each)])


def key_of(row: Record) -> tuple[str, str, str]:
    """The key of a row or a claim."""
    return row["source"], row["scope"], row["id"]


def _rows_by_key(evidence: Record) -> Mapping[Any, Record]:
    return {key_of(row): row for row in evidence["rows"]}


def _claims_by_key(evidence: Record) -> Mapping[Any, Record]:
    return {(*key_of(each), each["target_kind"], each["target"]): each for each in evidence["claims"]}


def _goals(evidence: Record) -> Mapping[Any, Record]:
    return {each["name"]: each for each in evidence["goals"]}


def _threads(evidence: Record) -> Mapping[Any, Record]:
    return {name: {"thread": name, "title": title} for name, title in evidence["threads"].items()}


def _sources(evidence: Record) -> Mapping[Any, Record]:
    return {each["source"]: each for each in evidence["coverage"]}


def _row_name(row: Record) -> str:
    return f"{row['work_item']} ({row['role']}, {row['account']})"


def _source_state(source: Record) -> Record:
    unread = [f"not read {since[:16]} to {until[:16]} UTC" for since, until in source["unread"]]
    return {"": _Plain("; ".join([*source["gaps"], *unread]) or "complete")}


def _only(*names: str) -> Callable[[Record], Record]:
    return lambda each: {name: each[name] for name in names}


class _Plain(str):
    """A text of ours, which needs no marks around it."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class _Part:
    """A part of an evidence: its entries by key, and for each the words, the name, and the facts that may differ."""

    what: str
    of: Callable[[Record], Mapping[Any, Record]]
    words: Callable[[Record], str]
    name: Callable[[Record], str]
    facts: Callable[[Record], Record]


_PARTS = (
    _Part(
        "row", _rows_by_key, lambda row: f"{_row_name(row)}: {row['title'] or 'no title'}", _row_name,
        _only(*(name for name in ROW_FIELDS if name not in {"source", "scope", "id"})),
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
    _Part("source", _sources, lambda each: str(each["source"]), lambda each: str(each["source"]), _source_state),
)  # fmt: skip


def _different(part: _Part, evidence_before: Record, evidence_after: Record) -> Iterable[str]:
    before, after = part.of(evidence_before), part.of(evidence_after)
    for key in sorted(before.keys() - after.keys()):
        yield f"{part.what} gone: {part.words(before[key])}"
    for key in sorted(after.keys() - before.keys()):
        yield f"{part.what} new: {part.words(after[key])}"
    for key in sorted(before.keys() & after.keys()):
        if before[key] != after[key]:
            facts = ", ".join(_changed_facts(part.facts(before[key]), part.facts(after[key])))
            what = (
                f"{part.name(after[key])}: {facts}" if facts else f"{part.words(after[key])} (only its digest differs)"
            )
            yield f"{part.what} changed: {what}"


def _changed_facts(before: Record, after: Record) -> Iterable[str]:
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
