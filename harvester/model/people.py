"""People: from the accounts of all sources to the people that harvester.toml names.

Addresses and logins are compared exactly and without case, never as a substring. An account that nobody configured (a
stranger's) is a person of its own, written `<e-mail>` or `connector:account`, which no configured name can be.
"""

from __future__ import annotations

import difflib
import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from harvester.errors import PersonError
from harvester.model.accounts import account_key, email_of, mail_key, name_of, noreply_login
from harvester.model.bots import is_bot

ANYBODY = "Name a key of [people], a full name or an e-mail address that occurs in the data."


@dataclass(frozen=True, slots=True)
class Person:
    """One configured person: key in `[people]`, name for readers, addresses, accounts by connector or source."""

    key: str
    name: str
    emails: tuple[str, ...] = ()
    accounts: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    may_be_read: bool = True
    """False for a mentee who has not agreed: naming them reads nothing."""


@dataclass(frozen=True)
class People:
    """The configured people, and which connector each configured source is read with."""

    persons: tuple[Person, ...] = ()
    connectors: Mapping[str, str] = field(default_factory=dict)
    bots: frozenset[str] = frozenset()
    github_com: frozenset[str] = frozenset()
    """The sources that read github.com itself, where a login is also a no-reply address."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "_by_email", self._index_emails())
        object.__setattr__(self, "_by_account", self._index_accounts())
        object.__setattr__(self, "_names", {person.key: person.name for person in self.persons})

    @property
    def digest(self) -> str:
        """Changes when `person_of` may give other answers."""
        return hashlib.sha256(
            repr((self.persons, sorted(self.connectors.items()), sorted(self.github_com))).encode(
                "utf-8", "surrogateescape"
            )
        ).hexdigest()[:16]

    def person_of(self, source: str, account: str) -> str:
        """The key of the person behind an account as a source has it; never null: a stranger is its own person."""
        connector = self.connectors.get(source, source)
        plain = account.strip().casefold()
        for place in (source, connector):
            if person := self._by_account.get((place, plain)):
                return person
        if (email := email_of(account)) is None:
            return f"{connector}:{plain}"
        return self._by_email.get(email) or self._by_noreply(email) or mail_key(email)

    def owns(self, person: str, source: str, account: str) -> bool:
        """Whether an account may be this person's: as `person_of` says, or by name where the source is not configured.

        This is for `forget`, which must find everything, also in a source that was renamed or removed since.
        """
        if self.person_of(source, account) == person:
            return True
        configured = self.configured(person)
        return bool(configured and source not in self.connectors and account_key(account) in _spellings(configured))

    def configured(self, person: str) -> Person | None:
        """The configured person with this key, or None for a stranger."""
        return next((each for each in self.persons if each.key == person), None)

    def name(self, person: str) -> str:
        """What a reader calls a person: the configured name, else the account without its prefix."""
        if person in self._names or person.startswith("<"):
            return self._names.get(person) or person.strip("<>")
        return person.partition(":")[2] or person

    def is_bot(self, account: str) -> bool:
        """Whether an account is a bot's or an assistant's, by the list that ships and the one in harvester.toml."""
        return is_bot(account, self.bots)

    def accounts_of(self, person: str, source: str) -> tuple[str, ...]:
        """A person's accounts in a source, to request: addresses for git, logins or ids elsewhere; may be empty.

        For git that includes the no-reply address of each GitHub login, without the number that GitHub puts before it,
        as `Request.wants` compares. Empty for a mentee who has not agreed to be read.
        """
        connector = self.connectors.get(source, source)
        configured = self.configured(person)
        if configured is None:
            return self._stranger_accounts(person, connector)
        if not configured.may_be_read:
            return ()
        accounts = configured.accounts
        named = accounts.get(source, accounts.get(connector, ()))
        if connector == "git":
            logins = (login for place in ("github", *sorted(self.github_com)) for login in accounts.get(place, ()))
            private = (f"{login}@users.noreply.github.com" for login in logins)
            return tuple(dict.fromkeys((*configured.emails, *named, *private)))
        return named or ((person,) if connector == "notebook" else ())

    def find(self, words: str, strangers: Mapping[str, str] | None = None, *, hint: str = ANYBODY) -> str:
        """The person that words name: a key, a full name, an address or an account; `strangers` maps keys to names.

        A key wins over everything else, and a configured person over a stranger. Raises PersonError, with the nearest
        names or else the hint, where nobody or more than one person is meant.
        """
        names = strangers or {}
        wanted = {words.strip().casefold(), account_key(words)}
        for keys in (
            [each.key for each in self.persons if each.key.casefold() in wanted],
            [each.key for each in self.persons if wanted & _spellings(each)],
            [key for key, name in names.items() if wanted & _spellings_of_stranger(key, name)],
        ):
            if len(keys) == 1:
                return keys[0]
            if keys:
                raise PersonError(f"{words!r} is more than one person: {', '.join(keys)}.", hint="Use one of these.")
        raise PersonError(f"Unknown person {words!r}.", hint=self._nearest(words.strip().casefold(), names) or hint)

    def _nearest(self, wanted: str, strangers: Mapping[str, str]) -> str:
        names = {name.casefold(): name for person in self.persons for name in (person.key, person.name, *person.emails)}
        names |= {text.casefold(): text for key, name in strangers.items() for text in (key.strip("<>"), name)}
        if near := difflib.get_close_matches(wanted, names, n=3, cutoff=0.5):
            return f"Did you mean {' or '.join(repr(names[each]) for each in near)}?"
        return ""

    def _by_noreply(self, email: str) -> str | None:
        login = noreply_login(email)
        if login is None:
            return None
        places = ("gitlab",) if email.endswith("gitlab.com") else ("github", *sorted(self.github_com))
        return next((key for place in places if (key := self._by_account.get((place, login)))), None)

    def _stranger_accounts(self, person: str, connector: str) -> tuple[str, ...]:
        if person.startswith("<"):
            return (person.strip("<>"),) if connector == "git" else ()
        place, _, account = person.partition(":")
        return (account,) if place == connector else ()

    def _index_emails(self) -> dict[str, str]:
        return {mail: person.key for person in self.persons for mail in _addresses(person, self.connectors)}

    def _index_accounts(self) -> dict[tuple[str, str], str]:
        index = {
            (place, account.casefold()): person.key
            for person in self.persons
            for place, accounts in person.accounts.items()
            for account in accounts
        }
        return {("notebook", person.key.casefold()): person.key for person in self.persons} | index

    _by_email: Mapping[str, str] = field(init=False, repr=False, compare=False)
    _by_account: Mapping[tuple[str, str], str] = field(init=False, repr=False, compare=False)
    _names: Mapping[str, str] = field(init=False, repr=False, compare=False)


def _addresses(person: Person, connectors: Mapping[str, str]) -> set[str]:
    named = (
        account
        for place, accounts in person.accounts.items()
        if connectors.get(place, place) == "git"
        for account in accounts
    )
    return {mail for each in (*person.emails, *named) if (mail := email_of(f"<{each}>" if "<" not in each else each))}


def _spellings(person: Person) -> set[str]:
    accounts = (account_key(each) for accounts in person.accounts.values() for each in accounts)
    return {person.name.casefold(), *(account_key(each) for each in person.emails), *accounts}


def _spellings_of_stranger(key: str, name: str) -> set[str]:
    plain = key.strip("<>") if key.startswith("<") else key.partition(":")[2]
    return {key.casefold(), name.casefold(), plain.casefold()}


def find_or_address(people: People, words: str) -> str:
    """The configured person that words name, or else the stranger with this e-mail address.

    Raises PersonError, with the nearest names, for other words that name nobody.
    """
    try:
        return people.find(words)
    except PersonError:
        if address := email_of(words):
            return mail_key(address)
        raise


def names_of(accounts: Iterable[str]) -> dict[str, str]:
    """Names of strangers by their key in the frame, from `name <e-mail>`; the `strangers` of `People.find`."""
    return {mail_key(email): name_of(account) for account in accounts if (email := email_of(account))}
