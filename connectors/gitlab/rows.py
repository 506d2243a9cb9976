"""GitLab's JSON as rows.

Row ids consist of the numbers that GitLab gives to merge requests, issues, notes and users: they outlive a renamed
user, project or group. A release has none, so its tag stands for it.
"""

from __future__ import annotations

import datetime as dt
import itertools
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from harvester.model.contribution import Contribution
from harvester.sdk import rows, statements
from harvester.sdk.change_type import change_type
from harvester.sdk.rows import Json, entries, parse_time, row_id
from harvester.sdk.sizes import Size, without_others

GHOST = "ghost"
"""The account to which GitLab gives what a deleted user did; also of what is shown without an author."""
ISSUE_TYPES = frozenset({"ISSUE", "TASK", "INCIDENT", "TICKET"})
"""The work items that are tickets; a requirement, a test case, an objective and an epic are none."""
PAUSE = dt.timedelta(hours=1)
"""One person's line comments on one merge request are one review while less than this is between two of them."""
PUBLIC = "public"
"""The visibility of projects that everybody can see; `internal` ones need a sign-in."""

_APPROVED, _UNAPPROVED, _CHANGES = "approved this merge request", "unapproved this merge request", "requested changes"
_COPIED = re.compile(r"(?:moved|cloned) from ")
_CLOSED = re.compile(r"closed(?: via | with |\Z)|status changed to closed", re.IGNORECASE)
_CLOSED_ICON = "issue-close"
_CLOSED_BY = re.compile(
    r".{0,30}closed (?:via|with|by) merge request (?P<project>[\w./-]{1,500})?!(?P<iid>\d{1,10})\b", re.ASCII
)
_NUMBER = re.compile(r"/(\d+)\Z", re.ASCII)


@dataclass(frozen=True)
class RowContext(rows.RowContext):
    """For whom rows are made, and how GitLab's users and work items are written.

    `visibility` has the visibility of projects by their numbers, for issues, which do not have it themselves.
    """

    visibility: Mapping[int, str] = field(default_factory=dict)

    def account(self, who: Json | None) -> str:
        """How a user is written: the user name, or the one that was asked for where it is another one today."""
        return self.renamed.get(number(who["id"]), str(who["username"])) if who else GHOST

    def work_item(self, node: Json) -> str:
        """The work item of a merge request or issue by its project's present path, as a remote's URL has it."""
        mark = "#" if _is_issue(node) else "!"
        return f"{self.host}/{project_path(node)}{mark}{node['iid']}"

    def is_private(self, node: Json) -> bool | None:
        """Whether the public cannot see a merge request or issue; None where that is not known."""
        if node.get("confidential"):
            return True
        known = self.visibility.get(node["projectId"]) if _is_issue(node) else node["project"].get("visibility")
        return known != PUBLIC if known else None


@dataclass(frozen=True)
class Closing:
    """How an issue was closed: by whom, and by which merge request of whom, if by one."""

    by: Json | None
    """None where the activity does not show it."""
    project: str = ""
    """The full path of the merge request's project; empty where that is the issue's own, or where none closed it."""
    iid: str = ""
    author: Json | None = None
    """Who wrote the merge request, once that was looked up."""
    canceled: bool = False
    """Whether the issue's status is one of those for work that is not done."""


def of_merge_request(node: Json, context: RowContext) -> Iterator[Contribution]:
    """The author's row and the merger's if it is merged, and a row for each review by others."""
    author = context.account(node.get("author"))
    yield from of_merged(node, context)
    found: list[tuple[tuple[object, ...], Json | None, dt.datetime | None, str, str | None, str | None]] = [
        ((number(note["id"]),), note.get("author"), parse_time(note["createdAt"]), state, body, _note_url(node, note))
        for note, state, body in reviews(node)
    ]
    found += [
        (("approval", number(node["id"]), number(who["id"])), who, at, "approved", None, node.get("webUrl"))
        for who, at in node.get("approved", ())
    ]
    for key, who, at, state, body, url in found:
        reviewer = context.account(who)
        if at and reviewer.casefold() != author.casefold() and context.wants(reviewer, at):
            yield Contribution(
                id=row_id("review", "reviewer", *key), kind="review", role="reviewer", account=reviewer,
                occurred_at=at, title=node["title"], body=body, url=url, state=state,
                owners=(author,), paths=_paths(node), **_labelled(node), **_common(node, context),
            )  # fmt: skip


def of_merged(node: Json, context: RowContext) -> Iterator[Contribution]:
    """The author's row of a merged merge request, and the row of who pressed Merge, where that is somebody else."""
    merged, author = parse_time(node.get("mergedAt")), context.account(node.get("author"))
    if node["state"] != "merged" or not merged:
        return
    if context.wants(author, merged):
        yield _merged(node, context, author, merged)
    merger = context.account(node["mergeUser"]) if node.get("mergeUser") else author
    if merger.casefold() != author.casefold() and context.wants(merger, merged):
        yield _merger(_merged(node, context, author, merged), node, merger)


def of_issue(node: Json, context: RowContext, closing: Closing | None) -> Iterator[Contribution]:
    """A row for each person credited with a closed issue, and one for another who closed it; none for an open one.

    `closing` is None where it is not known how it was closed: then only assignees are credited.
    """
    closed = parse_time(node.get("closedAt"))
    if node["state"] != "closed" or closed is None or not is_ticket(node):
        return
    assigned = tuple(context.account(each) for each in entries(node, "assignees"))
    for role, who, how in credited(node, closing):
        account = context.account(who)
        if context.wants(account, closed):
            owners = assigned if role == "resolver" and assigned else (account,)
            yield _issue(
                node, context, role=role, who=who, at=closed, owners=owners, closing=closing, extra={"credited": how}
            )


def of_opened(node: Json, context: RowContext) -> Iterator[Contribution]:
    """A row for the person who opened an issue, at that time."""
    opened, who = parse_time(node["createdAt"]), node.get("author")
    account = context.account(who)
    if opened and is_ticket(node) and context.wants(account, opened):
        yield _issue(node, context, role="reporter", who=who, at=opened, owners=(account,), closing=None, extra={})


def of_comments(node: Json, context: RowContext) -> Iterator[Contribution]:
    """A row for each plain comment on somebody else's merge request or issue; line comments are reviews."""
    if _is_issue(node) and not is_ticket(node):
        return
    owner = context.account(node.get("author"))
    for note in _plain_comments(entries(node, "notes")):
        at, account = parse_time(note["createdAt"]), context.account(note.get("author"))
        if at and account.casefold() != owner.casefold() and context.wants(account, at):
            yield Contribution(
                id=row_id("comment", "helper", number(note["id"])), kind="comment", role="helper", account=account,
                occurred_at=at, title=node["title"], body=note.get("body") or None, url=_note_url(node, note),
                owners=(owner,), labels=labels(node), **_common(node, context),
            )  # fmt: skip


def of_release(node: Json, project: Json, context: RowContext) -> Iterator[Contribution]:
    """A row for a release; none for one whose day has not come."""
    at, account = parse_time(node.get("releasedAt")), context.account(node.get("author"))
    if at and not node.get("upcomingRelease") and context.wants(account, at):
        name, tag = project["fullPath"], node["tagName"]
        yield Contribution(
            id=row_id("release", "author", number(project["id"]), tag), kind="release", role="author", account=account,
            source=context.source, scope=context.host, work_item=f"{context.host}/{name}@{tag}", project=name,
            occurred_at=at, started_at=parse_time(node.get("createdAt")), title=node.get("name") or tag,
            body=node.get("description") or None, url=(node.get("links") or {}).get("selfUrl"), owners=(account,),
            is_private=project["visibility"] != PUBLIC if project.get("visibility") else None,
        )  # fmt: skip


def reviews(node: Json) -> Iterator[tuple[Json, str, str | None]]:
    """Each review of a merge request: its note, its state, and what it says; its author's own ones, too.

    A request for changes is the state of the line comments that it ends: by itself no list or event leads to it.
    """
    yield from _approvals(node)
    demands = [each for each in entries(node, "notes") if each["system"] and each["body"].startswith(_CHANGES)]
    for comments in line_comments(node):
        first, last = comments[0], comments[-1]
        ended = [each for each in demands if _user(each.get("author")) == _user(first.get("author"))]
        demanded = any(_time(first) <= _time(each) < _time(last) + PAUSE for each in ended)
        yield first, "changes_requested" if demanded else "commented", first.get("body") or None


def silent_approvers(node: Json, context: RowContext) -> list[Json]:
    """Whose approval may have a row, and is in force without a note that says so."""
    since, until = parse_time(node["createdAt"]), parse_time(node["updatedAt"])
    if not (since and until and any(since < each.until and each.since <= until for each in context.periods)):
        return []
    known = {_user(note.get("author")) for note, state, _ in _approvals(node) if state == "approved"}
    author = _user(node.get("author"))
    silent = [each for each in entries(node, "approvedBy") if _user(each) not in known | {author}]
    return [each for each in silent if context.accounts is None or context.account(each).casefold() in context.accounts]


def line_comments(node: Json) -> list[list[Json]]:
    """The line comments of a merge request as reviews: each person's, split where there is a pause of an hour.

    GitLab keeps no submissions. The split looks at all comments of a merge request, never at a period, so that the
    same comments are the same reviews in every report.
    """
    found: list[list[Json]] = []
    notes = [each for each in entries(node, "notes") if not each["system"] and each.get("position")]
    for own in _by_person(notes):
        found.append(own[:1])
        for before, note in itertools.pairwise(own):
            if _time(note) - _time(before) < PAUSE:
                found[-1].append(note)
            else:
                found.append([note])
    return found


def credited(node: Json, closing: Closing | None) -> list[tuple[Literal["assignee", "resolver"], Json | None, str]]:
    """Who has a row of a closed issue: role, user and the reason, for the column `extra`.

    That is its assignees, and who resolved it, where that is nobody of them: the author of the merge request that
    closed it, else the person who closed it.
    """
    assigned = entries(node, "assignees")
    found: list[tuple[Literal["assignee", "resolver"], Json | None, str]]
    found = [("assignee", each, "assigned") for each in assigned]
    who = (closing.author or closing.by) if closing else None
    if closing is None or who is None or _user(who) in {_user(each) for each in assigned}:
        return found
    return [*found, ("resolver", who, "author of the merge request that closed it" if closing.author else "closed it")]


def closing(work_item: Json) -> Closing:
    """How an issue was closed last, by the activity of its work item; who wrote the merge request is to be looked up.

    GitLab keeps that as an event; only the activity of a work item shows it, as a note in English.
    """
    notes = [
        each
        for each in activity(work_item)
        if each.get("systemNoteIconName") == _CLOSED_ICON or _CLOSED.match(each["body"])
    ]
    if not notes:
        return Closing(None, canceled=is_canceled(work_item))
    last = max(notes, key=_time)
    found = _CLOSED_BY.match(last["body"])
    project, iid = (found["project"] or "", found["iid"]) if found else ("", "")
    return Closing(last.get("author"), project, iid, canceled=is_canceled(work_item))


def activity(work_item: Json) -> list[Json]:
    """The notes of a work item's activity that came."""
    widgets = [each["discussions"] for each in work_item["widgets"] or () if each and each.get("discussions")]
    return [note for each in widgets for thread in entries({"of": each}, "of") for note in entries(thread, "notes")]


def is_canceled(work_item: Json) -> bool:
    """Whether a work item has a status of the category canceled (where a server has such statuses)."""
    found = [each["status"] for each in work_item["widgets"] or () if each and each.get("status")]
    return any(each.get("category") == "CANCELED" for each in found)


def is_ticket(node: Json) -> bool:
    """Whether an issue is one: GitLab's list of issues has other work items, too. Without a type it is."""
    return not node.get("type") or node["type"] in ISSUE_TYPES


def project_path(node: Json) -> str:
    """The full path of the project of a merge request or issue."""
    if _is_issue(node):
        return str(node["reference"]).rpartition("#")[0].strip("/")
    return str(node["project"]["fullPath"])


def number(key: str | int) -> int:
    """The number in an id: 12 of `gid://gitlab/DiffNote/12`, whose type may change with GitLab's version."""
    found = _NUMBER.search(str(key))
    return int(found[1]) if found else int(key)


def labels(node: Json) -> tuple[str, ...]:
    """The names of an issue's or merge request's labels: a group's and a project's may have the same."""
    return tuple(dict.fromkeys(each["title"] for each in entries(node, "labels")))


def _approvals(node: Json) -> Iterator[tuple[Json, str, str | None]]:
    """Approvals; withdrawn where the same person's next note of this kind takes it back.

    GitLab keeps approvals that are in force, without a time; the notes about them stay, in English in every language.
    """
    for own in _by_person(each for each in entries(node, "notes") if each["system"] and _approval(each)):
        for note, after in zip(own, [*own[1:], None], strict=True):
            if _approval(note) == "approved":
                yield note, "withdrawn" if after and _approval(after) == "unapproved" else "approved", None


def _plain_comments(notes: list[Json]) -> list[Json]:
    """Comments on no line, without the copies in an issue that was moved here or cloned: the originals are there."""
    arrived = max((_time(each) for each in notes if each["system"] and _COPIED.match(each["body"])), default=None)
    plain = [each for each in notes if not each["system"] and not each.get("position")]
    return [each for each in plain if arrived is None or _time(each) >= arrived]


def _approval(note: Json) -> str:
    """Whether a system note says that its author approved or unapproved; else an empty text."""
    text, icon = str(note.get("body") or ""), note.get("systemNoteIconName")
    if text.startswith(_APPROVED) or icon == "approval":
        return "approved"
    return "unapproved" if text.startswith(_UNAPPROVED) or icon == "unapproval" else ""


def _by_person(notes: Iterable[Json]) -> list[list[Json]]:
    """Each author's notes in the order of their time and, within a second, of their numbers."""
    ordered = sorted(notes, key=lambda note: (_user(note.get("author")), _time(note), number(note["id"])))
    return [list(own) for _, own in itertools.groupby(ordered, lambda note: _user(note.get("author")))]


def _merged(node: Json, context: RowContext, author: str, at: dt.datetime) -> Contribution:
    (size, others), description = _sizes(node), node.get("description") or ""
    people = [*entries(node, "reviewers"), *entries(node, "approvedBy"), *_reviewers(node)]
    people += [node["mergeUser"]] if node.get("mergeUser") else []
    merge, landed = node.get("mergeCommitSha"), node.get("landed") or ()
    landed = [merge, *landed] if merge else landed or [node.get("diffHeadSha")]
    tickets = [*statements.closes_on_gitlab(description), *statements.tickets_in(node.get("sourceBranch") or "")]
    return Contribution(
        id=row_id("pull_request", "author", number(node["id"])), kind="pull_request", role="author", account=author,
        occurred_at=at, started_at=parse_time(node["createdAt"]), title=node["title"], body=description or None,
        url=node.get("webUrl"), state="merged", milestone=(node.get("milestone") or {}).get("title"), owners=(author,),
        participants=_others(author, map(context.account, people)), paths=_paths(node),
        closes=tuple(dict.fromkeys(tickets)) + tuple(f"commit/{each}" for each in landed if each),
        reverts=statements.reverts(f"{node['title']}\n\n{description}"),
        additions=size.additions, deletions=size.deletions, files_changed=size.files,
        comment_count=node.get("userNotesCount"), extra=_short_paths(node) | others.as_left_out(),
        **_labelled(node), **_common(node, context),
    )  # fmt: skip


def _merger(merged: Contribution, node: Json, merger: str) -> Contribution:
    """The row of who pressed Merge: listed, in no total."""
    return replace(
        merged, id=row_id("pull_request", "merger", number(node["id"])), role="merger", account=merger,
        participants=_others(merger, [merged.account, *merged.participants]),
    )  # fmt: skip


def _issue(
    node: Json, context: RowContext, *, role: Any, who: Json | None, at: dt.datetime, owners: tuple[str, ...],
    closing: Closing | None, extra: Mapping[str, str],
) -> Contribution:  # fmt: skip
    people = [node.get("author"), *entries(node, "assignees")]
    people += [each for each in (closing.by, closing.author) if each] if closing else []
    account = context.account(who)
    return Contribution(
        id=row_id("issue", role, number(node["id"]), _user(who)), kind="issue", role=role, account=account,
        occurred_at=at, started_at=parse_time(node["createdAt"]), title=node["title"],
        body=node.get("description") or None, url=node["webUrl"], state=_issue_state(node, closing),
        milestone=(node.get("milestone") or {}).get("title"), owners=owners,
        participants=_others(account, map(context.account, people)), comment_count=node.get("userNotesCount"),
        story_points=node.get("weight"), extra=extra, **_labelled(node), **_common(node, context),
    )  # fmt: skip


def _issue_state(node: Json, closing: Closing | None) -> str:
    """The state of an issue; one that was moved, is a duplicate or was canceled was closed without being done."""
    if node["state"] != "closed":
        return "open"
    if node.get("moved"):
        return "moved"
    if node.get("closedAsDuplicateOf"):
        return "duplicate"
    return "not_planned" if closing and closing.canceled else "closed"


def _labelled(node: Json) -> dict[str, Any]:
    names = labels(node)
    return {"labels": names, "change_type": change_type(node["title"], names)}


def _common(node: Json, context: RowContext) -> dict[str, Any]:
    return {
        "source": context.source,
        "scope": context.host,
        "work_item": context.work_item(node),
        "project": project_path(node),
        "is_private": context.is_private(node),
    }


def _reviewers(node: Json) -> list[Json | None]:
    return [note.get("author") for note, _, _ in reviews(node)]


def _paths(node: Json) -> tuple[str, ...]:
    return tuple(each["path"] for each in node.get("diffStats") or () if each)


def _sizes(node: Json) -> tuple[Size, Size]:
    """The size of the work in a merge request, and of its other files."""
    summary = node.get("diffStatsSummary") or {}
    files = [(each["path"], each["additions"], each["deletions"]) for each in node.get("diffStats") or () if each]
    whole = Size(summary.get("fileCount"), summary.get("additions"), summary.get("deletions"))
    return without_others(whole, files)


def _short_paths(node: Json) -> dict[str, str]:
    """How many of the changed paths are known, if not all are."""
    known, total = len(_paths(node)), (node.get("diffStatsSummary") or {}).get("fileCount") or 0
    return {"paths": f"{known} of {total} known"} if known < total else {}


def _others(account: str, names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(each for each in names if each.casefold() != account.casefold()))


def _note_url(node: Json, note: Json) -> str | None:
    return f"{node['webUrl']}#note_{number(note['id'])}" if node.get("webUrl") else None


def _is_issue(node: Json) -> bool:
    return "reference" in node


def _user(who: Json | None) -> int:
    """A user's number; 0 for nobody."""
    return number(who["id"]) if who else 0


def _time(note: Json) -> dt.datetime:
    return dt.datetime.fromisoformat(note["createdAt"])
