"""How the ledger fares with a million rows, as ratios and seconds: `python benchmarks/ledger.py [rows [harvests]]`."""

from __future__ import annotations

import dataclasses
import datetime as dt
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from harvester.ledger import Changeset, Ledger, by_accounts
from harvester.ledger.coverage import WHOLE, Coverage
from harvester.model.contribution import COLUMNS, Contribution, to_table
from harvester.model.periods import Period

SOURCES = ("git", "github", "jira")
START = dt.datetime(2021, 1, 1, tzinfo=dt.UTC)
END = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
RECENT = Period(dt.datetime(2025, 11, 1, tzinfo=dt.UTC), END)
QUARTER = Period(dt.datetime(2025, 7, 1, tzinfo=dt.UTC), dt.datetime(2025, 10, 1, tzinfo=dt.UTC))
WORDS = [
    "retry",
    "payment",
    "ledger",
    "queue",
    "because",
    "timeout",
    "service",
    "when",
    "the",
    "caller",
    "a",
    "test",
    "fixes",
    "slow",
    "path",
    "cache",
    "index",
]


def main(count: int, harvests: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        ledger = Ledger.open(Path(folder) / "ledger")
        print(f"{count:,} rows of {len(SOURCES)} sources and five years, bodies of 150 characters")
        said("first harvest of each source", timed(lambda: fill(ledger, count)))
        measure(ledger, count)
        seconds = [timed(lambda number=number: upsert(ledger, count, number, 20)) for number in range(harvests)]
        if harvests:
            print(
                f"\n{harvests} harvests of 20 rows: "
                f"median {sorted(seconds)[harvests // 2]:.3f} s, last {seconds[-1]:.3f} s"
            )
            measure(ledger, count)
            said("compact", timed(ledger.compact))
            measure(ledger, count)
        said("again with nothing new", timed(lambda: again(ledger)))
        startup(ledger)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"peak memory {peak:,.0f} MiB")


def measure(ledger: Ledger, count: int) -> None:
    info = ledger.info()
    print(f"\n{sum(info.rows.values()):,} rows in {info.files} files, {info.size / 2**20:,.0f} MiB")
    arrow, pandas = best(lambda: with_pyarrow(ledger)), best(lambda: with_pandas(ledger))
    print(f"into pandas {pandas:.2f} s, pyarrow alone {arrow:.2f} s: ratio {pandas / arrow:.2f} (at most 2)")
    wanted = by_accounts({source: frozenset({"person7@example.org"}) for source in SOURCES})
    found = ledger.rows(QUARTER, wanted)
    said(f"one person's quarter ({len(found)} rows; at most 0.3 s)", best(lambda: ledger.rows(QUARTER, wanted)))
    said("everyone's quarter", best(lambda: ledger.rows(QUARTER)))
    said("upsert of 1,000 rows of two months (at most 1 s)", timed(lambda: upsert(ledger, count, 9_999, 1_000)))


def with_pyarrow(ledger: Ledger) -> None:
    import pyarrow.dataset as ds
    from deltalake import DeltaTable

    paths = DeltaTable(f"{ledger.location}/contributions").file_uris()
    ds.dataset(paths).to_table(columns=[name for name in COLUMNS if name != "source"])


def with_pandas(ledger: Ledger) -> None:
    import pandas as pd

    ledger.rows().to_pandas(types_mapper=pd.ArrowDtype)


def fill(ledger: Ledger, count: int) -> None:
    each = count // len(SOURCES)
    for source in SOURCES:
        tables = (to_table([row(source, number, each) for number in range(first, min(first + 20_000, each))])
                  for first in range(0, each, 20_000))  # fmt: skip
        ledger.commit(Changeset(source, concat(tables), coverage=(covered(source),)))


def concat(tables):
    import pyarrow as pa

    return pa.concat_tables(list(tables))


def upsert(ledger: Ledger, count: int, salt: int, rows: int) -> None:
    """Half rows that come again changed, half new ones, of the last two months of one source."""
    each = count // len(SOURCES)
    recent = int(each * ((END - RECENT.since) / (END - START)))
    chosen = random.Random(salt).sample(range(each - recent, each), rows // 2)
    changed = [dataclasses.replace(row("github", number, each), title=f"Again {salt}") for number in chosen]
    fresh = [
        dataclasses.replace(old, id=f"{old.id}:{salt}", work_item=f"{old.work_item}{salt}")
        for old in changed[: rows // 2]
    ]
    ledger.commit(Changeset("github", to_table(changed + fresh), coverage=(covered("github"),)))


def again(ledger: Ledger) -> None:
    for source in SOURCES:
        ledger.source_version(source)
        ledger.coverage()
        ledger.commit(Changeset(source, to_table([]), coverage=(covered(source),)))


def startup(ledger: Ledger) -> None:
    """A whole process that opens the ledger and writes what a harvest with nothing new writes, against two imports."""
    code = f"""
from benchmarks.ledger import Ledger, again
again(Ledger.open({ledger.location!r}))
"""
    imports = best(lambda: subprocess.run([sys.executable, "-c", "import pandas, deltalake"], check=True))
    root = Path(__file__).parent.parent
    ours = best(lambda: subprocess.run([sys.executable, "-c", code], check=True, cwd=root))
    print(
        f"process with nothing new {ours:.2f} s, importing pandas and deltalake {imports:.2f} s: "
        f"ratio {ours / imports:.2f} (at most 2)"
    )


def covered(source: str) -> Coverage:
    period = Period(START, END)
    return Coverage(source, WHOLE, None, period, dt.datetime.now(dt.UTC), None, ())


def row(source: str, number: int, each: int) -> Contribution:
    luck = random.Random(f"{source}{number}")
    at = START + (END - START) * number / each
    person = luck.randrange(200)
    words = " ".join(luck.choices(WORDS, k=30))
    return Contribution(
        id=f"{source}:author:{number:08d}",
        source=source,
        scope=f"org/repo{luck.randrange(20)}",
        kind="commit",
        work_item=f"commit/{luck.getrandbits(160):040x}",
        account=f"Person {person} <person{person}@example.org>",
        role="author",
        occurred_at=at,
        started_at=at - dt.timedelta(hours=luck.randrange(90)),
        title=words[:60],
        body=words[:150].ljust(150),
        url=f"https://example.org/{source}/{number}",
        project=f"org/repo{number % 20}",
        state="merged",
        change_type="fix",
        milestone="v2",
        labels=("bug", "area/pay"),
        paths=tuple(f"src/module{luck.randrange(500)}/file{i}.py" for i in range(3)),
        owners=(f"person{person}@example.org",),
        participants=("someone@example.org",),
        closes=(f"#{number % 9000}",),
        part_of=(f"org/repo{number % 20}#{number}",),
        extra={},
        additions=number % 700,
        deletions=number % 90,
        files_changed=3,
        comment_count=None if number % 3 else 2,
        story_points=None,
        is_private=False,
    )


def timed(action: Callable[[], object]) -> float:
    begun = time.perf_counter()
    action()
    return time.perf_counter() - begun


def best(action: Callable[[], object]) -> float:
    return min(timed(action) for _ in range(3))


def said(what: str, seconds: float) -> None:
    print(f"{what}: {seconds:.3f} s")


if __name__ == "__main__":
    numbers = [int(each) for each in sys.argv[1:]] + [1_000_000, 1_000][len(sys.argv) - 1 :]
    main(*numbers[:2])
