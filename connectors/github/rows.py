"""What GitHub's JSON means as rows: pure, and tested without a server.

Ids are made of node ids and numeric user ids, which outlive a renamed login, repository or organisation.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from harvester.model.contribution import Contribution
from harvester.model.periods import Period
from harvester.sdk.change_type import change_type

Json = Mapping[str, Any]

GHOST = "ghost"
"""Whom GitHub names where an account was deleted."""

_REVERTS = re.compile(r"^Reverts\s+(?P<repository>[\w.-]+/[\w.-]+)?#(?P<number>\d+)\s*$", re.MULTILINE)


@dataclass(frozen=True)
class RowContext:
    """For whom rows are made: source, host, the periods and accounts wanted (None: everyone), and new names.

    `asked` gives for a user's numeric id the name that was asked for, where GitHub calls that person otherwise today.
    """

    source: str
    host: str
    periods: Sequence[Period]
    accounts: frozenset[str] | None = None
    asked: Mapping[int, str] = field(default_factory=dict)

    def wants(self, account: str, at: dt.datetime) -> bool:
        """Whether an act of this account at this time is wanted."""
        return (self.accounts is None or account.casefold() in self.accounts) and any(
            at in each for each in self.periods
        )

    def account(self, who: Json | None) -> str:
        """How an actor is written: the login, with `[bot]` where it is an App, `ghost` where it is nobody any more."""
        if not who:
            return GHOST
        login = str(who["login"])
        if who.get("__typename") == "Bot" and not login.endswith("[bot]"):
            return f"{login}[bot]"
        return self.asked.get(who.get("databaseId") or 0, login)

    def subject(self, node: Json) -> str:
        """The work item by its repository's name of today."""
        return f"{self.host}/{node['repository']['nameWithOwner']}#{node['number']}"


def of_pull_request(node: Json, view: RowContext) -> Iterator[Contribution]:
    """The author's row where it is merged, and a row for each review that others submitted."""
    merged = moment(node.get("mergedAt"))
    author = view.account(node.get("author"))
    if merged and view.wants(author, merged):
        yield _merged(node, view, author, merged)
    for review in listed(node, "reviews"):
        submitted = moment(review.get("submittedAt"))
        reviewer = view.account(review.get("author"))
        if submitted and reviewer != author and view.wants(reviewer, submitted):
            yield _review(node, review, view, reviewer, submitted)


def of_issue(node: Json, view: RowContext) -> Iterator[Contribution]:
    """A row for each assignee of a closed issue, or for whoever is credited where nobody was assigned."""
    closed = moment(node.get("closedAt"))
    if node["state"] != "CLOSED" or closed is None:
        return
    for role, who, how in credited(node):
        account = view.account(who)
        if view.wants(account, closed):
            yield _issue(node, view, role=role, who=who, at=closed, fields={"credited": how})


def of_opened(node: Json, view: RowContext) -> Iterator[Contribution]:
    """A row for who opened an issue, at the time it was opened."""
    opened = moment(node["createdAt"])
    if opened and view.wants(view.account(node.get("author")), opened):
        yield _issue(node, view, role="reporter", who=node.get("author"), at=opened, fields={})


def of_conversation(node: Json, view: RowContext) -> Iterator[Contribution]:
    """A row for each comment on the issue or pull request of somebody else."""
    owner = view.account(node.get("author"))
    for comment in listed(node, "comments"):
        at, account = moment(comment["createdAt"]), view.account(comment.get("author"))
        if at and account != owner and view.wants(account, at):
            yield Contribution(
                id=f"comment:helper:{comment['id']}", kind="comment", role="helper", account=account, occurred_at=at,
                title=node["title"], body=comment.get("body") or None, url=comment["url"], owners=(owner,),
                labels=labels(node), **_common(node, view),
            )  # fmt: skip


def of_release(node: Json, repository: Json, view: RowContext) -> Iterator[Contribution]:
    """A row for a published release."""
    at, account = moment(node.get("publishedAt")), view.account(node.get("author"))
    if at and not node["isDraft"] and view.wants(account, at):
        name = repository["nameWithOwner"]
        yield Contribution(
            id=f"release:author:{node['id']}", kind="release", role="author", account=account, occurred_at=at,
            source=view.source, scope=view.host, work_item=f"{view.host}/{name}@{node['tagName']}", project=name,
            started_at=moment(node["createdAt"]), title=node.get("name") or node["tagName"],
            body=node.get("description") or None, url=node["url"], owners=(account,),
            is_private=repository["isPrivate"],
        )  # fmt: skip


def credited(node: Json) -> list[tuple[str, Json | None, str]]:
    """Who is credited with a closed issue: role, actor and, in words, why.

    Its assignees; where there are none the author of the pull request that closed it, else who closed it.
    """
    if assigned := listed(node, "assignees"):
        return [("assignee", each, "assigned") for each in assigned]
    event = closing(node)
    closer = event.get("closer") or {}
    if closer.get("__typename") == "PullRequest" and closer.get("author"):
        return [("resolver", closer["author"], "author of the pull request that closed it")]
    return [("resolver", event.get("actor"), "closed it")] if event else []


def closing(node: Json) -> Json:
    """The event that last closed an issue, or nothing."""
    return next(iter(listed(node, "timelineItems")), {})


def issue_id(role: str, node: Json, who: Json | None) -> str:
    """The id of somebody's row of an issue."""
    return f"issue:{role}:{node['id']}:{(who or {}).get('databaseId') or (who or {}).get('login') or GHOST}"


def labels(node: Json) -> tuple[str, ...]:
    """The names of the labels."""
    return tuple(each["name"] for each in listed(node, "labels"))


def listed(node: Json, name: str) -> list[Any]:
    """The entries of a list of a node, without those that GitHub did not show."""
    return [each for each in ((node.get(name) or {}).get("nodes") or []) if each]


def moment(text: str | None) -> dt.datetime | None:
    """GitHub's time in UTC; None stays None."""
    return dt.datetime.fromisoformat(text).astimezone(dt.UTC) if text else None


def _merged(node: Json, view: RowContext, author: str, at: dt.datetime) -> Contribution:
    others = [view.account(each.get("author")) for each in listed(node, "reviews")]
    others += [view.account(node["mergedBy"])] if node.get("mergedBy") else []
    commit = (node.get("mergeCommit") or {}).get("oid")
    return Contribution(
        id=f"pull_request:author:{node['id']}", kind="pull_request", role="author", account=author, occurred_at=at,
        started_at=moment(node["createdAt"]), title=node["title"], body=node.get("body") or None, url=node["url"],
        state="merged", milestone=(node.get("milestone") or {}).get("title"), owners=(author,),
        participants=tuple(dict.fromkeys(each for each in others if each != author)),
        closes=tuple(_closes(node)) + ((f"commit/{commit}",) if commit else ()),
        reverts=tuple(_reverted(node)),
        additions=node["additions"], deletions=node["deletions"], files_changed=node["changedFiles"],
        comment_count=node.get("totalCommentsCount"), extra=_short_paths(node), **_pull(node), **_common(node, view),
    )  # fmt: skip


def _review(node: Json, review: Json, view: RowContext, reviewer: str, at: dt.datetime) -> Contribution:
    return Contribution(
        id=f"review:reviewer:{review['id']}", kind="review", role="reviewer", account=reviewer, occurred_at=at,
        title=node["title"], body=review.get("body") or None, url=review["url"], state=review["state"].lower(),
        owners=(view.account(node.get("author")),), **_pull(node), **_common(node, view),
    )  # fmt: skip


def _issue(
    node: Json, view: RowContext, *, role: Any, who: Json | None, at: dt.datetime, fields: Mapping[str, str]
) -> Contribution:
    event = closing(node)
    people = [node.get("author"), *listed(node, "assignees"), *([event.get("actor")] if event else [])]
    account = view.account(who)
    names = labels(node)
    return Contribution(
        id=issue_id(role, node, who), kind="issue", role=role, account=account, occurred_at=at,
        started_at=moment(node["createdAt"]), title=node["title"], body=node.get("body") or None, url=node["url"],
        state=_issue_state(node), change_type=change_type(node["title"], names), labels=names,
        milestone=(node.get("milestone") or {}).get("title"), owners=(account,),
        participants=tuple(dict.fromkeys(name for each in people if (name := view.account(each)) != account)),
        comment_count=node["comments"]["totalCount"], extra=fields, **_common(node, view),
    )  # fmt: skip


def _issue_state(node: Json) -> str:
    if node["state"] == "OPEN":
        return "open"
    return str(node.get("stateReason") or "closed").lower()


def _pull(node: Json) -> dict[str, Any]:
    """What a pull request's row and its reviews' rows share."""
    names = labels(node)
    return {
        "labels": names,
        "paths": tuple(each["path"] for each in listed(node, "files")),
        "change_type": change_type(node["title"], names),
    }


def _short_paths(node: Json) -> dict[str, str]:
    """How many of the changed paths are known, where that is not all of them."""
    known = len(listed(node, "files"))
    return {"paths": f"{known} of {node['changedFiles']} known"} if known < node["changedFiles"] else {}


def _common(node: Json, view: RowContext) -> dict[str, Any]:
    repository = node["repository"]
    return {
        "source": view.source,
        "scope": view.host,
        "work_item": view.subject(node),
        "project": repository["nameWithOwner"],
        "is_private": repository["isPrivate"],
    }


def _closes(node: Json) -> Iterator[str]:
    for each in listed(node, "closingIssuesReferences"):
        yield f"{each['repository']['nameWithOwner']}#{each['number']}"


def _reverted(node: Json) -> Iterator[str]:
    """What GitHub's own revert button wrote into the body."""
    for found in _REVERTS.finditer(node.get("body") or ""):
        yield f"{found['repository'] or node['repository']['nameWithOwner']}#{found['number']}"
