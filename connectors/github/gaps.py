"""What GitHub did not show: reported once each, and remembered for the next fetch."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from harvester.sdk import gaps
from harvester.sdk.nested_lists import ShortList

from .preflight import reason_of

Node = Mapping[str, Any]
ROW_LISTS = frozenset({"reviews", "comments", "assignees", "releases"})
"""Lists of a node whose entries become rows."""
CREDITS = ROW_LISTS | {"author", "timelineItems"}
"""Fields of a node that decide who is credited."""


@dataclass
class GapCollector(gaps.GapCollector):
    """The gaps of one fetch, all of the one scope there is, the host; qualifiers are those of searches."""

    short: set[str] = field(default_factory=set)
    """Ids of results that miss something: what was read of them before must stay."""
    _explained: Counter[tuple[str, str]] = field(default_factory=Counter)

    def note_short_list(self, short: ShortList) -> None:
        """Note a list of a node that has fewer entries than its total, unless hidden ones that were noted explain it.

        GitHub lists no more than 3,000 files; the row says so, and asking again would not help.
        """
        node, name, total = short.node, short.name, short.node[short.name]["totalCount"]
        explained = short.arrived + self._explained[node["id"], name] >= total
        if not short.errors and (explained or (name == "files" and not node[name]["pageInfo"]["hasNextPage"])):
            return
        what = {"files": "changed paths", "closingIssuesReferences": "closing references"}.get(name, name)
        self._lose(node, name)
        why = f" ({'; '.join(dict.fromkeys(map(reason_of, short.errors)))})" if short.errors else ""
        reason = f"GitHub gave fewer {what} than it counted{why}"
        self.note(reason, str(node.get("url", node["id"])), f"GitHub gave {short.arrived} of {total} {what}{why}")

    def _lose(self, node: Node, name: str) -> None:
        """Note that a field of a node is not complete; where it decides about rows no cursor may be left."""
        if name in CREDITS:
            self.blocked = True
            self.short.add(node["id"])

    def note_hidden_reference(self, node: Node, error: Mapping[str, Any], path: Sequence[Any] = ()) -> None:
        """Note that something a shown node refers to is hidden; `path` leads to it from the node."""
        if path:
            self._explained[node["id"], str(path[0])] += 1
            self._lose(node, str(path[0]))
        owner = (node.get("repository") or {}).get("nameWithOwner", "").partition("/")[0]
        why = f"a reference is hidden ({reason_of(error)})"
        self.note(f"{owner}: {why}" if owner else why, str(node.get("url", node.get("id"))), why)
