"""The first question: who and where things are today, and how many each search would find."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from harvester.model.periods import Period
from harvester.sdk.paging import PageSize

from . import graphql
from .client import Answer, Client, fixed
from .cursor import Cursor, hashed
from .scope import ScopeFilter
from .searches import PAD, Search

COUNTS = 50
"""How many searches one request counts: ten people with four streams each, and ten places."""
IDS = 100
"""The most ids that GitHub takes in one list."""


@dataclass(frozen=True, slots=True)
class UnreadableScope:
    """What is not shown: where, why, and the search qualifier it would be found by (None: where or that is unknown).

    `known` says that the next reading sees by itself whether it is still there, or tells it again.
    """

    scope: str | None
    reason: str
    place: str | None = None
    known: bool = False

    def __str__(self) -> str:
        return f"{self.scope}: {self.reason}" if self.scope else self.reason


@dataclass
class Preflight:
    """Who and where things are. `logins` and `users` go from the names asked for to today's login and to node ids.

    `absent` are the names asked for that nobody has; `numbers` gives the numeric id of each name, `today` the
    present names of configured repositories, `excluded` those (lower case) of repositories to leave out by node id,
    `strayed` the names by node id of repositories that were read and are configured no longer; `owners` are the
    owners that are users. `changed` are watched issues that were updated since. `void` says that what is remembered
    no longer holds: a known repository is called otherwise, somebody is back, or the token has other `scopes`.
    """

    at: dt.datetime
    logins: dict[str, str] = field(default_factory=dict)
    users: dict[str, str] = field(default_factory=dict)
    numbers: dict[str, int] = field(default_factory=dict)
    absent: list[str] = field(default_factory=list)
    today: dict[str, str] = field(default_factory=dict)
    excluded: dict[str, str] = field(default_factory=dict)
    strayed: dict[str, str] = field(default_factory=dict)
    owners: frozenset[str] = frozenset()
    changed: list[str] = field(default_factory=list)
    scopes: str | None = None
    void: bool = False
    holes: list[UnreadableScope] = field(default_factory=list)
    counts: dict[Search, int] = field(default_factory=dict)

    @property
    def asked(self) -> dict[int, str]:
        """The name asked for by numeric user id, for everybody who is called otherwise today."""
        return {self.numbers[name]: name for name, login in self.logins.items() if name != login}


def look(
    client: Client,
    places: ScopeFilter,
    accounts: Sequence[str],
    remembered: Mapping[str, str],
    known: Cursor | None,
    searches: Sequence[Search],
) -> Preflight:
    """Ask who and where things are and count the searches, in one request where they are few.

    `remembered` gives the node ids of people by their hashed names, `known` the memory that is read on from.
    """
    users = [each for each in accounts if not each.endswith("[bot]")]
    lists = _lists(sorted({*known.repositories, *known.excluded}) if known else [])
    watched = _lists(known.watched if known else [])
    named = [*places.named, *places.left_out]
    size = PageSize(COUNTS)

    def question() -> tuple[str, Mapping[str, object]]:
        counted = searches[: size.size]
        numbers = (len(each) for each in (users, places.owners, named, lists, watched, counted))
        return graphql.survey(*numbers), {
            **{f"u{i}": each for i, each in enumerate(users)},
            **{f"o{i}": each for i, each in enumerate(places.owners)},
            **{f"w{i}": each.partition("/")[0] for i, each in enumerate(named)},
            **{f"r{i}": each.partition("/")[2] for i, each in enumerate(named)},
            **{f"k{i}": each for i, each in enumerate(lists)},
            **{f"i{i}": each for i, each in enumerate(watched)},
            **_queries(counted),
        }

    answer = client.ask(question, less=size.shrink)
    scene = Preflight(client.server_now(answer), scopes=_scopes(answer))
    scene.void = known is not None and known.scopes != scene.scopes
    scene.logins = {each: each for each in accounts}
    _people(client, scene, answer, users, remembered)
    scene.void |= known is not None and any(hashed(each) in known.absent for each in scene.users)
    scene.users |= {each: remembered[hashed(each)] for each in scene.absent if hashed(each) in remembered}
    _places(scene, answer, places)
    if known:
        shown = [each for number, ids in enumerate(lists) for each in _pairs(answer, number, ids)]
        _known(scene, shown, known, places)
        every = [each for number in range(len(watched)) for each in answer.data[f"i{number}"] or ()]
        scene.changed = [each["id"] for each in every if _changed(each, known.at)]
    scene.counts = _counted(answer, searches[: size.size])
    scene.counts |= count(client, searches[size.size :])
    return scene


def count(client: Client, searches: Sequence[Search], tries: int | None = None) -> dict[Search, int]:
    """How many results each search has."""
    found: dict[Search, int] = {}
    size = PageSize(COUNTS)
    while rest := [each for each in searches if each not in found]:
        taken: list[Search] = []

        def question(rest: list[Search] = rest, taken: list[Search] = taken) -> tuple[str, Mapping[str, object]]:
            taken[:] = rest[: size.size]
            return graphql.survey(0, 0, 0, 0, 0, len(taken)), _queries(taken)

        found |= _counted(client.ask(question, tries, less=size.shrink), taken)
        size.worked()
    return found


def organisation_of(error: Mapping[str, Any]) -> str | None:
    """The organisation that an error names (between backticks), or None where GitHub does not say."""
    parts = str(error.get("message", "")).split("`")
    return parts[1] if len(parts) > 2 else None


def whereabouts(client: Client, search: Search, index: int) -> tuple[Period, int, int] | None:
    """In which second the result of this index (from 0) was created, how many were before and how many within it.

    By counts alone, since it cannot be read; None where there is no such result any more.
    """
    before = 0
    while True:
        parts = search.cut(COUNTS)
        counts = count(client, parts, tries=2)
        for part in parts:
            if before + counts[part] > index:
                break
            before += counts[part]
        else:
            return None
        search = part
        if search.seconds <= 1:
            return search.span, before, counts[part]


def hole_of(error: Mapping[str, Any], place: str, headers: Mapping[str, str]) -> UnreadableScope:
    """What an error hides: the organisation where one is named, else the place that was searched.

    The message of the live service names none; the header beside it has the name in an address, or numbers only
    (https://docs.github.com/rest/authentication/authenticating-to-the-rest-api#about-saml-sso).
    """
    sso = headers.get("x-github-sso", "")
    if name := organisation_of(error) or next(iter(re.findall(r"/orgs/([\w.-]+)/sso", sso)), None):
        return UnreadableScope(name, reason_of(error), f"org:{name}")
    if place:
        return UnreadableScope(place.partition(":")[2], reason_of(error), place)
    ids = ", ".join(re.findall(r"\d+", sso.partition("organizations=")[2]))
    which = f"number {ids}" if ids else "no number either"
    what = f"in an organisation that GitHub does not name ({which}): {reason_of(error)}"
    return UnreadableScope(None, f"{what}; when that is mended, harvest with --refresh")


def reason_of(error: Mapping[str, Any]) -> str:
    """Why a node is not shown, in words."""
    extensions = error.get("extensions")
    if isinstance(extensions, dict) and extensions.get("saml_failure"):
        return "the token is not authorised for the organisation's single sign-on"
    if error.get("type") == "NOT_FOUND":
        return "GitHub does not show it to this token: it is not there, or the token may not see it"
    if error.get("type") == "INSUFFICIENT_SCOPES":
        return "the token lacks a scope for it"
    return "GitHub does not let this token see it"


def _scopes(answer: Answer) -> str | None:
    """What a classic token may do, in one order; None where GitHub does not say."""
    said = answer.headers.get("x-oauth-scopes")
    return None if said is None else ", ".join(sorted(each.strip() for each in said.split(",")))


def _lists(ids: Sequence[str]) -> list[Sequence[str]]:
    return [ids[start : start + IDS] for start in range(0, len(ids), IDS)]


def _queries(searches: Sequence[Search]) -> dict[str, object]:
    return {f"q{i}": each.query for i, each in enumerate(searches)}


def _counted(answer: Answer, searches: Sequence[Search]) -> dict[Search, int]:
    return {search: answer.data[f"c{number}"]["issueCount"] for number, search in enumerate(searches)}


def _people(
    client: Client, scene: Preflight, answer: Answer, users: Sequence[str], remembered: Mapping[str, str]
) -> None:
    """Take people by their id where one is known: a login may be changed, and taken over by somebody else."""
    before = {name: remembered[hashed(name)] for name in users if hashed(name) in remembered}
    found = {name: answer.data.get(f"u{number}") for number, name in enumerate(users)}
    strayed = [
        before[name] for name, user in found.items() if name in before and (user or {}).get("id") != before[name]
    ]
    renamed = _by_id(client, strayed) if strayed else {}
    for name, shown in found.items():
        user = renamed.get(before[name]) if before.get(name) in strayed else shown
        if user:
            scene.logins[name], scene.users[name] = _spelt(name, user["login"]), user["id"]
            scene.numbers[name] = user["databaseId"]
        else:
            del scene.logins[name]
            reason = f"GitHub has no user {name!r}: misspelt, renamed or deleted"
            scene.absent.append(name)
            scene.holes.append(UnreadableScope(None, reason, known=True))


def _spelt(asked: str, login: str) -> str:
    return asked if asked.casefold() == login.casefold() else login


def _by_id(client: Client, ids: Sequence[str]) -> dict[str, Mapping[str, Any]]:
    answer = client.ask(fixed(graphql.users_by_id(), {"ids": list(ids)}))
    return {each["id"]: each for each in answer.data["nodes"] if each and each.get("id")}


def _places(scene: Preflight, answer: Answer, places: ScopeFilter) -> None:
    errors = {str(each.get("path", [""])[0]): each for each in answer.errors if each.get("path")}
    for number, name in enumerate(places.owners):
        shown = answer.data.get(f"o{number}")
        if shown and shown["__typename"] == "User":
            scene.owners |= {name}
        elif not shown:
            scene.holes.append(UnreadableScope(name, reason_of(errors.get(f"o{number}", {})), f"org:{name}"))
    for number, name in enumerate(places.named):
        if shown := answer.data.get(f"r{number}"):
            scene.today[name] = shown["nameWithOwner"]
        else:
            scene.holes.append(UnreadableScope(name, reason_of(errors.get(f"r{number}", {})), f"repo:{name}"))
    left_out = (answer.data.get(f"r{len(places.named) + number}") for number in range(len(places.left_out)))
    scene.excluded = {each["id"]: each["nameWithOwner"].casefold() for each in left_out if each}


def _pairs(answer: Answer, number: int, ids: Sequence[str]) -> Iterator[tuple[str, Mapping[str, Any] | None]]:
    """Ids, each with what is shown of it."""
    return zip(ids, answer.data.get(f"k{number}") or [None] * len(ids), strict=True)


def _changed(issue: Mapping[str, Any] | None, at: dt.datetime) -> bool:
    return bool(issue and issue.get("id") and dt.datetime.fromisoformat(issue["updatedAt"]) >= at - PAD)


def _known(
    scene: Preflight, shown: Iterable[tuple[str, Mapping[str, Any] | None]], known: Cursor, places: ScopeFilter
) -> None:
    """What became of the repositories that were read before, and of those that were left out."""
    left_out = {each: it for each, it in shown if each in known.excluded and it and it.get("id")}
    scene.excluded |= {each: it["nameWithOwner"].casefold() for each, it in left_out.items()}
    places = places.seen(scene.today, scene.owners, scene.excluded.values())
    for each, repository in shown:
        name = known.repositories.get(each)
        if name is None:
            continue
        if not repository or not repository.get("id"):
            reason = "GitHub shows it no longer: deleted, or hidden from this token (`exclude` leaves it out)"
            scene.holes.append(UnreadableScope(name, reason, f"repo:{name}"))
            continue
        today = repository["nameWithOwner"]
        scene.void |= today != name
        if not places.admits(today) and not places.excludes(today) and not places.excludes(name):
            scene.strayed[each] = today
            reason = "it was read before and is not among what is configured now; name it, or leave it out by `exclude`"
            scene.holes.append(UnreadableScope(today if today == name else f"{name}, now {today}", reason, known=True))
