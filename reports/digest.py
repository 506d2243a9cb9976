"""The report `digest`: what a team did in a month, without any number of one person."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harvester.analysis import measures
from harvester.analysis.frame import records
from harvester.grouping import place
from harvester.model.periods import span
from harvester.reporting.charts import Chart
from harvester.reporting.report import Report
from harvester.reporting.report_input import ReportInput
from harvester.reporting.rows import newcomers_counted, own_rows, people_counted
from harvester.reporting.team import TEAM_NEEDS, as_team

from .sections import beyond, charts, other_work, summary
from .sections.beyond import HelpLine
from .sections.common import CommonPage, common, period_words
from .sections.items import (
    LINE_COLUMNS,
    OWN_WORK,
    Item,
    Reference,
    is_own_work,
    item,
    join_words,
    once_by_kind,
    reference_to,
)
from .sections.other_work import RoutineKind, Theme
from .sections.pieces import PAGE_COLUMNS, Piece, Pieces, Quote
from .sections.sources import CONNECTORS, not_counted

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = (*PAGE_COLUMNS, measures.MEMBER, measures.MEMBERS_OWN)
"""The columns that this report needs."""

KIND = "digest"
WROTE = ("author", "co-author", "assignee")
"""The roles of those whose work something is; so it is of who resolved a ticket of their own."""
NAMES = 12
"""People that one theme names; the appendix has all."""

WAITED = 10
"""Items that are named as having waited long."""

NEWCOMERS_NAMED = 3
"""Newcomers whom the paragraph names; their section has all."""


@dataclass(frozen=True, slots=True)
class Shipped:
    """A piece of work that a theme names: what it is called, what its own text says, and who took part."""

    title: str
    reference: Reference | None
    quote: Quote | None


@dataclass(frozen=True, slots=True)
class ThemeOfTeam:
    """Work that belongs together: how much in words, its weightiest pieces, and who took part, by name."""

    name: str
    is_rest: bool
    changes: int
    counted: str
    shipped: list[Shipped]
    more: int
    """How many further pieces it has."""
    by: list[str]
    """Whose work it is: names in alphabetical order; of more than `NAMES` the first, and `others`."""
    reviewed_by: list[str]
    """Who of the people reviewed or helped with it, in the same way, without those whose work it is."""
    days: list[dt.date]
    """The day of each thing that is counted, in order."""


@dataclass(frozen=True, slots=True)
class Waited:
    """Something that was merged or resolved long after it was opened, and how many days it took."""

    title: str
    reference: Reference
    days: int
    when: str


@dataclass(frozen=True, slots=True)
class MemberChange:
    """Somebody who joined, left or was away in the period, by the configuration."""

    name: str
    joined: list[dt.date]
    """Their first days in the team."""
    left: list[dt.date]
    """Their last days in the team."""
    away: str
    """Which days of the period they were away as a member, in words; empty for none."""


@dataclass(frozen=True, slots=True)
class NewContributor:
    """Somebody's first contribution to a project."""

    name: str
    project: str
    day: dt.date


@dataclass(frozen=True, slots=True)
class Page(CommonPage):
    """The page: everything that it says, as plain values; texts from sources are as the sources have them."""

    sentences: list[str]
    """The opening paragraph, a sentence each."""
    themes: list[ThemeOfTeam]
    help: list[HelpLine]
    waited: list[Waited]
    """What waited longest, the longest first."""
    waited_more: int
    """How many further items waited long."""
    members: list[MemberChange]
    """In alphabetical order."""
    newcomers: list[NewContributor]
    routine: list[RoutineKind]
    routine_total: int
    items: list[Item]
    """Everything that was counted, each work item once by kind, newest first."""
    people: list[str]
    """Everybody who took part, in alphabetical order."""


def context(report_input: ReportInput) -> Page:
    """What the template shows, of a team as one person; every number has its row in `harvester.analysis.measures`."""
    mine = own_rows(report_input, COLUMNS)
    pieces = Pieces(report_input, mine)
    took_part = _TookPart(report_input)
    themes = other_work.themes(pieces, {})
    by_theme = _by_theme(pieces)
    routine = other_work.routine(pieces)
    waited, waited_more = _waited(report_input, mine)
    newcomers = list(_newcomers(report_input))
    help_ = beyond.help_lines(report_input, mine)
    shared = common(report_input, mine, KIND)
    shared |= {
        "heading": _heading(report_input, mine),
        "persons": report_input.names_of(report_input.members),
        "not_counted": [*not_counted(mine, sizes=False), *_unknown(report_input, mine)],
    }
    return Page(
        **shared,
        sentences=list(_sentences(pieces, mine, themes, newcomers)),
        themes=[_theme(each, by_theme[each.name], took_part) for each in themes],
        help=help_,
        waited=waited,
        waited_more=waited_more,
        members=_members(report_input),
        newcomers=newcomers,
        routine=routine,
        routine_total=other_work.total(routine),
        items=_items(pieces),
        people=took_part.everybody(pieces.rows["thread"].unique().tolist()),
    )


def _heading(report_input: ReportInput, mine: pd.DataFrame) -> str:
    """The page's own heading; everyone's is named after their project, where it is one."""
    projects = mine["project"].dropna().unique().tolist()
    who = projects[0] if report_input.request.everyone and len(projects) == 1 else report_input.who
    return f"{who} – {KIND}, {period_words(report_input)}"


class _TookPart:
    """Who took part in each thread, by name: whose work it is, and everybody, also who reviewed or merged it."""

    def __init__(self, report_input: ReportInput) -> None:
        rows = report_input.frame[["thread", measures.MEMBER, "kind", "role", "is_bot", measures.MEMBERS_OWN]]
        rows = rows[~rows["is_bot"].to_numpy(bool)]
        theirs = rows["role"].isin(WROTE) | ((rows["role"] == "resolver") & rows[measures.MEMBERS_OWN])
        rows = rows.assign(wrote=(rows["kind"].isin(OWN_WORK) & theirs).to_numpy(bool))
        rows = rows.assign(helped=rows["kind"].isin(("review", "help")).to_numpy(bool))
        self._report_input = report_input
        self._rows: dict[str, list[tuple[str, bool, bool]]] = {}
        names = [measures.MEMBER, "wrote", "helped"]
        for thread, *row in rows[["thread", *names]].drop_duplicates().itertuples(index=False):
            self._rows.setdefault(thread, []).append((row[0], row[1], row[2]))

    def everybody(self, threads: Iterable[str]) -> list[str]:
        """Everybody's name once, in alphabetical order."""
        return self._names(member for member, _, _ in self._of(threads))

    def authors(self, threads: Iterable[str]) -> list[str]:
        """The names of those whose work it is, in alphabetical order."""
        return self._names(member for member, wrote, _ in self._of(threads) if wrote)

    def helpers(self, threads: Iterable[str]) -> list[str]:
        """The names of those who reviewed it or helped with it."""
        return self._names(member for member, _, helped in self._of(threads) if helped)

    def _of(self, threads: Iterable[str]) -> Iterable[tuple[str, bool, bool]]:
        return (row for thread in threads for row in self._rows.get(thread, ()))

    def _names(self, members: Iterable[str]) -> list[str]:
        distinct = sorted(set(members), key=lambda each: (self._report_input.name(each).casefold(), each))
        return self._report_input.names_of(distinct)


def _sentences(
    pieces: Pieces, mine: pd.DataFrame, themes: Sequence[Theme], newcomers: Sequence[NewContributor]
) -> Iterable[str]:
    """The paragraph: what was shipped, where, what was reviewed, and who was new."""
    report_input = pieces.report_input
    names = ("pull_requests", "commits", "tickets", "story_points", "releases", "projects", "reviewed", "reviews")
    counts = {name: number for name in names if (number := measures.count(mine, name))}
    if not counts and not newcomers:
        yield "No work was found in this period."
        return
    if shipped := summary.shipped(counts):
        text = join_words(shipped) + (
            f" in {measures.MEASURES['projects'].words(counts['projects'])}" if counts.get("projects", 1) > 1 else ""
        )
        yield f"{_subject(report_input, mine)} {text}."
    yield from summary.where(pieces, themes)
    if "reviewed" in counts:
        outside = "reviews" in counts and not report_input.request.everyone
        of_them = f", {int(counts['reviews']):,} of them by {beyond.others(report_input)}" if outside else ""
        yield f"{_reviewed(report_input, mine)}{of_them}."
    if newcomers:
        number = newcomers_counted(report_input) or 0
        word = measures.MEASURES["newcomers"].words(number)
        named = join_words(dict.fromkeys(each.name for each in newcomers)) if number <= NEWCOMERS_NAMED else ""
        yield f"{named or word} contributed {_to(newcomers, counts)}for the first time."


def _subject(report_input: ReportInput, mine: pd.DataFrame) -> str:
    """Who did it: `The team`, or `25 people`."""
    if report_input.request.team:
        return "The team"
    return measures.MEASURES["people"].words(people_counted(report_input))


def _to(newcomers: Sequence[NewContributor], counts: Mapping[str, float]) -> str:
    """Which project somebody was new to; nothing where there is only one."""
    projects = {each.project for each in newcomers}
    if len(projects) > 1:
        return "to a project "
    return f"to {projects.pop()} " if counts.get("projects", 1) > 1 else ""


def _reviewed(report_input: ReportInput, mine: pd.DataFrame) -> str:
    """How many pull requests, or changes where not all are pull requests, were reviewed, and by whom."""
    rows = measures.of(mine, measures.MEASURES["reviewed"])
    number = int(measures.count(rows, "reviewed"))
    only_pulls = not rows["work_item_key"].str.startswith("commit/").any()
    one, many = ("pull request", "pull requests") if only_pulls else ("change", "changes")
    what = f"{number:,} {one if number == 1 else many}"
    if report_input.request.team:
        return f"Members reviewed {what}"
    return f"{what} {'was' if number == 1 else 'were'} reviewed"


def _by_theme(pieces: Pieces) -> dict[str, list[Piece]]:
    """The pieces that each theme has, the weightiest first."""
    found: dict[str, list[Piece]] = {}
    for piece in pieces:
        if not piece.routine:
            found.setdefault(piece.theme, []).append(piece)
    return found


def _theme(theme: Theme, own: Sequence[Piece], took_part: _TookPart) -> ThemeOfTeam:
    by_key = {piece.key: piece for piece in own}
    shipped = [Shipped(each.title, each.reference, by_key[each.key].seen_text) for each in theme.examples]
    threads = {row["thread"] for piece in own for _, row in piece.rows if is_own_work(row)}
    authors = took_part.authors(threads)
    helpers = [each for each in took_part.helpers(threads) if each not in authors]
    return ThemeOfTeam(
        theme.name, theme.is_rest, theme.changes, theme.counted, shipped, theme.more, _first(authors), _first(helpers),
        theme.days,
    )  # fmt: skip


def _first(names: list[str]) -> list[str]:
    return names if len(names) <= NAMES else [*names[:NAMES], "others"]


def _waited(report_input: ReportInput, mine: pd.DataFrame) -> tuple[list[Waited], int]:
    """What waited longest, and how many more waited long; of equals the earlier one by what it is called."""
    rows = records(measures.firsts(mine, "waited")[[*LINE_COLUMNS, "started_at"]])
    made = [(row["occurred_at"] - row["started_at"], item(report_input, row), row) for row in rows]
    made.sort(key=lambda each: (-each[0], each[1].label, each[1].id))
    named = [Waited(shown.title, reference_to(row), age.days, shown.when) for age, shown, row in made[:WAITED]]
    return named, len(made) - len(named)


def _members(report_input: ReportInput) -> list[MemberChange]:
    team = report_input.teams.get(report_input.request.team or "")
    # Who has not agreed to be read is named nowhere: that they did not is theirs to say.
    closed = report_input.people.not_to_be_read
    memberships = [each for each in (team.memberships if team else ()) if each.person not in closed]
    first, last = report_input.calendar.dates(report_input.period)
    found = []
    for person in {*report_input.members, *(each.person for each in memberships)}:
        own = [each for each in memberships if each.person == person]
        joined = sorted(each.first for each in own if each.first and first <= each.first <= last)
        left = sorted(each.last for each in own if each.last and first <= each.last <= last)
        found.append(MemberChange(report_input.name(person), joined, left, _away(report_input, person)))
    changed = [each for each in found if each.joined or each.left or each.away]
    return sorted(changed, key=lambda each: (each.name.casefold(), each.joined, each.left))


def _away(report_input: ReportInput, person: str) -> str:
    """On which days of the period somebody was away while a member; empty for none."""
    if person not in report_input.members:
        return ""
    away = report_input.people.away_of(person, report_input.calendar)
    parts = [part for stay in report_input.stays(person) for each in away if (part := each.overlap(stay))]
    return join_words(span(*report_input.calendar.dates(each)) for each in parts)


def _newcomers(report_input: ReportInput) -> Iterable[NewContributor]:
    known = report_input.first_contributions
    for each in known.newcomers if known else ():
        at = report_input.calendar.day_of(each.occurred_at)
        yield NewContributor(report_input.name(each.person), each.project, at)


def _unknown(report_input: ReportInput, mine: pd.DataFrame) -> Iterable[str]:
    """What the sources cannot know, a sentence each: when work was opened, and who was new."""
    pulls = measures.of(mine, measures.MEASURES["pull_requests"])
    without = pulls[pulls["started_at"].isna().to_numpy(bool)]
    if len(without):
        all_of_them = "the pull requests" if len(without) == len(pulls) else "some of the pull requests"
        yield f"When {all_of_them} were opened is not known, so whether they waited long is not said."
    known = report_input.first_contributions
    if known is None:
        return
    yield from known.remarks
    others = [each.source for each in report_input.statuses if each.source not in known.sources]
    services = dict.fromkeys(CONNECTORS.get(connector := _connector(report_input, each), connector) for each in others)
    if others:
        yield f"First contributions are known from git alone; {join_words(services)} cannot tell."


def _connector(report_input: ReportInput, source: str) -> str:
    return report_input.people.connectors.get(source, source)


def _items(pieces: Pieces) -> list[Item]:
    """Each work item once by kind, of several reviews of one the last, with its theme."""
    places = {
        index: piece.routine or (piece.theme if piece.is_own_work else "")
        for piece in pieces
        for index, _ in piece.all_rows
    }
    return [item(pieces.report_input, row, places.get(index, "")) for index, row in once_by_kind(pieces.rows)]


def page_charts(report_input: ReportInput, page: Page) -> dict[str, Chart]:
    """The charts of the page: the team's work by week, and when each theme was worked on."""
    mine = own_rows(report_input, COLUMNS)
    # So that its reviews are those of the paragraph: also of other members' work.
    is_review = (mine["kind"] == "review").to_numpy(bool)
    reviews_of_all = mine["is_own_work"].mask(is_review, mine[measures.MEMBERS_OWN])
    made = charts.charts(report_input, mine.assign(is_own_work=reviews_of_all))
    days = [(theme.name, theme.days) for theme in page.themes]
    if drawn := charts.themes_chart(report_input.calendar, report_input.period, days):
        made["themes"] = drawn
    return made


def row_columns(report_input: ReportInput, rows: pd.DataFrame) -> pd.DataFrame:
    """The columns `theme` and `routine`."""
    return place(rows, report_input.grouping)[["theme", "routine"]]


REPORT = Report(
    KIND, "harvester.reports", "digest.md.j2", context,
    summary="a team's month: what was shipped, by theme; help across teams; what waited long; who was new",
    default_period="last-month", of="team", needs=TEAM_NEEDS,
    view=as_team, page=Page, charts=page_charts, row_columns=row_columns,
    filters={"by_team": beyond.team_words},
)  # fmt: skip
