"""What GitLab did not show: reported once each, and remembered for the next fetch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from harvester.sdk import gaps
from harvester.sdk.nested_lists import ShortList

from .preflight import reason_of

Node = Mapping[str, Any]
ROW_LISTS = frozenset({"notes", "assignees", "releases"})
"""Lists of a node whose entries become rows."""
CREDITS = ROW_LISTS | {"author", "project"}
"""Fields of a node that decide who is credited."""


@dataclass
class GapCollector(gaps.GapCollector):
    """The gaps of one fetch, all of the one scope there is; qualifiers are those of `Cursor.unreadable`."""

    short: set[str] = field(default_factory=set)
    """Ids of nodes that miss something: what was read of them before must stay."""

    def note_short_list(self, short: ShortList) -> None:
        """Note a list of a node that is not whole."""
        node, name, total = short.node, short.name, short.node[short.name].get("count")
        self._lose(node, name)
        why = f" ({'; '.join(dict.fromkeys(map(reason_of, short.errors)))})" if short.errors else ""
        came = f"{short.arrived} of {total}" if total is not None else f"only {short.arrived}"
        self.note(f"GitLab did not give all {name}{why}", address(node), f"GitLab gave {came} {name}{why}")

    def note_hidden_field(self, node: Node, error: Mapping[str, Any], path: Sequence[Any]) -> None:
        """Note that something within a shown node is hidden; `path` leads to it from the node."""
        self._lose(node, str(path[0]) if path else "")
        self.note(f"something within is hidden ({reason_of(error)})", address(node))

    def _lose(self, node: Node, name: str) -> None:
        """Note that a field of a node is not complete; where it decides about rows no cursor may be left."""
        if name in CREDITS:
            self.blocked = True
            self.short.add(node["id"])


def address(node: Node) -> str:
    """Where a node is, for a message."""
    return str(node.get("webUrl") or node.get("fullPath") or node.get("id"))
