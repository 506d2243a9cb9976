"""Warnings about what goals.toml says that is valid and yet can never match or count, each with its key path."""

from __future__ import annotations

import re
import typing
from collections.abc import Collection, Iterator, Sequence
from typing import TYPE_CHECKING

from harvester.analysis.measures import MEASURES
from harvester.model import contribution
from harvester.model.periods import ONE_DAY, day
from harvester.text import did_you_mean

if TYPE_CHECKING:
    from harvester.goals.model import Goal, GoalsFile, KnownNames, Question, Rule

_TICKET = re.compile(r".*(?:[-#!]\d+|\*\d*)/?")
"""What can match a ticket: whatever ends in a number after a mark, or in a * that may match one."""

_BARE = re.compile(r"[A-Za-z][A-Za-z0-9_]*-[\d*]+", re.ASCII)
_KINDS = frozenset(typing.get_args(contribution.Kind))
SHORTEST_ANSWER = 100
"""Characters below which an answer seldom has a whole line: a title and an address."""

_LISTS = ("paths", "projects", "labels", "tickets", "scopes", "titles", "people", "authors", "kinds")
"""The keys of a rule for which one word is enough."""


def lint(file: GoalsFile, known: KnownNames) -> Iterator[str]:
    """One line for each warning, beginning with its key path."""
    yield from _same_but_for_case("goals", [each.name for each in file.goals])
    yield from _same_but_for_case("criteria", [each.name for each in file.criteria])
    for number, goal in enumerate(file.goals, 1):
        if goal.match is None and (goal.measure is None or goal.measure in MEASURES):
            yield f"goals[{number}]: it has no `match`, so only your decisions and notes link work to it"
        yield from _one_day_too_many(f"goals[{number}].until", goal)
        yield from _away(f"goals[{number}].away", goal)
        yield from _uncounted(f"goals[{number}].measure", goal)
    for number, question in enumerate(file.questions, 1):
        yield from _unanswered(f"questions[{number}]", question, file)
    for where, rule in file.rules():
        yield from lint_rule(where, rule, known)


def lint_rule(where: str, rule: Rule, known: KnownNames) -> Iterator[str]:
    """One line for each warning about a rule alone, without the rules in it."""
    yield from _never(where, rule, known)
    yield from _excludes_all(where, rule)


def _same_but_for_case(table: str, names: Sequence[str]) -> Iterator[str]:
    """Decisions and notes distinguish names by case, readers hardly do."""
    lower = [name.casefold() for name in names]
    for number, name in enumerate(names):
        first = lower.index(lower[number])
        if first != number:
            other = f"{names[first]!r} of {table}[{first + 1}]"
            yield f"{table}[{number + 1}].name: {name!r} differs only in case from {other}"


def _unanswered(where: str, question: Question, file: GoalsFile) -> Iterator[str]:
    """Where nothing can answer a question, or not in the room that the form has."""
    for key in ("goals", "criteria"):
        if getattr(question, key) == []:
            yield f"{where}.{key}: an empty list answers nothing"
    by_rule = {each.name for each in file.criteria if each.match is not None}
    served = {each.criterion for each in file.goals}
    for name in question.criteria or ():
        if name not in by_rule | served:
            yield f"{where}.criteria: no goal serves {name!r} and it has no `match`, so only notes and decisions do"
    if question.limit is not None and question.limit < SHORTEST_ANSWER:
        yield f"{where}.limit: a line with its address is seldom below {SHORTEST_ANSWER} characters, so little fits"


def _one_day_too_many(where: str, goal: Goal) -> Iterator[str]:
    """From the first of a month to the first of another: `until` was probably meant as the day after the last."""
    if goal.from_ and goal.until and goal.from_.day == goal.until.day == 1 and goal.from_ < goal.until:
        last = goal.until - ONE_DAY
        yield f"{where}: {day(goal.until)} is the last day, which counts too; for a goal up to {day(last)} write {last}"


def _away(where: str, goal: Goal) -> Iterator[str]:
    for place, (first, last) in enumerate(goal.away, 1):
        if (goal.until and first > goal.until) or (goal.from_ and last < goal.from_):
            yield f"{where}[{place}]: these days are outside the goal and have no effect"
    if not goal.from_ or not goal.until:
        return
    first_day_back = goal.from_
    for first, last in sorted(goal.away):
        if first <= first_day_back:
            first_day_back = max(first_day_back, last + ONE_DAY)
    if first_day_back > goal.until:
        yield f"{where}: all days of the goal are away, so nothing is ever expected of it"


def _uncounted(where: str, goal: Goal) -> Iterator[str]:
    """Where rules match nothing of what is counted; notes name their goal themselves, whatever rules say."""
    measure = MEASURES.get(goal.measure or "")
    if measure is None or goal.match is None or measure.kinds == ("note",):
        return
    taken = _kinds(goal.match)
    if taken and measure.kinds and taken.isdisjoint(measure.kinds):
        kinds = " and ".join(sorted(taken))
        yield f"{where}: it counts {' and '.join(measure.kinds)}, and `match` is for {kinds} only, so nothing counts"


def _kinds(rule: Rule) -> frozenset[str]:
    """The kinds of work that a rule may match, whatever else it requires."""
    return _kinds_before_not(rule).difference(*map(_excluded_kinds, rule.not_ or ()))


def _kinds_before_not(rule: Rule) -> frozenset[str]:
    found = _KINDS if rule.kinds is None else _named(rule.kinds)
    for each in rule.all or ():
        found &= _kinds(each)
    return found & frozenset[str]().union(*map(_kinds, rule.any)) if rule.any else found


def _excluded_kinds(rule: Rule) -> frozenset[str]:
    """The kinds whose rows a rule in a `not` matches without exception."""
    return _kinds(rule) if rule.keys == ("kinds",) and not rule.not_ else frozenset()


def _named(words: Sequence[str]) -> frozenset[str]:
    """The kinds that these words name, read as `rules` does: without case, and * matches anything."""
    found = re.compile("|".join(re.escape(word).replace(r"\*", ".*") for word in words) or "$.", re.IGNORECASE)
    return frozenset(kind for kind in _KINDS if found.fullmatch(kind))


def every_kind(words: Sequence[str]) -> bool:
    """Whether these words name every kind of work."""
    return _named(words) == _KINDS


def _excludes_all(where: str, rule: Rule) -> Iterator[str]:
    """Where `not` excludes all that the rule matches, or each change of files."""
    before = _kinds_before_not(rule)
    if rule.not_ and before and not _kinds(rule):
        kinds = " and ".join(sorted(before)) if before < _KINDS else "every kind"
        yield f"{where}.not: it excludes {kinds}, which is all that the rule matches, so it can never match"
        return
    for number, each in enumerate(rule.not_ or (), 1):
        if _is_implied(each, rule):
            yield f"{where}.not[{number}]: it excludes all that the rule matches, so the rule can never match"
        elif each.keys == ("paths",) and not each.not_ and every_file(each.paths or ()):
            yield f"{where}.not[{number}].paths: {each.paths} are all files, so it excludes every change of files"


def _is_implied(inner: Rule, rule: Rule) -> bool:
    """Whether a rule requires nothing but what another one requires too, so that it matches wherever that one does."""
    if not inner.keys or inner.not_ or not set(inner.keys) <= set(_LISTS):
        return False
    if inner.paths and inner.share > rule.share:
        return False
    words = [(getattr(rule, key), getattr(inner, key)) for key in inner.keys]
    return all(own and set(own) <= set(others) for own, others in words)


def every_file(globs: Sequence[str]) -> bool:
    """Whether one of these globs, such as `*` or `/**`, selects every file and no other excludes any."""
    everything = [line for line in globs if line.endswith("*") and not line.strip("/*")]
    return bool(everything) and not any(line.startswith("!") for line in globs)


def _never(where: str, rule: Rule, known: KnownNames) -> Iterator[str]:
    if not rule.keys and "share" not in rule.model_fields_set:
        yield f"{where}: it has no key that matches anything; add paths, labels, tickets, …"
    elif not rule.keys:
        yield f"{where}.share: a share without paths can never match"
    for key in rule.keys:
        if not getattr(rule, key):
            yield f"{where}.{key}: an empty list can never match"
    yield from _never_by_paths(where, rule)
    yield from _never_by_words(where, rule, known)


def _never_by_paths(where: str, rule: Rule) -> Iterator[str]:
    from harvester.analysis.file_kinds import glob

    globs = [glob(line) for line in rule.paths or ()]
    for each in globs:
        if each.wrong and not (each.include is False and any(other.include and other.regex for other in globs)):
            yield f"{where}.paths: {each.line!r} can never match: {each.wrong}"
    if rule.paths and set(rule.kinds or ()) == {"note"}:
        yield f"{where}.paths: a note changes no files, so it can never match"


def _never_by_words(where: str, rule: Rule, known: KnownNames) -> Iterator[str]:
    for kind in rule.kinds or ():
        if _named([kind]).isdisjoint(known.kinds):
            yield f"{where}.kinds: no source yields {kind!r}, so it can never match{did_you_mean(kind, known.kinds)}"
    for key in rule.tickets or ():
        if not _TICKET.fullmatch(key.strip()):
            yield f"{where}.tickets: {key!r} can never match; write PAY-7, PAY-* or org/repo#12"
        elif hint := _did_you_mean(key.strip(), known.tickets or ()):
            yield f"{where}.tickets: {key!r} is not a key of a configured Jira project{hint}"


def _did_you_mean(key: str, configured: Collection[str]) -> str:
    """`; did you mean 'PAY'?` where the project of a bare key is nearly a configured one, and not one itself.

    Other keys may be those of tickets that another source yields, and match without being configured.
    """
    project = key.partition("-")[0].upper()
    upper = {each.upper() for each in configured}
    return "" if project in upper or not _BARE.fullmatch(key) else did_you_mean(project, upper)
