"""Work that serves no goal, by theme, and routine in one line."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from harvester.analysis import measures

from .items import Reference, counted, lines_changed
from .pieces import Piece, Pieces, Quote

if TYPE_CHECKING:
    import pandas as pd

LISTED = ("pull_requests", "tickets", "releases", "commits")
"""Measures that say how much work a theme has, in this order of weight."""

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


def themes(pieces: Pieces, told: Mapping[str, int]) -> list[Theme]:
    """The themes of work that serves no goal, the largest first.

    Pieces in `told`, with their numbers as highlights, are counted and not named again.
    """
    by_theme: dict[str, list[Piece]] = {}
    for piece in pieces:
        if not piece.goals and not piece.routine and _is_change(piece):
            by_theme.setdefault(piece.theme, []).append(piece)
    most = min(max((EXAMPLES_BESIDE_GOALS if pieces.goals else EXAMPLES) // max(len(by_theme), 1), 1), EXAMPLES_EACH)
    made = [_theme(pieces, name, own, told, most) for name, own in by_theme.items()]
    return sorted(made, key=lambda theme: (theme.is_rest, -theme.changes, theme.name))


def _is_change(piece: Piece) -> bool:
    return any(row["kind"] in ("pull_request", "issue", "commit", "release") for _, row in piece.rows)


def _theme(pieces: Pieces, name: str, own: list[Piece], told: Mapping[str, int], most: int) -> Theme:
    rows = pieces.rows.loc[[index for piece in own for index, _ in piece.rows]]
    added, deleted = (measures.count(rows, each) for each in ("lines_added", "lines_deleted"))
    new = [piece for piece in own if piece.key not in told]
    named = new[:most]
    is_rest = all(piece.is_rest for piece in own)
    return Theme(
        name, is_rest, _changes(rows), counted(rows, LISTED),
        lines_changed(added, deleted) if added or deleted else "",
        named[0].seen_text if named and not is_rest else None,
        [Example(each.key, each.title, next(iter(each.references), None)) for each in named],
        len(new) - len(named), sorted(told[piece.key] for piece in own if piece.key in told), _days(pieces, rows),
    )  # fmt: skip


def _days(pieces: Pieces, rows: pd.DataFrame) -> list[dt.date]:
    times = [at for name in LISTED for at in measures.firsts(rows, name)["occurred_at"]]
    return sorted(pieces.report_input.calendar.day_of(at) for at in times)


def routine(pieces: Pieces) -> list[RoutineKind]:
    """The kinds of routine, the most frequent first."""
    labels: dict[str, list[Any]] = {}
    for piece in pieces:
        if piece.routine:
            labels.setdefault(piece.routine, []).extend(index for index, _ in piece.rows)
    counts = {name: _changes(pieces.rows.loc[own]) for name, own in labels.items()}
    return [RoutineKind(name, number) for name, number in sorted(counts.items(), key=_most_first) if number]


def _most_first(pair: tuple[str, int]) -> tuple[int, str]:
    return -pair[1], pair[0]


def total(kinds: Iterable[RoutineKind]) -> int:
    """How many changes are routine."""
    return sum(each.changes for each in kinds)


def _changes(rows: pd.DataFrame) -> int:
    return int(sum(measures.count(rows, each) for each in LISTED))
