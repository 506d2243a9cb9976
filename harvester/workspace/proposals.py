"""The sections of harvester.toml that `init` proposes in comments, by where the remotes of a repository lead.

Nothing of it is used before the user removes the `#`, and no service is asked. No token is read: GitLab's client `glab`
is known by the names of its hosts and the user's name on each, from its configuration file
(https://docs.gitlab.com/cli/config/).
"""

from __future__ import annotations

import dataclasses
import re
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from harvester.errors import HarvesterError
from harvester.files import read_text
from harvester.model.accounts import forge_login
from harvester.sdk.remote_url import Remote, parse
from harvester.workspace import jira_proposals
from harvester.workspace.proposal import Proposal, section

GITLAB = "gitlab.com"
LARGEST_CONFIGURATION = 1 << 20
"""Bytes of glab's configuration that are read at most."""

_GLAB_HOST = re.compile(r"[\w.-]+(:\d+)?(/[\w.-]+)*", re.ASCII)
"""A host as glab writes it: perhaps with a port, and with the path below which GitLab is."""
_KEY = re.compile(r"(?P<indent> *)(?P<quote>[\"']?)(?P<key>[\w./:-]+?)(?P=quote):(?:\s+(?P<value>.*))?")


def propose(
    environ: Mapping[str, str], urls: Iterable[str], emails: Sequence[str], messages: Sequence[str] = ()
) -> Iterator[Proposal]:
    """The sources that remotes, the tools on this machine and commit messages suggest, GitHub first, Jira last.

    GitHub is left out where all remotes lead to a GitLab and nothing else speaks for it.
    """
    remotes = [remote for url in urls if (remote := parse(url))]
    found = list(_gitlabs(environ, remotes))
    logins = {(each.forge, each.host): each.login for mail in emails if (each := forge_login(mail))}
    at_github = sorted({each.project.partition("/")[0] for each in remotes if each.host == "github.com"})
    if at_github or not found or _program("gh", environ) or "GITHUB_TOKEN" in environ:
        yield _github(environ, at_github, logins.get(("github", "github.com"), ""))
    for number, gitlab in enumerate(found):
        login = gitlab.user or logins.get(("gitlab", gitlab.host), "")
        yield _gitlab(environ, dataclasses.replace(gitlab, user=login), first=number == 0)
    yield from jira_proposals.propose(environ, emails, messages)


def _github(environ: Mapping[str, str], owners: list[str], login: str) -> Proposal:
    with_gh = "GITHUB_TOKEN" not in environ and _program("gh", environ)
    token = "command:gh auth token" if with_gh else "env:GITHUB_TOKEN"
    text = section("github", "github", token=token, organisations=owners or ["your-organisation"])
    return Proposal("github", text, login or "your-login")


@dataclass(frozen=True, slots=True)
class _GitLab:
    """A GitLab that something here leads to."""

    host: str
    url: str
    groups: tuple[str, ...] = ()
    """The top groups of the remotes that lead there."""
    glab: str = ""
    """What glab calls it; empty where glab does not know it."""
    user: str = ""


def _gitlab(environ: Mapping[str, str], found: _GitLab, *, first: bool) -> Proposal:
    """One GitLab's section: a token in the environment is that of the first one, for no other host is to get it."""
    name = "gitlab" if first else re.sub(r"[^a-z0-9]+", "-", found.host.casefold())
    variable = "GITLAB_TOKEN" if first else f"GITLAB_TOKEN_{re.sub('[^A-Z0-9]+', '_', found.host.upper())}"
    with_glab = found.glab and "GITLAB_TOKEN" not in environ and _program("glab", environ)
    text = section(
        "gitlab", name,
        url="" if found.url == f"https://{GITLAB}" else found.url,
        token=f"command:glab config get token --host {found.glab}" if with_glab else f"env:{variable}",
        groups=[each for each in found.groups if each.casefold() != found.user.casefold()],
    )  # fmt: skip
    return Proposal(name, text, found.user or "your-username")


def _gitlabs(environ: Mapping[str, str], remotes: Iterable[Remote]) -> Iterator[_GitLab]:
    """Each GitLab that a remote leads to; without one those that glab or the environment names, if any."""
    known = {each.host: each for each in _known_to_glab(environ)}
    named = _host_in(environ)
    found: dict[str, _GitLab] = {}
    for remote in remotes:
        if remote.forge == "gitlab" or remote.host in known or (named and remote.host == named.host):
            at = known.get(remote.host) or (named if named and remote.host == named.host else None) or _at(remote)
            before = found.get(remote.host, at)
            found[remote.host] = dataclasses.replace(before, groups=_with(before.groups, remote, at))
    if found:
        yield from found.values()
    elif named or "GITLAB_TOKEN" in environ:
        yield named or known.get(GITLAB) or _GitLab(GITLAB, f"https://{GITLAB}")
    else:
        yield from (each for each in known.values() if each.user)


def _at(remote: Remote) -> _GitLab:
    web = urlsplit(remote.base)
    return _GitLab(remote.host, f"{web.scheme}://{web.netloc}" if web.netloc else f"https://{remote.host}")


def _with(groups: tuple[str, ...], remote: Remote, found: _GitLab) -> tuple[str, ...]:
    """The groups with the top group of one more remote, whose address may begin with GitLab's own path."""
    below = urlsplit(found.url).path.strip("/")
    path = remote.project.removeprefix(f"{below}/") if below else remote.project
    return tuple(sorted({*groups, path.partition("/")[0]}))


def _host_in(environ: Mapping[str, str]) -> _GitLab | None:
    """The GitLab that glab's variable names, as a host or an address; None without one."""
    text = environ.get("GITLAB_HOST", "").rstrip("/")
    web = urlsplit(text if "://" in text else f"https://{text}")
    if web.scheme not in ("http", "https") or not _GLAB_HOST.fullmatch(f"{web.netloc}{web.path}"):
        return None
    return _GitLab(web.netloc.partition(":")[0].casefold(), f"{web.scheme}://{web.netloc}{web.path}")


def _known_to_glab(environ: Mapping[str, str]) -> Iterator[_GitLab]:
    """The hosts in glab's configuration, with the name of the user on each; the tokens beside them are not looked at.

    glab lists gitlab.com also where nobody has signed in there; there is no user then.
    """
    for name, values in _hosts(_glab_configuration(environ)).items():
        if not _GLAB_HOST.fullmatch(name):
            continue
        place, _, path = name.partition("/")
        path = path or values.get("subfolder", "")
        web = values.get("api_host", "").partition("/")[0] or place
        scheme = "http" if values.get("api_protocol") == "http" else "https"
        url = f"{scheme}://{web}" + (f"/{path.strip('/')}" if path else "")
        yield _GitLab(place.partition(":")[0].casefold(), url, glab=name, user=values.get("user", ""))


def _hosts(text: str) -> dict[str, dict[str, str]]:
    """What is below `hosts:` in glab's configuration: by host its keys with a plain value.

    The file is YAML that glab writes itself, of which this reads mappings of words, by their indentation.
    """
    found: dict[str, dict[str, str]] = {}
    inside, deep = False, 0
    for line in text.splitlines():
        match = _KEY.fullmatch(line.rstrip())
        if match is None:
            continue
        indent, key, value = len(match["indent"]), match["key"], (match["value"] or "").strip("\"' ")
        if indent == 0:
            inside, deep = key == "hosts", 0
        elif inside and (not deep or indent <= deep):
            deep = indent
            found[key] = {}
        elif inside and found and key in ("user", "api_host", "api_protocol", "subfolder"):
            next(reversed(found.values()))[key] = value
    return found


def _glab_configuration(environ: Mapping[str, str]) -> str:
    """The text of glab's configuration file; empty where there is none that can be read."""
    home = Path(environ.get("HOME", ""))
    folders = (
        [Path(environ["GLAB_CONFIG_DIR"])]
        if environ.get("GLAB_CONFIG_DIR")
        else [
            *(Path(environ[name]) / "glab-cli" for name in ("XDG_CONFIG_HOME", "LOCALAPPDATA") if environ.get(name)),
            home / ".config" / "glab-cli",
            home / "Library" / "Application Support" / "glab-cli",
        ]
    )
    path = next((each / "config.yml" for each in folders if (each / "config.yml").is_file()), None)
    try:
        return read_text(path, limit=LARGEST_CONFIGURATION) if path else ""
    except HarvesterError:  # it only helps to propose; `init` works without it
        return ""


def _program(name: str, environ: Mapping[str, str]) -> bool:
    return shutil.which(name, path=environ.get("PATH")) is not None
