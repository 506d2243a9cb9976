"""Commits and merged pull requests as rows of the ledger. Pure.

A commit is a row for its author and one for each co-author. A merged pull request is a row for the person who wrote
most of its commits, one for each other author, and one, never counted, for the person who merged it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from harvester.model.accounts import email_of
from harvester.model.bots import is_bot
from harvester.model.contribution import Contribution
from harvester.sdk.change_type import change_type

from . import log, messages
from .authors import Author, CommitAuthors, rank_authors
from .diffs import CommitDiff
from .merges import MergedPullRequest
from .remote_url import Remote


@dataclass(frozen=True, slots=True)
class RowContext:
    """What all rows of a repository have in common."""

    source: str
    scope: str
    project: str
    remote: Remote | None
    unpushed: frozenset[bytes]

    def commit_url(self, sha: str) -> str | None:
        """The web page of a commit; None where the commit is not pushed, or the forge is unknown."""
        return None if not self.remote or sha.encode() in self.unpushed else self.remote.commit_url(sha)

    def pull_request_url(self, merged: MergedPullRequest) -> str | None:
        """The web page of a pull request; None for another project's, and where the forge is unknown."""
        reference = merged.pull_request.reference
        ours = self.remote and merged.work_item == f"{self.remote.name}{reference}"
        return self.remote.pull_url(reference) if self.remote and ours else None


@dataclass(frozen=True, slots=True)
class Credit:
    """Who gets credit for a pull request, the owner first; nobody where it has no commits of its own."""

    authors: tuple[Author, ...]
    closes: tuple[str, ...] = ()
    """What its commits say they close."""


def credit_for(merged: MergedPullRequest, authors: CommitAuthors) -> tuple[Author, ...]:
    """The authors of a pull request, the owner first.

    The person who wrote most of its commits owns it; who merged it does not, and who opened it is not in the history.
    Co-authors come after all authors, because a trailer does not say how much of a commit they wrote.
    Tests: test_a_merger_is_not_the_author, test_of_two_equal_authors_the_first_is_the_owner.
    """
    writers = rank_authors(authors.author(position) for position in merged.commits)
    keys = {each.key for each in writers}
    return (*writers, *(each for each in rank_authors(authors.all_of(merged.commits)) if each.key not in keys))


def without(author: Author, co_authors: Sequence[Author]) -> tuple[Author, ...]:
    """The distinct co-authors who are not the author."""
    found = {author.key: author, author.raw_address.casefold(): author}
    return tuple(found.setdefault(each.key, each) for each in co_authors if each.key not in found)


def commit_rows(
    diff: CommitDiff,
    committed_at: int,
    author: Author,
    co_authors: Sequence[Author],
    part_of: str | None,
    context: RowContext,
) -> Iterator[Contribution]:
    """The rows of one commit: its author's, and those of its co-authors."""
    title, body = messages.split(diff.message)
    common: dict[str, Any] = _common(diff, committed_at, title, body, context) | {
        "kind": "commit",
        "work_item": f"commit/{diff.sha}",
        "started_at": None if diff.authored_at is None else log.to_datetime(diff.authored_at),
        "url": context.commit_url(diff.sha),
        "closes": messages.closes(_own_words(diff.message)),
        "part_of": (part_of,) if part_of else (),
        "owners": (author.account,),
    }
    others = without(author, co_authors)
    accounts = tuple(each.account for each in others)
    yield Contribution(
        id=f"commit/author/{diff.sha}", account=author.account, role="author", participants=accounts, **common
    )
    for each in others:
        yield _co_author_row(diff.sha, each, accounts, common)


def pull_request_rows(
    diff: CommitDiff,
    committed_at: int,
    merged: MergedPullRequest,
    credit: Credit,
    by_merge: bool,
    context: RowContext,
) -> Iterator[Contribution]:
    """The rows of one pull request.

    `diff` is of the commit that merged it. `by_merge` says that this is a merge, whose author is who merged it; the
    author of a squashed commit is who wrote the pull request.
    """
    _, body = messages.split(diff.message)
    description = body.removeprefix(merged.pull_request.title).strip() if by_merge else body
    common: dict[str, Any] = _common(diff, committed_at, merged.pull_request.title, description, context) | {
        "kind": "pull_request",
        "work_item": merged.work_item,
        "url": context.pull_request_url(merged),
        "state": "merged",
        # It closes the commit that merged it, as it does on a forge, so that a revert of that commit reverts it.
        "closes": tuple(dict.fromkeys([*messages.closes(diff.message), *credit.closes, f"commit/{diff.sha}"])),
        "owners": tuple(each.account for each in credit.authors[:1]),
    }
    merger = _merger(diff, credit) if by_merge else None
    participants = tuple(each.account for each in credit.authors[1:]) + ((merger,) if merger else ())
    for each in credit.authors[:1]:
        row_id = f"pull_request/author/{diff.sha}"
        yield Contribution(id=row_id, account=each.account, role="author", participants=participants, **common)
    for each in credit.authors[1:]:
        yield _co_author_row(diff.sha, each, participants, common)
    if merger:
        row_id = f"pull_request/merger/{diff.sha}"
        others = _all_but(merger, participants)
        yield Contribution(id=row_id, account=merger, role="merger", participants=others, **common)


def _own_words(message: str) -> str:
    """A message without what a squashed subtree lists: the subject lines of another repository's commits."""
    return messages.split(message)[0] if messages.subtree(message) else message


def _common(diff: CommitDiff, committed_at: int, title: str, body: str, context: RowContext) -> dict[str, Any]:
    own_words = _own_words(diff.message)
    return {
        "source": context.source, "scope": context.scope, "project": context.project,
        "occurred_at": log.to_datetime(committed_at), "title": title, "body": body or None,
        "change_type": change_type(title),
        "reverts": messages.reverts(own_words), "picked_from": messages.picked_from(own_words),
        "paths": diff.paths or (), "files_changed": None if diff.paths is None else len(diff.paths),
        "additions": diff.additions, "deletions": diff.deletions,
    }  # fmt: skip


def _co_author_row(
    sha: str, co_author: Author, participants: tuple[str, ...], common: Mapping[str, Any]
) -> Contribution:
    """A co-author's row; its id has the address in the message, which no mailmap changes."""
    return Contribution(
        id=f"{common['kind']}/co-author/{sha}/{co_author.raw_address.casefold()}",
        account=co_author.account,
        role="co-author",
        participants=_all_but(co_author.account, participants),
        **common,
    )


def _all_but(account: str, participants: Sequence[str]) -> tuple[str, ...]:
    return tuple(each for each in participants if each != account)


def _merger(diff: CommitDiff, credit: Credit) -> str | None:
    """The author of the merge; None where that is a bot or one of the pull request's authors."""
    is_author = email_of(diff.author) in {each.key for each in credit.authors}
    return None if is_author or is_bot(diff.author) else diff.author
