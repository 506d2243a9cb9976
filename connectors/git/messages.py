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

from harvester.sdk.remote_url import Forge as Forge
from harvester.sdk.statements import NO_TICKETS as NO_TICKETS
from harvester.sdk.statements import closes as closes
from harvester.sdk.statements import reverts as reverts
from harvester.sdk.statements import split as split

BranchOrigin = Literal["ours", "fork", "other"]
"""A branch of this project, of a fork of it, or of another project."""

_HEX = r"(?:[0-9a-f]{64}|[0-9a-f]{40})"
_PICKED = re.compile(rf"\(cherry picked from commit ({_HEX})\)", re.ASCII)
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
