"""Deciding which goal or criterion work is for and what is a highlight, by the person's word, and undoing that."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harvester.errors import HarvesterError, UnknownError
from harvester.goals.decisions import (
    Answer,
    Decision,
    Decisions,
    Highlight,
    criterion_subject,
    decide,
    goal_subject,
    highlight_subject,
    load,
    remove,
    subject_of,
)
from harvester.goals.model import Goals
from harvester.text import shell_word
from harvester.workspace.work_items import (
    RELATING,
    SHORTEST_HASH,
    decisions_path,
    each_of,
    find_criterion,
    find_goal,
    outside_goal_days,
    pull_request_of,
    read_related_rows,
    read_rows,
    require_goals,
    rows_of_work_item,
    short,
    why_nothing_counts,
)
from harvester.workspace.workspace import Workspace

if TYPE_CHECKING:
    import pandas as pd


NOTHING = "Nothing was decided."


@dataclass(frozen=True, slots=True)
class Choice:
    """What is decided: that work serves a goal or criterion, or (without `accept`) not; whether it is a highlight."""

    goal: str | None = None
    accept: bool = True
    highlight: bool | None = None
    note: str = ""
    criterion: str | None = None

    @property
    def words(self) -> str:
        """The choice as options of `harvester decide`."""
        reject = ["--reject"] if self.targets and not self.accept else []
        highlight = {None: [], True: ["--highlight"], False: ["--no-highlight"]}[self.highlight]
        return " ".join([*self.targets, *reject, *highlight])

    @property
    def targets(self) -> list[str]:
        """What the work is for, as options: `--goal NAME`, `--criterion NAME`."""
        named = (("goal", self.goal), ("criterion", self.criterion))
        return [f"--{option} {name}" for option, name in named if name]


@dataclass(frozen=True, slots=True)
class Decided:
    """The answers that were stored about a work item, its title, and a warning where it is not of the goal's days."""

    work_item: str
    answers: tuple[Answer, ...]
    title: str
    warning: str


def decide_work_items(workspace: Workspace, whats: Sequence[str], choice: Choice) -> list[Decided]:
    """Store a choice about each of these work items in decisions.toml: about all of them, or, after an error, none.

    Nothing is harvested: work items are looked up in the ledger, once for all.

    Raises UnknownError for a goal or criterion that does not exist, HarvesterError for every work item that does not
    exist or is ambiguous, that counts only with its pull request, or not at all, and ConfigError for goals.toml.
    """
    path = decisions_path(workspace)
    known = require_goals(workspace).goals if choice.targets else Goals()
    goal = find_goal(known, choice.goal) if choice.goal is not None else None
    criterion = find_criterion(known, choice.criterion) if choice.criterion is not None else None
    calendar = workspace.config.calendar
    frame = read_rows(workspace, *RELATING)
    found = each_of(whats, lambda what: rows_of_work_item(frame, what, calendar), NOTHING)
    rows_by_work_item = {str(rows["work_item"].iloc[0]): rows for rows in found}
    assert frame is not None, "rows were found in it"
    related = read_related_rows(workspace, frame, list(rows_by_work_item))
    each_of(list(rows_by_work_item), lambda each: _refuse_ineffective(workspace, related, each, choice), NOTHING)
    today = calendar.day_of(workspace.environment.clock())
    decided = []
    for work_item, rows in rows_by_work_item.items():
        answers: list[Answer] = []
        if goal:
            answers.append(Decision(work_item, goal.name, choice.accept, today, choice.note))
        if criterion:
            answers.append(Decision(work_item, "", choice.accept, today, choice.note, criterion.name))
        if choice.highlight is not None:
            answers.append(Highlight(work_item, choice.highlight, today, choice.note))
        days = map(calendar.day_of, rows["occurred_at"])
        warning = outside_goal_days(goal, days) if goal and choice.accept else ""
        decided.append(Decided(work_item, tuple(answers), str(next(iter(rows["title"].dropna()), "")), warning))
    decide(path, *(answer for each in decided for answer in each.answers))
    return decided


def _refuse_ineffective(workspace: Workspace, frame: pd.DataFrame, work_item: str, choice: Choice) -> None:
    """Raises HarvesterError where the choice would change nothing: for part of a pull request, or what doesn't count.

    What does not count may be rejected all the same.
    """
    if work_item.startswith("commit/") and (pull := pull_request_of(frame, work_item)):
        raise HarvesterError(
            f"{short(work_item)} counts with its pull request, so nothing was decided about it by itself.",
            hint=f"Decide on the whole: `harvester decide {shell_word(short(pull))} {choice.words}`.",
        )
    serves = bool(choice.targets) and choice.accept
    if (serves or choice.highlight) and (why := why_nothing_counts(workspace, frame, work_item)):
        served = "goal" if choice.goal else "criterion"
        then = f"so it can serve no {served}" if serves else "so it can be no highlight"
        words = ["--about", shell_word(short(work_item)), *(choice.targets if serves else ())]
        note = f'`harvester note "…" {" ".join(words)}`'
        raise HarvesterError(
            f"Nothing of {short(work_item)} counts for you ({why}), {then}; nothing was decided.",
            hint=f"What you did for it counts as a note: {note}.",
        )


def undo_decisions(workspace: Workspace, whats: Sequence[str], choice: Choice) -> list[Answer]:
    """Remove what was decided about each of these work items; returns what was removed.

    The file is searched first, since a decision may be about a work item or a goal that no longer exists. Raises
    HarvesterError, with nothing removed, where nothing of the kind was decided about one of them.
    """
    path = decisions_path(workspace)
    known = load(path)
    found = each_of(whats, lambda what: _decided_about(workspace, known, what, choice), "Nothing was undone.")
    return remove(path, *dict.fromkeys(subject_of(answer) for answers in found for answer in answers))


def _decided_about(workspace: Workspace, known: Decisions, what: str, choice: Choice) -> list[Answer]:
    """The answers about a work item that a choice is about; raises UnknownError where one is missing."""
    work_item = _work_item_of(workspace, known, what)
    about: list[Answer] = []
    for subject, words in (
        *([(goal_subject(work_item, choice.goal), choice.goal)] if choice.goal else []),
        *([(criterion_subject(work_item, choice.criterion), choice.criterion)] if choice.criterion else []),
        *([(highlight_subject(work_item), "highlights")] if choice.highlight is not None else []),
    ):
        found = [each for each in known.answers if subject_of(each) == subject]
        if not found:
            others = ", ".join(each.target for each in known.about(work_item))
            raise UnknownError(
                f"Nothing was decided about {short(work_item)} and {words}.",
                hint=f"There are decisions about it and {others}." if others else "See decisions.toml.",
            )
        about += found
    return about


def _work_item_of(workspace: Workspace, known: Decisions, what: str) -> str:
    """The one work item in decisions.toml, or else in the ledger, that a user calls so."""
    word = what.casefold()
    full = {each.casefold(): each for each in known.work_items}
    likely = [each for name, each in full.items() if _is_short_for(word, name)]
    if word in full:
        return full[word]
    if len(likely) == 1:
        return likely[0]
    rows = rows_of_work_item(read_rows(workspace), what, workspace.config.calendar)
    return str(rows["work_item"].iloc[0])


def _is_short_for(word: str, work_item: str) -> bool:
    """Whether a word is the end of a work item, or the beginning of a commit's hash; both in lower case."""
    digits = word.removeprefix("commit/")
    is_hash = len(digits) >= SHORTEST_HASH and work_item.startswith(f"commit/{digits}")
    return is_hash or work_item.endswith(word if word[:1] in {"#", "!"} else f"/{word}")
