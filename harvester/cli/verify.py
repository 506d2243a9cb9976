"""`harvester verify`: make a report again and say what has changed since."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from harvester.cli import options
from harvester.version import VERSION
from harvester.workspace.environment import Environment

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from harvester.model.people import People
    from harvester.reporting.report_input import ReportInput


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@options.fresh
@options.config
@options.repo
@click.pass_obj
def command(environment: Environment, file: Path, fresh: bool, config_path: Path | None, repo: Path | None) -> int:
    """Read what the report FILE stands on once more, and say whether it is the same or name each row that changed.

    Exits with 0 where all is the same, and with 1 where something changed. The evidence lies beside the report. Where
    no row changed the report is made again and held against FILE word by word.

    \b
    Example:
      harvester verify accomplishments.md
    """
    from harvester.cli.main import OK, USER_ERROR
    from harvester.errors import UnknownError
    from harvester.reporting import evidence
    from harvester.reporting.evidence_diff import changes
    from harvester.reporting.report import tampering
    from harvester.text import printable
    from harvester.workspace.assemble import gather
    from harvester.workspace.collect import open_ledger
    from harvester.workspace.workspace import open_workspace

    path = environment.cwd / file
    if not path.exists():
        raise UnknownError(f"There is no report {str(file)!r}.", hint="Name one that --output wrote.")
    before = evidence.load(evidence.path_beside(path))
    told = tampering(path, before)
    workspace = open_workspace(environment, config_path, repo)
    with open_ledger(environment, workspace) as ledger:
        (told_of,) = before["persons"]
        person = _person(workspace.config.people, told_of["accounts"])
        _, report_input = gather(environment, workspace, ledger, evidence.period_of(before), person, fresh=fresh)
    after = evidence.evidence(report_input, before["report"])
    told += changes(before, after) or _reads_otherwise(path, report_input, before)
    for line in told:
        environment.echo(printable(line, lines=False))
    if told:
        return USER_ERROR
    environment.echo(
        f"Same: {len(before['rows']):,} rows, {len(before['claims']):,} claims and all sources are as they were."
    )
    return OK


def _reads_otherwise(path: Path, report_input: ReportInput, before: Mapping[str, Any]) -> list[str]:
    """A sentence where a report of the same rows does not read as the file does: its text and digests were changed."""
    from harvester.reporting.evidence import as_read
    from harvester.reporting.report import body, render
    from harvester.sdk import plugins

    made = plugins.load(plugins.REPORTS, before["report"])
    again = render(made, as_read(report_input, before), before)
    if body(again) == body(path.read_text(encoding="utf-8")):
        return []
    version = before["harvester"]
    other = "" if version == VERSION else f" (it was made by harvester {version}, and this is {VERSION})"
    number, was, now = _first_difference(path.read_text(encoding="utf-8"), again)
    return [f"{path.name} reads otherwise than the same rows do here{other}: line {number} is {was}, and here {now}."]


def _first_difference(text: str, again: str) -> tuple[int, str, str]:
    """The number of the first line that differs, from 1, and what it is in each; the very first, a comment, may."""
    from itertools import zip_longest

    from harvester.text import diff_excerpt

    lines = enumerate(zip_longest(text.split("\n"), again.split("\n")), 1)
    number, (was, now) = next((at, each) for at, each in lines if at > 1 and each[0] != each[1])
    one, other = diff_excerpt(was or "", now or "")
    return number, "missing" if was is None else f"'{one}'", "missing" if now is None else f"'{other}'"


def _person(people: People, accounts: Sequence[str]) -> str:
    """Whoever has these accounts here: whoever made the report may have called them otherwise."""
    owners = [people.person_of(*_source_and_account(each)) for each in accounts]
    configured = {each.key for each in people.persons}
    return next((each for each in owners if each in configured), accounts[0])


def _source_and_account(told: str) -> tuple[str, str]:
    """An account as an evidence tells it: `<e-mail>`, or `connector:account`."""
    if told.startswith("<"):
        return "", told
    connector, _, account = told.partition(":")
    return connector, account
