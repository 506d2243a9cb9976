"""A report depends on the sources, the period and the people alone, and on nothing that the ledger holds besides.

Random histories in a real repository, with notes and decisions beside it, are read in random ways before the report is
made: of one person or of everyone, of other periods, before the history was finished. The report and its evidence are
the same bytes as those made with a ledger of their own.
"""

import contextlib
import dataclasses
import datetime as dt
import itertools
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from harvester.errors import PeriodError
from harvester.goals.decisions import FILE, Decision, decide
from harvester.ledger import Changeset, Ledger
from harvester.ledger.coverage import WHOLE, Coverage
from harvester.model.contribution import to_table
from harvester.model.periods import Period
from harvester.reporting.evidence import dump
from harvester.workspace.environment import Environment
from harvester.workspace.harvest import Selection, harvest
from harvester.workspace.reports import load_report, make_report, verify_report, write_report
from harvester.workspace.workspace import open_workspace
from tests.environments import environment, shown
from tests.gitrepo import Repo
from tests.rows import at, commit

NOW = dt.datetime(2026, 12, 31, 12, tzinfo=dt.UTC)
ADA, ADA_AT_HOME, GRACE = "Ada <ada@example.org>", "Ada L <ada@home.example>", "Grace <grace@example.org>"
LOOK_ALIKE = "Ada Lovelace <ada@lab.example>"
"""Nobody lists this account, so a report of Ada says that it looks like hers."""

AUTHORS = (ADA, ADA_AT_HOME, GRACE, LOOK_ALIKE)
CONFIGURATION = """
[me]
person = "ada"
timezone = "UTC"

[people.ada]
name = "Ada Lovelace"
emails = ["ada@example.org", "ada@home.example"]

[people.grace]
name = "Grace Hopper"
emails = ["grace@example.org"]

[ledger]
location = "LEDGER"

[sources.git]
connector = "git"
repositories = ["app"]

[sources.notes]
connector = "notebook"
file = "notebook.md"
"""
GOALS = """
[[goals]]
name = "files"
title = "Files"
from = 2026-05-01
until = 2026-09-30
measure = "commits"
target = 3
match = { paths = ["f1"] }

[[goals]]
name = "pulls"
title = "Pull requests"
words = ["change"]
match = { kinds = ["pull_request"], paths = ["f0"] }
"""
NOT_DECIDED_BY_GIT = frozenset[str]()
"""Kinds of steps that the git connector does not decide from the whole history, and so are not made here."""

who = st.sampled_from(AUTHORS)
days = st.integers(0, 40)
which = st.integers(0, 9)
CHANGES = {
    "commit": st.tuples(st.just("commit"), who, days, which),
    "merge": st.tuples(st.just("merge"), who, days, which),
    "squash": st.tuples(st.just("squash"), who, days, which),
    "pick": st.tuples(st.just("pick"), who, days, which),
    "revert": st.tuples(st.just("revert"), who, days, which),
    "topic": st.tuples(st.just("topic"), who, days, which),
    "attributes": st.tuples(st.just("attributes"), who, days, which),
    "note": st.tuples(st.just("note"), who, days, which),
    "decision": st.tuples(st.just("decision"), who, days, which),
}
changes = st.one_of(*(each for name, each in CHANGES.items() if name not in NOT_DECIDED_BY_GIT))
periods = st.sampled_from(["2026Q1", "2026Q2", "2026Q3", "2026Q4", "2026"])
people = st.sampled_from(["ada", "grace", ""])
harvests = st.tuples(periods, people, st.booleans())
steps = st.one_of(changes, changes, changes, harvests.map(lambda each: ("harvest", *each)))


@dataclasses.dataclass
class Story:
    """A repository, a notebook and decisions in a folder, with several ledgers beside them."""

    folder: Path
    now: dt.datetime = dt.datetime(2026, 1, 5, 12, tzinfo=dt.UTC)
    shas: list[str] = dataclasses.field(default_factory=list)
    numbers: itertools.count = dataclasses.field(default_factory=lambda: itertools.count(1))
    notes: list[str] = dataclasses.field(default_factory=list)

    def __post_init__(self):
        self.repo = Repo.init(self.folder / "app")
        self.repo.remote("https://github.com/acme/app.git")
        (self.folder / "goals.toml").write_text(GOALS)
        self.notebook()
        self.commit(GRACE, 0, 0)

    def notebook(self):
        (self.folder / "notebook.md").write_text("# Notebook\n\n" + "".join(self.notes))

    def at(self, days: int) -> str:
        self.now = min(self.now + dt.timedelta(days=days, hours=1), NOW - dt.timedelta(days=1))
        return self.now.isoformat()

    def commit(self, by, days, which):
        number = next(self.numbers)
        self.shas.append(self.repo.commit(f"Change {number}", self.content(which), by=by, at=self.at(days)))

    def content(self, which):
        return {f"f{which % 3}-{next(self.numbers)}" if which > 5 else f"f{which % 3}": str(next(self.numbers))}

    def merge(self, by, days, which):
        number = next(self.numbers)
        self.repo.branch(f"branch{number}")
        for author in AUTHORS[: 1 + which % 4]:
            self.shas.append(self.repo.commit(f"Part of {number}", {f"b{number}": author}, by=author, at=self.at(days)))
        self.repo.checkout("main")
        message = f"Merge pull request #{number} from acme/branch{number}\n\nBranch {number}"
        self.shas.append(self.repo.merge(f"branch{number}", message, by=by, at=self.at(days // 4)))

    def topic(self, by, days, which):
        """A topic branch with commits of two people; where the clock of who merges is slow, it lands before them."""
        number = next(self.numbers)
        self.repo.branch(f"topic{number}")
        for author in (by, AUTHORS[which % 4]):
            at = self.at(days)
            self.shas.append(self.repo.commit(f"Topic {next(self.numbers)}", {f"t{number}": at}, by=author, at=at))
        self.repo.checkout("main")
        merged_at = self.at(days) if which % 2 else dt.datetime(2026, 3, 31, 23, 59, 59, tzinfo=dt.UTC).isoformat()
        self.shas.append(self.repo.merge(f"topic{number}", f"Merge branch 'topic{number}'", by=by, at=merged_at))
        self.repo.now = self.now

    def attributes(self, by, days, which):
        """From now on some files are generated, in all commits."""
        lines = f"f{which % 3} linguist-generated\n"
        self.shas.append(self.repo.commit("Attributes", {".gitattributes": lines}, by=by, at=self.at(days)))

    def squash(self, by, days, which):
        number = next(self.numbers)
        trailer = f"\n\nCo-authored-by: {AUTHORS[which % 4]}" if which % 2 else ""
        self.shas.append(
            self.repo.commit(f"Squashed (#{number}){trailer}", self.content(which), by=by, at=self.at(days))
        )

    def pick(self, by, days, which):
        of = self.shas[-1 - which % len(self.shas)]
        message = f"Picked {next(self.numbers)}\n\n(cherry picked from commit {of})"
        self.shas.append(self.repo.commit(message, self.content(which), by=by, at=self.at(days)))

    def revert(self, by, days, which):
        of = self.shas[-1 - which % len(self.shas)]
        message = f'Revert "Change {next(self.numbers)}"\n\nThis reverts commit {of}.'
        self.shas.append(self.repo.commit(message, self.content(which), by=by, at=self.at(days)))

    def note(self, by, days, which):
        day = self.at(days)[:10]
        about = self.shas[-1 - which % len(self.shas)][:12]
        self.notes.append(f"## {day} Note {next(self.numbers)}\n\nabout: commit/{about}\ngoal: files\n\nDone.\n\n")
        self.notebook()

    def decision(self, by, days, which):
        item = f"commit/{self.shas[-1 - which % len(self.shas)]}"
        goal = ("files", "pulls")[which % 2]
        decide(self.folder / FILE, Decision(item, goal, which < 6, dt.date(2026, 7, 1)))

    def workspace(self, ledger: str, now: dt.datetime = NOW):
        path = self.folder / "harvester.toml"
        path.write_text(CONFIGURATION.replace("LEDGER", ledger))
        return open_workspace(Environment(environment(self.folder / "home"), self.folder, lambda: now), path)

    def harvest(self, ledger: str, period, person, refresh):
        chosen = Selection((person,)) if person else Selection(everyone=True)
        now = max(self.now, dt.datetime(2026, 1, 6, tzinfo=dt.UTC))
        with contextlib.suppress(PeriodError):  # of a quarter that has not begun by then
            assert harvest(self.workspace(ledger, now), period, chosen, refresh=refresh).complete

    def report(self, ledger: str, period: str, person: str):
        """The report and its evidence as they are written."""
        made = make_report(self.workspace(ledger), load_report("accomplishments"), period, person)
        assert made.complete
        return made


EARLY, MAY, JUNE, PICK, OWN_REVERT, THEIRS = (letter * 40 for letter in "abcdef")


def by_ada(sha: str, day: str, **values):
    mine = {"source": "git", "scope": "github.com/acme/app", "account": ADA, "title": f"Work {sha[:1]}"}
    return commit(sha, occurred_at=at(day), **mine | values)


WHAT_GIT_SAYS = {
    "Q1": [by_ada(EARLY, "2026-02-01")],
    "Q2": [
        by_ada(MAY, "2026-05-01", reverted_by=(f"commit/{OWN_REVERT}",)),
        by_ada(JUNE, "2026-05-02", reverted_by=(f"commit/{THEIRS}",)),
        by_ada(PICK, "2026-05-03", picked_from=(f"commit/{EARLY}",)),
    ],
    "Q3": [by_ada(OWN_REVERT, "2026-07-10", reverts=(f"commit/{MAY}",))],
    "theirs": [by_ada(THEIRS, "2026-07-11", reverts=(f"commit/{JUNE}",), account=GRACE)],
}
"""What was picked, and what was reverted later, beyond the edges of the second quarter and by somebody else."""


@pytest.mark.parametrize("beside", [(), ("Q1", "Q3"), ("theirs",), ("Q1", "Q3", "theirs")])
def test_picks_and_reverts_need_no_other_row(tmp_path, beside):
    """The original of a pick and later reverts are outside of the period or of others, and may be unread."""
    workspace = Story(tmp_path).workspace("ledger")
    year = Period(at("2026-01-01"), at("2027-01-01"))
    rows = [row for part in ("Q2", *beside) for row in WHAT_GIT_SAYS[part]]
    read = tuple(Coverage(source, WHOLE, None, year, NOW) for source in ("git", "notes"))
    ledger = Ledger.open(tmp_path / "ledger")
    ledger.commit(Changeset("git", to_table(rows), coverage=read[:1]))
    ledger.commit(Changeset("notes", to_table([]), coverage=read[1:]))
    made = make_report(workspace, load_report("accomplishments"), "2026Q2", harvest=False)
    assert made.text.count(" May, reverted later |") == 2
    assert "Landed 2 commits." in made.text
    assert [row["work_item"][7] for row in made.evidence["rows"]] == ["b", "c", "d"]


@pytest.mark.parametrize("beside", [("2026Q1", "ada"), ("2026Q2", "grace"), ("2026", ""), None])
def test_look_alikes_need_no_row_of_theirs(tmp_path, beside):
    """It does not matter who was harvested before, or whether anybody is harvested now."""
    story = Story(tmp_path)
    story.commit(ADA, 100, 1)
    story.commit(LOOK_ALIKE, 1, 1)
    story.commit(LOOK_ALIKE, 150, 1)
    if beside:
        story.harvest("old", *beside, False)
    remark = (
        "ada@lab.example> (1 contribution) is not counted as Ada Lovelace, but looks like the same person: the same"
    )
    assert remark in shown(story.report("old", "2026Q2", "ada").text)
    again = make_report(story.workspace("old"), load_report("accomplishments"), "2026Q2", "ada", harvest=False)
    assert remark in shown(again.text)
    assert "looks like" not in shown(story.report("old", "2026Q1", "ada").text)
    assert "looks like" not in shown(story.report("old", "2026Q2", "grace").text)


def test_a_look_alikes_later_work_changes_nothing(tmp_path):
    """It is no row of the report's people, so nothing has changed; the next report says the new number."""
    story = Story(tmp_path)
    story.commit(ADA, 100, 1)
    story.commit(LOOK_ALIKE, 1, 1)
    write_report(story.report("old", "2026Q2", "ada"), tmp_path / "a.md")
    story.commit(LOOK_ALIKE, 1, 1)
    assert verify_report(story.workspace("old"), tmp_path / "a.md").differences == ()
    assert "(2 contributions)" in story.report("old", "2026Q2", "ada").text


def play(events, period, person, later):
    with tempfile.TemporaryDirectory() as folder:
        story = Story(Path(folder))
        for kind, *rest in events:
            if kind == "harvest":
                story.harvest("old", *rest)
            else:
                getattr(story, kind)(*rest)
        for each in later:
            story.harvest("old", *each)
        asked = period, person or "ada"
        fresh, old = story.report("fresh", *asked), story.report("old", *asked)
        assert old.text == fresh.text
        assert dump(old.evidence) == dump(fresh.evidence)
        path = story.folder / "a.md"
        write_report(fresh, path)
        story.harvest("fresh", "2026", "", False)
        assert verify_report(story.workspace("fresh"), path).differences == ()


# Making an example smaller would take minutes, and one of a dozen steps is read as it is.
PHASES = (Phase.explicit, Phase.reuse, Phase.generate)
quick = settings(max_examples=5, deadline=None, suppress_health_check=list(HealthCheck), phases=PHASES)


@quick
@given(st.lists(steps, min_size=4, max_size=12), periods, people, st.lists(harvests, max_size=2))
def test_a_report_is_the_same_whatever_was_read(events, period, person, later):
    """With an old ledger and a fresh one; and it is verified after everything else was read."""
    play(events, period, person, later)


@pytest.mark.soak
@settings(quick, max_examples=300)
@given(st.lists(steps, min_size=6, max_size=25), periods, people, st.lists(harvests, max_size=3))
def test_a_long_history_gives_the_same_report(events, period, person, later):
    """As above, over longer histories."""
    play(events, period, person, later)
