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
from harvester.model.accounts import email_of
from harvester.model.outcomes import read_outcome
from harvester.model.periods import lasting_words
from harvester.model.periods import parse as parse_period
from harvester.notebook.entry_ids import identities, places
from harvester.notebook.notebook import (
    FILE,
    PEOPLE,
    Entry,
    add,
    in_future,
    own_witness,
    parse,
    render,
    unknown_names,
    unresolved,
)
from harvester.notebook.notebook import load as load_notebook
from harvester.workspace.assemble import DEFAULT_PERIOD
from harvester.workspace.work_items import find_goal, outside_goal_days, read_rows, unresolved_references
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

    `lists` has the fields of `harvester.notebook.notebook.LISTS`, `texts` all others; empty ones are left out. Somebody
    in `with` or `witness` who is not configured stays as written, with a warning.

    Raises PersonError for words that name several people, and ConfigError, with nothing written, for an unknown goal or
    criterion, for oneself as witness, or for a field that a notebook cannot hold.
    """
    today = workspace.config.calendar.day_of(workspace.environment.clock())
    fields = {key: tuple(dict.fromkeys(values)) for key, values in (lists or {}).items() if values}
    people = dict.fromkeys(name for key in PEOPLE for name in fields.get(key, ()))
    unknown = [each for each in people if not workspace.config.people.meant(each)]
    fields |= {key: _people_as_written(workspace, fields[key], unknown) for key in PEOPLE if key in fields}
    used = {key: text for key, text in (texts or {}).items() if text.strip()}
    entry = Entry(date or today, title, fields, used, body)
    goals = load_goals_and_decisions(workspace).goals
    warnings = [*_check(workspace, goals, entry), *(each.reason for each in in_future([entry], today))]
    if workspace.configured:
        warnings += [_unknown_person(workspace, each) for each in unknown]
    path = next(notebooks(workspace.config, mine=True), workspace.config.root / FILE)
    add(path, entry)
    named = [goal for name in entry.lists.get("goal", ()) if (goal := goals.goal(name))]
    outside = filter(None, (outside_goal_days(goal, [entry.date]) for goal in named))
    warnings += [each.reason for each in unresolved([entry], _lost_references(workspace, entry))]
    return AddedNote(entry, path, (*map(_sentence, warnings), *outside), _next_step(workspace, path))


def add_summary(
    workspace: Workspace, summary: str, period: str | None = None, *, date: dt.date | None = None
) -> AddedNote:
    """Write the opening paragraph of `me`'s report of a period to the notebook; the default is the last quarter.

    It replaces an earlier one of the period, which stays in the notebook. The day is today or, after the period, the
    period's last one. Raises PeriodError for a period that is not valid, and ConfigError for an empty text.
    """
    calendar, now = workspace.config.calendar, workspace.environment.clock()
    meant = parse_period(period or DEFAULT_PERIOD, calendar, now)
    if not summary.strip():
        raise ConfigError("A summary needs a text.")
    first, last = calendar.dates(meant)
    day = date or min(max(calendar.day_of(now), first), last)
    words = lasting_words(meant, calendar) or period or DEFAULT_PERIOD
    name = f"the {meant.name}" if meant.name.startswith("week") else meant.name
    return add_note(
        workspace, f"Summary of {name}", date=day, texts={"summary": " ".join(summary.split()), "period": words}
    )


@dataclass(frozen=True, slots=True)
class ListedNote:
    """An entry of a notebook, with the file it is in and the work item that other commands know it by."""

    entry: Entry
    path: Path
    work_item: str


def list_notes(workspace: Workspace, period: str | None = None, goals: Sequence[str] = ()) -> list[ListedNote]:
    """The entries of all notebooks, the newest day first; those of a period, and of one of these goals, if given.

    The files are read as they are now. Raises PeriodError and UnknownError for a period or a goal that does not exist.
    """
    calendar, known = workspace.config.calendar, load_goals_and_decisions(workspace).goals
    for each in goals:
        find_goal(known, each)
    days = calendar.dates(parse_period(period, calendar, workspace.environment.clock())) if period else None
    files = dict.fromkeys(notebooks(workspace.config)) or {workspace.config.root / FILE: None}
    found = []
    for path in files:
        entries, _ = load_notebook(path)
        names = zip(entries, identities(entries), places(entries), strict=True)
        found += [(entry.date, place, ListedNote(entry, path, f"notebook/{name}")) for entry, name, place in names]
    newest_first = sorted(found, key=lambda each: each[:2], reverse=True)
    return [
        each
        for date, _, each in newest_first
        if (days is None or days[0] <= date <= days[1]) and (not goals or not goals_of(each.entry).isdisjoint(goals))
    ]


def goals_of(entry: Entry) -> set[str]:
    """The goals that an entry names, in `goal:` or by an outcome of it."""
    return {*entry.lists.get("goal", ()), *read_outcome(entry.texts.get("outcome", ""))}


def notebooks(config: Config, *, mine: bool = False) -> Iterator[Path]:
    """The files of the configured notebooks; with `mine` those of `me` alone."""
    for source in config.sources.values():
        settings = source.settings
        if source.connector == CONNECTOR and (not mine or settings.get("person") in {None, config.me}):
            yield resolve_path(config.root, settings.get("file", FILE), error=ConfigError)


def _people_as_written(workspace: Workspace, people: tuple[str, ...], unknown: Sequence[str]) -> tuple[str, ...]:
    """The keys of the people whom a harvester.toml names, and the others' names as they were written."""
    if not workspace.configured:
        return people
    return tuple(each if each in unknown else workspace.config.people.find(each) for each in people)


def _unknown_person(workspace: Workspace, words: str) -> str:
    """An address says who somebody is, so measures of people count it; a name alone does not."""
    near = workspace.config.people.nearest(words)
    counted = "" if email_of(words) else ", and counted nowhere as a person"
    return f"{words!r} is nobody under [people]: kept as written{counted}{f'. {near}' if near else ''}"


def _lost_references(workspace: Workspace, entry: Entry) -> set[str]:
    """What of the work that the entry is about leads to no work item, or to several; nothing before a harvest."""
    about = entry.lists.get("about", ())
    rows = read_rows(workspace) if about else None
    return set() if rows is None else unresolved_references(rows, about, workspace.config.tickets)


def _check(workspace: Workspace, goals: Goals, entry: Entry) -> Iterator[str]:
    """Raises ConfigError where the entry cannot be read back as it is or names an unknown goal; yields warnings."""
    read, findings = parse(render(entry))
    wrong = [each.reason for each in findings if each.missing_on]
    for key in PEOPLE:
        if not wrong and [each.lists.get(key, ()) for each in read] != [entry.lists.get(key, ())]:
            wrong = [f"a name after `{key}` has a comma, which separates people; write the first name first"]
    if not wrong and [dict(each.texts) for each in read] != [_texts_read_back(entry)]:
        wrong = ["a field cannot hold a line of ```, ~~~ or <!--, which begins code or a comment; give it as --body"]
    wrong += [each.reason for each in own_witness([entry], [workspace.me] if workspace.me else [])]
    people = [name for key in PEOPLE for name in entry.lists.get(key, ())]
    names, criteria = ([each.name for each in every] for every in (goals.goals, goals.criteria))
    unknown = [each.reason for each in unknown_names([entry], names, people, criteria)]
    if wrong or (unknown and workspace.configured):
        where = f" Goals and criteria are defined in {workspace.config.root / load.FILE}." if unknown else ""
        raise ConfigError("\n".join(map(_sentence, (*wrong, *unknown))), hint=f"Nothing was written.{where}")
    yield from (*unknown, *(each.reason for each in findings))
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
