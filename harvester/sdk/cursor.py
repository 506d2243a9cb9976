"""Cursors as text: what a fetch leaves for the next one, kept small, without anybody's name in it."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, fields
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

    C = TypeVar("C", bound=DataclassInstance)


def dumps(cursor: DataclassInstance) -> str:
    """A dataclass with a field `at` (an aware time) and JSON values beside it, as text for `ScopeCompleted.cursor`."""
    values = asdict(cursor)
    return json.dumps(values | {"at": values["at"].isoformat()}, sort_keys=True)


def loads(kind: type[C], text: str | None) -> C | None:
    """The cursor that `dumps` wrote; None without one that has all fields of `kind`, and then everything is read.

    Lists come back as tuples. An unknown key is ignored.
    """
    try:
        values: dict[str, Any] = json.loads(text or "")
        values = {name: tuple(value) if isinstance(value, list) else value for name, value in values.items()}
        values["at"] = dt.datetime.fromisoformat(values["at"])
        return kind(**{each.name: values[each.name] for each in fields(kind)})
    except (ValueError, TypeError, KeyError, AttributeError):
        return None


def covers_accounts(known: Sequence[str] | None, accounts: frozenset[str] | None) -> bool:
    """Whether a cursor that was left for `known` (hashed accounts, None: everyone) holds for these accounts."""
    if known is None or accounts is None:
        return known is None
    return set(map(hashed, accounts)) <= set(known)


def digest(settings: Sequence[object]) -> str:
    """A short digest of settings."""
    return hashlib.sha256(json.dumps(settings, sort_keys=True).encode()).hexdigest()[:16]


def hashed(account: str) -> str:
    """A digest of an account name, the same in any case: a person who is forgotten must not stay by name."""
    return digest([account.casefold()])
