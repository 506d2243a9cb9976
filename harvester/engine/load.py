"""Rows as a Dask frame: each partition has all rows of some people, and threads reach over all of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import dask.dataframe as dd
from dask.delayed import delayed

from harvester.analysis import threads_in_parts
from harvester.analysis.frame import column, series
from harvester.analysis.links import NEEDED
from harvester.engine.batches import BatchTasks, planned
from harvester.engine.exchange import ClusterTasks, Packed, opened, packed
from harvester.engine.harvest import on_cluster
from harvester.engine.rows import BUCKET_ROWS, LedgerPieces, by_bucket, count_accounts, rows_in
from harvester.engine.shared import Shared, share_for_good
from harvester.engine.threads import threads
from harvester.ledger.held_rows import HeldRows
from harvester.model.contribution import arrow_schema
from harvester.workspace.assemble import choose_period
from harvester.workspace.batch import batch_of
from harvester.workspace.chosen import Chosen, people_asked
from harvester.workspace.collect import collect, open_ledger
from harvester.workspace.loaded import RowLoader, rows_of

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa
    from distributed import Client

    from harvester.reporting.report_input import ReportInput
    from harvester.workspace.workspace import Workspace


def load_frame(
    client: Client,
    workspace: Workspace,
    period: str | None,
    chosen: Chosen,
    *,
    harvest: bool,
    bucket_rows: int = BUCKET_ROWS,
) -> tuple[dd.DataFrame, list[str]]:
    """The frame that `harvester.load` gives with an engine, and a text for each source that did not give everything.

    Raises what `harvester.load` raises.
    """
    when = choose_period(workspace, period)
    asked = people_asked(workspace, chosen)
    with open_ledger(workspace) as ledger:
        batch, accounts = batch_of(
            on_cluster(client, workspace), ledger, when, chosen, asked, needs=frozenset(), harvest=harvest
        )
        stored = LedgerPieces.of(ledger, batch.period_to_read, workspace.config.sources)
    named = None if chosen.team or chosen.everyone else [each for one in batch.subjects or () for each in one.persons]
    nothing = HeldRows(arrow_schema().empty_table(), batch.coverage)
    collected = collect(workspace, nothing, batch.period_to_read, accounts, batch.outcome)
    return in_partitions(client, RowLoader(batch, named, asked[1]), stored, bucket_rows), list(collected.incomplete())


def in_partitions(client: Client, loading: RowLoader, stored: LedgerPieces, bucket_rows: int) -> dd.DataFrame:
    """The rows in partitions: all rows of a person are in one, by time; labels are from 0 in each.

    `thread` is that of all rows together. What was read stays on the workers, compressed, while the frame is there.
    """
    tasks = planned(loading, count_accounts(client, stored), bucket_rows)
    shared = share_for_good(client, tasks)
    cells = by_bucket(stored, shared, max(1, len(tasks.subjects))).persist().to_delayed()
    parts = client.compute([delayed(_packed_rows)(each, shared) for each in cells])
    found = threads(ClusterTasks(client), parts, loading.batch.workspace.goals.tickets)
    frames = [delayed(_frame)(each, shared, answer) for each, answer in zip(cells, found, strict=True)]
    made: dd.DataFrame = dd.from_delayed(frames, meta=_meta(loading), verify_meta=False)
    return made


@dataclass(frozen=True)
class PackedRows:
    """What threads need of a partition, compressed: called with names of columns it gives the rows."""

    rows: Packed

    def __call__(self, columns: Sequence[str]) -> pa.Table:
        """The rows with these columns."""
        table: pa.Table = opened(self.rows)
        return table.select(list(columns))


def _packed_rows(cells: pd.DataFrame, shared: Shared[BatchTasks[RowLoader]]) -> PackedRows:
    import pyarrow as pa

    frame = _input(cells, shared).frame
    return PackedRows(packed(pa.table({name: column(frame, name) for name in NEEDED})))


def _frame(cells: pd.DataFrame, shared: Shared[BatchTasks[RowLoader]], answer: Packed) -> pd.DataFrame:
    rows = rows_of(_input(cells, shared))
    thread = threads_in_parts.thread_of(column(rows, "work_item"), opened(answer))
    return rows.assign(thread=series(thread, rows.index))


def _input(cells: pd.DataFrame, shared: Shared[BatchTasks[RowLoader]]) -> ReportInput:
    return shared.get().work.input_of(rows_in(cells))


def _meta(loading: RowLoader) -> pd.DataFrame:
    return rows_of(loading.input_of(arrow_schema().empty_table()))
