"""A search on its way through its pages, and the queries that ask for its results."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from harvester.sdk.graphql import Answer
from harvester.sdk.paging import PageCursor, TotalCheck, walk_pages

from . import graphql
from .client import Client
from .searches import Search

WALKS = 10
"""How many searches one request walks the ids of."""


@dataclass
class SearchProgress(PageCursor):
    """How far a search is read.

    `hidden` results came without their contents. `highest_total` is the highest total that was named, `total_changed`
    says that it moved between pages. `divisible` is false where the search matches more than GitHub gives out and
    nothing can split it. `skipped` results before the first one were left out, created at `skipped_at`. `doubtful` says
    that something may have slipped past the pages.
    """

    search: Search
    arrived: TotalCheck
    finished: bool = False
    pages: int = 0
    total_changed: bool = False
    divisible: bool = True
    hidden: int = 0
    highest_total: int = 0
    skipped: int = 0
    skipped_at: dt.datetime | None = None
    doubtful: bool = False

    @property
    def remaining(self) -> int:
        """How many results may still come."""
        return self.arrived.total if self.after is None else self.arrived.missing

    @property
    def missing(self) -> int:
        """How many results did not come, hidden ones not counted."""
        return self.arrived.missing - self.hidden

    def take(self, page: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Note a page and its total; returns the results that are shown.

        On the first page a total above the count is of what came meanwhile. One below it is of what is gone, or of a
        server that is behind, so that counts as changed.
        """
        nodes = [each for each in page["nodes"] if each and each.get("id")]
        counted, total, first = self.arrived.total, page["issueCount"], self.after is None
        self.pages += 1
        self.hidden += len(page["nodes"]) - len(nodes)
        self.highest_total = max(self.highest_total, counted, total)
        self.total_changed |= total != counted and not (first and total > counted)
        self.arrived.take([each["id"] for each in nodes], total)
        return nodes


Batch = Sequence[tuple[SearchProgress, int]]
"""Searches that one request reads on, each with how many results to ask for."""


def ask_for_page(client: Client, batch: Batch, paths: bool = True) -> Answer:
    """The next results of several searches, without retries; `paths` asks for changed paths, too."""
    shapes = [progress.search.shape for progress, _ in batch]
    variables: dict[str, object] = {"paths": paths} if "PullRequests" in shapes else {}
    for number, (progress, size) in enumerate(batch):
        variables |= {f"q{number}": progress.search.query, f"n{number}": size, f"a{number}": progress.after}
    return client.ask_once(graphql.searches(shapes), variables)


def walk(client: Client, search: Search, shape: str) -> Iterator[Mapping[str, Any]]:
    """The results of a search in a light shape, as far as they are shown."""
    document = graphql.searches([shape])
    variables = {"q0": search.query, "n0": 100}
    for page in walk_pages(
        lambda after: client.ask(document, {**variables, "a0": after or None}).data["s0"], "", _next_cursor
    ):
        yield from (each for each in page["nodes"] if each)


@dataclass
class IdWalk:
    """The ids of a search's results, how many came without one, and whether the pages ended by themselves."""

    ids: list[str] = field(default_factory=list)
    hidden: int = 0
    ended: bool = False


def walk_ids(client: Client, searches: Iterable[Search]) -> dict[Search, IdWalk]:
    """The ids of the results of several searches, a hundred a page and ten searches a request."""
    waiting = {each: PageCursor() for each in searches}
    found = {each: IdWalk() for each in waiting}
    while waiting:
        batch = list(waiting)[:WALKS]
        variables: dict[str, object] = {}
        for number, search in enumerate(batch):
            variables |= {f"q{number}": search.query, f"n{number}": 100, f"a{number}": waiting[search].after}
        answer = client.ask(graphql.searches(["Ids"] * len(batch)), variables)
        for number, search in enumerate(batch):
            page, walked = answer.data[f"s{number}"], found[search]
            walked.ids += [each["id"] for each in page["nodes"] if each and each.get("id")]
            walked.hidden += sum(not (each and each.get("id")) for each in page["nodes"])
            if not waiting[search].advance(page["pageInfo"]):
                walked.ended = not waiting.pop(search).cut
    return found


def _next_cursor(page: Mapping[str, Any]) -> str | None:
    return page["pageInfo"]["endCursor"] if page["pageInfo"]["hasNextPage"] else None


def ask_by_id(client: Client, search: Search, ids: Sequence[str]) -> Answer:
    """What a search asks of each result, for results known by their ids, without retries."""
    return client.ask_once(graphql.by_id(search.shape), {"ids": list(ids)} | ({"paths": True} if search.heavy else {}))


def result_of(page: Mapping[str, Any], path: Sequence[Any]) -> Mapping[str, Any] | None:
    """The shown result that an error's path leads into; None where the error hides the result itself.

    GraphQL puts null where an error is and lets it climb to the nearest field that may be null, so a path of four
    steps or more (`s0`, `nodes`, index, field) may end in something within a result that came.
    """
    if len(path) < 4 or path[1] != "nodes" or path[2] >= len(page["nodes"]):
        return None
    found: Mapping[str, Any] | None = page["nodes"][path[2]]
    return found
