"""`harvester decide`: give a piece of work to a goal, or take it from it, without being asked questions."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from harvester.cli import options
from harvester.cli.setup import Setup
from harvester.cli.world import World

if TYPE_CHECKING:
    import pandas as pd

    from harvester.agreed.goals import Goal


@click.command()
@click.argument("subject", callback=options.given)
@click.option("--goal", required=True, help="The name of a goal in goals.toml.")
@click.option("--reject", is_flag=True, help="It does not serve the goal, whatever the rules say.")
@click.option("--note", default="", help="Why, for yourself.")
@click.option("--undo", is_flag=True, help="Take back what was decided; the rules hold again.")
@options.config
@click.pass_obj
def command(
    world: World, subject: str, goal: str, reject: bool, note: str, undo: bool, config_path: Path | None
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
    from harvester.cli.agreed import decisions_path, find_goal, with_goals
    from harvester.cli.main import OK
    from harvester.cli.setup import open_setup

    if undo and (reject or note):
        raise click.UsageError("--undo goes with neither --reject nor --note.")
    setup = open_setup(world, config_path, None)
    path = decisions_path(setup)
    if undo:
        _undo(world, setup, path, subject, goal)
        return OK
    goals = with_goals(setup).goals
    _decide(world, setup, path, subject, find_goal(goals, goal), reject, note)
    return OK


def _decide(world: World, setup: Setup, path: Path, what: str, goal: Goal, reject: bool, note: str) -> None:
    from harvester.agreed.decisions import Decision, decide
    from harvester.cli.agreed import everything, outside, rows_of, short, with_neighbours

    rows = rows_of(everything(world, setup), what, setup.config.calendar)
    subject = str(rows["subject"].iloc[0])
    frame = with_neighbours(world, setup, subject)
    if subject.startswith("commit/"):
        _refuse_part(frame, subject, goal, reject)
    if not reject:
        _refuse_uncounted(setup, frame, subject, goal)
    today = setup.config.calendar.day_of(world.clock())
    decide(path, Decision(subject, goal.name, not reject, today, note))
    title = next(iter(rows["title"].dropna()), "")
    says = "does not serve" if reject else "serves"
    world.echo(f"{short(subject)} {says} {goal.name}{f': {short(title)}' if title else ''}. Kept in {path.name}.")
    if not reject and (why := outside(goal, map(setup.config.calendar.day_of, rows["at"]))):
        world.say(why)


def _refuse_part(frame: pd.DataFrame, subject: str, goal: Goal, reject: bool) -> None:
    """Raises HarvesterError with the name of the pull request that a commit counts with: alone it changes nothing."""
    from harvester.cli.agreed import counted_in, short
    from harvester.errors import HarvesterError

    if pull := counted_in(frame, subject):
        again = f"harvester decide {short(pull)} --goal {goal.name}{' --reject' if reject else ''}"
        raise HarvesterError(
            f"{short(subject)} counts with its pull request, so nothing was decided about it alone.",
            hint=f"Decide on the whole: `{again}`.",
        )


def _refuse_uncounted(setup: Setup, frame: pd.DataFrame, subject: str, goal: Goal) -> None:
    """Raises HarvesterError where nothing of a subject counts: it would serve the goal without any effect."""
    from harvester.cli.agreed import short, why_nothing_counts
    from harvester.errors import HarvesterError

    if why := why_nothing_counts(setup, frame, subject):
        note = f'`harvester note "…" --about {short(subject)} --goal {goal.name}`'
        raise HarvesterError(
            f"Nothing of {short(subject)} counts for you ({why}), so it can serve no goal; nothing was decided.",
            hint=f"What you did for it counts as a note: {note}.",
        )


def _undo(world: World, setup: Setup, path: Path, what: str, goal: str) -> None:
    """A decision is taken back by what stands in the file, which may be about something or some goal that is gone."""
    from harvester.agreed.decisions import load, undo
    from harvester.cli.agreed import everything, rows_of, short
    from harvester.errors import UnknownError

    known = load(path)
    subject = what
    if not known.about(what):
        subject = str(rows_of(everything(world, setup), what, setup.config.calendar)["subject"].iloc[0])
    gone = undo(path, subject, goal)
    if gone is None:
        about = ", ".join(each.goal for each in known.about(subject))
        raise UnknownError(
            f"Nothing was decided about {short(subject)} and {goal}.",
            hint=f"There are decisions about it and {about}." if about else f"See {path.name}.",
        )
    world.echo(f"{short(gone.subject)} and {gone.goal}: no longer {'accepted' if gone.accept else 'rejected'}.")
