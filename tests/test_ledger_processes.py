"""Processes that are killed, that compete, and disks that refuse: the ledger stays whole."""

import os
import random
import re
import resource
import signal
import subprocess
import time
from contextlib import contextmanager
from pathlib import Path

import pytest
from deltalake import DeltaTable

from harvester.errors import LedgerError
from harvester.harvesting.run import harvest
from harvester.ledger import Changeset, Ledger, UpsertCounts
from harvester.ledger.coverage import WHOLE, Coverage
from harvester.model.contribution import from_table, to_table
from tests.ledger_process import ended, harvest_git, started, world_of
from tests.scripted import EVER, NOW, Scripted, act


def held(ledger: Ledger) -> dict[tuple[str, str], object]:
    rows = from_table(ledger.rows())
    assert len(rows) == len({(row.source, row.scope, row.id) for row in rows})
    return {(row.scope, row.id): row for row in rows}


def kill_and_go_on(place: Path, rounds: int, seconds: float) -> int:
    """Harvest a changing world again and again, killing each run at a random moment; gives how many were really hit."""
    Ledger.open(place)
    luck, hit = random.Random(place.name), 0
    for step in range(rounds):
        process = started("read_world", place, step)
        assert process.stdout.readline() == "ready\n"
        time.sleep(luck.uniform(0, seconds))
        process.send_signal(signal.SIGKILL)
        hit += "complete" not in process.communicate(timeout=60)[0]
        assert process.returncode in (0, -signal.SIGKILL)
        ledger = Ledger.open(place, create=False)
        states = [world_of(each).seen() for each in range(step + 1)]
        for key, row in held(ledger).items():
            assert any(state.get(key) == row for state in states)
        if step % 5 == 4:
            finish(ledger, step)
    finish(Ledger.open(place), rounds)
    return hit


def finish(ledger: Ledger, step: int) -> None:
    world = world_of(step)
    outcome = harvest(ledger, {"work": lambda: Scripted(world)}, {"work": None}, EVER, clock=lambda: NOW)
    assert outcome.complete
    assert held(ledger) == world.seen()


def test_a_harvest_killed_at_any_moment_leaves_a_ledger_that_the_next_one_completes(tmp_path):
    assert kill_and_go_on(tmp_path / "ledger", 12, 0.35) > 0


@pytest.mark.soak
def test_five_hundred_killed_harvests_leave_a_ledger_that_the_next_one_completes(tmp_path):
    assert kill_and_go_on(tmp_path / "ledger", 500, 0.35) > 100


def grow(repository: Path, first: int, count: int) -> None:
    """Add commits to a repository's only branch, each of another file and another day."""
    parts = []
    for number in range(first, first + count):
        who = f"Ann <ann@example.org> {1_700_000_000 + number * 86_400} +0000"
        parent = "from refs/heads/main^0\n" if number == first and first else ""
        parts.append(f"commit refs/heads/main\nauthor {who}\ncommitter {who}\ndata 8\nfix: {number:03d}\n")
        parts.append(f"{parent}M 100644 inline file{number}\ndata 2\nx\n\n")
    subprocess.run(["git", "fast-import", "--quiet"], cwd=repository, input="".join(parts).encode(), check=True)


def kill_git(place: Path, repository: Path, rounds: int) -> int:
    """As `kill_and_go_on`, with a real repository that grows by 40 commits a round."""
    subprocess.run(["git", "init", "-q", "-b", "main", repository], check=True)
    luck, hit = random.Random(repository.name), 0
    Ledger.open(place)
    for step in range(rounds):
        grow(repository, step * 40, 40)
        process = started("read_git", place, repository)
        assert process.stdout.readline() == "ready\n"
        time.sleep(luck.uniform(0, 0.4))
        process.send_signal(signal.SIGKILL)
        hit += "complete" not in process.communicate(timeout=60)[0]
        assert process.returncode in (0, -signal.SIGKILL)
        held(Ledger.open(place, create=False))
    ledger, fresh = Ledger.open(place), Ledger.open(place.with_name("fresh"))
    assert harvest_git(ledger, repository).complete
    assert harvest_git(fresh, repository).complete
    assert held(ledger) == held(fresh)
    assert len(held(ledger)) == rounds * 40
    return hit


def test_a_killed_harvest_of_a_real_repository_ends_in_the_same_rows(tmp_path):
    assert kill_git(tmp_path / "ledger", tmp_path / "work", 4) > 0


@pytest.mark.soak
def test_a_hundred_killed_harvests_of_a_real_repository_end_in_the_same_rows(tmp_path):
    assert kill_git(tmp_path / "ledger", tmp_path / "work", 100) > 20


def compete(place: Path, rounds: int, slice_: str) -> None:
    Ledger.open(place)
    writers = [started("write", place, name, rounds, slice_) for name in ("one", "two")]
    for writer in writers:
        assert writer.stdout.readline() == "ready\n"
    for writer in writers:
        writer.stdin.write("go\n")
        writer.stdin.flush()
    assert [ended(writer) for writer in writers] == ["complete", "complete"]
    rows = from_table(Ledger.open(str(place)).rows())
    shared, both = (1, 1) if slice_ == "same" else (2, 1)
    assert len(rows) == len({(row.source, row.scope, row.id) for row in rows}) == rounds * (2 * both + shared)


@pytest.mark.parametrize("slice_", ["same", "different"])
@pytest.mark.parametrize("kind", ["folder", "url"])
def test_two_writers_at_once_lose_nothing(tmp_path, slice_, kind):
    """By a folder the two take turns; by a URL there are no locks, and the one who comes second plans again."""
    place = tmp_path / "ledger"
    compete(place if kind == "folder" else f"file://{place}", 10, slice_)


@pytest.mark.soak
@pytest.mark.parametrize("slice_", ["same", "different"])
@pytest.mark.parametrize("kind", ["folder", "url"])
def test_two_writers_lose_nothing_in_a_hundred_rounds(tmp_path, slice_, kind):
    place = tmp_path / "ledger"
    compete(place if kind == "folder" else f"file://{place}", 100, slice_)


@pytest.mark.parametrize("kind", ["folder", "url"])
def test_two_harvests_of_one_source_at_once_end_as_one_though_neither_found_a_ledger(tmp_path, kind):
    place = str(tmp_path / "ledger") if kind == "folder" else f"file://{tmp_path}/ledger"
    runs = [started("read_world", place, step, "0.004") for step in (3, 5)]
    assert [ended(run) for run in runs] == ["complete", "complete"]
    assert held(Ledger.open(place)) in (world_of(3).seen(), world_of(5).seen())


@contextmanager
def full_disk(place: Path, kilobytes: int):
    """A file system of so many kilobytes; by mounting one, which root may, else in a new user's own mounts."""
    place.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={kilobytes}k", "tmpfs", place], capture_output=True)
    if mounted.returncode:
        pytest.skip(
            f"a small file system cannot be mounted here ({mounted.stderr.decode().strip()}); see the quota test"
        )
    try:
        yield place
    finally:
        subprocess.run(["umount", place], check=True)


def test_a_full_disk_is_told_in_words_and_leaves_the_old_state(tmp_path):
    with full_disk(tmp_path / "disk", 512) as disk:
        ledger = Ledger.open(disk / "ledger")
        ledger.commit(Changeset("work", to_table([act(1)])))
        before = held(ledger)
        left = disk / "fill"
        fill(left)
        with pytest.raises(LedgerError, match="the disk is full"):
            ledger.commit(
                Changeset("work", to_table([act(1, title="New"), act(2, body="x" * 5000)]), coverage=(covered(),))
            )
        assert held(ledger) == before
        assert ledger.coverage() == []
        left.unlink()
        assert ledger.commit(Changeset("work", to_table([act(1, title="New"), act(2)]))) == UpsertCounts(
            new=1, replaced=1
        )


def test_a_disk_that_fills_at_any_point_of_a_commit_never_leaves_half_of_it(tmp_path):
    with full_disk(tmp_path / "disk", 512) as disk:
        ledger = Ledger.open(disk / "ledger")
        refused = 0
        for spare in range(0, 48, 2):
            before = held(ledger)
            fill(disk / "fill", spare)
            rows = [act(number, title=f"With {spare} spare") for number in range(10)]
            try:
                ledger.commit(Changeset("work", to_table(rows), coverage=(covered(),)))
            except LedgerError:
                refused += 1
            (disk / "fill").unlink()
            assert held(ledger) in (before, {(row.scope, row.id): row for row in rows})
            ledger.coverage()
        assert refused


def fill(path: Path, spare_kilobytes: int = 0) -> None:
    free = os.statvfs(path.parent)
    path.write_bytes(b"x" * max(0, free.f_bavail * free.f_frsize - spare_kilobytes * 1024))


def covered() -> Coverage:
    return Coverage("work", WHOLE, None, EVER, NOW)


def test_a_quota_on_files_is_told_in_words_and_leaves_the_old_state(tmp_path):
    ledger = Ledger.open(tmp_path / "ledger")
    ledger.commit(Changeset("work", to_table([act(1)])))
    before = held(ledger)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (4096, hard))
        with pytest.raises(LedgerError, match="a file may not become that large"):
            ledger.commit(
                Changeset("work", to_table([act(number, body=str(random.random()) * 999) for number in range(500)]))
            )
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, handler)
    assert held(ledger) == before


def test_a_read_only_disk_is_read_and_refuses_to_be_written(tmp_path):
    with full_disk(tmp_path / "disk", 2048) as disk:
        Ledger.open(disk / "ledger").commit(Changeset("work", to_table([act(1)])))
        subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
        ledger = Ledger.open(disk / "ledger")
        assert len(held(ledger)) == 1
        with pytest.raises(LedgerError, match="read-only"):
            ledger.commit(Changeset("work", to_table([act(2)])))
        with pytest.raises(LedgerError, match="read-only"):
            Ledger.open(disk / "another")
        world = world_of(0)
        outcome = harvest(ledger, {"work": lambda: Scripted(world)}, {"work": None}, EVER, clock=lambda: NOW)
        assert isinstance(outcome.sources[0].failed, LedgerError)
        assert not outcome.complete


def test_a_disk_that_went_away_is_told_in_words(tmp_path):
    ledger = Ledger.open(tmp_path / "ledger")
    ledger.commit(Changeset("work", to_table([act(1)])))
    (tmp_path / "ledger").rename(tmp_path / "elsewhere")
    for action in (
        ledger.rows,
        ledger.coverage,
        ledger.info,
        lambda: ledger.commit(Changeset("work", to_table([act(2)]))),
    ):
        with pytest.raises(LedgerError, match=re.escape(str(tmp_path / "ledger"))):
            action()
    assert not (tmp_path / "ledger").exists()


def test_a_killed_writer_leaves_files_that_nobody_sees_and_compacting_spares_while_they_are_young(tmp_path):
    ledger = Ledger.open(tmp_path / "ledger")
    ledger.commit(Changeset("work", to_table([act(1)])))
    staged = tmp_path / "ledger" / "contributions" / "staged.parquet"
    staged.write_bytes((next((tmp_path / "ledger" / "contributions").glob("work*.parquet"))).read_bytes())
    assert len(ledger.rows()) == 1
    ledger.compact()
    assert staged.exists()
    old = time.time() - 3 * 24 * 3600
    os.utime(staged, (old, old))
    ledger.compact()
    assert not staged.exists()
    assert len(ledger.rows()) == 1
    assert DeltaTable(f"{ledger.location}/contributions").version() >= 1
