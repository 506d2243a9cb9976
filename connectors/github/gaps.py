"""What a reading could not see: told once each, kept for the next reading, and like holes together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from harvester.model.periods import Period
from harvester.sdk.connector import Gap

from .preflight import UnreadableScope, reason_of

Node = Mapping[str, Any]


@dataclass
class GapCollector:
    """The holes of one reading, all in the one scope there is: so that no row read earlier is taken for gone.

    `places` are the search qualifiers that the next reading looks into anew, `untold` the reasons of holes that it can
    only tell again. `blocked` says that it has to begin from the start, `any` that this one is not whole.
    """

    host: str
    period: Period
    places: dict[str, None] = field(default_factory=dict)
    untold: dict[str, None] = field(default_factory=dict)
    blocked: bool = False
    any: bool = False
    _told: set[str] = field(default_factory=set)
    _short: dict[str, list[tuple[str, str]]] = field(default_factory=dict)
    _within: dict[tuple[str, str], dict[str, None]] = field(default_factory=dict)

    def gap(self, reason: str) -> Gap:
        """A hole."""
        self.any = True
        return Gap(self.host, reason, self.period)

    def once(self, reason: str) -> Iterator[Gap]:
        """A hole, where it was not told yet."""
        if reason not in self._told:
            self._told.add(reason)
            yield self.gap(reason)

    def hole(self, hole: UnreadableScope) -> Iterator[Gap]:
        """Something that is not shown, and what the next reading does about it."""
        if hole.place is not None:
            self.places[hole.place] = None
        elif not hole.known:
            self.blocked = True
        yield from self.once(str(hole))

    def again(self, reason: str) -> Iterator[Gap]:
        """A hole that nobody can look into, told now and at every later reading until all is read anew."""
        self.untold[reason] = None
        yield from self.once(reason)

    def short(self, node: Node, name: str) -> None:
        """Note a list of a node that stayed short of its total."""
        came, total = len(node[name]["nodes"]), node[name]["totalCount"]
        if name == "files" and not node[name]["pageInfo"]["hasNextPage"]:
            return  # GitHub lists no more than 3,000; the row says so, and asking again would not help
        what = {"files": "changed paths", "closingIssuesReferences": "closing references"}.get(name, name)
        self.blocked |= name in {"reviews", "comments", "assignees", "releases"}
        self.any = True
        self._short.setdefault(what, []).append((f"{came} of {total}", node.get("url", node["id"])))

    def within(self, node: Node, error: Mapping[str, Any]) -> None:
        """Note something within a node that is not shown, where the node itself is."""
        owner = (node.get("repository") or {}).get("nameWithOwner", "").partition("/")[0]
        self.any = True
        self._within.setdefault((owner, reason_of(error)), {})[str(node.get("url", node.get("id")))] = None

    def grouped(self) -> Iterator[Gap]:
        """What was noted, each kind in one gap: one permission may cost something in every result."""
        for what, found in self._short.items():
            numbers, url = found[0]
            if len(found) == 1:
                yield self.gap(f"GitHub gave {numbers} {what} of {url}")
            else:
                yield self.gap(f"GitHub gave {what} short of their number for {len(found)} results, such as {url}")
        for (owner, reason), urls in self._within.items():
            first, where = next(iter(urls)), f" of {owner}" if owner else ""
            who = f"{first} refers" if len(urls) == 1 else f"{len(urls)} results{where}, such as {first}, refer"
            yield self.gap(f"something that {who} to: {reason}")
