"""Releases, which no list finds by person: read project by project."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from harvester.sdk.paging import PageCursor
from harvester.sdk.rows import entries, parse_time

from . import graphql, listings
from .client import Client

TOGETHER = 5
"""How many projects one request asks for."""


@dataclass
class ReleasePage:
    """A page of one project's releases, newest first, or why there is none.

    `missing` says that it does not go on where there should be more.
    """

    name: str
    project: Mapping[str, Any] | None
    errors: Sequence[Mapping[str, Any]] = ()
    missing: bool = False

    @property
    def releases(self) -> list[Any]:
        """The releases on it."""
        return entries(self.project, "releases") if self.project else []


@dataclass
class _Progress(PageCursor):
    name: str
    arrived: set[str] = field(default_factory=set)


def newest(client: Client, names: Sequence[str], since: dt.datetime | None) -> Iterator[ReleasePage]:
    """The releases of projects, newest first, several projects at a time; raises WebError.

    Without `since` all of them, else the first pages down to one that reaches back beyond it.
    """
    waiting = [_Progress(each) for each in names]
    while waiting:
        batch, waiting = waiting[:TOGETHER], waiting[TOGETHER:]
        variables: dict[str, object] = {}
        for number, each in enumerate(batch):
            variables |= {f"p{number}": each.name, f"a{number}": each.after}
        answer = client.ask(graphql.releases(len(batch)), variables)
        for number, each in enumerate(batch):
            errors = [error for error in answer.errors if (error.get("path") or [""])[0] == f"p{number}"]
            page = ReleasePage(each.name, answer.data.get(f"p{number}"), errors)
            if _goes_on(page, each, since):
                waiting.append(each)
            yield page


def _goes_on(page: ReleasePage, progress: _Progress, since: dt.datetime | None) -> bool:
    """Whether there is more to ask for; notes where a page leads nowhere, or the total was not reached."""
    listed = (page.project or {}).get("releases")
    if not listed:
        return False
    progress.arrived |= {str(each["tagName"]) for each in page.releases}
    oldest = parse_time(page.releases[-1].get("releasedAt")) if page.releases else None
    if since and oldest and oldest < since - listings.PAD:
        return False
    if progress.advance(listed["pageInfo"]):
        return True
    page.missing = progress.cut or len(progress.arrived) < int(listed.get("count") or 0)
    return False
