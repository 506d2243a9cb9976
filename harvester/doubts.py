"""What goals.toml says that can be read and yet can never match or count: warnings in words, each with its place."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING

from harvester.measures import MEASURES
from harvester.words import nearest

if TYPE_CHECKING:
    from harvester.goals import File, Known, Rule

_TICKET = re.compile(r".*(?:[-#!]\d+|\*\d*)/?")
"""What a ticket may match: all that ends in a number after a mark, or in a * that may stand for one."""

_BARE = re.compile(r"[A-Za-z][A-Za-z0-9_]*-[\d*]+", re.ASCII)


def doubts(file: File, known: Known) -> Iterator[str]:
    """One line for each thing that may be wrong, beginning with its key path."""
    for number, goal in enumerate(file.goals, 1):
        if goal.match is None and (goal.measure is None or goal.measure in MEASURES):
            yield f"goals[{number}]: it has no `match`, so only your decisions and notes can claim work for it"
        for place, (first, end) in enumerate(goal.away, 1):
            if (goal.until and first >= goal.until) or (goal.from_ and end <= goal.from_):
                yield f"goals[{number}].away[{place}]: these days are outside the goal and change nothing"
    for where, rule in file.rules():
        yield from _never(where, rule, known)


def _never(where: str, rule: Rule, known: Known) -> Iterator[str]:
    if not rule.keys and "share" not in rule.model_fields_set:
        yield f"{where}: it recognises nothing, so it can never match; name paths, labels, tickets, …"
    elif not rule.keys:
        yield f"{where}.share: a share without paths can never match"
    for key in rule.keys:
        if not getattr(rule, key):
            yield f"{where}.{key}: an empty list can never match"
    yield from _never_by_paths(where, rule)
    yield from _never_by_words(where, rule, known)


def _never_by_paths(where: str, rule: Rule) -> Iterator[str]:
    from harvester.paths import glob

    globs = [glob(line) for line in rule.paths or ()]
    for each in globs:
        if each.wrong and not (each.include is False and any(other.include and other.regex for other in globs)):
            yield f"{where}.paths: {each.line!r} can never match: {each.wrong}"
    if rule.paths and set(rule.kinds or ()) == {"note"}:
        yield f"{where}.paths: a note changes no files, so it can never match"


def _never_by_words(where: str, rule: Rule, known: Known) -> Iterator[str]:
    for kind in rule.kinds or ():
        if kind not in known.kinds:
            yield f"{where}.kinds: no source yields {kind!r}, so it can never match{nearest(kind, known.kinds)}"
    for key in rule.tickets or ():
        if not _TICKET.fullmatch(key.strip()):
            yield f"{where}.tickets: {key!r} can never match; write PAY-7, PAY-* or org/repo#12"
        elif slip := _slip(key.strip(), known.tickets or ()):
            yield f"{where}.tickets: {key!r} is of no configured ticket key{slip}"


def _slip(key: str, configured: Collection[str]) -> str:
    """`; did you mean 'PAY'?` where the project of a bare key is nearly a configured one, and not one itself.

    Other keys may be those of tickets that another source yields, and match without being configured.
    """
    project = key.partition("-")[0].upper()
    upper = {each.upper() for each in configured}
    return "" if project in upper or not _BARE.fullmatch(key) else nearest(project, upper)
