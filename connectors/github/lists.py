"""Lists within a node that did not end on the page they came with, read to their end."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from harvester.web import WebError

from . import documents
from .client import Answer, Client, fixed

TOGETHER = 20
"""How many lists are read on in one request."""

Node = dict[str, Any]


def fill(client: Client, nodes: Iterable[Node]) -> Iterator[tuple[Node, str]]:
    """Read the lists of nodes on, in place; yields a node and the list's name where it stays short of its total."""
    every = [
        (node, name) for node in nodes for name in documents.MORE if (node.get(name) or {}).get("nodes") is not None
    ]
    _read_on(client, [each for each in every if _goes_on(*each)])
    for node, name in every:
        if len(node[name]["nodes"]) < node[name]["totalCount"]:
            yield node, name


def _read_on(client: Client, short: list[tuple[Node, str]]) -> None:
    while short:
        some, short = short[:TOGETHER], short[TOGETHER:]
        answer = _ask(client, some)
        for number, (node, name) in enumerate(some):
            more = (answer.data.get(f"m{number}") or {}).get(name)
            if more and more["nodes"]:
                node[name]["nodes"] += more["nodes"]
                node[name]["pageInfo"] = more["pageInfo"]
                short += [(node, name)] if _goes_on(node, name) else []


def _ask(client: Client, lists: list[tuple[Node, str]]) -> Answer:
    """The next page of each list; nothing where GitHub cannot answer in time."""
    variables = {f"i{number}": node["id"] for number, (node, _) in enumerate(lists)}
    variables |= {f"a{number}": node[name]["pageInfo"]["endCursor"] for number, (node, name) in enumerate(lists)}
    document = documents.rest([(node["__typename"], name) for node, name in lists])
    try:
        return client.ask(fixed(document, variables))
    except WebError as failure:
        if failure.kind != "busy":
            raise
        return Answer({})


def _goes_on(node: Node, name: str) -> bool:
    return bool((node[name].get("pageInfo") or {}).get("hasNextPage"))
