"""JQL, built so that no value can end its quotes and no part can end its brackets. Pure.

Source: https://support.atlassian.com/jira-software-cloud/docs/what-is-advanced-search-in-jira-cloud/
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable

from harvester.model.periods import Period
from harvester.sdk.strategy import EVER

A_DAY = dt.timedelta(days=1)
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
    return every(since(field, period.since), until(field, period.until))


def since(field: str, at: dt.datetime) -> str:
    """Whether the time in a field is not before a moment, or less than a day."""
    return f"{field} >= {_date(at - A_DAY)}"


def until(field: str, at: dt.datetime) -> str:
    """Whether the time in a field is before a moment, or less than a day after it."""
    return f"{field} < {_date(at + A_DAY)}"


def created(span: Period) -> str:
    """Whether a ticket was created in a range: in one of two adjacent ranges it is in any zone; empty for all time."""
    since, until = (f"created {sign} {_date(at)}" for sign, at in ((">=", span.since), ("<", span.until)))
    return every("" if span.since == EVER.since else since, "" if span.until == EVER.until else until)


def on_days(field: str, period: Period) -> str:
    """Whether the day in a field without a time is in a period, a day wider at each end whatever the zone.

    The last day counts, while one that is compared as its first minute has only begun: so two days more at the end.
    """
    first, last = (f"{at.astimezone(dt.UTC):%Y-%m-%d}" for at in (period.since - A_DAY, period.until + 2 * A_DAY))
    return every(f"{field} >= {quoted(first)}", f"{field} <= {quoted(last)}")


def changed(field: str, period: Period, by: Iterable[str] = ()) -> str:
    """Whether a field changed in a period, a day wider at each end, by one of these people where any is named."""
    people = _list(by)
    during = f"{_date(period.since - A_DAY)}, {_date(period.until + A_DAY)}"
    return f"{field} CHANGED{f' BY {people}' if people else ''} DURING ({during})"


def _list(values: Iterable[str]) -> str:
    texts = ", ".join(map(quoted, values))
    return f"({texts})" if texts else ""


def _date(at: dt.datetime) -> str:
    return quoted(f"{at.astimezone(dt.UTC):%Y-%m-%d %H:%M}")


def narrowing(text: str) -> str:
    """A query of the user in brackets, so that it can only narrow what it is combined with; its order is left out.

    Raises ValueError where it would leave its brackets or its quotes, or has no condition.
    """
    plain = _without_quotes(text)
    ordered = _ORDERED.search(plain)
    plain = plain[: ordered.start()] if ordered else plain
    depth = 0
    for character in plain:
        depth += {"(": 1, ")": -1}.get(character, 0)
        if depth < 0:
            raise ValueError("a bracket is closed that was not opened")
    if depth:
        raise ValueError("a bracket is not closed")
    if not plain.strip():
        raise ValueError("it has no condition")
    return f"({text[: len(plain)].strip()})"


def _without_quotes(text: str) -> str:
    """A query of the same length with `_` for quoted texts and escaped characters; raises ValueError at an open one."""
    kept, quote, escaped = [], "", False
    for character in text:
        kept.append("_" if escaped or quote or character in "\"'\\" else character)
        if escaped or character == "\\":
            escaped = not escaped
        elif quote:
            quote = "" if character == quote else quote
        elif character in "\"'":
            quote = character
    if escaped:
        raise ValueError("it ends in a backslash")
    if quote:
        raise ValueError(f"a quote ({quote}) is not closed")
    return "".join(kept)
