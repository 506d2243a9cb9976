"""Options that several commands share, written once."""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from harvester.workspace.workspace import Workspace

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


def _configured(ctx: click.Context, param: click.Parameter, value: Path | None) -> Path | None:
    """The value, else the path in $HARVESTER_CONFIG where that is set and not empty."""
    name = "" if value else ctx.obj.environ.get("HARVESTER_CONFIG", "")
    return Path(name) if name else value


config = click.option(
    "--config", "config_path", type=click.Path(path_type=Path), callback=_configured,
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
team = click.option("--team", callback=not_empty, help="The members of this team.")
everyone = click.option("--everyone", is_flag=True, help="All who did something in the period.")
_period = click.option(
    "--period", "-p", callback=not_empty,
    help="2026Q3, July 2026, FY2026, last-quarter (the default), 'last 3 months', ytd, 2026-07-01..2026-09-30 "
    "(both days included), … All: docs/reference/periods.md.",
)  # fmt: skip
_since = click.option("--since", metavar="DAY", callback=not_empty, help="The first day, in place of --period.")
_until = click.option(
    "--until", metavar="DAY", callback=not_empty, help="The last day, with --since; by default today."
)


def period(command: Callable[..., int]) -> Callable[..., int]:
    """`--period`, or `--since` with `--until`; the command gets the one argument `period`, in words."""

    @functools.wraps(command)
    def with_period(*args: Any, period: str | None, since: str | None, until: str | None, **options: Any) -> int:
        return command(*args, period=_joined(period, since, until), **options)

    return _period(_since(_until(with_period)))


def _joined(period: str | None, since: str | None, until: str | None) -> str | None:
    """The words of a period; raises UsageError where options contradict each other."""
    if period and (since or until):
        raise click.UsageError("Give either --period, or --since and --until.")
    if until and not since:
        raise click.UsageError("--until is the last day of a period; give its first day with --since.")
    for name, words in (("--since", since), ("--until", until)):
        if words and ".." in words:
            raise click.BadParameter("it is a day; several with .. are a --period.", param_hint=f"'{name}'")
    return f"{since}..{until or ''}" if since else period


def read_day(workspace: Workspace, words: str | None) -> dt.date | None:
    """The day that words such as `2026-07-20` or `yesterday` mean in a workspace; PeriodError for none or several."""
    from harvester.model.periods import parse_day

    return parse_day(words, workspace.config.calendar.day_of(workspace.environment.clock())) if words else None


_PAGE = (
    click.option(
        "--output", "-o", type=click.Path(),
        help="Write to this file, or under a name of its own into this folder; - is the terminal.",
    ),
    click.option(
        "--format", "format_name", type=click.Choice(["md", "html", "json", "csv", "xlsx", "parquet"]),
        help="By default as the name of --output ends, else Markdown.",
    ),
    click.option(
        "--charts", type=click.Choice(["none", "mermaid"]), default="none", show_default=True,
        help="Charts in Markdown; HTML always has them.",
    ),
    click.option("--draft", is_flag=True, help="Show what is still to be done: a page for its author."),
    click.option(
        "--embed-evidence", is_flag=True, help="Put the evidence into the page, so that a receiver can verify it."
    ),
)  # fmt: skip


def page(command: Callable[..., int]) -> Callable[..., int]:
    """The options of a page: where it is written, in which format, and what of it is there only on request."""
    for option in reversed(_PAGE):
        command = option(command)
    return command


harvest = click.option(
    "--harvest/--no-harvest", default=True, help="Read the sources first, or use what has been read before."
)
engine = click.option(
    "--engine", metavar="ENGINE", callback=not_empty,
    help="Work on a Dask cluster: `dask` on this machine, `dask://HOST:PORT` on one that runs already; "
    "docs/organisation.md.",
)  # fmt: skip
allow_incomplete = click.option("--allow-incomplete", is_flag=True, help="Exit with 0 even if a source was incomplete.")
as_json = click.option("--json", "as_json", is_flag=True, help="Write JSON for programs.")
