"""What a fetch leaves for the next one: how far it came, who and where things were, and what was hidden."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from harvester.sdk import cursor
from harvester.sdk.slices import merged

FORMAT = 2
"""Part of the settings; raised when the same answers make other rows."""

WATCHED = 5000
"""How many merge requests and issues are watched; the newest are kept."""
REFERENCED = 1000
"""How many issues that no list or event leads to are remembered; the newest are kept."""


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

    @property
    def watched_items(self) -> dict[tuple[int, str], None]:
        """What is watched, by its project's id and what follows the path in its work item."""
        return {(int(project), mark): None for project, marks in self.watched.items() for mark in marks}

    @classmethod
    def joined(cls, texts: Sequence[str]) -> str | None:
        """The cursor of a fetch, as text, of those that its slices left, in their order.

        There is none where the slices were not shown the same. Of a project that was renamed meanwhile the earlier path
        stays, so that the next fetch notices.
        """
        slices = [each for text in texts if (each := cls.loads(text))]
        if len({(each.settings, each.accounts, each.viewer, each.server) for each in slices}) != 1:
            return None
        by_time = sorted(slices, key=lambda each: each.at)
        return replace(
            by_time[0],
            users=merged(each.users for each in by_time),
            projects=merged(each.projects for each in by_time),
            unreadable=sorted({one for each in slices for one in each.unreadable}),
            unlocated=sorted({one for each in slices for one in each.unlocated}),
            unknown_accounts=sorted({one for each in slices for one in each.unknown_accounts}),
            excluded=sorted({one for each in slices for one in each.excluded}),
            watched=by_project(one for each in slices for one in each.watched_items),
            referenced=newest(one for each in slices for one in each.referenced),
            unsupported=sorted({one for each in slices for one in each.unsupported}),
        ).dumps()


def by_project(items: Iterable[tuple[int, str]]) -> dict[str, list[str]]:
    """The newest of what is watched, as `Cursor.watched` has it."""
    found: dict[str, list[str]] = {}
    for project, mark in list(dict.fromkeys(items))[-WATCHED:]:
        found.setdefault(str(project), []).append(mark)
    return found


def newest(referenced: Iterable[str]) -> list[str]:
    """The newest of the issues to which neither lists nor events lead, each once."""
    return list(dict.fromkeys(referenced))[-REFERENCED:]
