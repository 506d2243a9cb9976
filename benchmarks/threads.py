"""Threads over a made-up organisation: all rows together, and in parts as a cluster has them, in one process.

Run `python benchmarks/threads.py --rows 1000000`. Rows lie as in a ledger, by source and then by time; ten thousand of
them are of one repository, and two repositories share a Jira project. For each step stand the tasks, their processor
seconds, and the largest task's lines and bytes: what comes in, and how far the process grew.
"""

from __future__ import annotations

import argparse
import functools
import os
import resource
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from distributed import Client, wait

from harvester.analysis import threads, threads_in_parts
from harvester.analysis.links import NEEDED
from harvester.engine.cluster import connect
from harvester.engine.exchange import ClusterTasks
from harvester.engine.threads import threads as threads_over_all
from harvester.model.contribution import arrow_schema

ROWS_OF_A_REPOSITORY = 10_000
CHANGES = 0.25
"""Pull requests by row: each has a row of its own, a review, a commit, and a ticket."""


def organisation(rows: int, seed: int = 1) -> pa.Table:
    """The columns that threads need, of pull requests with a review, a commit and a ticket each.

    Of a hundred pull requests three close a ticket of another team, two are backports of another repository's commit,
    every other one names its ticket in its title only, and one commit in two hundred is abbreviated where it is picked.
    """
    rng = np.random.default_rng(seed)
    number = np.arange(rows // 4)
    repository = number // (ROWS_OF_A_REPOSITORY // 4)
    strangers = rng.integers(0, len(number), len(number))
    texts = {
        "pull": [f"github.com/org/Repo{r}#{n}" for r, n in zip(repository, number, strict=True)],
        "key": [f"TEAM{r // 2}-{n}" for r, n in zip(repository, number, strict=True)],
        "sha": [f"{n * 0x9E3779B97F4A7C15 % 2**128:040x}" for n in number.tolist()],
        "scope": [f"github.com/org/repo{r}" for r in repository],
    }
    luck = rng.random(len(number))
    closes = [
        (texts["key"][n], texts["key"][other]) if lucky < 0.03 else (texts["key"][n],) if lucky < 0.5 else ()
        for n, other, lucky in zip(number.tolist(), strangers.tolist(), luck, strict=True)
    ]
    picked = [
        () if lucky < 0.98 else (f"commit/{texts['sha'][other][: 40 if lucky < 0.995 else 12]}",)
        for other, lucky in zip(strangers.tolist(), luck, strict=True)
    ]
    pairs = zip(texts["key"], closes, strict=True)
    titles = [f"{key} Carry the order's key" if not found else "Carry it" for key, found in pairs]
    none = [()] * len(number)
    commits = [f"commit/{each}" for each in texts["sha"]]
    tickets = [f"acme.atlassian.net/{each}" for each in texts["key"]]
    numbers = [(f"#{n}",) for n in number.tolist()]
    org = ["github.com/org"] * len(number)
    teams = [each.partition("-")[0] for each in texts["key"]]
    days = rng.integers(0, 365, len(number))
    at = np.datetime64("2026-01-01", "us") + days * np.timedelta64(1, "D")
    kinds: list[tuple[str, list[str], list[str], Any, Any, Any, list[str]]] = [
        ("commit", commits, texts["scope"], none, numbers, picked, ["Carry it"] * len(number)),
        ("pull_request", texts["pull"], org, closes, none, none, titles),
        ("review", texts["pull"], org, none, none, none, ["Carry it"] * len(number)),
        ("issue", tickets, teams, none, none, none, ["Carry the key"] * len(number)),
    ]
    schema = pa.schema([arrow_schema().field(name) for name in NEEDED])
    return pa.concat_tables([_of_kind(schema, at, *each) for each in kinds])


def _of_kind(
    schema: pa.Schema, at: Any, kind: str, items: list[str], scopes: list[str], closes: Any, part_of: Any, picked: Any,
    titles: list[str],
) -> pa.Table:  # fmt: skip
    values = {name: pa.nulls(len(items), schema.field(name).type) for name in schema.names}
    lists = {"closes": closes, "part_of": part_of, "picked_from": picked, "reverts": [()] * len(items)}
    values |= {name: pa.array(each, pa.list_(pa.string())) for name, each in lists.items()}
    values |= {"work_item": pa.array(items), "kind": pa.array([kind] * len(items)), "scope": pa.array(scopes)}
    values |= {"title": pa.array(titles), "body": pa.array([f"Why {each} was needed, in a line." for each in items])}
    values["extra"] = pa.array([()] * len(items), schema.field("extra").type)
    values["occurred_at"] = pa.array(at).cast(pa.timestamp("us", tz="UTC"))
    return pa.table(values).cast(schema).take(pa.array(np.argsort(at, kind="stable")))


class Measured:
    """Runs the steps one after the other, in this process, and notes what each of them took."""

    def __init__(self) -> None:
        self.steps: dict[str, list[tuple[float, int, int, int]]] = defaultdict(list)

    def map(self, function: Callable[..., Any], *columns: Any) -> list[Any]:
        return [self._measured(function, values) for values in zip(*columns, strict=True)]

    def exchange(self, types: Any, count: int, function: Callable[..., Any], *columns: Any) -> list[pa.Table]:
        whole = pa.concat_tables([each.select([*types, "to"]) for each in self.map(function, *columns)])
        return [whole.filter(pc.equal(whole["to"], to)).drop_columns("to") for to in range(count)]

    def _measured(self, function: Callable[..., Any], values: tuple[Any, ...]) -> Any:
        tables = [each for value in values for each in (value if isinstance(value, list | tuple) else [value])]
        tables = [each for each in tables if isinstance(each, pa.Table)]
        seconds, grown, made = measured(lambda: function(*values))
        name = getattr(function, "func", function).__name__
        self.steps[name].append((seconds, sum(map(len, tables)), sum(each.nbytes for each in tables), grown))
        return made


def measured(run: Callable[[], Any]) -> tuple[float, int, Any]:
    """Processor seconds, by how many bytes the process grew while it ran, and the result."""
    before, peak, done = resident(), [0], threading.Event()

    def look() -> None:
        while not done.wait(0.005):
            peak.append(resident())

    watch = threading.Thread(target=look)
    watch.start()
    start = time.process_time()
    made = run()
    seconds = time.process_time() - start
    done.set()
    watch.join()
    return seconds, max(max(peak) - before, 0), made


def resident() -> int:
    """The memory this process holds, in bytes (Linux)."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()


def in_steps(parts: list[pa.Table], groups: int, whole: pa.Array) -> None:
    """One step after the other in this process, and what each of them takes."""
    tasks = Measured()
    read = [functools.partial(read_from, each) for each in parts]
    seconds, _, answers = measured(lambda: threads_over_all(tasks, read, {}, groups))
    print(f"{len(whole):,} rows in {len(parts)} parts, {groups} groups: {seconds:.1f} s in all\n")
    print("| step | tasks | seconds | most lines | most MB in | most MB grown |\n|---|---|---|---|---|---|")
    for name, each in tasks.steps.items():
        took, lines, size, grown = zip(*each, strict=True)
        most = f"{max(lines):,} | {max(size) / 2**20:.1f} | {max(grown) / 2**20:.0f}"
        print(f"| {name} | {len(each)} | {sum(took):.2f} | {most} |")
    found = [threads_of_part(each, answer) for each, answer in zip(read, answers, strict=True)]
    assert pa.concat_arrays(found).equals(whole), "threads in parts differ"


def on_cluster(engine: str, parts: list[pa.Table], groups: int, whole: pa.Array) -> None:
    """The same on a cluster whose workers read the parts from files: seconds, and memory of this process and theirs."""
    with tempfile.TemporaryDirectory() as folder, connect(engine, os.environ) as client:
        files = [f"{folder}/{number}.parquet" for number in range(len(parts))]
        for part, file in zip(parts, files, strict=True):
            pq.write_table(part, file)
        start, before = processor_seconds(client), resident() / 2**20
        tasks = ClusterTasks(client)
        read = [functools.partial(read_file, file) for file in files]
        found = tasks.map(threads_of_part, read, threads_over_all(tasks, read, {}, groups))
        wait(found)
        seconds = [each - began for each, began in zip(processor_seconds(client), start, strict=True)]
        most, own = client.run(largest), resident() / 2**20
        peaks = ", ".join(f"{each:.0f} MB" for each in most.values())
        print(f"on {engine}: {seconds[0]:.1f} s and {seconds[1]:.1f} s of all processes; workers' peaks {peaks};")
        print(f"this process has {own - before:.0f} MB more than before")
        assert pa.concat_arrays(tasks.results(found)).equals(whole), "threads in parts differ"


def processor_seconds(client: Client) -> tuple[float, float]:
    """Seconds on the clock, and those of all processes."""
    return time.perf_counter(), sum(client.run(time.process_time).values()) + time.process_time()


def largest() -> float:
    """The most memory that this process has had, in MB (Linux). `getrusage` has that of the process that began it."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


def threads_of_part(read: Any, answer: pa.Table) -> pa.Array:
    return threads_in_parts.thread_of(read(("work_item",))["work_item"].combine_chunks(), answer)


def read_file(file: str, columns: Any) -> pa.Table:
    return pq.read_table(file, columns=list(columns))


def read_from(table: pa.Table, columns: Any) -> pa.Table:
    return table.select(list(columns))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--part", type=int, default=100_000, help="rows of a part")
    parser.add_argument("--groups", type=int, help="how many groups; by default one for four parts, and at least four")
    parser.add_argument("--engine", help="a cluster, such as dask; by default one process takes all steps")
    options = parser.parse_args()
    pa.set_cpu_count(1)
    table = organisation(options.rows)
    parts = [table.slice(first, options.part) for first in range(0, len(table), options.part)]
    groups = options.groups or max(len(parts) // 4, 4)
    seconds, grown, whole = measured(lambda: threads.threads(table.to_pandas(types_mapper=pd.ArrowDtype), {}))
    print(f"all rows together: {seconds:.1f} s, and the process grew by {grown / 2**20:.0f} MB\n")
    if options.engine:
        on_cluster(options.engine, parts, groups, pa.array(whole))
    else:
        in_steps(parts, groups, pa.array(whole))


if __name__ == "__main__":
    main()
