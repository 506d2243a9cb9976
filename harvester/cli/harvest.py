"""`harvester harvest`: read the sources into the ledger."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from harvester.cli import options
from harvester.cli.terminal import Terminal
from harvester.text import printable

if TYPE_CHECKING:
    from harvester.harvesting.plan import Plan
    from harvester.harvesting.run import Outcome, SourceOutcome
    from harvester.workspace.workspace import Workspace


@click.command()
@click.argument("sources", nargs=-1)
@options.period
@click.option(
    "--person", "persons", callback=options.not_empty, multiple=True,
    help="Read this person's work; may be given several times.",
)  # fmt: skip
@click.option("--team", help="Read the work of this team's members.")
@click.option("--everyone", is_flag=True, help="Read everybody's work.")
@click.option("--refresh", is_flag=True, help="Re-read everything in full, and replace what is stored.")
@click.option("--dry-run", is_flag=True, help="Show what would be read, and read nothing.")
@options.engine
@options.allow_incomplete
@options.as_json
@options.config
@click.pass_obj
def command(
    terminal: Terminal,
    sources: tuple[str, ...],
    period: str | None,
    persons: tuple[str, ...],
    team: str | None,
    everyone: bool,
    refresh: bool,
    dry_run: bool,
    engine: str | None,
    allow_incomplete: bool,
    as_json: bool,
    config_path: Path | None,
) -> int:
    """Read the sources (all, or those named) into the ledger: what has not been read yet, and what has changed since.

    \b
    Examples:
      harvester harvest
      harvester harvest github --period 2026 --dry-run
      harvester harvest --team payments --period last-month
      harvester harvest --everyone --engine dask
    """
    from harvester.cli.main import INCOMPLETE, OK
    from harvester.engine.harvest import on_engine
    from harvester.workspace.harvest import Selection, harvest, plan_harvest
    from harvester.workspace.workspace import open_workspace

    workspace = open_workspace(terminal, config_path)
    selection = Selection(persons, team, everyone, sources)
    if dry_run:
        _echo_plans(terminal, workspace, plan_harvest(workspace, period, selection, refresh=refresh), as_json=as_json)
        return OK
    with on_engine(engine, workspace) as on_cluster:
        outcome = harvest(on_cluster, period, selection, refresh=refresh)
    _echo_outcome(terminal, outcome, as_json=as_json)
    return OK if outcome.complete or allow_incomplete else INCOMPLETE


def _echo_outcome(terminal: Terminal, outcome: Outcome, *, as_json: bool) -> None:
    if as_json:
        terminal.echo_json({"sources": [_as_json(each) for each in outcome.sources]})
        return
    for each in outcome.sources:
        terminal.echo(printable(_line(each)))


def _as_json(each: SourceOutcome) -> dict[str, object]:
    gaps = [{"scope": gap.scope, "reason": gap.reason} for gap in each.gaps]
    counts = {"new": each.counts.new, "replaced": each.counts.replaced, "dropped": each.counts.dropped}
    return {"source": each.source, "complete": each.complete, "skipped": each.skipped, "gaps": gaps, **counts}


def _line(each: SourceOutcome) -> str:
    if each.skipped:
        return f"{each.source}: not read; {each.skipped}"
    counts = each.counts
    changes = f"{counts.new:,} new, {counts.replaced:,} changed, {counts.dropped:,} removed"
    state = "complete" if each.complete else "INCOMPLETE: " + "; ".join(gap.reason for gap in each.gaps)
    return f"{each.source}: {changes}, {state}"


def _echo_plans(terminal: Terminal, workspace: Workspace, plans: list[Plan], *, as_json: bool) -> None:
    steps = [{"source": each.source, "would": list(_steps(workspace, each))} for each in plans]
    if as_json:
        terminal.echo_json({"sources": steps})
        return
    for each in steps:
        for step in each["would"]:
            terminal.echo(printable(f"{each['source']}: {step}"))


def _steps(workspace: Workspace, plan: Plan) -> Iterable[str]:
    """What a source would be asked, in words; with the number of requests where the connector knows it."""
    from harvester.model.periods import span
    from harvester.sdk.capabilities import ExplainsPlan

    if plan.request is None:
        yield f"would not be read; {plan.skipped}"
        return
    calendar = workspace.config.calendar
    whose = "everyone" if plan.request.accounts is None else ", ".join(sorted(plan.request.accounts))
    for period in plan.request.missing:
        yield f"would read {span(*calendar.dates(period))} for {whose}"
    if plan.request.covered:
        yield f"would ask what has changed since the last harvest, for {whose}"
    connector = workspace.connectors[plan.source]
    if isinstance(connector, ExplainsPlan):
        yield from connector.plan(plan.request)
