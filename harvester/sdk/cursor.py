"""The cursor of a web source: what a fetch leaves for the next one, as text, without anybody's name in it."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any, Self


@dataclass(frozen=True)
class Cursor:
    """What every cursor has; a connector's own class adds what it remembers, as JSON values.

    It holds for the same settings and people only, since otherwise rows may be missing that did not change.
    """

    at: dt.datetime
    """The server's time when the fetch began: with ours a wrong clock would skip what happens in between."""
    settings: str
    """A digest of the configuration and of the token, and of a number to raise when the same answers make other rows:
    then everything is read again."""
    accounts: tuple[str, ...] | None
    """The people asked for, hashed; None means everyone."""

    def dumps(self) -> str:
        """As text for `ScopeCompleted.cursor`."""
        return json.dumps(asdict(self) | {"at": self.at.isoformat()}, sort_keys=True)

    @classmethod
    def loads(cls, text: str | None) -> Self | None:
        """The cursor that `dumps` wrote; None without one that has all fields of this class.

        Lists come back as tuples. An unknown key is ignored.
        """
        try:
            values: dict[str, Any] = json.loads(text or "")
            values = {name: tuple(value) if isinstance(value, list) else value for name, value in values.items()}
            values["at"] = dt.datetime.fromisoformat(values["at"])
            return cls(**{each.name: values[each.name] for each in fields(cls)})
        except (ValueError, TypeError, KeyError, AttributeError):
            return None

    def covers(self, settings: str, accounts: frozenset[str] | None) -> bool:
        """Whether it holds for these settings and for everybody who is asked for now (None: everyone)."""
        if self.accounts is None or accounts is None:
            return settings == self.settings and self.accounts is None
        return settings == self.settings and set(map(hashed, accounts)) <= set(self.accounts)


def digest(settings: Sequence[object]) -> str:
    """A short digest of settings."""
    return hashlib.sha256(json.dumps(settings, sort_keys=True).encode()).hexdigest()[:16]


def hashed(account: str) -> str:
    """A digest of an account name, the same in any case: a person who is forgotten must not stay by name."""
    return digest([account.casefold()])


def hashed_accounts(accounts: frozenset[str] | None) -> tuple[str, ...] | None:
    """The people of a request as `Cursor.accounts` has them; None for everyone."""
    return None if accounts is None else tuple(sorted(map(hashed, accounts)))
