"""`harvester report`: what was done, each line with its proof."""

from __future__ import annotations

from pathlib import Path

import click

from harvester.cli import options
from harvester.workspace.environment import Environment


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
    environment: Environment,
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
    from harvester.cli.main import INCOMPLETE, OK
    from harvester.errors import ReportError
    from harvester.files import write_text
    from harvester.reporting import evidence
    from harvester.reporting.report import render, write
    from harvester.sdk import plugins
    from harvester.workspace.assemble import gather
    from harvester.workspace.collect import open_ledger
    from harvester.workspace.workspace import open_workspace

    made = plugins.load(plugins.REPORTS, kind)
    workspace = open_workspace(environment, config_path, repo)
    with open_ledger(environment, workspace) as ledger:
        read, report_input = gather(environment, workspace, ledger, period, person, fresh=fresh)
    told = evidence.evidence(report_input, made.name)
    text = render(made, report_input, told)
    if output is None:
        environment.echo(text)
    else:
        beside = evidence.path_beside(environment.cwd / output)
        if beside.exists() and not force:
            evidence.load(beside)
        if beside.is_symlink():
            raise ReportError(f"{beside.name} beside the report is a link and is left alone.", hint="Remove it.")
        write(text, environment.cwd / output, force=force)
        write_text(beside, evidence.dump(told))
        environment.say(f"Wrote {output}.")
    return OK if read.complete or allow_incomplete else INCOMPLETE
