"""One person's year out of a million rows to Markdown, the whole process: wanted at most 3 s.

python benchmarks/year.py                     builds the ledger first, which takes a minute or two
python benchmarks/year.py --folder F          keeps it in F, or takes the one that is there

Pull requests, reviews, their commits and their tickets hang together by fours, as they do in a team; the person asked
for has three of two hundred addresses, which makes about 3,000 rows in the year. Beside the seconds stands the ratio to
importing pandas and deltalake, which no report does without.
"""

from __future__ import annotations

import argparse
import dataclasses
import datetime as dt
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import ledger as made
from pairs import compare

from harvester.ledger import Changeset, Ledger
from harvester.ledger.coverage import WHOLE, Coverage
from harvester.model.contribution import Contribution, to_table
from harvester.model.periods import Period

HARVESTER = str(Path(sys.executable).with_name("harvester"))
KINDS = {
    "git": (("commit", "author"),),
    "github": (("pull_request", "author"), ("review", "reviewer")),
    "jira": (("issue", "assignee"),),
}
CONFIG = """
[me]
timezone = "Europe/Berlin"

[people.me]
name = "Person Seven"
emails = ["person7@example.org", "person8@example.org", "person9@example.org"]

[people.me.accounts]
github = ["person7@example.org", "person8@example.org", "person9@example.org"]
jira = ["person7@example.org", "person8@example.org", "person9@example.org"]

[ledger]
location = "ledger"

[sources.git]
connector = "git"
repositories = ["repository"]

[sources.github]
connector = "github"
organisations = ["org"]
token = "env:NO_SUCH_TOKEN"

[sources.jira]
connector = "git"
repositories = ["repository"]
"""
GOALS = "".join(
    f"""
[[goals]]
name = "goal-{number}"
title = "Goal {number}"
why = "Somebody waits for it."
from = 2025-01-01
until = 2025-12-31
measure = "{measure}"
target = 400
words = ["{word}", "{word}s"]
match = {{ any = [{match}] }}
"""
    for number, (measure, word, match) in enumerate([
        ("pull_requests", "payment", '{ paths = ["src/module1*/"], share = 0.5 }'),
        ("reviews", "queue", '{ kinds = ["review"], paths = ["src/module2?/"] }'),
        ("commits", "cache", '{ paths = ["src/module30*/", "src/module31*/"] }'),
        ("tickets", "timeout", '{ projects = ["org/repo1"] }, { labels = ["area/billing"] }'),
        ("pull_requests", "slow", '{ kinds = ["pull_request"], labels = ["bug"], paths = ["src/module4*/file1.py"] }'),
    ])
)  # fmt: skip


def row(source: str, number: int, each: int) -> Contribution:
    """A row as in the ledger's benchmark, as the kind that its source tells of."""
    base = made.row(source, number, each)
    kind, role = KINDS[source][number % len(KINDS[source])]
    project = f"org/repo{number // 4 % 20}"
    pull, ticket = f"github.com/{project}#{number // 4}", f"acme.atlassian.net/PAY-{number // 4}"
    links = {
        "work_item": {"git": base.work_item, "github": pull, "jira": ticket}[source],
        "part_of": (pull,) if source == "git" else (),
        "closes": (ticket,) if kind == "pull_request" else (),
        "project": project,
        "scope": f"github.com/{project}",
    }
    return dataclasses.replace(base, kind=kind, role=role, **links)  # type: ignore[arg-type]  # as its fields have them


def build(folder: Path, count: int, config: str = CONFIG, goals: str = GOALS) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "harvester.toml").write_text(config)
    (folder / "goals.toml").write_text(goals)
    subprocess.run(["git", "init", "--quiet", str(folder / "repository")], check=True)
    kept = Ledger.open(folder / "ledger")
    each = count // len(made.SOURCES)
    for source in made.SOURCES:
        tables = (
            to_table([row(source, number, each) for number in range(first, min(first + 20_000, each))])
            for first in range(0, each, 20_000)
        )
        kept.commit(Changeset(source, made.concat(tables), coverage=(covered(source),)))


def covered(source: str) -> Coverage:
    period = Period(made.START, made.END + dt.timedelta(days=31))
    return Coverage(source, WHOLE, None, period, dt.datetime.now(dt.UTC), None, ())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--folder", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.folder or Path(temporary)
        if not (folder / "ledger").exists():
            build(folder, options.rows)
        report = [HARVESTER, "report", "--no-harvest", "--period", "2025"]
        imports = [sys.executable, "-c", "import pandas, deltalake"]
        text = subprocess.run(report, check=True, cwd=folder, capture_output=True, text=True).stdout
        print(f"{options.rows:,} rows; the report has {len(text.splitlines()):,} lines")
        print("one person's year to Markdown (at most 3 s), against importing pandas and deltalake:")
        print("  ", compare(report, imports, options.runs, folder))
    print(f"peak memory {resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024:,.0f} MiB")


if __name__ == "__main__":
    main()
