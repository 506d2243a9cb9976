"""A remote's URL to host, project and addresses on its forge. Pure; a URL's user and password are dropped."""

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
"""The hosts that forges offer for SSH over port 443, by the host that everyone else calls them."""

_KNOWN = ("github.com", "gitlab.com", "bitbucket.org", "codeberg.org")
"""Hosts that are often reached by an alias in ~/.ssh/config for another key, such as `github.com-work`."""

_TOP = re.compile(r"[a-z]+|xn--[a-z0-9-]+|\d+|.*\]", re.ASCII)
"""What a host may end in: a top-level domain, the last number of an address."""

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
    """Where a repository is known to others: host (lower case), project `org/repo` (case kept), forge if recognised."""

    host: str
    project: str
    forge: Forge | None = None
    base: str = ""
    """What its web addresses start with, such as `https://github.com/org/repo`; empty where nobody can know it."""

    @property
    def name(self) -> str:
        """The name that every source gives it: `github.com/org/repo`."""
        return f"{self.host}/{self.project}"

    def commit_url(self, sha: str) -> str | None:
        """Where a commit is shown; None where the forge is unknown."""
        return f"{self.base}/{_COMMIT[self.forge]}/{sha}" if self.forge and self.base else None

    def pull_url(self, reference: str) -> str | None:
        """Where the pull request `#12` (`!12`) is shown; None where the forge is unknown."""
        return f"{self.base}/{_PULL[self.forge]}/{reference[1:]}" if self.forge and self.base else None


def parse(url: str, forge: Forge | None = None) -> Remote | None:
    """A remote from its URL (scp-like, ssh, git or http); None for a path on this machine or what cannot be read.

    `forge` is what the configuration says of a host whose name does not.
    """
    found = _WITH_SCHEME.fullmatch(url.strip()) or (None if "://" in url else _SCP_LIKE.fullmatch(url.strip()))
    if not found:
        return None
    parts = found.groupdict()
    host, project = parts["host"].lower(), parts["path"].strip("/").removesuffix(".git").strip("/")
    if parts.get("scheme", "ssh").lower() == "file" or not _CLEAN.fullmatch(project) or not _HOST.fullmatch(host):
        return None
    host = _called(host)
    site = _site(host, parts)
    return Remote(host, project, forge or _forge_of(host), f"{site}/{quote(project, safe='/~+%')}" if site else "")


def _called(host: str) -> str:
    """What everyone else calls a host."""
    meant = next((known for known in _KNOWN if host.startswith(f"{known}-")), host)
    return SAME_HOSTS.get(meant, meant)


def _site(host: str, parts: dict[str, str]) -> str:
    """What a browser calls a host; empty for what can only be somebody's own name for one."""
    scheme = parts.get("scheme", "ssh").lower()
    if not scheme.startswith("http") and not _TOP.fullmatch(host.rpartition(".")[2]) and "." in host:
        return ""
    port = f":{parts['port']}" if scheme in ("http", "https") and parts.get("port") else ""
    return f"{'http' if scheme == 'http' else 'https'}://{host}{port}"


def _forge_of(host: str) -> Forge | None:
    """The forge that a host names itself after (gitlab.com, github.acme.org); compared as a whole label."""
    return FORGES.get(host.partition(".")[0]) if "." in host else None
