"""Assessing a frame by goals: threads, claims, suggestions and progress of one report, in one pure step."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from harvester.analysis import measures
from harvester.analysis.frame import records, select
from harvester.analysis.threads import about, threads
from harvester.goals.claims import claim
from harvester.goals.decisions import Decisions, lint_decisions
from harvester.goals.model import OUTCOME, Goal, Goals
from harvester.goals.progress import Progress, Span, outcomes, progress
from harvester.goals.suggestions import suggest
from harvester.model.people import People
from harvester.model.periods import Calendar, Period

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class GoalsAndDecisions:
    """Goals, the person's decisions, and the hosts of ticket keys: `PAY-7` is a ticket where PAY is among them."""

    goals: Goals = field(default_factory=Goals)
    decisions: Decisions = field(default_factory=Decisions)
    tickets: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Assessment:
    """What a frame says about goals.

    `frame` has the people's rows, with two more columns: `thread`, the name of each row's thread, and `serves_goal`,
    whether a goal claims it.

    `claims` are those of `claim` for their rows that count.

    `suggestions` name, for their rows in the period that count and that no goal claims, what these may serve: row,
    target, reason, score (infinite where a rule or a note suggests it), best first, never counted.

    `notes_by_thread` has the notes about a thread, by index label, oldest first.

    `related_rows` has, by note, a row of each work item that it is about.
    """

    goals_and_decisions: GoalsAndDecisions
    frame: pd.DataFrame
    claims: pd.DataFrame
    suggestions: pd.DataFrame
    progress: Mapping[str, Progress]
    notes_by_thread: Mapping[str, Sequence[Any]]
    related_rows: Mapping[Any, Sequence[Any]]
    counted_until: dt.datetime
    """Up to when progress was counted: the end of the period, or of today while it runs (UTC)."""
    warnings: tuple[str, ...]
    """Warnings about goals that can never match and decisions about what does not exist, with their place."""
    away: tuple[Span, ...] = ()
    """The person's own days away; of several people none, since one of them may work while another does not."""

    def days_away(self, goal: Goal) -> list[Span]:
        """The days on which nothing is expected of a goal: its own and the person's."""
        return [*goal.away, *self.away]

    def claimed(self, target: str, kind: str = "goal") -> pd.DataFrame:
        """The claims of one goal (or criterion), row by row with the reason."""
        every = self.all_claimed(kind)
        return every[(every["target"] == target).to_numpy(bool)]

    def all_claimed(self, kind: str = "goal") -> pd.DataFrame:
        """The claims of all goals (or of all criteria), row by row with the target and the reason; no suggestions."""
        every = self.claims
        return every[((every["target_kind"] == kind) & (every["status"] == "claimed")).to_numpy(bool)]


def assess(
    frame: pd.DataFrame,
    goals_and_decisions: GoalsAndDecisions,
    *,
    persons: Iterable[str],
    period: Period,
    calendar: Calendar,
    people: People,
    now: dt.datetime,
) -> Assessment:
    """Assess a prepared frame by goals and decisions, for these people and this period.

    The frame must have their rows of the period, and those from the first day of any goal that runs in it. Rows of
    other people and later ones change nothing: a thread is one of the people's own rows, and what came after the period
    may be known or not.

    Progress is that at the end of the period, or at `now` (aware) while it runs. Counts of a goal reach over the goal's
    own days up to that moment.
    """
    import pandas as pd

    goals, tickets = goals_and_decisions.goals, goals_and_decisions.tickets
    persons = list(persons)
    own = frame["person"].isin(persons) & (frame["occurred_at"] < period.until)
    frame = frame[own.to_numpy(bool)]
    thread = threads(frame, tickets)
    mine = frame[frame["is_primary"] & ~frame["is_bot"]]
    claims = claim(frame, goals, goals_and_decisions.decisions, calendar=calendar, people=people, tickets=tickets)
    # What is part of something that counts, such as a commit in a pull request, serves nothing by itself.
    claims = claims[claims["row"].isin(measures.counting(mine))]
    moment = min(period.until, calendar.end_of_day(now))
    claimed = claims[claims["status"] == "claimed"]
    claimed_rows = claimed[claimed["target_kind"] == "goal"]["row"]
    serves = pd.Series(frame.index.isin(claimed_rows), frame.index, "bool[pyarrow]")
    frame = frame.assign(thread=thread, serves_goal=serves)
    mine = frame.loc[mine.index]
    away = _away(people, persons)
    reached = {
        goal.name: _progress(goal, mine, claimed, calendar, _before_its_end(goal, calendar, moment, now), away)
        for goal in goals.goals
    }
    notes_by_thread, related_rows = _notes(frame, mine, tickets)
    inside = select(mine, period)
    by_notes = _by_notes(frame, inside, notes_by_thread)
    suggestions = _suggestions(inside, claims, goals_and_decisions, calendar, by_notes)
    return Assessment(
        goals_and_decisions,
        frame,
        claims,
        suggestions,
        reached,
        notes_by_thread,
        related_rows,
        moment,
        tuple(_warnings(goals_and_decisions)),
        away,
    )


def _away(people: People, persons: Sequence[str]) -> tuple[Span, ...]:
    """The days away of a single person, by harvester.toml."""
    configured = people.configured(persons[0]) if len(persons) == 1 else None
    return configured.away if configured else ()


def _warnings(goals_and_decisions: GoalsAndDecisions) -> Iterator[str]:
    goals, decisions = goals_and_decisions.goals, goals_and_decisions.decisions
    if goals.path:  # a report shows no more of it than the file's name
        yield from (each.replace(str(goals.path), goals.path.name) for each in goals.warnings)
    # A decision may be about work outside of this period; `harvester goals check` looks for what does not exist at all.
    decided = decisions.work_items
    named = [each.name for each in goals.criteria]
    yield from lint_decisions(decisions, [goal.name for goal in goals.goals], decided, named)


def _notes(
    frame: pd.DataFrame, mine: pd.DataFrame, tickets: Mapping[str, str]
) -> tuple[dict[str, list[Any]], dict[Any, list[Any]]]:
    """The people's notes about each thread, oldest first, and by note a row of each work item that it is about."""
    notes = measures.of(mine, measures.MEASURES["notes"]).index
    notes_by_thread: dict[str, list[Any]] = {}
    related_rows: dict[Any, list[Any]] = {}
    for note, row in sorted(about(frame, tickets), key=lambda pair: (frame["occurred_at"][pair[0]], pair[0])):
        if note in notes:
            related_rows.setdefault(note, []).append(row)
            notes_by_thread.setdefault(str(frame["thread"][row]), []).append(note)
    return {name: list(dict.fromkeys(notes)) for name, notes in notes_by_thread.items()}, related_rows


def _before_its_end(goal: Goal, calendar: Calendar, moment: dt.datetime, now: dt.datetime) -> dt.datetime:
    """The moment; while the goal's last day runs an instant before the day's end, since the goal is not over yet."""
    end = goal.period(calendar).until
    return min(moment, end - dt.timedelta(microseconds=1)) if now < end else moment


def _progress(
    goal: Goal,
    mine: pd.DataFrame,
    claimed: pd.DataFrame,
    calendar: Calendar,
    moment: dt.datetime,
    away: Sequence[Span],
) -> Progress:
    if goal.measure is None or goal.measure == OUTCOME:
        return progress(goal, calendar, moment, outcomes=outcomes(mine), away=away)
    own = claimed[(claimed["target_kind"] == "goal") & (claimed["target"] == goal.name)]
    rows = mine.loc[own["row"].unique()]
    until_now = rows[(rows["occurred_at"] < moment).astype(bool)]
    return progress(goal, calendar, moment, count=measures.count(until_now, goal.measure), away=away)


def _by_notes(frame: pd.DataFrame, inside: pd.DataFrame, notes_by_thread: Mapping[str, Sequence[Any]]) -> pd.DataFrame:
    """What notes about a thread suggest for its rows in the period: row, target (of any name), reason."""
    import pandas as pd

    texts, threads = frame[["title", "extra"]], inside["thread"]
    found = [
        (row, goal, f"the note “{note['title']}” about it names this goal")
        for thread, notes in notes_by_thread.items()
        for note in records(texts.loc[list(notes)])
        for goal in dict(note["extra"]).get("goal", "").split("\n")
        for row in threads.index[(threads == thread).to_numpy(bool)]
    ]
    return pd.DataFrame(found, columns=["row", "target", "reason"])


def _suggestions(
    inside: pd.DataFrame,
    claims: pd.DataFrame,
    goals_and_decisions: GoalsAndDecisions,
    calendar: Calendar,
    by_notes: pd.DataFrame,
) -> pd.DataFrame:
    """What rules and notes leave open comes before what words suggest; what the person has decided on is left out.

    A goal is suggested for work of its own days only, for no other could be claimed for it.
    """
    import pandas as pd

    for_goals = claims[claims["target_kind"] == "goal"]
    claimed = for_goals[for_goals["status"] == "claimed"]["row"]
    unclaimed = inside[~inside.index.isin(claimed) & ~inside["in_pull_request"] & (inside["kind"] != "note")]
    # What counts for nothing, such as a ticket closed as a duplicate, could serve no goal either.
    open_rows = unclaimed[unclaimed.index.isin(measures.counting(inside))]
    by_rules = for_goals[(for_goals["status"] == "suggested") & for_goals["row"].isin(open_rows.index)]
    days = {goal.name: goal.period(calendar) for goal in goals_and_decisions.goals.goals}
    by_notes = by_notes[by_notes["row"].isin(open_rows.index) & by_notes["target"].isin(list(days))]
    by_rules_or_notes = pd.concat([by_rules, by_notes]).drop_duplicates(["row", "target"]).assign(score=float("inf"))
    by_words = suggest(unclaimed, goals_and_decisions.goals)
    by_words = by_words[by_words["row"].isin(open_rows.index) & ~by_words["row"].isin(by_rules_or_notes["row"])]
    by_words = by_words.sort_values(["row", "rank"])
    both = pd.concat(
        [each[["row", "target", "reason", "score"]] for each in (by_rules_or_notes, by_words)], ignore_index=True
    )
    decided = {each.key for each in goals_and_decisions.decisions.entries}
    rows = records(inside.loc[both["row"], ["work_item", "occurred_at"]])
    undecided = [
        (row["work_item"].casefold(), target) not in decided and row["occurred_at"] in days[target]
        for row, target in zip(rows, both["target"].tolist(), strict=True)
    ]
    return both[pd.Series(undecided, index=both.index, dtype=bool)]
