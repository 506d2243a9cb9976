"""Rows in memory that answer as the ledger they were read from does, for whom they were read."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from harvester.ledger.coverage import Coverage
from harvester.ledger.queries import Wanted, select
from harvester.ledger.upsert import with_year
from harvester.model.contribution import COLUMNS
from harvester.model.periods import Period

if TYPE_CHECKING:
    import pyarrow as pa


class StoredRows(Protocol):
    """What a page is made from: a ledger, or rows of one."""

    def rows(
        self,
        period: Period | None = None,
        wanted: Wanted | None = None,
        *,
        columns: Sequence[str] = COLUMNS,
        ids: Collection[str] | None = None,
    ) -> pa.Table:
        """The rows of a period, of the accounts wanted and with these ids; see `Ledger.rows`."""
        ...

    def coverage(self) -> list[Coverage]:
        """All coverage, by source and scope."""
        ...


@dataclass(frozen=True)
class HeldRows:
    """All rows of some people in some period, and the coverage of the ledger that they are from."""

    table: pa.Table
    """Of `contribution.arrow_schema()`."""
    known: Sequence[Coverage]

    def rows(
        self,
        period: Period | None = None,
        wanted: Wanted | None = None,
        *,
        columns: Sequence[str] = COLUMNS,
        ids: Collection[str] | None = None,
    ) -> pa.Table:
        """As `Ledger.rows`, of those that are held."""
        import pyarrow.dataset as ds

        return select(ds.dataset(with_year(self.table)), period, wanted, columns, ids)

    def coverage(self) -> list[Coverage]:
        """All coverage of the ledger."""
        return list(self.known)
