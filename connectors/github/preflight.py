"""The first request: who and where everything is today, and how many results each search has."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from harvester.model.periods import Period
from harvester.sdk.cursor import hashed
from harvester.sdk.gaps import UnreadableScope
from harvester.sdk.graphql import Answer
from harvester.sdk.http import WebError
from harvester.sdk.paging import PageSize, ask_fitting, in_batches, take_first

from . import graphql
from .client import Client
from .cursor import Cursor
from .scope import ScopeFilter
from .searches import PAD, Search

COUNTS = 50
"""How many searches one request counts: four for each of ten people, and ten for owners and repositories."""
IDS = 100
"""The most ids that GitHub takes in one list."""
LISTS = 20
"""How many lists of ids one request looks up."""


@dataclass
class Preflight:
    """Who and where everything is, by the account names that were asked for."""

    at: dt.datetime
    """The server's time."""
    logins: dict[str, str] = field(default_factory=dict)
    """Present logins by account."""
    users: dict[str, str] = field(default_factory=dict)
    """Node ids by account."""
    numbers: dict[str, int] = field(default_factory=dict)
    """Numeric user ids by account."""
    unknown_accounts: list[str] = field(default_factory=list)
    current_names: dict[str, str] = field(default_factory=dict)
    """Present names of configured repositories."""
    excluded: dict[str, str] = field(default_factory=dict)
    """Present names (lower case) of excluded repositories, by node id."""
    shown: dict[str, bool] = field(default_factory=dict)
    """The repositories that were read before and are still shown, by node id; whether they have issues."""
    out_of_scope: dict[str, str] = field(default_factory=dict)
    """Names by node id of repositories that were read and are not configured any more."""
    user_owners: frozenset[str] = frozenset()
    """The configured owners that are users, not organisations."""
    changed_issues: list[str] = field(default_factory=list)
    """Watched issues that were updated or moved since the last fetch."""
    changed_pulls: list[str] = field(default_factory=list)
    """The same of pull requests."""
    gone: dict[str, str] = field(default_factory=dict)
    """Work items, without the host, by node id, of what is not there any more: deleted, or moved to another place."""
    token_scopes: str | None = None
    cursor_is_void: bool = False
    """Whether what is remembered holds no longer: a repository was renamed, a person is back, the token changed."""
    unreadable: list[UnreadableScope] = field(default_factory=list)
    counts: dict[Search, int] = field(default_factory=dict)

    @property
    def renamed_accounts(self) -> dict[int, str]:
        """The account asked for by numeric user id, for everybody who has another login today."""
        return {self.numbers[name]: name for name, login in self.logins.items() if name != login}


@dataclass(frozen=True)
class _Lookup:
    """What the first request looks up beside the counts."""

    users: Sequence[str]
    owners: Sequence[str]
    repositories: Sequence[str]
    known: Sequence[Sequence[str]]
    watched: Sequence[Sequence[str]]

    def query(self, searches: Sequence[Search]) -> tuple[str, Mapping[str, object]]:
        """The document and its variables; of what is watched only as much as one request looks up."""
        watched = self.watched[:LISTS]
        parts = (self.users, self.owners, self.repositories, self.known, watched, searches)
        return graphql.survey(*(len(each) for each in parts)), {
            **{f"u{i}": each for i, each in enumerate(self.users)},
            **{f"o{i}": each for i, each in enumerate(self.owners)},
            **{f"w{i}": each.partition("/")[0] for i, each in enumerate(self.repositories)},
            **{f"r{i}": each.partition("/")[2] for i, each in enumerate(self.repositories)},
            **{f"k{i}": each for i, each in enumerate(self.known)},
            **{f"i{i}": each for i, each in enumerate(watched)},
            **{f"q{i}": each.query for i, each in enumerate(searches)},
        }


def look_up(
    client: Client,
    scope_filter: ScopeFilter,
    accounts: Sequence[str],
    remembered: Mapping[str, str],
    cursor: Cursor | None,
    searches: Sequence[Search],
) -> Preflight:
    """Ask who and where everything is and count the searches, in one request where they are few.

    `remembered` gives the node ids of people by their hashed names, `cursor` is the one that the fetch goes on from.
    """
    lookup = _Lookup(
        users=[each for each in accounts if not each.endswith("[bot]")],
        owners=scope_filter.owners,
        repositories=[*scope_filter.named, *scope_filter.excluded],
        known=_id_lists(sorted({*cursor.repositories, *cursor.excluded}) if cursor else []),
        watched=_id_lists([key for each in cursor.watched.values() for key in each] if cursor else []),
    )
    counted, answer = ask_fitting(
        client.retry,
        PageSize(COUNTS),
        partial(take_first, searches),
        lambda some: client.ask_once(*lookup.query(some)),
    )
    if isinstance(answer, WebError):
        raise answer
    found = Preflight(client.server_now(answer), token_scopes=_token_scopes(answer))
    found.logins = {each: each for each in accounts}
    _find_people(client, found, answer, lookup.users, remembered)
    found.users |= {each: remembered[hashed(each)] for each in found.unknown_accounts if hashed(each) in remembered}
    _find_scopes(found, answer, scope_filter)
    if cursor:
        _compare_with_cursor(found, answer, cursor, lookup, scope_filter)
        _compare_watched(client, found, answer, cursor, lookup)
    found.counts = _counts_in(answer, counted) | count(client, searches[len(counted) :])
    return found


def count(client: Client, searches: Sequence[Search], tries: int | None = None) -> dict[Search, int]:
    """How many results each search has; raises WebError where one cannot be counted."""
    counts: dict[Search, int] = {}
    nothing = _Lookup((), (), (), (), ())
    for batch, answer in in_batches(
        client.retry, PageSize(COUNTS), searches, lambda some: client.ask_once(*nothing.query(some)), tries
    ):
        if isinstance(answer, WebError):
            raise answer
        counts |= _counts_in(answer, batch)
    return counts


def locate(client: Client, search: Search, index: int) -> tuple[Period, int, int] | None:
    """The second in which the result of this index (from 0) was created; None where there is no such result any more.

    Returns how many results were created before that second and how many in it, too. The result itself cannot be
    read, but searches can be counted: the range is split into fifty parts, the part that the index falls into is split
    again, and so on. Results come by creation, so a year (32 million seconds) takes five requests.
    """
    before = 0
    while True:
        parts = search.split(COUNTS)
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


def organisation_of(error: Mapping[str, Any]) -> str | None:
    """The organisation that an error names (between backticks), or None where GitHub does not say."""
    parts = str(error.get("message", "")).split("`")
    return parts[1] if len(parts) > 2 else None


def unreadable_scope(error: Mapping[str, Any], qualifier: str, headers: Mapping[str, str]) -> UnreadableScope:
    """What an error hides: the organisation where one is named, else what was searched (`qualifier`).

    The message of the live service names none; the header beside it has the name in an address, or numbers only
    (https://docs.github.com/rest/authentication/authenticating-to-the-rest-api#about-saml-sso).
    """
    sso = headers.get("x-github-sso", "")
    if name := organisation_of(error) or next(iter(re.findall(r"/orgs/([\w.-]+)/sso", sso)), None):
        return UnreadableScope(name, reason_of(error), f"org:{name}")
    if qualifier:
        return UnreadableScope(qualifier.partition(":")[2], reason_of(error), qualifier)
    ids = ", ".join(re.findall(r"\d+", sso.partition("organizations=")[2]))
    which = f"number {ids}" if ids else "no number either"
    what = f"in an organisation that GitHub does not name ({which}): {reason_of(error)}"
    return UnreadableScope(None, f"{what}; once that is fixed, harvest with --refresh")


def reason_of(error: Mapping[str, Any]) -> str:
    """Why a node is not shown, for a message."""
    extensions = error.get("extensions")
    if isinstance(extensions, dict) and extensions.get("saml_failure"):
        return "the token is not authorised for the organisation's single sign-on"
    if error.get("type") == "NOT_FOUND":
        return "GitHub does not show it to this token: it is not there, or the token may not see it"
    if error.get("type") == "INSUFFICIENT_SCOPES":
        return "the token lacks a scope for it"
    return "GitHub does not let this token see it"


def _token_scopes(answer: Answer) -> str | None:
    """What a classic token may do, sorted; None where GitHub does not say."""
    scopes = answer.headers.get("x-oauth-scopes")
    return None if scopes is None else ", ".join(sorted(each.strip() for each in scopes.split(",")))


def _id_lists(ids: Sequence[str]) -> list[Sequence[str]]:
    return [ids[start : start + IDS] for start in range(0, len(ids), IDS)]


def _counts_in(answer: Answer, searches: Sequence[Search]) -> dict[Search, int]:
    return {search: answer.data[f"c{number}"]["issueCount"] for number, search in enumerate(searches)}


def _find_people(
    client: Client, found: Preflight, answer: Answer, accounts: Sequence[str], remembered: Mapping[str, str]
) -> None:
    """Find people by their node id where one is known: a login may be changed, and taken over by somebody else."""
    ids = {name: remembered[hashed(name)] for name in accounts if hashed(name) in remembered}
    by_login = {name: answer.data.get(f"u{number}") or {} for number, name in enumerate(accounts)}
    elsewhere = [known for name, known in ids.items() if by_login[name].get("id") != known]
    by_id = _users_by_id(client, elsewhere) if elsewhere else {}
    for name, user in by_login.items():
        person = by_id.get(ids[name]) if ids.get(name) in elsewhere else user
        if person:
            same = name.casefold() == person["login"].casefold()
            found.logins[name], found.users[name] = name if same else person["login"], person["id"]
            found.numbers[name] = person["databaseId"]
        else:
            del found.logins[name]
            found.unknown_accounts.append(name)
            reason = f"GitHub has no user {name!r}: misspelt, renamed or deleted"
            found.unreadable.append(UnreadableScope(None, reason, known=True))


def _users_by_id(client: Client, ids: Sequence[str]) -> dict[str, Mapping[str, Any]]:
    answer = client.ask(graphql.users_by_id(), {"ids": list(ids)})
    return {each["id"]: each for each in answer.data["nodes"] if each and each.get("id")}


def _find_scopes(found: Preflight, answer: Answer, scope_filter: ScopeFilter) -> None:
    """Find the configured owners and repositories."""
    errors = {str(each.get("path", [""])[0]): each for each in answer.errors if each.get("path")}
    for number, name in enumerate(scope_filter.owners):
        owner = answer.data.get(f"o{number}")
        if owner and owner["__typename"] == "User":
            found.user_owners |= {name}
        elif not owner:
            error = errors.get(f"o{number}")
            unknown = "GitHub has no organisation or user of this name: misspelt, renamed, or hidden from this token"
            reason = reason_of(error) if error and error.get("type") != "NOT_FOUND" else unknown
            found.unreadable.append(UnreadableScope(name, reason, f"org:{name}"))
    for number, name in enumerate(scope_filter.named):
        if repository := answer.data.get(f"r{number}"):
            found.current_names[name] = repository["nameWithOwner"]
        else:
            reason = reason_of(errors.get(f"r{number}", {}))
            found.unreadable.append(UnreadableScope(name, reason, f"repo:{name}"))
    start = len(scope_filter.named)
    excluded = (answer.data.get(f"r{start + number}") for number in range(len(scope_filter.excluded)))
    found.excluded = {each["id"]: each["nameWithOwner"].casefold() for each in excluded if each}


def _compare_with_cursor(
    found: Preflight, answer: Answer, cursor: Cursor, lookup: _Lookup, scope_filter: ScopeFilter
) -> None:
    """Compare what is shown now with what the cursor remembers."""
    back = any(hashed(each) in cursor.unknown_accounts for each in found.users if each not in found.unknown_accounts)
    found.cursor_is_void = back or cursor.token_scopes != found.token_scopes
    repositories = [
        pair
        for number, ids in enumerate(lookup.known)
        for pair in zip(ids, answer.data.get(f"k{number}") or [None] * len(ids), strict=True)
    ]
    _compare_repositories(found, repositories, cursor, scope_filter)


def _compare_watched(client: Client, found: Preflight, answer: Answer, cursor: Cursor, lookup: _Lookup) -> None:
    """What became of all that has a row: changed, deleted, or moved to another repository.

    Nothing is taken for deleted whose repository is not shown, shows no issues, or shows nothing at all of what was
    read there: that is access that was lost.
    """
    states: dict[str, Mapping[str, Any] | None] = {}
    for start in range(0, len(lookup.watched), LISTS):
        lists = lookup.watched[start : start + LISTS]
        if start:
            answer = client.ask(*_Lookup((), (), (), (), lists).query(()))
        errors = {tuple(each["path"][:2]): each for each in answer.errors if len(each.get("path") or ()) > 1}
        for number, ids in enumerate(lists):
            nodes = answer.data.get(f"i{number}") or [None] * len(ids)
            for index, (key, node) in enumerate(zip(ids, nodes, strict=True)):
                error = errors.get((f"i{number}", index), {})
                states[key] = node or error
    for repository, items in cursor.watched.items():
        _compare_items(found, repository, cursor, {key: states.get(key) or {} for key in items})


def _compare_items(found: Preflight, repository: str, cursor: Cursor, states: Mapping[str, Mapping[str, Any]]) -> None:
    name, items = cursor.repositories.get(repository), cursor.watched[repository]
    if name is None or repository not in found.shown:
        return  # a gap says so already
    lost = [key for key, state in states.items() if not state.get("id")]
    deleted = [key for key in lost if states[key].get("type") == "NOT_FOUND"]
    if (deleted and not found.shown[repository]) or (len(lost) > 1 and len(lost) == len(states)):
        reason = f"GitHub shows none of the {len(lost)} rows' issues and pull requests that were read there before"
        found.unreadable.append(UnreadableScope(name, reason, known=True))
        return
    if hidden := [key for key in lost if key not in deleted]:
        reason = f"{items[hidden[0]]} {reason_of(states[hidden[0]])}; what was read of it before stays"
        found.unreadable.append(UnreadableScope(name, reason, known=True))
    found.gone |= {key: f"{name}{items[key]}" for key in deleted}
    for key, state in states.items():
        if not state.get("id") or "repository" not in state:
            continue
        moved = state["id"] != key or state["repository"]["id"] != repository or f"#{state['number']}" != items[key]
        if moved:
            found.gone[key] = f"{name}{items[key]}"
        if moved or _is_changed(state, cursor.at):
            changed = found.changed_issues if state["__typename"] == "Issue" else found.changed_pulls
            changed.append(state["id"])


def _is_changed(item: Mapping[str, Any], at: dt.datetime) -> bool:
    return dt.datetime.fromisoformat(item["updatedAt"]) >= at - PAD


def _compare_repositories(
    found: Preflight,
    repositories: Iterable[tuple[str, Mapping[str, Any] | None]],
    cursor: Cursor,
    scope_filter: ScopeFilter,
) -> None:
    """What became of the repositories that were read before, and of those that were excluded."""
    excluded = {key: each for key, each in repositories if key in cursor.excluded and each and each.get("id")}
    found.excluded |= {key: each["nameWithOwner"].casefold() for key, each in excluded.items()}
    current = scope_filter.with_current_names(found.current_names, found.user_owners, found.excluded.values())
    for key, repository in repositories:
        name = cursor.repositories.get(key)
        if name is None:
            continue
        if not repository or not repository.get("id"):
            reason = "GitHub shows it no longer: deleted, or hidden from this token (`exclude` leaves it out)"
            found.unreadable.append(UnreadableScope(name, reason, f"repo:{name}"))
            continue
        found.shown[key] = repository["hasIssuesEnabled"]
        today = repository["nameWithOwner"]
        found.cursor_is_void |= today != name
        if not current.admits(today) and not current.excludes(today) and not current.excludes(name):
            found.out_of_scope[key] = today
            reason = "it was read before and is not configured now; name it, or leave it out by `exclude`"
            found.unreadable.append(
                UnreadableScope(today if today == name else f"{name}, now {today}", reason, known=True)
            )
