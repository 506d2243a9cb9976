"""Options that several commands share, written once."""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

import click

Value = TypeVar("Value", str, tuple[str, ...], None)


def not_empty(ctx: click.Context, param: click.Parameter, value: Value) -> Value:
    """The value, or each of several, unchanged; a usage error where one is empty, or is bytes that are not UTF-8.

    A variable that a script left unset must not mean what leaving the option out means.
    """
    values: tuple[str, ...] = (value,) if isinstance(value, str) else value or ()
    for each in values:
        if not each.strip():
            raise click.BadParameter("it is empty; leave it out, or give a value.", ctx=ctx, param=param)
        if not each.isascii() and any("\ud800" <= letter <= "\udfff" for letter in each):
            raise click.BadParameter("it is not UTF-8 text.", ctx=ctx, param=param)
    return value


config = click.option(
    "--config", "config_path", type=click.Path(path_type=Path), envvar="HARVESTER_CONFIG",
    help="The configuration file; by default the nearest harvester.toml in this folder or above.",
)  # fmt: skip
repo = click.option(
    "--repo", "repos", type=click.Path(path_type=Path), multiple=True,
    help="Read this git repository, without any configuration, and store nothing; may be given several times.",
)  # fmt: skip
person = click.option(
    "--person",
    "persons",
    callback=not_empty,
    multiple=True,
    help="A key of [people], a name or an e-mail address; by default yourself. May be given several times.",
)
period = click.option(
    "--period", "-p", callback=not_empty,
    help="2026Q3, 2026-10, 2026, 2026-W41, last-quarter (the default), this-month, 2026-07-01..2026-10-01, …",
)  # fmt: skip
harvest = click.option(
    "--harvest/--no-harvest", default=True, help="Read the sources first, or use what has been read before."
)
allow_incomplete = click.option("--allow-incomplete", is_flag=True, help="Exit with 0 even if a source was incomplete.")
as_json = click.option("--json", "as_json", is_flag=True, help="Write JSON for programs.")
