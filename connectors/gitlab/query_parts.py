"""Parts of queries: fields with their variables, packed into as few queries as GitLab's limits allow."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from harvester.sdk.graphql import Answer
from harvester.sdk.http import WebError
from harvester.sdk.paging import PageSize, in_batches

from . import graphql
from .client import Client

TOGETHER = 50
"""How many parts one query has at most."""


@dataclass(frozen=True)
class QueryPart:
    """One top-level field of a query under the alias `name`, with its variables: `declared` are their types.

    `cost` is its complexity as GitLab counts, or more.
    """

    name: str
    text: str
    cost: int
    declared: Mapping[str, str] = field(default_factory=dict)
    variables: Mapping[str, object] = field(default_factory=dict)

    def value(self, answer: Answer) -> Any:
        """What came for it; None where nothing did."""
        return answer.data.get(self.name)

    def errors(self, answer: Answer) -> list[Mapping[str, Any]]:
        """The errors beside it."""
        return [each for each in answer.errors if (each.get("path") or [None])[0] == self.name]


def ask_once(client: Client, parts: Sequence[QueryPart]) -> Answer:
    """The answer to a query of these parts, without retries."""
    variables = {name: value for each in parts for name, value in each.variables.items()}
    return client.ask_once(document(parts), variables)


def document(parts: Sequence[QueryPart]) -> str:
    """A query of these parts."""
    declared = {name: kind for each in parts for name, kind in each.declared.items()}
    variables = [f"${name}: {kind}" for name, kind in declared.items()]
    return graphql.DOCUMENTS.document(variables, [each.text for each in parts])


def answers(
    client: Client, parts: Iterable[QueryPart], optional: Sequence[QueryPart] = ()
) -> Iterator[tuple[QueryPart, Answer | WebError]]:
    """Each part with the answer that has it, as many together as fit.

    Raises WebError where one cannot be had; for an `optional` one it comes in place of the answer.
    """
    names = {each.name for each in optional}
    for batch, answer in in_batches(
        client.retry, PageSize(TOGETHER), parts, lambda some: ask_once(client, some), take=pack
    ):
        if isinstance(answer, WebError) and not all(each.name in names for each in batch):
            raise answer
        yield from ((each, answer) for each in batch)


def pack(parts: Sequence[QueryPart], number: int) -> Sequence[QueryPart]:
    """The first parts that fit into one query: at most so many, and at least one."""
    spent = 0
    for taken, each in enumerate(parts[:number]):
        spent += each.cost
        if taken and (spent > graphql.LIMIT or len(document(parts[: taken + 1])) > graphql.LONGEST):
            return parts[:taken]
    return parts[:number]
