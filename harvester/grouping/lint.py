"""Warnings about rules of harvester.toml that can never match, or that match everything."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from harvester.goals.lint import every_file, every_kind, lint_rule
from harvester.goals.model import KnownNames

if TYPE_CHECKING:
    from harvester.config.rule import Rule
    from harvester.config.settings import Config

_EFFECT = {
    "themes": "so all work is under this heading",
    "routine": "so all work is folded as routine",
    "exclude": "so all work is left out",
}


def lint(config: Config) -> Iterator[str]:
    """One line for each warning about `[themes]`, `[routine]` and `[[exclude]]`, beginning with its key path."""
    known = KnownNames(people=[person.key for person in config.people.persons], tickets=list(config.tickets) or None)
    placed: list[tuple[str, str, Rule]] = [
        *(("themes", f"themes.{name}", rule) for name, rule in config.themes.items()),
        *(("routine", f"routine.{name}", rule) for name, rule in config.routine.items()),
        *(("exclude", f"exclude[{number}]", rule) for number, rule in enumerate(config.exclude, 1)),
    ]
    for table, place, rule in placed:
        for where, each in rule.rules(place):
            yield from lint_rule(where, each, known)
        if matches_all(rule):
            yield f"{place}: it matches everything, {_EFFECT[table]}"


def matches_all(rule: Rule) -> bool:
    """Whether a rule holds for all work that has what it asks about, such as files: each of its keys does."""
    if not rule.keys or rule.not_:
        return False
    return all(_key_matches_all(rule, key) for key in rule.keys)


def _key_matches_all(rule: Rule, key: str) -> bool:
    words: Sequence[str] = getattr(rule, key)
    if key == "paths":
        return every_file(words)
    if key == "any":
        return any(map(matches_all, rule.any or ()))
    if key == "all":
        return bool(rule.all) and all(map(matches_all, rule.all or ()))
    return every_kind(words) if key == "kinds" else any(word and not word.strip("*") for word in words)
