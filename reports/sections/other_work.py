"""Work that serves no goal, by theme, and routine in one line."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from harvester.analysis import measures

from .items import Reference, is_own_work, join_words, lines_changed
from .pieces import Piece, Pieces, Quote

LISTED = ("pull_requests", "tickets", "releases", "commits")
"""Measures that say how much work a theme has, in this order of weight."""

LINES = ("lines_added", "lines_deleted")

EXAMPLES, EXAMPLES_BESIDE_GOALS = 21, 12
"""Pieces of work that all themes name together; a reader finds the rest in the appendix."""

EXAMPLES_EACH = 3
"""Pieces of work that one theme names at most."""


@dataclass(frozen=True, slots=True)
class Example:
    """A piece of work that a theme names."""

    key: str
    title: str
    reference: Reference | None


@dataclass(frozen=True, slots=True)
class Theme:
    """Work that belongs together: its name, how much it is in words, its weightiest pieces, and how many more."""

    name: str
    is_rest: bool
    """Whether it has what fits under no other, and is named after its project or not at all."""
    changes: int
    """How many pull requests, tickets, releases and commits it has, as `counted` says by kind."""
    counted: str
    size: str
    quote: Quote | None
    """The text of the first piece that it names, where others saw one with the work; null for what remains."""
    examples: list[Example]
    more: int
    """How many further pieces it has that are no highlights."""
    highlights: list[int]
    """The numbers of the highlights in it."""
    days: list[dt.date]
    """The day of each thing that is counted, in order."""


@dataclass(frozen=True, slots=True)
class RoutineKind:
    """One kind of routine, such as dependency updates, and how many pull requests, tickets and commits are of it."""

    name: str
    changes: int


def themes(pieces: Pieces, highlighted: Mapping[str, int]) -> list[Theme]:
    """The themes of work that serves no goal, the largest first.

    Pieces in `highlighted`, with their numbers as highlights, are counted and not named again.
    """
    by_theme: dict[str, list[Piece]] = {}
    for piece in pieces:
        if not piece.goals and not piece.routine and _is_change(piece):
            by_theme.setdefault(piece.theme, []).append(piece)
    most = min(max((EXAMPLES_BESIDE_GOALS if pieces.goals else EXAMPLES) // max(len(by_theme), 1), 1), EXAMPLES_EACH)
    amounts = _Amounts(pieces, by_theme)
    made = [_theme(amounts, name, own, highlighted, most) for name, own in by_theme.items()]
    return sorted(made, key=lambda theme: (theme.is_rest, -theme.changes, theme.name))


def _is_change(piece: Piece) -> bool:
    return any(is_own_work(row) for _, row in piece.rows)


class _Amounts:
    """How much work is under each name; counted for all at once, since each look at a frame costs."""

    def __init__(self, pieces: Pieces, by_name: Mapping[str, Iterable[Piece]]) -> None:
        under = {index: name for name, own in by_name.items() for piece in own for index, _ in piece.rows}
        rows = pieces.rows.loc[list(under)].assign(under=list(under.values()))
        self._calendar = pieces.report_input.calendar
        self._counts = {each: measures.count_by(rows, each, ["under"]) for each in (*LISTED, *LINES)}
        self._firsts = [measures.firsts(rows, each)[["under", "occurred_at"]] for each in LISTED]

    def changes(self, name: str) -> int:
        """How many pull requests, tickets, releases and commits."""
        return int(sum(self._counts[each].get((name,), 0) for each in LISTED))

    def counted(self, name: str) -> str:
        """The same in words, by kind."""
        numbers = ((measures.MEASURES[each], self._counts[each].get((name,), 0)) for each in LISTED)
        return join_words(each.words(number) for each, number in numbers if number)

    def size(self, name: str) -> str:
        """Lines added and deleted; empty where no source knows them."""
        added, deleted = (self._counts[each].get((name,), 0) for each in LINES)
        return lines_changed(added, deleted) if added or deleted else ""

    def days(self, name: str) -> list[dt.date]:
        """The day of each thing that is counted, in order."""
        times = [at for rows in self._firsts for at in rows.loc[(rows["under"] == name).to_numpy(bool), "occurred_at"]]
        return sorted(self._calendar.day_of(at) for at in times)


def _theme(amounts: _Amounts, name: str, own: list[Piece], highlighted: Mapping[str, int], most: int) -> Theme:
    new = [piece for piece in own if piece.key not in highlighted]
    named = new[:most]
    is_rest = all(piece.is_rest for piece in own)
    return Theme(
        name, is_rest, amounts.changes(name), amounts.counted(name), amounts.size(name),
        named[0].seen_text if named and not is_rest else None,
        [Example(each.key, each.title, next(iter(each.references), None)) for each in named],
        len(new) - len(named),
        sorted(highlighted[piece.key] for piece in own if piece.key in highlighted), amounts.days(name),
    )  # fmt: skip


def routine(pieces: Pieces) -> list[RoutineKind]:
    """The kinds of routine, the most frequent first."""
    by_kind: dict[str, list[Piece]] = {}
    for piece in pieces:
        if piece.routine:
            by_kind.setdefault(piece.routine, []).append(piece)
    amounts = _Amounts(pieces, by_kind)
    counts = {name: amounts.changes(name) for name in by_kind}
    return [RoutineKind(name, number) for name, number in sorted(counts.items(), key=_most_first) if number]


def _most_first(pair: tuple[str, int]) -> tuple[int, str]:
    return -pair[1], pair[0]


def total(kinds: Iterable[RoutineKind]) -> int:
    """How many changes are routine."""
    return sum(each.changes for each in kinds)
