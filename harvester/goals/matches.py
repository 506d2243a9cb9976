"""Which rows a rule holds for, decided for all rows at once; why is put into words only for rows that are asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from harvester.analysis.frame import column
from harvester.model.people import People

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    import pyarrow as pa

    Array = np.ndarray[Any, Any]

Made = TypeVar("Made")
Reasons = Callable[["Array"], "pa.Array"]
"""The reason of each of some rows, given by their positions; asked only for rows where the match is not NO."""
Describe = Callable[["pa.Array"], "pa.Array"]
"""The reason that each of some values gives."""

NO, MAYBE, YES = range(3)
"""A rule does not hold; what speaks for it is not enough to claim; it holds."""


@dataclass(frozen=True, slots=True)
class Match:
    """For every row how far a rule holds (NO, MAYBE, YES), and how to say why."""

    level: Array
    reasons: Reasons

    def within(self, rows: Array | None) -> Match:
        """The same match for some rows only, given by a mask; None: all."""
        return self if rows is None else Match(self.level * rows, self.reasons)


class Values(NamedTuple):
    """Distinct values, the number of each occurrence (-1 for null), and its row (None: one value a row)."""

    distinct: pa.Array
    codes: Array
    rows: Array | None = None


class RuleContext:
    """A frame as rules see it: people, hosts of tickets, and what one rule has worked out for the next."""

    def __init__(self, frame: pd.DataFrame, people: People, tickets: Mapping[str, str]) -> None:
        self.frame, self.people, self.tickets = frame, people, tickets
        self.size = len(frame)
        self._cache: dict[object, Any] = {}

    def cached(self, key: object, make: Callable[[], Made]) -> Made:
        """The value made for this key, made the first time."""
        if key not in self._cache:
            self._cache[key] = make()
        made: Made = self._cache[key]
        return made

    def values(self, name: str) -> Values:
        """The distinct values of a column, or of the lists in it, and which rows have which."""
        return self.cached(("values", name), lambda: encoded(column(self.frame, name)))

    def match(self, rows: Array | Sequence[int], level: int | Array, reasons: Reasons) -> Match:
        """A match of some rows, given by position or by mask; NO everywhere else."""
        import numpy as np

        levels = np.zeros(self.size, np.uint8)
        levels[rows] = level
        return Match(levels, reasons)

    def no_match(self) -> Match:
        """The match of a rule that holds for no row."""
        return self.match([], NO, constant(""))

    def match_values(self, values: Values, hits: Array, describe: Describe) -> Match:
        """A match where a row has one of the distinct values that `hits` marks; the first of them gives the reason."""
        import numpy as np
        import pyarrow as pa

        found = np.flatnonzero(np.append(hits, False)[values.codes])  # the last place is that of null
        rows = found if values.rows is None else values.rows[found]

        def reasons(wanted: Array) -> pa.Array:
            first = np.zeros(self.size, np.int64)
            first[rows[::-1]] = values.codes[found[::-1]]  # so that a row's first value is written last
            return describe(values.distinct.take(pa.array(first[wanted])))

        return self.match(rows, YES, reasons)


def any_of(parts: Sequence[Match]) -> Match:
    """The best of several matches (at least one), row by row; of equal ones the first gives the reason."""
    import numpy as np

    def reasons(rows: Array) -> pa.Array:
        best = np.argmax(np.stack([part.level[rows] for part in parts]), axis=0)
        return chosen(rows, best, [part.reasons for part in parts])

    return Match(np.maximum.reduce([part.level for part in parts]), reasons)


def all_of(parts: Sequence[Match]) -> Match:
    """The worst of several matches (at least one), row by row, with all their reasons."""
    import numpy as np
    import pyarrow.compute as pc

    def reasons(rows: Array) -> pa.Array:
        return pc.binary_join_element_wise(*(part.reasons(rows) for part in parts), ", ")

    return parts[0] if len(parts) == 1 else Match(np.minimum.reduce([part.level for part in parts]), reasons)


def constant(reason: str) -> Reasons:
    """The same reason for every row."""

    def reasons(rows: Array) -> pa.Array:
        import pyarrow as pa

        return pa.repeat(reason, len(rows))

    return reasons


def chosen(rows: Array, which: Array, parts: Sequence[Reasons]) -> pa.Array:
    """The reason of each row, given by the part whose number `which` has for it."""
    import numpy as np
    import pyarrow as pa

    texts = pa.concat_arrays([part(rows[which == number]) for number, part in enumerate(parts)])
    return texts.take(pa.array(np.argsort(np.argsort(which, kind="stable"))))


def encoded(array: pa.Array) -> Values:
    """The distinct values of an array, or of the lists in it, and which one is where."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    rows = None
    if pa.types.is_list(array.type):
        rows = pc.list_parent_indices(array).to_numpy(zero_copy_only=False).astype(np.int32)
        array = pc.list_flatten(array)
    made = array.dictionary_encode()
    codes = pc.fill_null(made.indices, -1).to_numpy(zero_copy_only=False).astype(np.int32)
    return Values(made.dictionary, codes, rows)


def note_fields(frame: pd.DataFrame) -> list[tuple[int, dict[str, str]]]:
    """The positions of notes and what is written in their fields; a field that is given twice has two lines."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    at = np.flatnonzero(pc.equal(column(frame, "kind"), "note").to_numpy(zero_copy_only=False))
    fields = column(frame, "extra").take(pa.array(at)).to_pylist()
    return [(int(row), dict(each or ())) for row, each in zip(at, fields, strict=True)]
