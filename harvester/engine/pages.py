"""Pages and figures as tasks: all rows of some people or teams come together in one, which returns what they make."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from dask.delayed import delayed
from distributed import as_completed

from harvester.engine.rows import StoredPieces, by_bucket, count_accounts, fill_buckets, rows_in
from harvester.engine.shared import Shared, share
from harvester.reporting.formats import PLAIN, PageOptions
from harvester.workspace.batch import Batch, NotMade, PageBatch, Subject, prepare
from harvester.workspace.collect import harvest_sources, open_ledger
from harvester.workspace.measures import MeasuresTable, measures_of_teams

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa
    from distributed import Client

    from harvester.model.people import People
    from harvester.reporting.figures import By
    from harvester.reporting.report import Report
    from harvester.workspace.chosen import Chosen
    from harvester.workspace.reports import RenderedReport
    from harvester.workspace.workspace import Workspace

Made = TypeVar("Made")
MadeCo = TypeVar("MadeCo", covariant=True)


class Work(Protocol[MadeCo]):
    """Something to make of each subject of a batch, in any process, from all rows of their people."""

    @property
    def batch(self) -> Batch:
        """The batch."""
        ...

    def make(self, rows: pa.Table, subjects: Iterable[Subject]) -> Iterator[MadeCo]:
        """What is made of each of these subjects, in their order."""
        ...


@dataclass(frozen=True)
class SubjectTasks(Generic[Made]):
    """What the tasks of a batch share: which subjects are in which bucket, and in which buckets a person's rows are."""

    work: Work[Made]
    subjects: Sequence[Sequence[Subject]]
    buckets: Mapping[str, Sequence[int]]

    @property
    def people(self) -> People:
        """Whose the rows are."""
        return self.work.batch.workspace.config.people


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
    yield from each_made(client, PageBatch(batch, report.name, draft, options), stored)


def make_measures(
    client: Client, workspace: Workspace, period: str | None, by: By, *, harvest: bool = True
) -> MeasuresTable:
    """As `harvester.workspace.measures.make_measures` of every team: the same figures in the same order."""
    with open_ledger(workspace) as ledger:
        reading = partial(harvest_sources, workspace, ledger) if harvest else None
        measures, _ = measures_of_teams(workspace, ledger, period, by, harvest=reading)
        stored = StoredPieces.of(ledger, measures.batch.period_to_read, workspace.config.sources)
    return measures.table(each_made(client, measures, stored))


def each_made(client: Client, work: Work[Made], stored: StoredPieces) -> Iterator[Made]:
    """What is made of each subject, in the order it is ready."""
    tasks = plan(client, work, stored)
    with share(client, tasks) as shared:
        cells = by_bucket(stored, shared, len(tasks.subjects)).to_delayed()
        made = [delayed(_made)(part, number, shared) for number, part in enumerate(cells)]
        futures = client.compute(made)
        del made
        for done in as_completed(futures):
            yield from done.result()
            done.release()


def plan(client: Client, work: Work[Made], stored: StoredPieces) -> SubjectTasks[Made]:
    """Which subjects are made by which task, by how many rows their people have."""
    counted = count_accounts(client, stored)
    people, rows = work.batch.workspace.config.people, Counter[str]()
    for account, number in counted.items():
        rows[people.person_of(*account)] += number
    subjects = work.batch.subjects_in(counted)
    filled = fill_buckets([sum(rows[each] for each in one.persons) for one in subjects])
    buckets: dict[str, list[int]] = {}
    for number, places in enumerate(filled):
        for person in {each for place in places for each in subjects[place].persons}:
            buckets.setdefault(person, []).append(number)
    return SubjectTasks(work, [[subjects[place] for place in places] for places in filled], buckets)


def _made(cells: pd.DataFrame, number: int, shared: Shared[SubjectTasks[Made]]) -> list[Made]:
    tasks = shared.get()
    return list(tasks.work.make(rows_in(cells["rows"]), tasks.subjects[number]))
