"""Releases, which no search finds: read repository by repository."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from harvester.sdk.nested_lists import TOGETHER
from harvester.sdk.rows import parse_time

from . import graphql, searches
from .client import Client

Unread = tuple[str, Mapping[str, Any]]
"""A repository whose releases are not shown in full, and the error that says why (empty where none does)."""


def newest(
    client: Client, names: Sequence[str], since: dt.datetime | None
) -> Iterator[tuple[list[dict[str, Any]], list[Unread]]]:
    """Repositories with the first page of their releases, newest first, several repositories at a time.

    Where that page reaches back beyond `since` the list is marked as ended there; None means all releases. Beside them
    come the repositories that are not shown in full.
    """
    for start in range(0, len(names), TOGETHER):
        batch = names[start : start + TOGETHER]
        variables = {f"w{i}": each.partition("/")[0] for i, each in enumerate(batch)}
        variables |= {f"r{i}": each.partition("/")[2] for i, each in enumerate(batch)}
        answer = client.ask(graphql.releases(len(batch)), variables)
        repositories = [shown for i in range(len(batch)) if (shown := answer.data.get(f"r{i}"))]
        if since:
            for each in repositories:
                _end_before(each["releases"], since)
        errors = {str(each["path"][0]): each for each in answer.errors if each.get("path")}
        aliases = {f"r{i}": name for i, name in enumerate(batch)}
        yield (
            repositories,
            [(name, errors.get(key, {})) for key, name in aliases.items() if key in errors or not answer.data.get(key)],
        )


def _end_before(releases: dict[str, Any], at: dt.datetime) -> None:
    """Mark a list of releases, newest first, as ended where its first page reaches back beyond a time."""
    oldest = releases["nodes"][-1] if releases["nodes"] else None
    if oldest and (created := parse_time(oldest["createdAt"])) and created < at - searches.PAD:
        releases |= {"totalCount": len(releases["nodes"]), "pageInfo": {"hasNextPage": False, "endCursor": None}}
