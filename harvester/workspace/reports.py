"""Making a report with its evidence, writing both, and verifying what was written."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harvester.errors import ReportError, UnknownError
from harvester.files import read_text, write_text
from harvester.reporting import evidence
from harvester.reporting.evidence_diff import changes
from harvester.reporting.report import LARGEST, Report, body, render, tampering, write
from harvester.sdk import plugins
from harvester.text import diff_excerpt
from harvester.version import VERSION
from harvester.workspace.assemble import assemble
from harvester.workspace.collect import open_ledger
from harvester.workspace.workspace import Workspace

if TYPE_CHECKING:
    from harvester.model.people import People
    from harvester.reporting.report_input import ReportInput


LONGEST_NAME = 255
"""Bytes of a file's name, on all common file systems."""


@dataclass(frozen=True, slots=True)
class RenderedReport:
    """A report as Markdown, its evidence, and whether every source was complete."""

    text: str
    evidence: Mapping[str, Any]
    complete: bool


def load_report(kind: str) -> Report:
    """The kind of report of this name; raises UnknownError, with the nearest name, where none is installed."""
    report: Report = plugins.load(plugins.REPORTS, kind)
    return report


def make_report(
    workspace: Workspace,
    report: Report,
    period: str | None = None,
    person: str | Sequence[str] | None = None,
    *,
    harvest: bool = True,
) -> RenderedReport:
    """Make a report; period and person as for `harvester.workspace.assemble.assemble`, whose errors it raises."""
    with open_ledger(workspace) as ledger:
        collected, report_input = assemble(workspace, ledger, period, person, harvest=harvest)
    facts = evidence.evidence(report_input, report.name)
    return RenderedReport(render(report, report_input, facts), facts, collected.complete)


def write_report(report: RenderedReport, path: Path, *, force: bool = False) -> None:
    """Write a report and its evidence beside it.

    Raises ReportError where either cannot be written, or where it would replace something harvester did not write or
    somebody has edited (unless `force`).
    """
    beside = evidence.path_beside(path)
    if len(os.fsencode(beside.name)) > LONGEST_NAME:
        raise ReportError(
            f"{path.name[:60] + '…'!r} is too long: with .evidence.json it has more than {LONGEST_NAME} bytes.",
            hint="Name a shorter --output.",
        )
    if beside.is_symlink():
        raise ReportError(f"{beside.name} beside the report is a link and was not overwritten.", hint="Remove it.")
    if os.path.lexists(beside) and not force:
        evidence.load(beside)
    write(report.text, path, force=force)
    write_text(beside, evidence.dump(report.evidence))


@dataclass(frozen=True, slots=True)
class Verification:
    """What differs between a report and one made of the same period and person now, a sentence each."""

    differences: tuple[str, ...]
    rows: int
    claims: int
    """How many rows and claims the report was made from."""


def verify_report(workspace: Workspace, path: Path, *, harvest: bool = True) -> Verification:
    """Make a written report again from its evidence's period and people, and compare.

    Where no row, claim, goal or source differs, the text is compared too, which finds a report whose text and digests
    were both changed. Raises UnknownError or ReportError where the report or its evidence cannot be read.
    """
    before = evidence.load(evidence.path_beside(path))
    differences = tampering(path, before)
    persons = [_person_with(workspace.config.people, each["accounts"]) for each in before["persons"]]
    with open_ledger(workspace) as ledger:
        _, report_input = assemble(workspace, ledger, evidence.period_of(before), persons, harvest=harvest)
    after = evidence.evidence(report_input, before["report"])
    differences += changes(before, after) or _text_difference(path, report_input, before)
    return Verification(tuple(differences), len(before["rows"]), len(before["claims"]))


def require_report(path: Path, name: str) -> None:
    """Raises UnknownError where there is no file at the path; `name` is what the user called it."""
    if not os.path.lexists(path):
        raise UnknownError(f"There is no report {name!r}.", hint="Name one that --output wrote.")


def _text_difference(path: Path, report_input: ReportInput, before: Mapping[str, Any]) -> list[str]:
    """A sentence where the file's text is not what the same rows produce now; otherwise empty."""
    again = render(load_report(before["report"]), evidence.as_read(report_input, before), before)
    text = read_text(path, limit=LARGEST)
    if body(again) == body(text):
        return []
    version = before["harvester"]
    other = "" if version == VERSION else f" (made by harvester {version}, this is {VERSION})"
    number, was, now = _first_difference(text, again)
    what = f"{path.name}: the text differs from what this data produces{other}"
    return [f"{what}: line {number} is {was}, and should be {now}."]


def _first_difference(text: str, again: str) -> tuple[int, str, str]:
    """The number of the first line that differs, from 1, and the line in each; the first line is a comment."""
    lines = enumerate(zip_longest(text.split("\n"), again.split("\n")), 1)
    number, (was, now) = next((at, each) for at, each in lines if at > 1 and each[0] != each[1])
    one, other = diff_excerpt(was or "", now or "")
    return number, "missing" if was is None else f"'{one}'", "missing" if now is None else f"'{other}'"


def _person_with(people: People, accounts: Sequence[str]) -> str:
    """The person who has these accounts here: the report's author may have another key for them."""
    owners = [people.person_of(*_source_and_account(each)) for each in accounts]
    configured = {each.key for each in people.persons}
    return next((each for each in owners if each in configured), accounts[0])


def _source_and_account(account: str) -> tuple[str, str]:
    """An account as evidence has it, `<e-mail>` or `connector:account`, in two parts."""
    if account.startswith("<"):
        return "", account
    connector, _, name = account.partition(":")
    return connector, name
