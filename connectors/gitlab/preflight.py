"""The first request: who and where everything is today, and how many entries each list has."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from urllib.parse import quote

from harvester.errors import SourceError
from harvester.sdk.cursor import hashed
from harvester.sdk.gaps import UnreadableScope
from harvester.sdk.graphql import Answer
from harvester.sdk.http import WebError
from harvester.sdk.rest import by_link_here, listed

from . import graphql, watched_items
from .client import Client
from .cursor import Cursor
from .listings import ListRequest
from .query_parts import QueryPart, answers
from .rows import number
from .scope import ScopeFilter

OLDEST = (16, 0)
"""The oldest version that can be read."""
IDS = 100
"""The most ids that GitLab takes in one list."""
_VERSION = re.compile(r"(\d+)\.(\d+)")


@dataclass
class Preflight:
    """Who and where everything is, by the account names that were asked for."""

    at: dt.datetime
    """The server's time."""
    server: str = ""
    """The server's version and edition."""
    viewer: int = 0
    """The user id of the token's owner; 0 where it has none."""
    usernames: dict[str, str] = field(default_factory=dict)
    """Present user names by account."""
    users: dict[str, int] = field(default_factory=dict)
    """User ids by account."""
    silent: set[str] = field(default_factory=set)
    """The accounts that, as far as is shown, never wrote a merge request: some have a private profile."""
    unknown_accounts: list[str] = field(default_factory=list)
    current_names: dict[str, str] = field(default_factory=dict)
    """Present paths of configured projects and groups."""
    personal: dict[str, list[str]] = field(default_factory=dict)
    """The paths of people's projects, by configured owners that are people."""
    excluded: dict[int, str] = field(default_factory=dict)
    """Present paths of excluded projects, by their ids."""
    shown: dict[int, Mapping[str, Any]] = field(default_factory=dict)
    """The projects that are named or were read before, by their ids, as far as they are shown."""
    out_of_scope: dict[int, str] = field(default_factory=dict)
    """Paths by id of projects that were read and are not configured any more."""
    watched: watched_items.Watched = field(default_factory=watched_items.Watched)
    """What became of what has a row."""
    cursor_is_void: bool = False
    """Whether what is remembered holds no longer: a project was renamed, a person or something hidden is back."""
    unreadable: list[UnreadableScope] = field(default_factory=list)
    counts: dict[ListRequest, int] = field(default_factory=dict)

    _private: dict[str, bool] = field(default_factory=dict)

    def is_private(self, client: Client, account: str) -> bool:
        """Whether somebody's profile is private: then GitLab shows neither their events nor what they wrote.

        A profile that may be read has the time it was created (lib/api/entities/user.rb of gitlab-org/gitlab). Only
        that of somebody who seems to have written nothing is looked up, once.
        """
        if account not in self._private:
            shown = _rest_object(client, f"users/{self.users[account]}") if account in self.silent else None
            self._private[account] = shown is not None and "created_at" not in shown
        return self._private[account]

    @property
    def renamed_accounts(self) -> dict[int, str]:
        """The account asked for by user id, for everybody who has another user name today."""
        return {self.users[name]: name for name, today in self.usernames.items() if name != today}


@dataclass
class Survey:
    """What the first request looks up; `ask` puts what came into a `Preflight`."""

    scope_filter: ScopeFilter
    accounts: Sequence[str]
    remembered: Mapping[str, int]
    """User ids by hashed account."""
    cursor: Cursor | None
    requests: Sequence[ListRequest] = ()

    def ask(self, client: Client) -> Preflight:
        """Ask who and where everything is, and count lists, in one request where that is little.

        Raises WebError, and SourceError where the server is too old.
        """
        users, groups = self._users(), self._places("g", self.scope_filter.owners, graphql.group)
        projects = self._places("p", [*self.scope_filter.named, *self.scope_filter.excluded], graphql.project)
        known, watched = self._known(), watched_items.query_parts(self.cursor) if self.cursor else []
        counted = [each.total(index) for index, each in enumerate(self.requests)]
        server, viewer = QueryPart("metadata", graphql.server(), 3), QueryPart("currentUser", graphql.viewer(), 2)
        came: dict[str, tuple[QueryPart, Answer]] = {}
        counts: dict[str, Answer | WebError] = {}
        lists = [part for part, _ in watched]
        first = [server, viewer, *users, *groups, *projects, *known, *lists]
        for part, answer in answers(client, [*first, *counted], optional=counted):
            counts[part.name] = answer
            if not isinstance(answer, WebError):
                came[part.name] = part, answer
        values = {name: part.value(answer) for name, (part, answer) in came.items()}
        found = Preflight(
            client.server_now(came["metadata"][1]), _server(values["metadata"]), _id(values["currentUser"])
        )
        self._find_people(client, found, [values[each.name] for each in users])
        self._find_places(client, found, values)
        for part, each in zip(counted, self.requests, strict=True):
            found.counts[each] = _count(each, part, counts[part.name])
        if self.cursor:
            self._compare_projects(found, [values[each.name] for each in known])
            states = [(part, some, came[part.name][1]) for part, some in watched]
            found.watched = watched_items.compare(self.cursor, found.shown, states, partial(_level, client))
            found.unreadable += found.watched.unreadable
            self._compare_hidden(client, found)
        return found

    def _users(self) -> list[QueryPart]:
        return [
            QueryPart(f"u{i}", graphql.user(i), 6, {f"u{i}": "String!"}, {f"u{i}": name})
            for i, name in enumerate(self.accounts)
        ]

    def _places(self, letter: str, names: Sequence[str], text: Any) -> list[QueryPart]:
        return [
            QueryPart(f"{letter}{i}", text(i), 8, {f"{letter}{i}": "ID!"}, {f"{letter}{i}": name})
            for i, name in enumerate(names)
        ]

    def _known(self) -> list[QueryPart]:
        """The lists of the projects that were read or excluded before."""
        ids = sorted({*self.cursor.projects, *self.cursor.excluded}, key=int) if self.cursor else []
        lists = [[f"gid://gitlab/Project/{each}" for each in ids[at : at + IDS]] for at in range(0, len(ids), IDS)]
        return [
            QueryPart(f"k{i}", graphql.projects_by_id(i), 20, {f"k{i}": "[ID!]"}, {f"k{i}": some})
            for i, some in enumerate(lists)
        ]

    def _find_people(self, client: Client, found: Preflight, values: Sequence[Any]) -> None:
        """Find people by their ids where one is known: a user name may be changed, and taken over by somebody else."""
        by_name = dict(zip(self.accounts, values, strict=True))
        ids = {name: self.remembered[hashed(name)] for name in self.accounts if hashed(name) in self.remembered}
        elsewhere = {ids[name] for name, user in by_name.items() if name in ids and _id(user) != ids[name]}
        by_id = _users_by_id(client, sorted(elsewhere)) if elsewhere else {}
        for name, user in by_name.items():
            person = by_id.get(ids[name]) if ids.get(name) in elsewhere else user
            if not person:
                found.unknown_accounts.append(name)
                if name in ids:
                    found.users[name] = ids[name]
                reason = f"GitLab has no user {name!r}: misspelt, renamed or deleted"
                found.unreadable.append(UnreadableScope(None, reason, known=True))
                continue
            same = name.casefold() == str(person["username"]).casefold()
            found.usernames[name] = name if same else str(person["username"])
            found.users[name] = _id(person)
            if not (person.get("authoredMergeRequests") or {}).get("nodes"):
                found.silent.add(name)

    def _find_places(self, client: Client, found: Preflight, values: Mapping[str, Any]) -> None:
        """Find the configured groups and projects; one that was renamed is found by its earlier path."""
        for index, name in enumerate(self.scope_filter.owners):
            if group := values[f"g{index}"]:
                found.current_names[name] = group["fullPath"]
            elif name in self.scope_filter.groups or (own := _personal_projects(client, name)) is None:
                reason = "GitLab has no group of this path: misspelt, renamed, or hidden from this token"
                found.unreadable.append(UnreadableScope(name, reason, f"group:{name}"))
            else:
                found.personal[name] = own
        named = self.scope_filter.named
        for index, name in enumerate([*named, *self.scope_filter.excluded]):
            project = values[f"p{index}"] or moved(client, name)
            if index >= len(named):
                found.excluded |= {number(project["id"]): project["fullPath"]} if project else {}
            elif project:
                found.current_names[name] = project["fullPath"]
                found.shown[number(project["id"])] = project
            else:
                reason = "GitLab does not show it to this token: it is not there, or the token may not see it"
                found.unreadable.append(UnreadableScope(name, reason, f"project:{name}"))

    def _compare_projects(self, found: Preflight, values: Sequence[Any]) -> None:
        """What became of the projects that were read before, and of those that were excluded."""
        assert self.cursor, "there is something to compare with"
        nodes = [each for value in values for each in (value or {}).get("nodes") or () if each and each.get("id")]
        shown = {number(each["id"]): each for each in nodes}
        found.shown |= shown
        excluded = {key: shown[key]["fullPath"] for key in map(int, self.cursor.excluded) if key in shown}
        found.excluded |= excluded
        current = self.scope_filter.with_current_names(found.current_names, found.personal, found.excluded.values())
        for key, name in self.cursor.projects.items():
            if int(key) not in shown:
                reason = "GitLab shows it no longer: deleted, or hidden from this token (`exclude` leaves it out)"
                found.unreadable.append(UnreadableScope(name, reason, f"id:{key}"))
                continue
            today = str(shown[int(key)]["fullPath"])
            found.cursor_is_void |= today != name
            if not current.admits(today) and not current.excludes(today) and not current.excludes(name):
                found.out_of_scope[int(key)] = today
                reason = "it was read before and is not configured now; name it, or leave it out by `exclude`"
                where = today if today == name else f"{name}, now {today}"
                found.unreadable.append(UnreadableScope(where, reason, known=True))

    def _compare_hidden(self, client: Client, found: Preflight) -> None:
        """Whether what was hidden is shown again, or the token is somebody else's: then everything is read again."""
        assert self.cursor, "there is something to compare with"
        back = any(hashed(each) in self.cursor.unknown_accounts for each in found.usernames)
        hidden = {each.qualifier for each in found.unreadable}
        places = [each for each in self.cursor.unreadable if not each.startswith("profile:")]
        profiles = [each for each in self.cursor.unreadable if each.startswith("profile:")]
        opened = [name for name in found.usernames if f"profile:{hashed(name)}" in profiles]
        back |= any(each not in hidden for each in places)
        back |= any(not found.is_private(client, name) for name in opened)
        found.cursor_is_void |= back or self.cursor.viewer != found.viewer


def count(client: Client, wanted: Sequence[ListRequest]) -> dict[ListRequest, int]:
    """How many entries each list has; at least one where GitLab cannot count it in time. Raises WebError."""
    parts = {f"l{index}": each for index, each in enumerate(wanted)}
    totals = [each.total(index) for index, each in enumerate(wanted)]
    asked = answers(client, totals, optional=totals)
    return {parts[part.name]: _count(parts[part.name], part, answer) for part, answer in asked}


def _count(request: ListRequest, part: QueryPart, answer: Answer | WebError) -> int:
    """What a part says that a list has: nothing in a hidden place, and something where that is not known."""
    if isinstance(answer, WebError):
        return 1
    connection = request.connection(part.value(answer))
    if connection:
        return int(connection["count"])
    return int(request.listing.root == "instance" or bool(part.errors(answer)))


def project_paths(client: Client, ids: Iterable[int]) -> dict[int, Mapping[str, Any]]:
    """Projects by their ids, as far as they are shown."""
    wanted = sorted(set(ids))
    lists = [wanted[at : at + IDS] for at in range(0, len(wanted), IDS)]
    parts = [
        QueryPart(
            f"k{i}", graphql.projects_by_id(i), 20, {f"k{i}": "[ID!]"},
            {f"k{i}": [f"gid://gitlab/Project/{each}" for each in some]},
        )
        for i, some in enumerate(lists)
    ]  # fmt: skip
    found: dict[int, Mapping[str, Any]] = {}
    for part, answer in answers(client, parts):
        assert not isinstance(answer, WebError), "none is optional"
        nodes = (part.value(answer) or {}).get("nodes") or ()
        found |= {number(each["id"]): each for each in nodes if each and each.get("id")}
    return found


def reason_of(error: Mapping[str, Any]) -> str:
    """Why something is not shown, for a message."""
    if is_hidden(error):
        return "GitLab does not show it to this token: it is not there, or the token may not see it"
    return "GitLab could not give it"


def is_hidden(error: Mapping[str, Any]) -> bool:
    """Whether an error says that something is not there, or not for this token, and not that it failed."""
    said = str(error.get("message", ""))
    return "permission" in said or "not exist" in said


def _server(metadata: Mapping[str, Any] | None) -> str:
    """The version and edition of a server; raises SourceError for one that is too old. Empty where it is not shown."""
    if not metadata:
        return ""
    version = str(metadata["version"])
    found = _VERSION.match(version)
    if found and (int(found[1]), int(found[2])) < OLDEST:
        raise SourceError(
            f"This GitLab has the version {found[1]}.{found[2]}.",
            hint="The oldest version that can be read is 16.0.",
        )
    enterprise = metadata.get("enterprise")
    return version if enterprise is None else f"{version} {'EE' if enterprise else 'CE'}"


def _id(user: Mapping[str, Any] | None) -> int:
    return number(user["id"]) if user else 0


def _users_by_id(client: Client, ids: Sequence[int]) -> dict[int, Mapping[str, Any]]:
    lists = [[f"gid://gitlab/User/{each}" for each in ids[at : at + IDS]] for at in range(0, len(ids), IDS)]
    found: dict[int, Mapping[str, Any]] = {}
    for some in lists:
        document = graphql.DOCUMENTS.document(["$ids: [ID!]"], [graphql.users_by_id()])
        nodes = (client.ask(document, {"ids": some}).data["users"] or {}).get("nodes") or ()
        found |= {number(each["id"]): each for each in nodes if each and each.get("id")}
    return found


def moved(client: Client, path: str) -> Mapping[str, Any] | None:
    """A project by an earlier path: REST leads from there to its id, GraphQL does not. None where there is none."""
    shown = _rest_object(client, f"projects/{quote(path, safe='')}")
    if not shown or not isinstance(shown.get("id"), int):
        return None
    return project_paths(client, [shown["id"]]).get(shown["id"])


def _personal_projects(client: Client, username: str) -> list[str] | None:
    """The paths of a person's own projects; None where there is no such person."""
    if "/" in username:
        return None
    found: list[str] = []
    try:
        for page in client.rest.pages(f"users/{quote(username, safe='')}/projects", by_link_here, {"per_page": 100}):
            found += [str(each["path_with_namespace"]) for each in listed(page)]
    except WebError as failure:
        if failure.kind not in {"wrong", "refused"}:
            raise
        return None
    return found


def _level(client: Client, project: int) -> int:
    """The level of the token's owner in a project, 20 for a reporter; 0 where REST names none, as for no member."""
    access = (_rest_object(client, f"projects/{project}") or {}).get("permissions")
    levels = [each.get("access_level") for each in access.values() if each] if isinstance(access, dict) else []
    return max((each for each in levels if isinstance(each, int)), default=0)


def _rest_object(client: Client, path: str) -> Mapping[str, Any] | None:
    """What REST shows at a path; None where it shows nothing to this token."""
    try:
        body = client.rest.get(path).body
    except WebError as failure:
        if failure.kind not in {"wrong", "refused"}:
            raise
        return None
    return body if isinstance(body, dict) else None
