"""`harvester forget`: remove a person from the ledger, also from disk."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from harvester.cli import options
from harvester.workspace.environment import Environment

if TYPE_CHECKING:
    from harvester.ledger import Ledger
    from harvester.workspace.workspace import Workspace


@click.command()
@click.argument("person")
@click.option("--yes", is_flag=True, help="Do not ask.")
@options.config
@click.pass_obj
def command(environment: Environment, person: str, yes: bool, config_path: Path | None) -> int:
    """Remove what was read of PERSON (a key of [people], a name, an address, a login) from the ledger and from disk.

    Their rows go; where others worked with them, `(forgotten)` stands in their place. To read them no more, remove them
    from harvester.toml too.

    \b
    Example:
      harvester forget teammate
    """
    from harvester.cli.main import OK
    from harvester.text import count_noun
    from harvester.workspace.collect import open_ledger
    from harvester.workspace.workspace import open_workspace

    workspace = open_workspace(environment, config_path, None)
    with open_ledger(environment, workspace, create=False) as ledger:
        who = _whom(workspace, ledger, person)
        if not yes:
            click.confirm(
                f"Remove everything that was read of {workspace.config.people.name(who)}?", abort=True, err=True
            )
        gone = ledger.forget(lambda source, account: workspace.config.people.owns(who, source, account))
    environment.echo(f"{count_noun(gone, 'row is', 'rows are')} gone.")
    return OK


def _whom(workspace: Workspace, ledger: Ledger, words: str) -> str:
    """Somebody configured, whoever has this address, or a stranger as the ledger names them; raises PersonError."""
    from harvester.errors import PersonError
    from harvester.model.people import find_or_address

    people = workspace.config.people
    try:
        return find_or_address(people, words)
    except PersonError:
        return people.find(words, _strangers(workspace, ledger))


def _strangers(workspace: Workspace, ledger: Ledger) -> dict[str, str]:
    """Everybody in the ledger by key, with the name or the login that sources have."""
    import pyarrow.compute as pc

    from harvester.model.accounts import name_of

    rows = ledger.rows()
    found: dict[str, str] = {}
    for source in rows["source"].unique().to_pylist():
        own = rows.filter(pc.equal(rows["source"], source))
        accounts = {*own["account"].unique().to_pylist()}
        accounts |= {each for column in ("owners", "participants") for each in pc.list_flatten(own[column]).to_pylist()}
        found |= {workspace.config.people.person_of(source, each): name_of(each) or each for each in accounts if each}
    return found
