"""`harvester measures`: the figures of the table of measures, for people or teams and a period."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

import click

from harvester.cli import options
from harvester.cli.terminal import Terminal
from harvester.text import count_noun, number_text, printable

if TYPE_CHECKING:
    from harvester.reporting.figures import By, Figure
    from harvester.workspace.chosen import Chosen
    from harvester.workspace.measures import MeasuresTable
    from harvester.workspace.workspace import Workspace

COLUMNS = 6
"""Months or quarters side by side; further ones are below."""

UNKNOWN = "–"


@click.command()
@options.period
@options.person
@options.team
@options.everyone
@click.option("--every-team", is_flag=True, help="Each team by itself.")
@click.option(
    "--by", type=click.Choice(["month", "quarter", "none"]), default="none", show_default=True,
    help="The same for each month or quarter of the period.",
)  # fmt: skip
@click.option(
    "--output", "-o", type=click.Path(), callback=options.not_empty,
    help="Write a row for each figure to this file; - is the terminal.",
)  # fmt: skip
@click.option(
    "--format", "format_name", type=click.Choice(["csv", "xlsx", "parquet", "json", "jsonl"]),
    help="By default as the name of --output ends.",
)  # fmt: skip
@options.as_json
@options.harvest
@options.engine
@click.option("--force", is_flag=True, help="Replace a file that exists.")
@options.allow_incomplete
@options.config
@options.repo
@click.pass_obj
def command(
    terminal: Terminal,
    period: str | None,
    persons: tuple[str, ...],
    team: str | None,
    everyone: bool,
    every_team: bool,
    by: By,
    output: str | None,
    format_name: str | None,
    as_json: bool,
    harvest: bool,
    engine: str | None,
    force: bool,
    allow_incomplete: bool,
    config_path: Path | None,
    repos: tuple[Path, ...],
) -> int:
    """Show every measure of people or teams in a period: the numbers that their page has, as a table.

    Several people are one, as on a page of theirs; nothing puts people side by side. docs/reference/measures.md says
    what each measure counts. What is not known is – in the terminal, and null in files, which have a row for each
    figure: team, people, measure, step, from, until, number, unit, complete, definition.

    \b
    Examples:
      harvester measures
      harvester measures --period 2026 --by quarter
      harvester measures --team payments --period 2026Q3 --by month --output payments.csv
      harvester measures --every-team --period last-month --json
    """
    from harvester.cli.main import INCOMPLETE, OK
    from harvester.files import resolve_path
    from harvester.reporting.formats import EXPORT_FORMATS, choose_format
    from harvester.workspace.chosen import Chosen
    from harvester.workspace.export import require_place
    from harvester.workspace.measures import measures_bytes, write_measures
    from harvester.workspace.workspace import open_workspace

    if as_json and (output or format_name):
        raise click.UsageError("--json writes to the terminal; leave it out, or --output and --format.")
    file = None if output == "-" else output
    format_ = choose_format(EXPORT_FORMATS, format_name, file) if file or format_name else None
    if file:
        require_place(resolve_path(terminal.cwd, file), force=force)
    elif format_:
        terminal.check_shows(format_.name, is_text=format_.is_text)
    workspace = open_workspace(terminal, config_path, repos)
    chosen = Chosen(persons, team, everyone, every_team=every_team)
    made = _made(workspace, period, chosen, by, engine, harvest=harvest)
    remarks: Sequence[str] = ()
    if as_json:
        terminal.echo_json(_document(made))
    elif file and format_:
        remarks = write_measures(made, workspace, resolve_path(terminal.cwd, file), format_, force=force)
        terminal.notify(f"Wrote {count_noun(len(made.figures), 'row')} to {file}.")
    elif format_:
        content, remarks = measures_bytes(made, workspace, format_)
        terminal.write(content)
    else:
        _echo(terminal, made)
    _notify(terminal, made, remarks)
    return OK if made.complete or allow_incomplete else INCOMPLETE


def _made(
    workspace: Workspace, period: str | None, chosen: Chosen, by: By, engine: str | None, *, harvest: bool
) -> MeasuresTable:
    """The figures, made here or on a cluster."""
    from harvester.engine.harvest import on_engine
    from harvester.workspace.chosen import people_asked
    from harvester.workspace.measures import make_measures

    if engine is None or not chosen.every_team:
        with on_engine(engine, workspace, harvest=harvest) as on_cluster:
            return make_measures(on_cluster, period, chosen, by=by, harvest=harvest)
    from harvester.engine import measures
    from harvester.engine.cluster import connect

    people_asked(workspace, chosen)  # raises where people are named in another way, too
    with connect(engine, workspace.environment.environ) as client:
        return measures.make_measures(client, workspace, period, by, harvest=harvest)


def _document(made: MeasuresTable) -> object:
    """The figures as JSON, with what a program must know of them."""
    from harvester.reporting.figures import COLUMNS as NAMES

    return {
        "complete": made.complete,
        "incomplete": list(made.incomplete),
        "not_made": {each.key: each.error.message for each in made.not_made},
        "remarks": list(made.remarks),
        "measures": [
            {NAMES.get(name, name): value for name, value in dataclasses.asdict(each).items()} for each in made.figures
        ],
    }


def _notify(terminal: Terminal, made: MeasuresTable, remarks: Sequence[str]) -> None:
    for each in made.incomplete:
        terminal.notify(f"Incomplete: {each}")
    for team in made.not_made:
        terminal.notify(f"No figures: {team.words}")
    for each in (*made.remarks, *remarks):
        terminal.notify(each)


def _echo(terminal: Terminal, made: MeasuresTable) -> None:
    """A table for each of those whom the figures are of, below one another."""
    from harvester.model.periods import span

    before = ""
    for _, figures in groupby(made.figures, lambda each: (each.team, each.people)):
        own = list(figures)
        for heads, rows in _tables(own):
            terminal.echo(f"{before}{printable(own[0].people, lines=False)}, {span(own[0].first, own[0].last)}")
            terminal.table(heads, rows)
            before = "\n"


def _tables(figures: Sequence[Figure]) -> Iterator[tuple[list[str], list[list[str]]]]:
    """Heads and rows: a row for each measure, some months or quarters side by side, and the whole period at the end."""
    from harvester.analysis.measures import MEASURES

    by_step = [list(own) for _, own in groupby(figures, lambda each: (each.step, each.first))]
    total, *parts = by_step
    for start in range(0, len(parts), COLUMNS) if parts else [0]:
        shown = parts[start : start + COLUMNS]
        if start + COLUMNS >= len(parts):
            shown = [*shown, total]
        columns = [_column(each) for each in shown]
        rows = zip(MEASURES, *(column[1:] for column in columns), (each.unit for each in total), strict=True)
        yield ["measure", *(column[0] for column in columns), "unit"], [list(each) for each in rows]


def _column(figures: Sequence[Figure]) -> list[str]:
    """The head and the numbers of one month, quarter or whole period, as wide as the widest."""
    first = figures[0]
    heads = {"month": f"{first.first:%Y-%m}", "quarter": f"{first.first:%b} to {first.last:%b %Y}"}
    texts = [heads.get(first.step, "total"), *(number_text(each.number) or UNKNOWN for each in figures)]
    width = max(map(len, texts))
    return [each.rjust(width) for each in texts]
