"""What to ask: searches by person or by place, cut so that none matches more than GitHub gives out, and their price."""

from __future__ import annotations

import dataclasses
import datetime as dt
import itertools
import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from harvester.model.periods import Period

CAP = 1000
"""The most results that a search gives out, however many match
(https://docs.github.com/graphql/reference/queries#searchresultitemconnection)."""
PAGE = 50
"""Pull requests on a page: with a hundred files each, GitHub's ten seconds are enough for them."""
TOGETHER = 2
"""How many pages' worth of pull requests one request carries, and beside them twice a page of everything lighter."""
FIRST = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)
"""Before anything on GitHub was created, what was imported from elsewhere included."""
LAST = dt.datetime(2100, 1, 1, tzinfo=dt.UTC)
"""After anything on GitHub is created: where no end is known, since our own clock may be behind."""
PAD = dt.timedelta(minutes=10)
"""How much wider than wanted is asked: GitHub's search is off by seconds, and a merge closes its issues a bit later."""
BEFORE = dt.timedelta(days=90)
"""How long before a period a pull request may be merged that closes an issue within it, as a release branch does."""
SECOND = dt.timedelta(seconds=1)
MOST_PARTS = 8

Kind = Literal["authored", "closing", "reviewed", "closed", "opened", "commented", "pulls", "issues"]
Stream = Literal["opened", "comments", "releases"]
_NAMES: Mapping[Kind, str] = {
    "authored": "merged pull requests", "closing": "earlier pull requests linked to issues",
    "reviewed": "reviewed pull requests", "closed": "issues",
    "opened": "opened issues", "commented": "commented issues and pull requests", "pulls": "pull requests",
    "issues": "issues",
}  # fmt: skip


@dataclass(frozen=True)
class Job:
    """One part of a reading: a period anew, or (`changed`) everything that changed since the period's beginning.

    Where something changed the period ends at `LAST`.
    """

    period: Period
    changed: bool = False


@dataclass(frozen=True)
class Search:
    """One search: what, in which range of which date, by whom (None: by anybody), where."""

    kind: Kind
    words: str
    axis: Literal["merged", "created", "closed"]
    span: Period
    login: str | None = None
    place: str = ""

    @property
    def query(self) -> str:
        """As GitHub's search takes it; a range includes both ends, so it ends a second early.

        Sorted by a time that never changes, so that what is updated while we read stays on its page.
        """
        return " ".join(each for each in (self.words, self.place, self._dates, "sort:created-asc") if each)

    @property
    def _dates(self) -> str:
        first = self.span.since.replace(microsecond=0)
        last = _ceiling(self.span.until) - SECOND
        return f"{self.axis}:{first:%Y-%m-%dT%H:%M:%SZ}..{last:%Y-%m-%dT%H:%M:%SZ}"

    @property
    def shape(self) -> str:
        """The fragment that asks for what it finds."""
        if self.kind in {"authored", "reviewed", "pulls"}:
            return "PullRequests"
        if self.kind == "closing":
            return "Closers"
        return "Conversations" if self.kind == "commented" else "Issues"

    @property
    def heavy(self) -> bool:
        """Whether its results are pull requests, with all their files."""
        return self.shape == "PullRequests"

    @property
    def seconds(self) -> int:
        """How long the range is, in whole seconds."""
        return int((_ceiling(self.span.until) - self.span.since.replace(microsecond=0)).total_seconds())

    def updated_since(self, at: dt.datetime) -> Search:
        """The same search for what was updated since a time, by GitHub's clock."""
        words = re.sub(r" ?updated:\S+", "", self.words)
        return dataclasses.replace(self, words=f"{words} {_updated(at)}")

    def parts(self, count: int) -> list[Search]:
        """The same search cut by time into equal parts for `count` results; raises ValueError where it is a second."""
        if self.seconds < 2:
            raise ValueError("a second cannot be cut")
        return self.cut(min(max(math.ceil(count / (CAP * 0.7)), 2), MOST_PARTS))

    def by_creation(self) -> Search:
        """The same search along the time of creation, in whose order results come."""
        if self.axis == "created":
            return self
        created = Period(FIRST, self.span.until)
        return dataclasses.replace(self, words=f"{self.words} {self._dates}", axis="created", span=created)

    def cut(self, number: int) -> list[Search]:
        """The same search cut by time into so many equal parts, or into seconds where they are fewer."""
        number = min(number, self.seconds)
        start = self.span.since.replace(microsecond=0)
        edges = [start + SECOND * (self.seconds * i // number) for i in range(number + 1)]
        return [dataclasses.replace(self, span=Period(a, b)) for a, b in itertools.pairwise(edges)]

    def __str__(self) -> str:
        who = f" of {self.login}" if self.login else ""
        where = f" in {self.place.partition(':')[2]}" if self.place else ""
        return f"{_NAMES[self.kind]}{who}{where}"


def by_person(job: Job, login: str, place: str, also: Iterable[Stream]) -> Iterator[Search]:
    """The searches for one person in one place. `involves` holds author, assignee, mentioned and commenter."""
    since, period = _since(job), _wide(job)
    author = f"author:app/{login.removesuffix('[bot]')}" if login.endswith("[bot]") else f"author:{login}"
    created = Period(FIRST, period.until)

    def search(kind: Kind, words: str, axis: Literal["merged", "created", "closed"], span: Period) -> Search:
        return Search(kind, words, axis, span, login, place)

    if job.changed:
        yield search("authored", f"is:pr is:merged {author} {since}", "created", created)
        yield search("closed", f"is:issue involves:{login} {since}", "created", created)
    else:
        yield search("authored", f"is:pr is:merged {author}", "merged", period)
        earlier = Period(period.since - BEFORE, period.since)
        yield search("closing", f"is:pr is:merged linked:issue {author}", "merged", earlier)
        yield search("closed", f"is:issue is:closed involves:{login}", "closed", period)
    yield search("reviewed", f"is:pr reviewed-by:{login} -{author} {since}", "created", created)
    if "opened" in also and not job.changed:
        yield search("opened", f"is:issue {author}", "created", period)
    if "comments" in also:
        yield search("commented", f"commenter:{login} -{author} {since}", "created", created)


def by_place(job: Job, place: str, also: Iterable[Stream]) -> Iterator[Search]:
    """The searches that serve everybody in one place."""
    since, period = _since(job), _wide(job)
    created = Period(FIRST, period.until)
    yield Search("pulls", f"is:pr {since}", "created", created, None, place)
    if job.changed:
        yield Search("issues", f"is:issue {since}", "created", created, None, place)
    else:
        yield Search("closed", "is:issue is:closed", "closed", period, None, place)
    if "opened" in also and not job.changed:
        yield Search("opened", "is:issue", "created", period, None, place)
    if "comments" in also:
        yield Search("commented", f"comments:>0 {since}", "created", created, None, place)


def price(counts: Mapping[Search, int]) -> int:
    """How many requests it takes to read searches with so many results, without cutting any."""
    room = TOGETHER * PAGE
    alike = [sum(count for each, count in counts.items() if each.heavy is heavy) for heavy in (True, False)]
    longest = [math.ceil(count / page_of(each)) for each, count in counts.items()]
    return max([*longest, *(math.ceil(number / room) for number in alike)], default=0)


def page_of(search: Search, size: int = PAGE) -> int:
    """How many results of a search to ask for at once, where a page of pull requests has `size`."""
    return size if search.heavy else min(size * 2, 100)


def pack(waiting: Sequence[tuple[Search, int]], size: int) -> list[int]:
    """How many results of each search one request asks for, given how many it still has; 0 for those that must wait."""
    room, taken = {True: TOGETHER * size, False: TOGETHER * size}, []
    for search, remaining in waiting:
        number = min(page_of(search, size), max(remaining, 1), room[search.heavy])
        taken.append(number)
        room[search.heavy] -= number
    return taken


def _since(job: Job) -> str:
    return _updated(job.period.since)


def _updated(at: dt.datetime) -> str:
    return f"updated:>={at - PAD:%Y-%m-%dT%H:%M:%SZ}"


def _wide(job: Job) -> Period:
    return Period(job.period.since - PAD, job.period.until + PAD)


def _ceiling(at: dt.datetime) -> dt.datetime:
    return at if not at.microsecond else at.replace(microsecond=0) + SECOND
