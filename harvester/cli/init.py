"""`harvester init`: write a configuration and goals to start from."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from harvester.cli import options
from harvester.cli.terminal import Terminal
from harvester.text import printable


@click.command()
@click.option("--folder", type=click.Path(path_type=Path, file_okay=False), default=".", help="Where to write.")
@click.option("--name", callback=options.not_empty, help="Your name; by default git's user.name.")
@click.option(
    "--email", "emails", multiple=True, callback=options.not_empty,
    help="An address you commit with; may be given several times. By default git's user.email.",
)  # fmt: skip
@click.pass_obj
def command(terminal: Terminal, folder: Path, name: str | None, emails: tuple[str, ...]) -> int:
    """Write harvester.toml, goals.toml and a notebook, with what git says of this folder filled in.

    Comments in them explain each key. Existing files are not changed, and no service is contacted. Addresses in the
    history that look like yours are listed, with the lines that add them.

    \b
    Examples:
      harvester init
      harvester init --name "Ada Byron" --email ada@example.org --email ada@home.example
    """
    from harvester.cli.main import OK
    from harvester.errors import HarvesterError
    from harvester.workspace.init import Owner, own_look_alikes, write_starting_files

    place = (terminal.cwd / folder).resolve()
    files = write_starting_files(terminal, place, Owner(name or "", emails))
    exist = "already exists and was" if len(files.existing) == 1 else "already exist and were"
    unchanged = f"{_names(place, files.existing)} {exist} not changed."
    if not files.written:
        raise HarvesterError(unchanged, hint="Edit them by hand.")
    read = f"Next: read {'it' if len(files.written) == 1 else 'them'}, then `harvester report`."
    parts = [f"Wrote {_names(place, files.written)}.", *([unchanged] if files.existing else []), read]
    terminal.echo(" ".join(parts))
    for each in own_look_alikes(terminal, place):
        terminal.echo(printable(f"{each.words}\nWhat is yours belongs into harvester.toml:\n{each.lines}"))
    return OK


def _names(place: Path, paths: Sequence[Path]) -> str:
    """`harvester.toml, goals.toml and notebook.md`, relative to the folder."""
    names = [str(path.relative_to(place) if path.is_relative_to(place) else path) for path in paths]
    return " and ".join(filter(None, (", ".join(names[:-1]), *names[-1:])))
