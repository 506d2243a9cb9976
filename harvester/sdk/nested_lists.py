"""Lists within GraphQL nodes that did not end on the page they came with, read to their end."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from harvester.sdk.graphql import Answer, GraphQLClient
from harvester.sdk.http import WebError
from harvester.sdk.paging import STRIKES, PageSize, ask_fitting, take_first

TOGETHER = 20
"""How many lists one request reads on."""

Node = dict[str, Any]
NodeList = tuple[Node, str]
"""A node and the name of a list of it."""


@dataclass(frozen=True)
class ShortList:
    """A list that has fewer distinct entries than its total, and the errors beside the answers that continued it."""

    node: Node
    name: str
    arrived: int
    errors: Sequence[Mapping[str, Any]] = ()


@dataclass
class NestedLists:
    """Completes lists within nodes. The page size and the failures in a row carry over from one page to the next.

    `document` makes a query for the rest of lists, each named by its node's `__typename` and its field. It has the
    variables i0 (the node's `id`), a0 (the cursor), i1 and so on, and answers as m0, m1, … A node there has the field.

    `total` is the field of a list with its total, if the service has one.
    """

    client: GraphQLClient
    names: Collection[str]
    """Lists within a node that may be longer than the page they came with."""
    document: Callable[[Sequence[tuple[str, str]]], str]
    keys: Mapping[str, str] = field(default_factory=dict)
    """What makes an entry of a list distinct, where that is not its id."""
    total: str = "totalCount"
    size: PageSize = field(default_factory=lambda: PageSize(TOGETHER))
    strikes: int = 0

    def complete(self, nodes: Iterable[Node]) -> list[ShortList]:
        """Read the lists of nodes to their end, in place; returns those that are not whole.

        That is fewer entries than their total, errors, or a list that goes on and could not be read on; without a total
        also an entry that is not shown. Entries are made distinct: one that comes twice, as where something was added
        meanwhile, hides that another did not come.
        """
        lists = [
            (node, name) for node in nodes for name in self.names if (node.get(name) or {}).get("nodes") is not None
        ]
        errors = self._read_on([each for each in lists if _has_next_page(*each)])
        short = []
        for node, name in lists:
            is_hidden = not all(node[name]["nodes"])
            node[name]["nodes"] = list(self._distinct(name, node[name]["nodes"]).values())
            arrived, refused = len(node[name]["nodes"]), errors.get((node["id"], name), ())
            total = node[name].get(self.total)
            unfinished = is_hidden or _has_next_page(node, name) if total is None else arrived < total
            if unfinished or refused:
                short.append(ShortList(node, name, arrived, refused))
        return short

    def _read_on(self, unfinished: list[NodeList]) -> dict[tuple[str, str], list[Mapping[str, Any]]]:
        """Read on many lists at once, the first ones first; what a batch leaves unfinished goes to the end.

        A list that leads to a page it had would never end, and is left there. Returns the errors that came beside, by
        the id of the node and the name of the list.
        """
        asked: set[tuple[str, str, str]] = set()
        refused: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
        while unfinished and self.strikes < STRIKES:
            batch, answer = ask_fitting(self.client.retry, self.size, partial(take_first, unfinished), self._ask)
            data: Mapping[str, Any] = {}
            if isinstance(answer, WebError):
                self.strikes += 1
            else:
                self.strikes, data = 0, answer.data
                for error in answer.errors:
                    for node, name in _lists_of(error, batch):
                        refused.setdefault((node["id"], name), []).append(error)
            asked |= {_position(*each) for each in batch}
            goes_on = [each for number, each in enumerate(batch) if _extend(*each, data.get(f"m{number}") or {})]
            goes_on = [each for each in goes_on if _position(*each) not in asked]
            unfinished = [*unfinished[len(batch) :], *goes_on]
        return refused

    def _ask(self, lists: Sequence[NodeList]) -> Answer:
        variables = {f"i{number}": node["id"] for number, (node, _) in enumerate(lists)}
        variables |= {f"a{number}": node[name]["pageInfo"]["endCursor"] for number, (node, name) in enumerate(lists)}
        return self.client.ask_once(self.document([(node["__typename"], name) for node, name in lists]), variables)

    def _distinct(self, name: str, entries: Iterable[Any]) -> dict[Any, Any]:
        """The entries of a list that are shown, by what makes them distinct."""
        key = self.keys.get(name, "id")
        return {each[key]: each for each in entries if each}


def _lists_of(error: Mapping[str, Any], batch: Sequence[NodeList]) -> Sequence[NodeList]:
    """The list that an error is about; the whole batch where its path names none."""
    alias = str((error.get("path") or [""])[0])
    number = int(alias[1:]) if alias[:1] == "m" and alias[1:].isdigit() else len(batch)
    return [batch[number]] if number < len(batch) else batch


def _extend(node: Node, name: str, answer: Mapping[str, Any]) -> bool:
    """Put what came into a list; returns whether it goes on. A list whose node is gone or that got nothing ends."""
    more = answer.get(name)
    if not more or not more["nodes"]:
        return False
    node[name]["nodes"] += more["nodes"]
    node[name]["pageInfo"] = more["pageInfo"]
    return _has_next_page(node, name)


def _position(node: Node, name: str) -> tuple[str, str, str]:
    """The next page of a list: its node's id, its name and the cursor."""
    return str(node["id"]), name, str(node[name]["pageInfo"].get("endCursor"))


def _has_next_page(node: Node, name: str) -> bool:
    return bool((node[name].get("pageInfo") or {}).get("hasNextPage"))
