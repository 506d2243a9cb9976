"""Adding a note to the notebook: checked against people and goals first, with warnings about what will not count."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from harvester.errors import ConfigError
from harvester.files import resolve_path
from harvester.goals import load, model
from harvester.notebook.notebook import FILE, Entry, add, in_future, parse, render, unknown_names, unresolved
from harvester.workspace.work_items import outside_goal_days, read_rows, unresolved_references
from harvester.workspace.workspace import Workspace, load_goals_and_decisions

if TYPE_CHECKING:
    from harvester.config.settings import Config
    from harvester.goals.model import Goals

CONNECTOR = "notebook"
SECTION = '[sources.notebook]\nconnector = "notebook"\nfile = "notebook.md"'


@dataclass(frozen=True, slots=True)
class AddedNote:
    """A note that was written, the notebook it is in, warnings, and what is missing before a report reads it ('')."""

    entry: Entry
    path: Path
    warnings: tuple[str, ...]
    next_step: str


def add_note(
    workspace: Workspace,
    title: str,
    *,
    date: dt.date | None = None,
    lists: Mapping[str, Sequence[str]] | None = None,
    texts: Mapping[str, str] | None = None,
    body: str = "",
) -> AddedNote:
    """Write a note to the notebook of `me`; the default date is today in the person's zone.

    `lists` has the fields `with`, `goal`, `about` and `labels`, `texts` all others (`harvester.notebook`); empty ones
    are left out. Raises PersonError for an unknown person, and ConfigError, with nothing written, for an unknown goal
    or a field that a notebook cannot hold.
    """
    today = workspace.config.calendar.day_of(workspace.environment.clock())
    fields = {key: tuple(dict.fromkeys(values)) for key, values in (lists or {}).items() if values}
    if "with" in fields:
        fields["with"] = _person_keys(workspace, fields["with"])
    used = {key: text for key, text in (texts or {}).items() if text.strip()}
    entry = Entry(date or today, title, fields, used, body)
    goals = load_goals_and_decisions(workspace).goals
    warnings = [*_check(workspace, goals, entry), *(each.reason for each in in_future([entry], today))]
    path = next(notebooks(workspace.config, mine=True), workspace.config.root / FILE)
    add(path, entry)
    named = [goal for name in entry.lists.get("goal", ()) if (goal := goals.goal(name))]
    outside = filter(None, (outside_goal_days(goal, [entry.date]) for goal in named))
    warnings += [each.reason for each in unresolved([entry], _lost_references(workspace, entry))]
    return AddedNote(entry, path, (*map(_sentence, warnings), *outside), _next_step(workspace, path))


def notebooks(config: Config, *, mine: bool = False) -> Iterator[Path]:
    """The files of the configured notebooks; with `mine` those of `me` alone."""
    for source in config.sources.values():
        settings = source.settings
        if source.connector == CONNECTOR and (not mine or settings.get("person") in {None, config.me}):
            yield resolve_path(config.root, settings.get("file", FILE), error=ConfigError)


def _person_keys(workspace: Workspace, people: tuple[str, ...]) -> tuple[str, ...]:
    """The keys of these people; raises PersonError, with the nearest name, for one who is not configured.

    Without a harvester.toml names stay as they were written.
    """
    hint = "A note names keys of [people]: add them there, in harvester.toml."
    return tuple(workspace.config.people.find(each, hint=hint) for each in people) if workspace.configured else people


def _lost_references(workspace: Workspace, entry: Entry) -> set[str]:
    """What of the work that the entry is about leads to no work item, or to several; nothing before a harvest."""
    about = entry.lists.get("about", ())
    rows = read_rows(workspace) if about else None
    return set() if rows is None else unresolved_references(rows, about, workspace.config.tickets)


def _check(workspace: Workspace, goals: Goals, entry: Entry) -> Iterator[str]:
    """Raises ConfigError where the entry cannot be read back as it is or names an unknown goal; yields warnings."""
    read, findings = parse(render(entry))
    wrong = [each.reason for each in findings if each.missing_on]
    if not wrong and [dict(each.texts) for each in read] != [_texts_read_back(entry)]:
        wrong = ["a field cannot hold a line of ```, ~~~ or <!--, which begins code or a comment; give it as --body"]
    people = entry.lists.get("with", ())
    unknown_goals = [each.reason for each in unknown_names([entry], [goal.name for goal in goals.goals], people)]
    if wrong or (unknown_goals and workspace.configured):
        where = f" Goals are defined in {workspace.config.root / load.FILE}." if unknown_goals else ""
        raise ConfigError("\n".join(map(_sentence, (*wrong, *unknown_goals))), hint=f"Nothing was written.{where}")
    yield from (*unknown_goals, *(each.reason for each in findings))
    for line in entry.texts.get("outcome", "").split("\n"):
        goal = goals.goal(line.partition("=")[0].strip())
        if goal and goal.measure != model.OUTCOME:
            what = f'is not measured by an outcome (measure = "{model.OUTCOME}"), so the figure moves nothing'
            yield f"the goal {goal.name!r} {what}"


def _texts_read_back(entry: Entry) -> dict[str, str]:
    """The texts as a notebook gives them back: lines without spaces around, none empty."""
    lines = {key: [part.strip() for part in text.splitlines()] for key, text in entry.texts.items()}
    return {key: "\n".join(filter(None, parts)) for key, parts in lines.items()}


def _sentence(reason: str) -> str:
    return reason[:1].upper() + reason[1:] + ("" if reason.endswith("?") else ".")


def _next_step(workspace: Workspace, path: Path) -> str:
    if not workspace.configured:
        return "Reports do not read it yet: run `harvester init`."
    if path not in notebooks(workspace.config, mine=True):
        return f"Reports do not read it yet: add this to harvester.toml.\n\n{SECTION}"
    return ""
