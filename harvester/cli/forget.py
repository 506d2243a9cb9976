"""`harvester forget`: remove a person from the ledger, also from disk."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from harvester.cli import options
from harvester.cli.world import World

if TYPE_CHECKING:
    from harvester.cli.setup import Setup
    from harvester.ledger import Ledger


@click.command()
@click.argument("person")
@click.option("--yes", is_flag=True, help="Do not ask.")
@options.config
@click.pass_obj
def command(world: World, person: str, yes: bool, config_path: Path | None) -> int:
    """Remove what was read of PERSON (a key of [people], a name, an address, a login) from the ledger and from disk.

    Their rows go; where others worked with them, `(forgotten)` stands in their place. To read them no more, remove them
    from harvester.toml too.

    \b
    Example:
      harvester forget teammate
    """
    from harvester.cli.main import OK
    from harvester.cli.reading import open_ledger
    from harvester.cli.setup import open_setup
    from harvester.words import numbered

    setup = open_setup(world, config_path, None)
    with open_ledger(world, setup, create=False) as ledger:
        who = _whom(setup, ledger, person)
        if not yes:
            click.confirm(f"Remove everything that was read of {setup.config.people.name(who)}?", abort=True, err=True)
        gone = ledger.forget(lambda source, account: setup.config.people.owns(who, source, account))
    world.echo(f"{numbered(gone, 'row is', 'rows are')} gone.")
    return OK


def _whom(setup: Setup, ledger: Ledger, words: str) -> str:
    """Somebody configured, whoever has this address, or a stranger as the ledger names them; raises PersonError."""
    from harvester.errors import PersonError
    from harvester.people import find_or_address

    people = setup.config.people
    try:
        return find_or_address(people, words)
    except PersonError:
        return people.find(words, _strangers(setup, ledger))


def _strangers(setup: Setup, ledger: Ledger) -> dict[str, str]:
    """Everybody in the ledger by key, with the name or the login that sources have."""
    import pyarrow.compute as pc

    from harvester.accounts import name_of

    rows = ledger.rows()
    found: dict[str, str] = {}
    for source in rows["source"].unique().to_pylist():
        own = rows.filter(pc.equal(rows["source"], source))
        accounts = {*own["account"].unique().to_pylist()}
        accounts |= {each for column in ("owners", "others") for each in pc.list_flatten(own[column]).to_pylist()}
        found |= {setup.config.people.person_of(source, each): name_of(each) or each for each in accounts if each}
    return found
