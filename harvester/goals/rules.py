"""Whether a rule of goals.toml holds, for all rows at once: labels, projects, tickets, title scopes, people, kinds."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from harvester.analysis.frame import column
from harvester.analysis.references import exploded, known_tickets, named_tickets
from harvester.goals.matches import YES, Describe, Match, RuleContext, Values, all_of, any_of, encoded
from harvester.goals.model import Rule

if TYPE_CHECKING:
    import pyarrow as pa

    from harvester.goals.matches import Array


ByWords = Callable[[RuleContext, Sequence[str]], Match]
"""The match of the words that one key of a rule lists."""
ByPaths = Callable[[Rule], Match]
"""The match of a rule's paths; how far they suffice depends on what other goals ask for (see `path_rules`)."""

_SCOPED = r"^\s*(?P<scope>[\w./+-]{1,60}(?:\([^()\n]{1,60}\))?)!?:\s"
_TICKET_LIKE = r"(?:-|[#!])\d+/?\s*$"


def match_rule(context: RuleContext, rule: Rule, by_paths: ByPaths, by_share: ByPaths) -> Match:
    """How far a rule holds: each of its keys, and none of its `not`, whose paths `by_share` judges."""
    if not rule.keys:
        return context.no_match()
    match = all_of([_match_key(context, rule, key, by_paths, by_share) for key in rule.keys])
    for each in rule.not_ or ():
        match = match.within(match_rule(context, each, by_share, by_share).level != YES)
    return match


def match_words(context: RuleContext, rule: Rule) -> Match | None:
    """How far the keys of a rule hold that need no files; None where it has none."""
    parts = [_match_list(context, key, getattr(rule, key)) for key in rule.keys if key in _BY_KEY]
    return all_of(parts) if parts else None


def _match_key(context: RuleContext, rule: Rule, key: str, by_paths: ByPaths, by_share: ByPaths) -> Match:
    words = getattr(rule, key)
    if not words:
        return context.no_match()
    if key == "paths":
        return by_paths(rule)
    if key in _BY_KEY:
        return _match_list(context, key, words)
    parts = [match_rule(context, each, by_paths, by_share) for each in words]
    return any_of(parts) if key == "any" else all_of(parts)


def _match_list(context: RuleContext, key: str, words: Sequence[str]) -> Match:
    """The match of one key's words, cached, since a contest by paths asks again."""
    return context.cached((key, *words), lambda: _BY_KEY[key](context, words)) if words else context.no_match()


def words_regex(words: Iterable[str], before: str = "", after: str = "") -> str:
    """A regular expression (RE2) for any of these words, in full and without case.

    `*` matches anything and no other character is special.
    """
    plain = (re.escape(word.strip()).replace(r"\*", ".*") for word in words)
    return rf"(?is)^\s*{before}(?:{'|'.join(plain)}){after}\s*$"


def is_found(values: pa.Array, regex: str) -> Array:
    """Which values a regular expression (RE2) is found in, as a mask; no null is."""
    import pyarrow.compute as pc

    found: Array = pc.fill_null(pc.match_substring_regex(values, regex), False).to_numpy(zero_copy_only=False)
    return found


def _by_values(column: str, describe: Describe) -> ByWords:
    """The rule of a column that is compared as a whole."""

    def match(context: RuleContext, words: Sequence[str]) -> Match:
        values = context.values(column)
        return context.match_values(values, is_found(values.distinct, words_regex(words)), describe)

    return match


def _by_authors(context: RuleContext, words: Sequence[str]) -> Match:
    """The account as a whole, or the name or the address in `name <e-mail>`."""
    values = context.values("account")
    hits = is_found(values.distinct, words_regex(words, before=r"(?:[^<]*<)?", after=r"(?:>|\s*<[^>]*>)?"))
    return context.match_values(values, hits, _named("by"))


def _by_tickets(context: RuleContext, words: Sequence[str]) -> Match:
    columns = {
        "work_item": "ticket", "parent": "part of", "closes": "closes", "title": "names", "related_to": "related to",
    }  # fmt: skip
    return any_of([_by_ticket_column(context, words, name, how) for name, how in columns.items()])


def _by_ticket_column(context: RuleContext, words: Sequence[str], name: str, how: str) -> Match:
    values = context.cached(("ticket", name), lambda: _ticket_like(context, name))
    hits = is_found(values.distinct, words_regex(words, before="(?:.*/)?", after="/?"))
    return context.match_values(values, hits, _named(how, _keys))


def _named(how: str, name: Callable[[pa.Array], pa.Array] = lambda values: values) -> Describe:
    """Reasons such as `label security`."""

    def describe(values: pa.Array) -> pa.Array:
        import pyarrow.compute as pc

        return pc.binary_join_element_wise(how, name(values), " ")

    return describe


def _each(describe: Callable[[str], str]) -> Describe:
    """Reasons of values, few of them distinct, described one by one."""

    def described(values: pa.Array) -> pa.Array:
        import pyarrow as pa

        made = values.dictionary_encode()
        return pa.array(map(describe, made.dictionary.to_pylist()), pa.string()).take(made.indices)

    return described


def _keys(references: pa.Array) -> pa.Array:
    """Tickets as a reader knows them: PAY-7 of acme.atlassian.net/PAY-7 and of its link; others as they are."""
    import pyarrow.compute as pc

    found = pc.struct_field(pc.extract_regex(references, r"(?:^|/)(?P<key>[A-Za-z][A-Za-z0-9_]*-\d+)/?$"), "key")
    return pc.coalesce(found, references)


def _ticket_like(context: RuleContext, name: str) -> Values:
    """The values of a column that can be tickets, since most work items are commits and pull requests."""
    import numpy as np
    import pyarrow as pa

    if name == "title":
        rows, texts = named_tickets(context.frame, known_tickets(context.frame, context.tickets))
    elif name in {"closes", "related_to"}:
        rows, texts = exploded(context.frame, name)
    else:
        rows, texts = None, column(context.frame, name)
    at = np.flatnonzero(is_found(texts, _TICKET_LIKE))
    return Values(*encoded(texts.take(pa.array(at)))[:2], at if rows is None else rows[at])


def _by_scopes(context: RuleContext, words: Sequence[str]) -> Match:
    import numpy as np

    wanted = {word.strip().casefold() for word in words}

    def hit(scope: str) -> str | None:
        return next((each for each in scope_names(scope) if each.casefold() in wanted), None)

    values = context.cached("scopes", lambda: encoded(scopes(column(context.frame, "title"))))
    hits = np.array([hit(scope) is not None for scope in values.distinct.to_pylist()], bool)
    return context.match_values(values, hits, _each(lambda scope: f"title scope {hit(scope)}"))


def scopes(titles: pa.Array) -> pa.Array:
    """The beginning of each title up to its colon: `fix(pay)` or `pay`; null where it has none."""
    import pyarrow.compute as pc

    return pc.struct_field(pc.extract_regex(titles, _SCOPED), "scope")


def scope_names(scope: str) -> list[str]:
    """The scopes in the beginning of a title: pay and queue in `fix(pay, queue)`, pay in `pay`."""
    inner = scope.partition("(")[2].rstrip(")") if "(" in scope else scope
    return [inner.strip(), *(each.strip() for each in re.split(r"[,/|]", inner))]


def _by_people(context: RuleContext, words: Sequence[str]) -> Match:
    import numpy as np

    values = context.cached("people", lambda: _involved(context))
    hits = np.isin(values.distinct.to_pylist(), words)
    return context.match_values(values, hits, _each(lambda person: f"with {context.people.name(person)}"))


def _involved(context: RuleContext) -> Values:
    """The people whose work a row is and who else took part."""
    import numpy as np
    import pyarrow as pa

    sources = context.values("source")
    source_names = sources.distinct.to_pylist()
    rows: list[Array] = []
    codes: list[Array] = []
    people: dict[str, int] = {}
    for name in ("owners", "participants"):
        distinct, account_codes, at = context.values(name)
        pairs, back = np.unique(sources.codes[at].astype(np.int64) << 32 | account_codes, return_inverse=True)
        accounts = distinct.to_pylist()
        keys = [
            context.people.person_of(source_names[pair >> 32], accounts[pair & 0xFFFFFFFF]) for pair in pairs.tolist()
        ]
        rows.append(at if at is not None else sources.codes)
        codes.append(np.array([*(people.setdefault(key, len(people)) for key in keys), 0], np.int32)[back])
    return Values(pa.array(list(people), pa.string()), np.concatenate(codes), np.concatenate(rows))


def _kind_text(kind: str) -> str:
    return f"{'an' if kind == 'issue' else 'a'} {kind.replace('_', ' ')}"


_BY_KEY: Mapping[str, ByWords] = {
    "projects": _by_values("project", _named("in")),
    "labels": _by_values("labels", _named("label")),
    "tickets": _by_tickets,
    "scopes": _by_scopes,
    "titles": _by_values("title", _each(lambda _: "its title")),
    "people": _by_people,
    "authors": _by_authors,
    "kinds": _by_values("kind", _each(_kind_text)),
}
