"""Which tickets of Jira a text names, and which it refers to as its own. Pure functions of untrusted text.

A title or a branch has little room, and a ticket in it is what it is about. In a message or a description most tickets
are mere mentions: what broke this, what was done before. So there the form of the line decides.

Of commits of Kafka and ZooKeeper whose titles name their ticket, a body that refers to one in such a form means that
one, or a further one that it closes, in 2,043 of 2,095 cases; any other mention means another ticket in 268 of 459.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from harvester.sdk.statements import tickets_in

MOST_REFERRED = 3
"""A text that refers to more tickets than this is a list, such as that of a release, and is about none of them."""
LONGEST_LINE = 1000
"""How many characters of a line are read, so that a hostile one costs little."""
_WORD = re.compile(r"\w", re.ASCII)
_BROWSED = re.compile(r"https?://[^\s<>()\[\]\"']{1,200}/browse/\Z")
_REST_OF_ADDRESS = re.compile(r"(?:[?#/][^\s()<>\[\]]{0,500})?")
_IN_ADDRESS = re.compile(r"://\S{0,200}\Z")

_KEY, _LINK = "\x01", "\x02"
"""What stands for a ticket in a line while its form is looked at: for a key, and for an address of one."""
_STAND_INS = re.compile(r"[\x01\x02]")
_MARKS = r"[^\w\x01\x02]"
_LIST = rf"[\x01\x02](?:(?:{_MARKS}|and\b){{1,12}}[\x01\x02])*"
_CLOSING = r"(?:clos|fix|resolv|implement|complet|deliver|address)(?:e?[sd]|ing|e)?"
_NOUN = r"(?:jira|tickets?|issues?|bugs?|story|task)"
_SENTENCE = rf"(?:^|[.!?;)][ ]){_MARKS}{{0,10}}"
_REFERRED = re.compile(
    rf"""
    ^{_MARKS}{{0,20}} (?:{_NOUN}[ ]{_MARKS}{{0,3}})? (?P<alone>{_LIST})
      (?={_MARKS}*$ | [\])]{{0,2}} (?:[:;\]] | [ ][-\u2013\u2014][ ]))
    | ^{_MARKS}{{0,20}} (?:[a-z]+[ ]){{0,2}} (?:{_NOUN} | {_CLOSING} | refs? | references? | re | part[ -]of | for)
      (?:[ ](?:link|id|number|url|key))? (?:\(s\))? {_MARKS}{{0,4}}: {_MARKS}{{0,10}} (?P<labelled>{_LIST})
    | \b{_CLOSING}:?[ ] (?:the[ ])? (?:{_NOUN}[ ])? [^\w\s\x01\x02]{{0,3}} (?P<closed>{_LIST})
    | {_SENTENCE} (?:(?:this|it)[ ] (?:(?:pr|mr|change|commit|patch|branch|(?:pull|merge)[ ]request|work)[ ])?)?
      (?:is[ ])?
      (?:(?:an?|the)[ ])? (?:(?:fix|work|patch|change|(?:first|second|third|last|next|final)(?=[ ]part))[ ])?
      (?:part[ ](?:\d+[ ])?of | for | towards? | refs?) (?:[ ]the)? (?:[ ]{_NOUN})?
      [ ] [^\w\s\x01\x02]{{0,3}} (?P<served>{_LIST})
    | {_SENTENCE} see:?[ ] [^\w\s\x01\x02]{{0,3}} (?P<seen>\x02)
    | [\w-]/(?P<branch>\x01)(?![./])
    """,
    re.ASCII | re.IGNORECASE | re.VERBOSE,
)
"""How a line says what ticket its change is part of: by nothing else, by beginning with it as a title does, by a label
or a trailer, by words, by its address, by the name of a branch."""


class Named(NamedTuple):
    """A ticket in a text, as written (a key or an address), and where it begins and ends."""

    start: int
    end: int
    ticket: str


def keys_of(projects: Iterable[str]) -> re.Pattern[str]:
    """Matches the keys of tickets of these projects, in capitals as Jira wants them."""
    keys = "|".join(re.escape(each.upper()) for each in projects)
    return re.compile(rf"(?:{keys})-\d{{1,9}}(?![A-Za-z0-9_]|\.\d)", re.ASCII)


def named_in(text: str, keys: re.Pattern[str]) -> Iterator[Named]:
    """Tickets in a text: keys that no word goes on before, each with the address that it ends, if there is one."""
    for found in keys.finditer(text):
        start = found.start()
        if text.endswith("/browse/", 0, start):
            address = _BROWSED.search(text, max(start - 220, 0), start)
            yield Named(
                address.start() if address else start, found.end(), f"{address[0] if address else ''}{found[0]}"
            )
        elif not (start and _WORD.match(text, start - 1)):
            yield Named(start, found.end(), found[0])


def named_in_topic(topic: str, keys: re.Pattern[str]) -> list[Named]:
    """The tickets in the name of a branch, whose keys may be in small letters; or in the subject line of a merge."""
    if re.search(r"\s", topic):
        return list(named_in(topic, keys))
    return [Named(0, len(topic), each) for each in tickets_in(topic) if keys.fullmatch(each)]


def referred_in(text: str, keys: re.Pattern[str]) -> list[Named]:
    """The tickets that a message or description refers to as its own, by their places in their lines.

    None where those are many.
    """
    lines = [each[:LONGEST_LINE] for each in text.splitlines() if keys.search(each, 0, LONGEST_LINE)]
    found = [each for line in dict.fromkeys(lines) for each in _referred_in_line(line, keys)]
    return found if len({each.ticket for each in found}) <= MOST_REFERRED else []


def _referred_in_line(line: str, keys: re.Pattern[str]) -> Iterator[Named]:
    """Each ticket becomes one character, and then the form of the line decides which of them it refers to."""
    tickets = [each for each in named_in(line, keys) if "/" in each.ticket or not _in_address(line, each.start)]
    form, end = "", 0
    for each in tickets:
        is_link = "/" in each.ticket
        form += _STAND_INS.sub(" ", line[end : each.start]) + (_LINK if is_link else _KEY)
        rest = _REST_OF_ADDRESS.match(line, each.end) if is_link else None
        end = rest.end() if rest else each.end
    form += _STAND_INS.sub(" ", line[end:])
    for found in _REFERRED.finditer(form):
        first, last = found.span(found.lastgroup or 0)
        before = len(_STAND_INS.findall(form, 0, first))
        yield from tickets[before : before + len(_STAND_INS.findall(form, first, last))]


def _in_address(line: str, place: int) -> bool:
    return _IN_ADDRESS.search(line, max(place - 200, 0), place) is not None
