"""Options that several commands share, written once."""

from __future__ import annotations

from pathlib import Path

import click


def given(ctx: click.Context, param: click.Parameter, value: str | None) -> str | None:
    """The words as they are; a usage error for empty ones.

    A variable that a script left unset must not mean what leaving it out means.
    """
    if value is not None and not value.strip():
        raise click.BadParameter("it is empty; leave it out, or say what you mean.", ctx=ctx, param=param)
    return value


config = click.option(
    "--config", "config_path", type=click.Path(path_type=Path), envvar="HARVESTER_CONFIG",
    help="The configuration; otherwise the nearest harvester.toml here or above.",
)  # fmt: skip
repo = click.option(
    "--repo", type=click.Path(path_type=Path),
    help="Read this git repository, without any configuration.",
)  # fmt: skip
person = click.option(
    "--person", callback=given, help="A key of [people], a name or an e-mail address; otherwise yourself."
)
period = click.option(
    "--period", "-p", callback=given,
    help="2026Q3, 2026-10, 2026, 2026-W41, last-quarter (the default), this-month, 2026-07-01..2026-10-01, …",
)  # fmt: skip
fresh = click.option(
    "--harvest/--no-harvest", "fresh", default=True, help="Read the sources first, or take what is known."
)
allow_incomplete = click.option(
    "--allow-incomplete", is_flag=True, help="Exit with 0 even where a source was incomplete."
)
as_json = click.option("--json", "as_json", is_flag=True, help="Write JSON for programs.")
