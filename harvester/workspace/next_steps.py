"""What the author of a page may do next, as commands for the terminal; none of it is on the page.

A command names work by its reference alone: titles and other texts of sources are in none of them.
"""

from __future__ import annotations

import functools
import math
import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from harvester.analysis import measures
from harvester.analysis.frame import records, select
from harvester.goals.summaries import summary_of
from harvester.grouping import routine
from harvester.model.periods import lasting_words
from harvester.text import shell_word
from harvester.workspace.triage import Item, undecided
from harvester.workspace.workspace import Workspace, is_nearest_configuration

if TYPE_CHECKING:
    import pandas as pd

    from harvester.reporting.report_input import ReportInput

MOST = 5
"""How many commands there are at most."""

TOGETHER = 5
"""How many work items one command decides on."""

RESULTS = 2
"""How many commands are about results."""

HASH = len("commit/") + 10
"""Characters of a commit that name it."""

LONGEST = 120
"""Characters of a reference; a longer one is not one that anybody would type."""


def next_steps(report_input: ReportInput, workspace: Workspace) -> list[str]:
    """At most `MOST` commands that make the page better, the most useful first; empty where nothing is to be done.

    Each runs as it is printed, in the folder of the environment. None is about routine. For a page about somebody else
    there are commands about sources only, for one of `--repo` none.
    """
    if not workspace.persistent:
        return []
    if not workspace.configured:
        return ["harvester init"]
    steps = _Steps(report_input, workspace)
    sources = list(steps.for_sources())
    if list(report_input.persons) != [workspace.me]:
        return sources
    goals = [*steps.for_goals(), *steps.for_suggestions(), *steps.for_unplanned()]
    opening = list(steps.for_opening())
    return [*[*sources, *goals, *steps.for_results()][: MOST - len(opening)], *opening]


class _Steps:
    """The commands about one page, kind by kind."""

    def __init__(self, report_input: ReportInput, workspace: Workspace) -> None:
        self.report_input, self.workspace = report_input, workspace
        self.rows = select(report_input.frame, report_input.period, report_input.persons)
        self.goals = report_input.assessment.goals_and_decisions.goals.goals

    def for_sources(self) -> Iterator[str]:
        """What reads what is missing, or says why it cannot be read, and which accounts may be the person's too."""
        statuses = self.report_input.statuses
        if any(each.gaps or each.stale for each in statuses) or self.report_input.has_look_alikes:
            yield self._command("doctor")
        elif any(each.unread for each in statuses):
            yield self._command("harvest", *self._period(), *self._person())

    def for_goals(self) -> Iterator[str]:
        """What asks for a first goal, where there is none."""
        if not self.goals:
            yield self._command("goals", "add")

    def for_suggestions(self) -> Iterator[str]:
        """For each goal, best first, what links the work to it that rules or notes suggest for no other goal."""
        by_goal: dict[str, list[str]] = {}
        for item in self._undecided:
            # A decision needs a reason that the person gave: what words alone suggest is for triage to ask about.
            if math.isinf(item.score) and len(item.offers) == 1:
                by_goal.setdefault(item.offers[0][0], []).append(item.work_item)
        for goal, work_items in sorted(by_goal.items(), key=lambda pair: -len(pair[1]))[:1]:
            if named := self._references(work_items[:TOGETHER]):
                yield self._command("decide", *named, "--goal", goal)

    def for_unplanned(self) -> Iterator[str]:
        """What asks about the work that no goal claims."""
        if self.goals and self._undecided:
            yield self._command("triage", *self._period())

    def for_results(self) -> Iterator[str]:
        """What writes down the result of the largest threads that have none: of goals, or of all without goals."""
        rows = self.rows[self.rows["is_primary"] & ~self.rows["is_bot"] & (self.rows["kind"] != "note")]
        rows = rows[rows.index.isin(measures.counting(rows)) & ~rows["work_item"].isin(list(self._routine))]
        rows = rows[rows["serves_goal"]] if self.goals else rows
        threads = [each for each in _largest_threads(rows) if not self._has_result(each)]
        for reference in self._references(threads)[:RESULTS]:
            yield self._command("note", "…", "--about", reference, "--result", "…", *self._date())

    def for_opening(self) -> Iterator[str]:
        """What writes the page's opening paragraph, where there is work and the person wrote none."""
        page, words = self.report_input, self._period()
        if words and len(self.rows) and not summary_of(page.frame, page.persons, page.period, page.calendar):
            yield self._command("note", "--summary", "…", *words)

    def _has_result(self, thread: str) -> bool:
        notes = self.report_input.assessment.notes_by_thread.get(thread, ())
        return any("result" in dict(each["extra"]) for each in records(self.report_input.frame.loc[list(notes)]))

    @functools.cached_property
    def _undecided(self) -> list[Item]:
        """What triage would ask about, without routine."""
        return [each for each in undecided(self.report_input)[0] if each.work_item not in self._routine]

    @functools.cached_property
    def _routine(self) -> frozenset[str]:
        """The work items that are routine, also where they serve a goal."""
        judged = routine(self.rows, self.report_input.grouping)["routine"].notna()
        return frozenset(self.rows["work_item"][judged.to_numpy(bool)])

    def _references(self, work_items: Sequence[str]) -> list[str]:
        """What a command calls these work items: `pay#120` where that is one work item; those that can be typed."""
        known = self.report_input.frame["work_item"]
        typed = (each for each in work_items if each.isprintable() and len(each) <= LONGEST)
        return [_reference(each, known) for each in typed]

    def _period(self) -> list[str]:
        """The option for the page's period; none where no words mean exactly that."""
        words = lasting_words(self.report_input.period, self.report_input.calendar)
        return ["--period", words] if words else []

    def _date(self) -> list[str]:
        """The option for a note that is to be in the page: none while its period runs, else its last day."""
        if self.workspace.environment.clock() in self.report_input.period:
            return []
        return ["--date", str(self.report_input.calendar.dates(self.report_input.period)[1])]

    def _person(self) -> list[str]:
        person = self.report_input.persons[0]
        return [] if person == self.workspace.me else ["--person", person]

    def _command(self, *words: str) -> str:
        config = self.workspace.config.path
        place = [] if is_nearest_configuration(self.workspace) else ["--config", str(config)]
        return " ".join(["harvester", *map(shell_word, (*words, *place))])


def _largest_threads(rows: pd.DataFrame) -> list[str]:
    """The threads of some rows, the largest first: by how many rows they have and the logarithm of changed lines."""
    lines = rows["additions"].fillna(0) + rows["deletions"].fillna(0)
    size = lines.map(lambda each: 1 + math.log2(1 + each)).astype(float)
    by_thread = {str(thread): float(total) for thread, total in size.groupby(rows["thread"]).sum().items()}
    return sorted(by_thread, key=lambda thread: (-by_thread[thread], thread))


def _reference(work_item: str, known: pd.Series[str]) -> str:
    """`pay#120`, or a commit with its first digits, where that names one work item; else the work item in full."""
    if work_item.startswith("commit/"):
        short, like = work_item[:HASH], known.str.startswith(work_item[:HASH])
    else:
        short = work_item.rpartition("/")[2]
        like = known.str.endswith(f"/{short}")
    return short if re.match(r"\w", short) and len(set(known[like])) == 1 else work_item
