"""What became of everything that has a row: changed, deleted, or hidden."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from harvester.sdk.gaps import UnreadableScope
from harvester.sdk.graphql import Answer
from harvester.text import count_noun

from . import graphql, item_keys
from .cursor import Cursor
from .graphql import Shape
from .item_keys import ItemKey
from .listings import PAD
from .query_parts import QueryPart

Where = tuple[str, Shape]
"""The things of one kind in a project, by its path."""
PLANNER, REPORTER = 15, 20
"""The levels from which on all issues are shown, and all merge requests, the confidential ones of others among them
(https://docs.gitlab.com/user/permissions/, https://docs.gitlab.com/api/access_requests/#valid-access-levels)."""
_SWITCHES = {"MergeRequestId": "mergeRequestsEnabled", "IssueId": "issuesEnabled"}
"""What says whether a project shows merge requests or issues."""


@dataclass
class Watched:
    """What became of what is watched."""

    changed: list[ItemKey] = field(default_factory=list)
    """What was updated since the last fetch."""
    gone: dict[tuple[int, str], str] = field(default_factory=dict)
    """Work items, without the host, by project and mark, of what is not there any more: deleted."""
    unreadable: list[UnreadableScope] = field(default_factory=list)


def query_parts(cursor: Cursor) -> list[tuple[QueryPart, list[ItemKey]]]:
    """The parts of a query that ask for what is watched, by the paths that projects had, each with what it asks for."""
    watched = (
        ItemKey(cursor.projects[project], "MergeRequestId" if mark[0] == "!" else "IssueId", int(mark[1:]))
        for project, marks in cursor.watched.items()
        if project in cursor.projects
        for mark in marks
    )
    return [(_part(number, some), some) for number, some in enumerate(item_keys.lists(watched))]


def compare(
    cursor: Cursor,
    shown: Mapping[int, Mapping[str, Any]],
    came: Iterable[tuple[QueryPart, Sequence[ItemKey], Answer]],
    level: Callable[[int], int],
) -> Watched:
    """What changed, what is gone, and what is hidden; `shown` has the projects that are shown, by their ids.

    Nothing is taken for deleted whose project is not shown, does not show such things, or shows nothing at all of
    what was read there: that may be access that was lost. An issue may be confidential by now. The `level` of the
    token's owner in a project, which is asked for where something is gone, may say that both would be shown.
    """
    ids = {path: int(key) for key, path in cursor.projects.items()}
    found, lost = Watched(), dict[Where, list[ItemKey]]()
    hidden: dict[Where, list[ItemKey]] = {}
    kept: set[Where] = set()
    for part, some, answer in came:
        where, project = (some[0].project, some[0].shape), shown.get(ids[some[0].project])
        if project is None or project["fullPath"] != some[0].project:
            continue  # a gap says so already, or everything is read again by its new path
        nodes = item_keys.found(answer, part, some[0].shape)
        if nodes is None or part.errors(answer):
            hidden.setdefault(where, []).extend(some)
            continue
        changes = {int(each["iid"]): dt.datetime.fromisoformat(each["updatedAt"]) for each in nodes}
        found.changed += [key for key in some if key.iid in changes and changes[key.iid] >= cursor.at - PAD]
        lost.setdefault(where, []).extend(key for key in some if key.iid not in changes)
        kept |= {where} if changes else set()
    for where, some in lost.items():
        own = ids[where[0]]
        shows = shown[own].get(_SWITCHES[where[1]]) is not False
        if some and shows and (where in kept or len(some) == 1) and _is_deleted(where, kept, level, own):
            found.gone |= {(own, key.mark): str(key) for key in some}
        elif some:
            hidden.setdefault(where, []).extend(some)
    found.unreadable += [_hidden(where, some) for where, some in hidden.items()]
    return found


def _is_deleted(where: Where, kept: Collection[Where], level: Callable[[int], int], project: int) -> bool:
    """Whether what is gone from a project can only be deleted; merge requests are shown all or none."""
    if where[1] == "MergeRequestId":
        return where in kept or level(project) >= REPORTER
    return level(project) >= PLANNER


def _hidden(where: Where, some: Sequence[ItemKey]) -> UnreadableScope:
    """The gap of what is not shown any more; its rows stay."""
    path, shape = where
    what = count_noun(len(some), "merge request" if shape == "MergeRequestId" else "issue")
    reason = (
        f"GitLab does not show {what} that it showed before: hidden from this token, as confidential issues are, or "
        "deleted; if they are deleted harvest with --refresh"
    )
    return UnreadableScope(path, reason, known=True)


def _part(number: int, some: Sequence[ItemKey]) -> QueryPart:
    declared = {f"v{number}": "ID!", f"iids{number}": "[String!]"}
    variables = {f"v{number}": some[0].project, f"iids{number}": [str(each.iid) for each in some]}
    name = item_keys.listing(some[0].shape).name
    return QueryPart(f"w{number}", graphql.watch(number, name), graphql.WATCH_COST, declared, variables)
