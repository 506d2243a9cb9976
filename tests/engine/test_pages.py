"""Pages from a cluster are those of one machine, byte for byte."""

import dataclasses
import datetime as dt
import shutil

import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from harvester.engine.batches import make_bucket, planned
from harvester.engine.exchange import CELLS
from harvester.engine.rows import StoredPieces, _routed
from harvester.ledger import Changeset, Ledger
from harvester.ledger.coverage import WHOLE, Coverage
from harvester.model.contribution import to_table
from harvester.model.periods import Period
from harvester.workspace import batch
from harvester.workspace.batch import NotMade, PageBatch
from harvester.workspace.chosen import Chosen
from harvester.workspace.environment import Environment
from harvester.workspace.reports import load_report, make_report
from harvester.workspace.workspace import open_workspace
from tests.rows import row

YEAR = Period(dt.datetime(2026, 1, 1, tzinfo=dt.UTC), dt.datetime(2027, 1, 1, tzinfo=dt.UTC))
NOW = dt.datetime(2026, 12, 1, tzinfo=dt.UTC)
CONFIG = """
[me]
person = "ada"
timezone = "UTC"
[people.ada]
name = "Ada Lovelace"
emails = ["ada@example.org"]
accounts = { hub = ["ada"], jira = ["5b10"] }
[people.grace]
name = "Grace Hopper"
emails = ["grace@example.org", "grace@old.example.org"]
accounts = { hub = ["grace"] }
[people.other-grace]
name = "Grace Hopper"
emails = ["g.hopper@example.org"]
accounts = { hub = ["hopper"] }
[people.closed]
name = "Not Agreed"
emails = ["closed@example.org"]
accounts = { hub = ["closed"] }
mentee = { since = 2026-01-01, consent = false }
[teams.one]
name = "One"
members = ["ada", { person = "grace", until = 2026-08-10 }]
[teams.two]
name = "Two"
members = ["grace", "other-grace", "closed"]
[teams.none]
name = "Nobody"
members = ["closed"]
[sources.hub]
connector = "github"
organisations = ["org"]
token = "env:NO_SUCH_TOKEN"
[sources.here]
connector = "git"
repositories = ["repository"]
[sources.tickets]
connector = "jira"
url = "https://acme.atlassian.net"
token = "env:NO_SUCH_TOKEN"
"""
"""Two with one name, one who left a team, one in two teams, one who has not agreed, and a team of nobody else."""

ACCOUNTS = {
    "hub": ["ada", "grace", "hopper", "closed", "stranger", "some-bot[bot]"],
    "here": [f"X <{each}@example.org>" for each in ("ada", "grace", "grace@old", "g.hopper", "closed", "stranger")],
    "tickets": ["5b10", "712020:stranger"],
}
PULLS = [f"github.com/org/{project}#{number}" for project in ("app", "Web") for number in (1, 2, 3)]
TICKETS = [f"acme.atlassian.net/PAY-{number}" for number in (1, 2, 3)]
COMMITS = [f"commit/{digit * 40}" for digit in "abc"]
KINDS = {
    "hub": [("pull_request", "author"), ("review", "reviewer"), ("issue", "resolver"), ("pull_request", "merger")],
    "here": [("commit", "author"), ("pull_request", "author"), ("commit", "co-author")],
    "tickets": [("issue", "assignee")],
}


@st.composite
def contributions(draw):
    """Rows that are linked across sources, projects and people."""
    source = draw(st.sampled_from(sorted(KINDS)))
    kind, role = draw(st.sampled_from(KINDS[source]))
    items = TICKETS if source == "tickets" else COMMITS if kind == "commit" else PULLS
    account = draw(st.sampled_from(ACCOUNTS[source]))
    links = st.lists(st.sampled_from([*PULLS, *TICKETS, *COMMITS, "PAY-2", "#1"]), max_size=2).map(tuple)
    return row(
        id=str(draw(st.integers(0, 10**9))), source=source, scope=f"scope {draw(st.integers(1, 2))}", kind=kind,
        role=role, work_item=draw(st.sampled_from(items)), account=account,
        occurred_at=dt.datetime(2026, 7, 1, tzinfo=dt.UTC) + dt.timedelta(hours=draw(st.integers(0, 24 * 80))),
        project=draw(st.sampled_from(["org/app", "org/Web"])), title=draw(st.sampled_from(["Add <a>", "Fix PAY-1"])),
        closes=draw(links), part_of=draw(links), labels=draw(st.sampled_from([(), ("bug", "x,y")])),
        paths=draw(st.sampled_from([(), ("src/a.py", "tests/b.py")])),
        owners=tuple(draw(st.lists(st.sampled_from(ACCOUNTS[source]), max_size=2, unique=True))),
        participants=tuple(draw(st.lists(st.sampled_from(ACCOUNTS[source]), max_size=2, unique=True))),
    )  # fmt: skip


def workspace_in(folder):
    (folder / "harvester.toml").write_text(CONFIG)
    return open_workspace(Environment(environ={}, cwd=folder, clock=lambda: NOW))


def fill(folder, rows):
    """Each source in two commits, so that it has several files."""
    ledger = Ledger.open(folder / ".harvester" / "ledger")
    for source in KINDS:
        own = [each for each in rows if each.source == source]
        for part in (own[::2], own[1::2]):
            read = Coverage(source, WHOLE, None, YEAR, NOW, None, ())
            ledger.commit(Changeset(source, to_table(part), coverage=(read,)))


class Here:
    """What tasks share, in this process."""

    def __init__(self, value):
        self.value = value

    def get(self):
        return self.value


def by_tasks(workspace, kind, chosen, bucket_rows):
    """The pages as tasks make them, one after the other: all that a cluster does but to send cells about."""
    report = load_report(kind)
    with batch.open_ledger(workspace) as ledger:
        made, _ = batch.prepare(workspace, ledger, report, "2026Q3", chosen, harvest=None)
        stored = StoredPieces.of(ledger, made.period_to_read, workspace.config.sources)
        stored = dataclasses.replace(
            stored, pieces=tuple(ledger.pieces(made.period_to_read, workspace.config.sources, size=1))
        )
    counted = {}
    for piece in stored.pieces:
        for each in zip(*(stored.read(piece)[name].to_pylist() for name in ("source", "account")), strict=True):
            counted[each] = counted.get(each, 0) + 1
    tasks = planned(PageBatch(made, kind, False, batch.PLAIN), counted, bucket_rows)
    cells = pd.concat([CELLS, *(_routed(piece, stored, Here(tasks)) for piece in stored.pieces)])
    return [
        each
        for number in range(len(tasks.subjects))
        for each in make_bucket(cells[cells["to"] == number], number, Here(tasks))
    ]


def shown(made):
    return {
        each.words if isinstance(each, NotMade) else each.file_name: None
        if isinstance(each, NotMade)
        else (each.content, each.evidence, each.remarks, each.complete)
        for each in made
    }


@settings(max_examples=4, deadline=None)
@given(rows=st.lists(contributions(), min_size=3, max_size=40, unique_by=lambda each: each.id), size=st.integers(1, 30))
def test_tasks_make_the_pages_of_one_machine(tmp_path_factory, rows, size):
    """Of everybody and of every team, whatever is in which file, piece and bucket."""
    folder = tmp_path_factory.mktemp("organisation")
    workspace = workspace_in(folder)
    fill(folder, rows)
    for kind, chosen in (("accomplishments", Chosen(everyone=True)), ("digest", Chosen(every_team=True))):
        here = list(batch.make_reports(workspace, load_report(kind), "2026Q3", chosen, harvest=False))
        assert shown(by_tasks(workspace, kind, chosen, size)) == shown(here)
    named = ("ada", "grace", "other-grace")
    each_alone = [
        make_report(workspace, load_report("accomplishments"), "2026Q3", each, harvest=False) for each in named
    ]
    of_named = batch.make_reports(workspace, load_report("accomplishments"), "2026Q3", Chosen(named), harvest=False)
    assert [each.content for each in of_named] == [each.content for each in each_alone]
    alone = make_report(workspace, load_report("digest"), "2026Q3", Chosen(team="two"), harvest=False)
    assert alone.content == here[1].content
    shutil.rmtree(folder)
