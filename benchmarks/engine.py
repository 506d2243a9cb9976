"""What a Dask cluster makes of an organisation's year: its gain, its memory, its price, each against the same without.

python benchmarks/engine.py speedup       two workers against one: wanted at least 1.7
python benchmarks/engine.py memory        peak of a worker and of the driver, 1 and 10 million rows: wanted the same,
                                          and a driver of at most 500 MiB
python benchmarks/engine.py overhead      one worker, and a cluster of the command's own, against the command without
                                          Dask, with a million rows: wanted at most 1.5; the pages must be the same
python benchmarks/engine.py digests       a digest of every one of 50 teams, 10 million rows
python benchmarks/engine.py growth        from 1 to 10 million rows, and 100 million computed from that

--what measures | digests | pages         what is asked for: the measures of every team, its digests, everyone's pages
--folder F                                where the organisations are, or are made: a minute for the small one, several
                                          for the large one, 1.3 GiB for both

The small organisation has a tenth of the people in a tenth of the teams, so that a team and a person have as many rows
as in the large one. Clusters are a scheduler and workers that run already and have warmed up; all are processes of this
script, and workers run in a folder of their own. Memory is each process's own peak, as the kernel keeps it. Other work
on the machine makes seconds worthless and ratios rough; the processor time beside them is what to believe then.
"""

from __future__ import annotations

import argparse
import contextlib
import filecmp
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psutil

sys.path.insert(0, str(Path(__file__).parent))

import organisation
from pairs import compare

HARVESTER = str(Path(sys.executable).with_name("harvester"))
SMALL, LARGE = (1_000_000, 5), (10_000_000, 50)
"""Rows and teams."""
DRIVER = "driver"
MIB = 2**20


@dataclass
class Used:
    """What a process has used: its peak of memory in bytes, and processor time in seconds."""

    peak: int = 0
    user: float = 0
    system: float = 0


@dataclass
class Watch:
    """Looks at all processes that this one has started, ten times a second.

    `names` has those that run already by id; all others are the command and what it starts itself.
    """

    names: Mapping[int, str]
    found: dict[tuple[int, str], Used] = field(default_factory=dict)

    def look(self) -> None:
        for process in psutil.Process().children(recursive=True):
            with contextlib.suppress(psutil.Error, FileNotFoundError, ProcessLookupError, KeyError):
                name = self.names.get(process.pid) or self._name(process)
                used, times = self.found.setdefault((process.pid, name), Used()), process.cpu_times()
                used.peak, used.user, used.system = peak_of(process.pid), times.user, times.system

    def _name(self, process: psutil.Process) -> str:
        if process.ppid() == os.getpid():
            return DRIVER
        return "own worker" if "spawn_main" in " ".join(process.cmdline()) else "helper"

    def peak(self, name: str) -> int:
        """The largest peak of the processes of a name; 0 where there was none."""
        return max((used.peak for (_, other), used in self.found.items() if other == name), default=0)

    def seconds(self, name: str | None = None) -> list[float]:
        """The processor time of each of the processes of a name (None: of all)."""
        return [used.user + used.system for (_, other), used in self.found.items() if name in (None, other)]


def peak_of(process: int) -> int:
    """The most memory that a process has had in use at once, in bytes."""
    status = Path(f"/proc/{process}/status").read_text()
    fields = dict(line.split(":", 1) for line in status.splitlines())
    return int(fields["VmHWM"].split()[0]) * 1024


@contextlib.contextmanager
def watch(names: Mapping[int, str]) -> Iterator[Watch]:
    """Watch what happens in the block; what processes used before it does not count, except in their peaks."""
    before, seen, ended = Watch(names), Watch(names), threading.Event()
    before.look()

    def look_on() -> None:
        while not ended.wait(0.1):
            seen.look()

    thread = threading.Thread(target=look_on)
    thread.start()
    try:
        yield seen
        seen.look()
    finally:
        ended.set()
        thread.join()
    for key, used in before.found.items():
        if key in seen.found:
            seen.found[key].user -= used.user
            seen.found[key].system -= used.system


@dataclass(frozen=True)
class Cluster:
    """A scheduler and workers, by process id."""

    address: str
    scheduler: int
    workers: Sequence[int]

    @property
    def engine(self) -> str:
        return self.address.replace("tcp://", "dask://")

    @property
    def names(self) -> dict[int, str]:
        return {self.scheduler: "scheduler"} | dict.fromkeys(self.workers, "worker")


@contextlib.contextmanager
def cluster(workers: int, memory: str) -> Iterator[Cluster]:
    """A cluster of so many workers of one thread, which ends with the block."""
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        file = folder / "scheduler.json"
        common = ("--scheduler-file", str(file), "--no-dashboard")
        scheduler = stack.enter_context(
            started("dask_scheduler", folder, *common, "--host", "127.0.0.1", "--port", "0")
        )
        wait_until(file.exists)
        each = (*common, "--nthreads", "1", "--no-nanny", "--memory-limit", memory, "--local-directory", str(folder))
        made = [stack.enter_context(started("dask_worker", folder, *each)) for _ in range(workers)]
        address = json.loads(file.read_text())["address"]
        wait_until(lambda: workers_at(address) == workers)
        yield Cluster(address, scheduler.pid, [each.pid for each in made])


@contextlib.contextmanager
def started(program: str, folder: Path, *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    command = [sys.executable, "-m", f"distributed.cli.{program}", *arguments]
    with (folder / "log").open("ab") as log, subprocess.Popen(command, cwd=folder, stdout=log, stderr=log) as process:
        try:
            yield process
        finally:
            process.terminate()


def workers_at(address: str) -> int:
    from distributed import Client

    with Client(address) as client:
        return len(client.scheduler_info(n_workers=-1)["workers"])


def wait_until(true: Callable[[], bool], seconds: int = 60) -> None:
    until = time.monotonic() + seconds
    while not true():
        if time.monotonic() > until:
            raise TimeoutError("the cluster did not start")
        time.sleep(0.1)


@dataclass(frozen=True)
class Asked:
    """What is asked of the command, where it writes, and how often."""

    what: str
    period: str
    runs: int
    memory: str
    folder: Path
    small: tuple[int, int] = SMALL
    large: tuple[int, int] = LARGE

    @property
    def times(self) -> float:
        """How many times the rows of the small organisation the large one has."""
        return self.large[0] / self.small[0]

    def command(self, engine: str | None, out: str) -> list[str]:
        """The command, with an engine or without; it writes into a folder below the organisation's, named `out`."""
        to = ["--output", f"out-{out}/", "--force"]
        words = {
            "measures": ["measures", "--every-team", "--output", f"out-{out}.csv", "--force"],
            "digests": ["report", "digest", "--every-team", *to],
            "pages": ["report", "--everyone", "--each", *to],
        }[self.what]
        chosen = ["--engine", engine] if engine else []
        return [HARVESTER, *words, "--no-harvest", "--period", self.period, *chosen]

    def organisation(self, size: tuple[int, int]) -> Path:
        """The folder of the organisation of so many rows and teams, made where it is missing."""
        rows, teams = size
        folder = self.folder / f"{rows}-{teams}"
        if not folder.exists():
            print(f"making {rows:,} rows in {folder} …", flush=True)
            organisation.build(folder, organisation.sized(rows, teams=teams), rows)
        return folder


def once(asked: Asked, folder: Path, workers: int) -> tuple[float, Watch]:
    """The seconds that the command takes with so many workers that have warmed up, and what was used."""
    with cluster(workers, asked.memory) as made:
        warm_up(made)
        with watch(made.names) as seen:
            begun = time.perf_counter()
            subprocess.run(asked.command(made.engine, f"{workers}"), check=True, cwd=folder, stdout=subprocess.DEVNULL)
            seconds = time.perf_counter() - begun
    return seconds, seen


def warm_up(made: Cluster) -> None:
    """Let the workers import what they will need."""
    from distributed import Client

    def load() -> None:
        import importlib

        for name in ("pandas", "pyarrow.parquet", "deltalake", "dask.dataframe", "harvester.workspace.reports"):
            importlib.import_module(name)

    with Client(made.address) as client:
        client.run(load)


def speedup(asked: Asked) -> None:
    folder = asked.organisation(asked.small)
    with cluster(1, asked.memory) as one, cluster(2, asked.memory) as two:
        names = dict.fromkeys(one.names, "scheduler") | dict.fromkeys(one.workers, "worker alone") | two.names
        with watch(names) as seen:
            pair = compare(asked.command(one.engine, "1"), asked.command(two.engine, "2"), asked.runs, folder)
    print(f"{asked.what}, {asked.small[0]:,} rows, one worker against two (wanted: at least 1.7):\n   {pair}")
    alone, shared = seen.seconds("worker alone")[0], seen.seconds("worker")
    each = " and ".join(f"{seconds:,.1f}" for seconds in shared)
    print(f"   processor time {alone:,.1f} s against {each} s: at best {alone / max(shared):.2f} times as fast")
    show(seen)


def memory(asked: Asked) -> None:
    peaks = {}
    for size in (asked.small, asked.large):
        seconds, seen = once(asked, asked.organisation(size), 2)
        print(f"{asked.what}, {size[0]:,} rows, {seconds:,.1f} s:")
        show(seen)
        peaks[size] = {name: seen.peak(name) for name in ("worker", DRIVER, "scheduler")}
    growth = {name: peaks[asked.large][name] / peaks[asked.small][name] for name in peaks[asked.small]}
    print(f"worker: {growth['worker']:.2f} times the memory for {asked.times:g} times the rows (wanted: 1)")
    both = (peaks[asked.large][DRIVER] + peaks[asked.large]["scheduler"]) / MIB
    print(
        f"driver: {peaks[asked.large][DRIVER] / MIB:,.0f} MiB, with the scheduler {both:,.0f} MiB (wanted: at most 500)"
    )


def overhead(asked: Asked) -> None:
    folder = asked.organisation(asked.small)
    with cluster(1, asked.memory) as one, watch(one.names) as seen:
        pair = compare(asked.command(one.engine, "1"), asked.command(None, "plain"), asked.runs, folder)
    print(f"{asked.what}, {asked.small[0]:,} rows, one worker against no Dask (wanted: at most 1.5):\n   {pair}")
    show(seen)
    with watch({}) as seen:
        pair = compare(asked.command("dask", "own"), asked.command(None, "plain"), asked.runs, folder)
    print(f"a cluster that the command starts, on {os.cpu_count()} cores, against no Dask:\n   {pair}")
    show(seen)
    for name in ("1", "own"):
        print(f"   the same: {same(folder, f'out-{name}', 'out-plain')}")


def same(folder: Path, left: str, right: str) -> str:
    """How many of the files that were written are the same byte for byte."""
    pairs = [(folder / f"{left}{end}", folder / f"{right}{end}") for end in ("", ".csv")]
    pairs = [(one, other) for one, other in pairs if one.exists() and other.exists()]
    files = [(one / each.name, each) for one, other in pairs if one.is_dir() for each in sorted(other.iterdir())]
    files += [pair for pair in pairs if pair[0].is_file()]
    return (
        f"{sum(one.exists() and filecmp.cmp(one, other, shallow=False) for one, other in files)} of {len(files)} files"
    )


def digests(asked: Asked) -> None:
    seconds, seen = once(asked, asked.organisation(asked.large), 2)
    print(f"{asked.what} of {asked.large[1]} teams, {asked.large[0]:,} rows, two workers: {seconds:,.1f} s")
    show(seen)


def growth(asked: Asked) -> None:
    found = {}
    for size in (asked.small, asked.large):
        seconds, seen = once(asked, asked.organisation(size), 2)
        found[size] = (seconds, sum(seen.seconds()))
        print(f"{asked.what}, {size[0]:,} rows, two workers: {seconds:,.1f} s")
        show(seen)
    for place, word in enumerate(("seconds", "seconds of processor time")):
        small, large = found[asked.small][place], found[asked.large][place]
        # A straight line through both: what is the same for any number of rows is paid once.
        hundred = large + (large - small) / (asked.large[0] - asked.small[0]) * (100_000_000 - asked.large[0])
        print(f"   {large / small:.1f} times the {word} for {asked.times:g} times the rows")
        print(f"   100 million rows: {hundred:,.0f} {word}")


def show(seen: Watch) -> None:
    """A line for each kind of process: the largest peak and the sum of the seconds; then how busy the machine is."""
    for name in dict.fromkeys(name for _, name in sorted(seen.found)):
        those = [used for (_, other), used in seen.found.items() if other == name]
        user, system = sum(used.user for used in those), sum(used.system for used in those)
        print(
            f"   {len(those)} × {name}: peak {seen.peak(name) / MIB:,.0f} MiB, "
            f"{user:,.1f} s of processor and {system:,.1f} s in the kernel"
        )
    load = " ".join(f"{each:.1f}" for each in os.getloadavg())
    print(f"   in all {sum(seen.seconds()):,.1f} s of processor time; load of the machine {load}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("measure", choices=["speedup", "memory", "overhead", "digests", "growth"])
    parser.add_argument("--what", choices=["measures", "digests", "pages"])
    parser.add_argument("--period", default="2025")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--memory", default="4GiB", help="the limit of a worker")
    parser.add_argument("--small", type=size, default=SMALL, metavar="ROWS:TEAMS", help="1000000:5")
    parser.add_argument("--large", type=size, default=LARGE, metavar="ROWS:TEAMS", help="10000000:50")
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()) / "harvester-engine")
    options = parser.parse_args()
    what = options.what or ("digests" if options.measure == "digests" else "measures")
    folder = options.folder.resolve()
    asked = Asked(what, options.period, options.runs, options.memory, folder, options.small, options.large)
    measures = {"speedup": speedup, "memory": memory, "overhead": overhead, "digests": digests, "growth": growth}
    measures[options.measure](asked)


def size(words: str) -> tuple[int, int]:
    """Rows and teams."""
    rows, teams = words.split(":")
    return int(rows), int(teams)


if __name__ == "__main__":
    main()
