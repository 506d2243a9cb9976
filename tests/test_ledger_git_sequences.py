"""Whatever happens to real repositories between harvests, the ledger ends as one reading of the final state would."""

import dataclasses
import datetime as dt
import os
import tempfile
from collections.abc import Iterator
from itertools import count, islice
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harvester.connectors.git import Git
from harvester.errors import SourceError
from harvester.harvesting.plan import plan
from harvester.harvesting.reader import changeset_of, read_source
from harvester.harvesting.run import harvest
from harvester.ledger import Ledger, by_accounts
from harvester.model.accounts import account_key, email_of
from harvester.model.contribution import from_table
from harvester.sdk.connector import Event, Request
from harvester.sdk.testing import connector_context
from tests.gitrepo import ANN, BOB, Repo
from tests.scripted import EVER, NOW, span, utc

MONTHS = [utc(2026, month) for month in (7, 8, 9, 10)]
ANN_AT_HOME = "Ann Doe <ann@home.example>"
ADDRESSES = {ANN: "ann@example.org", ANN_AT_HOME: "ann@home.example", BOB: "bob@example.org"}

folders = st.sampled_from(["a", "b"])
dates = st.integers(0, 89).map(lambda days: MONTHS[0] + dt.timedelta(days=days))
authors = st.sampled_from(list(ADDRESSES))
old_commits = st.integers(0, 5)
commit = st.tuples(st.just("commit"), folders, authors, dates, st.none() | authors)
merge = st.tuples(st.just("merge"), folders, authors, dates, dates)
topic = st.tuples(st.just("topic"), folders, authors, dates, dates)
rebase = st.tuples(st.just("rebase"), folders, authors, dates, dates)
squash = st.tuples(st.just("squash"), folders, authors, dates, st.integers(1, 3))
pull = st.tuples(st.just("pull"), folders, authors, dates)
pick = st.tuples(st.just("pick"), folders, authors, dates, old_commits)
revert = st.tuples(st.just("revert"), folders, authors, dates, old_commits, st.sampled_from([7, 40]))
revert_pull = st.tuples(st.just("revert_pull_request"), folders, authors, dates, st.integers(1, 3))
attributes = st.tuples(
    st.just("attributes"), folders, authors, dates, st.sampled_from(["f0", "f1", "* -diff\nbranch*"])
)
subtree = st.tuples(st.just("subtree"), folders, authors, dates)
people_change = st.tuples(st.just("join_addresses"), st.booleans())
branches = st.tuples(st.just("read_branches"), st.sampled_from(["default", "local"]))
amend = st.tuples(st.just("amend"), folders, dates)
reset = st.tuples(st.just("reset"), folders)
away = st.tuples(st.just("away"), st.booleans())
periods = st.tuples(st.integers(0, 2), st.integers(0, 2)).map(
    lambda pair: span(MONTHS[min(pair)], MONTHS[max(pair) + 1])
)
people = st.sampled_from([
    None, frozenset(ADDRESSES.values()), frozenset({"bob@example.org"}),
    frozenset({"ann@example.org", "ann@home.example"}),
])  # fmt: skip
fates = st.sampled_from(["well", "well", "well", "refresh", "dies", "breaks"])
harvests = st.tuples(st.just("harvest"), periods, people, fates)
steps = st.one_of(
    commit, merge, merge, topic, rebase, squash, pull, pick, revert, revert, revert_pull, attributes, subtree, amend,
    reset, away, people_change, branches, harvests, harvests, harvests, harvests,
)  # fmt: skip


@dataclasses.dataclass
class Story:
    """One ledger, two repositories, one of them sometimes away, and a clock that moves on with every harvest."""

    folder: Path
    ledger: Ledger
    ticks: count = dataclasses.field(default_factory=count)
    numbers: count = dataclasses.field(default_factory=lambda: count(10))
    addresses_joined: bool = True
    branches: str = "default"

    @property
    def connector(self) -> Git:
        context = connector_context(self.folder, source="work", now=NOW, environ=os.environ)
        if self.addresses_joined:
            context = dataclasses.replace(context, person_of=person_of, people_digest="joined")
        return Git(repositories=["a", "b"], context=context, branches=self.branches, forge="github")

    def repo(self, name: str) -> Repo:
        here = self.folder / name
        return Repo(here if here.exists() else self.folder / f"{name}-away")

    def now(self) -> dt.datetime:
        return NOW + dt.timedelta(minutes=next(self.ticks))

    def commit(self, name: str, by: str, at: dt.datetime, co_author: str | None = None) -> None:
        number = next(self.numbers)
        word = ("Co-authored-by", "Reviewed-by", "Mentored-by")[number % 3]
        trailer = f"\n\n{word}: {co_author}\nSigned-off-by: {ANN}" if co_author else ""
        self.write(name, f"Change {number}{trailer}", by, at)

    def write(self, name: str, message: str, by: str, at: dt.datetime) -> None:
        number = next(self.numbers)
        self.repo(name).commit(message, {f"f{number % 3}": str(number)}, by=by, at=at.isoformat())

    def branch(self, name: str, by: str, at: dt.datetime) -> Repo:
        """A branch that begins one commit ago, with a commit of its own, checked out."""
        repo, number = self.repo(name), next(self.numbers)
        start = repo.git("rev-list", "--max-count=2", "main").split()[-1]
        repo.git("checkout", "--quiet", "-B", "branch", start)
        repo.commit(f"Branch {number}", {f"branch{number}": "x"}, by=by, at=at.isoformat())
        return repo

    def merge(self, name: str, by: str, at: dt.datetime, merged_at: dt.datetime) -> None:
        """A pull request with a commit of its own; it may be merged before it is written, by a wrong clock."""
        repo, number = self.branch(name, by, at), next(self.numbers)
        repo.git("checkout", "--quiet", "main")
        repo.merge("branch", f"Merge pull request #{number} from acme/branch\n\nBranch", at=merged_at.isoformat())

    def topic(self, name: str, by: str, at: dt.datetime, merged_at: dt.datetime) -> None:
        """A topic with a commit of its own, which Ann merges, within another topic where one is being worked on."""
        repo, number = self.branch(name, by, at), next(self.numbers)
        if number % 2:
            repo.branch(f"topic-{number}")
            repo.commit(f"Part {number}\n\nTested-by: {BOB}", {f"part{number}": "x"}, by=by, at=at.isoformat())
            repo.checkout("branch")
            repo.merge(f"topic-{number}", f"Merge branch 'topic-{number}' into branch", at=at.isoformat())
        repo.checkout("main")
        repo.merge("branch", f"Merge branch 'outer-{number}'", at=merged_at.isoformat())

    def rebase(self, name: str, by: str, at: dt.datetime, landed_at: dt.datetime) -> None:
        """A branch that is rebased onto the main branch, and is still there."""
        repo, number = self.branch(name, by, at), next(self.numbers)
        for branch, when in (("branch", at), ("main", landed_at)):
            repo.checkout(branch)
            files = {f"rebased{number}": "x"}
            repo.commit(f"Rebased {number}", files, by=by, at=when.isoformat(), written=at.isoformat())

    def squash(self, name: str, by: str, at: dt.datetime, number: int) -> None:
        """A squashed pull request, which may be there already: then this is a backport of it."""
        self.write(name, f"Round (#{number})", by, at)

    def pull(self, name: str, by: str, at: dt.datetime) -> None:
        """The main branch is merged into one's own, which becomes the main branch: what it had lands again."""
        repo = self.branch(name, by, at)
        repo.merge("main", "Merge branch 'main'", at=at.isoformat())
        repo.git("branch", "--quiet", "--force", "main", "branch")
        repo.git("checkout", "--quiet", "main")

    def old(self, name: str, number: int) -> str:
        """A commit of the history, by its number from the last."""
        shas = self.repo(name).git("rev-list", f"--max-count={number + 1}", "main").split()
        return shas[-1]

    def pick(self, name: str, by: str, at: dt.datetime, number: int) -> None:
        self.write(name, f"Picked\n\n(cherry picked from commit {self.old(name, number)})", by, at)

    def revert(self, name: str, by: str, at: dt.datetime, number: int, digits: int) -> None:
        sha = self.old(name, number)
        words = f"{sha}." if digits == len(sha) else f"{sha[:digits]} (subject, date)"
        self.write(name, f"Revert\n\nThis reverts commit {words}", by, at)

    def revert_pull_request(self, name: str, by: str, at: dt.datetime, number: int) -> None:
        self.write(name, f"Revert it\n\nReverts #{number}", by, at)

    def attributes(self, name: str, by: str, at: dt.datetime, pattern: str) -> None:
        """From now on these files are generated, in all commits."""
        files = {".gitattributes": f"{pattern} linguist-generated\n"}
        self.repo(name).commit("Attributes", files, by=by, at=at.isoformat())

    def subtree(self, name: str, by: str, at: dt.datetime) -> None:
        """What `git subtree add` does at first, and then `git subtree pull`."""
        repo, number = self.repo(name), next(self.numbers)
        has_lib = bool(repo.git("for-each-ref", "refs/lib"))
        parents = ["-p", "refs/lib/head"] if has_lib else []
        who = repo._who(by, by, at.isoformat(), None)
        blob = repo.git("hash-object", "-w", "--stdin", given=str(number))
        library = repo.git("mktree", given=f"100644 blob {blob}\tlib.c\n")
        split = repo.git("commit-tree", library, *parents, "-m", f"Library {number}", env=who)
        repo.git("update-ref", "refs/lib/head", split)
        main = repo.head()
        trailers = f"git-subtree-dir: lib\ngit-subtree-mainline: {main}\ngit-subtree-split: {split}"
        message = f"Merge commit '{split}'" if has_lib else f"Add 'lib/' from commit '{split}'\n\n{trailers}"
        listed = [line for line in repo.git("ls-tree", "HEAD").splitlines() if not line.endswith("\tlib")]
        tree = repo.git("mktree", given="\n".join([*listed, f"040000 tree {library}\tlib"]) + "\n")
        merge = repo.git("commit-tree", tree, "-p", main, "-p", split, "-m", message, env=who)
        repo.git("reset", "--quiet", "--hard", merge)

    def join_addresses(self, joined: bool) -> None:
        self.addresses_joined = joined

    def read_branches(self, branches: str) -> None:
        self.branches = branches

    def amend(self, name: str, at: dt.datetime) -> None:
        when = at.isoformat()
        env = {"GIT_COMMITTER_DATE": when, "GIT_AUTHOR_DATE": when}
        who = {"GIT_COMMITTER_NAME": "Ann", "GIT_COMMITTER_EMAIL": "ann@example.org"}
        self.repo(name).git("commit", "--quiet", "--amend", "--allow-empty", "-m", f"Amended {when}", env=env | who)

    def reset(self, name: str) -> None:
        repo = self.repo(name)
        repo.git(
            "reset", "--quiet", "--hard", repo.git("rev-list", "--max-count=2", "--first-parent", "main").split()[-1]
        )

    def away(self, gone: bool) -> None:
        there, elsewhere = self.folder / "b", self.folder / "b-away"
        if gone and there.exists():
            there.rename(elsewhere)
        elif not gone and elsewhere.exists():
            elsewhere.rename(there)

    def harvest(self, period, accounts, fate: str) -> None:
        if fate == "dies":
            (planned,) = plan(["work"], {"work": accounts}, period, self.ledger.coverage())
            change = changeset_of(read_source("work", self.connector, planned.request), self.now())
            self.ledger.commit(dataclasses.replace(change, coverage=()))
            return
        if fate == "breaks":
            broken = Breaks(self.connector, next(self.ticks) % 7)
            outcome = harvest(self.ledger, {"work": lambda: broken}, {"work": accounts}, period, clock=self.now)
            assert not outcome.complete
            return
        self.read(period, accounts, refresh=fate == "refresh")

    def read(self, period, accounts, *, refresh: bool = False) -> None:
        outcome = harvest(
            self.ledger, {"work": lambda: self.connector}, {"work": accounts}, period, clock=self.now, refresh=refresh
        )
        assert outcome.complete == (self.folder / "b").exists()
        scopes = self.scopes()
        wanted = by_accounts({"work": accounts})
        stored = {
            (row.scope, row.id): row for row in from_table(self.ledger.rows(period, wanted)) if row.scope in scopes
        }
        in_full = read_source("work", self.connector, Request(period, accounts)).rows
        assert stored == in_full

    def scopes(self) -> set[str]:
        """What can be read now: nothing is asked of rows of a repository that is away, but that they are not lost."""
        return {row.scope for row in read_source("work", self.connector, Request(EVER)).rows.values()}


def person_of(account: str) -> str:
    """The person behind an account, where both of Ann's addresses are hers."""
    return "ann" if email_of(account) in {"ann@example.org", "ann@home.example"} else account_key(account)


@dataclasses.dataclass(frozen=True)
class Breaks:
    """A connector that fails after so many events, or at its end."""

    inner: Git
    events: int

    def fetch(self, request: Request) -> Iterator[Event]:
        yield from islice(self.inner.fetch(request), self.events)
        raise SourceError("The disk went away.")


def play(events: list[tuple]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        story = Story(Path(folder), Ledger.open(folder + "/ledger"))
        for name in ("a", "b"):
            Repo.init(story.folder / name)
            story.commit(name, ANN, MONTHS[0])
            story.commit(name, BOB, MONTHS[1])
        for kind, *rest in events:
            getattr(story, kind)(*rest)
        story.away(False)
        story.read(EVER, None)
        assert len(story.ledger.rows()) == len(read_source("work", story.connector, Request(EVER)).rows)


quick = settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))


@quick
@given(st.lists(steps, min_size=3, max_size=9))
def test_any_sequence_of_changes_and_harvests_ends_as_one_reading_of_the_final_state(events):
    play(events)


@pytest.mark.soak
@settings(quick, max_examples=400)
@given(st.lists(steps, min_size=4, max_size=16))
def test_any_long_sequence_ends_as_one_reading_of_the_final_state(events):
    play(events)
