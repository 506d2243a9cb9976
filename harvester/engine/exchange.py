"""Steps as tasks on a Dask cluster, and lines of tables sent from all of them to all of the next.

Tables travel as Arrow's own bytes, one cell for each task and receiver, by Dask's shuffle between workers: it puts what
it has onto disk, and takes one task for each receiver instead of one for each sender and receiver. A shuffle of frames
with columns of lists and maps would fail, and so nothing of a row is changed on the way.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

import dask.dataframe as dd
import numpy as np
import pandas as pd
import pyarrow as pa

if TYPE_CHECKING:
    from distributed import Client, Future

CELL = pd.ArrowDtype(pa.large_binary())
CELLS = pd.DataFrame({"to": pd.Series(dtype="int64"), "lines": pd.Series(dtype=CELL)})


class ClusterTasks:
    """The tasks of a cluster; what they make stays on its workers until nobody has its name any more."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def map(self, function: Callable[..., Any], *columns: Sequence[Any]) -> list[Future[Any]]:
        """A task for each line of the columns, whose values may be results of other tasks, or lists of such."""
        return [self._client.submit(function, *values, pure=False) for values in zip(*columns, strict=True)]

    def exchange(
        self, tables: Sequence[Future[pa.Table]], count: int, columns: Mapping[str, str]
    ) -> list[Future[pa.Table]]:
        """So many tables of these columns: the lines of all tables whose `to` is 0, those with 1, and so on."""
        cells = dd.from_delayed(self.map(cells_of, tables), meta=CELLS, verify_meta=False)
        received = self._client.compute(placed(cells, count).to_delayed())
        return self.map(lines_in, received, [pa.schema([*columns.items()])] * count)

    def results(self, made: Sequence[Future[Any]]) -> list[Any]:
        """The results themselves, in this process."""
        return cast("list[Any]", self._client.gather(list(made)))


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


def to_bytes(lines: pa.Table) -> bytes:
    """A table as Arrow's own bytes, compressed."""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, lines.schema, options=pa.ipc.IpcWriteOptions(compression="zstd")) as writer:
        writer.write_table(lines)
    return bytes(sink.getvalue())


def lines_in(cells: pd.DataFrame, schema: pa.Schema) -> pa.Table:
    """The lines of the cells of one receiver, as a table of this schema."""
    tables: Iterable[pa.Table] = (pa.ipc.open_stream(each).read_all() for each in cells["lines"])
    return pa.concat_tables([schema.empty_table(), *(each.select(schema.names) for each in tables)])
