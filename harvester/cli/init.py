"""`harvester init`: write a configuration and goals to start from."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from harvester.cli.terminal import Terminal


@click.command()
@click.option("--folder", type=click.Path(path_type=Path, file_okay=False), default=".", help="Where to write.")
@click.pass_obj
def command(terminal: Terminal, folder: Path) -> int:
    """Write harvester.toml, goals.toml and a notebook, with what git says of this folder filled in.

    Comments in them explain each key. Existing files are not changed, and no service is contacted.

    \b
    Example:
      harvester init
    """
    from harvester.cli.main import OK
    from harvester.errors import HarvesterError
    from harvester.workspace.init import write_starting_files

    place = (terminal.cwd / folder).resolve()
    files = write_starting_files(terminal, place)
    exist = "already exists and was" if len(files.existing) == 1 else "already exist and were"
    unchanged = f"{_names(place, files.existing)} {exist} not changed."
    if not files.written:
        raise HarvesterError(unchanged, hint="Edit them by hand.")
    read = f"Next: read {'it' if len(files.written) == 1 else 'them'}, then `harvester report`."
    parts = [f"Wrote {_names(place, files.written)}.", *([unchanged] if files.existing else []), read]
    terminal.echo(" ".join(parts))
    return OK


def _names(place: Path, paths: Sequence[Path]) -> str:
    """`harvester.toml, goals.toml and notebook.md`, relative to the folder."""
    names = [str(path.relative_to(place) if path.is_relative_to(place) else path) for path in paths]
    return " and ".join(filter(None, (", ".join(names[:-1]), *names[-1:])))
