"""The table of measures for people, a team or every team and a period, in total and by month or quarter."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from harvester.errors import PersonError
from harvester.ledger.queries import by_accounts
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
from harvester.workspace.batch import Batch, NotMade, Subject, batch_of
from harvester.workspace.chosen import Chosen, people_asked
from harvester.workspace.collect import Accounts, CollectedData, open_ledger, temporary_ledger
from harvester.workspace.export import write_table_file
from harvester.workspace.workspace import Workspace, kinds_of_sources

if TYPE_CHECKING:
    import pyarrow as pa

    from harvester.ledger import Ledger
    from harvester.ledger.held_rows import StoredRows
    from harvester.reporting.report_input import Need, ReportInput


OF_ONE = "no number is said of days on which one person alone could be read, since this is a table of several teams."
"""Why a team in it has no numbers."""


@dataclass(frozen=True, slots=True)
class Figures:
    """The figures of people taken as one, or of a team: the whole period first, then its months or quarters."""

    team: str | None
    figures: tuple[Figure, ...]
    incomplete: tuple[str, ...]
    """A sentence for each source that did not give everything, and for everybody who could not be read."""
    remarks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MeasuresTable:
    """The figures of people, or of each team, and what a reader must know of them."""

    made: tuple[Figures, ...]
    not_made: tuple[NotMade, ...] = ()
    """The teams that have no figures."""

    @property
    def figures(self) -> list[Figure]:
        """All figures, those of one team after another."""
        return [each for own in self.made for each in own.figures]

    @property
    def incomplete(self) -> list[str]:
        """What is missing, a sentence each."""
        return list(dict.fromkeys(each for own in self.made for each in own.incomplete))

    @property
    def remarks(self) -> list[str]:
        """What must be known though nothing is missing, a sentence each."""
        return list(dict.fromkeys(each for own in self.made for each in own.remarks))

    @property
    def complete(self) -> bool:
        """Whether every source gave all that was asked of it, and every team has its figures."""
        return not self.incomplete and not self.not_made


def make_measures(
    workspace: Workspace,
    period: str | None = None,
    chosen: Chosen | None = None,
    *,
    by: By = "none",
    harvest: bool = True,
) -> MeasuresTable:
    """The figures of people, by default yourself, of a team, of everyone, or of every team, each by itself.

    Several people are taken as one, as on their page. With `every_team` no number is said of a team of one person, and
    the sources are read once for all of them.

    Raises what `harvester.workspace.assemble.assemble` raises, ReportError where people are named in two ways, and
    UnknownError for every team where there is none.
    """
    chosen = chosen or Chosen()
    people_asked(workspace, chosen)  # raises before a ledger is made
    with open_ledger(workspace) as ledger:
        if not chosen.every_team:
            return MeasuresTable((_of_people(workspace, ledger, period, chosen, by, harvest=harvest),))
        maker, accounts = measures_of_teams(workspace, ledger, period, by, harvest=harvest)
        rows = ledger.rows(maker.batch.period_to_read, by_accounts(accounts))
    return maker.table(maker.make(rows, maker.subjects))


def _of_people(
    workspace: Workspace, ledger: Ledger, period: str | None, chosen: Chosen, by: By, *, harvest: bool
) -> Figures:
    """The figures of people taken as one."""
    persons, request = people_asked(workspace, chosen)
    steps = _Steps(by, TEAM_NEEDS if chosen.of_teams else frozenset())
    found = assemble(workspace, ledger, period, persons, harvest=harvest, request=request, needs=steps.needs)
    people = list(found[1].persons)
    if by == "none" or chosen.of_teams or persons or people == [workspace.me] or not harvest:
        return steps.figures(workspace, ledger, None if chosen.of_teams else persons or people, *found)
    # Of the most active author, for whom nobody asked, nothing is stored that parts of the period could be made from.
    with temporary_ledger() as own:
        assemble(workspace, own, found[1].period, people, request=request, needs=steps.needs)
        return steps.figures(workspace, own, people, *found)


def measures_of_teams(
    workspace: Workspace, ledger: Ledger, period: str | None, by: By, *, harvest: bool
) -> tuple[MeasuresMaker, Accounts]:
    """What makes the figures of every team, and the accounts whose rows they are made from.

    With `harvest` the sources are read first. Raises PeriodError, and UnknownError where there is no team.
    """
    when = choose_period(workspace, period)
    periods_by(by, workspace.config.calendar, when)  # raises before anything is read
    chosen = Chosen(every_team=True)
    asked = people_asked(workspace, chosen)
    batch, accounts = batch_of(workspace, ledger, when, chosen, asked, needs=TEAM_NEEDS, harvest=harvest)
    return MeasuresMaker(batch, _Steps(by, TEAM_NEEDS, of_several=True)), accounts


@dataclass(frozen=True)
class MeasuresMaker:
    """Makes the figures of each team of a batch; it can go to another process, too."""

    batch: Batch
    steps: _Steps

    @property
    def subjects(self) -> Sequence[Subject]:
        """The teams, in the order of harvester.toml."""
        return self.batch.subjects or ()

    def make(self, rows: pa.Table, subjects: Iterable[Subject]) -> Iterator[Figures | NotMade]:
        """The figures of each team, from all rows of its members in any order."""
        for each in self.batch.inputs(rows, subjects):
            if isinstance(each, NotMade):
                yield each
            else:
                workspace = self.batch.workspace.open()
                yield self.steps.figures(workspace, each.stored, None, each.collected, each.report_input)

    def table(self, made: Iterable[Figures | NotMade]) -> MeasuresTable:
        """The figures as one table, in the order of harvester.toml, in whatever order they were made."""
        order = {each.team: number for number, each in enumerate(self.subjects)}
        found, missing = list[Figures](), list[NotMade]()
        for each in made:
            if isinstance(each, NotMade):
                missing.append(each)
            else:
                found.append(each)
        found.sort(key=lambda each: order[each.team])
        missing.sort(key=lambda each: order[each.key])
        return MeasuresTable(tuple(found), tuple(missing))


@dataclass(frozen=True)
class _Steps:
    """How a period is divided, and what the figures are made from."""

    by: By
    needs: frozenset[Need]
    """As on the page of the same people."""
    of_several: bool = False
    """Whether the figures stand beside those of other teams."""

    def figures(
        self,
        workspace: Workspace,
        stored: StoredRows,
        persons: Sequence[str] | None,
        collected: CollectedData,
        total: ReportInput,
    ) -> Figures:
        """Those of what was assembled for a whole period, and of each part of it; `persons` as `assemble` has them."""
        calendar, now = workspace.config.calendar, workspace.environment.clock()
        kinds, remarks = self._kinds(workspace), list(_remarks(total))
        whole = self._measured(total, TOTAL, kinds, remarks)
        figures = list(whole)
        for part in periods_by(self.by, calendar, total.period):
            made = None if part.since > now else self._part(workspace, stored, persons, collected, total, part)
            if made is None:
                figures += without_numbers(whole, calendar, part, self.by)
            else:
                figures += self._measured(made, self.by, kinds, remarks)
        return Figures(total.request.team, tuple(figures), (*collected.incomplete(), *collected.unread), tuple(remarks))

    def _kinds(self, workspace: Workspace) -> Kinds | None:
        """What the sources can have that are read."""
        found = kinds_of_sources(workspace)
        if found is None or "no_notebooks" not in self.needs:
            return found
        return {kind: columns for kind, columns in found.items() if kind != "note"}

    def _measured(self, made: ReportInput, step: str, kinds: Kinds | None, remarks: list[str]) -> list[Figure]:
        if self.of_several and is_of_few(made):
            remarks.append(f"{made.request.team}: {OF_ONE}")
        return measures_of(made, step=step, kinds=kinds, of_several=self.of_several)

    def _part(
        self,
        workspace: Workspace,
        stored: StoredRows,
        persons: Sequence[str] | None,
        collected: CollectedData,
        total: ReportInput,
        part: Period,
    ) -> ReportInput | None:
        """The report input of a part of the period, as of a page of that alone; None where a team has no page of it.

        Who was new is known from the whole period: the sources are not asked again.
        """
        alone: frozenset[Need] = frozenset({"no_look_alikes"})
        try:
            _, made = assemble(
                workspace, stored, part, persons, harvest=False, request=total.request,
                needs=self.needs - {"first_contributions"} | alone, outcome=collected.outcome,
            )  # fmt: skip
        except PersonError:
            return None
        new = total.first_contributions
        if new is None:
            return made
        inside = tuple(each for each in new.newcomers if each.occurred_at in part and each.person in made.persons)
        return dataclasses.replace(made, first_contributions=dataclasses.replace(new, newcomers=inside))


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


def _remarks(report_input: ReportInput) -> Iterator[str]:
    yield from report_input.remarks
    for status in report_input.statuses:
        yield from (f"{status.source}: {each.text}." for each in status.remarks)
