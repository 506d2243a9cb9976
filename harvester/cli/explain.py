"""`harvester explain`: where a row of a report comes from, and what counts it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from harvester.cli import options
from harvester.workspace.environment import Environment

if TYPE_CHECKING:
    from harvester.reporting.report_input import ReportInput
from harvester.workspace.work_items import HOW_NOTES, find

LONGEST = 1_000
"""Characters of a value that a terminal gets."""

SENTENCES = ("notes", "claims", "suggestions")
"""What may hold commas itself."""


@click.command()
@click.argument("what", callback=options.given)
@options.period
@options.person
@options.as_json
@options.config
@options.repo
@click.pass_obj
def command(
    environment: Environment,
    what: str,
    period: str | None,
    person: str | None,
    as_json: bool,
    config_path: Path | None,
    repo: Path | None,
) -> int:
    """Explain a row, its thread and its claims.

    WHAT is its id, its work item, its address, `repo#12` as in a report, a commit's hash, or a note's title (its
    beginning is enough) or day.

    \b
    Examples:
      harvester explain pay#120
      harvester explain 1a2b3c4d5e
      harvester explain "Paired on"
    """
    from harvester.cli.main import OK
    from harvester.errors import UnknownError
    from harvester.model.periods import within
    from harvester.workspace.assemble import gather
    from harvester.workspace.collect import open_ledger
    from harvester.workspace.workspace import open_workspace

    workspace = open_workspace(environment, config_path, repo)
    with open_ledger(environment, workspace) as ledger:
        _, report_input = gather(environment, workspace, ledger, period, person)
    rows = find(report_input.frame, what, report_input.calendar)
    if rows.empty:
        raise UnknownError(
            f"Nothing that was read {within(report_input.period)} is {what!r}.",
            hint=f"Another period? Name it with --period. {HOW_NOTES}",
        )
    explained = [_explained(report_input, index) for index in rows.index]
    if as_json:
        environment.echo(json.dumps(explained, indent=2, default=str))
    else:
        environment.echo("\n\n".join(_text(each) for each in explained))
    return OK


def _explained(report_input: ReportInput, index: Any) -> dict[str, Any]:
    """A row's columns, what counts it or why nothing does, its thread with what else is in it and the notes about it.

    And its claims and suggestions with reasons.
    """
    from harvester.analysis import measures
    from harvester.analysis.frame import records
    from harvester.model.contribution import COLUMNS
    from harvester.model.periods import day

    frame, assessment = report_input.frame, report_input.assessment
    (values,) = records(frame.loc[[index]])
    told = {name: values[name] for name in (*COLUMNS, "person") if _says_something(values[name])}
    if "extra" in told:
        told["extra"] = dict(told["extra"])
    known = frame[frame["is_primary"] & ~frame["is_bot"] & (frame["person"] == values["person"])]
    told["counted_as"] = [
        name for name, each in measures.MEASURES.items() if each.kinds and index in measures.of(known, each).index
    ]
    counts = not values["is_primary"] or index in measures.counting(known)
    told["why_not_counted"] = "" if counts else measures.uncounted(values)
    told["why_not_shown"] = "" if values["is_primary"] else "another source's row of the same act knows more"
    told["thread"] = values["thread"]
    same = frame[(frame["thread"] == values["thread"]).astype(bool)]["work_item"].unique().tolist()
    told["with"] = sorted(set(same) - {values["work_item"]})
    notes = records(frame.loc[list(assessment.notes_by_thread.get(values["thread"], ())), ["title", "occurred_at"]])
    told["notes"] = [f"{each['title']}, {day(report_input.calendar.day_of(each['occurred_at']))}" for each in notes]
    claims = assessment.claims[assessment.claims["row"] == index]
    told["claims"] = [f"{each['status']} for {each['target']}: {each['reason']}" for each in records(claims)]
    words = assessment.suggestions[assessment.suggestions["row"] == index]
    told["suggestions"] = [f"{each['target']}: {each['reason']}" for each in records(words)]
    return told


def _says_something(value: Any) -> bool:
    import pandas as pd

    return len(value) > 0 if hasattr(value, "__len__") else not pd.isna(value)


def _text(explained: Mapping[str, Any]) -> str:
    width = max(map(len, explained))
    said = {name: value for name, value in explained.items() if value not in ("", [])}
    return "\n".join(f"{name:{width}}  {_plain(name, value, ' ' * (width + 2))}" for name, value in said.items())


def _plain(name: str, value: Any, indent: str) -> str:
    """A value as a terminal gets it; sentences each on a line of its own, set off by `indent`."""
    from harvester.notebook.notebook import WRAPPED
    from harvester.text import printable

    if isinstance(value, dict):
        joint = {key: " " if key in WRAPPED else ", " for key in value}
        text = "; ".join(f"{key}: {joint[key].join(each.splitlines())}" for key, each in value.items())
    elif isinstance(value, (list, tuple)) or hasattr(value, "tolist"):
        text = (f"\n{indent}" if name in SENTENCES else ", ").join(map(str, value))
    else:
        text = str(value)
    cut = text if len(text) <= LONGEST else f"{text[:LONGEST]}… ({len(text):,} characters; --json has them all)"
    return printable(cut)
