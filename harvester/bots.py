"""Who is no colleague: bots, and assistants that sign commits.

Compared exactly and without case; a person whose name merely contains "bot" is a person. More are named in
harvester.toml under `bots`.
"""

from __future__ import annotations

import re

from harvester.accounts import email_of, name_of, noreply_login

BOT_LOGINS = frozenset(
    {
        "allcontributors",
        "codecov-io",
        "copilot",
        "copilot-swe-agent",
        "coveralls",
        "dependabot",
        "dependabot-preview",
        "gitlab-bot",
        "github-actions",
        "github-merge-queue",
        "greenkeeper",
        "greenkeeperio-bot",
        "k8s-ci-robot",
        "mergify",
        "pre-commit-ci",
        "pyup-bot",
        "renovate",
        "renovate-bot",
        "semantic-release-bot",
        "snyk-bot",
        "stale",
        "web-flow",
        "weblate",
    }
)
"""Accounts that act by themselves and do not carry GitHub's `[bot]` suffix everywhere they show."""

BOT_EMAILS = frozenset(
    {
        "amp@ampcode.com",
        "bot@renovateapp.com",
        "bot@stepsecurity.io",
        "codex@openai.com",
        "crush@charm.land",
        "cursoragent@cursor.com",
        "gemini-code-assist@google.com",
        "hosted@weblate.org",
        "noreply@aider.chat",
        "noreply@anthropic.com",
        "noreply@github.com",
        "noreply@openai.com",
        "noreply@opencode.ai",
        "support@dependabot.com",
        "support@github.com",
    }
)
"""Addresses that bots and assistants sign with, in commits and in their Co-authored-by trailers."""

_GITLAB_TOKEN_USER = re.compile(r"(?:project|group)_\d+_bot(?:_[0-9a-f]+)?", re.IGNORECASE)


def is_bot(account: str, more: frozenset[str] = frozenset()) -> bool:
    """Whether an account (a login, an address, or `name <e-mail>`) is a bot's; `more` holds further ones in lower case.

    Sources: GitHub Apps carry the suffix `[bot]` (https://docs.github.com/apps); GitLab names the users behind project
    and group tokens `project_{id}_bot_{hash}` (https://docs.gitlab.com/user/project/settings/project_access_tokens/).
    """
    email = email_of(account)
    login = _login(account, email)
    if login and (login in BOT_LOGINS or _GITLAB_TOKEN_USER.fullmatch(login)):
        return True
    if email in BOT_EMAILS or any(each and each.endswith("[bot]") for each in (login, name_of(account).casefold())):
        return True
    return account.strip().casefold() in more or bool({email, login} & more)


def _login(account: str, email: str | None) -> str | None:
    if email is None:
        return account.strip().casefold()
    local, _, domain = email.partition("@")
    is_token_user = domain.startswith("noreply.") and _GITLAB_TOKEN_USER.fullmatch(local)
    return local if is_token_user or local.endswith("[bot]") else noreply_login(email)
