"""The table of measures for people, a team or every team and a period, in total and by month or quarter."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from harvester.errors import PersonError
from harvester.model.periods import Period
from harvester.reporting.figures import (
    TOTAL,
    By,
    Figure,
    Kinds,
    figures_table,
    is_of_few,
    measures_of,
    periods_by,
    without_numbers,
)
from harvester.reporting.formats import Format
from harvester.reporting.table_files import About, table_bytes
from harvester.reporting.team import TEAM_NEEDS
from harvester.version import VERSION
from harvester.workspace.assemble import assemble, choose_period
from harvester.workspace.chosen import Chosen, people_asked
from harvester.workspace.collect import open_ledger
from harvester.workspace.every_team import NotMade, assemble_every_team
from harvester.workspace.export import write_table_file
from harvester.workspace.workspace import Workspace, kinds_of_sources

if TYPE_CHECKING:
    from harvester.ledger import Ledger
    from harvester.reporting.report_input import Need, ReportInput
    from harvester.workspace.collect import CollectedData


OF_ONE = "no number is said of days on which one person alone could be read, since this is a table of several teams."
"""Why a team in it has no numbers."""


@dataclass(frozen=True, slots=True)
class MeasuresTable:
    """The figures, those of people or of one team after another, and what a reader must know of them."""

    figures: tuple[Figure, ...]
    """For each of them the whole period first, then its months or quarters; each with every measure."""
    incomplete: tuple[str, ...]
    """A sentence for each source that did not give everything, and for everybody who could not be read."""
    not_made: tuple[NotMade, ...]
    """The teams that have no figures."""
    remarks: tuple[str, ...]

    @property
    def complete(self) -> bool:
        """Whether every source gave all that was asked of it, and every team has its figures."""
        return not self.incomplete and not self.not_made


def make_measures(
    workspace: Workspace,
    period: str | Period | None = None,
    chosen: Chosen | None = None,
    *,
    by: By = "none",
    harvest: bool = True,
    ledger: Ledger | None = None,
) -> MeasuresTable:
    """The figures of people, by default yourself, of a team, of everyone, or of every team, each by itself.

    Several people are taken as one, as on their page. With `every_team` no number is said of a team of one person. With
    `ledger` the rows are taken from there, else from the configured one.

    Raises what `harvester.workspace.assemble.assemble` raises, ReportError where people are named in two ways, and
    UnknownError for every team where there is none.
    """
    chosen = chosen or Chosen()
    found = list[_Total]()
    not_made = list[NotMade]()
    figures, said = list[Figure](), list[str]()
    with contextlib.nullcontext(ledger) if ledger else open_ledger(workspace) as opened:
        measuring = _Measuring(workspace, opened, by, chosen)
        for each in measuring.totals(period, harvest=harvest):
            if isinstance(each, NotMade):
                not_made.append(each)
            else:
                found.append(each)
                figures += measuring.figures(each, said)
    incomplete = (line for each in found for line in (*each.collected.incomplete(), *each.collected.unread))
    remarks = [*(line for each in found for line in _remarks(each.report_input)), *said]
    return MeasuresTable(
        tuple(figures), tuple(dict.fromkeys(incomplete)), tuple(not_made), tuple(dict.fromkeys(remarks))
    )


def write_measures(made: MeasuresTable, workspace: Workspace, path: Path, format_: Format, *, force: bool) -> list[str]:
    """Write the figures to a file that only its owner may read, as `ledger export` writes rows; returns remarks."""
    return write_table_file(figures_table(made.figures), path, format_, _about(made, workspace), force=force)


def measures_bytes(made: MeasuresTable, workspace: Workspace, format_: Format) -> tuple[bytes, list[str]]:
    """The figures as the bytes of a file, with remarks."""
    return table_bytes(figures_table(made.figures), format_, _about(made, workspace))


def _about(made: MeasuresTable, workspace: Workspace) -> About:
    zone = workspace.config.calendar.zone
    gaps = {f"incomplete: {number}": each for number, each in enumerate(made.incomplete, 1)}
    facts = gaps | {"time zone": zone.key, "made by": f"harvester {VERSION}"}
    return About(zone, facts, {"harvester": VERSION}, sheet="Measures")


@dataclass(frozen=True, slots=True)
class _Total:
    """What was collected of people for the whole period, and how to ask for it again of a part of it."""

    persons: list[str] | None
    """As `assemble` takes them."""
    collected: CollectedData
    report_input: ReportInput


@dataclass(frozen=True, slots=True)
class _Measuring:
    """How figures are made: from which rows, by what, and of whom."""

    workspace: Workspace
    ledger: Ledger
    by: By
    chosen: Chosen

    @property
    def needs(self) -> frozenset[Need]:
        """As on the page of the same people."""
        return TEAM_NEEDS if self.chosen.of_teams else frozenset()

    @property
    def kinds(self) -> Kinds | None:
        """What the sources can have that are read."""
        found = kinds_of_sources(self.workspace)
        if found is None or "no_notebooks" not in self.needs:
            return found
        return {kind: columns for kind, columns in found.items() if kind != "note"}

    def totals(self, period: str | Period | None, *, harvest: bool) -> Iterator[_Total | NotMade]:
        """The whole period of the people, or of each team."""
        persons, request = people_asked(self.workspace, self.chosen)
        if not self.chosen.every_team:
            found = assemble(
                self.workspace, self.ledger, period, persons, harvest=harvest, request=request, needs=self.needs
            )
            yield _Total(persons or (None if self.chosen.of_teams else list(found[1].persons)), *found)
            return
        when = period if isinstance(period, Period) else choose_period(self.workspace, period)
        for each in assemble_every_team(
            self.workspace, self.ledger, when, harvest=harvest, request=request, needs=self.needs
        ):
            yield each if isinstance(each, NotMade) else _Total(None, each.collected, each.report_input)

    def figures(self, total: _Total, said: list[str]) -> Iterator[Figure]:
        """Those of the whole period, then those of each part of it; `said` gets why some have no number."""
        calendar, now = self.workspace.config.calendar, self.workspace.environment.clock()
        whole = self.measured(total.report_input, TOTAL, said)
        yield from whole
        for part in periods_by(self.by, calendar, total.report_input.period):
            made = None if part.since > now else self.part(total, part)
            if made is None:
                yield from without_numbers(whole, calendar, part, self.by)
            else:
                yield from self.measured(made, self.by, said)

    def measured(self, report_input: ReportInput, step: str, said: list[str]) -> list[Figure]:
        """The figures of a report input."""
        if self.chosen.every_team and is_of_few(report_input):
            said.append(f"{report_input.request.team}: {OF_ONE}")
        return measures_of(report_input, step=step, kinds=self.kinds, of_several=self.chosen.every_team)

    def part(self, total: _Total, part: Period) -> ReportInput | None:
        """The report input of a part of the period, as of a page of that alone; None where a team has no page of it.

        Who was new is known from the whole period: the sources are not asked again.
        """
        new = total.report_input.first_contributions
        alone: frozenset[Need] = frozenset({"no_look_alikes"})
        needs = self.needs - {"first_contributions"} | alone
        request, outcome = total.report_input.request, total.collected.outcome
        try:
            _, made = assemble(
                self.workspace, self.ledger, part, total.persons,
                harvest=False, request=request, needs=needs, outcome=outcome,
            )  # fmt: skip
        except PersonError:
            return None
        if new is None:
            return made
        inside = tuple(each for each in new.newcomers if each.occurred_at in part and each.person in made.persons)
        return dataclasses.replace(made, first_contributions=dataclasses.replace(new, newcomers=inside))


def _remarks(report_input: ReportInput) -> Iterator[str]:
    yield from report_input.remarks
    for status in report_input.statuses:
        yield from (f"{status.source}: {each.text}." for each in status.remarks)
