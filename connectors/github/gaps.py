"""What GitHub did not show: reported once each, and remembered for the next fetch."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from harvester.sdk import gaps
from harvester.sdk.connector import Gap

from .preflight import UnreadableScope, reason_of

Node = Mapping[str, Any]
ROW_LISTS = frozenset({"reviews", "comments", "assignees", "releases"})
"""Lists of a node whose entries become rows."""


@dataclass
class GapCollector(gaps.GapCollector):
    """The gaps of one fetch, all of the one scope there is, the host.

    What is missing is one of three kinds, by what finds it later. Something hidden in a known place is searched for in
    full by every fetch until it shows (`unreadable`, search qualifiers). Something hidden in an unknown place cannot
    be searched for, so every fetch reports it until a refresh (`unlocated`, reasons). For everything else the next
    fetch has to begin from the start (`blocked`). So no gap is forgotten, and most cost no more than one search.
    """

    unreadable: dict[str, None] = field(default_factory=dict)
    unlocated: dict[str, None] = field(default_factory=dict)

    def scope_gap(self, hidden: UnreadableScope) -> Iterator[Gap]:
        """The gap of something that is not shown, remembered by its search qualifier."""
        if hidden.qualifier is not None:
            self.unreadable[hidden.qualifier] = None
        elif not hidden.known:
            self.blocked = True
        yield from self.once(str(hidden))

    def unlocated_gap(self, reason: str) -> Iterator[Gap]:
        """The gap of something hidden in an unknown place, which every later fetch reports, too."""
        self.unlocated[reason] = None
        yield from self.once(reason)

    def note_short_list(self, node: Node, name: str) -> None:
        """Note a list of a node that has fewer entries than its total."""
        arrived, total = len(node[name]["nodes"]), node[name]["totalCount"]
        if name == "files" and not node[name]["pageInfo"]["hasNextPage"]:
            return  # GitHub lists no more than 3,000; the row says so, and asking again would not help
        what = {"files": "changed paths", "closingIssuesReferences": "closing references"}.get(name, name)
        self.blocked |= name in ROW_LISTS
        reason = f"GitHub gave fewer {what} than it counted"
        self.note(reason, str(node.get("url", node["id"])), f"GitHub gave {arrived} of {total} {what}")

    def note_hidden_reference(self, node: Node, error: Mapping[str, Any]) -> None:
        """Note that something a shown node refers to is hidden."""
        owner = (node.get("repository") or {}).get("nameWithOwner", "").partition("/")[0]
        why = f"a reference is hidden ({reason_of(error)})"
        self.note(f"{owner}: {why}" if owner else why, str(node.get("url", node.get("id"))), why)
