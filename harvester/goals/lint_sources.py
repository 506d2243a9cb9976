"""Warnings about goals that count or match what no configured source has, each with what to write instead."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harvester.analysis.measures import MEASURES
from harvester.goals.model import OUTCOME

if TYPE_CHECKING:
    from harvester.goals.model import Criterion, Goal, Goals, Question, Rule

ENOUGH = 10
"""How many pull requests, or commits, show how a repository is worked on; a few may be an exception."""

_COMES_FROM: Mapping[str, str] = {
    "pull_request": "git, or a forge such as GitHub or GitLab",
    "commit": "git",
    "note": "a notebook",
    "review": "git, or a forge such as GitHub or GitLab",
    "help": 'git, or Jira with also = ["worklogs"]',
    "issue": "a forge or tracker such as GitHub, GitLab or Jira",
    "comment": 'GitHub, GitLab or Jira with also = ["comments"]',
    "release": 'GitHub or GitLab with also = ["releases"]',
}
"""Which sources have each kind of work."""

_OTHER_KEYS = "write paths, scopes or tickets, or add a forge or tracker such as GitHub or GitLab"


@dataclass(frozen=True, slots=True)
class Contents:
    """What the configured sources can have (`harvester.sdk.capabilities.NamesContents`), and what was read of it.

    `kinds` has each kind of work with the further columns it can have; None where a source does not say.

    `commits`, `pull_requests` and `reviews` have how many there are in everything that was read, commits outside of
    pull requests.
    """

    kinds: Mapping[str, Collection[str]] | None = None
    commits: int = 0
    pull_requests: int = 0
    reviews: int = 0


def lint_sources(goals: Goals, contents: Contents) -> Iterator[str]:
    """One line for each such goal or rule, beginning with its key path."""
    for number, goal in enumerate(goals.goals, 1):
        where = f"goals[{number}]"
        yield from _measure(f"{where}.measure", goal, contents)
        if goal.match is not None:
            yield from _rules(goal.match.rules(f"{where}.match"), goal, contents)
    yield from _rules_in("criteria", goals.criteria, contents)
    yield from _rules_in("questions", goals.questions, contents)


def _rules_in(table: str, entries: Sequence[Criterion | Question], contents: Contents) -> Iterator[str]:
    for number, each in enumerate(entries, 1):
        if each.match is not None:
            yield from _rules(each.match.rules(f"{table}[{number}].match"), None, contents)


def undelivered(goals: Goals, kinds: Mapping[str, Collection[str]] | None) -> dict[str, str]:
    """By goal what it counts and no configured source has, such as `tickets`; nothing where a source does not say."""
    if kinds is None:
        return {}
    return {goal.name: what for goal in goals.goals if (what := _undelivered(goal, kinds))}


def _undelivered(goal: Goal, kinds: Mapping[str, Collection[str]]) -> str:
    measure = MEASURES.get(goal.measure or "")
    if goal.measure == OUTCOME:
        return "" if "note" in kinds else MEASURES["notes"].many
    return "" if measure is None or measure.is_delivered(kinds) else measure.many


def _measure(where: str, goal: Goal, contents: Contents) -> Iterator[str]:
    measure, kinds = MEASURES.get(goal.measure or ""), contents.kinds
    if goal.measure == OUTCOME and kinds is not None and "note" not in kinds:
        yield f"{where}: an outcome is written in a notebook, and none is configured; add one"
    if measure is None:
        return
    if kinds is not None and kinds.keys().isdisjoint(measure.kinds):
        source = _COMES_FROM[measure.kinds[0]]
        yield f"{where}: no configured source has {measure.many}, so nothing counts; {_instead(kinds)}, or add {source}"
    elif kinds is not None and measure.kinds == ("review",) and not kinds["review"] and not contents.reviews:
        known = "git knows of reviews only by `Reviewed-by` in commits, and none was read so far"
        yield f"{where}: {known}; add a forge such as GitHub"
    elif kinds is not None and measure.sums == "story_points" and not _have(kinds, "story_points", measure.kinds):
        yield f'{where}: no configured source has story points, so nothing counts; write measure = "tickets"'
    else:
        yield from _other_measure(where, goal.measure or "", contents.commits, contents.pull_requests)


def _other_measure(where: str, measure: str, commits: int, pulls: int) -> Iterator[str]:
    """Where work is done in pull requests and the goal counts commits, or the other way round."""
    read = f"{MEASURES['pull_requests'].words(pulls)} and {MEASURES['commits'].words(commits)} outside of them"
    if measure == "commits" and pulls >= ENOUGH and pulls > commits:
        what = f"commits in pull requests do not count by themselves, and {read} were read so far"
        yield f'{where}: {what}; write measure = "pull_requests"'
    if measure == "pull_requests" and commits >= ENOUGH and not pulls:
        yield f'{where}: {read} were read so far; write measure = "commits"'


def _instead(kinds: Collection[str]) -> str:
    """The measures that have something to count."""
    names = [each.name for each in MEASURES.values() if each.goal and not set(each.kinds).isdisjoint(kinds)]
    usable = [name for name in names if MEASURES[name].sums != "story_points"]
    return "write measure = " + " or ".join(f'"{name}"' for name in (*usable, OUTCOME))


def _have(kinds: Mapping[str, Collection[str]], column: str, wanted: Sequence[str] = ()) -> list[str]:
    """The kinds (of those wanted, if any are) that can have a column."""
    return [kind for kind, columns in kinds.items() if column in columns and (not wanted or kind in wanted)]


def _rules(rules: Iterator[tuple[str, Rule]], goal: Goal | None, contents: Contents) -> Iterator[str]:
    kinds = contents.kinds
    if kinds is None:
        return
    for where, rule in rules:
        for name in rule.kinds or ():
            if (kind := name.strip().casefold()) in _COMES_FROM and kind not in kinds:
                what = f"no configured source has {name!r}, so it matches nothing"
                yield f"{where}.kinds: {what}; add {_COMES_FROM[kind]}"
        labelled = _have(kinds, "labels")
        if rule.labels and not labelled:
            yield f"{where}.labels: no configured source has labels, so it matches nothing; {_OTHER_KEYS}"
        elif rule.labels and labelled == ["note"] and not _is_for_notes(rule, goal):
            yield f"{where}.labels: of the configured sources only notes have labels; {_OTHER_KEYS}"


def _is_for_notes(rule: Rule, goal: Goal | None) -> bool:
    return rule.kinds == ["note"] or (goal is not None and goal.measure == "notes")
