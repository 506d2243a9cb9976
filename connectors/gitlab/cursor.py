"""What a fetch leaves for the next one: how far it came, who and where things were, and what was hidden."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from harvester.sdk import cursor

FORMAT = 2
"""Part of the settings; raised when the same answers make other rows."""


@dataclass(frozen=True)
class Cursor(cursor.Cursor):
    """The cursor of a source: enough to ask only for what changed since, and to notice when that is not enough.

    People and projects are remembered by their numbers, which outlive a new name. What was hidden is listed, so that it
    is not mistaken for what is not there.
    """

    users: Mapping[str, int] = field(default_factory=dict)
    """User ids by hashed account."""
    projects: Mapping[str, str] = field(default_factory=dict)
    """Paths by project id, of every project with a row."""
    unreadable: Sequence[str] = ()
    """What was hidden: `group:acme`, `project:acme/web`, `id:12`, `profile:` and a hashed account."""
    unlocated: Sequence[str] = ()
    """Reasons of gaps in an unknown place."""
    unknown_accounts: Sequence[str] = ()
    """The people nobody knows, hashed."""
    excluded: Sequence[str] = ()
    """Ids of projects excluded by path, which may have another path by now."""
    watched: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """What has a row and may be deleted, moved or taken off a person: by project id, what follows the project's path
    in its work item, such as `!12`."""
    referenced: Sequence[str] = ()
    """Issues that neither lists nor events of a person lead to, as project id and number: `12#7`."""
    viewer: int = 0
    """The user id of the token's owner: a token that is renewed every few hours is known by it."""
    server: str = ""
    """The server's version and edition."""
    unsupported: Sequence[str] = ()
    """What that server does not know, as keys of `graphql.OPTIONAL`."""
