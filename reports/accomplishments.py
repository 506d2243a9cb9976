"""The report `accomplishments`: what somebody did in a period, by goal, every line with its evidence, gaps first."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from harvester.analysis import measures
from harvester.analysis.frame import records, select
from harvester.goals.progress import Progress, State
from harvester.model.periods import day, span
from harvester.reporting.markdown import Markdown
from harvester.reporting.report import Report
from harvester.reporting.report_input import ReportInput
from harvester.text import count_noun

from .sections import goals, notes
from .sections.items import (
    LINE_COLUMNS,
    ReportLine,
    counts_by,
    item,
    join_words,
    label,
    newest_first,
    sort_key,
    source_states,
)

if TYPE_CHECKING:
    import pandas as pd

LISTED = ("pull_requests", "tickets", "releases", "commits")
"""Measures whose rows are listed under their project, in this order of weight."""

HELP_GIVEN_MEASURES = ("reviews", "comments")
"""Measures whose rows are listed under the person who was helped."""

NOT_COUNTED = {
    "commits_in_pull_requests": (
        "is part of a pull request above and not listed again.",
        "are part of a pull request above and not listed again.",
    ),
    "cherry_picks": (
        "was picked from an earlier one, which counts already, and is not counted again.",
        "were picked from earlier ones, which count already, and are not counted again.",
    ),
    "reverted": ("above was reverted later.", "above were reverted later."),
    "bot_assisted": (
        "above names a bot or an assistant as taking part; bots are not counted as people.",
        "above name a bot or an assistant as taking part; bots are not counted as people.",
    ),
}
"""Measures of what is not counted, or what a reader must know of what is, with the words for one and for several."""

SUMMED = (
    "pull_requests", "tickets", "story_points", "releases", "commits", "projects", "reviews", "people_reviewed",
    "comments", "notes", "unplanned",
)  # fmt: skip
"""Measures in the summary."""

COLUMNS = tuple(dict.fromkeys((
    *LINE_COLUMNS, *measures.COLUMNS_USED, "source", "participants", "extra", "is_primary", "is_bot",
)))  # fmt: skip
"""The columns that this report needs."""

STATES: tuple[State, ...] = ("on track", "behind", "not reached", "not started")
"""The states besides `reached` in the summary."""

MIN_SCORE = 2.0
"""Suggestions below this score rest on one common word and are not listed; `triage` shows all."""


@dataclass(frozen=True, slots=True)
class Project:
    """The work in one project: its name, what is counted in words, the days it spans, and its lines, newest first."""

    name: str
    counted: str
    days: str
    items: list[ReportLine]


@dataclass(frozen=True, slots=True)
class ReviewedPerson:
    """Somebody whose work was reviewed or discussed: counts, how much is listed under a goal, the rest line by line."""

    name: str
    counted: str
    above: str
    items: list[ReportLine]


@dataclass(frozen=True, slots=True)
class Note:
    """A note in no goal's section: its line, and what came of it."""

    line: ReportLine
    fields: list[notes.Field]


@dataclass(frozen=True, slots=True)
class Suggestion:
    """Work that may serve a goal, which only the person can say."""

    label: Markdown
    title: str
    goal: str
    reason: str


def context(report_input: ReportInput) -> Mapping[str, Any]:
    """What the template shows; every number has its row in `harvester.analysis.measures`."""
    # Only the columns that are needed: taking rows costs as much as there are columns, and reports take many.
    inside = select(report_input.frame[list(COLUMNS)], report_input.period)
    mine = inside[inside["person"].isin(report_input.persons) & inside["is_primary"] & ~inside["is_bot"]]
    states = source_states(report_input, mine)
    who = ", ".join(report_input.name(person) for person in report_input.persons)
    heading = f"{who}: accomplishments, {report_input.period.name}"
    sections = goals.sections(report_input, mine)
    lines = goals.lines(report_input, heading, sections)
    unplanned = measures.of(mine, measures.MEASURES["unplanned"]) if lines else mine
    return {
        "who": who,
        "heading": heading,
        "remarks": report_input.remarks,
        "incomplete": [source for source in states if source.gaps],
        "summary": _summary(
            mine, [report_input.assessment.progress[goal.name] for goal in goals.running(report_input)]
        ),
        "goals": lines,
        "as_of": day(
            report_input.calendar.day_of(report_input.assessment.counted_until - dt.timedelta(microseconds=1))
        ),
        "sections": sections,
        "other_work": goals.OTHER_WORK,
        "notes": list(_notes(report_input, mine, sections)),
        "unplanned": measures.words(mine, "unplanned"),
        "projects": list(_projects(report_input, unplanned)),
        "helped": list(_helped(report_input, mine)),
        "suggestions": list(_suggestions(report_input, mine)) if lines else [],
        "co_authored": newest_first(report_input, measures.of(mine, measures.MEASURES["co_authored"])),
        "sources": states,
        "left_out": list(_left_out(mine)),
        "warnings": report_input.assessment.warnings,
    }


def _summary(mine: pd.DataFrame, progress: Sequence[Progress]) -> str:
    """The counts in a few sentences: 23 pull requests merged in 4 projects. 41 reviews for 7 people."""
    # Each measure is counted once: a person's year has thousands of rows.
    counts = {name: number for name in SUMMED if (number := measures.count(mine, name))}
    words = {name: measures.MEASURES[name].words(number) for name, number in counts.items()}
    sentences = [*_work(words), *_help(words)]
    if "notes" in words:
        sentences.append(f"{words['notes']} in the notebook.")
    if not sentences:
        sentences.append("No work was found in this period.")
    if progress:
        sentences.append(_states(progress))
        if "unplanned" in words:
            sentences.append(
                f"{words['unplanned']} {'is' if counts['unplanned'] == 1 else 'are'} not linked to a goal."
            )
    return " ".join(sentences)


def _work(words: Mapping[str, str]) -> Iterable[str]:
    """What was done, such as: 3 pull requests merged, 1 ticket resolved (5 points) and 2 more commits in 1 project."""
    points = f" ({words['story_points']})" if "story_points" in words else ""
    done = [
        f"{words[name]} {verb}"
        for name, verb in (("pull_requests", "merged"), ("tickets", f"resolved{points}"), ("releases", "published"))
        if name in words
    ]
    if "commits" in words:
        done.append(words["commits"].replace(" ", " more ", 1) if "pull_requests" in words else words["commits"])
    if done:
        where = f" in {words['projects']}" if "projects" in words else ""
        yield f"{join_words(done)}{where}."


def _help(words: Mapping[str, str]) -> Iterable[str]:
    """What was done for others."""
    if "reviews" in words:
        yield f"{words['reviews']} for {words.get('people_reviewed', measures.MEASURES['people_reviewed'].words(0))}."
    if "comments" in words:
        yield f"{words['comments']} on the work of others."


def _states(progress: Sequence[Progress]) -> str:
    """How many goals are in which state, such as: 1 of 3 goals reached, 2 behind."""
    counts = Counter(each.state for each in progress)
    rest = [f"{counts[state]} {state}" for state in STATES if counts[state]]
    return ", ".join([f"{counts['reached']} of {count_noun(len(progress), 'goal')} reached", *rest]) + "."


def _projects(report_input: ReportInput, mine: pd.DataFrame) -> Iterable[Project]:
    import pandas as pd

    rows = pd.concat([measures.of(mine, measures.MEASURES[name]) for name in LISTED])
    rows = rows.assign(project=rows["project"].fillna(""))
    counts = counts_by(rows, LISTED, "project")
    by_project: dict[str, list[dict[str, Any]]] = {}
    for row in sorted(records(rows[[*LINE_COLUMNS, "project"]]), key=sort_key, reverse=True):
        by_project.setdefault(row["project"], []).append(row)
    for name, own in sorted(by_project.items(), key=lambda pair: (-len(pair[1]), pair[0])):
        first, last = (report_input.calendar.day_of(each["occurred_at"]) for each in (own[-1], own[0]))
        lines = [item(report_input, row) for row in own]
        yield Project(name or "Without a project", counts[name,], span(first, last), lines)


def _helped(report_input: ReportInput, mine: pd.DataFrame) -> Iterable[ReviewedPerson]:
    import pandas as pd

    help_given = pd.concat([measures.of(mine, measures.MEASURES[name]) for name in HELP_GIVEN_MEASURES])
    pairs = help_given[["owner_people"]].explode("owner_people").dropna()
    for person in sorted(pairs["owner_people"].unique(), key=report_input.name):
        theirs = help_given.loc[pairs.index[(pairs["owner_people"] == person).astype(bool)]]
        rest = (
            theirs[~theirs["serves_goal"]]
            .sort_values("occurred_at", ascending=False, kind="stable")
            .drop_duplicates(["kind", "work_item_key"])
        )
        above = _counted(theirs[theirs["serves_goal"]], HELP_GIVEN_MEASURES)
        yield ReviewedPerson(
            report_input.name(person), _counted(theirs, HELP_GIVEN_MEASURES), above, newest_first(report_input, rest)
        )


def _notes(report_input: ReportInput, mine: pd.DataFrame, sections: Iterable[goals.Section]) -> Iterable[Note]:
    """The notes that no goal's section lists or quotes, the newest first."""
    every = measures.of(mine, measures.MEASURES["notes"])
    listed = frozenset[Any]().union(*(each.listed for each in sections))
    rest = every[~every.index.isin(listed)].sort_values(["occurred_at", "id"], ascending=False)
    about = notes.about(report_input)
    for index, row in zip(rest.index, records(rest[list(notes.NOTE_COLUMNS)]), strict=True):
        yield Note(notes.line(report_input, row, about.get(index, ())), notes.fields(report_input, [(index, row)]))


def _counted(rows: pd.DataFrame, names: Iterable[str]) -> str:
    """What these measures count, in words, without those that count nothing."""
    counts = ((measures.MEASURES[name], measures.count(rows, name)) for name in names)
    return join_words([each.words(number) for each, number in counts if number])


def _suggestions(report_input: ReportInput, mine: pd.DataFrame) -> Iterable[Suggestion]:
    """The best suggestion for each piece of work, in the order of its time."""
    titles = {goal.name: goal.title for goal in goals.running(report_input)}
    suggested = report_input.assessment.suggestions
    suggested = suggested[suggested["target"].isin(list(titles)) & (suggested["score"] >= MIN_SCORE)].drop_duplicates(
        "row"
    )
    rows = (
        mine.loc[mine.index.isin(suggested["row"])]
        .sort_values("occurred_at", ascending=False, kind="stable")
        .drop_duplicates("work_item_key")
    )
    by_row = {each["row"]: each for each in records(suggested)}
    for index, row in zip(rows.index, records(rows[list(LINE_COLUMNS)]), strict=True):
        best = by_row[index]
        yield Suggestion(label(row), row["title"] or "(no title)", titles[best["target"]], best["reason"])


def _left_out(mine: pd.DataFrame) -> Iterable[str]:
    """What is not counted, and what a reader should know of what is."""
    for name, (one, many) in NOT_COUNTED.items():
        if number := measures.count(mine, name):
            yield f"{measures.MEASURES[name].words(number)} {one if number == 1 else many}"


REPORT = Report("accomplishments", "harvester.reports", "accomplishments.md.j2", context)
