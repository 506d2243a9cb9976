"""From the URL of a remote: host, project and the web addresses on its forge; user and password are dropped."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import quote

from .messages import Forge

_WITH_SCHEME = re.compile(
    r"(?P<scheme>[a-z][a-z0-9+.-]*)://(?:[^/]*@)?(?P<host>[^/:@\[\]]+|\[[0-9a-fA-F:.]+\])(?::(?P<port>\d*))?/+(?P<path>.*)",
    re.IGNORECASE,
)
_SCP_LIKE = re.compile(r"(?:[^/]*@)?(?P<host>[^/:@\[\]]{2,}|\[[0-9a-fA-F:.]+\]):(?P<path>.*)")
_CLEAN = re.compile(r"[\w.~+%/-]+")
_HOST = re.compile(r"[\w.-]+|\[[0-9a-fA-F:.]+\]", re.ASCII)
SAME_HOSTS = {
    "ssh.github.com": "github.com",
    "altssh.gitlab.com": "gitlab.com",
    "altssh.bitbucket.org": "bitbucket.org",
}
"""The hosts that forges offer for SSH over port 443, with the host that each stands for."""

_ALIASED_HOSTS = ("github.com", "gitlab.com", "bitbucket.org", "codeberg.org")
"""Hosts for which ~/.ssh/config often has an alias with another key, such as `github.com-work`."""

_PUBLIC_ENDING = re.compile(r"[a-z]+|xn--[a-z0-9-]+|\d+|.*\]", re.ASCII)
"""What the name of a host on a network may end in: a top-level domain, or the last number of an IP address."""

FORGES: dict[str, Forge] = {
    "github": "github",
    "gitlab": "gitlab",
    "bitbucket": "bitbucket",
    "gitea": "gitea",
    "forgejo": "gitea",
    "codeberg": "gitea",
}
_COMMIT = {"github": "commit", "gitlab": "-/commit", "bitbucket": "commits", "gitea": "commit"}
_PULL = {"github": "pull", "gitlab": "-/merge_requests", "bitbucket": "pull-requests", "gitea": "pulls"}


@dataclass(frozen=True, slots=True)
class Remote:
    """A repository on a forge: host (lower case), project `org/repo` (case as written), forge (None: unknown)."""

    host: str
    project: str
    forge: Forge | None = None
    base: str = ""
    """What its web addresses start with, such as `https://github.com/org/repo`; empty where unknown."""

    @property
    def name(self) -> str:
        """`github.com/org/repo`, the scope that every connector gives it."""
        return f"{self.host}/{self.project}"

    def commit_url(self, sha: str) -> str | None:
        """The web page of a commit; None where the forge is unknown."""
        return f"{self.base}/{_COMMIT[self.forge]}/{sha}" if self.forge and self.base else None

    def pull_url(self, reference: str) -> str | None:
        """The web page of the pull request `#12` (`!12`); None where the forge is unknown."""
        return f"{self.base}/{_PULL[self.forge]}/{reference[1:]}" if self.forge and self.base else None


def parse(url: str, forge: Forge | None = None) -> Remote | None:
    """A remote from its URL (scp-like, ssh, git or http); None for a local path and for what cannot be read.

    `forge` is the configured one, for a host whose name does not say it.
    """
    found = _WITH_SCHEME.fullmatch(url.strip()) or (None if "://" in url else _SCP_LIKE.fullmatch(url.strip()))
    if not found:
        return None
    parts = found.groupdict()
    host, project = parts["host"].lower(), parts["path"].strip("/").removesuffix(".git").strip("/")
    if parts.get("scheme", "ssh").lower() == "file" or not _CLEAN.fullmatch(project) or not _HOST.fullmatch(host):
        return None
    host = _public_host(host)
    root = _web_root(host, parts)
    return Remote(host, project, forge or _forge_of(host), f"{root}/{quote(project, safe='/~+%')}" if root else "")


def _public_host(host: str) -> str:
    """The host that an alias stands for; any other host as it is."""
    host = next((each for each in _ALIASED_HOSTS if host.startswith(f"{each}-")), host)
    return SAME_HOSTS.get(host, host)


def _web_root(host: str, parts: dict[str, str]) -> str:
    """The web address of a host; empty for what can only be an alias in somebody's ~/.ssh/config."""
    scheme = parts.get("scheme", "ssh").lower()
    if not scheme.startswith("http") and not _PUBLIC_ENDING.fullmatch(host.rpartition(".")[2]) and "." in host:
        return ""
    port = f":{parts['port']}" if scheme in ("http", "https") and parts.get("port") else ""
    return f"{'http' if scheme == 'http' else 'https'}://{host}{port}"


def _forge_of(host: str) -> Forge | None:
    """The forge that the first label of a host names (gitlab.com, github.acme.org); None for another label."""
    return FORGES.get(host.partition(".")[0]) if "." in host else None
