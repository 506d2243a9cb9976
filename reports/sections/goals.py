"""Goals as reports show them: a row each with progress and pace, and the threads that serve them with their notes."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from harvester.analysis import measures
from harvester.analysis.frame import records
from harvester.analysis.threads import titles
from harvester.goals.model import Goal
from harvester.goals.progress import Progress, bar, target_text
from harvester.model.periods import span
from harvester.reporting.anchors import anchors
from harvester.reporting.markdown import Markdown, escape
from harvester.reporting.report_input import ReportInput

from . import notes
from .items import REFERENCE, ReportLine, counts_by, item, join_words, sort_key
from .notes import Field

if TYPE_CHECKING:
    import pandas as pd

Rows = list[tuple[Any, dict[str, Any]]]
"""Rows with their labels in the frame."""

MOST_REASONS = 3
_KINDS = [kind for name in measures.COUNTED for kind in measures.MEASURES[name].kinds]
OTHER_WORK = "Other work"


@dataclass(frozen=True, slots=True)
class GoalRow:
    """A goal in the table: a link to its section, the target, what is done and what is expected by now, the state."""

    title: Markdown
    target: str
    done: str
    expected: str
    state: Markdown


@dataclass(frozen=True, slots=True)
class Thread:
    """One piece of work: its title, counts, card, the reasons why it matched, and its lines newest first."""

    title: str
    counted: str
    people: str
    """How many others took part, in words; empty where nobody is named."""
    days: str
    card: list[Field]
    reference: Markdown
    """How to name it in a note; empty where it cannot be named."""
    also: str
    reasons: list[str]
    items: list[ReportLine]
    listed: frozenset[Any] = frozenset()
    """The rows that are listed, and the notes that are quoted."""

    @property
    def is_single(self) -> bool:
        """Whether it is one record without a note about it, for which one line in a table is enough."""
        return len(self.items) == 1 and not self.card


@dataclass(frozen=True, slots=True)
class Section:
    """A goal's part of a report: work of more than one record thread by thread, the rest as lines of one table.

    `unwritten` names the largest thread where no note is about any of them; empty where one is.
    """

    title: str
    why: str
    serves: str
    figures: str
    """The latest figure that notes give for an outcome, and the earlier ones; empty for what is counted."""
    threads: list[Thread]
    other: list[Thread]
    unwritten: Markdown

    @property
    def headings(self) -> list[str]:
        """The headings below the section's own, in order."""
        rest = [OTHER_WORK] if self.threads and self.other else []
        return [each.title for each in self.threads] + rest

    @property
    def listed(self) -> frozenset[Any]:
        """The rows that are listed, and the notes that are quoted."""
        return frozenset().union(*(each.listed for each in (*self.threads, *self.other)))


def running(report_input: ReportInput) -> list[Goal]:
    """The goals that have days in the report's period."""
    goals = report_input.assessment.goals_and_decisions.goals.goals
    return [each for each in goals if each.runs_in(report_input.period, report_input.calendar)]


def lines(report_input: ReportInput, above: str, sections: Sequence[Section]) -> list[GoalRow]:
    """The table of goals; `above` is the report's own heading, and `sections` has a section for each goal, in order."""
    goals = running(report_input)
    return [
        _row(goal, report_input.assessment.progress[goal.name], anchor)
        for goal, anchor in zip(goals, _anchors(above, sections), strict=True)
    ]


def _anchors(above: str, sections: Sequence[Section]) -> list[str]:
    """The anchor of each section; like on GitHub and GitLab, repeated headings are numbered from the second on."""
    headings = [above]
    places = []
    for section in sections:
        places.append(len(headings))
        headings += [section.title, *section.headings]
    found = anchors(headings)
    return [found[place] for place in places]


def sections(report_input: ReportInput, mine: pd.DataFrame) -> list[Section]:
    """A section for each goal, from the person's rows in the period."""
    work = _work(report_input, mine)
    return [_section(report_input, goal, mine, work) for goal in work.goals]


def _row(goal: Goal, at: Progress, anchor: str) -> GoalRow:
    state = Markdown(f"`{bar(at.share)}` {'' if at.state == 'unknown' else at.state}")
    title = Markdown(f"[{escape(goal.title)}](#{anchor})")
    return GoalRow(title, target_text(goal), _figure(at.done), _figure(at.expected, 1).removesuffix(".0"), state)


def _figure(value: float | None, digits: int | None = None) -> str:
    if value is None:
        return ""
    return f"{value:,.{digits}f}" if digits is not None else f"{value:,g}"


@dataclass(frozen=True)
class _Work:
    """What all sections share, looked up once: a year has hundreds of threads, and each look-up in a frame costs."""

    rows: Mapping[str, Rows]
    """The rows that a thread lists, as (index label, row) by thread."""
    reasons: Mapping[str, Mapping[Any, str]]
    """By goal and row the reason why the goal claims the row."""
    counted: Mapping[tuple[str, ...], str]
    """By goal and thread the counts, in words."""
    people: Mapping[tuple[str, ...], str]
    """By goal and thread how many others took part, in words."""
    about: Mapping[Any, Sequence[Markdown]]
    """By note what it is about."""
    titles: Mapping[str, str]
    """By thread its title, which may be of somebody else's ticket."""
    goals: Sequence[Goal]


def _work(report_input: ReportInput, mine: pd.DataFrame) -> _Work:
    import pandas as pd

    shown = mine[mine.index.isin(measures.counting(mine))]
    rows: dict[str, Rows] = {}
    for index, row in zip(shown.index, records(shown[[*notes.NOTE_COLUMNS, "thread"]]), strict=True):
        rows.setdefault(row["thread"], []).append((index, row))
    goals = running(report_input)
    claims = report_input.assessment.claims
    claims = claims[
        (claims["target_kind"] == "goal") & (claims["status"] == "claimed") & claims["row"].isin(mine.index)
    ]
    reasons: dict[str, dict[Any, str]] = {goal.name: {} for goal in goals}
    for each in records(claims[["row", "target", "reason"]]):
        if each["target"] in reasons:
            reasons[each["target"]][each["row"]] = each["reason"]
    claimed = shown.merge(claims[["row", "target"]], left_index=True, right_on="row")
    counted = counts_by(claimed, measures.COUNTED, "target", "thread")
    people = counts_by(pd.concat([claimed, _notes_about(report_input, claimed)]), ["collaborators"], "target", "thread")
    return _Work(
        rows, reasons, counted, people, notes.about(report_input), titles(report_input.frame, list(rows)), goals
    )


def _notes_about(report_input: ReportInput, claimed: pd.DataFrame) -> pd.DataFrame:
    """The notes about claimed threads, as rows of these threads, since notes name people, too."""
    notes_by_thread = report_input.assessment.notes_by_thread
    pairs = claimed[["target", "thread"]].drop_duplicates()
    places = [
        (note, target, thread)
        for target, thread in zip(pairs["target"], pairs["thread"], strict=True)
        for note in notes_by_thread.get(thread, ())
    ]
    rows = report_input.frame[list(measures.COLUMNS_USED)].loc[[note for note, _, _ in places]]
    return rows.assign(target=[target for _, target, _ in places], thread=[thread for _, _, thread in places])


def _section(report_input: ReportInput, goal: Goal, mine: pd.DataFrame, work: _Work) -> Section:
    reasons = work.reasons[goal.name]
    own = mine.loc[list(reasons), ["thread", "occurred_at"]]
    notes_by_thread = report_input.assessment.notes_by_thread
    quoted = {note for name in own["thread"].unique() for note in notes_by_thread.get(name, ())}
    rest = own[~own.index.isin(quoted)]
    names = rest.sort_values("occurred_at", ascending=False, kind="stable")["thread"].drop_duplicates().tolist()
    sizes = rest["thread"].value_counts()
    names.sort(key=lambda name: -int(sizes[name]))
    threads = [_thread(report_input, goal, work, name) for name in names]
    threads = [each for each in threads if each.items]
    criterion = report_input.assessment.goals_and_decisions.goals.criterion(goal.criterion) if goal.criterion else None
    serves = (
        "" if criterion is None else criterion.text.rstrip(".") + (f" ({criterion.level})" if criterion.level else "")
    )
    unwritten = Markdown("") if any(each.card for each in threads) else _first_named(threads)
    return Section(
        goal.title, goal.why, serves, notes.figures(report_input, goal),
        [each for each in threads if not each.is_single], [each for each in threads if each.is_single], unwritten,
    )  # fmt: skip


def _first_named(threads: Sequence[Thread]) -> Markdown:
    return next((each.reference for each in threads if each.reference), Markdown(""))


def _thread(report_input: ReportInput, goal: Goal, work: _Work, name: str) -> Thread:
    """A thread's rows in the period; those that the goal does not claim are marked."""
    shown, reasons = work.rows.get(name, []), work.reasons[goal.name]
    claimed = sorted(((index, row) for index, row in shown if index in reasons), key=_weight)
    card = _card(report_input, name, claimed)
    return Thread(
        _title(work, shown, name),
        work.counted.get((goal.name, name), ""),
        work.people.get((goal.name, name), ""),
        _days(report_input, claimed),
        card,
        _reference(claimed),
        _also(goal, work, claimed),
        list(dict.fromkeys(reasons[index] for index, _ in claimed))[:MOST_REASONS],
        [_marked(report_input, work, index, row, reasons) for index, row in _in_order(shown)] if claimed else [],
        frozenset([*(index for index, _ in shown), *(each.row for each in card)]),
    )


def _weight(pair: tuple[Any, dict[str, Any]]) -> int:
    """The order in which rows say most about a piece of work: its pull requests first, then its tickets."""
    return _KINDS.index(pair[1]["kind"])


def _days(report_input: ReportInput, rows: Rows) -> str:
    times = [row["occurred_at"] for _, row in rows]
    return span(*map(report_input.calendar.day_of, (min(times), max(times)))) if times else ""


def _also(goal: Goal, work: _Work, rows: Rows) -> str:
    """The other goals that claim some of these rows; the totals count the rows once."""
    others = [each for each in work.goals if each.name != goal.name]
    return join_words([each.title for each in others if any(index in work.reasons[each.name] for index, _ in rows)])


def _in_order(rows: Rows) -> Rows:
    return sorted(rows, key=lambda pair: sort_key(pair[1]), reverse=True)


def _marked(
    report_input: ReportInput, work: _Work, index: Any, row: Mapping[str, Any], reasons: Mapping[Any, str]
) -> ReportLine:
    note = row["kind"] == "note"
    made = notes.line(report_input, row, work.about.get(index, ())) if note else item(report_input, row)
    if index in reasons:
        return made
    return dataclasses.replace(made, when=type(made.when)(f"{made.when}, not counted here"))


def _title(work: _Work, rows: Rows, name: str) -> str:
    """The title of the ticket or pull request that names the thread, or else of one of its rows."""
    of_rows = (row["title"] for _, row in rows if isinstance(row["title"], str))
    return work.titles.get(name) or next(of_rows, None) or name.rpartition("/")[2]


def _card(report_input: ReportInput, name: str, rows: Rows) -> list[Field]:
    """The card fields of the notes about a thread, and of its own notes."""
    about = list(report_input.assessment.notes_by_thread.get(name, ()))
    own = [(index, row) for index, row in rows if row["kind"] == "note"]
    noted = zip(about, records(report_input.frame.loc[about, list(notes.NOTE_COLUMNS)]), strict=True) if about else ()
    return notes.fields(report_input, [*own, *noted])


def _reference(rows: Rows) -> Markdown:
    """The reference by which a note can name a thread: its newest pull request or ticket; empty where there is none."""
    named = sorted(
        (row["occurred_at"], row["work_item"]) for _, row in rows if row["kind"] in ("pull_request", "issue")
    )
    name = named[-1][1].rpartition("/")[2] if named else ""
    return Markdown(name if REFERENCE.fullmatch(name) else "")
