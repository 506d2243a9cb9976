"""Lists within a node that did not end on the page they came with, read to their end."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from harvester.sdk.http import WebError
from harvester.sdk.paging import PageSize

from . import graphql
from .client import Answer, Client

TOGETHER = 20
"""How many lists are read on in one request."""
STRIKES = 2
"""After how many lists in a row that cannot be read even alone no other one is tried."""

Node = dict[str, Any]
Named = tuple[Node, str]
"""A node and the name of a list of it."""


@dataclass
class Lists:
    """Reads lists on. What one page of results taught, its size and its `strikes`, holds for the next one."""

    client: Client
    size: PageSize = field(default_factory=lambda: PageSize(TOGETHER))
    strikes: int = 0

    def fill(self, nodes: Iterable[Node]) -> list[Named]:
        """Read the lists of nodes on, in place; gives back those that stay short of their totals."""
        every = [
            (node, name) for node in nodes for name in graphql.MORE if (node.get(name) or {}).get("nodes") is not None
        ]
        self._read_on([each for each in every if _goes_on(*each)])
        return [(node, name) for node, name in every if len(node[name]["nodes"]) < node[name]["totalCount"]]

    def _read_on(self, short: list[Named]) -> None:
        while short and self.strikes < STRIKES:
            some: list[Named] = []
            answer = self._ask(short, some)
            short = [*short[len(some) :], *(each for i, each in enumerate(some) if _grew(*each, answer.data, f"m{i}"))]

    def _ask(self, short: Sequence[Named], some: list[Named]) -> Answer:
        """The next page of the first lists, which go to `some`; nothing where not even one can be had in time."""

        def question() -> tuple[str, Mapping[str, object]]:
            some[:] = short[: self.size.size]
            return _rest(some)

        try:
            answer = self.client.ask(question, less=self.size.shrink)
        except WebError as failure:
            if failure.kind != "busy":
                raise
            self.strikes += 1
            return Answer({})
        self.size.worked()
        self.strikes = 0
        return answer


def _rest(lists: Sequence[Named]) -> tuple[str, Mapping[str, object]]:
    variables = {f"i{number}": node["id"] for number, (node, _) in enumerate(lists)}
    variables |= {f"a{number}": node[name]["pageInfo"]["endCursor"] for number, (node, name) in enumerate(lists)}
    return graphql.rest([(node["__typename"], name) for node, name in lists]), variables


def _grew(node: Node, name: str, data: Mapping[str, Any], alias: str) -> bool:
    """Put what came into a list; gives back whether it goes on."""
    more = (data.get(alias) or {}).get(name)
    if not more or not more["nodes"]:
        return False
    node[name]["nodes"] += more["nodes"]
    node[name]["pageInfo"] = more["pageInfo"]
    return _goes_on(node, name)


def _goes_on(node: Node, name: str) -> bool:
    return bool((node[name].get("pageInfo") or {}).get("hasNextPage"))
