"""Exporting every row with the prepared columns, for pandas, DuckDB, Polars and spreadsheets."""

from __future__ import annotations

from pathlib import Path

from harvester.errors import ReportError
from harvester.workspace.collect import open_ledger
from harvester.workspace.workspace import Workspace

SUFFIXES = (".parquet", ".pq")
"""How the name of an exported file ends; the suffix says the format."""


def export_rows(workspace: Workspace, path: Path) -> int:
    """Write all rows, with the prepared columns such as `counted`, to a Parquet file; returns how many.

    Raises LedgerError where there is no ledger, or where a file that is not Parquet is in the way, and ReportError
    where the name does not end with a known suffix.
    """
    if path.suffix.casefold() not in SUFFIXES:
        raise ReportError(
            f"{path.name!r} does not end with {' or '.join(SUFFIXES)}: rows are exported as Parquet only.",
            hint=f"Try {path.with_suffix(SUFFIXES[0]).name!r}; pandas, DuckDB and Polars read it and write CSV.",
        )
    import pyarrow as pa

    from harvester.analysis.frame import prepare

    def prepared(rows: pa.Table) -> pa.Table:
        return pa.Table.from_pandas(prepare(rows, workspace.config.people), preserve_index=False)

    with open_ledger(workspace, create=False) as ledger:
        return ledger.export(path, prepared)
