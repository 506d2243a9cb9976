"""`harvester ledger`: inspect, compact and export the local data."""

from __future__ import annotations

from pathlib import Path

import click

from harvester.cli import options
from harvester.cli.terminal import Terminal
from harvester.text import count_noun


@click.group()
def command() -> None:
    """Inspect and maintain the local data, a Delta Lake table that pandas, DuckDB, Polars and Spark can read.

    \b
    Examples:
      harvester ledger info
      harvester ledger export work.parquet
    """


@command.command()
@options.as_json
@options.config
@click.pass_obj
def info(terminal: Terminal, as_json: bool, config_path: Path | None) -> int:
    """Show where the ledger is and how many rows it has.

    \b
    Example:
      harvester ledger info
    """
    from harvester.cli.main import OK
    from harvester.workspace.collect import open_ledger
    from harvester.workspace.workspace import open_workspace

    with open_ledger(open_workspace(terminal, config_path, aliases=False), create=False) as ledger:
        facts = ledger.info()
    if as_json:
        head = {"location": facts.location, "schema": facts.schema, "rows": dict(facts.rows), "files": facts.files}
        terminal.echo_json(head | {"bytes": facts.size, "commits": facts.commits})
        return OK
    terminal.echo(f"{facts.location}: {facts.files:,} files, {facts.size / 1e6:,.1f} MB, schema {facts.schema}")
    for source, rows in facts.rows.items():
        terminal.echo(f"{source}: {count_noun(rows, 'row')}")
    return OK


@command.command()
@options.config
@click.pass_obj
def compact(terminal: Terminal, config_path: Path | None) -> int:
    """Merge small files, and delete files that are no longer needed.

    \b
    Example:
      harvester ledger compact
    """
    from harvester.cli.main import OK
    from harvester.workspace.collect import open_ledger
    from harvester.workspace.workspace import open_workspace

    with open_ledger(open_workspace(terminal, config_path, aliases=False), create=False) as ledger:
        merged = ledger.compact()
    terminal.echo(f"Merged {count_noun(merged, 'file')}.")
    return OK


@command.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@options.config
@click.pass_obj
def export(terminal: Terminal, file: Path, config_path: Path | None) -> int:
    """Write all rows, with the prepared columns, to a Parquet FILE, whose name ends with .parquet or .pq.

    `person` and `counted`, the measures that count a row, are among the columns; docs/reference/columns.md has them
    all.

    \b
    Example:
      harvester ledger export work.parquet
    """
    from harvester.cli.main import OK
    from harvester.workspace.export import export_rows
    from harvester.workspace.workspace import open_workspace

    rows = export_rows(open_workspace(terminal, config_path, aliases=False), terminal.cwd / file)
    terminal.echo(f"Wrote {count_noun(rows, 'row')} to {file}.")
    return OK
