"""The report `checkin`: how the goals are on a day, what changed since the last check-in, and what to talk about."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from harvester.analysis import measures
from harvester.goals.checkins import CheckIn, KeptCriterion, KeptGoal, KeptWork, kept_title
from harvester.goals.model import Goal
from harvester.goals.progress import Progress, State
from harvester.model.periods import day
from harvester.reporting.anchors import anchors_by_name
from harvester.reporting.charts import Chart
from harvester.reporting.markdown import Markdown, code
from harvester.reporting.report import Report
from harvester.reporting.report_input import ReportInput
from harvester.reporting.rows import own_rows
from harvester.text import count_noun

from .accomplishments import row_columns
from .sections import charts
from .sections.common import CommonPage, common
from .sections.conversation import Next, next_checkin, next_day, questions
from .sections.criteria import CriterionRow, brief, called, criteria
from .sections.goal_states import ORDER, GoalState, claimed_rows, counted_from, goal_states, goals_on
from .sections.items import join_words
from .sections.pieces import PAGE_COLUMNS, Pieces
from .sections.since import Since, since

KIND = "check-in"

CRITERIA_NAMED = 4
"""Criteria that one gap names; of more, one fewer and how many others."""


@dataclass(frozen=True, slots=True)
class MissingFigure:
    """A goal whose outcome no note gives: its name and its title."""

    name: str
    goal: str

    @property
    def command(self) -> Markdown:
        """The command that writes it down, as code."""
        return code(f'harvester note "…" --outcome "{self.name} = …"')


@dataclass(frozen=True, slots=True)
class CheckInDraft:
    """What the author of a check-in may do before it."""

    unplanned: str
    """Work that is not linked to a goal, in words; empty where there is none."""
    figures: list[MissingFigure]
    """The outcomes that have no figure."""
    has_next: bool
    """Whether a goal names a day for the next check-in."""
    warnings: list[str]


@dataclass(frozen=True, slots=True)
class Page(CommonPage):
    """The page: everything that it says, as plain values; texts from sources are as the sources have them."""

    draft: CheckInDraft | None
    """What its author should know before handing it in; null for nothing, and on a finished page."""
    day: dt.date
    sentences: list[str]
    """The opening paragraph, a sentence each."""
    goals: list[GoalState]
    """The goals that run on the day, and those that ended since the last check-in; by state, on track first."""
    since: Since | None
    """What changed since the check-in that was kept last; null where none was kept before the day."""
    gaps: list[str]
    """Goals and criteria that nothing is linked to, or whose work nothing shows, a sentence each."""
    questions: list[str]
    """Questions for the conversation; each follows from a fact."""
    next: Next | None
    """What is due until the next check-in; null where no goal names a day for one."""
    appendix_anchors: dict[str, str]
    """By the name of a goal the anchor of its work in the appendix; goals without work are not in it."""


def context(report_input: ReportInput) -> Page:
    """What the template shows; every figure of a goal is that of its measure in `harvester.analysis.measures`."""
    rows = own_rows(report_input, PAGE_COLUMNS)
    today = report_input.calendar.dates(report_input.period)[1]
    goals, found = goal_states(report_input), criteria(Pieces(report_input, rows))
    names = _names_of_criteria(report_input)
    kept_criteria = [(KeptCriterion(name=each.name, state=each.state), names[each.name]) for each in found]
    changed = since(report_input, kept_criteria)
    gaps = [*_goals_without_work(goals), *_criteria_without_evidence(report_input, found)]
    asked, following = questions(report_input, gaps=bool(gaps)), next_checkin(report_input)
    heading = f"{report_input.who} – {KIND}, {day(today)}"
    author = _for_author(report_input, measures.words(rows, "unplanned")) if report_input.draft else None
    headings = _headings(heading, changed, gaps, asked, following, draft=author is not None)
    with_work = [each for each in goals if each.items]
    places = anchors_by_name([*headings, *((f"goal {each.name}", each.title) for each in with_work)])
    return Page(
        **{**common(report_input, rows, KIND, places["sources"]), "heading": heading, "period": day(today)},
        draft=author,
        day=today,
        sentences=_sentences(report_input, goals, changed),
        goals=goals,
        since=changed,
        gaps=gaps,
        questions=asked,
        next=following,
        appendix_anchors={each.name: places[f"goal {each.name}"] for each in with_work},
    )


def _headings(
    heading: str,
    changed: Since | None,
    gaps: Sequence[str],
    asked: Sequence[str],
    following: Next | None,
    *,
    draft: bool,
) -> list[tuple[str, str]]:
    """The headings of the page up to that of the appendix, in the order of the template, with names."""
    found = [("", heading)]
    found += [("", "For the author")] if draft else []
    found += [("", f"Since the check-in of {day(changed.day)}")] if changed else []
    found += [("", "Gaps")] if gaps else []
    found += [("", "Questions for the conversation")] if asked else []
    found += [("", f"Until the check-in of {day(following.day)}")] if following else []
    return [*found, ("sources", "Sources and coverage"), ("", "Appendix: work for these goals")]


def _sentences(report_input: ReportInput, goals: Sequence[GoalState], changed: Since | None) -> list[str]:
    running = [each for each in goals if each.runs]
    made = [_states(running)] if running else ["No goal runs on this day."]
    if ended := [each for each in goals if not each.runs]:
        since_day = changed.day if changed else report_input.calendar.dates(report_input.period)[0]
        made.append(f"{count_noun(len(ended), 'goal')} ended since {day(since_day)}.")
    if changed is None:
        made.append("No earlier check-in was kept, so nothing is compared.")
    return made


def _states(goals: Sequence[GoalState]) -> str:
    """How many goals have which state, in words."""
    numbers = Counter(each.label for each in goals)
    order = [*ORDER, *(label for label in numbers if label not in ORDER)]
    if len(numbers) == 1:
        (label,) = numbers
        which = "The goal" if len(goals) == 1 else f"Each of the {len(goals)} goals"
        return f"{which} {_is(label)}."
    parts = [f"{numbers[label]} {_is(label, numbers[label])}" for label in order if label in numbers]
    return f"Of {len(goals)} goals {join_words(parts)}."


def _is(label: str, number: int = 1) -> str:
    if label.startswith("no "):
        return (
            f"{'has' if number == 1 else 'have'} {label} to compare"
            if label == "no figure"
            else (f"{'has' if number == 1 else 'have'} {label}")
        )
    if label == "open":
        return f"{'has' if number == 1 else 'have'} no pace"
    return f"{'is' if number == 1 else 'are'} {label}"


def _goals_without_work(goals: Sequence[GoalState]) -> list[str]:
    """Of each goal without work, or whose work is none of what it counts."""
    running = [each for each in goals if each.runs]
    nothing = [f"Nothing is linked to “{each.title}”." for each in running if not each.items]
    other = [
        f"“{each.title}” counts {each.counts}; linked to it: {each.linked}."
        for each in goals
        if each.counts and each.linked and not each.done
    ]
    return [*nothing, *other]


def _names_of_criteria(report_input: ReportInput) -> dict[str, str]:
    """What the page calls each criterion, by name; with its level, where there are several."""
    every = report_input.assessment.goals_and_decisions.goals.criteria
    several = len({each.level for each in every}) > 1
    return {
        each.name: brief(called(each, every)) + (f" ({each.level})" if several and each.level else "") for each in every
    }


def _criteria_without_evidence(report_input: ReportInput, rows: Sequence[CriterionRow]) -> list[str]:
    """A sentence for those that have activity alone, one for those that have nothing, one for those without a rule."""
    names = _names_of_criteria(report_input)
    by_hand = {each.name for each in report_input.assessment.goals_and_decisions.goals.judged_by_hand}
    needed = [each for each in rows if each.state == "evidence needed"]
    nothing = [each for each in needed if not each.counted]
    groups = {
        "Criteria that need evidence": [each for each in needed if each.counted],
        "Criteria that nothing is linked to": [each for each in nothing if each.name not in by_hand],
        "Criteria judged by hand, with no goal and no rule": [each for each in nothing if each.name in by_hand],
    }
    return [f"{words}: {_first([names[each.name] for each in group])}." for words, group in groups.items() if group]


def _first(names: Sequence[str]) -> str:
    """The first `CRITERIA_NAMED` names in quotation marks, and how many more there are."""
    shown = names if len(names) <= CRITERIA_NAMED else names[: CRITERIA_NAMED - 1]
    more = [f"{len(names) - len(shown)} more"] if len(shown) < len(names) else []
    return join_words([*(f"“{each}”" for each in shown), *more])


def _for_author(report_input: ReportInput, unplanned: str) -> CheckInDraft | None:
    """What the author should know; None for nothing."""
    missing = [
        MissingFigure(goal.name, goal.title)
        for goal, at in goals_on(report_input)
        if goal.measure == "outcome" and at.done is None
    ]
    has_goals = bool(report_input.assessment.goals_and_decisions.goals.goals)
    open_ = unplanned if has_goals and not unplanned.startswith("0 ") else ""
    has_next, warnings = next_day(report_input) is not None, list(report_input.assessment.warnings)
    lacks_next = not has_next and bool(goals_on(report_input))
    return CheckInDraft(open_, missing, has_next, warnings) if open_ or missing or lacks_next or warnings else None


def page_charts(report_input: ReportInput, page: Page) -> dict[str, Chart]:
    """The pace of each goal, under the goal's title."""
    titles = {f"goal-{each.name}": each.title for each in page.goals}
    drawn = charts.charts(report_input, own_rows(report_input, PAGE_COLUMNS))
    return {name: dataclasses.replace(drawn[name], title=title) for name, title in titles.items() if name in drawn}


def kept(report_input: ReportInput) -> CheckIn:
    """What is kept of a check-in: the goals that run on its day, their work, and the criteria."""
    today = report_input.calendar.dates(report_input.period)[1]
    rows = criteria(Pieces(report_input, own_rows(report_input, PAGE_COLUMNS)))
    return CheckIn(
        day=today,
        goals=[_kept_goal(report_input, goal, at) for goal, at in goals_on(report_input) if goal.includes(today)],
        criteria=[KeptCriterion(name=each.name, state=each.state) for each in rows],
        incomplete=[each.source for each in report_input.statuses if not each.complete],
    )


def _kept_goal(report_input: ReportInput, goal: Goal, at: Progress) -> KeptGoal:
    by_item = {row["work_item"]: kept_title(row["title"]) for row in claimed_rows(report_input, goal)}
    state: State = at.state
    return KeptGoal(
        name=goal.name, title=kept_title(goal.title), first=counted_from(report_input, goal), measure=goal.measure,
        unit=goal.unit, baseline=goal.baseline, target=goal.target, done=at.done, expected=at.expected, state=state,
        work=[KeptWork(work_item=name, title=title) for name, title in sorted(by_item.items())],
    )  # fmt: skip


REPORT = Report(
    "checkin", "harvester.reports", "checkin.md.j2", context,
    summary="how the goals are on a day, what changed since the last check-in, and what to talk about",
    default_period="today", needs=frozenset({"checkin"}), audiences=("manager",), keeps=kept, page=Page,
    charts=page_charts, row_columns=row_columns, entries=("goals",),
)  # fmt: skip
