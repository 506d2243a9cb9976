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

    Returns how many, and the remarks of `write_table_file`.

    Raises LedgerError where there is no ledger, and what `write_table_file` raises.
    """
    require_place(path, force=force)
    rows = _prepared_rows(workspace)
    return len(rows), write_table_file(rows, path, format_, _about(workspace), force=force)


def write_table_file(table: pa.Table, path: Path, format_: Format, about: About, *, force: bool = False) -> list[str]:
    """Write a table to a file that only its owner may read; returns remarks such as that texts were cut.

    The file is replaced in one step. Without `force` only an earlier table in Parquet is replaced: any other file may
    have been edited since, which nothing in it shows.

    Raises ReportError where a file is in the way, the folder is not there, or the format cannot hold so many rows.
    """
    require_place(path, force=force)
    with replace_file(path) as file:
        return write_table(table, file, format_, about)


def require_place(path: Path, *, force: bool) -> None:
    """Raises ReportError where a table cannot be written to a file: before anything is read for it."""
    if not path.parent.is_dir():
        raise ReportError(f"There is no folder {str(path.parent)!r}.", hint="Make it, or choose another file.")
    if os.path.lexists(path) and not force and not is_own_parquet(path):
        raise ReportError(
            f"{str(path)!r} exists and was not overwritten.", hint="Name another file, or use --force to replace it."
        )


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
