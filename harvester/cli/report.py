"""`harvester report`: write a report whose every line links to its evidence."""

from __future__ import annotations

from pathlib import Path

import click

from harvester.cli import options
from harvester.cli.terminal import Terminal


@click.command()
@click.argument("kind", default="accomplishments")
@options.period
@options.person
@click.option(
    "--output", "-o", type=click.Path(),
    help="Write to this file, or under a name of its own into this folder; - is the terminal.",
)  # fmt: skip
@click.option(
    "--format", "format_name", type=click.Choice(["md", "html", "json", "csv", "xlsx", "parquet"]),
    help="By default as the name of --output ends, else Markdown.",
)  # fmt: skip
@click.option(
    "--charts", type=click.Choice(["none", "mermaid"]), default="none", show_default=True,
    help="Charts in Markdown; HTML always has them.",
)  # fmt: skip
@click.option("--draft", is_flag=True, help="Show what is still to be done: a page for its author.")
@click.option(
    "--embed-evidence", is_flag=True, help="Put the evidence into the page, so that a receiver can verify it."
)
@options.harvest
@click.option("--force", is_flag=True, help="Replace the file even if it has been edited or is not a report.")
@options.allow_incomplete
@options.config
@options.repo
@click.pass_obj
def command(
    terminal: Terminal,
    kind: str,
    period: str | None,
    persons: tuple[str, ...],
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
    """Write a report, to the terminal or to a file, as a page (md, html, json) or as its rows (csv, xlsx, parquet).

    Without a harvester.toml the current git repository is read, for git's user.email. If that person did nothing in
    the last quarter, the report is about the most active author of the latest quarter with work, and says so.

    \b
    Examples:
      harvester report
      harvester report --period 2026Q3 --output accomplishments.html
      harvester report --repo ../other --person grace@example.org --format csv
    """
    from harvester.cli.main import INCOMPLETE, OK
    from harvester.workspace.reports import destination_of, load_report, make_report, page_options, write_report
    from harvester.workspace.workspace import open_workspace

    destination = destination_of(terminal.cwd, output)
    chosen = page_options(format_name, destination, mermaid=charts == "mermaid", embed_evidence=embed_evidence)
    if destination is None:
        terminal.check_shows(chosen.format.name, is_text=chosen.format.is_text)
    kind_of_report, workspace = load_report(kind), open_workspace(terminal, config_path, repos)
    report = make_report(workspace, kind_of_report, period, persons, harvest=harvest, draft=draft, options=chosen)
    if destination is None:
        terminal.write(report.content)
    else:
        terminal.notify(f"Wrote {write_report(report, destination, force=force)}.")
    for remark in report.remarks:
        terminal.notify(remark)
    if terminal.stderr.isatty():
        from harvester.workspace.next_steps import next_steps

        terminal.suggest(next_steps(report.report_input, workspace))
    return OK if report.complete or allow_incomplete else INCOMPLETE
