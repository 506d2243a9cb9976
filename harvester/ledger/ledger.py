"""The ledger's two tables as one thing: commit what a harvest brought, read it back, forget, compact."""

from __future__ import annotations

import contextlib
import random
import re
import threading
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from harvester.errors import LedgerError
from harvester.files import lock
from harvester.ledger import upsert
from harvester.ledger.changeset import Changeset, UpsertCounts
from harvester.ledger.coverage import Coverage, forget_accounts
from harvester.ledger.coverage_table import CoverageTable, coverage_after, coverage_schema, harvests_of
from harvester.ledger.delta_table import (
    CommitConflict,
    DataFile,
    Table,
    check_location,
    counter,
    files,
    known_reason,
    schema_version,
    shorten_log,
    storage_errors,
)
from harvester.ledger.object_store import check_endpoint
from harvester.ledger.pieces import PIECE_BYTES, Piece, pieces_of
from harvester.ledger.queries import Wanted, accounts_in, select, without_accounts
from harvester.model.accounts import account_key
from harvester.model.contribution import COLUMNS, VERSION, arrow_schema
from harvester.model.periods import Period

if TYPE_CHECKING:
    import deltalake
    import pyarrow as pa
    import pyarrow.dataset as ds

TRIES = 20
"""How often a commit is planned again because other processes were faster."""

_OWN = re.compile(r"contributions|coverage|locks|\.gitignore")
"""What is in a ledger's folder."""

Given = TypeVar("Given")


@dataclass(frozen=True, slots=True)
class SourceVersion:
    """How often rows and coverage of a source were committed; a harvest is committed on the one it was planned on."""

    rows: int
    coverage: int


@dataclass(frozen=True, slots=True)
class LedgerInfo:
    """What a ledger holds: rows by source, files and bytes of the newest state, the schema's version."""

    location: str
    schema: int
    rows: Mapping[str, int]
    files: int
    size: int
    commits: int


@dataclass(frozen=True)
class Ledger:
    """A folder or a place in an object store with a table of contributions and one of coverage."""

    location: str
    options: Mapping[str, str] | None = field(default=None, repr=False)

    @classmethod
    def open(cls, location: str | Path, *, create: bool = True, options: Mapping[str, str] | None = None) -> Ledger:
        """Open the ledger in a folder or at a URL such as `s3://bucket/ledger`, made where missing if `create`.

        `options` are handed to the object store (deltalake's `storage_options`).
        Raises LedgerError where there is none, where it has another schema, or where the disk refuses.
        """
        ledger = cls(str(location).rstrip("/"), options)
        if ledger.folder is not None:
            check_location(ledger.folder)
        else:
            check_endpoint(options)
        with storage_errors(ledger.location, "opened"):
            ledger._prepare(create)
        return ledger

    @classmethod
    def exists(cls, location: str, options: Mapping[str, str] | None = None) -> bool:
        """Whether there is a ledger in a folder or at a URL. Raises LedgerError where the disk or the store refuses."""
        ledger = cls(location.rstrip("/"), options)
        if ledger.folder is None:
            check_endpoint(options)
        with storage_errors(ledger.location, "opened"):
            return ledger._rows.exists()

    def source_version(self, source: str) -> SourceVersion:
        """How often this source was committed to so far, for `commit`."""
        with storage_errors(self.location, "read"):
            return SourceVersion(counter(self._rows.load(), source), counter(self._coverage.load(), source))

    def coverage(self) -> list[Coverage]:
        """All coverage, by source and scope.

        Where a process died between the rows of a harvest and their coverage, no cursor of that source is returned.
        """
        return self._read(self._coverage_table.all)

    def commit(self, changeset: Changeset, expected: SourceVersion | None = None) -> UpsertCounts:
        """Apply a changeset: its rows in one commit, then its coverage; what changes nothing commits no rows.

        With `expected`, raises CommitConflict and changes nothing where the source was committed to since: what was
        read may be older than what is stored. Without, it is planned again on top of that.
        Raises LedgerError, the old state intact, where the disk refuses.
        """
        with storage_errors(self.location, "written"), self._write_lock():
            lacked = self._coverage_table.lacks_coverage(changeset.source)
            counts = self._with_retries(lambda: self._commit_rows(changeset, expected), 1 if expected else TRIES)
            if changeset.coverage:
                edit = partial(coverage_after, changeset, lacked_coverage=lacked)
                update = partial(self._coverage_table.update, changeset.source, edit, covers_all_rows=True)
                self._with_retries(update, TRIES)
            return counts

    def rows(
        self,
        period: Period | None = None,
        wanted: Wanted | None = None,
        *,
        columns: Sequence[str] = COLUMNS,
        ids: Collection[str] | None = None,
    ) -> pa.Table:
        """The rows of a period (half-open; None: of all time) and of the accounts wanted (None: everyone's).

        An Arrow table of `contribution.arrow_schema()`, or of these columns of it, in no order; only these are read.
        `ids` are those of the rows wanted; None means all.
        """
        return self._read(lambda: select(self._dataset(), period, wanted, columns, ids))

    def pieces(
        self, period: Period | None = None, sources: Collection[str] = (), size: int = PIECE_BYTES
    ) -> list[Piece]:
        """The rows of these sources that may be of a period (None: of all time), in pieces that can be read apart.

        Each is about `size` bytes on disk; `read_piece` of all of them gives what `rows` gives, in no order.
        """
        return self._read(lambda: pieces_of(files(self._rows.load()), period, sources, size))

    def read_piece(self, piece: Piece, period: Period | None = None, *, columns: Sequence[str] = COLUMNS) -> pa.Table:
        """The rows of a piece in a period, as `rows` gives them.

        Raises LedgerError where a file of it is gone, since another process compacted or forgot meanwhile.
        """
        import pyarrow as pa
        import pyarrow.dataset as ds

        names = [name for name in self._rows.schema.names if name in {*columns, "occurred_at", "year"}]
        empty = pa.schema([self._rows.schema.field(name) for name in names]).empty_table()
        with storage_errors(self.location, "read"):
            read = [self._rows.read(each.file, names, range(each.first, each.end), period) for each in piece]
        return select(ds.dataset(pa.concat_tables([empty, *read])), period, None, columns, None)

    def forget(self, wanted: Wanted) -> int:
        """Remove somebody, also from disk; returns how many rows were removed.

        In rows of others their account becomes `(forgotten)` in `owners` and `participants`, so that counts still hold.
        What others wrote about them remains.
        Their coverage is removed, and in the sources concerned that of everyone and all cursors.
        In an object store, files that a killed run left behind without a commit remain for a day.
        """
        with storage_errors(self.location, "written"), self._write_lock() as locked:
            # Coverage first: dying in between then costs another harvest, and not a gap that is reported nowhere.
            self._forget_coverage(wanted)
            removed = self._with_retries(lambda: self._forget_rows(wanted), TRIES)
            for table in (self._rows, self._coverage):
                _delete_old_versions(table, locked)
            return removed

    def compact(self) -> int:
        """Merge the files of each source and year, delete old versions; returns by how many files there are fewer."""
        with storage_errors(self.location, "written"), self._write_lock():
            merged = self._with_retries(self._merge, TRIES)
            for table in (self._rows, self._coverage):
                shorten_log(table)
            return merged

    def info(self) -> LedgerInfo:
        """What the ledger holds, read only from its log."""
        return self._read(self._info)

    def count_not_public(self) -> int:
        """How many rows are not known to be public work: private ones, and those that nothing is known of."""
        import pyarrow.compute as pc

        private = self.rows(columns=("is_private",))["is_private"]
        return len(private) - (pc.sum(pc.invert(private)).as_py() or 0)

    @contextlib.contextmanager
    def source_lock(self, source: str, stop: threading.Event | None = None) -> Iterator[None]:
        """Let no other process on this machine harvest a source meanwhile, but wait; see `files.lock`."""
        with contextlib.ExitStack() as stack:
            with storage_errors(self.location, "written"):
                stack.enter_context(lock(self._lock_file(f"source-{source.encode().hex()}"), stop))
            yield

    @property
    def folder(self) -> Path | None:
        """The ledger's folder on this machine; None where it is in an object store."""
        return None if "://" in self.location else Path(self.location)

    @cached_property
    def _rows(self) -> Table:
        stored = upsert.with_year(arrow_schema().empty_table()).schema
        return Table(f"{self.location}/contributions", stored, ("source", "year"), self.options)

    @cached_property
    def _coverage(self) -> Table:
        return Table(f"{self.location}/coverage", coverage_schema(), ("source",), self.options)

    @cached_property
    def _coverage_table(self) -> CoverageTable:
        return CoverageTable(self._rows, self._coverage)

    def _prepare(self, create: bool) -> None:
        missing = [table for table in (self._coverage, self._rows) if not table.exists()]
        if missing and not create:
            raise LedgerError(f"There is no ledger in {self.location}.", hint="Run `harvester harvest` first.")
        if missing:
            self._make_folder()
            with self._write_lock():
                for table in missing:
                    table.create(VERSION)
                # Coverage of rows that somebody deleted would make their absence look like no work.
                for source in {row.source for row in self.coverage()} if missing == [self._rows] else ():
                    self._coverage_table.update(source, lambda _: [])
        self._check_version()

    def _check_version(self) -> None:
        version = schema_version(self._rows.load())
        if version is None:
            raise LedgerError(
                f"The table in {self.location} is not a ledger, or its _delta_log is damaged.",
                hint="Choose another folder; if it is your ledger, move that folder away and harvest again.",
            )
        if version != VERSION:
            raise LedgerError(
                f"The ledger in {self.location} was written with schema {version}, as its _delta_log says; this "
                f"harvester reads {VERSION}.",
                hint="Nothing was changed. Move that folder away, or choose another location, and harvest again.",
            )

    def _make_folder(self) -> None:
        """Make the folder, readable only by its owner and ignored by git, since it holds what people wrote.

        Raises LedgerError, and changes nothing, where the folder is used for something else.
        """
        if self.folder is None:
            return
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        if others := sorted(each.name for each in self.folder.iterdir() if not _OWN.fullmatch(each.name)):
            raise LedgerError(
                f"{self.location} is not a ledger: it contains {others[0]!r}.",
                hint="Choose a folder of its own in [ledger] location.",
            )
        self.folder.chmod(0o700)
        (self.folder / ".gitignore").write_text("*\n")

    def _lock_file(self, name: str) -> Path | None:
        return None if self.folder is None else self.folder / "locks" / f"{name[:200]}.lock"

    def _write_lock(self) -> contextlib.AbstractContextManager[bool]:
        return lock(self._lock_file("write"))

    def _with_retries(self, action: Callable[[], Given], tries: int) -> Given:
        """Plan and commit again where others were faster, after a random pause so that each gets a turn."""
        for number in range(tries - 1):
            with contextlib.suppress(CommitConflict):
                return action()
            time.sleep(random.uniform(0, 0.02 * 2 ** min(number, 6)))  # noqa: S311 - no secret
        if tries == 1:
            return action()
        try:
            return action()
        except CommitConflict as error:
            raise LedgerError(
                f"Another process is writing to the ledger in {self.location}.", hint="Try again."
            ) from error

    def _read(self, action: Callable[[], Given]) -> Given:
        with storage_errors(self.location, "read"):
            return self._with_rereads(action)

    def _with_rereads(self, action: Callable[[], Given]) -> Given:
        """Read again where a file vanished because another process compacted or forgot meanwhile.

        Raises DamagedFile, with its name, where a file does not hold what was written.
        """
        import pyarrow as pa

        try:
            for _ in range(2):
                with contextlib.suppress(FileNotFoundError):
                    return action()
            return action()
        except (pa.ArrowException, OSError) as error:
            if known_reason(error) is None:
                self._rows.check()
            raise

    def _commit_rows(self, changeset: Changeset, expected: SourceVersion | None) -> UpsertCounts:
        state, source = self._rows.load(), changeset.source
        count = counter(state, source)
        if expected and expected != SourceVersion(count, counter(self._coverage.load(), source)):
            raise CommitConflict(f"source {source!r} was committed to since this harvest began")
        own = [file for file in files(state) if file.source == source]
        if not len(changeset.rows) and (not own or not (changeset.retracted or changeset.replaced_ranges)):
            return UpsertCounts()
        counts, removed = UpsertCounts(), list[DataFile]()
        with self._staging() as staged:
            for year in upsert.year_rewrites(changeset, own, self._rows.read):
                counts += year.counts
                removed += year.removed
                staged += self._write(year.rows, {"source": source, "year": year.year})
        if staged or removed:
            harvests = {harvests_of(source): counter(state, harvests_of(source)) + 1}
            self._rows.commit(state, staged, removed, {source: count + 1} | harvests)
        return counts + UpsertCounts(new=len(changeset.rows) - counts.replaced - counts.unchanged)

    def _write(self, rows: pa.Table, partition: dict[str, str | int]) -> Iterator[DataFile]:
        for piece in upsert.split_by_size(rows):
            yield self._rows.write(piece, partition)

    @contextlib.contextmanager
    def _staging(self) -> Iterator[list[DataFile]]:
        """A list for files written ahead of a commit; they are deleted where writing them fails."""
        staged: list[DataFile] = []
        try:
            yield staged
        except Exception:
            self._rows.delete_staged(staged)
            raise

    def _dataset(self) -> ds.Dataset:
        return self._rows.dataset()

    def _forget_rows(self, wanted: Wanted) -> int:
        state = self._rows.load()
        rewritten: list[DataFile] = []
        removed = 0
        with self._staging() as staged:
            for file in files(state):
                rest = without_accounts(self._rows.read(file), file.source, wanted)
                if rest is not None:
                    rewritten.append(file)
                    removed += file.rows - len(rest)
                    staged += self._write(rest, dict(file.partition))
        self._replace(state, staged, rewritten)
        return removed

    def _replace(self, state: deltalake.DeltaTable, staged: list[DataFile], removed: list[DataFile]) -> None:
        """Commit files in place of others, and count it as a commit of each source concerned."""
        if removed:
            counters = {source: counter(state, source) + 1 for source in {file.source for file in removed}}
            self._rows.commit(state, staged, removed, counters)

    def _forget_coverage(self, wanted: Wanted) -> None:
        known = self.coverage()
        concerned = set(self._with_rereads(lambda: accounts_in(self._dataset(), None, wanted)))
        for source in {row.source for row in known}:
            names = {each for row in known if row.source == source for each in row.accounts or ()}
            keys = frozenset(account_key(name) for name in names if wanted(source, name))
            if keys or source in concerned:
                edit = partial(forget_accounts, keys=keys)
                self._with_retries(partial(self._coverage_table.update, source, edit), TRIES)

    def _merge(self) -> int:
        import pyarrow as pa

        state = self._rows.load()
        groups: dict[tuple[Any, ...], list[DataFile]] = {}
        for file in files(state):
            if file.rows < upsert.FULL_FILE_ROWS:
                groups.setdefault(tuple(file.partition.values()), []).append(file)
        several = [group for group in groups.values() if len(group) > 1]
        with self._staging() as staged:
            for group in several:
                staged += self._write(pa.concat_tables(map(self._rows.read, group)), dict(group[0].partition))
        removed = [file for group in several for file in group]
        self._replace(state, staged, removed)
        return len(removed) - len(staged)

    def _info(self) -> LedgerInfo:
        state = self._rows.load()
        live = files(state)
        rows: Counter[str] = Counter()
        for file in live:
            rows[file.source] += file.rows
        size = sum(file.size for file in live)
        return LedgerInfo(self.location, schema_version(state) or 0, rows, len(live), size, state.version())


def _delete_old_versions(table: Table, locked: bool) -> None:
    if locked:
        table.delete_unreferenced()
    else:
        table.load().vacuum(retention_hours=0, enforce_retention_duration=False, dry_run=False)
