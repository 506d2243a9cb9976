"""`harvester note`: write down what no tracker sees."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from harvester.cli import options
from harvester.cli.world import World

if TYPE_CHECKING:
    from harvester.cli.setup import Setup
    from harvester.config import Config
    from harvester.notes.notebook import Entry

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
    world: World,
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
    from harvester.cli.setup import open_setup
    from harvester.notes.notebook import FILE, Entry, add, ahead

    setup = open_setup(world, config_path, None, aliases=False)
    today = setup.config.calendar.day_of(world.clock())
    lists = {"with": _keys(setup, people), "goal": goals, "about": about, "labels": labels}
    said = {**texts, "outcome": "\n".join(outcomes)}
    entry = Entry(
        date.date() if date else today, title,
        {key: tuple(dict.fromkeys(values)) for key, values in lists.items() if values},
        {key: text for key, text in said.items() if text and text.strip()},
        body,
    )  # fmt: skip
    warnings = [*_checked(setup, entry), *(each.reason for each in ahead([entry], today))]
    path = next(notebooks(setup.config, mine=True), setup.config.root / FILE)
    add(path, entry)
    _tell(world, setup, path, entry, warnings)
    return OK


def notebooks(config: Config, *, mine: bool = False) -> Iterator[Path]:
    """The files of the configured notebooks, or of one's own alone."""
    from harvester.notes.notebook import FILE

    for source in config.sources.values():
        settings = source.settings
        if source.connector == CONNECTOR and (not mine or settings.get("person") in {None, config.me}):
            yield config.root / Path(settings.get("file", FILE)).expanduser()


def _keys(setup: Setup, people: tuple[str, ...]) -> tuple[str, ...]:
    """The keys of these people; raises PersonError, with the nearest name, for one whom nobody configured.

    Where nothing is configured at all, names stay as they were written.
    """
    hint = "A note names keys of [people]: add them there, in harvester.toml."
    return tuple(setup.config.people.find(each, hint=hint) for each in people) if setup.configured else people


def _checked(setup: Setup, entry: Entry) -> Iterator[str]:
    """Raises ConfigError where the entry names a goal that is not there; what counts less than it looks, in words."""
    from harvester.agreed.goals import FILE, OUTCOME
    from harvester.cli.setup import agreed
    from harvester.errors import ConfigError
    from harvester.notes.notebook import parse, render, unknown

    read, doubts = parse(render(entry))
    wrong = [each.reason for each in doubts if each.lost]
    if not wrong and [dict(each.texts) for each in read] != [_as_read(entry)]:
        wrong = ["a field cannot hold a line of ```, ~~~ or <!--, which begins code or a comment; give it as --body"]
    known = agreed(setup).goals
    people = entry.lists.get("with", ())
    unknown_goals = [each.reason for each in unknown([entry], [goal.name for goal in known.goals], people)]
    if wrong or (unknown_goals and setup.configured):
        where = f" The goals stand in {setup.config.root / FILE}." if unknown_goals else ""
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


def _tell(world: World, setup: Setup, path: Path, entry: Entry, warnings: list[str]) -> None:
    from harvester.cli.agreed import outside, short
    from harvester.cli.setup import agreed
    from harvester.windows import day

    place = path.relative_to(world.cwd) if path.is_relative_to(world.cwd) else path
    world.echo(f"Wrote “{short(entry.title)}”, {day(entry.date)}, to {place}.")
    for each in warnings:
        world.say(f"Note: {_sentence(each)}")
    for name in entry.lists.get("goal", ()):
        goal = agreed(setup).goals.goal(name)
        if goal and (why := outside(goal, [entry.date])):
            world.say(f"Note: {why}")
    if not setup.configured:
        world.say("Reports do not read it yet: run `harvester init`.")
    elif path not in notebooks(setup.config, mine=True):
        world.say(f"Reports do not read it yet: add this to harvester.toml.\n\n{SECTION}")
