"""Pages as tasks: all rows of some people or teams come together in one, which returns their pages."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from dask.delayed import delayed
from distributed import as_completed

from harvester.engine.rows import StoredPieces, by_bucket, count_accounts, fill_buckets, rows_in
from harvester.engine.shared import Shared, share
from harvester.reporting.formats import PLAIN, PageOptions
from harvester.workspace.batch import NotMade, PageBatch, Subject, prepare
from harvester.workspace.collect import harvest_sources, open_ledger

if TYPE_CHECKING:
    import pandas as pd
    from distributed import Client

    from harvester.model.people import People
    from harvester.reporting.report import Report
    from harvester.workspace.chosen import Chosen
    from harvester.workspace.reports import RenderedReport
    from harvester.workspace.workspace import Workspace


@dataclass(frozen=True)
class PageTasks:
    """What the tasks of a batch share: which subjects are in which bucket, and in which buckets a person's rows are."""

    pages: PageBatch
    subjects: Sequence[Sequence[Subject]]
    buckets: Mapping[str, Sequence[int]]

    @property
    def people(self) -> People:
        """Whose the rows are."""
        return self.pages.batch.workspace.config.people


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
    """As `harvester.workspace.batch.make_reports`: the same pages byte for byte, in the order they are ready."""
    with open_ledger(workspace) as ledger:
        reading = partial(harvest_sources, workspace, ledger) if harvest else None
        batch, _ = prepare(workspace, ledger, report, period, chosen, harvest=reading)
        stored = StoredPieces.of(ledger, batch.period_to_read, workspace.config.sources)
    tasks = plan(client, PageBatch(batch, report.name, draft, options), stored)
    with share(client, tasks) as shared:
        cells = by_bucket(stored, shared, len(tasks.subjects)).to_delayed()
        made = [delayed(_pages)(part, number, shared) for number, part in enumerate(cells)]
        futures = client.compute(made)
        del made
        for done in as_completed(futures):
            yield from done.result()
            done.release()


def plan(client: Client, pages: PageBatch, stored: StoredPieces) -> PageTasks:
    """Which pages are made by which task, by how many rows their people have."""
    counted = count_accounts(client, stored)
    people, rows = pages.batch.workspace.config.people, Counter[str]()
    for account, number in counted.items():
        rows[people.person_of(*account)] += number
    subjects = pages.batch.subjects_in(counted)
    filled = fill_buckets([sum(rows[each] for each in one.persons) for one in subjects])
    buckets: dict[str, list[int]] = {}
    for number, places in enumerate(filled):
        for person in {each for place in places for each in subjects[place].persons}:
            buckets.setdefault(person, []).append(number)
    return PageTasks(pages, [[subjects[place] for place in places] for places in filled], buckets)


def _pages(cells: pd.DataFrame, number: int, shared: Shared[PageTasks]) -> list[RenderedReport | NotMade]:
    tasks = shared.get()
    return list(tasks.pages.make(rows_in(cells["rows"]), tasks.subjects[number]))
