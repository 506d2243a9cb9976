"""A small GitHub on localhost: it answers our queries by its schema, refuses what the real one refuses, and can fail.

What it knows is a `World` of plain dicts with GraphQL's own names. Faults are real: a cut answer is cut on the wire, a
reset resets the connection, a server that hangs does not answer.
"""

from __future__ import annotations

import base64
import datetime as dt
import email.utils
import itertools
import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLSchema,
    build_schema,
    execute,
)

from tests.servers import github_rest
from tests.servers.faults import Fault, FaultyHandler, FaultyServer
from tests.servers.ruby import invalid, parsed

NOW = dt.datetime(2026, 11, 1, 12, tzinfo=dt.UTC)
TOKEN = "ghp_" + "x" * 36
CAP = 1000
NODES = 500_000


@dataclass
class World:
    """Everything this GitHub knows. Times are aware; a node's lists have its fields' names."""

    users: dict[str, dict[str, Any]] = field(default_factory=dict)
    repositories: dict[str, dict[str, Any]] = field(default_factory=dict)
    items: list[dict[str, Any]] = field(default_factory=list)
    saml: set[str] = field(default_factory=set)
    """Owners whose nodes are found and not shown."""
    hidden: set[str] = field(default_factory=set)
    """Owners that this token does not see at all."""
    silent: set[str] = field(default_factory=set)
    """Nodes that are left out without a word."""
    sso: str = "partial-results; organizations=21955855"
    """The header beside an error for single sign-on, whose message names no organisation."""
    old: bool = False
    """Whether this is an older GitHub Enterprise, which lacks some fields."""
    viewer: str | None = "alice"
    scopes: str | None = "repo, read:org"
    remaining: int = 4990
    read_only: bool = False
    """Whether the token may not write."""
    now: dt.datetime = NOW
    redirects: dict[str, str] = field(default_factory=dict)
    numbers: Iterable[int] = field(default_factory=lambda: itertools.count(1))

    def user(self, login: str, kind: str = "User") -> dict[str, Any]:
        """A user, made where there is none."""
        if login not in self.users:
            number = self.next()
            self.users[login] = {
                "__typename": kind, "id": f"U_{number}", "databaseId": number, "login": login, "name": login.title(),
                "url": f"https://github.example/{login}",
            }  # fmt: skip
        return self.users[login]

    def next(self) -> int:
        return next(iter(self.numbers))

    def rename_user(self, old: str, new: str) -> None:
        self.users[new] = self.users.pop(old)
        self.users[new]["login"] = new

    def repository(self, name: str, private: bool = False) -> dict[str, Any]:
        """A repository, made where there is none."""
        if name not in self.repositories:
            self.repositories[name] = {
                "__typename": "Repository", "id": f"R_{self.next()}", "name": name.partition("/")[2],
                "nameWithOwner": name, "isPrivate": private, "isArchived": False, "releases": [],
                "hasIssuesEnabled": True,
            }  # fmt: skip
        return self.repositories[name]

    def rename(self, old: str, new: str) -> None:
        """Rename or transfer a repository; the old name redirects, as GitHub's does, but is not searched by."""
        self.repositories[new] = self.repositories.pop(old)
        self.repositories[new] |= {"nameWithOwner": new, "name": new.partition("/")[2]}
        self.redirects[old] = new

    def pull(self, repository: str, author: str | None, created: dt.datetime, **more: Any) -> dict[str, Any]:
        """A pull request; `merged` is a time, `paths`, `labels` and `reviews` (login, state, time) are lists."""
        merged, reviews = more.pop("merged", None), more.pop("reviews", ())
        paths, closes = more.pop("paths", ("src/main.py",)), more.pop("closes", ())
        assignees = [self.user(each) for each in more.pop("assignees", ())]
        number = self.next()
        where = self.repository(repository)
        item = self._item("PullRequest", number, where, author, created, more) | {
            "state": "MERGED" if merged else "OPEN", "mergedAt": merged, "additions": 10, "deletions": 2,
            "changedFiles": len(paths), "totalCommentsCount": len(reviews),
            "headRefName": more.pop("branch", f"branch-{number}"),
            "mergedBy": self.user(more.pop("merged_by")) if "merged_by" in more else None,
            "mergeCommit": {"__typename": "Commit", "id": f"C_{number}", "oid": f"{number:040x}"} if merged else None,
            "files": [{"path": each, "additions": 1, "deletions": 0} for each in paths],
            "closingIssuesReferences": list(closes), "assignees": assignees,
        }  # fmt: skip
        item["reviews"] = [self._review(item, *each) for each in reviews]
        times = [created, merged, *(each["submittedAt"] for each in item["reviews"])]
        item["updatedAt"] = more.pop("updated", None) or max(each for each in times if each)
        self.items.append(item | more)
        return self.items[-1]

    def issue(self, repository: str, author: str | None, created: dt.datetime, **more: Any) -> dict[str, Any]:
        """An issue; `closed` is a time, `by` who closed it, `closer` the pull request or commit that did."""
        closed, by, closer = more.pop("closed", None), more.pop("by", None), more.pop("closer", None)
        assignees = more.pop("assignees", ())
        number = self.next()
        item = self._item("Issue", number, self.repository(repository), author, created, more) | {
            "state": "CLOSED" if closed else "OPEN", "closedAt": closed,
            "stateReason": "COMPLETED" if closed else None,
            "assignees": [self.user(each) for each in assignees], "timelineItems": [],
        }  # fmt: skip
        item["updatedAt"] = more.pop("updated", None) or closed or created
        self.items.append(item | more)
        if closed:
            self.close(self.items[-1], closed, by, closer)
        return self.items[-1]

    def close(
        self, issue: dict[str, Any], at: dt.datetime, by: str | None, closer: dict[str, Any] | None = None
    ) -> None:
        issue |= {"state": "CLOSED", "closedAt": at, "updatedAt": max(at, issue["updatedAt"])}
        issue["timelineItems"].append(
            {
                "__typename": "ClosedEvent",
                "id": f"CE_{self.next()}",
                "createdAt": at,
                "closer": closer,
                "actor": self.user(by) if by else None,
                "stateReason": issue["stateReason"],
            }
        )

    def reopen(self, issue: dict[str, Any], at: dt.datetime) -> None:
        issue |= {"state": "OPEN", "closedAt": None, "stateReason": "REOPENED", "updatedAt": at}

    def comment(self, item: dict[str, Any], author: str, at: dt.datetime) -> None:
        number = self.next()
        item["comments"].append(
            {
                "__typename": "IssueComment",
                "id": f"IC_{number}",
                "author": self.user(author),
                "body": "A word.",
                "createdAt": at,
                "url": f"{item['url']}#issuecomment-{number}",
            }
        )
        item["updatedAt"] = max(item["updatedAt"], at)

    def release(self, repository: str, author: str, at: dt.datetime, tag: str) -> None:
        number = self.next()
        self.repository(repository)["releases"].append(
            {
                "__typename": "Release",
                "id": f"RE_{number}",
                "author": self.user(author),
                "createdAt": at,
                "description": None,
                "isDraft": False,
                "isPrerelease": False,
                "name": tag,
                "publishedAt": at,
                "tagName": tag,
                "url": f"https://github.example/{repository}/releases/{tag}",
            }
        )

    def review(self, item: dict[str, Any], login: str, state: str, at: dt.datetime | None) -> None:
        item["reviews"].append(self._review(item, login, state, at))
        item["updatedAt"] = max(item["updatedAt"], at or item["updatedAt"])

    def _review(self, item: dict[str, Any], login: str | None, state: str, at: dt.datetime | None) -> dict[str, Any]:
        number = self.next()
        return {
            "__typename": "PullRequestReview", "id": f"PRR_{number}", "state": state, "submittedAt": at, "body": "",
            "url": f"{item['url']}#pullrequestreview-{number}", "author": self.user(login) if login else None,
        }  # fmt: skip

    def _item(
        self, kind: str, number: int, repository: dict[str, Any], author: str | None, created: dt.datetime, more: Any
    ) -> dict[str, Any]:
        letters = "".join(each for each in kind if each.isupper())
        path = "pull" if kind == "PullRequest" else "issues"
        milestone = more.pop("milestone", None)
        return {
            "__typename": kind, "id": f"{letters}_{number}", "number": number, "repository": repository,
            "title": more.pop("title", f"Item {number}"), "body": more.pop("body", ""), "createdAt": created,
            "url": f"https://github.example/{repository['nameWithOwner']}/{path}/{number}", "comments": [],
            "author": self.user(author) if author else None,
            "labels": [{"__typename": "Label", "id": f"L_{each}", "name": each} for each in more.pop("labels", ())],
            "milestone": {"__typename": "Milestone", "id": "M_1", "title": milestone} if milestone else None,
        }  # fmt: skip


@dataclass(frozen=True)
class Asked:
    """A request that came."""

    path: str
    headers: Mapping[str, str]
    query: str
    variables: Mapping[str, Any]
    method: str = "POST"
    body: Mapping[str, Any] = field(default_factory=dict)
    """What was sent to the REST API."""


class GitHubServer(FaultyServer[Asked]):
    """This GitHub over HTTP, on a port of its own; use it with `with`."""

    def __init__(self, world: World | None = None, token: str = TOKEN) -> None:
        super().__init__(_handler(self))
        self.world = world or World()
        self.token = token

    def answer(self, asked: Asked) -> dict[str, Any]:
        """What GitHub would answer to a query."""
        schema = _OLD_SCHEMA if self.world.old else _SCHEMA
        if wrong := _refused(schema, asked.query, asked.variables):
            return {"errors": wrong}
        done = execute(
            schema,
            parsed(asked.query),
            root_value=self.world,
            variable_values=dict(asked.variables),
            context_value=self,
        )
        result: dict[str, Any] = {"data": done.data}
        if done.errors:
            result["errors"] = [_as_github(each) for each in done.errors]
        return result


def limited(kind: str = "RATE_LIMITED", reset: dt.datetime | None = None) -> Fault:
    """The primary limit: HTTP 200, with an error of either name."""
    headers = {"x-ratelimit-remaining": "0", "x-ratelimit-reset": str(int((reset or NOW).timestamp()))}
    return Fault(200, json.dumps({"errors": [{"type": kind, "message": "API rate limit exceeded"}]}), headers)


def _handler(server: GitHubServer) -> type[FaultyHandler]:
    class Handler(FaultyHandler):
        def do_POST(self) -> None:  # noqa: N802 - the name that http.server calls
            body = json.loads(self.rfile.read(int(self.headers.get("content-length") or 0)) or b"{}")
            if self.path.startswith("/api/v3/repos/"):
                self._rest(body)
                return
            asked = Asked(self.path, dict(self.headers), body.get("query", ""), body.get("variables") or {})
            fault = server.take(asked)
            if fault is not None:
                self.play(fault)
            elif self.path.startswith("/api/v3/app/installations/"):
                self.send(201, json.dumps(_installed(server)))
            elif self.headers.get("authorization", "").partition(" ")[2] != server.token:
                self.send(401, json.dumps({"message": "Bad credentials"}))
            elif self.path != "/api/graphql":
                self.send(404, json.dumps({"message": "Not Found"}))
            else:
                self._answer(asked)

        def do_GET(self) -> None:  # noqa: N802 - the name that http.server calls
            self._rest({})

        def do_PATCH(self) -> None:  # noqa: N802 - the name that http.server calls
            self._rest(json.loads(self.rfile.read(int(self.headers.get("content-length") or 0))))

        def do_DELETE(self) -> None:  # noqa: N802 - the name that http.server calls
            self._rest({})

        def _rest(self, body: Mapping[str, Any]) -> None:
            asked = Asked(self.path, dict(self.headers), "", {}, self.command, body)
            fault = server.take(asked)
            if fault is not None and not fault.after:
                self.play(fault)
            elif self.headers.get("authorization", "").partition(" ")[2] != server.token:
                self.send(401, json.dumps({"message": "Bad credentials"}))
            else:
                reply = github_rest.answer(server.world, server.url, self.command, self.path, body)
                self.play(fault) if fault else self.send(*reply)

        def _answer(self, asked: Asked) -> None:
            headers = {}
            try:
                answer = server.answer(asked)
                if any((each.get("extensions") or {}).get("saml_failure") for each in answer.get("errors", ())):
                    headers["x-github-sso"] = server.world.sso
                body = json.dumps(answer)
            except Exception as error:  # noqa: BLE001 - raised when the server is closed, on the test's own thread
                server.broken.append(error)
                body = json.dumps({"message": "this small GitHub is broken"})
            self.send(500 if server.broken else 200, body, headers)

        def usual_headers(self) -> dict[str, str]:
            shown = {"date": email.utils.format_datetime(server.world.now, usegmt=True)}
            shown |= {"content-type": "application/json", "x-ratelimit-remaining": str(server.world.remaining)}
            return shown | ({"x-oauth-scopes": server.world.scopes} if server.world.scopes is not None else {})

    return Handler


def _installed(server: GitHubServer) -> dict[str, Any]:
    return {
        "token": server.token, "expires_at": "2099-01-01T00:00:00Z", "permissions": {}, "repository_selection": "all",
        "on_behalf_of": None,
    }  # fmt: skip


def _refused(schema: GraphQLSchema, query: str, variables: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What the real schema refuses before it runs anything: invalid documents, and too many nodes."""
    wrong = invalid(schema, query)
    if not wrong and (number := _nodes_asked(parsed(query), variables)) > NODES:
        return [{"type": "MAX_NODE_LIMIT_EXCEEDED", "message": f"This query requests up to {number:,} possible nodes."}]
    return wrong


def _nodes_asked(document: DocumentNode, variables: Mapping[str, Any]) -> int:
    fragments = {each.name.value: each for each in document.definitions if each.kind == "fragment_definition"}

    def below(selection: Any, times: int) -> int:
        total = 0
        for each in selection.selection_set.selections if selection.selection_set else ():
            if isinstance(each, FragmentSpreadNode):
                total += below(fragments[each.name.value], times)
                continue
            number = _first_of(each, variables) if isinstance(each, FieldNode) else None
            total += (number or 0) * times + below(each, times * (number or 1))
        return total

    return sum(below(each, 1) for each in document.definitions if each.kind == "operation_definition")


def _first_of(node: FieldNode, variables: Mapping[str, Any]) -> int | None:
    for each in node.arguments or ():
        if each.name.value in {"first", "last"}:
            value = each.value
            return int(variables[value.name.value] if value.kind == "variable" else value.value)
    return None


def _as_github(error: GraphQLError) -> dict[str, Any]:
    """GitHub writes an error's type beside its message."""
    extensions = dict(error.extensions or {})
    shown = {"message": error.message, "path": error.path}
    shown |= {"type": extensions.pop("type")} if "type" in extensions else {}
    return shown | ({"extensions": extensions} if extensions else {})


def _page(
    entries: Sequence[Any], first: int | None, last: int | None, after: str | None, cap: int = 10**9
) -> dict[str, Any]:
    if first is None and last is None:
        raise GraphQLError(
            "You must provide a `first` or `last` value", extensions={"type": "MISSING_PAGINATION_BOUNDARIES"}
        )
    if (first or last or 0) > 100:
        raise GraphQLError("exceeds the `first` limit of 100 records.", extensions={"type": "EXCESSIVE_PAGINATION"})
    start = int(base64.b64decode(after).decode().partition(":")[2]) if after else 0
    end = min(start + first, len(entries), cap) if first is not None else len(entries)
    start = max(len(entries) - last, 0) if last is not None else start
    return {
        "totalCount": len(entries),
        "nodes": entries[start:end],
        "pageInfo": {
            "hasNextPage": end < min(len(entries), cap), "hasPreviousPage": start > 0, "startCursor": None,
            "endCursor": base64.b64encode(f"cursor:{end}".encode()).decode() if end > start else None,
        },
    }  # fmt: skip


def _connection(source: Any, info: Any, first: Any = None, last: Any = None, after: Any = None, **_: Any) -> Any:
    entries = source[info.field_name]
    if entries is None:
        return None
    if first is None and last is None and _only_counts(info):
        return {"totalCount": len(entries)}
    page = _page(entries, first, last, after)
    page["nodes"] = [_shown(info.root_value, each) if "repository" in each else each for each in page["nodes"]]
    return page


def _only_counts(info: Any) -> bool:
    names = {each.name.value for node in info.field_nodes for each in node.selection_set.selections}
    return names == {"totalCount"}


def _search(world: World, info: Any, query: str, first: Any = None, after: Any = None, **more: Any) -> Any:
    assert more["type"] == "ISSUE"
    found = sorted((each for each in world.items if _matches(world, each, query)), key=lambda each: each["createdAt"])
    page = _page(found, first, None, after, CAP)
    page["nodes"] = [_shown(world, each) for each in page["nodes"]]
    return page | {"issueCount": page["totalCount"]}


def _shown(world: World, item: dict[str, Any]) -> Any:
    if item["id"] in world.silent:
        return None
    owner = item["repository"]["nameWithOwner"].partition("/")[0]
    if owner not in world.saml:
        return item
    return _protected()


def _protected() -> GraphQLError:
    message = "Resource protected by organization SAML enforcement. You must grant your OAuth token access."
    return GraphQLError(message, extensions={"type": "FORBIDDEN", "saml_failure": True})


def _matches(world: World, item: dict[str, Any], query: str) -> bool:
    if item["repository"]["nameWithOwner"].partition("/")[0] in world.hidden:
        return False
    return all(_holds(world, item, word) for word in query.split())


def _holds(world: World, item: dict[str, Any], word: str) -> bool:
    if word.startswith("-"):
        return not _holds(world, item, word[1:])
    name, _, value = word.partition(":")
    if name in {"merged", "created", "closed", "updated"}:
        return _in_range(item.get(f"{name}At"), value)
    tests: dict[str, Callable[[], bool]] = {
        "is": lambda: _is(item, value),
        "author": lambda: _login(item["author"]) in {value.casefold(), value.removeprefix("app/").casefold()},
        "reviewed-by": lambda: value.casefold() in _logins(item.get("reviews", ()), "author"),
        "commenter": lambda: value.casefold() in _logins(item["comments"], "author"),
        "involves": lambda: value.casefold() in _involved(item),
        "org": lambda: value not in world.users and _owner_of(item) == value.casefold(),
        "user": lambda: value in world.users and _owner_of(item) == value.casefold(),
        "repo": lambda: item["repository"]["nameWithOwner"].casefold() == value.casefold(),
        "comments": lambda: len(item["comments"]) > int(value.removeprefix(">")),
        "linked": lambda: value == "issue" and bool(item.get("closingIssuesReferences")),
        "sort": lambda: value == "created-asc" or _unknown(word),
    }
    return tests[name]() if name in tests else _unknown(word)


def _owner_of(item: dict[str, Any]) -> str:
    return item["repository"]["nameWithOwner"].casefold().partition("/")[0]


def _is(item: dict[str, Any], value: str) -> bool:
    known = {
        "pr": item["__typename"] == "PullRequest", "issue": item["__typename"] == "Issue",
        "merged": item["state"] == "MERGED", "closed": item["state"] in {"CLOSED", "MERGED"},
    }  # fmt: skip
    return known[value]


def _unknown(word: str) -> bool:
    raise GraphQLError(f"this small GitHub does not know {word!r}", extensions={"type": "UNPROCESSABLE"})


def _login(user: dict[str, Any] | None) -> str:
    return user["login"].casefold() if user else "ghost"


def _logins(entries: Iterable[dict[str, Any]], name: str) -> set[str]:
    return {_login(each[name]) for each in entries}


def _involved(item: dict[str, Any]) -> set[str]:
    people = {_login(item["author"]), *(_login(each) for each in item.get("assignees", ()))}
    mentioned = {each.casefold() for each in re.findall(r"@([\w-]+)", item["body"] or "")}
    return people | mentioned | _logins(item["comments"], "author")


def _in_range(at: dt.datetime | None, value: str) -> bool:
    """A range includes both ends, to the second."""
    if at is None:
        return False
    second = at.replace(microsecond=0)
    if value.startswith(">="):
        return second >= dt.datetime.fromisoformat(value[2:])
    first, dots, last = value.partition("..")
    if not dots or not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", first):
        _unknown(value)
    return dt.datetime.fromisoformat(first) <= second <= dt.datetime.fromisoformat(last)


def _not_found(what: str) -> GraphQLError:
    return GraphQLError(f"Could not resolve to {what}.", extensions={"type": "NOT_FOUND"})


def _viewer(world: World, info: Any) -> Any:
    if world.viewer is None:
        raise GraphQLError("Resource not accessible by integration", extensions={"type": "FORBIDDEN"})
    return world.user(world.viewer)


def _user(world: World, info: Any, login: str) -> Any:
    found = {each.casefold(): user for each, user in world.users.items()}.get(login.casefold())
    if found is None or found["__typename"] != "User":
        raise _not_found(f"a User with the login of '{login}'")
    return found


def _owner(world: World, info: Any, login: str) -> Any:
    owners = {each.partition("/")[0] for each in world.repositories} - world.hidden
    if login not in owners:
        return None
    if login in world.saml:
        raise _protected()
    return world.users.get(login) or {"__typename": "Organization", "id": f"O_{login}", "login": login}


def _repository(world: World, info: Any, owner: str, name: str, **_: Any) -> Any:
    asked = f"{owner}/{name}"
    found = world.repositories.get(world.redirects.get(asked, asked))
    if found is None or owner in world.hidden:
        raise _not_found(f"a Repository with the name '{asked}'")
    return found


def _node(world: World, info: Any, **wanted: str) -> Any:
    found = _by_id(world, wanted["id"])
    return found if found is not None else _not_found(f"a node with the global id of '{wanted['id']}'")


def _nodes(world: World, info: Any, ids: Sequence[str]) -> list[Any]:
    if len(ids) > 100:
        raise GraphQLError("You may not provide more than 100 node ids", extensions={"type": "ARGUMENT_LIMIT"})
    return [_node(world, info, id=each) for each in ids]


def _by_id(world: World, wanted: str) -> Any:
    releases = (each for repository in world.repositories.values() for each in repository["releases"])
    known = (*world.users.values(), *world.repositories.values(), *world.items, *releases)
    found = next((each for each in known if each["id"] == wanted), {})
    name = (found.get("repository") or found).get("nameWithOwner", "/")
    return found if found and name.partition("/")[0] not in world.hidden else None


def _moment(value: dt.datetime) -> str:
    return value.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _limit(world: World, info: Any, **_: Any) -> dict[str, Any]:
    return {
        "cost": 1, "limit": 5000, "nodeCount": 1, "remaining": world.remaining, "used": 10,
        "resetAt": world.now + dt.timedelta(minutes=30),
    }  # fmt: skip


def _make_schema(*lacking: str) -> GraphQLSchema:
    text = (Path(__file__).parent / "github.graphql").read_text(encoding="utf-8")
    for each in lacking:
        text = text.replace(each, "")
    schema = build_schema(text)
    schema.type_map["DateTime"].coerce_output_value = _moment
    query = schema.query_type.fields
    for name, resolve in {
        "search": _search, "user": _user, "repositoryOwner": _owner, "repository": _repository, "node": _node,
        "nodes": _nodes, "rateLimit": _limit, "viewer": _viewer,
    }.items():  # fmt: skip
        query[name].resolve = resolve
    for kind in schema.type_map.values():
        for each in getattr(kind, "fields", {}).values():
            if kind.name != "Query" and str(each.type).rstrip("!").endswith("Connection"):
                each.resolve = _connection
    return schema


_SCHEMA = _make_schema()
_OLD_SCHEMA = _make_schema("(enableDuplicate: Boolean = false)", "totalCommentsCount: Int\n")
