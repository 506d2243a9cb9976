"""Whatever happens to real repositories between harvests, the ledger ends as one reading of the final state would."""

import dataclasses
import datetime as dt
import json
import os
import tempfile
from itertools import count
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harvester.connectors.git import Git, cursor
from harvester.harvesting.plan import plan
from harvester.harvesting.run import change_of, harvest, read
from harvester.ledger import Ledger, by_accounts
from harvester.model.contribution import from_table
from harvester.sdk.connector import Request
from harvester.sdk.testing import connector_context
from tests.gitrepo import ANN, BOB, Repo
from tests.scripted import EVER, NOW, span, utc

MONTHS = [utc(2026, month) for month in (7, 8, 9, 10)]
PEOPLE = {ANN: "ann@example.org", BOB: "bob@example.org"}

folders = st.sampled_from(["a", "b"])
dates = st.integers(0, 89).map(lambda days: MONTHS[0] + dt.timedelta(days=days))
commit = st.tuples(st.just("commit"), folders, st.sampled_from(list(PEOPLE)), dates)
merge = st.tuples(st.just("merge"), folders, st.sampled_from(list(PEOPLE)), dates)
amend = st.tuples(st.just("amend"), folders, dates)
reset = st.tuples(st.just("reset"), folders)
away = st.tuples(st.just("away"), st.booleans())
periods = st.tuples(st.integers(0, 2), st.integers(0, 2)).map(
    lambda pair: span(MONTHS[min(pair)], MONTHS[max(pair) + 1])
)
people = st.sampled_from([None, frozenset(PEOPLE.values()), *(frozenset({each}) for each in PEOPLE.values())])
harvests = st.tuples(st.just("harvest"), periods, people, st.sampled_from(["well", "well", "refresh", "dies"]))
steps = st.one_of(commit, commit, merge, amend, reset, away, harvests, harvests)


@dataclasses.dataclass
class Story:
    """One ledger, two repositories of which one may be away, and a clock that moves on with every harvest."""

    folder: Path
    ledger: Ledger
    ticks: count = dataclasses.field(default_factory=count)
    numbers: count = dataclasses.field(default_factory=count)

    @property
    def connector(self) -> Git:
        return Git(
            repositories=["a", "b"], context=connector_context(self.folder, source="work", now=NOW, environ=os.environ)
        )

    def repo(self, name: str) -> Repo:
        here = self.folder / name
        return Repo(here if here.exists() else self.folder / f"{name}-away")

    def now(self) -> dt.datetime:
        return NOW + dt.timedelta(minutes=next(self.ticks))

    def commit(self, name: str, by: str, at: dt.datetime) -> None:
        number = next(self.numbers)
        self.repo(name).commit(f"Change {number}", {f"f{number % 3}": str(number)}, by=by, at=at.isoformat())

    def merge(self, name: str, by: str, at: dt.datetime) -> None:
        """A branch that begins one commit ago and lands now, as a pull request with a commit of its own."""
        repo, number = self.repo(name), next(self.numbers)
        start = repo.git("rev-list", "--max-count=2", "main").split()[-1]
        repo.git("checkout", "--quiet", "-B", "branch", start)
        repo.commit(f"Branch {number}", {f"branch{number}": "x"}, by=by, at=at.isoformat())
        repo.git("checkout", "--quiet", "main")
        repo.merge("branch", f"Merge pull request #{number} from acme/branch\n\nBranch {number}", at=at.isoformat())

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
            change = change_of(read("work", self.connector, planned.request), self.now())
            self.ledger.commit(dataclasses.replace(change, coverage=()))
            return
        self.read(period, accounts, refresh=fate == "refresh")

    def read(self, period, accounts, *, refresh: bool = False) -> None:
        outcome = harvest(
            self.ledger, {"work": lambda: self.connector}, {"work": accounts}, period, clock=self.now, refresh=refresh
        )
        assert outcome.complete == (self.folder / "b").exists()
        scopes = self.scopes()
        wanted = by_accounts({"work": accounts})
        held = {(row.scope, row.id): row for row in from_table(self.ledger.rows(period, wanted)) if row.scope in scopes}
        anew = read("work", self.connector, Request(period, accounts)).rows
        assert held == anew

    def scopes(self) -> set[str]:
        """What can be read now: nothing is asked of rows of a repository that is away, but that they are not lost."""
        return {row.scope for row in read("work", self.connector, Request(EVER)).rows.values()}


def unfold(told: list[tuple]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        story = Story(Path(folder), Ledger.open(folder + "/ledger"))
        for name in ("a", "b"):
            Repo.init(story.folder / name)
            story.commit(name, ANN, MONTHS[0])
            story.commit(name, BOB, MONTHS[1])
        for kind, *rest in told:
            getattr(story, kind)(*rest)
        story.away(False)
        story.read(EVER, None)
        assert len(story.ledger.rows()) == len(read("work", story.connector, Request(EVER)).rows)


MANY = 520
"""More commits than are counted without asking the ledger."""

LOGGING = """\
#!/bin/sh
case "$*" in *--numstat*) tee -a {log} | git "$@";; *) exec git "$@";; esac
"""
"""A git that writes down which commits it is asked to count."""


@dataclasses.dataclass
class Counted:
    """A repository of many commits, its ledger, and a git that tells which commits were counted."""

    repo: Repo
    ledger: Ledger
    root: Path

    @classmethod
    def make(cls, folder: Path) -> "Counted":
        repo = Repo.init(folder / "repo")
        repo.git("fast-import", "--quiet", given="".join(imported(number) for number in range(MANY)))
        repo.git("checkout", "--quiet", "main")
        program = folder / "git"
        program.write_text(LOGGING.format(log=folder / "counted"))
        program.chmod(0o755)
        return cls(repo, Ledger.open(folder / "ledger"), folder)

    def harvest(self, period=EVER, accounts=None, *, refresh: bool = False, **options: str) -> int:
        """Read it, and give back how many commits were counted; what is held is what a reading without a ledger has."""
        made = Git(
            ["repo"],
            connector_context(self.root, source="work", now=NOW, environ=os.environ),
            git=str(self.root / "git"),
            **options,
        )
        log = self.root / "counted"
        log.write_text("")
        wanted = {"work": accounts}
        outcome = harvest(self.ledger, {"work": lambda: made}, wanted, period, clock=lambda: NOW, refresh=refresh)
        assert outcome.complete
        counted = len(log.read_text().split())
        held = {(row.scope, row.id): row for row in from_table(self.ledger.rows(period, by_accounts(wanted)))}
        assert held == read("work", made, Request(period, accounts)).rows
        return counted


def imported(number: int) -> str:
    who = f"A{number % 2} <a{number % 2}@x> {int(MONTHS[0].timestamp()) + number * 3600} +0000"
    return f"commit refs/heads/main\ncommitter {who}\ndata 1\nc\nM 644 inline f{number % 7}\ndata 4\n{number:03}\n\n"


@pytest.fixture
def counted(tmp_path):
    return Counted.make(tmp_path)


@pytest.mark.skipif(os.name == "nt", reason="stands a shell script in for git")
class TestLineCountsAreNeverFetchedTwice:
    def test_whatever_is_asked_anew_of_what_the_ledger_holds(self, counted):
        assert counted.harvest(span(MONTHS[0], MONTHS[3])) == MANY
        assert counted.harvest(EVER) == 0
        (counted.repo.path / ".mailmap").write_text("Ann <ann@x> <a0@x>\n")
        assert counted.harvest(EVER) == 0
        counted.repo.branch("topic")
        counted.repo.commit("More", {"more": "1\n"})
        assert counted.harvest(EVER, branches="local") == 1
        assert counted.harvest(EVER, refresh=True, branches="local") == MANY + 1

    def test_another_account_counts_only_its_own_commits(self, counted):
        counted.repo.git("fast-import", "--quiet", "--force", given="".join(imported(n) for n in range(3 * MANY)))
        counted.repo.git("reset", "--quiet", "--hard")
        period = span(MONTHS[0], utc(2027))
        first = counted.harvest(period, frozenset({"a0@x"}))
        assert first == 3 * MANY // 2
        assert counted.harvest(period) == 3 * MANY - first

    def test_what_was_counted_in_another_way_is_counted_again(self, counted):
        counted.harvest()
        known = {row.scope: row.cursor for row in self.marked(counted)}
        for made, expected in ((cursor.ROWS, 0), ("1", MANY)):
            (counted.root / "counted").write_text("")
            old = {scope: json.dumps(json.loads(each) | {"made": made, "state": "x"}) for scope, each in known.items()}
            request = Request(EVER, cursors=old, earlier=lambda scope, ids: counted.ledger.earlier("work", scope, ids))
            program = str(counted.root / "git")
            fetched = list(
                Git(
                    ["repo"], connector_context(counted.root, source="work", now=NOW, environ=os.environ), git=program
                ).fetch(request)
            )
            assert len(fetched) == MANY + 1
            assert len((counted.root / "counted").read_text().split()) == expected

    def test_nothing_is_taken_from_a_scope_that_some_reading_left_without_a_cursor(self, counted):
        counted.harvest(span(MONTHS[0], MONTHS[3]))
        rows = [dataclasses.replace(row, cursor=None) for row in self.marked(counted)]
        nobody = dataclasses.replace(rows[0], accounts=frozenset({"nobody@x"}))
        empty = change_of(read("work", Nothing(), Request(EVER, nobody.accounts)), NOW)
        counted.ledger.commit(dataclasses.replace(empty, coverage=(nobody,), slices=()))
        assert counted.harvest(EVER) == MANY

    def marked(self, counted):
        return [row for row in counted.ledger.coverage() if row.cursor]


class Nothing:
    """A source in which nobody did anything."""

    def fetch(self, request):
        yield from ()


quick = settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))


@quick
@given(st.lists(steps, min_size=3, max_size=9))
def test_any_sequence_of_changes_and_harvests_ends_as_one_reading_of_the_final_state(told):
    unfold(told)


@pytest.mark.soak
@settings(quick, max_examples=400)
@given(st.lists(steps, min_size=4, max_size=16))
def test_any_long_sequence_ends_as_one_reading_of_the_final_state(told):
    unfold(told)
