"""Goals as reports show them: a row each with progress and pace, and the work that serves them, weightiest first."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from harvester.goals.model import Goal
from harvester.goals.progress import Progress, bar, target_text
from harvester.reporting.report_input import ReportInput

from .highlights import Highlight
from .items import Item, Reference, item, join_words
from .notes import Confirmation, Field, Figure, figures
from .pieces import PROOFS, Piece, Pieces, Proof, Quote

ITEMS_LISTED = 24
"""How many items the sections of all goals list together; a reader finds the rest in the appendix."""

LEAST_LISTED = 5
"""How many items each goal's section lists at least."""

OTHER_WORK = "Other work for this goal"


@dataclass(frozen=True, slots=True)
class GoalRow:
    """A goal in the table: its title, the target, what is done and what is expected by now, a bar, the state."""

    name: str
    title: str
    target: str
    done: float | None
    expected: float | None
    """At an even pace, to one decimal."""
    bar: str
    state: str
    """As `harvester.goals.progress.State`; empty where nothing is known."""


@dataclass(frozen=True, slots=True)
class Thread:
    """One piece of work in a goal's section: what its notes or its own text say, and its items, newest first."""

    title: str
    days: str
    others: int
    credit: str
    proof: Proof
    confirmations: list[Confirmation]
    """Who confirms what its notes say; empty where a highlight or another section says so."""
    card: list[Field]
    highlight: int | None
    """The number of the highlight that it is; null where it is none."""
    quote: Quote | None
    """Its own text, where no note says it better."""
    above: str
    """The title of the goal whose section says more of it; empty where this one does."""
    also: str
    """The titles of the other goals that claim any of it, in the section of the first."""
    reasons: list[str]
    items: list[Item]
    more: int
    """How many further items the appendix has."""


@dataclass(frozen=True, slots=True)
class Section:
    """A goal's part of a page: work of more than one item thread by thread, the rest as items of one table."""

    name: str
    title: str
    why: str
    criterion: str
    level: str
    confirmed_by: list[str]
    """The names of who confirms any of its work."""
    proof: Proof | None
    """The strongest kind of proof among its work; null where there is none."""
    counted: str
    figures: list[Figure]
    threads: list[Thread]
    other: list[Item]
    more: int
    """How many further items serve the goal that are not listed here; the appendix has them."""
    unwritten: Reference | None
    """Its weightiest work, where no note says what came of any of it."""

    @property
    def headings(self) -> list[str]:
        """The headings below the section's own, in order."""
        return [each.title for each in self.threads] + ([OTHER_WORK] if self.threads and self.other else [])


def rows(pieces: Pieces) -> list[GoalRow]:
    """The table of goals; none for a team, which does not see how far they are."""
    if pieces.report_input.request.audience == "team":
        return []
    progress = pieces.report_input.assessment.progress
    return [_row(goal, progress[goal.name]) for goal in pieces.goals]


def sections(pieces: Pieces, highlights: Sequence[Highlight]) -> list[Section]:
    """A section for each goal, in the order of the goals."""
    numbers = {each.key: (number, each) for number, each in enumerate(highlights, 1)}
    wanted = [
        sum(len(_items(each, goal)) + _has_heading(each) for each in pieces if goal in each.goals)
        for goal in pieces.goals
    ]
    rooms = _shared_out(ITEMS_LISTED, wanted)
    return [_section(pieces, goal, numbers, room) for goal, room in zip(pieces.goals, rooms, strict=True)]


def _shared_out(room: int, wanted: Sequence[int]) -> list[int]:
    """What each may take of the room: at least `LEAST_LISTED`, and what some do not need goes to the others."""
    taken = [min(each, LEAST_LISTED) for each in wanted]
    for place in itertools.cycle(range(len(wanted))):
        if sum(taken) >= room or taken == list(wanted):
            break
        taken[place] += taken[place] < wanted[place]
    return taken


def _row(goal: Goal, at: Progress) -> GoalRow:
    state = "" if at.state == "unknown" else at.state
    return GoalRow(
        goal.name,
        goal.title,
        target_text(goal),
        at.done,
        None if at.expected is None else round(at.expected, 1),
        "" if at.share is None else bar(at.share),
        state,
    )


def _section(pieces: Pieces, goal: Goal, numbers: dict[str, tuple[int, Highlight]], room: int) -> Section:
    report_input = pieces.report_input
    own = sorted((each for each in pieces if goal in each.goals), key=lambda each: PROOFS.index(each.proof))
    items = sum(len(_items(each, goal)) for each in own)
    threads: list[Thread] = []
    other: list[Item] = []
    for piece in own:
        if not _has_heading(piece):
            continue
        # What the person wrote is never left out for want of room.
        if room <= 0 and not (piece.card and piece.goals[0].name == goal.name):
            continue
        most = max(min(room, LEAST_LISTED), 1)
        threads.append(_thread(report_input, goal, piece, numbers.get(piece.key), most))
        room -= len(threads[-1].items) + 1
    listed = sum(len(each.items) + each.more for each in threads)
    for piece in sorted(own, key=_is_undone):
        if not _has_heading(piece) and len(other) < room:
            other.extend(item(report_input, row) for row in _items(piece, goal))
    criterion = report_input.assessment.goals_and_decisions.goals.criterion(goal.criterion or "")
    return Section(
        goal.name, goal.title, goal.why,
        criterion.text if criterion else "", criterion.level if criterion else "",
        list(dict.fromkeys(name for each in own for one in each.confirmations for name in one.names)),
        own[0].proof if own else None, pieces.counted_for(goal), figures(report_input, goal),
        threads, sorted(other, key=lambda each: (each.date, each.id), reverse=True), items - listed - len(other),
        None if any(each.card for each in own) else next((each.references[0] for each in own if each.references), None),
    )  # fmt: skip


def _has_heading(piece: Piece) -> bool:
    """Whether a section says more of it than a line in a table."""
    return bool(piece.notes) or (len(piece.rows) > 1 and not _is_undone(piece))


def _is_undone(piece: Piece) -> bool:
    """Whether any of it was reverted later."""
    return any(row["is_reverted"] for _, row in piece.rows)


def _items(piece: Piece, goal: Goal) -> list[dict[str, Any]]:
    """What a goal claims of a piece of work, newest first; notes only where it claims nothing else.

    What notes say is above the items, with the note's name.
    """
    claimed = [row for _, row in piece.claimed_by(goal)]
    return [row for row in claimed if row["kind"] != "note"] or claimed


def _thread(
    report_input: ReportInput, goal: Goal, piece: Piece, highlight: tuple[int, Highlight] | None, room: int
) -> Thread:
    claimed = _items(piece, goal)
    first = piece.goals[0]
    is_first = first.name == goal.name
    reasons = list(dict.fromkeys(piece.reason(goal, index) for index, _ in piece.claimed_by(goal)))
    return Thread(
        piece.title, piece.days, piece.people, piece.credit, piece.proof,
        piece.confirmations if is_first and highlight is None else [],
        [each for each in piece.card if highlight is None or each not in highlight[1].results] if is_first else [],
        None if highlight is None else highlight[0],
        piece.quote if is_first and not piece.card and highlight is None else None,
        "" if is_first else first.title,
        join_words(each.title for each in piece.goals if each.name != goal.name) if is_first else "",
        reasons[:3],
        [item(report_input, row) for row in claimed[:room]], max(len(claimed) - room, 0),
    )  # fmt: skip
