"""Adding a goal to the text of goals.toml, which keeps everything that is in it."""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from harvester.config.toml import as_toml, check, parse_toml
from harvester.errors import ConfigError
from harvester.goals.load import from_file
from harvester.goals.model import Goal, Goals, GoalsFile, KnownNames

LONGEST_NAME = 40
"""Characters of a name that is made from a title."""

INTRODUCTION = (
    "#:schema .harvester/goals.schema.json\n# Your goals; `harvester goals check` says whether they are valid.\n"
)


def name_from(title: str) -> str:
    """A name made from a title: `fewer-flaky-tests`; `goal` where it has no letter from A to Z and no digit."""
    plain = unicodedata.normalize("NFKD", title.casefold()).encode("ascii", "ignore").decode()
    words = re.findall(r"[a-z0-9]+", plain.replace("'", ""))
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
    new = text or INTRODUCTION
    new += ("" if new.endswith("\n") else "\n") + "\n" + table(values)
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


def table(values: Mapping[str, Any]) -> str:
    """A goal as a table of goals.toml, its keys in the order of the reference."""
    keys = [info.alias or name for name, info in Goal.model_fields.items()]
    given = {key: values[key] for key in keys if values.get(key) not in (None, "", [], (), {})}
    match = given.pop("match", None)
    lines = ["[[goals]]", *(f"{key} = {_toml(value)}" for key, value in given.items())]
    if match:
        lines += ["", "[goals.match]", *(f"{key} = {_toml(value)}" for key, value in match.items())]
    return "\n".join(lines) + "\n"


def _toml(value: Any) -> str:
    """A text, a number, a day, or lists and tables of them, as TOML on one line."""
    if isinstance(value, Mapping):
        return f"{{ {', '.join(f'{key} = {_toml(each)}' for key, each in value.items())} }}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_toml, value))}]"
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer():
        return f"{value:.0f}"
    return as_toml(value) if isinstance(value, str) else repr(value)
