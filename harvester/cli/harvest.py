"""`harvester harvest`: read the sources into the ledger."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from harvester.cli import options
from harvester.workspace.environment import Environment

if TYPE_CHECKING:
    from collections.abc import Iterable

    from harvester.harvesting.plan import Plan
    from harvester.harvesting.run import Outcome, SourceOutcome
    from harvester.workspace.workspace import Workspace


@click.command()
@click.argument("sources", nargs=-1)
@options.period
@click.option("--person", "persons", multiple=True, help="Read this person's work; may be given several times.")
@click.option("--team", help="Read the work of this team's members.")
@click.option("--everyone", is_flag=True, help="Read everybody's work.")
@click.option("--refresh", is_flag=True, help="Read all of it anew and replace what is known of it.")
@click.option("--dry-run", is_flag=True, help="Say what would be asked, and ask nothing.")
@options.allow_incomplete
@options.as_json
@options.config
@click.pass_obj
def command(
    environment: Environment,
    sources: tuple[str, ...],
    period: str | None,
    persons: tuple[str, ...],
    team: str | None,
    everyone: bool,
    refresh: bool,
    dry_run: bool,
    allow_incomplete: bool,
    as_json: bool,
    config_path: Path | None,
) -> int:
    """Read the sources (all, or those named) into the ledger: what is not known yet, and what changed since.

    \b
    Examples:
      harvester harvest
      harvester harvest github --period 2026 --dry-run
      harvester harvest --team payments --period last-month
    """
    from harvester.cli.main import INCOMPLETE, OK
    from harvester.harvesting.plan import plan
    from harvester.model.periods import parse
    from harvester.workspace.collect import accounts_of, harvest_sources, known, open_ledger
    from harvester.workspace.workspace import open_workspace, pick_sources

    workspace = open_workspace(environment, config_path, None)
    chosen = pick_sources(workspace, sources)
    chosen_period = parse(period or "last-quarter", workspace.config.calendar, environment.clock())
    accounts = accounts_of(workspace, None if everyone else list(_persons(workspace, persons, team)))
    if dry_run:
        _tell_plans(
            environment,
            workspace,
            plan(chosen, accounts, chosen_period, known(environment, workspace), refresh=refresh),
            as_json=as_json,
        )
        return OK
    with open_ledger(environment, workspace) as ledger:
        outcome = harvest_sources(
            environment, workspace, ledger, chosen_period, accounts, sources=chosen, refresh=refresh
        )
    _tell(environment, outcome, as_json=as_json)
    return OK if outcome.complete or allow_incomplete else INCOMPLETE


def _persons(workspace: Workspace, persons: tuple[str, ...], team: str | None) -> Iterable[str]:
    """The people that were named, or else oneself; raises PersonError or UnknownError where there is no such one."""
    from harvester.errors import PersonError, UnknownError
    from harvester.model.people import find_or_address
    from harvester.text import did_you_mean

    if team is not None and team not in workspace.config.teams:
        raise UnknownError(
            f"There is no team {team!r}{did_you_mean(team, workspace.config.teams, '.')}",
            hint="Teams are [teams.NAME].",
        )
    if team is not None:
        yield from workspace.config.teams[team]
    yield from (find_or_address(workspace.config.people, words) for words in persons)
    if team is None and not persons:
        if workspace.me is None:
            raise PersonError("Who are you? Nobody is configured.", hint="Name a --person, a --team, or --everyone.")
        yield workspace.me


def _tell(environment: Environment, outcome: Outcome, *, as_json: bool) -> None:
    from harvester.text import printable

    if as_json:
        environment.echo(json.dumps({"sources": [_told(each) for each in outcome.sources]}, indent=2))
        return
    for each in outcome.sources:
        environment.echo(printable(_line(each)))


def _told(each: SourceOutcome) -> dict[str, object]:
    gaps = [{"scope": gap.scope, "reason": gap.reason} for gap in each.gaps]
    counts = {"new": each.counts.new, "replaced": each.counts.replaced, "dropped": each.counts.dropped}
    return {"source": each.source, "complete": each.complete, "skipped": each.skipped, "gaps": gaps, **counts}


def _line(each: SourceOutcome) -> str:
    if each.skipped:
        return f"{each.source}: not asked; {each.skipped}"
    counts = each.counts
    came = f"{counts.new:,} new, {counts.replaced:,} changed, {counts.dropped:,} gone"
    state = "complete" if each.complete else "INCOMPLETE: " + "; ".join(gap.reason for gap in each.gaps)
    return f"{each.source}: {came}, {state}"


def _tell_plans(environment: Environment, workspace: Workspace, plans: list[Plan], *, as_json: bool) -> None:
    from harvester.text import printable

    told = [{"source": each.source, "would": list(_steps(workspace, each))} for each in plans]
    if as_json:
        environment.echo(json.dumps({"sources": told}, indent=2))
        return
    for each in told:
        for step in each["would"]:
            environment.echo(printable(f"{each['source']}: {step}"))


def _steps(workspace: Workspace, plan: Plan) -> Iterable[str]:
    """What a source would be asked, in words; with its price where the connector knows it."""
    from harvester.model.periods import span
    from harvester.sdk.capabilities import ExplainsPlan

    if plan.request is None:
        yield f"would not be asked; {plan.skipped}"
        return
    calendar = workspace.config.calendar
    whose = "everyone" if plan.request.accounts is None else ", ".join(sorted(plan.request.accounts))
    for period in plan.request.missing:
        yield f"would read {span(*calendar.dates(period))} for {whose}"
    if plan.request.covered:
        yield f"would ask what changed since it was read, for {whose}"
    connector = workspace.connectors[plan.source]
    if isinstance(connector, ExplainsPlan):
        yield from connector.plan(plan.request)
