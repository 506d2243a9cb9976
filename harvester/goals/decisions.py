"""decisions.toml: which work the person linked to which goal, or unlinked; made to be read, edited and committed.

    [[decisions]]
    work_item = "github.com/example/pay#131"
    goal = "payments-rewrite"
    decision = "accept"
    date = 2026-08-03

A later decision about the same work item and goal replaces the earlier one in its place. Everything else in the file,
comments too, is left as it is.
"""

from __future__ import annotations

import datetime as dt
import functools
import os
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import Field

from harvester.config.toml import LARGEST, Section, as_toml, check, first_lines, parse_toml, read_toml
from harvester.errors import ConfigError
from harvester.files import lock_folder, read_text, write_text
from harvester.text import did_you_mean

FILE = "decisions.toml"
MOST_MEANT = 3
"""How many work items an error names that a short one may mean."""

MOST_WARNINGS = 100
"""How many decisions about what does not exist are named; what each may mean is sought in all work items."""

_NUMBER = re.compile(r"[#!-]\d+$")
_HASH = re.compile(r"[0-9a-f]{7,64}")
_INTRODUCTION = "# What I decided about my work, by work item and goal: accept or reject. Edit it as you like.\n"
_HEADER = re.compile(r"^[ \t]*\[\[[ \t]*decisions[ \t]*\]\]")
_KEY = re.compile(r"^[ \t]*(?P<key>decision|date|note)[ \t]*=[ \t]*(?P<value>\"(?:[^\"\\\n]|\\.)*\"|'[^'\n]*'|[0-9-]+)")


class Entry(Section):
    """One decision as the file has it."""

    work_item: str = Field(min_length=1, description="the work item, as reports name it")
    goal: str = Field(min_length=1, description="the name of a goal")
    decision: Literal["accept", "reject"] = Field(description="whether it serves the goal")
    date: dt.date = Field(description="the day it was decided")
    note: str = Field("", description="why, for yourself")


class DecisionsFile(Section):
    """The keys of decisions.toml."""

    decisions: list[Entry] = Field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Decision:
    """What the person decided about one work item and one goal, and on which day."""

    work_item: str
    goal: str
    accept: bool
    date: dt.date
    note: str = ""

    @property
    def key(self) -> tuple[str, str]:
        """What a decision is about; work items compare without case."""
        return self.work_item.casefold(), self.goal


@dataclass(frozen=True)
class Decisions:
    """All decisions, in the order of the file."""

    entries: tuple[Decision, ...] = ()

    def of(self, goal: str) -> Mapping[str, Decision]:
        """The decisions about a goal, by work item in lower case."""
        return self._by_goal.get(goal, {})

    @functools.cached_property
    def _by_goal(self) -> Mapping[str, Mapping[str, Decision]]:
        found: dict[str, dict[str, Decision]] = {}
        for each in self.entries:
            found.setdefault(each.goal, {})[each.key[0]] = each
        return found

    def about(self, work_item: str) -> tuple[Decision, ...]:
        """The decisions about a work item."""
        return tuple(each for each in self.entries if each.key[0] == work_item.casefold())


def load(path: Path) -> Decisions:
    """Read decisions.toml; none where there is no such file.

    Raises ConfigError with file and place where it cannot be read or decides the same twice.
    """
    return _checked(read_toml(path), path) if os.path.lexists(path) else Decisions()


def decide(path: Path, decision: Decision) -> None:
    """Add a decision to the file, or put it in the place of an earlier one about the same work item and goal.

    The note of an earlier one is kept where the new one has none.

    The file is read again and replaced in one step. Raises ConfigError where it cannot be read, ReportError where it
    cannot be written; it is unchanged then.
    """
    with lock_folder(path):
        _decide(path, decision)


def _decide(path: Path, decision: Decision) -> None:
    text, before = _text(path), load(path).entries
    keys = [each.key for each in before]
    if decision.key not in keys:
        _write(path, text, _appended(text, decision), (*before, decision))
        return
    at = keys.index(decision.key)
    note = decision.note or before[at].note
    merged = Decision(before[at].work_item, decision.goal, decision.accept, decision.date, note)
    values = {"decision": '"accept"' if decision.accept else '"reject"', "date": decision.date.isoformat()}
    changed = _edited(text, at, values | ({"note": as_toml(note)} if note != before[at].note else {}))
    _write(path, text, changed, (*before[:at], merged, *before[at + 1 :]))


def undo(path: Path, work_item: str, goal: str) -> Decision | None:
    """Remove a decision from the file; returns it, or None where there is none."""
    with lock_folder(path):
        return _undo(path, work_item, goal)


def _undo(path: Path, work_item: str, goal: str) -> Decision | None:
    text, before = _text(path), load(path).entries
    keys = [each.key for each in before]
    if (work_item.casefold(), goal) not in keys:
        return None
    at = keys.index((work_item.casefold(), goal))
    lines = text.splitlines(keepends=True)
    first, end = _block(lines, at)
    # The empty line that came with it goes with it.
    if first and not lines[first - 1].strip() and not "".join(lines[end : end + 1]).strip():
        first -= 1
    _write(path, text, "".join(lines[:first] + lines[end:]), (*before[:at], *before[at + 1 :]))
    return before[at]


def lint_decisions(decisions: Decisions, goals: Collection[str], work_items: Collection[str]) -> Iterator[str]:
    """Warnings about decisions on what does not exist: a goal that goals.toml lacks, a work item that no row has.

    Only a work item in full decides; for a short or misspelt one the warning names the full one that may be meant.
    """
    known, goals = {each.casefold() for each in work_items}, frozenset(goals)
    wrong = [
        (number, key, each)
        for number, each in enumerate(decisions.entries, 1)
        for key, exists in (("goal", each.goal in goals), ("work_item", each.key[0] in known))
        if not exists
    ]
    for number, key, each in wrong[:MOST_WARNINGS]:
        if key == "goal":
            what = f"there is no goal {each.goal!r}{did_you_mean(each.goal, goals)}"
        else:
            what = f"no work item {each.work_item!r} was read{_did_you_mean(each.work_item, work_items)}"
        yield f"{FILE}: decisions[{number}].{key}: {what}"
    if more := wrong[MOST_WARNINGS:]:
        yield f"{FILE}: {len(more):,} more decisions name a goal or a work item that is not there"


def _did_you_mean(word: str, work_items: Collection[str]) -> str:
    """`; did you mean 'github.com/org/pay#131'?` for `pay#131`, an address, a short hash or a slip; else nothing."""
    short = word.strip().strip("/").casefold()
    ends = tuple({f"/{short}", f"/{_resolved(word) or short}"})
    digits = short.removeprefix("commit/")
    full = [
        each
        for each in work_items
        if f"/{each.casefold()}".endswith(ends) or (_HASH.fullmatch(digits) and each.startswith(f"commit/{digits}"))
    ]
    if full:
        return f"; did you mean {' or '.join(map(repr, sorted(full)[:MOST_MEANT]))}?"
    number = _NUMBER.findall(short)
    return did_you_mean(word, [each for each in work_items if number and _NUMBER.findall(each) == number])


def _resolved(word: str) -> str | None:
    """The work item, in lower case, that an address of a pull request, a ticket or a commit leads to."""
    import pyarrow as pa

    from harvester.analysis.references import resolve

    found: str | None = resolve(pa.array([word]), pa.array([""]), {})[0].as_py()
    return found


def _checked(data: object, path: Path) -> Decisions:
    file = check(DecisionsFile, data, path)
    entries = tuple(Decision(e.work_item, e.goal, e.decision == "accept", e.date, e.note) for e in file.decisions)
    if duplicates := first_lines(f"{path}: {each}" for each in _duplicates(entries)):
        raise ConfigError(duplicates, hint="Keep the one that is right.")
    return Decisions(entries)


def _duplicates(entries: Sequence[Decision]) -> Iterator[str]:
    firsts: dict[tuple[str, str], int] = {}
    for number, each in enumerate(entries):
        if (first := firsts.setdefault(each.key, number)) != number:
            about = f"{each.work_item!r} and {each.goal!r}"
            yield f"decisions[{number + 1}]: decisions[{first + 1}] decides about {about} already"


def _text(path: Path) -> str:
    """The text of the file with its line ends, '' where there is none."""
    return read_text(path, limit=LARGEST, error=ConfigError) if os.path.lexists(path) else ""


def _appended(text: str, decision: Decision) -> str:
    lines = ["[[decisions]]", f"work_item = {as_toml(decision.work_item)}", f"goal = {as_toml(decision.goal)}"]
    lines += [f'decision = "{"accept" if decision.accept else "reject"}"', f"date = {decision.date.isoformat()}"]
    lines += [f"note = {as_toml(decision.note)}"] if decision.note else []
    before = text or _INTRODUCTION
    return before + ("" if before.endswith("\n") else "\n") + "\n" + "\n".join(lines) + "\n"


# A decision is edited in its own lines, so that comments, order and layout of the rest survive: a TOML library would
# write the file again in its own layout. The lines of the n-th decision are those from the n-th [[decisions]] header to
# its last key; of a key's line only the value is replaced, a key that is missing is added below. That finds the right
# lines only in files of the usual layout (a header inside a multi-line string would count too), so `_write` parses the
# result and writes it only where it says exactly what is wanted.


def _edited(text: str, at: int, values: Mapping[str, str]) -> str:
    lines = text.splitlines(keepends=True)
    first, end = _block(lines, at)
    missing = dict(values)
    for place in range(first, end):
        found = _KEY.match(lines[place])
        if found and (value := missing.pop(found["key"], None)):
            lines[place] = lines[place][: found.start("value")] + value + lines[place][found.end("value") :]
    if missing and not lines[end - 1].endswith("\n"):
        lines[end - 1] += "\n"
    return "".join([*lines[:end], *(f"{key} = {value}\n" for key, value in missing.items()), *lines[end:]])


def _block(lines: list[str], at: int) -> tuple[int, int]:
    """The lines of the entry with this number: from its header to its last key, comments after it not counted."""
    headers = [place for place, line in enumerate(lines) if _HEADER.match(line)]
    if at >= len(headers):
        return 0, 0
    end = headers[at + 1] if at + 1 < len(headers) else len(lines)
    while end > headers[at] + 1 and (not lines[end - 1].strip() or lines[end - 1].lstrip().startswith("#")):
        end -= 1
    return headers[at], end


def _write(path: Path, before: str, text: str, wanted: tuple[Decision, ...]) -> None:
    """Write the text, but only if it says what is wanted; raises ConfigError otherwise, and the file is unchanged."""
    try:
        says = _checked(parse_toml(text, path), path).entries
    except ConfigError:
        says = None
    if says != wanted:
        raise ConfigError(
            f"{path} has a layout that cannot be edited by this command; it is unchanged.",
            hint="Write each decision as a table of its own, [[decisions]], with one key a line.",
        )
    if text != before:
        write_text(path, text)
