"""The cluster that `--engine` names."""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
from pathlib import Path

import dask
import pytest
from distributed import LocalCluster
from distributed.client import FutureCancelledError
from distributed.comm.core import CommClosedError
from distributed.scheduler import KilledWorker

from harvester.engine.cluster import _in_our_words, address_of, connect
from harvester.errors import EngineError


def test_a_task_runs_in_another_process(client):
    assert client.submit(os.getpid).result() != os.getpid()


def test_a_scheduler_that_runs_already_is_used():
    with LocalCluster(
        n_workers=1, threads_per_worker=1, dashboard_address="127.0.0.1:0", protocol="tcp", processes=False
    ) as cluster:
        place = cluster.scheduler_address.partition("://")[2]
        with connect(f"dask://{place}", os.environ) as client:
            assert client.submit(sum, [1, 2]).result() == 3


def test_a_scheduler_that_does_not_answer():
    with pytest.raises(EngineError, match="No scheduler answers"), connect("dask://127.0.0.1:9", {}, seconds=1):
        pass


@pytest.mark.parametrize(("words", "encrypted"), [("tls://127.0.0.1:9", False), ("dask://127.0.0.1:9", True)])
def test_certificates_that_do_not_fit(words, encrypted):
    """There are none for a scheduler that wants some, or some, and the address says that there are none."""
    with (
        dask.config.set({"distributed.comm.require-encryption": encrypted}),
        pytest.raises(EngineError, match="tls://HOST:PORT"),
        connect(words, {}, seconds=1),
    ):
        pass


def test_a_scheduler_that_says_nothing():
    """It takes connections, and is no Dask."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        place = f"dask://127.0.0.1:{server.getsockname()[1]}"
        with pytest.raises(EngineError, match="No scheduler answers"), connect(place, {}, seconds=1):
            pass


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (KilledWorker("task", None, 2), "ended 3 workers"),
        (CommClosedError("in <TLS>"), "connection to the cluster was lost"),
        (FutureCancelledError("task", "scheduler-connection-lost"), "connection to the cluster was lost"),
    ],
)
def test_a_cluster_that_fails_is_said(error, words):
    with pytest.raises(EngineError, match=words), _in_our_words():
        raise error


def test_what_workers_write_is_in_a_private_folder(client):
    """Their rows are where only this user can read, and where a later run looks for those of killed ones."""
    for place in client.run(lambda dask_worker: dask_worker.local_directory).values():
        folder = Path(place).parents[1]
        assert folder.parent == Path(tempfile.gettempdir())
        assert folder.name.startswith("harvester-")
        assert folder.stat().st_mode & 0o777 == 0o700
        assert (folder / "locks" / "in-use.lock").is_file()


COMMAND = """
import os, signal, time
from harvester.engine.cluster import connect
if __name__ == "__main__":
    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, signal.default_int_handler)
    try:
        with connect("dask", os.environ, workers=1) as client:
            task = client.submit(time.sleep, 60)
            print(os.getpid(), flush=True)
            task.result()
    except KeyboardInterrupt:
        print("interrupted")
"""


@pytest.mark.skipif(os.name == "nt", reason="Windows has no groups of processes to send signals to")
def test_a_signal_to_all_ends_in_order(tmp_path):
    """As Ctrl-C in a terminal, and as `timeout`: nothing of Dask is on standard error, and nothing is left."""
    script = tmp_path / "command.py"
    script.write_text(COMMAND)
    folder = tmp_path / "temporary"
    folder.mkdir()
    process = subprocess.Popen(
        [sys.executable, str(script)], env=os.environ | {"TMPDIR": str(folder)}, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True,
    )  # fmt: skip
    assert process.stdout is not None
    process.stdout.readline()
    os.killpg(process.pid, signal.SIGTERM)
    assert process.communicate(timeout=50) == ("interrupted\n", "")
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize(
    ("words", "address"),
    [
        ("dask", None),
        ("dask://scheduler:8786", "tcp://scheduler:8786"),
        ("tcp://10.0.0.1:8786", "tcp://10.0.0.1:8786"),
        ("tls://scheduler.example.org:8786/", "tls://scheduler.example.org:8786"),
    ],
)
def test_the_words_for_an_engine(words, address):
    assert address_of(words) == address


@pytest.mark.parametrize("words", ["", "ray", "dask:", "dask://", "dask://host", "http://host:80", "dask://a b:1"])
def test_other_words_are_refused(words):
    with pytest.raises(EngineError, match="There is no engine"):
        address_of(words)


def test_nothing_of_dask_is_imported_without_it():
    script = "import sys, harvester, harvester.api, harvester.engine.cluster; print('dask' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], capture_output=True, text=True).stdout == "False\n"


def test_a_script_that_its_workers_run_again(tmp_path):
    """A process that is spawned runs the script first, and so would start a cluster of its own."""
    script = tmp_path / "script.py"
    lines = (
        "import os",
        "from harvester.engine.cluster import connect",
        "with connect('dask', os.environ, workers=1):",
        "    pass",
    )
    script.write_text("\n".join(lines))
    done = subprocess.run([sys.executable, script], capture_output=True, text=True)
    assert done.returncode == 1
    assert 'did not start.\nIn a script, write `if __name__ == "__main__":`' in done.stderr
    assert "A worker runs the script again" in done.stderr


def test_a_local_cluster_serves_no_pages(client):
    """What is there besides the scheduler's own port, which asks for a certificate, tells nothing."""

    def places(dask_scheduler):
        return dask_scheduler.http_server.address, dask_scheduler.http_server.port

    host, port = client.run_on_scheduler(places)
    assert host == "127.0.0.1"
    for path in ("", "info/main/workers.html", "metrics", "json/counts.json"):
        with pytest.raises(urllib.error.HTTPError, match="404"):
            urllib.request.urlopen(f"http://{host}:{port}/{path}")


def test_who_has_no_certificate_cannot_connect(client):
    place = client.scheduler.address.partition("://")[2]
    with pytest.raises(EngineError, match="No scheduler answers"), connect(f"dask://{place}", {}, seconds=1):
        pass
