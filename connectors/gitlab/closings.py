"""How issues were closed, and who wrote the merge requests that closed them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlencode

from harvester.sdk.graphql import Answer
from harvester.sdk.http import WebError, or_busy
from harvester.sdk.paging import PageSize, in_batches
from harvester.sdk.rest import by_link_here, listed

from . import graphql, item_keys, rows
from .client import Client
from .graphql import LIMIT, PAGE
from .item_keys import ItemKey
from .query_parts import QueryPart, ask_once

Node = dict[str, Any]
Reference = tuple[str, int]
"""A merge request or an issue: the path of its project and its number there."""
TOGETHER = 250
"""How many issues one query asks for at most: GitLab looks up the activity of each."""
PAGES = 10
"""How many further pages of an issue's activity are read, newest first, until it shows how the issue was closed."""


@dataclass
class Closings:
    """Reads how issues were closed. What it learns on the way is kept: authors, visibilities, and what is missing."""

    client: Client
    authors: dict[Reference, Mapping[str, Any] | None] = field(default_factory=dict)
    """Who wrote merge requests."""
    visibility: dict[int, str] = field(default_factory=dict)
    """The visibility of projects, by their ids."""
    missing: list[str] = field(default_factory=list)
    """Why the closing of some issues is not known, for gaps."""
    size: PageSize = field(default_factory=lambda: PageSize(TOGETHER, PAGE))

    def read(self, issues: Sequence[Node]) -> dict[str, rows.Closing | None]:
        """How each of these issues was closed, by their ids; None where that could not be read.

        The activity of its work item shows that. Where it does not, REST names the closer; where that does not either,
        nobody knows.
        """
        references: dict[Reference, Node] = {(rows.project_path(each), int(each["iid"])): each for each in issues}
        found: dict[Reference, rows.Closing | None] = dict.fromkeys(references)
        for reference, item in self._work_items(sorted(references)):
            if reference in found:
                found[reference] = self._closing(item, reference)
        if unread := [f"{path}#{iid}" for (path, iid), closing in found.items() if closing is None]:
            more = f" and {len(unread) - 1} more" if len(unread) > 1 else ""
            self.missing.append(f"what closed {unread[0]}{more}: GitLab does not show the activity")
        unknown = {reference: each for reference, each in references.items() if _is_unknown(found[reference])}
        found |= self._by_rest(unknown, found)
        found = self._with_authors(found)
        return {each["id"]: found[reference] for reference, each in references.items()}

    def _work_items(self, wanted: Sequence[Reference]) -> Iterator[tuple[Reference, Node]]:
        """The work items of issues, which come project by project; several projects together."""
        for batch, answer in in_batches(self.client.retry, self.size, wanted, self._ask, take=_take):
            if isinstance(answer, WebError):
                continue  # REST is asked for these
            for part, project, _ in _parts(batch):
                came = part.value(answer) or {}
                if came.get("visibility"):
                    self.visibility[rows.number(came["id"])] = came["visibility"]
                nodes = (came.get("workItems") or {}).get("nodes") or ()
                yield from (((project, int(each["iid"])), each) for each in nodes if each and each.get("iid"))

    def _ask(self, some: Sequence[Reference]) -> Answer:
        return ask_once(self.client, [part for part, _, _ in _parts(some)])

    def _closing(self, item: Node, reference: Reference) -> rows.Closing | None:
        """How a work item was closed; reads its activity on until it shows that. None where it cannot be read."""
        if not _lists(item):
            return None
        found, after = rows.closing(item), _next(item)
        asked: set[str] = set()
        while found.by is None and after and after not in asked and len(asked) < PAGES:
            asked.add(after)
            came = self._rest_of(item["id"], after)
            if came is None:
                return None
            found, after = replace(rows.closing(came), canceled=found.canceled), _next(came)
        return found

    def _rest_of(self, key: str, after: str) -> Node | None:
        answer = or_busy(lambda: self.client.ask(graphql.closing_rest(1), {"i0": key, "a0": after}, tries=3))
        return None if isinstance(answer, WebError) else answer.data["m0"]

    def _by_rest(
        self, unknown: Mapping[Reference, Node], found: Mapping[Reference, rows.Closing | None]
    ) -> dict[Reference, rows.Closing | None]:
        """The closers as REST names them; notes what cannot be read."""
        projects: dict[int, list[Reference]] = {}
        for reference, issue in unknown.items():
            projects.setdefault(int(issue["projectId"]), []).append(reference)
        closers: dict[Reference, rows.Closing | None] = {}
        for project, references in projects.items():
            for at in range(0, len(references), PAGE):
                some = references[at : at + PAGE]
                try:
                    named = self._closers(project, some)
                except WebError as failure:
                    if failure.kind == "limit":
                        raise
                    self.missing.append(f"how {len(some)} issues of {some[0][0]} were closed: {failure}")
                    continue
                known = {reference: found[reference] or rows.Closing(None) for reference in some}
                closers |= {reference: replace(each, by=named.get(reference[1])) for reference, each in known.items()}
        return closers

    def _closers(self, project: int, some: Sequence[Reference]) -> dict[int, Mapping[str, Any] | None]:
        """Who closed issues of a project, by their numbers; raises WebError."""
        wanted = urlencode([("iids[]", iid) for _, iid in some])
        pages = self.client.rest.pages(f"projects/{project}/issues?{wanted}", by_link_here, {"per_page": PAGE})
        return {int(each["iid"]): each.get("closed_by") for page in pages for each in listed(page)}

    def _with_authors(self, found: dict[Reference, rows.Closing | None]) -> dict[Reference, rows.Closing | None]:
        """The closings, each with who wrote the merge request that did it, where one did."""
        closers = {
            reference: (_project_of(each.project, reference[0]), int(each.iid)) for reference, each in found.items()
            if each and each.iid
        }  # fmt: skip
        unread = self._read_authors([each for each in dict.fromkeys(closers.values()) if each not in self.authors])
        for reference, closer in closers.items():
            closing = found[reference]
            assert closing, "it is among those that have a merge request"
            known = replace(closing, project=closer[0], author=self.authors.get(closer))
            found[reference] = None if closer in unread else known
        return found

    def _read_authors(self, wanted: Sequence[Reference]) -> set[Reference]:
        """Read who wrote merge requests; returns those whose author could not be read."""
        unread: set[Reference] = set()
        for batch, answer in in_batches(
            self.client.retry,
            PageSize(PAGE),
            [ItemKey(path, "Author", iid) for path, iid in sorted(wanted)],
            lambda some: item_keys.ask(self.client, some),
            take=item_keys.take,
        ):
            if isinstance(answer, WebError):
                self.missing.append(f"who wrote {len(batch)} merge requests that closed issues: {answer}")
                unread |= {(each.project, each.iid) for each in batch}
                continue
            for part, some in item_keys.query_parts(batch):
                nodes = item_keys.found(answer, part, "Author") or ()
                self.authors |= {(some[0].project, int(each["iid"])): each.get("author") for each in nodes}
        return unread


def _is_unknown(closing: rows.Closing | None) -> bool:
    return closing is None or closing.by is None


def _take(some: Sequence[Reference], number: int) -> Sequence[Reference]:
    """As many of the first issues as one query carries: at most so many, and at least one; for `in_batches`."""
    lists: dict[str, int] = {}
    for taken, (project, _) in enumerate(some[:number]):
        lists[project] = lists.get(project, 0) + 1
        if sum(-(-each // PAGE) for each in lists.values()) * graphql.CLOSING_COST > LIMIT:
            return some[:taken]
    return some[:number]


def _parts(some: Sequence[Reference]) -> list[tuple[QueryPart, str, list[int]]]:
    """The parts of a query that ask for issues' work items, each with its project and the numbers of its issues."""
    together: dict[str, list[int]] = {}
    for project, iid in some:
        together.setdefault(project, []).append(iid)
    lists = [(project, iids[at : at + PAGE]) for project, iids in together.items() for at in range(0, len(iids), PAGE)]
    return [(_part(number, *each), *each) for number, each in enumerate(lists)]


def _part(number: int, project: str, iids: Sequence[int]) -> QueryPart:
    declared = {f"w{number}": "ID!", f"iids{number}": "[String!]"}
    variables = {f"w{number}": project, f"iids{number}": [str(each) for each in iids]}
    return QueryPart(f"c{number}", graphql.closing(number), graphql.CLOSING_COST, declared, variables)


def _lists(item: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The lists of a work item's activity: one, or none where it is not shown."""
    return [each["discussions"] for each in item["widgets"] or () if each and each.get("discussions")]


def _next(item: Mapping[str, Any]) -> str | None:
    """The cursor of the next page of a work item's activity."""
    info = _lists(item)[0]["pageInfo"] if _lists(item) else {}
    return info.get("endCursor") if info.get("hasNextPage") else None


def _project_of(project: str, own: str) -> str:
    """The path of a merge request's project as a note of an issue writes it: within the same group by its name."""
    if not project:
        return own
    return project if "/" in project else f"{own.rpartition('/')[0]}/{project}"
