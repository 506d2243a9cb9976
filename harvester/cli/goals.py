"""`harvester goals`: what was agreed, whether its file holds together, and where each goal stands."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from harvester.cli import options
from harvester.cli.world import World

if TYPE_CHECKING:
    import pandas as pd

    from harvester.agreed.assess import Agreed
    from harvester.agreed.goals import Goal
    from harvester.cli.reading import Read
    from harvester.cli.setup import Setup
    from harvester.report import Material


@click.group()
def command() -> None:
    """See what was agreed in goals.toml, check it, and see where each goal stands.

    \b
    Examples:
      harvester goals list
      harvester goals check
      harvester goals progress --period this-quarter
    """


@command.command(name="list")
@options.as_json
@options.config
@click.pass_obj
def list_(world: World, as_json: bool, config_path: Path | None) -> int:
    """List the criteria and the goals, with their days, measures and targets.

    \b
    Example:
      harvester goals list
    """
    from harvester.cli.agreed import short, with_goals
    from harvester.cli.main import OK
    from harvester.cli.setup import open_setup

    goals = with_goals(open_setup(world, config_path, None, aliases=False)).goals
    if as_json:
        told = {
            "criteria": [each.model_dump(mode="json", by_alias=True, exclude_defaults=True) for each in goals.criteria],
            "goals": [each.model_dump(mode="json", by_alias=True, exclude_defaults=True) for each in goals.goals],
        }
        world.echo(json.dumps(told, indent=2))
        return OK
    for criterion in goals.criteria:
        world.echo(short(f"Criterion {criterion.name}: {criterion.text}{_in_brackets(criterion.level)}"))
    if goals.criteria and goals.goals:
        world.echo("")
    for goal in goals.goals:
        world.echo(f"Goal {goal.name}: {short(goal.title)}\n  {' · '.join(map(short, _listed(goal)))}")
    if not goals.goals:
        world.echo("There is no goal in goals.toml yet.")
    return OK


def _in_brackets(text: str) -> str:
    return f" ({text})" if text else ""


def _listed(goal: Goal) -> list[str]:
    serves = f"for {goal.criterion}" if goal.criterion else ""
    return [each for each in (_days(goal), _agreed(goal), serves, _checkins(goal), _away(goal)) if each]


def _checkins(goal: Goal) -> str:
    from harvester.windows import day

    return f"looked at on {', '.join(map(day, goal.checkins))}" if goal.checkins else ""


def _away(goal: Goal) -> str:
    import datetime as dt

    from harvester.windows import span

    spans = ", ".join(span(first, end - dt.timedelta(days=1)) for first, end in goal.away)
    return f"away {spans}" if spans else ""


def _days(goal: Goal) -> str:
    import datetime as dt

    from harvester.windows import day, span

    last = goal.until - dt.timedelta(days=1) if goal.until else None
    if goal.from_ and last:
        return span(goal.from_, last)
    return f"from {day(goal.from_)}" if goal.from_ else f"until {day(last)}" if last else "always"


def _agreed(goal: Goal) -> str:
    """What was asked; without a target what is counted, and nothing without a measure."""
    from harvester.agreed.progress import asked
    from harvester.measures import MEASURES

    counted = MEASURES.get(goal.measure or "")
    return asked(goal) or (counted.many if counted else "")


@command.command()
@options.as_json
@options.config
@click.pass_obj
def check(world: World, as_json: bool, config_path: Path | None) -> int:
    """Check goals.toml, decisions.toml and what notes name; errors exit with 1, warnings with 0.

    Warnings tell of goals that can never match, of globs that match no file, of decisions and notes about what is not
    there, and of notes of days to come. Work and files are looked up in everything that was read so far.

    \b
    Example:
      harvester goals check
    """
    from harvester.cli.agreed import everything
    from harvester.cli.main import OK
    from harvester.cli.setup import open_setup
    from harvester.words import printable

    setup = open_setup(world, config_path, None, aliases=False)
    known = _sound(world, setup)
    rows = everything(world, setup, "paths")
    subjects = None if rows is None else set(rows["subject"].unique())
    found = (
        *_about_goals(known, rows),
        *_about_decisions(setup, known, subjects),
        *_about_notes(world, setup, known, rows),
    )
    # A note may name the same goal that is not there twice, and two sources may read the same notebook.
    warnings = list(dict.fromkeys(f"{_shown(world, path)}{each}" for path, each in found))
    counts = {"goals": len(known.goals.goals), "criteria": len(known.goals.criteria)}
    counts["decisions"] = len(known.decisions.entries)
    if as_json:
        world.echo(json.dumps(counts | {"warnings": warnings, "looked_up": subjects is not None}, indent=2))
        return OK
    world.echo(_summary(_counted(counts), len(warnings)))
    for each in warnings:
        world.echo(printable(f"warning  {each}"))
    if known.decisions.entries and subjects is None:
        world.echo("Nothing was read yet, so what decisions are about was not looked up: run `harvester harvest`.")
    return OK


def _sound(world: World, setup: Setup) -> Agreed:
    """What was agreed; the errors of both files come together, so that they are mended in one go."""
    from harvester.agreed import decisions, goals
    from harvester.cli.agreed import with_goals
    from harvester.errors import ConfigError

    try:
        return with_goals(setup)
    except ConfigError as first:
        wrong = [first]
        try:
            decisions.load(setup.config.root / decisions.FILE)
        except ConfigError as second:
            wrong.append(second)
        text = "\n".join(dict.fromkeys(each.message for each in wrong))
        for path in (setup.config.root / name for name in (goals.FILE, decisions.FILE)):
            text = text.replace(str(path), _shown(world, path))
        raise ConfigError(text, hint=wrong[0].hint or wrong[-1].hint) from first


def _summary(counted: str, warnings: int) -> str:
    from harvester.words import numbered

    if warnings:
        return f"{counted}; {numbered(warnings, 'warning')}:"
    return f"goals.toml and decisions.toml hold together: {counted}."


def _shown(world: World, path: Path) -> str:
    """A file as one names it from where one stands; in full where that is shorter."""
    import os

    try:
        return min(os.path.relpath(path, world.cwd), str(path), key=len)
    except ValueError:  # another drive
        return str(path)


Found = tuple["Path", str]
"""A file, and what may be wrong in it from its place on: `: goals[1].match: …`."""


def _about_goals(known: Agreed, rows: pd.DataFrame | None) -> Iterator[Found]:
    """What can never match, and globs that select none of the files that were read so far."""
    import pyarrow.compute as pc

    from harvester.agreed.unmatched import unmatched
    from harvester.frame import column

    path = known.goals.path
    assert path, "with_goals has read a file"
    yield from ((path, each.removeprefix(str(path))) for each in known.goals.warnings)
    if rows is not None:
        files = pc.unique(pc.list_flatten(column(rows, "paths")))
        yield from ((path, f": {each}") for each in unmatched(known.goals, files))


def _about_decisions(setup: Setup, known: Agreed, subjects: set[str] | None) -> Iterator[Found]:
    from harvester.agreed.decisions import FILE, doubts

    looked_up = {each.subject for each in known.decisions.entries} if subjects is None else subjects
    for each in doubts(known.decisions, [each.name for each in known.goals.goals], looked_up):
        yield setup.config.root / FILE, each.removeprefix(FILE)


def _about_notes(world: World, setup: Setup, known: Agreed, rows: pd.DataFrame | None) -> Iterator[Found]:
    from harvester.cli.agreed import nowhere
    from harvester.cli.note import notebooks
    from harvester.notes.notebook import ahead, astray, load, unknown

    goals, people = [each.name for each in known.goals.goals], [each.key for each in setup.config.people.persons]
    today = setup.config.calendar.day_of(world.clock())
    for path in notebooks(setup.config):
        entries, doubts = load(path)
        references = [each for entry in entries for each in entry.lists.get("about", ())]
        lost = nowhere(rows, references, known.tickets) if rows is not None and references else set()
        for each in (*doubts, *unknown(entries, goals, people), *astray(entries, lost), *ahead(entries, today)):
            yield path, f":{each.line}: {each.reason}"


def _counted(counts: dict[str, int]) -> str:
    from harvester.words import numbered

    one = {"goals": "goal", "criteria": "criterion", "decisions": "decision"}
    return ", ".join(numbered(number, one[name], name) for name, number in counts.items())


@command.command()
@options.period
@options.person
@options.fresh
@options.allow_incomplete
@options.as_json
@options.config
@click.pass_obj
def progress(
    world: World,
    period: str | None,
    person: str | None,
    fresh: bool,
    allow_incomplete: bool,
    as_json: bool,
    config_path: Path | None,
) -> int:
    """Say where each goal stands at the end of the window, or now while it runs.

    Pace is what would be done by then had the work gone evenly, days away left out. Goals that have no day in the
    window are only named. For each criterion stands how much work of the window is for it, so that one sees where one
    stands before any goal is agreed.

    \b
    Examples:
      harvester goals progress --period this-quarter
      harvester goals progress --period 2026Q3 --no-harvest
    """
    from harvester.cli.agreed import short, with_goals
    from harvester.cli.main import INCOMPLETE, OK
    from harvester.cli.material import gather
    from harvester.cli.reading import open_ledger
    from harvester.cli.setup import open_setup

    setup = open_setup(world, config_path, None)
    with_goals(setup, some=True, or_criteria=True)
    with open_ledger(world, setup) as ledger:
        read, material = gather(world, setup, ledger, period, person, fresh=fresh, own_goals=False)
    agreed = material.assessment.agreed.goals.goals
    # Of the others nothing was read, so nothing can be said of them.
    goals = [goal for goal in agreed if goal.runs_in(material.window, material.calendar)]
    if as_json:
        told = {
            "window": material.window.name,
            "complete": read.complete,
            "goals": [_told(goal, material) for goal in goals],
            "criteria": [{"criterion": name, "pieces": number} for name, _, number in _criteria(material)],
        }
        world.echo(json.dumps(told, indent=2))
    else:
        world.echo(f"{short(material.name(material.persons[0]))}, {material.window.name}")
        if goals:
            world.table(("Goal", "Asked", "Done", "Pace", "State"), [_row(goal, material) for goal in goals])
        if criteria := [(name, text, f"{number:g}") for name, text, number in _criteria(material)]:
            world.table(("Criterion", "What is asked", "Pieces of work"), criteria)
        for goal in agreed:
            if goal not in goals:
                world.echo(short(f"{goal.name} has no day in it: {_days(goal)}"))
        _say_holes(world, read)
    return OK if read.complete or allow_incomplete else INCOMPLETE


def _criteria(material: Material) -> Iterator[tuple[str, str, float]]:
    """Name and text of each criterion, and how much of the window's work is for it, by its rules or through a goal."""
    from harvester import measures
    from harvester.cli.agreed import short
    from harvester.frame import select

    inside = select(material.frame, material.window, material.persons)
    for each in material.assessment.agreed.goals.criteria:
        claimed = material.assessment.claimed(each.name, "criterion")["row"]
        yield each.name, short(each.text), measures.count(inside[inside.index.isin(claimed)], "pieces")


def _told(goal: Goal, material: Material) -> dict[str, Any]:
    import dataclasses

    reached = dataclasses.asdict(material.assessment.progress[goal.name])
    return {"title": goal.title, "measure": goal.measure, "unit": goal.unit} | reached


def _row(goal: Goal, material: Material) -> tuple[str, ...]:
    from harvester.cli.agreed import short

    reached = material.assessment.progress[goal.name]
    done = "—" if reached.done is None else f"{reached.done:,g}"
    pace = "—" if reached.pace is None else f"{reached.pace:,.1f}".removesuffix(".0")
    return goal.name, short(_agreed(goal)) or "—", done, pace, reached.state


def _say_holes(world: World, read: Read) -> None:
    """Counts of a source with holes are too low; that is said before anybody believes them."""
    for each in read.standings:
        reasons = [gap.reason for gap in (*each.holes, *each.stale)] + (["not read yet"] if each.unread else [])
        if reasons:
            world.say(world.redact(f"Incomplete: {each.source}: {'; '.join(dict.fromkeys(reasons))}"))
