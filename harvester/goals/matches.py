"""What rules look at: the frame's columns, read once, and verdicts over all rows at a time with numbered reasons."""

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
Say = Callable[["pa.Array"], "pa.Array"]
"""The reasons that distinct values give; null where one gives none after all."""

NO, MAYBE, YES = range(3)
"""A rule does not hold; what speaks for it is not enough to claim; it holds."""


@dataclass(slots=True)
class Match:
    """For every row how far a rule holds (NO, MAYBE, YES), and the number of its reason."""

    level: Array
    reason: Array


class Values(NamedTuple):
    """Distinct values, the number of each occurrence (-1, the last place, for null), and its row (None: one a row)."""

    distinct: pa.Array
    codes: Array
    rows: Array | None = None


class RuleContext:
    """A frame as rules see it: what was read is kept, reasons are texts of which verdicts hold the numbers."""

    def __init__(self, frame: pd.DataFrame, people: People, tickets: Mapping[str, str]) -> None:
        self.frame, self.people, self.tickets = frame, people, tickets
        self.size = len(frame)
        self._reasons: list[pa.Array] = []
        self._count = 0
        self._numbers: dict[str, int] = {}
        self.number("")
        self._kept: dict[object, Any] = {}

    def number(self, reason: str | None) -> int:
        """The number of a reason; 0 where there is none."""
        import pyarrow as pa

        if reason is None:
            return 0
        if reason not in self._numbers:
            self._numbers[reason] = int(self.numbered(pa.array([reason], pa.string()))[0])
        return self._numbers[reason]

    def numbered(self, reasons: pa.Array) -> Array:
        """New numbers for reasons; 0 where one is null."""
        import numpy as np
        import pyarrow.compute as pc

        first = self._count
        self._count += len(reasons)
        self._reasons.append(reasons)
        numbers: Array = np.arange(first, self._count, dtype=np.int32)
        numbers[pc.is_null(reasons).to_numpy(zero_copy_only=False).astype(bool)] = 0
        return numbers

    def told(self, numbers: Array) -> pa.Array:
        """The reasons that have these numbers."""
        import pyarrow as pa

        if len(self._reasons) > 1:
            self._reasons = [pa.concat_arrays(self._reasons)]
        return self._reasons[0].take(pa.array(numbers))

    def once(self, key: object, make: Callable[[], Made]) -> Made:
        """What was made for this key, made the first time."""
        if key not in self._kept:
            self._kept[key] = make()
        made: Made = self._kept[key]
        return made

    def nothing(self) -> Match:
        """The verdict of a rule that holds for no row."""
        import numpy as np

        return Match(np.zeros(self.size, np.uint8), np.zeros(self.size, np.int32))

    def values(self, name: str) -> Values:
        """A column's distinct values, and which one each row has."""
        return self.once(("values", name), lambda: encoded(column(self.frame, name)))

    def lists(self, name: str) -> Values:
        """The distinct values of a column of lists, and which rows have which."""
        return self.once(("lists", name), lambda: self._lists(name))

    def _lists(self, name: str) -> Values:
        import numpy as np
        import pyarrow.compute as pc

        lists = column(self.frame, name)
        rows = pc.list_parent_indices(lists).to_numpy(zero_copy_only=False).astype(np.int32)
        return Values(*encoded(pc.list_flatten(lists))[:2], rows)

    def by(self, values: Values, regex: str, say: Say, likely: Array | None = None) -> Match:
        """The verdict on values: of those that the expression finds, a row takes the reason of its first.

        `likely` are the places of the distinct values among which alone it can find any; None: all of them.
        """
        import numpy as np
        import pyarrow as pa
        import pyarrow.compute as pc

        verdict = self.nothing()
        some = values.distinct if likely is None else values.distinct.take(pa.array(likely))
        found = np.flatnonzero(pc.match_substring_regex(some, regex).to_numpy(zero_copy_only=False))
        if not len(found):
            return verdict
        said = np.zeros(len(values.distinct) + 1, np.int32)  # one more, which is that of null
        said[found if likely is None else likely[found]] = self.numbered(say(some.take(pa.array(found))))
        reasons = said[values.codes]
        hits = np.flatnonzero(reasons != 0)[::-1]  # so that a row's first value is written last
        rows = hits if values.rows is None else values.rows[hits]
        verdict.reason[rows], verdict.level[rows] = reasons[hits], YES
        return verdict

    def either(self, parts: Sequence[Match]) -> Match:
        """The best of several verdicts, row by row; of equal ones the first."""
        import numpy as np

        verdict = self.nothing()
        for part in parts:
            better = np.flatnonzero(part.level > verdict.level)
            verdict.level[better], verdict.reason[better] = part.level[better], part.reason[better]
        return verdict

    def both(self, parts: Sequence[Match]) -> Match:
        """The worst of several verdicts, row by row, with all their reasons."""
        import numpy as np

        if not parts:
            return self.nothing()
        verdict = parts[0]
        for part in parts[1:]:
            level = np.minimum(verdict.level, part.level)
            rows = np.flatnonzero(level != 0)
            reason = np.zeros(self.size, np.int32)
            reason[rows] = self._joined(verdict.reason[rows], part.reason[rows])
            verdict = Match(level, reason)
        return verdict

    def _joined(self, first: Array, second: Array) -> Array:
        import numpy as np
        import pyarrow.compute as pc

        pairs, back = np.unique(first.astype(np.int64) << 32 | second, return_inverse=True)
        texts = pc.binary_join_element_wise(self.told(pairs >> 32), self.told(pairs & 0xFFFFFFFF), ", ")
        return self.numbered(texts)[back]


def encoded(array: pa.Array) -> Values:
    """The distinct values of an array, and which one stands where."""
    import numpy as np
    import pyarrow.compute as pc

    made = array.dictionary_encode()
    codes = pc.fill_null(made.indices, -1).to_numpy(zero_copy_only=False).astype(np.int32)
    return Values(made.dictionary, codes)


def note_fields(frame: pd.DataFrame) -> list[tuple[int, dict[str, str]]]:
    """The positions of notes and what is written in their fields; a field that stands twice has two lines."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    at = np.flatnonzero(pc.equal(column(frame, "kind"), "note").to_numpy(zero_copy_only=False))
    fields = column(frame, "extra").take(pa.array(at)).to_pylist()
    return [(int(row), dict(each or ())) for row, each in zip(at, fields, strict=True)]
