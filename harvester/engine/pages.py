"""Pages as tasks, one for each bucket of people or teams."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from harvester.engine.batches import made_by_tasks
from harvester.engine.harvest import on_cluster
from harvester.engine.rows import LedgerPieces
from harvester.reporting.formats import PLAIN, PageOptions
from harvester.workspace.collect import open_ledger
from harvester.workspace.pages import pages_of

if TYPE_CHECKING:
    from distributed import Client

    from harvester.reporting.report import Report
    from harvester.workspace.batch import NotMade
    from harvester.workspace.chosen import Chosen
    from harvester.workspace.reports import RenderedReport
    from harvester.workspace.workspace import Workspace


def make_reports(
    client: Client,
    workspace: Workspace,
    report: Report,
    period: str | None,
    chosen: Chosen,
    *,
    harvest: bool = True,
    draft: bool = False,
    options: PageOptions = PLAIN,
) -> Iterator[RenderedReport | NotMade]:
    """As `harvester.workspace.pages.make_reports`: the same pages byte for byte, in the order they are ready."""
    with open_ledger(workspace) as ledger:
        maker, _ = pages_of(
            on_cluster(client, workspace), ledger, report, period, chosen,
            harvest=harvest, draft=draft, options=options,
        )  # fmt: skip
        stored = LedgerPieces.of(ledger, maker.batch.period_to_read, workspace.config.sources)
        yield from made_by_tasks(client, maker, stored)
