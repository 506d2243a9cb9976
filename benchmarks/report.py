"""How fast the command starts, and how fast a cold report is, each against something everybody knows.

python benchmarks/report.py --repo PATH     any git repository; the larger, the more it says
"""

from __future__ import annotations

import argparse
import collections
import datetime as dt
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from pairs import compare

HARVESTER = str(Path(sys.executable).with_name("harvester"))


def git(repo: Path, *arguments: str) -> str:
    return subprocess.run(
        ["git", "-c", "safe.directory=*", "-C", str(repo), *arguments], check=True, capture_output=True
    ).stdout.decode("utf-8", "replace")


def busiest(repo: Path) -> tuple[str, str, int]:
    """The author with most commits in the quarter of the newest commit, that quarter, and the commits in all."""
    lines = git(repo, "log", "--no-merges", "--format=%ct %aE").splitlines()
    newest = dt.datetime.fromtimestamp(max(int(line.split()[0]) for line in lines), dt.UTC)
    quarter = (newest.month - 1) // 3
    start = dt.datetime(newest.year, 3 * quarter + 1, 1, tzinfo=dt.UTC).timestamp()
    counts = collections.Counter(line.partition(" ")[2] for line in lines if int(line.split()[0]) >= start)
    return counts.most_common(1)[0][0], f"{newest.year}Q{quarter + 1}", int(git(repo, "rev-list", "--count", "HEAD"))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repo", type=Path, default=Path())
    parser.add_argument("--runs", type=int, default=5)
    options = parser.parse_args()
    print("harvester --help against python -c 'import click'  (wanted: at most 3)")
    print("  ", compare([HARVESTER, "--help"], [sys.executable, "-c", "import click"], options.runs * 4))
    author, quarter, commits = busiest(options.repo)
    print(
        f"report of one author, {quarter}, {commits:,} commits, cold, against git log without diffs  (wanted: at most 3"
    )
    print("on a history of 80,000 commits; on a short one Python's start is all there is to see)")
    with tempfile.TemporaryDirectory() as folder:
        report = [HARVESTER, "report", "--repo", str(options.repo.resolve()), "--person", author, "--period", quarter]
        log = ["git", "-C", str(options.repo.resolve()), "log"]
        print("  ", compare([*report, "--allow-incomplete"], log, options.runs, Path(folder)))


if __name__ == "__main__":
    main()
