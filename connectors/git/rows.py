"""Commits and pull requests as contributions. Pure.

A commit is a row for its author and one for each co-author; a merged pull request is a row for whoever wrote most of
its commits, one for each other author, and one, never counted, for the person who merged it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from harvester.model.accounts import account_key, email_of
from harvester.model.bots import is_bot
from harvester.model.contribution import Contribution, Role
from harvester.sdk.change_type import change_type

from . import messages
from .log import CommitDiff
from .merges import Pull
from .remote_url import Remote


@dataclass(frozen=True, slots=True)
class Author:
    """Somebody who wrote: the account by the mailmap, and the address as it stands in the commit."""

    account: str
    written_as: str

    @property
    def key(self) -> str:
        """Their address without case; who has the same is the same."""
        return email_of(self.account) or self.account.casefold()


def address_key(address: str) -> str:
    """How an address is compared with those asked for: without case, and without the number in a no-reply address."""
    plain = address.casefold()
    return account_key(plain) if "users.noreply." in plain else plain


@dataclass(frozen=True, slots=True)
class Place:
    """What all rows of a repository share."""

    source: str
    scope: str
    project: str
    remote: Remote | None
    unpushed: frozenset[bytes]

    def commit_url(self, sha: str) -> str | None:
        """Where a commit is shown; None where it is not there yet, or the forge is unknown."""
        return None if not self.remote or sha.encode() in self.unpushed else self.remote.commit_url(sha)

    def pull_url(self, pull: Pull) -> str | None:
        """Where a pull request is shown; None for another project's, and where the forge is unknown."""
        ours = self.remote and pull.subject == f"{self.remote.name}{pull.named.reference}"
        return self.remote.pull_url(pull.named.reference) if self.remote and ours else None


@dataclass(frozen=True, slots=True)
class Credit:
    """Who wrote what was merged, the one with most of its commits first; nobody where it brought none of its own."""

    authors: tuple[Author, ...]
    closes: tuple[str, ...] = ()
    """What its commits say they close."""


def credit(authors: Sequence[Author]) -> tuple[Author, ...]:
    """The distinct authors of commits, given oldest first: most commits first, ties to whoever came first."""
    first: dict[str, Author] = {}
    for each in authors:
        first.setdefault(each.key, each)
    counts = dict.fromkeys(first, 0)
    for each in authors:
        counts[each.key] += 1
    return tuple(first[key] for key in sorted(first, key=lambda key: -counts[key]))


def others_of(author: Author, more: Sequence[Author]) -> tuple[Author, ...]:
    """The distinct people in a list who are not the author."""
    found = {author.key: author, author.written_as.casefold(): author}
    return tuple(found.setdefault(each.key, each) for each in more if each.key not in found)


def of_commit(
    change: CommitDiff, landed: int, author: Author, more: Sequence[Author], part_of: str | None, place: Place
) -> Iterator[Contribution]:
    """The rows of one commit: its author's, and those of its co-authors."""
    title, body = messages.split(change.message)
    shared: dict[str, Any] = _shared(change, landed, title, body, place) | {
        "kind": "commit",
        "work_item": f"commit/{change.sha}",
        "started_at": None if change.began is None else moment(change.began),
        "url": place.commit_url(change.sha),
        "closes": messages.closes(change.message),
        "part_of": (part_of,) if part_of else (),
        "picked_from": messages.same_as(change.message),
        "owners": (author.account,),
    }
    with_them = others_of(author, more)
    accounts = tuple(each.account for each in with_them)
    yield Contribution(
        id=f"commit/author/{change.sha}", account=author.account, role="author", participants=accounts, **shared
    )
    for each in with_them:
        yield _beside("commit", change.sha, each, accounts, shared)


def of_pull(
    change: CommitDiff, landed: int, pull: Pull, credit: Credit, merged: bool, place: Place
) -> Iterator[Contribution]:
    """The rows of one merged pull request; `merged` where a merge landed it, whose author pressed the button."""
    _, body = messages.split(change.message)
    below = body.removeprefix(pull.named.title).strip() if merged else body
    shared: dict[str, Any] = _shared(change, landed, pull.named.title, below, place) | {
        "kind": "pull_request",
        "work_item": pull.subject,
        "url": place.pull_url(pull),
        "state": "merged",
        # The commit that landed it, as a forge tells it too: what takes that back takes back this.
        "closes": tuple(dict.fromkeys([*messages.closes(change.message), *credit.closes, f"commit/{change.sha}"])),
        "picked_from": messages.same_as(change.message),
        "owners": tuple(each.account for each in credit.authors[:1]),
    }
    merger = _merger(change, credit) if merged else None
    with_them = tuple(each.account for each in credit.authors[1:]) + ((merger,) if merger else ())
    for each in credit.authors[:1]:
        row = f"pull_request/author/{change.sha}"
        yield Contribution(id=row, account=each.account, role="author", participants=with_them, **shared)
    for each in credit.authors[1:]:
        yield _beside("pull_request", change.sha, each, with_them, shared)
    if merger:
        rest = tuple(each for each in with_them if each != merger)
        row = f"pull_request/merger/{change.sha}"
        yield Contribution(id=row, account=merger, role="merger", participants=rest, **shared)


def moment(seconds: int) -> dt.datetime:
    """Seconds since 1970 as an aware time; they are of the years 1 to 9999."""
    return _EPOCH + dt.timedelta(seconds=seconds)


_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


def _shared(change: CommitDiff, landed: int, title: str, body: str, place: Place) -> dict[str, Any]:
    return {
        "source": place.source, "scope": place.scope, "project": place.project,
        "occurred_at": moment(landed), "title": title, "body": body or None, "change_type": change_type(title),
        "reverts": messages.reverts(change.message),
        "paths": change.paths or (), "files_changed": None if change.paths is None else len(change.paths),
        "additions": change.additions, "deletions": change.deletions,
    }  # fmt: skip


def _beside(kind: str, sha: str, author: Author, accounts: tuple[str, ...], shared: Mapping[str, Any]) -> Contribution:
    rest = tuple(each for each in accounts if each != author.account)
    role: Role = "co-author"
    row = f"{kind}/{role}/{sha}/{author.written_as.casefold()}"
    return Contribution(id=row, account=author.account, role=role, participants=rest, **shared)


def _merger(change: CommitDiff, credit: Credit) -> str | None:
    """Who pressed the button, where that is a person and none of the authors."""
    email = email_of(change.author)
    known = {each.key for each in credit.authors}
    return None if email in known or is_bot(change.author) else change.author
