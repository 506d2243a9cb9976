"""What a fetch leaves for the next one: how far it came, who and where things were, and what was hidden."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from harvester.sdk import cursor
from harvester.sdk.slices import merged

FORMAT = 7
"""Part of the settings; raised when the same answers make other rows."""
WATCHED = 5000
"""How many results are watched by their ids; the newest are kept."""
UNSEARCHABLE = 1000
"""How many results that no search by person finds are remembered; the newest are kept."""


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

    @property
    def watched_items(self) -> dict[str, tuple[str, str]]:
        """What is watched, by its node id: its repository's node id, and what follows the name in its work item."""
        return {
            key: (repository, suffix) for repository, items in self.watched.items() for key, suffix in items.items()
        }

    @classmethod
    def joined(cls, texts: Sequence[str]) -> str | None:
        """The cursor of a fetch, as text, of those that its slices left, in their order.

        There is none where the slices were not shown the same. Of a repository that was renamed meanwhile the earlier
        name stays, so that the next fetch notices.
        """
        slices = [each for text in texts if (each := cls.loads(text))]
        if len({(each.settings, each.accounts, each.token_scopes) for each in slices}) != 1:
            return None
        by_time = sorted(slices, key=lambda each: each.at)
        return replace(
            by_time[0],
            users=merged(each.users for each in by_time),
            repositories=merged(each.repositories for each in by_time),
            unreadable=sorted({one for each in slices for one in each.unreadable}),
            unlocated=sorted({one for each in slices for one in each.unlocated}),
            unknown_accounts=sorted({one for each in slices for one in each.unknown_accounts}),
            excluded=sorted({one for each in slices for one in each.excluded}),
            watched=by_repository(merged(each.watched_items for each in slices)),
            unsearchable=newest(one for each in slices for one in each.unsearchable),
        ).dumps()


def by_repository(items: Mapping[str, tuple[str, str]]) -> dict[str, dict[str, str]]:
    """The newest of `Cursor.watched_items`, as `Cursor.watched` has them."""
    found: dict[str, dict[str, str]] = {}
    for key, (repository, suffix) in list(items.items())[-WATCHED:]:
        found.setdefault(repository, {})[key] = suffix
    return found


def newest(unsearchable: Iterable[str]) -> list[str]:
    """The newest of what search by person does not find, each once."""
    return list(dict.fromkeys(unsearchable))[-UNSEARCHABLE:]
