"""Who is no colleague: bots, and assistants that sign commits.

Compared exactly and without case; a person whose name merely contains "is_bot" is a person. More are named in
harvester.toml under `bots`.
"""

from __future__ import annotations

import re

from harvester.model.accounts import email_of, name_of, noreply_login

BOT_LOGINS = frozenset(
    {
        "allcontributors",
        "autofix-ci",
        "codecov-io",
        "coderabbitai",
        "copilot",
        "copilot-swe-agent",
        "coveralls",
        "crowdin-bot",
        "deepsource-autofix",
        "dependabot",
        "dependabot-preview",
        "devin-ai-integration",
        "factory-droid",
        "gemini-code-assist",
        "github-actions",
        "github-merge-queue",
        "gitlab-bot",
        "google-labs-jules",
        "greenkeeper",
        "greenkeeperio-bot",
        "imgbot",
        "imgbotapp",
        "k8s-ci-robot",
        "mergify",
        "pre-commit-ci",
        "pre-commit-ci-lite",
        "pyup-bot",
        "renovate",
        "renovate-bot",
        "restyled-io",
        "semantic-release-bot",
        "snyk-bot",
        "sourcery-ai",
        "stale",
        "transifex-integration",
        "web-flow",
        "weblate",
    }
)
"""Accounts that act by themselves and do not carry GitHub's `[bot]` suffix everywhere they show."""

BOT_EMAILS = frozenset(
    {
        "action@github.com",
        "actions@github.com",
        "agent@warp.dev",
        "aider@aider.chat",
        "amp@ampcode.com",
        "badges@fossa.io",
        "bot@deepsource.io",
        "bot@renovateapp.com",
        "bot@stepsecurity.io",
        "codex@openai.com",
        "compathelper_noreply@julialang.org",
        "crush@charm.land",
        "cursoragent@cursor.com",
        "droid@factory.ai",
        "gemini-code-assist@google.com",
        "github-actions@github.com",
        "github-bot@pyup.io",
        "hosted@weblate.org",
        "imgbothelp@gmail.com",
        "noreply@aider.chat",
        "noreply@anthropic.com",
        "noreply@continue.dev",
        "noreply@github.com",
        "noreply@jules.google",
        "noreply@openai.com",
        "noreply@opencode.ai",
        "openhands@all-hands.dev",
        "oz-agent@warp.dev",
        "qwen-coder@alibabacloud.com",
        "renovate@whitesourcesoftware.com",
        "snyk-bot@snyk.io",
        "support@dependabot.com",
        "support@github.com",
        "windsurf@codeium.com",
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
