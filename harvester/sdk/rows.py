"""What connectors of web services need to turn an answer's JSON into rows."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from harvester.model.periods import Period

Json = Mapping[str, Any]
_KEY = re.compile(
    r"(?<![A-Za-z0-9_])[A-Z][A-Z0-9_]{1,19}-\d{1,9}(?![A-Za-z0-9]|\.\d)"
    r"|(?:(?<=/)|(?<!.))[A-Za-z][A-Za-z0-9_]{1,19}-\d{1,9}(?![A-Za-z0-9]|\.\d)",
    re.ASCII,
)
"""Capitals anywhere; in any case where a part of the name begins, as many people write branches (of Kafka's, three in
ten; those name the ticket of the commit's title in 478 of 490 cases, those in capitals in 1,106 of 1,115)."""


@dataclass(frozen=True)
class RowContext:
    """For whom rows are made: source, host, and the periods and accounts wanted (None: everyone).

    `host` is what the scope and work items begin with. Accounts are in lower case. `renamed` gives for a user's numeric
    id the account that was asked for, where the name is another one today.
    """

    source: str
    host: str
    periods: Sequence[Period]
    accounts: frozenset[str] | None = None
    renamed: Mapping[int, str] = field(default_factory=dict)

    def wants(self, account: str, at: dt.datetime) -> bool:
        """Whether a row of this account at this time is wanted; accounts are compared in lower case."""
        return (self.accounts is None or account.casefold() in self.accounts) and any(
            at in each for each in self.periods
        )


def row_id(kind: str, role: str, *ids: object) -> str:
    """The id of a row, made of native ids that outlive every rename."""
    return "/".join([kind, role, *(str(each) for each in ids)])


def entries(node: Json, name: str) -> list[Any]:
    """The entries of a GraphQL list of a node, without those that are hidden."""
    return [each for each in ((node.get(name) or {}).get("nodes") or []) if each]


def tickets_in(branch: str) -> tuple[str, ...]:
    """The keys of Jira's tickets in the name of a branch, in order: `feature/pay-7-charge-once` names `PAY-7`.

    Whether such a project exists is decided where all sources are known, since UTF-8 looks the same.
    """
    return tuple(dict.fromkeys(each.upper() for each in _KEY.findall(branch)))


def parse_time(text: str | None) -> dt.datetime | None:
    """A time in ISO 8601 with an offset, in UTC; None stays None."""
    return dt.datetime.fromisoformat(text).astimezone(dt.UTC) if text else None
