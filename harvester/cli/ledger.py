"""`harvester ledger`: what the ledger holds, and its upkeep."""

from __future__ import annotations

import json
from pathlib import Path

import click

from harvester.cli import options
from harvester.cli.world import World


@click.group()
def command() -> None:
    """Look after the ledger, which is a Delta Lake table that pandas, DuckDB, Polars and Spark read as it is.

    \b
    Examples:
      harvester ledger info
      harvester ledger export work.parquet
    """


@command.command()
@options.as_json
@options.config
@click.pass_obj
def info(world: World, as_json: bool, config_path: Path | None) -> int:
    """Say where the ledger is, and how much it holds.

    \b
    Example:
      harvester ledger info
    """
    from harvester.cli.main import OK
    from harvester.cli.reading import open_ledger
    from harvester.cli.setup import open_setup
    from harvester.words import numbered

    setup = open_setup(world, config_path, None, aliases=False)
    with open_ledger(world, setup, create=False) as ledger:
        known = ledger.info()
    if as_json:
        told = {"location": known.location, "schema": known.schema, "rows": dict(known.rows), "files": known.files}
        world.echo(json.dumps(told | {"bytes": known.size, "commits": known.commits}, indent=2))
        return OK
    world.echo(f"{known.location}: {known.files:,} files, {known.size / 1e6:,.1f} MB, schema {known.schema}")
    for source, rows in known.rows.items():
        world.echo(f"{source}: {numbered(rows, 'row')}")
    return OK


@command.command()
@options.config
@click.pass_obj
def compact(world: World, config_path: Path | None) -> int:
    """Merge small files, and delete those that nothing needs any more.

    \b
    Example:
      harvester ledger compact
    """
    from harvester.cli.main import OK
    from harvester.cli.reading import open_ledger
    from harvester.cli.setup import open_setup
    from harvester.words import numbered

    with open_ledger(world, open_setup(world, config_path, None, aliases=False), create=False) as ledger:
        merged = ledger.compact()
    world.echo(f"{numbered(merged, 'file was', 'files were')} merged.")
    return OK


@command.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@options.config
@click.pass_obj
def export(world: World, file: Path, config_path: Path | None) -> int:
    """Write all rows to one Parquet FILE.

    \b
    Example:
      harvester ledger export work.parquet
    """
    from harvester.cli.main import OK
    from harvester.cli.reading import open_ledger
    from harvester.cli.setup import open_setup
    from harvester.words import numbered

    with open_ledger(world, open_setup(world, config_path, None, aliases=False), create=False) as ledger:
        rows = ledger.export(world.cwd / file)
    world.echo(f"Wrote {numbered(rows, 'row')} to {file}.")
    return OK
