"""Merge requests and issues that are known by their numbers, read in batches of many projects."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from harvester.sdk.graphql import Answer

from . import graphql
from .client import Client
from .graphql import LIMIT, PAGE, Shape
from .query_parts import QueryPart, ask_once


@dataclass(frozen=True, order=True)
class ItemKey:
    """A merge request or issue by its project's full path and its number there, and what is to be read of it."""

    project: str
    shape: Shape
    iid: int

    @property
    def mark(self) -> str:
        """What follows the project's path in its work item: `!12` or `#7`."""
        return f"{'!' if self.shape in MERGE_REQUESTS else '#'}{self.iid}"

    def __str__(self) -> str:
        return f"{self.project}{self.mark}"


MERGE_REQUESTS: frozenset[Shape] = frozenset({"MergeRequest", "MergeRequestId", "Author", "Landed"})
"""The fragments of merge requests; the others are of issues."""


def query_parts(keys: Iterable[ItemKey], paths: bool = True) -> list[tuple[QueryPart, list[ItemKey]]]:
    """The parts of a query that ask for keys, a hundred of one project together, each with its keys."""
    return [(_part(number, some, paths), some) for number, some in enumerate(lists(keys))]


def take(keys: Sequence[ItemKey], number: int) -> Sequence[ItemKey]:
    """The first keys that fit into one query: at most so many, and at least one; for `in_batches`."""
    spent, taken_of = 0, dict[tuple[str, Shape], int]()
    for taken, each in enumerate(keys[:number]):
        where = each.project, each.shape
        if taken_of.get(where, 0) % PAGE == 0:
            spent += listing(each.shape).cost(PAGE)
        taken_of[where] = taken_of.get(where, 0) + 1
        if taken and spent > LIMIT:
            return keys[:taken]
    return keys[:number]


def requests_for(keys: Sequence[ItemKey]) -> int:
    """How many requests it takes to read keys, which come project by project."""
    number = 0
    while keys:
        keys, number = keys[len(take(keys, PAGE)) :], number + 1
    return number


def ask(client: Client, keys: Sequence[ItemKey], paths: bool = True) -> Answer:
    """The answer to a query for these keys, without retries; `paths` asks for changed files, too."""
    return ask_once(client, [part for part, _ in query_parts(keys, paths)])


def found(answer: Answer, part: QueryPart, shape: Shape) -> list[dict[str, Any]] | None:
    """The merge requests or issues that came for a part; None where their project is not shown."""
    project = part.value(answer)
    listed = (project or {}).get(listing(shape).name)
    return None if listed is None else [each for each in listed["nodes"] if each and each.get("iid")]


def lists(keys: Iterable[ItemKey]) -> list[list[ItemKey]]:
    """The keys by project and shape, at most a hundred in a list."""
    together: dict[tuple[str, Shape], list[ItemKey]] = {}
    for each in dict.fromkeys(keys):
        together.setdefault((each.project, each.shape), []).append(each)
    return [some[at : at + PAGE] for some in together.values() for at in range(0, len(some), PAGE)]


def _part(number: int, keys: Sequence[ItemKey], paths: bool) -> QueryPart:
    asked, first = listing(keys[0].shape), keys[0]
    iids = [str(each.iid) for each in keys]
    variables: dict[str, object] = {f"w{number}": first.project, f"iids{number}": iids}
    variables |= {f"n{number}": PAGE, f"a{number}": None}
    if first.shape == "MergeRequest":
        variables["paths"] = paths
    declared = graphql.declared(number, asked)
    return QueryPart(f"l{number}", graphql.page(number, asked), asked.cost(PAGE), declared, variables)


def listing(shape: Shape) -> graphql.Listing:
    """The list that has merge requests or issues of a project by their numbers."""
    return graphql.Listing("project", "mergeRequests" if shape in MERGE_REQUESTS else "issues", shape, ("iids",))
