"""Batches as tasks: all rows of some people or teams come together in one, which returns what is said of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from dask.delayed import delayed
from distributed import as_completed

from harvester.engine.rows import BUCKET_ROWS, LedgerPieces, by_bucket, count_accounts, fill_buckets, rows_in
from harvester.engine.shared import Shared, share
from harvester.workspace.batch import Batch, Subject

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa
    from distributed import Client

    from harvester.model.people import People

Made = TypeVar("Made")
Work = TypeVar("Work", bound="BatchWork")
Made_co = TypeVar("Made_co", covariant=True)


class BatchWork(Protocol):
    """What is done with a batch; it can go to another process."""

    @property
    def batch(self) -> Batch:
        """The batch."""
        ...


class Maker(BatchWork, Protocol[Made_co]):
    """What makes something of each subject of a batch."""

    def make(self, rows: pa.Table, subjects: Iterable[Subject]) -> Iterator[Made_co]:
        """What is made of each subject, from all rows of their people."""
        ...


@dataclass(frozen=True)
class BatchTasks(Generic[Work]):
    """What the tasks of a batch share: which subjects are in which bucket, and in which buckets a person's rows are.

    `subjects` are by bucket, and `buckets`, from 0, by the key of the person.
    """

    work: Work
    subjects: Sequence[Sequence[Subject]]
    buckets: Mapping[str, Sequence[int]]

    @property
    def people(self) -> People:
        """Whose the rows are."""
        return self.work.batch.workspace.config.people


def made_by_tasks(client: Client, maker: Maker[Made], stored: LedgerPieces) -> Iterator[Made]:
    """What is made of each subject, bucket by bucket in the order they are ready."""
    tasks = planned(maker, count_accounts(client, stored))
    if not tasks.subjects:
        return
    with share(client, tasks) as shared:
        cells = by_bucket(stored, shared, len(tasks.subjects)).to_delayed()
        futures = client.compute([delayed(make_bucket)(part, number, shared) for number, part in enumerate(cells)])
        del cells
        for done in as_completed(futures):
            yield from done.result()
            done.release()


def planned(work: Work, counted: Mapping[tuple[str, str], int], bucket_rows: int = BUCKET_ROWS) -> BatchTasks[Work]:
    """Which subjects are in which task, by the numbers of rows of all accounts (source, account)."""
    people, rows = work.batch.workspace.config.people, Counter[str]()
    for account, number in counted.items():
        rows[people.person_of(*account)] += number
    subjects = work.batch.subjects_in(counted)
    filled = fill_buckets([sum(rows[each] for each in one.persons) for one in subjects], bucket_rows)
    buckets: dict[str, list[int]] = {}
    for number, places in enumerate(filled):
        for person in {each for place in places for each in subjects[place].persons}:
            buckets.setdefault(person, []).append(number)
    return BatchTasks(work, [[subjects[place] for place in places] for places in filled], buckets)


def make_bucket(cells: pd.DataFrame, number: int, shared: Shared[BatchTasks[Maker[Made]]]) -> list[Made]:
    """What is made of the subjects of a bucket from its cells, within a task."""
    tasks = shared.get()
    return list(tasks.work.make(rows_in(cells), tasks.subjects[number]))
