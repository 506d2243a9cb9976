"""Figures as tasks: those of every team, each by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harvester.engine.batches import made_by_tasks
from harvester.engine.harvest import on_cluster
from harvester.engine.rows import LedgerPieces
from harvester.workspace.collect import open_ledger
from harvester.workspace.measures import measures_of_teams

if TYPE_CHECKING:
    from distributed import Client

    from harvester.reporting.figures import By
    from harvester.workspace.measures import MeasuresTable
    from harvester.workspace.workspace import Workspace


def make_measures(
    client: Client, workspace: Workspace, period: str | None = None, by: By = "none", *, harvest: bool = True
) -> MeasuresTable:
    """As `harvester.workspace.measures.make_measures` of every team: the same figures in the same order."""
    with open_ledger(workspace) as ledger:
        maker, _ = measures_of_teams(on_cluster(client, workspace), ledger, period, by, harvest=harvest)
        stored = LedgerPieces.of(ledger, maker.batch.period_to_read, workspace.config.sources)
        return maker.table(made_by_tasks(client, maker, stored))
