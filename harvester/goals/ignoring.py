"""Work that triage does not ask about, by the rules of decisions.toml: matching it, and rules that suit a piece of it.

A rule hides a question and nothing else: what is ignored counts in every report as before.
"""

from __future__ import annotations

import datetime as dt
import os
import re
from collections.abc import Sequence
from typing import Protocol

from harvester.analysis import file_kinds
from harvester.errors import UnknownError
from harvester.goals.decisions import IGNORED_BY, IgnoreRule
from harvester.goals.rules import is_found, words_regex
from harvester.text import did_you_mean

LONGEST = 80
"""Characters of a title that a rule made for it has."""

MOST = 6
"""How many rules are offered for one piece of work."""

_BEGINNING = re.compile(r"\s*(?:\[[^\]\n]{1,40}\]|[\w./+-]{1,40}(?:\([^()\n]{1,40}\))?!?:)(?=\s+\S)")
"""What several titles may begin with: `[ci]`, `docs:`, `fix(pay):`."""

_VARYING = re.compile(r"\S*\d\S*")
"""A word with a digit, such as a version or a number."""


class Work(Protocol):
    """What rules look at."""

    @property
    def title(self) -> str:
        """Its title, '' where it has none."""

    @property
    def labels(self) -> Sequence[str]:
        """Its labels."""

    @property
    def paths(self) -> Sequence[str]:
        """The files it changes."""

    @property
    def authors(self) -> Sequence[str]:
        """The accounts whose work it is."""


def ignores(rule: IgnoreRule, work: Work) -> bool:
    """Whether a rule ignores some work: all keys that the rule has must match."""
    texts = {"title": [work.title], "label": work.labels, "author": work.authors}
    return all(
        _all_under(value, work.paths) if key == "path" else _matches(value, texts[key])
        for key, value in rule.given.items()
    )


def ignores_everything(rule: IgnoreRule) -> bool:
    """Whether a rule says no more than that there is a title, a label, a path or an author."""
    return not any(value.strip("*/ ") for value in rule.given.values())


def ignoring_rule(rules: Sequence[IgnoreRule], work: Work) -> IgnoreRule | None:
    """The first of the rules that ignores some work; None where none does."""
    return next((rule for rule in rules if ignores(rule, work)), None)


def parse_rule(text: str, date: dt.date) -> IgnoreRule:
    """A rule as a person writes it, `title=[ci] *`; raises UnknownError where it is not one."""
    key, equals, value = text.partition("=")
    key, value = key.strip().casefold(), " ".join(value.split())
    if key not in IGNORED_BY or not equals:
        near = did_you_mean(key, IGNORED_BY, ".")
        raise UnknownError(
            f"{text!r} is no rule{near}", hint="Write title=…, label=…, path=… or author=…; * matches anything."
        )
    if not value:
        raise UnknownError(f"{text!r} does not say which {key}.", hint="* matches anything.")
    if key == "path" and (wrong := file_kinds.glob(value).wrong):
        raise UnknownError(f"{text!r} matches no path: {wrong}.", hint="Write it as in .gitignore.")
    return IgnoreRule(date, **{key: value})


def rules_for(work: Work, date: dt.date) -> list[IgnoreRule]:
    """Rules that ignore some work and others like it: by its title's beginning, label, folder and author."""
    made = [IgnoreRule(date, title=_title_pattern(work.title))] if work.title.strip() else []
    made += [IgnoreRule(date, label=label) for label in work.labels if label.strip()]
    made += [IgnoreRule(date, path=folder)] if (folder := _common(work.paths)) else []
    made += [IgnoreRule(date, author=author) for author in work.authors if author.strip()]
    return [rule for rule in made if ignores(rule, work)][:MOST]


def _title_pattern(title: str) -> str:
    """`[ci] *` for a title that begins so, `Bump x from * to *` for one with numbers, else its own text."""
    if found := _BEGINNING.match(title):
        return f"{found[0].strip()} *"
    text = " ".join(title[: 2 * LONGEST].split())
    cut = text if len(text) <= LONGEST and len(title) <= 2 * LONGEST else f"{text[:LONGEST]}*"
    return re.sub(r"\*(?:\s*\*)+", "*", _VARYING.sub("*", cut))


def _common(paths: Sequence[str]) -> str:
    """The file, or the deepest folder with all the files, as a line of .gitignore; '' where that is everything."""
    if len(paths) == 1:
        common = paths[0]
    else:
        folder = os.path.commonpath([f"/{each.rpartition('/')[0]}" for each in paths]).strip("/") if paths else ""
        common = f"{folder}/" if folder else ""
    return "/" + re.sub(r"([\\*?\[\]!# ])", r"\\\1", common) if common else ""


def _matches(pattern: str, texts: Sequence[str]) -> bool:
    """Whether a pattern, as in the rules of goals.toml, matches any of these texts, however they are spaced."""
    import pyarrow as pa

    values = pa.array([_folded(text) for text in texts], pa.string())
    return bool(is_found(values, words_regex([_folded(pattern)])).any())


def _folded(text: str) -> str:
    return " ".join(text.casefold().split())


def _all_under(glob: str, paths: Sequence[str]) -> bool:
    import pyarrow as pa

    return bool(paths) and bool(file_kinds.matches([glob], pa.array(paths, pa.string())).all())
