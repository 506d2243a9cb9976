"""What a person did, by their events: the merge requests and issues that no list of GraphQL finds by person."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from harvester.model.periods import Period
from harvester.sdk.rest import Page, by_link_here, listed

from .client import Client, total
from .graphql import Shape

EventTarget = tuple[int, Shape, int]
"""A merge request or issue: its project's number, what is to be read of it, and its number within the project."""

RETENTION = dt.timedelta(days=3 * 365)
"""How far back GitLab keeps events (https://docs.gitlab.com/api/events/)."""
WIDER = dt.timedelta(days=2)
"""How much wider the days asked for are: they are whole days of the server's zone, and both ends are left out."""
ACTIONS = ("approved", "commented", "closed", "merged")
"""What counts of what a person does, as the list's filter calls it."""
FEW = 4
"""Pages of all events up to which they cost no more than asking for each action."""
ON_LINES = "DiffNote"
"""The type of a comment on lines."""


def event_targets(client: Client, user: int, period: Period, comments: bool) -> Iterator[EventTarget]:
    """What a user approved, commented on the lines of, closed or merged in about a period; with plain comments, too.

    Pages are read to the last link: GitLab hides events after it cut the pages, so a short page is not the end. A
    count of events is no measure of what is missing, since it has the hidden ones. Raises WebError.
    """
    for page in _pages(client, user, period):
        yield from (key for each in listed(page) if (key := _key(each, comments)))


def _pages(client: Client, user: int, period: Period) -> Iterator[Page]:
    """The pages of all events where they are few, else those of each action that counts."""
    path = f"users/{user}/events"
    days = {"after": _day(period.since - WIDER), "before": _day(period.until + WIDER), "sort": "asc", "per_page": 100}
    everything = client.rest.pages(path, by_link_here, days)
    first = next(everything)
    count = total(first)
    if count is not None and count <= FEW * 100:
        yield first
        yield from everything
        return
    for action in ACTIONS:
        yield from client.rest.pages(path, by_link_here, {"action": action, **days})


def _day(at: dt.datetime) -> str:
    return at.astimezone(dt.UTC).date().isoformat()


def _key(event: Mapping[str, Any], comments: bool) -> EventTarget | None:
    """What an event is about, if that may have a row."""
    note, project = event.get("note"), event.get("project_id")
    if isinstance(note, dict):
        kind, iid = str(note.get("noteable_type")), note.get("noteable_iid")
        counts = note.get("type") == ON_LINES or bool(note.get("position"))
        shape = _SHAPES.get(kind)
        if comments:
            counts, shape = True, "IssueTalk" if shape == "Issue" else shape
    else:
        kind, iid = str(event.get("target_type")), event.get("target_iid")
        counts, shape = event.get("action_name") in _NAMES.get(kind, ()), _SHAPES.get(kind)
    if not (shape and counts and isinstance(iid, int) and isinstance(project, int)):
        return None
    return project, shape, iid


_SHAPES: Mapping[str, Shape] = {"MergeRequest": "MergeRequest", "Issue": "Issue", "WorkItem": "Issue"}
_NAMES: Mapping[str, Sequence[str]] = {
    "MergeRequest": ("approved", "accepted", "merged"),
    "Issue": ("closed",),
    "WorkItem": ("closed",),
}
"""The actions that count of each kind, by the names events have: a merge is `accepted`."""
