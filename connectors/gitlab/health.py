"""The health check of a GitLab source: which server, whose token, what it cannot see, its rate limit, the clock."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from harvester.sdk.capabilities import Finding
from harvester.sdk.graphql import Answer
from harvester.sdk.health import clock_findings, findings_of, limit_finding
from harvester.sdk.http import WebError, epoch_time, header, server_time

from . import graphql
from .client import RENEW
from .preflight import Survey
from .scope import ScopeFilter

if TYPE_CHECKING:
    from . import GitLab
    from .client import Client

SOON = 14
"""Days before a token ends from which on that is a warning."""
READING = {"api", "read_api"}
"""A classic token needs one of these scopes (https://docs.gitlab.com/user/profile/personal_access_tokens/)."""

_BOT = re.compile(r"(project|group)_\d+_bot\w*", re.ASCII)
"""Whose a project's or a group's token is
(https://docs.gitlab.com/user/project/settings/project_access_tokens/#bot-users-for-projects)."""


def findings(settings: GitLab) -> Iterator[Finding]:
    """Everything `doctor` reports of a GitLab source; failures become findings."""
    yield from findings_of(settings.client, partial(_findings, settings))


def _findings(settings: GitLab, client: Client) -> Iterator[Finding]:
    token = _own_token(client)
    if token is not None and not _is_fine_grained(token) and not READING & _scopes(token):
        yield Finding("error", "The token has no scope read_api: GitLab shows it nothing of what is read.", RENEW)
        return
    answer, now = client.ask(graphql.identity(), {}, tries=2), settings.context.clock()
    yield _server(answer)
    yield from _owner(answer, token)
    yield from _lifetime(token, server_time(answer.headers, now).date())
    yield _limit(answer.headers)
    yield from clock_findings("GitLab", answer.headers, now)
    scope_filter = ScopeFilter(settings.groups, settings.projects, settings.exclude)
    for hidden in Survey(scope_filter, (), {}, None).ask(client).unreadable:
        yield Finding("error", f"{hidden}", "Give the token access, or remove it from the section.")


def _own_token(client: Client) -> Mapping[str, Any] | None:
    """What GitLab says of a personal, project or group token; None of any other, such as one of a sign-in (OAuth).

    Any scope is enough to ask for it; OAuth gets a 400, and a fine-grained token may lack the permission
    (https://docs.gitlab.com/api/personal_access_tokens/#self-inform).
    """
    try:
        token = client.rest.get("personal_access_tokens/self", tries=2).body
    except WebError as failure:
        if failure.kind not in ("wrong", "refused"):
            raise
        return None
    return token if isinstance(token, dict) else None


def _scopes(token: Mapping[str, Any]) -> set[str]:
    return set(map(str, token.get("scopes") or ()))


def _is_fine_grained(token: Mapping[str, Any]) -> bool:
    """Whether a token has permissions for chosen groups and projects in place of scopes, as GitLab 18.10 brought them.

    Source: https://docs.gitlab.com/auth/tokens/fine_grained_access_tokens/
    """
    return bool(token.get("granular") or token.get("granular_scopes") or "granular" in _scopes(token))


def _server(answer: Answer) -> Finding:
    found = answer.data.get("metadata") or {}
    version = str(found.get("version") or "")
    if not version:
        return Finding("ok", "GitLab does not say its version.")
    edition = "Enterprise" if found.get("enterprise") else "Community"
    return Finding("ok", f"GitLab {version}, {edition} Edition.")


def _owner(answer: Answer, token: Mapping[str, Any] | None) -> Iterator[Finding]:
    """Whose token it is, and what a token of its kind cannot see."""
    owner = answer.data.get("currentUser")
    if not owner:
        yield Finding("error", "The token is nobody's, so it shows only what is public.", RENEW)
        return
    name = str(owner["username"])
    if bot := _BOT.fullmatch(name):
        yield Finding("ok", f"The token is a {bot[1]}'s ({name}).")
        yield Finding(
            "warning",
            f"A {bot[1]}'s token sees this {bot[1]} and what is public; other work is missing silently.",
            "Use a token of a person, or one of a group that has all projects.",
        )
    else:
        yield Finding("ok", f"The token is {name}'s.")
    if token is not None and _is_fine_grained(token):
        yield Finding(
            "warning",
            "A fine-grained token sees what it was given; other groups and projects are missing silently.",
            "Give it all groups and projects to read, or use a token with the scope read_api.",
        )


def _lifetime(token: Mapping[str, Any] | None, today: dt.date) -> Iterator[Finding]:
    """Until when the token works. It ends at midnight UTC, at the beginning of the day it is said to expire on."""
    if token is None:
        yield Finding(
            "warning",
            "GitLab does not say what this token may do, or until when, as of a sign-in in the browser, which ends "
            "after two hours.",
            f"For harvests that run by themselves use a personal token. {RENEW}",
        )
        return
    try:
        ends = dt.date.fromisoformat(str(token.get("expires_at") or ""))
    except ValueError:
        yield Finding("ok", "The token has no day on which it ends.")
        return
    days = (ends - today).days
    if token.get("active") is False or days <= 0:
        yield Finding("error", f"The token ended on {ends}.", RENEW)
    elif days <= SOON:
        left = "1 day" if days == 1 else f"{days} days"
        yield Finding("warning", f"The token ends on {ends}, in {left}.", RENEW)
    else:
        yield Finding("ok", f"The token ends on {ends}.")


def _limit(headers: Mapping[str, str]) -> Finding:
    """What is left of the rate limit, by the headers of an answer; a server without one names none."""
    limit, remaining, reset = (header(headers, f"ratelimit-{name}") for name in ("limit", "remaining", "reset"))
    if limit is None or remaining is None or not f"{limit}{remaining}".isdecimal():
        return Finding("ok", "This server names no rate limit.")
    at = epoch_time(reset)
    until = at.isoformat().replace("+00:00", "Z") if at else ""
    return limit_finding(int(remaining), int(limit), "requests", until)
