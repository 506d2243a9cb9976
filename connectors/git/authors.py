"""Who wrote commits, and who reviewed, helped with or applied them, by the mailmap."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from harvester.model.accounts import email_of, matches, name_of
from harvester.model.bots import is_bot

from . import log
from .log import History
from .subprocess import Git, text
from .trailers import APPLIED, CO_AUTHOR, Part, Trailer, trailers

MAX_TRAILERS = 200
"""As many people of one commit are read: each has a row, and the row names all the others."""


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


@dataclass(frozen=True, slots=True)
class Helper:
    """Somebody whom a commit names as who reviewed it or helped with it."""

    who: Author
    part: Part
    """The kind and the role of the row."""
    words: tuple[str, ...]
    """The trailers that say so, such as `reported`."""


@dataclass(frozen=True, slots=True)
class People:
    """The people whom one commit names besides its author."""

    co_authors: tuple[Author, ...] = ()
    helpers: tuple[Helper, ...] = ()
    """Without bots; those who wrote it may be among them."""
    applied_by: Author | None = None
    """Who committed it and signed it off; may be the author."""


NOBODY = People()


class CommitAuthors:
    """Who wrote each commit of a history, and who else had a part in it."""

    def __init__(self, history: History, person_of: Callable[[str], str]) -> None:
        self._history = history
        self._person_of = functools.cache(person_of)
        self._people: dict[int, People] = {}
        self.crowded_commits = 0
        """The number of commits that name more people than are read."""

    def load(self, git: Git, positions: Iterable[int]) -> None:
        """Read what the trailers of these commits say, and ask git for the accounts in one call."""
        wanted = [each for each in dict.fromkeys(positions) if each not in self._people]
        shas = [self._history.shas[position] for position in wanted]
        signed: dict[int, tuple[log.SignedMessage, tuple[Trailer, ...]]] = {}
        for position, each in zip(wanted, log.signed_messages(git, shas), strict=True):
            self._people[position] = NOBODY
            if b"-by" in each.message.lower() and (named := trailers(text(each.message))):
                signed[position] = each, named[:MAX_TRAILERS]
                self.crowded_commits += len(named) > MAX_TRAILERS
        contacts = {(each.name, each.address) for _, named in signed.values() for each in named}
        accounts = log.apply_mailmap(git, sorted(contacts))
        authors = {contact: self._author(account, contact[1]) for contact, account in accounts.items()}
        self._people |= {position: self._named(*each, authors) for position, each in signed.items()}

    def author(self, position: int) -> Author:
        """The author of a commit."""
        history = self._history
        account = log.account(history.names[position], history.addresses[position])
        return self._author(account, text(history.raw_addresses[position]))

    def co_authors(self, position: int) -> tuple[Author, ...]:
        """The co-authors that the message of a commit names, once they were loaded."""
        return self._people.get(position, NOBODY).co_authors

    def helpers(self, position: int) -> tuple[Helper, ...]:
        """Who else the message of a commit names as having reviewed it or helped with it, once they were loaded."""
        return self._people.get(position, NOBODY).helpers

    def applied_by(self, position: int) -> Author | None:
        """Who committed a commit of somebody else and signed it off, once it was loaded; None where nobody did."""
        found = self._people.get(position, NOBODY).applied_by
        writers = {each.person for each in self.all_of([position])}
        return None if found is None or found.person in writers or is_bot(found.account) else found

    def all_of(self, positions: Sequence[int]) -> list[Author]:
        """The authors and co-authors of commits, each commit's author before its co-authors."""
        return [each for position in positions for each in (self.author(position), *self.co_authors(position))]

    def wrote(self, position: int, keys: frozenset[str]) -> bool:
        """Whether one of the accounts with these keys is the author's or a co-author's."""
        return self.author(position).is_among(keys) or any(each.is_among(keys) for each in self.co_authors(position))

    def _author(self, account: str, raw_address: str) -> Author:
        return Author(account, raw_address, self._person_of(account))

    def _named(
        self, signed: log.SignedMessage, named: Sequence[Trailer], authors: Mapping[tuple[str, str], Author]
    ) -> People:
        co_authors, words = list[Author](), dict[tuple[Author, Part], list[str]]()
        committer, applied_by = self._author(signed.committer, signed.committer_address), None
        for each in named:
            who = authors[each.name, each.address]
            if each.part == CO_AUTHOR:
                co_authors.append(who)
            elif each.part != APPLIED:
                words.setdefault((who, each.part), []).append(each.word)
            elif who.person == committer.person:
                applied_by = committer
        helpers = (Helper(*key, tuple(said)) for key, said in words.items() if not is_bot(key[0].account))
        return People(tuple(dict.fromkeys(co_authors)), tuple(helpers), applied_by)
