"""What a text states about other work: the tickets it closes, or a branch is named after, the changes it reverts.

Commit messages and descriptions of merge requests state it in the same words. Pure functions of untrusted text. They
read only forms to which a tool or a convention gives a meaning; a mere mention of a ticket has none. Every repetition
in a pattern is bounded, so that a hostile text costs time in proportion to its length.
"""

from __future__ import annotations

import re

BLANK_LINE = re.compile(r"\n[ \t]*\n")
"""What separates paragraphs."""
_URL = r"https?://[\w.:-]{1,200}/[\w./~%-]{1,300}"
_KEY = r"[A-Z][A-Z0-9_]{1,19}-\d{1,9}"
_LOCAL = r"(?:[\w.-]{1,100}(?:/[\w.-]{1,100}){1,20})?[#!]\d{1,10}"
_REF = rf"(?:{_URL}|{_LOCAL}|GH-\d{{1,10}}|{_KEY})(?![\w-])(?!\.\d)"
_CLOSES = re.compile(
    rf"(?<![\w-])(?:clos(?:e[sd]?|ing)|fix(?:e[sd]|ing)?|resolv(?:e[sd]?|ing)|implement(?:s|ed|ing)?):?\s{{1,3}}(?:issues?\s)?"
    rf"(?P<refs>(?-i:{_REF})(?:(?:,\s{{0,3}}and\s|,|\sand\s|\s&)\s{{0,3}}(?-i:{_REF}))*)",
    re.ASCII | re.IGNORECASE,
)
_REFERENCE = re.compile(_REF, re.ASCII)
_GITLAB_REF = rf"(?:{_URL}|(?:[\w.-]{{1,100}}(?:/[\w.-]{{1,100}}){{0,20}})?#\d{{1,10}}|{_KEY})(?!\w)"
_CLOSES_ON_GITLAB = re.compile(
    r"\b(?:[Cc]los(?:e[sd]?|ing)|[Ff]ix(?:e[sd]|ing)?|[Rr]esolv(?:e[sd]?|ing)|[Ii]mplement(?:s|ed|ing)?):? {1,9}"
    rf"(?P<refs>(?:(?:issues? {{1,9}})?{_GITLAB_REF}(?: {{0,9}},?\s{{1,9}}and\s{{1,9}}| {{0,9}},? {{0,9}})){{1,100}})",
    re.ASCII,
)
_GITLAB_REFERENCE = re.compile(_GITLAB_REF, re.ASCII)
_ISSUE_URL = re.compile(
    r"https?://(?:[^/@]*@)?([\w.-]+)(?::\d+)?/([\w./~%-]+?)/(?:-/)?(issues|work_items|pull|pulls|pull-requests|merge_requests)/(\d{1,10})",
    re.ASCII,
)
_BROWSE_URL = re.compile(rf"https?://([\w.-]+)(?::\d+)?(/(?:[\w./-]*/)?)browse/({_KEY})", re.ASCII)

_IN_BRANCH = re.compile(
    rf"(?<![A-Za-z0-9_]){_KEY}(?![A-Za-z0-9]|\.\d)"
    r"|(?:(?<=/)|(?<!.))[A-Za-z][A-Za-z0-9_]{1,19}-\d{1,9}(?![A-Za-z0-9]|\.\d)",
    re.ASCII,
)
"""Capitals anywhere; in any case where a part of the name begins, as many people write branches (of Kafka's, three in
ten; those name the ticket of the commit's title in 478 of 490 cases, those in capitals in 1,106 of 1,115)."""

_NO_PROJECTS = frozenset({
    "BRANCH", "BUGFIX", "FEATURE", "FIX", "GH", "HOTFIX", "ISSUE", "MR", "PATCH", "PR", "RELEASE", "REVERT", "TOPIC",
    "VERSION",
})  # fmt: skip
"""What branches with a number are called, such as GitHub's own `patch-1`."""

NO_TICKETS = frozenset({
    "AES", "ANSI", "ARM", "ASCII", "BCP", "BLAKE", "CP", "CVE", "CWE", "DES", "EBCDIC", "ECMA", "ED", "FIPS", "GHSA",
    "GMT", "HMAC", "HTTP", "IEEE", "IP", "IPV", "ISO", "KOI8", "LATIN", "MD", "PEP", "PKCS", "RFC", "RSA", "SHA",
    "SHA2", "SHA3", "SSL", "TLS", "UCS", "UTC", "UTF", "WINDOWS", "X86",
})  # fmt: skip
"""Names of standards and algorithms that look like the project of a ticket: SHA-1, UTF-8, ISO-8859."""

_ANY_HEX = r"(?:[0-9a-f]{7,64}|[0-9A-F]{7,64})\b"
"""A hash in full or abbreviated; of one case, so that `Decade1` is none."""
_SHA = re.compile(_ANY_HEX, re.ASCII)
_COMMITS = (
    rf"(?:https?://[\w./~:-]{{1,200}}/commits?/)?[`'\"]?(?P<shas>{_ANY_HEX}(?:(?:,\s|,?\sand\s|\s){_ANY_HEX}){{0,50}})"
)
_REVERTS = re.compile(
    r"(?:\b[Tt]his\s(?:commit\s|change\s)?reverts|^[Rr]everts):?\s{1,3}(?:r\d{1,9}\s/\s)?(?:commits?:?\s{1,3})?"
    rf"{_COMMITS}",
    re.ASCII | re.MULTILINE,
)
_REVERT_SUBJECT = re.compile(rf"(?:[Rr]evert|REVERT)(?:\([^()]{{0,100}}\))?!?:?\s(?:commit\s)?{_COMMITS}\Z", re.ASCII)
"""A subject line that names nothing but the commit: `Revert 370f5b7`, `revert: 370f5b7`."""
_REVERT_TYPE = re.compile(r"revert(?:\([^()]{0,100}\))?!?:", re.ASCII | re.IGNORECASE)
_REVERT_REFS = re.compile(rf"^refs?:?\s{_COMMITS}\.?[ \t]*$", re.ASCII | re.IGNORECASE | re.MULTILINE)
"""Where a commit's type is `revert`, what it reverts (https://www.conventionalcommits.org/en/v1.0.0, last example)."""
_REVERTS_PULL = re.compile(
    r"^(?:This reverts merge request|Reverts) ([\w./-]{0,300}[#!]\d{1,10})\.?$", re.ASCII | re.MULTILINE
)


def split(message: str) -> tuple[str, str]:
    """The subject line (the first paragraph, joined as git does) and the body below it, both stripped.

    Carriage returns are removed: text typed into GitHub's form has them.
    """
    first, *rest = BLANK_LINE.split(message.replace("\r\n", "\n").lstrip("\n"), maxsplit=1)
    return " ".join(first.split("\n")).strip(), "".join(rest).strip()


def closes(message: str) -> tuple[str, ...]:
    """The tickets that a message says it closes, in order, as written; a URL becomes the ticket's work item.

    The words are GitHub's nine (https://docs.github.com/issues/tracking-your-work-with-issues/linking-a-pull-request-to-an-issue)
    and GitLab's (https://docs.gitlab.com/user/project/issues/managing_issues/#closing-issues-automatically).
    """
    references = [each for found in _CLOSES.finditer(message) for each in _REFERENCE.findall(found["refs"])]
    return tuple(dict.fromkeys(item for each in references if (item := _work_item(each))))


def closes_on_gitlab(description: str) -> tuple[str, ...]:
    """The issues and tickets that the description of a merge request closes on GitLab, in order, as written.

    That is GitLab's default closing pattern, with the line break of the example in its documentation
    (https://docs.gitlab.com/user/project/issues/managing_issues/#default-closing-pattern). Unlike `closes` it takes a
    list without commas and a project of the same group (`shop#12`), and no words in capitals.
    """
    lists = [each["refs"] for each in _CLOSES_ON_GITLAB.finditer(description)]
    references = [each for refs in lists for each in _GITLAB_REFERENCE.findall(refs)]
    return tuple(dict.fromkeys(item for each in references if (item := _work_item(each)) and "!" not in item))


def tickets_in(branch: str) -> tuple[str, ...]:
    """The keys of Jira's tickets in the name of a branch, in order: `feature/pay-7-charge-once` names `PAY-7`.

    Whether such a project exists is decided where all sources are known, since UTF-8 looks the same.
    """
    found = (each.upper() for each in _IN_BRANCH.findall(branch))
    return tuple(dict.fromkeys(each for each in found if each.partition("-")[0] not in _NO_PROJECTS))


def reverts(message: str) -> tuple[str, ...]:
    """The commits (`commit/<sha>`, also abbreviated) and pull requests (as written) that a message says it reverts.

    What reverts only a part, or reverses changes "made to" a commit, reverts none.
    """
    plain = message.replace("\r\n", "\n")
    subject, body = split(message)
    lists = [found["shas"] for found in _REVERTS.finditer(plain)]
    if found := _REVERT_SUBJECT.match(subject):
        lists.append(found["shas"])
    if _REVERT_TYPE.match(subject):
        lists += [found["shas"] for found in _REVERT_REFS.finditer(body)]
    commits = [f"commit/{sha.lower()}" for each in lists for sha in _SHA.findall(each)]
    return tuple(dict.fromkeys([*commits, *_REVERTS_PULL.findall(plain)]))


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
    return f"{found[1].lower()}{found[2]}{found[3]}" if found else None
