"""What was read, kept beside the rows: one commit a reading, after its rows, and how to tell that one is missing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harvester.ledger.changeset import Changeset
from harvester.ledger.coverage import Coverage, clear_cursors, remove_coverage, updated
from harvester.ledger.coverage_rows import from_rows, to_rows
from harvester.ledger.delta_table import DataFile, Table, files, tidy, turns_of

if TYPE_CHECKING:
    import deltalake


@dataclass(frozen=True)
class CoverageTable:
    """The table of coverage, and the one of rows that it tells of."""

    rows: Table
    coverage: Table

    def known(self) -> list[Coverage]:
        """Everything that is known, without the cursors of a source of whose rows some are not covered."""
        known = self._held(self.coverage.load())
        torn = {source for source in {row.source for row in known} if self.torn(source)}
        return [*(row for row in known if row.source not in torn), *clear_cursors(r for r in known if r.source in torn)]

    def torn(self, source: str) -> bool:
        """Whether rows were committed whose coverage never was, since a process died in between."""
        read, told = (turns_of(table.load(), readings(source)) for table in (self.rows, self.coverage))
        return read != told

    def change(self, source: str, change: Callable[[list[Coverage]], list[Coverage]], *, whole: bool = False) -> None:
        """Change what is known of a source; `whole` where it then tells of all readings that left rows."""
        state = self.coverage.load()
        old = [file for file in files(state) if file.source == source]
        known = [row for row in self._held(state) if row.source == source]
        rows, told = change(known), turns_of(state, readings(source))
        read = turns_of(self.rows.load(), readings(source)) if whole else told
        if rows == known and len(old) <= 1 and read == told:
            return
        added: list[tuple[DataFile, dict[str, object]]] = []
        if rows:
            added = [(self.coverage.write(to_rows(rows), {"source": source}), {})]
        self.coverage.commit(state, added, old, {source: turns_of(state, source) + 1, readings(source): read})
        if state.version() % 100 == 99:
            tidy(self.coverage)

    def _held(self, state: deltalake.DeltaTable) -> list[Coverage]:
        return [row for file in files(state) for row in from_rows(self.coverage.read(file))]


def readings(source: str) -> str:
    """Under which name a table counts the readings of a source that left rows; no source has a colon in its name."""
    return f"readings:{source}"


def after(change: Changeset, torn: bool, known: list[Coverage]) -> list[Coverage]:
    """What is known after a change; where rows stand that no cursor knows of, the earlier cursors are worth nothing."""
    rows = clear_cursors(known) if torn else known
    for each in change.slices:
        if each.scope is None:
            rows = remove_coverage(rows, change.accounts, each.period, each.but_scopes)
    return updated(rows, change.coverage)
