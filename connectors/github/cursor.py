"""What a fetch leaves for the next one: how far it came, who and where things were, and what was hidden."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from harvester.sdk import cursor

VERSION = 6
"""Raised when the same answers make other rows: a cursor of another version is ignored, and all is read again."""


@dataclass(frozen=True)
class Cursor:
    """The cursor of a source: enough to ask only for what changed since, and to notice when that is not enough.

    It holds for the same settings, people, token and version only, since otherwise rows may be missing that did not
    change. It is of the server's time, since with ours a wrong clock would skip what happens in between. People and
    repositories are remembered by node id, which outlives a new name. What was hidden is listed, so that it is not
    mistaken for what is not there. Account names are hashed: a person who is forgotten must not stay here by name.
    """

    at: dt.datetime
    """The server's time when the fetch began."""
    settings: str
    """A digest of the configuration and of the token."""
    accounts: tuple[str, ...] | None
    """The people asked for, hashed; None means everyone."""
    users: Mapping[str, str] = field(default_factory=dict)
    """Node ids by hashed account."""
    repositories: Mapping[str, str] = field(default_factory=dict)
    """Names by node id, of every repository with a row."""
    unreadable: Sequence[str] = ()
    """Search qualifiers of what was hidden."""
    unlocated: Sequence[str] = ()
    """Reasons of gaps in an unknown place."""
    unknown_accounts: Sequence[str] = ()
    """The people nobody knows, hashed."""
    excluded: Sequence[str] = ()
    """Node ids of repositories excluded by name, which may have another name by now."""
    watched: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """What has a row and may be deleted, moved or taken off a person: by repository's node id, then by its own node id,
    what follows the repository's name in its work item, such as `#12`."""
    unsearchable: Sequence[str] = ()
    """What search by person does not find, as shape and node id: `Issues:I_1`."""
    token_scopes: str | None = None
    """What a classic token may do; None where GitHub does not say."""
    version: int = VERSION

    def dumps(self) -> str:
        """As text for `ScopeCompleted.cursor`."""
        return cursor.dumps(self)

    def covers(self, settings: str, accounts: frozenset[str] | None) -> bool:
        """Whether it holds for these settings and for everybody who is asked for now."""
        return settings == self.settings and self.version == VERSION and cursor.covers_accounts(self.accounts, accounts)


def loads(text: str | None) -> Cursor | None:
    """The cursor in a text; None without one that this version can read, and then everything is read again."""
    return cursor.loads(Cursor, text)
