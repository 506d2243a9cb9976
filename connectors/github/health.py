"""The health check of a GitHub source: whose token, what it cannot see, its rate limit, the clock."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import TYPE_CHECKING

from harvester.sdk.capabilities import Finding
from harvester.sdk.graphql import Answer
from harvester.sdk.health import clock_findings, findings_of, limit_finding

from . import graphql
from .preflight import look_up
from .scope import ScopeFilter

if TYPE_CHECKING:
    from . import GitHub
    from .client import Client


def findings(settings: GitHub) -> Iterator[Finding]:
    """Everything `doctor` reports of a GitHub source; failures become findings."""
    yield from findings_of(settings.client, partial(_findings, settings))


def _findings(settings: GitHub, client: Client) -> Iterator[Finding]:
    token = settings.context.reveal(settings.token) if settings.token else ""
    person = bool(token) and not token.startswith("ghs_")
    answer = client.ask(graphql.identity(), {"who": person}, tries=2)
    yield from _identity(token, answer)
    yield from _limit(answer)
    yield from clock_findings("GitHub", answer.headers, settings.context.clock())
    scope_filter = ScopeFilter(settings.organisations, settings.repositories, settings.exclude)
    for hidden in look_up(client, scope_filter, (), {}, None, ()).unreadable:
        yield Finding("error", f"{hidden}", "Give the token access, or remove it from the section.")


def _identity(token: str, answer: Answer) -> Iterator[Finding]:
    if viewer := answer.data.get("viewer"):
        yield Finding("ok", f"The token is {viewer['login']}'s.")
    elif not token:
        yield Finding("ok", "The App can sign in; it sees the repositories it is installed in.")
    yield from _kind(token, answer.headers)


def _kind(token: str, headers: Mapping[str, str]) -> Iterator[Finding]:
    """What a token of its kind cannot see; its prefix shows the kind.

    Source: https://github.blog/engineering/platform-security/behind-githubs-new-authentication-token-formats/
    """
    if token.startswith("github_pat_"):
        yield Finding(
            "warning",
            "A fine-grained token sees the private repositories of one owner only; others are missing silently.",
            "Make one source for each owner, each with a token of its own.",
        )
    elif token.startswith("ghs_"):
        yield Finding(
            "warning",
            "A token of GitHub Actions or of an App sees no private repository but its own; in Actions that is one.",
            "Use a token of a person or an App that is installed in all repositories, stored as a secret.",
        )
    elif "x-oauth-scopes" in headers:
        yield from _scopes({each.strip() for each in headers["x-oauth-scopes"].split(",")})
    if "x-github-sso" in headers:
        yield Finding(
            "warning",
            "At least one organisation with single sign-on is hidden from this token.",
            "Authorise it: GitHub, Settings, Developer settings, Personal access tokens, Configure SSO.",
        )


def _scopes(scopes: set[str]) -> Iterator[Finding]:
    if "repo" not in scopes:
        yield Finding(
            "warning", "The token has no scope repo: private repositories are not shown.", "gh auth refresh -s repo"
        )
    if not scopes & {"read:org", "write:org", "admin:org"}:
        yield Finding(
            "warning",
            "The token has no scope read:org: some organisations cannot be looked up.",
            "gh auth refresh -s read:org",
        )


def _limit(answer: Answer) -> Iterator[Finding]:
    limit = answer.data.get("rateLimit")
    if not limit:
        yield Finding("ok", "This server has no rate limit.")
        return
    yield limit_finding(limit["remaining"], limit["limit"], "points", limit["resetAt"])
