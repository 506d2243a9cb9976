"""A ladder: levels in their order, and what each asks for, for everybody or for some roles."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from harvester.text import name_from


@dataclass(frozen=True, slots=True)
class Level:
    """A level: what one writes for it, such as `senior-1`, and how pages call it, such as `Senior Engineer 1`."""

    name: str
    title: str


@dataclass(frozen=True, slots=True)
class LadderCriterion:
    """What a level asks for, on one line; without roles everybody is asked for it."""

    text: str
    level: str = ""
    """The name of its level; without one every level asks for it."""
    theme: str = ""
    roles: tuple[str, ...] = ()
    name: str = ""
    """How goals refer to it; '' where the file gives no name."""


@dataclass(frozen=True, slots=True)
class Ladder:
    """A ladder as it was read: lowest level first, criteria in the order of the file."""

    title: str
    levels: tuple[Level, ...]
    criteria: tuple[LadderCriterion, ...]
    source: str = ""
    """The address or the file that it was read from."""
    licence: str = ""
    """The licence's whole text; '' where the file has none."""
    left_out: str = ""
    """What the file has besides and is not taken over, such as `26 examples`; '' for nothing."""

    @property
    def roles(self) -> tuple[str, ...]:
        """The roles that are named, in the order of the file."""
        return tuple(dict.fromkeys(role for each in self.criteria for role in each.roles))

    @property
    def credit(self) -> str:
        """The first line of the licence and whose copyright it is, on one line; '' without a licence."""
        lines = self.licence.splitlines()
        return ", ".join([*lines[:1], *(each for each in lines[1:] if each.startswith("Copyright"))])

    def count(self, level: str, role: str | None) -> int:
        """How many criteria a level has for a role, or for everybody."""
        return sum(each.level in {level, ""} and _is_for(each, role) for each in self.criteria)

    def chosen(self, levels: Sequence[Level], role: str | None) -> tuple[LadderCriterion, ...]:
        """The criteria of these levels for a role, each with a name; level by level, in the order of the file.

        A name says which criterion it is, so that it is the same in each import: the level with the theme where no
        level asks for two things under a theme (`senior-1-technical`), else the level with the first words
        (`l4-solves-ambiguous-problems`). Where two come to the same name the second one ends in `-2`.
        """
        names = tuple(_unique(self._names()))
        named = [(each, name) for each, name in zip(self.criteria, names, strict=True) if _is_for(each, role)]
        wanted = ["", *(level.name for level in levels)]
        return tuple(
            LadderCriterion(each.text, each.level, each.theme, each.roles, name)
            for level in wanted
            for each, name in named
            if each.level == level
        )

    def _names(self) -> Iterator[str]:
        places = Counter((each.level, each.theme, role) for each in self.criteria for role in each.roles or ("",))
        by_theme = all(each.theme for each in self.criteria) and max(places.values(), default=0) == 1
        for each in self.criteria:
            words = name_from(each.theme if by_theme else each.text, otherwise="criterion")
            yield each.name or (f"{each.level.lower()}-{words}" if each.level else words)


def _is_for(criterion: LadderCriterion, role: str | None) -> bool:
    return role is None or not criterion.roles or role in criterion.roles


def _unique(names: Iterator[str]) -> Iterator[str]:
    taken: set[str] = set()
    numbers: Counter[str] = Counter()
    for name in names:
        unique = name
        while unique.casefold() in taken:
            numbers[name] += 1
            unique = f"{name}-{numbers[name] + 1}"
        taken.add(unique.casefold())
        yield unique
