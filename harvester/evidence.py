"""What rules look at: the frame's columns, read once, and verdicts over all rows at a time with numbered reasons."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from harvester.frame import column
from harvester.people import People

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    import pyarrow as pa

    Array = np.ndarray[Any, Any]

Made = TypeVar("Made")
Say = Callable[[str], str | None]
"""The reason that a distinct value gives, or None where it gives none after all."""

NO, MAYBE, YES = range(3)
"""A rule does not hold; what speaks for it is not enough to claim; it holds."""


@dataclass(slots=True)
class Verdict:
    """For every row how far a rule holds (NO, MAYBE, YES), and the number of its reason."""

    level: Array
    reason: Array


class Values(NamedTuple):
    """Distinct values, the number of each occurrence (-1, the last place, for null), and its row (None: one a row)."""

    distinct: pa.Array
    codes: Array
    rows: Array | None = None


class Evidence:
    """A frame as rules see it: what was read is kept, reasons are numbered texts so that each is written once."""

    def __init__(self, frame: pd.DataFrame, people: People, tickets: Mapping[str, str]) -> None:
        self.frame, self.people, self.tickets = frame, people, tickets
        self.size = len(frame)
        self.reasons: list[str] = [""]
        self._numbers: dict[str, int] = {"": 0}
        self._kept: dict[object, Any] = {}

    def number(self, reason: str | None) -> int:
        """The number of a reason; 0 where there is none."""
        if reason is None:
            return 0
        if reason not in self._numbers:
            self._numbers[reason] = len(self.reasons)
            self.reasons.append(reason)
        return self._numbers[reason]

    def once(self, key: object, make: Callable[[], Made]) -> Made:
        """What was made for this key, made the first time."""
        if key not in self._kept:
            self._kept[key] = make()
        made: Made = self._kept[key]
        return made

    def nothing(self) -> Verdict:
        """The verdict of a rule that holds for no row."""
        import numpy as np

        return Verdict(np.zeros(self.size, np.uint8), np.zeros(self.size, np.int32))

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

    def by(
        self, values: Values, regex: str, say: Say, likely: Array | None = None, names: pa.Array | None = None
    ) -> Verdict:
        """The verdict on values: of those that the expression finds, a row takes the reason of its first.

        `likely` are the places of the distinct values among which alone it can find any; None: all of them. `names` are
        what reasons call the distinct values; None: by themselves.
        """
        import numpy as np
        import pyarrow.compute as pc

        verdict = self.nothing()
        some = values.distinct if likely is None else values.distinct.take(likely)
        found = np.flatnonzero(pc.match_substring_regex(some, regex).to_numpy(zero_copy_only=False))
        found = found if likely is None else likely[found]
        if not len(found):
            return verdict
        said = np.zeros(len(values.distinct) + 1, np.int32)  # one more, which is that of null
        texts = [say(each) for each in (values.distinct if names is None else names).take(found).to_pylist()]
        # Each distinct value has a reason of its own: numbered in a row, without looking for an equal one.
        said[found] = np.arange(len(self.reasons), len(self.reasons) + len(texts)) * [
            text is not None for text in texts
        ]
        self.reasons += [text or "" for text in texts]
        reasons = said[values.codes]
        hits = np.flatnonzero(reasons)[::-1]  # so that a row's first value is written last
        rows = hits if values.rows is None else values.rows[hits]
        verdict.reason[rows], verdict.level[rows] = reasons[hits], YES
        return verdict

    def either(self, parts: Sequence[Verdict]) -> Verdict:
        """The best of several verdicts, row by row; of equal ones the first."""
        import numpy as np

        verdict = self.nothing()
        for part in parts:
            better = np.flatnonzero(part.level > verdict.level)
            verdict.level[better], verdict.reason[better] = part.level[better], part.reason[better]
        return verdict

    def both(self, parts: Sequence[Verdict]) -> Verdict:
        """The worst of several verdicts, row by row, with all their reasons."""
        import numpy as np

        if not parts:
            return self.nothing()
        verdict = parts[0]
        for part in parts[1:]:
            level = np.minimum(verdict.level, part.level)
            rows = np.flatnonzero(level)
            reason = np.zeros(self.size, np.int32)
            reason[rows] = self._joined(verdict.reason[rows], part.reason[rows])
            verdict = Verdict(level, reason)
        return verdict

    def _joined(self, first: Array, second: Array) -> Array:
        import numpy as np

        pairs, back = np.unique(first.astype(np.int64) << 32 | second, return_inverse=True)
        texts = [f"{self.reasons[pair >> 32]}, {self.reasons[pair & 0xFFFFFFFF]}" for pair in pairs.tolist()]
        return np.array([*map(self.number, texts), 0], np.int32)[back]


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
    fields = column(frame, "fields").take(pa.array(at)).to_pylist()
    return [(int(row), dict(each or ())) for row, each in zip(at, fields, strict=True)]
