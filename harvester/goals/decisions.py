"""decisions.toml: what the person decided about their work; made to be read, edited and committed.

    [[decisions]]
    work_item = "github.com/example/pay#131"
    goal = "payments-rewrite"
    decision = "accept"
    date = 2026-08-03

    [[decisions]]
    work_item = "github.com/example/pay#140"
    criterion = "leads-projects"
    decision = "accept"
    date = 2026-08-03

    [[highlights]]
    work_item = "github.com/example/pay#120"
    highlight = true
    date = 2026-08-03

    [[ignored]]
    title = "[ci] *"
    date = 2026-08-03

A later decision about the same (work item and goal or criterion, work item, or rule) replaces the earlier one in its
place.
Everything else in the file, comments too, is left as it is.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import functools
import operator
import os
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Literal

from pydantic import Field, model_validator

from harvester.config.toml import LARGEST, Section, Word, as_toml, check, first_lines, parse_toml, read_toml
from harvester.config.toml_tables import append_table, edit_table, remove_table
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


class Entry(Section):
    """Whether a work item serves a goal or shows a criterion, as the file has it."""

    work_item: str = Field(min_length=1, description="the work item, as reports name it")
    goal: str = Field("", description="the name of a goal")
    criterion: str = Field("", description="the name of a criterion, in place of a goal")
    decision: Literal["accept", "reject"] = Field(description="whether it serves the goal, or shows the criterion")
    date: dt.date = Field(description="the day it was decided")
    note: str = Field("", description="why, for yourself")

    @model_validator(mode="after")
    def _names_one(self) -> Entry:
        if bool(self.goal) == bool(self.criterion):
            raise ValueError("name a goal or a criterion" + (", and not both" if self.goal else ""))
        return self


class HighlightEntry(Section):
    """Whether a work item is among the highlights of a report, as the file has it."""

    work_item: str = Field(min_length=1, description="the work item, as reports name it")
    highlight: bool = Field(description="true: always among the highlights; false: never")
    date: dt.date = Field(description="the day it was decided")
    note: str = Field("", description="why, for yourself")


class IgnoredEntry(Section):
    """What `triage` does not ask about; it counts in reports as before. Of several keys, all must match."""

    title: Word | None = Field(
        None, description="the whole title, without case; * matches anything, no other character is special"
    )
    label: Word | None = Field(None, description="one of the labels, likewise")
    path: Word | None = Field(None, description="a glob as in .gitignore; matches where all changed files are under it")
    author: Word | None = Field(None, description="the account whose work it is, as the source has it, likewise")
    date: dt.date = Field(description="the day it was decided")
    note: str = Field("", description="why, for yourself")

    @model_validator(mode="after")
    def _says_what(self) -> IgnoredEntry:
        if not any(getattr(self, key) for key in IGNORED_BY):
            raise ValueError(f"say what to ignore: one of {', '.join(IGNORED_BY)}")
        return self


class DecisionsFile(Section):
    """The keys of decisions.toml."""

    decisions: list[Entry] = Field(default_factory=list)
    highlights: list[HighlightEntry] = Field(default_factory=list)
    ignored: list[IgnoredEntry] = Field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Decision:
    """What the person decided about one work item and one goal, or one criterion, and on which day."""

    table: ClassVar[str] = "decisions"
    work_item: str
    goal: str
    """Empty where it is about a criterion."""
    accept: bool
    date: dt.date
    note: str = ""
    criterion: str = ""
    """Empty where it is about a goal."""

    @property
    def target(self) -> str:
        """The goal or the criterion."""
        return self.goal or self.criterion

    @property
    def key(self) -> tuple[str, ...]:
        """What a decision is about; work items compare without case."""
        return _key_of(self.work_item, self.goal, self.criterion)

    @property
    def about(self) -> str:
        """What it is about, in words."""
        return f"{self.work_item!r} and {self.target!r}"

    def values(self) -> dict[str, str]:
        """Its keys in the file, with their values in TOML, in order."""
        target = {"goal": self.goal} if self.goal else {"criterion": self.criterion}
        decision = "accept" if self.accept else "reject"
        return _as_toml(self, {"work_item": self.work_item, **target, "decision": decision})


@dataclass(frozen=True, slots=True)
class Highlight:
    """Whether the person wants one work item among the highlights of a report."""

    table: ClassVar[str] = "highlights"
    work_item: str
    highlight: bool
    date: dt.date
    note: str = ""

    @property
    def key(self) -> tuple[str, ...]:
        """What it is about; work items compare without case."""
        return (self.work_item.casefold(),)

    @property
    def about(self) -> str:
        """What it is about, in words."""
        return repr(self.work_item)

    def values(self) -> dict[str, str]:
        """Its keys in the file, with their values in TOML, in order."""
        return _as_toml(self, {"work_item": self.work_item, "highlight": self.highlight})


IGNORED_BY = ("title", "label", "path", "author")
"""The keys by which work is ignored."""


@dataclass(frozen=True, slots=True)
class IgnoreRule:
    """A rule for work that triage does not ask about; None matches anything."""

    table: ClassVar[str] = "ignored"
    date: dt.date
    title: str | None = None
    label: str | None = None
    path: str | None = None
    author: str | None = None
    note: str = ""

    @property
    def key(self) -> tuple[str, ...]:
        """What it ignores; all but paths compare without case."""
        return tuple(f"{name}={value if name == 'path' else value.casefold()}" for name, value in self.given.items())

    @property
    def about(self) -> str:
        """What it ignores, as `--ignore` takes it."""
        return " and ".join(f"{name}={value}" for name, value in self.given.items())

    @property
    def given(self) -> dict[str, str]:
        """The keys that it has."""
        return {name: value for name in IGNORED_BY if (value := getattr(self, name))}

    def values(self) -> dict[str, str]:
        """Its keys in the file, with their values in TOML, in order."""
        return _as_toml(self, self.given)


Answer = Decision | Highlight | IgnoreRule
Subject = tuple[str, tuple[str, ...]]
"""What an answer is about: its table in the file, and its key there."""


def subject_of(answer: Answer) -> Subject:
    """What an answer is about; a later answer about the same replaces it."""
    return answer.table, answer.key


def goal_subject(work_item: str, goal: str) -> Subject:
    """The subject of a decision about a work item and a goal."""
    return Decision.table, _key_of(work_item, goal)


def criterion_subject(work_item: str, criterion: str) -> Subject:
    """The subject of a decision about a work item and a criterion."""
    return Decision.table, _key_of(work_item, "", criterion)


def _key_of(work_item: str, goal: str, criterion: str = "") -> tuple[str, ...]:
    """A criterion may have the name of a goal, so its key has one part more."""
    return (work_item.casefold(), goal) if goal else (work_item.casefold(), "", criterion)


def highlight_subject(work_item: str) -> Subject:
    """The subject of a decision whether a work item is a highlight."""
    return Highlight.table, (work_item.casefold(),)


def _as_toml(answer: Answer, values: Mapping[str, str | bool]) -> dict[str, str]:
    """The values of an answer, with its date and its note if it has one, in TOML."""
    note = {"note": answer.note} if answer.note else {}
    return {key: as_toml(value) for key, value in {**values, "date": answer.date, **note}.items()}


@dataclass(frozen=True)
class Decisions:
    """All decisions, in the order of the file."""

    entries: tuple[Decision, ...] = ()
    highlighted: tuple[Highlight, ...] = ()
    ignored: tuple[IgnoreRule, ...] = ()

    def of(self, goal: str) -> Mapping[str, Decision]:
        """The decisions about a goal, by work item in lower case."""
        return self._by_goal.get(goal, {})

    def of_criterion(self, criterion: str) -> Mapping[str, Decision]:
        """The decisions about a criterion, by work item in lower case."""
        return self._by_criterion.get(criterion, {})

    @functools.cached_property
    def _by_goal(self) -> Mapping[str, Mapping[str, Decision]]:
        return _by((each.goal, each) for each in self.entries if each.goal)

    @functools.cached_property
    def _by_criterion(self) -> Mapping[str, Mapping[str, Decision]]:
        return _by((each.criterion, each) for each in self.entries if each.criterion)

    def about(self, work_item: str) -> tuple[Decision, ...]:
        """The decisions about a work item and a goal or a criterion."""
        return tuple(each for each in self.entries if each.key[0] == work_item.casefold())

    @functools.cached_property
    def highlights(self) -> Mapping[str, bool]:
        """Whether a work item (in lower case, as `work_item_key` has it) is to be among the highlights of a report."""
        return {each.key[0]: each.highlight for each in self.highlighted}

    @property
    def work_items(self) -> tuple[str, ...]:
        """Every work item that is named, as it is written."""
        named: tuple[Decision | Highlight, ...] = (*self.entries, *self.highlighted)
        return tuple(dict.fromkeys(each.work_item for each in named))

    @property
    def answers(self) -> tuple[Answer, ...]:
        """All of them, table by table."""
        return (*self.entries, *self.highlighted, *self.ignored)


def _by(named: Iterable[tuple[str, Decision]]) -> Mapping[str, Mapping[str, Decision]]:
    """Decisions by what they are about and by work item in lower case."""
    found: dict[str, dict[str, Decision]] = {}
    for name, each in named:
        found.setdefault(name, {})[each.key[0]] = each
    return found


def load(path: Path) -> Decisions:
    """Read decisions.toml; none where there is no such file.

    Raises ConfigError with file and place where it cannot be read or decides the same twice.
    """
    return _checked(read_toml(path), path) if os.path.lexists(path) else Decisions()


def decide(path: Path, *answers: Answer) -> None:
    """Add answers to the file, each in the place of an earlier one about the same; all of them or none.

    The note of an earlier one is kept where the new one has none.

    The file is read again and replaced in one step. Raises ConfigError where it cannot be read, ReportError where it
    cannot be written; it is unchanged then.
    """
    with lock_folder(path):
        before, known = _text(path), list(load(path).answers)
        text = before or _INTRODUCTION
        for answer in answers:
            text = _with(text, known, answer)
        _write(path, before, text, known)


def _with(text: str, known: list[Answer], answer: Answer) -> str:
    """The text with an answer, which becomes one of `known`."""
    at, position = _find(known, subject_of(answer))
    if position is None:
        known.append(answer)
        return append_table(text, answer.table, answer.values())
    before = known[position]
    values = {key: value for key, value in answer.values().items() if key in _CHANGING}
    known[position] = _replaced(before, answer)
    return edit_table(text, answer.table, at, values)


_CHANGING = ("decision", "highlight", "date", "note")
"""The keys that a later answer about the same changes."""


def _replaced(before: Answer, after: Answer) -> Answer:
    """A later answer, with what it is about spelt as before, and the note of before where it has none."""
    note = after.note or before.note
    match before, after:
        case Decision(), Decision():
            return dataclasses.replace(before, accept=after.accept, date=after.date, note=note)
        case Highlight(), Highlight():
            return Highlight(before.work_item, after.highlight, after.date, note)
        case _:
            return IgnoreRule(after.date, **before.given, note=note) if isinstance(before, IgnoreRule) else after


def remove(path: Path, *subjects: Subject) -> list[Answer]:
    """Remove the answers about these subjects from the file, in one step; returns those that there were.

    Raises ConfigError where the file cannot be read or edited, ReportError where it cannot be written.
    """
    with lock_folder(path):
        before, known = _text(path), list(load(path).answers)
        text, removed = before, list[Answer]()
        for subject in subjects:
            at, position = _find(known, subject)
            if position is not None:
                removed.append(known.pop(position))
                text = remove_table(text, subject[0], at)
        _write(path, before, text, known)
        return removed


def _find(known: Sequence[Answer], subject: Subject) -> tuple[int, int | None]:
    """The place of an answer among those of its table, and its position; None where there is none."""
    own = [position for position, each in enumerate(known) if each.table == subject[0]]
    at = next((at for at, position in enumerate(own) if subject_of(known[position]) == subject), None)
    return (0, None) if at is None else (at, own[at])


def lint_decisions(
    decisions: Decisions, goals: Collection[str], work_items: Collection[str], criteria: Collection[str] = ()
) -> Iterator[str]:
    """Warnings about decisions on what does not exist: a goal or criterion that goals.toml lacks, an unread work item.

    Only a work item in full decides; for a short or misspelt one the warning names the full one that may be meant.
    """
    known = {each.casefold() for each in work_items}
    targets = {"goal": frozenset(goals), "criterion": frozenset(criteria)}
    tables: tuple[Sequence[Decision | Highlight], ...] = (decisions.entries, decisions.highlighted)
    named = [(number, each) for table in tables for number, each in enumerate(table, 1)]
    wrong = [
        (f"{each.table}[{number}].{key}", each)
        for number, each in named
        for key, exists in (
            *((key, _is_there(each, key, names)) for key, names in targets.items()),
            ("work_item", each.key[0] in known),
        )
        if not exists
    ]
    for place, each in wrong[:MOST_WARNINGS]:
        key = place.rpartition(".")[2]
        if key in targets and isinstance(each, Decision):
            what = f"there is no {key} {each.target!r}{did_you_mean(each.target, targets[key])}"
        else:
            what = f"no work item {each.work_item!r} was read{_did_you_mean(each.work_item, work_items)}"
        yield f"{FILE}: {place}: {what}"
    if more := wrong[MOST_WARNINGS:]:
        yield f"{FILE}: {len(more):,} more decisions name a goal, a criterion or a work item that is not there"


def _is_there(each: Decision | Highlight, key: str, names: Collection[str]) -> bool:
    """Whether what a decision has under this key (`goal`, `criterion`) is one of these names; true without the key."""
    named = getattr(each, key, "")
    return not named or named in names


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
    made = Decisions(
        tuple(
            Decision(e.work_item, e.goal, e.decision == "accept", e.date, e.note, e.criterion) for e in file.decisions
        ),
        tuple(Highlight(e.work_item, e.highlight, e.date, e.note) for e in file.highlights),
        tuple(IgnoreRule(e.date, e.title, e.label, e.path, e.author, e.note) for e in file.ignored),
    )
    if duplicates := first_lines(f"{path}: {each}" for each in _duplicates(made.answers)):
        raise ConfigError(duplicates, hint="Keep the one that is right.")
    return made


def _duplicates(answers: Sequence[Answer]) -> Iterator[str]:
    firsts: dict[Subject, int] = {}
    numbers: dict[str, int] = {}
    for each in answers:
        number = numbers[each.table] = numbers.get(each.table, 0) + 1
        if (first := firsts.setdefault(subject_of(each), number)) != number:
            yield f"{each.table}[{number}]: {each.table}[{first}] decides about {each.about} already"


def _text(path: Path) -> str:
    """The text of the file with its line ends, '' where there is none."""
    return read_text(path, limit=LARGEST, error=ConfigError) if os.path.lexists(path) else ""


def _write(path: Path, before: str, text: str, wanted: Sequence[Answer]) -> None:
    """Write the text, but only if it says what is wanted; raises ConfigError otherwise, and the file is unchanged."""
    try:
        says = _checked(parse_toml(text, path), path).answers
    except ConfigError:
        says = ()
    by_table = operator.attrgetter("table")
    if sorted(says, key=by_table) != sorted(wanted, key=by_table):
        raise ConfigError(
            f"{path} has a layout that cannot be edited by this command; it is unchanged.",
            hint="Write each decision as a table of its own, [[decisions]], with one key a line.",
        )
    if text != before:
        write_text(path, text)
