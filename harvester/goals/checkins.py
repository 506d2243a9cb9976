"""Kept check-ins: what the goals said on a day, each a small file beside harvester.toml, for later pages to compare.

They are outside the ledger, which can be made again from the sources; what a page said on a day cannot, since goals,
decisions and sources change.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from harvester.config.toml import Section, check
from harvester.errors import ConfigError, ReportError
from harvester.files import lock_folder, read_text, write_text
from harvester.text import one_line, parse_json, shorten

FOLDER = "checkins"
"""The folder beside harvester.toml."""

FORMAT = "harvester check-in 1"
LARGEST = 4 << 20
"""Bytes of a kept check-in: more than twenty thousand work items."""

LONGEST = 200
"""Characters of a title that are kept."""

_NAME = re.compile(r"(\d{4}-\d\d-\d\d)\.json", re.ASCII)

Number = Annotated[float, Field(allow_inf_nan=False, strict=True)]


class KeptWork(Section):
    """A work item that a goal claimed: as rows name it, and its title."""

    work_item: str
    title: str


class KeptGoal(Section):
    """A goal as it was agreed on, and how far it was; null where there was no figure, no target or no pace."""

    name: str
    title: str
    first: dt.date
    """The day from which it is counted: its own first one, or where it has none that of the page."""
    measure: str | None
    unit: str
    baseline: Number | None
    target: Number | None
    done: Number | None
    expected: Number | None
    state: str
    work: list[KeptWork]
    """The work items that it claimed, in the goal's days up to this one."""


class KeptCriterion(Section):
    """A criterion and the kind of proof that there was for it."""

    name: str
    state: str


class CheckIn(Section):
    """What the goals of harvester.toml's owner said at the end of a day."""

    format: Literal["harvester check-in 1"] = "harvester check-in 1"
    day: dt.date
    goals: list[KeptGoal]
    criteria: list[KeptCriterion]
    incomplete: list[str]
    """The sources that could not be read in full, by name: figures may have been too low."""

    def goal(self, name: str) -> KeptGoal | None:
        """The goal of this name."""
        return next((each for each in self.goals if each.name == name), None)


def kept_title(text: str | None) -> str:
    """A title as it is kept: one line of at most `LONGEST` characters."""
    return shorten(one_line((text or "")[: 4 * LONGEST]), LONGEST)


def path_of(root: Path, day: dt.date) -> Path:
    """Where the check-in of a day is kept, in the folder of harvester.toml."""
    return root / FOLDER / f"{day}.json"


def kept_days(root: Path) -> list[dt.date]:
    """The days of which a check-in is kept, in order; files with other names are not looked at.

    Raises ConfigError where the folder cannot be read.
    """
    try:
        names = [each.name for each in (root / FOLDER).iterdir()]
    except FileNotFoundError:
        return []
    except OSError as error:
        raise ConfigError(
            f"{root / FOLDER} cannot be read: {error.strerror}.", hint="It is the folder of kept check-ins."
        ) from error
    return sorted(_days(names))


def load_before(root: Path, day: dt.date) -> CheckIn | None:
    """The latest check-in that is kept of a day before this one; None where there is none.

    Raises ConfigError, with the file and the reason, where it cannot be read or is not one.
    """
    before = [each for each in kept_days(root) if each < day]
    return load(path_of(root, before[-1])) if before else None


def load(path: Path) -> CheckIn:
    """Read a kept check-in; raises ConfigError, with the file and the reason."""
    text = read_text(path, limit=LARGEST, error=ConfigError)
    hint = "Move it out of the folder, or get it back from a copy."
    try:
        data = parse_json(text)
    except (ValueError, RecursionError) as error:
        raise ConfigError(f"{path}: this is not a kept check-in: {error}.", hint=hint) from error
    if not isinstance(data, dict) or data.get("format") != FORMAT:
        raise ConfigError(f"{path}: this is not a check-in that this version of harvester reads.", hint=hint)
    made = check(CheckIn, data, path)
    if path.name != f"{made.day}.json":
        raise ConfigError(f"{path}: this is the check-in of {made.day}, which another name is for.", hint=hint)
    return made


def dump(checkin: CheckIn) -> str:
    """A check-in as the text of its file; the same check-in gives the same bytes."""
    return json.dumps(checkin.model_dump(mode="json"), indent=1) + "\n"


def keep(root: Path, checkin: CheckIn, *, force: bool = False) -> Path:
    """Keep a check-in in the folder of harvester.toml, whole or not at all; returns its file.

    Raises ReportError, with nothing written, where another one of the day is kept (unless `force`), where it would be
    too large to be read, and where the folder cannot be written.
    """
    path, text = path_of(root, checkin.day), dump(checkin)
    if len(text) > LARGEST:
        raise ReportError(f"The check-in has more than {LARGEST:,} bytes and was not kept.", hint="Set smaller goals.")
    try:
        path.parent.mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise ReportError(
            f"{path.parent} cannot be written: {error.strerror}.", hint="Is the folder there and yours?"
        ) from error
    with lock_folder(path):
        if os.path.lexists(path) and not force and not _is(path, text):
            raise ReportError(
                f"{path}: another check-in of {checkin.day} is kept and was not overwritten.",
                hint="--force replaces it.",
            )
        write_text(path, text)
    return path


def remove_all(root: Path) -> int:
    """Delete every kept check-in, and the folder where nothing else is in it; returns how many there were.

    Raises ConfigError where the folder cannot be read, and OSError where it cannot be written.
    """
    days = kept_days(root)
    for each in days:
        path_of(root, each).unlink(missing_ok=True)
    with contextlib.suppress(OSError):  # it is not there, or holds files of the person's own
        (root / FOLDER).rmdir()
    return len(days)


def _days(names: list[str]) -> Iterator[dt.date]:
    for name in names:
        if found := _NAME.fullmatch(name):
            with contextlib.suppress(ValueError):  # such as 2026-02-30, which we never write
                yield dt.date.fromisoformat(found[1])


def _is(path: Path, text: str) -> bool:
    """Whether a file has this text already."""
    try:
        return read_text(path, limit=LARGEST, error=ConfigError) == text
    except ConfigError:
        return False
