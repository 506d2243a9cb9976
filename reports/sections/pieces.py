"""Pieces of work: threads of the people's own rows in the period, and topics of several, with what a page says."""

from __future__ import annotations

import datetime as dt
import functools
import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from harvester.analysis import measures
from harvester.analysis.excerpts import excerpt
from harvester.analysis.file_kinds import SOURCE, kinds
from harvester.analysis.frame import records
from harvester.analysis.threads import titles
from harvester.goals.model import OUTCOME, Goal
from harvester.grouping import REST, place, topic_name
from harvester.model.outcomes import read_outcome
from harvester.model.periods import span
from harvester.reporting.report_input import ReportInput

from .items import (
    LINE_COLUMNS,
    Reference,
    counted,
    counts_by,
    is_own_work,
    lines,
    lines_changed,
    once,
    reference_to,
    sort_key,
)
from .notes import NOTE_COLUMNS, Confirmation, Field, confirmations, fields

if TYPE_CHECKING:
    import pandas as pd

Proof = Literal["measured", "confirmed", "observed", "activity"]
"""How a piece of work is shown: by a figure with its baseline, by a witness who agreed to be named, by words with a
link, or not at all."""

PROOFS: tuple[Proof, ...] = ("measured", "confirmed", "observed", "activity")
"""Strongest first."""

STRONG: tuple[Proof, ...] = ("measured", "confirmed")
"""What somebody else than the author can be asked about, or what was counted."""

Rows = list[tuple[Any, dict[str, Any]]]
"""Rows with their labels in the frame."""

ROW_COLUMNS = tuple(dict.fromkeys((
    *NOTE_COLUMNS, "thread", "project", "body", "started_at", "work_item_key", "paths", "collaborators",
    "comment_count",
)))  # fmt: skip

PAGE_COLUMNS = tuple(dict.fromkeys((
    *ROW_COLUMNS, *LINE_COLUMNS, *measures.COLUMNS_USED, "is_primary", "is_bot",
)))  # fmt: skip
"""The columns that a page of pieces of work needs."""

FOR_OTHERS = ("help",)
"""Measures that say nothing of a piece of the person's own work."""

_KINDS = [kind for name in measures.COUNTED for kind in measures.MEASURES[name].kinds]
"""Kinds in the order in which their rows say most about a piece of work: its pull requests first, then its tickets."""


@dataclass(frozen=True, slots=True)
class Quote:
    """The first paragraph of the text of a piece of work, and where it is from."""

    text: str
    source: Reference
    from_commit: bool = False
    """Whether it is of a commit's own message, and of no pull request, ticket, release or merge."""


class Piece:
    """One piece of work, a thread or a topic of several: its rows in the period that count, and the notes about it."""

    def __init__(self, collected: Pieces, key: str, rows: Rows, notes: Rows) -> None:
        self._collected, self.key = collected, key
        self.rows = sorted(rows, key=lambda pair: sort_key(pair[1]), reverse=True)
        """Newest first."""
        self.notes = notes
        """Notes about it, and its own rows that are notes, oldest first."""

    @functools.cached_property
    def topic(self) -> str | None:
        """The topic that a merge brought it with, where it came so."""
        return next((str(topic) for _, row in self.rows if (topic := dict(row["extra"]).get("topic"))), None)

    @functools.cached_property
    def title(self) -> str:
        """The name of its topic, the title of the ticket that names it, or that of the row that says most.

        A pull request of somebody else gives no title: what the person did there is called as they called it.
        """
        if self.topic:
            return topic_name(self.topic)
        if self.key in self._collected.titles:
            return self._collected.titles[self.key]
        titled = [row for _, row in self.rows if row["title"]]
        first = min(
            titled,
            key=lambda row: (not is_own_work(row), _KINDS.index(row["kind"]), -lines(row), row["id"]),
            default=None,
        )
        return str(first["title"]) if first else self.key.rpartition("/")[2]

    @functools.cached_property
    def is_note(self) -> bool:
        """Whether it is nothing but a note."""
        return all(row["kind"] == "note" for _, row in self.rows)

    @functools.cached_property
    def goals(self) -> list[Goal]:
        """The goals that claim any of its rows, in the order of the goals."""
        return [goal for goal in self._collected.goals if self.claimed_by(goal)]

    def claimed_by(self, goal: Goal) -> Rows:
        """Its rows, and the notes about it, that a goal claims, newest first."""
        reasons = self._collected.reasons[goal.name]
        return [(index, row) for index, row in self.all_rows if index in reasons]

    def rows_for(self, criterion: str) -> Rows:
        """Its rows, and the notes about it, that are claimed for a criterion, newest first."""
        reasons = self._collected.shown[criterion]
        return [(index, row) for index, row in self.all_rows if index in reasons]

    @functools.cached_property
    def all_rows(self) -> Rows:
        """Its rows and the notes about it, newest first."""
        every = dict((*self.rows, *self.notes))
        return sorted(every.items(), key=lambda pair: sort_key(pair[1]), reverse=True)

    def reason(self, goal: Goal, row: Any) -> str:
        """Why a goal claims a row."""
        return self._collected.reasons[goal.name][row]

    @functools.cached_property
    def counted(self) -> str:
        """What it is, in words: `3 pull requests and 2 tickets`; what was done for others where it has nothing else."""
        return self._collected.counted.get((self.key,)) or self._collected.for_others.get((self.key,), "")

    @functools.cached_property
    def size(self) -> str:
        """Lines added and deleted; empty where no source knows them."""
        numbers = [each.get((self.key,), 0) for each in (self._collected.added, self._collected.deleted)]
        return lines_changed(*numbers) if any(numbers) else ""

    @functools.cached_property
    def people(self) -> int:
        """How many others took part."""
        return len(self.collaborators)

    @property
    def collaborators(self) -> list[str]:
        """The keys of the others who took part, sorted; of those who are not configured the ones of one source."""
        return self._collected.collaborators.get((self.key,), [])

    @functools.cached_property
    def days(self) -> str:
        """The days of its rows, the first and the last."""
        times = [row["occurred_at"] for _, row in self.rows]
        return span(*map(self._collected.report_input.calendar.day_of, (min(times), max(times))))

    @functools.cached_property
    def card(self) -> list[Field]:
        """What its notes say of result, technical achievement and takeaway, without those that another piece has."""
        own = [pair for pair in self.notes if self._collected.piece_of_note[pair[0]] == self.key]
        return fields(self._collected.report_input, own)

    def said(self, name: str) -> Field | None:
        """What the notes say in one field, such as `Result`; None where they don't."""
        return next((each for each in self.card if each.name == name), None)

    @functools.cached_property
    def quote(self) -> Quote | None:
        """The first plain paragraph of its own text: of its pull request, of the merge that brought it, of a commit.

        Where that says nothing, it is that of one of its commits, the one that changed most first. No commit speaks
        for a whole topic.
        """
        if self.topic:
            return self.seen_text
        return self._own_text or _first_text(self._collected.commits_of(self.key))

    @functools.cached_property
    def _own_text(self) -> Quote | None:
        own = (row for _, row in self.rows if is_own_work(row))
        return _first_text(sorted(own, key=lambda row: _KINDS.index(row["kind"])))

    @functools.cached_property
    def proof(self) -> Proof:
        """The strongest kind of proof that it has."""
        latest = {name: value for _, note in self.notes for name, value in _figures_of(note).items()}
        if any(self._collected.is_progress(name, value) for name, value in latest.items()):
            return "measured"
        if self.confirmations:
            return "confirmed"
        linked = any(row["url"] for _, row in (*self.rows, *self.notes))
        return "observed" if linked and (self.said("Result") or self.seen_text) else "activity"

    @functools.cached_property
    def confirmations(self) -> list[Confirmation]:
        """Who confirms what its notes say."""
        return confirmations(self._collected.report_input, (note for _, note in self.notes))

    @property
    def seen_text(self) -> Quote | None:
        """Its own text, where others saw it with the work: a lone commit's message is its author's word alone."""
        return self._own_text if self._own_text and not self._own_text.from_commit else None

    @functools.cached_property
    def credit(self) -> str:
        """Whose work it is beside the person's own, where git knows it: `wrote 4 of its 7 commits; Doiken began it`."""
        for _, row in self.rows:
            extra = dict(row["extra"])
            if own := extra.get("own_commits"):
                mine, _, all_of_them = own.partition("/")
                begun = self._collected.name_of(row["source"], extra.get("begun_by"))
                return f"wrote {mine} of its {all_of_them} commits" + (f"; {begun} began it" if begun else "")
        return ""

    @functools.cached_property
    def is_own_work(self) -> bool:
        """Whether any of it is the person's own work, not only help with the work of others."""
        return any(is_own_work(row) or row["kind"] == "note" for _, row in self.rows)

    @functools.cached_property
    def theme(self) -> str:
        """The theme of most of its rows."""
        names = Counter(self._collected.theme[index] for index, _ in self.rows if index in self._collected.theme)
        return min(names, key=lambda name: (-names[name], name), default="")

    @property
    def is_rest(self) -> bool:
        """Whether its theme is merely what fits under no other."""
        own = [index for index, _ in self.rows if self._collected.theme.get(index) == self.theme]
        return bool(own) and all(index in self._collected.rest for index in own)

    @functools.cached_property
    def routine(self) -> str:
        """The kind of routine it is; empty unless all of it is routine that serves no goal."""
        if self.goals or self.notes:
            return ""
        names = [self._collected.routine.get(index) for index, _ in self.rows]
        return names[0] or "" if all(names) else ""

    @functools.cached_property
    def references(self) -> list[Reference]:
        """Its work items, those that say most first, each once."""
        rows = sorted((row for _, row in self.rows), key=lambda row: (_KINDS.index(row["kind"]), sort_key(row)))
        rows = [*(row for row in rows if row["kind"] == "issue"), *(row for row in rows if row["kind"] != "issue")]
        return once(reference_to(row) for row in rows if row["kind"] != "note")

    @functools.cached_property
    def pinned(self) -> bool | None:
        """Whether the person wants it among the highlights (True) or not (False); None where they said nothing."""
        decided = self._collected.pins
        said = [decided[row["work_item_key"]] for _, row in self.rows if row["work_item_key"] in decided]
        said += [value == "yes" for _, note in self.notes if (value := dict(note["extra"]).get("highlight"))]
        return said[-1] if said else None

    @functools.cached_property
    def weight(self) -> float:
        """How large it is beside others: people, reviews, pull requests, days, and source lines by their logarithm.

        A topic that was merged counts as a pull request does.
        """
        pulls: int = sum(row["kind"] == "pull_request" for _, row in self.rows) or int(self.topic is not None)
        talk = sum(_number(row["comment_count"]) for _, row in self.rows)
        return (
            min(self.people, 5)
            + 2 * min(pulls, 5)
            + math.log2(1 + talk)
            + math.log2(1 + self.length)
            + math.log2(1 + self.source_lines)
        )

    @functools.cached_property
    def length(self) -> int:
        """The days from when the first of it was begun to when the last of it landed."""
        began: list[dt.datetime] = [row["started_at"] or row["occurred_at"] for _, row in self.rows]
        ended: list[dt.datetime] = [row["occurred_at"] for _, row in self.rows]
        return max((max(ended) - min(began)).days, 0)

    @functools.cached_property
    def source_lines(self) -> float:
        """Lines changed in what a change is made for, as far as the share of such files among all of it says.

        A deleted line counts a quarter of an added one: to remove or to move a file is less work than to write it.
        """
        return sum(self._collected.source_lines(row) for _, row in self.rows)


class Pieces(Sequence[Piece]):
    """All pieces of work of a report, the weightiest first, and what they share: each look-up in a frame costs."""

    def __init__(self, report_input: ReportInput, mine: pd.DataFrame) -> None:
        self.report_input = report_input
        self.goals = running(report_input)
        self.reasons = _reasons(report_input, mine, "goal", [goal.name for goal in self.goals])
        """By goal and row the reason why the goal claims the row."""
        self.criteria = report_input.assessment.goals_and_decisions.goals.criteria
        self.shown = _reasons(report_input, mine, "criterion", [each.name for each in self.criteria])
        """By criterion and row the reason why the row shows the criterion."""
        self.pins: Mapping[str, bool] = report_input.assessment.goals_and_decisions.decisions.highlights
        shown = mine[mine.index.isin(measures.counting(mine))]
        rows = list(zip(shown.index, records(shown[list(ROW_COLUMNS)]), strict=True))
        keys = _keys(row for _, row in rows)
        by_piece, notes_by_piece = _by_piece(report_input, rows, keys)
        noted = _rows_of(report_input, [note for notes in notes_by_piece.values() for note in notes])
        self.rows = shown.assign(piece=[keys[each] for each in shown["thread"]])
        """The rows that count, by their labels in the frame, and the key of each one's piece of work in `piece`."""
        placed = place(report_input.frame.loc[mine.index], report_input.grouping)
        self.routine, self.theme = _present(placed["routine"]), _present(placed["theme"])
        self.rest = frozenset(placed.index[(placed["reason"] == REST).fillna(False).to_numpy(bool)])
        is_ticket = (report_input.frame["kind"] == "issue").to_numpy(bool)
        tickets = report_input.frame[["work_item", "title"]][is_ticket]
        self.titles = titles(tickets, list(keys))
        """By thread the title of the ticket that names it."""
        self.with_notes = with_notes = _with_notes(report_input, self.rows, notes_by_piece)
        """The rows that count, and the notes about pieces of work as rows of these, with the columns of measures."""
        self.counted = counts_by(self.rows, [each for each in measures.COUNTED if each not in FOR_OTHERS], "piece")
        self.for_others = counts_by(self.rows, FOR_OTHERS, "piece")
        self.added, self.deleted = (
            measures.count_by(self.rows, name, ["piece"]) for name in ("lines_added", "lines_deleted")
        )
        self.collaborators = measures.people_by(with_notes, "collaborators", ["piece"])
        self._share_of_source = _source_shares(shown)
        self._commits = _commits(measures.of(mine, measures.MEASURES["commits_in_pull_requests"]), keys)
        made = []
        for key, own in by_piece.items():
            notes = [pair for pair in own if pair[1]["kind"] == "note"]
            notes += [(note, noted[note]) for note in notes_by_piece[key]]
            made.append(Piece(self, key, own, sorted(notes, key=lambda pair: sort_key(pair[1]))))
        self._pieces = sorted(made, key=lambda piece: (-piece.weight, piece.key))
        self.piece_of_note: dict[Any, str] = {}
        """By note the one piece that says what is in it: of several one for a goal, and then the weightiest."""
        for piece in sorted(self._pieces, key=lambda piece: not piece.goals):
            for note, _ in piece.notes:
                self.piece_of_note.setdefault(note, piece.key)

    def __len__(self) -> int:
        return len(self._pieces)

    def __getitem__(self, at: Any) -> Any:
        return self._pieces[at]

    def counted_for(self, goal: Goal) -> str:
        """What a goal claims of the work in the period, in words."""
        rows = self.rows[self.rows.index.isin(list(self.reasons[goal.name]))]
        return counted(rows, measures.COUNTED)

    def is_progress(self, goal: str, figure: float) -> bool:
        """Whether a figure is on the way from where a goal started to its target; one that got worse proves nothing."""
        found = self.report_input.assessment.goals_and_decisions.goals.goal(goal)
        if found is None or found.measure != OUTCOME or found.baseline is None or found.target is None:
            return False
        return (figure - found.baseline) * (found.target - found.baseline) > 0

    def name_of(self, source: str, account: str | None) -> str:
        """What a reader calls the owner of this account; empty for nobody."""
        if not account:
            return ""
        people = self.report_input.people
        person = people.person_of(source, account)
        return (
            self.report_input.names.get(person)
            or people.names_of([(source, account)]).get(person)
            or people.name(person)
        )

    def commits_of(self, piece: str) -> list[dict[str, Any]]:
        """The people's own commits in a piece's pull requests, which count with these; the largest first."""
        return self._commits.get(piece, [])

    def source_lines(self, row: Mapping[str, Any]) -> float:
        """Lines that a row changed, by the share of source files among its files."""
        share = self._share_of_source.get(row["id"], 1.0)
        return (_number(row["additions"]) + _number(row["deletions"]) / 4) * share


def running(report_input: ReportInput) -> list[Goal]:
    """The goals that have days in the report's period."""
    goals = report_input.assessment.goals_and_decisions.goals.goals
    return [each for each in goals if each.runs_in(report_input.period, report_input.calendar)]


def _by_piece(
    report_input: ReportInput, rows: Iterable[tuple[Any, dict[str, Any]]], keys: Mapping[str, str]
) -> tuple[dict[str, Rows], dict[str, list[Any]]]:
    """By piece of work its rows, and the notes about it; `keys` has the piece of each thread.

    A note about other work is none of the rows.
    """
    notes: dict[str, list[Any]] = {}
    for thread, about in report_input.assessment.notes_by_thread.items():
        if thread in keys:
            notes.setdefault(keys[thread], []).extend(about)
    all_notes = {note for about in notes.values() for note in about}
    by_piece: dict[str, Rows] = {}
    for index, row in rows:
        if index not in all_notes:
            by_piece.setdefault(keys[row["thread"]], []).append((index, row))
    return by_piece, {key: list(dict.fromkeys(notes.get(key, ()))) for key in by_piece}


def _rows_of(report_input: ReportInput, labels: list[Any]) -> dict[Any, dict[str, Any]]:
    rows = report_input.frame.loc[labels, list(ROW_COLUMNS)] if labels else report_input.frame.iloc[:0]
    return dict(zip(rows.index, records(rows), strict=True)) if labels else {}


def _reasons(
    report_input: ReportInput, mine: pd.DataFrame, kind: str, names: Sequence[str]
) -> dict[str, dict[Any, str]]:
    claimed = report_input.assessment.all_claimed(kind)
    inside = claimed["row"].isin(mine.index).to_numpy(bool)
    reasons: dict[str, dict[Any, str]] = {name: {} for name in names}
    for each in records(claimed.loc[inside, ["row", "target", "reason"]]):
        if each["target"] in reasons:
            reasons[each["target"]][each["row"]] = each["reason"]
    return reasons


def _keys(rows: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """By thread the key of its piece of work: the topic that a merge brought it with, or else the thread itself."""
    keys: dict[str, str] = {}
    for row in rows:
        topic = dict(row["extra"]).get("topic")
        if topic:
            keys[row["thread"]] = f"{row['project']} {topic}"
        else:
            keys.setdefault(row["thread"], row["thread"])
    return keys


def _with_notes(
    report_input: ReportInput, shown: pd.DataFrame, notes_by_piece: Mapping[str, Iterable[Any]]
) -> pd.DataFrame:
    """Rows that count, and the notes about pieces of work as rows of these, since notes name people, too."""
    import pandas as pd

    places = [(note, piece) for piece, notes in notes_by_piece.items() for note in notes]
    columns = list(measures.COLUMNS_USED)
    if not places:
        return shown[[*columns, "piece"]]
    about = report_input.frame.loc[[note for note, _ in places], columns]
    return pd.concat([shown[[*columns, "piece"]], about.assign(piece=[piece for _, piece in places])])


def _commits(rows: pd.DataFrame, keys: Mapping[str, str]) -> dict[str, list[dict[str, Any]]]:
    """Commits with a text, by piece of work, the largest first."""
    rows = rows[rows["body"].notna().to_numpy(bool)]
    rows = rows.assign(size=rows["additions"].fillna(0) + rows["deletions"].fillna(0))
    by_piece: dict[str, list[dict[str, Any]]] = {}
    for row in records(rows.sort_values(["size", "occurred_at", "id"], ascending=[False, True, True])):
        by_piece.setdefault(keys.get(row["thread"], row["thread"]), []).append(row)
    return by_piece


def _source_shares(rows: pd.DataFrame) -> dict[str, float]:
    """By row id the share of source files among its files; rows without files are left out."""
    import pyarrow as pa

    paths = rows[["id", "paths"]].explode("paths").dropna()
    if paths.empty:
        return {}
    codes, distinct = paths["paths"].factorize()
    is_source = (kinds(pa.array(distinct.tolist(), pa.string())) == SOURCE)[codes]
    shares = paths.assign(source=is_source).groupby("id")["source"].mean()
    return {str(key): float(value) for key, value in shares.items()}


def _present(values: pd.Series) -> dict[Any, str]:
    return {index: str(value) for index, value in values.dropna().items()}


def _first_text(rows: Iterable[Mapping[str, Any]]) -> Quote | None:
    """The first paragraph that any of these rows has, in their order: of its own text, or of the merge's."""
    for row in rows:
        extra = dict(row["extra"])
        if text := excerpt(extra.get("topic_text"), title=row["title"]):
            return Quote(text, Reference(_merge_of(extra["topic"]), None))
        if text := excerpt(row["body"], title=row["title"]):
            return Quote(text, reference_to(row), from_commit=row["kind"] == "commit")
    return None


def _merge_of(topic: str) -> str:
    """What the merge of a topic is called; one that is named by a whole subject line needs no name beside its title."""
    return "its merge" if " " in topic else f"the merge of {topic}"


def _figures_of(note: Mapping[str, Any]) -> Mapping[str, float]:
    """The figures that a note gives, by goal."""
    return read_outcome(dict(note["extra"]).get("outcome", ""))


def _number(value: Any) -> float:
    return float(value) if value is not None and value == value else 0.0
