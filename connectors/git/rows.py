"""Commits and merged pull requests as rows of the ledger. Pure.

A commit is a row for its author and one for each co-author. A merged pull request is a row for the person who wrote
most of its commits, one for each other author, and one, never counted, for the person who merged it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from harvester.model.bots import is_bot
from harvester.model.contribution import Contribution
from harvester.sdk.change_type import change_type
from harvester.sdk.remote_url import Remote
from harvester.sdk.statements import tickets_in

from . import log, messages
from .authors import Author, CommitAuthors, rank_authors
from .diffs import CommitDiff
from .merges import MergedPullRequest
from .shares import WHOLE, Lines, Share, own_lines


@dataclass(frozen=True, slots=True)
class RowContext:
    """What all rows of a repository have in common."""

    source: str
    scope: str
    project: str
    remote: Remote | None
    unpushed: frozenset[bytes]
    person_of: Callable[[str], str]
    """The person behind an account."""

    def commit_url(self, sha: str) -> str | None:
        """The web page of a commit; None where the commit is not pushed, or the forge is unknown."""
        return None if not self.remote or sha.encode() in self.unpushed else self.remote.commit_url(sha)

    def pull_request_url(self, merged: MergedPullRequest) -> str | None:
        """The web page of a pull request; None for another project's, and where the forge is unknown."""
        reference = merged.pull_request.reference
        ours = self.remote and merged.work_item == f"{self.remote.name}{reference}"
        return self.remote.pull_url(reference) if self.remote and ours else None


@dataclass(frozen=True, slots=True)
class CommitFacts:
    """What only the whole history says of one commit, as it is written into rows."""

    landed_at: int
    """When it reached the branch that is read, in seconds since 1970."""
    part_of: str | None = None
    reverted_by: tuple[str, ...] = ()
    picked_from: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """By person the original of the same change that is theirs, too."""
    topic: Mapping[str, str] = field(default_factory=dict)
    """The keys of the column `extra` that name the topic a commit came with."""
    helped_by: tuple[str, ...] = ()
    """The accounts of those who reviewed it or helped with it."""
    is_imported: bool = False
    """Whether it was taken in with another repository's history, whose numbers are not ours."""


@dataclass(frozen=True, slots=True)
class Credit:
    """Who gets credit for a pull request, the owner first; nobody where it has no commits of its own."""

    authors: tuple[Author, ...]
    closes: tuple[str, ...] = ()
    """What its commits say they close."""
    shares: Mapping[str, Share] = field(default_factory=dict)
    """By person the share, where there are several authors."""
    lines: Mapping[int, Lines] = field(default_factory=dict)
    """The lines of the commits in these shares, by position."""


def credit_for(merged: MergedPullRequest, authors: CommitAuthors) -> tuple[Author, ...]:
    """The authors of a pull request, the owner first.

    The person who wrote most of its commits owns it; who merged it does not, and who opened it is not in the history.
    Co-authors come after all authors, because a trailer does not say how much of a commit they wrote.
    Tests: test_a_merger_is_not_the_author, test_of_two_equal_authors_the_first_is_the_owner.
    """
    writers = rank_authors(authors.author(position) for position in merged.commits)
    persons = {each.person for each in writers}
    return (*writers, *(each for each in rank_authors(authors.all_of(merged.commits)) if each.person not in persons))


def without(author: Author, co_authors: Sequence[Author]) -> tuple[Author, ...]:
    """The distinct people among the co-authors who are not the author, also not by another address."""
    found: dict[str, Author] = {}
    for each in co_authors:
        if each.person != author.person and each.address != author.raw_address.casefold():
            found.setdefault(each.person, each)
    return tuple(found.values())


def commit_rows(
    diff: CommitDiff, facts: CommitFacts, author: Author, co_authors: Sequence[Author], context: RowContext
) -> Iterator[Contribution]:
    """The rows of one commit: its author's, and those of its co-authors."""
    title, body = messages.split(diff.message)
    common: dict[str, Any] = _common(diff, facts, title, body, context) | {
        "kind": "commit",
        "work_item": f"commit/{diff.sha}",
        "started_at": None if diff.authored_at is None else log.to_datetime(diff.authored_at),
        "url": context.commit_url(diff.sha),
        "closes": _ours(messages.closes(_own_words(diff.message)), facts),
        "part_of": (facts.part_of,) if facts.part_of else (),
        "owners": (author.account,),
        "extra": {**facts.topic, **diff.not_work.as_left_out()},
    }
    others = without(author, co_authors)
    accounts = _distinct(*(each.account for each in others), *facts.helped_by)
    picked_from = facts.picked_from.get(author.person, ())
    row_id = f"commit/author/{diff.sha}"
    yield Contribution(
        id=row_id, account=author.account, role="author", participants=accounts, picked_from=picked_from, **common
    )
    for each in others:
        yield _co_author_row(diff.sha, each, accounts, facts, common)


def pull_request_rows(
    diff: CommitDiff,
    facts: CommitFacts,
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
    named = tickets_in(merged.pull_request.branch)
    common: dict[str, Any] = _common(diff, facts, merged.pull_request.title, description, context) | {
        "kind": "pull_request",
        "work_item": merged.work_item,
        "url": context.pull_request_url(merged),
        "state": "merged",
        # It closes the commit that merged it, as it does on a forge, so that a revert of that commit reverts it.
        "closes": tuple(dict.fromkeys([*messages.closes(diff.message), *credit.closes, *named, f"commit/{diff.sha}"])),
        "owners": tuple(each.account for each in credit.authors[:1]),
    }
    merger = _merger(diff, credit, context.person_of) if by_merge else None
    participants = _distinct(*(each.account for each in credit.authors[1:]), *facts.helped_by, *filter(None, [merger]))
    for each in credit.authors[:1]:
        row_id, picked_from = f"pull_request/author/{diff.sha}", facts.picked_from.get(each.person, ())
        own = common | _own(diff, each, credit)
        yield Contribution(
            id=row_id, account=each.account, role="author", participants=participants, picked_from=picked_from, **own
        )
    for each in credit.authors[1:]:
        yield _co_author_row(diff.sha, each, participants, facts, common | _own(diff, each, credit))
    if merger:
        row_id = f"pull_request/merger/{diff.sha}"
        others = _all_but(merger, participants)
        yield Contribution(id=row_id, account=merger, role="merger", participants=others, **common)


def _own(diff: CommitDiff, author: Author, credit: Credit) -> dict[str, Any]:
    """What only one author's row of a pull request says."""
    share = credit.shares.get(author.person, WHOLE)
    own = own_lines(Lines.of(diff), share, credit.lines)
    return {
        "extra": share.extra() | own.not_work.as_left_out(),
        "additions": own.work.additions, "deletions": own.work.deletions,
    }  # fmt: skip


def _own_words(message: str) -> str:
    """A message without what a squashed subtree lists: the subject lines of another repository's commits."""
    return messages.split(message)[0] if messages.subtree(message) else message


def _ours(references: tuple[str, ...], facts: CommitFacts) -> tuple[str, ...]:
    return messages.without_local(references) if facts.is_imported else references


def _common(diff: CommitDiff, facts: CommitFacts, title: str, body: str, context: RowContext) -> dict[str, Any]:
    own_words = _own_words(diff.message)
    return {
        "source": context.source, "scope": context.scope, "project": context.project,
        "occurred_at": log.to_datetime(facts.landed_at), "title": title, "body": body or None,
        "change_type": change_type(title),
        "reverts": _ours(messages.reverts(own_words), facts), "reverted_by": facts.reverted_by,
        "paths": diff.paths or (), "files_changed": diff.size.files, "extra": diff.not_work.as_left_out(),
        "additions": diff.size.additions, "deletions": diff.size.deletions,
    }  # fmt: skip


def _co_author_row(
    sha: str, co_author: Author, participants: tuple[str, ...], facts: CommitFacts, common: Mapping[str, Any]
) -> Contribution:
    """A co-author's row; its id has the address in the message, which no mailmap changes."""
    return Contribution(
        id=f"{common['kind']}/co-author/{sha}/{co_author.raw_address.casefold()}",
        account=co_author.account,
        role="co-author",
        participants=_all_but(co_author.account, participants),
        picked_from=facts.picked_from.get(co_author.person, ()),
        **common,
    )


def _distinct(*accounts: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(accounts))


def _all_but(account: str, participants: Sequence[str]) -> tuple[str, ...]:
    return tuple(each for each in participants if each != account)


def _merger(diff: CommitDiff, credit: Credit, person_of: Callable[[str], str]) -> str | None:
    """The author of the merge; None where that is a bot or one of the pull request's authors."""
    is_author = person_of(diff.author) in {each.person for each in credit.authors}
    return None if is_author or is_bot(diff.author) else diff.author
