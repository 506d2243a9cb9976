"""What a list has by now, by ids alone, and its entries one by one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from harvester.sdk.graphql import Answer
from harvester.sdk.http import WebError
from harvester.sdk.paging import TotalCheck
from harvester.sdk.rest import by_link_here, listed

from . import graphql
from .client import Client, total
from .events import EventTarget
from .graphql import LIMIT, PAGE, Shape
from .item_keys import ItemKey
from .listings import ListProgress, ListRequest
from .query_parts import QueryPart, ask_once

PASSES = 3
"""How often the ids of a list are walked while it moves before that is a gap."""


@dataclass
class IdWalk:
    """The ids of a list's entries, its total at the end, and whether the pages ended by themselves."""

    ids: dict[str, None] = field(default_factory=dict)
    total: int = 0
    ended: bool = False


def walk_ids(client: Client, progress: ListProgress) -> IdWalk:
    """The ids of a list, walked until a walk is as long as the total says; at most so often as `PASSES`."""
    walked = IdWalk()
    for _ in range(PASSES):
        walked = _walk(client, progress.request)
        if walked.ended and walked.total <= len(walked.ids):
            break
    return walked


def _walk(client: Client, request: ListRequest) -> IdWalk:
    again = ListProgress(request, TotalCheck(1))
    walked = IdWalk()
    while not again.finished:
        page = client.retry.call(lambda: ids_page(client, request, PAGE, again.after))
        walked.ids |= dict.fromkeys(each["id"] for each in again.take(page))
        walked.total, walked.ended = int(page["count"]), not again.cut
    return walked


def ids_page(client: Client, request: ListRequest, size: int, after: str | None) -> Mapping[str, Any]:
    """A page of a list with ids only, without retries; raises WebError where the list is not shown any more."""
    part = replace(request, listing=replace(request.listing, shape=request.id_shape)).page(0, size, after)
    page = request.connection(part.value(ask_once(client, [part])))
    if page is None:
        raise WebError("busy", f"GitLab does not show the {request} any more")
    return page


def ask_by_id(client: Client, shape: Shape, ids: Sequence[str]) -> Answer:
    """What a list asks of each entry, for entries known by their ids, without retries."""
    return ask_once(client, [_one(number, shape, each) for number, each in enumerate(ids)])


def take_ids(shape: Shape, ids: Sequence[str], number: int) -> Sequence[str]:
    """As many of the first ids as fit into one query, at most so many; for `in_batches`."""
    return ids[: max(min(number, LIMIT // graphql.COSTS[shape]), 1)]


def _one(number: int, shape: Shape, key: str) -> QueryPart:
    declared, variables = {f"i{number}": graphql.id_type(shape)}, dict[str, object]({f"i{number}": key})
    if shape == "MergeRequest":
        declared, variables = {**declared, "paths": "Boolean!"}, {**variables, "paths": True}
    return QueryPart(f"o{number}", graphql.one(number, shape), graphql.COSTS[shape], declared, variables)


def issues_by_rest(
    client: Client, request: ListRequest, paths_of: Callable[[Iterable[EventTarget]], list[ItemKey]]
) -> list[ItemKey]:
    """The issues of a list over the whole instance by REST, for a server that does not give that list in GraphQL.

    Its pages shift where one is opened again meanwhile: they are read again until the total came.

    Until 16.x a switch that was off by default decided about it (`root_level_issues_query`). REST leaves out what the
    token's owner did not write, and archived projects, unless it is asked otherwise.
    """
    given = dict(zip(request.listing.arguments, request.values, strict=True))
    wanted = {"scope": "all", "non_archived": "false", "per_page": PAGE, "order_by": "created_at", "sort": "asc"}
    wanted |= {"state": "closed"} if request.listing.state else {}
    for name, value in given.items():
        wanted[_REST[name]] = value[0] if isinstance(value, (tuple, list)) else value
    found: dict[EventTarget, None] = {}
    for _ in range(PASSES):
        expected = 0
        for page in client.rest.pages("issues", by_link_here, wanted):
            found |= {(int(each["project_id"]), request.listing.shape, int(each["iid"])): None for each in listed(page)}
            expected = total(page) or 0
        if len(found) >= expected:
            return paths_of(found)
    raise WebError("busy", f"GitLab showed {len(found)} of {expected} {request}")


_REST = {
    "assigneeUsernames": "assignee_username[]", "authorUsername": "author_username", "closedAfter": "updated_after",
    "closedBefore": "created_before", "createdAfter": "created_after", "createdBefore": "created_before",
    "updatedAfter": "updated_after",
}  # fmt: skip
"""What REST calls the filters; it has none for when an issue was closed, so that its wider ones stand for them."""
