"""A small Jira on localhost, Cloud or Data Center: it answers what a connector asks, refuses what the real one refuses.

What it knows is a `World` of plain dicts, the same for both flavours; users are named by their user names, and each
flavour shows them in its own way. Traps of the real ones are there from the start (pages cut short, times in the zone
of the caller's profile, changelogs of 40 entries, rows that repeat across pages under ties) or by a switch of `World`.
Faults are those of `tests.servers.faults`.
"""

from __future__ import annotations

import base64
import copy
import datetime as dt
import email.utils
import hashlib
import itertools
import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self
from urllib.parse import parse_qs, unquote, urlsplit
from zoneinfo import ZoneInfo

from tests.servers.faults import FaultyHandler, FaultyServer
from tests.servers.jql import UNIQUE, Issue, JqlError, matching, ordered, read

NOW = dt.datetime(2026, 11, 1, 12, tzinfo=dt.UTC)
TOKEN = "ATATT" + "x" * 40
EMAIL = "ada@example.org"
MOST_CHANGELOGS, MOST_FIELDS, MOST_FETCHED = 1000, 10, 100
"""How many issues and fields a request for changelogs names, and one for issues, at most.

Source: Atlassian's OpenAPI file, BulkChangelogRequestBean and BulkFetchIssueRequestBean.
"""
LONGEST = 8000
"""Characters of a request's path and query; a server in front of Jira takes no longer ones."""
NEWEST = 40
"""How many entries of a changelog Cloud's search gives, the newest first."""

STATUSES = {
    "Backlog": "To Do", "To Do": "To Do", "Open": "To Do", "In Progress": "In Progress", "In Review": "In Progress",
    "Done": "Done", "Closed": "Done", "Resolved": "Done",
}  # fmt: skip
CATEGORIES = {"To Do": (2, "new"), "In Progress": (4, "indeterminate"), "Done": (3, "done")}
RESOLUTIONS = ("Done", "Won't Do", "Duplicate", "Cannot Reproduce", "Fixed", "Won't Fix", "Declined")
TYPES = ("Task", "Bug", "Story", "Epic", "Sub-task")
FLOAT, TEXT = (f"com.atlassian.jira.plugin.system.customfieldtypes:{each}" for each in ("float", "textfield"))


@dataclass
class World:
    """Everything this Jira knows. Times are aware."""

    users: dict[str, dict[str, Any]] = field(default_factory=dict)
    projects: dict[str, dict[str, Any]] = field(default_factory=dict)
    issues: dict[str, Issue] = field(default_factory=dict)
    """By id, which stays."""
    caller: str = "ada"
    """Who the token belongs to."""
    zone: str = "America/Los_Angeles"
    """The time zone of the caller's profile: dates in queries are read in it, times in answers are shown in it."""
    now: dt.datetime = NOW
    hidden: set[str] = field(default_factory=set)
    """Projects that the caller may not browse."""
    secret: set[str] = field(default_factory=set)
    """Ids of issues that a security level hides from the caller."""
    most: int | None = None
    """The most issues on a page; None: 100 on Cloud, 5000 of their ids or keys alone, and 1000 on Data Center."""
    short: tuple[int, ...] = ()
    """The most issues on the first pages that this server gives, one number each; 0 is an empty page."""
    loops: bool = False
    """Whether every page of a list leads to one that came before."""
    changes: int = 10_000
    """The most entries on a page of changelogs."""
    cut: int = 100
    """The most entries of a changelog that Data Center's search gives."""
    embedded: int = 20
    """How many comments and worklogs come with an issue of a search."""
    withheld: int = 0
    """How many of the last entries of a ticket's list of worklogs are counted and not given."""
    anonymous: bool = False
    """Whether a token that is not accepted is taken as nobody's, which sees nothing, in place of status 401."""
    gone: bool = True
    """Whether Cloud's old search is gone."""
    lenient: bool = False
    """Whether a query may name tickets that are not there, which then match nothing."""
    status_change_date: bool = True
    """Whether Cloud knows when the status category of an issue changed."""
    counts: bool = True
    """Whether Cloud counts the issues of a query."""
    fields: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Custom fields beside those that every Jira has, by id."""
    indexed: dict[str, Issue] | None = None
    """What searches know, while the index lags behind."""
    numbers: Iterable[int] = field(default_factory=lambda: itertools.count(10000))

    def next(self) -> int:
        return next(iter(self.numbers))

    def user(self, name: str, **more: Any) -> dict[str, Any]:
        """A user, made where there is none: `email`, `shown` (is the e-mail), `zone`, `display`, `active`, `kind`."""
        if name not in self.users:
            number = self.next()
            self.users[name] = {
                "name": name, "key": f"JIRAUSER{number}", "accountId": f"712020:{_uuid(name)}",
                "email": f"{name}@example.org", "shown": False, "zone": "Europe/Berlin", "display": name.title(),
                "active": True, "kind": "atlassian",
            }  # fmt: skip
        self.users[name] |= more
        return self.users[name]

    def project(self, key: str, team_managed: bool = False) -> dict[str, Any]:
        """A project, made where there is none."""
        if key not in self.projects:
            self.projects[key] = {
                "id": str(self.next()), "key": key, "name": f"The {key} project", "team_managed": team_managed,
                "last": 0,
            }  # fmt: skip
        return self.projects[key]

    def issue(self, project: str, created: dt.datetime, **more: Any) -> Issue:
        """An issue, open and in the first status.

        `reporter`, `assignee`: user names; `type`, `summary`, `description` (wiki markup), `adf` (a document in
        place of it); `labels`, `components`, `fix_versions`: lists; `parent`, `epic`: issues; `points`: a number in
        the first field named Story Points; `custom`: values by field id.
        """
        where = self.project(project)
        where["last"] += 1
        number = str(self.next())
        for each in ("parent", "epic"):
            more[each] = more[each]["id"] if more.get(each) else None
        made: Issue = {
            "id": number, "project": project, "key": f"{project}-{where['last']}", "old_keys": [],
            "created": created, "updated": created, "resolved": None, "category_changed": created,
            "creator": more.get("reporter", "bob"), "reporter": "bob", "assignee": None, "status": "To Do",
            "resolution": None, "type": "Task", "priority": "Medium", "summary": f"Issue {number}", "description": None,
            "adf": None, "labels": (), "components": (), "fix_versions": (), "points": None, "custom": {}, "links": [],
            "histories": [], "comments": [], "worklogs": [],
        } | more  # fmt: skip
        for each in (made["creator"], made["reporter"], made["assignee"]):
            if each:
                self.user(each)
        self.issues[number] = made
        return made

    def change(self, issue: Issue, at: dt.datetime, by: str | None, *items: Mapping[str, Any]) -> None:
        """An entry of the changelog; `by` is None for an automatic one whose author is gone."""
        if by:
            self.user(by)
        issue["histories"].append({"id": str(self.next()), "author": by, "at": at, "items": list(items)})
        issue["histories"].sort(key=lambda each: each["at"])
        issue["updated"] = max(issue["updated"], at)

    def assign(self, issue: Issue, to: str | None, at: dt.datetime, by: str = "bob") -> None:
        """Give it to somebody, or to nobody."""
        if to:
            self.user(to)
        self.change(issue, at, by, _item("assignee", issue["assignee"], to))
        issue["assignee"] = to

    def transition(self, issue: Issue, status: str, at: dt.datetime, by: str | None = "bob") -> None:
        """Move it to another status."""
        self.change(issue, at, by, self._moved(issue, status, at))

    def resolve(
        self, issue: Issue, at: dt.datetime, by: str | None = "bob", resolution: str = "Done", status: str = "Done"
    ) -> None:
        """Close it. In a team-managed project it gets no resolution."""
        items = [self._moved(issue, status, at)]
        if not self.projects[issue["project"]]["team_managed"]:
            items.append(self._resolution(issue, resolution, at))
        self.change(issue, at, by, *items)

    def reopen(self, issue: Issue, at: dt.datetime, by: str = "bob", status: str = "In Progress") -> None:
        """Open it again."""
        items = [self._moved(issue, status, at)]
        if issue["resolution"]:
            items.append(self._resolution(issue, None, at))
        self.change(issue, at, by, *items)

    def _moved(self, issue: Issue, status: str, at: dt.datetime) -> dict[str, Any]:
        if STATUSES[issue["status"]] != STATUSES[status]:
            issue["category_changed"] = at
        item = _item("status", _number(STATUSES, issue["status"]), _number(STATUSES, status), issue["status"], status)
        issue["status"] = status
        return item

    def _resolution(self, issue: Issue, name: str | None, at: dt.datetime) -> dict[str, Any]:
        before = issue["resolution"]
        issue |= {"resolution": name, "resolved": at if name else None}
        return _item("resolution", _number(RESOLUTIONS, before), _number(RESOLUTIONS, name), before, name)

    def move(self, issue: Issue, project: str, at: dt.datetime, by: str = "bob") -> None:
        """Move it to another project: its id stays, its key changes, and the old key finds it."""
        where, old = self.project(project), issue["key"]
        where["last"] += 1
        key, before = f"{project}-{where['last']}", self.projects[issue["project"]]
        issue["old_keys"].append(old)
        self.change(
            issue, at, by, _item("project", before["id"], where["id"], before["name"], where["name"]),
            _item("Key", None, None, old, key),
        )  # fmt: skip
        issue |= {"key": key, "project": project}

    def comment(self, issue: Issue, author: str, at: dt.datetime, text: str = "A word.") -> dict[str, Any]:
        """A comment in wiki markup."""
        self.user(author)
        made = {"id": str(self.next()), "author": author, "body": text, "at": at}
        issue["comments"].append(made)
        issue["updated"] = max(issue["updated"], at)
        return made

    def worklog(
        self, issue: Issue, author: str, at: dt.datetime, seconds: int = 3600, started: dt.datetime | None = None
    ) -> dict[str, Any]:
        """Time that somebody spent, logged at a time and begun then or at another one."""
        self.user(author)
        made = {
            "id": str(self.next()), "author": author, "body": "Worked.", "at": at, "seconds": seconds,
            "started": started or at,
        }  # fmt: skip
        issue["worklogs"].append(made)
        issue["updated"] = max(issue["updated"], at)
        return made

    def unlog(self, issue: Issue, worklog: dict[str, Any], at: dt.datetime) -> None:
        """Delete a worklog; what it was is in no answer any more, and the issue counts as updated."""
        issue["worklogs"].remove(worklog)
        issue["updated"] = max(issue["updated"], at)

    def link(self, issue: Issue, other: Issue, kind: str = "Blocks", verbs: tuple[str, str] = ("blocks", "")) -> None:
        """Link an issue to another one: its own verb (outward), then the other's (inward)."""
        number = str(self.next())
        inward = verbs[1] or f"is {verbs[0]} by"
        shape = {"id": number, "type": {"name": kind, "outward": verbs[0], "inward": inward}}
        issue["links"].append(shape | {"outwardIssue": other["id"]})
        other["links"].append(shape | {"inwardIssue": issue["id"]})

    def lag(self) -> None:
        """From now on searches do not see what changes; the changelog and single issues do."""
        self.indexed = copy.deepcopy(self.issues)

    def catch_up(self) -> None:
        """Searches see everything again."""
        self.indexed = None

    def native(self, name: str, cloud: bool) -> str:
        """A user as accounts are written: the account id on Cloud, the user name on Data Center."""
        return str(self.user(name)["accountId" if cloud else "name"])

    def login_of(self, value: str, cloud: bool) -> str | None:
        """The user whom a query names, None where there is none. Data Center takes a key, too, and no upper case."""
        names = ("accountId",) if cloud else ("name", "key")
        for name, each in self.users.items():
            if any(value.casefold() == each[key].casefold() for key in names):
                return name
        return None

    def find(self, value: str) -> Issue | None:
        """An issue by its id or by a key, also one it had before; None where the caller may not see it."""
        wanted = value.upper()
        for each in self.issues.values():
            if wanted in {each["id"], each["key"], *each["old_keys"]} and self.shows(each):
                return each
        return None

    def shows(self, issue: Issue) -> bool:
        """Whether the caller may see an issue."""
        return issue["project"] not in self.hidden and issue["id"] not in self.secret

    def known(self, name: str) -> dict[str, str | None] | None:
        """The values that a field may have, with their ids; None where it takes any."""
        seen = {key: each["id"] for key, each in self.projects.items() if key not in self.hidden}
        tables: dict[str, dict[str, Any]] = {
            "project": seen | {self.projects[key]["name"]: number for key, number in seen.items()},
            "status": _numbered(STATUSES), "resolution": _numbered(RESOLUTIONS) | {"Unresolved": None},
            "statuscategory": {each: str(number) for each, (number, _) in CATEGORIES.items()}
            | {key: None for _, key in CATEGORIES.values()},
            "issuetype": _numbered(TYPES), "type": _numbered(TYPES),
        }  # fmt: skip
        return tables.get(name)

    def category(self, status: str) -> str:
        return STATUSES[status]

    def clause_names(self, cloud: bool) -> set[str]:
        """The custom fields as queries name them."""
        return {name.casefold() for each in self.all_fields(cloud) for name in each["clauseNames"] if each["custom"]}

    def custom_of(self, issue: Issue, name: str) -> set[Any]:
        """What an issue has in a custom field that a query names."""
        for cloud in (True, False):
            for each in self.all_fields(cloud):
                if name in {clause.casefold() for clause in each["clauseNames"]}:
                    value = self._custom(issue, each, cloud)
                    return {value} if value is not None else set()
        return set()

    def all_fields(self, cloud: bool) -> list[dict[str, Any]]:
        """What GET /field lists: two fields are named Story Points, of which the second is a text."""
        agile = "com.pyxis.greenhopper.jira"
        ids = ("10014", "10026", "10031", "10016", "10011") if cloud else ("10100", "10106", "10302", "", "10101")
        found = [_system(each) for each in _SYSTEM]
        found += [_system("statusCategory", "statuscategory"), _system("statuscategorychangedate")] if cloud else []
        found += [
            _custom_field(ids[0], "Epic Link", "any", f"{agile}:gh-epic-link"),
            _custom_field(ids[2], "Story Points", "string", TEXT),
            _custom_field(ids[1], "Story Points", "number", FLOAT),
            _custom_field(ids[4], "Epic Name", "string", f"{agile}:gh-epic-label"),
        ]
        if cloud:
            found.append(_custom_field(ids[3], "Story point estimate", "number", f"{agile}:jsw-story-points"))
        return [*found, *self.fields.values()]

    def _custom(self, issue: Issue, described: Mapping[str, Any], cloud: bool) -> Any:
        if described["id"] in issue["custom"]:
            return issue["custom"][described["id"]]
        if described["name"] == "Epic Link" and issue["epic"]:
            return self.issues[issue["epic"]]["key"]
        team_managed = self.projects[issue["project"]]["team_managed"]
        points = "Story point estimate" if cloud and team_managed else "Story Points"
        if (described["name"], described["schema"]["type"]) == (points, "number"):
            return issue["points"]
        return None


_SYSTEM = (
    "summary", "status", "resolution", "resolutiondate", "created", "updated", "assignee", "reporter", "creator",
    "issuetype", "project", "priority", "labels", "components", "fixVersions", "parent", "subtasks", "issuelinks",
    "description", "comment", "worklog",
)  # fmt: skip


def _system(name: str, clause: str = "") -> dict[str, Any]:
    return {
        "id": name, "key": name, "name": name.title(), "custom": False, "orderable": True, "navigable": True,
        "searchable": True, "clauseNames": [clause or name], "schema": {"type": "any", "system": name},
    }  # fmt: skip


def _custom_field(number: str, name: str, kind: str, custom: str) -> dict[str, Any]:
    return {
        "id": f"customfield_{number}", "key": f"customfield_{number}", "name": name, "custom": True, "orderable": True,
        "navigable": True, "searchable": True, "clauseNames": [f"cf[{number}]", name],
        "schema": {"type": kind, "custom": custom, "customId": int(number)},
    }  # fmt: skip


def _item(name: str, before: Any, after: Any, shown: Any = None, shown_after: Any = None) -> dict[str, Any]:
    """One change of a field: ids, then how they are shown."""
    return {
        "field": name, "fieldtype": "jira", "fieldId": name, "from": before, "fromString": shown or before,
        "to": after, "toString": shown_after or after,
    }  # fmt: skip


def _uuid(name: str) -> str:
    digest = hashlib.sha256(name.encode()).hexdigest()
    return f"{digest[:8]}-{digest[8:12]}-{digest[12:16]}-{digest[16:20]}-{digest[20:32]}"


def _number(names: Iterable[str], name: str | None) -> str | None:
    return str(10000 + list(names).index(name)) if name is not None else None


def _numbered(names: Iterable[str]) -> dict[str, Any]:
    return {each: _number(names, each) for each in names}


@dataclass(frozen=True)
class Asked:
    """A request that came: its path below the prefix, its query and its body."""

    method: str
    path: str
    params: Mapping[str, list[str]]
    body: Mapping[str, Any]
    headers: Mapping[str, str]

    def value(self, name: str, default: str = "") -> str:
        """A parameter of the query."""
        return (self.params.get(name) or [default])[0]

    def number(self, name: str, default: int) -> int:
        """A number of the query; raises RefusedError for anything else."""
        text = self.value(name, str(default))
        if not re.fullmatch(r"-?\d+", text):
            raise RefusedError(404, f"'{text}' is no number")
        return int(text)

    def list(self, name: str) -> list[str]:
        """A list, written with commas or by naming the parameter again."""
        return [part for each in self.params.get(name, ()) for part in each.split(",") if part]


class RefusedError(Exception):
    """What is answered with another status than 200."""

    def __init__(self, status: int, *messages: str) -> None:
        super().__init__(*messages)
        self.status, self.messages = status, messages


class JiraServer(FaultyServer[Asked]):
    """This Jira over HTTP, on a port of its own; use it with `with`. `flavour`: cloud or dc; `prefix` such as /jira."""

    def __init__(
        self, world: World | None = None, flavour: str = "cloud", prefix: str = "", token: str = TOKEN
    ) -> None:
        super().__init__(_handler(self), prefix)
        self.world = world or World()
        self.cloud = {"cloud": True, "dc": False}[flavour]
        self.token = token
        self.email = EMAIL
        self.searches = 0

    def __enter__(self) -> Self:
        self.world.user(self.world.caller)
        return super().__enter__()

    def signed(self, asked: Asked) -> bool:
        """Whether the request carries the token: as a password on Cloud, as a bearer on Data Center."""
        sent = {name.casefold(): value for name, value in asked.headers.items()}.get("authorization", "")
        basic = base64.b64encode(f"{self.email}:{self.token}".encode()).decode()
        return sent == (f"Basic {basic}" if self.cloud else f"Bearer {self.token}")

    def answer(self, asked: Asked) -> Any:
        """What Jira would answer; raises RefusedError for another status than 200."""
        signed = self.signed(asked)
        if not signed and not (self.world.anonymous and "/myself" not in asked.path):
            raise RefusedError(401, "Client must be authenticated to access this resource.")
        versions = "2|3" if self.cloud else "2|latest"
        found = re.fullmatch(rf"/rest/api/({versions})/(.+)", asked.path)
        for method, pattern, answer in _ROUTES:
            match = re.fullmatch(pattern, found[2]) if found else None
            if found and match and asked.method == method:
                version = "3" if found[1] == "3" else "2"
                return answer(View(self, version, signed), asked, *map(unquote, match.groups()))
        raise RefusedError(404, "null for uri: " + asked.path)


def _handler(server: JiraServer) -> type[FaultyHandler]:
    class Handler(FaultyHandler):
        def do_GET(self) -> None:  # noqa: N802 - the name that http.server calls
            self._serve("GET", {})

        def do_POST(self) -> None:  # noqa: N802 - the name that http.server calls
            text = self.rfile.read(int(self.headers.get("content-length") or 0))
            self._serve("POST", json.loads(text or b"{}"))

        def _serve(self, method: str, body: Mapping[str, Any]) -> None:
            parts = urlsplit(self.path)
            params = parse_qs(parts.query, keep_blank_values=True)
            asked = Asked(method, parts.path.removeprefix(server.prefix), params, body, dict(self.headers))
            fault = server.take(asked)
            if fault is not None:
                self.play(fault)
            elif not parts.path.startswith(f"{server.prefix}/"):
                self.send(404, "<html>Not Found</html>", {"content-type": "text/html"})
            elif len(self.path) > LONGEST:
                self.send(414, "<html>URI Too Long</html>", {"content-type": "text/html"})
            else:
                self._answer(asked)

        def _answer(self, asked: Asked) -> None:
            try:
                status, answer = 200, server.answer(asked)
            except RefusedError as refusal:
                status, answer = refusal.status, {"errorMessages": list(refusal.messages), "errors": {}}
            except JqlError as error:
                status, answer = 400, {"errorMessages": [str(error)], "errors": {}}
            except Exception as error:  # noqa: BLE001 - raised when the server is closed, on the test's own thread
                server.broken.append(error)
                status, answer = 500, {"errorMessages": ["this small Jira is broken"]}
            self.send(status, json.dumps(answer), self._who(asked))

        def _who(self, asked: Asked) -> dict[str, str]:
            """Both flavours say who asked, for whom a token that is not accepted is nobody."""
            signed, world = server.signed(asked), server.world
            login = {"x-seraph-loginreason": "OK" if signed else "AUTHENTICATED_FAILED"}
            if server.cloud:
                return login | ({"x-aaccountid": world.native(world.caller, cloud=True)} if signed else {})
            return login | {"x-ausername": world.caller if signed else "anonymous"}

        def usual_headers(self) -> dict[str, str]:
            date = email.utils.format_datetime(server.world.now, usegmt=True)
            return {"date": date, "content-type": "application/json;charset=UTF-8"}

    return Handler


@dataclass(frozen=True)
class View:
    """The world as one flavour and version shows it."""

    server: JiraServer
    version: str
    signed: bool

    @property
    def world(self) -> World:
        return self.server.world

    @property
    def cloud(self) -> bool:
        return self.server.cloud

    def at(self, moment: dt.datetime | None) -> str | None:
        """A time in the zone of the caller's profile."""
        if moment is None:
            return None
        return moment.astimezone(ZoneInfo(self.world.zone)).strftime("%Y-%m-%dT%H:%M:%S.000%z")

    def user(self, name: str | None) -> dict[str, Any] | None:
        if name is None:
            return None
        who = self.world.user(name)
        shown = {"displayName": who["display"], "active": who["active"], "timeZone": who["zone"]}
        if self.cloud:
            kind = {"accountId": who["accountId"], "accountType": who["kind"]}
            return kind | shown | ({"emailAddress": who["email"]} if who["shown"] else {})
        return {"name": who["name"], "key": who["key"], "emailAddress": who["email"]} | shown

    def text(self, text: str | None, adf: Any = None) -> Any:
        """What somebody wrote: a document in version 3, wiki markup in version 2."""
        if self.version == "3":
            return adf or (document(text) if text is not None else None)
        return text if text is not None or adf is None else "A document"

    def names(self, names: Iterable[str], known: Iterable[str] = ()) -> list[dict[str, Any]]:
        return [{"id": _numbered(known).get(each, "1"), "name": each} for each in names]

    def issue(self, issue: Issue, fields: Sequence[str], expand: Iterable[str] = ()) -> dict[str, Any]:
        """An issue with these fields, in the search's form."""
        if self.cloud and list(fields) == ["id"]:
            return {"id": issue["id"]}
        shown = {
            "expand": "",
            "id": issue["id"],
            "self": f"{self.server.url}/rest/api/{self.version}/issue/{issue['id']}",
        }
        shown |= {"key": issue["key"]}
        if wanted := [each for each in fields if each not in {"id", "key"}]:
            everything = self.fields(issue)
            chosen = set(everything) if set(wanted) & {"*all", "*navigable"} else set(wanted)
            chosen -= {each[1:] for each in wanted if each.startswith("-")}
            shown["fields"] = {name: value for name, value in everything.items() if name in chosen}
        if "changelog" in expand:
            shown["changelog"] = self.changelog(issue)
        return shown

    def changelog(self, issue: Issue, whole: bool = False) -> dict[str, Any]:
        """The changelog that comes with an issue: Cloud gives the newest entries first, and only so many."""
        entries = [self.history(each) for each in issue["histories"]]
        most = len(entries) if whole else NEWEST if self.cloud else self.world.cut
        shown = entries[::-1][:most] if self.cloud else entries[:most]
        return {"startAt": 0, "maxResults": most, "total": len(entries), "histories": shown}

    def history(self, entry: Mapping[str, Any]) -> dict[str, Any]:
        author = {"author": self.user(entry["author"])} if entry["author"] else {}
        items = [self.item(each) for each in entry["items"]]
        return {"id": entry["id"], **author, "created": self.at(entry["at"]), "items": items}

    def item(self, item: Mapping[str, Any]) -> dict[str, Any]:
        """A change; Data Center names an assignee by key, and does not name the field's id."""
        shown = dict(item)
        if item["field"] in {"assignee", "reporter"}:
            who = {end: self.world.user(item[end]) if item[end] else None for end in ("from", "to")}
            for end, each in who.items():
                shown[end] = each and each["accountId" if self.cloud else "key"]
                shown[f"{end}String"] = each and each["display"]
        if not self.cloud:
            shown.pop("fieldId")
        return shown

    def status(self, name: str) -> dict[str, Any]:
        category = STATUSES[name]
        number, key = CATEGORIES[category]
        return {
            "id": _number(STATUSES, name), "name": name,
            "statusCategory": {"id": number, "key": key, "name": category, "colorName": "green"},
        }  # fmt: skip

    def brief(self, number: str) -> dict[str, Any]:
        """An issue inside another one."""
        each = self.world.issues[number]
        kind = {"name": each["type"], "subtask": each["type"] == "Sub-task"}
        fields = {"summary": each["summary"], "status": self.status(each["status"]), "issuetype": kind}
        return {"id": number, "key": each["key"], "fields": fields}

    def fields(self, issue: Issue) -> dict[str, Any]:
        """All fields."""
        world, project = self.world, self.world.projects[issue["project"]]
        style = {"simplified": project["team_managed"]} if self.cloud else {}
        found = {
            "summary": issue["summary"], "status": self.status(issue["status"]),
            "resolution": self.names([issue["resolution"]], RESOLUTIONS)[0] if issue["resolution"] else None,
            "resolutiondate": self.at(issue["resolved"]), "created": self.at(issue["created"]),
            "updated": self.at(issue["updated"]), "assignee": self.user(issue["assignee"]),
            "reporter": self.user(issue["reporter"]), "creator": self.user(issue["creator"]),
            "issuetype": {
                "id": _number(TYPES, issue["type"]), "name": issue["type"], "subtask": issue["type"] == "Sub-task",
            },
            "project": {key: project[key] for key in ("id", "key", "name")} | {"projectTypeKey": "software"} | style,
            "priority": {"id": "3", "name": issue["priority"]}, "labels": list(issue["labels"]),
            "components": self.names(issue["components"]), "fixVersions": self.names(issue["fix_versions"]),
            "description": self.text(issue["description"], issue["adf"]),
            "subtasks": [self.brief(each["id"]) for each in world.issues.values() if each["parent"] == issue["id"]],
            "issuelinks": [self.link(each) for each in issue["links"]],
            "comment": self.page("comments", self.comments(issue)[: world.embedded], len(issue["comments"])),
            "worklog": self.page("worklogs", self.worklogs(issue)[: world.embedded], len(issue["worklogs"])),
        }  # fmt: skip
        if issue["parent"] and (self.cloud or issue["type"] == "Sub-task"):
            found["parent"] = self.brief(issue["parent"])
        if self.cloud:
            found["statusCategory"] = found["status"]["statusCategory"]
            if world.status_change_date:
                found["statuscategorychangedate"] = self.at(issue["category_changed"])
        custom = [each for each in world.all_fields(self.cloud) if each["custom"]]
        return found | {each["id"]: world._custom(issue, each, self.cloud) for each in custom}

    def link(self, link: Mapping[str, Any]) -> dict[str, Any]:
        ends = {end: self.brief(link[end]) for end in ("inwardIssue", "outwardIssue") if end in link}
        return {"id": link["id"], "type": link["type"]} | ends

    def page(self, name: str, entries: Sequence[Any], total: int, start: int = 0) -> dict[str, Any]:
        return {"startAt": start, "maxResults": len(entries), "total": total, name: list(entries)}

    def comments(self, issue: Issue) -> list[dict[str, Any]]:
        return [
            {
                "id": each["id"], "author": self.user(each["author"]), "updateAuthor": self.user(each["author"]),
                "body": self.text(each["body"]), "created": self.at(each["at"]), "updated": self.at(each["at"]),
            }
            for each in issue["comments"]
        ]  # fmt: skip

    def worklogs(self, issue: Issue) -> list[dict[str, Any]]:
        return [
            {
                "id": each["id"], "issueId": issue["id"], "author": self.user(each["author"]),
                "comment": self.text(each["body"]), "started": self.at(each["started"]), "created": self.at(each["at"]),
                "updated": self.at(each["at"]), "timeSpentSeconds": each["seconds"], "timeSpent": "1h",
            }
            for each in issue["worklogs"]
        ]  # fmt: skip

    def matches(self, jql: str, offset: int = 0, fresh: frozenset[str] = frozenset()) -> list[Issue]:
        """The issues that a query finds, in its order; those named as `fresh` are not taken from an index that lags.

        Data Center's nodes order what the query does not tell apart each in its own way, so that a later page may have
        what an earlier one had.
        """
        query = read(self.world, jql, self.cloud)
        if self.cloud and not query.bounded:
            raise RefusedError(
                400, "Unbounded JQL queries are not allowed here. Please add a search restriction to your query."
            )
        known = self.world.issues
        if self.world.indexed is not None:
            known = self.world.indexed | {number: each for number, each in known.items() if number in fresh}
        found = [each for each in known.values() if self.signed and self.world.shows(each)]
        unique = any(name in UNIQUE for name, _ in query.order)
        flip = not self.cloud and offset > 0 and not unique
        return ordered(self.world, [each for each in found if query.holds(each)], query.order, flip)

    def size(self, wanted: int, fields: Sequence[str]) -> int:
        """How many issues a page has: what was asked for, what the server gives at most, what the world says."""
        self.server.searches += 1
        usual = 1000 if not self.cloud else 5000 if set(fields) <= {"id", "key"} else 100
        most = min(wanted, self.world.most or usual)
        number = self.server.searches - 1
        return min(most, self.world.short[number]) if number < len(self.world.short) else most


def document(text: str) -> dict[str, Any]:
    """A text as a document of Atlassian's format, one paragraph for each of its own."""
    paragraphs = [each for each in text.split("\n\n") if each]
    content = [{"type": "paragraph", "content": [{"type": "text", "text": each}]} for each in paragraphs]
    return {"type": "doc", "version": 1, "content": content}


def _token_search(view: View, asked: Asked) -> dict[str, Any]:
    """Cloud's search, by POST or GET: no total, no startAt, and an id is all that comes unless fields are named."""
    if not view.cloud:
        raise RefusedError(404, "null for uri: " + asked.path)
    sent = dict(asked.body) if asked.method == "POST" else _sent_by_get(asked)
    known = {"jql", "fields", "expand", "maxResults", "nextPageToken", "reconcileIssues", "properties", "fieldsByKeys"}
    if not set(sent) <= known or not isinstance(sent.get("jql", ""), str):
        raise RefusedError(400, "Invalid request payload. Refer to the REST API documentation and try again.")
    if not isinstance(sent.get("fields", []), list) or not isinstance(sent.get("expand", ""), str):
        raise RefusedError(400, "Invalid request payload. Refer to the REST API documentation and try again.")
    if len(sent.get("reconcileIssues", ())) > 50:
        raise RefusedError(400, "The number of issues to reconcile is at most 50.")
    fields = sent.get("fields") or ["id"]
    start = _start_of(sent)
    found = view.matches(sent.get("jql", ""), start, frozenset(map(str, sent.get("reconcileIssues", ()))))
    end = start + view.size(int(sent.get("maxResults", 50)), fields)
    expand = str(sent.get("expand", "")).split(",")
    answer: dict[str, Any] = {"issues": [view.issue(each, fields, expand) for each in found[start:end]]}
    return answer | _following(view.world, sent, end, len(found)) | {"isLast": end >= len(found)}


def _sent_by_get(asked: Asked) -> dict[str, Any]:
    sent: dict[str, Any] = {name: asked.value(name) for name in asked.params}
    for name in ("fields", "reconcileIssues", "properties"):
        if name in sent:
            sent[name] = asked.list(name)
    return sent


def _digest(sent: Mapping[str, Any]) -> str:
    """What a token belongs to: the same request, whatever its page."""
    same = {name: value for name, value in sent.items() if name not in {"nextPageToken", "maxResults"}}
    return hashlib.sha256(json.dumps(same, sort_keys=True).encode()).hexdigest()[:12]


def _start_of(sent: Mapping[str, Any]) -> int:
    if "nextPageToken" not in sent:
        return 0
    try:
        found = json.loads(base64.urlsafe_b64decode(str(sent["nextPageToken"]).encode()))
    except ValueError:
        raise RefusedError(400, "The provided next page token is invalid or expired.") from None
    if found["of"] != _digest(sent):
        raise RefusedError(400, "The provided next page token belongs to another request.")
    return int(found["start"])


def _following(world: World, sent: Mapping[str, Any], end: int, total: int) -> dict[str, str]:
    """The token of the next page; after an empty page it is another one than before, unless pages lead in a circle."""
    if end >= total and not world.loops:
        return {}
    token = {"of": _digest(sent), "start": 0 if world.loops else end, "page": 0 if world.loops else world.next()}
    return {"nextPageToken": base64.urlsafe_b64encode(json.dumps(token).encode()).decode()}


def _count(view: View, asked: Asked) -> dict[str, int]:
    if not view.cloud or not view.world.counts:
        raise RefusedError(404, "null for uri: " + asked.path)
    return {"count": len(view.matches(str(asked.body.get("jql", ""))))}


def _offset_search(view: View, asked: Asked) -> dict[str, Any]:
    """Data Center's search, which Cloud has no longer."""
    if view.cloud and view.world.gone:
        raise RefusedError(
            410,
            f"The requested API has been removed. Please migrate to the /rest/api/{view.version}/search/jql API. "
            "A full migration guideline is available at https://developer.atlassian.com/changelog/#CHANGE-2046",
        )
    sent = dict(asked.body) if asked.method == "POST" else _sent_by_get(asked)
    fields = sent.get("fields") or ["*navigable"]
    fields = fields if isinstance(fields, list) else fields.split(",")
    expand = sent.get("expand") or []
    expand = expand if isinstance(expand, list) else expand.split(",")
    start, wanted = int(sent.get("startAt", 0)), int(sent.get("maxResults", 50))
    found = view.matches(sent.get("jql", ""), start)
    size = view.size(wanted, fields)
    start_shown = 0 if view.world.loops else start
    issues = [view.issue(each, fields, expand) for each in found[start_shown:][:size]]
    return {"expand": "schema,names", "startAt": start, "maxResults": size, "total": len(found), "issues": issues}


def _bulk_changelogs(view: View, asked: Asked) -> dict[str, Any]:
    """Cloud's changelogs of many issues, oldest first; times are milliseconds since 1970."""
    if not view.cloud:
        raise RefusedError(404, "null for uri: " + asked.path)
    sent = dict(asked.body)
    ids, fields = sent.get("issueIdsOrKeys", []), sent.get("fieldIds", [])
    if not 1 <= len(ids) <= MOST_CHANGELOGS:
        raise RefusedError(400, f"The number of issues must be between 1 and {MOST_CHANGELOGS}.")
    if len(fields) > MOST_FIELDS:
        raise RefusedError(400, f"The number of field ids must be at most {MOST_FIELDS}.")
    issues = {each["id"]: each for each in map(view.world.find, map(str, ids)) if each and view.signed}
    entries = _entries(issues, fields)
    start = _start_of(sent)
    end = start + min(int(sent.get("maxResults", 1000)), view.world.changes)
    by_issue: dict[str, list[Any]] = {}
    for number, entry in entries[start:end]:
        shown = view.history(entry) | {"created": int(entry["at"].timestamp() * 1000)}
        by_issue.setdefault(number, []).append(shown)
    answer: dict[str, Any] = {
        "issueChangeLogs": [{"issueId": number, "changeHistories": each} for number, each in by_issue.items()]
    }
    return answer | _following(view.world, sent, end, len(entries))


def _entries(issues: Mapping[str, Issue], fields: Sequence[str]) -> list[tuple[str, dict[str, Any]]]:
    """The entries of these issues with only these fields (none: all), by time."""
    found = []
    for number, issue in issues.items():
        for entry in issue["histories"]:
            items = [each for each in entry["items"] if not fields or each["fieldId"] in fields]
            if items:
                found.append((number, {**entry, "items": items}))
    return sorted(found, key=lambda each: (each[1]["at"], int(each[0])))


def _bulk_issues(view: View, asked: Asked) -> dict[str, Any]:
    """Many issues by id or key, Cloud only: those that are not there are errors beside the others."""
    if not view.cloud:
        raise RefusedError(404, "null for uri: " + asked.path)
    ids = list(map(str, asked.body.get("issueIdsOrKeys", [])))
    if not 1 <= len(ids) <= MOST_FETCHED:
        raise RefusedError(400, f"The number of issues must be between 1 and {MOST_FETCHED}.")
    found = {each: view.world.find(each) if view.signed else None for each in ids}
    issues = {issue["id"]: issue for issue in found.values() if issue}
    shown = [view.issue(each, asked.body.get("fields") or ["*navigable"]) for each in issues.values()]
    missing = [each for each, issue in found.items() if not issue]
    errors = {"issueErrors": [{"id": each, "errorMessage": "Issue does not exist."} for each in missing]}
    return {"issues": sorted(shown, key=lambda each: int(each["id"]))} | (errors if missing else {})


def _issue(view: View, asked: Asked, wanted: str) -> dict[str, Any]:
    """One issue, found by an old key, too: the answer has the key of now, and no redirect."""
    found = _found(view, wanted)
    fields = asked.list("fields") or ["*all"]
    shown = view.issue(found, fields)
    if "changelog" in asked.list("expand"):
        shown["changelog"] = view.changelog(found, whole=not view.cloud)
    return shown


def _found(view: View, wanted: str) -> Issue:
    found = view.world.find(wanted) if view.signed else None
    if found is not None:
        return found
    if view.cloud:
        raise RefusedError(404, "Issue does not exist or you do not have permission to see it.")
    # https://github.com/yontrack/yontrack/issues/1226
    if view.signed and any(wanted in {each["id"], each["key"]} for each in view.world.issues.values()):
        raise RefusedError(403, "You do not have the permission to see the specified issue.")
    raise RefusedError(404, "Issue Does Not Exist")


def _list_of(view: View, asked: Asked, name: str, entries: Sequence[Any], most: int = 100) -> dict[str, Any]:
    start = asked.number("startAt", 0)
    size = min(asked.number("maxResults", 50), most)
    return view.page(name, entries[start : start + size], len(entries), start) | {
        "maxResults": size, "isLast": start + size >= len(entries),
    }  # fmt: skip


def _comments(view: View, asked: Asked, wanted: str) -> dict[str, Any]:
    return _list_of(view, asked, "comments", view.comments(_found(view, wanted)))


def _worklogs(view: View, asked: Asked, wanted: str) -> dict[str, Any]:
    """Data Center knows no pages here: it gives all, whatever is asked for."""
    entries = view.worklogs(_found(view, wanted))
    start, size = (asked.number("startAt", 0), asked.number("maxResults", 5000)) if view.cloud else (0, len(entries))
    given = entries[: len(entries) - view.world.withheld][start : start + size]
    return view.page("worklogs", given, len(entries), start)


def _changelog(view: View, asked: Asked, wanted: str) -> dict[str, Any]:
    """Cloud's changelog of one issue, oldest first; Data Center has none at this address."""
    if not view.cloud:
        raise RefusedError(404, "null for uri: " + asked.path)
    entries = [view.history(each) for each in _found(view, wanted)["histories"]]
    return _list_of(view, asked, "values", entries)


def _myself(view: View, asked: Asked) -> dict[str, Any]:
    who = view.user(view.world.caller)
    assert who is not None
    return who | {"timeZone": view.world.zone, "locale": "en_US", "emailAddress": view.server.email}


def _fields(view: View, asked: Asked) -> list[dict[str, Any]]:
    return view.world.all_fields(view.cloud)


def _server_info(view: View, asked: Asked) -> dict[str, Any]:
    version = "1001.0.0-SNAPSHOT" if view.cloud else "9.12.5"
    return {
        "baseUrl": view.server.url, "version": version, "deploymentType": "Cloud" if view.cloud else "Server",
        "versionNumbers": [1001, 0, 0] if view.cloud else [9, 12, 5], "serverTitle": "Jira",
        "serverTime": view.at(view.world.now),
    }  # fmt: skip


def _user_search(view: View, asked: Asked) -> list[Any]:
    """Users by the beginning of a name; a text with @ finds e-mails only, one that is hidden when it is whole."""
    name = "query" if view.cloud else "username"
    if not (wanted := asked.value(name)):
        raise RefusedError(400, f"The {name} parameter was not provided.")
    found = [
        each
        for each in view.world.users.values()
        if _is_user(each, wanted, view.cloud) and (each["active"] or view.cloud) and view.signed
    ]
    start = asked.number("startAt", 0)
    return [view.user(each["name"]) for each in found[start : start + asked.number("maxResults", 50)]]


def _is_user(user: Mapping[str, Any], wanted: str, cloud: bool) -> bool:
    if cloud and "@" in wanted:
        whole = user["email"].casefold() == wanted.casefold()
        return whole or (user["shown"] and user["email"].casefold().startswith(wanted.casefold()))
    names = [user["display"]] if cloud else [user["name"], user["display"], user["email"]]
    return any(matching(wanted, each) for each in names)


def _user(view: View, asked: Asked) -> Any:
    """One user, by account id on Cloud, by name or key on Data Center."""
    for parameter in ("accountId",) if view.cloud else ("username", "key"):
        kind = "name" if parameter == "username" else parameter
        for each in view.world.users.values():
            if asked.value(parameter).casefold() == each[kind].casefold():
                return view.user(each["name"])
    raise RefusedError(404, "The user does not exist.")


def _projects(view: View) -> list[dict[str, Any]]:
    seen = [each for key, each in sorted(view.world.projects.items()) if key not in view.world.hidden and view.signed]
    return [_shown_project(each, view.cloud) for each in seen]


def _shown_project(project: Mapping[str, Any], cloud: bool) -> dict[str, Any]:
    shown = {key: project[key] for key in ("id", "key", "name")} | {"projectTypeKey": "software", "archived": False}
    style = {"simplified": project["team_managed"], "style": "next-gen" if project["team_managed"] else "classic"}
    return shown | style if cloud else shown


def _project_search(view: View, asked: Asked) -> dict[str, Any]:
    if not view.cloud:
        raise RefusedError(404, "null for uri: " + asked.path)
    keys, query = {each.upper() for each in asked.list("keys")}, asked.value("query").casefold()
    found = [each for each in _projects(view) if not keys or each["key"] in keys]
    found = [each for each in found if query in each["key"].casefold() or query in each["name"].casefold()]
    return _list_of(view, asked, "values", found)


def _all_projects(view: View, asked: Asked) -> list[dict[str, Any]]:
    return _projects(view)


def _project(view: View, asked: Asked, wanted: str) -> dict[str, Any]:
    for each in _projects(view):
        if wanted in {each["key"], each["id"]}:
            return each
    raise RefusedError(404, f"No project could be found with key '{wanted}'.")


def _permissions(view: View, asked: Asked) -> dict[str, Any]:
    names = asked.list("permissions") or ["BROWSE_PROJECTS"]
    return {"permissions": {each: {"key": each, "havePermission": view.signed} for each in names}}


def _resolutions(view: View, asked: Asked) -> list[dict[str, Any]]:
    return view.names(RESOLUTIONS, RESOLUTIONS)


def _statuses(view: View, asked: Asked) -> list[dict[str, Any]]:
    return [view.status(each) for each in STATUSES]


_ROUTES: Sequence[tuple[str, str, Callable[..., Any]]] = (
    ("POST", "search/jql", _token_search),
    ("GET", "search/jql", _token_search),
    ("POST", "search/approximate-count", _count),
    ("POST", "search", _offset_search),
    ("GET", "search", _offset_search),
    ("POST", "changelog/bulkfetch", _bulk_changelogs),
    ("POST", "issue/bulkfetch", _bulk_issues),
    ("GET", "issue/([^/]+)", _issue),
    ("GET", "issue/([^/]+)/comment", _comments),
    ("GET", "issue/([^/]+)/worklog", _worklogs),
    ("GET", "issue/([^/]+)/changelog", _changelog),
    ("GET", "myself", _myself),
    ("GET", "field", _fields),
    ("GET", "serverInfo", _server_info),
    ("GET", "user/search", _user_search),
    ("GET", "user", _user),
    ("GET", "project/search", _project_search),
    ("GET", "project", _all_projects),
    ("GET", "project/([^/]+)", _project),
    ("GET", "mypermissions", _permissions),
    ("GET", "resolution", _resolutions),
    ("GET", "status", _statuses),
)
