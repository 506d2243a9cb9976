"""When each person's first commit landed, by the whole history."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from harvester.model.accounts import name_of, plain

from . import log
from .authors import MAX_TRAILERS
from .landing import landing_times
from .log import History
from .merges import MergeFinder, ProjectNames
from .subprocess import Git, text
from .trailers import co_authors

UNDATED = -1
"""For a commit that is in no period, for its date cannot be read."""

First = tuple[int, str]
"""When a commit landed, in seconds since 1970 (`UNDATED` where that cannot be read), and the account of its writer."""


def first_landings(
    git: Git, heads: Sequence[str], boundary: frozenset[bytes], person_of: Callable[[str], str]
) -> list[First]:
    """The first commit of each person, as author or co-author, by time; merges are nobody's.

    It lands as rows say (`landing.py`), so that the first contribution and its row are of the same day. Of two commits
    that landed together the account is the first by letters. Somebody with the name of one who was there before, by
    another address, may be the same person, and so is left out. Raises SourceError where git fails.
    """
    history = log.read_history(git, heads, co_authored=True)
    ancestry = MergeFinder(history, ProjectNames("", frozenset(), None, ""), boundary).ancestry(heads)
    landed = [UNDATED if at is None else at for at in landing_times(history, ancestry, boundary)]
    first, of_name = dict[str, First](), dict[str, First]()
    for account, at in (*_authors(history, landed).items(), *_co_authors(git, history, landed)):
        person, name, each = person_of(account), plain(name_of(account)), (at, account)
        first[person] = min(first.get(person, each), each)
        of_name[name] = min(of_name.get(name, each), each)
    return sorted(each for each in first.values() if of_name[plain(name_of(each[1]))] == each)


def _authors(history: History, landed: Sequence[int]) -> dict[str, int]:
    """By account when the first of the commits that it wrote landed."""
    first: dict[tuple[bytes, bytes], int] = {}
    columns = zip(history.names, history.addresses, history.parents, landed, strict=True)
    for name, address, parents, at in columns:
        if b" " not in parents:
            contact = name, address
            first[contact] = min(first.get(contact, at), at)
    return {log.account(*contact): at for contact, at in first.items()}


def _co_authors(git: Git, history: History, landed: Sequence[int]) -> Iterator[tuple[str, int]]:
    """The account of each co-author of each commit, and when it landed."""
    named = {
        position: co_authors(text(message))[:MAX_TRAILERS]
        for position, message in history.messages.items()
        if not history.is_merge(position) and log.names_co_authors(message)
    }
    accounts = log.apply_mailmap(git, sorted({each for of_commit in named.values() for each in of_commit}))
    for position, of_commit in named.items():
        yield from ((accounts[each], landed[position]) for each in of_commit)
