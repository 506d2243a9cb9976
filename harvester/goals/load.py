"""Reading and checking goals.toml: every error names the file, the key and the nearest known word."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from harvester.config.toml import check, first_lines, read_toml
from harvester.errors import ConfigError
from harvester.goals.lint import lint
from harvester.goals.model import OUTCOME, Goal, Goals, GoalsFile, KnownNames
from harvester.text import did_you_mean

FILE = "goals.toml"
"""The name of the file, beside harvester.toml."""


def load(path: Path, known: KnownNames | None = None) -> Goals:
    """Read goals.toml; raises ConfigError with one line for each thing wrong, each with file and key path.

    What can be read but can never match is a warning, in words, with its place.
    """
    return from_file(check(GoalsFile, read_toml(path), path), path, known or KnownNames())


def from_file(file: GoalsFile, path: Path, known: KnownNames) -> Goals:
    """Goals from the parsed file; raises ConfigError where its parts contradict each other."""
    if errors := first_lines(f"{path}: {each}" for each in itertools.chain(_duplicates(file), _errors(file, known))):
        raise ConfigError(errors)
    warnings = tuple(f"{path}: {each}" for each in lint(file, known))
    return Goals(tuple(file.criteria), tuple(file.goals), warnings, path, tuple(file.questions))


def json_schema() -> dict[str, Any]:
    """A JSON Schema of goals.toml for editors."""
    made = GoalsFile.model_json_schema(mode="validation", by_alias=True)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": FILE} | made


def _duplicates(file: GoalsFile) -> Iterator[str]:
    for table, key, names in (
        ("goals", "name", [each.name for each in file.goals]),
        ("criteria", "name", [each.name for each in file.criteria]),
        ("questions", "title", [each.title for each in file.questions]),
    ):
        firsts: dict[str, int] = {}
        for number, name in enumerate(names):
            if (first := firsts.setdefault(name, number)) != number:
                yield f"{table}[{number + 1}].{key}: {name!r} is already the {key} of {table}[{first + 1}]"


def _errors(file: GoalsFile, known: KnownNames) -> Iterator[str]:
    criteria = dict.fromkeys(each.name for each in file.criteria)
    yield from _errors_in_questions(file)
    for number, goal in enumerate(file.goals, 1):
        where = f"goals[{number}]"
        if goal.criterion is not None and goal.criterion not in criteria:
            yield f"{where}.criterion: there is no criterion {goal.criterion!r}{did_you_mean(goal.criterion, criteria)}"
        yield from _errors_in_dates(goal, where)
        yield from _errors_in_measure(goal, where, known)
    for place, rule in file.rules():
        for person in rule.people or ():
            if known.people is not None and person not in known.people:
                yield f"{place}.people: there is no person {person!r}{did_you_mean(person, known.people)}"


def _errors_in_questions(file: GoalsFile) -> Iterator[str]:
    for number, question in enumerate(file.questions, 1):
        for key, one, named, known in (
            ("goals", "goal", question.goals, [each.name for each in file.goals]),
            ("criteria", "criterion", question.criteria, [each.name for each in file.criteria]),
        ):
            for name in named or ():
                if name not in known:
                    yield f"questions[{number}].{key}: there is no {one} {name!r}{did_you_mean(name, known)}"


def _errors_in_dates(goal: Goal, where: str) -> Iterator[str]:
    if goal.from_ and goal.until and goal.until < goal.from_:
        yield f"{where}.until: the goal ends ({goal.until}) before it begins ({goal.from_})"
        return
    for number, day in enumerate(goal.checkins, 1):
        if not goal.includes(day):
            yield f"{where}.checkins[{number}]: {day} is outside the goal ({goal.from_ or ''}..{goal.until or ''})"


def _errors_in_measure(goal: Goal, where: str, known: KnownNames) -> Iterator[str]:
    names = None if known.measures is None else [*known.measures, OUTCOME]
    if goal.measure is None:
        for key in ("target", "baseline"):
            if getattr(goal, key) is not None:
                yield f"{where}.{key}: a {key} needs a measure{_choice(names)}"
    elif names is not None and goal.measure not in names:
        instead = did_you_mean(goal.measure, names) or _choice(names)
        yield f"{where}.measure: there is no measure {goal.measure!r}{instead}"
    else:
        yield from (_errors_in_outcome if goal.measure == OUTCOME else _errors_in_count)(goal, where)


def _errors_in_outcome(goal: Goal, where: str) -> Iterator[str]:
    for key in ("baseline", "target"):
        if getattr(goal, key) is None:
            yield f"{where}.{key}: an outcome needs a baseline and a target"
    if goal.baseline is not None and goal.baseline == goal.target:
        yield f"{where}.target: it equals the baseline, so there is nothing to reach"


def _errors_in_count(goal: Goal, where: str) -> Iterator[str]:
    if goal.baseline is not None:
        yield f'{where}.baseline: only measure = "outcome" starts from a baseline; a count starts from 0'
    if goal.target is not None and goal.target <= 0:
        yield f"{where}.target: a count cannot reach {goal.target:g}; the target must be more than 0"


def _choice(names: Iterable[str] | None) -> str:
    return f"; there are: {', '.join(sorted(names))}" if names is not None else ""
