"""`harvester note`: write down what no tracker sees."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from harvester.cli import options
from harvester.workspace.environment import Environment

if TYPE_CHECKING:
    from harvester.config.settings import Config
    from harvester.notebook.notebook import Entry
    from harvester.workspace.workspace import Workspace

CONNECTOR = "notebook"
SECTION = '[sources.notebook]\nconnector = "notebook"\nfile = "notebook.md"'


@click.command()
@click.argument("title")
@click.option("--with", "people", multiple=True, help="A person whom it was done with or for; may be given again.")
@click.option("--goal", "goals", multiple=True, help="A goal that it serves; may be given again.")
@click.option("--about", multiple=True, help="Work it is about, such as PAY-7 or pay#131; may be given again.")
@click.option("--result", help="What came of it, for people who were not there.")
@click.option("--technical", help="What was hard about it.")
@click.option("--takeaway", help="What was learned.")
@click.option("--outcome", "outcomes", multiple=True, help="A figure that moves a goal: 'no-double-charges = 4'.")
@click.option("--link", help="Where the proof is.")
@click.option("--label", "labels", multiple=True, help="A word to find it by; may be given again.")
@click.option("--role", type=click.Choice(["mentor", "helper", "author"]), help="As what you did it.")
@click.option("--date", "date", type=click.DateTime(["%Y-%m-%d"]), help="The day, such as 2026-08-12; today otherwise.")
@click.option("--body", default="", help="Further text.")
@options.config
@click.pass_obj
def command(
    environment: Environment,
    /,
    title: str,
    people: tuple[str, ...],
    goals: tuple[str, ...],
    about: tuple[str, ...],
    outcomes: tuple[str, ...],
    labels: tuple[str, ...],
    date: dt.datetime | None,
    body: str,
    config_path: Path | None,
    **texts: str | None,
) -> int:
    """Add an entry called TITLE to the notebook, which is plain Markdown that you may edit by hand.

    \b
    Examples:
      harvester note "Paired on the first on-call shift" --with teammate --goal mentoring
      harvester note "Nobody is charged twice" --about PAY-7 --outcome "no-double-charges = 0"
    """
    from harvester.cli.main import OK
    from harvester.notebook.notebook import FILE, Entry, add, in_future
    from harvester.workspace.workspace import open_workspace

    workspace = open_workspace(environment, config_path, None, aliases=False)
    today = workspace.config.calendar.day_of(environment.clock())
    lists = {"with": _keys(workspace, people), "goal": goals, "about": about, "labels": labels}
    said = {**texts, "outcome": "\n".join(outcomes)}
    entry = Entry(
        date.date() if date else today, title,
        {key: tuple(dict.fromkeys(values)) for key, values in lists.items() if values},
        {key: text for key, text in said.items() if text and text.strip()},
        body,
    )  # fmt: skip
    warnings = [*_checked(workspace, entry), *(each.reason for each in in_future([entry], today))]
    path = next(notebooks(workspace.config, mine=True), workspace.config.root / FILE)
    add(path, entry)
    _tell(environment, workspace, path, entry, warnings)
    return OK


def notebooks(config: Config, *, mine: bool = False) -> Iterator[Path]:
    """The files of the configured notebooks, or of one's own alone."""
    from harvester.notebook.notebook import FILE

    for source in config.sources.values():
        settings = source.settings
        if source.connector == CONNECTOR and (not mine or settings.get("person") in {None, config.me}):
            yield config.root / Path(settings.get("file", FILE)).expanduser()


def _keys(workspace: Workspace, people: tuple[str, ...]) -> tuple[str, ...]:
    """The keys of these people; raises PersonError, with the nearest name, for one whom nobody configured.

    Where nothing is configured at all, names stay as they were written.
    """
    hint = "A note names keys of [people]: add them there, in harvester.toml."
    return tuple(workspace.config.people.find(each, hint=hint) for each in people) if workspace.configured else people


def _checked(workspace: Workspace, entry: Entry) -> Iterator[str]:
    """Raises ConfigError where the entry names a goal that is not there; what counts less than it looks, in words."""
    from harvester.errors import ConfigError
    from harvester.goals.load import FILE
    from harvester.goals.model import OUTCOME
    from harvester.notebook.notebook import parse, render, unknown_names
    from harvester.workspace.workspace import load_goals_and_decisions

    read, doubts = parse(render(entry))
    wrong = [each.reason for each in doubts if each.missing_on]
    if not wrong and [dict(each.texts) for each in read] != [_as_read(entry)]:
        wrong = ["a field cannot hold a line of ```, ~~~ or <!--, which begins code or a comment; give it as --body"]
    known = load_goals_and_decisions(workspace).goals
    people = entry.lists.get("with", ())
    unknown_goals = [each.reason for each in unknown_names([entry], [goal.name for goal in known.goals], people)]
    if wrong or (unknown_goals and workspace.configured):
        where = f" The goals stand in {workspace.config.root / FILE}." if unknown_goals else ""
        raise ConfigError("\n".join(map(_sentence, (*wrong, *unknown_goals))), hint=f"Nothing was written.{where}")
    yield from (*unknown_goals, *(each.reason for each in doubts))
    for line in entry.texts.get("outcome", "").split("\n"):
        goal = known.goal(line.partition("=")[0].strip())
        if goal and goal.measure != OUTCOME:
            what = f'is not measured by an outcome (measure = "{OUTCOME}"), so the figure moves nothing'
            yield f"the goal {goal.name!r} {what}"


def _as_read(entry: Entry) -> dict[str, str]:
    """The texts as a notebook gives them back: lines without spaces around, none empty."""
    lines = {key: [part.strip() for part in text.splitlines()] for key, text in entry.texts.items()}
    return {key: "\n".join(filter(None, parts)) for key, parts in lines.items()}


def _sentence(reason: str) -> str:
    return reason[:1].upper() + reason[1:] + ("" if reason.endswith("?") else ".")


def _tell(environment: Environment, workspace: Workspace, path: Path, entry: Entry, warnings: list[str]) -> None:
    from harvester.model.periods import day
    from harvester.workspace.work_items import outside, short
    from harvester.workspace.workspace import load_goals_and_decisions

    place = path.relative_to(environment.cwd) if path.is_relative_to(environment.cwd) else path
    environment.echo(f"Wrote “{short(entry.title)}”, {day(entry.date)}, to {place}.")
    for each in warnings:
        environment.say(f"Note: {_sentence(each)}")
    for name in entry.lists.get("goal", ()):
        goal = load_goals_and_decisions(workspace).goals.goal(name)
        if goal and (why := outside(goal, [entry.date])):
            environment.say(f"Note: {why}")
    if not workspace.configured:
        environment.say("Reports do not read it yet: run `harvester init`.")
    elif path not in notebooks(workspace.config, mine=True):
        environment.say(f"Reports do not read it yet: add this to harvester.toml.\n\n{SECTION}")
