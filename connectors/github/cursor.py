"""What a fetch leaves for the next one: how far it came, who and where things were, and what was hidden."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from harvester.sdk import cursor

FORMAT = 7
"""Part of the settings; raised when the same answers make other rows."""


@dataclass(frozen=True)
class Cursor(cursor.Cursor):
    """The cursor of a source: enough to ask only for what changed since, and to notice when that is not enough.

    People and repositories are remembered by node id, which outlives a new name. What was hidden is listed, so that it
    is not mistaken for what is not there.
    """

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
