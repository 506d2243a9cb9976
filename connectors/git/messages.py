"""What commit messages say: pull requests, tickets closed, commits reverted or cherry-picked, co-authors.

Pure functions of untrusted text. They read only forms to which a tool or a convention gives a meaning; a mere mention
of a ticket has none. Every repetition in a pattern is bounded, so that a hostile message costs time in proportion to
its length (test_hostile_length_costs_no_more_than_length).
"""

from __future__ import annotations

import re
from collections.abc import Container
from dataclasses import dataclass
from typing import Literal

Forge = Literal["github", "gitlab", "bitbucket", "gitea"]
BranchOrigin = Literal["ours", "fork", "other"]
"""A branch of this project, of a fork of it, or of another project."""

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
_REFERENCE = re.compile(_REF, re.ASCII)
_ISSUE_URL = re.compile(
    r"https?://(?:[^/@]*@)?([\w.-]+)(?::\d+)?/([\w./~%-]+?)/(?:-/)?(issues|pull|pulls|pull-requests|merge_requests)/(\d{1,10})",
    re.ASCII,
)
_BROWSE_URL = re.compile(rf"https?://([\w.-]+)(?::\d+)?/(?:[\w./-]*/)?browse/({_KEY})", re.ASCII)

NO_TICKETS = frozenset({
    "AES", "ANSI", "ARM", "ASCII", "BCP", "BLAKE", "CP", "CVE", "CWE", "DES", "EBCDIC", "ECMA", "ED", "FIPS", "GHSA",
    "GMT", "HMAC", "HTTP", "IEEE", "IP", "IPV", "ISO", "KOI8", "LATIN", "MD", "PEP", "PKCS", "RFC", "RSA", "SHA",
    "SHA2", "SHA3", "SSL", "TLS", "UCS", "UTC", "UTF", "WINDOWS", "X86",
})  # fmt: skip
"""Names of standards and algorithms that look like the project of a ticket: SHA-1, UTF-8, ISO-8859."""

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
"""A trailer as `git interpret-trailers` reads it, its continuation, or what `git cherry-pick -x` adds below."""

_GITHUB_MERGE = re.compile(r"Merge pull request #(\d{1,10}) from (\S+)", re.ASCII)
_GITEA_MERGE = re.compile(r"Merge pull request ['\"](.*)['\"] \([#!](\d{1,10})\) from (\S+)", re.ASCII)
_BITBUCKET = re.compile(r"Merged in (\S+) \(pull request #(\d{1,10})\)", re.ASCII)
_GITLAB = re.compile(r"^See merge request ([\w./-]{0,300})!(\d{1,10})$", re.ASCII | re.MULTILINE)
_NUMBERED = re.compile(r"\(#(\d{1,10})\)\Z", re.ASCII)
_FROM_URL = re.compile(r"' of (\S+)", re.ASCII)
_TRACKING = re.compile(r"Merge remote-tracking branch(?:es)? '([^/']+)/", re.ASCII)


@dataclass(frozen=True, slots=True)
class PullRequest:
    """A pull request as a commit message names it."""

    reference: str
    """`#12`, on GitLab `!12`."""
    title: str
    project: str = ""
    """`org/repo` where the message says it, else empty."""


def split(message: str) -> tuple[str, str]:
    """The subject line (the first paragraph, joined as git does) and the body below it, both stripped.

    Carriage returns are removed: text typed into GitHub's form has them.
    """
    first, *rest = _BLANK.split(message.replace("\r\n", "\n").lstrip("\n"), maxsplit=1)
    return " ".join(first.split("\n")).strip(), "".join(rest).strip()


def closes(message: str) -> tuple[str, ...]:
    """The tickets that a message says it closes, in order, as written; a URL becomes the ticket's work item.

    The words are GitHub's nine (https://docs.github.com/issues/tracking-your-work-with-issues/linking-a-pull-request-to-an-issue)
    and GitLab's (https://docs.gitlab.com/user/project/issues/managing_issues/#closing-issues-automatically).
    """
    references = [each for found in _CLOSES.finditer(message) for each in _REFERENCE.findall(found["refs"])]
    return tuple(dict.fromkeys(item for each in references if (item := _work_item(each))))


def reverts(message: str) -> tuple[str, ...]:
    """The commits (`commit/<sha>`) and pull requests (as written) that a message says it reverts."""
    whole = [sha for found in _REVERTS.finditer(message) for sha in _SHA.findall(found[1])]
    commits = [f"commit/{sha}" for sha in (*whole, *_REVERTS_SHORT.findall(message))]
    return tuple(dict.fromkeys([*commits, *_REVERTS_PULL.findall(message.replace("\r\n", "\n"))]))


def picked_from(message: str) -> tuple[str, ...]:
    """The commits that this one was cherry-picked from, as `commit/<sha>`; `git cherry-pick -x` writes them."""
    return tuple(dict.fromkeys(f"commit/{sha}" for sha in _PICKED.findall(message)))


def co_authors(message: str) -> tuple[tuple[str, str], ...]:
    """Name and address of each Co-authored-by line at the end of the body, as written.

    The end is the last paragraph; where that has trailers alone the one before it as well, and so on.
    """
    _, body = split(message)
    end: list[str] = []
    for paragraph in reversed(_BLANK.split(body)):
        only_trailers = all(map(_TRAILER.match, paragraph.split("\n")))
        if only_trailers or not end:
            end.insert(0, paragraph)
        if not only_trailers:
            break
    return tuple(dict.fromkeys((name.strip(), address) for each in end for name, address in _CO_AUTHOR.findall(each)))


def merged_pull_request(message: str, forge: Forge | None, *, by_github: bool = False) -> PullRequest | None:
    """The pull request that the message of a merge commit names; None where it names none.

    Most forms are written by one forge alone, so `forge` decides only where a form has two meanings.
    GitHub writes `Title (#12)` where a repository is configured so
    (https://docs.github.com/en/rest/repos/repos#update-a-repository, merge_commit_title).
    """
    subject, body = split(message)
    if found := _GITHUB_MERGE.match(subject):
        return PullRequest(f"#{found[1]}", _first_line(body) or subject)
    if found := _GITEA_MERGE.match(subject):
        return PullRequest(f"#{found[2]}", found[1] or subject)
    if found := _BITBUCKET.match(subject):
        return PullRequest(f"#{found[2]}", _first_line(body) or subject)
    if forge == "github":
        return _numbered(subject, message, by_github)
    return _merge_request(subject, body) if forge in (None, "gitlab") else None


def squashed_pull_request(message: str, forge: Forge | None, *, by_github: bool = False) -> PullRequest | None:
    """The pull request that was squashed into this commit; None where the message does not name it for certain.

    On GitHub and Gitea the subject line of a squashed pull request ends in `(#12)`. Elsewhere, and where the forge is
    unknown, the number may be a ticket's, so it is not read.
    Nor is it read where the message says that it closes #12, unless GitHub committed it: then these words come from
    the pull request's description.
    """
    subject, body = split(message)
    if forge in ("github", "gitea"):
        return _numbered(subject, message, by_github)
    if forge == "bitbucket" and (found := _BITBUCKET.match(subject)):
        return PullRequest(f"#{found[2]}", _first_line(body) or subject)
    return _merge_request(subject, body) if forge == "gitlab" else None


def branch_origin(message: str, project: str, other_remotes: Container[str]) -> BranchOrigin:
    """Where the branch comes from that a merge brings; "ours" where its subject line does not say otherwise.

    `project` is ours, `org/repo`; `other_remotes` are the names of this clone's remotes that are other projects.
    A fork has our project's name in another organisation. A remote-tracking branch of a name that is no remote here,
    such as `upstream`, is ours: the owner of a fork, who merged it, calls us so.
    """
    subject, _ = split(message)
    if found := _GITHUB_MERGE.match(subject):
        owner = found[2].partition("/")[0].casefold()
        return "ours" if project and owner == project.rpartition("/")[0].casefold() else "fork"
    if found := _TRACKING.match(subject):
        return "other" if found[1] in other_remotes else "ours"
    if found := _FROM_URL.search(subject):
        return _repository_origin(found[1], project)
    return "fork" if _NUMBERED.search(subject) else "ours"


def _repository_origin(url: str, project: str) -> BranchOrigin:
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


def _work_item(reference: str) -> str | None:
    """A reference as tickets are stored; None for a URL of something else and for the name of a standard."""
    if reference.startswith("http"):
        return _work_item_at(reference)
    if reference.startswith("GH-"):
        return f"#{reference[3:]}"
    if "#" not in reference and "!" not in reference and reference.partition("-")[0] in NO_TICKETS:
        return None
    return reference


def _work_item_at(url: str) -> str | None:
    if found := _ISSUE_URL.match(url):
        mark = "!" if found[3] == "merge_requests" else "#"
        return f"{found[1].lower()}/{found[2].removesuffix('/-')}{mark}{found[4]}"
    found = _BROWSE_URL.match(url)
    return f"{found[1].lower()}/{found[2]}" if found else None
