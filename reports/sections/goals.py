"""Goals as reports show them: a line each with progress and pace, and the threads that serve them with their notes."""

from __future__ import annotations

import dataclasses
import itertools
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from harvester.analysis import measures
from harvester.analysis.frame import records
from harvester.analysis.threads import titles
from harvester.goals.model import Goal
from harvester.goals.progress import Progress, bar, target_text
from harvester.model.periods import span
from harvester.reporting.markdown import Markdown, escape, visible
from harvester.reporting.report_input import ReportInput

from . import notes
from .items import REFERENCE, ReportLine, counted_by, item, listed, moment
from .notes import Field

if TYPE_CHECKING:
    import pandas as pd

STATES = {"unknown": "", "open": ""}
"""What a reader is told where the word of `harvester.goals.progress` is none for a reader."""

Rows = list[tuple[Any, dict[str, Any]]]
"""Rows with their labels in the frame."""

MOST_REASONS = 3
_KINDS = [kind for name in measures.COUNTED for kind in measures.MEASURES[name].kinds]
SINGLES = "Single pieces of work"


@dataclass(frozen=True, slots=True)
class GoalRow:
    """A goal in the table: where its section is, what was asked, what is done, the pace, a bar and the state."""

    title: Markdown
    asked: str
    done: str
    pace: str
    state: Markdown


@dataclass(frozen=True, slots=True)
class Thread:
    """One piece of work: its title, what it counts, its card, why it is here, its lines newest first."""

    title: str
    counted: str
    people: str
    """With how many others, in words; empty where nobody is named."""
    days: str
    card: list[Field]
    reference: Markdown
    """How to name it in a note; empty where it cannot be named."""
    also: str
    reasons: list[str]
    items: list[ReportLine]
    told: frozenset[Any] = frozenset()
    """The rows that are listed, and the notes that are quoted."""

    @property
    def stands_alone(self) -> bool:
        """Whether it is a single act that no note tells more about: a line in a table says all of it."""
        return len(self.items) == 1 and not self.card


@dataclass(frozen=True, slots=True)
class Section:
    """A goal's part of a report: what is more than one act thread by thread, the rest as lines of one table.

    `unwritten` names the largest thread where no note tells of any; empty where one does.
    """

    title: str
    why: str
    serves: str
    figures: str
    """What notes told of an outcome so far; empty for what is counted."""
    threads: list[Thread]
    singles: list[Thread]
    unwritten: Markdown

    @property
    def headings(self) -> list[str]:
        """The headings below its own, in order."""
        rest = [SINGLES] if self.threads and self.singles else []
        return [each.title for each in self.threads] + rest

    @property
    def told(self) -> frozenset[Any]:
        """The rows that are listed, and the notes that are quoted."""
        return frozenset().union(*(each.told for each in (*self.threads, *self.singles)))


def running(report_input: ReportInput) -> list[Goal]:
    """The goals that have days in the report's period."""
    goals = report_input.assessment.goals_and_decisions.goals.goals
    return [each for each in goals if each.runs_in(report_input.period, report_input.calendar)]


def lines(report_input: ReportInput, above: str, sections: Sequence[Section]) -> list[GoalRow]:
    """The table of goals; `above` is the report's own heading, and `sections` are the goals' in the same order."""
    anchors = _anchors(above, sections)
    goals = running(report_input)
    return [
        _line(goal, report_input.assessment.progress[goal.name], anchor)
        for goal, anchor in zip(goals, anchors, strict=True)
    ]


def _anchors(above: str, sections: Sequence[Section]) -> list[str]:
    """Where each section is: as on GitHub and GitLab, a heading that stands twice is numbered from the second on."""
    seen: set[str] = set()

    def anchor(heading: str) -> str:
        name = slug(heading)
        numbered = (f"{name}-{number}" for number in itertools.count(1))
        seen.add(found := name if name not in seen else next(each for each in numbered if each not in seen))
        return found

    anchor(above)
    found = []
    for section in sections:
        found.append(anchor(section.title))
        for heading in section.headings:
            anchor(heading)
    return found


def sections(report_input: ReportInput, mine: pd.DataFrame) -> list[Section]:
    """A section for each goal, from the person's rows in the period."""
    work = _work(report_input, mine)
    return [_section(report_input, goal, mine, work) for goal in work.goals]


def slug(title: str) -> str:
    """The anchor that GitHub and GitLab give a heading: lower case, hyphens for spaces, no punctuation."""
    kept = (each for each in visible(title).lower() if each in " -_" or unicodedata.category(each)[0] in "LN")
    return re.sub(r"\s", "-", "".join(kept).strip())


def _line(goal: Goal, at: Progress, anchor: str) -> GoalRow:
    state = Markdown(f"`{bar(at.share)}` {'' if at.state == 'unknown' else at.state}")
    title = Markdown(f"[{escape(goal.title)}](#{anchor})")
    return GoalRow(title, target_text(goal), _figure(at.done), _figure(at.pace, 1).removesuffix(".0"), state)


def _figure(value: float | None, digits: int | None = None) -> str:
    if value is None:
        return ""
    return f"{value:,.{digits}f}" if digits is not None else f"{value:,g}"


@dataclass(frozen=True)
class _Work:
    """What all sections share, looked up once: a year has hundreds of threads, and each look into a frame costs."""

    rows: Mapping[str, Rows]
    """The rows that a thread lists, as (index label, row) by thread."""
    reasons: Mapping[str, Mapping[Any, str]]
    """By goal the person's rows that it claims, and why."""
    counted: Mapping[tuple[str, ...], str]
    """By goal and thread what is counted, in words."""
    people: Mapping[tuple[str, ...], str]
    """By goal and thread with how many others, in words."""
    about: Mapping[Any, Sequence[Markdown]]
    """By note what it is about."""
    titles: Mapping[str, str]
    """By thread the first title of what it is named after, whoever's it is."""
    goals: Sequence[Goal]


def _work(report_input: ReportInput, mine: pd.DataFrame) -> _Work:
    import pandas as pd

    shown = mine[mine.index.isin(measures.counting(mine))]
    rows: dict[str, Rows] = {}
    for index, row in zip(shown.index, records(shown[[*notes.NOTED, "thread"]]), strict=True):
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
    counted = counted_by(claimed, measures.COUNTED, "target", "thread")
    people = counted_by(pd.concat([claimed, _told_of(report_input, claimed)]), ["collaborators"], "target", "thread")
    return _Work(
        rows, reasons, counted, people, notes.about(report_input), titles(report_input.frame, list(rows)), goals
    )


def _told_of(report_input: ReportInput, claimed: pd.DataFrame) -> pd.DataFrame:
    """The notes about claimed threads, as if they were part of them: they name people, too."""
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
    told = {note for name in own["thread"].unique() for note in notes_by_thread.get(name, ())}
    alone = own[~own.index.isin(told)]
    names = alone.sort_values("occurred_at", ascending=False, kind="stable")["thread"].drop_duplicates().tolist()
    sizes = alone["thread"].value_counts()
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
        [each for each in threads if not each.stands_alone], [each for each in threads if each.stands_alone], unwritten,
    )  # fmt: skip


def _first_named(threads: Sequence[Thread]) -> Markdown:
    return next((each.reference for each in threads if each.reference), Markdown(""))


def _thread(report_input: ReportInput, goal: Goal, work: _Work, name: str) -> Thread:
    """A thread's rows in the period, the ones that no rule counts for the goal marked so."""
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
    """What says most about a piece of work comes first: its pull requests, then its tickets, as they are counted."""
    return _KINDS.index(pair[1]["kind"])


def _days(report_input: ReportInput, rows: Rows) -> str:
    times = [row["occurred_at"] for _, row in rows]
    return span(*map(report_input.calendar.day_of, (min(times), max(times)))) if times else ""


def _also(goal: Goal, work: _Work, rows: Rows) -> str:
    """The other goals that claim some of these rows: headline counts have them once."""
    others = [each for each in work.goals if each.name != goal.name]
    return listed([each.title for each in others if any(index in work.reasons[each.name] for index, _ in rows)])


def _in_order(rows: Rows) -> Rows:
    return sorted(rows, key=lambda pair: moment(pair[1]), reverse=True)


def _marked(
    report_input: ReportInput, work: _Work, index: Any, row: Mapping[str, Any], reasons: Mapping[Any, str]
) -> ReportLine:
    note = row["kind"] == "note"
    made = notes.line(report_input, row, work.about.get(index, ())) if note else item(report_input, row)
    if index in reasons:
        return made
    return dataclasses.replace(made, when=type(made.when)(f"{made.when}, not counted here"))


def _title(work: _Work, rows: Rows, name: str) -> str:
    """The title of the ticket or pull request that the thread is named after, whoever's it is."""
    told = (row["title"] for _, row in rows if isinstance(row["title"], str))
    return work.titles.get(name) or next(told, None) or name.rpartition("/")[2]


def _card(report_input: ReportInput, name: str, rows: Rows) -> list[Field]:
    """What notes say of a thread, and of themselves."""
    told_of = list(report_input.assessment.notes_by_thread.get(name, ()))
    own = [(index, row) for index, row in rows if row["kind"] == "note"]
    noted = zip(told_of, records(report_input.frame.loc[told_of, list(notes.NOTED)]), strict=True) if told_of else ()
    return notes.fields(report_input, [*own, *noted])


def _reference(rows: Rows) -> Markdown:
    """How a note would name this thread: by its newest pull request or ticket; empty where it has none."""
    named = sorted(
        (row["occurred_at"], row["work_item"]) for _, row in rows if row["kind"] in ("pull_request", "issue")
    )
    name = named[-1][1].rpartition("/")[2] if named else ""
    return Markdown(name if REFERENCE.fullmatch(name) else "")
