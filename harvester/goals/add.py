"""Adding a goal to the text of goals.toml, which keeps everything that is in it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from harvester.config.toml import as_toml, check, parse_toml
from harvester.config.toml_tables import append_table
from harvester.errors import ConfigError
from harvester.goals.load import from_file
from harvester.goals.model import Goal, Goals, GoalsFile, KnownNames
from harvester.text import ascii_words

LONGEST_NAME = 40
"""Characters of a name that is made from a title."""

INTRODUCTION = (
    "#:schema .harvester/goals.schema.json\n# Your goals; `harvester goals check` says whether they are valid.\n"
)


def name_from(title: str) -> str:
    """A name made from a title: `fewer-flaky-tests`; `goal` where it has no letter from A to Z and no digit."""
    words = ascii_words(title)
    name = ""
    for word in words:
        if len(name) + 1 + len(word) > LONGEST_NAME:
            break
        name += f"-{word}" if name else word
    return name or (words[0][:LONGEST_NAME] if words else "goal")


def with_goal(text: str, values: Mapping[str, Any], path: Path, known: KnownNames) -> tuple[str, Goals]:
    """The text of goals.toml with one more goal at its end, and the goals it then has; '' is a file that is not there.

    `values` are the keys of a goal as goals.toml has them; those that are None or empty are left out.

    Raises ConfigError where the goal is not valid, where its name or its title, without case, is that of another one,
    and where the file cannot be read or has a layout to which nothing can be added.
    """
    before = check(GoalsFile, parse_toml(text, path), path)
    _refuse_duplicate(before, values, path)
    new = _with_tables(text or INTRODUCTION, values)
    try:
        data = parse_toml(new, path)
    except ConfigError:
        data = {}
    if len(data.get("goals", ())) != len(before.goals) + 1:
        raise ConfigError(
            f"{path} has a layout to which no goal can be added by this command; it is unchanged.",
            hint="Write each goal as a table of its own, [[goals]], with one key a line.",
        )
    return new, from_file(check(GoalsFile, data, path), path, known)


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
    keys = [info.alias or name for name, info in Goal.model_fields.items()]
    given = {key: values[key] for key in keys if values.get(key) not in (None, "", [], (), {})}
    match = given.pop("match", None)
    text = append_table(text, "goals", _as_toml(given))
    return append_table(text, "goals.match", _as_toml(match), in_list=False) if match else text


def _as_toml(values: Mapping[str, Any]) -> dict[str, str]:
    return {key: as_toml(value) for key, value in values.items()}
