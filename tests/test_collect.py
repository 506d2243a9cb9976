"""Reading sources side by side: what is done before they begin."""

import threading
from dataclasses import dataclass, field, replace

import pytest

from harvester.reporting.report_input import PageRequest
from harvester.sdk.capabilities import ImportsModules
from harvester.sdk.connector import Event, Request
from harvester.sdk.plugins import CONNECTORS, available, load
from harvester.workspace.assemble import assemble
from harvester.workspace.collect import harvest_sources, open_ledger
from harvester.workspace.workspace import open_workspace
from tests.environments import stand_in
from tests.scripted import act, span, utc


@dataclass(frozen=True)
class Diary:
    """A source of somebody else's making that has a note among its rows."""

    def fetch(self, request: Request) -> list[Event]:
        note = act(1, id="note:author:1", source="here", scope="diary", kind="note", work_item="diary/1", account="x")
        return [note, act(2, source="here", scope="diary", account="Ada Lovelace <ada@example.org>")]


def test_a_page_without_notebooks_has_no_notes(tmp_path):
    """Whatever source they are from: they are for their owner's own pages."""
    workspace = open_workspace(stand_in(tmp_path, 'ada 2026-07-01T09:00:00+00:00 a "Begin"'), None)
    workspace = replace(workspace, connectors={"here": Diary()})
    kinds = {}
    for needs in ((), ("no_notebooks",)):
        with open_ledger(workspace) as ledger:
            everyone = PageRequest(everyone=True)
            _, made = assemble(workspace, ledger, "2026-01", request=everyone, needs=needs)
        kinds[needs] = sorted(made.frame["kind"])
    assert kinds == {(): ["commit", "note"], ("no_notebooks",): ["commit"]}


@dataclass(frozen=True)
class Imports:
    """A connector that keeps what is done with it, and by which thread."""

    done: list[tuple[str, bool]] = field(default_factory=list)
    missing: bool = False

    def import_modules(self):
        self.done.append(("import", threading.current_thread() is threading.main_thread()))
        if self.missing:
            raise ImportError("no such library")

    def fetch(self, request: Request) -> list[Event]:
        self.done.append(("fetch", threading.current_thread() is threading.main_thread()))
        return []


def test_modules_are_imported_before_sources_are_read(tmp_path):
    """One connector after another, in the main thread; a missing library fails only when its source is read."""
    workspace = open_workspace(stand_in(tmp_path, 'ada 2026-07-01T09:00:00+00:00 a "Begin"'), None)
    done: list[tuple[str, bool]] = []
    connectors = {"one": Imports(done, missing=True), "two": Imports(done)}
    workspace = replace(workspace, connectors=connectors)
    with open_ledger(workspace) as ledger:
        harvest_sources(workspace, ledger, span(utc(2026), utc(2027)), dict.fromkeys(connectors))
    assert done == [("import", True), ("import", True), ("fetch", False), ("fetch", False)]


def test_a_skipped_source_imports_nothing(tmp_path):
    """Where nobody has an account on it, it is not read."""
    workspace = open_workspace(stand_in(tmp_path, 'ada 2026-07-01T09:00:00+00:00 a "Begin"'), None)
    connectors = {"one": Imports()}
    workspace = replace(workspace, connectors=connectors)
    with open_ledger(workspace) as ledger:
        harvest_sources(workspace, ledger, span(utc(2026), utc(2027)), {"one": frozenset()})
    assert connectors["one"].done == []


@pytest.mark.parametrize("name", sorted({*available(CONNECTORS)} - {"git", "notebook"}))
def test_our_connectors_for_services_import_their_client(name):
    """Two of them share libraries, and are read at the same time."""
    assert issubclass(load(CONNECTORS, name), ImportsModules)
