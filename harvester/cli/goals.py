"""`harvester goals`: list the goals, check them, and show how far each is."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from harvester.cli import goals_import, options
from harvester.cli.terminal import Terminal, model_json
from harvester.errors import ConfigError
from harvester.text import count_noun, number_text, printable, rounded_text

if TYPE_CHECKING:
    from harvester.goals.model import Goal, Question
    from harvester.goals.progress import Progress
    from harvester.workspace.goals import GoalsCheck, GoalsProgress
    from harvester.workspace.workspace import Workspace


MATCHING = ("paths", "labels", "tickets", "scopes", "people")
"""The keys of a rule that `goals add` has options for."""

QUESTIONS = {
    "title": "What is the goal, in words",
    "why": "Why does it matter (Enter leaves out this question, and each below)",
    "from": "From which day, such as 2026-07-01",
    "until": "Until which day, such as 2026-09-30 (it still counts)",
    "measure": "What is counted: commits, pull_requests, reviews, tickets, notes, …",
    "target": "How many are the target",
    "paths": "Which paths is the work in, such as src/pay/, with commas between",
    "words": "Which words suggest work for it, with commas between",
}
"""What `goals add` asks for in a terminal."""


@click.group()
def command() -> None:
    """List the goals in goals.toml, add one, import criteria, check them, and show how far each is.

    \b
    Examples:
      harvester goals list
      harvester goals add "Fewer flaky tests" --path tests/ --measure commits --target 4
      harvester goals import ft --level senior-1
      harvester goals check
      harvester goals progress --period this-quarter
    """


command.add_command(goals_import.command)


@command.command(name="list", short_help="List the criteria, the goals and the questions.")
@options.as_json
@options.config
@click.pass_obj
def list_(terminal: Terminal, as_json: bool, config_path: Path | None) -> int:
    """List the criteria, the goals with their days, measures and targets, and the questions of a form.

    \b
    Example:
      harvester goals list
    """
    from harvester.cli.main import OK
    from harvester.workspace.work_items import require_goals, short
    from harvester.workspace.workspace import open_workspace

    goals = require_goals(open_workspace(terminal, config_path, aliases=False)).goals
    if as_json:
        tables = {"criteria": goals.criteria, "goals": goals.goals, "questions": goals.questions}
        terminal.echo_json({name: model_json(each) for name, each in tables.items()})
        return OK
    for criterion in goals.criteria:
        level = f" ({criterion.level})" if criterion.level else ""
        terminal.echo(short(f"Criterion {criterion.name}: {criterion.text}{level}"))
    if goals.criteria and goals.goals:
        terminal.echo("")
    for goal in goals.goals:
        terminal.echo(f"Goal {goal.name}: {short(goal.title)}\n  {' · '.join(map(short, _details(goal)))}")
    if not goals.goals:
        terminal.echo("No goals are defined yet in goals.toml.")
    if goals.questions:
        terminal.echo("")
    for question in goals.questions:
        terminal.echo(f"Question: {short(question.title)}\n  {' · '.join(map(short, _answered_by(question)))}")
    return OK


def _answered_by(question: Question) -> list[str]:
    """What answers a question, and how many characters it may have."""
    named = [f"goal {each}" for each in question.goals or ()] + [
        f"criterion {each}" for each in question.criteria or ()
    ]
    named += ["its rule"] if question.match is not None else ["the highlights"] if question.takes_highlights else []
    return [*named, *([f"{question.limit:,} characters"] if question.limit else [])]


def _details(goal: Goal) -> list[str]:
    serves = f"for {goal.criterion}" if goal.criterion else ""
    return [each for each in (_days(goal), _target(goal), serves, _checkins(goal), _away(goal)) if each]


def _checkins(goal: Goal) -> str:
    from harvester.model.periods import day

    return f"check-in on {', '.join(map(day, goal.checkins))}" if goal.checkins else ""


def _away(goal: Goal) -> str:
    from harvester.model.periods import span

    spans = ", ".join(span(first, last) for first, last in goal.away)
    return f"away {spans}" if spans else ""


def _days(goal: Goal) -> str:
    from harvester.model.periods import day, span

    if goal.from_ and goal.until:
        return span(goal.from_, goal.until)
    return f"from {day(goal.from_)}" if goal.from_ else f"until {day(goal.until)}" if goal.until else "always"


def _target(goal: Goal) -> str:
    """The target in words; without one, what is counted; '' without a measure."""
    from harvester.analysis.measures import MEASURES
    from harvester.goals.progress import target_text

    measure = MEASURES.get(goal.measure or "")
    return target_text(goal) or (measure.many if measure else "")


@command.command(short_help="Add a goal to goals.toml.")
@click.argument("title", required=False)
@click.option("--name", help="How decisions and notes refer to it; by default made from the title.")
@click.option("--why", help="Why it matters to the business.")
@click.option("--criterion", help="The name of the criterion that it serves.")
@click.option(
    "--from", "from_", metavar="DAY", callback=options.not_empty,
    help="Its first day, such as 2026-07-01 or '1 July 2026'.",
)  # fmt: skip
@click.option("--until", metavar="DAY", callback=options.not_empty, help="Its last day, which still counts.")
@click.option("--measure", help="What is counted, such as commits or pull_requests, or outcome.")
@click.option("--target", type=float, help="The figure to reach.")
@click.option("--baseline", type=float, help="Where an outcome started.")
@click.option("--unit", help="What the figure of an outcome counts.")
@click.option("--path", "paths", multiple=True, help="A glob as in .gitignore, such as src/pay/; several may be given.")
@click.option("--label", "labels", multiple=True, help="A label; several may be given.")
@click.option("--ticket", "tickets", multiple=True, help="A ticket such as PAY-7 or PAY-*; several may be given.")
@click.option("--scope", "scopes", multiple=True, help="A scope in titles, such as pay; several may be given.")
@click.option("--person", "people", multiple=True, help="A key of [people]; several may be given.")
@click.option("--word", "words", multiple=True, help="A word that suggests work and claims none; several may be given.")
@options.config
@click.pass_obj
def add(
    terminal: Terminal,
    /,
    title: str | None,
    from_: str | None,
    until: str | None,
    config_path: Path | None,
    **values: Any,
) -> int:
    """Add a goal called TITLE to goals.toml, whose other text stays as it is.

    Work counts for it that matches any of the paths, labels, tickets, scopes and people. In a terminal, without a
    title, it asks for each.

    \b
    Examples:
      harvester goals add "Fewer flaky tests" --path tests/ --measure commits --target 4
      harvester goals add "Help a colleague" --measure notes --target 3 --from 2026-07-01
    """
    from harvester.cli.main import OK
    from harvester.workspace.goals import add_goal
    from harvester.workspace.workspace import open_workspace

    workspace = open_workspace(terminal, config_path, aliases=False)
    days = {"from": options.read_day(workspace, from_), "until": options.read_day(workspace, until)}
    keys: dict[str, Any] = {"title": title, **days}
    keys |= {key: list(each) if isinstance(each, tuple) else each for key, each in values.items()}
    if title is None:
        if not terminal.stdin.isatty():
            raise click.UsageError("Missing argument 'TITLE'.")
        keys = _asked(terminal, workspace, keys)
    if not (keys["title"] or "").strip():
        raise click.UsageError("A goal needs a title.")
    matching = {key: keys.pop(key) for key in MATCHING}
    rules = [{key: words} for key, words in matching.items() if words]
    keys["match"] = {"any": rules} if len(rules) > 1 else rules[0] if rules else None
    try:
        added = add_goal(workspace, keys)
    except ConfigError as error:
        raise ConfigError(_relative(terminal, workspace, error.message), hint=error.hint) from error
    terminal.echo(f"Added the goal {added.goal.name} to {terminal.from_here(added.path)}: {_described(added.goal)}")
    for each in added.warnings:
        terminal.echo(printable(f"warning  {each}"))
    return OK


def _described(goal: Goal) -> str:
    from harvester.workspace.work_items import short

    return f"{short(goal.title)} ({' · '.join(map(short, _details(goal)))})."


def _asked(terminal: Terminal, workspace: Workspace, keys: dict[str, Any]) -> dict[str, Any]:
    """The keys with the answers to a question for each that has none; an empty answer leaves it out.

    Raises PeriodError for what is no day, and UsageError for what is no number.
    """
    answered = dict(keys)
    for key, question in QUESTIONS.items():
        if not answered.get(key):
            answer = terminal.ask(f"{question}: ") or ""
            answered[key] = _read_answer(workspace, key, answer) if answer else answered.get(key)
    return answered


def _read_answer(workspace: Workspace, key: str, answer: str) -> object:
    if key in {"from", "until"}:
        return options.read_day(workspace, answer)
    if key == "target":
        number: float = click.FLOAT(answer)
        return number
    return [each.strip() for each in answer.split(",") if each.strip()] if key in (*MATCHING, "words") else answer


@command.command()
@options.as_json
@options.config
@click.pass_obj
def check(terminal: Terminal, as_json: bool, config_path: Path | None) -> int:
    """Check goals.toml, decisions.toml and the notes. Exits with 1 if there is an error, with 0 for warnings.

    It says how many criteria have rules, and how many are judged by hand: no rule, and no goal that serves them.

    Warnings name goals that can never match, globs that match no file, decisions and notes about unknown work, and
    notes dated in the future. Work and files are looked up in everything that has been read so far.

    \b
    Example:
      harvester goals check
    """
    from harvester.cli.main import OK
    from harvester.workspace.goals import check_goals
    from harvester.workspace.workspace import open_workspace

    workspace = open_workspace(terminal, config_path, aliases=False)
    try:
        checked = check_goals(workspace)
    except ConfigError as error:
        raise ConfigError(_relative(terminal, workspace, error.message), hint=error.hint) from error
    warnings = [f"{terminal.from_here(path)}{text}" for path, text in checked.warnings]
    if as_json:
        judged = {"criteria_with_rules": checked.with_rules, "criteria_judged_by_hand": checked.judged_by_hand}
        terminal.echo_json({**checked.counts, **judged, "warnings": warnings, "looked_up": checked.looked_up})
        return OK
    terminal.echo(_summary(checked))
    for each in warnings:
        terminal.echo(printable(f"warning  {each}"))
    if checked.counts["decisions"] and not checked.looked_up:
        terminal.echo("Nothing has been read yet, so decisions were not looked up: run `harvester harvest`.")
    return OK


def _relative(terminal: Terminal, workspace: Workspace, text: str) -> str:
    """A text with the paths of both files as seen from the current folder."""
    from harvester.goals import decisions, load

    for path in (workspace.config.root / name for name in (load.FILE, decisions.FILE)):
        text = text.replace(str(path), terminal.from_here(path))
    return text


def _summary(checked: GoalsCheck) -> str:
    one = {"goals": "goal", "criteria": "criterion", "questions": "question", "decisions": "decision"}
    judged = ((checked.with_rules, "with rules"), (checked.judged_by_hand, "judged by hand"))
    how = ", ".join(f"{number:,} {what}" for number, what in judged if number)
    more = {"criteria": f" ({how})" if how else ""}
    known = {name: number for name, number in checked.counts.items() if number or name != "questions"}
    counts = ", ".join(f"{count_noun(number, one[name], name)}{more.get(name, '')}" for name, number in known.items())
    if checked.warnings:
        return f"{counts}; {count_noun(len(checked.warnings), 'warning')}:"
    return f"goals.toml and decisions.toml are valid: {counts}."


@command.command(short_help="Show how far each goal is.")
@options.period
@options.person
@options.harvest
@options.allow_incomplete
@options.as_json
@options.config
@click.pass_obj
def progress(
    terminal: Terminal,
    period: str | None,
    persons: tuple[str, ...],
    harvest: bool,
    allow_incomplete: bool,
    as_json: bool,
    config_path: Path | None,
) -> int:
    """Show how far each goal is at the end of the period, or now while it runs.

    "Expected by now" is what would be done if the work went evenly, days away left out. Goals that have no day in the
    period are only named. For each criterion it shows how much work of the period is for it, with or without a goal.

    \b
    Examples:
      harvester goals progress --period this-quarter
      harvester goals progress --period 2026Q3 --no-harvest
    """
    from harvester.cli.main import INCOMPLETE, OK
    from harvester.workspace.goals import measure_progress
    from harvester.workspace.workspace import open_workspace

    measured = measure_progress(open_workspace(terminal, config_path), period, persons, harvest=harvest)
    if as_json:
        terminal.echo_json(_as_json(measured))
    else:
        _echo_progress(terminal, measured)
    return OK if measured.collected.complete or allow_incomplete else INCOMPLETE


def _as_json(measured: GoalsProgress) -> dict[str, object]:
    figures = measured.report_input.assessment.progress
    goals = [
        {"title": goal.title, "measure": goal.measure, "unit": goal.unit} | dataclasses.asdict(figures[goal.name])
        for goal in measured.goals
    ]
    return {
        "period": measured.report_input.period.name,
        "complete": measured.collected.complete,
        "goals": goals,
        "criteria": [{"criterion": each.name, "pieces": each.threads} for each in measured.criteria],
    }


def _echo_progress(terminal: Terminal, measured: GoalsProgress) -> None:
    from harvester.workspace.work_items import short

    report_input = measured.report_input
    who = ", ".join(map(report_input.name, report_input.persons))
    terminal.echo(f"{short(who)}, {report_input.period.name}")
    if measured.goals:
        rows = [_row(goal, report_input.assessment.progress[goal.name]) for goal in measured.goals]
        terminal.table(("Goal", "Target", "Done", "Expected by now", "State"), rows)
    if measured.criteria:
        criteria = [(each.name, short(each.text), f"{each.threads:g}") for each in measured.criteria]
        terminal.table(("Criterion", "Text", "Pieces of work"), criteria)
    for goal in measured.outside:
        terminal.echo(short(f"{goal.name} has no day in this period: {_days(goal)}"))
    # Counts of a source with gaps are too low, so the reader must know of them.
    for each in measured.collected.incomplete():
        terminal.notify(terminal.redact(f"Incomplete: {each}"))


def _row(goal: Goal, figures: Progress) -> tuple[str, ...]:
    from harvester.workspace.work_items import short

    cells = (short(_target(goal)), number_text(figures.done), rounded_text(figures.expected))
    return goal.name, *(each or "—" for each in cells), figures.state
