"""The benchmarks, which no other test runs."""

import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from harvester.model.contribution import arrow_schema

ROOT = Path(__file__).parent.parent
LOAD = "import runpy, sys; [runpy.run_path(each) for each in sys.argv[1:]]"


def test_every_benchmark_finds_what_it_imports():
    """Without being run: they are made of parts of the tests, which move."""
    files = sorted(map(str, (ROOT / "benchmarks").glob("*.py")))
    assert files
    command = [sys.executable, "-c", LOAD, *files]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_an_organisation_has_all_rows_once_in_its_year():
    """Exactly as many as asked for, of the schema, each id once, and the same for the same seed."""
    sys.path.insert(0, str(ROOT / "benchmarks"))
    try:
        import organisation
    finally:
        sys.path.pop(0)
    of = organisation.sized(2_000, people=9, teams=3)
    tables = [table for slices in organisation.made(of, 2_000, size=700) for table in slices.values()]
    rows = pa.concat_tables(tables)
    rows.validate(full=True)
    at = pc.min_max(rows["occurred_at"]).as_py()
    keys = {tuple(each.values()) for each in rows.select(["source", "scope", "id"]).to_pylist()}
    assert (len(rows), len(keys), at["min"].year, at["max"].year) == (2_000, 2_000, 2025, 2025)
    assert rows.schema == arrow_schema()
    again = [table for slices in organisation.made(of, 2_000, size=700) for table in slices.values()]
    assert pa.concat_tables(again).equals(rows)
