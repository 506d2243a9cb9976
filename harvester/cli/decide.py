"""`harvester decide`: link work to a goal or a criterion, or unlink it, and choose highlights, without questions."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from harvester.cli import options
from harvester.cli.terminal import Terminal

if TYPE_CHECKING:
    from harvester.goals.decisions import Answer
    from harvester.workspace.decide import Decided


@click.command()
@click.argument("work_items", nargs=-1, required=True, metavar="WORK_ITEM…", callback=options.not_empty)
@click.option("--goal", callback=options.not_empty, help="The name of a goal in goals.toml.")
@click.option("--criterion", callback=options.not_empty, help="The name of a criterion in goals.toml.")
@click.option(
    "--reject", is_flag=True, help="Unlink it: it does not serve the goal or criterion, whatever the rules say."
)
@click.option(
    "--highlight/--no-highlight", default=None, help="Always, or never, list it among the highlights of a report."
)
@click.option("--note", default="", help="Why, for yourself.")
@click.option("--undo", is_flag=True, help="Remove the decision, so that the rules apply again.")
@options.config
@click.pass_obj
def command(
    terminal: Terminal,
    work_items: tuple[str, ...],
    goal: str | None,
    criterion: str | None,
    reject: bool,
    highlight: bool | None,
    note: str,
    undo: bool,
    config_path: Path | None,
) -> int:
    """Link work to a goal or a criterion, or unlink it, and choose highlights.

    It is stored in decisions.toml and overrides every rule. What serves a goal serves the goal's criterion, too.

    WORK_ITEM is `repo#12` as in a report, a ticket such as PAY-7, an address, an id, a commit's hash, or a note's title
    or day. Of several all are decided, or, where one is unknown, none. A commit that counts with its pull request
    cannot be decided on alone; neither can work that does not count for you, such as a pull request you only merged.

    \b
    Examples:
      harvester decide pay#131 pay#140 --goal payments-rewrite
      harvester decide 1a2b3c4d5e --goal payments-rewrite --reject --note "only a typo"
      harvester decide pay#131 --goal payments-rewrite --undo
      harvester decide pay#140 --criterion leads-projects
      harvester decide pay#120 --highlight
      harvester decide pay#120 --highlight --undo
    """
    from harvester.cli.main import OK
    from harvester.goals.decisions import FILE
    from harvester.workspace.decide import Choice, decide_work_items, undo_decisions
    from harvester.workspace.work_items import short
    from harvester.workspace.workspace import open_workspace

    if goal is None and criterion is None and highlight is None:
        raise click.UsageError("Name a --goal or a --criterion, or say --highlight or --no-highlight.")
    if undo and (reject or note):
        raise click.UsageError("--undo cannot be combined with --reject or --note.")
    if reject and goal is None and criterion is None:
        raise click.UsageError("--reject needs a --goal or a --criterion: it says what the work does not serve.")
    workspace = open_workspace(terminal, config_path)
    choice = Choice(goal, not reject, highlight, note, criterion)
    if undo:
        for answer in undo_decisions(workspace, work_items, choice):
            terminal.echo(_undone(answer))
        return OK
    decided = decide_work_items(workspace, work_items, choice)
    lines = [
        f"{short(each.work_item)} {_words(each)}{f': {short(each.title)}' if each.title else ''}." for each in decided
    ]
    terminal.echo("\n".join(lines) + f" Stored in {FILE}.")
    for each in decided:
        if each.warning:
            terminal.notify(f"{short(each.work_item)}: {each.warning}" if len(decided) > 1 else each.warning)
    return OK


def _words(decided: Decided) -> str:
    """What was decided about a work item: `serves payments and is a highlight`."""
    from harvester.goals.decisions import Decision, Highlight

    words = []
    for each in decided.answers:
        match each:
            case Decision(accept=accept):
                words.append(f"serves {each.target}" if accept else f"does not serve {each.target}")
            case Highlight(highlight=highlight):
                words.append("is a highlight" if highlight else "is no highlight")
    return " and ".join(words)


def _undone(answer: Answer) -> str:
    from harvester.goals.decisions import Decision, Highlight
    from harvester.workspace.work_items import short

    match answer:
        case Decision(work_item=work_item, accept=accept):
            return f"{short(work_item)} and {answer.target}: no longer {'accepted' if accept else 'rejected'}."
        case Highlight(work_item=work_item, highlight=highlight):
            return (
                f"{short(work_item)}: no longer {'pinned as a highlight' if highlight else 'kept from the highlights'}."
            )
    raise AssertionError(f"{answer!r} is undone by `harvester triage --ask-again`")
