"""Locks: one holder at a time, in one process or several, and an end to waiting whenever somebody wants it."""

import stat
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from harvester.files import Cancelled, lock, lock_folder

HOLDER = """
import sys
from pathlib import Path
from harvester.files import lock, lock_folder
kind, place = sys.argv[1:]
with (lock if kind == "file" else lock_folder)(Path(place)):
    print("locked", flush=True)
    sys.stdin.readline()
"""


def holder(kind: str, place: Path) -> subprocess.Popen:
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, kind, place], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout.readline() == "locked\n"
    return process


@pytest.mark.parametrize("kind", ["file", "folder"])
@pytest.mark.parametrize("killed", [False, True])
def test_another_process_waits_until_the_first_ends(tmp_path, kind, killed):
    place = tmp_path / "locks" / "one.lock" if kind == "file" else tmp_path / "notes.md"
    process, entered = holder(kind, place), threading.Event()

    def wait():
        with (lock if kind == "file" else lock_folder)(place):
            entered.set()

    thread = threading.Thread(target=wait)
    thread.start()
    assert not entered.wait(0.3)
    if killed:
        process.kill()
    process.communicate("" if killed else "\n", timeout=20)
    thread.join(20)
    assert entered.is_set()


def test_waiting_ends_when_the_run_is_stopped(tmp_path):
    process, stop = holder("file", tmp_path / "one.lock"), threading.Event()
    threading.Timer(0.2, stop.set).start()
    begun = time.monotonic()
    with pytest.raises(Cancelled), lock(tmp_path / "one.lock", stop):
        pass
    assert time.monotonic() - begun < 10
    process.communicate("\n", timeout=20)


def test_a_lock_file_is_private_and_nothing_is_left_in_a_folder(tmp_path):
    with lock(tmp_path / "locks" / "one.lock") as locked:
        assert locked
        assert stat.S_IMODE((tmp_path / "locks" / "one.lock").stat().st_mode) == 0o600
    (tmp_path / "notes").mkdir()
    with lock_folder(tmp_path / "notes" / "notes.md") as locked:
        assert locked
    assert list((tmp_path / "notes").iterdir()) == []


def test_without_a_path_nothing_is_locked():
    with lock(None) as first, lock(None) as second:
        assert (first, second) == (False, False)
