"""REST of the small GitHub: a repository, and its issues and their comments, read and written."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode, urlsplit

if TYPE_CHECKING:
    from tests.servers.github import World

LONGEST = 65_536
Node = dict[str, Any]
Reply = tuple[int, str, Mapping[str, str]]


def answer(world: World, url: str, method: str, target: str, body: Mapping[str, Any]) -> Reply:
    """The answer to a request below /api/v3; `target` is its path and query."""
    parts = urlsplit(target)
    call = _Call(world, url, parts.path, dict(parse_qsl(parts.query)), body)
    for verb, pattern, reply in _ROUTES:
        if method == verb and (match := re.fullmatch(f"/api/v3/repos/([^/]+/[^/]+){pattern}", parts.path)):
            return _in_repository(call, reply, *match.groups())
    return _message(404, "Not Found")


class _Call:
    """One request."""

    def __init__(self, world: World, url: str, path: str, query: Mapping[str, str], body: Mapping[str, Any]) -> None:
        self.world, self.url, self.path, self.query, self.body = world, url, path, query, body

    def page(self, entries: Sequence[Any], shown: Callable[[Any], Any]) -> Reply:
        number, size = int(self.query.get("page", "1")), min(int(self.query.get("per_page", "30")), 100)
        end, headers = number * size, {}
        if end < len(entries):
            query = urlencode({**self.query, "page": number + 1})
            headers["link"] = f'<{self.url}{self.path}?{query}>; rel="next"'
        return 200, json.dumps([shown(each) for each in entries[end - size : end]]), headers


def _message(status: int, message: str) -> Reply:
    return status, json.dumps({"message": message, "documentation_url": "https://docs.github.com/rest"}), {}


def _in_repository(call: _Call, reply: Callable[..., Reply], name: str, *rest: str) -> Reply:
    """An old name redirects: a GET with 301, anything else with 307."""
    if name in call.world.redirects:
        moved = call.path.replace(name, call.world.redirects[name], 1)
        return 307 if call.body else 301, "{}", {"location": f"{call.url}{moved}"}
    repository = call.world.repositories.get(name)
    if repository is None or name.partition("/")[0] in call.world.hidden:
        return _message(404, "Not Found")
    if call.path.endswith(name):
        return reply(call, repository)
    if not repository["hasIssuesEnabled"]:
        return _message(410, "Issues has been disabled in this repository.")
    return reply(call, repository, *rest)


def _repository(call: _Call, repository: Node) -> Reply:
    shown = {
        "id": 1, "full_name": repository["nameWithOwner"], "private": repository["isPrivate"],
        "archived": repository["isArchived"], "has_issues": repository["hasIssuesEnabled"],
    }  # fmt: skip
    return 200, json.dumps(shown), {}


def _listed(call: _Call, repository: Node) -> Reply:
    """Issues and pull requests; only open ones, the newest first, unless asked otherwise."""
    state = call.query.get("state", "open")
    inside = [each for each in call.world.items if each["repository"] is repository]
    found = [each for each in inside if state == "all" or (each["state"] == "OPEN") == (state == "open")]
    found.sort(key=lambda each: (each["createdAt"], each["number"]), reverse=call.query.get("direction") != "asc")
    return call.page(found, _issue)


def _created(call: _Call, repository: Node) -> Reply:
    if refused := _refused(call):
        return refused
    if len(call.body["title"]) > 256:
        return _message(422, "Validation Failed")
    now, viewer = call.world.now, call.world.viewer
    made = call.world.issue(repository["nameWithOwner"], viewer, now, title=call.body["title"], body=call.body["body"])
    return 201, json.dumps(_issue(made)), {}


def _refused(call: _Call) -> Reply | None:
    if call.world.read_only:
        return _message(403, "Resource not accessible by integration")
    if len(call.body.get("body", "")) > LONGEST:
        return _message(422, "Validation Failed")
    return None


def _found(call: _Call, repository: Node, number: str) -> Node | None:
    inside = [each for each in call.world.items if each["repository"] is repository]
    return next((each for each in inside if each["number"] == int(number)), None)


def _updated(call: _Call, repository: Node, number: str) -> Reply:
    issue = _found(call, repository, number)
    if issue is None:
        return _message(410, "This issue was deleted")
    if refused := _refused(call):
        return refused
    issue |= {name: value for name, value in call.body.items() if name in {"title", "body"}}
    issue["updatedAt"] = call.world.now
    return 200, json.dumps(_issue(issue)), {}


def _comments(call: _Call, repository: Node, number: str) -> Reply:
    issue = _found(call, repository, number)
    return call.page(issue["comments"], _comment) if issue else _message(404, "Not Found")


def _commented(call: _Call, repository: Node, number: str) -> Reply:
    issue = _found(call, repository, number)
    if issue is None:
        return _message(404, "Not Found")
    if refused := _refused(call):
        return refused
    call.world.comment(issue, call.world.viewer or "", call.world.now)
    issue["comments"][-1]["body"] = call.body["body"]
    return 201, json.dumps(_comment(issue["comments"][-1])), {}


def _one_comment(call: _Call, number: str) -> tuple[Node, Node] | None:
    every = ((item, each) for item in call.world.items for each in item["comments"])
    return next(((item, each) for item, each in every if each["id"] == f"IC_{number}"), None)


def _comment_updated(call: _Call, repository: Node, number: str) -> Reply:
    found = _one_comment(call, number)
    if found is None:
        return _message(404, "Not Found")
    if refused := _refused(call):
        return refused
    found[1]["body"] = call.body["body"]
    return 200, json.dumps(_comment(found[1])), {}


def _comment_deleted(call: _Call, repository: Node, number: str) -> Reply:
    found = _one_comment(call, number)
    if found is None:
        return _message(404, "Not Found")
    found[0]["comments"].remove(found[1])
    return 204, "", {}


def _issue(item: Node) -> Node:
    shown = {
        "id": 10_000 + item["number"], "number": item["number"], "title": item["title"], "body": item["body"] or None,
        "html_url": item["url"], "state": "open" if item["state"] == "OPEN" else "closed", "user": _user(item),
        "created_at": _time(item["createdAt"]), "comments": len(item["comments"]), "locked": False,
        "author_association": "NONE",
    }  # fmt: skip
    return shown | ({"pull_request": {"url": item["url"]}} if item["__typename"] == "PullRequest" else {})


def _comment(comment: Node) -> Node:
    return {
        "id": int(comment["id"].partition("_")[2]), "body": comment["body"], "html_url": comment["url"],
        "user": _user(comment), "created_at": _time(comment["createdAt"]),
    }  # fmt: skip


def _user(node: Node) -> Node | None:
    if not node["author"]:
        return None
    login = node["author"]["login"]
    return {"login": login, "id": node["author"]["databaseId"], "type": "Bot" if login.endswith("[bot]") else "User"}


def _time(at: dt.datetime) -> str:
    return at.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


_ROUTES: Sequence[tuple[str, str, Callable[..., Reply]]] = (
    ("GET", "", _repository),
    ("GET", "/issues", _listed),
    ("POST", "/issues", _created),
    ("PATCH", r"/issues/(\d+)", _updated),
    ("GET", r"/issues/(\d+)/comments", _comments),
    ("POST", r"/issues/(\d+)/comments", _commented),
    ("PATCH", r"/issues/comments/(\d+)", _comment_updated),
    ("DELETE", r"/issues/comments/(\d+)", _comment_deleted),
)
