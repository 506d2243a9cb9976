"""Which rows are routine, such as dependency updates, by rules that are data (routine.toml and harvester.toml)."""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harvester.analysis import file_kinds
from harvester.analysis.frame import column
from harvester.goals.rules import is_found
from harvester.grouping.rules import GroupingRules

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

    from harvester.goals.matches import Array

REVERTED = "changes and their reverts"
JUDGED = ("pull_request", "issue", "commit", "release")
"""The kinds of work that may be routine by themselves; other rows follow their thread."""

_ASIDE = r"(?i)\s*(?:\(#\d+\)|\[(?:ci[ -]?skip|skip[ -]?ci)\])\s*|\s*\.\s*$|^\s+|\s+$"
"""What a title has beside what it says: the number of its pull request, and a word to the build server."""

_BECAUSE = {
    "titles": "its title",
    "labels": "a label",
    "authors": "the account that made it",
    "paths": "it changes only files that list or lock dependencies",
    "kinds": "what it is",
}


@dataclass(frozen=True, slots=True)
class BuiltIn:
    """One entry of routine.toml; an empty text or list for a key that is not given."""

    name: str
    titles: str = ""
    labels: str = ""
    authors: str = ""
    paths: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()

    @property
    def reason(self) -> str:
        """Why it holds, in words."""
        return " and ".join(words for key, words in _BECAUSE.items() if getattr(self, key))


@functools.cache
def built_in() -> tuple[BuiltIn, ...]:
    """The entries of routine.toml, in its order."""
    listed = tomllib.loads(Path(__file__).with_name("routine.toml").read_text(encoding="utf-8"))
    return tuple(_entry(**each) for each in listed["routine"])


def routine(rows: pd.DataFrame, rules: GroupingRules) -> pd.DataFrame:
    """Whether each row is routine: the columns `routine`, its kind in words, and `reason`; both null where it is not.

    `rows` are the prepared rows of one report's people in its period, with `thread`. The index is theirs. Neither their
    order nor other people's rows change anything.

    Judged are pull requests, tickets, commits and releases. Other rows, and commits in a pull request, are routine
    where everything in their thread that is judged is. A row that serves a goal may be routine all the same: a page
    that shows it under its goal does not fold it.

    First `[routine]` decides, then a change and its revert by the same person, then the built-in rules. What a rule in
    `[themes]` names is routine by `[routine]` alone, for its heading is wanted.
    """
    import numpy as np
    import pandas as pd

    names: Array = np.full(len(rows), None, object)
    reasons: Array = np.full(len(rows), None, object)
    judged = _judged(rows)
    which, why = rules.first_match(rows, rules.routine.items())
    keys = list(rules.routine)
    for row in np.flatnonzero((which >= 0) & judged):
        names[row], reasons[row] = keys[which[row]], f"[routine] in harvester.toml: {why[row]}"
    named, _ = rules.first_match(rows, rules.themes.items())
    left = judged & (which < 0) & (named < 0)
    pairs = left & _reverted_by_oneself(rows)
    names[pairs], reasons[pairs] = REVERTED, "a change and its revert by the same person within the period"
    left &= ~pairs
    for entry, at in _by_built_in(rows, np.flatnonzero(left)):
        names[at], reasons[at] = entry.name, entry.reason
    _follow(rows, judged, names, reasons)
    return pd.DataFrame(
        {"routine": pd.array(names, "string[pyarrow]"), "reason": pd.array(reasons, "string[pyarrow]")}, rows.index
    )


def _entry(name: str, **keys: list[str]) -> BuiltIn:
    """An entry with each list of regular expressions as one; labels are matched as a whole."""
    return BuiltIn(
        name,
        titles=_any(keys.get("titles", ())),
        labels=_any(keys.get("labels", ()), "^", "$"),
        authors=_any(keys.get("authors", ())),
        paths=tuple(keys.get("paths", ())),
        kinds=tuple(keys.get("kinds", ())),
    )


def _any(patterns: Sequence[str], before: str = "", after: str = "") -> str:
    return f"(?i){before}(?:{'|'.join(patterns)}){after}" if patterns else ""


def _judged(rows: pd.DataFrame) -> Array:
    judged: Array = (rows["kind"].isin(JUDGED) & ~rows["in_pull_request"]).to_numpy(bool)
    return judged


def _reverted_by_oneself(rows: pd.DataFrame) -> Array:
    """Changes that are reverted, and their reverts, where one person made both and both are among the rows.

    A revert and what it reverts are in one thread. What was reverted and restored again is no longer reverted; its
    first revert is, by the second.
    """
    import numpy as np
    import pyarrow.compute as pc

    reverts = pc.greater(pc.list_value_length(column(rows, "reverts")), 0).to_numpy(zero_copy_only=False)
    reverted = rows["is_reverted"].to_numpy(bool)
    is_revert = np.asarray(reverts, bool) & ~reverted
    if not is_revert.any() or not reverted.any():
        return np.zeros(len(rows), bool)
    whose = list(zip(rows["person"].tolist(), rows["thread"].tolist(), strict=True))
    both = {whose[at] for at in np.flatnonzero(is_revert)} & {whose[at] for at in np.flatnonzero(reverted)}
    same: Array = np.fromiter((each in both for each in whose), bool, len(rows))
    same &= is_revert | reverted
    return same


def _by_built_in(rows: pd.DataFrame, at: Array) -> list[tuple[BuiltIn, Array]]:
    """The entries of routine.toml with the positions that each is the first to hold for, of these positions."""
    import numpy as np

    facts = _Facts(rows, at)
    undecided = np.ones(len(at), bool)
    found = []
    for entry in built_in():
        holds = undecided & facts.hold(entry)
        undecided &= ~holds
        found.append((entry, at[holds]))
    return found


class _Facts:
    """What routine.toml asks about some rows, worked out once for all entries."""

    def __init__(self, rows: pd.DataFrame, at: Array) -> None:
        import pyarrow as pa
        import pyarrow.compute as pc

        taken = pa.array(at)
        self.size = len(at)
        self.titles = pc.replace_substring_regex(column(rows, "title").take(taken), _ASIDE, "")
        self.kinds, self.accounts = column(rows, "kind").take(taken), column(rows, "account").take(taken)
        self.labels, self.paths = (_Lists(column(rows, name).take(taken)) for name in ("labels", "paths"))

    def hold(self, entry: BuiltIn) -> Array:
        """Which rows every key of an entry holds for."""
        import numpy as np
        import pyarrow as pa
        import pyarrow.compute as pc

        holds = np.ones(self.size, bool)
        if entry.kinds:
            holds &= pc.is_in(self.kinds, pa.array(entry.kinds)).to_numpy(zero_copy_only=False)
        for regex, values in ((entry.titles, self.titles), (entry.authors, self.accounts)):
            if regex:
                holds &= is_found(values, regex)
        if entry.labels:
            holds &= self.labels.number_of(is_found(self.labels.distinct, entry.labels)) > 0
        if entry.paths:
            under = self.paths.number_of(file_kinds.matches(entry.paths, self.paths.distinct))
            holds &= (under == self.paths.number) & (under > 0)
        return holds


class _Lists:
    """The distinct values in a column of lists, and how many of a row's values are among some of them."""

    def __init__(self, lists: pa.Array) -> None:
        import numpy as np
        import pyarrow.compute as pc

        self.rows = pc.list_parent_indices(lists).to_numpy(zero_copy_only=False)
        made = pc.list_flatten(lists).dictionary_encode()
        self.codes, self.distinct = made.indices.to_numpy(zero_copy_only=False), made.dictionary
        self.size = len(lists)
        self.number = np.bincount(self.rows, minlength=self.size)

    def number_of(self, wanted: Array) -> Array:
        """How many values of each row are among the distinct ones that a mask marks."""
        import numpy as np

        counts: Array = np.bincount(self.rows[wanted[self.codes]], minlength=self.size)
        return counts


def _follow(rows: pd.DataFrame, judged: Array, names: Array, reasons: Array) -> None:
    """Give the rows that are not judged the routine of their thread, where all that is judged in it is routine."""
    threads = rows["thread"].tolist()
    first: dict[str, Any] = {}
    not_routine = set()
    order = sorted(range(len(rows)), key=lambda row: (threads[row], names[row] or ""))
    for row in order:
        if judged[row] and names[row] is None:
            not_routine.add(threads[row])
        elif judged[row]:
            first.setdefault(threads[row], names[row])
    for row in order:
        if not judged[row] and threads[row] in first and threads[row] not in not_routine:
            names[row], reasons[row] = first[threads[row]], "everything else in its thread"
