"""Releases, which no list finds by person: read project by project."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from harvester.sdk.rows import parse_time

from . import graphql, listings
from .client import Client

TOGETHER = 5
"""How many projects one request asks for."""
Unread = tuple[str, Mapping[str, Any]]
"""A project whose releases are not shown in full, and the error that says why (empty where none does)."""


def newest(
    client: Client, names: Sequence[str], since: dt.datetime | None
) -> Iterator[tuple[list[dict[str, Any]], list[Unread]]]:
    """Projects with the first page of their releases, newest first, several projects at a time.

    Where that page reaches back beyond `since` the list is marked as ended there; None means all releases. Beside them
    come the projects that are not shown in full.
    """
    for start in range(0, len(names), TOGETHER):
        batch = names[start : start + TOGETHER]
        answer = client.ask(graphql.releases(len(batch)), {f"p{i}": each for i, each in enumerate(batch)})
        projects = [shown for i in range(len(batch)) if (shown := answer.data.get(f"p{i}")) and shown.get("releases")]
        if since:
            for each in projects:
                _end_before(each["releases"], since)
        errors = {str(each["path"][0]): each for each in answer.errors if each.get("path")}
        shown = {f"p{i}" for i in range(len(batch)) if (answer.data.get(f"p{i}") or {}).get("releases")}
        aliases = {f"p{i}": name for i, name in enumerate(batch)}
        yield (
            projects,
            [(name, errors.get(key, {})) for key, name in aliases.items() if key in errors or key not in shown],
        )


def _end_before(releases: dict[str, Any], at: dt.datetime) -> None:
    """Mark a list of releases, newest first, as ended where its first page reaches back beyond a time."""
    oldest = releases["nodes"][-1] if releases["nodes"] else None
    if oldest and (released := parse_time(oldest["releasedAt"])) and released < at - listings.PAD:
        releases |= {"count": len(releases["nodes"]), "pageInfo": {"hasNextPage": False, "endCursor": None}}
