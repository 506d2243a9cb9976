"""How issues were closed, and who wrote the merge requests that closed them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from harvester.sdk.graphql import Answer
from harvester.sdk.http import WebError
from harvester.sdk.paging import PageSize, in_batches

from . import graphql, keys, rows
from .client import Client
from .graphql import PAGE
from .keys import Key
from .parts import TOGETHER, Part, ask_once, pack
from .preflight import reason_of

Node = dict[str, Any]
COST = 70
"""The complexity of the closings of one project's issues, or more."""
PAGES = 20
"""How many pages of an issue's activity are read, newest first, until it shows how the issue was closed."""


@dataclass
class Closings:
    """Reads how issues were closed. What it learns on the way is kept: authors, visibilities, and what is missing."""

    client: Client
    authors: dict[tuple[str, int], Mapping[str, Any] | None] = field(default_factory=dict)
    """Who wrote merge requests, by path of the project and number."""
    visibility: dict[int, str] = field(default_factory=dict)
    """The visibility of projects, by their ids."""
    missing: list[str] = field(default_factory=list)
    """Why the closing of some issues is not known, for gaps."""

    def read(self, issues: Sequence[Node]) -> dict[str, rows.Closing | None]:
        """How each of these issues was closed, by their ids; None where that is not shown."""
        found: dict[str, rows.Closing | None] = {each["id"]: None for each in issues}
        wanted = {(rows.project_path(each), int(each["iid"])): each for each in issues}
        for item, project in self._work_items(list(wanted)):
            issue = wanted.get((project, int(item["iid"])))
            if issue is not None:
                found[issue["id"]] = self._closing(item, project)
        return self._with_authors(found, {each["id"]: rows.project_path(each) for each in issues})

    def _work_items(self, wanted: Sequence[tuple[str, int]]) -> Iterator[tuple[Node, str]]:
        """The work items of issues, each with its project's path."""
        lists: dict[str, list[int]] = {}
        for project, iid in wanted:
            lists.setdefault(project, []).append(iid)
        chunks = [
            (project, some[at : at + PAGE]) for project, some in lists.items() for at in range(0, len(some), PAGE)
        ]
        parts = [_part(number, *each) for number, each in enumerate(chunks)]
        paths = {part.name: project for part, (project, _) in zip(parts, chunks, strict=True)}
        for batch, answer in in_batches(
            self.client.retry, PageSize(TOGETHER), parts, lambda some: ask_once(self.client, some), take=pack
        ):
            if isinstance(answer, WebError):
                self.missing.append(f"how {len(batch)} projects' issues were closed: {answer}")
                continue
            for part in batch:
                yield from self._of_project(part, answer, paths[part.name])

    def _of_project(self, part: Part, answer: Answer, path: str) -> Iterator[tuple[Node, str]]:
        project = part.value(answer)
        self.missing += [f"{path}: {reason_of(each)}" for each in part.errors(answer)]
        items = ((project or {}).get("workItems") or {}).get("nodes")
        if items is None:
            self.missing.append(f"{path}: GitLab does not show how issues were closed")
            return
        if project.get("visibility"):
            self.visibility[rows.number(project["id"])] = project["visibility"]
        yield from ((each, path) for each in items if each and each.get("iid"))

    def _closing(self, item: Node, path: str) -> rows.Closing | None:
        """How a work item was closed; reads its activity on until it shows that."""
        found, after = rows.closing(item), _next(item)
        asked: set[str] = set()
        while found.by is None and after and after not in asked and len(asked) < PAGES:
            asked.add(after)
            document = graphql.closing_rest(1)
            try:
                came = self.client.ask(document, {"i0": item["id"], "a0": after}, tries=3).data["m0"]
            except WebError as failure:
                self.missing.append(f"how {path}#{item['iid']} was closed: {failure}")
                return None
            found, after = (
                (replace(rows.closing(came), canceled=found.canceled), _next(came)) if came else (found, None)
            )
        return found

    def _with_authors(
        self, found: dict[str, rows.Closing | None], paths: Mapping[str, str]
    ) -> dict[str, rows.Closing | None]:
        """The closings, each with who wrote the merge request that did it, where one did."""
        places = {
            key: (_project_of(each.project, paths[key]), int(each.iid))
            for key, each in found.items()
            if each and each.iid
        }
        self._read_authors([each for each in dict.fromkeys(places.values()) if each not in self.authors])
        for key, place in places.items():
            closing = found[key]
            assert closing, "it is among those that have a merge request"
            found[key] = replace(closing, project=place[0], author=self.authors.get(place))
        return found

    def _read_authors(self, wanted: Sequence[tuple[str, int]]) -> None:
        for batch, answer in in_batches(
            self.client.retry,
            PageSize(PAGE),
            [Key(path, "Author", iid) for path, iid in wanted],
            lambda some: keys.ask(self.client, some),
            take=keys.take,
        ):
            if isinstance(answer, WebError):
                self.missing.append(f"who wrote {len(batch)} merge requests that closed issues: {answer}")
                continue
            for part, some in keys.parts(batch):
                nodes = keys.found(answer, part, "Author") or ()
                self.authors |= {(some[0].project, int(each["iid"])): each.get("author") for each in nodes}


def _part(number: int, project: str, iids: Sequence[int]) -> Part:
    declared = {f"w{number}": "ID!", f"iids{number}": "[String!]"}
    variables = {f"w{number}": project, f"iids{number}": [str(each) for each in iids]}
    return Part(f"c{number}", graphql.closing(number), COST, declared, variables)


def _next(item: Mapping[str, Any]) -> str | None:
    """The cursor of the next page of a work item's activity."""
    lists = [each["discussions"] for each in item["widgets"] or () if each and each.get("discussions")]
    info = lists[0]["pageInfo"] if lists else {}
    return info.get("endCursor") if info.get("hasNextPage") else None


def _project_of(project: str, own: str) -> str:
    """The path of a merge request's project as a note of an issue writes it: within the same group by its name."""
    if not project:
        return own
    return project if "/" in project else f"{own.rpartition('/')[0]}/{project}"
