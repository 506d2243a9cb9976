"""`harvester ledger`: what the ledger holds, and its upkeep."""

from __future__ import annotations

import json
from pathlib import Path

import click

from harvester.cli import options
from harvester.workspace.environment import Environment


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
def info(environment: Environment, as_json: bool, config_path: Path | None) -> int:
    """Say where the ledger is, and how much it holds.

    \b
    Example:
      harvester ledger info
    """
    from harvester.cli.main import OK
    from harvester.text import count_noun
    from harvester.workspace.collect import open_ledger
    from harvester.workspace.workspace import open_workspace

    workspace = open_workspace(environment, config_path, None, aliases=False)
    with open_ledger(environment, workspace, create=False) as ledger:
        known = ledger.info()
    if as_json:
        told = {"location": known.location, "schema": known.schema, "rows": dict(known.rows), "files": known.files}
        environment.echo(json.dumps(told | {"bytes": known.size, "commits": known.commits}, indent=2))
        return OK
    environment.echo(f"{known.location}: {known.files:,} files, {known.size / 1e6:,.1f} MB, schema {known.schema}")
    for source, rows in known.rows.items():
        environment.echo(f"{source}: {count_noun(rows, 'row')}")
    return OK


@command.command()
@options.config
@click.pass_obj
def compact(environment: Environment, config_path: Path | None) -> int:
    """Merge small files, and delete those that nothing needs any more.

    \b
    Example:
      harvester ledger compact
    """
    from harvester.cli.main import OK
    from harvester.text import count_noun
    from harvester.workspace.collect import open_ledger
    from harvester.workspace.workspace import open_workspace

    with open_ledger(
        environment, open_workspace(environment, config_path, None, aliases=False), create=False
    ) as ledger:
        merged = ledger.compact()
    environment.echo(f"{count_noun(merged, 'file was', 'files were')} merged.")
    return OK


@command.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@options.config
@click.pass_obj
def export(environment: Environment, file: Path, config_path: Path | None) -> int:
    """Write all rows to one Parquet FILE.

    \b
    Example:
      harvester ledger export work.parquet
    """
    from harvester.cli.main import OK
    from harvester.text import count_noun
    from harvester.workspace.collect import open_ledger
    from harvester.workspace.workspace import open_workspace

    with open_ledger(
        environment, open_workspace(environment, config_path, None, aliases=False), create=False
    ) as ledger:
        rows = ledger.export(environment.cwd / file)
    environment.echo(f"Wrote {count_noun(rows, 'row')} to {file}.")
    return OK
