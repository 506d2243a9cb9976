"""How coverage is kept: one row each, its holes as JSON."""

from __future__ import annotations

import datetime as dt
import functools
import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

from harvester.ledger.coverage import Coverage
from harvester.model.periods import Period
from harvester.sdk.connector import Gap

if TYPE_CHECKING:
    import pyarrow as pa


@functools.cache
def coverage_schema() -> pa.Schema:
    """The Arrow schema of coverage; `accounts` is null where everyone's acts were read."""
    import pyarrow as pa

    time = pa.timestamp("us", tz="UTC")
    return pa.schema([
        pa.field("scope", pa.string(), nullable=False),
        pa.field("source", pa.string(), nullable=False),
        pa.field("accounts", pa.list_(pa.string())),
        pa.field("since", time, nullable=False),
        pa.field("until", time, nullable=False),
        pa.field("read_at", time, nullable=False),
        pa.field("cursor", pa.string()),
        pa.field("gaps", pa.string(), nullable=False),
    ])  # fmt: skip


def to_rows(rows: Sequence[Coverage]) -> pa.Table:
    """Coverage as an Arrow table."""
    import pyarrow as pa

    return pa.Table.from_pylist([_kept(row) for row in rows], schema=coverage_schema())


def from_rows(table: pa.Table) -> list[Coverage]:
    """The coverage in a table; the inverse of `to_rows`."""
    return [
        Coverage(
            source=row["source"],
            scope=row["scope"],
            accounts=None if row["accounts"] is None else frozenset(row["accounts"]),
            period=Period(row["since"], row["until"]),
            read_at=row["read_at"].astimezone(dt.UTC),
            cursor=row["cursor"],
            gaps=tuple(_gap(each) for each in json.loads(row["gaps"])),
        )
        for row in table.to_pylist()
    ]


def _kept(row: Coverage) -> dict[str, object]:
    gaps = [
        [gap.scope, gap.reason, *([gap.period.since.isoformat(), gap.period.until.isoformat()] if gap.period else [])]
        for gap in row.gaps
    ]
    return {
        "source": row.source,
        "scope": row.scope,
        "accounts": None if row.accounts is None else sorted(row.accounts),
        "since": row.period.since,
        "until": row.period.until,
        "read_at": row.read_at,
        "cursor": row.cursor,
        "gaps": json.dumps(gaps),
    }


def _gap(parts: list[str]) -> Gap:
    scope, reason, *times = parts
    period = Period(dt.datetime.fromisoformat(times[0]), dt.datetime.fromisoformat(times[1])) if times else None
    return Gap(scope, reason, period)
