"""A harvest on a cluster: the same ledger as on one machine, whatever happens to the workers."""

import dataclasses
import io
import json
import os
import pickle
import shutil
import sys
import threading
import time

import dask
import pytest
from distributed import CancelledError, LocalCluster
from distributed.core import Status
from distributed.scheduler import KilledWorker

import harvester
from harvester.cli.main import main
from harvester.cli.terminal import Terminal
from harvester.engine.cluster import SETTINGS, connect
from harvester.engine.harvest import SourceRequest, divide_source, on_cluster, read_on_cluster
from harvester.harvesting.parts import PartRead
from harvester.ledger import Ledger
from harvester.ledger.coverage import WHOLE
from harvester.model.contribution import from_table
from harvester.sdk.capabilities import Part
from harvester.sdk.connector import Gap, Request, ScopeCompleted
from harvester.workspace.collect import harvest_sources
from harvester.workspace.environment import Environment
from harvester.workspace.workspace import open_workspace
from tests.gitrepo import BOB, Repo
from tests.scripted import EVER, NOW

SECRET = "s3cret-of-the-workers"

QUICK = {
    "distributed.scheduler.allowed-failures": 1,
    # By default a scheduler that asks a worker for a result just as it ends asks it for 30 seconds.
    "distributed.comm.timeouts.connect": "10s",
}
"""Settings for workers that end often."""


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    """A cluster that runs already, whose workers know a connector and a secret that others do not."""
    info = tmp_path_factory.mktemp("site") / "parted-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: parted\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[harvester.connectors]\nparted = tests.engine.parted:Parted\n")
    sys.path.insert(0, str(info.parent))
    try:
        with (
            dask.config.set(SETTINGS | QUICK),
            LocalCluster(
                n_workers=2, threads_per_worker=1, protocol="tcp", silence_logs=50,
                scheduler_kwargs={"dashboard": False, "dashboard_address": "127.0.0.1:0"},
                env=dict(os.environ) | {"PARTED_TOKEN": SECRET},
            ) as cluster,
        ):  # fmt: skip
            yield cluster
    finally:
        sys.path.remove(str(info.parent))


@pytest.fixture
def engine(cluster):
    """Its name, once all workers are back: Dask starts none again that ends while it is being started."""
    last = time.monotonic() + 60
    while any(each.status != Status.running for each in cluster.workers.values()) and time.monotonic() < last:
        time.sleep(0.05)
    return "dask" + cluster.scheduler_address.removeprefix("tcp")


@pytest.fixture(scope="module")
def connected(cluster):
    with connect("dask" + cluster.scheduler_address.removeprefix("tcp"), os.environ) as client:
        yield client


@pytest.fixture
def client(engine, connected):
    return connected


@dataclasses.dataclass
class Heard(Environment):
    """An environment that keeps notices, and is interrupted at the first one that holds a word."""

    notices: list[str] = dataclasses.field(default_factory=list)
    until: str = "\0"

    def notify(self, text):
        self.notices.append(text)
        if self.until in text:
            self.stop.set()


def opened(folder, *sources, **more):
    """A workspace in a folder with these sources, as TOML below `[sources.NAME]`."""
    folder.mkdir(exist_ok=True)
    sections = "\n".join(f"[sources.{name}]\n{text}" for name, text in sources)
    (folder / "harvester.toml").write_text(f'[people.me]\nemails = ["ann@example.org"]\n{sections}\n')
    return open_workspace(Heard(cwd=folder, **more))


def git(*repositories, **settings):
    return "work", "\n".join(
        f"{name} = {json.dumps(value)}"
        for name, value in {"connector": "git", "repositories": repositories, **settings}.items()
    )


def parted(*does, name="work"):
    return name, f'connector = "parted"\ndoes = {json.dumps(does)}'


def harvested(workspace, folder="ledger", client=None, **more):
    ledger = Ledger.open(workspace.config.root / folder)
    read = read_on_cluster(client, workspace) if client else None
    workspace = dataclasses.replace(workspace, read_source=read)
    outcome = harvest_sources(workspace, ledger, EVER, dict.fromkeys(workspace.connectors), **more)
    return ledger, outcome


def held(ledger):
    """Rows by key and coverage, but for when it was read."""
    rows = from_table(ledger.rows())
    keyed = {(row.source, row.scope, row.id): row for row in rows}
    assert len(keyed) == len(rows)
    return keyed, [dataclasses.replace(each, read_at=NOW) for each in ledger.coverage()]


def test_the_ledger_is_that_of_one_machine(tmp_path, client):
    """With two clones of a project, a missing repository, a rewritten history, and one that is no longer configured."""
    shop, tool = Repo.init(tmp_path / "shop"), Repo.init(tmp_path / "tool")
    shop.remote("https://github.com/acme/shop.git")
    shop.commit("Sell", {"a": "1\n"})
    shop.commit("Sell more", {"a": "2\n"}, by=BOB)
    tool.commit("Hammer", {"b": "1\n"})
    tool.commit("Saw", {"b": "2\n"})
    shutil.copytree(shop.path, tmp_path / "copy")

    def same(*repositories, refresh=False):
        workspace = opened(tmp_path, git(*repositories))
        one, alone = harvested(workspace, "one", refresh=refresh)
        dask, parts = harvested(workspace, "dask", client, refresh=refresh)
        assert held(dask) == held(one)
        assert [dataclasses.replace(each, request=None) for each in parts.sources] == [
            dataclasses.replace(each, request=None) for each in alone.sources
        ]
        return {row.title for row in held(dask)[0].values()}

    assert same("shop", "copy", "tool", "nowhere") == {"Sell", "Sell more", "Hammer", "Saw"}
    tool.git("reset", "--quiet", "--hard", "HEAD~")
    tool.commit("Plane", {"b": "3\n"})
    shop.commit("Sell it all", {"a": "3\n"})
    assert same("shop", "tool") == {"Sell", "Sell more", "Sell it all", "Hammer", "Plane"}
    assert same("shop") == {"Sell", "Sell more", "Sell it all"}
    assert same("shop", "tool", refresh=True) == {"Sell", "Sell more", "Sell it all", "Hammer", "Plane"}


def test_a_source_of_which_nothing_is_there(tmp_path, client):
    workspace = opened(tmp_path, git("nowhere"))
    one, dask = harvested(workspace, "one")[0], harvested(workspace, "dask", client)[0]
    assert held(dask) == held(one)


def test_a_worker_that_is_killed_loses_its_part_to_another(tmp_path, client):
    """Killed as git begins to read the history; nothing is stored twice."""
    shop, tool = Repo.init(tmp_path / "shop"), Repo.init(tmp_path / "tool")
    for number in range(3):
        shop.commit(f"Sell {number}", {"a": f"{number}\n"})
        tool.commit(f"Hammer {number}", {"b": f"{number}\n"})
    program = tmp_path / "git.sh"
    program.write_text(
        f'#!/bin/sh\ncase "$*" in *tool*" log "*) mkdir {tmp_path}/killed 2>&- && kill -9 $PPID;; esac\nexec git "$@"\n'
    )
    program.chmod(0o755)
    ledger, outcome = harvested(opened(tmp_path, git("shop", "tool", git=str(program))), client=client)
    assert (tmp_path / "killed").is_dir()
    assert outcome.complete
    assert outcome.sources[0].counts.new == len(held(ledger)[0]) == 6


def test_a_part_that_ends_every_worker_is_a_gap(tmp_path, engine):
    """What the others gave is stored, and the command exits with 3."""
    opened(tmp_path, parted("row", "end", "row"))
    terminal = Terminal({}, tmp_path, stdout=io.StringIO(), stderr=io.StringIO())
    assert main(["harvest", "--everyone", "--period", "2026", "--engine", engine, "--json"], terminal) == 3
    (source,) = json.loads(terminal.stdout.getvalue())["sources"]
    reason = "reading it ended 2 workers one after another, as a lack of memory does"
    assert source["gaps"] == [{"scope": "scope/1", "reason": reason}]
    assert source["new"] == 2
    covered = {each.scope for each in Ledger.open(tmp_path / ".harvester" / "ledger").coverage()}
    assert covered == {WHOLE, "scope/0", "scope/2"}


def test_an_interrupt_keeps_what_came(tmp_path, client):
    """And the worker that waited is free again."""
    workspace = opened(tmp_path, parted("row", "wait"), until="Waiting 3600 s")
    ledger = Ledger.open(tmp_path / "ledger")
    with pytest.raises(KeyboardInterrupt):
        harvest_sources(on_cluster(client, workspace), ledger, EVER, {"work": None})
    rows, _ = held(ledger)
    assert [scope for _, scope, _ in rows] == ["scope/0"]
    (whole,) = [each for each in ledger.coverage() if each.scope == WHOLE]
    assert whole.gaps == (Gap(WHOLE, "reading was interrupted"),)
    assert workspace.environment.notices == ["work: Waiting 3600 s: *** has reached its limit"]
    for address in client.scheduler_info()["workers"]:
        assert client.submit(os.getpid, workers=[address], pure=False).result(timeout=20)


def test_workers_look_secrets_up_and_say_none(tmp_path, client):
    """This process has none, and hears none."""
    workspace = opened(tmp_path, parted("refuse", "break"))
    _, outcome = harvested(workspace, client=client)
    (source,) = outcome.sources
    assert [gap.reason for gap in source.gaps] == [
        "The token *** is wrong.",
        "the connector broke off with KeyError (a bug; see --debug)",
    ]
    assert SECRET not in repr(vars(source.failed))
    assert "in fetch_part" in source.failed.__notes__[0]


@dataclasses.dataclass
class Recording:
    """A client that keeps what travels to workers, as bytes."""

    client: object
    sent: list[bytes] = dataclasses.field(default_factory=list)

    def submit(self, task, *given, **options):
        self.sent.append(pickle.dumps((task, [each for each in given if not hasattr(each, "result")])))
        return self.client.submit(task, *given, **options)

    def __getattr__(self, name):
        return getattr(self.client, name)


def test_no_secret_is_in_a_task(tmp_path, client):
    """Neither one that this process has, nor the settings of another source."""
    environ = dict(os.environ) | {"PARTED_TOKEN": "s3cret-of-mine", "AWS_SECRET_ACCESS_KEY": "s3cret-of-s3"}
    workspace = opened(tmp_path, parted("row", "row"), parted("refuse", name="other"), environ=environ)
    recording = Recording(client)
    _, outcome = harvested(workspace, client=recording, sources={"work": workspace.connectors["work"]})
    assert outcome.complete
    assert len(recording.sent) == 4
    assert not [each for each in recording.sent if b"s3cret" in each or b"refuse" in each]
    asked = SourceRequest.of(workspace.config, "work", Request(EVER))
    assert "s3cret" not in repr(asked)
    with pytest.raises(ValueError, match="No worker found"):
        divide_source(asked)


def test_a_source_without_parts_is_read_here(tmp_path, client):
    """What only this machine has is read as ever: the user's notebook."""
    (tmp_path / "notebook.md").write_text("## 2026-07-14 Taught a class\n\nSome text.\n")
    workspace = opened(tmp_path, ("notes", 'connector = "notebook"\nfile = "notebook.md"'))
    recording = Recording(client)
    _, outcome = harvested(workspace, client=recording)
    assert outcome.complete
    assert not recording.sent


def test_progress_is_shown_by_part(tmp_path, client):
    workspace = opened(tmp_path, parted("row", "row", "row"))
    seen = []
    read = read_on_cluster(client, workspace)
    read("work", workspace.connectors["work"], Request(EVER), seen.append, threading.Event(), str)
    assert seen == [0, 1, 2, 3]


def test_the_function_takes_an_engine(tmp_path, engine):
    """And without one nothing is connected."""
    opened(tmp_path, parted("row", "row"))
    outcome = harvester.harvest("2026", everyone=True, config=tmp_path / "harvester.toml", engine=engine)
    assert outcome.complete
    assert outcome.sources[0].counts.new == 2


@dataclasses.dataclass
class Answered:
    """A future that has its answer, or never gets one."""

    answer: object = None
    status: str = "finished"

    def add_done_callback(self, call):
        if self.status == "finished":
            call(self)

    def result(self):
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


@dataclasses.dataclass
class Unlucky:
    """A client of a cluster on which a part ends workers that read others, too, or that is gone."""

    answers: dict[str, list[Answered]]
    workers: list[str]
    asked: list[str] = dataclasses.field(default_factory=list)

    def submit(self, task, order, part=None, pure=True):
        name = part.name if part else task.__name__
        self.asked.append(name)
        return self.answers[name].pop(0) if name in self.answers else Answered(order)

    def cancel(self, futures):
        self.asked += ["cancelled" for _ in futures]

    def scheduler_info(self):
        return {"workers": self.workers}

    def subscribe_topic(self, topic, handler):
        pass

    def unsubscribe_topic(self, topic):
        pass


def answering(tmp_path, answers, workers=("one",)):
    """What is read where these are the answers for parts of three scopes, a, b and c, and what is asked for."""
    workspace = opened(tmp_path, git("."))
    divided = PartRead(parts=tuple(Part(name, name) for name in "abc"))
    client = Unlucky({"divide_source": [Answered(divided)]} | answers, workers)
    read = read_on_cluster(client, workspace, patience=0)
    connector = workspace.connectors["work"]
    return read("work", connector, Request(EVER), lambda _: None, threading.Event(), str), client.asked[2:]


def done(name):
    return Answered(PartRead(done=(ScopeCompleted(name),)))


def killed():
    return Answered(KilledWorker("task", None, 2))


def test_who_is_blamed_with_others_is_read_again_alone(tmp_path):
    """A worker that ends takes with it what its other threads read."""
    answers = {"a": [killed(), done("a")], "b": [killed(), killed()], "c": [done("c")]}
    reader, asked = answering(tmp_path, answers)
    assert asked == ["a", "b", "c", "a", "b"]
    assert [each.scope for each in reader.done] == ["a", "c"]
    assert [gap.scope for gap in reader.gaps] == ["b"]


def test_who_is_blamed_alone_ends_no_more_workers(tmp_path):
    reader, asked = answering(tmp_path, {"a": [killed()], "b": [done("b")], "c": [done("c")]})
    assert asked == ["a", "b", "c"]
    assert [gap.scope for gap in reader.gaps] == ["a"]


def test_parts_that_cannot_be_named_are_a_gap_of_all(tmp_path):
    reader, asked = answering(tmp_path, {"divide_source": [killed()]})
    assert [gap.scope for gap in reader.gaps] == [WHOLE]
    assert not asked


def test_what_a_cluster_forgot_is_a_gap(tmp_path):
    """And so is what it cannot run."""
    answers = {"a": [Answered(status="lost")], "b": [Answered(ImportError("no"))], "c": [Answered(CancelledError())]}
    reader, _ = answering(tmp_path, answers)
    assert [(gap.scope, gap.reason) for gap in reader.gaps] == [
        ("a", "the connection to the cluster was lost"),
        ("b", "a worker could not begin to read it: ImportError"),
        ("c", "the connection to the cluster was lost"),
    ]


def test_a_cluster_without_workers_is_not_waited_for(tmp_path):
    """What came before the last one went is kept."""
    waiting = Answered(status="pending")
    reader, asked = answering(tmp_path, {"a": [done("a")], "b": [waiting], "c": [waiting]}, workers=())
    assert reader.done == [ScopeCompleted("a")]
    assert [(gap.scope, gap.reason) for gap in reader.gaps] == [
        ("b", "the cluster has no workers"),
        ("c", "the cluster has no workers"),
    ]
    assert asked == ["a", "b", "c", "cancelled", "cancelled"]
