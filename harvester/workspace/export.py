"""Exporting every row with the prepared columns, for pandas, DuckDB, Polars and spreadsheets."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from harvester.errors import ReportError
from harvester.files import replace_file
from harvester.reporting.formats import Format
from harvester.reporting.table_files import About, is_own_parquet, table_bytes, write_table
from harvester.version import VERSION
from harvester.workspace.collect import open_ledger, with_consent
from harvester.workspace.workspace import Workspace

if TYPE_CHECKING:
    import pyarrow as pa


def export_rows(workspace: Workspace, path: Path, format_: Format, *, force: bool = False) -> tuple[int, list[str]]:
    """Write all rows, with the prepared columns such as `counted`, to a file that only its owner may read.

    Returns how many, and remarks such as that texts were cut. The file is replaced in one step. Without `force` only
    an earlier export in Parquet is replaced: any other file may have been edited since, which nothing in it shows.

    Raises LedgerError where there is no ledger, and ReportError where a file is in the way, the folder is not there,
    or the format cannot hold so many rows.
    """
    if not path.parent.is_dir():
        raise ReportError(f"There is no folder {str(path.parent)!r}.", hint="Make it, or choose another file.")
    if os.path.lexists(path) and not force and not is_own_parquet(path):
        raise ReportError(
            f"{str(path)!r} exists and was not overwritten.", hint="Name another file, or use --force to replace it."
        )
    rows = _prepared_rows(workspace)
    with replace_file(path) as file:
        return len(rows), write_table(rows, file, format_, _about(workspace))


def export_bytes(workspace: Workspace, format_: Format) -> tuple[bytes, list[str]]:
    """All rows as `export_rows` writes them, with its remarks."""
    return table_bytes(_prepared_rows(workspace), format_, _about(workspace))


def _about(workspace: Workspace) -> About:
    zone = workspace.config.calendar.zone
    return About(zone, {"made by": f"harvester {VERSION}", "time zone": zone.key}, {"harvester": VERSION})


def _prepared_rows(workspace: Workspace) -> pa.Table:
    """All rows of the ledger with the prepared columns, by time."""
    import pyarrow as pa

    from harvester.analysis.frame import prepare

    with open_ledger(workspace, create=False) as ledger:
        rows = with_consent(workspace, ledger.rows())
    frame = prepare(rows, workspace.config.people).sort_values(["occurred_at", "source", "scope", "id"])
    return pa.Table.from_pandas(frame, preserve_index=False)
