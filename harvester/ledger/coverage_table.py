"""The stored coverage: one row each, committed after the rows that it covers."""

from __future__ import annotations

import datetime as dt
import functools
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harvester.ledger.changeset import Changeset
from harvester.ledger.coverage import Coverage, clear_cursors, remove_coverage, updated
from harvester.ledger.delta_table import Table, counter, files, shorten_log
from harvester.model.periods import Period
from harvester.sdk.connector import Gap, Remark

if TYPE_CHECKING:
    import deltalake
    import pyarrow as pa

Edit = Callable[[list[Coverage]], list[Coverage]]
"""From the coverage of one source to what it is to be."""


@dataclass(frozen=True)
class CoverageTable:
    """The table of coverage, and the table of rows that it covers.

    Rows and their coverage are two commits, rows first. Both tables count a source's harvests that left rows; where the
    counts differ, a process died in between, and there are rows that no cursor knows of.
    """

    rows: Table
    coverage: Table

    def all(self) -> list[Coverage]:
        """The coverage of all sources, without the cursors of a source that has rows without coverage.

        Raises DamagedFile where rows or coverage of a source that the other table knows are missing.
        """
        state = self.coverage.load()
        states = (self.rows.load(), state)
        sources = {file.source for each in states for file in files(each)}
        for each in states:
            files(each, sources)
        known = self._stored(state)
        broken = {source for source in {row.source for row in known} if _lacks_coverage(*states, source)}
        intact = [row for row in known if row.source not in broken]
        return [*intact, *clear_cursors(row for row in known if row.source in broken)]

    def lacks_coverage(self, source: str) -> bool:
        """Whether rows of a source were committed whose coverage never was."""
        return _lacks_coverage(self.rows.load(), self.coverage.load(), source)

    def update(self, source: str, edit: Edit, *, covers_all_rows: bool = False) -> None:
        """Replace the coverage of a source in one commit; with `covers_all_rows` it then covers all committed rows."""
        state = self.coverage.load()
        old = [file for file in files(state) if file.source == source]
        known = [row for row in self._stored(state) if row.source == source]
        rows, covered = edit(known), counter(state, harvests_of(source))
        committed = counter(self.rows.load(), harvests_of(source)) if covers_all_rows else covered
        if rows == known and len(old) <= 1 and committed == covered:
            return
        added = [self.coverage.write(to_table(rows), {"source": source})] if rows else []
        self.coverage.commit(state, added, old, {source: counter(state, source) + 1, harvests_of(source): committed})
        if state.version() % 100 == 99:
            shorten_log(self.coverage)

    def _stored(self, state: deltalake.DeltaTable) -> list[Coverage]:
        return [row for file in files(state) for row in from_table(self.coverage.read(file))]


def _lacks_coverage(rows: deltalake.DeltaTable, coverage: deltalake.DeltaTable, source: str) -> bool:
    return counter(rows, harvests_of(source)) != counter(coverage, harvests_of(source))


def harvests_of(source: str) -> str:
    """The name under which a table counts a source's harvests that left rows; no source has a colon in its name."""
    return f"harvests:{source}"


def coverage_after(changeset: Changeset, known: list[Coverage], *, lacked_coverage: bool) -> list[Coverage]:
    """The coverage of a source after a changeset; earlier cursors go where rows were stored that they do not know."""
    rows = clear_cursors(known) if lacked_coverage else known
    for each in changeset.replaced_ranges:
        if each.scope is None:
            rows = remove_coverage(rows, changeset.accounts, each.period, each.but_scopes)
    return updated(rows, changeset.coverage)


@functools.cache
def coverage_schema() -> pa.Schema:
    """The Arrow schema of coverage; `accounts` is null where everyone's contributions were read."""
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


def to_table(rows: Sequence[Coverage]) -> pa.Table:
    """Coverage as an Arrow table; gaps and, without a reason, remarks as JSON."""
    import pyarrow as pa

    return pa.Table.from_pylist([_values(row) for row in rows], schema=coverage_schema())


def from_table(table: pa.Table) -> list[Coverage]:
    """The coverage in a table; the inverse of `to_table`."""
    return [
        Coverage(
            source=row["source"],
            scope=row["scope"],
            accounts=None if row["accounts"] is None else frozenset(row["accounts"]),
            period=Period(row["since"], row["until"]),
            read_at=row["read_at"].astimezone(dt.UTC),
            cursor=row["cursor"],
            gaps=tuple(_gap(**each) for each in json.loads(row["gaps"]) if "reason" in each),
            remarks=tuple(Remark(**each) for each in json.loads(row["gaps"]) if "reason" not in each),
        )
        for row in table.to_pylist()
    ]


def _values(row: Coverage) -> dict[str, object]:
    return {
        "source": row.source,
        "scope": row.scope,
        "accounts": None if row.accounts is None else sorted(row.accounts),
        "since": row.period.since,
        "until": row.period.until,
        "read_at": row.read_at,
        "cursor": row.cursor,
        "gaps": json.dumps(
            [*map(_gap_values, row.gaps), *({"scope": each.scope, "text": each.text} for each in row.remarks)]
        ),
    }


def _gap_values(gap: Gap) -> dict[str, str]:
    period = {"since": gap.period.since.isoformat(), "until": gap.period.until.isoformat()} if gap.period else {}
    return {"scope": gap.scope, "reason": gap.reason, **period}


def _gap(scope: str, reason: str, since: str | None = None, until: str | None = None) -> Gap:
    if since is None or until is None:
        return Gap(scope, reason)
    return Gap(scope, reason, Period(dt.datetime.fromisoformat(since), dt.datetime.fromisoformat(until)))
