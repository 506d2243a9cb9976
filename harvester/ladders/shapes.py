"""The shapes in which ladders are published as data, recognised by their keys.

our own             title, source, licence, levels, criteria
Financial Times     https://github.com/Financial-Times/engineering-progression: levels, themes, competencies
Monzo               https://github.com/monzo/progression-framework: topics, each with its levels
Forward Impact      https://github.com/forwardimpact/monorepo, products/map/starter: a capability with skills, or
                    a list of levels with expectations
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from harvester.config.toml import NAME, Section, Words, check
from harvester.errors import ConfigError
from harvester.ladders.model import Ladder, LadderCriterion, Level
from harvester.text import count_noun, did_you_mean, name_from, one_line, shorten

LONGEST_TEXT = 2_000
"""Characters of a criterion; the longest of those that come with harvester has 524."""

MOST_CRITERIA, MOST_LEVELS = 5_000, 200
_SHOWN_KEYS = 8


def _text(value: object) -> str:
    if not isinstance(value, str | int) or isinstance(value, bool):
        raise ValueError("write a text here")  # noqa: TRY004 - pydantic takes a ValueError
    line = one_line(str(value))
    if not line:
        raise ValueError("this text is empty")
    if len(line) > LONGEST_TEXT:
        raise ValueError(f"this text has more than {LONGEST_TEXT:,} characters")
    return line


def _some(value: object) -> object:
    """In YAML a key without a value, for which the default stands."""
    return [] if value in ("", None) else value


Text = Annotated[str, BeforeValidator(_text)]
"""A text on one line, or a number as a text."""


class Foreign(BaseModel):
    """A table of somebody else's, whose other keys are left alone."""

    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True)


class OwnLevel(Section):
    """A level of our own shape."""

    name: str = Field(pattern=NAME)
    title: str = ""


class OwnCriterion(Section):
    """A criterion of our own shape."""

    text: Text
    level: str = ""
    theme: str = ""
    roles: Words = Field(default_factory=list)
    name: str = Field("", pattern=rf"^$|{NAME}")


class OwnLadder(Section):
    """Our own shape: of a level that `levels` does not name, the name is made from how the criterion calls it."""

    title: str = ""
    source: str = ""
    licence: str = ""
    levels: list[OwnLevel] = Field(default_factory=list)
    criteria: list[OwnCriterion]

    def ladder(self, path: Path) -> Ladder:
        """The ladder; raises ConfigError with the key of a level that is not among `levels`."""
        levels = tuple(Level(each.name, one_line(each.title) or each.name) for each in self.levels)
        if not levels:
            levels = tuple(_levels(each.level for each in self.criteria if each.level))
        known = {word.casefold(): level.name for level in levels for word in (level.title, level.name)}
        criteria = [
            LadderCriterion(
                each.text, _known(each.level, known, path, f"criteria[{number}].level") if each.level else "",
                one_line(each.theme), tuple(each.roles), each.name,
            )
            for number, each in enumerate(self.criteria, 1)
        ]  # fmt: skip
        return Ladder(one_line(self.title), levels, tuple(criteria), one_line(self.source), self.licence)


class FTName(Foreign):
    """A level or a theme of the Financial Times."""

    id: Text
    name: Text


class FTCompetency(Foreign):
    """A competency of the Financial Times; how proficient one must be is not taken over."""

    level: Text
    theme: Text
    summary: Text


class FTLadder(Foreign):
    """A job family of the Financial Times."""

    name: Text
    levels: list[FTName]
    themes: list[FTName]
    competencies: list[FTCompetency]

    def ladder(self, path: Path) -> Ladder:
        """The ladder; raises ConfigError with the key of a level or a theme that is not named above."""
        levels = {each.id: Level(name_from(each.id, "level"), each.name) for each in self.levels}
        themes = {each.id: each.name for each in self.themes}
        criteria = [
            LadderCriterion(
                each.summary,
                _known(each.level, levels, path, f"competencies[{number}].level").name,
                _known(each.theme, themes, path, f"competencies[{number}].theme"),
            )
            for number, each in enumerate(self.competencies, 1)
        ]
        return Ladder(self.name, tuple(levels.values()), tuple(criteria))


class MonzoExample(Foreign):
    """A criterion of Monzo's with examples, which are counted and not taken over."""

    criteria: Text
    examples: Annotated[list[Any], BeforeValidator(_some)] = Field(default_factory=list)


class MonzoContent(Foreign):
    """What a level asks for under a topic."""

    level: Text
    criteria: Annotated[list[Text], BeforeValidator(_some)] = Field(default_factory=list)
    examples: Annotated[list[MonzoExample], BeforeValidator(_some)] = Field(
        default_factory=list, alias="exampleCriteria"
    )


class MonzoTopic(Foreign):
    """A topic, such as communication or impact."""

    name: Text
    title: str | None = None
    content: list[MonzoContent]

    @property
    def theme(self) -> str:
        """Its title without the picture before it, else its name."""
        return re.sub(r"^\W+", "", one_line(self.title or "")) or f"{self.name[:1].upper()}{self.name[1:]}"


class MonzoLadder(Foreign):
    """A framework of Monzo's."""

    title: Text
    topics: list[MonzoTopic]

    def ladder(self, path: Path) -> Ladder:
        """The ladder; levels that are numbers are `L1`, `L2`, … in their order."""
        found = dict.fromkeys(content.level for topic in self.topics for content in topic.content)
        in_order = sorted(found, key=_number) if all(each.isdecimal() for each in found) else list(found)
        levels = {
            each: Level(f"L{each}", f"Level {each}") if each.isdecimal() else Level(name_from(each, "level"), each)
            for each in in_order
        }
        criteria = [
            LadderCriterion(text, levels[content.level].name, topic.theme)
            for topic in self.topics
            for content in topic.content
            for text in [*content.criteria, *(each.criteria for each in content.examples)]
        ]
        title = re.sub(r"^\W+", "", self.title) or self.title
        return Ladder(title, tuple(levels.values()), tuple(criteria), left_out=self._left_out())

    def _left_out(self) -> str:
        contents = [content for topic in self.topics for content in topic.content]
        examples = sum(len(each.examples) for content in contents for each in content.examples)
        return count_noun(examples, "example") if examples else ""


class ImpactWords(Foreign):
    """What people, and not agents, are asked for in a skill, by proficiency."""

    descriptions: dict[str, Text] = Field(alias="proficiencyDescriptions")


class ImpactSkill(Foreign):
    """A skill of a capability."""

    name: Text
    human: ImpactWords


class ImpactCapability(Foreign):
    """A capability of Forward Impact's, whose levels are proficiencies."""

    name: Text
    skills: list[ImpactSkill]

    def ladder(self, path: Path) -> Ladder:
        """The ladder, with a theme for each skill."""
        levels = tuple(_levels(level for each in self.skills for level in each.human.descriptions))
        criteria = [
            LadderCriterion(text, name_from(level, "level"), each.name)
            for each in self.skills
            for level, text in each.human.descriptions.items()
        ]
        return Ladder(self.name, levels, tuple(criteria))


class ImpactLevel(Foreign):
    """A level of Forward Impact's."""

    id: Text
    title: Text = Field(alias="professionalTitle")
    expectations: dict[str, Text]


class ImpactLevels(Foreign):
    """The list of Forward Impact's levels."""

    levels: list[ImpactLevel]

    def ladder(self, path: Path) -> Ladder:
        """The ladder, with a theme for each expectation: `impactScope` is Impact scope."""
        levels = tuple(Level(name_from(each.id, "level"), each.title) for each in self.levels)
        criteria = [
            LadderCriterion(text, name_from(each.id, "level"), _words_of(key))
            for each in self.levels
            for key, text in each.expectations.items()
        ]
        return Ladder("", levels, tuple(criteria))


@dataclass(frozen=True, slots=True)
class Shape:
    """A shape: the keys that say it is this one, and its model, whose `ladder` gives the ladder."""

    keys: frozenset[str]
    model: type[OwnLadder | FTLadder | MonzoLadder | ImpactCapability | ImpactLevels]


SHAPES = (
    Shape(frozenset({"competencies", "levels"}), FTLadder),
    Shape(frozenset({"topics"}), MonzoLadder),
    Shape(frozenset({"skills"}), ImpactCapability),
    Shape(frozenset({"criteria"}), OwnLadder),
)
EXPECTED = (
    "Expected in data is `criteria` (each with a text, a level and a theme), `competencies` and `levels` (Financial "
    "Times), `topics` (Monzo), `skills` (Forward Impact), or a list of levels with `expectations`; "
    "in Markdown, `## level` headings with lists under them."
)
"""What is recognised, for the hints of errors."""


def ladder_from(data: object, path: Path) -> Ladder:
    """Parsed TOML, JSON or YAML as a ladder; raises ConfigError with a line for each error, which names its key."""
    if isinstance(data, list) and any(isinstance(each, Mapping) and "expectations" in each for each in data):
        return checked(check(ImpactLevels, {"levels": data}, path).ladder(path), path)
    return checked(check(_recognised(data, path), data, path).ladder(path), path)


def checked(ladder: Ladder, path: Path) -> Ladder:
    """The ladder as it is; raises ConfigError where it has no criterion or too many, and for a level named twice."""
    if not ladder.criteria:
        raise ConfigError(f"{path}: no criterion was found in it.", hint=EXPECTED)
    for found, most, what in ((ladder.criteria, MOST_CRITERIA, "criteria"), (ladder.levels, MOST_LEVELS, "levels")):
        if len(found) > most:
            raise ConfigError(f"{path}: it has {len(found):,} {what}.", hint=f"A ladder may have {most:,}.")
    twice = [name for name, times in Counter(each.name.casefold() for each in ladder.levels).items() if times > 1]
    if twice:
        raise ConfigError(f"{path}: two levels are called {twice[0]!r}.", hint="Give each a name of its own.")
    return ladder


def _recognised(data: object, path: Path) -> Any:
    keys = data.keys() if isinstance(data, Mapping) else ()
    shape = next((each for each in SHAPES if each.keys <= set(keys)), None)
    if shape is None:
        named = ", ".join(repr(shorten(one_line(str(key)), 40)) for key in list(keys)[:_SHOWN_KEYS])
        found = f"its keys are {named}" if named else "it has no keys"
        raise ConfigError(f"{path}: this has no shape of a ladder that is known; {found}.", hint=EXPECTED)
    return shape.model


def _known(word: str, known: Mapping[str, Any], path: Path, place: str) -> Any:
    """What a word means, also without case; raises ConfigError with the place of an unknown one."""
    found = known.get(word, known.get(word.casefold()))
    if found is None:
        named, what = shorten(word, 60), place.rpartition(".")[2]
        raise ConfigError(f"{path}: {place}: there is no {what} {named!r}{did_you_mean(named, known, '.')}")
    return found


def _levels(titles: Iterable[str]) -> Iterator[Level]:
    """A level for each title, in the order in which they are first seen; titles that make the same name are one."""
    levels: dict[str, Level] = {}
    for title in titles:
        levels.setdefault(name_from(title, "level"), Level(name_from(title, "level"), one_line(title)))
    yield from levels.values()


def _number(text: str) -> int:
    return int(text[:9])


def _words_of(key: str) -> str:
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", key).lower()
    return one_line(f"{words[:1].upper()}{words[1:]}")
