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


@command.command(short_help="Show where the ledger is and how many rows it has.")
@click.option(
    "--require-public", is_flag=True,
    help="Exit with 1 if a row is not known to be public work, so that the ledger must stay private.",
)  # fmt: skip
@options.as_json
@options.config
@click.pass_obj
def info(terminal: Terminal, require_public: bool, as_json: bool, config_path: Path | None) -> int:
    """Show where the ledger is, how many rows it has, and how many of them are not known to be public work.

    A row is public where its source says so: git does not, and a note says so itself.

    \b
    Examples:
      harvester ledger info
      harvester ledger info --require-public
    """
    from harvester.cli.main import OK, USER_ERROR
    from harvester.workspace.collect import open_ledger
    from harvester.workspace.workspace import open_workspace

    with open_ledger(open_workspace(terminal, config_path, aliases=False), create=False) as ledger:
        facts, private = ledger.info(), ledger.count_not_public()
    status = USER_ERROR if require_public and private else OK
    if as_json:
        head = {"location": facts.location, "schema": facts.schema, "rows": dict(facts.rows), "files": facts.files}
        terminal.echo_json(head | {"bytes": facts.size, "commits": facts.commits, "not_public": private})
        return status
    terminal.echo(f"{facts.location}: {facts.files:,} files, {facts.size / 1e6:,.1f} MB, schema {facts.schema}")
    for source, rows in facts.rows.items():
        terminal.echo(f"{source}: {count_noun(rows, 'row')}")
    terminal.echo(f"not known to be public: {count_noun(private, 'row')}")
    return status


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


@command.command(short_help="Write all rows to a file.")
@click.argument("file", type=click.Path())
@click.option(
    "--format", "format_name", type=click.Choice(["parquet", "csv", "xlsx", "json", "jsonl"]),
    help="By default as the name of FILE ends.",
)  # fmt: skip
@click.option("--force", is_flag=True, help="Replace a file that exists.")
@options.config
@click.pass_obj
def export(terminal: Terminal, file: str, format_name: str | None, force: bool, config_path: Path | None) -> int:
    """Write all rows, with the prepared columns, to FILE, whose name says the format; - is the terminal.

    It ends with .parquet, .csv, .xlsx, .json (an array) or .jsonl (a row a line). `person` and `counted`, the measures
    that count a row, are among the columns; docs/reference/columns.md has them all, and what each format holds.

    \b
    Examples:
      harvester ledger export work.parquet
      harvester ledger export - --format jsonl
    """
    from harvester.cli.main import OK
    from harvester.files import resolve_path
    from harvester.reporting.formats import EXPORT_FORMATS, choose_format
    from harvester.workspace.export import export_bytes, export_rows
    from harvester.workspace.workspace import open_workspace

    to_terminal = file == "-"
    chosen = choose_format(EXPORT_FORMATS, format_name, None if to_terminal else file)
    if to_terminal:
        terminal.check_shows(chosen.name, is_text=chosen.is_text)
    workspace = open_workspace(terminal, config_path, aliases=False)
    if to_terminal:
        content, remarks = export_bytes(workspace, chosen)
        terminal.write(content)
    else:
        rows, remarks = export_rows(workspace, resolve_path(terminal.cwd, file), chosen, force=force)
        terminal.echo(f"Wrote {count_noun(rows, 'row')} to {file}.")
    for remark in remarks:
        terminal.notify(remark)
    return OK
