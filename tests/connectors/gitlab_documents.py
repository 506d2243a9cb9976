"""Every shape of document that is ever sent to GitLab, to validate them against its schema and count what they cost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from harvester.connectors.gitlab import graphql
from harvester.connectors.gitlab.graphql import Listing, Shape
from harvester.connectors.gitlab.query_parts import QueryPart, document


def lists(listings: Sequence[Listing]) -> str:
    """One page of several lists, with the variables of each and `paths`."""
    return _joined([(graphql.page(i, each), graphql.declared(i, each)) for i, each in enumerate(listings)])


def counts(listings: Sequence[Listing]) -> str:
    """How many entries several lists have."""
    return _joined(
        [(graphql.count(i, each), graphql.declared(i, each, counted=True)) for i, each in enumerate(listings)]
    )


def survey() -> str:
    """One of everything that is looked up before lists are read."""
    kinds = {"u0": "String!", "ids": "[ID!]", "g0": "ID!", "p0": "ID!", "k0": "[ID!]"}
    kinds |= {"v0": "ID!", "iids0": "[String!]", "v1": "ID!", "iids1": "[String!]"}
    who = [graphql.user(0), graphql.users_by_id(), graphql.group(0), graphql.project(0), graphql.projects_by_id(0)]
    then = [graphql.watch(0, "mergeRequests"), graphql.watch(1, "issues"), graphql.server(), graphql.viewer()]
    return _joined([(text, kinds) for text in (*who, *then)])


def closings(projects: int) -> str:
    """How issues of several projects were closed."""
    kinds = [{f"w{i}": "ID!", f"iids{i}": "[String!]"} for i in range(projects)]
    return _joined([(graphql.closing(i), each) for i, each in enumerate(kinds)])


def examples() -> dict[str, str]:
    """Every shape of document that is ever sent, to validate them against GitLab's schema."""
    owned: dict[str, tuple[str, ...]] = {
        "MergeRequest": ("labels", "approvedBy", "reviewers", "notes"),
        "Issue": ("labels", "assignees", "notes"),
    }
    found = {f"rest of {kind}.{name}": graphql.rest([(kind, name)]) for kind, names in owned.items() for name in names}
    found |= {f"{each}, {each.shape}": lists([each]) for each in EXAMPLES}
    return found | {
        "lists together": lists(EXAMPLES[:3]),
        "counts": counts(EXAMPLES),
        "survey": survey(),
        "by id": _joined(
            [(graphql.one(i, each), {f"i{i}": graphql.id_type(each), "paths": "Boolean!"}) for i, each in _BY_NUMBER]
        ),
        "closings": closings(2),
        "rest of closings": graphql.closing_rest(2),
        "releases": graphql.releases(2),
        "identity": graphql.identity(),
    }


_MERGED, _CLOSED, _CHANGED = ("mergedAfter", "mergedBefore"), ("closedAfter", "closedBefore"), ("updatedAfter",)
_SLICED = ("updatedAfter", "createdAfter", "createdBefore")
EXAMPLES = (
    Listing("user", "authoredMergeRequests", "MergeRequest", _MERGED, "merged"),
    Listing("user", "authoredMergeRequests", "MergeRequest", _CHANGED, "merged"),
    Listing("user", "reviewRequestedMergeRequests", "MergeRequest", ("updatedAfter", "createdBefore")),
    Listing("instance", "issues", "Issue", ("assigneeUsernames", *_CLOSED), "closed"),
    Listing("instance", "issues", "Issue", ("assigneeUsernames", *_CHANGED)),
    Listing("instance", "issues", "Issue", ("authorUsername", "createdAfter", "createdBefore")),
    Listing("group", "mergeRequests", "MergeRequest", ("updatedAfter", "createdBefore")),
    Listing("project", "mergeRequests", "MergeRequest", ("updatedAfter", "createdBefore")),
    *(Listing(each, "mergeRequests", "MergeRequest", _SLICED) for each in ("group", "project")),
    Listing("user", "reviewRequestedMergeRequests", "MergeRequest", _SLICED),
    Listing("group", "issues", "IssueTalk", _SLICED),
    Listing("project", "mergeRequests", "MergeRequest", ("iids",)),
    Listing("project", "mergeRequests", "MergeRequestId", ("iids",)),
    Listing("project", "mergeRequests", "Author", ("iids",)),
    Listing("project", "mergeRequests", "Landed", ("iids",)),
    Listing("group", "issues", "Issue", ("updatedAfter", "createdBefore")),
    Listing("group", "issues", "IssueTalk", ("updatedAfter", "createdBefore")),
    Listing("project", "issues", "Issue", _CLOSED, "closed"),
    Listing("project", "issues", "Issue", ("iids",)),
    Listing("project", "issues", "IssueTalk", ("iids",)),
    Listing("project", "issues", "IssueId", ("iids",)),
)
"""Lists as they are asked for."""

_BY_NUMBER: Sequence[tuple[int, Shape]] = ((0, "MergeRequest"), (1, "Issue"), (2, "IssueTalk"))


def _joined(parts: Sequence[tuple[str, Mapping[str, str]]]) -> str:
    return document([QueryPart("", text, 0, kinds) for text, kinds in parts])
