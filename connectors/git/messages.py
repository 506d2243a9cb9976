"""What commit messages say: pull requests, tickets closed, commits reverted or cherry-picked.

Pure functions of untrusted text. They read only forms to which a tool or a convention gives a meaning; a mere mention
of a ticket has none. Every repetition in a pattern is bounded, so that a hostile message costs time in proportion to
its length (test_hostile_length_costs_no_more_than_length).
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable
from dataclasses import dataclass
from typing import Literal

Forge = Literal["github", "gitlab", "bitbucket", "bitbucket-server", "azure-devops", "gitea"]
"""`bitbucket` is Bitbucket Cloud, and `bitbucket-server` also Data Center; `gitea` is also Forgejo."""
BranchOrigin = Literal["ours", "fork", "other"]
"""A branch of this project, of a fork of it, or of another project."""

BLANK_LINE = re.compile(r"\n[ \t]*\n")
"""What is between two paragraphs."""
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
_ANY_HEX = r"(?:[0-9a-f]{7,64}|[0-9A-F]{7,64})\b"
"""A hash in full or abbreviated; of one case, so that `Decade1` is none."""
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
_PICKED = re.compile(rf"\(cherry picked from commit ({_HEX})\)", re.ASCII)
_SHA = re.compile(_ANY_HEX, re.ASCII)
_NUMBER = r"(?P<number>\d{1,10})"


@dataclass(frozen=True, slots=True)
class MergeMessageFormat:
    """How one forge names the pull request in the subject line of the commit that merges it."""

    forge: Forge
    subject: re.Pattern[str]
    """Matched at the start; its groups are `number` and where it has them `title`, `branch` and `project`."""
    squashes: bool = True
    """Whether a squashed commit has it too, not only a merge."""
    body: re.Pattern[str] | None = None
    """What the body has besides; it is not asked for on the forge itself, where the text can be configured."""
    mark: str = "#"


_GITHUB_MERGE = re.compile(rf"Merge pull request #{_NUMBER} from (?P<branch>\S+)", re.ASCII)
FORMS = (
    MergeMessageFormat("github", _GITHUB_MERGE, squashes=False),
    MergeMessageFormat(
        "gitea",
        re.compile(rf"Merge pull request ['\"](?P<title>.*)['\"] \([#!]{_NUMBER}\) from (?P<branch>\S+)", re.ASCII),
        squashes=False,
    ),
    MergeMessageFormat("bitbucket", re.compile(rf"Merged in (?P<branch>\S+) \(pull request #{_NUMBER}\)", re.ASCII)),
    MergeMessageFormat(
        "bitbucket-server",
        re.compile(
            rf"Merge pull request #{_NUMBER} in (?P<project>[\w.~-]{{1,200}}/[\w.-]{{1,200}}) from (?P<branch>\S+) to ",
            re.ASCII,
        ),
    ),
    MergeMessageFormat(
        "bitbucket-server",
        re.compile(rf"Pull request #{_NUMBER}: (?P<title>.+)", re.ASCII),
        body=re.compile(
            r"^Merge in (?P<project>[\w.~-]{1,200}/[\w.-]{1,200}) from (?P<branch>\S{1,400}) to ",
            re.ASCII | re.MULTILINE,
        ),
    ),
    MergeMessageFormat("azure-devops", re.compile(rf"Merged? PR {_NUMBER}: (?P<title>.+)", re.ASCII), mark="!"),
)
"""The forms that only one forge writes. `Title (#12)` and GitLab's last line of the body are read by functions."""

_GITLAB = re.compile(r"^See merge request ([\w./-]{0,300})!(\d{1,10})$", re.ASCII | re.MULTILINE)
_NUMBERED = re.compile(r"\(#(\d{1,10})\)\Z", re.ASCII)
_FROM_URL = re.compile(r"' of (\S+)", re.ASCII)
_TRACKING = re.compile(r"Merge remote-tracking branch(?:es)? '([^/']+)/", re.ASCII)
_SUBTREE = re.compile(r"Squashed '(.{1,1000}?)/' (?:content|changes) from ", re.ASCII)
SUBTREE_MARKER = b"git-subtree-split: "
_SUBTREE_SPLIT = re.compile(rf"^git-subtree-split: ({_HEX})[ \t]*$", re.ASCII | re.MULTILINE)
_LOCAL_REFERENCE = re.compile(r"(?:[#!]|GH-)\d", re.ASCII)
_SUBTREE_DIR = re.compile(r"^git-subtree-dir: (.{1,1000}?)/?[ \t]*$", re.ASCII | re.MULTILINE)


@dataclass(frozen=True, slots=True)
class PullRequest:
    """A pull request as a commit message names it."""

    reference: str
    """`#12`, on GitLab and Azure DevOps `!12`."""
    title: str
    project: str = ""
    """`org/repo` where the message says it, else empty."""
    forge: Forge | None = None
    """The forge whose form it is."""
    branch: str = ""
    """The branch that was merged, as written; empty where the message does not say it."""
    certain: bool = True
    """False for `Title (#12)` that the forge did not commit itself: the number may be an issue's."""


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


def picked_from(message: str) -> tuple[str, ...]:
    """The commits that this one was cherry-picked from, as `commit/<sha>`; `git cherry-pick -x` writes them."""
    return tuple(dict.fromkeys(f"commit/{sha}" for sha in _PICKED.findall(message)))


def subtree(message: str) -> str | None:
    """The folder that `git subtree --squash` squashed another repository for; None for any other commit.

    Such a commit has the other repository's tree, and lists the subject lines of the commits that it squashed.
    A commit that only quotes such a message has another subject line.
    """
    subject, body = split(message)
    squashed, folder = _SUBTREE.match(subject), _SUBTREE_DIR.search(body)
    return folder[1] if squashed and folder and squashed[1] == folder[1] else None


def added_subtree(message: str, parents: str) -> str | None:
    """The folder that `git subtree` merged another history for, given the hashes of the merge's parents; else None.

    `add` and `split --rejoin` name the folder and the parent that they merge.
    """
    folder, split = _SUBTREE_DIR.search(message), _SUBTREE_SPLIT.search(message)
    return folder[1] if folder and split and split[1] in parents.split()[1:] else None


def without_local(references: Iterable[str]) -> tuple[str, ...]:
    """References without bare numbers, such as `#12`, which in imported history are another project's."""
    return tuple(each for each in references if not _LOCAL_REFERENCE.match(each))


def merged_pull_request(message: str, forge: Forge | None, *, by_github: bool = False) -> PullRequest | None:
    """The pull request that the message of a merge commit names; None where it names none.

    A form that only one forge writes is read everywhere, since projects move between forges; `forge`, the present
    one, decides where a form has two meanings.
    GitHub writes `Title (#12)` where a repository is configured so
    (https://docs.github.com/en/rest/repos/repos#update-a-repository, merge_commit_title).
    """
    subject, body = split(message)
    if found := _by_form(subject, body, forge, squashed=False):
        return found
    if (by_github or forge == "github") and (found := _numbered(subject, message, "github", by_github)):
        return found
    return _merge_request(subject, body)


def squashed_pull_request(message: str, forge: Forge | None, *, by_github: bool = False) -> PullRequest | None:
    """The pull request that was squashed into this commit; None where the message does not name it for certain.

    On GitHub and Gitea the subject line of a squashed pull request ends in `(#12)`. Elsewhere, and where the forge is
    unknown, the number may be a ticket's, so it is not read, unless GitHub committed it.
    Nor is it read where the message says that it closes #12, unless GitHub committed it: then these words come from
    the pull request's description.
    """
    subject, body = split(message)
    if found := _by_form(subject, body, forge, squashed=True):
        return found
    if by_github and (found := _numbered(subject, message, "github", by_github)):
        return found
    if forge in ("github", "gitea") and (found := _numbered(subject, message, forge, by_github)):
        return found
    return _merge_request(subject, body)


def _by_form(subject: str, body: str, forge: Forge | None, *, squashed: bool) -> PullRequest | None:
    for form in FORMS:
        found = form.subject.match(subject)
        if found is None or (squashed and not form.squashes):
            continue
        more = form.body.search(body) if form.body else None
        if form.body and not more and form.forge != forge:
            continue
        named = found.groupdict() | (more.groupdict() if more else {})
        first = _first_line(body)
        title = named.get("title") or ("" if first.startswith("* commit '") else first) or subject
        project, branch = named.get("project", ""), named.get("branch", "")
        return PullRequest(f"{form.mark}{named['number']}", title.strip(), project, form.forge, branch)
    return None


def branch_origin(message: str, project: str, other_remotes: Container[str]) -> BranchOrigin:
    """Where the branch comes from that a merge brings; "ours" where its subject line does not say otherwise.

    `project` is ours, `org/repo`; `other_remotes` are the names of this clone's remotes that are other projects.
    A fork has our project's name in another organisation. A remote-tracking branch of a name that is not a remote here,
    such as `upstream`, is ours: the owner of a fork, who merged it, calls us so.
    """
    subject, _ = split(message)
    if found := _GITHUB_MERGE.match(subject):
        owner = found["branch"].partition("/")[0].casefold()
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


def _numbered(subject: str, message: str, forge: Forge, by_github: bool) -> PullRequest | None:
    found = _NUMBERED.search(subject)
    if found is None or not found.start() or (not by_github and f"#{found[1]}" in closes(message)):
        return None
    title = subject[: found.start()].rstrip() or subject
    return PullRequest(f"#{found[1]}", title, forge=forge, certain=by_github)


def _merge_request(subject: str, body: str) -> PullRequest | None:
    found = _GITLAB.findall(body)
    if not found:
        return None
    project, number = found[-1]
    first = _first_line(body)
    merged = subject.startswith("Merge branch ") and not first.startswith(("See merge request", "Closes "))
    branch = subject.split("'", 2)[1] if subject.startswith("Merge branch '") else ""
    return PullRequest(f"!{number}", (first if merged else "") or subject, project, "gitlab", branch)


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
