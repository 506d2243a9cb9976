"""`harvester checkin`: the report `checkin` of a day, and keeping it for later ones to compare."""

from __future__ import annotations

from pathlib import Path

import click

from harvester.cli import options
from harvester.cli.terminal import Terminal
from harvester.model.periods import day as in_words


@click.command()
@click.option(
    "--on", metavar="DAY", callback=options.not_empty,
    help="The day, such as 2026-08-15, '15 August 2026' or yesterday; by default today.",
)  # fmt: skip
@click.option("--keep", is_flag=True, help="Keep what it says beside harvester.toml, for the next one to compare.")
@options.page
@options.harvest
@click.option("--force", is_flag=True, help="Replace an edited file, and another check-in that is kept of the day.")
@options.allow_incomplete
@options.config
@options.repo
@click.pass_obj
def command(
    terminal: Terminal,
    on: str | None,
    keep: bool,
    output: str | None,
    format_name: str | None,
    charts: str,
    draft: bool,
    embed_evidence: bool,
    harvest: bool,
    force: bool,
    allow_incomplete: bool,
    config_path: Path | None,
    repos: tuple[Path, ...],
) -> int:
    """Write how your goals are on a day, what changed since the last check-in that was kept, and what to talk about.

    It is the report `checkin`, from the first day of the earliest goal that runs on the day. What is kept is a small
    file in the folder checkins beside harvester.toml; it is no part of the ledger.

    \b
    Examples:
      harvester checkin
      harvester checkin --keep --output checkin.html
      harvester checkin --on 2026-08-15 --no-harvest
    """
    from harvester.cli.main import INCOMPLETE, OK
    from harvester.cli.report import show
    from harvester.workspace.checkins import keep_checkin, require_configured
    from harvester.workspace.reports import destination_of, load_report, make_report, page_options
    from harvester.workspace.workspace import open_workspace

    destination = destination_of(terminal.cwd, output)
    chosen = page_options(format_name, destination, mermaid=charts == "mermaid", embed_evidence=embed_evidence)
    if destination is None:
        terminal.check_shows(chosen.format.name, is_text=chosen.format.is_text)
    of_kind, workspace = load_report("checkin"), open_workspace(terminal, config_path, repos)
    if keep:
        require_configured(workspace)
    day = options.read_day(workspace, on)
    report = make_report(workspace, of_kind, str(day) if day else None, harvest=harvest, draft=draft, options=chosen)
    show(terminal, workspace, report, destination, force=force, suggest=False)
    if keep:
        path = keep_checkin(workspace, of_kind, report.report_input, force=force)
        last = report.report_input.calendar.dates(report.report_input.period)[1]
        terminal.notify(f"Kept the check-in of {in_words(last)} in {terminal.from_here(path)}.")
    return OK if report.complete or allow_incomplete else INCOMPLETE
