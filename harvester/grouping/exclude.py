"""What `[[exclude]]` leaves out of everything: rows for which a rule holds, and what belongs to them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from harvester.analysis import measures
from harvester.analysis.frame import column, select
from harvester.analysis.references import resolved
from harvester.grouping.rules import GroupingRules

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    import pyarrow as pa

    from harvester.model.periods import Period

    Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Excluded:
    """What was left out of a report.

    `rows` has the rows of its people in the period, prepared, with two more columns: `excluded_by`, the name of the
    rule, and `exclude_reason`. None where no rule is configured.

    `by_rule` has, in the order of harvester.toml, how many work items each rule left out that would count otherwise
    (the measure `left_out`), without zeros.
    """

    rows: pd.DataFrame | None = None
    by_rule: Mapping[str, int] = field(default_factory=dict)

    @property
    def total(self) -> int:
        """How many work items were left out."""
        return sum(self.by_rule.values())

    def of(self, period: Period, persons: Collection[str]) -> Excluded:
        """What was left out of these people's work in a period."""
        if self.rows is None:
            return self
        rows = select(self.rows, period, persons)
        counted = rows[(rows["is_primary"] & ~rows["is_bot"]).to_numpy(bool)]
        numbers = {
            name: int(measures.count(counted[(counted["excluded_by"] == name).to_numpy(bool)], "left_out"))
            for name in self.by_rule
        }
        return Excluded(rows, {name: number for name, number in numbers.items() if number})


def exclude(frame: pd.DataFrame, rules: GroupingRules) -> tuple[pd.DataFrame, Excluded]:
    """The rows of a prepared frame that no `[[exclude]]` rule holds for, and those that were left out.

    With a row go the other rows of its work item, whichever source or person they are of, and with a pull request its
    commits, which go with nothing else. A ticket does not go with what closed it, nor the other way round: either may
    be of interest alone.
    """
    if not rules.exclude:
        return frame, Excluded()
    import numpy as np
    import pandas as pd

    names = [rule.name or f"exclude[{number}]" for number, rule in enumerate(rules.exclude, 1)]
    which, reasons = rules.first_match(frame, zip(names, rules.exclude, strict=True))
    which[frame["in_pull_request"].to_numpy(bool)] = -1
    which, reason = _spread(frame, which, np.array(reasons, object), rules)
    gone = which >= 0
    by = pd.Series([names[number] for number in which[gone]], frame.index[gone], "string[pyarrow]")
    why = pd.Series(reason[gone].tolist(), frame.index[gone], "string[pyarrow]")
    rows = frame[gone].assign(excluded_by=by, exclude_reason=why)
    return frame[~gone], Excluded(rows, dict.fromkeys(names, 0))


def _spread(frame: pd.DataFrame, which: Array, reason: Array, rules: GroupingRules) -> tuple[Array, Array]:
    """The rules and reasons with those of the work items and pull requests that rows belong to.

    A commit belongs to a pull request by its own `part_of`, or because the pull request names it as the commit it
    landed as, as `harvester.analysis.frame` has it.
    """
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    key, work_item = column(frame, "work_item_key"), pc.utf8_lower(column(frame, "work_item"))
    is_pull = pc.equal(column(frame, "kind"), "pull_request").to_numpy(zero_copy_only=False)
    own = np.arange(len(frame))
    commits, pulls = resolved(frame, ("part_of",), rules.tickets)
    landed, landed_as = resolved(frame, ("closes",), rules.tickets, is_pull)
    is_commit = pc.starts_with(landed_as, "commit/").to_numpy(zero_copy_only=False).astype(bool)
    # Each pair of a row and a name says that the row is of that work item; rows that share a name share a rule.
    for rows, texts in (
        (np.concatenate((own, own)), pa.concat_arrays([key, work_item])),
        (np.concatenate((own[is_pull], commits)), pa.concat_arrays([work_item.filter(pa.array(is_pull)), pulls])),
        (
            np.concatenate((landed[is_commit], own[~is_pull])),
            pa.concat_arrays([landed_as.filter(pa.array(is_commit)), work_item.filter(pa.array(~is_pull))]),
        ),
    ):
        which, reason = _shared(rows, texts, which, reason)
    return which, reason


def _shared(rows: Array, texts: pa.Array, which: Array, reason: Array) -> tuple[Array, Array]:
    """Rules and reasons, where rows that have a name in common take the first rule among them."""
    import numpy as np

    codes = texts.dictionary_encode().indices.to_numpy(zero_copy_only=False)
    last = np.iinfo(np.int64).max
    best = np.full(int(codes.max(initial=-1)) + 1, last)
    size = len(which)
    ranked = np.where(which >= 0, which.astype(np.int64) * size + np.arange(size), last)
    np.minimum.at(best, codes, ranked[rows])
    found = np.full(size, last)
    np.minimum.at(found, rows, best[codes])
    takes = (found < last) & ((which < 0) | (found // size < which))
    which, reason = which.copy(), reason.copy()
    which[takes], reason[takes] = found[takes] // size, reason[found[takes] % size]
    return which, reason
