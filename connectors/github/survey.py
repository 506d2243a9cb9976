"""The first question: who and where things are today, and how many each search would find."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from harvester.web import PageSize

from . import documents
from .client import Answer, Client, fixed
from .memory import Memory, hashed
from .places import Places
from .plan import Search

COUNTS = 40
"""How many searches one request counts: ten people with three streams each, and ten places."""
IDS = 100
"""The most ids that GitHub takes in one list."""


@dataclass(frozen=True, slots=True)
class Hole:
    """What is not shown: where, why, and the search qualifier it would be found by (None: where or that is unknown)."""

    scope: str | None
    reason: str
    place: str | None = None

    def __str__(self) -> str:
        return f"{self.scope}: {self.reason}" if self.scope else self.reason


@dataclass
class Scene:
    """Who and where things are. `logins` and `users` go from the names asked for to today's login and to node ids.

    `numbers` gives the numeric id of each name asked for, `today` the present names of configured repositories, `moved`
    says whether a known repository is called otherwise than it was, `owners` which owners are users.
    """

    at: dt.datetime
    logins: dict[str, str] = field(default_factory=dict)
    users: dict[str, str] = field(default_factory=dict)
    numbers: dict[str, int] = field(default_factory=dict)
    today: dict[str, str] = field(default_factory=dict)
    owners: frozenset[str] = frozenset()
    moved: bool = False
    holes: list[Hole] = field(default_factory=list)
    counts: dict[Search, int] = field(default_factory=dict)

    @property
    def asked(self) -> dict[int, str]:
        """The name asked for by numeric user id, for everybody who is called otherwise today."""
        return {self.numbers[name]: name for name, login in self.logins.items() if name != login}


def look(
    client: Client,
    places: Places,
    accounts: Sequence[str],
    remembered: Mapping[str, str],
    known: Memory | None,
    searches: Sequence[Search],
) -> Scene:
    """Ask who and where things are and count the searches, in one request where they are few.

    `remembered` gives the node ids of people by their hashed names, `known` the memory that is read on from.
    """
    users = [each for each in accounts if not each.endswith("[bot]")]
    ids = sorted(known.repositories) if known else []
    lists = [ids[start : start + IDS] for start in range(0, len(ids), IDS)]
    size = PageSize(COUNTS)

    def question() -> tuple[str, Mapping[str, object]]:
        counted = searches[: size.size]
        document = documents.survey(len(users), len(places.owners), len(places.named), len(lists), len(counted))
        return document, {
            **{f"u{i}": each for i, each in enumerate(users)},
            **{f"o{i}": each for i, each in enumerate(places.owners)},
            **{f"w{i}": each.partition("/")[0] for i, each in enumerate(places.named)},
            **{f"r{i}": each.partition("/")[2] for i, each in enumerate(places.named)},
            **{f"k{i}": each for i, each in enumerate(lists)},
            **_queries(counted),
        }

    answer = client.ask(question, less=size.shrink)
    scene = Scene(client.server_now(answer))
    scene.logins = {each: each for each in accounts}
    _people(client, scene, answer, users, remembered)
    _places(scene, answer, places)
    _known(scene, answer, lists, known)
    scene.counts = _counted(answer, searches[: size.size])
    scene.counts |= count(client, searches[size.size :])
    return scene


def count(client: Client, searches: Sequence[Search]) -> dict[Search, int]:
    """How many results each search has."""
    found: dict[Search, int] = {}
    size = PageSize(COUNTS)
    while rest := [each for each in searches if each not in found]:
        taken: list[Search] = []

        def question(rest: list[Search] = rest, taken: list[Search] = taken) -> tuple[str, Mapping[str, object]]:
            taken[:] = rest[: size.size]
            return documents.survey(0, 0, 0, 0, len(taken)), _queries(taken)

        found |= _counted(client.ask(question, less=size.shrink), taken)
        size.worked()
    return found


def organisation_of(error: Mapping[str, Any]) -> str | None:
    """The organisation that an error names (between backticks), or None where GitHub does not say."""
    parts = str(error.get("message", "")).split("`")
    return parts[1] if len(parts) > 2 else None


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


def _queries(searches: Sequence[Search]) -> dict[str, object]:
    return {f"q{i}": each.query for i, each in enumerate(searches)}


def _counted(answer: Answer, searches: Sequence[Search]) -> dict[Search, int]:
    return {search: answer.data[f"c{number}"]["issueCount"] for number, search in enumerate(searches)}


def _people(client: Client, scene: Scene, answer: Answer, users: Sequence[str], remembered: Mapping[str, str]) -> None:
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
            scene.holes.append(Hole(None, reason))


def _spelt(asked: str, login: str) -> str:
    return asked if asked.casefold() == login.casefold() else login


def _by_id(client: Client, ids: Sequence[str]) -> dict[str, Mapping[str, Any]]:
    answer = client.ask(fixed(documents.users_by_id(), {"ids": list(ids)}))
    return {each["id"]: each for each in answer.data["nodes"] if each and each.get("id")}


def _places(scene: Scene, answer: Answer, places: Places) -> None:
    errors = {str(each.get("path", [""])[0]): each for each in answer.errors if each.get("path")}
    for number, name in enumerate(places.owners):
        shown = answer.data.get(f"o{number}")
        if shown and shown["__typename"] == "User":
            scene.owners |= {name}
        elif not shown:
            scene.holes.append(Hole(name, reason_of(errors.get(f"o{number}", {})), f"org:{name}"))
    for number, name in enumerate(places.named):
        if shown := answer.data.get(f"r{number}"):
            scene.today[name] = shown["nameWithOwner"]
        else:
            scene.holes.append(Hole(name, reason_of(errors.get(f"r{number}", {})), f"repo:{name}"))


def _known(scene: Scene, answer: Answer, lists: Sequence[Sequence[str]], known: Memory | None) -> None:
    for number, ids in enumerate(lists):
        shown = answer.data.get(f"k{number}") or [None] * len(ids)
        for each, repository in zip(ids, shown, strict=True):
            name = known.repositories[each] if known else ""
            if not repository or not repository.get("id"):
                reason = "GitHub shows it no longer: deleted, or hidden from this token (`exclude` leaves it out)"
                scene.holes.append(Hole(name, reason, f"repo:{name}"))
            elif repository["nameWithOwner"] != name:
                scene.moved = True
