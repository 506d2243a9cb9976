"""The ledger's rows as tasks: read in pieces, counted by account, and brought together by whose they are."""

from __future__ import annotations

import heapq
import os
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Protocol, cast

import dask.dataframe as dd
import pandas as pd
import pyarrow as pa

from harvester.analysis.frame import persons_of
from harvester.engine.exchange import CELLS, cells_of, opened, placed, received
from harvester.engine.shared import Shared
from harvester.errors import EngineError, LedgerError
from harvester.ledger.ledger import Ledger
from harvester.ledger.object_store import options_in
from harvester.ledger.pieces import Piece
from harvester.model.contribution import arrow_schema
from harvester.model.people import People
from harvester.model.periods import Period

if TYPE_CHECKING:
    from distributed import Client, Future

BUCKET_ROWS = 50_000
"""About how many rows a task gets of the people that it makes pages of."""
MERGED_AT_ONCE = 16
"""How many results of tasks one task merges."""


@dataclass(frozen=True, slots=True)
class LedgerPieces:
    """The rows of a ledger in a period, in pieces that any worker can read; credentials are the worker's own."""

    location: str
    pieces: tuple[Piece, ...]
    period: Period | None

    @classmethod
    def of(cls, ledger: Ledger, period: Period | None, sources: Collection[str]) -> LedgerPieces:
        """The rows of these sources as the ledger has them now."""
        folder = ledger.folder
        location = ledger.location if folder is None else str(folder.absolute())
        return cls(location, tuple(ledger.pieces(period, sources)), period)

    def read(self, piece: Piece, columns: Sequence[str] | None = None) -> pa.Table:
        """The rows of a piece, within a task; raises LedgerError."""
        ledger = Ledger(self.location, options_in(os.environ) if "://" in self.location else None)
        return ledger.read_piece(piece, self.period, **({} if columns is None else {"columns": columns}))

    def require_readable(self, client: Client) -> None:
        """Raises EngineError where a worker cannot read the ledger, and LedgerError where nobody can."""
        first = replace(self, pieces=tuple((replace(each, end=each.first + 1),) for (each, *_) in self.pieces[:1]))
        for worker, problem in client.run(first.problem).items():
            if problem:
                first.require_read()
                raise EngineError(
                    f"The worker {worker} cannot read the ledger, which this machine can. {problem}",
                    hint="Put it into S3, with AWS_… in the environment of every worker, or on a disk that all share.",
                )

    def require_read(self) -> None:
        """Read all pieces; raises LedgerError."""
        for piece in self.pieces:
            self.read(piece, ("source",))

    def problem(self) -> str | None:
        """Why the pieces cannot be read, within a task; None where they can."""
        try:
            self.require_read()
        except LedgerError as error:
            return error.message
        return None


def count_accounts(client: Client, stored: LedgerPieces) -> Counter[tuple[str, str]]:
    """How many rows each account has, by source and account; few, so that they fit into one process.

    Raises what `LedgerPieces.require_readable` raises.
    """
    stored.require_readable(client)
    counted = client.map(count_piece, stored.pieces, stored=stored, pure=False)
    return cast("Counter[tuple[str, str]]", merged(client, counted, _sum).result()) if counted else Counter()


def merged(client: Client, parts: Sequence[Future[Any]], merge: Callable[[list[Any]], Any]) -> Future[Any]:
    """The results of tasks as one, some of them at a time, so that no task holds all of them."""
    while len(parts) > 1:
        groups = [parts[first : first + MERGED_AT_ONCE] for first in range(0, len(parts), MERGED_AT_ONCE)]
        parts = [client.submit(merge, group, pure=False) for group in groups]
    return parts[0]


def count_piece(piece: Piece, stored: LedgerPieces) -> Counter[tuple[str, str]]:
    """How many rows each account has in a piece, within a task."""
    rows = stored.read(piece, ("source", "account"))
    counted = rows.group_by(["source", "account"]).aggregate([([], "count_all")])
    columns = (counted[name].to_pylist() for name in ("source", "account", "count_all"))
    return Counter({(source, account): rows for source, account, rows in zip(*columns, strict=True)})


def _sum(counted: list[Counter[tuple[str, str]]]) -> Counter[tuple[str, str]]:
    return sum(counted, Counter())


def fill_buckets(sizes: Sequence[int], rows: int = BUCKET_ROWS) -> list[list[int]]:
    """Places of sizes in as few buckets as hold about so many rows each, and about equally many; no bucket is empty.

    What is larger than a bucket has one of its own.
    """
    number = min(len(sizes), max(1, -(-sum(sizes) // rows)))
    buckets: list[list[int]] = [[] for _ in range(number)]
    free = [(0, each) for each in range(number)]
    for place in sorted(range(len(sizes)), key=lambda place: -sizes[place]):
        filled, bucket = heapq.heappop(free)
        buckets[bucket].append(place)
        heapq.heappush(free, (filled + max(1, sizes[place]), bucket))
    return buckets


class Routes(Protocol):
    """Where rows go: whose they are, and in which buckets the rows of each person are wanted."""

    @property
    def people(self) -> People:
        """The people of the workspace."""
        ...

    @property
    def buckets(self) -> Mapping[str, Sequence[int]]:
        """By key the buckets of a person; of who is not among them no rows are wanted."""
        ...


def by_bucket(stored: LedgerPieces, routes: Shared[Any], count: int) -> dd.DataFrame:
    """The rows in the buckets of their people, by shared `Routes`: partition n has bucket n, as cells for `rows_in`."""
    return placed(
        dd.from_map(route_piece, list(stored.pieces) or [()], stored=stored, routes=routes, meta=CELLS), count
    )


def route_piece(piece: Piece, stored: LedgerPieces, routes: Shared[Routes]) -> pd.DataFrame:
    """The rows of a piece as a cell for each bucket (CELLS), within a task."""
    rows, where = stored.read(piece), routes.get()
    persons = persons_of(rows, where.people)
    names = enumerate(persons.dictionary.to_pylist())
    wanted = [(code, bucket) for code, name in names for bucket in where.buckets.get(name, ())]
    places = pd.DataFrame({"person": persons.indices.to_numpy(), "at": range(len(rows))})
    sent = places.merge(pd.DataFrame(wanted, columns=["person", "to"], dtype="int64"), on="person")
    return cells_of(rows.take(pa.array(sent["at"])).append_column("to", pa.array(sent["to"])))


def rows_in(cells: pd.DataFrame) -> pa.Table:
    """The rows in the cells of a bucket."""
    return cast("pa.Table", opened(received(cells, arrow_schema())))
