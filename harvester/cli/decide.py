"""`harvester decide`: link work to a goal, or unlink it, without being asked questions."""

from __future__ import annotations

from pathlib import Path

import click

from harvester.cli import options
from harvester.cli.terminal import Terminal


@click.command()
@click.argument("work_item", callback=options.not_empty)
@click.option("--goal", required=True, help="The name of a goal in goals.toml.")
@click.option("--reject", is_flag=True, help="Unlink it: it does not serve the goal, whatever the rules say.")
@click.option("--note", default="", help="Why, for yourself.")
@click.option("--undo", is_flag=True, help="Remove the decision, so that the rules apply again.")
@options.config
@click.pass_obj
def command(
    terminal: Terminal, work_item: str, goal: str, reject: bool, note: str, undo: bool, config_path: Path | None
) -> int:
    """Link work to a goal, or unlink it. The decision is stored in decisions.toml and overrides every rule.

    WORK_ITEM is `repo#12` as in a report, a ticket such as PAY-7, an address, an id, a commit's hash, or a note's title
    or day. A commit that counts with its pull request cannot be linked alone; neither can work that does not count for
    you, such as a pull request you only merged.

    \b
    Examples:
      harvester decide pay#131 --goal payments-rewrite
      harvester decide 1a2b3c4d5e --goal payments-rewrite --reject --note "only a typo"
      harvester decide pay#131 --goal payments-rewrite --undo
    """
    from harvester.cli.main import OK
    from harvester.goals.decisions import FILE
    from harvester.workspace.decide import decide_work_item, undo_decision
    from harvester.workspace.work_items import short
    from harvester.workspace.workspace import open_workspace

    if undo and (reject or note):
        raise click.UsageError("--undo cannot be combined with --reject or --note.")
    workspace = open_workspace(terminal, config_path)
    if undo:
        removed = undo_decision(workspace, work_item, goal)
        was = "accepted" if removed.accept else "rejected"
        terminal.echo(f"{short(removed.work_item)} and {removed.goal}: no longer {was}.")
        return OK
    decided = decide_work_item(workspace, work_item, goal, accept=not reject, note=note)
    title = f": {short(decided.title)}" if decided.title else ""
    verb = "does not serve" if reject else "serves"
    terminal.echo(f"{short(decided.decision.work_item)} {verb} {decided.decision.goal}{title}. Stored in {FILE}.")
    if decided.warning:
        terminal.notify(decided.warning)
    return OK
