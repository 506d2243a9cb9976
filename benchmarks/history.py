"""Harvest everyone's whole history of a repository with the command, compared with git reading it once.

python benchmarks/history.py --repo PATH      best with a long history

The first harvest is compared with `git log --no-merges --numstat` (goal: at most 0.85), timed in turns; a second one
with nothing new is compared with importing pandas and deltalake (goal: at most 2). Memory is that of our process
without git's (goal: at most 1 GiB).
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from pairs import compare

HARVESTER = str(Path(sys.executable).with_name("harvester"))


@dataclass(frozen=True)
class Run:
    """What one process took: seconds on the clock, processor seconds with its children's, and its own peak in MiB."""

    seconds: float
    processor: float
    peak: float


def run(command: Sequence[str], folder: Path) -> Run:
    start = time.perf_counter()
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - start
    if code := os.waitstatus_to_exitcode(status):
        raise SystemExit(f"{command} ended with {code}")
    return Run(seconds, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repo", type=Path, required=True)
    parser.add_argument("--runs", type=int, default=2)
    options = parser.parse_args()
    repo = options.repo.resolve()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        (folder / "harvester.toml").write_text(f"[sources.git]\nconnector = 'git'\nrepositories = ['{repo}']\n")
        harvest = [HARVESTER, "harvest", "--everyone", "--period", "2005-01-01..2026-12-31"]
        log = ["git", "-C", str(repo), "log", "--no-merges", "--numstat"]
        run([*log[:-1], "--oneline"], folder)
        pairs = []
        for _ in range(options.runs):
            shutil.rmtree(folder / ".harvester", ignore_errors=True)
            pairs.append((run(harvest, folder), run(log, folder)))
            ours, theirs = pairs[-1]
            print(
                f"  {ours.seconds:.1f} s against {theirs.seconds:.1f} s: ratio {ours.seconds / theirs.seconds:.2f}; ",
                end="",
            )
            print(f"processors {ours.processor:.1f} s against {theirs.processor:.1f} s; peak {ours.peak:,.0f} MiB")
        ratio = statistics.median(ours.seconds / theirs.seconds for ours, theirs in pairs)
        print(f"whole history against git log --no-merges --numstat: ratio {ratio:.2f} (at most 0.85)")
        print(f"peak memory of the largest process {max(ours.peak for ours, _ in pairs):,.0f} MiB (at most 1,024)")
        imports = [sys.executable, "-c", "import pandas, deltalake"]
        print("again with nothing new, against importing pandas and deltalake (at most 2):")
        print("  ", compare(harvest, imports, options.runs + 3, folder))


if __name__ == "__main__":
    main()
