"""Exporting every row with the prepared columns, for pandas, DuckDB, Polars and spreadsheets."""

from __future__ import annotations

from pathlib import Path

from harvester.workspace.collect import open_ledger
from harvester.workspace.workspace import Workspace


def export_rows(workspace: Workspace, path: Path) -> int:
    """Write all rows, with the prepared columns such as `counted`, to a Parquet file; returns how many.

    Raises LedgerError where there is no ledger, or where a file that is not Parquet is in the way.
    """
    import pyarrow as pa

    from harvester.analysis.frame import prepare

    def prepared(rows: pa.Table) -> pa.Table:
        return pa.Table.from_pandas(prepare(rows, workspace.config.people), preserve_index=False)

    with open_ledger(workspace, create=False) as ledger:
        return ledger.export(path, prepared)
