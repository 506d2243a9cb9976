"""The GraphQL we send to GitLab, put together so that one request carries several lists, and what it costs there."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from harvester.sdk.graphql import Documents

Root = Literal["user", "group", "project", "instance"]
Name = Literal["authoredMergeRequests", "reviewRequestedMergeRequests", "mergeRequests", "issues"]
Shape = Literal["MergeRequest", "MergeRequestId", "Author", "Landed", "Issue", "IssueTalk", "IssueId"]

LIMIT = 250
"""The most a query may cost with a token (https://docs.gitlab.com/api/graphql/#limits); `queryComplexity` says it."""
PAGE = 100
"""The most entries of a page; more are cut to these without a word."""
LONGEST = 10_000
"""Characters of a query."""

LISTS = 8
"""How many lists within nodes one request reads on: the rest of notes costs 31."""

MORE = {
    "labels": "id title",
    "assignees": "...Who",
    "approvedBy": "...Who",
    "reviewers": "...Who",
    "notes": "...Note",
}
"""Lists within a node that may be longer than the page they came with, and what is asked of each entry."""

_STATUS = r"\.\.\. on WorkItemWidgetStatus \{ status \{[^}]*\} \}"
OPTIONAL = {
    "enterprise": r"\benterprise\b",
    "weight": r"\bweight\b",
    "closedAsDuplicateOf": r"\bclosedAsDuplicateOf \{ id \}",
    "authoredMergeRequests.includeArchived": r"(?<=authoredMergeRequests\()includeArchived: true, ",
    "issues.includeArchived": r"(?<=issues\()includeArchived: true, ",
    "discussions.sort": r", sort: CREATED_DESC",
    "category": _STATUS,
    "WorkItemWidgetStatus": _STATUS,
    "status": _STATUS,
    "field 'status'": _STATUS,
}
"""What an older GitLab or a Community Edition may not know, by the name in its refusal, and a pattern for it.

`docs/decisions/gitlab.md` has the versions.
"""

DOCUMENTS = Documents(__package__, OPTIONAL)

_ROOTS: Mapping[Root, tuple[str, str]] = {
    "user": ("String!", "user(username: $w{0})"),
    "group": ("ID!", "group(fullPath: $w{0})"),
    "project": ("ID!", "project(fullPath: $w{0})"),
    "instance": ("", ""),
}
_ALWAYS: Mapping[tuple[Root, Name], str] = {
    ("user", "authoredMergeRequests"): "includeArchived: true, ",
    ("group", "mergeRequests"): "includeSubgroups: true, includeArchived: true, ",
    ("group", "issues"): "includeSubgroups: true, includeArchived: true, ",
    ("instance", "issues"): "includeArchived: true, ",
}
"""What is always asked: lists leave out archived projects by default, in which work was done all the same."""
ARGUMENTS = {
    "iids": "[String!]",
    "authorUsername": "String",
    "assigneeUsernames": "[String!]",
    "createdAfter": "Time",
    "createdBefore": "Time",
    "updatedAfter": "Time",
    "updatedBefore": "Time",
    "mergedAfter": "Time",
    "mergedBefore": "Time",
    "closedAfter": "Time",
    "closedBefore": "Time",
}
"""The filters of lists that we use, and their types."""
COSTS: Mapping[Shape, int] = {
    "MergeRequest": 109, "MergeRequestId": 10, "Author": 13, "Landed": 17, "Issue": 54, "IssueTalk": 66, "IssueId": 10,
}  # fmt: skip
"""What a list of a shape costs without its page size: its fields, its count, itself and its order.

By GitLab's formula (app/graphql/types/base_field.rb and app/graphql/resolvers/base_resolver.rb in
https://gitlab.com/gitlab-org/gitlab); the small server of the tests has it, too.
"""
CLOSING_COST = 44
"""What the closings of one project's issues cost, however many."""
WATCH_COST = 5
"""What it costs to look whether things of one kind in one project are still there."""
_AROUND: Mapping[Root, int] = {"user": 1, "group": 2, "project": 2, "instance": 0}
"""What is around a list costs."""
_PAGE_INFO = "pageInfo { hasNextPage endCursor }"


@dataclass(frozen=True)
class Listing:
    """One list: of a user, a group, a project or the whole instance, of what shape, filtered by which arguments.

    The variables of the list with the number i in a document are wi (username or full path; not of the instance),
    ni (entries of a page), ai (after which cursor), and each argument with its number: `updatedAfter0`.
    """

    root: Root
    name: Name
    shape: Shape
    arguments: tuple[str, ...] = ()
    state: Literal["", "merged", "closed", "opened"] = ""

    def cost(self, entries: int) -> int:
        """What a page of so many entries costs at most; a list by iids costs the same however long it is."""
        more = 0.0 if "iids" in self.arguments else min(entries, PAGE) / 100
        return math.ceil(COSTS[self.shape] * (1 + more)) + _AROUND[self.root]

    def __str__(self) -> str:
        return f"{self.name} of {self.root} by {', '.join(each for each in (self.state, *self.arguments) if each)}"


def page(number: int, listing: Listing) -> str:
    """One page of a list, as l0, l1, …: `count`, `pageInfo` and `nodes`, within its user, group or project.

    Sorted by a time that never changes, so that what is updated while we read stays on its page. With merge requests
    the variable `paths` says whether their changed files are asked for.
    """
    return _field(number, listing, f"{{ count {_PAGE_INFO} nodes {{ ...{listing.shape} }} }}")


def count(number: int, listing: Listing) -> str:
    """How many entries a list has, as l0, l1, …; the variables are those of `page`, without n and a."""
    return _field(number, listing, "{ count }", counted=True)


def declared(number: int, listing: Listing, *, counted: bool = False) -> dict[str, str]:
    """The variables of a list and their types, `paths` included."""
    kind = _ROOTS[listing.root][0]
    found = {f"w{number}": kind} if kind else {}
    found |= {} if counted else {f"n{number}": "Int!", f"a{number}": "String"}
    found |= {"paths": "Boolean!"} if listing.shape == "MergeRequest" and not counted else {}
    return found | {f"{name}{number}": ARGUMENTS[name] for name in listing.arguments}


def rest(parts: Sequence[tuple[str, str]]) -> str:
    """The rest of lists, each named by its node's type and its field: variables i0, a0, i1, …; answers m0, m1."""
    variables = [f"$i{i}: {_ID_TYPES[kind]}!, $a{i}: String" for i, (kind, _) in enumerate(parts)]
    fields = [
        f"m{i}: {_BY_ID[kind].format(i)} {{ {name}(first: 100, after: $a{i}) "
        f"{{ {_PAGE_INFO} nodes {{ {MORE[name]} }} }} }}"
        for i, (kind, name) in enumerate(parts)
    ]
    return DOCUMENTS.document(variables, fields)


def one(number: int, shape: Shape) -> str:
    """A merge request or issue by its id, as o0, o1, …: variables i0 and so on, and `paths` for merge requests."""
    return f"o{number}: {_BY_ID[_kind(shape)].format(number)} {{ ...{shape} }}"


def id_type(shape: Shape) -> str:
    """The type of the id of a merge request or issue."""
    return f"{_ID_TYPES[_kind(shape)]}!"


def user(number: int) -> str:
    """A user by name, as u0, u1, …, with one of the merge requests they wrote; the variable has the same name.

    Of a private profile GitLab shows nothing that its user wrote. A count of all they ever wrote would take long.
    """
    wrote = "authoredMergeRequests(includeArchived: true, first: 1) { nodes { id } }"
    return f"u{number}: user(username: $u{number}) {{ ...Who {wrote} }}"


def users_by_id() -> str:
    """At most a hundred users, as `users`, by their ids: variable `ids`."""
    return "users(ids: $ids, first: 100) { nodes { ...Who } }"


def group(number: int) -> str:
    """A group by its path, as g0, g1, …; the variable has the same name."""
    return f"g{number}: group(fullPath: $g{number}) {{ ...Place }}"


def project(number: int) -> str:
    """A project by its path, as p0, p1, …; the variable has the same name."""
    return f"p{number}: project(fullPath: $p{number}) {{ ...Known }}"


def projects_by_id(number: int) -> str:
    """At most a hundred projects by their ids, as k0, k1, …; the variable has the same name."""
    return f"k{number}: projects(ids: $k{number}, first: 100) {{ nodes {{ ...Known }} }}"


def watch(number: int, name: Name) -> str:
    """Whether merge requests or issues of a project are still there and when each changed, as w0 and so on.

    The variables are v0 (full path), iids0 and so on; at most a hundred numbers each.
    """
    listed = f"{name}(iids: $iids{number}, first: 100) {{ nodes {{ iid updatedAt }} }}"
    return f"w{number}: project(fullPath: $v{number}) {{ {listed} }}"


def server() -> str:
    """The version and the edition, as `metadata`."""
    return "metadata { version enterprise }"


def viewer() -> str:
    """Whose token it is, as `currentUser`."""
    return "currentUser { id }"


def closing(number: int) -> str:
    """How issues of a project were closed, as c0, c1, …: variables w0 (full path), iids0 and so on.

    At most a hundred issues each. `rows.closing` reads them; `closing_rest` reads on where an activity goes on.
    """
    listed = f"workItems(iids: $iids{number}, first: 100) {{ nodes {{ ...Closing }} }}"
    return f"c{number}: project(fullPath: $w{number}) {{ ...Where {listed} }}"


def closing_rest(items: int) -> str:
    """The rest of work items' activities: variables i0 (the work item's id), a0 (the cursor), …; answers m0, m1."""
    variables = [f"$i{i}: WorkItemID!, $a{i}: String" for i in range(items)]
    fields = [
        f"m{i}: workItem(id: $i{i}) {{ id widgets {{ ... on WorkItemWidgetNotes {{ "
        f"discussions(filter: ONLY_ACTIVITY, after: $a{i}, first: 100, sort: CREATED_DESC) "
        f"{{ {_PAGE_INFO} nodes {{ notes(first: 5) {{ nodes {{ ...Activity }} }} }} }} }} }} }}"
        for i in range(items)
    ]
    return DOCUMENTS.document(variables, fields)


def releases(projects: int) -> str:
    """A page of several projects' releases, newest first: variables p0 (full path), a0 (the cursor), …; answers p0."""
    variables = [f"$p{i}: ID!, $a{i}: String" for i in range(projects)]
    page = f"count {_PAGE_INFO} nodes {{ ...Release }}"
    fields = [
        f"p{i}: project(fullPath: $p{i}) {{ ...Where releases(first: 100, after: $a{i}, sort: RELEASED_AT_DESC) "
        f"{{ {page} }} }}"
        for i in range(projects)
    ]
    return DOCUMENTS.document(variables, fields)


def identity() -> str:
    """Asks whose token it is, for the version and the edition, and for the most that a query may cost."""
    return DOCUMENTS.read("identity")


_ID_TYPES = {"MergeRequest": "MergeRequestID", "Issue": "IssueID"}
_BY_ID = {"MergeRequest": "mergeRequest(id: $i{0})", "Issue": "issue(id: $i{0})"}


def _kind(shape: Shape) -> Literal["MergeRequest", "Issue"]:
    return "Issue" if shape.startswith("Issue") else "MergeRequest"


def _field(number: int, listing: Listing, body: str, *, counted: bool = False) -> str:
    arguments = [f"state: {listing.state}"] if listing.state else []
    arguments += [f"{name}: ${name}{number}" for name in listing.arguments]
    arguments += ["first: 1"] if counted else [f"first: $n{number}, after: $a{number}"]
    always = _ALWAYS.get((listing.root, listing.name), "")
    connection = f"{listing.name}({always}sort: CREATED_ASC, {', '.join(arguments)}) {body}"
    if listing.root == "instance":
        return f"l{number}: {connection}"
    within = "" if listing.root == "user" else "id "
    return f"l{number}: {_ROOTS[listing.root][1].format(number)} {{ {within}{connection} }}"
