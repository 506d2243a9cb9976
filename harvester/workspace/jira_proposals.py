"""The Jira sites that `init` proposes, by what commit messages name: addresses of tickets, or keys alone. Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from harvester.sdk.statements import NO_TICKETS
from harvester.workspace.proposal import Proposal, section

OFTEN = 5
"""How many different tickets of a project messages name before its key is taken for one without an address."""
SHARE = 0.05
"""In how many of the messages such a key is named at least."""
ANY_SITE = "https://your-company.atlassian.net"

_KEY = r"(?P<key>[A-Z][A-Z0-9_]{1,19})-(?P<number>\d{1,9})(?![\w.-]*\d)"
_LINK = re.compile(rf"(?P<url>https?://[\w.:-]{{1,200}}(?:/[\w.~-]{{1,100}}){{0,3}}?)/browse/{_KEY}", re.ASCII)
_BARE = re.compile(rf"(?<![\w./-]){_KEY}", re.ASCII)


def propose(environ: Mapping[str, str], emails: Sequence[str], messages: Sequence[str]) -> Iterator[Proposal]:
    """The sites that messages link to, with the projects that they name; a site without a name where only keys are.

    The site that most messages link to comes first, and is the one that gets a token of the environment: anybody may
    have written one of the messages.

    Keys alone count where they are of one site, or of none; names of standards such as UTF-8 are no projects.
    """
    sites = _linked(messages)
    bare = _often_named(messages)
    if len(sites) == 1:
        sites = {url: keys | bare for url, keys in sites.items()}
    elif not sites and bare:
        sites = {ANY_SITE: bare}
    times = Counter(url for message in messages for url in {link["url"].lower() for link in _LINK.finditer(message)})
    for number, (url, keys) in enumerate(sorted(sites.items(), key=lambda site: (-times[site[0]], site[0]))):
        yield _proposal(environ, emails, url, sorted(keys), number)


def _proposal(environ: Mapping[str, str], emails: Sequence[str], url: str, keys: list[str], number: int) -> Proposal:
    """One site's section; a token in the environment is that of the first one, for no other host is to get it."""
    name = f"jira-{number + 1}" if number else "jira"
    known = "JIRA_API_TOKEN" if "JIRA_API_TOKEN" in environ else "JIRA_TOKEN"
    is_cloud = url.endswith(".atlassian.net")
    text = section(
        "jira", name, url=url, email=emails[0] if is_cloud and emails else "",
        token=f"env:{known}_{number + 1}" if number else f"env:{known}", projects=keys,
    )  # fmt: skip
    return Proposal(name, text, "")


def _linked(messages: Sequence[str]) -> dict[str, set[str]]:
    """The projects by site, of the tickets that messages link to."""
    found: dict[str, set[str]] = {}
    for message in messages:
        for link in _LINK.finditer(message):
            found.setdefault(link["url"].lower(), set()).add(link["key"])
    return found


def _often_named(messages: Sequence[str]) -> set[str]:
    """The keys of which many tickets are named, in many messages."""
    numbers: dict[str, set[str]] = {}
    times: dict[str, int] = {}
    for message in messages:
        for key, number in dict.fromkeys((each["key"], each["number"]) for each in _BARE.finditer(message)):
            numbers.setdefault(key, set()).add(number)
        for key in {each["key"] for each in _BARE.finditer(message)}:
            times[key] = times.get(key, 0) + 1
    return {
        key
        for key, some in numbers.items()
        if len(some) >= OFTEN and times[key] >= SHARE * len(messages) and key not in NO_TICKETS
    }
