"""Pages from a cluster are those of one machine, byte for byte."""

import contextlib
import dataclasses
import shutil
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harvester.engine.batches import make_bucket, planned
from harvester.engine.exchange import CELLS
from harvester.engine.rows import StoredPieces, _routed, count_accounts
from harvester.errors import EngineError, LedgerError
from harvester.workspace import batch
from harvester.workspace.batch import PageBatch
from harvester.workspace.chosen import Chosen
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
        occurred_at=at_hour(draw(st.integers(0, 24 * 80))),
        project=draw(st.sampled_from(["org/app", "org/Web"])), title=draw(st.sampled_from(["Add <a>", "Fix PAY-1"])),
        closes=draw(links), part_of=draw(links), labels=draw(st.sampled_from([(), ("bug", "x,y")])),
        paths=draw(st.sampled_from([(), ("src/a.py", "tests/b.py")])),
        owners=tuple(draw(st.lists(st.sampled_from(ACCOUNTS[source]), max_size=2, unique=True))),
        participants=tuple(draw(st.lists(st.sampled_from(ACCOUNTS[source]), max_size=2, unique=True))),
    )  # fmt: skip


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


def test_workers_that_cannot_see_the_ledger(client, tmp_path):
    """Before anything is read, in words that do not ask to move the ledger away; where nobody can, in the ledger's."""
    workspace = workspace_in(tmp_path)
    fill(tmp_path, [row(id="1", source="hub", occurred_at=at_hour(1))])
    with batch.open_ledger(workspace) as ledger:
        stored = StoredPieces.of(ledger, None, workspace.config.sources)
    there = Path(stored.location)
    relative = dataclasses.replace(stored, location="ledger")  # of where a process is: the workers are elsewhere
    with contextlib.chdir(there.parent), pytest.raises(EngineError, match="cannot read the ledger") as caught:
        count_accounts(client, relative)
    assert "S3" in str(caught.value.hint)
    there.rename(tmp_path / "away")
    with pytest.raises(LedgerError, match="is missing"):
        count_accounts(client, stored)
