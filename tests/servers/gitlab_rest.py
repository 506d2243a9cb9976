"""REST of the small GitLab: /api/v4 with offset pages."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import unquote, urlencode

from tests.servers.gitlab_world import Node, World

OFFSET = 50_000
COUNTED = 10_000
EVENT_ACTIONS: Mapping[str, str] = {
    "approved": "approved", "closed": "closed", "commented": "commented on", "created": "created",
    "merged": "accepted", "reopened": "reopened",
}  # fmt: skip
"""What events are called in their list, by what `action` calls them; an unknown one filters nothing."""
TARGETS = {"issue": "Issue", "merge_request": "MergeRequest", "note": "Note"}

Reply = tuple[int, str, Mapping[str, str]]
Parameters = Sequence[tuple[str, str]]


def answer(world: World, url: str, path: str, parameters: Parameters) -> Reply:
    """The answer to a GET below /api/v4."""
    for pattern, found in _ROUTES:
        if match := re.fullmatch(f"/api/v4{pattern}", path):
            return found(_Call(world, url, path, parameters), *(unquote(each) for each in match.groups()))
    return _not_found("404 Not Found")


class _Call:
    """One request: what it asks for, and how its answer is made."""

    def __init__(self, world: World, url: str, path: str, parameters: Parameters) -> None:
        self.world, self.url, self.path, self.parameters = world, url, path, parameters

    def get(self, name: str, default: str = "") -> str:
        return dict(self.parameters).get(name, default)

    def every(self, name: str) -> list[str]:
        return [value for key, value in self.parameters if key in (name, f"{name}[]")]

    def page(self, entries: Sequence[Any], shown: Callable[[Any], Any], visible: Callable[[Any], bool]) -> Reply:
        """A page by its number: entries are cut first, and what may not be seen is left out of the page."""
        number, size = int(self.get("page", "1")), min(int(self.get("per_page", "20")), 100)
        if (number - 1) * size >= OFFSET:
            said = (
                f"Offset pagination has a maximum allowed offset of {OFFSET} for requests that return objects of type"
            )
            return 405, json.dumps({"error": f"{said} Event. Remaining records can be retrieved using keyset."}), {}
        start, end = (number - 1) * size, number * size
        headers = {"x-page": str(number), "x-per-page": str(size)}
        headers["x-next-page"] = str(number + 1) if end < len(entries) else ""
        links = [self._link(number + 1, "next")] if end < len(entries) else []
        links.append(self._link(1, "first"))
        if len(entries) <= COUNTED:
            pages = max(-(-len(entries) // size), 1)
            headers |= {"x-total": str(len(entries)), "x-total-pages": str(pages)}
            links.append(self._link(pages, "last"))
        return 200, json.dumps([shown(each) for each in entries[start:end] if visible(each)]), headers | {
            "link": ", ".join(links)
        }  # fmt: skip

    def _link(self, number: int, rel: str) -> str:
        kept = [(name, value) for name, value in self.parameters if name != "page"]
        return f'<{self.url}{self.path}?{urlencode([*kept, ("page", str(number))])}>; rel="{rel}"'


def _not_found(what: str) -> Reply:
    return 404, json.dumps({"message": what}), {}


def _one(shown: Any) -> Reply:
    return 200, json.dumps(shown), {}


def _version(call: _Call) -> Reply:
    shown = {"version": call.world.version, "revision": "abcdef01234"}
    return _one(shown | ({"enterprise": call.world.enterprise} if call.path.endswith("metadata") else {}))


def _me(call: _Call) -> Reply:
    if call.world.viewer is None:
        return 403, json.dumps({"message": "403 Forbidden"}), {}
    return _one(_user(call.world.user(call.world.viewer)))


def _users(call: _Call) -> Reply:
    wanted = call.get("username").casefold()
    found = [each for each in call.world.users.values() if not wanted or each["username"].casefold() == wanted]
    return call.page(found, _user, lambda each: True)


def _one_user(call: _Call, wanted: str) -> Reply:
    """What is shown of a private profile has no time of creation (lib/api/entities/user.rb)."""
    found = _find_user(call.world, wanted)
    if found is None:
        return _not_found("404 User Not Found")
    hidden = found["private"] and found["username"] != call.world.viewer
    return _one(_user(found) | ({} if hidden else {"created_at": "2020-01-01T00:00:00.000Z", "bio": ""}))


def _user_projects(call: _Call, wanted: str) -> Reply:
    """The projects in a person's own namespace."""
    found = _find_user(call.world, wanted)
    if found is None:
        return _not_found("404 User Not Found")
    projects = call.world.projects.items()
    own = [each for path, each in projects if path.rpartition("/")[0] == found["username"]]
    return call.page(own, _project_shown, call.world.shows)


def _find_user(world: World, wanted: str) -> Node | None:
    users = world.users.values()
    return next((each for each in users if wanted in (str(each["number"]), each["username"])), None)


def _own_token(call: _Call) -> Reply:
    if call.world.token == "oauth":
        said = "400 Bad request - This endpoint requires token type to be a personal access token"
        return 400, json.dumps({"message": said}), {}
    owner = call.world.users.get(call.world.viewer or "")
    return _one(
        {
            "id": 7, "name": "harvester", "revoked": False, "created_at": "2026-01-31T00:00:00.000Z",
            "scopes": list(call.world.scopes), "user_id": owner["number"] if owner else 0, "active": True,
            "expires_at": call.world.expires, "last_used_at": None,
        }
    )  # fmt: skip


def _events(call: _Call, wanted: str) -> Reply:
    user = _find_user(call.world, wanted)
    if user is None:
        return _not_found("404 User Not Found")
    if user["private"] and user["username"] != call.world.viewer:
        return call.page([], _event, lambda each: True)
    found = [each for each in call.world.events if each["user"]["number"] == user["number"] and _is_asked(call, each)]
    found.sort(key=lambda each: each["number"], reverse=call.get("sort", "desc") == "desc")
    return call.page(found, _event, lambda each: not each["hidden"] and call.world.shows(each))


def _is_asked(call: _Call, event: Node) -> bool:
    """Whether an event is in the list: whole days, both exclusive; three years are kept."""
    action, target = EVENT_ACTIONS.get(call.get("action")), TARGETS.get(call.get("target_type"))
    day, now = event["at"].astimezone(dt.UTC).date().isoformat(), call.world.now
    return (
        action in (None, event["action"])
        and target in (None, _target_type(event))
        and (not call.get("after") or day > call.get("after"))
        and (not call.get("before") or day < call.get("before"))
        and event["at"] >= now.replace(year=now.year - 3)
    )


def _target_type(event: Node) -> str:
    return str(event["note"]["kind"] if event["note"] else event["item"]["__typename"])


def _event(event: Node) -> Node:
    item, note = event["item"], event["note"]
    shown = {
        "id": event["number"], "project_id": event["project"]["number"], "action_name": event["action"],
        "target_id": (note or item)["number"], "target_iid": (note["number"] if note else int(item["iid"])),
        "target_type": _target_type(event), "author_id": event["user"]["number"], "target_title": item["title"],
        "created_at": _time(event["at"]), "author": _user(event["user"]), "author_username": event["user"]["username"],
        "imported": False, "imported_from": "none",
    }  # fmt: skip
    return shown | ({"note": _note(note, item)} if note else {})


def _note(note: Node, item: Node) -> Node:
    return {
        "id": note["number"], "type": None if note["kind"] == "Note" else note["kind"], "body": note["body"],
        "author": _user(note["author"]), "created_at": _time(note["createdAt"]), "system": note["system"],
        "updated_at": _time(note["updatedAt"]), "noteable_id": item["number"], "noteable_type": item["__typename"],
        "noteable_iid": int(item["iid"]), "project_id": item["project"]["number"], "resolvable": note["resolvable"],
        "confidential": note["internal"], "internal": note["internal"],
    } | ({"position": {"new_path": note["position"]["newPath"]}} if note["position"] else {})  # fmt: skip


def _project(call: _Call, wanted: str) -> Reply:
    if wanted in call.world.redirects and wanted not in call.world.projects:
        where = f"{call.url}/api/v4/projects/{call.world.redirects[wanted]}"
        return 301, json.dumps({"message": "Non GET methods are not allowed for moved projects"}), {"location": where}
    found = _find_project(call.world, wanted)
    level = {"access_level": call.world.access, "notification_level": 3} if call.world.access else None
    access = {"permissions": {"project_access": None, "group_access": level}}
    return _one(_project_shown(found) | access) if found else _not_found("404 Project Not Found")


def _find_project(world: World, wanted: str) -> Node | None:
    number = str(world.redirects.get(wanted, wanted))
    known = (each for path, each in world.projects.items() if wanted == path or number == str(each["number"]))
    return next(filter(world.shows, known), None)


def _project_shown(project: Node) -> Node:
    return {
        "id": project["number"], "path_with_namespace": project["fullPath"], "path": project["path"],
        "name": project["name"], "visibility": project["visibility"], "archived": project["archived"],
        "web_url": project["webUrl"], "issues_enabled": project["issuesEnabled"],
        "merge_requests_enabled": project["mergeRequestsEnabled"],
    }  # fmt: skip


def _group(call: _Call, wanted: str) -> Reply:
    groups = call.world.groups.items()
    found = next((each for path, each in groups if wanted in (path, str(each["number"]))), None)
    if found is None or not call.world.shows(found):
        return _not_found("404 Group Not Found")
    return _one({"id": found["number"], "full_path": found["fullPath"], "name": found["name"]})


def _listed(of: str, archived: bool) -> Callable[..., Reply]:
    """A list over the whole instance: only what the token's owner created, unless asked otherwise."""

    def found(call: _Call) -> Reply:
        scope, viewer = call.get("scope", "created_by_me").replace("-", "_"), call.world.viewer
        entries: Iterable[Node] = getattr(call.world, of)
        if scope == "created_by_me":
            entries = [each for each in entries if each["author"]["username"] == viewer]
        elif scope == "assigned_to_me":
            entries = [each for each in entries if viewer in [who["username"] for who in each["assignees"]]]
        if call.get("non_archived", "" if archived else "true") == "true":
            entries = [each for each in entries if not each["project"]["archived"]]
        return _items(call, entries)

    return found


def _of_project(of: str) -> Callable[..., Reply]:
    def found(call: _Call, wanted: str) -> Reply:
        project = _find_project(call.world, wanted)
        if project is None:
            return _not_found("404 Project Not Found")
        return _items(call, (each for each in getattr(call.world, of) if each["project"] is project))

    return found


def _of_group(of: str) -> Callable[..., Reply]:
    def found(call: _Call, wanted: str) -> Reply:
        groups = call.world.groups.items()
        path = next((path for path, each in groups if wanted in (path, str(each["number"]))), None)
        if path is None or not call.world.shows(call.world.groups[path]):
            return _not_found("404 Group Not Found")
        inside = [each for each in getattr(call.world, of) if each["project"]["fullPath"].startswith(f"{path}/")]
        kept = [
            each for each in inside if call.get("non_archived", "true") != "true" or not each["project"]["archived"]
        ]
        return _items(call, kept)

    return found


def _items(call: _Call, entries: Iterable[Node]) -> Reply:
    found = [each for each in entries if _matches(call, each) and call.world.shows(each)]
    field = "updatedAt" if call.get("order_by") == "updated_at" else "createdAt"
    found.sort(key=lambda each: (each[field], each["number"]), reverse=call.get("sort", "desc") == "desc")
    return call.page(found, _item, lambda each: each["id"] not in call.world.redacted)


def _matches(call: _Call, item: Node) -> bool:
    """What the parameters say; one that this server does not know is ignored, as GitLab does."""
    names = {who["username"] for who in item["assignees"]}
    return (
        call.get("state", "all") in ("all", item["state"])
        and call.get("author_username", item["author"]["username"]) == item["author"]["username"]
        and call.get("author_id", str(item["author"]["number"])) == str(item["author"]["number"])
        and set(call.every("assignee_username")) <= names
        and (not call.every("iids") or item["iid"] in call.every("iids"))
        and all(_in_time(call, item, name) for name in ("created", "updated", "merged", "closed"))
    )


def _in_time(call: _Call, item: Node, name: str) -> bool:
    """Both ends are included (`merged_before` in app/finders/concerns/merged_at_filter.rb)."""
    after, before, at = call.get(f"{name}_after"), call.get(f"{name}_before"), item.get(f"{name}At")
    if name == "merged" and not call.world.newer_than("16.0"):
        return True
    later = not after or (at is not None and at >= _read(after))
    return later and (not before or (at is not None and at <= _read(before)))


def _one_of(of: str, shown: Callable[[Node], Any]) -> Callable[..., Reply]:
    def found(call: _Call, wanted: str, iid: str) -> Reply:
        project = _find_project(call.world, wanted)
        inside = [each for each in getattr(call.world, of) if each["project"] is project and each["iid"] == iid]
        return _one(shown(inside[0])) if inside else _not_found("404 Not found")

    return found


def _part_of(
    of: str, entries: Callable[[Node], Sequence[Any]], shown: Callable[[Any, Node], Any]
) -> Callable[..., Reply]:
    """A list that belongs to one merge request or issue."""

    def found(call: _Call, wanted: str, iid: str) -> Reply:
        project = _find_project(call.world, wanted)
        inside = [each for each in getattr(call.world, of) if each["project"] is project and each["iid"] == iid]
        if not inside:
            return _not_found("404 Not found")
        return call.page(entries(inside[0]), lambda each: shown(each, inside[0]), lambda each: True)

    return found


def _item(item: Node) -> Node:
    project = item["project"]
    sign = "!" if item["__typename"] == "MergeRequest" else "#"
    shown = {
        "id": item["number"], "iid": int(item["iid"]), "project_id": project["number"], "title": item["title"],
        "description": item["description"], "state": item["state"], "created_at": _time(item["createdAt"]),
        "updated_at": _time(item["updatedAt"]), "author": _user(item["author"]), "web_url": item["webUrl"],
        "labels": [each["title"] for each in item["labels"]], "user_notes_count": item["userNotesCount"],
        "milestone": {"title": item["milestone"]["title"]} if item["milestone"] else None,
        "assignees": [_user(each) for each in item["assignees"]],
        "references": {"full": f"{project['fullPath']}{sign}{item['iid']}"},
    }  # fmt: skip
    return shown | (_merge_request_more(item) if sign == "!" else _issue_more(item))


def _merge_request_more(item: Node) -> Node:
    merger = _user(item["mergeUser"]) if item["mergeUser"] else None
    return {
        "merged_at": _time(item["mergedAt"]), "merge_user": merger, "merged_by": merger, "draft": item["draft"],
        "sha": item["diffHeadSha"], "merge_commit_sha": item["mergeCommitSha"], "squash": item["squash"],
        "squash_commit_sha": item["squashCommitSha"], "source_branch": item["sourceBranch"],
        "target_branch": item["targetBranch"], "reviewers": [_user(each) for each in item["reviewers"]],
    }  # fmt: skip


def _issue_more(item: Node) -> Node:
    closer = _user(item["closedBy"]) if item["closedBy"] else None
    return {
        "closed_at": _time(item["closedAt"]), "closed_by": closer, "type": item["type"],
        "issue_type": item["type"].lower(), "confidential": item["confidential"],
        "moved_to_id": item["movedTo"]["number"] if item["movedTo"] else None,
    }  # fmt: skip


def _approvals(item: Node) -> Node:
    """Since 18.7 with the time of each (gitlab!204605)."""
    people = item["approvedBy"]
    return {
        "id": item["number"], "iid": int(item["iid"]), "project_id": item["project"]["number"],
        "approved": bool(people),
        "approved_by": [{"user": _user(each), "approved_at": _time(each["approved_at"])} for each in people],
    }  # fmt: skip


def _commits(item: Node) -> Sequence[str]:
    return item.get("commits") or [item["diffHeadSha"]]


def _state(event: Node, item: Node) -> Node:
    source = event.get("source")
    return {
        "id": event["number"], "user": _user(event["user"]) if event["user"] else None,
        "created_at": _time(event["at"]),
        "resource_type": item["__typename"], "resource_id": item["number"], "state": event["state"],
        "source_commit": None, "source_merge_request_id": source["number"] if source else None,
    }  # fmt: skip


def _releases(call: _Call, wanted: str) -> Reply:
    project = _find_project(call.world, wanted)
    if project is None:
        return _not_found("404 Project Not Found")
    made = sorted(project["releases"], key=lambda each: each["releasedAt"], reverse=True)
    return call.page(made, _release, lambda each: True)


def _release(release: Node) -> Node:
    return {
        "tag_name": release["tagName"], "name": release["name"], "description": release["description"],
        "created_at": _time(release["createdAt"]), "released_at": _time(release["releasedAt"]),
        "author": _user(release["author"]) if release["author"] else None,
        "upcoming_release": release["upcomingRelease"], "_links": {"self": release["links"]["selfUrl"]},
    }  # fmt: skip


def _user(user: Node) -> Node:
    return {
        "id": user["number"], "username": user["username"], "name": user["name"], "state": user["state"],
        "web_url": user["webUrl"], "avatar_url": None, "bot": user["bot"],
    }  # fmt: skip


def _time(at: dt.datetime | None) -> str | None:
    return at.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z" if at else None


def _read(text: str) -> dt.datetime:
    made = dt.datetime.fromisoformat(text)
    return made if made.tzinfo else made.replace(tzinfo=dt.UTC)


_PROJECT = r"/projects/([^/]+)"
_ROUTES: Sequence[tuple[str, Callable[..., Reply]]] = (
    ("/(?:version|metadata)", _version),
    ("/user", _me),
    ("/users", _users),
    ("/users/([^/]+)", _one_user),
    ("/users/([^/]+)/events", _events),
    ("/users/([^/]+)/projects", _user_projects),
    ("/personal_access_tokens/self", _own_token),
    ("/issues", _listed("issues", archived=False)),
    ("/merge_requests", _listed("merge_requests", archived=True)),
    ("/groups/([^/]+)", _group),
    ("/groups/([^/]+)/issues", _of_group("issues")),
    ("/groups/([^/]+)/merge_requests", _of_group("merge_requests")),
    (_PROJECT, _project),
    (f"{_PROJECT}/issues", _of_project("issues")),
    (f"{_PROJECT}/merge_requests", _of_project("merge_requests")),
    (rf"{_PROJECT}/issues/(\d+)", _one_of("issues", _item)),
    (rf"{_PROJECT}/merge_requests/(\d+)", _one_of("merge_requests", _item)),
    (rf"{_PROJECT}/merge_requests/(\d+)/approvals", _one_of("merge_requests", _approvals)),
    (rf"{_PROJECT}/merge_requests/(\d+)/notes", _part_of("merge_requests", lambda item: item["notes"], _note)),
    (rf"{_PROJECT}/merge_requests/(\d+)/commits", _part_of("merge_requests", _commits, lambda sha, _: {"id": sha})),
    (rf"{_PROJECT}/issues/(\d+)/notes", _part_of("issues", lambda item: item["notes"], _note)),
    (rf"{_PROJECT}/issues/(\d+)/resource_state_events", _part_of("issues", lambda item: item["states"], _state)),
    (f"{_PROJECT}/releases", _releases),
)
