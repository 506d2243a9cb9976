"""The rules of harvester.toml by which work is grouped, and which rows each of them holds for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from harvester.config.rule import Exclusion, Rule
from harvester.goals.matches import YES, Match, RuleContext
from harvester.goals.path_rules import PathContest, Target, globs_text
from harvester.goals.rules import match_rule
from harvester.model.people import People

if TYPE_CHECKING:
    import pandas as pd

    from harvester.config.settings import Config
    from harvester.goals.matches import Array


@dataclass(frozen=True)
class GroupingRules:
    """What harvester.toml says about themes, routine and what is left out; the built-in rules come in addition.

    Rules have the keys of a goal's `match`. Unlike goals, they do not compete by paths: a rule by paths holds where
    enough of the files are under them, and of several rules that hold the first in the file is taken.
    """

    themes: Mapping[str, Rule] = field(default_factory=dict)
    routine: Mapping[str, Rule] = field(default_factory=dict)
    exclude: tuple[Exclusion, ...] = ()
    people: People = field(default_factory=lambda: People(()))
    tickets: Mapping[str, str] = field(default_factory=dict)
    """The host of the tracker by project key."""

    @classmethod
    def of(cls, config: Config) -> GroupingRules:
        """The rules of a configuration."""
        return cls(config.themes, config.routine, config.exclude, config.people, config.tickets)

    def first_match(self, rows: pd.DataFrame, named: Iterable[tuple[str, Rule]]) -> tuple[Array, list[str]]:
        """For each row the number of the first of these rules that holds, or -1, and the reason, or ''."""
        import numpy as np

        rules = [rule for _, rule in named]
        which, reasons = np.full(len(rows), -1), np.full(len(rows), "", object)
        if not rules or not len(rows):
            return which, reasons.tolist()
        for number, match in enumerate(self._matches(rows, rules)):
            found = np.flatnonzero((match.level == YES) & (which < 0))
            which[found], reasons[found] = number, match.reasons(found).to_pylist()
        return which, reasons.tolist()

    def _matches(self, rows: pd.DataFrame, rules: Sequence[Rule]) -> Iterable[Match]:
        context = RuleContext(rows, self.people, self.tickets)
        contest = PathContest(context, [Target(str(number), rule) for number, rule in enumerate(rules)])

        def by_paths(rule: Rule) -> Match:
            return contest.by_share(rule, f"enough of its files under {globs_text(rule)}")

        return (match_rule(context, rule, by_paths, by_paths) for rule in rules)
