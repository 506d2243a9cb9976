"""`harvester report`: write a report whose every line links to its evidence."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from harvester.cli import options
from harvester.cli.terminal import Terminal
from harvester.text import printable

if TYPE_CHECKING:
    from harvester.reporting.report import Report
    from harvester.reporting.report_input import Audience
    from harvester.workspace.batch import NotMade
    from harvester.workspace.chosen import Chosen
    from harvester.workspace.reports import Destination, RenderedReport
    from harvester.workspace.workspace import Workspace


@click.command()
@click.argument("kind", default="accomplishments")
@options.period
@options.person
@options.team
@options.everyone
@click.option(
    "--about", metavar="ITEM", callback=options.not_empty,
    help="The work that an announcement is about, such as pay#131, PAY-7 or a commit's hash.",
)  # fmt: skip
@click.option(
    "--audience", type=click.Choice(["manager", "team", "public"]), default="manager", show_default=True,
    help="Who reads it: a team sees no targets, the public nothing private and no names without consent.",
)  # fmt: skip
@click.option("--each", is_flag=True, help="Write a page for each of the people, into the folder of --output.")
@click.option("--every-team", is_flag=True, help="Write a page for each team, into the folder of --output.")
@click.option("--list", "list_kinds", is_flag=True, help="List the kinds of reports.")
@options.page
@click.option("--template", type=click.Path(), help="Write the page, in md or html, with this Jinja2 template.")
@click.option(
    "--print-template", is_flag=True, help="Write the template of KIND to standard output, to start one from."
)
@options.harvest
@options.engine
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
    team: str | None,
    everyone: bool,
    about: str | None,
    audience: Audience,
    each: bool,
    every_team: bool,
    list_kinds: bool,
    output: str | None,
    format_name: str | None,
    charts: str,
    template: str | None,
    print_template: bool,
    draft: bool,
    embed_evidence: bool,
    harvest: bool,
    engine: str | None,
    force: bool,
    allow_incomplete: bool,
    config_path: Path | None,
    repos: tuple[Path, ...],
) -> int:
    """Write a report, to the terminal or to a file, as a page (md, html, json) or as its rows (csv, xlsx, parquet).

    KIND is one of `harvester report --list`. Without a harvester.toml the current git repository is read, for git's
    user.email. If that person did nothing in the last quarter, the report is about the most active author of the latest
    quarter with work, and says so.

    \b
    Examples:
      harvester report
      harvester report --period 2026Q3 --output accomplishments.html
      harvester report --repo ../other --person grace@example.org --format csv
      harvester report --team payments --each --output pages/
      harvester report digest --every-team --output digests/
      harvester report announcement --about PAY-7
      harvester report --print-template > short.md.j2
      harvester report --template short.md.j2 --output short.html
    """
    from harvester.cli.main import INCOMPLETE, OK
    from harvester.workspace.batch import NotMade
    from harvester.workspace.chosen import Chosen
    from harvester.workspace.reports import (
        destination_of,
        load_report,
        page_options,
        template_text,
        with_template,
    )
    from harvester.workspace.workspace import open_workspace

    if list_kinds:
        _echo_kinds(terminal)
        return OK
    of_kind = load_report(kind)
    if print_template:
        terminal.echo(template_text(of_kind))
        return OK
    destination = destination_of(terminal.cwd, output)
    chosen = page_options(format_name, destination, mermaid=charts == "mermaid", embed_evidence=embed_evidence)
    if each and every_team:
        raise click.UsageError("Give either --each or --every-team.")
    several = each or every_team
    if several and (destination is None or not destination.is_folder):
        option = "--each" if each else "--every-team"
        raise click.UsageError(f"{option} writes several pages: name a folder with --output, such as pages/.")
    if destination is None:
        terminal.check_shows(chosen.format.name, is_text=chosen.format.is_text)
    chosen = with_template(chosen, of_kind, terminal.cwd, template)
    workspace = open_workspace(terminal, config_path, repos)
    people = Chosen(persons, team, everyone, audience, about, every_team)
    how: Any = {"harvest": harvest, "draft": draft, "options": chosen}
    complete, suggest = True, not several and "checkin" not in of_kind.needs
    for report in _made(workspace, of_kind, period, people, engine, several=several, **how):
        if isinstance(report, NotMade):
            terminal.notify(f"Not written: {report.words}")
            complete = False
            continue
        show(terminal, workspace, report, destination, force=force, suggest=suggest)
        complete = complete and report.complete
    return OK if complete or allow_incomplete else INCOMPLETE


def _made(
    workspace: Workspace,
    report: Report,
    period: str | None,
    chosen: Chosen,
    engine: str | None,
    *,
    several: bool,
    **how: Any,
) -> Iterator[RenderedReport | NotMade]:
    """The report, or each of several, as they are made."""
    from harvester.engine.harvest import on_engine
    from harvester.workspace.pages import make_reports
    from harvester.workspace.reports import make_report

    if not several:
        with on_engine(engine, workspace, harvest=how["harvest"]) as on_cluster:
            yield make_report(on_cluster, report, period, chosen, **how)
    elif engine is None:
        yield from make_reports(workspace, report, period, chosen, **how)
    else:
        from harvester.engine import pages
        from harvester.engine.cluster import connect

        with connect(engine, workspace.environment.environ) as client:
            yield from pages.make_reports(client, workspace, report, period, chosen, **how)


def show(
    terminal: Terminal,
    workspace: Workspace,
    report: RenderedReport,
    destination: Destination | None,
    *,
    force: bool,
    suggest: bool = True,
) -> None:
    """Write a report to its file or to the terminal, with what its reader and its author should know."""
    from harvester.workspace.reports import MadeReport, write_report

    if destination is None:
        terminal.write(report.content)
    else:
        terminal.notify(f"Wrote {write_report(report, destination, force=force)}.")
    for remark in report.remarks:
        terminal.notify(remark)
    if suggest and terminal.stderr.isatty() and isinstance(report, MadeReport):
        from harvester.workspace.next_steps import next_steps

        terminal.suggest(next_steps(report.report_input, workspace))


def _echo_kinds(terminal: Terminal) -> None:
    """Each kind of report that is installed, and what it is."""
    from harvester.sdk import plugins
    from harvester.workspace.reports import load_report

    kinds = list(plugins.available(plugins.REPORTS))
    width = max(map(len, kinds))
    for kind in kinds:
        terminal.echo(printable(f"{kind:{width}}  {load_report(kind).summary}".rstrip()))
