"""Queries on the stored rows: by period, by account, without an account, all of them into one file."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from harvester.ledger.changeset import to_timestamp
from harvester.model.accounts import keys_of, matches
from harvester.model.contribution import COLUMNS, arrow_schema
from harvester.model.periods import Period

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.dataset as ds

FORGOTTEN = "(forgotten)"
"""In `owners` and `participants` of other people's rows, in place of an account that was forgotten."""

Wanted = Callable[[str, str], bool]
"""Whether the rows of an account are wanted: (source, account as the source has it)."""


def by_accounts(accounts: Mapping[str, frozenset[str] | None]) -> Wanted:
    """Accepts these accounts of these sources (None: all of it)."""
    keys = {source: None if names is None else keys_of(names) for source, names in accounts.items()}

    def wanted(source: str, account: str) -> bool:
        known = keys.get(source, frozenset())
        return known is None or matches(account, known)

    return wanted


def in_period(period: Period | None) -> ds.Expression | None:
    """A filter for the rows of a period (half-open) and for the partitions that have them; None for all rows."""
    import pyarrow.dataset as ds

    if period is None:
        return None
    years = (ds.field("year") >= period.since.year) & (ds.field("year") <= period.until.year)
    return (
        years
        & (ds.field("occurred_at") >= to_timestamp(period.since))
        & (ds.field("occurred_at") < to_timestamp(period.until))
    )


def accounts_in(dataset: ds.Dataset, where: ds.Expression | None, wanted: Wanted) -> dict[str, list[str]]:
    """The accounts that are wanted, as the rows spell them, by source."""
    table = dataset.to_table(columns=["source", "account"], filter=where).group_by(["source", "account"]).aggregate([])
    found: dict[str, list[str]] = {}
    for source, account in zip(table["source"].to_pylist(), table["account"].to_pylist(), strict=True):
        if wanted(source, account):
            found.setdefault(source, []).append(account)
    return found


def without_accounts(rows: pa.Table, source: str, wanted: Wanted) -> pa.Table | None:
    """The rows without the wanted accounts' own, and without these accounts in others; None if nothing changes."""
    import pyarrow as pa
    import pyarrow.compute as pc

    lists = ("owners", "participants")
    names = {each for name in lists for each in rows[name].combine_chunks().flatten().unique().to_pylist()}
    named = {each for each in names if wanted(source, each)}
    own = [each for each in rows["account"].unique().to_pylist() if wanted(source, each)]
    if not own and not named:
        return None
    rest = rows.filter(pc.invert(pc.is_in(rows["account"], pa.array(own, pa.string()))))
    for name in lists:
        place = rest.schema.get_field_index(name)
        values = [[FORGOTTEN if each in named else each for each in row] for row in rest[name].to_pylist()]
        rest = rest.set_column(place, rest.schema.field(place), pa.array(values, rest.schema.field(place).type))
    return rest


def is_parquet(path: Path) -> bool:
    """Whether there is a Parquet file, by its first bytes; OSError where it cannot be read."""
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return file.read(4) == b"PAR1"


def write_parquet(dataset: ds.Dataset, path: Path, prepare: Callable[[pa.Table], pa.Table] | None = None) -> int:
    """Write all rows to a file that only its owner may read, whole or not at all; returns how many.

    With `prepare` they are all in memory at once.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    unfinished = path.with_name(f".{path.name}.partial")
    count = 0
    try:
        unfinished.touch(mode=0o600)
        if prepare:
            table = prepare(dataset.to_table(columns=list(COLUMNS)).cast(arrow_schema()))
            pq.write_table(table, unfinished, compression="zstd")
            unfinished.replace(path)
            return len(table)
        with pq.ParquetWriter(unfinished, arrow_schema(), compression="zstd") as writer:
            for batch in dataset.to_batches(columns=list(COLUMNS)):
                writer.write_table(pa.Table.from_batches([batch]).cast(arrow_schema()))
                count += len(batch)
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
    return count
