"""Checking goals, decisions and notes, and measuring how far each goal is."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harvester.analysis import measures
from harvester.analysis.frame import column, select
from harvester.config.toml import LARGEST
from harvester.errors import ConfigError
from harvester.files import lock_folder, read_text, write_text
from harvester.goals import decisions, load, model
from harvester.goals.add import with_goal
from harvester.goals.lint_globs import lint_globs
from harvester.goals.lint_sources import Contents, lint_sources
from harvester.notebook import notebook
from harvester.text import name_from
from harvester.workspace.assemble import assemble
from harvester.workspace.collect import CollectedData, open_ledger
from harvester.workspace.notes import notebooks
from harvester.workspace.work_items import read_rows, require_goals, unresolved_references
from harvester.workspace.workspace import Workspace, kinds_of_sources, known_names

if TYPE_CHECKING:
    import pandas as pd

    from harvester.goals.assessment import GoalsAndDecisions
    from harvester.goals.model import Goals
    from harvester.reporting.report_input import ReportInput

READ_FOR_GOALS = ("paths", "part_of", "closes")
"""The columns beside the usual ones that goals are checked against."""

FileWarning = tuple["Path", str]
"""A file, and what may be wrong in it, which begins with the place: `: goals[1].match: …`."""


@dataclass(frozen=True, slots=True)
class GoalsCheck:
    """How many goals, criteria, questions and decisions there are, and what may be wrong with them, each with its file.

    `with_rules` is how many criteria have a rule of their own, `judged_by_hand` how many have none and no goal serves
    them: what was done for those no program can say.

    `looked_up` says whether anything has been read yet, so that work items and globs could be looked up.
    """

    counts: Mapping[str, int]
    warnings: tuple[FileWarning, ...]
    looked_up: bool
    with_rules: int
    judged_by_hand: int


def check_goals(workspace: Workspace) -> GoalsCheck:
    """Check goals.toml, decisions.toml and the notebooks; raises ConfigError with all errors of both files at once."""
    known = _load_both(workspace)
    path = known.goals.path
    assert path, "require_goals has read a file"
    rows = read_rows(workspace, *READ_FOR_GOALS)
    work_items = None if rows is None else set(rows["work_item"].unique())
    warnings = (
        *((path, text) for text in warnings_of_goals(workspace, known.goals, rows)),
        *_about_decisions(workspace, known, work_items),
        *_about_notes(workspace, known, rows),
    )
    counts = {
        "goals": len(known.goals.goals),
        "criteria": len(known.goals.criteria),
        "questions": len(known.goals.questions),
        "decisions": len(known.decisions.entries) + len(known.decisions.highlighted),
    }
    # A note may name the same unknown goal twice, and two sources may read the same notebook.
    with_rules = sum(each.match is not None for each in known.goals.criteria)
    by_hand = len(known.goals.judged_by_hand)
    return GoalsCheck(counts, tuple(dict.fromkeys(warnings)), rows is not None, with_rules, by_hand)


def _load_both(workspace: Workspace) -> GoalsAndDecisions:
    """goals.toml and decisions.toml; errors of both are raised together, so that they can be fixed in one go."""
    try:
        return require_goals(workspace)
    except ConfigError as first:
        errors = [first]
        try:
            decisions.load(workspace.config.root / decisions.FILE)
        except ConfigError as second:
            errors.append(second)
        text = "\n".join(dict.fromkeys(each.message for each in errors))
        raise ConfigError(text, hint=errors[0].hint or errors[-1].hint) from first


@dataclass(frozen=True, slots=True)
class AddedGoal:
    """A goal that was written to a file, and what `goals check` says about it."""

    goal: model.Goal
    path: Path
    warnings: tuple[str, ...]


def add_goal(workspace: Workspace, values: Mapping[str, Any]) -> AddedGoal:
    """Add a goal to goals.toml, whose other text stays as it is; its name is made from its title where none is given.

    `values` are the keys of a goal as goals.toml has them. Raises ConfigError, with nothing written, where there is no
    harvester.toml, where the goal is not valid, or where its name or title is another's.
    """
    if not workspace.configured:
        raise ConfigError("Goals are stored beside a harvester.toml, and there is none.", hint="Run `harvester init`.")
    path = workspace.config.root / load.FILE
    values = dict(values, name=values.get("name") or name_from(values["title"], otherwise="goal"))
    with lock_folder(path):
        text = read_text(path, limit=LARGEST, error=ConfigError) if os.path.lexists(path) else ""
        text, goals = with_goal(text, values, path, known_names(workspace))
        write_text(path, text)
    found = warnings_of_goals(workspace, goals, read_rows(workspace, *READ_FOR_GOALS))
    own = f": goals[{len(goals.goals)}]"
    return AddedGoal(goals.goals[-1], path, tuple(each.removeprefix(": ") for each in found if each.startswith(own)))


def warnings_of_goals(workspace: Workspace, goals: Goals, rows: pd.DataFrame | None) -> Iterator[str]:
    """What can never match or count: by itself, with the sources there are, and in what has been read.

    Each begins with its place: `: goals[1].match: …`. `rows` are those of `read_rows` with `READ_FOR_GOALS`.
    """
    import pyarrow.compute as pc

    yield from (each.removeprefix(str(goals.path)) for each in goals.warnings)
    yield from (f": {each}" for each in lint_sources(goals, _contents(workspace, rows)))
    if rows is not None:
        files = pc.unique(pc.list_flatten(column(rows, "paths")))
        yield from (f": {each}" for each in lint_globs(goals, files))


def _contents(workspace: Workspace, rows: pd.DataFrame | None) -> Contents:
    """What the sources can have, and how many commits, pull requests and reviews were read."""
    all_known = kinds_of_sources(workspace)
    if rows is None:
        return Contents(all_known)
    pulls = rows[(rows["kind"] == "pull_request").to_numpy(bool)]
    landed = {reference for references in pulls["closes"] for reference in references}
    commits = rows[(rows["kind"] == "commit").to_numpy(bool)]
    alone = (commits["part_of"].list.len() == 0) & ~commits["work_item"].isin(landed)
    reviews = rows[(rows["kind"] == "review").to_numpy(bool)]
    counts = (each["work_item"].nunique() for each in (commits[alone.to_numpy(bool)], pulls, reviews))
    return Contents(all_known, *counts)


def _about_decisions(
    workspace: Workspace, known: GoalsAndDecisions, work_items: set[str] | None
) -> Iterator[FileWarning]:
    looked_up = known.decisions.work_items if work_items is None else work_items
    names = [each.name for each in known.goals.goals], looked_up, [each.name for each in known.goals.criteria]
    for each in decisions.lint_decisions(known.decisions, *names):
        yield workspace.config.root / decisions.FILE, each.removeprefix(decisions.FILE)


def _about_notes(workspace: Workspace, known: GoalsAndDecisions, rows: pd.DataFrame | None) -> Iterator[FileWarning]:
    goals, criteria = [each.name for each in known.goals.goals], [each.name for each in known.goals.criteria]
    people = [each.key for each in workspace.config.people.persons]
    today = workspace.config.calendar.day_of(workspace.environment.clock())
    mine = frozenset(notebooks(workspace.config, mine=True))
    for path in notebooks(workspace.config):
        entries, findings = notebook.load(path)
        references = [each for entry in entries for each in entry.lists.get("about", ())]
        lost = unresolved_references(rows, references, known.tickets) if rows is not None and references else set()
        named = {each for entry in entries for key in notebook.PEOPLE for each in entry.lists.get(key, ())}
        meant = {each: workspace.config.people.meant(each) for each in named}
        known_people = [*people, *(each for each, keys in meant.items() if len(keys) == 1)]
        own_names = [each for each, keys in meant.items() if path in mine and keys == [workspace.me]]
        for each in (
            *findings,
            *notebook.unknown_names(entries, goals, known_people, criteria),
            *notebook.own_witness(entries, own_names),
            *notebook.unresolved(entries, lost),
            *notebook.in_future(entries, today),
        ):
            yield path, f":{each.line}: {each.reason}"


@dataclass(frozen=True, slots=True)
class CriterionProgress:
    """A criterion, and how many threads of the period's work are for it, by its rules or through a goal."""

    name: str
    text: str
    threads: float


@dataclass(frozen=True, slots=True)
class GoalsProgress:
    """How far the goals are: `report_input.assessment.progress` has each goal's figures.

    `goals` run in the period; of the others (`outside`) nothing was read.
    """

    report_input: ReportInput
    collected: CollectedData
    goals: tuple[model.Goal, ...]
    outside: tuple[model.Goal, ...]
    criteria: tuple[CriterionProgress, ...]


def measure_progress(
    workspace: Workspace, period: str | None = None, person: str | Sequence[str] | None = None, *, harvest: bool = True
) -> GoalsProgress:
    """Measure each goal at the end of the period, or now while it runs; another person's work too.

    Raises ConfigError where neither a goal nor a criterion is defined, and what `assemble` raises.
    """
    require_goals(workspace, at_least_one=True, or_criterion=True)
    with open_ledger(workspace) as ledger:
        collected, report_input = assemble(workspace, ledger, period, person, harvest=harvest, goals_for_others=True)
    defined = report_input.assessment.goals_and_decisions.goals.goals
    goals = tuple(goal for goal in defined if goal.runs_in(report_input.period, report_input.calendar))
    outside = tuple(goal for goal in defined if goal not in goals)
    return GoalsProgress(report_input, collected, goals, outside, tuple(_criteria(report_input)))


def _criteria(report_input: ReportInput) -> Iterator[CriterionProgress]:
    inside = select(report_input.frame, report_input.period, report_input.persons)
    for each in report_input.assessment.goals_and_decisions.goals.criteria:
        claimed = report_input.assessment.claimed(each.name, "criterion")["row"]
        yield CriterionProgress(each.name, each.text, measures.count(inside[inside.index.isin(claimed)], "pieces"))
