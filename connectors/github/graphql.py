"""The GraphQL we send: fragments from files in queries/, put together so that one request carries many queries."""

from __future__ import annotations

from collections.abc import Sequence

from harvester.sdk.graphql import Documents

MORE = {
    "labels": "name",
    "files": "path additions deletions",
    "closingIssuesReferences": "...Reference",
    "reviews": "...Review",
    "assignees": "...Who",
    "comments": "...Comment",
    "releases": "...Release",
}
"""Lists within a node that may be longer than the page they came with, and what is asked of each entry."""
ENTRY_KEYS = {"labels": "name", "files": "path", "assignees": "login"}
"""What makes an entry of a list distinct, where that is not its id."""

OPTIONAL = {
    "enableDuplicate": r"\(enableDuplicate: true\)",
    "stateReason": r"\bstateReason\b(\(enableDuplicate: true\))?",
    "totalCommentsCount": r"\btotalCommentsCount\b",
}
"""What an older GitHub Enterprise may not know, by the name in its refusal, and a pattern for it in queries."""
RESULTS = {
    "PullRequests": (("PullRequest", "PullRequest"),),
    "Closers": (("PullRequest", "Closer"),),
    "Authors": (("PullRequest", "Authored"),),
    "Issues": (("Issue", "Issue"),),
    "Conversations": (("PullRequest", "PullRequestTalk"), ("Issue", "IssueTalk")),
}
"""The types that a search of each shape finds, and the fragment for each."""

_PAGE = "totalCount pageInfo { hasNextPage endCursor }"


DOCUMENTS = Documents(__package__, OPTIONAL, "rateLimit { cost remaining resetAt }")


def identity() -> str:
    """Asks whose token it is and what is left of its rate limit."""
    return DOCUMENTS.read("identity")


def searches(shapes: Sequence[str]) -> str:
    """One page of several searches, each with the fragment named: variables q0, n0, a0, q1, … and paths."""
    variables = [f"$q{i}: String!, $n{i}: Int!, $a{i}: String" for i in range(len(shapes))]
    fields = [
        f"s{i}: search(query: $q{i}, type: ISSUE, first: $n{i}, after: $a{i}) {{ ...{shape} }}"
        for i, shape in enumerate(shapes)
    ]
    paths = ["$paths: Boolean!"] if "PullRequests" in shapes else []
    return DOCUMENTS.document([*variables, *paths], fields)


def survey(users: int, owners: int, repositories: int, known: int, watched: int, counts: int) -> str:
    """Asks who and where everything is, and how many results each search has, in one request.

    Variables: u0… logins; o0… owners; w0, r0… owner and name of repositories; k0… lists of ids of
    repositories; i0… lists of ids of what is watched; q0… searches.
    """
    parts = [
        (users, "$u{0}: String!", "u{0}: user(login: $u{0}) {{ id databaseId login }}"),
        (owners, "$o{0}: String!", "o{0}: repositoryOwner(login: $o{0}) {{ __typename login }}"),
        (repositories, "$w{0}: String!, $r{0}: String!", "r{0}: repository(owner: $w{0}, name: $r{0}) {{ ...Where }}"),
        (known, "$k{0}: [ID!]!", "k{0}: nodes(ids: $k{0}) {{ __typename ... on Repository {{ ...Known }} }}"),
        (watched, "$i{0}: [ID!]!", "i{0}: nodes(ids: $i{0}) {{ ...Watched }}"),
        (counts, "$q{0}: String!", "c{0}: search(query: $q{0}, type: ISSUE, first: 1) {{ issueCount }}"),
    ]
    variables = [variable.format(i) for number, variable, _ in parts for i in range(number)]
    fields = [text.format(i) for number, _, text in parts for i in range(number)]
    return DOCUMENTS.document(variables, fields)


def users_by_id() -> str:
    """Asks for the present logins of users by their ids: variable ids."""
    return DOCUMENTS.document(["$ids: [ID!]!"], ["nodes(ids: $ids) { __typename ... on User { id databaseId login } }"])


def by_id(shape: str) -> str:
    """Asks for results of this shape by their ids: variables ids and paths."""
    spreads = " ".join(f"... on {kind} {{ ...{name} }}" for kind, name in RESULTS[shape])
    paths = ["$paths: Boolean!"] if shape == "PullRequests" else []
    return DOCUMENTS.document(["$ids: [ID!]!", *paths], [f"nodes(ids: $ids) {{ __typename {spreads} }}"])


def rest(lists: Sequence[tuple[str, str]]) -> str:
    """Asks for the rest of lists, each named by its node's type and its field: variables i0, a0, i1 and so on."""
    variables = [f"$i{i}: ID!, $a{i}: String" for i in range(len(lists))]
    fields = [
        f"m{i}: node(id: $i{i}) {{ ... on {kind} {{ {name}(first: 100, after: $a{i}) "
        f"{{ {_PAGE} nodes {{ {MORE[name]} }} }} }} }}"
        for i, (kind, name) in enumerate(lists)
    ]
    return DOCUMENTS.document(variables, fields)


def releases(repositories: int) -> str:
    """Asks for the newest releases of several repositories: variables w0, r0 (owner and name) and so on."""
    variables = [f"$w{i}: String!, $r{i}: String!" for i in range(repositories)]
    fields = [f"r{i}: repository(owner: $w{i}, name: $r{i}) {{ __typename ...Releases }}" for i in range(repositories)]
    return DOCUMENTS.document(variables, fields)
