"""A search on its way through its pages, and the questions that lead to its results."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from harvester.sdk.paging import PageSize, TotalCheck

from . import graphql
from .client import Answer, Client, fixed
from .searches import Search


@dataclass
class SearchProgress:
    """A search on its way: what came of it in this pass, where it goes on, and how many passes there were.

    `whole` is false where it matches more than GitHub gives out and nothing can cut it, `most` the highest total that
    was named in this pass. `skipped` results before the first one were left out, created at `skipped_at`.
    """

    search: Search
    tally: TotalCheck
    after: str | None = None
    finished: bool = False
    passes: int = 1
    pages: int = 0
    steady: bool = True
    whole: bool = True
    lost: int = 0
    most: int = 0
    skipped: int = 0
    skipped_at: dt.datetime | None = None

    @property
    def remaining(self) -> int:
        """How many results may still come."""
        return self.tally.total if self.after is None else self.tally.missing


def ask_for(batch: Sequence[tuple[SearchProgress, int]], paths: bool = True) -> tuple[str, Mapping[str, object]]:
    """The question for the next results of several pieces, so many of each."""
    shapes = [piece.search.shape for piece, _ in batch]
    variables: dict[str, object] = {"paths": paths} if "PullRequests" in shapes else {}
    for number, (piece, size) in enumerate(batch):
        variables |= {f"q{number}": piece.search.query, f"n{number}": size, f"a{number}": piece.after}
    return graphql.searches(shapes), variables


def walk(client: Client, search: Search, shape: str) -> Iterator[Mapping[str, Any]]:
    """The results of a search in a light shape, as far as they are shown."""
    after: str | None = None
    while True:
        variables = {"q0": search.query, "n0": 100, "a0": after}
        page = client.ask(fixed(graphql.searches([shape]), variables)).data["s0"]
        yield from (each for each in page["nodes"] if each)
        if not page["pageInfo"]["hasNextPage"]:
            return
        after = page["pageInfo"]["endCursor"]


def ask_by_id(client: Client, size: PageSize, search: Search, rest: Sequence[str], some: list[str]) -> Answer:
    """What a search asks of each result, of the first of these ids, which go to `some`."""

    def question() -> tuple[str, Mapping[str, object]]:
        some[:] = rest[: size.size]
        return graphql.by_id(search.shape), {"ids": list(some)} | ({"paths": True} if search.heavy else {})

    return client.ask(question, less=size.shrink)


def holder_of(page: Mapping[str, Any], path: Sequence[Any]) -> Mapping[str, Any] | None:
    """The result that an error lies within, where it came: errors climb until something may be null."""
    if len(path) < 4 or path[1] != "nodes" or path[2] >= len(page["nodes"]):
        return None
    found: Mapping[str, Any] | None = page["nodes"][path[2]]
    return found
