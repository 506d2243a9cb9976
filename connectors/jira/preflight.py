"""Who and what is there: people by account or e-mail address, projects by key or glob."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import quote

from harvester.model.accounts import plain
from harvester.sdk.cursor import hashed
from harvester.sdk.globs import is_glob, matches_any
from harvester.sdk.http import WebError

from .changelog import Json, user_ids
from .client import Client
from .fields import Site, site_of

_BRACKETED = re.compile(r"<([^<>]+)>\s*$")


@dataclass
class Preflight:
    """What a site is, and who and what was found there."""

    site: Site
    users: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """All ids of each person by account as asked for: the account id; name and key on Data Center."""
    unknown: list[str] = field(default_factory=list)
    """The accounts that nobody has."""
    projects: list[str] | None = None
    """Keys of the projects to read; None for every project that is shown."""
    unreadable: list[str] = field(default_factory=list)
    """What is configured as a project, and is not shown."""

    @property
    def names(self) -> dict[str, str]:
        """The account that was asked for, by each id of its person."""
        return {key: account for account, keys in self.users.items() for key in keys}

    @property
    def named(self) -> list[str]:
        """The people as queries name them: the last of their ids."""
        return sorted({keys[-1] for keys in self.users.values()})


def describe(client: Client) -> Site:
    """What the site is and which fields it has; raises WebError where the token is nobody's."""
    server = client.server()
    client.cloud = site_of(server, ()).cloud
    client.get("myself")
    return site_of(server, client.get("field"))


def find_people(
    client: Client,
    found: Preflight,
    accounts: Iterable[str],
    known: Mapping[str, Sequence[str]],
    person_of: Callable[[str], str],
) -> None:
    """Look up who is not known from last time.

    A person of whom several addresses are configured is known by one of them.
    """
    missing = []
    for account in sorted(accounts):
        ids = known.get(hashed(account)) or _ids_of(client, account)
        if ids:
            found.users[account] = tuple(ids)
        else:
            missing.append(account)
    persons = {person_of(each) for each in found.users}
    found.unknown += [each for each in missing if "@" not in each or person_of(each) not in persons]


def _ids_of(client: Client, account: str) -> tuple[str, ...]:
    """All ids of the person behind an account, the one that queries use at the end; empty where there is none."""
    written = found[1].strip() if (found := _BRACKETED.search(account)) else account
    name = "accountId" if client.cloud else "username"
    try:
        user = None if client.cloud and "@" in written else client.found("user", **{name: written})
    except WebError as failure:
        if failure.status != 403:
            raise
        # Whoever may not browse people may search for their tickets all the same.
        return () if "@" in written else (written,)
    if user is None and "@" in written:
        user = _by_address(client, written)
    elif user is None and not client.cloud:
        user = client.found("user", key=written)
    return _ordered(user) if isinstance(user, dict) else ()


def _by_address(client: Client, address: str) -> Json | None:
    """Whom an address leads to: who shows it, else the only person found, since most addresses are hidden."""
    try:
        listed = client.found("user/search", **{"query" if client.cloud else "username": address})
    except WebError as failure:
        if failure.status != 403:
            raise
        listed = ()
    users = [each for each in listed or () if each.get("accountType", "atlassian") == "atlassian"]
    shown = [each for each in users if plain(str(each.get("emailAddress") or "")) == plain(address)]
    hidden = [each for each in users if not each.get("emailAddress")]
    return shown[0] if shown else hidden[0] if len(hidden) == len(users) == 1 else None


def _ordered(user: Json) -> tuple[str, ...]:
    ids = user_ids(user)
    last = str(user.get("accountId") or user.get("name") or user.get("key"))
    return (*sorted(ids - {last}), last)


def find_projects(client: Client, found: Preflight, patterns: Sequence[str]) -> None:
    """Look up which of the configured projects are shown, by their present keys; without a pattern all are read."""
    if not patterns:
        return
    globs = [each for each in patterns if is_glob(each)]
    shown = {each: _present_key(client, each) for each in patterns if each not in globs}
    found.unreadable = [each for each, key in shown.items() if key is None]
    keys = [key for key in shown.values() if key]
    keys += [each for each in shown_projects(client) if matches_any(each, globs)] if globs else []
    found.projects = list(dict.fromkeys(keys))


def _present_key(client: Client, key: str) -> str | None:
    """The key of a project by that one or one that it had before; None where it is not shown."""
    project = client.found(f"project/{quote(key, safe='')}")
    return str(project["key"]) if isinstance(project, dict) and project.get("key") else None


def is_shown(client: Client, key: str) -> bool:
    """Whether a project is shown."""
    return _present_key(client, key) is not None


def needs_lookup(patterns: Sequence[str]) -> bool:
    """Whether only the site can say which projects are meant."""
    return any(map(is_glob, patterns))


def shown_projects(client: Client) -> list[str]:
    """The keys of all projects that are shown."""
    listed = client.values("project/search", "values") if client.cloud else client.get("project")
    return [str(each["key"]) for each in listed if isinstance(each, dict) and each.get("key")]
