"""`harvester decide`: give a piece of work to a goal, or take it from it, without being asked questions."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from harvester.cli import options
from harvester.workspace.environment import Environment
from harvester.workspace.workspace import Workspace

if TYPE_CHECKING:
    import pandas as pd

    from harvester.goals.model import Goal


@click.command()
@click.argument("work_item", callback=options.given)
@click.option("--goal", required=True, help="The name of a goal in goals.toml.")
@click.option("--reject", is_flag=True, help="It does not serve the goal, whatever the rules say.")
@click.option("--note", default="", help="Why, for yourself.")
@click.option("--undo", is_flag=True, help="Take back what was decided; the rules hold again.")
@options.config
@click.pass_obj
def command(
    environment: Environment, work_item: str, goal: str, reject: bool, note: str, undo: bool, config_path: Path | None
) -> int:
    """Decide that SUBJECT serves a goal; it is kept in decisions.toml and comes before every rule.

    SUBJECT is what `harvester explain` takes: `repo#12` as in a report, a ticket such as PAY-7, an address, an id, a
    commit's hash, or a note's title or day. A commit that counts with its pull request is decided on with that; work of
    which nothing counts, such as what you only merged, can serve no goal.

    \b
    Examples:
      harvester decide pay#131 --goal payments-rewrite
      harvester decide 1a2b3c4d5e --goal payments-rewrite --reject --note "only a typo"
      harvester decide pay#131 --goal payments-rewrite --undo
    """
    from harvester.cli.main import OK
    from harvester.workspace.work_items import decisions_path, find_goal, with_goals
    from harvester.workspace.workspace import open_workspace

    if undo and (reject or note):
        raise click.UsageError("--undo goes with neither --reject nor --note.")
    workspace = open_workspace(environment, config_path, None)
    path = decisions_path(workspace)
    if undo:
        _undo(environment, workspace, path, work_item, goal)
        return OK
    goals = with_goals(workspace).goals
    _decide(environment, workspace, path, work_item, find_goal(goals, goal), reject, note)
    return OK


def _decide(
    environment: Environment, workspace: Workspace, path: Path, what: str, goal: Goal, reject: bool, note: str
) -> None:
    from harvester.goals.decisions import Decision, decide
    from harvester.workspace.work_items import everything, outside, rows_of, short, with_neighbours

    rows = rows_of(everything(environment, workspace), what, workspace.config.calendar)
    work_item = str(rows["work_item"].iloc[0])
    frame = with_neighbours(environment, workspace, work_item)
    if work_item.startswith("commit/"):
        _refuse_part(frame, work_item, goal, reject)
    if not reject:
        _refuse_uncounted(workspace, frame, work_item, goal)
    today = workspace.config.calendar.day_of(environment.clock())
    decide(path, Decision(work_item, goal.name, not reject, today, note))
    title = next(iter(rows["title"].dropna()), "")
    says = "does not serve" if reject else "serves"
    environment.echo(
        f"{short(work_item)} {says} {goal.name}{f': {short(title)}' if title else ''}. Kept in {path.name}."
    )
    if not reject and (why := outside(goal, map(workspace.config.calendar.day_of, rows["occurred_at"]))):
        environment.say(why)


def _refuse_part(frame: pd.DataFrame, work_item: str, goal: Goal, reject: bool) -> None:
    """Raises HarvesterError with the name of the pull request that a commit counts with: alone it changes nothing."""
    from harvester.errors import HarvesterError
    from harvester.workspace.work_items import counted_in, short

    if pull := counted_in(frame, work_item):
        again = f"harvester decide {short(pull)} --goal {goal.name}{' --reject' if reject else ''}"
        raise HarvesterError(
            f"{short(work_item)} counts with its pull request, so nothing was decided about it alone.",
            hint=f"Decide on the whole: `{again}`.",
        )


def _refuse_uncounted(workspace: Workspace, frame: pd.DataFrame, work_item: str, goal: Goal) -> None:
    """Raises HarvesterError where nothing of a work item counts: it would serve the goal without any effect."""
    from harvester.errors import HarvesterError
    from harvester.workspace.work_items import short, why_nothing_counts

    if why := why_nothing_counts(workspace, frame, work_item):
        note = f'`harvester note "…" --about {short(work_item)} --goal {goal.name}`'
        raise HarvesterError(
            f"Nothing of {short(work_item)} counts for you ({why}), so it can serve no goal; nothing was decided.",
            hint=f"What you did for it counts as a note: {note}.",
        )


def _undo(environment: Environment, workspace: Workspace, path: Path, what: str, goal: str) -> None:
    """A decision is taken back by what stands in the file, which may be about something or some goal that is gone."""
    from harvester.errors import UnknownError
    from harvester.goals.decisions import load, undo
    from harvester.workspace.work_items import everything, rows_of, short

    known = load(path)
    work_item = what
    if not known.about(what):
        work_item = str(
            rows_of(everything(environment, workspace), what, workspace.config.calendar)["work_item"].iloc[0]
        )
    gone = undo(path, work_item, goal)
    if gone is None:
        about = ", ".join(each.goal for each in known.about(work_item))
        raise UnknownError(
            f"Nothing was decided about {short(work_item)} and {goal}.",
            hint=f"There are decisions about it and {about}." if about else f"See {path.name}.",
        )
    environment.echo(f"{short(gone.work_item)} and {gone.goal}: no longer {'accepted' if gone.accept else 'rejected'}.")
