"""The cluster that `--engine` names."""

import os
import subprocess
import sys
import urllib.error
import urllib.request

import dask
import pytest
from distributed import LocalCluster

from harvester.engine.cluster import address_of, connect
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
