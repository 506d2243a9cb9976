"""Bringing a ledger of an older schema up to date: a copy beside it first, then one commit."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING

from harvester.errors import LedgerError
from harvester.ledger.delta_table import Table, marked, version_of

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.dataset as ds

Migration = Callable[["pa.Table"], "pa.Table"]
"""From rows of one version of the schema to rows of the next; called with some rows at a time."""

MIGRATIONS: Mapping[int, Migration] = {}
"""By the version they start from. The first schema that was ever published needs none."""


def migrate(table: Table, version: int, migrations: Mapping[int, Migration]) -> None:
    """Rewrite a table in one commit as the `version` of the schema that `table.schema` is.

    The state before is kept in a table beside it, named `<table>-v<old version>`. Raises LedgerError, and changes
    nothing, where a step is missing. Where another process has done it meanwhile there is nothing left to do.
    """
    from deltalake import write_deltalake

    state = table.load()
    old = version_of(state)
    if old is None or old >= version:
        return
    steps = [_step(migrations, each, version) for each in range(old, version)]
    dataset = state.to_pyarrow_dataset()
    copy = dataclasses.replace(table, uri=f"{table.uri}-v{old}")
    options = dict(table.options or {})
    write_deltalake(
        copy.uri, dataset.scanner().to_reader(), mode="overwrite", schema_mode="overwrite",
        partition_by=list(table.partition_by), configuration=table.configuration, storage_options=options,
    )  # fmt: skip
    schema = marked(table.schema, version)
    write_deltalake(
        state, _reader(dataset, steps, schema), mode="overwrite", schema_mode="overwrite",
        partition_by=list(table.partition_by),
    )  # fmt: skip


def _step(migrations: Mapping[int, Migration], version: int, newest: int) -> Migration:
    if version not in migrations:
        raise LedgerError(
            f"The ledger was written with schema {version}, which this harvester cannot bring up to {newest}.",
            hint="Move it away and harvest again; nothing was changed.",
        )
    return migrations[version]


def _reader(dataset: ds.Dataset, steps: list[Migration], schema: pa.Schema) -> pa.RecordBatchReader:
    import pyarrow as pa

    return pa.RecordBatchReader.from_batches(schema, _migrated(dataset, steps, schema))


def _migrated(dataset: ds.Dataset, steps: list[Migration], schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    import pyarrow as pa

    from harvester.ledger.upsert import with_year

    for batch in dataset.to_batches():
        rows = pa.Table.from_batches([batch]).drop_columns(["year"])
        for step in steps:
            rows = step(rows)
        yield from with_year(rows).select(schema.names).cast(schema).to_batches()
