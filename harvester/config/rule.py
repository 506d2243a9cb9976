"""A rule: how work is recognised, for goals and criteria, for themes, for routine and for what is left out."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import Field

from harvester.config.toml import Section, Word, Words

DEFAULT_SHARE = 0.5
"""The share of a change's files that must be under a rule's `paths`; a claim needs more, unless the rule's is lower."""

RECOGNISING = (
    "paths", "projects", "labels", "tickets", "scopes", "titles", "people", "authors", "kinds", "any", "all",
)  # fmt: skip
"""The keys of a rule that recognise something by themselves."""


class Rule(Section):
    """How work is recognised: every key that is given must match, and one word of each is enough."""

    paths: Words | None = Field(
        None, description="globs as in .gitignore; matches where enough of the files are under them"
    )
    share: float = Field(DEFAULT_SHARE, gt=0, le=1, description="how much of the changed files must be under `paths`")
    projects: Words | None = Field(None, description="projects such as org/repo; * matches anything")
    labels: Words | None = Field(None, description="labels, without case; * matches anything")
    tickets: Words | None = Field(
        None, description="tickets such as PAY-7 or PAY-*: itself, its parent, what it closes or names"
    )
    scopes: Words | None = Field(None, description="the scope in a title: pay in `fix(pay): …` or in `pay: …`")
    titles: Words | None = Field(None, description="whole titles, without case, such as `[ci] *`; * matches anything")
    people: Words | None = Field(None, description="keys of [people]: whose work it is, or who took part")
    authors: Words | None = Field(
        None, description="accounts that did it: a login, a name or an e-mail address; * matches anything"
    )
    kinds: Words | None = Field(None, description="pull_request, review, issue, commit, comment, release, note")
    any: list[Rule] | None = Field(None, description="at least one of these matches")
    all: list[Rule] | None = Field(None, description="all of these match")
    not_: list[Rule] | None = Field(None, alias="not", description="none of these matches")

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys that are given, but `share` and `not`, which recognise nothing by themselves."""
        return tuple(key for key in RECOGNISING if getattr(self, key) is not None)

    def rules(self, place: str) -> Iterator[tuple[str, Rule]]:
        """Itself and every rule in it, each with its key path."""
        yield place, self
        for key, inner in (("any", self.any), ("all", self.all), ("not", self.not_)):
            for number, rule in enumerate(inner or (), 1):
                yield from rule.rules(f"{place}.{key}[{number}]")


class Exclusion(Rule):
    """Work that is left out altogether: in no list and in no count, but said to be left out."""

    name: Word | None = Field(None, description="how reports call what is left out; by default its place in the file")
