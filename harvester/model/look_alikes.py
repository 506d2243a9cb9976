"""Accounts that look like one person's: the same name, or a distinctive login or address, in other places. Pure.

Nothing is merged by it: it only finds what somebody should add to `[people]`, so it is precise rather than complete.

| two accounts | look alike | because |
|---|---|---|
| `Ada Byron <a@x>`, `Ada Byron <b@y>` | yes | the same full name, also with other accents or as `Byron, Ada` |
| `Ada K. Byron <a@x>`, `Ada Byron <b@y>` | yes | the same first and last name |
| `Ada <ada@x>`, `Ada <ada@y>` | no | many people have this first name |
| `Michael Li <michael@x>`, `Michael Wu <michael@y>` | no | a first name, and other surnames |
| `countess9@x`, `Ada <countess9@y>` | yes | the same word before the @, which is nobody's name |
| `info@x`, `info@y` | no | that word is a mailbox's |
| `Ada B <ada.byron@x>`, `Ada Byron <a@y>` | yes | the address reads as the name |
| `1+countess@users.noreply.github.com`, `countess@x` | yes | the login is the word before the @ |
| `Bo Wu <countess@x>`, `Ada Byron <countess@y>` | no | two full names without a common first name |
| `ada+git@x`, `ada@x` | yes | one mailbox with a tag |

A first name, a surname and a mailbox say nothing: those in look_alikes.toml, and all that are part of a full name in
what is compared. An address that three names use belongs to a mailing list or a machine and is nobody's.
Test: test_look_alikes.
"""

from __future__ import annotations

import functools
import re
import tomllib
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NamedTuple

from harvester.model.accounts import account_key, email_of, forge_login, name_of, plain
from harvester.model.people import People

SHORTEST = 4
"""Letters and digits of a login, or of a word before the @, that says who somebody is."""
MOST_NAMES = 2
"""Different full names that one person may have at one address."""
RARE = 50
"""A name that not even one in so many of a person's contributions has is a slip, or somebody else's."""

Place = Literal["login", "address", "name"]
_PLACES: Mapping[Place, str] = {"login": "login", "address": "word before the @", "name": "name"}

Words = tuple[str, ...]
"""A name as it is compared: words of small letters and digits without accents."""

Trait = tuple[str, ...]
"""A word, a name or a mailbox by which people are found, and before it which of these it is."""


class Account(NamedTuple):
    """An account as one source writes it."""

    source: str
    text: str


@dataclass(frozen=True, slots=True)
class LookAlike:
    """Somebody whose accounts look like a person's: the key in the frame, the accounts, and why, in words.

    The accounts with most contributions come first.

    `count` is the number of their contributions, in whatever was compared.
    """

    person: str
    accounts: tuple[Account, ...]
    count: int
    reason: str


@dataclass(frozen=True, slots=True)
class _Spellings:
    """All that is known of how one person is written."""

    names: Mapping[Words, str]
    """Full names, of two words or more, and as they were written."""
    words: Mapping[str, Place]
    """Single words: logins, the parts before an @, and names of one word."""
    mailboxes: frozenset[str] = frozenset()
    """Addresses without a tag after a plus."""


@functools.cache
def _listed(what: str) -> frozenset[str]:
    """The words of a list in look_alikes.toml."""
    return frozenset(tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))[what])


class Sightings:
    """Everybody in the sources, to be compared: the number of contributions by account."""

    def __init__(self, people: People, counts: Mapping[Account, int]) -> None:
        self._people = people
        self._counts = counts
        self._accounts: dict[str, list[Account]] = defaultdict(list)
        for each in sorted(counts):
            if not people.is_bot(each.text):
                self._accounts[people.person_of(*each)].append(each)
        self._spellings = {person: self._spell(person, own) for person, own in self._accounts.items()}
        name_words = {word for each in self._spellings.values() for name in each.names for word in name}
        self._common_words = name_words.union(*map(_listed, ("mailboxes", "placeholders", "given_names")))
        self._by_trait: dict[Trait, list[str]] = defaultdict(list)
        for person, spellings in self._spellings.items():
            if people.configured(person) is None and not _is_shared(spellings):
                for trait in _traits(spellings):
                    self._by_trait[trait].append(person)

    @property
    def persons(self) -> list[str]:
        """The keys of everybody but bots, those with most contributions first."""
        return sorted(self._accounts, key=lambda person: (-self.count(person), person))

    def count(self, person: str) -> int:
        """The number of a person's contributions."""
        return sum(self._counts[each] for each in self._accounts.get(person, ()))

    def accounts(self, person: str) -> tuple[Account, ...]:
        """A person's accounts as sources write them, those with most contributions first."""
        return tuple(sorted(self._accounts.get(person, ()), key=lambda each: (-self._counts[each], each)))

    def like(self, person: str, besides: Set[str] = frozenset()) -> list[LookAlike]:
        """Who looks like a person and is not configured as somebody else, those with most contributions first.

        With `besides` only those who are not among these people: a team of 200 would compare each with each.
        """
        own = self._spellings.get(person) or self._spell(person, ())
        if self._people.configured(person) is None and _is_shared(own):
            return []
        found = [
            LookAlike(other, self.accounts(other), self.count(other), reason)
            for other in {each for trait in self._sought(own) for each in self._by_trait.get(trait, ())}
            if other != person and other not in besides and (reason := self._reason(own, self._spellings[other]))
        ]
        return sorted(found, key=lambda each: (-each.count, each.person))

    def _sought(self, own: _Spellings) -> Iterator[Trait]:
        """The traits of all for whom `_reason` may have words, so that not everybody is compared with everybody.

        Of words only distinctive ones, since many people have the others.
        """
        names = _joined(own.names)
        yield from (("word", each) for each in (*filter(self._is_distinctive, own.words), *names))
        yield from (("name", each) for each in (*own.words, *names))
        yield from (("words of a name", *each[::-1]) for each in own.names)
        yield from _common_traits(own)

    def _spell(self, person: str, accounts: Sequence[Account]) -> _Spellings:
        total = sum(self._counts[each] for each in accounts)
        texts = [each.text for each in accounts if self._counts[each] * RARE >= total]
        if configured := self._people.configured(person):
            addresses = [f"<{each}>" for each in configured.emails]
            logins = [each for names in configured.accounts.values() for each in names]
            texts += [*addresses, *logins, *([f"{configured.name} <>"] if configured.name != person else [])]
        return _spellings(texts)

    def _reason(self, one: _Spellings, other: _Spellings) -> str:
        """Why two look like the same person; empty where they do not."""
        if found := _same_name(one.names, other.names):
            return found
        if one.mailboxes & other.mailboxes:
            return "the same mailbox with a tag after a plus"
        if one.names and other.names and all(_differ(a, b) for a in one.names for b in other.names):
            return ""
        for first, second in ((one, other), (other, one)):
            if named := _joined(first.names).keys() & second.words.keys():
                word = min(named)
                return f"the {_PLACES[second.words[word]]} “{word}” reads as the name “{_joined(first.names)[word]}”"
        common = sorted(word for word in one.words.keys() & other.words.keys() if self._is_distinctive(word))
        if not common:
            return ""
        places = [_PLACES[each.words[common[0]]] for each in (one, other)]
        if places[0] == places[1]:
            return f"the same {places[0]} “{common[0]}”"
        return f"“{common[0]}” is the {places[0]} of one and the {places[1]} of the other"

    def _is_distinctive(self, word: str) -> bool:
        """Whether a word says who somebody is: it is no mailbox, no first name and no surname, with a number or not."""
        letters = word.strip("0123456789")
        return len(word) >= SHORTEST and len(letters) >= SHORTEST - 1 and letters not in self._common_words


def _is_shared(spellings: _Spellings) -> bool:
    """Whether several people use an address, such as a mailing list's that sends in their names."""
    different: list[Words] = []
    for name, written in spellings.names.items():
        if _OF_SEVERAL.search(written):
            return True
        if all(_differ(name, other) for other in different):
            different.append(name)
        if len(different) > MOST_NAMES:
            return True
    return False


def _traits(own: _Spellings) -> Iterator[Trait]:
    """All by which somebody may be found."""
    yield from (("word", each) for each in own.words)
    yield from (("name", each) for each in _joined(own.names))
    yield from (("words of a name", *each) for each in own.names)
    yield from _common_traits(own)


def _common_traits(own: _Spellings) -> Iterator[Trait]:
    """What two have in common who have one mailbox, or one name in full and shortened."""
    yield from (("mailbox", each) for each in own.mailboxes)
    for name in own.names:
        if len(words := [word for word in name if len(word) > 1]) > 1:
            yield "ends", name[0], name[-1]
            yield "without initials", *words


def _spellings(texts: Iterable[str]) -> _Spellings:
    names: dict[Words, str] = {}
    words: dict[str, Place] = {}
    mailboxes = set()
    for text in texts:
        address, found = email_of(text), forge_login(text)
        if found:
            words["".join(_words(found.login))] = "login"
        elif address:
            local, at, host = address.partition("@")
            local = local.partition("+")[0] or local
            mailboxes.add(f"{local}{at}{host}")
            words.setdefault("".join(_words(local)), "address")
        elif "<" not in text:
            words["".join(_words(text))] = "login"
        name = name_of(text) if "<" in text and not text.lstrip().startswith("<") else ""
        for spelt in _names(name):
            if len(spelt) > 1:
                names.setdefault(spelt, name)
            else:
                words.setdefault(spelt[0], "name")
    words.pop("", None)
    return _Spellings(names, words, frozenset(mailboxes))


_OF_SEVERAL = re.compile(r"\s(?:\+|&|and|via)\s", re.IGNORECASE)
"""In the name of two people who work at one machine, or of a list that sends in somebody's name."""

_ASIDE = re.compile(r"\([^)]*\)|\[[^\]]*\]|\"[^\"]*\"|“[^”]*”|\bvia\b.*", re.IGNORECASE)
_TITLES = frozenset(
    {"dr", "eng", "esq", "ii", "iii", "inc", "jr", "llc", "md", "mr", "mrs", "ms", "msc", "phd", "prof", "sr"}
)
_LETTERS = str.maketrans({
    "æ": "ae", "ø": "o", "œ": "oe", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i", "’": "", "'": "", "-": "",
})  # fmt: skip
_SPELT_OUT = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "å": "aa", "ø": "oe"})
"""As people write these letters who cannot type them."""


def _names(name: str) -> Iterator[Words]:
    """A name as it is compared, in each way to write it; none for a placeholder such as `Your Name`."""
    text = plain(_ASIDE.sub(" ", name))
    last, comma, first = text.partition(",")
    if comma and _words(first):
        text = f"{first} {last}"
    if " ".join(_words(text)) in _listed("placeholders"):
        return
    for words in dict.fromkeys((_words(text), _words(text.translate(_SPELT_OUT)))):
        if words:
            yield words


@functools.lru_cache(maxsize=1 << 16)
def _words(text: str) -> Words:
    """The words of a name or a login, without accents, titles and signs."""
    bare = "".join(each for each in unicodedata.normalize("NFKD", plain(text)) if not unicodedata.combining(each))
    split = re.findall(r"[^\W_]+", bare.translate(_LETTERS))
    return tuple(each for each in split if each not in _TITLES)


def _joined(names: Mapping[Words, str]) -> dict[str, str]:
    """Full names as one word each; none that has but one word besides initials."""
    return {"".join(each): written for each, written in names.items() if sum(len(word) > 1 for word in each) > 1}


def _same_name(one: Mapping[Words, str], other: Mapping[Words, str]) -> str:
    """In which way two people have the same full name; empty where they do not."""
    if _joined(one).keys() & _joined(other).keys():
        return "the same name"
    if {each[::-1] for each in one} & other.keys():
        return "the same name in another order"
    if any(_is_shortened(*pair) for a in one for b in other for pair in ((a, b), (b, a))):
        return "the same first and last name"
    return ""


def _is_shortened(short: Words, long: Words) -> bool:
    """Whether a full name is another one without names in its middle, or without initials."""
    if len(short) >= len(long) or sum(len(word) > 1 for word in short) < 2 or not set(short) <= set(long):
        return False
    return (short[0], short[-1]) == (long[0], long[-1]) or short == tuple(word for word in long if len(word) > 1)


def _differ(one: Words, other: Words) -> bool:
    """Whether two full names have no first name in common, in full or as an initial, in either order."""
    return not any(
        a.startswith(b) or b.startswith(a) for a, b in ((one[0], other[0]), (one[0], other[-1]), (one[-1], other[0]))
    )


def addresses_and_logins(accounts: Iterable[Account]) -> tuple[list[str], dict[str, list[str]]]:
    """What to write under `emails` and under `accounts` (by forge, connector or source) for these accounts."""
    emails: dict[str, None] = {}
    logins: dict[str, dict[str, None]] = {}
    for source, text in accounts:
        found, address = forge_login(text), email_of(text)
        if found and found.host in ("github.com", "gitlab.com"):
            logins.setdefault(found.forge, {})[found.login] = None
        elif address and "@" in address:
            emails[address] = None
        else:
            logins.setdefault(source, {})[account_key(text)] = None
    return list(emails), {place: list(names) for place, names in logins.items()}
