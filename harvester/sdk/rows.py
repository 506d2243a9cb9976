"""What connectors of web services need to turn an answer's JSON into rows."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from harvester.model.periods import Period

Json = Mapping[str, Any]


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


def parse_time(text: str | None) -> dt.datetime | None:
    """A time in ISO 8601 with an offset, in UTC; None stays None."""
    return dt.datetime.fromisoformat(text).astimezone(dt.UTC) if text else None
