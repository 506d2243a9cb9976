"""JQL, built so that no value can end its quotes and no part can end its brackets. Pure.

Source: https://support.atlassian.com/jira-software-cloud/docs/what-is-advanced-search-in-jira-cloud/
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import timedelta

from harvester.model.periods import Period

A_DAY = timedelta(days=1)
"""A date of JQL is read in the time zone of the caller's profile, at most 14 hours from UTC. So a day more is asked
for at each end, and rows are filtered by the exact time."""
_ORDERED = re.compile(r"(?<!\w)order\s+by(?!\w)", re.IGNORECASE)


def quoted(value: str) -> str:
    """A value as JQL's text in double quotes; whatever is in it, it means itself."""
    return '"' + "".join(map(_escaped, value)) + '"'


def _escaped(character: str) -> str:
    if character in '"\\':
        return f"\\{character}"
    if character.isprintable():
        return character
    # JQL knows no escape beyond four digits, so further ones are written as Java has them: as two.
    units = character.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[at : at + 2].hex()}" for at in range(0, len(units), 2))


def every(*clauses: str) -> str:
    """What holds where all of these clauses hold; empty ones are left out."""
    return _joined(" AND ", clauses)


def some(*clauses: str) -> str:
    """What holds where any of these clauses holds; empty ones are left out."""
    return _joined(" OR ", clauses)


def _joined(word: str, clauses: Iterable[str]) -> str:
    parts = [each for each in dict.fromkeys(clauses) if each]
    return parts[0] if len(parts) == 1 else f"({word.join(parts)})" if parts else ""


def among(field: str, values: Iterable[str], operator: str = "in") -> str:
    """`field in ("a", "b")`; empty without values."""
    texts = _list(values)
    return f"{field} {operator} {texts}" if texts else ""


def within(field: str, period: Period) -> str:
    """Whether the time in a field is in a period, a day wider at each end."""
    since, until = _edges(period)
    return f"({field} >= {since} AND {field} < {until})"


def changed(field: str, period: Period, by: Iterable[str] = ()) -> str:
    """Whether a field changed in a period, a day wider at each end, by one of these people where any is named."""
    people = _list(by)
    return f"{field} CHANGED{f' BY {people}' if people else ''} DURING ({', '.join(_edges(period))})"


def _list(values: Iterable[str]) -> str:
    texts = ", ".join(map(quoted, values))
    return f"({texts})" if texts else ""


def _edges(period: Period) -> tuple[str, str]:
    since, until = (quoted(f"{at:%Y-%m-%d %H:%M}") for at in (period.since - A_DAY, period.until + A_DAY))
    return since, until


def narrowing(text: str) -> str:
    """A query of the user in brackets, so that it can only narrow what it is combined with.

    Raises ValueError where it would leave its brackets or its quotes, orders, or is empty.
    """
    plain = _without_quotes(text)
    depth = 0
    for character in plain:
        depth += {"(": 1, ")": -1}.get(character, 0)
        if depth < 0:
            raise ValueError("a bracket is closed that was not opened")
    if depth:
        raise ValueError("a bracket is not closed")
    if _ORDERED.search(plain):
        raise ValueError("ORDER BY has no meaning here; write the conditions alone")
    if not plain.strip():
        raise ValueError("write a condition, or leave the key out")
    return f"({text.strip()})"


def _without_quotes(text: str) -> str:
    """A query with `_` for each quoted text and escaped character; raises ValueError where one is open."""
    kept, quote, characters = [], "", iter(text)
    for character in characters:
        if character == "\\":
            if next(characters, None) is None:
                raise ValueError("it ends in a backslash")
            kept.append("_")
        elif quote:
            quote = "" if character == quote else quote
        elif character in "\"'":
            quote = character
            kept.append("_")
        else:
            kept.append(character)
    if quote:
        raise ValueError(f"a quote ({quote}) is not closed")
    return "".join(kept)
