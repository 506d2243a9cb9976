"""Pages from a cluster are those of one machine, byte for byte."""

import contextlib
import dataclasses
import pickle
import shutil
from collections import Counter
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harvester.engine.batches import make_bucket, planned
from harvester.engine.exchange import CELLS
from harvester.engine.rows import LedgerPieces, count_accounts, count_piece, route_piece
from harvester.errors import EngineError, LedgerError
from harvester.reporting.formats import CSV, PLAIN, REPORT_FORMATS, PageOptions
from harvester.workspace.batch import NotMade
from harvester.workspace.chosen import Chosen
from harvester.workspace.collect import open_ledger
from harvester.workspace.pages import make_reports, pages_of
from harvester.workspace.reports import load_report, make_report
from tests.engine.organisation import ACCOUNTS, COMMITS, KINDS, PULLS, TICKETS, at_hour, fill, shown, workspace_in
from tests.rows import row


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
        occurred_at=at_hour(draw(st.integers(-24 * 30, 24 * 80))),
        project=draw(st.sampled_from(["org/app", "org/Web"])), title=draw(st.sampled_from(["Add <a>", "Fix PAY-1"])),
        closes=draw(links), part_of=draw(links), labels=draw(st.sampled_from([(), ("bug", "x,y")])),
        paths=draw(st.sampled_from([(), ("src/a.py", "tests/b.py")])),
        owners=tuple(draw(st.lists(st.sampled_from(ACCOUNTS[source]), max_size=2, unique=True))),
        participants=tuple(draw(st.lists(st.sampled_from(ACCOUNTS[source]), max_size=2, unique=True))),
    )  # fmt: skip


class Here:
    """What tasks share, in this process, as it arrives on another machine."""

    def __init__(self, value):
        self.value = pickle.loads(pickle.dumps(value))

    def get(self):
        return self.value


def by_tasks(workspace, kind, chosen, bucket_rows, period="2026Q3", *, draft=False, options=PLAIN):
    """The pages as tasks make them, one after the other: all that a cluster does but to send cells about."""
    report = load_report(kind)
    with open_ledger(workspace) as ledger:
        maker, _ = pages_of(workspace, ledger, report, period, chosen, harvest=False, draft=draft, options=options)
        days, sources = maker.batch.period_to_read, workspace.config.sources
        stored = LedgerPieces.of(ledger, days, sources)
        stored = dataclasses.replace(stored, pieces=tuple(ledger.pieces(days, sources, size=1)))
    # A worker sees none of the files beside harvester.toml.
    known = maker.batch.workspace
    elsewhere = dataclasses.replace(known, config=dataclasses.replace(known.config, root=Path("/no/such/folder")))
    maker = dataclasses.replace(maker, batch=dataclasses.replace(maker.batch, workspace=elsewhere))
    counted = sum((count_piece(piece, stored) for piece in stored.pieces), Counter())
    tasks = planned(maker, counted, bucket_rows)
    shared = Here(tasks)
    cells = pd.concat([CELLS, *(route_piece(piece, stored, shared) for piece in stored.pieces)])
    return [
        each
        for number in range(len(tasks.subjects))
        for each in make_bucket(cells[cells["to"] == number], number, shared)
    ]


@pytest.fixture(scope="module")
def organisation(tmp_path_factory):
    """One with some rows of everybody."""
    folder = tmp_path_factory.mktemp("organisation")
    rows = [
        row(id=f"{source} {account}", source=source, kind=kind, role=role, account=account, occurred_at=at_hour(100),
            work_item=TICKETS[0] if source == "tickets" else PULLS[0])
        for source, (((kind, role), *_)) in KINDS.items()
        for account in ACCOUNTS[source]
    ]  # fmt: skip
    fill(folder, rows)
    return workspace_in(folder)


@settings(max_examples=2, deadline=None)
@given(
    rows=st.lists(contributions(), min_size=12, max_size=20, unique_by=lambda each: each.id),
    size=st.integers(1, 15),
    place=st.integers(0, 100),
)
def test_tasks_make_the_pages_of_one_machine(tmp_path_factory, rows, size, place):
    """Of everybody and of every team, whatever is in which file, piece and bucket; and as each is made alone."""
    folder = tmp_path_factory.mktemp("organisation")
    workspace = workspace_in(folder)
    fill(folder, rows)
    for kind, chosen, options in (
        ("accomplishments", Chosen(everyone=True), PageOptions(CSV)),  # a table takes half the time
        ("digest", Chosen(every_team=True), PLAIN),
    ):
        report, how = load_report(kind), {"harvest": False, "options": options}
        here = list(make_reports(workspace, report, "2026Q3", chosen, **how))
        assert shown(by_tasks(workspace, kind, chosen, size, options=options)) == shown(here)
        could_be_asked = [(each, chosen) for each in here for chosen in asked_alone(each)]
        for one, chosen in could_be_asked[place % max(1, len(could_be_asked)) :][:1]:
            alone = make_report(workspace, report, "2026Q3", chosen, **how)
            assert (alone.content, alone.evidence) == (one.content, one.evidence)
    shutil.rmtree(folder)


def asked_alone(page):
    """How one asks for the page alone, by the team or an address; not at all where there is neither, or no page."""
    if isinstance(page, NotMade):
        return
    if team := page.evidence["request"].get("team"):
        yield Chosen(team=team)
    for person in page.evidence["persons"][: not team]:
        yield from (Chosen((each.strip("<>"),)) for each in person["accounts"][:1] if each.startswith("<"))


@pytest.mark.parametrize("name", REPORT_FORMATS)
def test_tasks_write_the_format_that_was_asked_for(organisation, name):
    """On a worker a format is a copy of ours."""
    chosen, options = Chosen(("ada",)), PageOptions(REPORT_FORMATS[name], embed_evidence=name == "html")
    report = load_report("accomplishments")
    here = make_reports(organisation, report, "2026Q3", chosen, harvest=False, options=options)
    assert shown(by_tasks(organisation, "accomplishments", chosen, 5, options=options)) == shown(here)


def test_workers_that_cannot_see_the_ledger(client, tmp_path):
    """Before anything is read, in words that do not ask to move the ledger away; where nobody can, in the ledger's."""
    workspace = workspace_in(tmp_path)
    fill(tmp_path, [row(id="1", source="hub", occurred_at=at_hour(1))])
    with open_ledger(workspace) as ledger:
        stored = LedgerPieces.of(ledger, None, workspace.config.sources)
    there = Path(stored.location)
    relative = dataclasses.replace(stored, location="ledger")  # of where a process is: the workers are elsewhere
    with contextlib.chdir(there.parent), pytest.raises(EngineError, match="cannot read the ledger") as caught:
        count_accounts(client, relative)
    assert "S3" in str(caught.value.hint)
    there.rename(tmp_path / "away")
    with pytest.raises(LedgerError, match="is missing"):
        count_accounts(client, stored)
