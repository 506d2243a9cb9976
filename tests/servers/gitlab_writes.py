"""What the small GitLab lets be written over REST: issues and their notes, with the quick actions in their texts."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import unquote

from tests.servers import gitlab_rest
from tests.servers.gitlab_world import Node, World

LONGEST = {"description": 1_048_576, "body": 1_000_000}
QUICK_ACTION = re.compile(r"^/(\w+).*\n?", re.MULTILINE)


def answer(world: World, method: str, path: str, body: Mapping[str, Any]) -> gitlab_rest.Reply:
    """The answer to a request below /api/v4 that is no GET."""
    if world.read_only:
        return _message(403, "403 Forbidden")
    for name, longest in LONGEST.items():
        if len(body.get(name, "")) > longest:
            return _message(400, f"{name} is too long (maximum is {longest} characters)")
    for verb, pattern, reply in _ROUTES:
        if method == verb and (match := re.fullmatch(f"/api/v4/projects/([^/]+){pattern}", path)):
            return _in_project(world, reply, body, *(unquote(each) for each in match.groups()))
    return _message(404, "404 Not Found")


def _message(status: int, message: str) -> gitlab_rest.Reply:
    return status, json.dumps({"message": message}), {}


def _in_project(
    world: World, reply: Callable[..., gitlab_rest.Reply], body: Mapping[str, Any], wanted: str, *rest: str
) -> gitlab_rest.Reply:
    project = gitlab_rest._find_project(world, wanted)
    if project is None:
        return _message(404, "404 Project Not Found")
    if not rest:
        return reply(world, project, body)
    inside = [each for each in world.issues if each["project"] is project and each["iid"] == rest[0]]
    return reply(world, inside[0], body, *rest[1:]) if inside else _message(404, "404 Issue Not Found")


def _acted(world: World, issue: Node, text: str) -> str:
    """A text without its quick actions, which are done."""
    for found in QUICK_ACTION.finditer(text):
        if found[1] == "close":
            world.close(issue, world.now, world.viewer)
    return QUICK_ACTION.sub("", text)


def _created(world: World, project: Node, body: Mapping[str, Any]) -> gitlab_rest.Reply:
    issue = world.issue(project["fullPath"], world.viewer or "", world.now, title=body["title"])
    issue["description"] = _acted(world, issue, body["description"])
    return 201, json.dumps(gitlab_rest._item(issue)), {}


def _updated(world: World, issue: Node, body: Mapping[str, Any]) -> gitlab_rest.Reply:
    issue["description"] = _acted(world, issue, body["description"])
    issue["updatedAt"] = world.now
    return 200, json.dumps(gitlab_rest._item(issue)), {}


def _noted(world: World, issue: Node, body: Mapping[str, Any]) -> gitlab_rest.Reply:
    note = world.comment(issue, world.viewer or "", world.now, _acted(world, issue, body["body"]))
    return 201, json.dumps(gitlab_rest._note(note, issue)), {}


def _note_changed(world: World, issue: Node, body: Mapping[str, Any], number: str) -> gitlab_rest.Reply:
    found = next((each for each in issue["notes"] if each["number"] == int(number)), None)
    if found is None:
        return _message(404, "404 Note Not Found")
    found["body"] = _acted(world, issue, body["body"])
    return 200, json.dumps(gitlab_rest._note(found, issue)), {}


def _note_deleted(world: World, issue: Node, body: Mapping[str, Any], number: str) -> gitlab_rest.Reply:
    left = [each for each in issue["notes"] if each["number"] != int(number)]
    if len(left) == len(issue["notes"]):
        return _message(404, "404 Note Not Found")
    issue["notes"][:] = left
    issue["userNotesCount"] -= 1
    return 204, "", {}


_ROUTES: Sequence[tuple[str, str, Callable[..., gitlab_rest.Reply]]] = (
    ("POST", "/issues", _created),
    ("PUT", r"/issues/(\d+)", _updated),
    ("POST", r"/issues/(\d+)/notes", _noted),
    ("PUT", r"/issues/(\d+)/notes/(\d+)", _note_changed),
    ("DELETE", r"/issues/(\d+)/notes/(\d+)", _note_deleted),
)
