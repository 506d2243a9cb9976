"""GitHub's JSON as rows.

Row ids consist of node ids and numeric user ids, which outlive a renamed login, repository or organisation.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from harvester.model.contribution import Contribution
from harvester.sdk import rows
from harvester.sdk.change_type import change_type
from harvester.sdk.rows import Json, entries, parse_time, row_id
from harvester.sdk.sizes import Size, without_others
from harvester.sdk.statements import tickets_in

from .agents import is_agent, people_behind

GHOST = "ghost"
"""The account that GitHub names where one was deleted."""

_REVERTS = re.compile(r"^Reverts\s+(?P<repository>[\w.-]+/[\w.-]+)?#(?P<number>\d+)\s*$", re.MULTILINE)


class RowContext(rows.RowContext):
    """For whom rows are made, and how GitHub's actors and work items are written."""

    def account(self, who: Json | None) -> str:
        """How an actor is written: the login, with `[bot]` where it is an App; `ghost` for a deleted account."""
        if not who:
            return GHOST
        login = str(who["login"])
        if who.get("__typename") == "Bot" and not login.endswith("[bot]"):
            return f"{login}[bot]"
        return self.renamed.get(who.get("databaseId") or 0, login)

    def work_item(self, node: Json) -> str:
        """The work item by its repository's present name, as a remote's URL has it."""
        return f"{self.host}/{node['repository']['nameWithOwner']}#{node['number']}"


def of_pull_request(node: Json, context: RowContext) -> Iterator[Contribution]:
    """The author's row if it is merged, and a row for each review that others submitted.

    A coding agent's has a row, too, for each person behind it, who did not write it: as co-author, in no total.
    """
    merged = parse_time(node.get("mergedAt"))
    author = context.account(node.get("author"))
    if merged and context.wants(author, merged):
        yield _merged(node, context, author, merged)
    if merged and is_agent(author):
        for who, why in people_behind(node):
            person = context.account(who)
            if context.wants(person, merged):
                user = who.get("databaseId") or "requester"
                made = _merged(node, context, author, merged)
                others = [author, *(each for each in made.participants if each != person)]
                yield replace(
                    made, id=row_id("pull_request", "co-author", node["id"], user), role="co-author", account=person,
                    participants=tuple(dict.fromkeys(others)),
                    extra={**made.extra, "credited": why},
                )  # fmt: skip
    for review in entries(node, "reviews"):
        submitted = parse_time(review.get("submittedAt"))
        reviewer = context.account(review.get("author"))
        if submitted and reviewer != author and context.wants(reviewer, submitted):
            yield _review(node, review, context, reviewer, submitted)


def of_issue(node: Json, context: RowContext) -> Iterator[Contribution]:
    """A row for each person credited with a closed issue; none for an open one."""
    closed = parse_time(node.get("closedAt"))
    if node["state"] != "CLOSED" or closed is None:
        return
    for role, who, how in credited(node):
        account = context.account(who)
        if context.wants(account, closed):
            yield _issue(node, context, role=role, who=who, at=closed, extra={"credited": how})


def of_opened(node: Json, context: RowContext) -> Iterator[Contribution]:
    """A row for the person who opened an issue, at that time."""
    opened = parse_time(node["createdAt"])
    if opened and context.wants(context.account(node.get("author")), opened):
        yield _issue(node, context, role="reporter", who=node.get("author"), at=opened, extra={})


def of_conversation(node: Json, context: RowContext) -> Iterator[Contribution]:
    """A row for each comment on somebody else's issue or pull request."""
    owner = context.account(node.get("author"))
    for comment in entries(node, "comments"):
        at, account = parse_time(comment["createdAt"]), context.account(comment.get("author"))
        if at and account != owner and context.wants(account, at):
            yield Contribution(
                id=row_id("comment", "helper", comment["id"]), kind="comment", role="helper", account=account,
                occurred_at=at, title=node["title"], body=comment.get("body") or None, url=comment["url"],
                owners=(owner,), labels=labels(node), **_common(node, context),
            )  # fmt: skip


def of_release(node: Json, repository: Json, context: RowContext) -> Iterator[Contribution]:
    """A row for a published release; none for a draft."""
    at, account = parse_time(node.get("publishedAt")), context.account(node.get("author"))
    if at and not node["isDraft"] and context.wants(account, at):
        name = repository["nameWithOwner"]
        yield Contribution(
            id=row_id("release", "author", node["id"]), kind="release", role="author", account=account, occurred_at=at,
            source=context.source, scope=context.host, work_item=f"{context.host}/{name}@{node['tagName']}",
            project=name, started_at=parse_time(node["createdAt"]), title=node.get("name") or node["tagName"],
            body=node.get("description") or None, url=node["url"], owners=(account,),
            is_private=repository["isPrivate"],
        )  # fmt: skip


def credited(node: Json) -> list[tuple[str, Json | None, str]]:
    """Who is credited with a closed issue: role, actor and the reason, for the column `extra`.

    That is its assignees; without any, the author of the pull request that closed it, else the person who closed it.
    """
    if assigned := entries(node, "assignees"):
        return [("assignee", each, "assigned") for each in assigned]
    event = closing_event(node)
    closer = event.get("closer") or {}
    if closer.get("__typename") == "PullRequest" and closer.get("author"):
        return [("resolver", closer["author"], "author of the pull request that closed it")]
    return [("resolver", event.get("actor"), "closed it")] if event else []


def closing_event(node: Json) -> Json:
    """The event that last closed an issue, or an empty mapping."""
    return next(iter(entries(node, "timelineItems")), {})


def labels(node: Json) -> tuple[str, ...]:
    """The names of an issue's or pull request's labels."""
    return tuple(each["name"] for each in entries(node, "labels"))


def _merged(node: Json, context: RowContext, author: str, at: dt.datetime) -> Contribution:
    participants = [context.account(each.get("author")) for each in entries(node, "reviews")]
    participants += [context.account(node["mergedBy"])] if node.get("mergedBy") else []
    commit = (node.get("mergeCommit") or {}).get("oid")
    size, others = _sizes(node)
    return Contribution(
        id=row_id("pull_request", "author", node["id"]), kind="pull_request", role="author", account=author,
        occurred_at=at, started_at=parse_time(node["createdAt"]), title=node["title"],
        body=node.get("body") or None, url=node["url"], state="merged",
        milestone=(node.get("milestone") or {}).get("title"), owners=(author,),
        participants=tuple(dict.fromkeys(each for each in participants if each != author)),
        closes=(*_closes(node), *tickets_in(node["headRefName"]), *([f"commit/{commit}"] if commit else [])),
        reverts=tuple(_reverted(node)),
        additions=size.additions, deletions=size.deletions, files_changed=size.files,
        comment_count=node.get("totalCommentsCount"), extra=_short_paths(node) | others.as_left_out(),
        **_pull(node), **_common(node, context),
    )  # fmt: skip


def _review(node: Json, review: Json, context: RowContext, reviewer: str, at: dt.datetime) -> Contribution:
    return Contribution(
        id=row_id("review", "reviewer", review["id"]), kind="review", role="reviewer", account=reviewer, occurred_at=at,
        title=node["title"], body=review.get("body") or None, url=review["url"], state=review["state"].lower(),
        owners=(context.account(node.get("author")),), **_pull(node), **_common(node, context),
    )  # fmt: skip


def _issue(
    node: Json, context: RowContext, *, role: Any, who: Json | None, at: dt.datetime, extra: Mapping[str, str]
) -> Contribution:
    event = closing_event(node)
    people = [node.get("author"), *entries(node, "assignees"), *([event.get("actor")] if event else [])]
    account = context.account(who)
    user_id = (who or {}).get("databaseId") or (who or {}).get("login") or GHOST
    names = labels(node)
    return Contribution(
        id=row_id("issue", role, node["id"], user_id), kind="issue", role=role, account=account, occurred_at=at,
        started_at=parse_time(node["createdAt"]), title=node["title"], body=node.get("body") or None, url=node["url"],
        state=_issue_state(node), change_type=change_type(node["title"], names), labels=names,
        milestone=(node.get("milestone") or {}).get("title"), owners=(account,),
        participants=tuple(dict.fromkeys(name for each in people if (name := context.account(each)) != account)),
        comment_count=node["comments"]["totalCount"], extra=extra, **_common(node, context),
    )  # fmt: skip


def _issue_state(node: Json) -> str:
    if node["state"] == "OPEN":
        return "open"
    return str(node.get("stateReason") or "closed").lower()


def _pull(node: Json) -> dict[str, Any]:
    """The columns that a pull request's row and its reviews' rows share."""
    names = labels(node)
    return {
        "labels": names,
        "paths": tuple(each["path"] for each in entries(node, "files")),
        "change_type": change_type(node["title"], names),
    }


def _sizes(node: Json) -> tuple[Size, Size]:
    """The size of the work in a pull request, and of its other files."""
    files = [(each["path"], each["additions"], each["deletions"]) for each in entries(node, "files")]
    return without_others(Size(node["changedFiles"], node["additions"], node["deletions"]), files)


def _short_paths(node: Json) -> dict[str, str]:
    """How many of the changed paths are known, if not all are."""
    known = len(entries(node, "files"))
    return {"paths": f"{known} of {node['changedFiles']} known"} if known < node["changedFiles"] else {}


def _common(node: Json, context: RowContext) -> dict[str, Any]:
    repository = node["repository"]
    return {
        "source": context.source,
        "scope": context.host,
        "work_item": context.work_item(node),
        "project": repository["nameWithOwner"],
        "is_private": repository["isPrivate"],
    }


def _closes(node: Json) -> Iterator[str]:
    for each in entries(node, "closingIssuesReferences"):
        yield f"{each['repository']['nameWithOwner']}#{each['number']}"


def _reverted(node: Json) -> Iterator[str]:
    """The pull requests reverted, as GitHub's revert button writes them into the body."""
    for found in _REVERTS.finditer(node.get("body") or ""):
        yield f"{found['repository'] or node['repository']['nameWithOwner']}#{found['number']}"
