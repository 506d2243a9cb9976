"""`harvester goals`: what was agreed, whether its file holds together, and where each goal stands."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from harvester.cli import options
from harvester.workspace.environment import Environment

if TYPE_CHECKING:
    import pandas as pd

    from harvester.goals.assessment import GoalsAndDecisions
    from harvester.goals.model import Goal
    from harvester.reporting.report_input import ReportInput
    from harvester.workspace.collect import CollectedData
    from harvester.workspace.workspace import Workspace


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
def list_(environment: Environment, as_json: bool, config_path: Path | None) -> int:
    """List the criteria and the goals, with their days, measures and targets.

    \b
    Example:
      harvester goals list
    """
    from harvester.cli.main import OK
    from harvester.workspace.work_items import short, with_goals
    from harvester.workspace.workspace import open_workspace

    goals = with_goals(open_workspace(environment, config_path, None, aliases=False)).goals
    if as_json:
        told = {
            "criteria": [each.model_dump(mode="json", by_alias=True, exclude_defaults=True) for each in goals.criteria],
            "goals": [each.model_dump(mode="json", by_alias=True, exclude_defaults=True) for each in goals.goals],
        }
        environment.echo(json.dumps(told, indent=2))
        return OK
    for criterion in goals.criteria:
        environment.echo(short(f"Criterion {criterion.name}: {criterion.text}{_in_brackets(criterion.level)}"))
    if goals.criteria and goals.goals:
        environment.echo("")
    for goal in goals.goals:
        environment.echo(f"Goal {goal.name}: {short(goal.title)}\n  {' · '.join(map(short, _listed(goal)))}")
    if not goals.goals:
        environment.echo("There is no goal in goals.toml yet.")
    return OK


def _in_brackets(text: str) -> str:
    return f" ({text})" if text else ""


def _listed(goal: Goal) -> list[str]:
    serves = f"for {goal.criterion}" if goal.criterion else ""
    return [each for each in (_days(goal), _agreed(goal), serves, _checkins(goal), _away(goal)) if each]


def _checkins(goal: Goal) -> str:
    from harvester.model.periods import day

    return f"looked at on {', '.join(map(day, goal.checkins))}" if goal.checkins else ""


def _away(goal: Goal) -> str:
    import datetime as dt

    from harvester.model.periods import span

    spans = ", ".join(span(first, end - dt.timedelta(days=1)) for first, end in goal.away)
    return f"away {spans}" if spans else ""


def _days(goal: Goal) -> str:
    import datetime as dt

    from harvester.model.periods import day, span

    last = goal.until - dt.timedelta(days=1) if goal.until else None
    if goal.from_ and last:
        return span(goal.from_, last)
    return f"from {day(goal.from_)}" if goal.from_ else f"until {day(last)}" if last else "always"


def _agreed(goal: Goal) -> str:
    """What was asked; without a target what is counted, and nothing without a measure."""
    from harvester.analysis.measures import MEASURES
    from harvester.goals.progress import target_text

    counted = MEASURES.get(goal.measure or "")
    return target_text(goal) or (counted.many if counted else "")


@command.command()
@options.as_json
@options.config
@click.pass_obj
def check(environment: Environment, as_json: bool, config_path: Path | None) -> int:
    """Check goals.toml, decisions.toml and what notes name; errors exit with 1, warnings with 0.

    Warnings tell of goals that can never match, of globs that match no file, of decisions and notes about what is not
    there, and of notes of days to come. Work and files are looked up in everything that was read so far.

    \b
    Example:
      harvester goals check
    """
    from harvester.cli.main import OK
    from harvester.text import printable
    from harvester.workspace.work_items import everything
    from harvester.workspace.workspace import open_workspace

    workspace = open_workspace(environment, config_path, None, aliases=False)
    known = _sound(environment, workspace)
    rows = everything(environment, workspace, "paths")
    work_items = None if rows is None else set(rows["work_item"].unique())
    found = (
        *_about_goals(known, rows),
        *_about_decisions(workspace, known, work_items),
        *_about_notes(environment, workspace, known, rows),
    )
    # A note may name the same goal that is not there twice, and two sources may read the same notebook.
    warnings = list(dict.fromkeys(f"{_shown(environment, path)}{each}" for path, each in found))
    counts = {"goals": len(known.goals.goals), "criteria": len(known.goals.criteria)}
    counts["decisions"] = len(known.decisions.entries)
    if as_json:
        environment.echo(json.dumps(counts | {"warnings": warnings, "looked_up": work_items is not None}, indent=2))
        return OK
    environment.echo(_summary(_counted(counts), len(warnings)))
    for each in warnings:
        environment.echo(printable(f"warning  {each}"))
    if known.decisions.entries and work_items is None:
        environment.echo(
            "Nothing was read yet, so what decisions are about was not looked up: run `harvester harvest`."
        )
    return OK


def _sound(environment: Environment, workspace: Workspace) -> GoalsAndDecisions:
    """What was agreed; the errors of both files come together, so that they are mended in one go."""
    from harvester.errors import ConfigError
    from harvester.goals import decisions, model
    from harvester.workspace.work_items import with_goals

    try:
        return with_goals(workspace)
    except ConfigError as first:
        wrong = [first]
        try:
            decisions.load(workspace.config.root / decisions.FILE)
        except ConfigError as second:
            wrong.append(second)
        text = "\n".join(dict.fromkeys(each.message for each in wrong))
        for path in (workspace.config.root / name for name in (model.FILE, decisions.FILE)):
            text = text.replace(str(path), _shown(environment, path))
        raise ConfigError(text, hint=wrong[0].hint or wrong[-1].hint) from first


def _summary(counted: str, warnings: int) -> str:
    from harvester.text import count_noun

    if warnings:
        return f"{counted}; {count_noun(warnings, 'warning')}:"
    return f"goals.toml and decisions.toml hold together: {counted}."


def _shown(environment: Environment, path: Path) -> str:
    """A file as one names it from where one stands; in full where that is shorter."""
    import os

    try:
        return min(os.path.relpath(path, environment.cwd), str(path), key=len)
    except ValueError:  # another drive
        return str(path)


Found = tuple["Path", str]
"""A file, and what may be wrong in it from its place on: `: goals[1].match: …`."""


def _about_goals(known: GoalsAndDecisions, rows: pd.DataFrame | None) -> Iterator[Found]:
    """What can never match, and globs that select none of the files that were read so far."""
    import pyarrow.compute as pc

    from harvester.analysis.frame import column
    from harvester.goals.lint_globs import lint_globs

    path = known.goals.path
    assert path, "with_goals has read a file"
    yield from ((path, each.removeprefix(str(path))) for each in known.goals.warnings)
    if rows is not None:
        files = pc.unique(pc.list_flatten(column(rows, "paths")))
        yield from ((path, f": {each}") for each in lint_globs(known.goals, files))


def _about_decisions(workspace: Workspace, known: GoalsAndDecisions, work_items: set[str] | None) -> Iterator[Found]:
    from harvester.goals.decisions import FILE, lint_decisions

    looked_up = {each.work_item for each in known.decisions.entries} if work_items is None else work_items
    for each in lint_decisions(known.decisions, [each.name for each in known.goals.goals], looked_up):
        yield workspace.config.root / FILE, each.removeprefix(FILE)


def _about_notes(
    environment: Environment, workspace: Workspace, known: GoalsAndDecisions, rows: pd.DataFrame | None
) -> Iterator[Found]:
    from harvester.cli.note import notebooks
    from harvester.notebook.notebook import ahead, astray, load, unknown
    from harvester.workspace.work_items import unresolved_references

    goals, people = [each.name for each in known.goals.goals], [each.key for each in workspace.config.people.persons]
    today = workspace.config.calendar.day_of(environment.clock())
    for path in notebooks(workspace.config):
        entries, doubts = load(path)
        references = [each for entry in entries for each in entry.lists.get("about", ())]
        lost = unresolved_references(rows, references, known.tickets) if rows is not None and references else set()
        for each in (*doubts, *unknown(entries, goals, people), *astray(entries, lost), *ahead(entries, today)):
            yield path, f":{each.line}: {each.reason}"


def _counted(counts: dict[str, int]) -> str:
    from harvester.text import count_noun

    one = {"goals": "goal", "criteria": "criterion", "decisions": "decision"}
    return ", ".join(count_noun(number, one[name], name) for name, number in counts.items())


@command.command()
@options.period
@options.person
@options.fresh
@options.allow_incomplete
@options.as_json
@options.config
@click.pass_obj
def progress(
    environment: Environment,
    period: str | None,
    person: str | None,
    fresh: bool,
    allow_incomplete: bool,
    as_json: bool,
    config_path: Path | None,
) -> int:
    """Say where each goal stands at the end of the period, or now while it runs.

    Pace is what would be done by then had the work gone evenly, days away left out. Goals that have no day in the
    period are only named. For each criterion stands how much work of the period is for it, so that one sees where one
    stands before any goal is agreed.

    \b
    Examples:
      harvester goals progress --period this-quarter
      harvester goals progress --period 2026Q3 --no-harvest
    """
    from harvester.cli.main import INCOMPLETE, OK
    from harvester.workspace.assemble import gather
    from harvester.workspace.collect import open_ledger
    from harvester.workspace.work_items import short, with_goals
    from harvester.workspace.workspace import open_workspace

    workspace = open_workspace(environment, config_path, None)
    with_goals(workspace, some=True, or_criteria=True)
    with open_ledger(environment, workspace) as ledger:
        read, report_input = gather(environment, workspace, ledger, period, person, fresh=fresh, own_goals=False)
    agreed = report_input.assessment.goals_and_decisions.goals.goals
    # Of the others nothing was read, so nothing can be said of them.
    goals = [goal for goal in agreed if goal.runs_in(report_input.period, report_input.calendar)]
    if as_json:
        told = {
            "period": report_input.period.name,
            "complete": read.complete,
            "goals": [_told(goal, report_input) for goal in goals],
            "criteria": [{"criterion": name, "pieces": number} for name, _, number in _criteria(report_input)],
        }
        environment.echo(json.dumps(told, indent=2))
    else:
        environment.echo(f"{short(report_input.name(report_input.persons[0]))}, {report_input.period.name}")
        if goals:
            environment.table(("Goal", "Asked", "Done", "Pace", "State"), [_row(goal, report_input) for goal in goals])
        if criteria := [(name, text, f"{number:g}") for name, text, number in _criteria(report_input)]:
            environment.table(("Criterion", "What is asked", "Pieces of work"), criteria)
        for goal in agreed:
            if goal not in goals:
                environment.echo(short(f"{goal.name} has no day in it: {_days(goal)}"))
        _say_holes(environment, read)
    return OK if read.complete or allow_incomplete else INCOMPLETE


def _criteria(report_input: ReportInput) -> Iterator[tuple[str, str, float]]:
    """Name and text of each criterion, and how much of the period's work is for it, by its rules or through a goal."""
    from harvester.analysis import measures
    from harvester.analysis.frame import select
    from harvester.workspace.work_items import short

    inside = select(report_input.frame, report_input.period, report_input.persons)
    for each in report_input.assessment.goals_and_decisions.goals.criteria:
        claimed = report_input.assessment.claimed(each.name, "criterion")["row"]
        yield each.name, short(each.text), measures.count(inside[inside.index.isin(claimed)], "pieces")


def _told(goal: Goal, report_input: ReportInput) -> dict[str, Any]:
    import dataclasses

    reached = dataclasses.asdict(report_input.assessment.progress[goal.name])
    return {"title": goal.title, "measure": goal.measure, "unit": goal.unit} | reached


def _row(goal: Goal, report_input: ReportInput) -> tuple[str, ...]:
    from harvester.workspace.work_items import short

    reached = report_input.assessment.progress[goal.name]
    done = "—" if reached.done is None else f"{reached.done:,g}"
    pace = "—" if reached.pace is None else f"{reached.pace:,.1f}".removesuffix(".0")
    return goal.name, short(_agreed(goal)) or "—", done, pace, reached.state


def _say_holes(environment: Environment, read: CollectedData) -> None:
    """Counts of a source with holes are too low; that is said before anybody believes them."""
    for each in read.standings:
        reasons = [gap.reason for gap in (*each.gaps, *each.stale)] + (["not read yet"] if each.unread else [])
        if reasons:
            environment.say(environment.redact(f"Incomplete: {each.source}: {'; '.join(dict.fromkeys(reasons))}"))
