"""The benchmarks, which no other test runs."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
LOAD = "import runpy, sys; [runpy.run_path(each) for each in sys.argv[1:]]"


def test_every_benchmark_finds_what_it_imports():
    """Without being run: they are made of parts of the tests, which move."""
    files = sorted(map(str, (ROOT / "benchmarks").glob("*.py")))
    assert files
    command = [sys.executable, "-c", LOAD, *files]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
