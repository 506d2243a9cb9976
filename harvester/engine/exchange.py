"""Steps as tasks on a Dask cluster, and lines of tables sent from all of them to all of the next.

Tables travel as Arrow's own bytes, one cell for each task and receiver, by Dask's shuffle between workers: it puts what
it has onto disk, and takes one task for each receiver instead of one for each sender and receiver. A shuffle of frames
with columns of lists and maps would fail, and so nothing of a row is changed on the way.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import dask.dataframe as dd
import numpy as np
import pandas as pd
import pyarrow as pa

from harvester.model.arrow_bytes import to_bytes

if TYPE_CHECKING:
    from distributed import Client, Future

CELL = pd.ArrowDtype(pa.large_binary())
CELLS = pd.DataFrame({"to": pd.Series(dtype="int64"), "lines": pd.Series(dtype=CELL)})
"""An empty frame of cells: the receiver `to`, from 0, and its `lines`, an Arrow stream as `to_bytes` writes it."""


class Packed(NamedTuple):
    """A table between two tasks: compressed, about a sixth of its size, in chunks as they arrived."""

    chunks: Sequence[bytes]
    schema: pa.Schema


class ClusterTasks:
    """The tasks of a cluster. What they make stays on its workers, packed, until no task and nobody here needs it."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def map(self, function: Callable[..., Any], *columns: Sequence[Any]) -> list[Future[Any]]:
        """A task for each line of the columns, whose values may be results of other tasks, or lists of such."""
        return self._each(_run, function, *columns)

    def exchange(
        self, types: Mapping[str, str], count: int, function: Callable[..., pa.Table], *columns: Sequence[Any]
    ) -> list[Future[Any]]:
        """So many tables with columns of these types, of the lines that the tasks of `map` make: by `to`, from 0."""
        cells = dd.from_delayed(self._each(_send, function, *columns), meta=CELLS, verify_meta=False)
        arrived = self._client.compute(placed(cells, count).to_delayed())
        schema = pa.schema([*types.items()])
        return [self._client.submit(received, each, schema, pure=False) for each in arrived]

    def results(self, made: Sequence[Future[Any]]) -> list[Any]:
        """The results themselves, in this process."""
        return [opened(each) for each in self._client.gather(list(made))]

    def _each(
        self, run: Callable[..., Any], function: Callable[..., Any], *columns: Sequence[Any]
    ) -> list[Future[Any]]:
        return [self._client.submit(run, function, *values, pure=False) for values in zip(*columns, strict=True)]


def opened(made: Any) -> Any:
    """What a task made, with its tables as tables."""
    if isinstance(made, Packed):
        tables = [pa.ipc.open_stream(each).read_all().select(made.schema.names) for each in made.chunks]
        return pa.concat_tables([made.schema.empty_table(), *tables])
    if isinstance(made, list):
        return [opened(each) for each in made]
    return _each_field(opened, made) if isinstance(made, tuple) else made


def packed(made: Any) -> Any:
    """What a task made, with its tables packed."""
    if isinstance(made, pa.Table):
        return Packed([to_bytes(made)], made.schema)
    return _each_field(packed, made) if isinstance(made, tuple) else made


def _each_field(function: Callable[[Any], Any], made: Any) -> Any:
    return made._make(map(function, made))


def _run(function: Callable[..., Any], *values: Any) -> Any:
    return packed(function(*map(opened, values)))


def _send(function: Callable[..., pa.Table], *values: Any) -> pd.DataFrame:
    return cells_of(function(*map(opened, values)))


def received(cells: pd.DataFrame, schema: pa.Schema) -> Packed:
    """The lines in the cells of one receiver, as a table of this schema."""
    return Packed(cells["lines"].tolist(), schema)


def placed(cells: dd.DataFrame, count: int) -> dd.DataFrame:
    """The cells (CELLS) in so many partitions: those whose `to` is 0, those with 1, and so on."""
    found: dd.DataFrame = cells.set_index("to", divisions=list(range(count + 1)), shuffle_method="p2p")
    return found


def cells_of(table: pa.Table) -> pd.DataFrame:
    """The lines of a table as a cell for each receiver (`to`)."""
    to = table["to"].to_numpy()
    order = np.argsort(to, kind="stable")
    receivers, first = np.unique(to[order], return_index=True)
    lines = table.drop_columns("to").take(pa.array(order))
    ends = [*first[1:], len(order)][: len(first)]
    cells = [to_bytes(lines.slice(start, end - start)) for start, end in zip(first, ends, strict=True)]
    return pd.DataFrame({"to": pd.Series(receivers, dtype="int64"), "lines": pd.Series(cells, dtype=CELL)})
