"""Exporting every row with the prepared columns, for pandas, DuckDB, Polars and spreadsheets."""

from __future__ import annotations

from pathlib import Path

from harvester.workspace.collect import open_ledger
from harvester.workspace.workspace import Workspace


def export_rows(workspace: Workspace, path: Path) -> int:
    """Write all rows of the ledger with the prepared columns and `counted` to a Parquet file; returns how many.

    Raises LedgerError where there is no ledger, or where a file that is not Parquet is in the way.
    """
    import pyarrow as pa

    from harvester.analysis.frame import prepare
    from harvester.analysis.measures import counted_by

    def prepared(rows: pa.Table) -> pa.Table:
        frame = prepare(rows, workspace.config.people)
        return pa.Table.from_pandas(frame.assign(counted=counted_by(frame)), preserve_index=False)

    with open_ledger(workspace, create=False) as ledger:
        return ledger.export(path, prepared)
