"""The rows of people in a period with all prepared columns, as the Python API gives them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harvester.analysis.frame import select
from harvester.analysis.measures import counted_by
from harvester.ledger.held_rows import HeldRows
from harvester.workspace.assemble import assemble
from harvester.workspace.batch import Batch

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

    from harvester.reporting.report_input import PageRequest, ReportInput


def rows_of(report_input: ReportInput) -> pd.DataFrame:
    """The rows of an input in its period, of its people, by time; labels from 0."""
    frame = select(report_input.frame, report_input.period, report_input.persons)
    return frame.assign(counted=counted_by(frame)).reset_index(drop=True)


@dataclass(frozen=True)
class RowLoader:
    """Loads the rows of a batch, of some of its people at a time; it can go to another process, too."""

    batch: Batch
    keys: Sequence[str] | None
    """The people; None where the request says whom it is about."""
    request: PageRequest

    def input_of(self, rows: pa.Table) -> ReportInput:
        """What is said of some of the people, from all rows of theirs."""
        return assemble(
            self.batch.workspace.open(), HeldRows(rows, self.batch.coverage), self.batch.period,
            harvest=False, all_rows=True, request=self.request, outcome=self.batch.outcome, keys=self.keys,
        )[1]  # fmt: skip
