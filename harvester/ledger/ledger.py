"""The ledger's two tables as one thing: commit what a reading brought, read it back, forget, compact, export."""

from __future__ import annotations

import contextlib
import random
import re
import shutil
import threading
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from harvester.errors import LedgerError
from harvester.files import held
from harvester.ledger import links, upsert
from harvester.ledger.changeset import Changeset, UpsertCounts
from harvester.ledger.coverage import Coverage, forget_accounts
from harvester.ledger.coverage_rows import coverage_schema
from harvester.ledger.coverage_table import CoverageTable, after, readings
from harvester.ledger.delta_table import (
    CommitConflict,
    DataFile,
    Table,
    files,
    span,
    storage_errors,
    tidy,
    turns_of,
    version_of,
)
from harvester.ledger.migrate import MIGRATIONS, Migration, migrate
from harvester.ledger.queries import Wanted, accounts_in, between, is_parquet, sized, without, write_parquet
from harvester.model.accounts import account_key
from harvester.model.contribution import COLUMNS, VERSION, Contribution, arrow_schema
from harvester.model.periods import Period

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.dataset as ds

TRIES = 20
"""How often a commit is planned again because other processes were faster."""

_OWN = re.compile(r"contributions(?:-v\d+)?|coverage|locks|\.gitignore")
"""What stands in a ledger's folder."""

Given = TypeVar("Given")
Staged = tuple[DataFile, dict[str, Any]]
"""A file that no commit knows yet, and its statistics."""


@dataclass(frozen=True, slots=True)
class SourceVersion:
    """How often a source was committed to: a reading planned at one turn must be committed at the same."""

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
    def open(
        cls,
        location: str | Path,
        *,
        create: bool = True,
        options: Mapping[str, str] | None = None,
        migrations: Mapping[int, Migration] = MIGRATIONS,
    ) -> Ledger:
        """Open the ledger in a folder or at a URL such as `s3://bucket/ledger`, made where missing if `create`.

        `options` are handed to the object store (deltalake's `storage_options`). A ledger of an older schema is brought
        up to date, with a copy kept beside it. Raises LedgerError where there is none, where it is of a newer schema,
        or where the disk refuses.
        """
        ledger = cls(str(location).rstrip("/"), options)
        with storage_errors(ledger.location, "opened"):
            ledger._prepare(create, migrations)
        return ledger

    def turn(self, source: str) -> SourceVersion:
        """How often this source was committed to so far, for `commit`."""
        with storage_errors(self.location, "read"):
            return SourceVersion(turns_of(self._rows.load(), source), turns_of(self._coverage.load(), source))

    def coverage(self) -> list[Coverage]:
        """Everything that is known about what was read, by source and scope.

        Where a process died between the rows of a reading and their coverage, rows stand of which no cursor knows: then
        none of that source's is given.
        """
        return self._reading(self._told.known)

    def commit(self, change: Changeset, turn: SourceVersion | None = None) -> UpsertCounts:
        """Apply a change: its rows in one commit, then its coverage; what changes nothing commits no rows.

        With `turn`, raises Overtaken and changes nothing where the source was committed to since: what was read may
        be older than what stands. Without, it is planned again on top of that. Raises LedgerError, the old state
        intact, where the disk refuses.
        """
        with storage_errors(self.location, "written"), self._writing():
            torn = self._told.torn(change.source)
            counts = self._retried(lambda: self._commit_rows(change, turn), 1 if turn else TRIES)
            if change.coverage:
                told_after = partial(after, change, torn)
                self._retried(partial(self._told.change, change.source, told_after, whole=True), TRIES)
            return counts

    def rows(self, period: Period | None = None, wanted: Wanted | None = None) -> pa.Table:
        """The rows of a period (half-open; None: of all time) and of the accounts wanted (None: everyone's).

        An Arrow table of `schema.arrow_schema()` in no order.
        """
        return self._reading(lambda: self._select(period, wanted))

    def related(self, period: Period | None = None, wanted: Wanted | None = None) -> pa.Table:
        """What `rows` finds, and every row, of anyone at any time, that is linked to it by work items and references.

        Links are followed to their end and compared loosely (`#12` of project `org/repo` is any `repo#12`): whoever
        makes threads of them decides what belongs together.
        """
        return self._reading(lambda: links.gather(self._dataset(), period, wanted)).cast(arrow_schema())

    def earlier(self, source: str, scope: str, ids: Collection[str]) -> dict[str, Contribution]:
        """The rows of a source's scope with these ids, by id; only key, times, paths and counts are filled in."""
        return self._reading(lambda: sized(self._dataset(), source, scope, ids))

    def forget(self, wanted: Wanted) -> int:
        """Remove somebody, also from disk, and say how many rows went.

        Their rows go; in rows of others their account becomes `(forgotten)` in `owners` and `others`, so that counts
        still hold. What others wrote about them stays. Coverage of them goes, and with it what was known of readings
        of everyone in the sources concerned. Copies kept by migrations are deleted. In an object store, files that a
        killed run left behind without a commit stay for a day.
        """
        with storage_errors(self.location, "written"), self._writing() as locked:
            # Coverage first: dying in between then costs a second reading, and not a hole that nobody tells of.
            self._forget_coverage(wanted)
            gone = self._retried(lambda: self._forget_rows(wanted), TRIES)
            self._delete_copies()
            for table in (self._rows, self._coverage):
                _purge(table, locked)
            return gone

    def compact(self) -> int:
        """Merge the files of each source and year, delete what no commit holds any more; says how many files went."""
        with storage_errors(self.location, "written"), self._writing():
            merged = self._retried(self._merge, TRIES)
            for table in (self._rows, self._coverage):
                tidy(table)
            return merged

    def export(self, path: Path, prepare: Callable[[pa.Table], pa.Table] | None = None) -> int:
        """Write all rows to one Parquet file (readable by its owner alone), whole or not at all; says how many.

        `prepare` makes the table that is written of all rows.

        Raises LedgerError where a file that is no Parquet is in the way, or the folder is not there.
        """
        if not path.parent.is_dir():
            raise LedgerError(f"There is no folder {str(path.parent)!r}.", hint="Make it, or choose another file.")
        if path.exists() and not is_parquet(path):
            raise LedgerError(f"{str(path)!r} is there and is no Parquet file; it is left alone.", hint="Name another.")
        with storage_errors(self.location, f"exported to {str(path)!r}"):
            return _reread(lambda: write_parquet(self._dataset(), path, prepare))

    def info(self) -> LedgerInfo:
        """What the ledger holds, read from its log alone."""
        return self._reading(self._info)

    @contextlib.contextmanager
    def reading(self, source: str, stop: threading.Event | None = None) -> Iterator[None]:
        """Hold the place of the one who reads a source, so that others on this machine wait; see `locks.held`."""
        with contextlib.ExitStack() as stack:
            with storage_errors(self.location, "written"):
                stack.enter_context(held(self._lock(f"source-{source.encode().hex()}"), stop))
            yield

    @property
    def folder(self) -> Path | None:
        """The ledger's folder on this machine; None where it is in an object store."""
        return None if "://" in self.location else Path(self.location)

    @cached_property
    def _rows(self) -> Table:
        import pyarrow as pa

        schema = arrow_schema().append(pa.field("year", pa.int32(), nullable=False))
        return Table(f"{self.location}/contributions", schema, ("source", "year"), self.options)

    @cached_property
    def _coverage(self) -> Table:
        return Table(f"{self.location}/coverage", coverage_schema(), ("source",), self.options)

    @cached_property
    def _told(self) -> CoverageTable:
        return CoverageTable(self._rows, self._coverage)

    def _prepare(self, create: bool, migrations: Mapping[int, Migration]) -> None:
        tables = (self._coverage, self._rows)
        missing = [table for table in tables if not table.exists()]
        if missing and not create:
            raise LedgerError(f"There is no ledger in {self.location}.", hint="Run `harvester harvest` first.")
        if missing:
            self._make_folder()
            with self._writing():
                for table in missing:
                    table.create(VERSION)
                for source in {row.source for row in self.coverage()} if missing == [self._rows] else ():
                    self._told.change(source, lambda _: [])  # what was covered is gone, and must not look like no work
        self._check_version(migrations)

    def _check_version(self, migrations: Mapping[int, Migration]) -> None:
        state = self._rows.load()
        version = version_of(state)
        if version is None:
            raise LedgerError(f"The table in {self.location} is not a ledger.", hint="Choose another folder.")
        if version > VERSION:
            raise LedgerError(
                f"The ledger in {self.location} was written with schema {version}; this harvester knows {VERSION}.",
                hint="Install a newer contribution-harvester; nothing was changed.",
            )
        if version < VERSION:
            with self._writing():
                migrate(self._rows, VERSION, migrations)

    def _make_folder(self) -> None:
        """The folder holds what people wrote: private, and never part of somebody's commit.

        Raises LedgerError, and touches nothing, where the folder is there and is somebody's for something else.
        """
        if self.folder is None:
            return
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        if others := sorted(each.name for each in self.folder.iterdir() if not _OWN.fullmatch(each.name)):
            raise LedgerError(
                f"{self.location} is no ledger and is not empty: {others[0]!r} is in it.",
                hint="Choose a folder of its own in [ledger] location.",
            )
        self.folder.chmod(0o700)
        (self.folder / ".gitignore").write_text("*\n")

    def _lock(self, name: str) -> Path | None:
        return None if self.folder is None else self.folder / "locks" / f"{name[:200]}.lock"

    def _writing(self) -> contextlib.AbstractContextManager[bool]:
        return held(self._lock("write"))

    def _retried(self, action: Callable[[], Given], tries: int) -> Given:
        """Plan and commit again where others were faster, after a random pause so that nobody is left behind."""
        for number in range(tries - 1):
            with contextlib.suppress(CommitConflict):
                return action()
            time.sleep(random.uniform(0, 0.02 * 2 ** min(number, 6)))  # noqa: S311 - no secret
        if tries == 1:
            return action()
        try:
            return action()
        except CommitConflict as error:
            raise LedgerError(f"Others kept committing to the ledger in {self.location}.", hint="Try again.") from error

    def _reading(self, action: Callable[[], Given]) -> Given:
        with storage_errors(self.location, "read"):
            return _reread(action)

    def _commit_rows(self, change: Changeset, turn: SourceVersion | None) -> UpsertCounts:
        state = self._rows.load()
        now = turns_of(state, change.source)
        if turn and turn != SourceVersion(now, turns_of(self._coverage.load(), change.source)):
            raise CommitConflict(f"source {change.source!r} was committed to since this reading began")
        known = [file for file in files(state) if file.source == change.source]
        if not len(change.rows) and (not known or not (change.retracted or change.slices)):
            return UpsertCounts()
        counts, removed = UpsertCounts(), list[DataFile]()
        with self._staging() as staged:
            for part in upsert.parts(change, known, self._rows.read):
                counts += part.counts
                removed += part.removed
                staged += self._write(part.rows, {"source": change.source, "year": part.year})
        if staged or removed:
            read = turns_of(state, readings(change.source)) + 1
            self._rows.commit(state, staged, removed, {change.source: now + 1, readings(change.source): read})
        return counts + UpsertCounts(new=len(change.rows) - counts.replaced - counts.unchanged)

    def _write(self, rows: pa.Table, partition: dict[str, str | int]) -> Iterator[Staged]:
        for piece in upsert.cut(rows):
            yield self._rows.write(piece, partition), span(piece["occurred_at"])

    @contextlib.contextmanager
    def _staging(self) -> Iterator[list[Staged]]:
        """A list for files written ahead of a commit; they are deleted where writing them fails."""
        staged: list[Staged] = []
        try:
            yield staged
        except Exception:
            self._rows.discard(file for file, _ in staged)
            raise

    def _dataset(self) -> ds.Dataset:
        state = self._rows.load()
        local = self._rows.filesystem if self._rows.folder is not None else None
        return state.to_pyarrow_dataset(filesystem=local)

    def _select(self, period: Period | None, wanted: Wanted | None) -> pa.Table:
        import pyarrow.dataset as ds

        dataset, where = self._dataset(), between(period)
        if wanted is not None:
            chosen = ds.scalar(False)
            for source, accounts in accounts_in(dataset, where, wanted).items():
                chosen |= (ds.field("source") == source) & ds.field("account").isin(accounts)
            where = chosen if where is None else where & chosen
        return dataset.to_table(columns=list(COLUMNS), filter=where).cast(arrow_schema())

    def _forget_rows(self, wanted: Wanted) -> int:
        state = self._rows.load()
        removed: list[DataFile] = []
        gone = 0
        with self._staging() as staged:
            for file in files(state):
                rest = without(self._rows.read(file), file.source, wanted)
                if rest is not None:
                    removed.append(file)
                    gone += file.rows - len(rest)
                    staged += self._write(rest, dict(file.partition))
        if removed:
            turns = {source: turns_of(state, source) + 1 for source in {file.source for file in removed}}
            self._rows.commit(state, staged, removed, turns)
        return gone

    def _forget_coverage(self, wanted: Wanted) -> None:
        known = self.coverage()
        concerned = set(accounts_in(self._dataset(), None, wanted))
        for source in {row.source for row in known}:
            names = {each for row in known if row.source == source for each in row.accounts or ()}
            keys = frozenset(account_key(name) for name in names if wanted(source, name))
            if keys or source in concerned:
                self._retried(partial(self._told.change, source, partial(forget_accounts, keys=keys)), TRIES)

    def _delete_copies(self) -> None:
        if self.folder is not None:
            for copy in self.folder.glob("contributions-v*"):
                shutil.rmtree(copy)

    def _merge(self) -> int:
        import pyarrow as pa

        state = self._rows.load()
        groups: dict[tuple[Any, ...], list[DataFile]] = {}
        for file in files(state):
            if file.rows < upsert.FULL:
                groups.setdefault(tuple(file.partition.values()), []).append(file)
        several = [group for group in groups.values() if len(group) > 1]
        with self._staging() as staged:
            for group in several:
                staged += self._write(pa.concat_tables(map(self._rows.read, group)), dict(group[0].partition))
        removed = [file for group in several for file in group]
        if removed:
            turns = {source: turns_of(state, source) + 1 for source in {file.source for file in removed}}
            self._rows.commit(state, staged, removed, turns)
        return len(removed) - len(staged)

    def _info(self) -> LedgerInfo:
        state = self._rows.load()
        live = files(state)
        rows: dict[str, int] = {}
        for file in live:
            rows[file.source] = rows.get(file.source, 0) + file.rows
        size = sum(file.size for file in live)
        return LedgerInfo(self.location, version_of(state) or 0, rows, len(live), size, state.version())


def _reread(action: Callable[[], Given]) -> Given:
    """Read again where a file vanished because somebody compacted or forgot meanwhile."""
    import pyarrow as pa

    try:
        for _ in range(2):
            with contextlib.suppress(FileNotFoundError):
                return action()
        return action()
    except pa.ArrowInvalid as error:
        raise OSError(f"a file is damaged ({error})") from error


def _purge(table: Table, locked: bool) -> None:
    if locked:
        table.sweep()
    else:
        table.load().vacuum(retention_hours=0, enforce_retention_duration=False, dry_run=False)
