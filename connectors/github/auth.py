"""Signing in: with a token or as a GitHub App, over PyGithub."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from harvester.errors import AccessError
from harvester.sdk.cursor import digest

if TYPE_CHECKING:
    from github.Auth import Auth

    from . import GitHub

SHORT_LIVED = ("ghs_", "ghu_")
"""What the tokens of an App, of GitHub Actions and of an App's user begin with: replaced every one to eight hours
(https://docs.github.com/apps/creating-github-apps/authenticating-with-a-github-app/refreshing-user-access-tokens)."""


@dataclass(frozen=True)
class SignIn:
    """How PyGithub signs in, the secrets that no message may contain, and a digest that tells tokens apart."""

    auth: Callable[[], Auth] = field(repr=False)
    secrets: tuple[str, ...] = field(repr=False)
    identity: str


def sign_in(settings: GitHub) -> SignIn:
    """How a source signs in; raises AccessError without a token or App, or for a text that cannot be a token."""
    if settings.token is not None:
        token = settings.context.reveal_token(settings.token)
        return SignIn(lambda: _token(token), (token,), _identity(token))
    if settings.app is None:
        raise AccessError(
            f"The source {settings.context.source!r} has no token.",
            hint='Write token = "command:gh auth token" or token = "env:GITHUB_TOKEN" in its section.',
        )
    app, key = settings.app, settings.context.reveal(settings.app.private_key)
    identity = digest(["app", app.id, app.installation])
    return SignIn(lambda: _installation(app.id, key, app.installation), (key,), identity)


def _identity(token: str) -> str:
    """A digest of a token, since another one may see more. Short-lived tokens all have the same digest."""
    return digest(["token", token[:4] if token.startswith(SHORT_LIVED) else token])


def _token(token: str) -> Auth:
    from github import Auth

    return Auth.Token(token)


def _installation(app: int, key: str, installation: int) -> Auth:
    from github import Auth

    return Auth.AppAuth(app, key).get_installation_auth(installation)
