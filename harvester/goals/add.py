"""Adding a goal, or criteria, to the text of goals.toml, which keeps everything that is in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harvester.config.toml import as_toml, check, parse_toml
from harvester.config.toml_tables import append_table
from harvester.errors import ConfigError
from harvester.goals.load import from_file
from harvester.goals.model import Criterion, Goal, Goals, GoalsFile, KnownNames
from harvester.text import one_line

INTRODUCTION = (
    "#:schema .harvester/goals.schema.json\n# Your goals; `harvester goals check` says whether they are valid.\n"
)


def with_goal(text: str, values: Mapping[str, Any], path: Path, known: KnownNames) -> tuple[str, Goals]:
    """The text of goals.toml with one more goal at its end, and the goals it then has; '' is a file that is not there.

    `values` are the keys of a goal as goals.toml has them; those that are None or empty are left out.

    Raises ConfigError where the goal is not valid, where its name or its title, without case, is that of another one,
    and where the file cannot be read or has a layout to which nothing can be added.
    """
    before = check(GoalsFile, parse_toml(text, path), path)
    _refuse_duplicate(before, values, path)
    new = _with_tables(text or INTRODUCTION, values)
    return new, _read_again(new, path, known, goals=len(before.goals) + 1, criteria=len(before.criteria))


@dataclass(frozen=True, slots=True)
class CriteriaAdded:
    """The text of goals.toml with more criteria, and the goals it then has.

    `present` names those that were there before, under this or another name, and `kept` those whose name had another
    text or another level, which was not changed.
    """

    text: str
    goals: Goals
    added: tuple[Criterion, ...]
    present: tuple[str, ...]
    kept: tuple[str, ...]


def with_criteria(
    text: str, criteria: Sequence[Criterion], credit: str, path: Path, known: KnownNames
) -> CriteriaAdded:
    """goals.toml with criteria at its end that are not in it yet, under a comment that gives `credit`.

    A criterion is in it where one has its name, without case, or its text and its level. Raises ConfigError where the
    file cannot be read or has a layout to which nothing can be added.
    """
    before = check(GoalsFile, parse_toml(text, path), path)
    by_name = {each.name.casefold(): each for each in before.criteria}
    by_text = {(each.text, each.level) for each in before.criteria}
    named = [each for each in criteria if each.name.casefold() in by_name]
    present = [each for each in criteria if (each.text, each.level) in by_text]
    added = [each for each in criteria if each not in named and each not in present]
    kept = [each.name for each in named if each not in present]
    new = text
    if added:
        new = _with_comment(text or INTRODUCTION, credit)
        for each in added:
            new = append_table(new, "criteria", _as_toml(_given(Criterion, each.model_dump())))
    goals = _read_again(new, path, known, goals=len(before.goals), criteria=len(before.criteria) + len(added))
    return CriteriaAdded(new, goals, tuple(added), tuple(each.name for each in present), tuple(kept))


def _with_comment(text: str, comment: str) -> str:
    return text + ("" if text.endswith("\n") else "\n") + f"\n# {one_line(comment)}\n" if comment else text


def _read_again(text: str, path: Path, known: KnownNames, *, goals: int, criteria: int) -> Goals:
    """The goals in a text that was added to; raises ConfigError where it does not have so many goals and criteria."""
    try:
        data = parse_toml(text, path)
    except ConfigError:
        data = {}
    if (len(data.get("goals", ())), len(data.get("criteria", ()))) != (goals, criteria):
        raise ConfigError(
            f"{path} has a layout to which nothing can be added by this command; it is unchanged.",
            hint="Write each goal and each criterion as a table of its own, [[goals]], with one key a line.",
        )
    return from_file(check(GoalsFile, data, path), path, known)


def _refuse_duplicate(before: GoalsFile, values: Mapping[str, Any], path: Path) -> None:
    for number, goal in enumerate(before.goals, 1):
        for key in ("name", "title"):
            if str(getattr(goal, key)).casefold() == str(values[key]).casefold():
                raise ConfigError(
                    f"{path}: goals[{number}] has the {key} {getattr(goal, key)!r} already; nothing was written.",
                    hint="Edit that goal, or give another title" + (" or --name." if key == "name" else "."),
                )


def _with_tables(text: str, values: Mapping[str, Any]) -> str:
    """The text with the tables of a goal at its end, their keys in the order of the reference."""
    given = _given(Goal, values)
    match = given.pop("match", None)
    text = append_table(text, "goals", _as_toml(given))
    return append_table(text, "goals.match", _as_toml(match), in_list=False) if match else text


def _given(model: type[Criterion | Goal], values: Mapping[str, Any]) -> dict[str, Any]:
    """The values that are not empty, in the order of the reference."""
    keys = [info.alias or name for name, info in model.model_fields.items()]
    return {key: values[key] for key in keys if values.get(key) not in (None, "", [], (), {})}


def _as_toml(values: Mapping[str, Any]) -> dict[str, str]:
    return {key: as_toml(value) for key, value in values.items()}
