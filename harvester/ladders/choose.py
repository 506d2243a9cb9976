"""Which role and which levels of a ladder somebody means."""

from __future__ import annotations

import re

from harvester.errors import UnknownError
from harvester.ladders.model import Ladder, Level
from harvester.text import did_you_mean

_NUMBERED = re.compile(r"[a-z]{1,5}-?(?P<number>\d+)")
"""A level with a short name, for which its number is enough: `4` for `L4`."""


def find_role(ladder: Ladder, word: str) -> str:
    """The role that a word names, without case; raises UnknownError, which names the nearest one."""
    roles = {each.casefold(): each for each in ladder.roles}
    if not roles:
        raise UnknownError(f"{ladder.title} has no roles.", hint="Leave out --role.")
    if word.casefold() not in roles:
        near = did_you_mean(word.casefold(), roles, ".")
        raise UnknownError(
            f"There is no role {word!r} in {ladder.title}{near}", hint=f"Roles: {', '.join(ladder.roles)}."
        )
    return roles[word.casefold()]


def find_levels(ladder: Ladder, words: str) -> tuple[Level, ...]:
    """The levels that words name: `L4`, or a span in the ladder's own order such as `L4..L5`, `L4..` or `..L5`.

    A level is named by its name, its title or, where its name is `L4`, its number, without case. Raises UnknownError,
    which names the nearest one, and for a span that ends before it begins.
    """
    first, span, last = (each.strip() for each in words.partition(".."))
    if not ladder.levels:
        raise UnknownError(f"{ladder.title} has no levels.", hint="Leave out --level.")
    begin = _place(ladder, first) if first or not span else 0
    end = len(ladder.levels) - 1 if span and not last else _place(ladder, last) if span else begin
    if end < begin:
        raise UnknownError(
            f"{ladder.levels[begin].title!r} comes after {ladder.levels[end].title!r} in {ladder.title}.",
            hint=f"Write {last}..{first}.",
        )
    return ladder.levels[begin : end + 1]


def _place(ladder: Ladder, word: str) -> int:
    places: dict[str, int] = {}
    for place, level in enumerate(ladder.levels):
        number = _NUMBERED.fullmatch(level.name.casefold())
        for each in (level.name, level.title, number["number"] if number else ""):
            places.setdefault(each.casefold(), place)
    if word and word.casefold() in places:
        return places[word.casefold()]
    near = did_you_mean(word.casefold(), [each for each in places if each], ".")
    names = ", ".join(each.name for each in ladder.levels)
    raise UnknownError(f"There is no level {word!r} in {ladder.title}{near}", hint=f"Levels, lowest first: {names}.")
