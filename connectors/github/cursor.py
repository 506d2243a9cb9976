"""What a reading leaves for the next one: how far it came, who and where things were, and what it could not see."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field

VERSION = 2
"""Which rows are made of the same answers; another one reads everything again."""


@dataclass(frozen=True)
class Cursor:
    """The cursor of a source.

    `at` is the server's time when the reading began. `settings` is a digest of what was configured: another one means
    that earlier rows may be missing. `accounts` are the names asked for, hashed, so that nobody who is forgotten stays
    here by name; `users` maps them to node ids, `repositories` node ids to names; `holes` lists the places not shown,
    `untold` the reasons of holes of which nobody can say where they are, `absent` the people that nobody knew (hashed).
    `excluded` are the node ids of repositories that were left out by name, which may be called otherwise by now.
    `watched` are the node ids of issues that search by person does not find again when they change, and `scopes` is
    what the token was allowed (None: GitHub did not say).
    """

    at: dt.datetime
    settings: str
    accounts: tuple[str, ...] | None
    users: Mapping[str, str] = field(default_factory=dict)
    repositories: Mapping[str, str] = field(default_factory=dict)
    holes: tuple[str, ...] = ()
    untold: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()
    watched: tuple[str, ...] = ()
    scopes: str | None = None
    version: int = VERSION

    def dumps(self) -> str:
        """As text for `Done.cursor`."""
        return json.dumps(asdict(self) | {"at": self.at.isoformat()}, sort_keys=True)

    def serves(self, settings: str, accounts: frozenset[str] | None) -> bool:
        """Whether it knows of everything that is asked for now."""
        if settings != self.settings or self.version != VERSION:
            return False
        if self.accounts is None or accounts is None:
            return self.accounts is None
        return set(map(hashed, accounts)) <= set(self.accounts)


def loads(text: str | None) -> Cursor | None:
    """The memory in a cursor, or None where there is none that this version can read: then all is read anew."""
    try:
        held = json.loads(text or "")
        return Cursor(
            at=dt.datetime.fromisoformat(held["at"]),
            settings=held["settings"],
            accounts=tuple(held["accounts"]) if held["accounts"] is not None else None,
            users=held["users"],
            repositories=held["repositories"],
            holes=tuple(held["holes"]),
            untold=tuple(held.get("untold", ())),
            absent=tuple(held.get("absent", ())),
            excluded=tuple(held.get("excluded", ())),
            watched=tuple(held.get("watched", ())),
            scopes=held.get("scopes"),
            version=held["version"],
        )
    except (ValueError, TypeError, KeyError):
        return None


def digest(settings: Sequence[object]) -> str:
    """A short digest of settings."""
    return hashlib.sha256(json.dumps(settings, sort_keys=True).encode()).hexdigest()[:16]


def hashed(account: str) -> str:
    """A name as it is remembered: told again when it is asked for again, and not by looking."""
    return digest([account.casefold()])
