"""`harvester forget`: remove a person from the ledger and from disk."""

from __future__ import annotations

from pathlib import Path

import click

from harvester.cli import options
from harvester.cli.terminal import Terminal
from harvester.text import count_noun, printable


@click.command()
@click.argument("person")
@click.option("--yes", is_flag=True, help="Do not ask.")
@options.config
@click.pass_obj
def command(terminal: Terminal, person: str, yes: bool, config_path: Path | None) -> int:
    """Remove PERSON (a key of [people], a name, an address or a login) from the ledger and from disk.

    Their rows are deleted; in rows of others, `(forgotten)` replaces them. If it is you, the check-ins that were kept
    are deleted too. To stop reading their work, remove them from harvester.toml.

    \b
    Example:
      harvester forget teammate
    """
    from harvester.cli.main import OK, USER_ERROR
    from harvester.workspace.people import find_in_ledger, forget_checkins, forget_person
    from harvester.workspace.workspace import open_workspace

    workspace = open_workspace(terminal, config_path)
    key = find_in_ledger(workspace, person)
    if not yes:
        name = workspace.config.people.name(key)
        answer = terminal.ask(printable(f"Remove everything that was read about {name}? y for yes > ")) or ""
        if answer.casefold() not in {"y", "yes"}:
            terminal.notify("Nothing was removed.")
            return USER_ERROR
    removed = [count_noun(forget_person(workspace, key), "row")]
    if checkins := forget_checkins(workspace, key):
        removed.append(count_noun(checkins, "kept check-in"))
    terminal.echo(f"Removed {' and '.join(removed)}.")
    return OK
