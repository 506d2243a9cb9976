"""`harvester report`: what was done, each line with its proof."""

from __future__ import annotations

from pathlib import Path

import click

from harvester.cli import options
from harvester.cli.world import World


@click.command()
@click.argument("kind", default="accomplishments")
@options.period
@options.person
@click.option("--output", "-o", type=click.Path(path_type=Path, dir_okay=False), help="Write to this file.")
@options.fresh
@click.option("--force", is_flag=True, help="Replace the file even if it was edited or is not ours.")
@options.allow_incomplete
@options.config
@options.repo
@click.pass_obj
def command(
    world: World,
    kind: str,
    period: str | None,
    person: str | None,
    output: Path | None,
    fresh: bool,
    force: bool,
    allow_incomplete: bool,
    config_path: Path | None,
    repo: Path | None,
) -> int:
    """Write a report in Markdown, to the terminal or to a file.

    Without a harvester.toml the git repository you stand in is read, for git's user.email; where that person did
    nothing in the last quarter, the most active author of the latest quarter with work is taken, and the report
    says so.

    \b
    Examples:
      harvester report
      harvester report --period 2026Q3 --output accomplishments.md
      harvester report --repo ../other --person grace@example.org
    """
    from harvester import plugins, proof
    from harvester.atomic import write_text
    from harvester.cli.main import INCOMPLETE, OK
    from harvester.cli.material import gather
    from harvester.cli.reading import open_ledger
    from harvester.cli.setup import open_setup
    from harvester.errors import ReportError
    from harvester.report import render, write

    made = plugins.load(plugins.REPORTS, kind)
    setup = open_setup(world, config_path, repo)
    with open_ledger(world, setup) as ledger:
        read, material = gather(world, setup, ledger, period, person, fresh=fresh)
    told = proof.evidence(material, made.name)
    text = render(made, material, told)
    if output is None:
        world.echo(text)
    else:
        beside = proof.path_beside(world.cwd / output)
        if beside.exists() and not force:
            proof.load(beside)
        if beside.is_symlink():
            raise ReportError(f"{beside.name} beside the report is a link and is left alone.", hint="Remove it.")
        write(text, world.cwd / output, force=force)
        write_text(beside, proof.dump(told))
        world.say(f"Wrote {output}.")
    return OK if read.complete or allow_incomplete else INCOMPLETE
