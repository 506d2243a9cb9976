"""What the tests of the GitLab connector share: a source on a local server."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from harvester.connectors.gitlab import GitLab
from harvester.sdk.secrets import Secret
from harvester.sdk.testing import connector_context
from tests.servers.gitlab import NOW, TOKEN, GitLabServer


def source(
    server: GitLabServer,
    waited: list[tuple[float, str]] | None = None,
    now: dt.datetime = NOW,
    environ: Mapping[str, str] | None = None,
    **settings: Any,
) -> GitLab:
    """A source that reads the local server."""
    made = {"token": Secret("env:TOKEN"), "url": server.url, "timeout": 10} | settings
    handed = connector_context(Path(), "lab", now=now, environ=environ or {"TOKEN": TOKEN}, waited=waited)
    return GitLab(**made, context=handed)
