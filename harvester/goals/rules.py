"""Whether a rule of goals.toml holds, for all rows at once: labels, projects, tickets, title scopes, people, kinds."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from harvester.analysis.frame import column
from harvester.analysis.references import exploded
from harvester.goals.matches import YES, Match, RuleContext, Say, Values, encoded
from harvester.goals.model import Rule
from harvester.model.contribution import tail

if TYPE_CHECKING:
    import pyarrow as pa

    from harvester.goals.matches import Array


ByPaths = Callable[[Rule], Match]
"""The verdict on a rule's paths; how far they suffice depends on what else is asked for (see `shares`)."""

_SCOPED = r"^\s*(?P<scope>[\w./+-]{1,60}(?:\([^()\n]{1,60}\))?)!?:\s"
_TICKET_LIKE = r"(?:-|[#!])\d+/?\s*$"


def holds(facts: RuleContext, rule: Rule, by_paths: ByPaths, plainly: ByPaths) -> Match:
    """How far a rule holds: each of its keys, and none of its `not`, whose paths are judged `plainly`, by share."""
    parts = [_part(facts, rule, key, by_paths, plainly) for key in rule.keys]
    verdict = facts.both(parts)
    if rule.not_:
        verdict = Match(verdict.level.copy(), verdict.reason)
    for each in rule.not_ or ():
        verdict.level[holds(facts, each, plainly, plainly).level == YES] = 0
    return verdict


def by_words(facts: RuleContext, rule: Rule) -> Match | None:
    """How far the keys of a rule hold that need no files; None where it has none."""
    parts = [by_key(facts, key, getattr(rule, key)) for key in rule.keys if key in _BY]
    return facts.both(parts) if parts else None


def by_key(facts: RuleContext, key: str, words: Sequence[str]) -> Match:
    """The verdict on one key; kept, since a contest by paths asks again."""
    return facts.once((key, tuple(words)), lambda: _BY[key](facts, words) if words else facts.nothing())


def _part(facts: RuleContext, rule: Rule, key: str, by_paths: ByPaths, plainly: ByPaths) -> Match:
    if key == "paths":
        return by_paths(rule)
    if key in _BY:
        return by_key(facts, key, getattr(rule, key))
    parts = [holds(facts, each, by_paths, plainly) for each in getattr(rule, key)]
    return facts.either(parts) if key == "any" else facts.both(parts)


def _pattern(words: Iterable[str], before: str = "", after: str = "") -> str:
    """Any of these words, whole and without case; * stands for anything and nothing else is special."""
    plain = (re.escape(word.strip()).replace(r"\*", ".*") for word in words)
    return rf"(?is)^\s*{before}(?:{'|'.join(plain)}){after}\s*$"


def _by_projects(facts: RuleContext, words: Sequence[str]) -> Match:
    return facts.by(facts.values("project"), _pattern(words), _said("in"))


def _by_kinds(facts: RuleContext, words: Sequence[str]) -> Match:
    def say(kind: str) -> str:
        return f"{'an' if kind == 'issue' else 'a'} {kind.replace('_', ' ')}"

    return facts.by(facts.values("kind"), _pattern(words), _each(say))


def _by_labels(facts: RuleContext, words: Sequence[str]) -> Match:
    return facts.by(facts.lists("labels"), _pattern(words), _said("label"))


def _by_tickets(facts: RuleContext, words: Sequence[str]) -> Match:
    regex = _pattern(words, before="(?:.*/)?", after="/?")
    parts = []
    for name, how in (
        ("work_item", "ticket"),
        ("parent", "part of"),
        ("closes", "closes"),
        ("related_to", "related_to"),
    ):
        values = facts.once(("ticket", name), functools.partial(_ticket_like, facts, name))
        ends = facts.once(("end of ticket", name), functools.partial(_ends, values.distinct))
        parts.append(facts.by(values, regex, _said(how, _keys), _begin_so(ends, words)))
    return facts.either(parts)


def _said(how: str, name: Callable[[pa.Array], pa.Array] = lambda values: values) -> Say:
    """Reasons such as `label security`."""

    def say(values: pa.Array) -> pa.Array:
        import pyarrow.compute as pc

        return pc.binary_join_element_wise(how, name(values), " ")

    return say


def _each(say: Callable[[str], str | None]) -> Say:
    """The reasons of values that are few, one by one."""

    def said(values: pa.Array) -> pa.Array:
        import pyarrow as pa

        return pa.array(map(say, values.to_pylist()), pa.string())

    return said


def _ends(references: pa.Array) -> pa.Array:
    """What follows the last slash of each reference, without case: comparing it is quicker than the whole pattern."""
    import pyarrow.compute as pc

    return pc.utf8_lower(tail(pc.utf8_rtrim(pc.utf8_trim_whitespace(references), "/")))


def _keys(references: pa.Array) -> pa.Array:
    """Tickets as a reader knows them: PAY-7 of acme.atlassian.net/PAY-7 and of its link; others as they are."""
    import pyarrow.compute as pc

    found = pc.struct_field(pc.extract_regex(references, r"(?:^|/)(?P<key>[A-Za-z][A-Za-z0-9_]*-\d+)/?$"), "key")
    return pc.coalesce(found, references)


def _begin_so(ends: pa.Array, words: Sequence[str]) -> Array | None:
    """The places of the ends that can belong to one of these words; None where a word may end in anything."""
    import numpy as np
    import pyarrow.compute as pc

    found = np.zeros(len(ends), bool)
    for word in words:
        before, star, after = word.strip().rstrip("/").partition("*")
        start = before.rpartition("/")[2].casefold()
        if not start or "/" in after or (star and not before) or not start.isascii():
            return None
        found |= pc.starts_with(pc.utf8_ltrim_whitespace(ends), start).to_numpy(zero_copy_only=False)
    return np.flatnonzero(found)


def _ticket_like(facts: RuleContext, name: str) -> Values:
    """The values of a column that can be tickets, since most work items are commits and pull requests."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    rows, texts = None, column(facts.frame, name)
    if name in {"closes", "related_to"}:
        rows, texts = exploded(facts.frame, name)
    at = np.flatnonzero(pc.fill_null(pc.match_substring_regex(texts, _TICKET_LIKE), False))
    return Values(*encoded(texts.take(pa.array(at)))[:2], at if rows is None else rows[at])


def _by_scopes(facts: RuleContext, words: Sequence[str]) -> Match:
    wanted = {word.strip().casefold() for word in words}

    def say(scope: str) -> str | None:
        hit = next((each for each in _named(scope) if each.casefold() in wanted), None)
        return f"title scope {hit}" if hit else None

    scopes = facts.once("scopes", lambda: encoded(_scopes(column(facts.frame, "title"))))
    return facts.by(scopes, "", _each(say))


def _scopes(titles: pa.Array) -> pa.Array:
    """The beginning of each title up to its colon: `fix(pay)` or `pay`; null where it has none."""
    import pyarrow.compute as pc

    return pc.struct_field(pc.extract_regex(titles, _SCOPED), "scope")


def _named(scope: str) -> list[str]:
    """The scopes in the beginning of a title: pay and queue in `fix(pay, queue)`, pay in `pay`."""
    inner = scope.partition("(")[2].rstrip(")") if "(" in scope else scope
    return [inner.strip(), *(each.strip() for each in re.split(r"[,/|]", inner))]


def _by_people(facts: RuleContext, words: Sequence[str]) -> Match:
    with_whom = facts.once("people", lambda: _with_whom(facts))
    wanted = "|".join(map(re.escape, words)) or "$."
    return facts.by(with_whom, f"^(?:{wanted})$", _each(lambda each: f"with {facts.people.name(each)}"))


def _with_whom(facts: RuleContext) -> Values:
    """The people whose work a row is and who else took part."""
    import numpy as np
    import pyarrow as pa

    sources = facts.values("source")
    named = sources.distinct.to_pylist()
    rows: list[Array] = []
    codes: list[Array] = []
    people: dict[str, int] = {}
    for name in ("owners", "participants"):
        distinct, account_of, at = facts.lists(name)
        pairs, back = np.unique(sources.codes[at].astype(np.int64) << 32 | account_of, return_inverse=True)
        accounts = distinct.to_pylist()
        keys = [facts.people.person_of(named[pair >> 32], accounts[pair & 0xFFFFFFFF]) for pair in pairs.tolist()]
        rows.append(at if at is not None else sources.codes)
        codes.append(np.array([*(people.setdefault(key, len(people)) for key in keys), 0], np.int32)[back])
    return Values(pa.array(list(people), pa.string()), np.concatenate(codes), np.concatenate(rows))


_BY: Mapping[str, Callable[[RuleContext, Sequence[str]], Match]] = {
    "projects": _by_projects,
    "labels": _by_labels,
    "tickets": _by_tickets,
    "scopes": _by_scopes,
    "people": _by_people,
    "kinds": _by_kinds,
}
