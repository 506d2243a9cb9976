"""How fast claims and threads are on a made-up ledger: rows a second, and memory beside the frame's.

Run `python benchmarks/claims.py --rows 1000000`. Times depend on the machine; the ratios to reading the same columns
with pandas do so less.
"""

from __future__ import annotations

import argparse
import datetime as dt
import gc
import resource
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from harvester.analysis.threads import threads
from harvester.goals import load, model
from harvester.goals.claims import claim
from harvester.model.contribution import arrow_schema
from harvester.model.periods import calendar

AREAS = [f"services/area{number}" for number in range(40)]


def table(rows: int, seed: int = 1) -> pa.Table:
    """Pull requests, reviews, commits and tickets of a hundred repositories, three files a row."""
    rng = np.random.default_rng(seed)
    kind = rng.choice(["pull_request", "review", "issue", "commit"], rows, p=[0.25, 0.3, 0.15, 0.3])
    number, repo = np.arange(rows) // 4, np.arange(rows) // 4 % 100
    pulls = [f"github.com/org/repo{r}#{n}" for r, n in zip(repo, number, strict=True)]
    tickets = [f"acme.atlassian.net/PAY-{n}" for n in number]
    work_item = np.where(
        kind == "issue", tickets, np.where(kind == "commit", [f"commit/{n:040x}" for n in range(rows)], pulls)
    )
    columns = {name: pa.nulls(rows, arrow_schema().field(name).type) for name in arrow_schema().names}
    columns |= {
        "id": pa.array([f"{k}:{n}" for n, k in enumerate(kind)]),
        "source": pa.array(np.where(kind == "issue", "jira", np.where(kind == "commit", "git", "github"))),
        "scope": pa.array(np.where(kind == "issue", "PAY", [f"github.com/org/repo{r}" for r in repo])),
        "kind": pa.array(kind),
        "work_item": pa.array(work_item),
        "account": pa.array([f"person{n}" for n in rng.integers(0, 300, rows)]),
        "role": pa.array(np.where(kind == "review", "reviewer", np.where(kind == "issue", "assignee", "author"))),
        "occurred_at": pa.array(
            np.datetime64("2026-01-01", "us") + rng.integers(0, 365 * 86_400, rows) * 1_000_000
        ).cast(pa.timestamp("us", tz="UTC")),
        "title": pa.array([f"fix(area{n % 40}): carry the order's key through queue {n}" for n in range(rows)]),
        "body": pa.array(
            [f"Why this was needed, in about two lines of text; see also the page of area {n}." for n in number]
        ),
        "url": pa.array([f"https://github.com/org/repo{r}/pull/{n}" for r, n in zip(repo, number, strict=True)]),
        "project": pa.array([f"org/repo{r}" for r in repo]),
        "labels": lists(rng, rows, [f"label {n}" for n in range(50)], 1),
        "paths": lists(rng, rows, distinct_paths(), 3, kind != "issue"),
        "owners": lists(rng, rows, [f"person{n}" for n in range(300)], 1),
        "participants": lists(rng, rows, [f"person{n}" for n in range(300)], 2),
        "closes": references(kind == "pull_request", [f"PAY-{n}" for n in number]),
        "part_of": references(kind == "commit", [f"#{n}" for n in number]),
        "picked_from": references(kind == "none", pulls),
        "reverts": references(kind == "none", pulls),
        "related_to": references(kind == "none", pulls),
    }
    return pa.table(columns, schema=arrow_schema())


def distinct_paths() -> list[str]:
    """A hundred thousand files, a tenth of them tests."""
    return [f"{AREAS[n % 40]}/{'tests' if n % 10 == 0 else 'src'}/module{n // 400}/file{n}.py" for n in range(100_000)]


def lists(
    rng: np.random.Generator, rows: int, values: list[str], mean: int, where: np.ndarray | None = None
) -> pa.Array:
    """Lists of about `mean` values, near each other as the files of one change are."""
    counts = rng.integers(0 if mean < 3 else 1, 2 * mean, rows) * (1 if where is None else where)
    flat = (np.repeat(rng.integers(0, len(values), rows), counts) + 40 * rng.integers(0, 3, counts.sum())) % len(values)
    offsets = pa.array(np.concatenate(([0], np.cumsum(counts))), pa.int32())
    return pa.ListArray.from_arrays(offsets, pa.array(values).take(pa.array(flat)))


def references(where: np.ndarray, values: list[str]) -> pa.Array:
    """One reference where there is one."""
    offsets = pa.array(np.concatenate(([0], np.cumsum(where))), pa.int32())
    return pa.ListArray.from_arrays(offsets, pa.array(values).filter(pa.array(where)))


def goals_with(count: int) -> model.Goals:
    """Goals of every kind of rule."""
    rules = [
        {
            "any": [
                {"paths": [f"services/area{2 * n}/", f"services/area{2 * n + 1}/src/**"]},
                {"tickets": [f"PAY-{n}*"]},
                {"labels": [f"label {n}"]},
                {"scopes": [f"area{2 * n}"], "kinds": ["review"]},
            ],
            "not": [{"labels": ["label 49"]}],
        }
        for n in range(count)
    ]
    made = [
        {
            "name": f"goal{n}",
            "title": f"Goal {n}",
            "from": dt.date(2026, 1, 1),
            "until": dt.date(2026, 12, 31),
            "match": rule,
        }
        for n, rule in enumerate(rules)
    ]
    return load.from_file(model.GoalsFile.model_validate({"goals": made}), Path("goals.toml"), model.KnownNames())


def timed(name: str, rows: int, run: Callable[[], Any]) -> Any:
    """Run once, and print processor seconds, rows a second and how far the process grew beyond its size before."""
    before, peak, done = resident(), [0], threading.Event()
    watch = threading.Thread(target=lambda: [peak.append(resident()) for _ in iter(lambda: done.wait(0.005), True)])
    watch.start()
    start = time.process_time()
    made = run()
    seconds = time.process_time() - start
    done.set()
    watch.join()
    print(f"| {name} | {seconds:.2f} s | {rows / seconds:,.0f} | {(max(peak) - before) / 2**20:,.0f} MB |")
    return made


def resident() -> int:
    """The memory this process holds, in bytes (Linux)."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--goals", type=int, default=10)
    options = parser.parse_args()
    pa.set_cpu_count(1)
    ledger = table(options.rows)
    frame = ledger.append_column("person", ledger["account"]).to_pandas(types_mapper=pd.ArrowDtype)
    gc.collect()
    pa.default_memory_pool().release_unused()
    print(f"{options.rows:,} rows, {ledger.nbytes / 2**20:,.0f} MB as a frame, {options.goals} goals, one core\n")
    print("| | processor time | rows a second | memory beyond the frame |\n|---|---:|---:|---:|")
    hosts = {"PAY": "acme.atlassian.net"}
    days, goals = calendar("Europe/Berlin"), goals_with(options.goals)
    made = timed("claim", options.rows, lambda: claim(frame, goals, calendar=days, tickets=hosts))
    found = timed("threads", options.rows, lambda: threads(frame, hosts))
    print(f"\n{len(made):,} claims and suggestions, {found.nunique():,} threads")


if __name__ == "__main__":
    main()
