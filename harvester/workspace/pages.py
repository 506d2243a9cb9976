"""Pages for many people or teams, one for each, from rows that are read once."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harvester.errors import ReportError
from harvester.ledger.queries import by_accounts
from harvester.model.periods import Period
from harvester.reporting.formats import PLAIN, PageOptions
from harvester.workspace.assemble import choose_period
from harvester.workspace.batch import Batch, NotMade, Subject, batch_of
from harvester.workspace.chosen import Chosen
from harvester.workspace.collect import Accounts, open_ledger
from harvester.workspace.reports import (
    ABOUT,
    RenderedReport,
    load_report,
    people_of,
    period_of,
    rendered,
    require_audience,
)

if TYPE_CHECKING:
    import pyarrow as pa

    from harvester.ledger import Ledger
    from harvester.reporting.report import Report
    from harvester.workspace.workspace import Workspace


@dataclass(frozen=True)
class PageMaker:
    """Makes a page of one kind of each subject of a batch; it can go to another process, too."""

    batch: Batch
    kind: str
    draft: bool
    options: PageOptions

    def make(self, rows: pa.Table, subjects: Iterable[Subject]) -> Iterator[RenderedReport | NotMade]:
        """The page of each subject, from all rows of their people."""
        report = load_report(self.kind)
        for each in self.batch.inputs(rows, subjects):
            if isinstance(each, NotMade):
                yield each
                continue
            report_input = dataclasses.replace(each.report_input, draft=self.draft)
            suffix, complete = each.subject.suffix, each.collected.complete
            yield rendered(report, report_input, self.options, complete=complete, suffix=suffix)


def make_reports(
    workspace: Workspace,
    report: Report,
    period: str | None = None,
    chosen: Chosen | None = None,
    *,
    harvest: bool = True,
    draft: bool = False,
    options: PageOptions = PLAIN,
) -> Iterator[RenderedReport | NotMade]:
    """A report for each of the people, in the order of their keys, or with `every_team` for each team.

    The sources are read once for all of them. A page that cannot be made is there as `NotMade`, in its place.

    Raises what `make_report` raises, and UnknownError for every team where there is none.
    """
    with open_ledger(workspace) as ledger:
        maker, accounts = pages_of(
            workspace, ledger, report, period, chosen or Chosen(), harvest=harvest, draft=draft, options=options
        )
        rows = ledger.rows(maker.batch.period_to_read, by_accounts(accounts))
    pairs = rows.group_by(["source", "account"]).aggregate([])
    subjects = maker.batch.subjects_in(zip(pairs["source"].to_pylist(), pairs["account"].to_pylist(), strict=True))
    yield from maker.make(rows, subjects)


def pages_of(
    workspace: Workspace,
    ledger: Ledger,
    report: Report,
    period: str | None,
    chosen: Chosen,
    *,
    harvest: bool,
    draft: bool = False,
    options: PageOptions = PLAIN,
) -> tuple[PageMaker, Accounts]:
    """What makes several pages, and the accounts whose rows they are made from.

    With `harvest` the sources are read first, once for all pages. Raises what `make_reports` raises.
    """
    if ABOUT in report.needs:
        raise ReportError(f"{report.name!r} is about one piece of work.", hint="Leave out --each and --every-team.")
    require_audience(report, chosen.audience)
    words = period_of(workspace, report, period)
    when = words if isinstance(words, Period) else choose_period(workspace, words)
    asked = people_of(workspace, report, chosen)
    batch, accounts = batch_of(workspace, ledger, when, chosen, asked, needs=report.needs, harvest=harvest)
    return PageMaker(batch, report.name, draft, options), accounts
