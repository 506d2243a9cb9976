"""Whole processes timed in turns, A B A B …, so that a machine that slows down slows both."""

from __future__ import annotations

import statistics
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Pair:
    """The seconds that two commands took, run by run; shown as the median of the ratios."""

    ours: list[float]
    theirs: list[float]

    def __str__(self) -> str:
        ratios = sorted(ours / theirs for ours, theirs in zip(self.ours, self.theirs, strict=True))
        median = statistics.median(ratios)
        return (
            f"{statistics.median(self.ours):.3f} s against {statistics.median(self.theirs):.3f} s: "
            f"ratio {median:.2f} (from {ratios[0]:.2f} to {ratios[-1]:.2f}, {len(ratios)} runs)"
        )


def compare(ours: Sequence[str], theirs: Sequence[str], runs: int = 5, cwd: Path | None = None) -> Pair:
    """Time two commands in turns after one warm-up of each; both must succeed."""
    for command in (ours, theirs):
        _seconds(command, cwd)
    pairs = [(_seconds(ours, cwd), _seconds(theirs, cwd)) for _ in range(runs)]
    return Pair([first for first, _ in pairs], [second for _, second in pairs])


def _seconds(command: Sequence[str], cwd: Path | None) -> float:
    start = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=cwd)
    return time.perf_counter() - start
