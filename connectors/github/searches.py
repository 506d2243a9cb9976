"""The searches of a fetch, by person or by scope, and how many requests they take."""

from __future__ import annotations

import dataclasses
import datetime as dt
import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from harvester.model.periods import Period
from harvester.sdk.paging import cut_period
from harvester.sdk.strategy import FIRST, Job

from .agents import AGENTS

CAP = 1000
"""The most results that a search gives out, however many match
(https://docs.github.com/graphql/reference/queries#searchresultitemconnection)."""
FIRST_PAGE = 25
"""Pull requests in the first request: 50 with their files were too many for the live service at times (502)."""
PAGE = 50
"""The most pull requests of one search in a request."""
TOGETHER = 100
"""The most pull requests in one request, from several searches; and of everything lighter beside them."""
PAD = dt.timedelta(minutes=10)
"""How much wider the asked range is: GitHub's search is off by seconds, and a merge closes its issues a bit later."""
OVERLAP = dt.timedelta(days=1)
"""How far back a fetch asks for changes before the last one: GitHub's index may be behind by hours."""
BEFORE = dt.timedelta(days=90)
"""How long before a period a pull request may be merged that closes an issue within it, as a release branch does."""
SECOND = dt.timedelta(seconds=1)
PARTS = 8
"""Into how many parts at least a search is cut: work is uneven, and counting eight costs no more than counting two."""
MOST_PARTS = 50

Kind = Literal[
    "authored", "closing", "reviewed", "closed", "opened", "commented_issues", "commented_pulls", "involved", "agents",
    "pulls", "issues",
]  # fmt: skip
Stream = Literal["opened", "comments", "releases"]
_NAMES: Mapping[Kind, str] = {
    "authored": "merged pull requests", "closing": "earlier pull requests linked to issues",
    "reviewed": "reviewed pull requests", "closed": "issues",
    "opened": "opened issues", "commented_issues": "commented issues", "commented_pulls": "commented pull requests",
    "involved": "pull requests by others", "agents": "pull requests by coding agents", "pulls": "pull requests",
    "issues": "issues",
}  # fmt: skip
_SHAPES: Mapping[Kind, str] = {
    "authored": "PullRequests", "reviewed": "PullRequests", "pulls": "PullRequests", "agents": "PullRequests",
    "closing": "Closers", "involved": "Authors", "commented_issues": "Conversations",
    "commented_pulls": "Conversations",
}  # fmt: skip


@dataclass(frozen=True)
class Search:
    """One search: what, in which range of which date, by whom (None: anybody), in which owner or repository."""

    kind: Kind
    terms: str
    axis: Literal["merged", "created", "closed"]
    span: Period
    login: str | None = None
    qualifier: str = ""

    @property
    def query(self) -> str:
        """As GitHub's search takes it; its ranges include both ends, so ours end a second early.

        Sorted by a time that never changes, so that what is updated while we read stays on its page.
        """
        return " ".join(each for each in (self.terms, self.qualifier, self._dates, "sort:created-asc") if each)

    @property
    def _dates(self) -> str:
        first = self.span.since.replace(microsecond=0)
        last = _ceiling(self.span.until) - SECOND
        return f"{self.axis}:{first:%Y-%m-%dT%H:%M:%SZ}..{last:%Y-%m-%dT%H:%M:%SZ}"

    @property
    def shape(self) -> str:
        """The name of the fragment that asks for its results."""
        return _SHAPES.get(self.kind, "Issues")

    @property
    def heavy(self) -> bool:
        """Whether its results are pull requests with all their files."""
        return self.shape == "PullRequests"

    @property
    def seconds(self) -> int:
        """How long the range is, in whole seconds."""
        return int((_ceiling(self.span.until) - self.span.since.replace(microsecond=0)).total_seconds())

    def updated_since(self, at: dt.datetime) -> Search:
        """The same search for what was updated since a time, by GitHub's clock."""
        terms = re.sub(r" ?updated:\S+", "", self.terms)
        return dataclasses.replace(self, terms=f"{terms} {_updated(at - PAD)}")

    def parts(self, count: int) -> list[Search]:
        """The same search split by time for `count` results, some room included; raises ValueError for a second."""
        if self.seconds < 2:
            raise ValueError("a second cannot be split")
        return self.split(min(max(math.ceil(count / (CAP * 0.7)), PARTS), MOST_PARTS))

    def by_creation(self) -> Search:
        """The same search with its range along the time of creation, in whose order results come."""
        if self.axis == "created":
            return self
        created = Period(FIRST, self.span.until)
        return dataclasses.replace(self, terms=f"{self.terms} {self._dates}", axis="created", span=created)

    def within(self, ranges: Iterable[Period]) -> list[Search]:
        """The same search in each of these ranges, without those that it does not reach into."""
        return [dataclasses.replace(self, span=span) for each in ranges if (span := self.span.overlap(each))]

    def split(self, number: int) -> list[Search]:
        """The same search split by time into so many equal parts, or into seconds where they are fewer."""
        return [dataclasses.replace(self, span=each) for each in cut_period(self.span, number)]

    def __str__(self) -> str:
        who = f" {'with' if self.kind == 'involved' else 'of'} {self.login}" if self.login else ""
        where = f" in {self.qualifier.partition(':')[2]}" if self.qualifier else ""
        return f"{_NAMES[self.kind]}{who}{where}"


def by_person(job: Job, login: str, qualifier: str, also: Iterable[Stream]) -> Iterator[Search]:
    """The searches for one person; `involves` means author, assignee, mentioned or commenter.

    Closed issues are searched by person only where no place is named: a place's issues serve everybody (`in_place`).
    """
    since, period = _since(job), _wide(job)
    author = f"author:app/{login.removesuffix('[bot]')}" if login.endswith("[bot]") else f"author:{login}"
    created = Period(FIRST, period.until)

    def search(kind: Kind, terms: str, axis: Literal["merged", "created", "closed"], span: Period) -> Search:
        return Search(kind, terms, axis, span, login, qualifier)

    others = f"is:pr is:merged involves:{login} -{author} -reviewed-by:{login}"
    if job.changed:
        yield search("authored", f"is:pr is:merged {author} {since}", "created", created)
        yield search("involved", f"{others} {since}", "created", created)
        if not qualifier:
            yield search("closed", f"is:issue involves:{login} {since}", "created", created)
    else:
        yield search("authored", f"is:pr is:merged {author}", "merged", period)
        yield search("involved", others, "merged", period)
        if not qualifier:
            earlier = Period(period.since - BEFORE, period.since)
            yield search("closing", f"is:pr is:merged linked:issue {author}", "merged", earlier)
            yield search("closed", f"is:issue is:closed involves:{login}", "closed", period)
    yield search("reviewed", f"is:pr reviewed-by:{login} -{author} {since}", "created", created)
    if "opened" in also and not job.changed:
        yield search("opened", f"is:issue {author}", "created", period)
    if "comments" in also:
        yield search("commented_issues", f"is:issue commenter:{login} -{author} {since}", "created", created)
        yield search("commented_pulls", f"is:pr commenter:{login} -{author} {since}", "created", created)


def in_place(job: Job, qualifier: str) -> Iterator[Search]:
    """What is searched by place even where people's own work is searched by person: nobody's name would find it.

    That is an issue that a person only closed, and a coding agent's pull request that a person only merged.
    """
    yield _issues(job, qualifier)
    created, period = Period(FIRST, _wide(job).until), _wide(job)
    for agent in AGENTS:
        terms = f"is:pr is:merged author:app/{agent}"
        if job.changed:
            yield Search("agents", f"{terms} {_since(job)}", "created", created, None, qualifier)
        else:
            yield Search("agents", terms, "merged", period, None, qualifier)


def by_scope(job: Job, qualifier: str, also: Iterable[Stream]) -> Iterator[Search]:
    """The searches for everyone in one owner or repository."""
    since, period = _since(job), _wide(job)
    created = Period(FIRST, period.until)
    yield Search("pulls", f"is:pr {since}", "created", created, None, qualifier)
    yield _issues(job, qualifier)
    if "opened" in also and not job.changed:
        yield Search("opened", "is:issue", "created", period, None, qualifier)
    if "comments" in also:
        yield Search("commented_issues", f"is:issue comments:>0 {since}", "created", created, None, qualifier)
        yield Search("commented_pulls", f"is:pr comments:>0 {since}", "created", created, None, qualifier)


def _issues(job: Job, qualifier: str) -> Search:
    """Everybody's closed issues in one place; for changes those in any state, since one may have been reopened."""
    period = _wide(job)
    if job.changed:
        return Search("issues", f"is:issue {_since(job)}", "created", Period(FIRST, period.until), None, qualifier)
    return Search("closed", "is:issue is:closed", "closed", period, None, qualifier)


def requests_for(counts: Mapping[Search, int]) -> int:
    """How many requests it takes to read searches with so many results, counting the parts of large ones included."""
    alike = [sum(count for each, count in counts.items() if each.heavy is heavy) for heavy in (True, False)]
    longest = [math.ceil(min(count, CAP) / page_size(each)) for each, count in counts.items()]
    large = sum(min(max(math.ceil(count / (CAP * 0.7)), PARTS), MOST_PARTS) for count in counts.values() if count > CAP)
    pages = max([*longest, *(math.ceil(number / TOGETHER) for number in alike)], default=0)
    return pages + math.ceil(large / MOST_PARTS)


def page_size(search: Search, size: int = TOGETHER) -> int:
    """How many results of a search to ask for at once, where a request carries `size` pull requests."""
    return min(size, PAGE) if search.heavy else min(size * 4, 100)


def pack(waiting: Sequence[tuple[Search, int]], size: int) -> list[int]:
    """How many results of each search to ask for in one request; 0 for searches that must wait.

    `waiting` gives each search with how many results may still come, `size` is how many pull requests the request may
    carry. Heavy and light searches have a budget each, so a request carries many light results beside its pull
    requests. The first search of each kind gets at least one result, so every request moves something on, and a second
    one, too: where even a request for one result each fails, two searches that failed show that the server is down.
    """
    room, taken = {True: max(size, 2), False: min(size * 4, TOGETHER)}, []
    shared = math.ceil(size / 2) if sum(search.heavy for search, _ in waiting) > 1 else size
    for search, remaining in waiting:
        largest = page_size(search, shared if search.heavy else size)
        number = min(largest, max(remaining, 1), room[search.heavy])
        taken.append(number)
        room[search.heavy] -= number
    return taken


def _since(job: Job) -> str:
    return _updated(job.period.since - (OVERLAP if job.changed else PAD))


def _updated(at: dt.datetime) -> str:
    return f"updated:>={at:%Y-%m-%dT%H:%M:%SZ}"


def _wide(job: Job) -> Period:
    return Period(job.period.since - PAD, job.period.until + PAD)


def _ceiling(at: dt.datetime) -> dt.datetime:
    return at if not at.microsecond else at.replace(microsecond=0) + SECOND
