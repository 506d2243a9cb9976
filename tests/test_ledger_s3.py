"""The ledger in an object store: a server that speaks S3 on this machine, and everything that a folder can do."""

import datetime as dt
import os
import re
import subprocess
import sys
import threading
import time
import urllib.request
import xml.etree.ElementTree as ET
from concurrent.futures import ThreadPoolExecutor

import pytest

from harvester.ledger import Changeset, Ledger, by_accounts
from harvester.ledger.coverage import WHOLE, Coverage
from harvester.ledger.delta_table import CommitConflict
from harvester.model.contribution import from_table, to_table
from harvester.model.periods import Period

from .rows import row

YEAR = Period(dt.datetime(2026, 1, 1, tzinfo=dt.UTC), dt.datetime(2027, 1, 1, tzinfo=dt.UTC))


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """Its own process: deltalake holds the interpreter's lock while it asks whether there is a table."""
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", "0"]
    told = tmp_path_factory.mktemp("moto") / "log"
    with told.open("w") as log, subprocess.Popen(command, stderr=log) as moto:
        end = time.monotonic() + 60
        while not (found := re.search(r"http://127\.0\.0\.1:\d+", told.read_text())):
            assert time.monotonic() < end, told.read_text()
            time.sleep(0.05)
        yield found[0]
        moto.terminate()


@pytest.fixture
def options(server):
    """What deltalake needs to find the server, with an empty bucket in it."""
    urllib.request.urlopen(urllib.request.Request(f"{server}/moto-api/reset", method="POST")).close()
    urllib.request.urlopen(urllib.request.Request(f"{server}/bucket", method="PUT")).close()
    return {
        "AWS_ENDPOINT_URL": server,
        "AWS_ALLOW_HTTP": "true",
        "AWS_ACCESS_KEY_ID": "nobody",
        "AWS_SECRET_ACCESS_KEY": "nothing",
        "AWS_REGION": "us-east-1",
    }


@pytest.fixture
def ledger(options):
    return Ledger.open("s3://bucket/ledger", options=options)


def act(number, **values):
    return row(
        **{"id": f"act/{number}", "work_item": f"github.com/org/app#{number}", "closes": (f"PAY-{number}",)} | values
    )


def keep(ledger, *rows, coverage=()):
    return ledger.commit(Changeset("hub", to_table(rows), coverage=coverage))


def ids(ledger, *narrowed):
    return sorted(each.id for each in from_table(ledger.rows(*narrowed)))


def test_what_was_committed_comes_back_from_another_process(ledger, options):
    rows = [act(1, paths=("a", "b"), additions=3), act(2, account="bob", title="Ü\n'")]
    read = Coverage("hub", WHOLE, None, YEAR, dt.datetime(2026, 9, 1, tzinfo=dt.UTC), None, ())
    assert keep(ledger, *rows, coverage=(read,)).new == 2
    again = Ledger.open("s3://bucket/ledger/", create=False, options=options)
    assert sorted(from_table(again.rows()), key=lambda each: each.id) == rows
    assert again.coverage() == [read]
    assert ids(again, YEAR, by_accounts({"hub": frozenset({"BOB"})})) == ["act/2"]


def test_a_change_replaces_rows_and_what_changes_nothing_commits_nothing(ledger):
    keep(ledger, act(1), act(2))
    counts = keep(ledger, act(2, title="Other"), act(3))
    assert (counts.new, counts.replaced, counts.unchanged) == (1, 1, 0)
    before = ledger.info().commits
    assert keep(ledger, act(2, title="Other")).unchanged == 1
    assert ledger.info().commits == before


def test_two_writers_at_once_lose_nothing(options):
    writers = [Ledger.open("s3://bucket/ledger", options=options) for _ in range(2)]
    start = threading.Barrier(2)

    def write(which):
        start.wait()
        for number in range(4):
            keep(writers[which], act(10 * which + number))

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(write, range(2)))
    assert ids(writers[0]) == sorted(f"act/{10 * which + number}" for which in range(2) for number in range(4))


def test_a_reading_that_was_overtaken_is_refused(ledger, options):
    turn = ledger.source_version("hub")
    keep(Ledger.open("s3://bucket/ledger", options=options), act(1))
    with pytest.raises(CommitConflict):
        ledger.commit(Changeset("hub", to_table([act(2)])), turn)
    assert ids(ledger) == ["act/1"]


def test_who_is_forgotten_is_in_no_file_any_more(ledger, server):
    keep(ledger, act(1, account="zoe-the-forgotten"), act(2, owners=("zoe-the-forgotten",)))
    assert ledger.forget(by_accounts({"hub": frozenset({"zoe-the-forgotten"})})) == 1
    assert ids(ledger) == ["act/2"]
    assert from_table(ledger.rows())[0].owners == ("(forgotten)",)
    assert ledger.info().files == 1
    assert len([name for name in listing(server) if name.startswith("ledger/contributions/hub")]) == 1


def listing(server):
    with urllib.request.urlopen(f"{server}/bucket?list-type=2") as answer:
        return [each.text for each in ET.fromstring(answer.read()).iter("{http://s3.amazonaws.com/doc/2006-03-01/}Key")]


def test_compacting_leaves_the_same_rows_in_fewer_files(ledger):
    keep(ledger, act(1), act(2), act(3))
    keep(ledger, act(4))
    assert ledger.info().files == 2
    assert ledger.compact() == 1
    assert ledger.info().files == 1
    assert ids(ledger) == [f"act/{number}" for number in (1, 2, 3, 4)]


def test_the_command_finds_the_store_by_what_the_environment_says(tmp_path, options):
    git = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    environ = {key: value for key, value in os.environ.items() if not key.startswith(("AWS_", "GIT_"))} | git | options
    name = ["-c", "user.name=Ada", "-c", "user.email=ada@example.org"]
    subprocess.run(["git", "init", "-q", str(tmp_path / "repo")], check=True, env=environ)
    subprocess.run(
        ["git", *name, "-C", str(tmp_path / "repo"), "commit", "-q", "--allow-empty", "-m", "Work"],
        check=True,
        env=environ,
    )
    (tmp_path / "harvester.toml").write_text(
        "[people.me]\nemails = ['ada@example.org']\n[ledger]\nlocation = 's3://bucket/team/ledger'\n"
        "[sources.git]\nconnector = 'git'\nrepositories = ['repo']\n"
    )

    def harvester(*arguments):
        return subprocess.run(
            [sys.executable, "-m", "harvester", *arguments], cwd=tmp_path, env=environ, capture_output=True, text=True
        )

    assert harvester("harvest", "--period", "2020-01-01..2040-01-01").returncode == 0
    told = harvester("ledger", "info")
    assert told.returncode == 0
    assert "s3://bucket/team/ledger" in told.stdout
    assert len(Ledger.open("s3://bucket/team/ledger", create=False, options=options).rows()) == 1
    assert not (tmp_path / ".harvester").exists()
