"""What the small GitLab knows: people, groups, projects, merge requests, issues and what happened to them.

Everything is a plain dict with GraphQL's own names; times are aware. A node's numeric id is under `number`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

NOW = dt.datetime(2026, 11, 1, 12, tzinfo=dt.UTC)
HOST = "https://gitlab.example"

Node = dict[str, Any]


@dataclass
class World:
    """Everything this GitLab knows, and how old it is."""

    version: str = "18.5.0-ee"
    enterprise: bool = True
    users: dict[str, Node] = field(default_factory=dict)
    groups: dict[str, Node] = field(default_factory=dict)
    projects: dict[str, Node] = field(default_factory=dict)
    merge_requests: list[Node] = field(default_factory=list)
    issues: list[Node] = field(default_factory=list)
    events: list[Node] = field(default_factory=list)
    """What people did, in the order of their ids; a `hidden` one takes its place on a page and is not shown."""
    redirects: dict[str, int] = field(default_factory=dict)
    """The ids of projects by the paths they had: REST answers 301 to them, GraphQL null."""
    hidden: set[str] = field(default_factory=set)
    """Paths of groups and projects that this token does not see at all."""
    redacted: set[str] = field(default_factory=set)
    """Ids of nodes that count and are removed from their page afterwards, as GitLab does with what is not for all."""
    access: int | None = 30
    """The level of the token's owner in every project, 30 for a developer; None for no member."""
    rounds_merged_before: bool = True
    """Whether GraphQL's `mergedBefore` includes the rest of that day, as newer servers do, or only its end."""
    viewer: str | None = "alice"
    token: str = "personal"
    """What kind of token signs in: personal, project, group or oauth."""
    scopes: Sequence[str] = ("read_api",)
    expires: str | None = "2027-01-31"
    now: dt.datetime = NOW
    remaining: int | None = 1990
    read_only: bool = False
    """Whether the token may not write."""
    """What is left of the rate limit; None where the server has none."""
    last: dict[str, int] = field(default_factory=dict)
    """The last id of each table: a merge request and an issue may have the same."""

    def next(self, table: str) -> int:
        self.last[table] = self.last.get(table, 0) + 1
        return self.last[table]

    def user(self, username: str, **more: Any) -> Node:
        """A user, made where there is none; `private` hides the profile's lists and events."""
        if username not in self.users:
            self.users[username] = self._node("User", username=username, name=username.title(), bot=False) | {
                "__typename": "UserCore", "webUrl": f"{HOST}/{username}", "state": "active", "private": False,
                "publicEmail": "",
            }  # fmt: skip
        self.users[username] |= more
        return self.users[username]

    def rename_user(self, old: str, new: str) -> None:
        self.users[new] = self.users.pop(old)
        self.users[new] |= {"username": new, "webUrl": f"{HOST}/{new}"}

    def group(self, path: str) -> Node:
        """A group and those above it, made where there are none."""
        for end in [len("/".join(path.split("/")[: number + 1])) for number in range(path.count("/") + 1)]:
            each = path[:end]
            if each not in self.groups:
                self.groups[each] = self._node("Group", fullPath=each, name=each.rpartition("/")[2]) | {
                    "webUrl": f"{HOST}/groups/{each}", "visibility": "private",
                }  # fmt: skip
        return self.groups[path]

    def project(self, path: str, visibility: str = "private", **more: Any) -> Node:
        """A project, made where there is none, in a group or (`personal`) in a person's namespace."""
        if path not in self.projects:
            if not more.pop("personal", False):
                self.group(path.rpartition("/")[0])
            self.projects[path] = self._node("Project", fullPath=path) | {
                "path": path.rpartition("/")[2], "name": path.rpartition("/")[2], "visibility": visibility,
                "webUrl": f"{HOST}/{path}", "archived": False, "issuesEnabled": True, "mergeRequestsEnabled": True,
                "mergeCommitTemplate": None,
                "releases": [], "iids": {}, "autocloseReferencedIssues": True,
            }  # fmt: skip
        self.projects[path] |= more
        return self.projects[path]

    def rename(self, old: str, new: str) -> None:
        """Rename or transfer a project; its old path leads to its id, for REST only."""
        moved = self.projects.pop(old)
        self.group(new.rpartition("/")[0])
        self.projects[new] = moved
        moved |= {"fullPath": new, "path": new.rpartition("/")[2], "webUrl": f"{HOST}/{new}"}
        self.redirects[old] = moved["number"]
        for each in (*self.merge_requests, *self.issues):
            if each["project"] is moved:
                each["webUrl"] = each["webUrl"].replace(f"{HOST}/{old}/", f"{HOST}/{new}/")

    def rename_group(self, old: str, new: str) -> None:
        """Rename a group, with the projects in it."""
        self.groups[new] = self.groups.pop(old) | {"fullPath": new}
        for path in [each for each in self.projects if each.startswith(f"{old}/")]:
            self.rename(path, new + path[len(old) :])

    def merge_request(self, project: str, author: str, created: dt.datetime, **more: Any) -> Node:
        """A merge request. `merged` is a time and `merged_by` a username, by default the author's.

        `approvals` (username, time), `line_comments` and `comments` (username, time) are lists; so are `paths`,
        `labels`, `reviewers`, `assignees` and `closes` (issues that close with it). The rest are fields of the node.
        """
        merged, merged_by = more.pop("merged", None), more.pop("merged_by", author)
        made = {name: more.pop(name, ()) for name in ("approvals", "line_comments", "comments", "closes")}
        item = self._item("MergeRequest", project, author, created, more)
        paths = more.pop("paths", ("src/main.py",))
        reviewers = [self.user(each) | {"__typename": "MergeRequestReviewer"} for each in more.pop("reviewers", ())]
        item |= {
            "state": "opened", "mergedAt": None, "mergeUser": None, "draft": False, "sourceBranch": f"b{item['iid']}",
            "targetBranch": "main", "commitCount": 1, "squash": False, "diffStats": [_stats(each) for each in paths],
            "diffHeadSha": f"{item['number']:040x}", "mergeCommitSha": None, "squashCommitSha": None,
            "reviewers": reviewers, "approvedBy": [],
        }  # fmt: skip
        item["diffStatsSummary"] = _summary(item["diffStats"])
        item |= {name: more.pop(name) for name in list(more) if name != "updated"}
        self.merge_requests.append(item)
        self._happened("created", item, author, created)
        for name, act in (
            ("line_comments", self.line_comment),
            ("comments", self.comment),
            ("approvals", self.approve),
        ):
            for each in made[name]:
                act(item, *each)
        if merged:
            self.merge(item, merged_by, merged, made["closes"])
        item["updatedAt"] = more.pop("updated", None) or item["updatedAt"]
        return item

    def merge(self, item: Node, by: str | None, at: dt.datetime, closes: Sequence[Node] = ()) -> None:
        """Merge it, which closes issues a second later."""
        item |= {"state": "merged", "mergedAt": at, "mergeUser": self.user(by) if by else None}
        item["mergeCommitSha"] = item["mergeCommitSha"] or f"{item['number'] + 0xC0000000:040x}"
        self._touch(item, at)
        if by:
            self._happened("accepted", item, by, at)
        for each in closes:
            self.close(each, at + dt.timedelta(seconds=1), by, item)

    def approve(self, item: Node, username: str, at: dt.datetime) -> Node:
        """Approve it: a system note, an event and a place among those who approved."""
        item["approvedBy"].append(self.user(username) | {"approved_at": at})
        self._happened("approved", item, username, at)
        icon = "check" if self.newer_than("17.0") else "approval"
        return self._note(item, username, at, "approved this merge request", icon)

    def unapprove(self, item: Node, username: str, at: dt.datetime) -> Node:
        item["approvedBy"] = [each for each in item["approvedBy"] if each["username"] != username]
        return self._note(item, username, at, "unapproved this merge request", "unapproval")

    def line_comment(self, item: Node, username: str, at: dt.datetime, body: str = "Why?") -> Node:
        """A comment on a line: a DiffNote."""
        path = item["diffStats"][0]["path"] if item.get("diffStats") else "src/main.py"
        position = {"filePath": path, "newPath": path, "oldPath": path, "newLine": 1, "oldLine": None}
        note = self._note(item, username, at, body, None, "DiffNote", position | {"positionType": "text"})
        self._happened("commented on", item, username, at, note)
        return note

    def issue(self, project: str, author: str, created: dt.datetime, **more: Any) -> Node:
        """An issue; `closed` is a time, `by` a username, `closer` the merge request that did it.

        `type` is ISSUE, TASK or INCIDENT; `assignees`, `labels` and `comments` are lists.
        """
        closed, by, closer = more.pop("closed", None), more.pop("by", author), more.pop("closer", None)
        comments = more.pop("comments", ())
        item = self._item("Issue", project, author, created, more) | {
            "state": "opened", "closedAt": None, "closedBy": None, "type": more.pop("type", "ISSUE"),
            "confidential": False, "moved": False, "movedTo": None, "closedAsDuplicateOf": None, "weight": None,
            "states": [], "severity": "UNKNOWN", "status": None,
        }  # fmt: skip
        item["projectId"] = item["project"]["number"]
        item |= {name: more.pop(name) for name in list(more) if name != "updated"}
        self.issues.append(item)
        self._happened("created", item, author, created)
        for each in comments:
            self.comment(item, *each)
        if closed:
            self.close(item, closed, by, closer)
        item["updatedAt"] = more.pop("updated", None) or item["updatedAt"]
        return item

    def close(self, item: Node, at: dt.datetime, by: str | None, closer: Node | None = None) -> None:
        """Close an issue: a state event, which no list of notes has, and an event of the person."""
        user = self.user(by) if by else None
        item |= {"state": "closed", "closedAt": at, "closedBy": user}
        item["states"].append(
            {"number": self.next("State"), "state": "closed", "user": user, "at": at, "source": closer}
        )
        self._touch(item, at)
        if by:
            self._happened("closed", item, by, at)

    def reopen(self, item: Node, by: str, at: dt.datetime) -> None:
        item |= {"state": "opened", "closedAt": None, "closedBy": None}
        item["states"].append({"number": self.next("State"), "state": "reopened", "user": self.user(by), "at": at})
        self._touch(item, at)
        self._happened("reopened", item, by, at)

    def move(self, item: Node, project: str, by: str, at: dt.datetime) -> Node:
        """Move an issue to another project: a new one there, and the old one is closed."""
        people = [each["username"] for each in item["assignees"]]
        new = self.issue(project, item["author"]["username"], at, title=item["title"], assignees=people)
        self._note(item, by, at, f"moved to {project}#{new['iid']}", "arrow-right")
        self.close(item, at, by)
        item |= {"moved": True, "movedTo": new}
        return new

    def delete(self, item: Node) -> None:
        """Delete a merge request or an issue, and its events with it."""
        self.events[:] = [each for each in self.events if each["item"] is not item]
        for entries in (self.merge_requests, self.issues):
            entries[:] = [each for each in entries if each is not item]

    def comment(self, item: Node, username: str, at: dt.datetime, body: str = "A word.") -> Node:
        """A plain comment."""
        note = self._note(item, username, at, body)
        self._happened("commented on", item, username, at, note)
        return note

    def release(self, project: str, author: str | None, at: dt.datetime, tag: str, **more: Any) -> Node:
        made = {
            "__typename": "Release", "id": f"gid://gitlab/Release/{self.next('Release')}", "tagName": tag, "name": tag,
            "description": None, "createdAt": at, "releasedAt": at, "upcomingRelease": False,
            "author": self.user(author) if author else None,
            "links": {"selfUrl": f"{HOST}/{project}/-/releases/{tag}"},
        } | more  # fmt: skip
        self.project(project)["releases"].append(made)
        return made

    def newer_than(self, version: str) -> bool:
        """Whether this server has at least a version."""
        return _numbers(self.version) >= _numbers(version)

    def shows(self, item: Node) -> bool:
        """Whether this token sees a group, a project or what is in it, such as a confidential issue."""
        involved = [item.get("author"), *item.get("assignees", ())]
        if item.get("confidential") and (self.access or 0) < 15 and self.viewer not in names_of(involved):
            return False
        path = (item.get("project") or item)["fullPath"]
        return not any(path == each or path.startswith(f"{each}/") for each in self.hidden)

    def _node(self, kind: str, **values: Any) -> Node:
        number = self.next("Note" if kind.endswith("Note") else kind)
        return {"__typename": kind, "id": f"gid://gitlab/{kind}/{number}", "number": number} | values

    def _item(self, kind: str, path: str, author: str, created: dt.datetime, more: dict[str, Any]) -> Node:
        project = self.project(path)
        iid = project["iids"][kind] = project["iids"].get(kind, 0) + 1
        labels, milestone = more.pop("labels", ()), more.pop("milestone", None)
        where = "merge_requests" if kind == "MergeRequest" else "issues"
        return self._node(kind, iid=str(iid), project=project, author=self.user(author), createdAt=created) | {
            "title": more.pop("title", f"{kind} {iid}"), "description": more.pop("description", ""),
            "webUrl": f"{HOST}/{path}/-/{where}/{iid}", "updatedAt": created, "notes": [], "userNotesCount": 0,
            "assignees": [self.user(each) for each in more.pop("assignees", ())],
            "labels": [{"id": f"gid://gitlab/ProjectLabel/{each}", "title": each} for each in labels],
            "milestone": self._node("Milestone", title=milestone) if milestone else None,
        }  # fmt: skip

    def _note(
        self, item: Node, username: str, at: dt.datetime, body: str, icon: str | None = None, kind: str = "Note",
        position: Node | None = None,
    ) -> Node:  # fmt: skip
        note = self._node(kind, body=body, createdAt=at, updatedAt=at, author=self.user(username)) | {
            "__typename": "Note", "kind": kind, "system": icon is not None, "systemNoteIconName": icon,
            "position": position, "internal": False, "resolvable": kind == "DiffNote", "resolved": False,
        }  # fmt: skip
        note["url"] = f"{item['webUrl']}#note_{note['number']}"
        item["notes"].append(note)
        item["userNotesCount"] += icon is None
        self._touch(item, at)
        return note

    def _touch(self, item: Node, at: dt.datetime) -> None:
        item["updatedAt"] = max(item["updatedAt"], at)

    def _happened(self, action: str, item: Node, username: str, at: dt.datetime, note: Node | None = None) -> None:
        event = {
            "number": self.next("Event"), "action": action, "item": item, "project": item["project"], "at": at,
            "note": note,
            "user": self.user(username), "hidden": False,
        }  # fmt: skip
        self.events.append(event)


def names_of(users: Sequence[Node | None]) -> set[str]:
    """The user names of users."""
    return {str(each["username"]) for each in users if each}


def _stats(path: str) -> Node:
    return {"path": path, "additions": 10, "deletions": 2}


def _summary(stats: Sequence[Node]) -> Node:
    added, deleted = (sum(each[name] for each in stats) for name in ("additions", "deletions"))
    return {"additions": added, "deletions": deleted, "changes": added + deleted, "fileCount": len(stats)}


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(each) for each in version.partition("-")[0].split(".")[:2])
