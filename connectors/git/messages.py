"""What commit messages say: pull requests, tickets closed, commits reverted or picked, co-authors.

Pure functions over untrusted text. They read only what is written in a form that a tool or a convention gives a
meaning; a mere mention of a ticket says nothing.
"""

from __future__ import annotations

import re
from collections.abc import Container
from dataclasses import dataclass
from typing import Literal

Forge = Literal["github", "gitlab", "bitbucket", "gitea"]
Whose = Literal["ours", "fork", "other"]

_BLANK = re.compile(r"\n[ \t]*\n")
_URL = r"https?://[\w.:-]{1,200}/[\w./~%-]{1,300}"
_KEY = r"[A-Z][A-Z0-9_]{1,19}-\d{1,9}"
_LOCAL = r"(?:[\w.-]{1,100}(?:/[\w.-]{1,100}){1,9})?[#!]\d{1,10}"
_REF = rf"(?:{_URL}|{_LOCAL}|GH-\d{{1,10}}|{_KEY})(?![\w-])(?!\.\d)"
_CLOSES = re.compile(
    rf"(?<![\w-])(?:clos(?:e[sd]?|ing)|fix(?:e[sd]|ing)?|resolv(?:e[sd]?|ing)|implement(?:s|ed|ing)?):?\s{{1,3}}(?:issues?\s)?"
    rf"(?P<refs>(?-i:{_REF})(?:(?:,\s{{0,3}}and\s|,|\sand\s|\s&)\s{{0,3}}(?-i:{_REF}))*)",
    re.ASCII | re.IGNORECASE,
)
_EACH = re.compile(_REF, re.ASCII)
_ISSUE_URL = re.compile(
    r"https?://(?:[^/@]*@)?([\w.-]+)(?::\d+)?/([\w./~%-]+?)/(?:-/)?(issues|pull|pulls|pull-requests|merge_requests)/(\d{1,10})",
    re.ASCII,
)
_BROWSE_URL = re.compile(rf"https?://([\w.-]+)(?::\d+)?/(?:[\w./-]*/)?browse/({_KEY})", re.ASCII)

NO_PROJECTS = frozenset(
    (
        "AES",
        "ANSI",
        "ARM",
        "ASCII",
        "BCP",
        "BLAKE",
        "CP",
        "CVE",
        "CWE",
        "DES",
        "EBCDIC",
        "ECMA",
        "ED",
        "FIPS",
        "GHSA",
        "GMT",
        "HMAC",
        "HTTP",
        "IEEE",
        "IP",
        "IPV",
        "ISO",
        "KOI8",
        "LATIN",
        "MD",
        "PEP",
        "PKCS",
        "RFC",
        "RSA",
        "SHA",
        "SHA2",
        "SHA3",
        "SSL",
        "TLS",
        "UCS",
        "UTC",
        "UTF",
        "PERIODS",
        "X86",
    )
)
"""Names of standards and algorithms that look like a ticket's project: SHA-1, UTF-8, ISO-8859."""

_HEX = r"(?:[0-9a-f]{64}|[0-9a-f]{40})"
_REVERTS = re.compile(rf"\bThis reverts commits?\s((?:(?:,\s|\sand\s|\s)?{_HEX}\b){{1,50}})", re.ASCII)
_REVERTS_SHORT = re.compile(r"\bThis reverts commit\s([0-9a-f]{7,64})\s\(", re.ASCII)
"""As `git revert --reference` writes it: `This reverts commit 370f5b7 (subject, date)`."""
_REVERTS_PULL = re.compile(
    r"^(?:This reverts merge request|Reverts) ([\w./-]{0,300}[#!]\d{1,10})\.?$", re.ASCII | re.MULTILINE
)
_PICKED = re.compile(rf"\(cherry picked from commit ({_HEX})\)", re.ASCII)
_SHA = re.compile(_HEX, re.ASCII)
_CO_AUTHOR = re.compile(
    r"^co-authored-by:([^<>\n]{0,400})<([^<>\s]{1,320})>[ \t]*$", re.ASCII | re.IGNORECASE | re.MULTILINE
)
_TRAILER = re.compile(r"[A-Za-z0-9-]{1,100}[ \t]{0,9}:|[ \t]|\(cherry picked from commit ", re.ASCII)
"""A line of `git interpret-trailers`, one that goes on, or what `git cherry-pick -x` adds below them."""

_GITHUB_MERGE = re.compile(r"Merge pull request #(\d{1,10}) from (\S+)", re.ASCII)
_GITEA_MERGE = re.compile(r"Merge pull request ['\"](.*)['\"] \([#!](\d{1,10})\) from (\S+)", re.ASCII)
_BITBUCKET = re.compile(r"Merged in (\S+) \(pull request #(\d{1,10})\)", re.ASCII)
_GITLAB = re.compile(r"^See merge request ([\w./-]{0,300})!(\d{1,10})$", re.ASCII | re.MULTILINE)
_NUMBERED = re.compile(r"\(#(\d{1,10})\)\Z", re.ASCII)
_OF_URL = re.compile(r"' of (\S+)", re.ASCII)
_TRACKING = re.compile(r"Merge remote-tracking branch(?:es)? '([^/']+)/", re.ASCII)


@dataclass(frozen=True, slots=True)
class PullRequest:
    """A pull request as a commit's message names it: `#12` or `!12`, of `project` where the message says so."""

    reference: str
    title: str
    project: str = ""
    source: str = ""
    """Where it came from as written: `org/branch` on GitHub, else empty."""


def split(message: str) -> tuple[str, str]:
    """The subject as git joins it (the first paragraph on one line), and the body below it, both stripped.

    Line ends become plain line feeds: what is typed into GitHub's form comes with carriage returns.
    """
    first, *rest = _BLANK.split(message.replace("\r\n", "\n").lstrip("\n"), maxsplit=1)
    return " ".join(first.split("\n")).strip(), "".join(rest).strip()


def closes(message: str) -> tuple[str, ...]:
    """The tickets that a message says it closes, in order, as found; a URL becomes the ticket's subject.

    Words: GitHub's nine (https://docs.github.com/issues/tracking-your-work-with-issues/linking-a-pull-request-to-an-issue)
    and GitLab's (https://docs.gitlab.com/user/project/issues/managing_issues/#closing-issues-automatically).
    """
    refs = [ref for found in _CLOSES.finditer(message) for ref in _EACH.findall(found["refs"])]
    return tuple(dict.fromkeys(plain for ref in refs if (plain := _plain(ref))))


def reverts(message: str) -> tuple[str, ...]:
    """The commits (`commit/<sha>`) and pull requests (as found) that a message says it takes back."""
    whole = [sha for found in _REVERTS.finditer(message) for sha in _SHA.findall(found[1])]
    commits = [f"commit/{sha}" for sha in (*whole, *_REVERTS_SHORT.findall(message))]
    return tuple(dict.fromkeys([*commits, *_REVERTS_PULL.findall(message.replace("\r\n", "\n"))]))


def same_as(message: str) -> tuple[str, ...]:
    """The commits that this one was picked from, `commit/<sha>`, as `git cherry-pick -x` writes them."""
    return tuple(dict.fromkeys(f"commit/{sha}" for sha in _PICKED.findall(message)))


def co_authors(message: str) -> tuple[tuple[str, str], ...]:
    """Name and address of each Co-authored-by line at the end of the body, as written.

    The end is the last paragraph, and those before it for as long as there are only trailers below.
    """
    _, body = split(message)
    end: list[str] = []
    for paragraph in reversed(_BLANK.split(body)):
        only_trailers = all(map(_TRAILER.match, paragraph.split("\n")))
        if only_trailers or not end:
            end.insert(0, paragraph)
        if not only_trailers:
            break
    return tuple(dict.fromkeys((name.strip(), mail) for each in end for name, mail in _CO_AUTHOR.findall(each)))


def merged_pull_request(message: str, forge: Forge | None, *, by_github: bool = False) -> PullRequest | None:
    """The pull request that a merge commit's message names; None where it names none.

    The forms are those that each forge writes by itself, so `forge` is asked only where one form has two readings.
    GitHub writes `Title (#12)` where a repository says so
    (https://docs.github.com/en/rest/repos/repos#update-a-repository, merge_commit_title).
    """
    subject, body = split(message)
    if found := _GITHUB_MERGE.match(subject):
        return PullRequest(f"#{found[1]}", _first_line(body) or subject, source=found[2])
    if found := _GITEA_MERGE.match(subject):
        return PullRequest(f"#{found[2]}", found[1] or subject)
    if found := _BITBUCKET.match(subject):
        return PullRequest(f"#{found[2]}", _first_line(body) or subject)
    if forge == "github":
        return _numbered(subject, message, by_github)
    return _merge_request(subject, body) if forge in (None, "gitlab") else None


def squashed_pull_request(message: str, forge: Forge | None, *, by_github: bool = False) -> PullRequest | None:
    """The pull request that a commit with one parent names as its own; None where it names none for certain.

    `(#12)` ends the subject of a squashed pull request on GitHub and Gitea. Elsewhere, and where the forge is unknown,
    the same form may be a ticket's number, so it is not read; nor where the message says that it closes #12, unless it
    was GitHub that committed it: then the words are from the pull request's description.
    """
    subject, body = split(message)
    if forge in ("github", "gitea"):
        return _numbered(subject, message, by_github)
    if forge == "bitbucket" and (found := _BITBUCKET.match(subject)):
        return PullRequest(f"#{found[2]}", _first_line(body) or subject)
    return _merge_request(subject, body) if forge == "gitlab" else None


def whose_branch(message: str, project: str, others: Container[str]) -> Whose:
    """Whose branch a merge brings: ours unless it says otherwise, a fork's of ours, or another repository's.

    `project` is ours, `org/repo`; `others` are the names of this clone's remotes that are other projects. What another
    repository's history calls #12 is not our #12. A fork bears our project's name, and holds its history; whoever has
    one calls us by a name of their own, such as `upstream`.
    """
    subject, _ = split(message)
    if found := _GITHUB_MERGE.match(subject):
        owner = found[2].partition("/")[0].casefold()
        return "ours" if project and owner == project.rpartition("/")[0].casefold() else "fork"
    if found := _TRACKING.match(subject):
        return "other" if found[1] in others else "ours"
    if found := _OF_URL.search(subject):
        return _whose_repository(found[1], project)
    return "fork" if _NUMBERED.search(subject) else "ours"


def _whose_repository(url: str, project: str) -> Whose:
    theirs, ours = re.split(r"[:/]", url.casefold().removesuffix(".git")), project.casefold().split("/")
    if not project or theirs[-2:] == ours[-2:]:
        return "ours"
    return "fork" if theirs[-1] == ours[-1] else "other"


def _numbered(subject: str, message: str, by_github: bool) -> PullRequest | None:
    found = _NUMBERED.search(subject)
    if found is None or not found.start() or (not by_github and f"#{found[1]}" in closes(message)):
        return None
    return PullRequest(f"#{found[1]}", subject[: found.start()].rstrip() or subject)


def _merge_request(subject: str, body: str) -> PullRequest | None:
    found = _GITLAB.findall(body)
    if not found:
        return None
    project, number = found[-1]
    first = _first_line(body)
    merged = subject.startswith("Merge branch ") and not first.startswith(("See merge request", "Closes "))
    return PullRequest(f"!{number}", (first if merged else "") or subject, project=project)


def _first_line(body: str) -> str:
    return body.partition("\n")[0].strip()


def _plain(ref: str) -> str | None:
    if ref.startswith("http"):
        return _subject_of(ref)
    if ref.startswith("GH-"):
        return f"#{ref[3:]}"
    if "#" not in ref and "!" not in ref and ref.partition("-")[0] in NO_PROJECTS:
        return None
    return ref


def _subject_of(url: str) -> str | None:
    if found := _ISSUE_URL.match(url):
        mark = "!" if found[3] == "merge_requests" else "#"
        return f"{found[1].lower()}/{found[2].removesuffix('/-')}{mark}{found[4]}"
    found = _BROWSE_URL.match(url)
    return f"{found[1].lower()}/{found[2]}" if found else None
