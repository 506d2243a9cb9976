"""`harvester goals import`: criteria from a ladder."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from harvester.cli import options
from harvester.cli.terminal import Terminal
from harvester.errors import ConfigError
from harvester.text import count_noun, printable

if TYPE_CHECKING:
    from harvester.ladders.model import Ladder
    from harvester.workspace.ladders import ImportedCriteria


@click.command(name="import", short_help="Import the criteria of a level from a ladder.")
@click.argument("ladder", required=False)
@click.option("--role", callback=options.not_empty, help="The role, such as backend, where the ladder has several.")
@click.option(
    "--level", callback=options.not_empty,
    help="The level, such as L4, or a span in the ladder's own order: L4..L5, L4.. or ..L5.",
)  # fmt: skip
@click.option("--dry-run", is_flag=True, help="Show what would be written, and write nothing.")
@click.option("--list", "only_list", is_flag=True, help="List the ladders, or the roles and levels of LADDER.")
@options.config
@click.pass_obj
def command(
    terminal: Terminal,
    ladder: str | None,
    role: str | None,
    level: str | None,
    dry_run: bool,
    only_list: bool,
    config_path: Path | None,
) -> int:
    """Write the criteria of a level into goals.toml, with their words, theme, level and source.

    LADDER is ft (Financial Times), monzo, or a file: TOML or JSON in our own shape, YAML of the Financial Times or
    Forward Impact, Markdown of Monzo, or Markdown with a `## level` heading and a list for each level.

    No rule is made from the words: who reads the page judges what was done for a criterion, until you give it a rule
    (`match`) or a goal that serves it. What is in goals.toml already is not changed.

    \b
    Examples:
      harvester goals import --list
      harvester goals import ft --level senior-1
      harvester goals import monzo --role backend --level L4..L5 --dry-run
      harvester goals import ladder.toml --level "Senior engineer"
    """
    from harvester.cli.main import OK
    from harvester.workspace.ladders import choose, find_ladder, import_criteria
    from harvester.workspace.workspace import open_workspace

    if ladder is None:
        if not only_list:
            raise click.UsageError("Missing argument 'LADDER': ft, monzo or a file. --list shows what they have.")
        _list_ladders(terminal)
        return OK
    found = find_ladder(terminal, ladder)
    missing = _missing(found, role, level)
    if only_list or missing:
        _list_levels(terminal, found)
        if missing and not only_list:
            raise click.UsageError(f"Say which with {missing}.")
        return OK
    chosen = choose(found, role, level)
    workspace = open_workspace(terminal, config_path, aliases=False)
    credit = f"{found.title}: {found.credit}" if found.credit else ""
    try:
        imported = import_criteria(workspace, chosen, credit, dry_run=dry_run)
    except ConfigError as error:
        path = workspace.config.root / "goals.toml"
        message = error.message.replace(str(path), terminal.from_here(path))
        raise ConfigError(message, hint=error.hint) from error
    _echo_imported(terminal, found, imported, dry_run=dry_run)
    return OK


def _missing(ladder: Ladder, role: str | None, level: str | None) -> str:
    """The options that must be given for this ladder and are not, in words."""
    options_needed = [
        *(["--role"] if len(ladder.roles) > 1 and role is None else ()),
        *(["--level"] if len(ladder.levels) > 1 and level is None else ()),
    ]
    return " and ".join(options_needed)


def _list_ladders(terminal: Terminal) -> None:
    from harvester.ladders.read import SUFFIXES
    from harvester.ladders.shipped import SHIPPED, shipped_ladder

    rows = []
    for name in SHIPPED:
        ladder = shipped_ladder(name)
        levels = ", ".join(each.name for each in ladder.levels)
        rows.append((name, ladder.title, ", ".join(ladder.roles) or "—", levels, str(len(ladder.criteria))))
    terminal.table(("Ladder", "From", "Roles", "Levels", "Criteria"), rows)
    terminal.echo(f"\nA file of your own ends in {', '.join(SUFFIXES)}.")


def _list_levels(terminal: Terminal, ladder: Ladder) -> None:
    """The levels, lowest first, with how many criteria each has for each role."""
    terminal.echo(printable(f"{ladder.title}: {count_noun(len(ladder.criteria), 'criterion', 'criteria')}"))
    if ladder.source:
        terminal.echo(printable(f"{ladder.source}{f' ({ladder.credit})' if ladder.credit else ''}"))
    roles: tuple[str | None, ...] = ladder.roles or (None,)
    rows = [
        (level.name, level.title, *(str(ladder.count(level.name, role) or "—") for role in roles))
        for level in ladder.levels
    ]
    terminal.table(("Level", "Title", *(role or "Criteria" for role in roles)), rows)


def _echo_imported(terminal: Terminal, ladder: Ladder, imported: ImportedCriteria, *, dry_run: bool) -> None:
    result, path = imported.result, terminal.from_here(imported.path)
    if dry_run and result.added:
        terminal.table(("Criterion", "Theme", "Text"), [(each.name, each.theme, each.text) for each in result.added])
    did = "Would add" if dry_run else "Added"
    number = count_noun(len(result.added), "criterion", "criteria")
    levels = list(dict.fromkeys(each.level for each in result.added if each.level))
    of = f" of {' and '.join(filter(None, [', '.join(levels[:-1]), levels[-1]]))}" if levels else ""
    terminal.echo(printable(f"{did} {number}{of} from {ladder.title} to {path}." if result.added else _nothing(path)))
    if result.present:
        terminal.echo(f"{count_noun(len(result.present), 'criterion is', 'criteria are')} there already.")
    if result.kept:
        names = ", ".join(result.kept)
        terminal.echo(printable(f"Not changed, since {path} has another text or level for them: {names}."))
    if result.added:
        one = len(result.added) == 1
        terminal.echo(
            f"{'It is' if one else f'All {len(result.added):,} are'} judged by hand until a goal names one as its "
            "`criterion`, or you give it a rule (`match`)."
        )
    if ladder.left_out:
        terminal.echo(f"Not taken over from the file: {ladder.left_out}.")


def _nothing(path: str) -> str:
    return f"Nothing was added to {path}."
