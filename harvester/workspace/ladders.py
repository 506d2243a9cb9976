"""Importing criteria from a ladder into goals.toml."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from harvester.config.toml import LARGEST
from harvester.errors import ConfigError, UnknownError
from harvester.files import lock_folder, read_text, resolve_path, write_text
from harvester.goals import load
from harvester.goals.add import CriteriaAdded, with_criteria
from harvester.goals.model import Criterion
from harvester.ladders.choose import find_levels, find_role
from harvester.ladders.model import Ladder
from harvester.ladders.read import SUFFIXES, read_ladder
from harvester.ladders.shipped import SHIPPED, shipped_ladder
from harvester.text import did_you_mean
from harvester.workspace.environment import Environment
from harvester.workspace.workspace import Workspace, known_names


def find_ladder(environment: Environment, word: str) -> Ladder:
    """A ladder that comes with harvester, or the one in a file; raises UnknownError for neither, else ConfigError."""
    if word in SHIPPED:
        return shipped_ladder(word)
    path = resolve_path(environment.cwd, word, error=ConfigError)
    if path.suffix.lower() not in SUFFIXES and not path.exists():
        near = did_you_mean(word, SHIPPED, ".")
        hint = f"Those that come with harvester: {', '.join(SHIPPED)}. A file ends in {', '.join(SUFFIXES)}."
        raise UnknownError(f"There is no ladder {word!r}{near}", hint=hint)
    return read_ladder(path)


def choose(ladder: Ladder, role: str | None, level: str | None) -> tuple[Criterion, ...]:
    """The criteria of a ladder for a role and a level, or a span of levels, as goals.toml has them, without rules.

    Without a role they are those of every role, without a level those of every level. Raises UnknownError for an
    unknown one, and where the levels ask nothing of the role.
    """
    known_role = find_role(ladder, role) if role else None
    levels = find_levels(ladder, level) if level else ladder.levels
    titles = {each.name: each.title for each in levels}
    chosen = ladder.chosen(levels, known_role)
    if not chosen:
        raise UnknownError(
            f"{ladder.title} asks nothing of {role} at {', '.join(titles.values())}.", hint="See --list."
        )
    source = ", ".join(each for each in (ladder.title, ladder.source) if each)
    return tuple(
        Criterion(name=each.name, level=titles.get(each.level, ""), theme=each.theme, text=each.text, source=source)
        for each in chosen
    )


@dataclass(frozen=True, slots=True)
class ImportedCriteria:
    """What an import wrote, or would write: see `CriteriaAdded`; `path` is goals.toml."""

    result: CriteriaAdded
    path: Path


def import_criteria(
    workspace: Workspace, criteria: Sequence[Criterion], credit: str, *, dry_run: bool = False
) -> ImportedCriteria:
    """Add criteria to goals.toml, whose other text stays as it is; those that are there already are not added again.

    `credit` is in a comment above them. Raises ConfigError, with nothing written, where there is no harvester.toml,
    and where goals.toml is not valid or has a layout to which nothing can be added.
    """
    if not workspace.configured:
        raise ConfigError("Goals are stored beside a harvester.toml, and there is none.", hint="Run `harvester init`.")
    path = workspace.config.root / load.FILE
    with lock_folder(path):
        text = read_text(path, limit=LARGEST, error=ConfigError) if os.path.lexists(path) else ""
        result = with_criteria(text, criteria, credit, path, known_names(workspace))
        if result.added and not dry_run:
            write_text(path, result.text)
    return ImportedCriteria(result, path)
