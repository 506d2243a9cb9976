"""A cluster reads a ledger on S3, with credentials from the environment of its workers."""

import os

import cloudpickle
import pytest

from harvester.engine import pages as tasks
from harvester.engine.cluster import connect
from harvester.engine.rows import LedgerPieces
from harvester.ledger import Changeset, Ledger
from harvester.ledger.coverage import WHOLE, Coverage
from harvester.model.contribution import to_table
from harvester.workspace.chosen import Chosen
from harvester.workspace.environment import Environment
from harvester.workspace.pages import make_reports
from harvester.workspace.reports import load_report
from harvester.workspace.workspace import open_workspace
from tests.engine.organisation import CONFIG, NOW, YEAR, shown
from tests.rows import at, row
from tests.servers.s3 import empty, moto, options


@pytest.fixture(scope="module")
def given(tmp_path_factory):
    with moto(tmp_path_factory.mktemp("moto")) as store:
        empty(store)
        yield options(store)


@pytest.fixture(scope="module")
def client(given):
    plain = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    with connect("dask", plain | given, workers=2) as made:
        yield made


def test_a_cluster_reports_from_s3_what_one_machine_does(client, given, tmp_path):
    """The same bytes; and no task has a key in it."""
    (tmp_path / "harvester.toml").write_text(CONFIG + '[ledger]\nlocation = "s3://bucket/ledger"\n')
    workspace = open_workspace(Environment(environ=given, cwd=tmp_path, clock=lambda: NOW))
    ledger = Ledger.open("s3://bucket/ledger", options=given)
    for month in (7, 8):
        work = [
            row(work_item=f"github.com/org/app#{month}{number}", account=account, occurred_at=at(f"2026-0{month}-02"))
            for number, account in enumerate(("ada", "grace", "hopper", "stranger"))
        ]
        read = Coverage("hub", WHOLE, None, YEAR, NOW, None, ())
        ledger.commit(Changeset("hub", to_table(work), coverage=(read,)))
    report = load_report("accomplishments")

    here = list(make_reports(workspace, report, "2026Q3", Chosen(everyone=True), harvest=False))
    there = tasks.make_reports(client, workspace, report, "2026Q3", Chosen(everyone=True), harvest=False)

    assert len(here) == 4
    assert shown(there) == shown(here)
    sent = cloudpickle.dumps(LedgerPieces.of(ledger, YEAR, ["hub"]))
    assert not any(given[name].encode() in sent for name in given if "KEY" in name)
