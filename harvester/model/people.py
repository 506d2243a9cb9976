"""People: from the accounts of all sources to the people that harvester.toml names.

Accounts are compared as `harvester.model.accounts` says, never as a substring. What a person's accounts are is decided
in one place (`addresses_of`, `_logins_of`), from which both follow: what a source is asked for, and whose a row is.

An account that nobody configured (a stranger's) is a person of its own, which no configured name can be: `<e-mail>`, or
`place:account`. The place of a login is `github` or `gitlab` for the public host, else the host's name; so a login and
the no-reply address of its host are one stranger, and the same login on two hosts are two.
"""

from __future__ import annotations

import datetime as dt
import difflib
import functools
import hashlib
from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, field

from harvester.errors import PersonError
from harvester.model.accounts import (
    FORGE_HOSTS,
    Forge,
    account_key,
    account_keys,
    email_of,
    forge_login,
    forge_of_host,
    mail_key,
    matches,
    name_of,
    noreply_address,
    plain,
)
from harvester.model.bots import is_bot
from harvester.model.periods import Calendar, Period, union

BY_ADDRESS = frozenset({"jira"})
"""Connectors that look a person up by their addresses where no account is given."""
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
    away: tuple[tuple[dt.date, dt.date], ...] = field(default=(), repr=False)
    """Days away, as spans of a first and a last day, both included; not part of `People.digest`."""
    # Neither of these changes whose an account is, so neither is in the digest of people.
    mentored_since: dt.date | None = field(default=None, repr=False)
    """The first day on which I mentored them; None for everybody else."""
    named_in_public: bool = field(default=False, repr=False)
    """Whether a page for the public may name them: they agreed, or make it themselves."""


@dataclass(frozen=True)
class People:
    """The configured people, which connector each configured source is read with, and the hosts of forges.

    What is asked of it for each row or each page is found in an index, which is made once: there may be 10,000 people.
    """

    persons: tuple[Person, ...] = ()
    connectors: Mapping[str, str] = field(default_factory=dict)
    bots: frozenset[str] = frozenset()
    hosts: Mapping[str, str] = field(default_factory=dict)
    """By source the host of the forge that it reads; the public one where a source is missing."""

    @functools.cached_property
    def mentees(self) -> tuple[Person, ...]:
        """Those whom I mentor, in the order of the configuration, with and without their consent to be read."""
        return tuple(each for each in self.persons if each.mentored_since is not None)

    @functools.cached_property
    def not_to_be_read(self) -> frozenset[str]:
        """Who has not agreed to be read, by key."""
        return frozenset(each.key for each in self.persons if not each.may_be_read)

    @functools.cached_property
    def named_in_public(self) -> frozenset[str]:
        """Whom a page for the public may name, by key."""
        return frozenset(each.key for each in self.persons if each.named_in_public)

    @functools.cached_property
    def digest(self) -> str:
        """Changes when `person_of` may give other answers."""
        settled = repr((self.persons, sorted(self.connectors.items()), sorted(self.hosts.items())))
        return hashlib.sha256(settled.encode("utf-8", "surrogateescape")).hexdigest()[:16]

    def person_of(self, source: str, account: str) -> str:
        """The key of the person behind an account as a source has it; never null: a stranger is its own person.

        `source` may also be the place of a stranger's login.
        """
        connector = self.connectors.get(source, source)
        if connector != "git" and (person := self._logins(source).get(account_key(account))):
            return person
        if connector == "notebook" and len(named := self.meant(account)) == 1:
            return named[0]  # a notebook is written by hand, with names
        texts = [account]
        if source not in self.connectors and email_of(account) is None:
            texts = list(_addresses_at(source, account)) or texts
        if connector == "git" or email_of(texts[0]):
            keys = (key for text in texts for key in account_keys(text))
            if person := next((self._by_address[key] for key in keys if key in self._by_address), None):
                return person
        return self._stranger(source, account)

    def owns(self, person: str, source: str, account: str) -> bool:
        """Whether an account may be this person's: as `person_of` says, or by name where the source is not configured.

        This is for `forget`, which must find everything, also in a source that was renamed or removed since.
        """
        if self.person_of(source, account) == person:
            return True
        configured = self.configured(person)
        return bool(configured and source not in self.connectors and matches(account, self._spellings(configured)))

    def configured(self, person: str) -> Person | None:
        """The configured person with this key, or None for a stranger."""
        return self._by_key.get(person)

    def name(self, person: str) -> str:
        """What a reader calls a person: the configured name, else the account without its prefix."""
        configured = self.configured(person)
        if configured or person.startswith("<"):
            return (configured and configured.name) or person.strip("<>")
        return name_of(person.partition(":")[2] or person)

    def away_of(self, person: str, calendar: Calendar) -> list[Period]:
        """When somebody is away, by harvester.toml and in order; empty for a stranger."""
        configured = self.configured(person)
        return union(calendar.days(*each) for each in configured.away) if configured else []

    def days_away(self, person: str, period: Period, calendar: Calendar) -> int:
        """How many of a period's days somebody is away, weekends too; 0 for a stranger."""
        inside = (part for each in self.away_of(person, calendar) if (part := each.overlap(period)))
        return sum((last - first).days + 1 for first, last in map(calendar.dates, inside))

    def is_bot(self, account: str) -> bool:
        """Whether an account is a bot's or an assistant's, by the list that ships and the one in harvester.toml."""
        return is_bot(account, self.bots)

    def accounts_of(self, person: str, source: str) -> tuple[str, ...]:
        """A person's accounts in a source, to request: addresses for git, logins or ids elsewhere; may be empty.

        For git that includes the no-reply addresses of logins on forges. Empty for a mentee who has not agreed to be
        read.
        """
        configured = self.configured(person)
        if configured is None:
            return tuple(self._stranger_accounts(person, source))
        if not configured.may_be_read:
            return ()
        is_git = self.connectors.get(source, source) == "git"
        return self.addresses_of(configured) if is_git else self._logins_of(configured, source)

    def names_of(self, accounts: Iterable[tuple[str, str]]) -> dict[str, str]:
        """Names of strangers by their key in the frame, from pairs of source and `name <e-mail>`, or a note's text."""
        named = [pair for pair in accounts if "<" in pair[1] or self.connectors.get(pair[0]) == "notebook"]
        named.sort(key=lambda pair: "<" in pair[1])  # a name that comes with an address replaces a note's text
        names = {self.person_of(source, each): name_of(each) for source, each in named}
        return {person: name for person, name in names.items() if person not in self._by_key}

    def find(self, words: str, strangers: Mapping[str, str] | None = None, *, hint: str = ANYBODY) -> str:
        """The person that words name: a key, a full name, an address or an account; `strangers` maps keys to names.

        A key wins over everything else, and a configured person over a stranger. Raises PersonError, with the nearest
        names or else the hint, where nobody or more than one person is meant.
        """
        names = strangers or {}
        keys = self.meant(words, names)
        if len(keys) > 1:
            raise PersonError(f"{words!r} is more than one person: {', '.join(keys)}.", hint="Use one of these.")
        if not keys:
            raise PersonError(f"Unknown person {words!r}.", hint=self.nearest(words, names) or hint)
        return keys[0]

    def meant(self, words: str, strangers: Mapping[str, str] | None = None) -> list[str]:
        """The keys of all whom words may name, as `find` takes them; empty where nobody is named so."""
        names = strangers or {}
        wanted = {plain(words), *account_keys(words)}
        for index in (self._by_plain_key, self._by_spelling):
            if found := {at for word in wanted for at in index.get(word, ())}:
                return [self.persons[at].key for at in sorted(found)]
        return [key for key, name in names.items() if wanted & self._spellings_of_stranger(key, name)]

    def nearest(self, words: str, strangers: Mapping[str, str] | None = None) -> str:
        """A sentence with the nearest names of people; empty where none is near."""
        names = {plain(name): name for person in self.persons for name in (person.key, person.name, *person.emails)}
        names |= {plain(text): text for key, name in (strangers or {}).items() for text in (key.strip("<>"), name)}
        wanted = plain(words)
        beginning = sorted(each for each in names if wanted and each.startswith(wanted))
        # Addresses have domains in common, which make two of them alike that name nobody in common.
        alike = difflib.get_close_matches(wanted, names, n=3, cutoff=0.8 if "@" in wanted else 0.5)
        if near := list(dict.fromkeys([*beginning[:5], *alike]))[:5]:
            return f"Did you mean {' or '.join(repr(names[each]) for each in near)}?"
        return ""

    def addresses_of(self, person: Person) -> tuple[str, ...]:
        """A person's addresses as they may be in commits, wherever in the configuration they were given."""
        named = (
            account
            for place, accounts in person.accounts.items()
            if self.connectors.get(place, place) == "git"
            for account in accounts
        )
        private = (address for forge in FORGE_HOSTS for address in self._private_addresses(person, forge))
        return tuple(dict.fromkeys((*person.emails, *named, *private)))

    def _private_addresses(self, person: Person, forge: Forge) -> Iterator[str]:
        """The no-reply addresses of a person's logins on a forge.

        A login that is given for the forge holds on all its hosts. Where the person has another one in a source, it
        holds on the public host and in the sources without one.
        """
        hosts = {source: self._host(source) for source, connector in self.connectors.items() if connector == forge}
        own = {host for source, host in hosts.items() if source != forge and source in person.accounts}
        for source, host in hosts.items():
            if own or forge_of_host(host) != forge:
                yield from (noreply_address(forge, login, host) for login in self._logins_of(person, source))
        public = FORGE_HOSTS[forge] if own else f"{forge}.*"
        if self.connectors.get(forge, forge) == forge and public not in own:
            yield from (noreply_address(forge, login, public) for login in person.accounts.get(forge, ()))

    def _logins_of(self, person: Person, source: str) -> tuple[str, ...]:
        """A person's logins or ids in a source other than git; in a notebook, the person's key.

        Where nothing is given, the person's addresses for a connector that looks them up; an empty list says nobody.

        Those given for the source, else those given for its connector that nobody else has in the source.
        """
        connector = self.connectors.get(source, source)
        if source in person.accounts:
            return person.accounts[source]
        taken = self._taken.get(source, frozenset())
        named = tuple(each for each in person.accounts.get(connector, ()) if account_key(each) not in taken)
        if named or connector in person.accounts or connector not in BY_ADDRESS:
            return named or ((person.key,) if connector == "notebook" else ())
        return person.emails

    def _host(self, source: str) -> str:
        """The host of the forge that a source reads; empty where it reads none."""
        connector = self.connectors.get(source, source)
        return self.hosts.get(source) or next((host for forge, host in FORGE_HOSTS.items() if forge == connector), "")

    def _stranger(self, source: str, account: str) -> str:
        found = forge_login(account)
        if found and "." in found.host:
            place = _place(found.host)
            # On a host with logins of two forges one of them may be a configured person's: then the address tells more.
            if self.person_of(place, found.login) == f"{place}:{found.login}":
                return f"{place}:{found.login}"
        connector = self.connectors.get(source, source)
        # What stands in brackets behind a name is the id that the connector's site gives, unless it is an address.
        if (address := email_of(account)) and (connector not in BY_ADDRESS or "@" in address):
            return mail_key(account)
        host = self._host(source)
        return f"{_place(host) if host else connector}:{account_key(account)}"

    def _stranger_accounts(self, person: str, source: str) -> Iterator[str]:
        connector, host = self.connectors.get(source, source), self._host(source)
        if person.startswith("<"):
            yield from (person.strip("<>"),) if connector == "git" else ()
            return
        place, _, account = person.partition(":")
        if place == (_place(host) if host else connector):
            yield account
        if connector == "git":
            yield from _addresses_at(place, account)

    @functools.cached_property
    def _by_key(self) -> Mapping[str, Person]:
        return {each.key: each for each in self.persons}

    @functools.cached_property
    def _by_address(self) -> Mapping[str, str]:
        return {
            account_key(_bracketed(each)): person.key for person in self.persons for each in self.addresses_of(person)
        }

    @functools.cached_property
    def _by_plain_key(self) -> Mapping[str, list[int]]:
        """The places in `persons` by a key as `meant` compares it."""
        return _places([each.key.casefold()] for each in self.persons)

    @functools.cached_property
    def _by_spelling(self) -> Mapping[str, list[int]]:
        """The places in `persons` by everything else that `meant` compares."""
        return _places({plain(each.name), *self._spellings(each)} for each in self.persons)

    @functools.cached_property
    def _taken(self) -> Mapping[str, Set[str]]:
        """The keys of all accounts that are given for a connector or a source, by its name."""
        taken: dict[str, set[str]] = {}
        for place, names in (pair for each in self.persons for pair in each.accounts.items()):
            taken.setdefault(place, set()).update(map(account_key, names))
        return taken

    @functools.cached_property
    def _by_login(self) -> dict[str, dict[str, str]]:
        """What `_logins` has made so far."""
        return {}

    def _logins(self, source: str) -> dict[str, str]:
        """The configured people by the keys of their logins in a source."""
        if source not in self._by_login:
            logins = {person.key: self._logins_of(person, source) for person in self.persons}
            self._by_login[source] = {account_key(each): key for key, names in logins.items() for each in names}
        return self._by_login[source]

    def _spellings(self, person: Person) -> frozenset[str]:
        addresses = self.addresses_of(person)
        logins = (found.login for each in addresses if (found := forge_login(each)))
        accounts = (each for accounts in person.accounts.values() for each in accounts)
        return frozenset(map(account_key, (*addresses, *logins, *accounts)))

    def _spellings_of_stranger(self, key: str, name: str) -> set[str]:
        named = key.strip("<>") if key.startswith("<") else key.partition(":")[2]
        return {plain(key), plain(name), plain(named), *map(account_key, self._stranger_accounts(key, "git"))}


def _places(spellings: Iterable[Iterable[str]]) -> dict[str, list[int]]:
    """By word the places of those who are spelt so, in order."""
    found: dict[str, list[int]] = {}
    for at, words in enumerate(spellings):
        for word in words:
            found.setdefault(word, []).append(at)
    return found


def _place(host: str) -> str:
    """How a stranger's login says its host: `github` for github.com and for every host of GitHub at once."""
    return next((forge for forge, public in FORGE_HOSTS.items() if host in (public, f"{forge}.*")), host)


def _addresses_at(place: str, login: str) -> Iterator[str]:
    """The no-reply addresses that a login at a place of forges may have; none where the place is not one."""
    host = next((public for forge, public in FORGE_HOSTS.items() if forge == place), place)
    if "." in host:
        named = forge_of_host(host)
        yield from (noreply_address(forge, login, host) for forge in FORGE_HOSTS if named in (None, forge))


def _bracketed(account: str) -> str:
    """An account of git as the address that it is, also where it is a word without `@`."""
    return account if "<" in account else f"<{account}>"


def find_or_address(people: People, words: str) -> str:
    """The configured person that words name, or else the stranger with this e-mail address.

    Raises PersonError, with the nearest names, for other words that name nobody.
    """
    if email_of(words) and len(people.meant(words)) != 1:
        return people.person_of("", words)
    return people.find(words)
