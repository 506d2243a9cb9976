"""Who wrote commits: authors and co-authors, by the mailmap."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from harvester.model.accounts import email_of, matches, name_of

from . import log, messages
from .log import History
from .subprocess import Git, text

MAX_CO_AUTHORS = 200
"""As many co-authors of one commit are read: each has a row, and the row names all the others."""


@dataclass(frozen=True, slots=True)
class Author:
    """Who wrote something: the account by the mailmap, the address as the commit has it, and the person behind both."""

    account: str
    raw_address: str
    person: str
    """The same for all accounts of one person."""

    @property
    def address(self) -> str:
        """The address by the mailmap, without case; where there is none the account."""
        return email_of(self.account) or self.account.casefold()

    def is_among(self, keys: frozenset[str]) -> bool:
        """Whether the account, by the mailmap or as the commit has it, is one of those with these keys."""
        return matches(self.account, keys) or matches(f"{name_of(self.account)} <{self.raw_address}>", keys)


def rank_authors(authors: Iterable[Author]) -> tuple[Author, ...]:
    """The distinct people who wrote commits, given oldest first: by their number of commits, then who came first.

    Somebody with several addresses is one author, with the account of the first commit.
    `sorted` keeps the order of equals, and a dictionary the order of insertion; so ties are in the order of the commits
    and the result is the same at every harvest.
    Test: test_of_two_equal_authors_the_first_is_the_owner.
    """
    first: dict[str, Author] = {}
    counts: dict[str, int] = {}
    for author in authors:
        first.setdefault(author.person, author)
        counts[author.person] = counts.get(author.person, 0) + 1
    return tuple(first[person] for person in sorted(first, key=lambda person: -counts[person]))


class CommitAuthors:
    """The author and the co-authors of each commit of a history."""

    def __init__(self, history: History, person_of: Callable[[str], str]) -> None:
        self._history = history
        self._person_of = functools.cache(person_of)
        self._co_authors: dict[int, tuple[Author, ...]] = {}
        self.crowded_commits = 0
        """The number of commits that name more co-authors than are read."""

    def load_co_authors(self, git: Git, positions: Iterable[int]) -> None:
        """Read the co-authors of these commits from their messages, and ask git for their accounts in one call."""
        named = {}
        for position in dict.fromkeys(positions):
            message = self._history.messages.get(position, b"")
            if b"co-authored-by:" in message.lower() and (contacts := messages.co_authors(text(message))):
                named[position] = contacts[:MAX_CO_AUTHORS]
                self.crowded_commits += len(contacts) > MAX_CO_AUTHORS
        accounts = log.apply_mailmap(git, list(dict.fromkeys(each for contacts in named.values() for each in contacts)))
        self._co_authors = {
            position: tuple(self._author(accounts[each], each[1]) for each in contacts)
            for position, contacts in named.items()
        }

    def author(self, position: int) -> Author:
        """The author of a commit."""
        history = self._history
        account = log.account(history.names[position], history.addresses[position])
        return self._author(account, text(history.raw_addresses[position]))

    def co_authors(self, position: int) -> tuple[Author, ...]:
        """The co-authors that the message of a commit names, once they were loaded."""
        return self._co_authors.get(position, ())

    def all_of(self, positions: Sequence[int]) -> list[Author]:
        """The authors and co-authors of commits, each commit's author before its co-authors."""
        return [each for position in positions for each in (self.author(position), *self.co_authors(position))]

    def _author(self, account: str, raw_address: str) -> Author:
        return Author(account, raw_address, self._person_of(account))

    def wrote(self, position: int, keys: frozenset[str]) -> bool:
        """Whether one of the accounts with these keys is the author's or a co-author's."""
        return self.author(position).is_among(keys) or any(each.is_among(keys) for each in self.co_authors(position))
