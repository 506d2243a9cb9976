"""What goals.toml holds: criteria, goals, questions of a form, and the rules that recognise work for them."""

from __future__ import annotations

import datetime as dt
import typing
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import Field

from harvester.config.days import Day, Days
from harvester.config.rule import DEFAULT_SHARE as DEFAULT_SHARE  # what goals.toml holds is imported from here
from harvester.config.rule import Rule as Rule
from harvester.config.toml import NAME, Section, Word, Words
from harvester.model import contribution
from harvester.model.periods import Calendar, Period

OUTCOME = "outcome"
"""The measure that is not a count but a figure written in the notebook."""

Name = Annotated[str, Field(pattern=NAME)]
Number = Annotated[float, Field(allow_inf_nan=False)]


class Criterion(Section):
    """What the next level asks for; with rules of its own, work counts for it before any goal is set."""

    name: Name = Field(description="how goals refer to it")
    level: str = Field("", description="the level that asks for it, such as Senior engineer")
    theme: str = Field("", description="what it is about, such as Communication; pages show criteria by theme")
    text: str = Field(description="what is asked, in words")
    source: str = Field("", description="where it is from: the name of a ladder, and its address")
    match: Rule | None = Field(None, description="how work for it is recognised")


class Goal(Section):
    """One goal: why it matters, what counts, until when, and how work for it is recognised."""

    name: Name = Field(description="how decisions and notes refer to it")
    title: str = Field(description="how reports call it; its words suggest work too, as do those of `name`")
    why: str = Field("", description="why it matters to the business; its words suggest work too, but say less")
    criterion: str | None = Field(None, description="the name of the criterion it serves")
    from_: Day | None = Field(None, alias="from", description="the first day, such as `2026-07-01`, without quotes")
    until: Day | None = Field(
        None, description="the last day, which still counts: `2026-09-30` for a goal up to 30 September"
    )
    checkins: list[Day] = Field(
        default_factory=list, description="days on which you and your manager look at it: `[2026-08-15, 2026-09-15]`"
    )
    away: list[Days] = Field(
        default_factory=list,
        description="holidays and leave, on which no progress is expected: days, and in quotes months and spans whose "
        'last day is away too: `["2026-07-20..2026-08-02", 2026-09-01]`',
    )
    measure: str | None = Field(None, description="what is counted, or outcome: a figure from the notebook")
    baseline: Number | None = Field(
        None, description="where an outcome started, such as 31; a count starts from 0 and has none"
    )
    target: Number | None = Field(None, description="the figure to reach; of an outcome it may be below `baseline`")
    unit: str = Field("", description="what the figure counts, for an outcome")
    words: Words = Field(default_factory=list, description="words that suggest work for it and never claim any")
    match: Rule | None = Field(None, description="how work for it is recognised")

    @property
    def has_end(self) -> bool:
        """Whether both its days are given, so that there is a pace."""
        return self.from_ is not None and self.until is not None

    def period(self, calendar: Calendar) -> Period:
        """Its days in the person's zone, half-open; without a first or a last day it is open at that end."""
        return calendar.open_days(self.from_, self.until)

    def includes(self, day: dt.date) -> bool:
        """Whether a day is one of the goal's, the first and the last included."""
        return (self.from_ is None or self.from_ <= day) and (self.until is None or day <= self.until)

    def runs_in(self, period: Period, calendar: Calendar) -> bool:
        """Whether any of its days is in a period."""
        return self.period(calendar).overlap(period) is not None


class Question(Section):
    """A question of your company's form, answered by work for any of its goals and criteria, or that its rule matches.

    Without `goals`, `criteria` and `match` the highlights answer it.
    """

    title: Word = Field(description="how the page calls it, such as Impact")
    text: str = Field("", description="the words that the form asks, where they are more than the title")
    limit: int | None = Field(
        None, ge=1, description="how many characters the form takes, line breaks and addresses included"
    )
    goals: Words | None = Field(None, description="names of goals: what serves them answers it")
    criteria: Words | None = Field(None, description="names of criteria: what serves them answers it")
    match: Rule | None = Field(
        None, description="how work that answers it is recognised; questions do not compete by `paths`"
    )

    @property
    def takes_highlights(self) -> bool:
        """Whether nothing says what answers it, so that the highlights do."""
        return self.goals is None and self.criteria is None and self.match is None


class GoalsFile(Section):
    """The keys of goals.toml."""

    criteria: list[Criterion] = Field(default_factory=list)
    goals: list[Goal] = Field(default_factory=list)
    questions: list[Question] = Field(default_factory=list)

    def rules(self) -> Iterator[tuple[str, Rule]]:
        """Every rule of a criterion, a goal or a question and every rule in it, each with its key path."""
        return _rules({"criteria": self.criteria, "goals": self.goals, "questions": self.questions})


def _rules(tables: Mapping[str, Sequence[Criterion | Goal | Question]]) -> Iterator[tuple[str, Rule]]:
    for table, each_of in tables.items():
        for number, each in enumerate(each_of, 1):
            if each.match is not None:
                yield from each.match.rules(f"{table}[{number}].match")


@dataclass(frozen=True)
class Goals:
    """Goals, criteria and questions in the order of the file, checked together, with what may be wrong with them."""

    criteria: tuple[Criterion, ...] = ()
    goals: tuple[Goal, ...] = ()
    warnings: tuple[str, ...] = ()
    path: Path | None = None
    """The file they came from; None where there is none."""
    questions: tuple[Question, ...] = ()

    def goal(self, name: str) -> Goal | None:
        """The goal of this name."""
        return next((each for each in self.goals if each.name == name), None)

    def criterion(self, name: str) -> Criterion | None:
        """The criterion of this name."""
        return next((each for each in self.criteria if each.name == name), None)

    def rules(self) -> Iterator[tuple[str, Rule]]:
        """Every rule of a criterion, a goal or a question and every rule in it, each with its key path."""
        return _rules({"criteria": self.criteria, "goals": self.goals, "questions": self.questions})

    def serving(self, criterion: str) -> tuple[Goal, ...]:
        """The goals that serve a criterion."""
        return tuple(each for each in self.goals if each.criterion == criterion)

    @property
    def judged_by_hand(self) -> tuple[Criterion, ...]:
        """The criteria for which nothing claims work: they have no rule, and no goal serves them."""
        served = {each.criterion for each in self.goals}
        return tuple(each for each in self.criteria if each.match is None and each.name not in served)


@dataclass(frozen=True, slots=True)
class KnownNames:
    """What rules and measures may name; None where that is not known and everything may be named."""

    measures: Collection[str] | None = None
    people: Collection[str] | None = None
    tickets: Collection[str] | None = None
    """Keys of the configured Jira projects, such as PAY."""
    kinds: Collection[str] = typing.get_args(contribution.Kind)
