"""Releases, which no search finds: asked for repository by repository."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from typing import Any

from . import graphql, rows, searches
from .client import Client, fixed
from .nested_lists import TOGETHER


def newest(client: Client, names: Sequence[str], since: dt.datetime | None) -> Iterator[list[dict[str, Any]]]:
    """Repositories with the first page of their releases, newest first, some repositories at a time.

    The list ends there where it reaches back beyond `since`; None wants all.
    """
    for start in range(0, len(names), TOGETHER):
        some = names[start : start + TOGETHER]
        variables = {f"w{i}": each.partition("/")[0] for i, each in enumerate(some)}
        variables |= {f"r{i}": each.partition("/")[2] for i, each in enumerate(some)}
        answer = client.ask(fixed(graphql.releases(len(some)), variables))
        found = [shown for i in range(len(some)) if (shown := answer.data.get(f"r{i}"))]
        if since:
            for each in found:
                _end_before(each["releases"], since)
        yield found


def _end_before(releases: dict[str, Any], at: dt.datetime) -> None:
    """Let a list of releases, newest first, end on its first page where that reaches back beyond a time."""
    oldest = releases["nodes"][-1] if releases["nodes"] else None
    if oldest and (made := rows.moment(oldest["createdAt"])) and made < at - searches.PAD:
        releases |= {"totalCount": len(releases["nodes"]), "pageInfo": {"hasNextPage": False, "endCursor": None}}
