"""The lists of a fetch, by person or by scope, and how many requests they take."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from harvester.sdk.paging import PageCursor, TotalCheck
from harvester.sdk.strategy import EVER, FIRST, LAST, Job

from . import graphql
from .graphql import LIMIT, PAGE
from .query_parts import QueryPart
from .scope import Place

FIRST_PAGE = 50
"""Merge requests in the first request: each asks Gitaly for its files, and GitLab gives up after 30 seconds."""
PAD = dt.timedelta(days=1)
"""How much wider the asked range is: GitLab rounds some times to days, and a merge closes its issues a bit later."""
OVERLAP = dt.timedelta(days=1)
"""How far back a fetch asks for changes before the last one."""

COUNT_COST = 5
"""What counting a list costs."""

Kind = Literal["authored", "requested", "assigned", "opened", "merge_requests", "issues"]
Stream = Literal["opened", "comments", "releases"]
_NAMES: Mapping[Kind, str] = {
    "authored": "merged merge requests", "requested": "merge requests to review", "assigned": "closed issues",
    "opened": "opened issues", "merge_requests": "merge requests", "issues": "issues",
}  # fmt: skip


@dataclass(frozen=True)
class ListRequest:
    """One list: of what kind, of whom or where (`of`: a username or a path), and the values of its filters."""

    kind: Kind
    listing: graphql.Listing
    of: str
    values: tuple[object, ...] = ()

    @property
    def is_heavy(self) -> bool:
        """Whether its entries are merge requests, with their files and notes."""
        return self.kind in {"authored", "requested", "merge_requests"}

    @property
    def id_shape(self) -> graphql.Shape:
        """The fragment that asks for the ids of its entries only."""
        return "MergeRequestId" if self.is_heavy else "IssueId"

    def page(self, number: int, size: int, after: str | None, paths: bool = True) -> QueryPart:
        """The part of a query that asks for a page of it, with its number."""
        listing = self.listing
        variables = {f"n{number}": size, f"a{number}": after, **self._variables(number)}
        if listing.shape == "MergeRequest":
            variables["paths"] = paths
        declared = graphql.declared(number, listing)
        return QueryPart(f"l{number}", graphql.page(number, listing), listing.cost(size), declared, variables)

    def total(self, number: int) -> QueryPart:
        """The part of a query that asks for the number of its entries, with its own number."""
        declared, text = graphql.declared(number, self.listing, counted=True), graphql.count(number, self.listing)
        return QueryPart(f"l{number}", text, COUNT_COST, declared, self._variables(number))

    def connection(self, value: Any) -> Mapping[str, Any] | None:
        """The list in what came for a part; None where it is not shown."""
        found = value if value is None or self.listing.root == "instance" else value.get(self.listing.name)
        return found if isinstance(found, dict) else None

    def _variables(self, number: int) -> dict[str, object]:
        named = {f"{name}{number}": value for name, value in zip(self.listing.arguments, self.values, strict=True)}
        return named if self.listing.root == "instance" else {f"w{number}": self.of, **named}

    @property
    def name(self) -> str:
        """What its entries are, for messages."""
        return _NAMES[self.kind]

    def __str__(self) -> str:
        return f"{self.name} {'in' if self.kind in {'merge_requests', 'issues'} else 'of'} {self.of}"


def by_person(job: Job, username: str, also: Sequence[str]) -> list[ListRequest]:
    """The lists of one person: merged merge requests and opened issues; what else they did is in their events."""
    merged, created = _filters(job, "merged"), _filters(job, "created")
    listing = graphql.Listing("user", "authoredMergeRequests", "MergeRequest", tuple(merged), "merged")
    found = [ListRequest("authored", listing, username, tuple(merged.values()))]
    if "opened" in also:
        listing = graphql.Listing("instance", "issues", "Issue", ("authorUsername", *created))
        found.append(ListRequest("opened", listing, username, (username, *created.values())))
    return found


def assigned(job: Job, username: str) -> ListRequest:
    """The closed issues that somebody is assigned to, anywhere; for changes those in any state."""
    closed, state = _filters(job, "closed"), _state(job)
    listing = graphql.Listing("instance", "issues", "Issue", ("assigneeUsernames", *closed), state)
    return ListRequest("assigned", listing, username, ((username,), *closed.values()))


def closed_in(job: Job, place: Place) -> ListRequest:
    """Everybody's closed issues in a place; for changes those in any state, since one may have been opened again."""
    closed = _filters(job, "closed")
    return ListRequest("issues", _listing(place, "Issue", closed, _state(job)), place.path, tuple(closed.values()))


def requested(job: Job, username: str) -> ListRequest:
    """What somebody was asked to review, which is most of what they reviewed in many places."""
    touched = _review_filters(job)
    listing = graphql.Listing("user", "reviewRequestedMergeRequests", "MergeRequest", tuple(touched))
    return ListRequest("requested", listing, username, tuple(touched.values()))


def by_scope(job: Job, place: Place, also: Sequence[str]) -> list[ListRequest]:
    """The lists of one place: everything that was touched in the period, for its authors, mergers and reviewers."""
    touched, opened = _review_filters(job), _filters(job, "created")
    found = [
        ListRequest("merge_requests", _listing(place, "MergeRequest", touched), place.path, tuple(touched.values())),
        closed_in(job, place),
    ]
    if "comments" in also:
        found.append(ListRequest("issues", _listing(place, "IssueTalk", touched), place.path, tuple(touched.values())))
    if "opened" in also and not job.changed:
        found.append(ListRequest("issues", _listing(place, "Issue", opened), place.path, tuple(opened.values())))
    return found


def _state(job: Job) -> Literal["", "closed"]:
    return "" if job.changed else "closed"


def _listing(
    place: Place, shape: graphql.Shape, filters: Mapping[str, object], state: Literal["", "closed"] = ""
) -> graphql.Listing:
    name: graphql.Name = "mergeRequests" if shape == "MergeRequest" else "issues"
    return graphql.Listing(place.kind, name, shape, tuple(filters), state)


def _review_filters(job: Job) -> dict[str, object]:
    """The filters for what may have been reviewed in a period: updated since it began, created before it ended."""
    if job.changed:
        return _filters(job, "updated")
    since = {"updatedAfter": _filters(replace(job, within=EVER), "updated")["updatedAfter"]}
    created = _filters(job, "created")
    if job.within.since <= FIRST:
        del created["createdAfter"]
    return since | created


def _filters(job: Job, what: str) -> dict[str, object]:
    """The filters for when something happened, a day wider than asked for; for changes, when it was updated."""
    since, until = max(job.period.since, FIRST), min(job.period.until, LAST)
    if job.changed:
        return {"updatedAfter": _written(since - OVERLAP)}
    since, until = max(since - PAD, job.within.since), min(until + PAD, job.within.until)
    return {f"{what}After": _written(since), f"{what}Before": _written(until)}


def _written(at: dt.datetime) -> str:
    return f"{at.astimezone(dt.UTC):%Y-%m-%dT%H:%M:%SZ}"


def requests_for(counts: Mapping[ListRequest, int]) -> int:
    """About how many requests it takes to read lists with so many entries."""
    pages = {each: math.ceil(count / PAGE) for each, count in counts.items()}
    spent = sum(
        full * each.listing.cost(PAGE) + (each.listing.cost(rest) if rest else 0)
        for each, count in counts.items()
        for full, rest in [divmod(count, PAGE)]
    )
    return max([*pages.values(), math.ceil(spent / LIMIT)], default=0)


def take_pages(waiting: Sequence[tuple[ListRequest, int]], size: int) -> list[int]:
    """How many entries of each list to ask for in one request; lists without a number wait.

    `waiting` gives each list with how many entries may still come; `size` is how many merge requests one request may
    carry, or twice as many issues. The first list gets at least one entry.
    """
    sizes: list[int] = []
    room, spent = float(size), 0
    for each, remaining in waiting:
        weight = 1.0 if each.is_heavy else 0.5
        number = min(PAGE, max(remaining, 1), int(room / weight) if sizes else max(int(room / weight), 1))
        number = next((n for n in range(number, 0, -1) if spent + each.listing.cost(n) <= LIMIT), 0)
        if not number and sizes:
            break
        sizes.append(max(number, 1))
        room -= number * weight
        spent += each.listing.cost(sizes[-1])
    return sizes


@dataclass
class ListProgress(PageCursor):
    """How far a list is read.

    `hidden` entries came without their contents. `changed` says that the total moved between pages, `doubtful` that
    something may have slipped past them.
    """

    request: ListRequest
    arrived: TotalCheck
    finished: bool = False
    hidden: int = 0
    changed: bool = False
    doubtful: bool = False

    @property
    def remaining(self) -> int:
        """How many entries may still come."""
        return self.arrived.total if self.after is None else self.arrived.missing

    def take(self, page: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Note a page and its total, and move on; returns the entries that are shown.

        On the first page a total above the count is of what came meanwhile.
        """
        nodes = [each for each in page["nodes"] if each and each.get("id")]
        counted, total = self.arrived.total, int(page["count"])
        self.hidden += len(page["nodes"]) - len(nodes)
        self.changed |= total != counted and not (self.after is None and total > counted)
        self.arrived.take([each["id"] for each in nodes], total)
        self.finished = not self.advance(page["pageInfo"])
        self.doubtful = self.finished and (self.changed or self.cut or self.arrived.missing > 0)
        return nodes
