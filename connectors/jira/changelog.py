"""What a ticket's changelog says: when it was resolved and by whom, and who was assigned to it then. Pure.

A ticket is resolved where it has a resolution; without one (usual in team-managed projects), where its status is of the
category Done. What counts is the last time it became so: a ticket that was reopened and resolved again was resolved
once, the last time, and a resolution that is only replaced by another changes neither time nor person.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Json = Mapping[str, Any]

SAME_MOMENT = dt.timedelta(seconds=5)
"""How far the time in a field may be from that of the change that set it."""


@dataclass(frozen=True, slots=True)
class Change:
    """One changed field: when, by whom (a user as Jira sends it; None where nobody is named), from what to what.

    `before` and `after` are ids, or None for empty; `entry` is the same for all that one person changed at once.
    """

    at: dt.datetime
    entry: int
    by: Json | None
    field: str
    before: str | None
    after: str | None
    before_name: str | None = None
    after_name: str | None = None


@dataclass(frozen=True, slots=True)
class Person:
    """A person as a changelog names them: an account id or user key, and the name at that time."""

    id: str
    name: str | None = None


@dataclass(frozen=True, slots=True)
class Resolved:
    """When a ticket was resolved, by whom (None: not known), who was assigned then, and who had been before."""

    at: dt.datetime
    by: Json | None
    assignee: Person | None
    earlier: tuple[Person, ...] = ()


def changes(histories: Iterable[Json]) -> list[Change]:
    """The changes of status, resolution and assignee, oldest first, whichever form and order the server has."""
    ordered = sorted(histories, key=lambda each: (moment(each["created"]), _number(each.get("id"))))
    return [
        Change(
            moment(each["created"]), entry, each.get("author"), str(item.get("fieldId") or item.get("field")).lower(),
            _id(item.get("from")), _id(item.get("to")), item.get("fromString"), item.get("toString"),
        )
        for entry, each in enumerate(ordered)
        for item in each.get("items") or ()
    ]  # fmt: skip


def moment(value: object) -> dt.datetime:
    """A time of Jira in UTC: a text with an offset, or milliseconds since 1970; raises ValueError for neither."""
    if isinstance(value, int) or (isinstance(value, str) and value.isdecimal()):
        return dt.datetime.fromtimestamp(int(value) / 1000, dt.UTC)
    at = dt.datetime.fromisoformat(str(value))
    if at.tzinfo is None:
        raise ValueError(f"{value!r} has no offset")
    return at.astimezone(dt.UTC)


def resolved(fields: Json, log: Sequence[Change], done: Collection[str] = ()) -> Resolved | None:
    """How a ticket was resolved, by its fields and its whole changelog; None where it is open.

    `done` are the ids of statuses of the category Done, for a site that does not name the day when that changed.
    """
    if not is_done(fields):
        return None
    if fields.get("resolution"):
        made = _last(each for each in log if each.field == "resolution" and each.after and not each.before)
        return _resolved(fields, log, made, made.at if made else _time(fields, "resolutiondate"))
    since = _time(fields, "statuscategorychangedate")
    moves = [each for each in log if each.field == "status"]
    if since:
        made = _last(each for each in moves if abs(each.at - since) <= SAME_MOMENT)
    else:
        made = _last(each for each in moves if each.after in done and each.before not in done)
        made = made or _last(each for each in moves if each.after == str(fields["status"].get("id")))
    return _resolved(fields, log, made, since or (made.at if made else _time(fields, "created")))


def needs_statuses(fields: Json) -> bool:
    """Whether only the categories of statuses tell when a ticket was resolved."""
    return is_done(fields) and not fields.get("resolution") and not fields.get("statuscategorychangedate")


def is_done(fields: Json) -> bool:
    """Whether a ticket is resolved now."""
    status = fields.get("status") or {}
    return bool(fields.get("resolution")) or (status.get("statusCategory") or {}).get("key") == "done"


def _resolved(fields: Json, log: Sequence[Change], made: Change | None, at: dt.datetime | None) -> Resolved | None:
    if at is None:
        return None
    # Without a change that made it resolved, that was after all entries up to then.
    entry = made.entry if made else max((each.entry for each in log if each.at <= at), default=-1) + 0.5
    assigned = [each for each in log if each.field == "assignee"]
    before = [each for each in assigned if each.entry < entry]
    held = [_person(each.before, each.before_name) for each in before[:1]] + [
        _person(each.after, each.after_name) for each in before
    ]
    after = [each for each in assigned if each.entry > entry]
    now = _person(after[0].before, after[0].before_name) if after else person(fields.get("assignee"))
    same = [each for each in assigned if each.entry == entry]
    if same:
        first = _person(same[0].before, same[0].before_name)
        handed_back = now is None or now.id in user_ids(fields.get("reporter"))
        held.append(first)
        now = first if first and handed_back else now
    earlier = {each.id: each for each in held if each and (now is None or each.id != now.id)}
    return Resolved(at, made.by if made else None, now, tuple(earlier.values()))


def user_ids(user: Json | None) -> frozenset[str]:
    """All ids of a user as Jira sends it: the account id of Cloud; key and name of Data Center."""
    return frozenset(str(user[key]) for key in ("accountId", "key", "name") if user.get(key)) if user else frozenset()


def person(user: Json | None) -> Person | None:
    """A user as changelogs name it: by account id on Cloud, by user key on Data Center; None for nobody."""
    found = next((str(user[key]) for key in ("accountId", "key", "name") if user.get(key)), None) if user else None
    return _person(found, (user or {}).get("displayName"))


def _person(key: str | None, name: str | None) -> Person | None:
    return Person(key, name) if key else None


def _last(found: Iterable[Change]) -> Change | None:
    return next(iter(reversed(list(found))), None)


def _time(fields: Json, name: str) -> dt.datetime | None:
    return moment(fields[name]) if fields.get(name) else None


def _id(value: object) -> str | None:
    return str(value) if value not in (None, "") else None


def _number(value: object) -> int:
    return int(str(value)) if str(value).isdecimal() else 0
