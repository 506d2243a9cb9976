"""An organisation's year as a ledger, with harvester.toml and goals.toml beside it: the same for the same seed.

python benchmarks/organisation.py FOLDER --rows 1000000             200 people in 50 teams
python benchmarks/organisation.py FOLDER --rows 10000000            2,000 people

A unit of work is what one person brings to an end: commits, the pull or merge request they are part of, its reviews and
comments by others, and the ticket it closes, with those whom that concerns. One in twelve is a commit alone. Some
tickets take several units, of several people in several repositories; a few units are backports, reverts, or a bot's.
A third of all work is in a few very large repositories that all teams share. The busiest do twelve times as much as the
average, the others down to a quarter.

Rows are made as whole Arrow columns, half a million at a time, and committed as a harvest commits them.
"""

from __future__ import annotations

import argparse
import datetime as dt
import functools
import itertools
import subprocess
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from harvester.ledger import Changeset, Ledger
from harvester.ledger.coverage import WHOLE, Coverage
from harvester.model.contribution import arrow_schema
from harvester.model.periods import Period

SOURCES = ("git", "github", "gitlab", "jira")
ROWS_A_PERSON = 5_000
SLICE = 500_000
"""Rows that are made, and of one source committed, at a time."""
ROWS_A_UNIT = 9.5
LARGE = 5
"""Repositories that all teams share."""
SERVER, SITE = "gitlab.example.org", "acme.atlassian.net"
FIRST_NAMES = (
    "Ada Alan Anita Barbara Carla Dana Edith Emil Erika Farid Fatima Grace Hana Hugo Ines Ivan Jonas Juan Kenji Kira "
    "Lars Leila Lina Magnus Maria Mei Milan Nadia Nils Noor Olga Omar Paul Priya Rosa Samir Tara Tim Vera Yusuf"
)
SYLLABLES = "ba den fel gar hol in jor kas lin mor nis ost per qui ran sol tam ul ven wes xan yor zel kov"
TYPES = {"feat": "feature", "fix": "fix", "docs": "docs", "test": "test", "refactor": "refactor", "chore": "chore"}
VERBS = "Retry, Show, Store, Remove, Speed up, Validate, Limit, Rename, Log, Cache, Split, Read, Write, Explain"
OBJECTS = (
    "payments, invoices, the order queue, session tokens, the search index, user profiles, webhooks, the audit log, "
    "exports, rate limits, rounding of currencies, timeouts of the gateway, the import job, failed jobs, templates"
)
SENTENCES = 4_000
WORDS = (
    "because the caller waits and when a request fails we retry it with a delay so that customers see no error of this "
    "service which reads the table once a day for every tenant but only writes what has changed since then and a test "
    "shows how long it takes before after without cache queue index payment ledger order region cluster timeout"
)
LABELS = ("bug", "enhancement", "documentation", "performance", "security", "tech-debt", "good first issue", "customer")
MODULES, FILES = 600, 40
DAY_US = 86_400_000_000
Array = np.ndarray[Any, np.dtype[Any]]


@dataclass(frozen=True)
class Organisation:
    """Who is there and what they work on. People and teams are numbers; a team's people follow each other."""

    people: int
    teams: int
    year: int = 2025
    seed: int = 0

    @property
    def period(self) -> Period:
        """The year of the rows, in UTC."""
        return Period(dt.datetime(self.year, 1, 1, tzinfo=dt.UTC), dt.datetime(self.year + 1, 1, 1, tzinfo=dt.UTC))

    @cached_property
    def bounds(self) -> Array:
        """The first person of each team, and the number of people; later teams are larger."""
        bounds = np.round(self.people * (np.arange(self.teams + 1) / self.teams) ** 1.3).astype(np.int64)
        return np.maximum(bounds, np.arange(self.teams + 1))

    @cached_property
    def team_of(self) -> Array:
        """The team of each person."""
        return np.repeat(np.arange(self.teams), np.diff(self.bounds))

    @cached_property
    def activity(self) -> Array:
        """The sum of the shares of work up to each person: a power law (Zipf and Mandelbrot) in random order."""
        ranks = np.random.default_rng([self.seed, 1]).permutation(self.people) + 1
        shares = 1 / (ranks + self.people / 50)
        return np.cumsum(shares) / shares.sum()

    @cached_property
    def names(self) -> list[str]:
        """The name of each person; no two have the same."""
        syllables, first_names = SYLLABLES.split(), FIRST_NAMES.split()
        size = len(syllables)
        parts = [(i * 7919 // size**2 % size, i * 7919 // size % size, i * 7919 % size) for i in range(self.people)]
        surnames = ["".join(syllables[part] for part in each).title() for each in parts]
        return [f"{first_names[i % len(first_names)]} {surname}" for i, surname in enumerate(surnames)]

    @cached_property
    def logins(self) -> list[str]:
        """The key and login of each person."""
        return [f"{name.lower().replace(' ', '-')}-{i}" for i, name in enumerate(self.names)]

    @cached_property
    def accounts(self) -> Mapping[str, pa.Array]:
        """By source how it writes each person, and at the end a bot."""
        pairs = list(zip(self.names, self.logins, strict=True))
        ids = [f"{name} <712020:{i:08x}>" for i, name in enumerate(self.names)]
        forge = pa.array([*self.logins, "dependabot[bot]"])
        git = pa.array(
            [*(f"{name} <{login}@example.org>" for name, login in pairs), "dependabot[bot] <bot@github.com>"]
        )
        return {"git": git, "github": forge, "gitlab": forge, "jira": pa.array([*ids, "dependabot[bot] <bot>"])}

    @cached_property
    def projects(self) -> list[str]:
        """The repositories: large ones first, then each team's in turn, as many as five people need."""
        count = max(1, round(self.people / self.teams / 5))
        own = (f"acme/team{team:02}-service{number}" for number in range(count) for team in range(self.teams))
        return [*(f"acme/platform-{number}" for number in range(LARGE)), *own]

    @cached_property
    def on_gitlab(self) -> Array:
        """Which repositories are on GitLab: those of every fifth team."""
        own = (np.arange(len(self.projects)) - LARGE) % self.teams % 5 == 4
        return own & (np.arange(len(self.projects)) >= LARGE)

    def keys(self) -> list[str]:
        """The key of each team's Jira project."""
        return [f"TEAM{team:02}" for team in range(self.teams)]


def sized(rows: int, people: int | None = None, teams: int = 50, year: int = 2025, seed: int = 0) -> Organisation:
    """An organisation with as many people as `rows` fit, and no more teams than people."""
    people = people or max(4, rows // ROWS_A_PERSON)
    return Organisation(people, min(teams, people), year, seed)


def build(folder: Path, organisation: Organisation, rows: int) -> None:
    """Write the ledger with exactly so many rows, and the two files beside it, into a folder that has none."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "harvester.toml").write_text(config(organisation))
    (folder / "goals.toml").write_text(goals(organisation))
    subprocess.run(["git", "init", "--quiet", str(folder / "repository")], check=True)
    fill(Ledger.open(folder / "ledger"), organisation, rows)


def fill(ledger: Ledger, organisation: Organisation, rows: int) -> None:
    """Commit so many rows, source by source in order of time, and that everything of the year was read."""
    waiting: dict[str, list[pa.Table]] = {source: [] for source in SOURCES}
    for slices in made(organisation, rows):
        for source, table in slices.items():
            waiting[source].append(table)
            if sum(map(len, waiting[source])) >= SLICE:
                ledger.commit(Changeset(source, pa.concat_tables(waiting[source])))
                waiting[source] = []
    read_at = organisation.period.until + dt.timedelta(days=1)
    for source, tables in waiting.items():
        covered = Coverage(source, WHOLE, None, organisation.period, read_at, None, ())
        left = pa.concat_tables([*tables, arrow_schema().empty_table()])
        ledger.commit(Changeset(source, left, coverage=(covered,)))


def made(organisation: Organisation, rows: int, size: int = SLICE) -> Iterator[dict[str, pa.Table]]:
    """The rows by source, a span of the year at a time; `rows` in all."""
    spans = max(1, round(rows / size))
    for number in range(spans):
        share = rows * (number + 1) // spans - rows * number // spans
        yield Span(organisation, number, spans, share).tables()


class Span:
    """The units of work that begin in one span of the year, as arrays with an entry a unit, and their rows."""

    def __init__(self, organisation: Organisation, number: int, spans: int, rows: int) -> None:
        self.organisation = organisation
        self.random = np.random.default_rng([organisation.seed, 2, number])
        self.first = number * 1_000_000
        self.count = count = int(rows / ROWS_A_UNIT * 1.3) + 100
        self._who_and_where(count)
        self._parts(count)
        self._cut(rows)
        self._when(*self._limits(number, spans))
        self._texts()

    def tables(self) -> dict[str, pa.Table]:
        """The rows by source."""
        pulls = {name: self._pulls(name) for name in ("github", "gitlab")}
        reviews = {name: self._reviews(name) for name in ("github", "gitlab")}
        comments = {name: self._comments(name) for name in ("github", "gitlab")}
        found = {name: pa.concat_tables([pulls[name], reviews[name], comments[name]]) for name in pulls}
        found["git"] = pa.concat_tables([self._commits(), self._co_authors(), self._merges()])
        found["jira"] = pa.concat_tables([self._tickets(), self._reported(), self._ticket_comments()])
        return found

    def _limits(self, number: int, spans: int) -> tuple[int, int]:
        """The first and the last microsecond."""
        since, until = (int(each.timestamp() * 1e6) for each in self._year())
        return since + (until - since) * number // spans, since + (until - since) * (number + 1) // spans - 1

    def _year(self) -> tuple[dt.datetime, dt.datetime]:
        return self.organisation.period.since, self.organisation.period.until

    def _who_and_where(self, count: int) -> None:
        """Authors, their teams, repositories; a backport or a revert is in that of the unit before, by its author."""
        random, of = self.random, self.organisation
        self.author = np.searchsorted(of.activity, random.random(count)).clip(0, of.people - 1)
        chance = random.random(count)
        self.backport, self.revert = chance < 0.02, (chance >= 0.02) & (chance < 0.03)
        self.bot = (chance >= 0.03) & (chance < 0.05)
        self.again = self.backport | self.revert
        self.again[0] = self.backport[0] = self.revert[0] = False
        self.before = np.maximum.accumulate(np.where(self.again, 0, np.arange(count)))
        self.author = self.author[self.before]
        self.bot &= ~self.again & ~np.append(self.again[1:], False)
        self.team = of.team_of[self.author]
        where = np.where(random.random(count) < 0.1, random.integers(0, of.teams, count), self.team)
        own = LARGE + where + of.teams * random.integers(0, (len(of.projects) - LARGE) // of.teams, count)
        large = np.minimum(random.geometric(0.5, count) - 1, LARGE - 1)
        self.repo = np.where(random.random(count) < 0.35, large, own)[self.before]
        self.on_gitlab = of.on_gitlab[self.repo]

    def _when(self, begin: int, end: int) -> None:
        """When units begin and when they are merged: on working days, between 7 and 18 o'clock, in UTC."""
        random, count, last = self.random, self.count, int(self._year()[1].timestamp() * 1e6) - 1
        day = np.sort(random.integers(begin, end, count)) // DAY_US
        weekday = (day + 3) % 7  # 1970 began on a Thursday
        day -= np.where(weekday >= 5, weekday - 4, 0)
        worked = day * DAY_US + (7 + 11 * random.random(count)) * DAY_US / 24
        self.begun = worked.astype(np.int64).clip(begin, end)
        self.merged = np.minimum(self.begun + (random.exponential(2.5, count) * DAY_US).astype(np.int64) + 1, last)
        self.last = last

    def _parts(self, count: int) -> None:
        """What each unit consists of, as numbers of rows; `root` is the unit whose ticket a unit works on, or -1."""
        random = self.random
        self.alone = (random.random(count) < 0.08) & ~self.again & ~np.append(self.again[1:], False) & ~self.bot
        of_request = ~self.alone
        self.commits = np.where(self.alone | self.bot, 1, np.minimum(random.geometric(0.3, count), 40))
        self.co_authored = (random.random(count) < 0.06) & of_request & ~self.bot
        self.reviews = np.where(of_request, np.minimum(random.poisson(1.5, count), 6), 0)
        self.comments = np.where(of_request, np.minimum(random.poisson(0.7, count), 5), 0)
        has = (random.random(count) < 0.65) & of_request & ~self.bot & ~self.again
        self.owns_ticket = has & (random.random(count) < 0.87)
        self.root = np.maximum.accumulate(np.where(self.owns_ticket, np.arange(count), -1))
        self.root[~has] = -1
        self.reported = self.owns_ticket & (random.random(count) < 0.4)
        self.ticket_comments = np.where(self.owns_ticket, np.minimum(random.poisson(0.6, count), 5), 0)

    def _cut(self, rows: int) -> None:
        """Keep whole units as long as they fit, then commits alone, so that there are exactly `rows`."""
        each = self.commits + self.co_authored + self.reviews + self.comments + 2 * ~self.alone
        each = each + self.owns_ticket + self.reported + self.ticket_comments
        kept = int(np.searchsorted(np.cumsum(each), rows, side="right"))
        alone = rows - int(each[:kept].sum())
        tail = slice(kept, kept + alone)
        for name in ("co_authored", "owns_ticket", "reported", "again", "backport", "revert", "bot"):
            getattr(self, name)[tail] = False
        for name in ("reviews", "comments", "ticket_comments"):
            getattr(self, name)[tail] = 0
        self.commits[tail], self.alone[tail], self.root[tail] = 1, True, -1
        self.count = kept + alone
        for name, value in list(vars(self).items()):
            if isinstance(value, np.ndarray):
                setattr(self, name, value[: self.count])

    def _texts(self) -> None:
        """What the rows of a unit share: its work item, title, labels, paths, the hash of its merge and its ticket."""
        of, random, count = self.organisation, self.random, self.count
        self.number = self.first + np.arange(count)
        self.project = pa.array(of.projects).take(pa.array(self.repo))
        self.host = pick(("github.com", SERVER), self.on_gitlab)
        self.mark = pick(("#", "!"), self.on_gitlab)
        self.reference = join(self.project, self.mark, self.number)
        self.item = join(self.host, "/", self.reference)
        self.link = join(
            "https://",
            self.host,
            "/",
            self.project,
            pick(("/pull/", "/-/merge_requests/"), self.on_gitlab),
            self.number,
        )
        self.merge = hashes(random, count)
        keys = pa.array(of.keys()).take(pa.array(of.team_of[self.author]))
        self.ticket = join(keys.take(pa.array(self.root.clip(0))), "-", self.first + self.root)
        self.title_code = random.integers(0, len(titles()), count)
        plain = titles().take(pa.array(self.title_code))
        named = (self.root >= 0) & (random.random(count) < 0.5)
        self.title = pc.if_else(pa.array(named), join(self.ticket, ": ", plain), plain)
        self.change = pa.array([*TYPES.values()]).take(pa.array(self.title_code % len(TYPES)))
        self.paths = Lists.random(random, paths(), np.minimum(random.geometric(0.25, count), 30), self.repo)
        self.labels = label_sets().take(pa.array(random.integers(0, len(label_sets()), count)))
        self.reviewer = self._others(np.repeat(np.arange(count), self.reviews))
        self.reporter = self._others(np.arange(count))

    def _others(self, units: Array) -> Array:
        """For each of these units somebody who is not its author: three of four times one of the team."""
        of, random = self.organisation, self.random
        team, author = self.team[units], self.author[units]
        low, high = of.bounds[team], of.bounds[team + 1]
        near = low + (random.random(len(units)) * (high - low)).astype(np.int64)
        chosen = np.where(random.random(len(units)) < 0.75, near, random.integers(0, of.people, len(units)))
        return np.where((chosen == author) & ~self.bot[units], (author + 1) % of.people, chosen)

    def _whom(self, source: str, people: Array) -> pa.Array:
        return self.organisation.accounts[source].take(pa.array(people))

    def _authors(self, source: str, units: Array) -> pa.Array:
        """The authors of these units, or the bot."""
        return self._whom(source, np.where(self.bot[units], self.organisation.people, self.author[units]))

    def _between(self, units: Array) -> Array:
        """A time for each of these units while it lasts."""
        start, end = self.begun[units], self.merged[units]
        return start + ((end - start) * self.random.random(len(units))).astype(np.int64)

    def _after(self, units: Array, days: float) -> Array:
        """A time for each of these units after it was merged, so many days on average, in the year."""
        return np.minimum(
            self.merged[units] + (self.random.exponential(days, len(units)) * DAY_US).astype(np.int64), self.last
        )

    def _closes(self, units: Array) -> pa.Array:
        """The ticket that each of these units closes, and the commit that merged it."""
        tickets = pc.if_else(pa.array(self.root >= 0), self.ticket, None).take(pa.array(units))
        return lists(tickets, join("commit/", self.merge.take(pa.array(units))))

    def _reverts(self, units: Array, texts: pa.Array) -> pa.Array:
        """Of reverts, the text of the unit that each reverts, as lists."""
        before = texts.take(pa.array(self.before[units]))
        return lists(pc.if_else(pa.array(self.revert[units]), before, None))

    def _reverted_by(self, units: Array) -> pa.Array:
        """The merge that reverted each of these units, as lists; mostly none."""
        by = np.full(self.count, -1)
        by[self.before[self.revert]] = np.flatnonzero(self.revert)
        return lists(join("commit/", self.merge.take(pa.array(by, mask=by < 0))).take(pa.array(units)))

    def _sizes(self, count: int) -> dict[str, Array]:
        added = self.random.lognormal(3, 1.5, count).astype(np.int64)
        return {"additions": added, "deletions": (added * self.random.random(count)).astype(np.int64)}

    def _requests(self, units: Array) -> dict[str, Any]:
        """The columns that all rows about the pull or merge requests of these units share."""
        at = pa.array(units)
        columns = {
            "work_item": self.item, "title": self.title, "project": self.project, "change_type": self.change,
            "labels": self.labels,
        }  # fmt: skip
        shared = {name: column.take(at) for name, column in columns.items()}
        return shared | {"paths": self.paths.take(units), "is_private": True}

    def _forge(self, source: str, units: Array) -> dict[str, Any]:
        return self._requests(units) | {"scope": "github.com" if source == "github" else SERVER}

    def _with_request(self, source: str) -> Array:
        return ~self.alone & (self.on_gitlab == (source == "gitlab"))

    def _pulls(self, source: str) -> pa.Table:
        units = np.flatnonzero(self._with_request(source))
        own = self._authors(source, units)
        return table(
            source, len(units), **self._forge(source, units),
            id=join("pull_request/author/PR_", self.number[units]), kind="pull_request", role="author", account=own,
            occurred_at=self.merged[units], started_at=self.begun[units], body=bodies(self.random, len(units), 4),
            url=self.link.take(pa.array(units)), state="merged", owners=lists(own),
            participants=self._reviewers(source).take(units), closes=self._closes(units),
            reverts=self._reverts(units, self.reference), files_changed=self.paths.lengths[units],
            comment_count=self.comments[units], **self._sizes(len(units)),
        )  # fmt: skip

    def _reviewers(self, source: str) -> Lists:
        return Lists(self._whom(source, self.reviewer), np.append(0, np.cumsum(self.reviews)))

    def _reviews(self, source: str) -> pa.Table:
        every = np.repeat(np.arange(self.count), self.reviews)
        chosen = self._with_request(source)[every]
        units = every[chosen]
        number = self.first * 10 + np.flatnonzero(chosen)
        return table(
            source, len(units), **self._forge(source, units),
            id=join("review/reviewer/PRR_", number), kind="review", role="reviewer",
            account=self._whom(source, self.reviewer[chosen]), occurred_at=self._between(units),
            body=pc.if_else(pa.array(self.random.random(len(units)) < 0.6), bodies(self.random, len(units), 1), None),
            url=join(self.link.take(pa.array(units)), "#pullrequestreview-", number),
            state=pick(
                ("approved", "commented", "changes_requested"), self.random.choice(3, len(units), p=(0.6, 0.3, 0.1))
            ),
            owners=lists(self._authors(source, units)),
        )  # fmt: skip

    def _comments(self, source: str) -> pa.Table:
        every = np.repeat(np.arange(self.count), self.comments)
        chosen = self._with_request(source)[every]
        units = every[chosen]
        number = self.first * 10 + np.flatnonzero(chosen)
        columns = self._forge(source, units) | {"paths": None, "change_type": None}
        return table(
            source, len(units), **columns,
            id=join("comment/helper/IC_", number), kind="comment", role="helper",
            account=self._whom(source, self._others(units)), occurred_at=self._between(units),
            body=bodies(self.random, len(units), 2),
            url=join(self.link.take(pa.array(units)), "#issuecomment-", number),
            owners=lists(self._authors(source, units)),
        )  # fmt: skip

    def _git(self, units: Array) -> dict[str, Any]:
        at = pa.array(units)
        scope = join(self.host, "/", self.project).take(at)
        return {"scope": scope, "project": self.project.take(at), "is_private": None}

    def _commits(self) -> pa.Table:
        """Commits: the first of a backport names the first one of the unit before as its original."""
        units = np.repeat(np.arange(self.count), self.commits)
        starts = np.append(0, np.cumsum(self.commits))[:-1]
        sha, own = hashes(self.random, len(units)), self._authors("git", units)
        original = np.full(len(units), -1)
        original[starts[self.backport]] = starts[self.before[self.backport]]
        written = np.where(self.alone[units], self.begun[units], self._between(units))
        code = self.random.integers(0, len(titles()), len(units))
        change = pa.array([*TYPES.values()]).take(pa.array(code % len(TYPES)))
        files = np.minimum(self.random.geometric(0.5, len(units)), 12)
        return table(
            "git", len(units), **self._git(units), **self._sizes(len(units)),
            id=join("commit/author/", sha), kind="commit", role="author", account=own,
            work_item=join("commit/", sha), occurred_at=np.where(self.alone[units], written, self.merged[units]),
            started_at=written, title=titles().take(pa.array(code)),
            body=pc.if_else(pa.array(self.random.random(len(units)) < 0.5), bodies(self.random, len(units), 2), None),
            url=join("https://", self._git(units)["scope"], "/commit/", sha),
            change_type=change, owners=lists(own), reverted_by=self._reverted_by(units),
            part_of=lists(pc.if_else(pa.array(self.alone), None, self.item).take(pa.array(units))),
            picked_from=lists(join("commit/", sha.take(pa.array(original, mask=original < 0)))),
            paths=Lists.random(self.random, paths(), files, self.repo[units]).all(), files_changed=files,
        )  # fmt: skip

    def _co_authors(self) -> pa.Table:
        """Of some pull requests another person, as co-author of the commit that merged it."""
        units = np.flatnonzero(self.co_authored)
        other = self._others(units)
        logins = pa.array(self.organisation.logins).take(pa.array(other))
        sha = self.merge.take(pa.array(units))
        return table(
            "git", len(units), **self._requests(units) | self._git(units) | {"labels": None},
            id=join("pull_request/co-author/", sha, "/", logins, "@example.org"), kind="pull_request", role="co-author",
            account=self._whom("git", other), occurred_at=self.merged[units], started_at=self.begun[units],
            url=self.link.take(pa.array(units)), state="merged", owners=lists(self._authors("git", units)),
            participants=lists(self._authors("git", units)), closes=self._closes(units),
        )  # fmt: skip

    def _merges(self) -> pa.Table:
        """Each pull request as git knows it, by the commit that merged it."""
        units = np.flatnonzero(~self.alone)
        own = self._authors("git", units)
        return table(
            "git", len(units), **self._requests(units) | self._git(units) | {"labels": None},
            id=join("pull_request/author/", self.merge.take(pa.array(units))), kind="pull_request", role="author",
            account=own, occurred_at=self.merged[units], started_at=self.begun[units],
            url=self.link.take(pa.array(units)), state="merged", owners=lists(own), closes=self._closes(units),
            reverts=self._reverts(units, join("commit/", self.merge)), reverted_by=self._reverted_by(units),
            files_changed=self.paths.lengths[units], **self._sizes(len(units)),
        )  # fmt: skip

    def _jira(self, units: Array) -> dict[str, Any]:
        at = pa.array(units)
        ticket = self.ticket.take(at)
        plain = titles().take(pa.array(self.title_code[units]))
        key = pa.array(self.organisation.keys()).take(pa.array(self.team[units]))
        epic = join(SITE, "/", key, "-", self.number[units] % 50 + 1)
        return {
            "scope": SITE, "work_item": join(SITE, "/", ticket), "project": key,
            "title": pc.replace_substring_regex(plain, r"^\w+(\(\w+\))?: ", ""),
            "labels": self.labels.take(at),
            "parent": pc.if_else(pa.array(self.number[units] % 3 > 0), epic, None), "is_private": None,
        }  # fmt: skip

    def _tickets(self) -> pa.Table:
        units = np.flatnonzero(self.owns_ticket)
        own = self._whom("jira", self.author[units])
        extra = pa.MapArray.from_arrays(
            pa.array(np.arange(len(units) + 1) * 2, pa.int32()),
            pa.array(["credited", "resolution"]).take(pa.array(np.tile([0, 1], len(units)))),
            pa.array(["assigned", "Done"]).take(pa.array(np.tile([0, 1], len(units)))),
        )
        return table(
            "jira", len(units), **self._jira(units), **self._resolved(units), kind="issue", role="assignee",
            id=join("issue/assignee/", self.number[units], "/", self.author[units]), account=own, owners=lists(own),
            participants=lists(self._whom("jira", self.reporter[units])), state="done", extra=extra,
            story_points=self.random.choice([1.0, 2.0, 3.0, 5.0, 8.0], len(units)),
        )  # fmt: skip

    def _resolved(self, units: Array) -> dict[str, Any]:
        return {
            "occurred_at": self._after(units, 0.3),
            "started_at": self.begun[units] - (self.random.exponential(6, len(units)) * DAY_US).astype(np.int64),
            "body": bodies(self.random, len(units), 3),
            "url": join(f"https://{SITE}/browse/", self.ticket.take(pa.array(units))),
            "change_type": self.change.take(pa.array(units)),
        }

    def _reported(self) -> pa.Table:
        units = np.flatnonzero(self.reported)
        own = self._whom("jira", self.reporter[units])
        columns = self._resolved(units) | {"occurred_at": self.begun[units]}
        return table(
            "jira", len(units), **self._jira(units), **columns, kind="issue", role="reporter", account=own,
            id=join("issue/reporter/", self.number[units], "/", self.reporter[units]), owners=lists(own), state="done",
            participants=lists(self._whom("jira", self.author[units])),
        )  # fmt: skip

    def _ticket_comments(self) -> pa.Table:
        units = np.repeat(np.arange(self.count), self.ticket_comments)
        number = self.first * 10 + np.arange(len(units))
        return table(
            "jira", len(units), **self._jira(units), kind="comment", role="helper",
            id=join("comment/helper/", number), account=self._whom("jira", self._others(units)),
            occurred_at=self._between(units), body=bodies(self.random, len(units), 2),
            url=join(f"https://{SITE}/browse/", self.ticket.take(pa.array(units)), "?focusedCommentId=", number),
            owners=lists(self._whom("jira", self.author[units])),
        )  # fmt: skip


@dataclass(frozen=True)
class Lists:
    """A list of texts for each unit."""

    values: pa.Array
    offsets: Array

    @classmethod
    def random(cls, random: np.random.Generator, texts: pa.Array, lengths: Array, repo: Array) -> Lists:
        """Lists of these lengths; a repository has a twentieth of the texts, a large one all."""
        wide = np.repeat(repo < LARGE, lengths)
        width = np.where(wide, len(texts), len(texts) // 20)
        start = np.where(wide, 0, np.repeat(repo, lengths) * 977 % len(texts))
        # Files that one change touches lie close together.
        near = np.repeat(random.random(len(lengths)), lengths) + random.random(len(wide)) * 0.02
        codes = (start + (near % 1 * width).astype(np.int64)) % len(texts)
        return cls(texts.take(pa.array(codes)), np.append(0, np.cumsum(lengths)))

    @property
    def lengths(self) -> Array:
        """How long each list is."""
        return np.diff(self.offsets)

    def all(self) -> pa.Array:
        """The lists as Arrow has them."""
        return pa.ListArray.from_arrays(pa.array(self.offsets, pa.int32()), self.values)

    def take(self, units: Array) -> pa.Array:
        """The lists of these units."""
        return self.all().take(pa.array(units))


def table(source: str, count: int, **columns: Any) -> pa.Table:
    """Rows of the schema; a column that is not named, or None, is null or empty, and a text is that of every row."""
    arrays = []
    for field in arrow_schema():
        value = columns.get(field.name, source if field.name == "source" else None)
        arrays.append(_column(value, field, count))
    return pa.Table.from_arrays(arrays, schema=arrow_schema())


def _column(value: Any, field: pa.Field, count: int) -> pa.Array:
    nested = pa.types.is_nested(field.type)
    if value is None and nested:
        return pa.array([[]], field.type).take(pa.repeat(0, count))
    if value is None or isinstance(value, str | bool):
        return pa.repeat(pa.scalar(value, field.type), count)
    array = pa.array(value) if isinstance(value, np.ndarray) else value
    return array.cast(field.type)


def join(*parts: Any) -> pa.Array:
    """Texts and numbers joined row by row; null where one is null."""
    texts = [each if isinstance(each, str | pa.Array) else pa.array(each).cast(pa.string()) for each in parts]
    return pc.binary_join_element_wise(*texts, "")


def pick(texts: tuple[str, ...], codes: Array) -> pa.Array:
    return pa.array(texts).take(pa.array(codes.astype(np.int64)))


def lists(*columns: pa.Array) -> pa.Array:
    """A list for each row of what its columns have, without nulls."""
    masks = np.stack([pc.is_valid(each).to_numpy(zero_copy_only=False) for each in columns], axis=1)
    count = len(columns[0])
    both = pa.concat_arrays([each.cast(pa.string()) for each in columns])
    order = np.arange(len(both)).reshape(len(columns), count).T[masks]
    return pa.ListArray.from_arrays(
        pa.array(np.append(0, np.cumsum(masks.sum(axis=1))), pa.int32()), both.take(pa.array(order))
    )


def hashes(random: np.random.Generator, count: int) -> pa.Array:
    """So many commit hashes."""
    digits = random.bytes(count * 20).hex().encode()
    offsets = pa.array(np.arange(count + 1) * 40, pa.int32())
    return pa.StringArray.from_buffers(count, offsets.buffers()[1], pa.py_buffer(digits))


@functools.cache
def titles() -> pa.Array:
    """Subject lines such as `fix(billing): Retry payments`; their position modulo the number of types is their type."""
    scopes = ("billing", "search", "login", "reports", "api", "import")
    where = [f" {words}" for words in ("of tenants", "for partners", "in the nightly run", "under load")]
    return pa.array([
        f"{change}({scope}): {verb} {what}{end}"
        for end in ("", *where) for scope in scopes
        for verb in VERBS.split(", ") for what in OBJECTS.split(", ") for change in TYPES
    ])  # fmt: skip


@functools.cache
def paths() -> pa.Array:
    """The files of all repositories."""
    endings, tops = ("py", "py", "ts", "go", "md", "sql"), ("src", "services", "tests", "docs")
    return pa.array([
        f"{tops[file % 4]}/module{module:03}/part{file}.{endings[file % 6]}"
        for module in range(MODULES) for file in range(FILES)
    ])  # fmt: skip


@functools.cache
def label_sets() -> pa.Array:
    """No label, one, or two."""
    alone = [[each] for each in LABELS]
    return pa.array([*([[]] * 5), *alone, *alone, *map(list, itertools.combinations(LABELS, 2))], pa.list_(pa.string()))


@functools.cache
def sentences() -> pa.Array:
    """What bodies consist of."""
    words = np.random.default_rng(7).choice(WORDS.split(), (SENTENCES, 16))
    return pa.array([f"{' '.join(each).capitalize()}." for each in words.tolist()])


def bodies(random: np.random.Generator, count: int, length: int) -> pa.Array:
    """Texts of so many sentences, about 90 characters each; of two and more hardly any are the same."""
    chosen = [sentences().take(pa.array(random.integers(0, SENTENCES, count))) for _ in range(length)]
    return pc.binary_join_element_wise(*chosen, " ")


def config(of: Organisation) -> str:
    """harvester.toml with all people, teams and sources; the first person is who uses it."""
    persons = "".join(
        f'[people.{login}]\nname = "{name}"\nemails = ["{login}@example.org"]\n'
        f'accounts = {{ github = ["{login}"], gitlab = ["{login}"], jira = ["712020:{number:08x}"] }}\n'
        for number, (name, login) in enumerate(zip(of.names, of.logins, strict=True))
    )
    teams = "".join(
        f'[teams.team{team:02}]\nname = "Team {team:02}"\nmembers = {of.logins[first:last]}\n'
        for team, (first, last) in enumerate(zip(of.bounds, of.bounds[1:], strict=False))
    )
    sources = f"""
[ledger]
location = "ledger"

[sources.git]
connector = "git"
repositories = ["repository"]

[sources.github]
connector = "github"
organisations = ["acme"]
token = "env:NO_SUCH_TOKEN"

[sources.gitlab]
connector = "gitlab"
url = "https://{SERVER}"
groups = ["acme"]
token = "env:NO_SUCH_TOKEN"

[sources.jira]
connector = "jira"
url = "https://{SITE}"
token = "env:NO_SUCH_TOKEN"
email = "{of.logins[0]}@example.org"
projects = {of.keys()}
"""
    return f'[me]\nperson = "{of.logins[0]}"\ntimezone = "UTC"\n\n{persons}{teams}{sources}'


def goals(of: Organisation) -> str:
    """goals.toml with goals that claim by path, kind, project, label and title."""
    rules = (
        ("pull_requests", '{ paths = ["src/module0*/"], share = 0.5 }'),
        ("reviews", '{ kinds = ["review"], paths = ["services/module1??/"] }'),
        ("commits", '{ paths = ["tests/", "docs/module2*/"] }'),
        ("tickets", f'{{ projects = ["{of.keys()[0]}"] }}, {{ labels = ["customer"] }}'),
        ("pull_requests", '{ labels = ["security"], paths = ["src/module4*/part0.py"] }'),
    )
    return "".join(
        f'[[goals]]\nname = "goal-{number}"\ntitle = "Goal {number}"\nwhy = "Somebody waits for it."\n'
        f"from = {of.year}-01-01\nuntil = {of.year}-12-31\n"
        f'measure = "{measure}"\ntarget = 400\nmatch = {{ any = [{match}] }}\n\n'
        for number, (measure, match) in enumerate(rules)
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--people", type=int, help="by default one for every 5,000 rows")
    parser.add_argument("--teams", type=int, default=50)
    parser.add_argument("--year", type=int, default=2025)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    organisation = sized(options.rows, options.people, options.teams, options.year, options.seed)
    begun = time.perf_counter()
    build(options.folder, organisation, options.rows)
    info = Ledger.open(options.folder / "ledger", create=False).info()
    print(
        f"{sum(info.rows.values()):,} rows ({', '.join(f'{source} {count:,}' for source, count in info.rows.items())}) "
        f"of {organisation.people:,} people in {organisation.teams} teams, {info.files} files, "
        f"{info.size / 2**20:,.0f} MiB, in {time.perf_counter() - begun:.0f} s"
    )


if __name__ == "__main__":
    main()
