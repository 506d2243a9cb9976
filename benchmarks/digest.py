"""The month of a team of 200 people out of a million rows to Markdown, the whole process: wanted at most 10 s.

python benchmarks/digest.py                     builds the ledger first, which takes a minute or two
python benchmarks/digest.py --folder F          keeps it in F, or takes the one that is there
python benchmarks/digest.py --people 100        a smaller team; half of it should take about half of the time

The ledger is that of `year.py`: five years of 200 people, so one month has about 17,000 rows. All are configured, in
two teams, so that there is help across teams. Beside the seconds stands the ratio to importing pandas and deltalake,
which no report does without.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import year
from pairs import compare

PEOPLE = 200
SOURCES = year.CONFIG[year.CONFIG.index("[ledger]") :]


def config(people: int) -> str:
    """harvester.toml with as many people in one team, and all others in another."""
    names = [f"person{number}" for number in range(PEOPLE)]
    persons = (
        f'[people.{each}]\nname = "{each.title()} Surname"\nemails = ["{each}@example.org"]\n'
        f'accounts = {{ github = "{each}@example.org", jira = "{each}@example.org" }}\n'
        for each in names
    )
    ours, others = names[:people], names[people:]
    teams = "".join(
        f"[teams.{name}]\nmembers = {members}\n" for name, members in (("ours", ours), ("others", others)) if members
    )
    return f'[me]\nperson = "person0"\ntimezone = "Europe/Berlin"\n\n{"".join(persons)}{teams}{SOURCES}'


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--people", type=int, default=PEOPLE)
    parser.add_argument("--folder", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.folder or Path(temporary)
        if not (folder / "ledger").exists():
            year.build(folder, options.rows, config(options.people), goals="")
        (folder / "harvester.toml").write_text(config(options.people))
        report = [year.HARVESTER, "report", "digest", "--team", "ours", "--no-harvest", "--period", "2025-12"]
        imports = [sys.executable, "-c", "import pandas, deltalake"]
        made = subprocess.run(report, check=False, cwd=folder, capture_output=True, text=True)
        print(f"{options.rows:,} rows; the report has {len(made.stdout.splitlines()):,} lines {made.stderr.strip()}")
        print(f"the month of {options.people} people to Markdown (at most 10 s), against importing pandas:")
        print("  ", compare([*report, "--output", "digest.md", "--force"], imports, options.runs, folder))
    print(f"peak memory {resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024:,.0f} MiB")


if __name__ == "__main__":
    main()
