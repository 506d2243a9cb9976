"""From the URL of a remote: host, project and the web addresses on its forge; user and password are dropped."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal
from urllib.parse import quote

Forge = Literal["github", "gitlab", "bitbucket", "bitbucket-server", "azure-devops", "gitea"]
"""`bitbucket` is Bitbucket Cloud, and `bitbucket-server` also Data Center; `gitea` is also Forgejo."""

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

_ALIASED_HOSTS = ("github.com", "gitlab.com", "bitbucket.org", "codeberg.org", "ssh.dev.azure.com")
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
_AZURE: Forge = "azure-devops"
_AZURE_HOST = re.compile(r"(?:ssh\.)?dev\.azure\.com|(?P<organisation>[\w-]+)\.visualstudio\.com", re.ASCII)
_COMMIT: dict[Forge, str] = {
    "github": "commit", "gitlab": "-/commit", "bitbucket": "commits", "bitbucket-server": "commits",
    _AZURE: "commit", "gitea": "commit",
}  # fmt: skip
_PULL: dict[Forge, str] = {
    "github": "pull", "gitlab": "-/merge_requests", "bitbucket": "pull-requests", "bitbucket-server": "pull-requests",
    _AZURE: "pullrequest", "gitea": "pulls",
}  # fmt: skip

HostName = Callable[[str], str | None]
"""The host that an alias in the user's ssh configuration stands for; None where it is not an alias."""


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


def parse(url: str, forge: Forge | None = None, host_name: HostName = lambda _: None) -> Remote | None:
    """A remote from its URL (scp-like, ssh, git or http); None for a local path and for what cannot be read.

    `forge` is the configured one, for a host whose name does not say it; `host_name` resolves the aliases of ssh.
    """
    found = _WITH_SCHEME.fullmatch(url.strip()) or (None if "://" in url else _SCP_LIKE.fullmatch(url.strip()))
    if not found:
        return None
    parts = found.groupdict()
    host, project = parts["host"].lower(), parts["path"].strip("/").removesuffix(".git").strip("/")
    scheme = (parts.get("scheme") or "ssh").lower()
    if scheme == "file" or not _CLEAN.fullmatch(project) or not _HOST.fullmatch(host):
        return None
    if "ssh" in scheme and may_be_alias(host):
        host = host_name(host) or host
    host = SAME_HOSTS.get(host, host)
    return _on_azure(host, project, forge) or _on_forge(
        host, project, forge, _web_root(host, scheme, parts.get("port"))
    )


def may_be_alias(host: str) -> bool:
    """Whether the host of an ssh URL may be an alias in somebody's ~/.ssh/config, and so is nothing to link to.

    A host on a network has a dot and ends like one; `github.com-evil.example` does too, but is made to look like an
    alias of github.com.
    """
    if any(host.startswith(f"{each}-") for each in _ALIASED_HOSTS):
        return True
    return "." not in host or not _PUBLIC_ENDING.fullmatch(host.rpartition(".")[2])


def _web_root(host: str, scheme: str, port: str | None) -> str:
    """The web address of a host; empty for what may only be an alias for ssh, but for a name without a dot."""
    if not scheme.startswith("http") and "." in host and may_be_alias(host):
        return ""
    with_port = f":{port}" if scheme in ("http", "https") and port else ""
    return f"{'http' if scheme == 'http' else 'https'}://{host}{with_port}"


def _on_forge(host: str, project: str, forge: Forge | None, root: str) -> Remote:
    forge = forge or _forge_of(host)
    if forge == "bitbucket" and host != "bitbucket.org":
        forge = "bitbucket-server"
    if forge == "bitbucket-server":
        return _on_bitbucket_server(host, project, root)
    base = f"{root}/{_quoted(project)}" if root else ""
    if forge in (None, _AZURE) and "/_git/" in project:  # Azure DevOps Server, on a host of one's own
        return Remote(host, project.replace("/_git/", "/"), _AZURE, base)
    return Remote(host, project, forge, base)


def _on_bitbucket_server(host: str, path: str, root: str) -> Remote:
    """`/scm/pay/app` over http, also below a folder, and `/pay/app` over ssh: on the web `/projects/PAY/repos/app`.

    The key of a project is in capitals; `~ada` is a person (https://confluence.atlassian.com/bitbucketserver).
    """
    above, scm, below = f"/{path}".rpartition("/scm/")
    project = below if scm else path
    key, _, name = project.partition("/")
    place = f"users/{key[1:]}" if key.startswith("~") else f"projects/{key.upper()}"
    base = f"{root}{_quoted(above)}/{_quoted(place)}/repos/{_quoted(name)}" if root and name else ""
    return Remote(host, project, "bitbucket-server", base)


def _on_azure(host: str, path: str, forge: Forge | None) -> Remote | None:
    """A repository of Azure DevOps as `dev.azure.com/organisation/project/repository`; None for another's.

    Its addresses are on dev.azure.com or organisation.visualstudio.com, `…/project/_git/repository` over http and
    `v3/organisation/project/repository` over ssh; a project's first repository has its name, which may be left out.
    """
    found = _AZURE_HOST.fullmatch(host)
    parts = [each for each in path.split("/") if each not in ("DefaultCollection", "_full", "_optimized")]
    if not found or forge not in (None, _AZURE):
        return None
    organisation = found["organisation"]
    if parts[0] == "v3":
        parts = parts[1:]
    elif organisation:
        parts = [organisation, *parts]
    mark = next((at for at, each in enumerate(parts) if each in ("_git", "_ssh")), None)
    if mark is not None:
        parts = [*parts[:mark], *parts[mark + 1 :]]
    if len(parts) == 2 and mark is not None:
        parts = [*parts, parts[1]]
    if len(parts) != 3:
        return None
    *above, name = map(_quoted, parts)
    return Remote("dev.azure.com", "/".join(parts), _AZURE, f"https://dev.azure.com/{'/'.join(above)}/_git/{name}")


def _quoted(path: str) -> str:
    return quote(path, safe="/~+%")


def _forge_of(host: str) -> Forge | None:
    """The forge that the first label of a host names (gitlab.com, github.acme.org); None for another label."""
    return FORGES.get(host.partition(".")[0]) if "." in host else None
