"""Jira's JSON as rows. Pure.

Row ids consist of the ids of tickets, comments and worklogs, and of account ids (Data Center: user keys): all outlive a
ticket's new key and a person's new name.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from harvester.model.contribution import Contribution, Role
from harvester.model.periods import Period
from harvester.sdk.change_type import change_type

from .changelog import Json, Person, changes, is_done, moment, person, resolved, user_ids
from .fields import Site, parent_of, parent_title_of, points_of
from .text import plain_text

CLOSING = re.compile(r"(?:closes|fixes|resolves|implements|completes|delivers)\b", re.IGNORECASE)
"""How a link is described that says that a ticket closes another."""
TYPES = {
    "bug": "fix", "defect": "fix", "story": "feature", "user story": "feature", "new feature": "feature",
    "improvement": "feature", "feature": "feature", "documentation": "docs", "test": "test",
}  # fmt: skip
"""Jira's own types of tickets as `change_type`; a task may be anything."""


@dataclass(frozen=True)
class RowContext:
    """For whom rows are made: source, site, the periods and people wanted.

    `names` maps every id of a wanted person to the account that was asked for; None means everyone is wanted.
    `not_done` has resolutions (lower case) for which nobody did anything.
    """

    source: str
    scope: str
    """The host with the path before Jira's own, such as `jira.example.com/tracker`."""
    url: str
    site: Site
    periods: Sequence[Period]
    names: Mapping[str, str] | None
    not_done: frozenset[str]

    def work_item(self, key: str) -> str:
        """The work item by the ticket's present key."""
        return f"{self.scope}/{key}"


@dataclass(frozen=True)
class People:
    """How the people of one ticket are written. They are those that it names in full, and no others'.

    A changelog names people by an id alone, and rows of a ticket must not depend on what else was read.
    """

    context: RowContext
    users: Mapping[str, Json]
    """Users by each of their ids."""

    @classmethod
    def of(cls, context: RowContext, users: Iterable[Json | None]) -> People:
        """The people that a ticket names in full."""
        return cls(context, {key: user for user in users if user for key in user_ids(user)})

    def account(self, who: Person) -> str:
        """A person who was asked for as asked, others as `display name <account>`, with `[bot]` behind an app's name.

        An account id means nothing to a reader.
        """
        user, names = self.users.get(who.id) or {}, self.context.names or {}
        if asked_for := next((names[each] for each in self._ids(who) if each in names), None):
            return asked_for
        shown = " ".join(re.sub(r"[<>\x00-\x1f]", " ", str(user.get("displayName") or who.name or "")).split())
        account = str(user.get("accountId") or user.get("name") or who.id)
        if user.get("accountType") == "app":
            shown = f"{shown}[bot]"
        return f"{shown} <{account}>" if shown else account

    def wants(self, who: Person, at: dt.datetime) -> bool:
        """Whether a row of this person at this time is wanted."""
        names = self.context.names
        wanted = names is None or any(each in names for each in self._ids(who))
        return wanted and any(at in each for each in self.context.periods)

    def _ids(self, who: Person) -> tuple[str, ...]:
        return (who.id, *sorted(user_ids(self.users.get(who.id))))

    def key(self, who: Person) -> str:
        """What a person has for ever: the account id; on Data Center the user key."""
        user = self.users.get(who.id) or {}
        return str(user.get("accountId") or user.get("key") or who.id)

    def same(self, one: Person, other: Person) -> bool:
        """Whether two are one person."""
        return self.key(one) == self.key(other)


def of_ticket(
    ticket: Json, histories: Sequence[Json], context: RowContext, done: Collection[str] = ()
) -> Iterator[Contribution]:
    """A row for the person who was assigned to a ticket when it was resolved; none for an open one.

    So have, each in a role of their own and in no total: who resolved it, and who was assigned before.
    Where nobody was assigned, whoever resolved it has done it. `done` as in `changelog.resolved`.
    """
    fields = ticket["fields"]
    found = resolved(fields, changes(histories), done)
    if found is None:
        return
    people = People.of(context, [*_named(fields), *(each.get("author") for each in histories)])
    resolver = person(found.by)
    parts: list[tuple[Role, Person, str]] = [("assignee", found.assignee, "assigned")] if found.assignee else []
    if resolver and not (found.assignee and people.same(resolver, found.assignee)):
        parts.append(("resolver", resolver, "resolved it"))
    taken = [who for _, who, _ in parts]
    for each in found.earlier:
        if not any(people.same(each, other) for other in taken):
            parts.append(("helper", each, "assigned before"))
            taken.append(each)
    owner = found.assignee or resolver
    for role, who, how in parts:
        if people.wants(who, found.at):
            yield _row(ticket, people, role, who, found.at, owner=owner, others=taken, credited=how)


def of_reported(ticket: Json, context: RowContext) -> Iterator[Contribution]:
    """A row for the person who reported a ticket, at that time."""
    fields = ticket["fields"]
    at, reporter = moment(fields["created"]), person(fields.get("reporter"))
    people = People.of(context, _named(fields))
    if reporter and people.wants(reporter, at):
        assignee = person(fields.get("assignee"))
        others = [assignee] if assignee else []
        yield _row(ticket, people, "reporter", reporter, at, owner=reporter, others=others)


def of_comments(
    ticket: Json, comments: Sequence[Json], histories: Sequence[Json], context: RowContext, done: Collection[str] = ()
) -> Iterator[Contribution]:
    """A row for each comment on a ticket of somebody else, by when it was written.

    `done` as in `changelog.resolved`.
    """
    for each, shared in _by_others(ticket, (comments, "created"), histories, context, done):
        yield Contribution(
            id=f"comment/helper/{each['id']}", kind="comment", body=plain_text(each.get("body")),
            url=f"{_url(ticket, context)}?focusedCommentId={each['id']}", **shared,
        )  # fmt: skip


def of_worklogs(
    ticket: Json, worklogs: Sequence[Json], histories: Sequence[Json], context: RowContext, done: Collection[str] = ()
) -> Iterator[Contribution]:
    """A row for each time that somebody logged work on a ticket of somebody else, by when that work began.

    `extra` has its hours; those of several worklogs are added up nowhere, since hours are no accomplishment.
    `done` as in `changelog.resolved`.
    """
    for each, shared in _by_others(ticket, (worklogs, "started"), histories, context, done):
        seconds = each.get("timeSpentSeconds")
        extra = {"hours": f"{round(seconds / 3600, 2):g}"} if isinstance(seconds, int) else {}
        yield Contribution(
            id=f"help/helper/{each['id']}", kind="help", body=plain_text(each.get("comment")),
            url=f"{_url(ticket, context)}?focusedWorklogId={each['id']}", extra=extra, **shared,
        )  # fmt: skip


def _by_others(
    ticket: Json,
    timed: tuple[Sequence[Json], str],
    histories: Sequence[Json],
    context: RowContext,
    done: Collection[str],
) -> Iterator[tuple[Json, dict[str, Any]]]:
    """What others than a ticket's owner left on it, each with what its row has whatever it is.

    The owner is who has done it, for whom it counts; of an open one whom it is assigned to, else who reported it.
    `timed` are entries, and which of their times counts.
    """
    entries, time = timed
    fields = ticket["fields"]
    people = People.of(context, [*_named(fields), *(each.get("author") for each in (*histories, *entries))])
    found = resolved(fields, changes(histories), done)
    doer = (found.assignee or person(found.by)) if found else None
    owner = doer or person(fields.get("assignee")) or person(fields.get("reporter"))
    shared = {
        "role": "helper", "title": _text(fields.get("summary")), "labels": _labels(fields),
        "owners": (people.account(owner),) if owner else (), **_common(ticket, context),
    }  # fmt: skip
    for each in entries:
        author, at = person(each.get("author")), moment(each[time])
        if author and not (owner and people.same(author, owner)) and people.wants(author, at):
            yield each, {"account": people.account(author), "occurred_at": at, **shared}


def state_of(fields: Json, not_done: frozenset[str]) -> str:
    """The resolution as one word, such as `fixed`; `done` for what is done without one, and the status while open.

    What nobody has done is `duplicate` or `not_planned`, whatever the site calls it.
    """
    status, resolution = plain_name(_name(fields.get("status"))), plain_name(_name(fields.get("resolution")))
    if not is_done(fields):
        return _word(status)
    # Team-managed projects resolve everything as done, whatever its last status says.
    for each in (resolution, status):
        if each in not_done:
            return "duplicate" if "duplicate" in each else "not_planned"
    return _word(resolution) or "done"


def plain_name(name: str) -> str:
    """The name of a resolution or status for comparing: in small letters, with one kind of apostrophe and of spaces."""
    return " ".join(name.casefold().replace("\u2019", "'").split())


def _word(name: str) -> str:
    return name.replace(" ", "_")


def _row(
    ticket: Json,
    people: People,
    role: Role,
    who: Person,
    at: dt.datetime,
    *,
    owner: Person | None,
    others: Sequence[Person],
    credited: str = "",
) -> Contribution:
    context, fields, account = people.context, ticket["fields"], people.account(who)
    reporter = person(fields.get("reporter"))
    took_part = [people.account(each) for each in (*others, *([reporter] if reporter else []))]
    title, labels = _text(fields.get("summary")), _labels(fields)
    parent = parent_of(fields, context.site)
    extra = {"credited": credited} if credited else {}
    if name := _text((fields.get("resolution") or {}).get("name")):
        extra["resolution"] = name
    if name := parent_title_of(fields):
        extra["parent_title"] = name
    return Contribution(
        id=f"issue/{role}/{ticket['id']}/{people.key(who)}", kind="issue", role=role, account=account,
        occurred_at=at, started_at=moment(fields["created"]), title=title, body=plain_text(fields.get("description")),
        url=_url(ticket, context), state=state_of(fields, context.not_done), labels=labels,
        change_type=change_type(title or "") or TYPES.get(_name(fields.get("issuetype")).casefold())
        or change_type("", labels),
        parent=context.work_item(parent) if parent else None,
        milestone=", ".join(map(_name, fields.get("fixVersions") or ())) or None,
        owners=(people.account(owner),) if owner else (),
        participants=tuple(dict.fromkeys(each for each in took_part if each != account)),
        closes=tuple(context.work_item(each) for each in closed_by(fields)),
        story_points=points_of(fields, context.site), extra=extra, **_common(ticket, context),
    )  # fmt: skip


def closed_by(fields: Json) -> list[str]:
    """The keys of tickets that a ticket's links say it closes or implements."""
    found = []
    for link in fields.get("issuelinks") or ():
        for side, words in (("outwardIssue", "outward"), ("inwardIssue", "inward")):
            other = link.get(side)
            if other and other.get("key") and CLOSING.match(str((link.get("type") or {}).get(words, "")).strip()):
                found.append(str(other["key"]))
    return list(dict.fromkeys(found))


def project_of(ticket: Json) -> str:
    """The key of the project that a ticket is in."""
    return str(ticket["key"]).rpartition("-")[0]


def _common(ticket: Json, context: RowContext) -> dict[str, Any]:
    return {
        "source": context.source,
        "scope": context.scope,
        "work_item": context.work_item(str(ticket["key"])),
        "project": project_of(ticket),
    }


def _url(ticket: Json, context: RowContext) -> str:
    return f"{context.url}/browse/{ticket['key']}"


def _labels(fields: Json) -> tuple[str, ...]:
    """Labels, components and the type."""
    names = [*map(str, fields.get("labels") or ()), *map(_name, fields.get("components") or ())]
    names.append(_name(fields.get("issuetype")))
    return tuple(dict.fromkeys(each for each in names if each))


def _name(value: Json | None) -> str:
    return str((value or {}).get("name", ""))


def _text(value: object) -> str | None:
    return str(value) if value else None


def _named(fields: Json) -> list[Json | None]:
    """The people that a ticket's own fields name in full."""
    return [fields.get("assignee"), fields.get("reporter")]
